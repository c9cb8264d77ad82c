/* random_event.h - events made by chance, with every storage of fields: as a C struct, and the same values
 * for a getter. */
#ifndef TS_RANDOM_EVENT_H
#define TS_RANDOM_EVENT_H

#include "eqlmini.h"
#include "random_query.h"

enum { TS_FIELDS = 35, TS_ITEMS = 4 };

typedef struct ts_counted {
    const char *p;
    uint32_t n;
} ts_counted;

/* An element of the array of objects `o`. */
typedef struct ts_element {
    ts_counted name;
    int64_t count;
    bool has_count;
    eqlm_value value, values[3]; /* of the members, for the getter */
} ts_element;

typedef struct ts_record {
    const char *category;
    eqlm_value categories;
    ts_counted str;
    const char *wide;
    uint64_t n_wide;
    const char *brief;
    uint16_t n_brief;
    const char *cstr;
    char chars[24];
    const ts_counted *list;
    uint16_t n_list;
    const char *const *args;
    uint8_t n_args;
    char names[TS_ITEMS][16];
    uint32_t n_names;
    int64_t i64;
    int32_t i32;
    int16_t i16;
    int8_t i8;
    uint64_t u64;
    uint16_t u16;
    int64_t longs[TS_ITEMS];
    uint64_t n_longs;
    const uint32_t *sizes;
    uint32_t n_sizes;
    double f64;
    float f32;
    const double *doubles;
    uint16_t n_doubles;
    bool flag, has;
    bool flags[TS_ITEMS];
    uint8_t n_flags;
    unsigned char four[4], six[16], fours[TS_ITEMS][4];
    uint8_t n_fours;
    eqlm_value one, two;
    const eqlm_value *any;
    uint32_t n_any;
    const ts_element *elements;
    uint32_t n_elements;
    bool has_i64, has_i8, has_two, has_wide, has_u16, has_f32, has_has, has_four, has_six;

    eqlm_value values[TS_FIELDS]; /* the same, for the getter, by the order of the fields */
    /* what the pointers above point at */
    ts_counted room_list[TS_ITEMS];
    const char *room_args[TS_ITEMS];
    uint32_t room_sizes[TS_ITEMS];
    double room_doubles[TS_ITEMS];
    ts_element room_elements[TS_ITEMS];
    eqlm_value items[TS_FIELDS][TS_ITEMS];
    char text[16384];
    size_t n_text;
} ts_record;

/* The fields for two schemas: in the struct, and to be asked from ts_record_get. */
typedef struct ts_fields {
    eqlm_field as_struct[TS_FIELDS], as_getter[TS_FIELDS];
    size_t n;
} ts_fields;

/* `typed`: fields get types by chance, and there is an array of objects, which alone puts types in force. */
void ts_random_fields(ts_random *r, bool typed, ts_fields *out);

void ts_random_record(ts_random *r, ts_record *out);

/* The getter; ctx is the schema. */
bool ts_record_get(void *ctx, const void *event, uint32_t field, eqlm_value *out);

/* For people. */
void ts_record_print(const ts_fields *fields, const ts_record *e);

#endif

/* fuzz_host.h - a host for the fuzzers: every field of every name has a value, of a kind that the name
 * decides, so that events look alike to programs compiled against different schemas. */
#ifndef FUZZ_HOST_H
#define FUZZ_HOST_H

#include "eqlmini.h"

#include <string.h>

#define FUZZ_EVENTS 3

/* Ends the run when something that must always hold does not. */
#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            __builtin_trap();                                                                                \
    } while (0)

static const eqlm_value fuzz_items[] = {
    { .type = EQLM_STRING, .len = 7, .as.str = "cmd.exe" },
    { .type = EQLM_NULL },
    { .type = EQLM_I64, .as.i64 = -1 },
    { .type = EQLM_STRING, .len = 0, .as.str = "" },
    { .type = EQLM_STRING, .len = 6, .as.str = "a\xff\xc3*\0?" },
    { .type = EQLM_F64, .as.f64 = 2.5 },
    { .type = EQLM_OBJECT, .as.object = fuzz_items },
};

static inline bool fuzz_get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    static const unsigned char address[16] = { 10, 1, 2, 3 };
    const eqlm_schema *schema = ctx;
    eqlm_str name = eqlm_schema_field_name(schema, field);
    uint32_t h = (uint32_t)((const char *)event - (const char *)fuzz_items) + 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.ptr[i]) * 16777619u;
    h ^= h >> 15;
    memset(out, 0, sizeof *out);
    if (name.len == 14 && memcmp(name.ptr, "event.category", 14) == 0) {
        *out = (eqlm_value) { .type = EQLM_STRING, .len = 7, .as.str = "process" };
        return true;
    }
    switch (h % 12) {
    case 0:
        *out = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = h & 64 };
        break;
    case 1:
        *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = (int64_t)(h % 200) - 100 };
        break;
    case 2:
        *out = (eqlm_value) { .type = EQLM_U64, .as.u64 = UINT64_MAX - h % 3 };
        break;
    case 3:
        *out = (eqlm_value) { .type = EQLM_F64, .as.f64 = 1.5 };
        break;
    case 4:
        *out = (eqlm_value) { .type = EQLM_IP, .len = h & 64 ? 4 : 16, .as.ip = address };
        break;
    case 5:
        *out = (eqlm_value) { .type = EQLM_DATE, .as.i64 = 1700000000000000000 };
        break;
    case 6:
        *out = (eqlm_value) { .type = EQLM_ARRAY, .len = 7, .as.items = fuzz_items };
        break;
    case 7:
        *out = (eqlm_value) { .type = EQLM_ARRAY, .len = 2, .as.items = fuzz_items + 5 };
        break;
    case 8:
        return false;
    case 9:
        *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = INT64_MIN };
        break;
    default:
        *out = (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)name.len, .as.str = name.ptr };
        break;
    }
    return true;
}

/* An event is an address, from which the values are computed. */
static inline const void *fuzz_event(size_t i)
{
    return (const char *)fuzz_items + i;
}

static inline eqlm_type fuzz_type(void *ctx, eqlm_str name, bool *is_array)
{
    (void)ctx;
    *is_array = name.len % 2 == 0;
    return name.len ? (eqlm_type)((unsigned char)name.ptr[name.len - 1] % (EQLM_TYPE_UNMAPPED + 1))
                    : EQLM_TYPE_ANY;
}

/* A schema for fuzz_get; typed: with fuzz_type in force. */
static inline eqlm_schema *fuzz_schema(bool typed, bool closed)
{
    eqlm_schema *s = NULL;
    MUST(eqlm_schema_new(NULL, &s) == EQLM_OK);
    MUST(eqlm_schema_set_getter(s, fuzz_get, s) == EQLM_OK);
    if (typed)
        MUST(eqlm_schema_set_types(s, fuzz_type, NULL) == EQLM_OK);
    if (closed)
        MUST(eqlm_schema_close(s) == EQLM_OK);
    return s;
}

/* Verdicts of the events as bits; of an expression the numbers of its values. Bit 31: a limit, no verdict;
 * bit 30: a query about ancestors, which only a stream can evaluate. */
static inline uint32_t fuzz_evaluate(eqlm_vm *vm, const eqlm_program *p)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < FUZZ_EVENTS; i++) {
        bool match = false;
        const eqlm_value *values;
        size_t n = 0;
        eqlm_status s;
        if (eqlm_program_get_kind(p) == EQLM_EXPRESSION) {
            s = eqlm_eval(vm, p, fuzz_event(i), &values, &n);
            MUST(s != EQLM_OK || n > 0);
            match = n & 1;
        } else if (eqlm_program_get_kind(p) == EQLM_EVENT_QUERY) {
            s = eqlm_match(vm, p, fuzz_event(i), &match);
        } else {
            MUST(eqlm_match(vm, p, fuzz_event(i), &match) == EQLM_E_ARGUMENT);
            continue;
        }
        MUST(s == EQLM_OK || s == EQLM_E_LIMIT || s == EQLM_E_ARGUMENT);
        bits |= s == EQLM_OK ? (uint32_t)match << i : s == EQLM_E_LIMIT ? 0x80000000u : 0x40000000u;
    }
    return bits;
}

/* Bytes of an image or listing; too large: false. */
typedef struct fuzz_bytes {
    char bytes[1u << 20];
    size_t len;
} fuzz_bytes;

static inline bool fuzz_write(void *ctx, const void *bytes, size_t len)
{
    fuzz_bytes *b = ctx;
    if (len > sizeof b->bytes - b->len)
        return false;
    memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

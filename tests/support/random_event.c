#include "random_event.h"

#include <stdio.h>
#include <string.h>

/* Numbers of the fields, in the order of the table. */
enum {
    CATEGORY, STR, WIDE, BRIEF, CSTR, CHARS, LIST, ARGS, NAMES, LONG, INT, SMALL, TINY, ULONG, SHORT, LONGS,
    SIZES, DOUBLE, FLOAT, DOUBLES, FLAG, HAS, FLAGS, FOUR, SIX, FOURS, ONE, TWO, ANY, GET_ONE, GET_TWO,
    ELEMENTS, NAME, COUNT,
    VALUE
};

static const eqlm_field table[TS_FIELDS] = {
    [CATEGORY] = { EQLM_FIELD_CSTR("event.category", ts_record, category) },
    [STR] = { EQLM_FIELD_STR("s.str", ts_record, str.p, str.n) },
    [WIDE] = { EQLM_FIELD_STR("s.wide", ts_record, wide, n_wide),
               .present = EQLM_PRESENT(ts_record, has_wide) },
    [BRIEF] = { EQLM_FIELD_STR("s.short", ts_record, brief, n_brief) },
    [CSTR] = { EQLM_FIELD_CSTR("s.cstr", ts_record, cstr) },
    [CHARS] = { EQLM_FIELD_CHARS("s.chars", ts_record, chars) },
    [LIST] = { EQLM_FIELD_STR_ARRAY("s.list", ts_record, list, ts_counted, n, n_list, EQLM_ARRAY_POINTER) },
    [ARGS] = { EQLM_FIELD_ARRAY("s.args", EQLM_STORE_CSTR, ts_record, args, n_args, EQLM_ARRAY_POINTER) },
    [NAMES] = { EQLM_FIELD_ARRAY("s.names", EQLM_STORE_CHARS, ts_record, names, n_names, EQLM_ARRAY_INLINE) },
    [LONG] = { EQLM_FIELD_INT("n.long", ts_record, i64), .present = EQLM_PRESENT(ts_record, has_i64) },
    [INT] = { EQLM_FIELD_INT("n.int", ts_record, i32) },
    [SMALL] = { EQLM_FIELD_INT("n.small", ts_record, i16) },
    [TINY] = { EQLM_FIELD_INT("n.tiny", ts_record, i8), .present = EQLM_PRESENT(ts_record, has_i8) },
    [ULONG] = { EQLM_FIELD_UINT("n.ulong", ts_record, u64) },
    [SHORT] = { EQLM_FIELD_UINT("n.short", ts_record, u16), .present = EQLM_PRESENT(ts_record, has_u16) },
    [LONGS] = { EQLM_FIELD_ARRAY("n.list", EQLM_STORE_INT, ts_record, longs, n_longs, EQLM_ARRAY_INLINE) },
    [SIZES] = { EQLM_FIELD_ARRAY("n.sizes", EQLM_STORE_UINT, ts_record, sizes, n_sizes, EQLM_ARRAY_POINTER) },
    [DOUBLE] = { EQLM_FIELD_FLOAT("d.double", ts_record, f64) },
    [FLOAT] = { EQLM_FIELD_FLOAT("d.float", ts_record, f32), .present = EQLM_PRESENT(ts_record, has_f32) },
    [DOUBLES] = { EQLM_FIELD_ARRAY("d.list", EQLM_STORE_FLOAT, ts_record, doubles, n_doubles,
                                   EQLM_ARRAY_POINTER) },
    [FLAG] = { EQLM_FIELD_BOOL("f.flag", ts_record, flag) },
    [HAS] = { EQLM_FIELD_BOOL("f.has", ts_record, has), .present = EQLM_PRESENT(ts_record, has_has) },
    [FLAGS] = { EQLM_FIELD_ARRAY("f.list", EQLM_STORE_BOOL, ts_record, flags, n_flags, EQLM_ARRAY_INLINE) },
    [FOUR] = { .name = "ip.four",
               .storage = EQLM_STORE_IPV4,
               .offset = offsetof(ts_record, four),
               .present = EQLM_PRESENT(ts_record, has_four) },
    [SIX] = { .name = "ip.six",
              .storage = EQLM_STORE_IPV6,
              .offset = offsetof(ts_record, six),
              .present = EQLM_PRESENT(ts_record, has_six) },
    [FOURS] = { EQLM_FIELD_ARRAY("ip.list", EQLM_STORE_IPV4, ts_record, fours, n_fours, EQLM_ARRAY_INLINE) },
    [ONE] = { EQLM_FIELD_VALUE("v.one", ts_record, one) },
    [TWO] = { EQLM_FIELD_VALUE("v.two", ts_record, two), .present = EQLM_PRESENT(ts_record, has_two) },
    [ANY] = { EQLM_FIELD_ARRAY("v.list", EQLM_STORE_VALUE, ts_record, any, n_any, EQLM_ARRAY_POINTER) },
    [GET_ONE] = { .name = "g.one" },
    [GET_TWO] = { .name = "g.two" },
    [ELEMENTS] = { EQLM_FIELD_ARRAY("o", EQLM_STORE_OBJECT, ts_record, elements, n_elements,
                                    EQLM_ARRAY_POINTER),
                   .type = EQLM_TYPE_OBJECT },
    [NAME] = { EQLM_FIELD_STR("o.name", ts_element, name.p, name.n), .parent = "o" },
    [COUNT] = { EQLM_FIELD_INT("o.count", ts_element, count), .present = EQLM_PRESENT(ts_element, has_count),
                .parent = "o" },
    [VALUE] = { EQLM_FIELD_VALUE("o.value", ts_element, value), .parent = "o" },
};

static uint8_t random_type(ts_random *r, const eqlm_field *f)
{
    static const uint8_t texts[] = { EQLM_TYPE_KEYWORD, EQLM_TYPE_KEYWORD, EQLM_TYPE_KEYWORD,
                                     EQLM_TYPE_KEYWORD, EQLM_TYPE_DATE,    EQLM_TYPE_IP,
                                     EQLM_TYPE_VERSION, EQLM_TYPE_LONG,    EQLM_TYPE_DOUBLE,
                                     EQLM_TYPE_BOOLEAN, EQLM_TYPE_ANY };
    static const uint8_t numbers[] = { EQLM_TYPE_LONG,          EQLM_TYPE_LONG,   EQLM_TYPE_LONG,
                                       EQLM_TYPE_UNSIGNED_LONG, EQLM_TYPE_DOUBLE, EQLM_TYPE_KEYWORD,
                                       EQLM_TYPE_DATE,          EQLM_TYPE_ANY };
    static const uint8_t all[] = { EQLM_TYPE_ANY,    EQLM_TYPE_KEYWORD, EQLM_TYPE_LONG,
                                   EQLM_TYPE_DOUBLE, EQLM_TYPE_BOOLEAN, EQLM_TYPE_DATE,
                                   EQLM_TYPE_IP,     EQLM_TYPE_VERSION, EQLM_TYPE_UNSIGNED_LONG };
    switch (f->storage) {
    case EQLM_STORE_CHARS:
    case EQLM_STORE_CSTR:
    case EQLM_STORE_STR:
        return TS_PICK(r, texts);
    case EQLM_STORE_INT:
    case EQLM_STORE_UINT:
    case EQLM_STORE_FLOAT:
        return TS_PICK(r, numbers);
    case EQLM_STORE_BOOL:
        return ts_chance(r, 70) ? EQLM_TYPE_BOOLEAN : EQLM_TYPE_KEYWORD;
    case EQLM_STORE_IPV4:
    case EQLM_STORE_IPV6:
        return ts_chance(r, 70) ? EQLM_TYPE_IP : EQLM_TYPE_KEYWORD;
    default:
        return TS_PICK(r, all);
    }
}

void ts_random_fields(ts_random *r, bool typed, ts_fields *out)
{
    bool several = ts_chance(r, 50); /* categories */
    out->n = typed ? TS_FIELDS : ELEMENTS;
    for (size_t i = 0; i < out->n; i++) {
        eqlm_field f = table[i];
        if (i == CATEGORY && several)
            f = (eqlm_field) { EQLM_FIELD_VALUE("event.category", ts_record, categories) };
        if (i != ELEMENTS)
            f.type = typed ? i == CATEGORY ? EQLM_TYPE_KEYWORD : random_type(r, &f) : EQLM_TYPE_ANY;
        out->as_struct[i] = f;
        out->as_getter[i] = (eqlm_field) { .name = f.name, .type = f.type, .parent = f.parent };
    }
}

/* ---- values -------------------------------------------------------------------------------------------- */

static const char *keep(ts_record *e, const ts_word *w)
{
    char *p = e->text + e->n_text;
    if (w->n + 1 > sizeof e->text - e->n_text)
        return "";
    memcpy(p, w->p, w->n);
    p[w->n] = '\0';
    e->n_text += w->n + 1;
    return p;
}

static void insert(ts_word *w, size_t at, const char *s)
{
    size_t n = strlen(s);
    if (w->n + n > sizeof w->p)
        return;
    memmove(w->p + at + n, w->p + at, w->n - at);
    memcpy(w->p + at, s, n);
    w->n += n;
}

static void change(ts_random *r, ts_word *w)
{
    static const char *const strange[] = {
        "\xff",     "\xc3",         "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98",
        "\xc0\xaf", "\xe2\x84\xaa", "\xc5\xbf", "\n",           "*",
        "?",        "\\",           "x",        "\xc3\xa9"
    };
    size_t at = w->n ? ts_below(r, (uint32_t)w->n) : 0;
    switch (ts_below(r, 8)) {
    case 0:
    case 1:
        ts_flip_case(r, w);
        break;
    case 2:
        w->n = at;
        break;
    case 3:
        memmove(w->p, w->p + at, w->n - at);
        w->n -= at;
        break;
    case 4:
        insert(w, at, TS_PICK(r, strange));
        break;
    case 5:
        if (w->n && ts_chance(r, 30))
            w->p[at] = '\0';
        break;
    case 6: /* k and s of other alphabets */
        for (size_t i = 0; i < w->n; i++) {
            bool k = (w->p[i] | 0x20) == 'k', s = (w->p[i] | 0x20) == 's';
            if ((k || s) && ts_chance(r, 50)) {
                memmove(w->p + i, w->p + i + 1, w->n - i - 1);
                w->n--;
                insert(w, i, k ? "\xe2\x84\xaa" : "\xc5\xbf");
                i++;
            }
        }
        break;
    default: { /* another word behind it */
        const ts_word *other = &TS_PICK(r, r->words);
        size_t n = other->n < sizeof w->p - w->n ? other->n : sizeof w->p - w->n;
        memcpy(w->p + w->n, other->p, n);
        w->n += n;
        break;
    }
    }
}

static ts_word random_word(ts_random *r)
{
    ts_word w = TS_PICK(r, r->words);
    if (ts_chance(r, 5)) /* much text */
        for (int i = 0; i < 6; i++)
            insert(&w, 0, w.n ? "0123456789abcdefghijklmnopqrstuvwxyz*K" : "k");
    for (uint32_t n = ts_chance(r, 55) ? 0 : 1 + ts_below(r, 2); n > 0; n--)
        change(r, &w);
    return w;
}

static eqlm_value text_value(const char *p, size_t n)
{
    return (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)n, .as.str = p };
}

static eqlm_value integer(int64_t x)
{
    return (eqlm_value) { .type = EQLM_I64, .as.i64 = x };
}

static eqlm_value whole(uint64_t x)
{
    return x <= INT64_MAX ? integer((int64_t)x) : (eqlm_value) { .type = EQLM_U64, .as.u64 = x };
}

static eqlm_value real(double x)
{
    return (eqlm_value) { .type = EQLM_F64, .as.f64 = x };
}

static int64_t random_long(ts_random *r)
{
    static const int64_t all[] = { 0,
                                   1,
                                   -1,
                                   2,
                                   3,
                                   7,
                                   10,
                                   80,
                                   445,
                                   INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN,
                                   INT64_MIN + 1,
                                   INT64_C(9007199254740992),
                                   INT64_C(9007199254740993),
                                   INT64_C(1709208000000),
                                   2147483648,
                                   444 };
    return ts_chance(r, 60) ? (int64_t)ts_below(r, 12) - 2 : TS_PICK(r, all);
}

static double random_double(ts_random *r)
{
    static const double all[] = { 0.0,
                                  -0.0,
                                  1.5,
                                  -1.5,
                                  0.1,
                                  7,
                                  445,
                                  4.5,
                                  1e308,
                                  -1e308,
                                  5e-324,
                                  9007199254740992.0,
                                  9223372036854775808.0,
                                  18446744073709551616.0,
                                  1e-7,
                                  123456789.125,
                                  1709208000000.0,
                                  -9223372036854775808.0,
                                  3,
                                  2 };
    double zero = 0;
    return ts_chance(r, 94)   ? TS_PICK(r, all)
           : ts_chance(r, 50) ? zero / zero
           : ts_chance(r, 50) ? 1 / zero
                              : -1 / zero;
}

static void random_address(ts_random *r, unsigned char *p, size_t n)
{
    static const unsigned char fours[][4] = {
        { 10, 0, 0, 1 }, { 10, 1, 2, 3 }, { 192, 168, 1, 255 }, { 0, 0, 0, 0 }, { 127, 0, 0, 1 }
    };
    static const unsigned char sixes[][16] = {
        { [15] = 1 }, { 0x20, 1, 0xd, 0xb8, [15] = 7 }, { [10] = 0xff, 0xff, 10, 0, 0, 1 }, { 0xfe, 0x80 }
    };
    memcpy(p, n == 4 ? TS_PICK(r, fours) : TS_PICK(r, sixes), n);
}

static eqlm_value random_value(ts_random *r, ts_record *e)
{
    ts_word w;
    switch (ts_below(r, 16)) {
    case 0:
        return (eqlm_value) { .type = EQLM_NULL };
    case 1:
        return (eqlm_value) { .type = EQLM_BOOL, .as.boolean = ts_chance(r, 50) };
    case 2:
    case 3:
        return integer(random_long(r));
    case 4:
        return (eqlm_value) { .type = EQLM_U64,
                              .as.u64 = ts_chance(r, 50)   ? UINT64_MAX
                                        : ts_chance(r, 50) ? 7
                                                           : UINT64_C(1) << 63 };
    case 5:
    case 6:
        return real(random_double(r));
    case 7: {
        w.n = ts_chance(r, 50) ? 4 : 16;
        random_address(r, (unsigned char *)w.p, w.n);
        return (eqlm_value) { .type = EQLM_IP,
                              .len = (uint32_t)w.n,
                              .as.ip = (const unsigned char *)keep(e, &w) };
    }
    case 8:
        return (eqlm_value) { .type = EQLM_DATE,
                              .as.i64 = ts_chance(r, 50) ? INT64_C(1709208000000000000) : random_long(r) };
    case 9:
        return ts_chance(r, 70) ? integer(445)
                                : (eqlm_value) { .type = EQLM_FAR_DATE,
                                                 .len = ts_below(r, 1000000),
                                                 .as.i64 = INT64_C(-62135596800000) };
    default:
        w = random_word(r);
        return text_value(keep(e, &w), w.n);
    }
}

/* A value or an array, for a field of any kind. */
static eqlm_value random_values(ts_random *r, ts_record *e, size_t field)
{
    uint32_t n = ts_below(r, TS_ITEMS + 1);
    if (ts_chance(r, 60))
        return random_value(r, e);
    for (uint32_t i = 0; i < n; i++)
        e->items[field][i] = random_value(r, e);
    return (eqlm_value) { .type = EQLM_ARRAY, .len = n, .as.items = n ? e->items[field] : NULL };
}

static void set_array(ts_record *e, size_t field, size_t n)
{
    e->values[field] = (eqlm_value) { .type = EQLM_ARRAY, .len = (uint32_t)n, .as.items = e->items[field] };
}

/* ---- fields -------------------------------------------------------------------------------------------- */

static void make_category(ts_random *r, ts_record *e)
{
    static const char *const names[] = { "process", "process", "file", "Process", "" };
    e->category = ts_chance(r, 95) ? TS_PICK(r, names) : NULL;
    e->categories =
        e->category ? text_value(e->category, strlen(e->category)) : (eqlm_value) { .type = EQLM_NULL };
    e->values[CATEGORY] = e->categories;
}

static const char *c_text(ts_random *r, ts_record *e, eqlm_value *v)
{
    ts_word w = random_word(r);
    const char *p = keep(e, &w);
    if (ts_chance(r, 12))
        p = NULL;
    *v = p ? text_value(p, strlen(p)) : (eqlm_value) { .type = EQLM_NULL };
    return p;
}

static void make_chars(ts_random *r, char *p, size_t size, eqlm_value *v)
{
    ts_word w = random_word(r);
    memset(p, 0, size);
    memcpy(p, w.p, w.n < size ? w.n : size);
    const char *nul = memchr(p, 0, size);
    *v = text_value(p, nul ? (size_t)(nul - p) : size);
}

static void make_texts(ts_random *r, ts_record *e)
{
    ts_word w = random_word(r);
    e->str = (ts_counted) { ts_chance(r, 90) ? keep(e, &w) : NULL, (uint32_t)w.n };
    if (e->str.p)
        e->values[STR] = text_value(e->str.p, e->str.n);
    w = random_word(r);
    e->wide = keep(e, &w);
    e->n_wide = w.n;
    e->has_wide = ts_chance(r, 90);
    if (e->has_wide)
        e->values[WIDE] = text_value(e->wide, w.n);
    e->brief = e->wide;
    e->n_brief = (uint16_t)(w.n / 2);
    e->values[BRIEF] = text_value(e->brief, e->n_brief);
    e->cstr = c_text(r, e, &e->values[CSTR]);
    make_chars(r, e->chars, sizeof e->chars, &e->values[CHARS]);
    e->n_list = (uint16_t)ts_below(r, TS_ITEMS + 1);
    e->n_args = (uint8_t)ts_below(r, TS_ITEMS + 1);
    e->n_names = ts_below(r, TS_ITEMS + 1);
    for (size_t i = 0; i < TS_ITEMS; i++) {
        w = random_word(r);
        e->room_list[i] = (ts_counted) { ts_chance(r, 90) ? keep(e, &w) : NULL, (uint32_t)w.n };
        if (e->room_list[i].p)
            e->items[LIST][i] = text_value(e->room_list[i].p, w.n);
        e->room_args[i] = c_text(r, e, &e->items[ARGS][i]);
        make_chars(r, e->names[i], sizeof e->names[i], &e->items[NAMES][i]);
    }
    e->list = e->n_list || ts_chance(r, 50) ? e->room_list : NULL;
    e->args = e->n_args || ts_chance(r, 50) ? e->room_args : NULL;
    set_array(e, LIST, e->n_list);
    set_array(e, ARGS, e->n_args);
    set_array(e, NAMES, e->n_names);
}

static void make_numbers(ts_random *r, ts_record *e)
{
    e->i64 = random_long(r);
    e->i32 = (int32_t)random_long(r);
    e->u64 = ts_chance(r, 20) ? UINT64_MAX : ts_chance(r, 10) ? UINT64_C(1) << 63 : (uint64_t)random_long(r);
    e->u16 = (uint16_t)random_long(r);
    e->f64 = random_double(r);
    e->f32 = ts_chance(r, 50)   ? 1.5f
             : ts_chance(r, 50) ? 0.1f
             : ts_chance(r, 50) ? 3.4028234663852886e38f
                                : (float)ts_below(r, 9);
    e->has_i64 = ts_chance(r, 85);
    e->has_u16 = ts_chance(r, 85);
    e->has_f32 = ts_chance(r, 85);
    if (e->has_i64)
        e->values[LONG] = integer(e->i64);
    e->values[INT] = integer(e->i32);
    e->i16 = (int16_t)random_long(r);
    e->values[SMALL] = integer(e->i16);
    e->i8 = (int8_t)random_long(r);
    e->has_i8 = ts_chance(r, 80);
    if (e->has_i8)
        e->values[TINY] = integer(e->i8);
    e->values[ULONG] = whole(e->u64);
    if (e->has_u16)
        e->values[SHORT] = integer(e->u16);
    e->values[DOUBLE] = real(e->f64);
    if (e->has_f32)
        e->values[FLOAT] = real((double)e->f32);
    e->n_longs = ts_below(r, TS_ITEMS + 1);
    e->n_sizes = ts_below(r, TS_ITEMS + 1);
    e->n_doubles = (uint16_t)ts_below(r, TS_ITEMS + 1);
    for (size_t i = 0; i < TS_ITEMS; i++) {
        e->items[LONGS][i] = integer(e->longs[i] = random_long(r));
        e->items[SIZES][i] = integer(e->room_sizes[i] = (uint32_t)random_long(r));
        e->items[DOUBLES][i] = real(e->room_doubles[i] = random_double(r));
    }
    e->sizes = e->room_sizes;
    e->doubles = e->room_doubles;
    set_array(e, LONGS, e->n_longs);
    set_array(e, SIZES, e->n_sizes);
    set_array(e, DOUBLES, e->n_doubles);
}

static void make_flags(ts_random *r, ts_record *e)
{
    e->flag = ts_chance(r, 50);
    e->has = ts_chance(r, 50);
    e->has_has = ts_chance(r, 70);
    e->values[FLAG] = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = e->flag };
    if (e->has_has)
        e->values[HAS] = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = e->has };
    e->n_flags = (uint8_t)ts_below(r, TS_ITEMS + 1);
    for (size_t i = 0; i < TS_ITEMS; i++) {
        e->flags[i] = ts_chance(r, 50);
        e->items[FLAGS][i] = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = e->flags[i] };
    }
    set_array(e, FLAGS, e->n_flags);
}

static void make_addresses(ts_random *r, ts_record *e)
{
    random_address(r, e->four, 4);
    random_address(r, e->six, 16);
    e->has_four = ts_chance(r, 80);
    e->has_six = ts_chance(r, 80);
    if (e->has_four)
        e->values[FOUR] = (eqlm_value) { .type = EQLM_IP, .len = 4, .as.ip = e->four };
    if (e->has_six)
        e->values[SIX] = (eqlm_value) { .type = EQLM_IP, .len = 16, .as.ip = e->six };
    e->n_fours = (uint8_t)ts_below(r, TS_ITEMS + 1);
    for (size_t i = 0; i < TS_ITEMS; i++) {
        random_address(r, e->fours[i], 4);
        e->items[FOURS][i] = (eqlm_value) { .type = EQLM_IP, .len = 4, .as.ip = e->fours[i] };
    }
    set_array(e, FOURS, e->n_fours);
}

static void make_elements(ts_random *r, ts_record *e)
{
    e->n_elements = ts_below(r, TS_ITEMS);
    e->elements = e->room_elements;
    for (size_t i = 0; i < TS_ITEMS; i++) {
        ts_element *o = &e->room_elements[i];
        ts_word w = random_word(r);
        o->name = (ts_counted) { ts_chance(r, 90) ? keep(e, &w) : NULL, (uint32_t)w.n };
        if (o->name.p)
            o->values[0] = text_value(o->name.p, w.n);
        o->count = random_long(r);
        o->has_count = ts_chance(r, 85);
        if (o->has_count)
            o->values[1] = integer(o->count);
        o->value = o->values[2] = random_value(r, e);
        e->items[ELEMENTS][i] = (eqlm_value) { .type = EQLM_OBJECT, .as.object = o };
    }
    set_array(e, ELEMENTS, e->n_elements);
}

void ts_random_record(ts_random *r, ts_record *out)
{
    memset(out, 0, sizeof *out);
    make_category(r, out);
    make_texts(r, out);
    make_numbers(r, out);
    make_flags(r, out);
    make_addresses(r, out);
    make_elements(r, out);
    out->one = out->values[ONE] = random_values(r, out, ONE);
    out->two = random_values(r, out, TWO);
    out->has_two = ts_chance(r, 85);
    if (out->has_two)
        out->values[TWO] = out->two;
    out->values[GET_ONE] = random_values(r, out, GET_ONE);
    out->values[GET_TWO] = random_values(r, out, GET_TWO);
    out->n_any = ts_below(r, TS_ITEMS + 1);
    for (size_t i = 0; i < TS_ITEMS; i++)
        out->items[ANY][i] = random_value(r, out);
    out->any = out->items[ANY];
    set_array(out, ANY, out->n_any);
}

bool ts_record_get(void *ctx, const void *event, uint32_t field, eqlm_value *out)
{
    eqlm_str name = eqlm_schema_field_name(ctx, field);
    for (size_t i = 0; i < TS_FIELDS; i++) {
        if (strlen(table[i].name) != name.len || memcmp(table[i].name, name.ptr, name.len) != 0)
            continue;
        if (i >= NAME)
            *out = ((const ts_element *)event)->values[i - NAME];
        else
            *out = ((const ts_record *)event)->values[i];
        return true;
    }
    return false;
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static void print_value(const eqlm_value *v)
{
    switch (v->type) {
    case EQLM_STRING:
        printf("\"");
        for (uint32_t i = 0; i < v->len; i++) {
            unsigned char c = (unsigned char)v->as.str[i];
            printf(c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c);
        }
        printf("\"");
        break;
    case EQLM_ARRAY:
        printf("[");
        for (uint32_t i = 0; i < v->len; i++) {
            printf("%s", i ? ", " : "");
            print_value(&v->as.items[i]);
        }
        printf("]");
        break;
    case EQLM_F64:
        printf("%.17g", v->as.f64);
        break;
    case EQLM_BOOL:
        printf("%s", v->as.boolean ? "true" : "false");
        break;
    case EQLM_NULL:
        printf("null");
        break;
    case EQLM_IP:
        for (uint32_t i = 0; i < v->len; i++)
            printf("%s%02x", i ? ":" : "ip ", v->as.ip[i]);
        break;
    case EQLM_OBJECT: {
        const ts_element *o = v->as.object;
        for (int i = 0; i < 3; i++) {
            printf(i ? ", " : "{");
            print_value(&o->values[i]);
        }
        printf("}");
        break;
    }
    default:
        printf("%lld (type %u)", (long long)v->as.i64, (unsigned)v->type);
        break;
    }
}

void ts_record_print(const ts_fields *fields, const ts_record *e)
{
    for (size_t i = 0; i < NAME; i++) {
        printf("    %s (type %u): ", table[i].name, (unsigned)fields->as_struct[i].type);
        print_value(&e->values[i]);
        printf("\n");
    }
}

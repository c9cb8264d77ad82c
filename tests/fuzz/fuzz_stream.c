/* fuzz_stream.c - a saved state that somebody has changed: restoring refuses it or makes a stream that
 * saves the same again, and goes on as one that was restored from that.
 *
 * The input is a number of events, so many events of two bytes each, and then changes: place:u16 and a byte
 * to be put there. Checksum and length are mended behind them, or hardly an input would get past these. A
 * place behind the end cuts the state at the byte. */
#include "fuzz_host.h"

enum { HEADER = 28, LENGTH_AT = 12, SUM_AT = 20, CHANGE = 3, TIME_STEP = 1000000 };

static const char *const queries[] = {
    "sequence by u [a where true] as e0 [b where x != e0.x] [c where s == e0.s] until [m where x > 3]",
    "sequence by ?u with maxspan=20ms ![m where x < 9] [a where x != 1] ![c where true] [b where true] ![m where true]",
    "sequence by u, s [a where true] [b where true] with runs=2 [c where true]",
    "sample by u [a where true] [b where x > 0] [any where true]",
    "sequence by process.pid [process where descendant of [process where x == 1]] [process where true]",
    "any where child of [process where x == 2]",
    "any where x / (x - x) == 1",
};
enum { N_QUERIES = sizeof queries / sizeof queries[0] };

/* kind chooses the category and what the values are, value the values. */
typedef struct event {
    uint8_t kind, value;
} event;

typedef struct host {
    eqlm_schema *schema;
    eqlm_program *programs[N_QUERIES];
} host;

static bool get(void *ctx, const void *from, uint32_t field, eqlm_value *out)
{
    static const char *const categories[] = { "a", "b", "c", "m", "process" };
    static const unsigned char address[16] = { 10, 1, 2, 3 };
    static const eqlm_value items[] = { { .type = EQLM_STRING, .len = 1, .as.str = "p" },
                                        { .type = EQLM_I64, .as.i64 = 7 },
                                        { .type = EQLM_IP, .len = 4, .as.ip = address },
                                        { .type = EQLM_NULL } };
    const event *e = from;
    eqlm_str name = eqlm_schema_field_name(ctx, field);
    if (name.len == 14 && memcmp(name.ptr, "event.category", 14) == 0) {
        *out = (eqlm_value) { .type = EQLM_STRING, .as.str = categories[e->kind % 5] };
        out->len = (uint32_t)strlen(out->as.str);
        return true;
    }
    uint8_t v = (uint8_t)(name.ptr[name.len - 1] == 'u' ? e->value % 4 : e->value / 4);
    switch (name.len == 1 ? e->kind / 5 % 8 : 0) {
    case 0:
    case 1:
        *out = (eqlm_value) { .type = EQLM_I64, .as.i64 = v };
        break;
    case 2:
        *out = (eqlm_value) { .type = EQLM_STRING, .len = v % 6u, .as.str = "abcdef" };
        break;
    case 3:
        *out = (eqlm_value) { .type = EQLM_ARRAY, .len = 1u + v % 4u, .as.items = items };
        break;
    case 4:
        *out = (eqlm_value) { .type = EQLM_IP, .len = v % 2 ? 4 : 16, .as.ip = address };
        break;
    case 5:
        *out = (eqlm_value) { .type = EQLM_DATE, .as.i64 = v };
        break;
    case 6:
        *out = (eqlm_value) { .type = EQLM_F64, .as.f64 = v / 4.0 };
        break;
    default:
        return false;
    }
    return true;
}

static void release(void *ctx, uint64_t id)
{
    (void)ctx, (void)id;
}

static void start_host(host *h)
{
    MUST(eqlm_schema_new(NULL, &h->schema) == EQLM_OK);
    MUST(eqlm_schema_set_getter(h->schema, get, h->schema) == EQLM_OK);
    for (size_t i = 0; i < N_QUERIES; i++) {
        eqlm_options o = { .size = sizeof o, .dialect = EQLM_DIALECT_ENDPOINT };
        eqlm_str text = { queries[i], strlen(queries[i]) };
        if (strncmp(queries[i], "sample", 6) == 0)
            o.dialect = EQLM_DIALECT_ES;
        MUST(eqlm_compile(NULL, h->schema, text, &o, NULL, &h->programs[i]) == EQLM_OK);
    }
}

static eqlm_stream *new_stream(const host *h)
{
    eqlm_stream *s = NULL;
    eqlm_stream_options o = { .size = sizeof o, .hash_seed = 1, .on_release = release };
    MUST(eqlm_stream_new(NULL, &o, &s) == EQLM_OK);
    for (size_t i = 0; i < N_QUERIES; i++)
        MUST(eqlm_stream_add(s, h->programs[i], NULL) == EQLM_OK);
    return s;
}

static void feed(eqlm_stream *s, const event *events, size_t n, int64_t time)
{
    for (size_t i = 0; i < n; i++) {
        eqlm_event_info info = { .id = i, .has_time = true, .time = time };
        MUST(eqlm_stream_feed(s, &events[i], &info) == EQLM_OK);
        time += events[i].value % 8 * TIME_STEP;
    }
}

static void save(const eqlm_stream *s, fuzz_bytes *out)
{
    out->len = 0;
    MUST(eqlm_stream_save(s, fuzz_write, out) == EQLM_OK);
}

static void put_le(char *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(unsigned char)(v >> (8 * i));
}

static void change(fuzz_bytes *state, const uint8_t *data, size_t size)
{
    for (; size >= CHANGE; data += CHANGE, size -= CHANGE) {
        size_t at = HEADER + (data[0] | (size_t)data[1] << 8);
        if (at < state->len)
            state->bytes[at] = (char)data[2];
        else if (state->len > HEADER + (size_t)data[2])
            state->len = HEADER + (size_t)data[2];
    }
    uint64_t sum = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = HEADER; i < state->len; i++)
        sum = (sum ^ (unsigned char)state->bytes[i]) * 0x100000001b3u;
    put_le(state->bytes + LENGTH_AT, state->len, 8);
    put_le(state->bytes + SUM_AT, sum, 8);
}

static bool same(const fuzz_bytes *a, const fuzz_bytes *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static host h;
    static event events[255];
    static fuzz_bytes state, once, twice;
    size_t n = size ? data[0] : 0;
    if (size < 1 + 2 * n)
        return 0;
    if (!h.schema)
        start_host(&h);
    for (size_t i = 0; i < n; i++)
        events[i] = (event) { data[1 + 2 * i], data[2 + 2 * i] };
    eqlm_stream *s = new_stream(&h), *first = new_stream(&h), *second = new_stream(&h);
    feed(s, events, n, 0);
    save(s, &state);
    change(&state, data + 1 + 2 * n, size - 1 - 2 * n);
    eqlm_status status = eqlm_stream_restore(first, state.bytes, state.len);
    MUST(status == EQLM_OK || (size > 1 + 2 * n && (status == EQLM_E_IMAGE || status == EQLM_E_LIMIT)));
    if (status == EQLM_OK) {
        save(first, &once);
        MUST(eqlm_stream_restore(second, once.bytes, once.len) == EQLM_OK);
        save(second, &twice);
        MUST(same(&once, &twice));
        feed(first, events, n, TIME_STEP);
        feed(second, events, n, TIME_STEP);
        save(first, &once);
        save(second, &twice);
        MUST(same(&once, &twice));
        MUST(eqlm_stream_flush(first) == EQLM_OK);
    }
    MUST(eqlm_stream_flush(s) == EQLM_OK);
    eqlm_stream_free(second);
    eqlm_stream_free(first);
    eqlm_stream_free(s);
    return 0;
}

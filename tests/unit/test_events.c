/* test_events.c - the reader of event documents: formats, spellings of keys, errors, limits, times.
 *
 * A test writes a file, reads it and compares a transcript: a line "LINE: field=value ..." for each event,
 * and "LINE:COLUMN! message" for each problem. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "eqlmini.h"
#include "event/schema.h"
#include "events.h"
#include "json_extract.h"
#include "ops/date.h"
#include "timestamp.h"
#include "util.h"

typedef struct fixture {
    eqlm_schema *schema;
    eqlc_event_options options;
    eqlc_event_counts counts;
    eqlc_buf text;       /* the transcript */
    bool metadata;       /* _index, _id, time and source are part of it */
    uint64_t stop_after; /* events, or 0 */
    bool finished;       /* what eqlc_reader_run returned */
    uint64_t n_mended;   /* events */
    char path[64];
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->options = (eqlc_event_options) { .max_event_size = 1 << 20, .timestamp_field = "@timestamp" };
    return f && eqlm_schema_new(NULL, &f->schema) == EQLM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    eqlm_schema_free(f->schema);
    eqlc_buf_clear(&f->text);
    free(f);
    return 0;
}

static void want_child(fixture *f, const char *parent, const char *name)
{
    eqlm_field field = { .name = name, .parent = parent, .type = EQLM_TYPE_ANY };
    assert_int_equal(eqlm_schema_add(f->schema, &field, 1), EQLM_OK);
}

static void want(fixture *f, const char *name)
{
    want_child(f, NULL, name);
}

/* ------------------------------------------------------------------------------------------------------
 * The transcript
 */

static void add_value(fixture *f, const eqlm_value *v);

static void add_fields(fixture *f, const void *event, bool element)
{
    for (uint32_t i = 0; i < eqlm_schema_n_fields(f->schema); i++) {
        eqlm_value v;
        if (element != (eqlm_schema_field_parent(f->schema, i) != UINT32_MAX))
            continue;
        if (!eqlc_event_get(NULL, event, i, &v))
            continue;
        eqlc_buf_format(&f->text, " %s=", eqlm_schema_field_name(f->schema, i).ptr);
        add_value(f, &v);
    }
}

static void add_value(fixture *f, const eqlm_value *v)
{
    eqlc_buf *b = &f->text;
    switch (v->type) {
    case EQLM_BOOL:
        eqlc_buf_text(b, v->as.boolean ? "true" : "false");
        break;
    case EQLM_I64:
        eqlc_buf_format(b, "%lld", (long long)v->as.i64);
        break;
    case EQLM_U64:
        eqlc_buf_format(b, "%lluu", (unsigned long long)v->as.u64);
        break;
    case EQLM_F64:
        eqlc_buf_format(b, "%gf", v->as.f64);
        break;
    case EQLM_STRING:
        eqlc_buf_format(b, "'");
        eqlc_buf_add(b, v->as.str, v->len);
        eqlc_buf_format(b, "'");
        break;
    case EQLM_ARRAY:
        eqlc_buf_text(b, "[");
        for (uint32_t i = 0; i < v->len; i++) {
            eqlc_buf_text(b, i ? "," : "");
            add_value(f, &v->as.items[i]);
        }
        eqlc_buf_text(b, "]");
        break;
    case EQLM_OBJECT:
        eqlc_buf_text(b, "{");
        add_fields(f, v->as.object, true);
        eqlc_buf_text(b, " }");
        break;
    default:
        fail_msg("a value of type %u", v->type);
    }
}

static bool on_event(void *ctx, const eqlc_event *event)
{
    fixture *f = ctx;
    f->n_mended += event->mended;
    eqlc_buf_format(&f->text, "%llu:", (unsigned long long)event->line);
    if (f->metadata) {
        eqlc_buf_format(&f->text, " %s/%s ", strcmp(event->index, f->path) == 0 ? "FILE" : event->index,
                        event->id);
        if (event->has_time)
            eqlc_buf_format(&f->text, "%lld ", (long long)event->time);
        eqlc_buf_add(&f->text, event->source, event->source_len);
    }
    add_fields(f, event->values, false);
    eqlc_buf_text(&f->text, "\n");
    return --f->stop_after != 0;
}

static void on_error(void *ctx, const char *path, uint64_t line, uint64_t column, const char *message)
{
    fixture *f = ctx;
    assert_string_equal(path, f->path);
    if (line)
        eqlc_buf_format(&f->text, "%llu:%llu! %s\n", (unsigned long long)line, (unsigned long long)column,
                        message);
    else
        eqlc_buf_format(&f->text, "! %s\n", message);
}

/* Reads bytes as a file into f->text. */
static void read_bytes(fixture *f, const void *bytes, size_t len)
{
    strcpy(f->path, "/tmp/test_events.XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)bytes + done, len - done);
        assert_true(n > 0);
        done += (size_t)n;
    }
    close(fd);
    f->text.len = 0;
    f->n_mended = 0;
    eqlc_buf_text(&f->text, "");
    eqlc_reader *reader = eqlc_reader_new(f->schema, &f->options);
    assert_non_null(reader);
    f->finished = eqlc_reader_run(reader, f->path, on_event, on_error, f);
    f->counts = *eqlc_reader_counts(reader);
    eqlc_reader_free(reader);
    unlink(f->path);
}

static void expect_bytes(fixture *f, const void *bytes, size_t len, const char *transcript)
{
    read_bytes(f, bytes, len);
    assert_string_equal(f->text.data, transcript);
}

static void expect(fixture *f, const char *text, const char *transcript)
{
    expect_bytes(f, text, strlen(text), transcript);
}

/* ------------------------------------------------------------------------------------------------------
 * Formats
 */

static void lines(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":1}\n{\"a\":2}\n", "1: a=1\n2: a=2\n");
    expect(f, "{\"a\":1}\r\n\r\n \t{\"a\":2}  \r\n", "1: a=1\n3: a=2\n");
    expect(f, "\xEF\xBB\xBF{\"a\":1}", "1: a=1\n");
    expect(f, "\n\n{}\n", "3:\n");
    expect(f, "", "");
    expect(f, " \n\t\n", "");
    assert_int_equal(f->counts.bad + f->counts.bad_files, 0);
    assert_int_equal(f->counts.bytes, 4);
}

static void arrays(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "[{\"a\":1},{\"a\":2}\n, {\"a\":3} ]", "1: a=1\n1: a=2\n2: a=3\n");
    expect(f, "[]\n[ ]\n[{\"a\":1}]\n{\"a\":2}\n", "3: a=1\n4: a=2\n");
    expect(f, "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": [\n      {}\n    ]\n  }\n]\n", "2: a=1\n5:\n");
    expect(f, "[{\"a\":\"]},{\\\"\"}]", "1: a=']},{\"'\n");
}

static void objects_over_lines(void **state)
{
    fixture *f = *state;
    want(f, "a.b");
    expect(f, "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\n  \"a.b\": 2\n}\n{\"a.b\":3}\n",
           "1: a.b=1\n6: a.b=2\n9: a.b=3\n");
    expect(f, "{\"a\":\n{\"b\":1}}\n{\"a.b\":2}\n", "1: a.b=1\n3: a.b=2\n");
    expect(f, "{ \"a\": { \"b\": [1,\n2] } }", "1: a.b=[1,2]\n");
}

static void search_responses(void **state)
{
    fixture *f = *state;
    want(f, "a");
    f->metadata = true;
    expect(f,
           "{\"took\":3,\"hits\":{\"total\":{\"value\":2},\"hits\":[{\"_index\":\"logs\",\"_id\":\"x1\",\"_"
           "source\":{\"a\":1}},"
           "{\"_source\":{\"a\":2},\"sort\":[1],\"_id\":\"x2\",\"_index\":\"logs\"}]},\"more\":{\"hits\":[{}]"
           "}}\n{\"a\":3}\n",
           "1: logs/x1 {\"a\":1} a=1\n1: logs/x2 {\"a\":2} a=2\n2: FILE/2 {\"a\":3} a=3\n");
    expect(f,
           "{\n \"hits\" : {\n  \"hits\" : [\n   {\"_index\":\"i\",\"_id\":7,\"_source\":{\"a\":1}},\n   "
           "{\"a\":2}\n  ]\n }\n}\n",
           "4: i/7 {\"a\":1} a=1\n5: FILE/5 {\"a\":2} a=2\n");
    expect(f,
           "{\"hits\":{\"hits\":[\n{\"_id\":\"p\",\"_source\":{\"a\":1}},\n{\"_id\":\"q\",\"_source\":{\"a\":"
           "2}}\n]}}\n",
           "2: FILE/p {\"a\":1} a=1\n3: FILE/q {\"a\":2} a=2\n");
    /* Only the list of a response is taken apart. */
    expect(f, "{\"hits\":[{\"a\":1}],\"a\":2}\n", "1: FILE/1 {\"hits\":[{\"a\":1}],\"a\":2} a=2\n");
    expect(f, "{\"_source\":{\"hits\":{\"hits\":[1]},\"a\":2}}\n",
           "1: FILE/1 {\"hits\":{\"hits\":[1]},\"a\":2} a=2\n");
}

/* Other searches. */
static void eql_responses(void **state)
{
    fixture *f = *state;
    want(f, "a");
    f->metadata = true;
    expect(
        f,
        "{\"is_partial\":false,\"hits\":{\"total\":{\"value\":1},\"events\":[{\"_index\":\"i\",\"_id\":\"x\","
        "\"_source\":{\"a\":1}}]}}\n{\"hits\":{\"events\":[]}}\n{\"a\":2}\n",
        "1: i/x {\"a\":1} a=1\n3: FILE/3 {\"a\":2} a=2\n");
    expect(f,
           "{\"hits\":{\"sequences\":[{\"join_keys\":[\"k\",{\"events\":[1]}],\"events\":[{\"_id\":\"x\",\"_"
           "source\":"
           "{\"a\":1}},\n{\"_index\":\"\",\"_id\":\"\",\"_source\":{},\"missing\":true}]},{\"events\":[{\"_"
           "id\":\"y\","
           "\"_source\":{\"a\":2}}],\"more\":[]}],\"events\":[{\"a\":3}]},\"hits.events\":[]}\n",
           "1: FILE/x {\"a\":1} a=1\n2: FILE/y {\"a\":2} a=2\n2: FILE/2 {\"a\":3} a=3\n");
    assert_int_equal(f->counts.events, 3);
    expect(
        f,
        "{\"took\":1,\"responses\":[{\"took\":1,\"hits\":{\"hits\":[{\"_id\":\"x\",\"_source\":{\"a\":1}}]},"
        "\"status\":200},\n{\"error\":{\"hits\":[1]},\"status\":404},{\"hits\":{\"hits\":[{\"a\":2}]}}]}\n{"
        "\"a\":3}",
        "1: FILE/x {\"a\":1} a=1\n2: FILE/2 {\"a\":2} a=2\n3: FILE/3 {\"a\":3} a=3\n");
    /* Events that only look so. */
    f->metadata = false;
    want(f, "hits.events");
    want(f, "responses");
    expect(f, "{\"a\":1,\"responses\":[{\"a\":2}],\"hits\":{\"events\":5}}\n", "1: a=1 hits.events=5\n");
    expect(f, "{\"a\":1,\n\"responses\":[4,[5]],\n\"hits\":{\"events\":\"x\"}}\n",
           "1: a=1 hits.events='x' responses=[4,5]\n");
    expect(f, "{\"_source\":{\"a\":1,\"hits\":{\"events\":[2]},\"responses\":[{\"took\":1}]}}\n",
           "1: a=1 hits.events=2\n");
}

static void wrapped_documents(void **state)
{
    fixture *f = *state;
    want(f, "a");
    want(f, "_source");
    f->metadata = true;
    expect(f, "{\"_index\":\"i\",\"_id\":\"1\",\"_source\": { \"a\" : 1 } }\n", "1: i/1 { \"a\" : 1 } a=1\n");
    expect(f, "{\"a\":9,\"_source\":{\"a\":1},\"a\":8,\"_id\":\"z\"}\n", "1: FILE/z {\"a\":1} a=1\n");
    expect(f, "{\"_source\":null,\"a\":1}\n", "1: FILE/1 {\"_source\":null,\"a\":1} a=1\n");
    expect(f, "{\"x\":{\"_source\":{\"a\":1}}}\n", "1: FILE/1 {\"x\":{\"_source\":{\"a\":1}}}\n");
}

static size_t compress_text(const char *text, unsigned char *out, size_t room)
{
    z_stream z = { 0 };
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    char *copy = strdup(text);
    z.next_in = (unsigned char *)copy;
    z.avail_in = (unsigned)strlen(text);
    z.next_out = out;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t len = room - z.avail_out;
    deflateEnd(&z);
    free(copy);
    return len;
}

static void gzip(void **state)
{
    fixture *f = *state;
    want(f, "a");
    unsigned char out[512];
    size_t n = compress_text("{\"a\":1}\n{\"a\":", out, sizeof out);
    size_t all = n + compress_text("2}\n", out + n, sizeof out - n);
    expect_bytes(f, out, all, "1: a=1\n2: a=2\n");
    memset(out + all, 0, 16);
    expect_bytes(f, out, all + 16, "1: a=1\n2: a=2\n");
    assert_int_equal(f->counts.bad_files, 0);
    expect_bytes(f, "\x1F\x8B", 2, "! the compressed data ends too early\n");
    n = compress_text("{\"a\":1}\n", out, sizeof out);
    expect_bytes(f, out, n - 4, "1: a=1\n! the compressed data ends too early\n");
    assert_int_equal(f->counts.bad_files, 1);
    memcpy(out + n, "junk", 4);
    expect_bytes(f, out, n + 4, "1: a=1\n! there is other data behind the compressed data\n");
    out[n - 6] ^= 1; /* the checksum */
    expect_bytes(f, out, n, "1: a=1\n! the compressed data is damaged\n");
}

/* Documents of all lengths, in all formats, over many fills of the window. */
static void window_boundaries(void **state)
{
    fixture *f = *state;
    want(f, "a");
    want(f, "n");
    static const char *const forms[3][5] = {
        { "", "{\"n\":%d,\"a\":\"%s\\u0041\"}", "\n", "", NULL },
        { "[", "{\"n\":%d,\n\"a\":\"%s\\u0041\"}", ",", "]", NULL },
        { "{\"hits\":{\"hits\":[", "{\"_source\":{\"n\":%d,\"a\":\"%s\\u0041\"}}", ",", "]}}", NULL },
    };
    enum { N = 2000 };
    char *filler = malloc(N + 1);
    memset(filler, 'x', N);
    for (size_t form = 0; form < 3; form++) {
        eqlc_buf text = { NULL, 0, 0 }, wanted = { NULL, 0, 0 };
        eqlc_buf_text(&text, forms[form][0]);
        for (int i = 0; i < N; i++) {
            char document[N + 64];
            filler[i] = '\0';
            snprintf(document, sizeof document, forms[form][1], i, filler);
            eqlc_buf_text(&text, i ? forms[form][2] : "");
            eqlc_buf_text(&text, document);
            eqlc_buf_format(&wanted, "%d: a='%sA' n=%d\n", form < 2 ? i + 1 : 1, filler, i);
            filler[i] = 'x';
        }
        eqlc_buf_text(&text, forms[form][3]);
        read_bytes(f, text.data, text.len);
        assert_int_equal(f->counts.events, N);
        assert_true(strcmp(f->text.data, wanted.data) == 0); /* too long to print */
        assert_int_equal(f->counts.bytes, text.len);
        eqlc_buf_clear(&text);
        eqlc_buf_clear(&wanted);
    }
    free(filler);
}

/* ------------------------------------------------------------------------------------------------------
 * Fields
 */

static void spellings_of_keys(void **state)
{
    fixture *f = *state;
    want(f, "p.name");
    want(f, "p.code.subject");
    want(f, "p");
    expect(f, "{\"p\":{\"name\":\"x\",\"code\":{\"subject\":1}}}", "1: p.name='x' p.code.subject=1\n");
    expect(f, "{\"p.name\":\"x\",\"p.code.subject\":1}", "1: p.name='x' p.code.subject=1\n");
    expect(f, "{\"p\":{\"code.subject\":1},\"p.code\":{\"subject\":2},\"p.name\":\"x\"}",
           "1: p.name='x' p.code.subject=[1,2]\n");
    expect(f, "{\"p\":[{\"name\":\"x\"},{\"name\":[\"y\",[\"z\"]]},[{\"name\":1}]]}",
           "1: p.name=['x','y','z',1]\n");
    expect(f, "{\"p\\u002ename\":\"x\",\"\\u0070\":{\"na\\u006De\":\"y\"}}", "1: p.name=['x','y']\n");
    expect(f, "{\"P\":{\"name\":1},\"p\":{\"names\":1,\"nam\":2,\"\":3},\"p.\":4,\".name\":5,\"\":6}",
           "1:\n");
    expect(f, "{\"p\":7}", "1: p=7\n");
    expect(f, "{\"a\":{\"p\":{\"name\":1}},\"p\":{\"p\":{\"name\":2}}}", "1:\n");
}

static void long_keys(void **state)
{
    fixture *f = *state;
    want(f, "target.Ext.code_signature.subject_name");
    want(f, "target.Ext.code_Xignature.subject_name");
    want(f, "abcdefgh");
    want(f, "abcdefghabcdefgh");
    want(f, "abcdefgh12345678");
    expect(f, "{\"target.Ext.code_signature.subject_name\":1}",
           "1: target.Ext.code_signature.subject_name=1\n");
    expect(f, "{\"target\":{\"Ext\":{\"code_Xignature\":{\"subject_name\":2}}}}",
           "1: target.Ext.code_Xignature.subject_name=2\n");
    expect(f, "{\"target.Ext.code_Signature.subject_name\":3}", "1:\n");
    expect(f,
           "{\"abcdefgh\":1,\"abcdefghabcdefgh\":2,\"abcdefgh12345678\":3,\"abcdefgX\":4,\"abcdefgh-"
           "abcdefgh\":5}",
           "1: abcdefgh=1 abcdefghabcdefgh=2 abcdefgh12345678=3\n");
}

static void many_fields(void **state)
{
    fixture *f = *state;
    eqlc_buf text = { NULL, 0, 0 }, wanted = { NULL, 0, 0 };
    eqlc_buf_text(&text, "{");
    eqlc_buf_text(&wanted, "1:");
    for (int i = 0; i < 1000; i++) {
        char name[64];
        snprintf(name, sizeof name, "field%d.part%d.%d", i % 10, i % 100, i);
        want(f, name);
        eqlc_buf_format(&text, "%s\"field%d.part%d\":{\"%d\":%d}", i ? "," : "", i % 10, i % 100, i, i);
        eqlc_buf_format(&wanted, " %s=%d", name, i);
    }
    eqlc_buf_text(&text, "}");
    eqlc_buf_text(&wanted, "\n");
    expect(f, text.data, wanted.data);
    eqlc_buf_clear(&text);
    eqlc_buf_clear(&wanted);
}

static void values(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":1,\"a\":[2,[3,null],\"4\",true],\"a\":null,\"a\":{\"b\":5},\"a\":false}",
           "1: a=[1,2,3,'4',true,false]\n");
    expect(f, "{\"a\":null}\n{\"a\":[]}\n{\"a\":[null,[],[[null]]]}\n{\"a\":\"\"}\n{\"a\":0}\n",
           "1:\n2:\n3:\n4: a=''\n5: a=0\n");
    expect(f, "{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
           "1: a=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]\n");
    expect(f, "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"}",
           "1: a='\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80'\n");
    expect(f, "{\"a\":\"\\ud800\\ud800\\udc00\\udfff\\ud800x\\ud8001\"}",
           "1: a='\xEF\xBF\xBD\xF0\x90\x80\x80\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD"
           "1'\n");
    f->metadata = true; /* the document as it was read */
    expect(f, "{\"a\":\"\\udc00\",\"\\ud800\":1}",
           "1: FILE/1 {\"a\":\"\\udc00\",\"\\ud800\":1} a='\xEF\xBF\xBD'\n");
    f->metadata = false;
    read_bytes(f, "{\"a\":\"x\\u0000y\"}", 16);
    assert_memory_equal(f->text.data, "1: a='x\0y'\n", 11);
    /* One event leaves nothing behind for the next. */
    expect(f, "{\"a\":[1,2]}\n{}\n{\"a\":3}\n", "1: a=[1,2]\n2:\n3: a=3\n");
}

static void numbers(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":[0,-0,-1,9223372036854775807,-9223372036854775808]}",
           "1: a=[0,0,-1,9223372036854775807,-9223372036854775808]\n");
    expect(f, "{\"a\":[9223372036854775808,18446744073709551615]}",
           "1: a=[9223372036854775808u,18446744073709551615u]\n");
    expect(f, "{\"a\":[18446744073709551616,-9223372036854775809,100000000000000000000]}",
           "1: a=[1.84467e+19f,-9.22337e+18f,1e+20f]\n");
    expect(f, "{\"a\":[1.0,1e3,-2.5E-1,0.1e+1,1e400,-1e400,1e-400]}",
           "1: a=[1f,1000f,-0.25f,1f,inff,-inff,0f]\n");
}

static void elements(void **state)
{
    fixture *f = *state;
    want(f, "cs");
    want_child(f, "cs", "cs.s");
    want_child(f, "cs", "cs.t.u");
    want(f, "cs.s");
    expect(f, "{\"cs\":[{\"s\":1,\"t\":{\"u\":\"x\"}},{\"s\":[2,3]},{\"v\":4}]}",
           "1: cs=[{ cs.s=1 cs.t.u='x' },{ cs.s=[2,3] },{ }] cs.s=[1,2,3]\n");
    expect(f, "{\"cs\":{\"t.u\":1}}", "1: cs=[{ cs.t.u=1 }]\n");
    expect(f, "{\"cs\":\"x\"}\n{\"cs\":[1,{\"s\":2}]}\n{\"cs\":[]}",
           "1: cs=['x']\n2: cs=[1,{ cs.s=2 }] cs.s=2\n3:\n");
    expect(f, "{\"cs.s\":[1,2],\"cs.t.u\":3}\n{\"cs.s\":1,\"cs\":[{\"s\":2}],\"cs.t.u\":3}",
           "1: cs=[{ cs.s=[1,2] cs.t.u=3 }] cs.s=[1,2]\n"
           "2: cs=[{ cs.s=1 cs.t.u=3 },{ cs.s=2 }] cs.s=[1,2]\n");
}

static uint32_t want_below(fixture *f, const char *name, uint32_t parent)
{
    uint32_t field;
    assert_int_equal(eqli_schema_intern(f->schema, (eqlm_str) { name, strlen(name) }, parent, &field),
                     EQLM_OK);
    return field;
}

static void elements_in_elements(void **state)
{
    fixture *f = *state;
    uint32_t outer = want_below(f, "o", UINT32_MAX);
    want_below(f, "o.x", outer);
    uint32_t inner = want_below(f, "o.i", outer);
    want_below(f, "o.i.y", inner);
    eqlm_value v;
    expect(f, "{\"o\":[{\"x\":1,\"i\":[{\"y\":2},{\"y\":3}]},[{\"i\":{\"y\":4}}],{\"x\":5}]}",
           "1: o=[{ o.x=1 o.i=[{ o.i.y=2 },{ o.i.y=3 }] },{ o.i=[{ o.i.y=4 }] },{ o.x=5 }]\n");
    expect(f, "{\"o.i.y\":1,\"o\":[{\"i.y\":2},{\"i.y\":3}]}",
           "1: o=[{ o.i=[{ o.i.y=1 }] },{ o.i=[{ o.i.y=2 }] },{ o.i=[{ o.i.y=3 }] }]\n");
    uint32_t second = want_below(f, "s", UINT32_MAX);
    uint32_t deep = want_below(f, "s.t", second);
    want_below(f, "s.t.z", deep);
    expect(f, "{\"s\":[{\"t\":{\"z\":6}},{\"t\":[{\"z\":7},{}]}],\"s.t.z\":8}",
           "1: s=[{ s.t=[{ s.t.z=6 }] },{ s.t=[{ s.t.z=7 },{ }] },{ s.t=[{ s.t.z=8 }] }]\n");
    /* A field younger than the reader is missing. */
    eqlm_value header[2] = { { .type = EQLM_NULL, .len = 1 }, { .type = EQLM_I64, .as.i64 = 5 } };
    assert_false(eqlc_event_get(NULL, header + 1, 1, &v));
    assert_true(eqlc_event_get(NULL, header + 1, 0, &v));
}

/* ------------------------------------------------------------------------------------------------------
 * Errors and limits
 */

static void bad_documents(void **state)
{
    static const struct {
        const char *text, *transcript;
    } cases[] = {
        { "foo", "1:1! expected an object" },
        { "123", "1:1! expected an object" },
        { "\"x\"", "1:1! expected an object" },
        { "}", "1:1! expected an object" },
        { "{\"a\":}", "1:6! expected a value" },
        { "{\"a\":1,}", "1:8! expected a key in double quotes" },
        { "{,}", "1:2! expected a key in double quotes" },
        { "{1:2}", "1:2! expected a key in double quotes" },
        { "{\"a\" 1}", "1:6! expected ':' after the key" },
        { "{\"a\":1 \"b\":2}", "1:8! expected ',' or '}'" },
        { "{\"a\":[1 2]}", "1:9! expected ',' or ']'" },
        { "{\"a\":[1,]}", "1:9! expected a value" },
        { "{\"a\":[1}}", "1:8! expected ',' or ']'" },
        { "{\"a\":1}}", "1:8! unexpected text after the JSON value" },
        { "{\"a\":1} 2", "1:9! unexpected text after the JSON value" },
        { "{\"a\":1} [{\"a\":2}]", "1:9! unexpected text after the JSON value" },
        { "{\"a\":tru}", "1:6! expected a value" },
        { "{\"z\":\"y\"x}", "1:9! expected ',' or '}'" },
        { "{\"a\":01}", "1:6! invalid number" },
        { "{\"a\":-}", "1:6! invalid number" },
        { "{\"a\":+1}", "1:6! expected a value" },
        { "{\"z\":.5}", "1:6! expected a value" },
        { "{\"a\":NaN}", "1:6! expected a value" },
        { "{\"a\":\"\\x\"}", "1:7! invalid escape sequence" },
        { "{\"a\":\"x\x01\"}", "1:8! control character in a string" },
        { "{\"a\":\"\xFF\" 1}", "1:10! expected ',' or '}'" },
        { "{\"a\":\"\xFF\xFF\",\"a\":\"b}", "1:15! the string is not closed" },
        { "{\"a\":1,\xFF}", "1:8! expected a key in double quotes" },
        { "\xFF", "1:1! expected an object" },
        { "{\"\xC3\xA9\xE2\x82\xAC\":1 2}", "1:9! expected ',' or '}'" },
        { "{\"a\":\"b}", "1:6! the string is not closed" },
        { "{\"a\":'b'}", "1:6! strings are written with double quotes" },
        { "{\"z\":bar}", "1:6! expected a value" },
        { "{\"z\":,\"a\":1}}", "1:6! expected a value" },
        { "{\"z\"::1}", "1:6! expected a value" },
        { "{\"z\":\"y\":1}}", "1:9! expected ',' or '}'" },
        { "{\"z\":[]],\"a\":1}", "1:8! expected ',' or '}'" },
        { "{\"a\":1,\"a\":{\"b\":2}", "1:19! the line ends inside the document" },
        { "{\"a\":1,\"\\q\":2}", "1:9! invalid escape sequence" },
        { "{\"a\":[1,2,tru]}", "1:11! expected a value" },
        { "{\"a\":[1,\"\\ud800\\q\"]}", "1:16! invalid escape sequence" },
        { "// x", "1:1! expected an object" },
    };
    fixture *f = *state;
    want(f, "a");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128], transcript[128];
        /* The documents around it are not harmed. */
        snprintf(text, sizeof text, "%s\n{\"a\":7}\n", cases[i].text);
        snprintf(transcript, sizeof transcript, "%s\n2: a=7\n", cases[i].transcript);
        expect(f, text, transcript);
        assert_int_equal(f->counts.bad, 1);
    }
    expect_bytes(f, "{\"a\":1}\0\n\0{\"a\":2}\n{\"a\":\"x\0\"}\n", 29,
                 "1:8! unexpected text after the JSON value\n2:1! expected an object\n3:8! control character "
                 "in a string\n");
    expect_bytes(f, "\xFF\xFE{\0}\0", 6, "! this is UTF-16; only UTF-8 is read\n");
    assert_int_equal(f->counts.bad, 0);
    assert_int_equal(f->counts.bad_files, 1);
    expect_bytes(f, "\xFE\xFF\0{\0}", 6, "! this is UTF-16; only UTF-8 is read\n");
}

/* Bytes that are no UTF-8 are characters that nobody knows. */
static void unknown_bytes(void **state)
{
#define U "\xEF\xBF\xBD"
    fixture *f = *state;
    want(f, "a");
    f->metadata = true; /* the document is mended, too */
    expect(f, "{\"a\":\"x\xFFy\"}\n{\"a\":\"\xC3\xA9\"}\n",
           "1: FILE/1 {\"a\":\"x" U "y\"} a='x" U "y'\n2: FILE/2 {\"a\":\"\xC3\xA9\"} a='\xC3\xA9'\n");
    assert_int_equal(f->n_mended, 1);
    f->metadata = false;
    expect(f, "{\"a\":\"\xC0\x80\"}\n{\"a\":\"\xED\xA0\x80\"}\n{\"a\":\"\xE2\x82\",\"\xFF\":1}\n",
           "1: a='" U U "'\n2: a='" U U U "'\n3: a='" U U "'\n");
    expect(f, "{\"z\":[\"\xFF\"],\"a\":1}\n{\n\"z\":\"\xFF\",\n\"a\":2}\n[{\"a\":3},{\"a\":\"\xF0\x9F\"}]",
           "1: a=1\n2: a=2\n5: a=3\n5: a='" U U "'\n");
    assert_int_equal(f->n_mended, 3);
    assert_int_equal(f->counts.bad, 0);
    expect(f, "{\"a\":\"\xFF\\ud800\\n\"}\n{\"a\":[\"\xFF\",\n1]}\n",
           "1: a='" U U "\n'\n2: a=['" U "',1]\n");
#undef U
}

/* Inside a value that nobody wants only brackets and strings are looked at. */
static void values_nobody_wants(void **state)
{
    static const char *const values[] = {
        "[1,]",
        "{\"y\":1,}",
        "{\"y\" 1}",
        "{\"y\":[1}}",
        "[1 2}",
        "[,]",
        "{[:]}",
        "nulL",
        "truex",
        "1.",
        "1e",
        "0x1",
        "01",
        "-",
        "\"\\q\"",
        "\"\\u12\"",
        "\"\\u12G4\"",
        "[\"\\x\"]",
        "{\"\\ud800\":1}",
        "[nul,{\"y\"}]",
    };
    fixture *f = *state;
    want(f, "a");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"z\":%s,\"a\":1}\n{\"a\":2}\n", values[i]);
        expect(f, text, "1: a=1\n2: a=2\n");
        snprintf(text, sizeof text, "{\"a\":1,\"z\":%s}\n{\"a\":2}\n", values[i]);
        expect(f, text, "1: a=1\n2: a=2\n");
    }
    expect(f, "{\"z\":[[1],\"a\":1}\n{\"a\":1,\"z\":\"x}\n{\"a\":2}\n",
           "1:14! expected ',' or ']'\n2:12! the string is not closed\n3: a=2\n");
}

/* All kernels that run here find the same. */
static void kernels(void **state)
{
    static const char *const documents[] = {
        "{\"a\":[1,-2,3.5,18446744073709551615,1e999,\"x\\ny\",true,null,{\"b\":\"\\ud83d\\ude00\"}]}",
        "{\"a\":{\"b\":\"\\udc00\"},\"a\\u002eb\":5}",
        "{ \"_source\" : { \"a\" : \"0123456789012345678901234567890123456789\\t\" } , \"_id\" : 1 }",
        "{\"z\":[[{\"a\":1}]],\"a\":2",
        "{\"hits\":{\"hits\":[]}}",
        "{\"a\":1x}",
        "[1]",
        "",
    };
    enum { N = sizeof documents / sizeof documents[0] };
    static const eqlc_json_status statuses[N] = { EQLC_JSON_OK,   EQLC_JSON_OK,   EQLC_JSON_OK,
                                                  EQLC_JSON_OPEN, EQLC_JSON_HITS, EQLC_JSON_BAD,
                                                  EQLC_JSON_BAD,  EQLC_JSON_OPEN };
    static const char wanted[] =
        " a=[1,-2,3.5f,18446744073709551615u,inff,'x\ny',true] a.b='\xF0\x9F\x98\x80'"
        " a.b=['\xEF\xBF\xBD',5] a='0123456789012345678901234567890123456789\t'";
    fixture *f = *state;
    want(f, "a");
    want(f, "a.b");
    eqlc_fields fields;
    eqlc_event_values values;
    assert_true(eqlc_fields_init(&fields, f->schema, "@timestamp", NULL));
    assert_true(eqlc_event_values_init(&values, &fields, 1 << 20));
    size_t n_kernels = 0;
    for (const eqlc_json_kernel *const *k = eqlc_json_kernels(); *k; k++, n_kernels++) {
        eqlc_json_reader *reader = (*k)->create();
        assert_non_null(reader);
        f->text.len = 0;
        for (size_t i = 0; i < N; i++) {
            char text[256] = "";
            eqlc_json_document document;
            strcpy(text, documents[i]);
            assert_int_equal((*k)->read(reader, text, strlen(text), &values, &document), statuses[i]);
            if (statuses[i] == EQLC_JSON_OK)
                add_fields(f, values.values, false);
        }
        assert_string_equal(f->text.data, wanted);
        (*k)->destroy(reader);
    }
    assert_true(n_kernels > 0);
    eqlc_event_values_clear(&values);
    eqlc_fields_clear(&fields);
}

/* ------------------------------------------------------------------------------------------------------
 * Numbers: every kernel must read them as the C library does
 */

typedef struct number_reader {
    eqlc_fields fields;
    eqlc_event_values values;
    const eqlc_json_kernel *kernel;
    eqlc_json_reader *reader;
} number_reader;

/* What the C library makes of a text that is a number of JSON. */
static eqlm_value wanted_number(const char *text)
{
    eqlm_value v = { .type = EQLM_I64 };
    if (!strpbrk(text, ".eE")) {
        errno = 0;
        v.as.i64 = strtoll(text, NULL, 10);
        if (errno == 0)
            return v;
        errno = 0;
        v.type = EQLM_U64;
        v.as.u64 = strtoull(text, NULL, 10);
        if (errno == 0 && *text != '-')
            return v;
    }
    v.type = EQLM_F64;
    v.as.f64 = strtod(text, NULL);
    return v;
}

static void expect_number(number_reader *r, const char *number)
{
    char text[256];
    eqlc_json_document document;
    eqlm_value wanted = wanted_number(number), got;
    snprintf(text, sizeof text - EQLC_JSON_PADDING, "{\"a\":%s}", number);
    assert_int_equal(r->kernel->read(r->reader, text, strlen(text), &r->values, &document), EQLC_JSON_OK);
    assert_true(eqlc_event_get(NULL, r->values.values, 0, &got));
    if (got.type != wanted.type || memcmp(&got.as, &wanted.as, sizeof got.as.u64) != 0)
        fail_msg("%s: %s is read as %.17g (type %u)", r->kernel->name, number, got.as.f64, got.type);
}

static uint64_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *random >> 33;
}

static char *put_digits(char *p, uint64_t n, uint64_t *random)
{
    bool zeros = next_random(random) % 4 == 0; /* after the first */
    *p++ = (char)('1' + next_random(random) % 9);
    while (--n > 0)
        *p++ = zeros ? '0' : (char)('0' + next_random(random) % 10);
    return p;
}

static void make_number(char *p, uint64_t *random)
{
    if (next_random(random) % 4 == 0)
        *p++ = '-';
    if (next_random(random) % 4 == 0)
        *p++ = '0';
    else
        p = put_digits(p, 1 + next_random(random) % 24, random);
    if (next_random(random) % 2 == 0) {
        *p++ = '.';
        for (uint64_t zeros = next_random(random) % 4; zeros > 0; zeros--)
            *p++ = '0';
        p = put_digits(p, 1 + next_random(random) % 24, random);
    }
    *p = '\0';
    if (next_random(random) % 2 == 0)
        sprintf(p, "%c%s%d", next_random(random) % 2 ? 'e' : 'E', next_random(random) % 2 ? "-" : "+",
                (int)(next_random(random) % (next_random(random) % 4 ? 24 : 420)));
}

static void every_number(void **state)
{
    static const char *const cases[] = {
        "12345.678901234567890",
        "1.00000000000000000000",
        "-9223372036854775808.0",
        "100000000000000000000e0",
        "1767225600000.00000000",
        "1234567890.123456789",
        "-1234567890.1234567890",
        "0.00000000000000000001234567890123456789",
        "-0",
        "-0.0",
        "-0.00000000000000000000",
        "0e99999999999999999999",
        "1e-99999999999999999999",
        "1e400",
        "-1e400",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "179769313486231570000000000000000000000e270",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "0.00000000000000000000049406564584124654e-302",
        "2.4703282292062327208e-324",
        "2.4703282292062328e-324",
        "9007199254740993.0",
        "9007199254740993.00000000000000000000000000001",
        "7.2057594037927933e+16",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "-10000000000000000000",
        "100000000000000000000000000000000000000000",
    };
    fixture *f = *state;
    number_reader r;
    want(f, "a");
    assert_true(eqlc_fields_init(&r.fields, f->schema, "@timestamp", NULL));
    assert_true(eqlc_event_values_init(&r.values, &r.fields, 1 << 20));
    for (const eqlc_json_kernel *const *k = eqlc_json_kernels(); *k; k++) {
        uint64_t random = 7;
        r.kernel = *k;
        r.reader = (*k)->create();
        assert_non_null(r.reader);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            expect_number(&r, cases[i]);
        for (int i = 0; i < 100000; i++) {
            char number[128];
            make_number(number, &random);
            expect_number(&r, number);
        }
        (*k)->destroy(r.reader);
    }
    eqlc_event_values_clear(&r.values);
    eqlc_fields_clear(&r.fields);
}

static void truncated_documents(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":1}\n{\"a\":2", "1: a=1\n2:7! the text ends inside an object\n");
    expect(f, "{\"a\":1}\n{\"a\":\"x", "1: a=1\n2:6! the string is not closed\n");
    expect(f, "{", "1:2! expected a key in double quotes\n");
    expect(f, "[", "1:2! the text ends inside the document\n");
    expect(f, "[{\"a\":1},", "1: a=1\n1:10! the text ends inside the document\n");
    expect(f, "[{\"a\":1},{\"a\":", "1: a=1\n1:15! the text ends inside the document\n");
    expect(f, "{\"hits\":{\"hits\":[{\"a\":1}", "1: a=1\n1:25! the text ends inside the document\n");
    expect(f, "{\n\"a\":1\n", "3:1! the text ends inside the document\n");
    /* What is whole in a response on one line. */
    static const char response[] = "{\"hits\":{\"hits\":[{\"_source\":{\"a\":1}},{\"_source\":{\"a\":2}},"
                                   "{\"_source\":{\"a\":true}}]}}";
    for (size_t len = 0; len + 1 < sizeof response; len++) {
        read_bytes(f, response, len);
        assert_int_equal(f->counts.events, (len >= 36) + (len >= 56) + (len >= 79));
        assert_int_equal(f->counts.bad, len > 0);
    }
    expect(f, "{\"a\":{\"hits\":[1", "1:16! the text ends inside an array\n");
    expect(f, "{\"a\":{\"hits\":[tru", "1:15! expected a value\n");
    expect(f, "{\"a\":1}}", "1:8! unexpected text after the JSON value\n");
    expect(f, "{\"a\":1,\"b\":\"", "1:12! the string is not closed\n");
}

static void several_on_a_line(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":1}{\"a\":2}\n{\"a\":3} {\"a\":4}\t{\"a\":{}}\n{\"a\":5}{\"a\":6}",
           "1: a=1\n1: a=2\n2: a=3\n2: a=4\n2:\n3: a=5\n3: a=6\n");
    expect(f, "{\"a\":1}{\"a\":2},{\"a\":3}\n{\"a\":4}\n",
           "1: a=1\n1: a=2\n1:15! expected an object\n2: a=4\n");
    expect(f, "{\"a\":1}{\"a\":tru}{\"a\":3}\n{\"a\":4}\n",
           "1: a=1\n1:13! expected a value\n1: a=3\n2: a=4\n");
    expect(f, "{\"a\":1}{\"a\":\n2}{\"a\":3\n{\"a\":4}\n",
           "1: a=1\n1: a=2\n3:1! expected ',' or '}'\n3: a=4\n");
    expect(f, "{\"a\":\"\xFF\"}{\"hits\":{\"hits\":[{\"a\":2}]}}\n", "1: a='\xEF\xBF\xBD'\n1: a=2\n");
    enum { N = 200000 }; /* in linear time */
    char *text = malloc(N * 7 + 1), *p = text;
    for (int i = 0; i < N; i++, p += 7)
        memcpy(p, "{\"a\":1}", 7);
    *p = '\n';
    f->options.max_event_size = 16 << 20;
    read_bytes(f, text, N * 7 + 1);
    assert_int_equal(f->counts.events, N);
    free(text);
}

static void truncated_lines(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":1}\n{\"a\":{\"b\":2\n{\"a\":3}\n{\"a\":4}\n",
           "1: a=1\n2:12! the line ends inside the document\n3: a=3\n4: a=4\n");
    expect(f, "{\"a\":[\n{\"a\":2}\n{\"a\":3}\n", "1:7! the line ends inside the document\n2: a=2\n3: a=3\n");
    expect(f, "{\"a\":\"x\n{\"a\":2}\n", "1:6! the string is not closed\n2: a=2\n");
    expect(f, "[\n{\"a\":1},\n{\"a\":\"x\n{\"a\":3},\n{\"a\":4}\n]\n{\"a\":5}\n",
           "2: a=1\n3:8! line break in a string\n4: a=3\n5: a=4\n7: a=5\n");
    expect(f, "[{\"a\":1} {\"a\":2},{\"a\":3}}]\n{\"a\":4}\n",
           "1: a=1\n1:10! expected ',' or ']'\n1: a=2\n1: a=3\n1:25! expected ',' or ']'\n2: a=4\n");
    expect(f, "[{\"a\":1},5,{\"a\":2}]", "1: a=1\n1:10! expected an object\n1: a=2\n");
    /* A comma too many is one mistake. */
    expect(f, "[\n{\"a\":1},\n{\"a\":2},\n]\n{\"a\":3}\n", "2: a=1\n3: a=2\n4:1! expected a value\n5: a=3\n");
    expect(f, "{\"hits\":{\"hits\":[{\"a\":1},\n]}}\n{\"a\":3}\n", "1: a=1\n2:1! expected a value\n3: a=3\n");
    /* What follows a list on its last line. */
    expect(f, "[{\"a\":1},\n{\"a\":2}\n]{\"a\":3}\n{\"a\":4}\n[\n],\n{\"a\":5}\n",
           "1: a=1\n2: a=2\n3: a=3\n4: a=4\n6:2! expected an object\n7: a=5\n");
    /* A broken object over several lines is one bad document, not many. */
    expect(f, "{\n  \"a\": \"x,\n  \"b\": {\n    \"c\": 1\n  }\n}\n{\n  \"a\": 2\n}\n",
           "2:11! line break in a string\n7: a=2\n");
}

static void large_documents(void **state)
{
    fixture *f = *state;
    want(f, "a");
    f->options.max_event_size = 30;
    expect(f, "{\"a\":\"123456789012345678901234\"}\n{\"a\":1}\n",
           "1:1! the document is too large\n2: a=1\n");
    expect(f, "{\"a\":\"12345678901234567890123\"}\n", "1:1! the document is too large\n");
    expect(f, "{\"a\":\"1234567890123456789012\"}\n", "1: a='1234567890123456789012'\n");
    expect(f, "[{\"a\":1},{\"a\":\"123456789012345678901234\"},{\"a\":2}]",
           "1: a=1\n1:10! the document is too large\n1: a=2\n");
    expect(f, "{\n\"a\":\"123456789012345678901234\"\n}\n{\"a\":1}\n",
           "1:1! the document is too large\n4: a=1\n");
    expect(f, "{\"hits\":{\"total\":1,\"max_score\":1,\"hits\":[{\"_source\":{\"a\":1}}]}}\n{\"a\":2}",
           "1: a=1\n2: a=2\n");
    expect(f, "{\"a\":\"123456789012345678901234567890\n{\"a\":1}\n",
           "1:1! the document is too large\n2: a=1\n");
    assert_int_equal(f->counts.too_large, 1);
    assert_int_equal(f->counts.bad, 1);
}

/* Larger than the window, so that the document is dropped while it is read. */
static void huge_documents(void **state)
{
    fixture *f = *state;
    want(f, "a");
    enum { SIZE = 3 << 20 };
    char *filler = malloc(SIZE + 1);
    memset(filler, 'x', SIZE);
    filler[SIZE] = '\0';
    eqlc_buf text = { NULL, 0, 0 };
    eqlc_buf_format(
        &text, "{\"a\":\"%s\"}\n{\"a\":1}\n[{\"a\":\"%s\"},\n{\"a\":2}]\n{\"a\":\"%s\n{\"a\":3}\n{\"a\":[%s",
        filler, filler, filler, filler);
    expect(f, text.data,
           "1:1! the document is too large\n2: a=1\n3:2! the document is too large\n4: a=2\n"
           "5:1! the document is too large\n6: a=3\n7:1! the document is too large\n");
    assert_int_equal(f->counts.too_large, 4);
    eqlc_buf_clear(&text);
    f->options.max_event_size = SIZE + 100;
    eqlc_buf_format(&text, "{\"z\":\"%s\",\"a\":1}\n[{\"z\":\"%s\",\"a\":2}]", filler, filler);
    expect(f, text.data, "1: a=1\n2: a=2\n");
    eqlc_buf_clear(&text);
    free(filler);
}

static void deep_documents(void **state)
{
    fixture *f = *state;
    want(f, "a");
    enum { DEEP = 100000 };
    static const char *const starts[] = { "{\"a\":", "{\"z\":" };
    static const char *const transcripts[] = { "1:517! nested too deeply\n2: a=1\n", "1:\n2: a=1\n" };
    for (size_t i = 0; i < 2; i++) {
        eqlc_buf text = { NULL, 0, 0 };
        eqlc_buf_text(&text, starts[i]);
        for (int n = 0; n < DEEP; n++)
            eqlc_buf_text(&text, "[");
        for (int n = 0; n < DEEP; n++)
            eqlc_buf_text(&text, "]");
        eqlc_buf_text(&text, "}\n{\"a\":1}\n");
        expect(f, text.data, transcripts[i]);
        eqlc_buf_clear(&text);
    }
}

static void stopping(void **state)
{
    fixture *f = *state;
    want(f, "a");
    expect(f, "{\"a\":1}\n{\"a\":2}\n", "1: a=1\n2: a=2\n");
    assert_true(f->finished);
    f->stop_after = 1;
    expect(f, "{\"a\":1}\n{\"a\":2}\n", "1: a=1\n");
    assert_false(f->finished);
    f->stop_after = 2;
    expect(f, "[{\"a\":1},{\"a\":2},{\"a\":3}]\n{\"a\":4}", "1: a=1\n1: a=2\n");
    f->stop_after = 1;
    expect(f, "{\"hits\":{\"hits\":[{\"a\":1},{\"a\":2}]}}\n{\"a\":4}", "1: a=1\n");
    f->stop_after = 0;
    f->options.strict = true;
    expect(f, "{\"a\":1}\nx\n{\"a\":2}\n", "1: a=1\n2:1! expected an object\n");
    assert_false(f->finished);
    expect(f, "[{\"a\":1},x,{\"a\":2}]\n{\"a\":4}", "1: a=1\n1:10! expected an object\n");
    expect(f, "{\n\"a\":x}\n{\"a\":4}", "2:5! expected a value\n");
}

static void unreadable_files(void **state)
{
    fixture *f = *state;
    eqlc_reader *reader = eqlc_reader_new(f->schema, &f->options);
    assert_non_null(reader);
    strcpy(f->path, "/nonexistent/events.ndjson");
    assert_true(eqlc_reader_run(reader, f->path, on_event, on_error, f));
    strcpy(f->path, "/tmp");
    assert_true(eqlc_reader_run(reader, f->path, on_event, on_error, f));
    assert_int_equal(eqlc_reader_counts(reader)->bad_files, 2);
    eqlc_reader_free(reader);
    assert_string_equal(f->text.data, "! No such file or directory\n! Is a directory\n");
}

/* ------------------------------------------------------------------------------------------------------
 * Times
 */

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)

static void time_text(void **state)
{
    static const struct {
        const char *text;
        int64_t time;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-02", DAY },
        { "1970-01-01T00:00:01", SECOND },
        { "1970-01-01 00:01", 60 * SECOND },
        { "1969-12-31T23:59:59.999Z", -1000000 },
        { "1970-01-01T00:00:00.1234567Z", 123456700 },
        { "1970-01-01T00:00:00.123456789123z", 123456789 },
        { "1970-01-01T00:00:00,5Z", 500000000 },
        { "1970-01-01T02:00:00+02:00", 0 },
        { "1969-12-31t19:30:00-0430", 0 },
        { "1970-01-01T05:00:00+05", 0 },
        { "2000-02-29T00:00:00Z", 11016 * DAY },
        { "2026-01-10T08:00:21Z", INT64_C(1768032021) * SECOND },
        { "2016-12-31T23:59:60Z", INT64_C(1483228800) * SECOND },
        { "2262-04-11T23:47:16.854775807Z", INT64_MAX },
        { "1971", 365 * DAY },
        { "1970-02", 31 * DAY },
        { "1970-01-01T01", 3600 * SECOND },
        { "1970-01-01T01+01", 0 },
    };
    static const char *const bad[] = {
        "",
        "5",
        "19700",
        "-1970",
        "1970-",
        "1970-1",
        "1970-01-",
        "1970Z",
        "1970-01-01Z",
        "1970-01-01T00:00:00+19",
        "1970-01-01T",
        "1970-13-01",
        "1970-00-01",
        "1970-01-00",
        "1970-01-32",
        "2001-02-29",
        "1900-02-29",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00ZZ",
        "1970-01-01T00:00:00+1",
        "1970-01-01T00:00:00+02:60",
        "1970-1-01",
        "70-01-01",
        "2263-01-01T00:00:00Z",
        "1600-01-01T00:00:00Z",
        "1970-01-01X00:00:00",
        " 1970-01-01",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t time = -1;
        if (!eqlc_time_parse(good[i].text, strlen(good[i].text), &time))
            fail_msg("not read: %s", good[i].text);
        assert_int_equal(time, good[i].time);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t time;
        if (eqlc_time_parse(bad[i], strlen(bad[i]), &time))
            fail_msg("read: %s", bad[i]);
    }
}

static void time_round_trip(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        int64_t time = (int64_t)(random ^ random >> 29), again = 0;
        static const int64_t units[4] = { 1, 1000, 1000000, SECOND };
        time -= time % units[i % 4];
        char text[EQLC_TIME_TEXT];
        eqlc_time_format(time, text);
        assert_true(eqlc_time_parse(text, strlen(text), &again));
        assert_int_equal(again, time);
    }
    char text[EQLC_TIME_TEXT];
    eqlc_time_format(INT64_C(1768032021) * SECOND, text);
    assert_string_equal(text, "2026-01-10T08:00:21Z");
    eqlc_time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
}

static void time_numbers(void **state)
{
    static const struct {
        const char *document;
        eqlc_time_unit unit;
        const char *time;
    } cases[] = {
        { "{\"@timestamp\":1500}", EQLC_MS, "1500000000" },
        { "{\"@timestamp\":1.5}", EQLC_S, "1500000000" },
        { "{\"@timestamp\":\"1.5\"}", EQLC_S, "1500000000" },
        { "{\"@timestamp\":\"-1.5\"}", EQLC_S, "-1500000000" },
        { "{\"@timestamp\":\"15000\"}", EQLC_US, "15000000" },
        { "{\"@timestamp\":7}", EQLC_NS, "7" },
        { "{\"@timestamp\":116444736000000001}", EQLC_FILETIME, "100" },
        { "{\"@timestamp\":\"116444735999999999\"}", EQLC_FILETIME, "-100" },
        { "{\"@timestamp\":[\"1970-01-01T00:00:01Z\",5]}", EQLC_MS, "1000000000" },
        { "{\"@timestamp\":\"1970-01-01T00:00:01Z\"}", EQLC_FILETIME, "1000000000" },
        { "{\"@timestamp\":9223372036854775807}", EQLC_MS, "" },
        { "{\"@timestamp\":1e300}", EQLC_MS, "" },
        { "{\"@timestamp\":\"99999999999999999999\"}", EQLC_MS, "" },
        { "{\"@timestamp\":\"2026\"}", EQLC_MS, "1767225600000000000" },
        { "{\"@timestamp\":\"2026\"}", EQLC_S, "1767225600000000000" },
        { "{\"@timestamp\":2026}", EQLC_MS, "2026000000" },
        { "{\"@timestamp\":\"2026.5\"}", EQLC_S, "2026500000000" },
        { "{\"@timestamp\":\"-5\"}", EQLC_MS, "-5000000" },
        { "{\"@timestamp\":\"1500\"}", EQLC_MS, "" }, /* a year that is too early */
        { "{\"@timestamp\":\"1,5\"}", EQLC_S, "" },
        { "{\"@timestamp\":\"soon\"}", EQLC_MS, "" },
        { "{\"@timestamp\":\"\"}", EQLC_MS, "" },
        { "{\"@timestamp\":true}", EQLC_MS, "" },
        { "{\"@timestamp\":null}", EQLC_MS, "" },
        { "{}", EQLC_MS, "" },
    };
    fixture *f = *state;
    f->metadata = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char transcript[128];
        f->options.timestamp_unit = cases[i].unit;
        snprintf(transcript, sizeof transcript, "1: FILE/1 %s%s%s\n", cases[i].time,
                 *cases[i].time ? " " : "", cases[i].document);
        expect(f, cases[i].document, transcript);
    }
}

/* A text is the same time for the order of events as for queries. */
static void time_as_in_queries(void **state)
{
    static const char *const seeds[] = {
        "2026-01-10T08:00:21.123456789+02:00", "1999-12-31 23:59:60,5Z", "2000-02-29t00z", "2026-10", "2026",
        "17682.5", "-1768032021", "1768032021000",
    };
    static const char letters[] = "0123456789-+:.,TtZz ";
    uint64_t random = 3;
    size_t n_times = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        strcpy(text, seeds[next_random(&random) % 8]);
        for (uint64_t n = next_random(&random) % 3; n > 0; n--)
            text[next_random(&random) % strlen(text)] = letters[next_random(&random) % 20];
        size_t len = strlen(text);
        if (next_random(&random) % 4 == 0)
            len = next_random(&random) % (len + 1);
        eqlm_value v = { .type = EQLM_STRING, .len = (uint32_t)len, .as.str = text };
        eqlm_value event = { .type = EQLM_DATE }, query = { 0 };
        bool is_time = eqlc_time_from_value(&v, EQLC_MS, &event.as.i64);
        bool in_query = eqli_date_parse(text, len, &query);
        /* Queries also take dates that nanoseconds do not hold. */
        if (is_time ? !in_query || eqli_date_compare(&event, &query) != 0 : in_query && query.type != EQLM_FAR_DATE)
            fail_msg("%.*s: %d %lld, in queries %d %lld", (int)len, text, is_time, (long long)event.as.i64, in_query,
                     (long long)query.as.i64);
        n_times += is_time;
    }
    assert_true(n_times > 20000);
}

static eqlm_value seen_tiebreaker, seen_timestamp;

static bool keep_tiebreaker(void *ctx, const eqlc_event *event)
{
    (void)ctx;
    seen_tiebreaker = event->tiebreaker;
    seen_timestamp = event->timestamp;
    return true;
}

static void time_fields(void **state)
{
    fixture *f = *state;
    want(f, "when.exactly");
    f->metadata = true;
    f->options.timestamp_field = "when.exactly";
    expect(f, "{\"when\":{\"exactly\":1},\"@timestamp\":2}\n{\"when.exactly\":3}\n",
           "1: FILE/1 1000000 {\"when\":{\"exactly\":1},\"@timestamp\":2} when.exactly=1\n"
           "2: FILE/2 3000000 {\"when.exactly\":3} when.exactly=3\n");
    f->options.tiebreaker_field = "n.o";
    eqlc_reader *reader = eqlc_reader_new(f->schema, &f->options);
    assert_non_null(reader);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    static const char text[] = "{\"n\":{\"o\":[5,6]},\"when.exactly\":7}\n";
    assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
    close(ends[1]);
    int standard_input = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    assert_true(eqlc_reader_run(reader, "-", keep_tiebreaker, NULL, NULL));
    dup2(standard_input, STDIN_FILENO);
    close(standard_input);
    close(ends[0]);
    assert_int_equal(eqlc_reader_counts(reader)->events, 1);
    assert_int_equal(seen_tiebreaker.type, EQLM_I64);
    assert_int_equal(seen_tiebreaker.as.i64, 5);
    assert_int_equal(seen_timestamp.as.i64, 7);
    eqlc_reader_free(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines),
        TEST(arrays),
        TEST(objects_over_lines),
        TEST(search_responses),
        TEST(eql_responses),
        TEST(wrapped_documents),
        TEST(gzip),
        TEST(window_boundaries),
        TEST(spellings_of_keys),
        TEST(long_keys),
        TEST(many_fields),
        TEST(values),
        TEST(numbers),
        TEST(elements),
        TEST(elements_in_elements),
        TEST(bad_documents),
        TEST(unknown_bytes),
        TEST(values_nobody_wants),
        TEST(kernels),
        TEST(every_number),
        TEST(truncated_documents),
        TEST(several_on_a_line),
        TEST(truncated_lines),
        TEST(large_documents),
        TEST(huge_documents),
        TEST(deep_documents),
        TEST(stopping),
        TEST(unreadable_files),
        TEST(time_text),
        TEST(time_round_trip),
        TEST(time_numbers),
        TEST(time_as_in_queries),
        TEST(time_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

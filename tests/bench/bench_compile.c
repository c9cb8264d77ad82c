/* bench_compile.c - how fast rules compile, load and what memory they take: over public rules where the
 * folder $SHARED/corpus/rules (../shared) has them as lines of JSON, else over examples/rules. Arguments:
 * rounds (7). */
#include "eqlmini.h"

#include "alloc.h"
#include "measure.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define MAX_ROUNDS 99
#define MAX_TEXT (1u << 20)

typedef struct rule {
    char *text;
    size_t len;
    eqlm_dialect dialect;
    bool rejected;
} rule;

typedef struct rules {
    rule *items;
    size_t n, cap, bytes;
} rules;

typedef struct image {
    char bytes[MAX_TEXT];
    size_t len;
} image;

static bool add(rules *rs, const char *text, eqlm_dialect dialect)
{
    if (rs->n == rs->cap) {
        size_t cap = rs->cap ? 2 * rs->cap : 64;
        rule *items = realloc(rs->items, cap * sizeof *items);
        if (!items)
            return false;
        rs->items = items;
        rs->cap = cap;
    }
    rule *r = &rs->items[rs->n];
    *r = (rule) { .text = strdup(text), .len = strlen(text), .dialect = dialect };
    rs->n += r->text != NULL;
    rs->bytes += r->len;
    return r->text != NULL;
}

static void read_json_lines(rules *rs, const char *path, eqlm_dialect dialect)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    for (json_t *j; (j = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)) != NULL; json_decref(j)) {
        const char *query = json_string_value(json_object_get(j, "query"));
        if (query)
            add(rs, query, dialect);
    }
    fclose(f);
}

static void read_examples(rules *rs, const char *dir)
{
    static char text[MAX_TEXT];
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        char path[1024];
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".eql") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        FILE *f = fopen(path, "rb");
        if (!f)
            continue;
        text[fread(text, 1, sizeof text - 1, f)] = 0;
        fclose(f);
        add(rs, text, EQLM_DIALECT_ES);
    }
    closedir(d);
}

static bool write_image(void *ctx, const void *bytes, size_t len)
{
    image *im = ctx;
    if (len > sizeof im->bytes - im->len)
        return false;
    memcpy(im->bytes + im->len, bytes, len);
    im->len += len;
    return true;
}

static eqlm_status compile(const eqlm_alloc *alloc, eqlm_schema *schema, const rule *r, eqlm_program **out)
{
    eqlm_options options = { .size = sizeof options, .dialect = r->dialect };
    return eqlm_compile(alloc, schema, (eqlm_str) { r->text, r->len }, &options, NULL, out);
}

/* Everything compiled once, all programs alive together. */
static void report_memory(rules *rs)
{
    ts_alloc alloc;
    eqlm_schema *schema = NULL;
    eqlm_program **programs = calloc(rs->n, sizeof(eqlm_program *));
    static image im;
    size_t accepted = 0, memory = 0, images = 0, compile_peak = 0;
    ts_alloc_init(&alloc);
    if (!programs || eqlm_schema_new(NULL, &schema) != EQLM_OK)
        exit(2);
    for (size_t i = 0; i < rs->n; i++) {
        size_t before = alloc.live_bytes;
        alloc.peak_bytes = before;
        rs->items[i].rejected = compile(&alloc.hook, schema, &rs->items[i], &programs[i]) != EQLM_OK;
        if (alloc.peak_bytes - before > compile_peak)
            compile_peak = alloc.peak_bytes - before;
        if (!programs[i])
            continue;
        accepted++;
        memory += eqlm_program_memory(programs[i]);
        im.len = 0;
        if (eqlm_program_save(programs[i], write_image, &im) == EQLM_OK)
            images += im.len;
    }
    printf("%zu rules, %zu compile, %u fields; %.0f bytes of text, %.0f of memory and %.0f of image each; "
           "held together %.1f MiB; most memory during one compilation %.2f MiB\n",
           rs->n, accepted, (unsigned)eqlm_schema_n_fields(schema), (double)rs->bytes / (double)rs->n,
           (double)memory / (double)(accepted + !accepted), (double)images / (double)(accepted + !accepted),
           (double)alloc.live_bytes / 1048576.0, (double)compile_peak / 1048576.0);
    for (size_t i = 0; i < rs->n; i++)
        eqlm_program_free(programs[i]);
    free(programs);
    eqlm_schema_free(schema);
}

/* Seconds for compiling, or for loading their images, of all rules once. */
static double round_seconds(const rules *rs, bool load)
{
    static image im;
    eqlm_schema *schema = NULL;
    double spent = 0;
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK)
        exit(2);
    for (size_t i = 0; i < rs->n; i++) {
        eqlm_program *p = NULL, *loaded = NULL;
        if (rs->items[i].rejected)
            continue;
        double begin = cpu_seconds();
        if (compile(NULL, schema, &rs->items[i], &p) != EQLM_OK)
            exit(2);
        if (load) {
            im.len = 0;
            if (eqlm_program_save(p, write_image, &im) != EQLM_OK)
                exit(2);
            begin = cpu_seconds();
            if (eqlm_program_load(NULL, schema, im.bytes, im.len, &loaded) != EQLM_OK)
                exit(2);
        }
        spent += cpu_seconds() - begin;
        eqlm_program_free(loaded);
        eqlm_program_free(p);
    }
    eqlm_schema_free(schema);
    return spent;
}

static size_t n_accepted(const rules *rs)
{
    size_t n = 0;
    for (size_t i = 0; i < rs->n; i++)
        n += !rs->items[i].rejected;
    return n;
}

int main(int argc, char **argv)
{
    const char *shared = getenv("SHARED");
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 7;
    char path[1024];
    rules rs = { 0 };
    if (rounds < 1 || rounds > MAX_ROUNDS)
        return 2;
    shared = shared && *shared ? shared : "../shared";
    snprintf(path, sizeof path, "%s/corpus/rules/detection-rules.jsonl", shared);
    read_json_lines(&rs, path, EQLM_DIALECT_ES);
    snprintf(path, sizeof path, "%s/corpus/rules/protections-artifacts.jsonl", shared);
    read_json_lines(&rs, path, EQLM_DIALECT_ENDPOINT);
    if (rs.n == 0) {
        printf("no public rules under %s: examples/rules instead\n", shared);
        read_examples(&rs, "examples/rules");
    }
    if (rs.n == 0)
        return 2;
    report_memory(&rs);
    double seconds[MAX_ROUNDS];
    size_t accepted = n_accepted(&rs);
    for (int load = 0; load < 2; load++) {
        for (size_t i = 0; i < rounds; i++)
            seconds[i] = round_seconds(&rs, load);
        double median = quantile(seconds, rounds, 0.5);
        printf("%-8s %8.0f rules/s, %.1f us a rule (median of %zu rounds, CPU time)\n",
               load ? "load" : "compile", (double)accepted / median,
               median * 1e6 / (double)(accepted + !accepted), rounds);
    }
    for (size_t i = 0; i < rs.n; i++)
        free(rs.items[i].text);
    free(rs.items);
    return 0;
}

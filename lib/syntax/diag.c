#include "syntax/diag.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "syntax/format.h"
#include "syntax/source.h"

enum { DEFAULT_MAX = 100 };

typedef struct entry {
    eqlm_diag pub;
    eqli_diag_id id;
    uint32_t order; /* of reporting: entries at one place keep it */
} entry;

struct eqlm_diags {
    eqlm_alloc alloc;
    eqli_arena text;
    entry *items;
    uint32_t n, cap, max;
    uint32_t reported;
    size_t errors, dropped;
    bool newest_kept;
    bool nomem;
};

/* The texts of each row, one after the other: by offset, as pointers would be relocated in every process. */
#define DIAG_TEXTS(code, name, format) #code "\0" name "\0" format
static const struct texts {
#define DIAG(code, id, severity, name, format) char id[sizeof DIAG_TEXTS(code, name, format)];
#include "syntax/diag.def"
#undef DIAG
} texts = {
#define DIAG(code, id, severity, name, format) DIAG_TEXTS(code, name, format),
#include "syntax/diag.def"
#undef DIAG
};

static const struct {
    uint16_t at; /* in texts */
    uint8_t severity;
} catalog[] = {
#define ERROR EQLM_ERROR
#define WARNING EQLM_WARNING
#define DIAG(code, id, severity, name, format) { offsetof(struct texts, id), severity },
#include "syntax/diag.def"
#undef DIAG
#undef WARNING
#undef ERROR
};
static_assert(sizeof texts <= UINT16_MAX, "offsets of texts fit");

static eqlm_diag_info row_of(eqli_diag_id id)
{
    const char *code = (const char *)&texts + catalog[id].at;
    const char *name = code + strlen(code) + 1;
    return (eqlm_diag_info){
        .code = code,
        .severity = (eqlm_severity)catalog[id].severity,
        .name = name,
        .summary = name + strlen(name) + 1,
    };
}

bool eqlm_diag_catalog(size_t i, eqlm_diag_info *out)
{
    if (!out || i >= EQLI_D_COUNT)
        return false;
    *out = row_of((eqli_diag_id)i);
    return true;
}

eqlm_status eqlm_diags_new(const eqlm_alloc *alloc, eqlm_diags **out)
{
    if (!out)
        return EQLM_E_ARGUMENT;
    eqlm_alloc a = eqli_mem_default(alloc);
    eqlm_diags *d = eqli_mem_new(&a, sizeof *d);
    *out = d;
    if (!d)
        return EQLM_E_NOMEM;
    d->alloc = a;
    d->max = DEFAULT_MAX;
    eqli_arena_init(&d->text, &a, SIZE_MAX);
    return EQLM_OK;
}

void eqlm_diags_free(eqlm_diags *diags)
{
    if (!diags)
        return;
    eqlm_alloc a = diags->alloc;
    eqli_arena_clear(&diags->text);
    eqli_mem_free(&a, diags->items, diags->cap * sizeof *diags->items);
    eqli_mem_free(&a, diags, sizeof *diags);
}

void eqlm_diags_clear(eqlm_diags *diags)
{
    if (!diags)
        return;
    eqli_arena_reset(&diags->text);
    diags->n = diags->reported = 0;
    diags->errors = diags->dropped = 0;
    diags->newest_kept = diags->nomem = false;
}

size_t eqlm_diags_count(const eqlm_diags *diags)
{
    return diags ? diags->n : 0;
}

const eqlm_diag *eqlm_diags_get(const eqlm_diags *diags, size_t i)
{
    return diags && i < diags->n ? &diags->items[i].pub : NULL;
}

size_t eqlm_diags_errors(const eqlm_diags *diags)
{
    return diags ? diags->errors : 0;
}

size_t eqlm_diags_dropped(const eqlm_diags *diags)
{
    return diags ? diags->dropped : 0;
}

void eqli_diags_set_max(eqlm_diags *diags, uint32_t max)
{
    diags->max = max ? max : DEFAULT_MAX;
}

bool eqli_diags_nomem(const eqlm_diags *diags)
{
    return diags->nomem;
}

eqlm_severity eqli_diag_severity(eqli_diag_id id)
{
    return (eqlm_severity)catalog[id].severity;
}

static bool grow(eqlm_diags *d)
{
    if (d->n < d->cap)
        return true;
    uint32_t cap = d->cap ? d->cap * 2 : 8;
    if (cap > d->max)
        cap = d->max;
    entry *items = eqli_mem_resize(&d->alloc, d->items, d->cap, cap, sizeof *items);
    if (!items)
        return false;
    d->items = items;
    d->cap = cap;
    return true;
}

/* The place for the next entry, or NULL when it is not to be kept. */
static entry *next_entry(eqlm_diags *d, eqlm_severity severity)
{
    if (d->n < d->max) {
        if (grow(d))
            return &d->items[d->n++];
        d->nomem = true;
        return NULL;
    }
    d->dropped++;
    /* A failed compilation always shows an error, however many warnings came first. */
    return severity == EQLM_ERROR && d->errors == 0 ? &d->items[d->n - 1] : NULL;
}

static const char *keep_text(eqlm_diags *d, const char *format, va_list args)
{
    char text[EQLI_MESSAGE_MAX];
    size_t len = eqli_format(text, format, args);
    const char *copy = eqli_arena_copy(&d->text, text, len);
    if (!copy)
        d->nomem = true;
    return copy;
}

void eqli_diag_va(eqlm_diags *diags, eqli_span span, eqli_diag_id id, va_list args)
{
    eqlm_diag_info row = row_of(id);
    uint32_t order = diags->reported++;
    diags->newest_kept = false;
    const char *message = keep_text(diags, row.summary, args);
    entry *e = message ? next_entry(diags, row.severity) : NULL;
    if (!e)
        return;
    *e = (entry){ .id = id, .order = order };
    e->pub.code = row.code;
    e->pub.severity = row.severity;
    e->pub.start = span.start;
    e->pub.end = span.end;
    e->pub.message = message;
    diags->errors += row.severity == EQLM_ERROR;
    diags->newest_kept = true;
}

void eqli_diag_at(eqlm_diags *diags, eqli_span span, eqli_diag_id id, ...)
{
    va_list args;
    va_start(args, id);
    eqli_diag_va(diags, span, id, args);
    va_end(args);
}

void eqli_diag_hint(eqlm_diags *diags, const char *format, ...)
{
    if (!diags->newest_kept)
        return;
    va_list args;
    va_start(args, format);
    /* A replaced entry lies last as well. */
    diags->items[diags->n - 1].pub.hint = keep_text(diags, format, args);
    va_end(args);
}

static bool before(const entry *a, const entry *b)
{
    return a->pub.start != b->pub.start ? a->pub.start < b->pub.start : a->order < b->order;
}

static void sort_entries(entry *items, uint32_t n)
{
    for (uint32_t gap = n / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < n; i++) {
            entry e = items[i];
            uint32_t j = i;
            for (; j >= gap && before(&e, &items[j - gap]); j -= gap)
                items[j] = items[j - gap];
            items[j] = e;
        }
    }
}

static bool repeats(const entry *a, const entry *b)
{
    return a->id == b->id && a->pub.start == b->pub.start && a->pub.end == b->pub.end;
}

/* Entries at one place lie together after sorting, so each is compared with those of its place only. */
static void drop_repeats(eqlm_diags *d)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        bool seen = false;
        for (uint32_t j = kept; j > 0 && !seen && d->items[j - 1].pub.start == d->items[i].pub.start; j--)
            seen = repeats(&d->items[j - 1], &d->items[i]);
        if (seen)
            d->errors -= d->items[i].pub.severity == EQLM_ERROR;
        else
            d->items[kept++] = d->items[i];
    }
    d->n = kept;
}

static uint32_t clamp(uint32_t offset, size_t len)
{
    return offset < len ? offset : (uint32_t)len;
}

static void locate(eqlm_diags *d, eqlm_str source)
{
    eqli_source_mark *marks = eqli_arena_array(&d->text, d->n, 2 * sizeof *marks);
    if (!marks) {
        d->nomem = true;
        return;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        eqlm_diag *pub = &d->items[i].pub;
        pub->end = clamp(pub->end, source.len);
        pub->start = clamp(pub->start, pub->end);
        marks[2 * i] = (eqli_source_mark){ .offset = pub->start, .owner = 2 * i };
        marks[2 * i + 1] = (eqli_source_mark){ .offset = pub->end, .owner = 2 * i + 1 };
    }
    eqli_source_locate(source, marks, 2 * (size_t)d->n);
    for (uint32_t i = 0; i < 2 * d->n; i++) {
        eqlm_diag *pub = &d->items[marks[i].owner / 2].pub;
        if (marks[i].owner % 2) {
            pub->end_line = marks[i].line;
            pub->end_column = marks[i].column;
        } else {
            pub->line = marks[i].line;
            pub->column = marks[i].column;
        }
    }
}

void eqli_diags_finish(eqlm_diags *diags, eqlm_str source)
{
    if (diags->n == 0)
        return;
    sort_entries(diags->items, diags->n);
    drop_repeats(diags);
    locate(diags, source);
    diags->newest_kept = false;
}

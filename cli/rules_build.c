/* rules_build.c - rules and their maps: appending, freeing, and the way from a byte of the query to a place
 * in the file. */
#include "rules_read.h"

#include <stdlib.h>
#include <string.h>

/* Moves a place forward over text[from .. to). Bytes that are no UTF-8 count one column each. */
static eqlc_place advance(eqlc_place place, const char *text, size_t len, size_t from, size_t to)
{
    const char *newline;

    while (from < to && (newline = memchr(text + from, '\n', to - from)) != NULL) {
        place.line++;
        place.column = 1;
        from = (size_t)(newline - text) + 1;
    }
    while (from < to) {
        uint32_t code;

        from += eqlc_utf8(text + from, len - from, &code);
        place.column += code != 0xFEFF || from != 3; /* the mark at the start of a file takes no column */
    }
    return place;
}

eqlc_place eqlc_rule_file_place(const eqlc_input *in, size_t offset)
{
    return advance((eqlc_place) { 1, 1 }, in->text, in->len, 0, offset < in->len ? offset : in->len);
}

static void problem(eqlc_input *in, size_t offset, bool warning, const char *format, va_list args)
{
    va_list again;
    int len;
    char *message;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    message = eqlc_alloc((size_t)(len < 0 ? 0 : len) + 1);
    message[0] = '\0';
    if (len > 0)
        vsnprintf(message, (size_t)len + 1, format, args);
    in->report(in->ctx, in->path, eqlc_rule_file_place(in, offset), warning, message);
    free(message);
}

void eqlc_input_error(eqlc_input *in, size_t offset, const char *format, ...)
{
    va_list args;

    in->rules->n_failed++;
    va_start(args, format);
    problem(in, offset, false, format, args);
    va_end(args);
}

void eqlc_input_warning(eqlc_input *in, size_t offset, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    problem(in, offset, true, format, args);
    va_end(args);
}

static void map_push(eqlc_query *q, size_t source, bool verbatim)
{
    q->map = eqlc_grow(q->map, &q->cap_map, q->n_map + 1, sizeof *q->map);
    q->map[q->n_map++] = (eqlc_map_entry) { (uint32_t)q->text.len, (uint32_t)source, verbatim };
}

void eqlc_query_verbatim(eqlc_query *q, const char *bytes, size_t len, size_t source)
{
    const eqlc_map_entry *last = q->n_map ? &q->map[q->n_map - 1] : NULL;

    if (len == 0)
        return;
    if (!last || !last->verbatim || last->source + (q->text.len - last->start) != source)
        map_push(q, source, true);
    eqlc_buf_add(&q->text, bytes, len);
}

void eqlc_query_escape(eqlc_query *q, const char *bytes, size_t len, size_t source)
{
    map_push(q, source, false);
    eqlc_buf_add(&q->text, bytes, len);
}

void eqlc_query_escape_code(eqlc_query *q, uint32_t code, size_t source)
{
    map_push(q, source, false);
    eqlc_buf_utf8(&q->text, code);
}

void eqlc_query_clear(eqlc_query *q)
{
    eqlc_buf_clear(&q->text);
    free(q->map);
    *q = (eqlc_query) { { NULL, 0, 0 }, NULL, 0, 0 };
}

void eqlc_rule_set(char **field, const char *text, size_t len)
{
    free(*field);
    *field = text ? eqlc_copy(text, len) : NULL;
}

const char *const eqlc_metadata_keys[] = { "version",     "tags",       "threat", "from",    "to", "interval",
                                           "description", "references", "author", "license", NULL };

void eqlc_rule_note(eqlc_rule *rule, const char *key, const char *json, size_t len)
{
    eqlc_buf b = { NULL, 0, 0 };

    if (rule->metadata) /* without its closing brace */
        eqlc_buf_add(&b, rule->metadata, strlen(rule->metadata) - 1);
    eqlc_buf_char(&b, rule->metadata ? ',' : '{');
    eqlc_buf_json_cstr(&b, key);
    eqlc_buf_char(&b, ':');
    eqlc_buf_add(&b, json, len);
    eqlc_buf_char(&b, '}');
    free(rule->metadata);
    rule->metadata = b.data;
}

static eqlc_rule *rule_push(eqlc_rules *rules, const char *path, eqlc_query *take_q, size_t source_end)
{
    eqlc_rule *rule;

    rules->items = eqlc_grow(rules->items, &rules->cap, rules->n + 1, sizeof *rules->items);
    rule = &rules->items[rules->n++];
    map_push(take_q, source_end, true);
    eqlc_buf_add(&take_q->text, "", 0);
    *rule = (eqlc_rule) { .path = eqlc_copy(path, strlen(path)),
                          .query = take_q->text.data,
                          .query_len = take_q->text.len,
                          .risk_score = -1,
                          .map = take_q->map,
                          .n_map = take_q->n_map };
    *take_q = (eqlc_query) { { NULL, 0, 0 }, NULL, 0, 0 };
    return rule;
}

eqlc_rule *eqlc_rule_add(eqlc_input *in, eqlc_query *take_q, size_t source_end)
{
    eqlc_rule *rule = rule_push(in->rules, in->path, take_q, source_end);
    const eqlc_rule *before = in->rules->n > 1 ? rule - 1 : NULL;
    eqlc_place from = { 1, 1 };
    size_t offset = 0;

    rule->source = in->text;
    rule->source_len = in->len;
    /* Counting on from the rule before keeps a file of many rules linear. */
    if (before && before->source == rule->source && before->map[0].source <= rule->map[0].source) {
        from = before->start;
        offset = before->map[0].source;
    }
    rule->start = advance(from, in->text, in->len, offset, rule->map[0].source);
    return rule;
}

void eqlc_rules_add_query(eqlc_rules *rules, const char *query)
{
    size_t len = strlen(query);
    eqlc_query q = { { NULL, 0, 0 }, NULL, 0, 0 };
    char path[32];
    eqlc_rule *rule;

    if (len > EQLC_MAX_FILE)
        eqlc_die("the query is too long");
    eqlc_query_verbatim(&q, query, len, 0);
    snprintf(path, sizeof path, rules->n ? "-q%zu" : "-q", rules->n + 1);
    rule = rule_push(rules, path, &q, len);
    rules->sources =
        eqlc_grow(rules->sources, &rules->cap_sources, rules->n_sources + 1, sizeof *rules->sources);
    rules->sources[rules->n_sources++] = eqlc_copy(query, len);
    rule->source = rules->sources[rules->n_sources - 1];
    rule->source_len = len;
    rule->is_query = true;
    rule->start = (eqlc_place) { 1, 1 };
}

void eqlc_rules_forget_files(eqlc_rules *rules)
{
    bool needed = false;

    for (size_t i = 0; i < rules->n; i++) {
        eqlc_rule *r = &rules->items[i];

        needed = needed || r->image;
        free(r->map);
        r->map = NULL;
        r->n_map = 0;
        r->source = NULL;
        r->source_len = 0;
    }
    for (; !needed && rules->n_sources > 0; rules->n_sources--)
        free(rules->sources[rules->n_sources - 1]);
}

void eqlc_rules_clear(eqlc_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        eqlc_rule *r = &rules->items[i];
        char *texts[] = { r->path,
                          r->query,
                          r->id,
                          r->name,
                          r->severity,
                          r->category_field,
                          r->timestamp_field,
                          r->tiebreaker_field,
                          r->metadata };

        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            free(texts[k]);
        free(r->map);
    }
    for (size_t i = 0; i < rules->n_sources; i++)
        free(rules->sources[i]);
    free(rules->items);
    free(rules->sources);
    memset(rules, 0, sizeof *rules);
}

/* The last entry that starts at or before the offset. */
static size_t entry_at(const eqlc_rule *rule, size_t offset)
{
    size_t low = 0, high = rule->n_map;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (rule->map[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t eqlc_rule_source_offset(const eqlc_rule *rule, size_t offset)
{
    const eqlc_map_entry *e;

    if (offset > rule->query_len)
        offset = rule->query_len;
    e = &rule->map[entry_at(rule, offset)];
    return e->verbatim ? e->source + (offset - e->start) : e->source;
}

size_t eqlc_rule_source_end(const eqlc_rule *rule, size_t start, size_t end)
{
    size_t i;

    if (end > rule->query_len)
        end = rule->query_len;
    if (end <= start)
        return eqlc_rule_source_offset(rule, end);
    i = entry_at(rule, end - 1);
    if (rule->map[i].verbatim)
        return rule->map[i].source + (end - rule->map[i].start);
    return rule->map[i + 1].source; /* an escape is never the last entry */
}

eqlc_place eqlc_rule_place_at(const eqlc_rule *rule, size_t source_offset)
{
    return advance(rule->start, rule->source, rule->source_len, rule->map[0].source, source_offset);
}

eqlc_place eqlc_rule_place(const eqlc_rule *rule, size_t offset)
{
    return eqlc_rule_place_at(rule, eqlc_rule_source_offset(rule, offset));
}

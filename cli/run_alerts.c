/* run_alerts.c - matches as alert documents. Identifiers are digests of the rule and its events, so that a
 * run over the same events gives the same bytes. */
#include "run_alerts.h"

#include "json_merge.h"
#include "timestamp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sha2.h>

#define ID_TEXT SHA256_DIGEST_STRING_LENGTH

/* ------------------------------------------------------------------------------------------------------
 * Identifiers
 */

/* Texts go in with their length, so that no two lists of texts look alike. */
static void digest_text(SHA2_CTX *digest, const char *text, size_t len)
{
    uint8_t size[8];

    for (unsigned i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)len >> (8 * i));
    SHA256Update(digest, size, sizeof size);
    SHA256Update(digest, (const uint8_t *)text, len);
}

static void digest_cstr(SHA2_CTX *digest, const char *text)
{
    digest_text(digest, text ? text : "", text ? strlen(text) : 0);
}

static int by_id(const void *x, const void *y)
{
    const eqlc_event *a = *(const eqlc_event *const *)x, *b = *(const eqlc_event *const *)y;
    int order = strcmp(a->index, b->index);

    return order ? order : strcmp(a->id, b->id);
}

static eqlm_str metadata(const eqlc_alerts *o, const char *key)
{
    uint32_t node = o->text_rule.len ? eqlc_json_member(&o->rule, 0, key) : 0;

    return node ? eqlc_json_string(&o->rule, node) : (eqlm_str) { "", 0 };
}

/* Of a rule, its version, and a set of events. */
static void match_id(const eqlc_alerts *o, const eqlc_rule *rule, const eqlc_run_match *match,
                     char out[ID_TEXT])
{
    const eqlc_event **events = eqlc_alloc(match->n_events * sizeof *events);
    eqlm_str version = metadata(o, "version");
    SHA2_CTX digest;
    uint32_t n = 0;

    for (uint32_t i = 0; i < match->n_events; i++)
        if (match->events[i])
            events[n++] = match->events[i];
    qsort(events, n, sizeof *events, by_id);
    SHA256Init(&digest);
    if (rule->id)
        digest_cstr(&digest, rule->id);
    else
        digest_text(&digest, rule->query, rule->query_len);
    digest_text(&digest, version.ptr, version.len);
    for (uint32_t i = 0; i < n; i++) {
        digest_cstr(&digest, events[i]->index);
        digest_cstr(&digest, events[i]->id);
    }
    SHA256End(&digest, out);
    free(events);
}

/* Of one of the events of a group. */
static void block_id(const char *group, uint32_t index, char out[ID_TEXT])
{
    char text[16];
    SHA2_CTX digest;

    snprintf(text, sizeof text, "%u", (unsigned)index);
    SHA256Init(&digest);
    digest_cstr(&digest, group);
    digest_cstr(&digest, text);
    SHA256End(&digest, out);
}

/* ------------------------------------------------------------------------------------------------------
 * Fields
 */

static bool parse(eqlc_json_tree *tree, eqlc_buf *text, const char *json, size_t len)
{
    static const char padding[EQLC_TREE_PADDING];

    text->len = 0;
    eqlc_buf_add(text, json, len);
    eqlc_buf_add(text, padding, sizeof padding);
    text->len = len;
    return eqlc_json_tree_parse(tree, text->data, len) && tree->nodes[0].kind == EQLC_JSON_OBJECT;
}

static bool is(eqlm_str key, const char *name)
{
    return key.len == strlen(name) && memcmp(key.ptr, name, key.len) == 0;
}

static bool begins(eqlm_str key, const char *prefix)
{
    size_t len = strlen(prefix);

    return key.len >= len && memcmp(key.ptr, prefix, len) == 0;
}

static void add_member(eqlc_buf *b, const eqlc_json_tree *t, uint32_t node, const char *prefix)
{
    eqlm_str key = eqlc_json_key(t, node);
    eqlc_buf name = { NULL, 0, 0 };

    eqlc_buf_text(&name, prefix);
    eqlc_buf_add(&name, key.ptr, key.len);
    eqlc_buf_char(b, ',');
    eqlc_buf_json(b, name.data ? name.data : "", name.len);
    eqlc_buf_char(b, ':');
    eqlc_json_write(b, t, node);
    eqlc_buf_clear(&name);
}

/* The object `event` with the kind of alerts. */
static void add_event_object(eqlc_buf *b, const eqlc_json_tree *t, uint32_t node)
{
    eqlc_buf_text(b, ",\"event\":{\"kind\":\"signal\"");
    for (uint32_t i = node + 1; t && node && i < t->nodes[node].next; i = t->nodes[i].next)
        if (!is(eqlc_json_key(t, i), "kind"))
            add_member(b, t, i, "");
    eqlc_buf_char(b, '}');
}

/* The fields of a document, but for what the alert itself says. */
static void add_fields(eqlc_buf *b, const eqlc_json_tree *t)
{
    uint32_t event = eqlc_json_member(t, 0, "event");
    bool nested = event && t->nodes[event].kind == EQLC_JSON_OBJECT;

    add_event_object(b, t, nested ? event : 0);
    for (uint32_t i = 1; i < t->nodes[0].next; i = t->nodes[i].next) {
        eqlm_str key = eqlc_json_key(t, i);

        if (!is(key, "@timestamp") && !is(key, "event") && !is(key, "event.kind") && !begins(key, "kibana."))
            add_member(b, t, i, "");
    }
}

/* kibana.alert.original_event.*: what the event said about itself. */
static void add_original_event(eqlc_buf *b, const eqlc_json_tree *t)
{
    uint32_t event = eqlc_json_member(t, 0, "event");

    if (event && t->nodes[event].kind == EQLC_JSON_OBJECT)
        for (uint32_t i = event + 1; i < t->nodes[event].next; i = t->nodes[i].next)
            add_member(b, t, i, "kibana.alert.original_event.");
    for (uint32_t i = 1; i < t->nodes[0].next; i = t->nodes[i].next)
        if (begins(eqlc_json_key(t, i), "event."))
            add_member(b, t, i, "kibana.alert.original_");
}

/* text NULL: nothing. */
static void add_text(eqlc_buf *b, const char *key, const char *text)
{
    if (!text)
        return;
    eqlc_buf_format(b, ",\"kibana.alert.%s\":", key);
    eqlc_buf_json_cstr(b, text);
}

static int risk_of(const eqlc_rule *rule)
{
    static const struct {
        const char *severity;
        int score;
    } usual[] = { { "low", 21 }, { "medium", 47 }, { "high", 73 }, { "critical", 99 } };

    for (size_t i = 0; rule->risk_score < 0 && rule->severity && i < 4; i++)
        if (strcmp(rule->severity, usual[i].severity) == 0)
            return usual[i].score;
    return rule->risk_score;
}

static void add_risk(eqlc_buf *b, const char *key, const eqlc_rule *rule)
{
    int score = risk_of(rule);

    if (score >= 0)
        eqlc_buf_format(b, ",\"kibana.alert.%s\":%d", key, score);
}

static void add_reason(eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match)
{
    static const char *const what[] = {
        [EQLM_EVENT_QUERY] = "event",
        [EQLM_SEQUENCE] = "sequence",
        [EQLM_SAMPLE] = "sample",
    };
    eqlc_buf text = { NULL, 0, 0 };

    eqlc_buf_format(&text, "%s created ", what[match->kind]);
    if (rule->severity)
        eqlc_buf_format(&text, "%s ", rule->severity);
    eqlc_buf_format(&text, "alert %s.", rule->name ? rule->name : rule->id ? rule->id : rule->path);
    add_text(b, "reason", text.data);
    eqlc_buf_clear(&text);
}

static void add_rule(const eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule)
{
    add_text(b, "rule.name", rule->name);
    add_text(b, "rule.rule_id", rule->id);
    add_text(b, "rule.uuid", rule->id);
    add_text(b, "rule.type", "eql");
    add_text(b, "rule.category", "Event Correlation Rule");
    add_text(b, "rule.severity", rule->severity);
    add_risk(b, "rule.risk_score", rule);
    for (uint32_t i = 1; o->text_rule.len && i < o->rule.nodes[0].next; i = o->rule.nodes[i].next)
        add_member(b, &o->rule, i, "kibana.alert.rule.");
    eqlc_buf_text(b, ",\"kibana.alert.rule.parameters\":{\"type\":\"eql\",\"language\":\"eql\",\"query\":");
    eqlc_buf_json(b, rule->query, rule->query_len);
    eqlc_buf_char(b, '}');
}

static void add_time(eqlc_buf *b, const eqlc_event *event)
{
    char text[EQLC_TIME_TEXT];

    if (event->has_time)
        eqlc_time_format(event->time, text);
    eqlc_buf_json_cstr(b, event->has_time ? text : NULL);
}

static void add_created(const eqlc_alerts *o, eqlc_buf *b, const eqlc_run_match *match)
{
    eqlc_buf_text(b, "{\"@timestamp\":");
    if (o->now)
        eqlc_buf_json_cstr(b, o->now);
    else
        add_time(b, eqlc_run_match_last(match));
}

/* What alerts of every kind have. */
static void add_common(const eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match,
                       const char *id, int depth)
{
    add_text(b, "uuid", id);
    eqlc_buf_format(b, ",\"kibana.alert.depth\":%d", depth);
    add_reason(b, rule, match);
    add_text(b, "severity", rule->severity);
    add_risk(b, "risk_score", rule);
    add_text(b, "status", "active");
    add_text(b, "workflow_status", "open");
    eqlc_buf_text(b, ",\"kibana.space_ids\":[\"default\"]");
    add_rule(o, b, rule);
}

static void add_ancestor(eqlc_buf *b, const char *id, const char *type, const char *index, int depth)
{
    eqlc_buf_text(b, "{\"id\":");
    eqlc_buf_json_cstr(b, id);
    eqlc_buf_format(b, ",\"type\":\"%s\",\"index\":", type);
    eqlc_buf_json_cstr(b, index);
    eqlc_buf_format(b, ",\"depth\":%d}", depth);
}

/* ------------------------------------------------------------------------------------------------------
 * Documents
 */

/* The alert of an event, up to the members of groups. */
static void add_event_alert(eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match,
                            const eqlc_event *event, const char *id)
{
    bool fields =
        !o->no_source && event->source && parse(&o->a, &o->text_a, event->source, event->source_len);

    add_created(o, b, match);
    if (fields)
        add_fields(b, &o->a);
    else
        add_event_object(b, NULL, 0);
    eqlc_buf_text(b, ",\"kibana.alert.original_time\":");
    add_time(b, event);
    if (fields)
        add_original_event(b, &o->a);
    eqlc_buf_text(b, ",\"kibana.alert.ancestors\":[");
    add_ancestor(b, event->id, "event", event->index, 0);
    eqlc_buf_char(b, ']');
    add_common(o, b, rule, match, id, 1);
}

/* What the present events have in common; empty when one of them cannot be asked. */
static void common_fields(eqlc_alerts *o, const eqlc_run_match *match, eqlc_buf *out)
{
    bool first = true;

    for (uint32_t i = 0; i < match->n_events; i++) {
        const eqlc_event *event = match->events[i];
        eqlc_buf shared = { NULL, 0, 0 };

        if (!event)
            continue;
        if (!event->source || !parse(&o->a, &o->text_a, event->source, event->source_len)) {
            eqlc_buf_clear(out);
            return;
        }
        if (first)
            eqlc_json_write(&shared, &o->a, 0);
        else if (parse(&o->b, &o->text_b, out->data, out->len))
            eqlc_json_intersect(&shared, &o->b, &o->a);
        eqlc_buf_clear(out);
        *out = shared;
        first = false;
    }
}

static void add_shell(eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match,
                      const char *group)
{
    const eqlc_event *earliest = eqlc_run_match_last(match);
    eqlc_buf shared = { NULL, 0, 0 };
    char id[ID_TEXT];
    uint32_t n = 0;

    add_created(o, b, match);
    if (!o->no_source)
        common_fields(o, match, &shared);
    if (shared.len && parse(&o->a, &o->text_a, shared.data, shared.len))
        add_fields(b, &o->a);
    else
        add_event_object(b, NULL, 0);
    eqlc_buf_clear(&shared);
    for (uint32_t i = 0; i < match->n_events; i++)
        if (match->events[i] && match->events[i]->has_time && match->events[i]->time < earliest->time)
            earliest = match->events[i];
    eqlc_buf_text(b, ",\"kibana.alert.original_time\":");
    add_time(b, earliest);
    eqlc_buf_text(b, ",\"kibana.alert.ancestors\":[");
    for (uint32_t i = 0; i < match->n_events; i++) {
        if (!match->events[i])
            continue;
        block_id(group, n, id);
        if (n++)
            eqlc_buf_char(b, ',');
        add_ancestor(b, id, "signal", "", 1);
        eqlc_buf_char(b, ',');
        add_ancestor(b, match->events[i]->id, "event", match->events[i]->index, 0);
    }
    eqlc_buf_char(b, ']');
    add_common(o, b, rule, match, group, 2);
    add_text(b, "group.id", group);
    eqlc_buf_text(b, "}\n");
}

static void add_blocks(eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match,
                       const char *group)
{
    char id[ID_TEXT];
    uint32_t n = 0;

    for (uint32_t i = 0; i < match->n_events; i++) {
        if (!match->events[i])
            continue;
        block_id(group, n, id);
        add_event_alert(o, b, rule, match, match->events[i], id);
        add_text(b, "building_block_type", "default");
        add_text(b, "group.id", group);
        eqlc_buf_format(b, ",\"kibana.alert.group.index\":%u}\n", (unsigned)n++);
    }
}

void eqlc_alerts_add(eqlc_alerts *o, eqlc_buf *b, const eqlc_rule *rule, const eqlc_run_match *match)
{
    char id[ID_TEXT];

    if (!rule->metadata || !parse(&o->rule, &o->text_rule, rule->metadata, strlen(rule->metadata)))
        o->text_rule.len = 0;
    match_id(o, rule, match, id);
    if (match->kind == EQLM_EVENT_QUERY) {
        add_event_alert(o, b, rule, match, match->events[0], id);
        eqlc_buf_text(b, "}\n");
        return;
    }
    add_blocks(o, b, rule, match, id);
    add_shell(o, b, rule, match, id);
}

void eqlc_alerts_clear(eqlc_alerts *o)
{
    eqlc_json_tree_clear(&o->a);
    eqlc_json_tree_clear(&o->b);
    eqlc_json_tree_clear(&o->rule);
    eqlc_buf_clear(&o->text_a);
    eqlc_buf_clear(&o->text_b);
    eqlc_buf_clear(&o->text_rule);
}

/* rules_json.cc - rules in JSON: a rule, an array of rules, a Kibana export (one object a line, rules among
 * other objects), a Fleet asset (the rule below "attributes"). Objects are judged by their keys, never by
 * their position. */
#include "json_problem.h"
#include "rules_read.h"

#include <simdjson.h>

#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

static_assert(EQLC_PADDING >= simdjson::SIMDJSON_PADDING, "the files are read with too little padding");

namespace
{

using simdjson::ondemand::json_type;

/* A string value of a rule object: its opening quote, as an offset in the file. */
struct text_ref {
    size_t at = 0;
    bool present = false;
};

struct rule_object {
    text_ref query, type, language, rule_id, id, name, severity;
    text_ref category_field, category_override, timestamp_field, tiebreaker_field;
    int risk_score = -1;
    bool has_query = false; /* of any type */
    bool has_type = false, has_language = false;
    size_t filters_at = 0;                                           /* 0: none, or an empty list */
    std::vector<std::pair<const char *, std::string_view>> metadata; /* as written */
};

struct text_key {
    const char *name;
    text_ref rule_object::*field;
};

const text_key text_keys[] = {
    { "query", &rule_object::query },
    { "type", &rule_object::type },
    { "language", &rule_object::language },
    { "rule_id", &rule_object::rule_id },
    { "id", &rule_object::id },
    { "name", &rule_object::name },
    { "severity", &rule_object::severity },
    { "event_category_field", &rule_object::category_field },
    { "event_category_override", &rule_object::category_override },
    { "timestamp_field", &rule_object::timestamp_field },
    { "tiebreaker_field", &rule_object::tiebreaker_field },
};

void note_text(const eqlc_input *in, rule_object &rule, std::string_view key,
               simdjson::ondemand::value &value)
{
    for (const text_key &k : text_keys) {
        if (key != k.name)
            continue;
        simdjson::ondemand::raw_json_string raw;

        if (value.get_raw_json_string().get(raw) == simdjson::SUCCESS) {
            text_ref &ref = rule.*k.field;

            ref.at = static_cast<size_t>(reinterpret_cast<const char *>(raw.raw()) - in->text) - 1;
            ref.present = true;
        }
        return;
    }
}

bool text_equals(const eqlc_input *in, const text_ref &ref, const char *word)
{
    size_t n = std::strlen(word);

    return ref.present && in->len - ref.at > n + 1 && memcmp(in->text + ref.at + 1, word, n) == 0 &&
           in->text[ref.at + 1 + n] == '"';
}

void set_text(const eqlc_input *in, char **field, const text_ref &ref)
{
    eqlc_query q = {};
    size_t end;

    if (ref.present && eqlc_decode_json_string(in->text, in->len, ref.at, &q, &end))
        eqlc_rule_set(field, q.text.data, q.text.len);
    eqlc_query_clear(&q);
}

/* Judges the members that were collected; adds the rule if they make one. */
void finish_rule(eqlc_input *in, const rule_object &found, size_t object_at)
{
    bool eql = text_equals(in, found.type, "eql") || text_equals(in, found.language, "eql");
    bool bare = !found.has_type && !found.has_language && found.rule_id.present && found.query.present;
    eqlc_query q = {};
    size_t end;

    if (!eql && !bare) {
        eqlc_input_skip(in, found.has_type || found.has_language
                                ? "its type and language are not eql"
                                : "it has no type or language eql, and not both a rule_id and a query");
        return;
    }
    if (!found.query.present) {
        eqlc_input_error(in, object_at,
                         found.has_query ? "the query of the rule is not a string" : "the rule has no query");
        return;
    }
    if (!eqlc_decode_json_string(in->text, in->len, found.query.at, &q, &end)) {
        eqlc_query_clear(&q);
        eqlc_input_error(in, found.query.at, "the query of the rule holds an invalid escape sequence");
        return;
    }
    eqlc_rule *rule = eqlc_rule_add(in, &q, end);
    set_text(in, &rule->id, found.rule_id.present ? found.rule_id : found.id);
    set_text(in, &rule->name, found.name);
    set_text(in, &rule->severity, found.severity);
    set_text(in, &rule->category_field,
             found.category_override.present ? found.category_override : found.category_field);
    set_text(in, &rule->timestamp_field, found.timestamp_field);
    set_text(in, &rule->tiebreaker_field, found.tiebreaker_field);
    rule->risk_score = found.risk_score;
    for (const auto &member : found.metadata)
        eqlc_rule_note(rule, member.first, member.second.data(), member.second.size());
    if (found.filters_at)
        eqlc_input_warning(in, found.filters_at, EQLC_FILTERS_WARNING);
}

/* A value as it is written. Empty: it cannot be read. */
std::string_view written(simdjson::ondemand::value &value, json_type type)
{
    simdjson::ondemand::array array;
    simdjson::ondemand::object object;
    std::string_view json;

    if (type == json_type::array) {
        if (value.get_array().get(array) || array.raw_json().get(json))
            return {};
    } else if (type == json_type::object) {
        if (value.get_object().get(object) || object.raw_json().get(json))
            return {};
    } else {
        json = value.raw_json_token();
    }
    while (!json.empty() && std::strchr(" \t\r\n,", json.back()))
        json.remove_suffix(1);
    return json;
}

/* Keeps a member as it is written if alerts repeat it; whether it does. */
bool note_member(rule_object &rule, std::string_view key, simdjson::ondemand::value &value, json_type type)
{
    for (const char *const *name = eqlc_metadata_keys; *name; name++) {
        if (key != *name)
            continue;
        std::string_view json = written(value, type);
        if (!json.empty())
            rule.metadata.emplace_back(*name, json);
        return true;
    }
    return false;
}

/* Reads one object, which may wrap the rule in "attributes". The text was found valid before, so iteration
 * cannot fail half way. */
void read_object(eqlc_input *in, simdjson::ondemand::object object, size_t object_at, bool inside)
{
    rule_object found;

    for (auto member : object) {
        std::string_view key;
        simdjson::ondemand::value value;
        json_type type;

        if (member.unescaped_key().get(key) || member.value().get(value) || value.type().get(type))
            return;
        found.has_query = found.has_query || key == "query";
        found.has_type = found.has_type || key == "type";
        found.has_language = found.has_language || key == "language";
        if (note_member(found, key, value, type))
            continue;
        if (type == json_type::string) {
            note_text(in, found, key, value);
        } else if (type == json_type::number && key == "risk_score") {
            double score;

            if (value.get_double().get(score) == simdjson::SUCCESS && score >= 0 && score <= 1000)
                found.risk_score = static_cast<int>(score);
        } else if (type == json_type::array && key == "filters") {
            size_t at = static_cast<size_t>(value.raw_json_token().data() - in->text);
            simdjson::ondemand::array filters;
            bool empty;

            if (value.get_array().get(filters) == simdjson::SUCCESS &&
                filters.is_empty().get(empty) == simdjson::SUCCESS && !empty)
                found.filters_at = at;
        } else if (type == json_type::object && key == "attributes" && !inside) {
            simdjson::ondemand::object attributes;

            if (value.get_object().get(attributes) == simdjson::SUCCESS)
                read_object(in, attributes, object_at, true);
            return;
        }
    }
    finish_rule(in, found, object_at);
}

/* Validates text[from .. to) and reads the rules of this one JSON value; reports it when it is malformed. */
class json_reader
{
  public:
    explicit json_reader(eqlc_input *input) : in(input)
    {
    }

    bool valid(size_t from, size_t to)
    {
        simdjson::dom::element element;

        return dom.parse(reinterpret_cast<const uint8_t *>(in->text + from), to - from, false).get(element) ==
               simdjson::SUCCESS;
    }

    void report(size_t from, size_t to)
    {
        size_t at;
        const char *message;

        if (!eqlc_json_problem(in->text, from, to, false, &at, &message)) {
            at = from;
            message = "a number is out of range";
        }
        eqlc_input_error(in, at, "invalid JSON: %s", message);
    }

    void read(size_t from, size_t to)
    {
        simdjson::ondemand::document document;
        json_type type;

        if (ondemand.iterate(in->text + from, to - from, in->len + EQLC_PADDING - from).get(document) ||
            document.type().get(type)) {
            report(from, to);
        } else if (type == json_type::object) {
            simdjson::ondemand::object object;

            if (document.get_object().get(object) == simdjson::SUCCESS)
                read_object(in, object, from, false);
        } else if (type == json_type::array) {
            simdjson::ondemand::array array;

            if (document.get_array().get(array) == simdjson::SUCCESS)
                read_array(array);
        } else {
            eqlc_input_skip(in, "it is neither an object nor an array");
        }
    }

  private:
    void read_array(simdjson::ondemand::array array)
    {
        for (auto element : array) {
            simdjson::ondemand::value value;
            json_type type;

            if (element.get(value) || value.type().get(type))
                return;
            if (type != json_type::object) {
                eqlc_input_skip(in, "what is in its array is not an object");
                continue;
            }
            std::string_view token = value.raw_json_token();
            size_t at = static_cast<size_t>(token.data() - in->text);
            simdjson::ondemand::object object;

            if (value.get_object().get(object) == simdjson::SUCCESS)
                read_object(in, object, at, false);
        }
    }

    eqlc_input *in;
    simdjson::dom::parser dom;
    simdjson::ondemand::parser ondemand;
};

/* True when text[from .. to) is white space only. */
bool blank(const char *text, size_t from, size_t to)
{
    while (from < to && std::strchr(" \t\r\n", text[from]) && text[from])
        from++;
    return from == to;
}

void read_lines(eqlc_input *in, json_reader &reader)
{
    for (size_t at = in->start; at < in->len;) {
        const void *newline = memchr(in->text + at, '\n', in->len - at);
        size_t end = newline ? static_cast<size_t>(static_cast<const char *>(newline) - in->text) : in->len;

        if (!blank(in->text, at, end)) {
            if (reader.valid(at, end))
                reader.read(at, end);
            else
                reader.report(at, end);
        }
        at = end + 1;
    }
}

/* Whether the first line that is not blank is a whole JSON value: then the file has one on each line. */
bool first_line_is_whole(const eqlc_input *in, json_reader &reader)
{
    for (size_t at = in->start; at < in->len;) {
        const void *newline = memchr(in->text + at, '\n', in->len - at);
        size_t end = newline ? static_cast<size_t>(static_cast<const char *>(newline) - in->text) : in->len;

        if (!blank(in->text, at, end))
            return reader.valid(at, end);
        at = end + 1;
    }
    return false;
}

/* For a broken first line: the name tells that the others are values of their own. */
bool named_as_lines(const char *path)
{
    size_t len = std::strlen(path);

    return (len > 7 && std::strcmp(path + len - 7, ".ndjson") == 0) ||
           (len > 6 && std::strcmp(path + len - 6, ".jsonl") == 0);
}

} // namespace

void eqlc_read_json(eqlc_input *in)
{
    try {
        json_reader reader(in);

        if (blank(in->text, in->start, in->len))
            eqlc_input_skip(in, "it is empty");
        else if (reader.valid(in->start, in->len))
            reader.read(in->start, in->len);
        else if (named_as_lines(in->path) || first_line_is_whole(in, reader))
            read_lines(in, reader);
        else
            reader.report(in->start, in->len);
    } catch (const std::bad_alloc &) {
        eqlc_die("out of memory");
    }
}

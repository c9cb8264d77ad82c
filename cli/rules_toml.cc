/* rules_toml.cc - rules in TOML: detection rules ([rule] with type), behaviour rules of Elastic Endpoint
 * ([rule] with os_list or min_endpoint_version and no type), hunts ([hunt] with a list of queries).
 * Everything that needs the parser library is here; the text of a query is decoded again in C, for its map.
 */
#include "rules_read.h"

#define TOML_HEADER_ONLY 0 /* the parser comes from libtomlplusplus */
#define TOML_SHARED_LIB 1
#include <toml++/toml.h>

#include <cstring>
#include <sstream>
#include <string>
#include <string_view>

namespace
{

/* Byte where the library's line and column stand; it counts columns in code points, too. */
size_t offset_of(const eqlc_input *in, const toml::source_position &where)
{
    const char *text = in->text;
    size_t at = in->start;

    for (unsigned line = 1; line < where.line && at < in->len; line++) {
        const void *newline = memchr(text + at, '\n', in->len - at);

        at = newline ? static_cast<size_t>(static_cast<const char *>(newline) - text) + 1 : in->len;
    }
    for (unsigned column = 1; column < where.column && at < in->len && text[at] != '\n'; column++) {
        uint32_t code;

        at += eqlc_utf8(text + at, in->len - at, &code);
    }
    return at;
}

std::string_view text_at(const toml::table &table, const char *key)
{
    return table[key].value_or(std::string_view());
}

bool is_eql(std::string_view word)
{
    return word.size() == 3 && (word[0] | 0x20) == 'e' && (word[1] | 0x20) == 'q' && (word[2] | 0x20) == 'l';
}

void set_text(char **field, const toml::table &table, const char *key)
{
    const auto *node = table[key].as_string();

    if (node)
        eqlc_rule_set(field, (*node)->data(), (*node)->size());
}

/* Adds the rule whose query is this string of the file. */
eqlc_rule *add_query(eqlc_input *in, const toml::value<std::string> &node)
{
    size_t at = offset_of(in, node.source().begin), inner_end = at;
    eqlc_query q = {};
    const std::string &text = node.get();

    if (!eqlc_decode_toml_string(in->text, in->len, at, &q, &inner_end) || q.text.len != text.size() ||
        memcmp(q.text.data ? q.text.data : "", text.data(), text.size()) != 0) {
        /* The two readings differ: the library's text holds, with one place for all of it. */
        eqlc_query_clear(&q);
        eqlc_query_escape(&q, text.data(), text.size(), at);
        inner_end = at;
    }
    return eqlc_rule_add(in, &q, inner_end);
}

void note_members(eqlc_rule *rule, const toml::table &table)
{
    for (const char *const *key = eqlc_metadata_keys; *key; key++) {
        const toml::node *node = table.get(*key);
        std::ostringstream json;

        if (!node)
            continue;
        if (const auto *text = node->as_string()) {
            eqlc_buf b = {};

            eqlc_buf_json(&b, text->get().data(), text->get().size());
            eqlc_rule_note(rule, *key, b.data, b.len);
            eqlc_buf_clear(&b);
            continue;
        }
        node->visit([&json](const auto &value) { json << toml::json_formatter(value); });
        std::string text = json.str();
        eqlc_rule_note(rule, *key, text.data(), text.size());
    }
}

void read_metadata(eqlc_rule *rule, const toml::table &table)
{
    set_text(&rule->id, table, "id");
    set_text(&rule->id, table, "uuid");
    set_text(&rule->id, table, "rule_id");
    set_text(&rule->name, table, "name");
    set_text(&rule->severity, table, "severity");
    set_text(&rule->category_field, table, "event_category_field");
    set_text(&rule->category_field, table, "event_category_override");
    set_text(&rule->timestamp_field, table, "timestamp_field");
    set_text(&rule->tiebreaker_field, table, "tiebreaker_field");
    int64_t score = table["risk_score"].value_or(int64_t { -1 });
    if (score >= 0 && score <= 1000)
        rule->risk_score = static_cast<int>(score);
    note_members(rule, table);
}

void read_rule(eqlc_input *in, const toml::table &table)
{
    bool typed = table.contains("type") || table.contains("language");
    bool endpoint =
        !table.contains("type") && (table.contains("os_list") || table.contains("min_endpoint_version"));
    const toml::node *query = table.get("query");

    if (typed && !is_eql(text_at(table, "type")) && !is_eql(text_at(table, "language"))) {
        eqlc_input_skip(in, "its type and language are not eql");
        return;
    }
    if (!query || !query->is_string()) {
        const toml::node &where = query ? *query : table;

        eqlc_input_error(in, offset_of(in, where.source().begin),
                         query ? "the query of the rule is not a string" : "the rule has no query");
        return;
    }
    eqlc_rule *rule = add_query(in, *query->as_string());
    rule->dialect = endpoint ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES;
    read_metadata(rule, table);
    const toml::array *filters = table["filters"].as_array();
    if (filters && !filters->empty())
        eqlc_input_warning(in, offset_of(in, filters->source().begin), EQLC_FILTERS_WARNING);
}

/* Hunts may mix languages in one list: queries of the others start with one of their own commands. */
bool other_language(std::string_view query)
{
    static const char *const commands[] = { "from", "row", "show", "select", "with" };
    size_t at = query.find_first_not_of(" \t\r\n");

    for (const char *command : commands) {
        size_t n = std::strlen(command), i = 0;

        if (at == std::string_view::npos || query.size() - at <= n)
            continue;
        while (i < n && (query[at + i] | 0x20) == command[i])
            i++;
        if (i == n && std::strchr(" \t\r\n", query[at + n]))
            return true;
    }
    return false;
}

void read_hunt(eqlc_input *in, const toml::table &table)
{
    const toml::array *languages = table["language"].as_array();
    bool eql = is_eql(text_at(table, "language")), others = false;

    for (size_t i = 0; languages && i < languages->size(); i++) {
        bool this_one = is_eql(languages->get(i)->value_or(std::string_view()));

        eql = eql || this_one;
        others = others || !this_one;
    }
    const toml::array *queries = table["query"].as_array();
    if (!eql || !queries) {
        eqlc_input_skip(in, "its language is not EQL");
        return;
    }
    for (const toml::node &node : *queries) {
        const auto *query = node.as_string();

        if (!query || (others && other_language(query->get()))) {
            eqlc_input_skip(in, "its queries are in other languages");
            continue;
        }
        read_metadata(add_query(in, *query), table);
    }
}

void read_document(eqlc_input *in, const toml::table &document)
{
    const toml::array *rules = document["rule"].as_array();

    if (const toml::table *rule = document["rule"].as_table()) {
        read_rule(in, *rule);
    } else if (rules) {
        for (const toml::node &node : *rules) {
            if (const toml::table *table = node.as_table())
                read_rule(in, *table);
        }
    } else if (const toml::table *hunt = document["hunt"].as_table()) {
        read_hunt(in, *hunt);
    } else {
        eqlc_input_skip(in, "it has neither a table [rule] nor a table [hunt]");
    }
}

void report_error(eqlc_input *in, size_t at, std::string_view what)
{
    constexpr std::string_view prefix = "Error while parsing ";

    if (what.substr(0, prefix.size()) == prefix)
        what.remove_prefix(prefix.size());
    /* The library calls the line end a control character. */
    if (at < in->len && std::strchr("\r\n", in->text[at]) && what.find("control character") != what.npos)
        what = "the string is not closed on its line";
    eqlc_input_error(in, at, "invalid TOML: %.*s", static_cast<int>(what.size()), what.data());
}

} // namespace

void eqlc_read_toml(eqlc_input *in)
{
    try {
        read_document(in, toml::parse(std::string_view(in->text + in->start, in->len - in->start)));
    } catch (const toml::parse_error &error) {
        report_error(in, offset_of(in, error.source().begin), error.description());
    } catch (const std::bad_alloc &) {
        eqlc_die("out of memory");
    }
}

// json_tree_parse.cc - a JSON text as a list of its values, each followed by what it contains, read with
// simdjson's on-demand reader. Every value is looked at, so the whole text is checked.
#include "json_tree.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <simdjson.h>
#include <string_view>

#include "json_number.h"
#include "json_problem.h"
#include "util.h"

static_assert(EQLC_TREE_PADDING >= simdjson::SIMDJSON_PADDING, "texts have too little padding");

namespace ondemand = simdjson::ondemand;

struct eqlc_json_parser {
    ondemand::parser parser;
};

namespace
{

// The building of one tree.
struct builder {
    eqlc_json_tree *tree;
    ondemand::parser &parser;
    uint8_t *strings; // where the next unescaped string goes
    unsigned depth;
};

bool fail(eqlc_json_tree *t, size_t at, const char *message)
{
    t->error_at = at;
    t->message = message;
    return false;
}

// What is in the quotes of a raw string, without the escapes. ptr is NULL if they are malformed.
eqlm_str unescape(builder &b, const char *text, size_t len)
{
    char *in_text = b.tree->text + (text - b.tree->text);
    ondemand::raw_json_string raw(reinterpret_cast<const uint8_t *>(text));
    std::string_view plain;

    if (len == 0 || !memchr(text, '\\', len))
        return { text, len };
    if (b.parser.unescape(raw, b.strings).get(plain) != simdjson::SUCCESS) {
        eqlc_json_mend(in_text, len);
        if (b.parser.unescape(raw, b.strings).get(plain) != simdjson::SUCCESS)
            return { nullptr, 0 };
    }
    return { plain.data(), plain.size() };
}

size_t add_node(builder &b, eqlc_json_kind kind, const char *at, eqlm_str key)
{
    eqlc_json_tree *t = b.tree;

    t->nodes = static_cast<eqlc_json_node *>(eqlc_grow(t->nodes, &t->cap, t->n + 1, sizeof *t->nodes));
    t->nodes[t->n] = {
        kind, static_cast<uint32_t>(t->n + 1), key, { nullptr, 0 }, static_cast<size_t>(at - t->text)
    };
    return t->n++;
}

// Adds a scalar that is all of `token` but the white space at its end.
bool add_scalar(builder &b, std::string_view token, eqlm_str key)
{
    const char *at = token.data(), *end = at + token.size();
    eqlm_value ignored;
    eqlm_str value;
    eqlc_json_kind kind = EQLC_JSON_NUMBER;

    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    token = { at, static_cast<size_t>(end - at) };
    value = { at, token.size() };
    if (token == "null")
        kind = EQLC_JSON_NULL;
    else if (token == "true" || token == "false")
        kind = EQLC_JSON_BOOL;
    else if (token.size() >= 2 && *at == '"')
        kind = EQLC_JSON_STRING;
    else if (!eqlc_json_number(at, end, &ignored))
        return false;
    if (kind == EQLC_JSON_STRING) {
        value = unescape(b, ++at, token.size() - 2);
        if (!value.ptr)
            return false;
    }
    size_t node = add_node(b, kind, at, key);
    b.tree->nodes[node].value = value;
    return true;
}

bool add_value(builder &b, ondemand::value &value, eqlm_str key);

bool add_members(builder &b, ondemand::object object)
{
    for (auto member : object) {
        ondemand::field field;
        if (std::move(member).get(field))
            return false;
        // Between the key and its value there is only a colon, and white space.
        const char *text = field.key().raw(), *end = field.value().raw_json_token().data();
        while (*--end != ':')
            continue;
        while (*--end != '"')
            continue;
        eqlm_str key = unescape(b, text, static_cast<size_t>(end - text));
        if (!key.ptr || !add_value(b, field.value(), key))
            return false;
    }
    return true;
}

bool add_elements(builder &b, ondemand::array array)
{
    for (auto element : array) {
        ondemand::value value;
        if (std::move(element).get(value) || !add_value(b, value, { nullptr, 0 }))
            return false;
    }
    return true;
}

// Adds an object or array, of a document or a value.
template <typename container> bool add_container(builder &b, container &from, const char *at, eqlm_str key)
{
    ondemand::object object;
    ondemand::array array;
    bool good;

    if (b.depth == EQLC_TREE_DEPTH)
        return fail(b.tree, static_cast<size_t>(at - b.tree->text), "nested too deeply");
    b.depth++;
    size_t node = add_node(b, *at == '{' ? EQLC_JSON_OBJECT : EQLC_JSON_ARRAY, at, key);
    if (*at == '{')
        good = from.get_object().get(object) == simdjson::SUCCESS && add_members(b, object);
    else
        good = from.get_array().get(array) == simdjson::SUCCESS && add_elements(b, array);
    b.tree->nodes[node].next = static_cast<uint32_t>(b.tree->n);
    b.depth--;
    return good;
}

bool add_value(builder &b, ondemand::value &value, eqlm_str key)
{
    std::string_view token = value.raw_json_token();

    if (*token.data() == '{' || *token.data() == '[')
        return add_container(b, value, token.data(), key);
    // A string is stepped over here, since what on-demand steps over may also be a key without its value.
    ondemand::raw_json_string ignored;
    if (*token.data() == '"' && value.get_raw_json_string().get(ignored))
        return false;
    return add_scalar(b, token, key);
}

bool add_document(builder &b)
{
    ondemand::document document;
    const char *more;

    if (b.parser.iterate(b.tree->text, b.tree->len, b.tree->len + EQLC_TREE_PADDING).get(document))
        return false;
    std::string_view token;
    if (document.raw_json_token().get(token))
        return false;
    if (*token.data() != '{' && *token.data() != '[')
        return add_scalar(b, { token.data(), b.tree->len - static_cast<size_t>(token.data() - b.tree->text) },
                          {});
    return add_container(b, document, token.data(), {}) &&
           document.current_location().get(more) == simdjson::OUT_OF_BOUNDS;
}

} // namespace

bool eqlc_json_tree_parse(eqlc_json_tree *t, char *text, size_t len)
{
    t->n = 0;
    t->text = text;
    t->len = len;
    t->message = nullptr;
    if (len >= simdjson::SIMDJSON_MAXSIZE_BYTES / 2)
        return fail(t, 0, "too large");
    if (!t->parser)
        t->parser = new (std::nothrow) eqlc_json_parser;
    if (!t->parser)
        eqlc_die("out of memory");
    t->strings = static_cast<char *>(eqlc_grow(t->strings, &t->strings_cap, len + EQLC_TREE_PADDING, 1));
    builder b = { t, t->parser->parser, reinterpret_cast<uint8_t *>(t->strings), 0 };
    if (add_document(b))
        return true;
    if (!t->message && !eqlc_json_problem(text, 0, len, true, &t->error_at, &t->message))
        return fail(t, 0, "this is not JSON");
    return false;
}

void eqlc_json_tree_clear(eqlc_json_tree *t)
{
    delete t->parser;
    free(t->nodes);
    free(t->strings);
    *t = {};
}

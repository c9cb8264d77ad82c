// json_extract.cc - walks one document with simdjson's on-demand reader; see json_extract.h.
//
// Compiled once for each kernel, with EQLC_KERNEL set to its name. Everything that is not inline in simdjson
// has internal linkage, so that no function compiled for one processor can be taken for that of another.
//
// On-demand checks what it is asked for. Asked for are: the keys, colons, commas and brackets of all objects
// and arrays on the way to wanted fields, how every value in them begins, and the whole of wanted values. Of
// all others it only counts the brackets. A document is used when all of that is good, up to its very end.
#include "json_extract.h"

#include <cstring>
#include <new>
#include <simdjson.h>
#include <string_view>

#include "json_number.h"
#include "json_problem.h"

#if !defined(EQLC_KERNEL)
#define EQLC_KERNEL baseline
#endif

static_assert(EQLC_JSON_PADDING >= simdjson::SIMDJSON_PADDING, "documents have too little padding");

namespace ondemand = simdjson::ondemand;

namespace
{

constexpr size_t first_capacity = 64 * 1024;

// What eqlc_json_reader points at: the type differs between kernels.
struct reader {
    ondemand::parser parser;
};

// The reading of one document.
struct walk {
    const ondemand::parser &parser;
    ondemand::document &document;
    const char *text;
    eqlc_event_values *values;
    eqlc_json_document *out;
    eqlc_json_status status; // why reading stopped; EQLC_JSON_BAD: json_problem.h knows where
    uint32_t depth;          // open objects and arrays
    bool wrapped;            // _source has been met
};

bool fail(walk &w, eqlc_json_status status, const char *at, const char *message)
{
    w.status = status;
    w.out->error_at = static_cast<size_t>(at - w.text);
    w.out->message = message;
    return false;
}

bool bad(walk &w)
{
    w.status = EQLC_JSON_BAD;
    return false;
}

bool out_of_memory(walk &w)
{
    return fail(w, EQLC_JSON_LIMIT, w.text, "the document needs too much memory");
}

// ------------------------------------------------------------------------------------------------------
// Strings

// The text between the quotes, unescaped into the scratch memory. ptr is NULL if that failed.
simdjson_never_inline eqlm_str unescape(walk &w, const char *text, size_t len)
{
    void *memory = eqlc_scratch_take(&w.values->scratch, len + EQLC_JSON_PADDING);
    if (!memory) {
        out_of_memory(w);
        return { nullptr, 0 };
    }
    auto *to = static_cast<uint8_t *>(memory);
    std::string_view plain;
    ondemand::raw_json_string raw(reinterpret_cast<const uint8_t *>(text));
    if (w.parser.unescape(raw, to).get(plain) == simdjson::SUCCESS)
        return { plain.data(), plain.size() };
    auto *copy = static_cast<char *>(eqlc_scratch_take(&w.values->scratch, len + 1 + EQLC_JSON_PADDING));
    if (!copy) {
        out_of_memory(w);
        return { nullptr, 0 };
    }
    memcpy(copy, text, len);
    memset(copy + len, '"', 1 + EQLC_JSON_PADDING);
    eqlc_json_mend(copy, len);
    raw = ondemand::raw_json_string(reinterpret_cast<const uint8_t *>(copy));
    to = static_cast<uint8_t *>(memory);
    if (w.parser.unescape(raw, to).get(plain) == simdjson::SUCCESS)
        return { plain.data(), plain.size() };
    bad(w);
    return { nullptr, 0 };
}

// ------------------------------------------------------------------------------------------------------
// Scalars

bool read_string(walk &w, ondemand::value &value, const eqlc_node *node)
{
    std::string_view token = value.raw_json_token(); // with white space behind it
    const char *text = token.data() + 1, *end = token.data() + token.size();
    while (*--end != '"')
        continue;
    size_t len = static_cast<size_t>(end - text);
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw))
        return bad(w);
    eqlm_str s = { text, len };
    if (memchr(text, '\\', len)) {
        s = unescape(w, text, len);
        if (!s.ptr)
            return false;
    }
    eqlm_value v = {};
    v.type = EQLM_STRING;
    v.len = static_cast<uint32_t>(s.len);
    v.as.str = s.ptr;
    return eqlc_event_values_add(w.values, node, v) || out_of_memory(w);
}

// A double of so many bytes may have more than 19 digits: what simdjson gives for those is wrong in some of
// its versions.
constexpr size_t long_double = 20;

// Reads a number that is left to us: a long one, one beyond 64 bits, or one beyond the range of a double.
bool read_long_number(std::string_view token, eqlm_value &out)
{
    const char *end = token.data() + token.size();
    while (end > token.data() && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return eqlc_json_number(token.data(), end, &out);
}

bool read_number(walk &w, ondemand::value &value, const eqlc_node *node)
{
    eqlm_value v = {};
    ondemand::number number;
    std::string_view token = value.raw_json_token(); // with white space behind it
    if (value.get_number().get(number) || (number.is_double() && token.size() >= long_double)) {
        if (!read_long_number(token, v))
            return bad(w);
    } else if (number.is_int64()) {
        v.type = EQLM_I64;
        v.as.i64 = number.get_int64();
    } else if (number.is_uint64()) {
        v.type = EQLM_U64;
        v.as.u64 = number.get_uint64();
    } else {
        v.type = EQLM_F64;
        v.as.f64 = number.get_double();
    }
    return eqlc_event_values_add(w.values, node, v) || out_of_memory(w);
}

bool read_bool(walk &w, ondemand::value &value, const eqlc_node *node)
{
    eqlm_value v = {};
    v.type = EQLM_BOOL;
    if (value.get_bool().get(v.as.boolean))
        return bad(w);
    return eqlc_event_values_add(w.values, node, v) || out_of_memory(w);
}

// ------------------------------------------------------------------------------------------------------
// Objects and arrays

bool read_value(walk &w, ondemand::value &value, const char *at, uint32_t node);

// Node that a key leads to, or 0. False: the key cannot be read.
simdjson_inline bool find_key(walk &w, const char *key, size_t len, uint32_t *node)
{
    const eqlc_fields *fields = w.values->fields;
    eqlc_key raw = eqlc_key_of(key, len);
    uint32_t found = eqlc_fields_find(fields, *node, raw);
    if (found == 0 && eqlc_key_has(&raw, '\\')) {
        eqlm_str plain = unescape(w, key, len);
        if (!plain.ptr)
            return false;
        found = eqlc_fields_find(fields, *node, eqlc_key_of(plain.ptr, plain.len));
    }
    *node = found;
    return true;
}

// Goes past a value that nobody wants, as far as its first byte tells what it is; on-demand steps over the
// rest. A string must be taken: on-demand would mistake one before a colon for a key and step over more.
simdjson_inline bool pass(walk &w, ondemand::value &value, char first)
{
    ondemand::raw_json_string ignored;
    if (first == '"')
        return value.get_raw_json_string().get(ignored) == simdjson::SUCCESS || bad(w);
    bool number = first == '-' || (first >= '0' && first <= '9');
    return number || first == '{' || first == '[' || first == 't' || first == 'f' || first == 'n' || bad(w);
}

bool read_members(walk &w, ondemand::object object, uint32_t node)
{
    for (auto member : object) {
        ondemand::field field;
        if (std::move(member).get(field))
            return bad(w);
        ondemand::value &value = field.value();
        // Between the key and its value there is only a colon, and white space.
        const char *at = value.raw_json_token().data(), *key = field.key().raw(), *end = at;
        while (*--end != ':')
            continue;
        while (*--end != '"')
            continue;
        uint32_t child = node;
        if (!find_key(w, key, static_cast<size_t>(end - key), &child))
            return false;
        if (!(child == 0 ? pass(w, value, *at) : read_value(w, value, at, child)))
            return false;
        if (w.wrapped && w.depth == 1)
            node = EQLC_META;
    }
    return true;
}

bool read_elements(walk &w, ondemand::array array, uint32_t node)
{
    for (auto element : array) {
        ondemand::value value;
        if (std::move(element).get(value))
            return bad(w);
        if (!read_value(w, value, value.raw_json_token().data(), node))
            return false;
    }
    return true;
}

// The value of _source: the event proper.
bool read_source(walk &w, ondemand::object object, const char *at)
{
    const char *end;
    w.wrapped = true;
    eqlc_event_values_unwrap(w.values);
    if (!read_members(w, object, EQLC_ROOT))
        return false;
    if (w.document.current_location().get(end)) // of what follows
        return bad(w);
    while (*--end != '}')
        continue;
    w.out->source_start = static_cast<size_t>(at - w.text);
    w.out->source_len = static_cast<size_t>(end + 1 - at);
    return true;
}

bool read_object(walk &w, ondemand::value &value, const char *at, uint32_t node)
{
    const eqlc_node *n = &w.values->fields->nodes[node];
    ondemand::object object;
    eqlm_value *outer;
    if (value.get_object().get(object))
        return bad(w);
    if (n->special == EQLC_SOURCE)
        return read_source(w, object, at);
    if (n->parent == EQLC_NONE)
        return read_members(w, object, node);
    if (!eqlc_event_values_enter(w.values, n->parent, &outer))
        return out_of_memory(w);
    if (!read_members(w, object, node))
        return false;
    eqlc_event_values_leave(w.values, n->parent, outer);
    return true;
}

// Whether an array is that of an _msearch response, as its first element begins; events may have one of this
// name.
bool is_responses(const char *at)
{
    static const char *const keys[] = { "\"took\"", "\"hits\"", "\"error\"" };
    for (char wanted : { '[', '{' }) {
        if (*at++ != wanted)
            return false;
        while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
            at++;
    }
    for (const char *key : keys)
        if (strncmp(at, key, strlen(key)) == 0)
            return true;
    return false;
}

bool read_container(walk &w, ondemand::value &value, const char *at, uint32_t node)
{
    const eqlc_node *n = &w.values->fields->nodes[node];
    bool is_object = *at == '{';
    bool hits = n->special == EQLC_HITS && w.depth <= 2;
    if (!is_object && !w.wrapped &&
        (hits || (n->special == EQLC_RESPONSES && w.depth == 1 && is_responses(at))))
        return fail(w, EQLC_JSON_HITS, at, "the response of a search");
    if (n->special == EQLC_SOURCE) {
        if (!is_object || w.depth != 1 || w.wrapped)
            return true;
    } else if (n->keys == 0 && (is_object || n->n_targets == 0) && n->parent == EQLC_NONE) {
        return true;
    }
    if (w.depth == EQLC_JSON_DEPTH)
        return fail(w, EQLC_JSON_LIMIT, at, "nested too deeply");
    w.depth++;
    bool good;
    if (is_object) {
        good = read_object(w, value, at, node);
    } else {
        ondemand::array array;
        good = value.get_array().get(array) ? bad(w) : read_elements(w, array, node);
    }
    w.depth--;
    return good;
}

bool read_value(walk &w, ondemand::value &value, const char *at, uint32_t node)
{
    const eqlc_node *n = &w.values->fields->nodes[node];
    bool null;
    if (*at == '{' || *at == '[')
        return read_container(w, value, at, node);
    if (n->n_targets == 0)
        return pass(w, value, *at);
    switch (*at) {
    case '"':
        return read_string(w, value, n);
    case 't':
    case 'f':
        return read_bool(w, value, n);
    case 'n':
        return value.is_null().get(null) == simdjson::SUCCESS || bad(w);
    default:
        return read_number(w, value, n);
    }
}

// ------------------------------------------------------------------------------------------------------
// The document

bool read_document(walk &w, size_t len)
{
    ondemand::object object;
    const char *more;
    if (w.document.get_object().get(object))
        return bad(w);
    w.depth = 1;
    if (!read_members(w, object, EQLC_ROOT))
        return false;
    if (w.document.current_location().get(more) != simdjson::OUT_OF_BOUNDS)
        return bad(w);
    if (!w.wrapped) {
        const char *end = w.text + len;
        while (*--end != '}')
            continue;
        w.out->source_len = static_cast<size_t>(end + 1 - w.text) - w.out->source_start;
    }
    return true;
}

// Says what is wrong and where, which on-demand does not always know.
eqlc_json_status explain(const char *text, size_t len, eqlc_json_document *out, simdjson::error_code error)
{
    if (!eqlc_json_problem(text, 0, len, true, &out->error_at, &out->message)) {
        out->error_at = out->source_start;
        out->message = simdjson::error_message(error);
    }
    return out->error_at == len ? EQLC_JSON_OPEN : EQLC_JSON_BAD;
}

eqlc_json_status read_terminated(reader &r, const char *text, size_t len, eqlc_event_values *values,
                                 eqlc_json_document *out)
{
    size_t start = 0;
    while (start < len &&
           (text[start] == ' ' || text[start] == '\t' || text[start] == '\n' || text[start] == '\r'))
        start++;
    *out = { start, 0, start, "expected an object" };
    if (start == len)
        return EQLC_JSON_OPEN;
    if (text[start] != '{')
        return EQLC_JSON_BAD;
    ondemand::document document;
    auto error = r.parser.iterate(text, len, len + EQLC_JSON_PADDING).get(document);
    if (error == simdjson::MEMALLOC) {
        out->message = "the document needs too much memory";
        return EQLC_JSON_LIMIT;
    }
    if (error)
        return explain(text, len, out, error);
    walk w = { r.parser, document, text, values, out, EQLC_JSON_OK, 0, false };
    if (read_document(w, len))
        return EQLC_JSON_OK;
    return w.status == EQLC_JSON_BAD ? explain(text, len, out, simdjson::TAPE_ERROR) : w.status;
}

// Makes room for a document, in steps, so that growing documents do not take memory each time anew.
bool make_room(reader &r, size_t len)
{
    size_t capacity = r.parser.capacity();
    if (len <= capacity)
        return true;
    if (len > simdjson::SIMDJSON_MAXSIZE_BYTES / 2)
        return false;
    if (capacity == 0)
        capacity = first_capacity;
    while (capacity < len)
        capacity *= 2;
    return r.parser.allocate(capacity, 2 * EQLC_JSON_DEPTH) == simdjson::SUCCESS;
}

eqlc_json_status read(eqlc_json_reader *opaque, char *text, size_t len, eqlc_event_values *values,
                      eqlc_json_document *out)
{
    auto &r = *reinterpret_cast<reader *>(opaque);
    eqlc_event_values_reset(values);
    if (!make_room(r, len)) {
        *out = { 0, 0, 0, "the document needs too much memory" };
        return EQLC_JSON_LIMIT;
    }
    char behind = text[len];
    text[len] = '\0'; // where on-demand looks when brackets are missing: no token of JSON
    eqlc_json_status status = read_terminated(r, text, len, values, out);
    text[len] = behind;
    return status;
}

void destroy(eqlc_json_reader *opaque)
{
    delete reinterpret_cast<reader *>(opaque);
}

eqlc_json_reader *create()
{
    auto *r = new (std::nothrow) reader;
    auto *opaque = reinterpret_cast<eqlc_json_reader *>(r);
    if (r && !make_room(*r, first_capacity)) {
        destroy(opaque);
        return nullptr;
    }
    return opaque;
}

} // namespace

#define NAME_OF(kernel) NAME_OF_(kernel)
#define NAME_OF_(kernel) #kernel
#define SYMBOL_OF(kernel) SYMBOL_OF_(kernel)
#define SYMBOL_OF_(kernel) eqlc_json_kernel_##kernel

const eqlc_json_kernel SYMBOL_OF(EQLC_KERNEL) = { NAME_OF(EQLC_KERNEL), create, destroy, read };

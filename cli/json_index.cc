// json_index.cc - the only C++ of the project: a C face for simdjson's structural index.
//
// Neither exceptions nor run-time types are needed; simdjson's error codes are used throughout.
#include "json_index.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct eqlc_indexer {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

static const size_t first_capacity = 64 * 1024;

eqlc_indexer *eqlc_indexer_new(void)
{
    eqlc_indexer *x = new (std::nothrow) eqlc_indexer;
    if (!x)
        return nullptr;
    auto &kernel = simdjson::get_active_implementation();
    if (kernel->create_dom_parser_implementation(first_capacity, 1, x->parser) != simdjson::SUCCESS) {
        delete x;
        return nullptr;
    }
    return x;
}

void eqlc_indexer_free(eqlc_indexer *x)
{
    delete x;
}

static bool make_room(eqlc_indexer *x, size_t len)
{
    size_t capacity = x->parser->capacity();
    if (len <= capacity)
        return true;
    if (len >= simdjson::SIMDJSON_MAXSIZE_BYTES)
        return false;
    while (capacity < len)
        capacity = capacity < simdjson::SIMDJSON_MAXSIZE_BYTES / 2 ? capacity * 2 : simdjson::SIMDJSON_MAXSIZE_BYTES;
    return x->parser->allocate(capacity, 1) == simdjson::SUCCESS;
}

eqlc_index_status eqlc_index(eqlc_indexer *x, const char *text, size_t len, const uint32_t **out, uint32_t *n)
{
    if (!make_room(x, len))
        return EQLC_INDEX_NOMEM;
    const auto *bytes = reinterpret_cast<const uint8_t *>(text);
    switch (x->parser->stage1(bytes, len, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
        break;
    case simdjson::EMPTY:
        return EQLC_INDEX_EMPTY;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:
        return EQLC_INDEX_NOMEM;
    default:
        return EQLC_INDEX_BROKEN;
    }
    *out = x->parser->structural_indexes.get();
    *n = x->parser->n_structural_indexes;
    return EQLC_INDEX_OK;
}

double eqlc_parse_double(const char *text, const char *end)
{
    return simdjson::internal::from_chars(text, end);
}

// json_floor.cc - the least that reading events costs: simdjson alone takes the given fields of every document.
//
//   json_floor FIELDS EVENTS    FIELDS: one dotted name a line; EVENTS: NDJSON. Prints documents and bytes of values.
#include <simdjson.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

using namespace simdjson;

// The names wanted below a key.
struct node {
    std::map<std::string, node, std::less<>> below;
    bool wanted = false;
};

struct counts {
    uint64_t documents = 0, bytes = 0;
};

static void take(ondemand::value value, counts &n)
{
    ondemand::json_type type;
    if (value.type().get(type))
        return;
    if (type == ondemand::json_type::array) {
        ondemand::array items;
        if (value.get_array().get(items))
            return;
        for (auto item : items) {
            ondemand::value v;
            if (!item.get(v))
                take(v, n);
        }
    } else if (type == ondemand::json_type::string) {
        std::string_view text;
        if (!value.get_string().get(text))
            n.bytes += text.size();
    } else if (type == ondemand::json_type::number) {
        ondemand::number number;
        if (!value.get_number().get(number))
            n.bytes += sizeof number;
    }
}

static void walk(ondemand::object object, const node &names, counts &n)
{
    for (auto field : object) {
        ondemand::raw_json_string raw;
        if (field.key().get(raw))
            return;
        const char *end = raw.raw();
        while (*end != '"')
            end++;
        std::string_view key(raw.raw(), size_t(end - raw.raw()));
        auto found = names.below.find(key);
        if (found == names.below.end())
            continue;
        ondemand::value value;
        if (field.value().get(value))
            return;
        ondemand::json_type type;
        if (value.type().get(type))
            return;
        if (type == ondemand::json_type::object) {
            ondemand::object inner;
            if (!value.get_object().get(inner))
                walk(inner, found->second, n);
        } else if (found->second.wanted) {
            take(value, n);
        }
    }
}

static node read_names(const char *path)
{
    node root;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        node *at = &root;
        for (size_t start = 0; start <= line.size();) {
            size_t end = std::min(line.find('.', start), line.size());
            at = &at->below[line.substr(start, end - start)];
            start = end + 1;
        }
        at->wanted = true;
    }
    return root;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    node names = read_names(argv[1]);
    padded_string text;
    ondemand::parser parser;
    ondemand::document_stream documents;
    if (padded_string::load(argv[2]).get(text) || parser.iterate_many(text).get(documents)) {
        std::fprintf(stderr, "json_floor: cannot read %s\n", argv[2]);
        return 2;
    }
    counts n;
    for (auto document : documents) {
        ondemand::object object;
        if (document.get_object().get(object))
            return 1;
        walk(object, names, n);
        n.documents++;
    }
    std::printf("%llu documents, %llu bytes\n", (unsigned long long)n.documents, (unsigned long long)n.bytes);
    return 0;
}

// toml_json.cc - lets the C++ library read and write, so that the C programs see one kind of tree only.
#include "toml_json.h"

#include <exception>
#include <iostream>
#include <sstream>

#include <toml++/toml.h>

extern "C" json_t *toml_json_load(const char *path)
{
    try {
        toml::table table = toml::parse_file(path);
        std::ostringstream text;
        text << toml::json_formatter { table };
        json_error_t error;
        json_t *j = json_loads(text.str().c_str(), 0, &error);
        if (!j)
            std::cerr << path << ": " << error.text << '\n';
        return j;
    } catch (const std::exception &e) {
        std::cerr << path << ": " << e.what() << '\n';
        return nullptr;
    }
}

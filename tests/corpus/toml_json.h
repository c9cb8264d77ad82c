/* toml_json.h - a TOML file as a jansson tree. */
#ifndef TOML_JSON_H
#define TOML_JSON_H

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NULL: not readable or not TOML; the reason is printed on standard error. */
json_t *toml_json_load(const char *path);

#ifdef __cplusplus
}
#endif
#endif

#include "native_file.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void die(const char *what, const char *which)
{
    fprintf(stderr, "emit: %s: %s\n", what, which);
    exit(2);
}

static char *join(const char *format, const char *a, const char *b, const char *c)
{
    size_t size = strlen(format) + strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = malloc(size);
    if (!text)
        die("memory", "short");
    snprintf(text, size, format, a, b, c);
    return text;
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static bool put(void *ctx, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, ctx) == len;
}

void ts_native_begin(ts_native_file *f, const char *what)
{
    memset(f, 0, sizeof *f);
    char *dir = join("%s/native%s%s", setting("BUILD", "build"), "", "");
    mkdir(dir, 0777);
    f->path = join("%s/%s.c%s", dir, what, "");
    f->library = join("%s/%s.so%s", dir, what, "");
    f->out = fopen(f->path, "w");
    if (!f->out)
        die("cannot write", f->path);
    if (eqlm_emit_c_begin(put, f->out) != EQLM_OK)
        die("eqlm_emit_c_begin", f->path);
    free(dir);
}

bool ts_native_add(ts_native_file *f, const char *name, const eqlm_program *p, eqlm_str source)
{
    if (eqlm_emit_c_rule(p, name, source, put, f->out) != EQLM_OK)
        return false;
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 64;
        f->names = realloc(f->names, f->cap * sizeof *f->names);
        if (!f->names)
            die("memory", "short");
    }
    f->names[f->n++] = join("%s%s%s", name, "", "");
    return true;
}

static char *command_of(const ts_native_file *f)
{
    static const char format[] = "%s -O1 -g0 -std=c11 -fPIC -shared -Iinclude -Wall -Wextra -Wpedantic -Wconversion "
                                 "-Wsign-conversion -Wshadow -Wmissing-prototypes -Wcast-qual -Werror -o %s %s";
    char *compiler = join("%s %s %s", setting("CC", "cc"), setting("CFLAGS", ""), setting("LDFLAGS", ""));
    char *command = join(format, compiler, f->library, f->path);
    free(compiler);
    return command;
}

void ts_native_load(ts_native_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (eqlm_emit_c_end("rules", (const char *const *)files[i].names, files[i].n, put, files[i].out) != EQLM_OK ||
            fclose(files[i].out) != 0)
            die("cannot write", files[i].path);
    for (size_t i = 0; i < n; i += 2) {
        char *one = command_of(&files[i]), *other = i + 1 < n ? command_of(&files[i + 1]) : join("true%s%s%s", "", "", "");
        char *both = join("%s & p=$!; %s && wait $p%s", one, other, "");
        if (system(both) != 0)
            die("does not compile", files[i].path);
        free(one);
        free(other);
        free(both);
    }
    for (size_t i = 0; i < n; i++) {
        files[i].handle = dlopen(files[i].library, RTLD_NOW | RTLD_LOCAL);
        if (!files[i].handle)
            die("cannot load", dlerror());
    }
}

/* From the table of the file, not from its symbol: so the table is tested, too. */
const eqlm_native_rule *ts_native_find(const ts_native_file *f, const char *name)
{
    const eqlm_native_rule *const *rules = dlsym(f->handle, "rules");
    for (size_t i = 0; rules && rules[i]; i++)
        if (strcmp(rules[i]->name, name) == 0)
            return rules[i] == (const eqlm_native_rule *)dlsym(f->handle, name) ? rules[i] : NULL;
    return NULL;
}

void ts_native_clear(ts_native_file *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->names[i]);
    free(f->names);
    if (f->handle)
        dlclose(f->handle);
    free(f->path);
    free(f->library);
    memset(f, 0, sizeof *f);
}

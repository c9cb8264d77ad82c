/* rules.c - finds rule files and hands each to the reader of its format, which its name or, for other names
 * and standard input, its content tells. */
#include "rules_read.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef void (*reader_fn)(eqlc_input *in);

static const struct {
    const char *ending;
    reader_fn read;
} formats[] = {
    { ".eql", eqlc_read_eql },           { ".toml", eqlc_read_toml },    { ".json", eqlc_read_json },
    { ".ndjson", eqlc_read_json },       { ".jsonl", eqlc_read_json },   { ".md", eqlc_read_markdown },
    { ".markdown", eqlc_read_markdown }, { ".mdx", eqlc_read_markdown }, { ".eqlp", eqlc_read_image },
};

#define MAX_DIRECTORY_DEPTH 64

/* A directory that was already read: links may lead back to it. */
typedef struct visited {
    dev_t device;
    ino_t inode;
} visited;

typedef struct walk {
    eqlc_rules *rules;
    eqlc_file_error_fn report;
    void *ctx;
    bool named; /* the file has been asked for; others are found in a directory */
    visited *seen;
    size_t n_seen, cap_seen;
} walk;

static void unreadable(walk *w, const char *path, const char *why)
{
    eqlc_buf message = { NULL, 0, 0 };

    eqlc_buf_format(&message, "cannot read: %s", why);
    w->rules->n_unreadable++;
    w->report(w->ctx, path, (eqlc_place) { 0, 0 }, false, message.data);
    eqlc_buf_clear(&message);
}

static reader_fn reader_by_name(const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        size_t n = strlen(formats[i].ending);

        if (len > n && strcasecmp(path + len - n, formats[i].ending) == 0)
            return formats[i].read;
    }
    return NULL;
}

static bool starts_with(const char *text, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);

    return len >= n && memcmp(text, prefix, n) == 0;
}

/* A TOML file starts with a [table] or key = value; a query never does. */
static bool line_is_toml(const char *line, size_t len)
{
    size_t i = 0;

    if (len && line[0] == '[') {
        const char *close = memchr(line, ']', len);

        return close && close > line + 1 && !memchr(line, ' ', (size_t)(close - line));
    }
    while (i < len && (isalnum((unsigned char)line[i]) || strchr("_-.\"", line[i])))
        i++;
    while (i > 0 && i < len && line[i] == ' ')
        i++;
    return i > 0 && i + 1 < len && line[i] == '=' && line[i + 1] != '=';
}

/* What a single line gives away about the whole text, or NULL. */
static reader_fn reader_by_line(const char *line, size_t len, bool first)
{
    if (starts_with(line, len, "Rule type: eql"))
        return eqlc_read_page_text;
    if (starts_with(line, len, "```") || starts_with(line, len, "**Rule type**:"))
        return eqlc_read_markdown;
    if (first && len == 3 && starts_with(line, len, "---"))
        return eqlc_read_markdown; /* front matter */
    return NULL;
}

static reader_fn reader_by_content(const eqlc_input *in)
{
    size_t i = in->start;
    bool first = true, hash = false;

    while (i < in->len && isspace((unsigned char)in->text[i]))
        i++;
    if (i < in->len && in->text[i] == '{')
        return eqlc_read_json;
    if (i < in->len && in->text[i] == '[') {
        size_t k = i + 1;

        while (k < in->len && isspace((unsigned char)in->text[k]))
            k++;
        if (k == in->len || in->text[k] == '{' || in->text[k] == ']')
            return eqlc_read_json;
    }
    while (i < in->len) {
        const char *line = in->text + i;
        const char *newline = memchr(line, '\n', in->len - i);
        size_t len = newline ? (size_t)(newline - line) : in->len - i;
        size_t next = i + len + 1;
        reader_fn read;

        while (len && isspace((unsigned char)line[len - 1]))
            len--;
        read = reader_by_line(line, len, first);
        if (!read && first && line_is_toml(line, len))
            read = eqlc_read_toml;
        if (read)
            return read;
        /* A comment of TOML or a heading of Markdown may stand first; what follows decides. */
        hash = hash || (first && len && line[0] == '#');
        first = first && (len == 0 || line[0] == '#');
        i = next;
    }
    return hash ? eqlc_read_markdown : eqlc_read_eql;
}

/* Reads everything, with padding behind it. Returns NULL and errno, or 0 in errno for a file that is too
 * large. */
static char *slurp(int fd, size_t *len)
{
    eqlc_buf b = { NULL, 0, 0 };
    struct stat st;
    size_t want = 64 * 1024;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        if ((uintmax_t)st.st_size > EQLC_MAX_FILE) {
            errno = EFBIG;
            return NULL;
        }
        want = (size_t)st.st_size + 1;
    }
    for (;;) {
        ssize_t n;

        b.data = eqlc_grow(b.data, &b.cap, b.len + want + EQLC_PADDING, 1);
        n = read(fd, b.data + b.len, b.cap - b.len - EQLC_PADDING);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0)
            b.len += (size_t)n;
        if (n < 0 || b.len > EQLC_MAX_FILE) {
            int why = n < 0 ? errno : EFBIG;

            eqlc_buf_clear(&b);
            errno = why;
            return NULL;
        }
        if (n == 0)
            break;
        want = 64 * 1024;
    }
    memset(b.data + b.len, 0, EQLC_PADDING);
    *len = b.len;
    return b.data;
}

static bool looks_binary(const char *text, size_t len)
{
    return memchr(text, '\0', len < 8192 ? len : 8192) != NULL;
}

static void read_text(walk *w, const char *path, reader_fn read, char *take_text, size_t len)
{
    eqlc_rules *rules = w->rules;
    eqlc_input in = { rules, path, take_text, 0, len, w->report, w->ctx };
    size_t before = rules->n, failed = rules->n_failed;

    rules->why_skipped = "there is none in it";
    rules->sources =
        eqlc_grow(rules->sources, &rules->cap_sources, rules->n_sources + 1, sizeof *rules->sources);
    rules->sources[rules->n_sources++] = take_text;
    if (read == eqlc_read_image || eqlc_is_image(take_text, len)) {
        eqlc_read_image(&in);
    } else if (starts_with(take_text, len, "\xFF\xFE") || starts_with(take_text, len, "\xFE\xFF")) {
        eqlc_input_error(&in, 0, "the file is UTF-16; rule files are UTF-8");
    } else if (looks_binary(take_text, len)) {
        eqlc_input_error(&in, 0, "this is a binary file, not a rule");
    } else {
        if (starts_with(take_text, len, "\xEF\xBB\xBF"))
            in.start = 3;
        (read ? read : reader_by_content(&in))(&in);
    }
    if (w->named && rules->n == before && rules->n_failed == failed)
        eqlc_input_warning(&in, 0, "this is no rule in EQL: %s", rules->why_skipped);
    if (rules->n == before) { /* nothing points into it */
        rules->n_sources--;
        free(take_text);
    }
}

static void read_fd(walk *w, const char *path, reader_fn read, int fd)
{
    size_t len = 0;
    char *text = slurp(fd, &len);

    if (text)
        read_text(w, path, read, text, len);
    else if (errno == EFBIG)
        unreadable(w, path, "larger than 256 MiB");
    else
        unreadable(w, path, strerror(errno));
}

static void read_file(walk *w, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        unreadable(w, path, strerror(errno));
        return;
    }
    read_fd(w, path, reader_by_name(path), fd);
    close(fd);
}

static bool first_visit(walk *w, const struct stat *st)
{
    for (size_t i = 0; i < w->n_seen; i++) {
        if (w->seen[i].device == st->st_dev && w->seen[i].inode == st->st_ino)
            return false;
    }
    w->seen = eqlc_grow(w->seen, &w->cap_seen, w->n_seen + 1, sizeof *w->seen);
    w->seen[w->n_seen++] = (visited) { st->st_dev, st->st_ino };
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory but hidden ones, sorted. False: it cannot be read (errno). */
static bool list_directory(const char *path, char ***names, size_t *n_names)
{
    size_t cap = 0;
    DIR *dir = opendir(path);
    struct dirent *entry;

    *names = NULL;
    *n_names = 0;
    if (!dir)
        return false;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        *names = eqlc_grow(*names, &cap, *n_names + 1, sizeof **names);
        (*names)[(*n_names)++] = eqlc_copy(entry->d_name, strlen(entry->d_name));
    }
    closedir(dir);
    if (*n_names > 1)
        qsort(*names, *n_names, sizeof **names, by_name);
    return true;
}

static void read_directory(walk *w, const char *path, const struct stat *st, int depth);

/* A name found in a directory: files of other kinds than rules are passed over without a word. */
static void read_found(walk *w, const char *path, int depth)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        if (reader_by_name(path))
            unreadable(w, path, strerror(errno));
        return;
    }
    if (S_ISDIR(st.st_mode))
        read_directory(w, path, &st, depth);
    else if (S_ISREG(st.st_mode) && reader_by_name(path))
        read_file(w, path);
}

static void read_directory(walk *w, const char *path, const struct stat *st, int depth)
{
    char **names;
    size_t n_names, len = strlen(path);

    w->named = false;
    if (!first_visit(w, st))
        return; /* a symbolic link leads here a second time, or in a circle */
    if (depth > MAX_DIRECTORY_DEPTH) {
        unreadable(w, path, "too many directories inside each other");
        return;
    }
    if (!list_directory(path, &names, &n_names)) {
        unreadable(w, path, strerror(errno));
        return;
    }
    for (size_t i = 0; i < n_names; i++) {
        eqlc_buf child = { NULL, 0, 0 };

        eqlc_buf_add(&child, path, len);
        if (len && path[len - 1] != '/')
            eqlc_buf_char(&child, '/');
        eqlc_buf_text(&child, names[i]);
        read_found(w, child.data, depth + 1);
        eqlc_buf_clear(&child);
        free(names[i]);
    }
    free(names);
}

void eqlc_rules_read(eqlc_rules *rules, char *const *paths, size_t n_paths, eqlc_file_error_fn report,
                     void *ctx)
{
    walk w = { .rules = rules, .report = report, .ctx = ctx };
    size_t before = rules->n + rules->n_failed + rules->n_unreadable;

    for (size_t i = 0; i < n_paths; i++) {
        struct stat st;

        w.n_seen = 0; /* a path given twice is read twice */
        w.named = true;
        if (strcmp(paths[i], "-") == 0)
            read_fd(&w, "-", NULL, STDIN_FILENO);
        else if (stat(paths[i], &st) != 0)
            unreadable(&w, paths[i], strerror(errno));
        else if (S_ISDIR(st.st_mode))
            read_directory(&w, paths[i], &st, 0);
        else
            read_file(&w, paths[i]);
    }
    rules->none = n_paths > 0 && rules->n + rules->n_failed + rules->n_unreadable == before;
    for (size_t i = 0; rules->none && i < n_paths; i++)
        report(ctx, paths[i], (eqlc_place) { 0, 0 }, false,
               "no rules in EQL here; of directories .eql .toml .json .ndjson .jsonl .md .mdx .eqlp files "
               "are read");
    free(w.seen);
}

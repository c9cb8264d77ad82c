/* run_state.c - the file of `eqlc run --state`. */
#include "run_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/types.h>

#include <sha2.h>

static const char magic[8] = { 'E', 'Q', 'L', 'C', 'S', 'T', 'A', 'T' };
#define VERSION 3
#define HEADER (sizeof magic + 4 + 8 + SHA256_DIGEST_LENGTH)

#define LEAST_SECONDS 5 /* between two saves */
#define COST_FACTOR 20  /* and at most this part of the time goes into saving */
#define ASK_CLOCK 1024  /* events */

/* ------------------------------------------------------------------------------------------------------
 * Files
 */

static void digest_of(const char *bytes, size_t len, char out[SHA256_DIGEST_LENGTH])
{
    SHA2_CTX digest;

    SHA256Init(&digest);
    SHA256Update(&digest, (const uint8_t *)bytes, len);
    SHA256Final((uint8_t *)out, &digest);
}

/* The whole file; NULL if there is none. */
static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    eqlc_buf b = { NULL, 0, 0 };
    char room[65536];
    size_t n;

    if (!file && errno == ENOENT)
        return NULL;
    if (!file)
        eqlc_die("%s: %s", path, strerror(errno));
    while ((n = fread(room, 1, sizeof room, file)) > 0)
        eqlc_buf_add(&b, room, n);
    if (ferror(file))
        eqlc_die("%s: %s", path, strerror(errno));
    fclose(file);
    eqlc_buf_add(&b, "", 0);
    *len = b.len;
    return b.data;
}

static void write_all(int fd, const char *path, const eqlc_buf *b)
{
    for (size_t at = 0; at < b->len;) {
        ssize_t n = write(fd, b->data + at, b->len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            eqlc_die("%s: cannot save the state: %s", path, strerror(errno));
        at += (size_t)n;
    }
}

/* So that the new name lasts, too. Some file systems cannot do this for directories. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? eqlc_copy(path, (size_t)(slash - path) + 1) : eqlc_copy(".", 1);
    int fd = open(dir, O_RDONLY | O_DIRECTORY);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(dir);
}

static void replace_file(const char *path, const eqlc_buf *header, const eqlc_buf *body)
{
    eqlc_buf temporary = { NULL, 0, 0 };
    int fd;

    eqlc_buf_format(&temporary, "%s.new", path);
    fd = open(temporary.data, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        eqlc_die("%s: cannot save the state: %s", temporary.data, strerror(errno));
    write_all(fd, temporary.data, header);
    write_all(fd, temporary.data, body);
    if (fsync(fd) != 0 || close(fd) != 0 || rename(temporary.data, path) != 0)
        eqlc_die("%s: cannot save the state: %s", path, strerror(errno));
    sync_directory(path);
    eqlc_buf_clear(&temporary);
}

/* ------------------------------------------------------------------------------------------------------
 * Output
 */

/* Where standard output stands if that is a file. */
static bool output_place(struct stat *st, uint64_t *at)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    off_t offset;

    if (flags < 0 || fstat(STDOUT_FILENO, st) != 0 || !S_ISREG(st->st_mode))
        return false;
    offset = flags & O_APPEND ? st->st_size : lseek(STDOUT_FILENO, 0, SEEK_CUR);
    *at = (uint64_t)offset;
    return offset >= 0;
}

static void pack_output(eqlc_buf *b)
{
    struct stat st;
    uint64_t at = 0;
    bool is_file = output_place(&st, &at);

    if (is_file)
        (void)fdatasync(STDOUT_FILENO); /* what the state counts as written must not be lost before it */
    eqlc_pack(b, is_file, 1);
    eqlc_pack(b, is_file ? (uint64_t)st.st_dev : 0, 8);
    eqlc_pack(b, is_file ? (uint64_t)st.st_ino : 0, 8);
    eqlc_pack(b, at, 8);
}

/* What a killed run has written after it saved will come again. */
static void cut_output(eqlc_unpacker *u, bool finished)
{
    bool is_file = eqlc_unpack(u, 1) != 0;
    uint64_t device = eqlc_unpack(u, 8), inode = eqlc_unpack(u, 8), size = eqlc_unpack(u, 8), at;
    struct stat st;

    if (u->bad || finished || !is_file || !output_place(&st, &at) || (uint64_t)st.st_dev != device ||
        (uint64_t)st.st_ino != inode || (uint64_t)st.st_size < size)
        return;
    if (ftruncate(STDOUT_FILENO, (off_t)size) != 0 || lseek(STDOUT_FILENO, (off_t)size, SEEK_SET) < 0)
        eqlc_die("cannot cut the output back to %llu bytes: %s", (unsigned long long)size, strerror(errno));
}

/* ------------------------------------------------------------------------------------------------------
 * Inputs
 */

static eqlc_state_input *add_input(eqlc_state_inputs *inputs, const char *path, size_t len)
{
    inputs->items = eqlc_grow(inputs->items, &inputs->cap, inputs->n + 1, sizeof *inputs->items);
    eqlc_state_input *in = &inputs->items[inputs->n++];
    *in = (eqlc_state_input) { .path = eqlc_copy(path, len) };
    return in;
}

static void clear_inputs(eqlc_state_inputs *inputs)
{
    for (size_t i = 0; i < inputs->n; i++)
        free(inputs->items[i].path);
    free(inputs->items);
    *inputs = (eqlc_state_inputs) { NULL, 0, 0 };
}

static void pack_input(eqlc_buf *b, const eqlc_state_input *in)
{
    eqlc_pack_text(b, in->path, strlen(in->path));
    eqlc_pack(b, in->device, 8);
    eqlc_pack(b, in->inode, 8);
    eqlc_pack(b, in->size, 8);
    eqlc_pack(b, in->taken, 8);
}

static void unpack_inputs(eqlc_unpacker *u, eqlc_state_inputs *inputs)
{
    uint64_t n = eqlc_unpack(u, 8);

    for (uint64_t i = 0; i < n && !u->bad; i++) {
        eqlm_str path = eqlc_unpack_text(u);
        eqlc_state_input *in = add_input(inputs, path.ptr, path.len);

        in->device = eqlc_unpack(u, 8);
        in->inode = eqlc_unpack(u, 8);
        in->size = eqlc_unpack(u, 8);
        in->taken = eqlc_unpack(u, 8);
    }
}

static bool stat_input(const char *path, struct stat *st)
{
    int result = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, st) : stat(path, st);

    return result == 0 && S_ISREG(st->st_mode);
}

/* The same file, not begun anew since. */
static bool is_continued(const eqlc_state_input *earlier, const eqlc_state_input *now)
{
    return !earlier->used && strcmp(earlier->path, now->path) == 0 && now->inode &&
           earlier->device == now->device && earlier->inode == now->inode && earlier->size <= now->size;
}

void eqlc_run_state_begin(eqlc_run_state *st, const char *path)
{
    struct stat file;

    if (!st->path)
        return;
    eqlc_state_input *in = add_input(&st->inputs, path, strlen(path));
    if (stat_input(path, &file)) {
        in->device = (uint64_t)file.st_dev;
        in->inode = (uint64_t)file.st_ino;
        in->size = (uint64_t)file.st_size;
    }
    st->skip = 0;
    for (size_t i = 0; i < st->earlier.n; i++) {
        if (!is_continued(&st->earlier.items[i], in))
            continue;
        st->earlier.items[i].used = true;
        st->skip = st->earlier.items[i].taken;
        break;
    }
}

bool eqlc_run_state_skips(eqlc_run_state *st)
{
    if (!st->path)
        return false;
    st->inputs.items[st->inputs.n - 1].taken++;
    if (st->skip == 0)
        return false;
    st->skip--;
    return true;
}

/* ------------------------------------------------------------------------------------------------------
 * Loading and saving
 */

static bool add_to_digest(void *ctx, const void *bytes, size_t len)
{
    SHA256Update(ctx, bytes, len);
    return true;
}

void eqlc_run_state_rules(eqlc_run_state *st, const eqlm_program *const *programs, size_t n,
                          const char *const *options)
{
    SHA2_CTX digest;

    SHA256Init(&digest);
    for (; *options; options++)
        SHA256Update(&digest, (const uint8_t *)*options, strlen(*options) + 1);
    for (size_t i = 0; i < n; i++)
        if (eqlm_program_save(programs[i], add_to_digest, &digest) != EQLM_OK)
            eqlc_die("out of memory");
    SHA256Final((uint8_t *)st->rules, &digest);
}

static void check_rules(const eqlc_run_state *st, eqlc_unpacker *u)
{
    for (size_t i = 0; i < sizeof st->rules; i++)
        if ((char)eqlc_unpack(u, 1) != st->rules[i] && !u->bad)
            eqlc_die("%s: this state was saved with other rules or options; go on with those, or remove it",
                     st->path);
}

bool eqlc_run_state_load(eqlc_run_state *st, eqlc_unpacker *out)
{
    char digest[SHA256_DIGEST_LENGTH];
    size_t len = 0;

    clock_gettime(CLOCK_MONOTONIC, &st->saved);
    st->loaded = read_file(st->path, &len);
    if (!st->loaded)
        return false;
    if (len < HEADER || memcmp(st->loaded, magic, sizeof magic) != 0)
        eqlc_die("%s: this is not a state that eqlc has saved", st->path);
    *out = (eqlc_unpacker) { .at = st->loaded + sizeof magic, .end = st->loaded + len };
    if (eqlc_unpack(out, 4) != VERSION)
        eqlc_die("%s: this state was saved by another version of eqlc", st->path);
    uint64_t size = eqlc_unpack(out, 8);
    digest_of(st->loaded + HEADER, len - HEADER, digest);
    if (size != len - HEADER || memcmp(out->at, digest, sizeof digest) != 0)
        eqlc_die("%s: the state is damaged", st->path);
    out->at += sizeof digest;
    check_rules(st, out);
    bool finished = eqlc_unpack(out, 1) != 0;
    eqlc_unpacker output = *out;
    out->at += 1 + 3 * 8;
    unpack_inputs(out, &st->earlier);
    if (out->bad)
        eqlc_die("%s: the state is damaged", st->path);
    cut_output(&output, finished);
    return true;
}

void eqlc_run_state_loaded(eqlc_run_state *st)
{
    free(st->loaded);
    st->loaded = NULL;
}

/* What this run has not come to yet keeps its place. */
static void pack_inputs(const eqlc_run_state *st, eqlc_buf *b)
{
    uint64_t n = st->inputs.n;

    for (size_t i = 0; i < st->earlier.n; i++)
        n += !st->earlier.items[i].used;
    eqlc_pack(b, n, 8);
    for (size_t i = 0; i < st->inputs.n; i++)
        pack_input(b, &st->inputs.items[i]);
    for (size_t i = 0; i < st->earlier.n; i++)
        if (!st->earlier.items[i].used)
            pack_input(b, &st->earlier.items[i]);
}

void eqlc_run_state_save(eqlc_run_state *st, const eqlc_buf *parts, bool finished)
{
    eqlc_buf header = { NULL, 0, 0 }, body = { NULL, 0, 0 };
    char digest[SHA256_DIGEST_LENGTH];
    struct timespec start;

    clock_gettime(CLOCK_MONOTONIC, &start);
    if (finished)
        for (size_t i = 0; i < st->earlier.n; i++)
            st->earlier.items[i].used = true; /* files of this run alone are remembered */
    if (!finished && st->inputs.n) { /* stopped before it came to what is new: that place stays */
        st->inputs.items[st->inputs.n - 1].taken += st->skip;
        st->skip = 0;
    }
    eqlc_buf_add(&body, st->rules, sizeof st->rules);
    eqlc_pack(&body, finished, 1);
    pack_output(&body);
    pack_inputs(st, &body);
    eqlc_buf_add(&body, parts->data ? parts->data : "", parts->len);
    digest_of(body.data, body.len, digest);
    eqlc_buf_add(&header, magic, sizeof magic);
    eqlc_pack(&header, VERSION, 4);
    eqlc_pack(&header, body.len, 8);
    eqlc_buf_add(&header, digest, sizeof digest);
    replace_file(st->path, &header, &body);
    eqlc_buf_clear(&header);
    eqlc_buf_clear(&body);
    clock_gettime(CLOCK_MONOTONIC, &st->saved);
    st->cost = st->saved.tv_sec - start.tv_sec;
    st->since = 0;
}

bool eqlc_run_state_is_due(eqlc_run_state *st)
{
    struct timespec now;

    if (!st->path)
        return false;
    st->since++;
    if (st->every)
        return st->since >= st->every;
    if (st->since % ASK_CLOCK != 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - st->saved.tv_sec >= LEAST_SECONDS + COST_FACTOR * st->cost;
}

void eqlc_run_state_clear(eqlc_run_state *st)
{
    clear_inputs(&st->inputs);
    clear_inputs(&st->earlier);
    eqlc_run_state_loaded(st);
}

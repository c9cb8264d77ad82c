/* event_input.c - reads files with read(2), so that lines from a pipe are seen when they are written. */
#define _GNU_SOURCE /* F_SETPIPE_SZ, where there is one */
#include "event_input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define WINDOW ((size_t)256 * 1024)
#define PACKED ((size_t)64 * 1024)
#define PIPE (1024 * 1024)

static bool fail(eqlc_event_input *in, const char *error)
{
    in->error = error;
    in->ended = true;
    return false;
}

volatile sig_atomic_t eqlc_stop_signal;

/* read(2) that goes on after signals, unless they ask to stop. -1: failed. */
static ssize_t read_some(int fd, void *out, size_t size)
{
    struct pollfd input = { .fd = fd, .events = POLLIN };
    ssize_t n;
    while (!eqlc_stop_signal && poll(&input, 1, -1) < 0 && errno == EINTR)
        continue; /* a read would go on by itself after a signal */
    do
        n = eqlc_stop_signal ? 0 : read(fd, out, size > INT_MAX ? INT_MAX : size);
    while (n < 0 && errno == EINTR);
    return n;
}

static bool fill_packed(eqlc_event_input *in)
{
    if (in->packed_start > 0) {
        memmove(in->packed, in->packed + in->packed_start, in->packed_end - in->packed_start);
        in->packed_end -= in->packed_start;
        in->packed_start = 0;
    }
    ssize_t n = read_some(in->fd, in->packed + in->packed_end, PACKED - in->packed_end);
    if (n < 0)
        return fail(in, strerror(errno));
    in->packed_ended = n == 0;
    in->packed_end += (size_t)n;
    return true;
}

#define REMEDY(program)                                                                                      \
    "this is compressed with " program "; unpack it first: " program " -dc FILE | eqlc ... -"

/* How compressed files begin, and why they are not read: NULL for gzip. */
static const struct {
    const char *bytes, *error;
} packings[] = {
    { "\x1F\x8B", NULL },
    { "\x28\xB5\x2F\xFD", REMEDY("zstd") },
    { "\xFD\x37zXZ", REMEDY("xz") },
    { "BZh", REMEDY("bzip2") },
    { "PK\x03\x04", "this is a zip archive; unpack it first: unzip -p FILE | eqlc ... -" },
};

enum { N_PACKINGS = sizeof packings / sizeof packings[0] };

/* Looks at the first bytes, no more of them than needed: N_PACKINGS is plain text. False: reading failed. */
static bool find_packing(eqlc_event_input *in, size_t *packing)
{
    for (*packing = 0; *packing < N_PACKINGS; ++*packing) {
        const char *bytes = packings[*packing].bytes;
        size_t same = 0;
        for (; bytes[same]; same++) {
            while (same == in->packed_end && !in->packed_ended)
                if (!fill_packed(in))
                    return false;
            /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): these bytes were read */
            if (same == in->packed_end || in->packed[same] != (unsigned char)bytes[same])
                break;
        }
        if (!bytes[same])
            break;
    }
    return true;
}

static bool detect(eqlc_event_input *in)
{
    size_t packing;
    if (!find_packing(in, &packing))
        return false;
    in->gzip = packing < N_PACKINGS && !packings[packing].error;
    if (packing < N_PACKINGS && !in->gzip)
        return fail(in, packings[packing].error);
    if (!in->gzip)
        return true;
    if (inflateInit2(in->zlib, 15 + 16) != Z_OK) {
        in->gzip = false;
        return fail(in, "out of memory");
    }
    in->member_open = true;
    return true;
}

static bool skip_mark(eqlc_event_input *in)
{
    while (in->end < 3 && eqlc_event_input_more(in, NULL))
        continue;
    if (in->end >= 3 && memcmp(in->window, "\xEF\xBB\xBF", 3) == 0)
        in->keep = 3;
    return in->end < 2 ||
           (memcmp(in->window, "\xFF\xFE", 2) != 0 && memcmp(in->window, "\xFE\xFF", 2) != 0) ||
           fail(in, "this is UTF-16; only UTF-8 is read");
}

bool eqlc_event_input_open(eqlc_event_input *in, const char *path)
{
    *in = (eqlc_event_input) {
        .window = in->window, .cap = in->cap, .zlib = in->zlib, .packed = in->packed, .fd = -1
    };
    in->at = (eqlc_place_in_file) { 1, 1 };
    if (!in->window) {
        in->window = calloc(1, WINDOW + EQLC_EVENT_INPUT_PADDING);
        in->cap = in->window ? WINDOW : 0;
    }
    if (!in->zlib)
        in->zlib = calloc(1, sizeof *in->zlib);
    if (!in->packed)
        in->packed = malloc(PACKED);
    if (!in->window || !in->zlib || !in->packed)
        return fail(in, "out of memory");
    in->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return fail(in, strerror(errno));
#ifdef F_SETPIPE_SZ
    (void)fcntl(in->fd, F_SETPIPE_SZ, PIPE); /* whoever writes wakes us less often */
#endif
    if (!detect(in) || !skip_mark(in)) {
        const char *error = in->error;
        eqlc_event_input_close(in);
        return fail(in, error);
    }
    return true;
}

void eqlc_event_input_close(eqlc_event_input *in)
{
    if (in->gzip)
        inflateEnd(in->zlib);
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    in->gzip = false;
    in->fd = -1;
}

void eqlc_event_input_clear(eqlc_event_input *in)
{
    free(in->window);
    free(in->zlib);
    free(in->packed);
    *in = (eqlc_event_input) { .fd = -1 };
}

/* Makes room behind `end`, first by forgetting what is before keep. */
static bool make_room(eqlc_event_input *in, size_t *offset)
{
    if (in->keep > 0) {
        memmove(in->window, in->window + in->keep, in->end - in->keep);
        in->end -= in->keep;
        if (offset)
            *offset -= in->keep;
        in->keep = 0;
    }
    if (in->cap - in->end >= in->cap / 4)
        return true;
    char *more = in->cap < SIZE_MAX / 4 ? realloc(in->window, in->cap * 2 + EQLC_EVENT_INPUT_PADDING) : NULL;
    if (!more)
        return fail(in, "out of memory");
    in->window = more;
    in->cap *= 2;
    return true;
}

/* One step of decompression into `room` bytes behind `end`; may give nothing. */
static bool inflate_some(eqlc_event_input *in, size_t room)
{
    if (in->packed_start == in->packed_end && !in->packed_ended && !fill_packed(in))
        return false;
    if (in->packed_start == in->packed_end) {
        in->ended = true;
        return in->member_open ? fail(in, "the compressed data ends too early") : true;
    }
    if (!in->member_open) { /* another member; what is not one is ignored, as gzip does with padding */
        while (in->packed_end - in->packed_start < 2 && !in->packed_ended)
            if (!fill_packed(in))
                return false;
        const unsigned char *p = in->packed + in->packed_start;
        if (in->packed_end - in->packed_start < 2 || p[0] != 0x1F || p[1] != 0x8B) {
            in->ended = true;
            return *p == 0 ? true : fail(in, "there is other data behind the compressed data");
        }
        inflateReset(in->zlib);
        in->member_open = true;
    }
    in->zlib->next_in = in->packed + in->packed_start;
    in->zlib->avail_in = (unsigned)(in->packed_end - in->packed_start);
    in->zlib->next_out = (unsigned char *)in->window + in->end;
    in->zlib->avail_out = room > UINT_MAX ? UINT_MAX : (unsigned)room;
    unsigned asked = in->zlib->avail_out;
    int status = inflate(in->zlib, Z_NO_FLUSH);
    in->packed_start = in->packed_end - in->zlib->avail_in;
    in->end += asked - in->zlib->avail_out;
    if (status == Z_STREAM_END)
        in->member_open = false;
    else if (status != Z_OK && status != Z_BUF_ERROR)
        return fail(in, status == Z_MEM_ERROR ? "out of memory" : "the compressed data is damaged");
    return true;
}

static bool read_plain(eqlc_event_input *in, size_t room)
{
    size_t waiting = in->packed_end - in->packed_start; /* the bytes that detect looked at */
    if (waiting > 0) {
        size_t n = waiting < room ? waiting : room;
        memcpy(in->window + in->end, in->packed + in->packed_start, n);
        in->packed_start += n;
        in->end += n;
        return true;
    }
    ssize_t n = read_some(in->fd, in->window + in->end, room);
    if (n < 0)
        return fail(in, strerror(errno));
    in->ended = n == 0;
    in->end += (size_t)n;
    return true;
}

bool eqlc_event_input_more(eqlc_event_input *in, size_t *offset)
{
    if (in->ended || !make_room(in, offset))
        return false;
    size_t before = in->end;
    while (in->end == before && !in->ended)
        if (!(in->gzip ? inflate_some(in, in->cap - in->end) : read_plain(in, in->cap - in->end)))
            break;
    in->bytes += in->end - before;
    return in->end > before;
}

eqlc_place_in_file eqlc_event_input_place(const eqlc_event_input *in, size_t offset)
{
    eqlc_place_in_file place = in->at;
    size_t start = in->keep;
    const char *newline;
    while ((newline = memchr(in->window + start, '\n', offset - start)) != NULL) {
        start = (size_t)(newline - in->window) + 1;
        place.line++;
        place.column = 1;
    }
    for (; start < offset; start++)
        place.column += ((unsigned char)in->window[start] & 0xC0) != 0x80;
    return place;
}

void eqlc_event_input_keep(eqlc_event_input *in, size_t offset)
{
    in->at = eqlc_event_input_place(in, offset);
    in->keep = offset;
}

void eqlc_event_input_keep_line(eqlc_event_input *in, size_t offset)
{
    in->at.line++;
    in->at.column = 1;
    in->keep = offset;
}

/* ------------------------------------------------------------------------------------------------------
 * Lines
 */

bool eqlc_event_input_is_full(const eqlc_event_input *in)
{
    return in->end - in->keep > in->cap - in->cap / 4;
}

bool eqlc_event_input_wait(const eqlc_event_input *in, int milliseconds)
{
    struct pollfd fd = { .fd = in->fd, .events = POLLIN };
    return in->ended || in->packed_start < in->packed_end || poll(&fd, 1, milliseconds) != 0;
}

/* Where the last line in the window ends, or keep if none does. */
static size_t last_line(const eqlc_event_input *in)
{
    size_t end = in->end;
    while (end > in->keep && in->window[end - 1] != '\n')
        end--;
    return end;
}

/* The lines [keep, end) of the window become those of *out, and the memory of *out the window. */
static bool move_lines(eqlc_event_input *in, size_t end, eqlc_event_lines *out)
{
    size_t rest = in->end - end;
    if (out->cap < WINDOW || out->cap < rest) {
        free(out->text);
        out->cap = rest > WINDOW ? rest : WINDOW;
        out->text = calloc(1, out->cap + EQLC_EVENT_INPUT_PADDING);
        if (!out->text) {
            out->cap = 0;
            return fail(in, "out of memory");
        }
    }
    if (rest)
        memcpy(out->text, in->window + end, rest);
    eqlc_event_lines lines = { in->window, in->cap, in->keep, end };
    in->window = out->text;
    in->cap = out->cap;
    in->keep = 0;
    in->end = rest;
    *out = lines;
    return true;
}

bool eqlc_event_input_lines(eqlc_event_input *in, eqlc_event_lines *out)
{
    size_t end = in->ended ? in->end : last_line(in);
    return end > in->keep && move_lines(in, end, out);
}

char *eqlc_event_input_unread(eqlc_event_input *in, size_t len)
{
    size_t rest = in->end - in->keep, cap = len + rest > WINDOW ? len + rest : WINDOW;
    char *window = calloc(1, cap + EQLC_EVENT_INPUT_PADDING);
    if (!window)
        return NULL;
    if (rest)
        memcpy(window + len, in->window + in->keep, rest);
    free(in->window);
    in->window = window;
    in->cap = cap;
    in->keep = 0;
    in->end = len + rest;
    return window;
}

bool eqlc_event_input_shrink(eqlc_event_input *in)
{
    if (in->cap > WINDOW && in->end - in->keep <= WINDOW / 2) {
        char *window = calloc(1, WINDOW + EQLC_EVENT_INPUT_PADDING);
        if (!window)
            return false;
        memcpy(window, in->window + in->keep, in->end - in->keep);
        free(in->window);
        in->window = window;
        in->end -= in->keep;
        in->keep = 0;
        in->cap = WINDOW;
    }
    return in->cap <= WINDOW;
}

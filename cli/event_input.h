/* event_input.h - bytes of a file, plain or gzip-compressed, through a window that remembers places.
 *
 * The window holds [keep, end); whoever reads moves keep forward and the memory before it is used again. */
#ifndef EQLC_EVENT_INPUT_H
#define EQLC_EVENT_INPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EQLC_EVENT_INPUT_PADDING 64 /* readable and writable bytes behind `end` */

/* A signal that asks the program to end, set by its handler, or 0: nothing more is read, as if inputs ended.
 */
extern volatile sig_atomic_t eqlc_stop_signal;

typedef struct eqlc_place_in_file {
    uint64_t line, column; /* from 1; columns count code points */
} eqlc_place_in_file;

typedef struct eqlc_event_input {
    char *window;
    size_t cap; /* without the padding */
    size_t keep, end;
    eqlc_place_in_file at; /* of keep */
    bool ended;            /* nothing follows `end` */
    const char *error;     /* why it ended early, or NULL */
    uint64_t bytes;        /* of text read so far */
    int fd;
    bool gzip;
    bool member_open; /* gzip: inside a member */
    struct z_stream_s *zlib;
    unsigned char *packed; /* gzip: compressed bytes not yet used */
    size_t packed_start, packed_end;
    bool packed_ended;
} eqlc_event_input;

/* Opens a file ("-": standard input) and goes behind its byte order mark. False: in->error says why. The
 * window of an input that was closed is used again, so zero the structure only once and free it with
 * eqlc_event_input_clear. */
bool eqlc_event_input_open(eqlc_event_input *in, const char *path);
void eqlc_event_input_close(eqlc_event_input *in);
void eqlc_event_input_clear(eqlc_event_input *in);

/* Reads more behind `end`. Moves the window, so offsets change: *offset, if not NULL, follows. False: there
 * is no more, or reading failed. */
bool eqlc_event_input_more(eqlc_event_input *in, size_t *offset);

/* Whole lines of an input. */
typedef struct eqlc_event_lines {
    char *text; /* owned, with the padding behind it; may be written */
    size_t cap; /* without the padding */
    size_t start, end;
} eqlc_event_lines;

/* Moves the lines that the window begins with to *out; the last line of the input may lack its newline.
 * Places in the input are lost: set in->at before using them again. False: there is no whole line yet. Free
 * out->text at the end. */
bool eqlc_event_input_lines(eqlc_event_input *in, eqlc_event_lines *out);
/* Whether the window is as good as full. */
bool eqlc_event_input_is_full(const eqlc_event_input *in);
/* Waits for something to read, if only the end. False: not in this time. */
bool eqlc_event_input_wait(const eqlc_event_input *in, int milliseconds);
/* Puts a text of len bytes before what the window begins with: where the caller is to write it. NULL: no
 * memory. */
char *eqlc_event_input_unread(eqlc_event_input *in, size_t len);
/* Gives back memory that a long document has taken. False: it is in use still. */
bool eqlc_event_input_shrink(eqlc_event_input *in);

/* Place of an offset that is not before keep. */
eqlc_place_in_file eqlc_event_input_place(const eqlc_event_input *in, size_t offset);
/* Forgets what is before the offset. */
void eqlc_event_input_keep(eqlc_event_input *in, size_t offset);
/* The same for the start of the next line, when all before it is one line. */
void eqlc_event_input_keep_line(eqlc_event_input *in, size_t offset);

#endif

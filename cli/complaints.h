/* complaints.h - what is said on standard error about events that cannot be read. */
#ifndef EQLC_COMPLAINTS_H
#define EQLC_COMPLAINTS_H

#include <stdint.h>

/* Says so much about each file, and then how much more there was to say. All zero is the start. */
typedef struct eqlc_complaints {
    const char *path; /* of the last one */
    uint64_t n;       /* about that file */
} eqlc_complaints;

/* line 0: about the file as a whole, which is always said; column 0: unknown. The path must last. */
void eqlc_complain(eqlc_complaints *c, const char *path, uint64_t line, uint64_t column, const char *message);
/* When all has been read. */
void eqlc_complaints_end(eqlc_complaints *c);

#endif

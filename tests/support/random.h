/* random.h - chance, and the words and numbers that random queries and random events share. */
#ifndef TS_RANDOM_H
#define TS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_WORDS = 12, TS_MAX_WORD = 400 };

typedef struct ts_word {
    char p[TS_MAX_WORD];
    size_t n;
} ts_word;

typedef struct ts_random {
    uint64_t state;
    ts_word words[TS_WORDS]; /* what queries and events of one trial are made of: UTF-8 */
} ts_random;

/* A number from the environment. */
uint64_t ts_number_from(const char *variable, uint64_t otherwise);

#define TS_PICK(r, list) (list)[ts_below(r, sizeof(list) / sizeof((list)[0]))]

void ts_random_begin(ts_random *r, uint64_t seed);
uint32_t ts_below(ts_random *r, uint32_t n);
bool ts_chance(ts_random *r, uint32_t percent);
/* A word, or a piece of one; whole characters. */
ts_word ts_random_piece(ts_random *r);
/* Changes the case of some letters of ASCII. */
void ts_flip_case(ts_random *r, ts_word *w);
/* One of the numbers that queries are made of, as text. */
const char *ts_random_number(ts_random *r);

#endif

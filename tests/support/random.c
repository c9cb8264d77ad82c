#include "random.h"

#include <stdlib.h>
#include <string.h>

uint64_t ts_number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

uint32_t ts_below(ts_random *r, uint32_t n)
{
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(r->state >> 33) % n;
}

bool ts_chance(ts_random *r, uint32_t percent)
{
    return ts_below(r, 100) < percent;
}

/* ---- words --------------------------------------------------------------------------------------------- */

static const char *const sources[] = {
    "C:\\Windows\\System32\\cmd.exe", "powershell.exe", "/usr/bin/curl",
    "-EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATw", "HKLM\\Software\\Run", "a", "k", "s", "K", "ab", "aab",
    "aaaaaaaaaaaaaaaaaaaaab", "x*y?z", "[@_`{~}]", "\"quoted\"", "tab\there", "line\nbreak", "back\\slash\\",
    "?\?=trigraph?\?/", "caf\xc3\xa9", "CAF\xc3\x89", "\xe2\x84\xaa", "\xc5\xbf", "\xcf\x83\xcf\x82\xce\xa3",
    "stra\303\237e", "\xc4\xb0", "\xf0\x9f\x98\x80", "\xe2\xb1\xa5\xc8\xba", "\xe2\x82\xac 12", "80", "445", "-1",
    "0", "7", " 7 ", "0x1F", "1e3", "1.5", "9223372036854775807", "18446744073709551615", "true", "false",
    "2024-02-29T12:00:00Z", "2024-02-29", "1709208000000", "10.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.1",
    "2001:db8::7", "192.168.1.255", "1.2.3", "1.10.0", "1.2.3-beta", "%d %s %%", "/* c */ // d", "\\u{41}",
    "]]>", "<1-9>", "(a|b)*",
};
static const char *const numbers[] = {
    "0", "1", "-1", "2", "3", "7", "10", "80", "445", "2147483647", "2147483648", "-2147483648", "4294967295",
    "9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808",
    "9223372036854775808", "18446744073709551615", "18446744073709551616", "1.5", "-1.5", "0.1", "0.0",
    "-0.0", "7.0", "1e3", "1e308", "5e-324", "4.5", "1709208000000", "1e-7", "123456789.125",
    "3.4028234663852886e38",
};

const char *ts_random_number(ts_random *r)
{
    return TS_PICK(r, numbers);
}

static void add_source(ts_random *r, ts_word *w)
{
    const char *s = TS_PICK(r, sources);
    size_t n = strlen(s);
    if (w->n + n <= sizeof w->p / 2) {
        memcpy(w->p + w->n, s, n);
        w->n += n;
    }
}

void ts_random_begin(ts_random *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->state = seed * UINT64_C(0x9E3779B97F4A7C15);
    ts_below(r, 2);
    for (size_t i = 1; i < TS_WORDS; i++) { /* the first one is empty */
        ts_word *w = &r->words[i];
        for (uint32_t n = ts_chance(r, 60) ? 1 : 1 + ts_below(r, ts_chance(r, 90) ? 3 : 12); n > 0; n--)
            add_source(r, w);
        if (ts_chance(r, 3))
            w->p[w->n++] = '\0';
    }
}

static size_t start_of_char(const ts_word *w, size_t at)
{
    while (at > 0 && at < w->n && ((unsigned char)w->p[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* A word, or a piece of one. */
ts_word ts_random_piece(ts_random *r)
{
    ts_word w = TS_PICK(r, r->words), out = { .n = 0 };
    if (w.n == 0 || ts_chance(r, 60))
        return w;
    size_t from = start_of_char(&w, ts_below(r, (uint32_t)w.n)),
           to = start_of_char(&w, from + ts_below(r, (uint32_t)(w.n - from) + 1));
    if (ts_chance(r, 50))
        from = 0;
    if (ts_chance(r, 40))
        to = w.n;
    if (to < from)
        to = from;
    memcpy(out.p, w.p + from, to - from);
    out.n = to - from;
    return out;
}

void ts_flip_case(ts_random *r, ts_word *w)
{
    for (size_t i = 0; i < w->n; i++) {
        int c = w->p[i] | 0x20;
        if (c >= 'a' && c <= 'z' && ts_chance(r, 50))
            w->p[i] = (char)(w->p[i] ^ 0x20);
    }
}

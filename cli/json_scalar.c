/* json_scalar.c - strings and numbers of JSON. */
#include "json_scalar.h"

#include <string.h>

#include "json_index.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* What may follow a backslash; 'u' also needs four digits. */
static bool is_escape(const char *p, const char *end)
{
    static const unsigned char simple[256] = {
        ['"'] = 1, ['\\'] = 1, ['/'] = 1, ['b'] = 1, ['f'] = 1, ['n'] = 1, ['r'] = 1, ['t'] = 1,
    };
    if (p >= end || *p != 'u')
        return p < end && simple[(unsigned char)*p];
    if (end - p < 5)
        return false;
    for (int i = 1; i < 5; i++)
        if (hex_digit(p[i]) < 0)
            return false;
    return true;
}

/* Bit i is set if p[i] is a backslash. */
static uint64_t backslashes(const char *p)
{
    uint64_t mask = 0;
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8('\\');
    __m128i is[4], any = _mm_setzero_si128();
    for (int i = 0; i < 4; i++) {
        is[i] = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), wanted);
        any = _mm_or_si128(any, is[i]);
    }
    if (_mm_movemask_epi8(any) == 0)
        return 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(is[i]) << (16 * i);
#else
    for (int i = 0; i < 64; i++)
        mask |= (uint64_t)(p[i] == '\\') << i;
#endif
    return mask;
}

/* Bits of the bytes that a backslash stands for something with: in a run of backslashes every second one, and
 * what follows a run of odd length. *carry: the first byte of the block is such a one; set for the next
 * block. Adding the starts of runs on odd bits to the runs flips which bits of them count. */
static uint64_t escaped_bytes(uint64_t backslash, uint64_t *carry)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    backslash &= ~*carry;
    uint64_t follows = backslash << 1 | *carry;
    uint64_t odd_starts = backslash & ~even & ~follows;
    uint64_t even_runs = odd_starts + backslash;
    *carry = even_runs < backslash;
    return (even ^ even_runs << 1) & follows;
}

size_t eqlc_json_check_escapes(const char *text, size_t len, bool *any)
{
    const char *end = text + len;
    uint64_t carry = 0, seen = 0;
    for (size_t at = 0; at < len; at += 64) {
        uint64_t backslash = backslashes(text + at);
        if (len - at < 64)
            backslash &= ((uint64_t)1 << (len - at)) - 1;
        if ((backslash | carry) == 0)
            continue;
        seen |= backslash;
        uint64_t rest = escaped_bytes(backslash, &carry) & ~backslash;
        for (; rest; rest &= rest - 1) {
            size_t i = at + (unsigned)__builtin_ctzll(rest);
            if (!is_escape(text + i, end))
                return i - 1;
        }
    }
    *any = seen != 0;
    return carry ? len - 1 : SIZE_MAX;
}

static uint32_t hex4(const char *p)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++)
        code = code << 4 | (uint32_t)hex_digit(p[i]);
    return code;
}

static char *put_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* Writes the \u escape at p (or the pair that starts there) and returns where the text goes on. */
static const char *unescape_unicode(const char *p, const char *end, char **out)
{
    uint32_t c = hex4(p + 2);
    p += 6;
    if (c >= 0xD800 && c < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        uint32_t low = hex4(p + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            *out = put_code_point(*out, 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00));
            return p + 6;
        }
    }
    *out = put_code_point(*out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
    return p;
}

/* Copies what stands before the next backslash, or all; moves both ends. May write 15 bytes too many. */
static void copy_plain(const char **from, const char *end, char **to)
{
    const char *p = *from;
    char *out = *to;
#if defined(__SSE2__)
    for (;; p += 16, out += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
        int found = _mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
        _mm_storeu_si128((__m128i *)(void *)out, block);
        ptrdiff_t n = found ? __builtin_ctz((unsigned)found) : 16;
        if (n > end - p)
            n = end - p;
        if (n < 16) {
            *from = p + n;
            *to = out + n;
            return;
        }
    }
#else
    while (p < end && *p != '\\')
        *out++ = *p++;
    *from = p;
    *to = out;
#endif
}

size_t eqlc_json_unescape(const char *text, size_t len, char *out)
{
    const char *p = text, *end = text + len;
    char *to = out;
    for (;;) {
        copy_plain(&p, end, &to);
        if (p == end)
            return (size_t)(to - out);
        if (p[1] == 'u') {
            p = unescape_unicode(p, end, &to);
            continue;
        }
        switch (p[1]) {
        case 'b':
            *to++ = '\b';
            break;
        case 'f':
            *to++ = '\f';
            break;
        case 'n':
            *to++ = '\n';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 't':
            *to++ = '\t';
            break;
        default:
            *to++ = p[1];
            break;
        }
        p += 2;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p)
{
    while (is_digit(*p))
        p++;
    return p;
}

const char *eqlc_json_number_end(const char *p, bool *is_integer)
{
    *is_integer = true;
    if (*p == '-')
        p++;
    if (!is_digit(*p))
        return NULL;
    p = *p == '0' ? p + 1 : skip_digits(p);
    if (*p == '.') {
        *is_integer = false;
        if (!is_digit(*++p))
            return NULL;
        p = skip_digits(p);
    }
    if (*p == 'e' || *p == 'E') {
        *is_integer = false;
        p++;
        if (*p == '+' || *p == '-')
            p++;
        if (!is_digit(*p))
            return NULL;
        p = skip_digits(p);
    }
    return p;
}

eqlm_value eqlc_json_number(const char *p, const char *end, bool is_integer)
{
    bool negative = *p == '-';
    const char *digits = p + negative;
    uint64_t magnitude = 0;
    bool fits = is_integer && end - digits <= 20;
    for (const char *d = digits; fits && d < end; d++) {
        unsigned digit = (unsigned)(*d - '0');
        fits = magnitude < UINT64_MAX / 10 || (magnitude == UINT64_MAX / 10 && digit <= UINT64_MAX % 10);
        magnitude = magnitude * 10 + digit;
    }
    if (fits && magnitude <= (uint64_t)INT64_MAX)
        return (eqlm_value) { .type = EQLM_I64,
                              .as.i64 = negative ? -(int64_t)magnitude : (int64_t)magnitude };
    if (fits && negative && magnitude == (uint64_t)INT64_MAX + 1)
        return (eqlm_value) { .type = EQLM_I64, .as.i64 = INT64_MIN };
    if (fits && !negative)
        return (eqlm_value) { .type = EQLM_U64, .as.u64 = magnitude };
    return (eqlm_value) { .type = EQLM_F64, .as.f64 = eqlc_parse_double(p, end) };
}

#include "ops/ip.h"

#include <string.h>

#include "base/number.h"
#include "base/sort.h"

/* An IPv4 address written or stored as IPv6 (::ffff:a.b.c.d) is that IPv4 address, everywhere: dual-stack
 * sockets report their peers so, and a rule's "10.0.0.0/8" means them too. */
static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

bool eqli_ip_is_mapped(const uint8_t *addr, size_t addr_len)
{
    return addr_len == 16 && memcmp(addr, mapped, sizeof mapped) == 0;
}

/* Four decimal numbers without leading zeros, which some systems read as octal. */
static bool parse_v4(const char *s, size_t len, uint8_t out[4])
{
    size_t i = 0;
    for (size_t part = 0; part < 4; part++) {
        unsigned v = 0;
        if (part && (i == len || s[i++] != '.'))
            return false;
        size_t first = i;
        for (; i < len && i - first < 3 && s[i] >= '0' && s[i] <= '9'; i++)
            v = v * 10 + (unsigned)(s[i] - '0');
        if (i == first || v > 255 || (s[first] == '0' && i - first > 1))
            return false;
        out[part] = (uint8_t)v;
    }
    return i == len;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Up to four hexadecimal digits at *i. */
static bool parse_group(const char *s, size_t len, size_t *i, uint8_t out[2])
{
    unsigned v = 0;
    size_t first = *i;
    for (; *i < len && *i - first < 4 && hex_digit(s[*i]) >= 0; ++*i)
        v = v << 4 | (unsigned)hex_digit(s[*i]);
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
    return *i > first;
}

static bool parse_v6(const char *s, size_t len, uint8_t out[16])
{
    enum { NO_GAP = 99 };
    size_t i = 0, n = 0, gap = NO_GAP;
    memset(out, 0, 16);
    if (len >= 2 && s[0] == ':' && s[1] == ':') {
        gap = 0;
        i = 2;
    }
    while (i < len) {
        if (n <= 12 && parse_v4(s + i, len - i, out + n)) {
            n += 4;
            i = len;
            break;
        }
        if (n == 16 || !parse_group(s, len, &i, out + n))
            return false;
        n += 2;
        if (i == len)
            break;
        if (s[i++] != ':' || i == len)
            return false;
        if (s[i] == ':') {
            if (gap != NO_GAP)
                return false;
            gap = n;
            i++;
        }
    }
    if (gap == NO_GAP)
        return n == 16;
    if (n > 14) /* "::" stands for at least one group */
        return false;
    memmove(out + 16 - (n - gap), out + gap, n - gap);
    memset(out + gap, 0, 16 - n);
    return true;
}

bool eqli_ip_parse(const char *s, size_t len, eqli_ip *out)
{
    uint8_t v6[16] = { 0 };
    memset(out, 0, sizeof *out);
    if (len < 2 || len > 45)
        return false;
    if (parse_v4(s, len, out->bytes)) {
        out->len = 4;
        return true;
    }
    memset(out->bytes, 0, sizeof out->bytes);
    if (!parse_v6(s, len, v6))
        return false;
    *out = eqli_ip_of(v6, 16);
    return true;
}

eqli_ip eqli_ip_of(const uint8_t *addr, size_t addr_len)
{
    bool mapped_v4 = eqli_ip_is_mapped(addr, addr_len);
    eqli_ip ip = { .len = mapped_v4 || addr_len == 4 ? 4 : 16 };
    memcpy(ip.bytes, mapped_v4 ? addr + 12 : addr, ip.len);
    return ip;
}

bool eqli_cidr_parse(const char *s, size_t len, eqli_cidr *out)
{
    const char *slash = len ? memchr(s, '/', len) : NULL;
    size_t addr_len = slash ? (size_t)(slash - s) : len;
    if (!eqli_ip_parse(s, addr_len, &out->base))
        return false;
    unsigned bits = out->base.len * 8u;
    if (slash) {
        size_t digits = len - addr_len - 1;
        unsigned v = 0, extra = 0;
        if (digits < 1 || digits > 3)
            return false;
        for (size_t i = 1; i <= digits; i++) {
            if (slash[i] < '0' || slash[i] > '9')
                return false;
            v = v * 10 + (unsigned)(slash[i] - '0');
        }
        if (out->base.len == 4 && memchr(s, ':', addr_len))
            extra = 96; /* a mapped address counts its prefix in 128 bits */
        if (v < extra || v - extra > bits)
            return false;
        bits = v - extra;
    }
    out->bits = (uint8_t)bits;
    for (unsigned i = 0; i < out->base.len; i++) {
        unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
        out->base.bytes[i] &= (uint8_t)(0xFF00u >> keep);
    }
    return true;
}

bool eqli_cidr_match(const eqli_cidr *block, const uint8_t *addr, size_t addr_len)
{
    if (eqli_ip_is_mapped(addr, addr_len)) {
        addr += 12;
        addr_len = 4;
    }
    if (addr_len != block->base.len)
        return false;
    size_t whole = block->bits / 8;
    if (memcmp(addr, block->base.bytes, whole) != 0)
        return false;
    unsigned rest = block->bits % 8;
    return rest == 0 || ((addr[whole] ^ block->base.bytes[whole]) & (0xFF00u >> rest) & 0xFF) == 0;
}

static int order_blocks(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(eqli_cidr));
}

void eqli_cidrs_sort(eqli_cidr *blocks, uint32_t n)
{
    eqli_sort(blocks, n, sizeof *blocks, order_blocks);
    for (uint32_t i = 1; i < n; i++) {
        if (eqli_cidr_match(&blocks[i - 1], blocks[i].base.bytes, blocks[i].base.len))
            blocks[i] = blocks[i - 1];
    }
}

bool eqli_cidrs_match(const eqli_cidr *blocks, uint32_t n, const eqli_ip *ip)
{
    uint32_t lo = 0, hi = n; /* those before lo begin at the address or before it */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (memcmp(&blocks[mid].base, ip, sizeof *ip) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 && eqli_cidr_match(&blocks[lo - 1], ip->bytes, ip->len);
}

void eqli_ip_widen(uint8_t out[16], const uint8_t *addr, size_t addr_len)
{
    if (addr_len == 4) {
        memcpy(out, mapped, sizeof mapped);
        memcpy(out + 12, addr, 4);
    } else {
        memcpy(out, addr, 16);
    }
}

int eqli_ip_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    uint8_t wide_a[16], wide_b[16];
    eqli_ip_widen(wide_a, a, a_len);
    eqli_ip_widen(wide_b, b, b_len);
    return memcmp(wide_a, wide_b, 16);
}

static size_t v4_text(const uint8_t *addr, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        char digits[EQLI_NUM_MAX];
        size_t n = eqli_u64_text(addr[i], digits);
        if (i)
            out[at++] = '.';
        memcpy(out + at, digits, n);
        at += n;
    }
    return at;
}

/* Lower case, the first longest run of two or more zero groups as "::" (RFC 5952). */
static size_t v6_text(const uint8_t *addr, char *out)
{
    size_t best = 8, best_len = 1, at = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t n = 0;
        while (i + n < 8 && addr[2 * (i + n)] == 0 && addr[2 * (i + n) + 1] == 0)
            n++;
        if (n > best_len) {
            best = i;
            best_len = n;
        }
    }
    for (size_t i = 0; i < 8; i++) {
        if (i == best) {
            out[at++] = ':';
            out[at++] = ':';
            i += best_len - 1;
            continue;
        }
        if (i && out[at - 1] != ':')
            out[at++] = ':';
        unsigned group = (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
        for (int shift = group > 0xFFF ? 12 : group > 0xFF ? 8 : group > 0xF ? 4 : 0; shift >= 0; shift -= 4)
            out[at++] = "0123456789abcdef"[group >> shift & 0xF];
    }
    return at;
}

size_t eqli_ip_text(const uint8_t *addr, size_t addr_len, char out[46])
{
    if (eqli_ip_is_mapped(addr, addr_len))
        return v4_text(addr + 12, out);
    return addr_len == 4 ? v4_text(addr, out) : v6_text(addr, out);
}

/* ip.h - IP addresses and blocks. IPv4 and IPv6 never mix. */
#ifndef EQLI_IP_H
#define EQLI_IP_H

#include "eqlmini.h"

typedef struct eqli_ip {
    uint8_t len; /* 4 or 16 */
    uint8_t bytes[16]; /* zeros behind an IPv4 address */
} eqli_ip;

typedef struct eqli_cidr {
    eqli_ip base; /* host bits cleared */
    uint8_t bits; /* prefix length */
} eqli_cidr;

/* "10.1.2.3", "::1", "fe80::1", "::ffff:1.2.3.4". No zone, no white space, no port. */
bool eqli_ip_parse(const char *s, size_t len, eqli_ip *out);
/* "10.6.48.157/8" (host bits allowed) or a bare address as a single host (decision 21). */
bool eqli_cidr_parse(const char *s, size_t len, eqli_cidr *out);
bool eqli_cidr_match(const eqli_cidr *block, const uint8_t *addr, size_t addr_len);
/* Puts blocks in order; one inside another becomes that one. */
void eqli_cidrs_sort(eqli_cidr *blocks, uint32_t n);
/* Whether the address, which is no IPv4 one written as IPv6, lies in one of blocks so sorted. */
bool eqli_cidrs_match(const eqli_cidr *blocks, uint32_t n, const eqli_ip *ip);
/* The address of these 4 or 16 bytes. */
eqli_ip eqli_ip_of(const uint8_t *addr, size_t addr_len);
/* Order of addresses: IPv4 as ::ffff:a.b.c.d, then bytes. <0, 0, >0. */
int eqli_ip_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
/* Whether the address is an IPv4 one written as IPv6. */
bool eqli_ip_is_mapped(const uint8_t *addr, size_t addr_len);
/* The 16 bytes that order goes by. */
void eqli_ip_widen(uint8_t out[16], const uint8_t *addr, size_t addr_len);
size_t eqli_ip_text(const uint8_t *addr, size_t addr_len, char out[46]);

#endif

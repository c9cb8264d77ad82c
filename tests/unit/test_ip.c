#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ops/ip.h"

static void reads_and_writes_addresses(void **state)
{
    static const struct {
        const char *text, *canonical; /* NULL: not an address */
        uint8_t len;
    } rows[] = {
        { "0.0.0.0", "0.0.0.0", 4 },
        { "10.6.48.157", "10.6.48.157", 4 },
        { "255.255.255.255", "255.255.255.255", 4 },
        { "::", "::", 16 },
        { "::1", "::1", 16 },
        { "1::", "1::", 16 },
        { "FE80::1", "fe80::1", 16 },
        { "2001:0db8:0:0:0:0:0:0001", "2001:db8::1", 16 },
        { "2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1", 16 },
        { "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 16 },
        { "1:0:0:2:0:0:3:4", "1::2:0:0:3:4", 16 },
        { "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 16 },
        { "1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8", 16 },
        { "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 16 },
        { "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", 16 },
        { "abcd:ef01:2345:6789:abcd:ef01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789", 16 },
        { "64:ff9b::1.2.3.4", "64:ff9b::102:304", 16 },
        { "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", 16 },
        { "::ffff:1.2.3.4", "1.2.3.4", 4 }, /* the IPv4 address it stands for */
        { "::FFFF:102:304", "1.2.3.4", 4 },
        { "", NULL, 0 },
        { ":", NULL, 0 },
        { ":::", NULL, 0 },
        { "banana", NULL, 0 },
        { "1.2.3", NULL, 0 },
        { "1.2.3.4.5", NULL, 0 },
        { "1.2.3.", NULL, 0 },
        { ".1.2.3", NULL, 0 },
        { "1.2.3.256", NULL, 0 },
        { "1.2.3.04", NULL, 0 },
        { "1.2.3.4 ", NULL, 0 },
        { "1.2.3.4:80", NULL, 0 },
        { "+1.2.3.4", NULL, 0 },
        { "0x1.2.3.4", NULL, 0 },
        { "1:2:3:4:5:6:7", NULL, 0 },
        { "1:2:3:4:5:6:7:8:9", NULL, 0 },
        { "1:2:3:4:5:6:7:8::", NULL, 0 },
        { "1:2:3:4:5:6:7:1.2.3.4", NULL, 0 },
        { "1::2::3", NULL, 0 },
        { "1:::2", NULL, 0 },
        { ":1::2", NULL, 0 },
        { "1:2:3:4:5:6:7:", NULL, 0 },
        { "12345::", NULL, 0 },
        { "::g", NULL, 0 },
        { "::1.2.3.4:5", NULL, 0 },
        { "fe80::1%eth0", NULL, 0 },
        { "[::1]", NULL, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqli_ip ip;
        char out[46];
        bool ok = eqli_ip_parse(rows[i].text, strlen(rows[i].text), &ip);
        if (ok != (rows[i].canonical != NULL))
            fail_msg("'%s' %s", rows[i].text, ok ? "accepted" : "rejected");
        if (!ok)
            continue;
        assert_int_equal(ip.len, rows[i].len);
        size_t n = eqli_ip_text(ip.bytes, ip.len, out);
        if (n != strlen(rows[i].canonical) || memcmp(out, rows[i].canonical, n) != 0)
            fail_msg("'%s' is written %.*s", rows[i].text, (int)n, out);
    }
}

static void a_stored_mapped_address_is_written_as_ipv4(void **state)
{
    static const uint8_t addr[16] = { [10] = 0xFF, [11] = 0xFF, [12] = 192, [13] = 168, [14] = 0, [15] = 1 };
    char out[46];
    (void)state;
    assert_int_equal(eqli_ip_text(addr, 16, out), 11);
    assert_memory_equal(out, "192.168.0.1", 11);
}

static void matches_blocks(void **state)
{
    static const struct {
        const char *block, *addr;
        int want; /* -1: not a block */
    } rows[] = {
        { "10.6.48.157/8", "10.1.2.3", 1 },
        { "10.6.48.157/8", "11.1.2.3", 0 },
        { "0.0.0.0/0", "255.1.2.3", 1 },
        { "0.0.0.0/0", "::1", 0 },
        { "::/0", "10.0.0.1", 0 },
        { "::/0", "fe80::1", 1 },
        { "192.168.152.12/32", "192.168.152.12", 1 },
        { "192.168.152.12/32", "192.168.152.13", 0 },
        { "192.168.128.0/17", "192.168.255.1", 1 },
        { "192.168.128.0/17", "192.168.127.1", 0 },
        { "172.16.0.0/12", "172.31.255.255", 1 },
        { "172.16.0.0/12", "172.32.0.0", 0 },
        { "fe80::/10", "febf::1", 1 },
        { "fe80::/10", "fec0::1", 0 },
        { "2001:db8::/127", "2001:db8::1", 1 },
        { "2001:db8::/127", "2001:db8::2", 0 },
        { "::1", "::1", 1 }, /* a bare address is one host */
        { "10.1.2.3", "10.1.2.3", 1 },
        { "10.1.2.3", "10.1.2.4", 0 },
        { "10.0.0.0/8", "::ffff:10.1.2.3", 1 },
        { "::ffff:10.0.0.0/104", "10.1.2.3", 1 },
        { "::ffff:10.0.0.0/95", "10.1.2.3", -1 },
        { "10.0.0.0/33", "10.0.0.0", -1 },
        { "::/129", "::", -1 },
        { "10.0.0.0/", "10.0.0.0", -1 },
        { "10.0.0.0/-1", "10.0.0.0", -1 },
        { "10.0.0.0/0008", "10.0.0.0", -1 },
        { "10.0.0.0/8/8", "10.0.0.0", -1 },
        { "/8", "10.0.0.0", -1 },
        { "", "10.0.0.0", -1 },
        { "10.0.0/8", "10.0.0.0", -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        eqli_cidr block;
        eqli_ip ip;
        assert_true(eqli_ip_parse(rows[i].addr, strlen(rows[i].addr), &ip));
        int got = eqli_cidr_parse(rows[i].block, strlen(rows[i].block), &block)
                      ? eqli_cidr_match(&block, ip.bytes, ip.len)
                      : -1;
        if (got != rows[i].want)
            fail_msg("%s in %s: %d", rows[i].addr, rows[i].block, got);
    }
}

static void a_stored_mapped_address_is_in_ipv4_blocks(void **state)
{
    static const uint8_t addr[16] = { [10] = 0xFF, [11] = 0xFF, [12] = 10, [15] = 1 };
    eqli_cidr block;
    (void)state;
    assert_true(eqli_cidr_parse("10.0.0.0/8", 10, &block));
    assert_true(eqli_cidr_match(&block, addr, 16));
    assert_true(eqli_cidr_parse("::/0", 4, &block));
    assert_false(eqli_cidr_match(&block, addr, 16));
}

/* Sorted blocks, some in others, say what each of them says. */
static void sorted_blocks_match_as_one_by_one(void **state)
{
    static const char *const texts[] = { "10.0.0.0/8",  "10.5.0.0/16",    "10.5.6.0/24", "0.0.0.0/32",
                                         "11.0.0.0/9",  "192.168.0.0/16", "::1",         "fe80::/10",
                                         "fe80:1::/32", "10.0.0.0/8",     "255.0.0.0/8", "fc00::/7",
                                         "10.0.0.0/30", "::/128",         "12.0.0.1" };
    static const char *const addresses[] = {
        "0.0.0.0",      "0.0.0.1",     "9.255.255.255",   "10.0.0.0",
        "10.5.6.7",     "10.200.1.1",  "10.255.255.255",  "11.127.255.255",
        "11.128.0.0",   "12.0.0.0",    "12.0.0.1",        "12.0.0.2",
        "192.168.3.4",  "192.169.0.0", "255.255.255.255", "::",
        "::1",          "::2",         "fe7f::",          "fe80:2::",
        "febf:ffff::1", "fec0::",      "fdff::1",         "fe00::",
        "1::",          "ffff::",      "::ffff:10.5.6.7"
    };
    enum { N = sizeof texts / sizeof texts[0] };
    (void)state;
    for (uint32_t first = 0; first < N; first++) {
        for (uint32_t n = 0; n <= N - first; n++) {
            eqli_cidr given[N] = { 0 }, sorted[N];
            for (uint32_t i = 0; i < n; i++)
                assert_true(eqli_cidr_parse(texts[first + i], strlen(texts[first + i]), &given[i]));
            memcpy(sorted, given, sizeof sorted);
            if (n)
                eqli_cidrs_sort(sorted, n);
            for (size_t a = 0; a < sizeof addresses / sizeof addresses[0]; a++) {
                eqli_ip ip;
                bool wanted = false;
                assert_true(eqli_ip_parse(addresses[a], strlen(addresses[a]), &ip));
                for (uint32_t i = 0; i < n; i++)
                    wanted |= eqli_cidr_match(&given[i], ip.bytes, ip.len);
                assert_int_equal(eqli_cidrs_match(sorted, n, &ip), wanted);
            }
        }
    }
}

static void host_bits_are_cleared(void **state)
{
    eqli_cidr block;
    static const uint8_t want[4] = { 10, 6, 32, 0 };
    (void)state;
    assert_true(eqli_cidr_parse("10.6.48.157/19", 14, &block));
    assert_int_equal(block.bits, 19);
    assert_memory_equal(block.base.bytes, want, 4);
}

static void orders_addresses(void **state)
{
    static const char *const rows[] = { "::",       "::1",      "0.0.0.0",    "9.0.0.0",
                                        "10.0.0.0", "10.0.0.1", "2001:db8::", "fe80::1" };
    enum { N = sizeof rows / sizeof rows[0] };
    (void)state;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            eqli_ip a, b;
            assert_true(eqli_ip_parse(rows[i], strlen(rows[i]), &a));
            assert_true(eqli_ip_parse(rows[j], strlen(rows[j]), &b));
            int order = eqli_ip_compare(a.bytes, a.len, b.bytes, b.len);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_addresses),
        cmocka_unit_test(a_stored_mapped_address_is_written_as_ipv4),
        cmocka_unit_test(matches_blocks),
        cmocka_unit_test(a_stored_mapped_address_is_in_ipv4_blocks),
        cmocka_unit_test(sorted_blocks_match_as_one_by_one),
        cmocka_unit_test(host_bits_are_cleared),
        cmocka_unit_test(orders_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The speed of the way to an address is that of the interface that the kernel would take, where it has one. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "link_speed.h"

static char folder[64];

static void set_speed(const char *text)
{
    char path[96];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/lo/speed", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void the_interface_towards_the_address_says_how_fast_it_is(void **state)
{
    static const struct {
        const char *text;
        uint64_t mbit;
    } cases[] = {{"25000\n", 25000}, {"1000\n", 1000}, {"-1\n", 0}, {"", 0}, {"fast\n", 0}};
    const struct hvc_address here = {.family = 4, .prefix = 8, .bytes = {127, 0, 0, 1}};
    const struct hvc_address here6 = {.family = 6, .prefix = 128, .bytes = {[15] = 1}};
    char path[96];

    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-link-speed-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(hvc_link_mbit(folder, &here), 0);
    (void)snprintf(path, sizeof(path), "%s/lo", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        set_speed(cases[i].text);
        assert_int_equal(hvc_link_mbit(folder, &here), cases[i].mbit);
        if (access("/proc/sys/net/ipv6/conf/lo/disable_ipv6", R_OK) < 0)
            continue; /* a kernel without IPv6 */
        assert_true(hvc_link_mbit(folder, &here6) == cases[i].mbit || hvc_link_mbit(folder, &here6) == 0);
    }
    (void)snprintf(path, sizeof(path), "%s/lo/speed", folder);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s/lo", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interface_towards_the_address_says_how_fast_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

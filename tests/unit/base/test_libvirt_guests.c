/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/libvirt_guests.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static void libvirt_guests_counts_when_systemd_runs_and_it_is_linked_and_not_masked(void **state)
{
    static const char *const folders[] = {"run",
                                          "run/systemd",
                                          "run/systemd/system",
                                          "etc",
                                          "etc/systemd",
                                          "etc/systemd/system",
                                          "etc/systemd/system/multi-user.target.wants"};
    char root[] = "/tmp/hvc-test-root-XXXXXX", path[256];
    int at;

    (void)state;
    assert_non_null(mkdtemp(root));
    at = open(root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    assert_true(at >= 0);
    assert_false(hvc_libvirt_guests_enabled(root));
    for (size_t i = 0; i < HVC_COUNT(folders); i++)
        assert_int_equal(mkdirat(at, folders[i], 0755), 0);
    assert_false(hvc_libvirt_guests_enabled(root));
    (void)snprintf(path, sizeof(path), "%s/libvirt-guests.service", folders[6]);
    assert_int_equal(symlinkat("/lib/systemd/system/libvirt-guests.service", at, path), 0);
    assert_true(hvc_libvirt_guests_enabled(root));
    assert_int_equal(symlinkat("/dev/null", at, "etc/systemd/system/libvirt-guests.service"), 0);
    assert_false(hvc_libvirt_guests_enabled(root));
    assert_int_equal(unlinkat(at, "etc/systemd/system/libvirt-guests.service", 0), 0);
    assert_int_equal(symlinkat("/dev/null", at, "run/systemd/system/libvirt-guests.service"), 0); /* mask --runtime */
    assert_false(hvc_libvirt_guests_enabled(root));
    assert_int_equal(unlinkat(at, "run/systemd/system/libvirt-guests.service", 0), 0);
    assert_true(hvc_libvirt_guests_enabled(root));
    assert_int_equal(unlinkat(at, "run/systemd/system", AT_REMOVEDIR), 0);
    assert_false(hvc_libvirt_guests_enabled(root)); /* systemd does not run here */
    assert_int_equal(unlinkat(at, path, 0), 0);
    for (size_t i = HVC_COUNT(folders); i-- > 0;)
        (void)unlinkat(at, folders[i], AT_REMOVEDIR);
    close(at);
    assert_int_equal(rmdir(root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libvirt_guests_counts_when_systemd_runs_and_it_is_linked_and_not_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

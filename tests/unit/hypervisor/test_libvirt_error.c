/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_error.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "../hvc_cmocka.h"

static void stay_silent(void *unused, virErrorPtr error)
{
    (void)unused;
    (void)error;
}

static void libvirts_numbers_become_errnos(void **state)
{
    static const struct {
        int code, wanted;
    } cases[] = {
        {VIR_ERR_NO_DOMAIN, -ENOENT},
        {VIR_ERR_OPERATION_TIMEOUT, -EBUSY},
        {VIR_ERR_OPERATION_ABORTED, -ECANCELED},
        {VIR_ERR_MIGRATE_UNSAFE, -EPERM},
        {VIR_ERR_CONFIG_UNSUPPORTED, -EOPNOTSUPP},
        {VIR_ERR_XML_ERROR, -EINVAL},
        {VIR_ERR_AUTH_FAILED, -EACCES},
        {VIR_ERR_INTERNAL_ERROR, -EIO},
        {VIR_ERR_OK, -EIO}, /* a failure without a reason is a failure */
        {100000, -EIO},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(hvc_libvirt_errno(cases[i].code), cases[i].wanted);
}

static void libvirts_words_stand_in_ours(void **state)
{
    virConnectPtr conn = virConnectOpen("test:///default");
    struct hvc_error error = {.code = 0};

    (void)state;
    assert_non_null(conn);
    assert_null(virDomainLookupByName(conn, "nobody"));
    assert_true(hvc_libvirt_error_is(VIR_ERR_NO_DOMAIN));
    assert_int_equal(hvc_libvirt_error(&error, "the guest"), -ENOENT);
    assert_int_equal(error.code, -ENOENT);
    assert_string_equal(error.text, "the guest: Domain not found");
    assert_int_equal(virConnectClose(conn), 0);
}

static void a_connection_that_fails_tells_uri_and_reason(void **state)
{
    static const struct {
        const char *uri;
        int wanted;
        const char *words;
    } cases[] = {
        {"qemu+unix:///system?socket=/nonexistent/socket", -ENOTCONN, "No such file or directory"},
        {"qemu+tcp://127.0.0.1:1/system", -ENOTCONN, "Connection refused"},
        {"qemu+nonsense:///system", -EINVAL, "nonsense"},
        {"%%%", -EINVAL, "%%%"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {.code = 0};

        assert_null(virConnectOpen(cases[i].uri));
        assert_int_equal(hvc_libvirt_connect_error(&error, cases[i].uri), cases[i].wanted);
        assert_non_null(strstr(error.text, cases[i].uri));
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", error.text, cases[i].words);
    }
}

static void a_data_connection_that_was_not_made_is_told_by_its_words(void **state)
{
    static const struct {
        const char *words;
        bool unreached;
    } cases[] = {
        {"unable to connect to server at '10.77.2.2:49152': Connection refused", true},
        {"unable to connect to server at 'fd77:2::2:49152': No route to host", true},
        {"operation failed: job 'migration out' failed: Failed to connect to '10.77.2.2:49153': Connection refused",
         true},
        {"operation failed: Failed to connect to remote libvirt URI qemu+tls://n2/system: unable to connect to server "
         "at "
         "'n2:16514': Connection refused",
         false},
        {"operation failed: job 'migration out' failed: Unable to write to socket: Connection reset by peer", false},
        {"internal error: unable to execute QEMU command 'cont'", false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(hvc_libvirt_words_say_unreached(cases[i].words), cases[i].unreached);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libvirts_numbers_become_errnos),
        cmocka_unit_test(libvirts_words_stand_in_ours),
        cmocka_unit_test(a_connection_that_fails_tells_uri_and_reason),
        cmocka_unit_test(a_data_connection_that_was_not_made_is_told_by_its_words),
    };

    virSetErrorFunc(NULL, stay_silent);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

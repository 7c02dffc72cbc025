/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a client is: by hvcluster-auth's word (a server of this test has its place) and by certificates made here. */
#include "access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../auth/fake_helper.h"
#include "../hvc_cmocka.h"
#include "certificates.h"
#include "wire.h"

static const char configuration[] = "[roles]\nread_groups = viewers\noperate_groups = haclient\n"
                                    "[certificate monitor]\nsubject = CN=monitor,O=Example\nrole = read\n"
                                    "[certificate backup]\ncn = backup.example.com\nrole = operate\n";

static struct hvc_wbemd_access *access_at(const char *path, struct hvc_roles **ret_roles)
{
    static struct hvc_wbemd_settings settings;
    struct hvc_wbemd_access *access = NULL;
    struct hvc_error error = {0};

    hvc_wbemd_settings_default(&settings);
    (void)snprintf(settings.auth_socket, sizeof(settings.auth_socket), "%s", path);
    assert_int_equal(hvc_roles_parse("test.conf", configuration, ret_roles, &error), 0);
    assert_int_equal(hvc_wbemd_access_new(&settings, *ret_roles, &access, &error), 0);
    return access;
}

/* ---- passwords ---- */

static void give(int fd, void *context)
{
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    char request[HVC_AUTH_REQUEST_BYTES_MAX];
    size_t length = 0;

    (void)recv(fd, request, sizeof(request), 0);
    if (hvc_auth_wire_encode_answer(context, bytes, &length) == 0)
        (void)send(fd, bytes, length, MSG_NOSIGNAL);
}

static unsigned check_password(struct hvc_wbemd_access *access, const struct hvc_auth_request *request,
                               struct hvc_wbemd_client *client, struct hvc_auth_answer *answer)
{
    struct hvc_auth_call *call = NULL;
    bool done = hvc_wbemd_access_begin(access, request, &call, answer);

    while (!done) {
        struct pollfd wait;
        int wait_ms = hvc_auth_call_wait(call, &wait);

        (void)poll(&wait, 1, wait_ms);
        done = hvc_auth_call_step(call, answer);
    }
    hvc_auth_call_free(call);
    return hvc_wbemd_access_verdict(access, answer, client);
}

static void every_verdict_has_its_status_and_only_accepted_ones_a_role(void **state)
{
    static const struct {
        struct hvc_auth_answer answer;
        unsigned status;
        enum hvc_role role;
    } cases[] = {
        {{.verdict = HVC_AUTH_ACCEPTED, .user = "alice", .groups = "users\0viewers\0"}, 200, HVC_ROLE_READ},
        {{.verdict = HVC_AUTH_ACCEPTED, .user = "alice", .groups = "viewers\0haclient\0"}, 200, HVC_ROLE_OPERATE},
        {{.verdict = HVC_AUTH_ACCEPTED, .user = "alice", .groups = "root\0"}, 200, HVC_ROLE_NONE},
        {{.verdict = HVC_AUTH_REFUSED, .words = "wrong"}, 401, HVC_ROLE_NONE},
        {{.verdict = HVC_AUTH_EXPIRED, .words = "expired"}, 403, HVC_ROLE_NONE},
        {{.verdict = HVC_AUTH_DENIED, .words = "denied"}, 403, HVC_ROLE_NONE},
        {{.verdict = HVC_AUTH_LIMITED, .words = "wait", .retry_after_s = 7}, 429, HVC_ROLE_NONE},
        {{.verdict = HVC_AUTH_UNAVAILABLE, .words = "broken"}, 503, HVC_ROLE_NONE},
    };
    const struct hvc_auth_request request = {"ALICE", "secret", "192.0.2.1"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_auth_answer given = cases[i].answer, got;
        struct fake_helper *fake = fake_helper_start(give, &given);
        struct hvc_roles *roles = NULL;
        struct hvc_wbemd_access *access = access_at(fake_helper_path(fake), &roles);
        struct hvc_wbemd_client client = {.role = HVC_ROLE_NONE};

        assert_int_equal(check_password(access, &request, &client, &got), cases[i].status);
        assert_int_equal(client.role, cases[i].role);
        assert_string_equal(client.user, given.user); /* the account's name, not what was typed */
        assert_string_equal(got.words, given.words);
        assert_int_equal(got.retry_after_s, given.retry_after_s);
        hvc_wbemd_access_free(access);
        hvc_roles_free(roles);
        (void)fake_helper_stop(fake);
    }
}

static void a_helper_that_is_not_there_is_said(void **state)
{
    const struct hvc_auth_request request = {"alice", "secret", ""};
    struct hvc_roles *roles = NULL;
    struct hvc_wbemd_access *access = access_at("/nonexistent/socket", &roles);
    struct hvc_wbemd_client client = {.role = HVC_ROLE_NONE};
    struct hvc_auth_answer answer;

    (void)state;
    assert_int_equal(check_password(access, &request, &client, &answer), 503);
    assert_non_null(strstr(answer.words, "look at hvcluster-auth.socket"));
    hvc_wbemd_access_free(access);
    hvc_roles_free(roles);
}

static void a_path_that_is_too_long_is_refused_at_the_start(void **state)
{
    static struct hvc_wbemd_settings settings;
    struct hvc_wbemd_access *access = NULL;
    struct hvc_roles *roles = NULL;
    struct hvc_error error = {0};

    (void)state;
    hvc_wbemd_settings_default(&settings);
    memset(settings.auth_socket, 'x', 200);
    assert_int_equal(hvc_roles_parse("test.conf", "", &roles, NULL), 0);
    assert_int_equal(hvc_wbemd_access_new(&settings, roles, &access, &error), -ENAMETOOLONG);
    assert_non_null(strstr(error.text, "is too long"));
    assert_null(access);
    hvc_roles_free(roles);
}

/* ---- certificates ---- */

static void a_certificate_is_known_by_its_whole_subject_or_its_only_common_name(void **state)
{
    static const struct {
        const char *subject;
        enum hvc_role role;
    } cases[] = {
        {"CN=monitor,O=Example", HVC_ROLE_READ},
        {"O=Example,CN=monitor", HVC_ROLE_NONE},
        {"CN=monitor,O=Other", HVC_ROLE_NONE},
        {"CN=monitor", HVC_ROLE_NONE},
        {"CN=backup.example.com,O=Anybody", HVC_ROLE_OPERATE},
        {"CN=backup.example.com,CN=other", HVC_ROLE_NONE},
        {"CN=other,CN=backup.example.com", HVC_ROLE_NONE},
        {"O=backup.example.com", HVC_ROLE_NONE},
    };
    struct hvc_roles *roles = NULL;
    struct hvc_wbemd_access *access = access_at("/nonexistent/socket", &roles);

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_wbemd_client client = {.role = HVC_ROLE_ADMIN};
        struct test_certificate certificate;
        gnutls_datum_t der = {NULL, 0};

        test_certificate_make(&certificate, cases[i].subject, NULL, 1000000000, 2000000000);
        assert_int_equal(gnutls_x509_crt_export2(certificate.crt, GNUTLS_X509_FMT_DER, &der), 0);
        assert_int_equal(hvc_wbemd_access_certificate(access, &der, &client), 0);
        assert_string_equal(client.user, cases[i].subject);
        assert_int_equal(client.role, cases[i].role);
        gnutls_free(der.data);
        test_certificate_free(&certificate);
    }
    hvc_wbemd_access_free(access);
    hvc_roles_free(roles);
}

static void bytes_that_are_no_certificate_make_no_client(void **state)
{
    static unsigned char bytes[] = "no certificate";
    const gnutls_datum_t der = {bytes, sizeof(bytes)};
    struct hvc_roles *roles = NULL;
    struct hvc_wbemd_access *access = access_at("/nonexistent/socket", &roles);
    struct hvc_wbemd_client client = {.role = HVC_ROLE_NONE};

    (void)state;
    assert_int_equal(hvc_wbemd_access_certificate(access, &der, &client), -EBADMSG);
    assert_string_equal(client.user, "");
    hvc_wbemd_access_free(access);
    hvc_roles_free(roles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_its_status_and_only_accepted_ones_a_role),
        cmocka_unit_test(a_helper_that_is_not_there_is_said),
        cmocka_unit_test(a_path_that_is_too_long_is_refused_at_the_start),
        cmocka_unit_test(a_certificate_is_known_by_its_whole_subject_or_its_only_common_name),
        cmocka_unit_test(bytes_that_are_no_certificate_make_no_client),
    };

    return cmocka_run_group_tests_name("wbem.access", tests, NULL, NULL);
}

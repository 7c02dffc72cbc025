/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client against a server of this test, which answers with whatever bytes a case wants. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "../hvc_cmocka.h"
#include "fake_helper.h"
#include "hvc/auth.h"
#include "hvc/clock.h"
#include "wire.h"

enum { LONG_MS = 60000 };

static const struct hvc_auth_request alice = {"alice", "secret", "192.0.2.1"};

enum manner { ACCEPT, REFUSE, NONSENSE, HANG_UP, CLOSE_UNREAD, SILENT };

static void answer(int fd, void *context)
{
    enum manner manner = *(enum manner *)context;
    static struct hvc_auth_answer yes = {.verdict = HVC_AUTH_ACCEPTED, .user = "alice", .groups = "wheel\0"}, no;
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    size_t length = 0;
    char request[2048];

    if (manner != CLOSE_UNREAD)
        (void)recv(fd, request, sizeof(request), 0);
    hvc_auth_answer_set(&no, HVC_AUTH_REFUSED, "user name or password is wrong");
    (void)hvc_auth_wire_encode_answer(manner == ACCEPT ? &yes : &no, bytes, &length);
    if (manner == NONSENSE)
        length = 5;
    if (manner == SILENT)
        (void)recv(fd, request, sizeof(request), 0); /* until the client has gone */
    else if (manner != HANG_UP)
        (void)send(fd, bytes, length, MSG_NOSIGNAL);
}

static struct hvc_auth *client_of(const char *path, uint64_t cache_ms)
{
    const struct hvc_auth_options options = {.path = path, .cache_ms = cache_ms};
    struct hvc_auth *auth = NULL;

    assert_int_equal(hvc_auth_new(&options, &auth, NULL), 0);
    return auth;
}

static void whatever_the_helper_does_the_client_has_an_answer(void **state)
{
    static const struct {
        enum manner manner;
        enum hvc_auth_verdict verdict;
        const char *words;
    } cases[] = {
        {ACCEPT, HVC_AUTH_ACCEPTED, ""},
        {REFUSE, HVC_AUTH_REFUSED, "user name or password is wrong"},
        {CLOSE_UNREAD, HVC_AUTH_REFUSED, "user name or password is wrong"},
        {NONSENSE, HVC_AUTH_UNAVAILABLE, "the answer is not understood"},
        {HANG_UP, HVC_AUTH_UNAVAILABLE, "went away without an answer"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        enum manner manner = cases[i].manner;
        struct fake_helper *fake = fake_helper_start(answer, &manner);
        struct hvc_auth *auth = client_of(fake_helper_path(fake), 0);
        struct hvc_auth_answer got;

        hvc_auth_check(auth, &alice, hvc_deadline_in(LONG_MS), &got);
        assert_int_equal(got.verdict, cases[i].verdict);
        assert_non_null(strstr(got.words, cases[i].words));
        hvc_auth_free(auth);
        assert_int_equal(fake_helper_stop(fake), 1);
    }
}

static void the_deadline_holds_with_a_silent_helper_and_with_a_full_queue(void **state)
{
    enum manner manner = SILENT;
    struct fake_helper *fake = fake_helper_start(answer, &manner);
    struct hvc_auth *auth = client_of(fake_helper_path(fake), 0);
    struct hvc_auth_call *calls[8] = {NULL};
    struct hvc_auth_answer got;
    unsigned connecting = 0;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(calls); i++) {
        struct pollfd wait;

        assert_false(hvc_auth_begin(auth, &alice, hvc_deadline_in(200), &calls[i], &got));
        assert_in_range(hvc_auth_call_wait(calls[i], &wait), 0, 200);
        connecting += wait.fd < 0;
    }
    assert_true(connecting > 0); /* the helper's queue holds one or two */
    for (size_t i = 0; i < HVC_COUNT(calls); i++) {
        while (!hvc_auth_call_step(calls[i], &got)) {
            struct pollfd wait;
            int ms = hvc_auth_call_wait(calls[i], &wait);

            (void)poll(&wait, 1, ms);
        }
        assert_int_equal(got.verdict, HVC_AUTH_UNAVAILABLE);
        assert_non_null(strstr(got.words, "no answer in time"));
        hvc_auth_call_free(calls[i]);
    }
    hvc_auth_free(auth);
    (void)fake_helper_stop(fake);
}

static void a_helper_that_is_not_there_is_named_with_its_socket(void **state)
{
    struct hvc_auth *auth = client_of("/nonexistent/socket", 0);
    struct hvc_auth_answer got;

    (void)state;
    hvc_auth_check(auth, &alice, hvc_deadline_in(LONG_MS), &got);
    assert_int_equal(got.verdict, HVC_AUTH_UNAVAILABLE);
    assert_string_equal(got.words, "passwords cannot be checked: No such file or directory (/nonexistent/socket); look "
                                   "at hvcluster-auth.socket and its journal");
    hvc_auth_free(auth);
}

static void a_request_that_cannot_be_sent_is_refused_without_asking(void **state)
{
    const struct hvc_auth_request request = {"", "secret", ""};
    struct hvc_auth *auth = client_of("/nonexistent/socket", 0);
    struct hvc_auth_answer got;

    (void)state;
    hvc_auth_check(auth, &request, hvc_deadline_in(LONG_MS), &got);
    assert_int_equal(got.verdict, HVC_AUTH_REFUSED);
    assert_string_equal(got.words, "the user name is empty");
    hvc_auth_free(auth);
}

static void an_accepted_password_is_asked_about_once_and_a_refused_one_each_time(void **state)
{
    static const struct {
        enum manner manner;
        uint64_t cache_ms;
        unsigned served;
    } cases[] = {{ACCEPT, LONG_MS, 1}, {ACCEPT, 0, 3}, {REFUSE, LONG_MS, 3}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        enum manner manner = cases[i].manner;
        struct fake_helper *fake = fake_helper_start(answer, &manner);
        struct hvc_auth *auth = client_of(fake_helper_path(fake), cases[i].cache_ms);
        struct hvc_auth_answer got;

        for (unsigned k = 0; k < 3; k++)
            hvc_auth_check(auth, &alice, hvc_deadline_in(LONG_MS), &got);
        assert_int_equal(got.verdict, cases[i].manner == ACCEPT ? HVC_AUTH_ACCEPTED : HVC_AUTH_REFUSED);
        assert_string_equal(got.groups, cases[i].manner == ACCEPT ? "wheel" : "");
        hvc_auth_free(auth);
        assert_int_equal(fake_helper_stop(fake), cases[i].served);
    }
}

static void wrong_options_are_refused_in_words(void **state)
{
    char path[200];
    struct hvc_auth_options options = {.path = path};
    struct hvc_auth *auth = NULL;
    struct hvc_error error = {0};

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(hvc_auth_new(&options, &auth, &error), -ENAMETOOLONG);
    assert_non_null(strstr(error.text, "is too long: 107 bytes are allowed"));
    options = (struct hvc_auth_options){.cache_ms = HVC_AUTH_CACHE_MAX_MS + 1};
    assert_int_equal(hvc_auth_new(&options, &auth, &error), -ERANGE);
    assert_null(auth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_the_helper_does_the_client_has_an_answer),
        cmocka_unit_test(the_deadline_holds_with_a_silent_helper_and_with_a_full_queue),
        cmocka_unit_test(a_helper_that_is_not_there_is_named_with_its_socket),
        cmocka_unit_test(a_request_that_cannot_be_sent_is_refused_without_asking),
        cmocka_unit_test(an_accepted_password_is_asked_about_once_and_a_refused_one_each_time),
        cmocka_unit_test(wrong_options_are_refused_in_words),
    };

    return cmocka_run_group_tests_name("auth.client", tests, NULL, NULL);
}

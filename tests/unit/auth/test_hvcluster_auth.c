/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole of hvcluster-auth: program, socket, children, the real PAM and pam_unix, with the rights of its unit. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "accounts.h"
#include "hvc/auth.h"
#include "hvc/clock.h"
#include "hvc/roles.h"

enum { LONG_MS = 60000 };

static struct accounts accounts;
static struct hvc_auth *client;

static int open_client(void)
{
    const struct hvc_auth_options options = {.path = accounts.socket};

    return hvc_auth_new(&options, &client, NULL);
}

static int start(void **state)
{
    accounts_start(&accounts, *state, false);
    return open_client();
}

static int stop(void **state)
{
    (void)state;
    hvc_auth_free(client);
    return accounts_stop(&accounts, true);
}

static struct hvc_auth_answer ask(const char *user, const char *password, const char *origin)
{
    const struct hvc_auth_request request = {user, password, origin};
    struct hvc_auth_answer answer;

    hvc_auth_check(client, &request, hvc_deadline_in(LONG_MS), &answer);
    return answer;
}

static void assert_accepted(const char *origin)
{
    struct hvc_auth_answer answer = ask("alice", PASSWORD, origin);

    assert_string_equal(answer.words, "");
    assert_int_equal(answer.verdict, HVC_AUTH_ACCEPTED);
}

static void the_right_password_gives_the_account_its_groups_and_so_a_role(void **state)
{
    struct hvc_auth_answer answer = ask("alice", PASSWORD, "192.0.2.1");
    struct hvc_roles *roles = NULL;

    (void)state;
    assert_string_equal(answer.words, "");
    assert_int_equal(answer.verdict, HVC_AUTH_ACCEPTED);
    assert_string_equal(answer.user, "alice");
    assert_memory_equal(answer.groups, "alice\0viewers\0cluster admins\0", sizeof("alice\0viewers\0cluster admins\0"));
    assert_int_equal(hvc_roles_parse("test", "[roles]\nadmin_groups = cluster admins\n", &roles, NULL), 0);
    assert_int_equal(hvc_roles_of_groups(roles, answer.groups), HVC_ROLE_ADMIN);
    hvc_roles_free(roles);
}

static void every_refusal_has_its_verdict_and_words_and_no_account_or_groups(void **state)
{
    static const struct {
        const char *user, *password;
        enum hvc_auth_verdict verdict;
        const char *words;
    } cases[] = {
        {"alice", "wrong-password", HVC_AUTH_REFUSED, "user name or password is wrong"},
        {"alice", "", HVC_AUTH_REFUSED, "user name or password is wrong"},
        {"nobody-is-called-so", PASSWORD, HVC_AUTH_REFUSED, "user name or password is wrong"},
        {"locked", PASSWORD, HVC_AUTH_REFUSED, "user name or password is wrong"},
        {"root", "", HVC_AUTH_REFUSED, "user name or password is wrong"},
        {"gone", "wrong-password", HVC_AUTH_REFUSED, "user name or password is wrong"},
        {"gone", PASSWORD, HVC_AUTH_EXPIRED,
         "the account has expired; an administrator of the node can prolong it (PAM: "},
        {"stale", PASSWORD, HVC_AUTH_EXPIRED, "the password has expired; log in to the node and change it (PAM: "},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_auth_answer answer = ask(cases[i].user, cases[i].password, "192.0.2.2");

        assert_int_equal(answer.verdict, cases[i].verdict);
        assert_int_equal(strncmp(answer.words, cases[i].words, strlen(cases[i].words)), 0);
        assert_string_equal(answer.user, "");
        assert_string_equal(answer.groups, "");
    }
}

static void a_right_password_that_the_account_stack_refuses_is_denied_and_no_failed_attempt(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) { /* more than failed ones are taken */
        struct hvc_auth_answer answer = ask("gone", PASSWORD, "192.0.2.9");

        assert_int_equal(answer.verdict, HVC_AUTH_DENIED);
        assert_non_null(strstr(answer.words, "the account may not log in here (PAM: "));
    }
    assert_int_equal(ask("gone", "wrong-password", "192.0.2.9").verdict, HVC_AUTH_REFUSED);
    assert_accepted("192.0.2.9");
}

static void in_debians_stacks_a_password_that_must_be_changed_is_told(void **state)
{
    (void)state;
    assert_int_equal(ask("stale", PASSWORD, "").verdict, HVC_AUTH_EXPIRED);
    assert_int_equal(ask("nobody-is-called-so", PASSWORD, "").verdict, HVC_AUTH_REFUSED);
}

static void an_empty_password_is_refused_although_pam_would_take_it(void **state)
{
    (void)state;
    assert_int_equal(ask("open", "", "").verdict, HVC_AUTH_REFUSED);
    assert_accepted("");
}

static void a_wrong_password_is_delayed_and_nobody_waits_for_it(void **state)
{
    const struct hvc_auth_request wrong = {"alice", "wrong-password", "192.0.2.3"};
    struct hvc_auth_call *calls[5] = {NULL};
    struct hvc_auth_answer answer;
    uint64_t start_ms = hvc_now_ms();
    unsigned waiting = 0;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(calls); i++)
        assert_false(hvc_auth_begin(client, &wrong, hvc_deadline_in(LONG_MS), &calls[i], &answer));
    assert_accepted("198.51.100.1");
    for (size_t i = 0; i < HVC_COUNT(calls); i++) {
        bool done = hvc_auth_call_step(calls[i], &answer);

        waiting += !done;
        while (!done) {
            struct pollfd wait;
            int ms = hvc_auth_call_wait(calls[i], &wait);

            (void)poll(&wait, 1, ms);
            done = hvc_auth_call_step(calls[i], &answer);
        }
        assert_int_equal(answer.verdict, HVC_AUTH_REFUSED);
        hvc_auth_call_free(calls[i]);
    }
    /* pam_unix asks for 2 s, of which PAM makes 1 to 3 by chance */
    assert_true(hvc_now_ms() - start_ms >= 1000);
    if (hvc_now_ms() - start_ms < 4000) /* on a machine so busy that nothing can be told of the order it says nothing */
        assert_true(waiting > 0);
}

static void after_five_failures_the_sixth_attempt_is_not_taken_and_others_are(void **state)
{
    struct hvc_auth_answer answer;

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(ask("alice", "wrong-password", "192.0.2.4").verdict, HVC_AUTH_REFUSED);
    answer = ask("alice", PASSWORD, "192.0.2.4"); /* not even with the right one */
    assert_int_equal(answer.verdict, HVC_AUTH_LIMITED);
    assert_in_range(answer.retry_after_s, 1, 12);
    assert_non_null(strstr(answer.words, "too many failed attempts"));
    assert_accepted("192.0.2.5");
    assert_int_equal(ask("stale", PASSWORD, "192.0.2.4").verdict, HVC_AUTH_EXPIRED);
}

static void right_passwords_at_one_time_wait_for_each_other_and_are_all_accepted(void **state)
{
    const struct hvc_auth_request right = {"alice", PASSWORD, "192.0.2.6"};
    struct hvc_auth_call *calls[32] = {NULL};
    struct hvc_auth_answer answer;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(calls); i++)
        assert_false(hvc_auth_begin(client, &right, hvc_deadline_in(LONG_MS), &calls[i], &answer));
    for (size_t i = 0; i < HVC_COUNT(calls); i++) {
        while (!hvc_auth_call_step(calls[i], &answer)) {
            struct pollfd wait;
            int ms = hvc_auth_call_wait(calls[i], &wait);

            (void)poll(&wait, 1, ms);
        }
        assert_int_equal(answer.verdict, HVC_AUTH_ACCEPTED);
        hvc_auth_call_free(calls[i]);
    }
}

static void a_module_that_hangs_is_ended_with_all_that_it_has_started(void **state)
{
    struct hvc_auth_answer answer = ask("alice", PASSWORD, "192.0.2.7");
    char path[64], children[64];
    FILE *file;

    (void)state;
    assert_int_equal(answer.verdict, HVC_AUTH_UNAVAILABLE);
    assert_string_equal(answer.words, "PAM did not answer in time; look at its modules");
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)accounts.helper, (int)accounts.helper);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_null(fgets(children, sizeof(children), file)); /* at its end at once: none */
    assert_int_equal(ferror(file), 0);
    (void)fclose(file);
}

static void a_service_that_is_not_set_up_is_named(void **state)
{
    struct hvc_auth_answer answer = ask("alice", PASSWORD, "");

    assert_int_equal(answer.verdict, HVC_AUTH_UNAVAILABLE);
    assert_non_null(strstr(answer.words, "PAM cannot check passwords: "));
    assert_non_null(strstr(answer.words, *state));
}

/* What a process of this user is answered. */
static enum hvc_auth_verdict ask_as(uid_t uid, char *words, size_t size)
{
    int fds[2], status = 0;
    struct hvc_auth_answer answer;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
            _exit(1);
        answer = ask("alice", PASSWORD, "192.0.2.8");
        _exit(write(fds[1], &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
    }
    (void)close(fds[1]);
    for (size_t got = 0; got < sizeof(answer);) {
        ssize_t more = read(fds[0], (char *)&answer + got, sizeof(answer) - got);

        assert_true(more > 0);
        got += (size_t)more;
    }
    (void)close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    (void)snprintf(words, size, "%s", answer.words);
    return answer.verdict;
}

static void only_root_and_the_one_user_are_answered(void **state)
{
    char words[HVC_AUTH_WORDS_MAX];

    (void)state;
    assert_int_equal(ask_as(PEER_UID, words, sizeof(words)), HVC_AUTH_ACCEPTED);
    assert_int_equal(ask_as(STRANGER_UID, words, sizeof(words)), HVC_AUTH_UNAVAILABLE);
    assert_string_equal(words, "only root and asker may ask hvcluster-auth about passwords; this process has uid 4999");
    assert_accepted("");
}

static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", accounts.socket);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void nonsense_of_any_size_is_answered_and_the_service_stays_up(void **state)
{
    static const size_t sizes[] = {1, 6, 100, 4096, 65536};
    static char bytes[65536], answer[65536];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(sizes); i++) {
        int fd = connect_raw();

        assert_int_equal(send(fd, bytes, sizes[i], MSG_NOSIGNAL), (ssize_t)sizes[i]);
        while (recv(fd, answer, sizeof(answer), 0) < 0 && errno == ECONNRESET) {
        }
        assert_non_null(memmem(answer, sizeof(answer), "the request is not understood", 29));
        (void)close(fd);
    }
    assert_accepted("");
}

static void silent_connections_beyond_all_places_hold_nobody_up_for_long(void **state)
{
    enum { SILENT = HVC_AUTH_CONNECTIONS_MAX + 40 };
    static int fds[SILENT];

    (void)state;
    for (unsigned i = 0; i < SILENT; i++)
        fds[i] = connect_raw();
    assert_accepted("");
    for (unsigned i = 0; i < SILENT; i++)
        (void)close(fds[i]);
}

/* Whether the writable memory of the helper holds the text. */
static bool holds(pid_t pid, const char *text)
{
    enum { PART_MAX = 64 * 1024 * 1024 };
    char path[64], line[512];
    FILE *maps;
    int memory;
    bool found = false;

    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    memory = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    maps = fopen(path, "re");
    assert_true(memory >= 0 && maps != NULL);
    while (fgets(line, sizeof(line), maps) != NULL) {
        uint64_t from = 0, to = 0;
        char rights[8] = "", *part;
        ssize_t got;

        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, rights) != 3 || rights[1] != 'w' ||
            to - from > PART_MAX)
            continue;
        part = malloc(to - from);
        got = pread(memory, part, to - from, (off_t)from);
        found = found || (got > 0 && memmem(part, (size_t)got, text, strlen(text)) != NULL);
        free(part);
    }
    (void)fclose(maps);
    (void)close(memory);
    return found;
}

static void no_password_stays_in_memory_or_in_the_log_and_no_unknown_name_in_the_log(void **state)
{
    char *log;

    (void)state;
    assert_accepted("192.0.2.9");
    assert_int_equal(ask("alice", "another-password", "192.0.2.9").verdict, HVC_AUTH_REFUSED);
    assert_int_equal(ask("typed-into-the-wrong-field", "x", "192.0.2.9").verdict, HVC_AUTH_REFUSED);
    assert_false(holds(accounts.helper, PASSWORD));
    assert_false(holds(accounts.helper, "another-password"));
    assert_true(holds(accounts.helper, "192.0.2.9")); /* the search finds what is there */
    log = accounts_log(&accounts);
    assert_non_null(strstr(log, "HVC1783 password accepted: user=alice origin=192.0.2.9 verdict=accepted"));
    assert_non_null(strstr(log, "HVC1784 password or account refused: user=alice origin=192.0.2.9 verdict=refused"));
    assert_non_null(strstr(log, "user=(unknown) origin=192.0.2.9"));
    assert_null(strstr(log, PASSWORD));
    assert_null(strstr(log, "another-password"));
    assert_null(strstr(log, "typed-into-the-wrong-field"));
    free(log);
}

static void started_by_systemds_protocol_it_serves_and_ends_when_nobody_asks(void **state)
{
    (void)state;
    accounts_start(&accounts, "prompt", true);
    assert_int_equal(open_client(), 0);
    assert_accepted("");
    hvc_auth_free(client);
    assert_int_equal(accounts_stop(&accounts, false), 0);
    assert_int_equal(access(accounts.socket, F_OK), 0); /* the socket is systemd's */
}

static void told_to_end_it_ends_with_checks_under_way_and_takes_its_socket_along(void **state)
{
    const struct hvc_auth_request request = {"alice", PASSWORD, ""};
    struct hvc_auth_call *call = NULL;
    struct hvc_auth_answer answer;

    (void)state;
    accounts_start(&accounts, "hung", false);
    assert_int_equal(open_client(), 0);
    assert_false(hvc_auth_begin(client, &request, hvc_deadline_in(LONG_MS), &call, &answer));
    assert_int_equal(accounts_stop(&accounts, true), 0);
    assert_int_equal(access(accounts.socket, F_OK), -1);
    while (!hvc_auth_call_step(call, &answer)) {
    }
    assert_int_equal(answer.verdict, HVC_AUTH_UNAVAILABLE);
    hvc_auth_call_free(call);
    hvc_auth_free(client);
}

/* A test with a helper of its own, which has the PAM service that is named. */
#define WITH(test, service)                                                                                            \
    {                                                                                                                  \
#test, test, start, stop, (void *)(uintptr_t)(service)                                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_right_password_gives_the_account_its_groups_and_so_a_role, "prompt"),
        WITH(every_refusal_has_its_verdict_and_words_and_no_account_or_groups, "prompt"),
        WITH(a_right_password_that_the_account_stack_refuses_is_denied_and_no_failed_attempt, "debian"),
        WITH(a_right_password_that_the_account_stack_refuses_is_denied_and_no_failed_attempt, "members"),
        WITH(in_debians_stacks_a_password_that_must_be_changed_is_told, "debian"),
        WITH(an_empty_password_is_refused_although_pam_would_take_it, "permit-empty"),
        WITH(a_wrong_password_is_delayed_and_nobody_waits_for_it, "slow"),
        WITH(after_five_failures_the_sixth_attempt_is_not_taken_and_others_are, "prompt"),
        WITH(right_passwords_at_one_time_wait_for_each_other_and_are_all_accepted, "prompt"),
        WITH(a_module_that_hangs_is_ended_with_all_that_it_has_started, "hung"),
        WITH(a_service_that_is_not_set_up_is_named, "absent"),
        WITH(a_service_that_is_not_set_up_is_named, "broken"),
        WITH(only_root_and_the_one_user_are_answered, "prompt"),
        WITH(nonsense_of_any_size_is_answered_and_the_service_stays_up, "prompt"),
        WITH(silent_connections_beyond_all_places_hold_nobody_up_for_long, "prompt"),
        WITH(no_password_stays_in_memory_or_in_the_log_and_no_unknown_name_in_the_log, "prompt"),
        cmocka_unit_test(started_by_systemds_protocol_it_serves_and_ends_when_nobody_asks),
        cmocka_unit_test(told_to_end_it_ends_with_checks_under_way_and_takes_its_socket_along),
    };
    int failed;

    if (!accounts_make(&accounts)) {
        accounts_remove(&accounts);
        (void)puts("skipped: this test makes a mount namespace and has to be root");
        return 77;
    }
    failed = cmocka_run_group_tests_name("auth.hvcluster_auth", tests, NULL, NULL);
    accounts_remove(&accounts);
    return failed;
}

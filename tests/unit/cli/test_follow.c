/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders that are asked and followed, with a hvclusterd that answers from a script: this program has its own client. */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "ask.h"
#include "balance.h"

#include "../hvc_cmocka.h"

/* ---- the client ---- */

static const char *const *script; /* answers in turn, NULL: the client is told that hvclusterd is gone */
static unsigned asked, connected, closed;
static char given, newer; /* stand for clients: main's, and those that are made on the way */
static char questions[4096];

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error)
{
    (void)options;
    (void)deadline_ms;
    (void)error;
    connected++;
    *ret_client = (struct hvc_client *)(void *)&newer;
    return 0;
}

static struct hvc_client *const the_client = (struct hvc_client *)(void *)&given;

/* Main closes its own. */
void hvc_client_close(struct hvc_client *client)
{
    assert_ptr_not_equal(client, &given);
    closed++;
}

int hvc_client_call(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                    struct hvc_record **ret_response, struct hvc_error *error)
{
    const char *answer = script[asked++];
    char *json = NULL;
    size_t length = 0, used = strlen(questions);

    (void)client;
    (void)deadline_ms;
    assert_int_equal(hvc_record_format(request, &json, &length, error), 0);
    (void)snprintf(questions + used, sizeof(questions) - used, "%s\n", json);
    free(json);
    if (answer == NULL)
        return hvc_error_set(error, -EPIPE, "hvclusterd ended");
    return hvc_response_parse(answer, strlen(answer), ret_response, error);
}

/* ---- what is printed ---- */

static char printed[8192];
static int kept_stdout = -1;

static void capture(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    (void)fflush(stdout);
    kept_stdout = dup(STDOUT_FILENO);
    assert_true(kept_stdout >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    assert_int_equal(close(fd), 0);
}

static void release(void)
{
    ssize_t length;

    (void)fflush(stdout);
    length = pread(STDOUT_FILENO, printed, sizeof(printed) - 1, 0);
    assert_true(dup2(kept_stdout, STDOUT_FILENO) >= 0);
    assert_int_equal(close(kept_stdout), 0);
    printed[length > 0 ? length : 0] = '\0';
}

static struct hvc_cli_order order_of(const char *words)
{
    static char text[256];
    char *argv[16] = {text}, *save = NULL;
    struct hvc_cli_order order;
    struct hvc_error error = {0};
    int argc = 0;

    (void)snprintf(text, sizeof(text), "hvcluster %s", words);
    for (char *word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    assert_int_equal(hvc_cli_parse(argc, argv, &order, &error), 0);
    return order;
}

static void begin_script(const char *const *answers)
{
    script = answers;
    asked = connected = closed = 0;
    questions[0] = '\0';
}

#define ANSWER(data) "{\"version\":1,\"result\":\"ok\",\"text\":\"said\",\"data\":{" data "}}"
#define JOB(id, phase, more)                                                                                           \
    "{\"id\":" id ",\"guest\":\"vm" id "\",\"kind\":\"live\",\"phase\":\"" phase "\",\"source\":\"n1\","               \
    "\"target\":\"n2\",\"words\":\"\"," more "}"
#define COPYING          JOB("7", "copying", "\"ended\":false,\"exit_code\":8")
#define DONE             JOB("7", "completed", "\"ended\":true,\"exit_code\":0,\"located\":true,\"runs_on\":\"n2\"")
#define FAILED           JOB("8", "failed", "\"ended\":true,\"exit_code\":11,\"located\":true,\"runs_on\":\"n1\"")
#define JOBS(seen, list) ANSWER("\"jobs\":[" list "],\"seen\":\"" seen "\",\"changed\":true")

static int run_move(const char *words, const char *const *answers)
{
    struct hvc_cli_order order = order_of(words);
    struct hvc_record *made = NULL;
    struct hvc_error error = {0};
    int code;

    begin_script(answers);
    assert_int_equal(hvc_cli_ask(the_client, &order, 1000, &made, &error), 0);
    capture();
    code = hvc_cli_follow_move(the_client, &order, made);
    release();
    hvc_record_free(made);
    return code;
}

static void a_move_is_asked_for_and_followed_to_its_end(void **state)
{
    static const char *const answers[] = {ANSWER("\"id\":7"), JOBS("aa", COPYING), JOBS("bb", DONE)};

    (void)state;
    assert_int_equal(run_move("move vm7 n2 --bandwidth 1000", answers), 0);
    assert_string_equal(printed, "job 7: guest vm7: completed, it runs on n2\n");
    assert_int_equal(asked, 3);
    assert_non_null(strstr(questions, "\"op\":\"job.create\""));
    assert_non_null(strstr(questions, "\"guest\":\"vm7\""));
    assert_non_null(strstr(questions, "\"bandwidth\":1000"));
    assert_non_null(strstr(questions, "\"ids\":\"7\",\"seen\":\"aa\"")); /* only what is new is waited for */
}

static void who_does_not_wait_is_told_the_number_only(void **state)
{
    static const char *const answers[] = {ANSWER("\"id\":7")};

    (void)state;
    assert_int_equal(run_move("move vm7 --no-wait", answers), 0);
    assert_string_equal(printed, "said\n");
    assert_int_equal(asked, 1);
}

static void a_job_that_only_an_operator_can_end_is_not_waited_for(void **state)
{
    static const char *const answers[] = {ANSWER("\"id\":7"),
                                          JOBS("aa", JOB("7", "needs-operator", "\"ended\":false,\"exit_code\":10"))};

    (void)state;
    assert_int_equal(run_move("move vm7", answers), 10);
    assert_non_null(strstr(printed, "it goes on: hvcluster jobs watch 7"));
}

static void a_hvclusterd_that_is_restarted_is_asked_again(void **state)
{
    static const char *const answers[] = {ANSWER("\"id\":7"), JOBS("aa", COPYING), NULL, JOBS("bb", DONE)};

    (void)state;
    assert_int_equal(run_move("move vm7", answers), 0);
    assert_int_equal(connected, 1);
    assert_int_equal(closed, 1);
    assert_string_equal(printed, "job 7: guest vm7: completed, it runs on n2\n");
}

static int run_order(const char *words, const char *const *answers,
                     int (*carry_out)(struct hvc_client *client, const struct hvc_cli_order *order))
{
    struct hvc_cli_order order = order_of(words);
    int code;

    begin_script(answers);
    capture();
    code = carry_out(the_client, &order);
    release();
    return code;
}

static int run_watch(const char *words, const char *const *answers)
{
    return run_order(words, answers, hvc_cli_watch);
}

static void those_that_are_unfinished_at_first_are_watched_and_the_worst_end_counts(void **state)
{
    static const char *const answers[] = {JOBS("aa", COPYING "," JOB("8", "queued", "\"ended\":false,\"exit_code\":8")),
                                          JOBS("bb", DONE "," FAILED)};

    (void)state;
    assert_int_equal(run_watch("jobs watch", answers), 11);
    assert_non_null(strstr(questions, "\"state\":\"active\""));
    assert_non_null(strstr(questions, "\"ids\":\"7,8\",\"seen\":\"aa\""));
    assert_non_null(strstr(printed, "job 8  vm8  live  n1 -> n2  queued"));
    assert_non_null(strstr(printed, "job 8  vm8  live  n1 -> n2  failed"));
    assert_null(strchr(printed, '\033')); /* no terminal: no orders for one */
}

static void with_nothing_to_watch_that_is_said(void **state)
{
    static const char *const answers[] = {JOBS("aa", "")};

    (void)state;
    assert_int_equal(run_watch("jobs watch", answers), 0);
    assert_string_equal(printed, "no job is unfinished\n");
}

static void programs_get_an_answer_a_line(void **state)
{
    static const char *const answers[] = {JOBS("aa", COPYING), JOBS("bb", DONE)};

    (void)state;
    assert_int_equal(run_watch("jobs watch 7 --json", answers), 0);
    assert_string_equal(printed, JOBS("aa", COPYING) "\n" JOBS("bb", DONE) "\n");
}

/* Of a pipe that nobody reads: what is written there goes nowhere, and no signal ends the program. */
static int watch_unread(const char *words, const char *const *answers)
{
    struct hvc_cli_order order = order_of(words);
    int ends[2], kept = dup(STDOUT_FILENO), code;

    assert_int_equal(sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL), 0);
    (void)fflush(stdout);
    assert_true(kept >= 0 && pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) >= 0);
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
    begin_script(answers);
    code = hvc_cli_watch(the_client, &order);
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    assert_int_equal(close(kept), 0);
    clearerr(stdout);
    return code;
}

static void who_is_not_read_any_more_ends_and_tells_what_it_knew(void **state)
{
    static const char *const writes[] = {JOBS("aa", COPYING), NULL};
    static const char *const waits[] = {ANSWER("\"jobs\":[" COPYING "],\"seen\":\"aa\",\"changed\":false"), NULL};

    (void)state;
    assert_int_equal(watch_unread("jobs watch 7 --json", writes), 8); /* it has not ended */
    assert_int_equal(asked, 1);
    assert_int_equal(watch_unread("jobs watch 7", waits), 8); /* nothing to write: the reader is looked for */
    assert_int_equal(asked, 1);
    assert_non_null(strstr(questions, "\"timeout_ms\":3000"));
}

static void a_refusal_is_the_exit_status(void **state)
{
    static const char *const answers[] = {
        "{\"version\":1,\"result\":\"not-found\",\"text\":\"the cluster knows no job 9\"}"};

    (void)state;
    assert_int_equal(run_watch("jobs watch 9", answers), 3);
    assert_string_equal(printed, "");
}

/* ---- balance ---- */

#define MOVE(n) "{\"guest\":\"vm" n "\",\"uuid\":\"uuid-" n "\",\"source\":\"n1\",\"target\":\"n2\",\"score\":41}"
#define PLAN(moves)                                                                                                    \
    ANSWER("\"score_before\":213,\"score_after\":41,\"nodes\":[],\"moves\":[" moves "],\"summary\":\"hints\"")
#define REFUSAL(result) "{\"version\":1,\"result\":\"" result "\",\"text\":\"no\"}"

static int run_balance(const char *words, const char *const *answers)
{
    return run_order(words, answers, hvc_cli_balance);
}

static void hints_are_shown_and_nothing_else_is_asked(void **state)
{
    static const char *const answers[] = {PLAN(MOVE("7"))};

    (void)state;
    assert_int_equal(run_balance("balance --gain 20 --low=0 --moves 3 --hold 60 --load-weight 0", answers), 0);
    assert_int_equal(asked, 1);
    assert_non_null(strstr(questions, "\"op\":\"balance.plan\""));
    assert_non_null(strstr(questions, "\"gain\":20,\"low\":0,\"moves\":3,\"hold_s\":60,\"load_weight\":0"));
    assert_non_null(strstr(questions, "\"timeout_ms\":108000"));
    assert_non_null(strstr(printed, "vm7 from n1 to n2: 0.041"));
}

static void moves_become_jobs_that_are_followed(void **state)
{
    static const char *const answers[] = {PLAN(MOVE("7") "," MOVE("8")), ANSWER("\"id\":7"), ANSWER("\"id\":8"),
                                          JOBS("aa", DONE "," FAILED)};

    (void)state;
    assert_int_equal(run_balance("balance --do", answers), 11);
    assert_int_equal(asked, 4);
    assert_non_null(strstr(questions, "\"guest\":\"uuid-7\",\"target\":\"n2\",\"priority\":10000"));
    assert_non_null(strstr(questions, "\"guest\":\"uuid-8\""));
    assert_non_null(strstr(questions, "\"ids\":\"7,8\""));
    assert_non_null(strstr(printed, "said\nsaid\n"));
    assert_non_null(strstr(printed, "job 8  vm8  live  n1 -> n2  failed"));
}

static void who_does_not_wait_gets_the_jobs_only(void **state)
{
    static const char *const answers[] = {PLAN(MOVE("7")), ANSWER("\"id\":7")};

    (void)state;
    assert_int_equal(run_balance("balance --do --no-wait --json", answers), 0);
    assert_int_equal(asked, 2);
    assert_non_null(strstr(printed, "}\n" ANSWER("\"id\":7") "\n")); /* an answer a line */
}

static void a_request_that_is_refused_is_the_exit_status_and_stops_no_other(void **state)
{
    static const char *const busy[] = {PLAN(MOVE("7") "," MOVE("8")), REFUSAL("busy"), ANSWER("\"id\":7"),
                                       JOBS("aa", DONE)};
    static const char *const lost[] = {PLAN(MOVE("7") "," MOVE("8")), REFUSAL("no-quorum")};
    static const char *const stopped[] = {REFUSAL("no-quorum")};
    static const char *const none[] = {PLAN("")};

    (void)state;
    assert_int_equal(run_balance("balance --do", busy), 7);
    assert_int_equal(asked, 4);
    assert_int_equal(run_balance("balance --do", lost), 6);
    assert_int_equal(asked, 2);
    assert_int_equal(run_balance("balance --do", stopped), 6);
    assert_int_equal(asked, 1);
    assert_int_equal(run_balance("balance --do", none), 0);
    assert_int_equal(asked, 1);
}

/* ---- what no hvclusterd has answered ---- */

static const char *complain(const char *words, int code, const char *text, int *ret_exit)
{
    struct hvc_cli_order order = order_of(words);
    struct hvc_error error = {0};

    (void)hvc_error_set(&error, code, "%s", text);
    capture();
    *ret_exit = hvc_cli_complain(&order, &error);
    release();
    return printed;
}

static void an_hvclusterd_that_does_not_run_is_an_answer_for_programs(void **state)
{
    int code;

    (void)state;
    assert_string_equal(
        complain("status --json", -ENOTCONN, "hvclusterd does not run here", &code),
        "{\"version\":1,\"result\":\"unreachable\",\"text\":\"hvclusterd does not run here: start it, in a "
        "cluster with 'pcs cluster start'\"}\n");
    assert_int_equal(code, 9);
    assert_string_equal(complain("status --output-as json", -ETIMEDOUT, "it hangs", &code),
                        "{\"version\":1,\"result\":\"timeout\",\"text\":\"it hangs\"}\n");
    assert_int_equal(code, 8);
    assert_string_equal(complain("status", -ENOTCONN, "hvclusterd does not run here", &code), ""); /* on stderr */
    assert_int_equal(code, 9);
}

static void a_folder_is_no_definition(void **state)
{
    struct hvc_error error = {0};
    char *text = NULL;

    (void)state;
    assert_int_equal(hvc_cli_read_file("the definition", "/etc", &text, &error), -EINVAL);
    assert_string_equal(error.text, "cannot read the definition /etc: it is a folder, name a file in it");
    assert_int_equal(hvc_cli_read_file("the definition", "/etc/not/there", &text, &error), -ENOENT);
    assert_string_equal(error.text, "cannot read the definition /etc/not/there: No such file or directory");
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hvclusterd_that_does_not_run_is_an_answer_for_programs),
        cmocka_unit_test(a_folder_is_no_definition),
        cmocka_unit_test(a_move_is_asked_for_and_followed_to_its_end),
        cmocka_unit_test(who_does_not_wait_is_told_the_number_only),
        cmocka_unit_test(a_job_that_only_an_operator_can_end_is_not_waited_for),
        cmocka_unit_test(a_hvclusterd_that_is_restarted_is_asked_again),
        cmocka_unit_test(those_that_are_unfinished_at_first_are_watched_and_the_worst_end_counts),
        cmocka_unit_test(with_nothing_to_watch_that_is_said),
        cmocka_unit_test(programs_get_an_answer_a_line),
        cmocka_unit_test(a_refusal_is_the_exit_status),
        cmocka_unit_test(who_is_not_read_any_more_ends_and_tells_what_it_knew),
        cmocka_unit_test(hints_are_shown_and_nothing_else_is_asked),
        cmocka_unit_test(moves_become_jobs_that_are_followed),
        cmocka_unit_test(who_does_not_wait_gets_the_jobs_only),
        cmocka_unit_test(a_request_that_is_refused_is_the_exit_status_and_stops_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

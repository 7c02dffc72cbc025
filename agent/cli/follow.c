/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvclusterd is asked for "what differs from what I have seen" (job.wait), so nothing is missed and nobody polls; on a
 * terminal with something moving the question ends after a second, for the numbers of the progress bar.
 */
#include "follow.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "render.h"

enum {
    FRAME_MS = 1000,
    QUIET_MS = 20000,
    READER_MS = 3000, /* how late a reader's going is noticed while there is nothing to write */
    ANSWER_MS = 15000,
    EXIT_UNFINISHED = 8
};

struct follow {
    struct hvc_client *client;
    struct hvc_client *given; /* the caller's, who closes it; client is that one, or a newer one of ours */
    const struct hvc_cli_order *order;
    const char *ids; /* with commas; NULL: those that are unfinished at the first look */
    char *found;     /* the ids of these; free() */
    FILE *bars;      /* where frames are drawn; NULL: there is no terminal */
    int bars_fd;
    bool colour;
    unsigned drawn; /* lines of the last frame */
    char seen[32];
    struct hvc_record *response; /* the last answer */
};

/* ---- Control-C ---- */

static char farewell[256];
static int farewell_code = EXIT_UNFINISHED;

static void detach(int signal)
{
    (void)signal;
    (void)!write(STDERR_FILENO, farewell, strlen(farewell));
    _exit(farewell_code);
}

static void watch_for_interrupt(void)
{
    struct sigaction action = {.sa_handler = detach};

    (void)sigaction(SIGINT, &action, NULL);
}

/* ---- drawing ---- */

static bool wants_colour(int fd)
{
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    return isatty(fd) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

static void find_terminal(struct follow *follow, FILE *stream, int fd)
{
    const char *terminal = getenv("TERM");

    if (follow->order->output != HVC_CLI_TEXT || !isatty(fd) || terminal == NULL || strcmp(terminal, "dumb") == 0)
        return;
    follow->bars = stream;
    follow->bars_fd = fd;
    follow->colour = wants_colour(fd);
}

static void wipe(struct follow *follow)
{
    if (follow->drawn > 0)
        (void)fprintf(follow->bars, "\033[%uA\033[J", follow->drawn);
    follow->drawn = 0;
}

static void draw(struct follow *follow, const struct hvc_record *data)
{
    wipe(follow);
    follow->drawn = hvc_render_job_frames(follow->bars, data, hvc_cli_columns(follow->bars_fd), follow->colour);
    (void)fflush(follow->bars);
}

/* ---- asking ---- */

/* How long hvclusterd may wait for news: who writes to a pipe looks from time to time whether it is read. */
static uint64_t quiet_ms(void)
{
    struct stat out;

    return fstat(STDOUT_FILENO, &out) == 0 && (S_ISFIFO(out.st_mode) || S_ISSOCK(out.st_mode)) ? READER_MS : QUIET_MS;
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void close_own(struct follow *follow)
{
    if (follow->client != follow->given)
        hvc_client_close(follow->client);
    follow->client = NULL;
}

/* hvclusterd is gone or was too slow: jobs do not depend on it, so the question is asked again for a while. */
static int connect_again(struct follow *follow, uint64_t until_ms, struct hvc_error *error)
{
    close_own(follow);
    return hvc_client_connect(NULL, min_of(until_ms, hvc_deadline_in(ANSWER_MS)), &follow->client, error);
}

static bool is_moving(const struct hvc_record *data)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "jobs"); i++) {
        const struct hvc_record *job = hvc_record_list_at(data, "jobs", i);

        if (!hvc_record_bool(job, "ended", false) && strcmp(hvc_record_text(job, "phase", ""), "queued") != 0)
            return true;
    }
    return false;
}

static struct hvc_record *new_question(const struct follow *follow, uint64_t wait_ms)
{
    struct hvc_record *args, *request = hvc_request_new("job.wait", &args);

    if (follow->ids != NULL)
        hvc_record_set_text(args, "ids", follow->ids);
    else
        hvc_record_set_text(args, "state", "active");
    if (follow->seen[0] != '\0')
        hvc_record_set_text(args, "seen", follow->seen);
    hvc_record_set_u64(args, "timeout_ms", wait_ms > 0 ? wait_ms : 1);
    return request;
}

/* The next answer, in follow->response. */
static int look(struct follow *follow, uint64_t until_ms, struct hvc_error *error)
{
    bool often = follow->bars != NULL && is_moving(hvc_response_data(follow->response));
    uint64_t wait_ms = min_of(often ? FRAME_MS : quiet_ms(), hvc_deadline_left(until_ms));
    HVC_CLEANUP(record) struct hvc_record *request = new_question(follow, wait_ms);
    struct hvc_record *response = NULL;
    int result = hvc_cli_send(follow->client, request, hvc_deadline_in(wait_ms + ANSWER_MS), &response, error);

    if (result != 0)
        return result;
    hvc_record_free(follow->response);
    follow->response = response;
    if (hvc_response_result(response) != HVC_RESULT_OK)
        return hvc_error_set(error, -EPROTO, "%s", hvc_response_text(response));
    (void)snprintf(follow->seen, sizeof(follow->seen), "%s", hvc_record_text(hvc_response_data(response), "seen", ""));
    return 0;
}

static bool have_ended(const struct hvc_record *data)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "jobs"); i++) {
        if (!hvc_record_bool(hvc_record_list_at(data, "jobs", i), "ended", false))
            return false;
    }
    return true;
}

static int exit_code(const struct hvc_record *data)
{
    uint64_t worst = 0;

    for (size_t i = 0; i < hvc_record_list_count(data, "jobs"); i++) {
        uint64_t code = hvc_record_u64(hvc_record_list_at(data, "jobs", i), "exit_code", 0);

        worst = code > worst ? code : worst;
    }
    return (int)worst;
}

/* A job that only an operator can end is not waited for. */
static bool needs_operator(const struct hvc_record *data)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "jobs"); i++) {
        const struct hvc_record *job = hvc_record_list_at(data, "jobs", i);

        if (!hvc_record_bool(job, "ended", false) && strcmp(hvc_record_text(job, "phase", ""), "needs-operator") != 0)
            return false;
    }
    return true;
}

/* show: called for every answer; false ends the following. Until all have ended, or until_ms. */
static int follow_jobs(struct follow *follow, uint64_t until_ms, bool (*show)(struct follow *), struct hvc_error *error)
{
    uint64_t patience_ms = HVC_NO_DEADLINE; /* how long hvclusterd may be away */
    const struct hvc_record *data;
    int result;

    do {
        result = look(follow, until_ms, error);
        if (result == -EPROTO && follow->response != NULL &&
            hvc_response_result(follow->response) != HVC_RESULT_UNREACHABLE)
            return result;
        if (result != 0) {
            struct hvc_error why = *error;

            patience_ms = min_of(patience_ms, hvc_deadline_in(2 * ANSWER_MS));
            if (hvc_deadline_left(patience_ms) == 0 || connect_again(follow, patience_ms, &why) != 0)
                return result;
            continue;
        }
        patience_ms = HVC_NO_DEADLINE;
        data = hvc_response_data(follow->response);
        if (!show(follow) || have_ended(data) || needs_operator(data))
            return 0;
    } while (hvc_deadline_left(until_ms) > 0);
    return 0;
}

static int give_up(struct follow *follow, const struct hvc_error *error)
{
    if (follow->bars != NULL)
        wipe(follow);
    if (follow->response != NULL && hvc_response_result(follow->response) != HVC_RESULT_OK)
        return hvc_cli_show(follow->order, follow->response);
    return hvc_cli_complain(follow->order, error);
}

static void end_follow(struct follow *follow)
{
    close_own(follow);
    hvc_record_free(follow->response);
    free(follow->found);
}

/* ---- move ---- */

static bool show_move(struct follow *follow)
{
    if (follow->bars != NULL)
        draw(follow, hvc_response_data(follow->response));
    return true;
}

static void say_end(const struct hvc_record *job)
{
    const char *words = hvc_record_text(job, "words", "");
    bool ended = hvc_record_bool(job, "ended", false);

    (void)printf("job %" PRIu64 ": guest %s: %s", hvc_record_u64(job, "id", 0), hvc_record_text(job, "guest", "?"),
                 hvc_record_text(job, "phase", "?"));
    if (ended && hvc_record_bool(job, "located", false))
        (void)printf(", it runs on %s", hvc_record_text(job, "runs_on", "no node"));
    (void)printf("%s%s\n", words[0] != '\0' ? ": " : "", words);
    if (!ended)
        (void)printf("it goes on: hvcluster jobs watch %" PRIu64 ", hvcluster jobs cancel %" PRIu64 "\n",
                     hvc_record_u64(job, "id", 0), hvc_record_u64(job, "id", 0));
}

static int end_move(struct follow *follow)
{
    const struct hvc_record *data = hvc_response_data(follow->response);
    int code = exit_code(data);

    if (follow->bars != NULL)
        wipe(follow);
    if (follow->order->output == HVC_CLI_JSON) {
        int shown = hvc_cli_show(follow->order, follow->response);

        return shown != 0 ? shown : code;
    }
    say_end(hvc_record_list_at(data, "jobs", 0));
    (void)hvc_cli_flush();
    return code;
}

int hvc_cli_follow_move(struct hvc_client *client, const struct hvc_cli_order *order, const struct hvc_record *made)
{
    uint64_t id = hvc_record_u64(hvc_response_data(made), "id", 0);
    struct follow follow = {.client = client, .given = client, .order = order};
    struct hvc_error error = {0};
    char ids[24];
    int code;

    if (hvc_response_result(made) != HVC_RESULT_OK || id == 0 || order->wait_ms == 0)
        return hvc_cli_show(order, made);
    (void)snprintf(ids, sizeof(ids), "%" PRIu64, id);
    (void)snprintf(farewell, sizeof(farewell),
                   "\nhvcluster: job %s goes on: 'hvcluster jobs watch %s' follows it, 'hvcluster jobs cancel %s' ends "
                   "it\n",
                   ids, ids, ids);
    watch_for_interrupt();
    follow.ids = ids;
    find_terminal(&follow, stderr, STDERR_FILENO);
    if (follow_jobs(&follow, hvc_deadline_in(order->wait_ms), show_move, &error) == 0) {
        code = end_move(&follow);
    } else {
        (void)hvc_error_prefix(&error, "job %s was made, but cannot be followed", ids);
        code = give_up(&follow, &error);
    }
    end_follow(&follow);
    return code;
}

/* ---- watch ---- */

/* Those that are unfinished at the first look are watched to their ends. */
static int remember_ids(struct follow *follow)
{
    const struct hvc_record *data = hvc_response_data(follow->response);
    size_t count = hvc_record_list_count(data, "jobs"), size = 24 * (count + 1), used = 0;

    follow->found = calloc(1, size);
    if (follow->found == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count && i < HVC_CLI_NUMBERS_MAX; i++)
        used += (size_t)snprintf(follow->found + used, size - used, "%s%" PRIu64, i == 0 ? "" : ",",
                                 hvc_record_u64(hvc_record_list_at(data, "jobs", i), "id", 0));
    if (count > 0)
        follow->ids = follow->found;
    return 0;
}

static bool show_watched(struct follow *follow)
{
    const struct hvc_record *data = hvc_response_data(follow->response);

    if (follow->ids == NULL && remember_ids(follow) < 0)
        return false;
    if (follow->bars != NULL) {
        draw(follow, data);
        return true;
    }
    if (!hvc_record_bool(data, "changed", true))
        return !hvc_cli_reader_is_gone();
    if (follow->order->output == HVC_CLI_JSON)
        (void)hvc_cli_show(follow->order, follow->response);
    else
        (void)hvc_render_job_frames(stdout, data, hvc_cli_columns(STDOUT_FILENO), false);
    return hvc_cli_flush();
}

int hvc_cli_watch(struct hvc_client *client, const struct hvc_cli_order *order)
{
    struct follow follow = {.client = client, .given = client, .order = order};
    struct hvc_error error = {0};
    uint64_t until_ms = order->timeout_given ? hvc_deadline_in(order->timeout_ms) : HVC_NO_DEADLINE;
    int code;

    (void)snprintf(farewell, sizeof(farewell), "\nhvcluster: no longer watching; the jobs go on\n");
    watch_for_interrupt();
    if (hvc_cli_value(order, "ids") != NULL)
        follow.ids = order->numbers;
    find_terminal(&follow, stdout, STDOUT_FILENO);
    if (follow_jobs(&follow, until_ms, show_watched, &error) == 0) {
        code = exit_code(hvc_response_data(follow.response));
        if (order->output == HVC_CLI_TEXT && hvc_record_list_count(hvc_response_data(follow.response), "jobs") == 0)
            (void)puts("no job is unfinished");
    } else {
        code = give_up(&follow, &error);
    }
    end_follow(&follow);
    return code;
}

/* ---- events ---- */

static int next_events(struct hvc_client *client, uint64_t after, struct hvc_record **ret_response,
                       struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("event.list", &args);

    hvc_record_set_u64(args, "after", after);
    hvc_record_set_bool(args, "follow", true);
    hvc_record_set_u64(args, "timeout_ms", quiet_ms());
    return hvc_cli_send(client, request, hvc_deadline_in(quiet_ms() + ANSWER_MS), ret_response, error);
}

int hvc_cli_follow_events(struct hvc_client *client, const struct hvc_cli_order *order, const struct hvc_record *first)
{
    uint64_t after = hvc_record_u64(hvc_response_data(first), "next", 0);
    struct hvc_error error = {0};
    int code = hvc_cli_show(order, first);

    (void)snprintf(farewell, sizeof(farewell), "\n");
    farewell_code = 0;
    watch_for_interrupt();
    while (code == 0 && hvc_cli_flush() && !hvc_cli_reader_is_gone()) {
        HVC_CLEANUP(record) struct hvc_record *response = NULL;

        if (next_events(client, after, &response, &error) != 0)
            return hvc_cli_complain(order, &error);
        after = hvc_record_u64(hvc_response_data(response), "next", after);
        if (hvc_response_result(response) != HVC_RESULT_OK ||
            hvc_record_list_count(hvc_response_data(response), "events") > 0)
            code = hvc_cli_show(order, response);
    }
    return code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvcluster-direct: one operation of hvclusterd's table in this process, for the agents when there is no daemon, or
 * when it lacks the rights (only root sees and ends processes). One request on standard input, one response on standard
 * output, both JSON; exit code 0 whenever there is a response, whatever its result.
 *
 * With --lifeline the input stays open: its end means that the asker has gone, and the operation is cancelled and, if
 * it is a move, brought to a proven end. The process ends itself in any case, LINGER_S after the operation's deadline.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "direct_request.h"
#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/operations.h"
#include "hvc/setup.h"
#include "hvc/thread.h"

#ifndef HVC_CONFIG_DIRECTORY
#error "HVC_CONFIG_DIRECTORY comes from CMakeLists.txt"
#endif
#define CONFIG_FILE HVC_CONFIG_DIRECTORY "/hvclusterd.conf"
#define SETUP_MS    2000 /* for Corosync to tell this node's name */
#define LINGER_S    60   /* for the proof of a move's end after its deadline */
#define THREADS_MS  200  /* for threads that are at their end */

static void say(void *context, enum hvc_message message, const char *details)
{
    const struct hvc_message_row *row = hvc_message_row(message);

    (void)context;
    if (row->level <= HVC_LEVEL_WARNING)
        (void)fprintf(stderr, "HVC%u %s%s%s\n", row->id, row->text, *details == '\0' ? "" : ": ", details);
}

static void cancel(void *context)
{
    hvc_call_cancel(context);
}

static struct hvc_call *make_call(const char *text, size_t length, uint64_t now_ms)
{
    const struct hvc_caller caller = {
        .pid = getpid(),
        .uid = geteuid(),
        .gid = getegid(),
        .right = geteuid() == 0 ? HVC_RIGHT_ADMIN : HVC_RIGHT_NONE,
    };
    struct hvc_record *request = NULL;
    struct hvc_error error = {0};

    if (hvc_record_parse(text, length, &request, &error) < 0)
        return hvc_call_new_refused(&caller, HVC_RESULT_INVALID, &error);
    return hvc_call_new(request, &caller, now_ms);
}

static int read_config(struct hvc_config *ret_config)
{
    struct hvc_error error = {0};
    int rc = hvc_config_read(CONFIG_FILE, false, ret_config, &error);

    if (rc == 0 || rc == -ENOENT)
        return 0;
    /* Stop and monitor must work also with a configuration that hvclusterd refuses. */
    (void)fprintf(stderr, "hvcluster-direct: %s: going on with the defaults\n", error.text);
    hvc_config_defaults(ret_config);
    return 0;
}

static int run(struct hvc_call *call)
{
    struct hvc_operations operations = {.message = say};
    struct hvc_config config;
    struct hvc_error error = {0};
    bool host_name = false;

    if (read_config(&config) < 0)
        return -EINVAL;
    if (hvc_setup_open(&config, true, hvc_deadline_in(SETUP_MS), &operations, &host_name, &error) < 0) {
        (void)fprintf(stderr, "hvcluster-direct: %s\n", error.text);
        return error.code;
    }
    hvc_call_run(&operations, call);
    hvc_setup_close(&operations);
    return 0;
}

static int answer(struct hvc_call *call)
{
    HVC_CLEANUP(free) char *text = NULL;
    struct hvc_error error = {0};
    size_t length = 0;

    if (hvc_record_format(hvc_call_response(call), &text, &length, &error) < 0) {
        (void)fprintf(stderr, "hvcluster-direct: %s\n", error.text);
        return EXIT_FAILURE;
    }
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    bool lifeline = argc == 2 && strcmp(argv[1], "--lifeline") == 0;
    HVC_CLEANUP(free) char *text = NULL;
    struct hvc_error error = {0};
    struct hvc_call *call;
    size_t length = 0;
    int status;

    if (argc > 1 && !lifeline) {
        (void)fprintf(stderr, "usage: hvcluster-direct [--lifeline]   (a request on standard input, as root)\n");
        return 2;
    }
    if (hvc_direct_read(STDIN_FILENO, &text, &length, &error) < 0) {
        (void)fprintf(stderr, "hvcluster-direct: %s\n", error.text);
        return 2;
    }
    call = make_call(text, length, hvc_now_ms());
    if (call == NULL)
        return EXIT_FAILURE;
    if (hvc_call_is_accepted(call)) {
        uint64_t left_s = hvc_deadline_left(call->deadline_ms) / 1000;

        (void)alarm((unsigned)(left_s < 7 * 24 * 3600 ? left_s : 7 * 24 * 3600) + LINGER_S);
        if (lifeline && hvc_direct_watch(STDIN_FILENO, cancel, call) < 0)
            (void)fprintf(stderr, "hvcluster-direct: no thread for the lifeline: going on without\n");
        if (run(call) < 0)
            return EXIT_FAILURE;
    }
    status = answer(call); /* the call stays: the lifeline's thread may still touch it */
    if (hvc_thread_await(hvc_deadline_in(THREADS_MS)) > 0)
        _exit(status); /* libvirt hangs: it must not be taken down under its own thread */
    return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask_codec.h"
#include "askers.h"
#include "hvc/cleanup.h"
#include "hvc/client.h"
#include "hvc/clock.h"
#include "hvc/run_program.h"
#include "installed_program.h"

#ifndef HVC_LIBEXEC_BELOW_PREFIX
#error "HVC_LIBEXEC_BELOW_PREFIX comes from CMakeLists.txt"
#endif
#define DIRECT HVC_LIBEXEC_BELOW_PREFIX "/hvcluster/hvcluster-direct"

static int run_direct(const char *request, uint64_t deadline_ms, char *output, struct hvc_error *error)
{
    char path[HVC_PATH_TEXT_MAX];
    const char *const arguments[] = {path, "--lifeline", NULL};
    const struct hvc_program program = {
        .arguments = arguments, .input = request, .lifeline = true, .own_session = true};
    bool cut = false;
    int rc = hvc_installed_program(DIRECT, path, sizeof(path), error);

    if (rc < 0)
        return rc;
    rc = hvc_run_program(&program, deadline_ms, output, HVC_IPC_MESSAGE_MAX, &cut, error);
    if (rc < 0)
        return rc;
    if (rc > 0 || cut)
        return hvc_error_set(error, -EPROTO, "%s ended with %d and without an answer", path, rc);
    return 0;
}

static int ask(struct hvc_asker *asker, const struct hvc_question *question, uint64_t deadline_ms,
               struct hvc_answer *ret_answer, struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(free) char *line = NULL;
    HVC_CLEANUP(free) char *output = malloc(HVC_IPC_MESSAGE_MAX);
    size_t length = 0;
    char *grown;
    int rc;

    (void)asker;
    request = hvc_ask_encode(question);
    if (request == NULL || output == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    rc = hvc_record_format(request, &line, &length, error);
    if (rc < 0)
        return rc;
    grown = realloc(line, length + 2);
    if (grown == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    line = grown;
    line[length] = '\n'; /* the end of the request: the input itself stays open as a lifeline */
    line[length + 1] = '\0';
    rc = run_direct(line, deadline_ms, output, error);
    if (rc < 0)
        return rc;
    rc = hvc_response_parse(output, strlen(output), &response, error);
    if (rc < 0)
        return rc;
    hvc_ask_decode(question, response, ret_answer);
    return 0;
}

struct hvc_asker hvc_ask_direct = {.ask = ask};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ask_codec.h"
#include "askers.h"
#include "hvc/client.h"
#include "hvc/clock.h"

#define CONNECT_MS 2000 /* a daemon that does not accept a connection within it hangs */

static int ask(struct hvc_asker *asker, const struct hvc_question *question, uint64_t deadline_ms,
               struct hvc_answer *ret_answer, struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    uint64_t connected = hvc_deadline_in(CONNECT_MS);
    int rc;

    (void)asker;
    request = hvc_ask_encode(question);
    if (request == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    rc = hvc_client_connect(NULL, connected < deadline_ms ? connected : deadline_ms, &client, error);
    if (rc < 0)
        return rc;
    rc = hvc_client_call(client, request, deadline_ms, &response, error);
    if (rc < 0)
        return rc;
    hvc_ask_decode(question, response, ret_answer);
    return 0;
}

struct hvc_asker hvc_ask_daemon = {.ask = ask};

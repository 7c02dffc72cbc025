/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libhvcluster: asks hvclusterd over libqb IPC. One question at a time on a connection.
 *
 *   request   {"op":"guest.inspect","version":1,"args":{...}}
 *   response  {"version":1,"result":"ok","text":"...","data":{...}}
 *
 * Threads    one thread at a time on one handle; no thread of its own.
 * Errors     words in struct hvc_error, and
 *              -ENOTCONN   no daemon listens            -ETIMEDOUT  it does not answer within the deadline (hangs,
 *              -EPERM      the socket belongs to somebody   stopped, overloaded); after a question was sent: its
 *                          else than root or the daemon's   outcome is not known
 *                          user: nothing was sent       -EPIPE      it ended during the question: outcome not known
 *              -EACCES     the daemon does not serve this user    -EAGAIN  it has too many clients
 *              -E2BIG      the request exceeds HVC_IPC_MESSAGE_MAX   -EPROTO  the answer makes no sense
 *            After -ETIMEDOUT, -EPIPE or -EPROTO of a call the handle is good for hvc_client_close only. Closing while
 *            a question is open cancels it when its operation is bound to the client.
 */
#ifndef HVC_CLIENT_H
#define HVC_CLIENT_H

#include <stdint.h>

#include "hvc/clock.h"
#include "hvc/error.h"
#include "hvc/record.h"
#include "hvc/results.h"
#include "hvc/wire.h"

struct hvc_client;

/* NULL options or NULL members: the defaults of the installation. */
struct hvc_client_options {
    const char *service;           /* HVC_IPC_SERVICE */
    const char *runtime_directory; /* its owner is the user hvclusterd runs as (besides root) */
};

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error);
void hvc_client_close(struct hvc_client *client);
HVC_DEFINE_CLEANUP(struct hvc_client *, client, hvc_client_close, NULL)

/* Sends request and waits for the response. A response with a result other than "ok" is success here (0). */
int hvc_client_call(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                    struct hvc_record **ret_response, struct hvc_error *error);

/* The same, the response as it came: for hvc_response_parse. It is whole, and nobody has looked whether it makes sense.
 * free(). */
int hvc_client_call_text(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                         char **ret_text, size_t *ret_length, struct hvc_error *error);

/* An empty request; *ret_args is its "args" record. NULL and *ret_args NULL when there is no memory. */
struct hvc_record *hvc_request_new(const char *operation, struct hvc_record **ret_args);

/* A response without data, in the form of hvclusterd's. NULL: no memory. */
struct hvc_record *hvc_response_new(enum hvc_result result, const char *text);

/* Parts of a response that hvc_client_call returned (checked there: the word is known, version is ours). */
enum hvc_result hvc_response_result(const struct hvc_record *response);
const char *hvc_response_text(const struct hvc_record *response);              /* "" when there is none */
const struct hvc_record *hvc_response_data(const struct hvc_record *response); /* NULL when there is none */

/* A response from text, with the same checks: for an answer that came another way (hvcluster-direct). -EPROTO. */
int hvc_response_parse(const char *json, size_t length, struct hvc_record **ret_response, struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/text.h"

#define LOOK_AGAIN_MS 100 /* for a daemon that is being started again */

/* The operation must have answered before its asker gives up: a tenth, at most a second, is the way there and back. */
static uint64_t operation_time(uint64_t deadline_ms)
{
    uint64_t left = hvc_deadline_left(deadline_ms);
    uint64_t way = left / 10 < 1000 ? left / 10 : 1000;

    return left - way;
}

static int ask_one(struct hvc_asker *asker, const struct hvc_question *question, uint64_t deadline_ms,
                   struct hvc_answer *ret_answer, struct hvc_error *error)
{
    struct hvc_question timed = *question;

    timed.timeout_ms = operation_time(deadline_ms);
    if (timed.timeout_ms == 0)
        return hvc_error_set(error, -ETIMEDOUT, "no time is left to ask");
    return asker->ask(asker, &timed, deadline_ms, ret_answer, error);
}

/* A daemon that goes away while it works comes back soon (it is restarted, or upgraded) and takes up what libvirt still
 * does; asking again is safe because every operation means "make it so". */
static int ask_patiently(struct hvc_asker *daemon, const struct hvc_question *question, const struct hvc_ask_plan *plan,
                         uint64_t deadline_ms, struct hvc_answer *ret_answer, struct hvc_error *error)
{
    int rc = ask_one(daemon, question, deadline_ms, ret_answer, error);
    uint64_t until;

    if (rc != -EPIPE || plan->patience_ms == 0)
        return rc;
    until = hvc_deadline_in(plan->patience_ms);
    while (rc < 0 && rc != -ETIMEDOUT && hvc_deadline_left(until) > 0 && hvc_deadline_left(deadline_ms) > 0) {
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
        hvc_error_clear(error);
        rc = ask_one(daemon, question, deadline_ms, ret_answer, error);
        if (rc == -EPIPE)
            until = hvc_deadline_in(plan->patience_ms);
    }
    return rc;
}

int hvc_ask(const struct hvc_ways *ways, const struct hvc_question *question, const struct hvc_ask_plan *plan,
            uint64_t deadline_ms, struct hvc_answer *ret_answer, struct hvc_error *error)
{
    uint64_t share = plan->daemon_ms == 0 ? HVC_NO_DEADLINE : hvc_deadline_in(plan->daemon_ms);
    struct hvc_answer first;
    struct hvc_answer second;
    struct hvc_error why = {0};
    int rc;

    rc = ask_patiently(ways->daemon, question, plan, share < deadline_ms ? share : deadline_ms, &first, &why);
    if (rc == 0 && (plan->falls_back & (1u << first.result)) == 0 && first.guest_class != HVC_GUEST_UNKNOWN) {
        *ret_answer = first;
        return 0;
    }
    ways->note(ways->context, rc == 0 ? first.text : why.text);
    if (ask_one(ways->direct, question, deadline_ms, &second, error) == 0) {
        *ret_answer = second;
        return 0;
    }
    if (rc == 0) {
        *ret_answer = first;
        return 0;
    }
    (void)hvc_error_prefix(error, "hvclusterd: %s; hvcluster-direct", why.text);
    return error == NULL ? -EIO : error->code;
}

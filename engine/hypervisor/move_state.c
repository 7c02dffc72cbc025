/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a move share: its phase, its waits, and the questions to both ends. */
#include <errno.h>

#include "hvc/clock.h"
#include "move_private.h"

#define CALL_MS  2000 /* for one question to one end */
#define LEAST_MS 50   /* of the time left, for such a question */

void hvc_move_set_phase(struct hvc_move *m, enum hvc_move_phase phase)
{
    (void)pthread_mutex_lock(&m->lock);
    m->report.phase = phase;
    (void)pthread_mutex_unlock(&m->lock);
}

uint64_t hvc_move_call_deadline(const struct hvc_move *m)
{
    uint64_t soon = hvc_deadline_in(CALL_MS);

    /* even a deadline that has passed leaves an end the time for one answer from memory */
    return soon < m->deadline_ms || hvc_deadline_left(m->deadline_ms) < LEAST_MS ? soon : m->deadline_ms;
}

/* Waits for a cancel, the return of the migrate call, or the time. */
void hvc_move_wait(struct hvc_move *m, uint64_t ms)
{
    uint64_t until = hvc_deadline_in(ms);
    bool cancel, returned;
    struct timespec at;

    if (until > m->deadline_ms)
        until = m->deadline_ms;
    at.tv_sec = (time_t)(until / 1000);
    at.tv_nsec = (long)(until % 1000) * 1000000;
    (void)pthread_mutex_lock(&m->lock);
    cancel = m->report.cancelled;
    returned = m->call == CALL_RETURNED;
    while (m->report.cancelled == cancel && (m->call == CALL_RETURNED) == returned &&
           pthread_cond_timedwait(&m->changed, &m->lock, &at) == 0)
        ;
    (void)pthread_mutex_unlock(&m->lock);
}

int hvc_move_inspect(struct hvc_move *m, struct hvc_hypervisor *end, struct hvc_guest_state *ret_state,
                     struct hvc_error *error)
{
    if (end == NULL)
        return hvc_error_set(error, -ENOTCONN, "its node is not known");
    return hvc_hypervisor_inspect(end, m->request.id.uuid, hvc_move_call_deadline(m), ret_state, error);
}

/* Asks both ends, the target first, and keeps their answers. */
void hvc_move_ask_ends(struct hvc_move *m)
{
    struct hvc_guest_state source, target;
    struct hvc_error error;
    int target_result = hvc_move_inspect(m, m->request.target, &target, &error);
    int source_result;

    if (target_result < 0)
        m->target_words = error;
    source_result = hvc_move_inspect(m, m->request.source, &source, &error);
    if (source_result < 0)
        m->source_words = error;
    (void)pthread_mutex_lock(&m->lock);
    m->report.target_answered = target_result == 0;
    m->report.source_answered = source_result == 0;
    if (target_result == 0)
        m->report.target = target;
    if (source_result == 0)
        m->report.source = source;
    (void)pthread_mutex_unlock(&m->lock);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a move share: its phase, its waits, and the questions to both ends. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/thread.h"
#include "move_private.h"

#define CALL_MS  2000  /* for one question to one end */
#define LEAST_MS 50    /* of the time left, for such a question */
#define WORK_MS  60000 /* for a call that does something on a node */
#define AWAIT_MS 250

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

void hvc_move_changed(struct hvc_move *m)
{
    m->changes++;
    (void)pthread_cond_broadcast(&m->changed);
}

void hvc_move_wait(struct hvc_move *m, uint64_t ms)
{
    const struct timespec at = hvc_timespec_of(hvc_deadline_within(m->deadline_ms, ms));

    (void)pthread_mutex_lock(&m->lock);
    while (m->changes == m->seen_changes && pthread_cond_timedwait(&m->changed, &m->lock, &at) == 0)
        ;
    m->seen_changes = m->changes;
    (void)pthread_mutex_unlock(&m->lock);
}

int hvc_move_inspect(struct hvc_move *m, struct hvc_hypervisor *end, struct hvc_guest_state *ret_state,
                     struct hvc_error *error)
{
    const struct hvc_move_request *r = &m->request;

    if (end == NULL)
        return hvc_error_set(error, -ENOTCONN, "its node is not known");
    if ((r->source_dead && end == r->source) || (r->target_dead && end == r->target)) {
        *ret_state = (struct hvc_guest_state){
            .id = r->id, .guest_class = HVC_GUEST_ABSENT, .state = -1, .reason = -1, .words = "its node was fenced"};
        return 0;
    }
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

uint64_t hvc_move_work_deadline(void)
{
    return hvc_deadline_in(WORK_MS);
}

bool hvc_move_is_cancelled(struct hvc_move *m)
{
    bool cancelled;

    hvc_move_lock(m);
    cancelled = m->report.cancelled;
    hvc_move_unlock(m);
    return cancelled;
}

bool hvc_move_is_late(const struct hvc_move *m)
{
    return hvc_deadline_left(m->deadline_ms) == 0;
}

void hvc_move_unref(struct hvc_move *m)
{
    bool last;

    hvc_move_lock(m);
    last = --m->refs == 0;
    hvc_move_unlock(m);
    if (!last)
        return;
    (void)pthread_cond_destroy(&m->changed);
    (void)pthread_mutex_destroy(&m->lock);
    free(m->plan);
    free(m->definition);
    free(m->places);
    free(m->transit);
    free(m->target_xml);
    free(m->target_stored_xml);
    free(m);
}

/* The call ends when what it does has ended, which may be after the run that began it. */
static void *call_thread(void *argument)
{
    struct hvc_move *m = argument;
    struct hvc_error error = {.code = 0};
    int result = m->call_run(m, &error);

    hvc_move_lock(m);
    m->call = CALL_RETURNED;
    m->call_result = result;
    m->call_error = error;
    hvc_move_changed(m);
    hvc_move_unlock(m);
    hvc_move_unref(m);
    return NULL;
}

int hvc_move_call(struct hvc_move *m, hvc_move_call_fn run, struct hvc_error *error)
{
    int rc;

    hvc_move_lock(m);
    m->refs++;
    m->call = CALL_UNDER_WAY;
    m->call_run = run;
    hvc_move_unlock(m);
    rc = hvc_thread_leave(call_thread, m);
    if (rc < 0) {
        hvc_move_lock(m);
        m->call = CALL_NONE;
        m->refs--;
        hvc_move_unlock(m);
    }
    return rc == 0 ? 0 : hvc_error_set(error, rc, "no thread for a move: %s", strerror(-rc));
}

/* Of what the call does to the guest, if its node tells. */
static void tell_progress(struct hvc_move *m)
{
    struct hvc_migrate_progress p = {.phase = HVC_MIGRATE_NONE};

    if (hvc_hypervisor_progress(m->request.source, m->request.id.uuid, hvc_move_call_deadline(m), &p, NULL) < 0 ||
        p.phase == HVC_MIGRATE_NONE)
        return;
    hvc_move_lock(m);
    m->report.progress = p;
    hvc_move_unlock(m);
}

int hvc_move_await(struct hvc_move *m, struct hvc_error *error)
{
    int result = -EINPROGRESS;

    for (;;) {
        hvc_move_lock(m);
        m->seen_changes = m->changes;
        if (m->call == CALL_RETURNED) {
            result = m->call_result;
            m->call = CALL_NONE;
            if (result < 0 && error != NULL)
                *error = m->call_error;
        }
        hvc_move_unlock(m);
        if (result != -EINPROGRESS || hvc_move_is_late(m))
            return result;
        tell_progress(m);
        hvc_move_wait(m, AWAIT_MS);
    }
}

enum hvc_move_end hvc_move_refuse(struct hvc_move *m, int code, const char *why, struct hvc_error *error)
{
    (void)hvc_error_set(error, code, "guest %s is not moved from %s to %s: %s", m->request.id.name,
                        m->request.source_name, m->request.target_name, why);
    return HVC_MOVE_NOT_STARTED;
}

enum hvc_move_end hvc_move_refuse_for(struct hvc_move *m, const struct hvc_error *why, struct hvc_error *error)
{
    return hvc_move_refuse(m, why->code < 0 ? why->code : -EIO, why->text, error);
}

void hvc_move_note(struct hvc_move *m, const char *format, ...)
{
    size_t used = strlen(m->note.text);
    va_list arguments;

    if (used > 0 && used + 3 < sizeof(m->note.text)) {
        memcpy(m->note.text + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    (void)vsnprintf(m->note.text + used, sizeof(m->note.text) - used, format, arguments);
    va_end(arguments);
}

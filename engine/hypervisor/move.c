/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/move.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "hvc/clock.h"
#include "hvc/pacing.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "move_private.h"

#define TICK_FIRST_MS     50 /* between looks: short at first, for small guests */
#define TICK_MS           250
#define CANCEL_AGAIN_MS   500 /* a cancel that has not ended the migration is sent again */
#define PROOF_LEAST_MS    1500
#define PROOF_MOST_MS     10000
#define DOWNTIME_ASKED_MS 300  /* QEMU's own limit (migration.c, DEFAULT_MIGRATE_SET_DOWNTIME) */
#define DOWNTIME_POLITE   2000 /* how far it is raised without being asked for or forced */

const char *hvc_move_phase_name(enum hvc_move_phase phase)
{
    static const char *const names[] = {
        [HVC_MOVE_CHECKING] = "checking", [HVC_MOVE_COPYING] = "copying", [HVC_MOVE_SWITCHING] = "switching",
        [HVC_MOVE_PROVING] = "proving",   [HVC_MOVE_ENDED] = "ended",
    };

    return (size_t)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "invalid";
}

const char *hvc_move_end_name(enum hvc_move_end end)
{
    static const char *const names[] = {
        [HVC_MOVE_UNDER_WAY] = "under-way", [HVC_MOVE_NOT_STARTED] = "not-started",
        [HVC_MOVE_MOVED] = "moved",         [HVC_MOVE_STAYED] = "stayed",
        [HVC_MOVE_GONE] = "gone",           [HVC_MOVE_BROKEN] = "broken",
        [HVC_MOVE_DOUBLE] = "double",       [HVC_MOVE_UNPROVEN] = "unproven",
        [HVC_MOVE_PREPARED] = "prepared",
    };

    return (size_t)end < sizeof(names) / sizeof(names[0]) ? names[end] : "invalid";
}

static void lock(struct hvc_move *m)
{
    (void)pthread_mutex_lock(&m->lock);
}

static void unlock(struct hvc_move *m)
{
    (void)pthread_mutex_unlock(&m->lock);
}

static void unref(struct hvc_move *m)
{
    bool last;

    lock(m);
    last = --m->refs == 0;
    unlock(m);
    if (!last)
        return;
    (void)pthread_cond_destroy(&m->changed);
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

/* The migrate call ends with the migration, which may be after the run that began it. */
static void *migrate_thread(void *argument)
{
    struct hvc_move *m = argument;
    struct hvc_error error = {.code = 0};
    int result =
        hvc_hypervisor_migrate(m->request.source, m->request.id.uuid, &m->request.options, HVC_NO_DEADLINE, &error);

    lock(m);
    m->call = CALL_RETURNED;
    m->call_result = result;
    m->call_error = error;
    (void)pthread_cond_broadcast(&m->changed);
    unlock(m);
    unref(m);
    return NULL;
}

static int start_migration(struct hvc_move *m, struct hvc_error *error)
{
    int rc;

    lock(m);
    m->refs++;
    m->call = CALL_UNDER_WAY;
    unlock(m);
    rc = hvc_thread_leave(migrate_thread, m);
    if (rc < 0) {
        lock(m);
        m->call = CALL_NONE;
        m->refs--;
        unlock(m);
    }
    return rc == 0 ? 0 : hvc_error_set(error, rc, "no thread for a migration: %s", strerror(-rc));
}

static enum hvc_move_end refuse(struct hvc_move *m, int code, const char *why, struct hvc_error *error)
{
    (void)hvc_error_set(error, code, "guest %s is not moved from %s to %s: %s", m->request.id.name,
                        m->request.source_name, m->request.target_name, why);
    return HVC_MOVE_NOT_STARTED;
}

/* UNDER_WAY when the migration may begin. */
static enum hvc_move_end check(struct hvc_move *m, struct hvc_error *error)
{
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;

    hvc_move_ask_ends(m);
    if (!m->report.source_answered)
        return refuse(m, m->source_words.code, m->source_words.text, error);
    if (!m->report.target_answered)
        return refuse(m, m->target_words.code, m->target_words.text, error);
    if (source->guest_class == HVC_GUEST_ABSENT &&
        (target->guest_class == HVC_GUEST_RUNNING || target->guest_class == HVC_GUEST_PAUSED))
        return HVC_MOVE_MOVED;
    if (source->guest_class == HVC_GUEST_ABSENT)
        return refuse(m, -ENOENT, "it is not at the source", error);
    if (source->migrating_out)
        return refuse(m, -EBUSY, "it is being migrated already", error);
    if (source->guest_class != HVC_GUEST_RUNNING && source->guest_class != HVC_GUEST_PAUSED)
        return refuse(m, -EBUSY, source->words, error);
    if (target->guest_class != HVC_GUEST_ABSENT) {
        char words[192];

        (void)snprintf(words, sizeof(words), "the target has it as \"%s\"", target->words);
        return refuse(m, -EEXIST, words, error);
    }
    return HVC_MOVE_UNDER_WAY;
}

static void ask_cancel(struct hvc_move *m)
{
    uint64_t now = hvc_now_ms();

    if (m->cancel_sent_ms != 0 && now - m->cancel_sent_ms < CANCEL_AGAIN_MS)
        return;
    m->cancel_sent_ms = now;
    /* a cancel that fails leaves the migration under way: it is sent again, and what came of it is proven at the end */
    (void)hvc_hypervisor_cancel(m->request.source, m->request.id.uuid, hvc_move_call_deadline(m), NULL);
}

static int carry_out(struct hvc_move *m, const struct hvc_pacing_decision *decision)
{
    struct hvc_hypervisor *source = m->request.source;
    const char *uuid = m->request.id.uuid;

    switch (decision->action) {
    case HVC_PACING_SET_DOWNTIME:
        return hvc_hypervisor_set_downtime(source, uuid, decision->downtime_ms, hvc_move_call_deadline(m), NULL);
    case HVC_PACING_POST_COPY:
        return hvc_hypervisor_post_copy(source, uuid, hvc_move_call_deadline(m), NULL);
    case HVC_PACING_PAUSE:
        return hvc_hypervisor_pause(source, uuid, hvc_move_call_deadline(m), NULL);
    case HVC_PACING_ABORT: /* the watch sends the cancel */
    case HVC_PACING_NOTHING:
        break;
    }
    return 0;
}

static void pace(struct hvc_move *m, const struct hvc_migrate_progress *p)
{
    struct hvc_pacing_sample sample = {.elapsed_ms = hvc_now_ms() - m->run_began_ms,
                                       .copying = p->phase == HVC_MIGRATE_COPY,
                                       .iteration = p->iteration,
                                       .remaining_bytes = p->remaining_bytes,
                                       .rate_bytes = p->rate_bytes};
    struct hvc_pacing_decision decision;

    if (p->iteration != m->pass || p->remaining_bytes > m->pass_bytes) {
        m->pass = p->iteration;
        m->pass_bytes = p->remaining_bytes;
    }
    sample.pass_bytes = m->pass_bytes;
    decision = hvc_pacing_decide(&m->pacing_config, &m->pacing, &sample);
    if (carry_out(m, &decision) < 0)
        return; /* it comes again with the next sample */
    hvc_pacing_note(&m->pacing, &decision);
    lock(m);
    m->report.downtime_limit_ms = m->pacing.downtime_ms;
    m->report.forced = m->pacing.paused;
    m->report.post_copied = m->pacing.post_copied;
    m->report.aborted = m->pacing.aborted;
    unlock(m);
}

enum sign { SIGN_UNDER_WAY, SIGN_OVER, SIGN_ARRIVED };

/* The source is silent: does the target have the guest already? */
static enum sign ask_target(struct hvc_move *m)
{
    struct hvc_guest_state target;

    if (hvc_move_inspect(m, m->request.target, &target, NULL) < 0 || target.guest_class == HVC_GUEST_INCOMING ||
        target.guest_class == HVC_GUEST_ABSENT || target.guest_class == HVC_GUEST_UNKNOWN)
        return SIGN_UNDER_WAY;
    return SIGN_ARRIVED;
}

/* How it goes, by the source's word; and the steering. */
static enum sign sample(struct hvc_move *m)
{
    struct hvc_migrate_progress p = {.phase = HVC_MIGRATE_NONE};
    int result = hvc_hypervisor_progress(m->request.source, m->request.id.uuid, hvc_move_call_deadline(m), &p, NULL);

    lock(m);
    m->report.source_answered = result == 0;
    if (result == 0 && p.phase != HVC_MIGRATE_NONE)
        m->report.progress = p;
    if (result == 0 && (p.phase == HVC_MIGRATE_SWITCH || p.phase == HVC_MIGRATE_POST_COPY))
        m->report.phase = HVC_MOVE_SWITCHING;
    unlock(m);
    pace(m, &p); /* also without a sample: the deadline comes nevertheless */
    if (result < 0)
        return ask_target(m);
    return p.phase == HVC_MIGRATE_NONE || p.phase == HVC_MIGRATE_DONE ? SIGN_OVER : SIGN_UNDER_WAY;
}

static void set_pacing(struct hvc_move *m)
{
    const struct hvc_migrate_options *o = &m->request.options;
    uint64_t budget = m->deadline_ms == HVC_NO_DEADLINE ? 0 : hvc_deadline_left(m->deadline_ms);
    uint64_t proof = budget / 10 < PROOF_LEAST_MS ? PROOF_LEAST_MS : budget / 10;

    m->pacing_config = (struct hvc_pacing_config){
        .budget_ms = m->deadline_ms == HVC_NO_DEADLINE ? 0
                     : budget == 0                     ? 1
                                                       : budget,
        .proof_ms = proof > PROOF_MOST_MS ? PROOF_MOST_MS : proof,
        .downtime_ms = o->max_downtime_ms > 0 ? o->max_downtime_ms : DOWNTIME_ASKED_MS,
        .force = m->request.force,
        .post_copy = o->post_copy_allowed,
    };
    m->pacing_config.downtime_max_ms = o->max_downtime_ms > 0 ? o->max_downtime_ms : DOWNTIME_POLITE;
    if (m->request.force)
        m->pacing_config.downtime_max_ms = HVC_DOWNTIME_MAX_MS;
}

static void take_wish(struct hvc_move *m)
{
    bool has_wish;

    lock(m);
    has_wish = m->has_wish;
    m->has_wish = false;
    if (has_wish) {
        m->deadline_ms = m->wished_deadline_ms;
        m->request.force = m->wished_force;
    }
    unlock(m);
    if (!has_wish)
        return;
    m->run_began_ms = hvc_now_ms();
    set_pacing(m);
}

/* Until the migration is over or the deadline. The migrate call's return is the surest sign; a migration that somebody
 * else started is over when the source has no job of it. */
static void watch(struct hvc_move *m)
{
    uint64_t tick = TICK_FIRST_MS;

    hvc_move_set_phase(m, HVC_MOVE_COPYING);
    while (hvc_deadline_left(m->deadline_ms) > 0) {
        enum migrate_call call;
        enum sign sign;
        bool cancel;

        take_wish(m);
        lock(m);
        call = m->call;
        cancel = m->report.cancelled || m->report.aborted;
        unlock(m);
        if (call == CALL_RETURNED && !m->job_seen_after_return)
            return;
        if (cancel)
            ask_cancel(m);
        sign = sample(m);
        if (sign == SIGN_ARRIVED || (sign == SIGN_OVER && call != CALL_UNDER_WAY))
            return;
        hvc_move_wait(m, tick);
        tick = tick * 2 < TICK_MS ? tick * 2 : TICK_MS;
    }
}

static enum hvc_move_end run(struct hvc_move *m, struct hvc_error *error)
{
    enum hvc_move_end end = HVC_MOVE_UNDER_WAY;

    if (m->call == CALL_NONE && !m->request.adopt) {
        end = check(m, error);
        lock(m);
        if (end == HVC_MOVE_UNDER_WAY && m->report.cancelled)
            end = refuse(m, -ECANCELED, m->cancel_reason, error);
        unlock(m);
        if (end == HVC_MOVE_UNDER_WAY && start_migration(m, error) < 0)
            end = HVC_MOVE_NOT_STARTED;
    }
    while (end == HVC_MOVE_UNDER_WAY) {
        watch(m);
        end = hvc_move_prove(m, error);
        if (end == HVC_MOVE_UNDER_WAY && hvc_deadline_left(m->deadline_ms) == 0)
            end = hvc_move_unproven(m, error);
    }
    return end;
}

enum hvc_move_end hvc_move_run(struct hvc_move *move, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_error words = {.code = 0};
    enum hvc_move_end end;

    move->deadline_ms = deadline_ms;
    move->run_began_ms = hvc_now_ms();
    set_pacing(move);
    end = run(move, &words);
    lock(move);
    move->report.end = end;
    move->report.phase = HVC_MOVE_ENDED;
    move->report.elapsed_ms = hvc_now_ms() - move->began_ms;
    unlock(move);
    if (error != NULL)
        *error = words;
    return end;
}

void hvc_move_cancel(struct hvc_move *move, const char *reason)
{
    lock(move);
    if (!move->report.cancelled)
        (void)snprintf(move->cancel_reason, sizeof(move->cancel_reason), "%s", reason);
    move->report.cancelled = true;
    (void)pthread_cond_broadcast(&move->changed);
    unlock(move);
}

void hvc_move_set_deadline(struct hvc_move *move, uint64_t deadline_ms, bool force)
{
    lock(move);
    move->has_wish = true;
    move->wished_deadline_ms = deadline_ms;
    move->wished_force = force;
    unlock(move);
}

void hvc_move_report(struct hvc_move *move, struct hvc_move_report *ret_report)
{
    lock(move);
    *ret_report = move->report;
    if (ret_report->end == HVC_MOVE_UNDER_WAY)
        ret_report->elapsed_ms = hvc_now_ms() - move->began_ms;
    unlock(move);
}

static int copy_texts(struct hvc_move *m, const struct hvc_move_request *r)
{
    const char *target_uri = r->options.target_uri == NULL ? "" : r->options.target_uri;
    const char *migrate_uri = r->options.migrate_uri == NULL ? "" : r->options.migrate_uri;

    if (hvc_text_copy(m->target_uri, sizeof(m->target_uri), target_uri) < 0 ||
        hvc_text_copy(m->migrate_uri, sizeof(m->migrate_uri), migrate_uri) < 0 ||
        hvc_text_copy(m->source_name, sizeof(m->source_name), r->source_name) < 0 ||
        hvc_text_copy(m->target_name, sizeof(m->target_name), r->target_name) < 0)
        return -ENAMETOOLONG;
    m->request.source_name = m->source_name;
    m->request.target_name = m->target_name;
    m->request.options.target_uri = m->target_uri;
    m->request.options.migrate_uri = m->migrate_uri[0] == '\0' ? NULL : m->migrate_uri;
    return hvc_parse_uuid(r->id.uuid, m->request.id.uuid);
}

int hvc_move_new(const struct hvc_move_request *request, struct hvc_move **ret_move, struct hvc_error *error)
{
    struct hvc_move *m = calloc(1, sizeof(*m));
    pthread_condattr_t monotonic;
    int result;

    if (m == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a move");
    if (request->kind != HVC_KIND_LIVE) {
        free(m);
        return hvc_error_set(error, -EOPNOTSUPP, "moves of kind %u are not made by this version",
                             (unsigned)request->kind);
    }
    m->request = *request;
    result = copy_texts(m, request);
    if (result == 0 && !request->adopt && (m->target_uri[0] == '\0' || request->target == NULL))
        result = -EINVAL;
    if (result < 0) {
        free(m);
        return hvc_error_set(error, result, "the move of guest %.60s: a UUID, a URI or a node name is bad or too long",
                             request->id.name);
    }
    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&m->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    m->refs = 1;
    m->began_ms = hvc_now_ms();
    m->deadline_ms = HVC_NO_DEADLINE;
    *ret_move = m;
    return 0;
}

void hvc_move_free(struct hvc_move *move)
{
    if (move != NULL)
        unref(move);
}

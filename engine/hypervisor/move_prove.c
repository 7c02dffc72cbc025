/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "move_judge.h"
#include "move_private.h"

#define ROUND_FIRST_MS   50
#define ROUND_MS         400
#define DESTROY_AGAIN_MS 5000

/* Keeps the numbers of the switch-over; a target that does not tell them leaves 0. */
static void read_downtime(struct hvc_move *m)
{
    struct hvc_migrate_progress p;

    if (m->request.target == NULL ||
        hvc_hypervisor_progress(m->request.target, m->request.id.uuid, hvc_move_call_deadline(m), &p, NULL) < 0 ||
        p.phase != HVC_MIGRATE_DONE)
        return;
    (void)pthread_mutex_lock(&m->lock);
    m->report.progress = p;
    m->report.downtime_ms = p.expected_downtime_ms;
    (void)pthread_mutex_unlock(&m->lock);
}

/* Why the guest is still at the source. */
static int say_stayed(const struct hvc_move *m, struct hvc_error *error)
{
    const char *name = m->request.id.name, *node = m->request.source_name;
    const char *unproven = m->report.target_answered ? "" : "; the target does not answer: ";
    const char *target = m->report.target_answered ? "" : m->target_words.text;

    if (m->report.aborted && !m->report.cancelled)
        return hvc_error_set(error, -ETIMEDOUT, "guest %s stays on %s (%s): the move did not end within its time%s%s",
                             name, node, m->report.source.words, unproven, target);
    if (m->report.cancelled)
        return hvc_error_set(error, -ECANCELED, "guest %s stays on %s (%s): the move was cancelled: %s%s%s", name, node,
                             m->report.source.words, m->cancel_reason, unproven, target);
    if (m->call == CALL_RETURNED && m->call_result < 0)
        return hvc_error_set(error, m->call_result, "guest %s stays on %s (%s): %s%s%s", name, node,
                             m->report.source.words, m->call_error.text, unproven, target);
    return hvc_error_set(error, -EIO, "guest %s stays on %s (%s): its migration ended there%s%s", name, node,
                         m->report.source.words, unproven, target);
}

static void say_end(struct hvc_move *m, enum hvc_move_end end, struct hvc_error *error)
{
    const struct hvc_move_report *r = &m->report;
    const char *name = m->request.id.name, *from = m->request.source_name, *to = m->request.target_name;

    switch (end) {
    case HVC_MOVE_MOVED:
        read_downtime(m);
        break;
    case HVC_MOVE_STAYED:
        (void)pthread_mutex_lock(&m->lock); /* cancel and the migrate call may come just now */
        (void)say_stayed(m, error);
        (void)pthread_mutex_unlock(&m->lock);
        break;
    case HVC_MOVE_GONE:
        if (m->lost[0] != '\0')
            (void)hvc_error_set(error, -ENOENT, "%s", m->lost);
        else
            (void)hvc_error_set(error, -ENOENT, "guest %s ended during its move: it is neither on %s nor on %s", name,
                                from, to);
        break;
    case HVC_MOVE_DOUBLE:
        (void)hvc_error_set(
            error, -ENOTUNIQ,
            "guest %s runs on %s (%s) AND on %s (%s): destroy one of them at once, the younger copy first", name, from,
            r->source.words, to, r->target.words);
        break;
    case HVC_MOVE_BROKEN:
        (void)hvc_error_set(error, -ENOTRECOVERABLE,
                            "the move of guest %s left remains on %s (%s) and %s (%s): stop what is left of it, then "
                            "start it again",
                            name, from, r->source.words, to, r->target.words);
        break;
    case HVC_MOVE_UNDER_WAY:
    case HVC_MOVE_NOT_STARTED:
    case HVC_MOVE_PREPARED:
    case HVC_MOVE_UNPROVEN:
        break;
    }
}

/* Ends what nobody needs any more. The state is read once more right before: between the look and this the guest may
 * have come to life. */
static void destroy(struct hvc_move *m, struct hvc_hypervisor *end, bool source)
{
    struct hvc_guest_state now;
    uint64_t since = hvc_now_ms() - m->destroy_sent_ms;

    if (m->destroy_sent_ms != 0 && since < DESTROY_AGAIN_MS)
        return;
    if (hvc_move_inspect(m, end, &now, NULL) < 0 ||
        (source ? !now.stranded && !now.half : now.guest_class != HVC_GUEST_INCOMING))
        return;
    m->destroy_sent_ms = hvc_now_ms();
    /* one that fails is tried again until the deadline, and the remains are in the words then */
    (void)hvc_hypervisor_stop(end, m->request.id.uuid, HVC_STOP_KILL, hvc_move_call_deadline(m), NULL);
}

/* The other half is gone for ever. The state is read once more right before: libvirt may have seen the whole by now. */
static void end_half(struct hvc_move *m, bool source)
{
    struct hvc_hypervisor *end = source ? m->request.source : m->request.target;
    const struct hvc_guest_state *other = source ? &m->report.target : &m->report.source;
    struct hvc_guest_state now;
    size_t used = 0;

    if (m->destroy_sent_ms != 0 && hvc_now_ms() - m->destroy_sent_ms < DESTROY_AGAIN_MS)
        return;
    if (hvc_move_inspect(m, end, &now, NULL) < 0 || !now.half)
        return;
    m->destroy_sent_ms = hvc_now_ms();
    (void)hvc_text_append(
        m->lost, sizeof(m->lost), &used,
        "guest %.60s is lost: it was in post-copy, and half of its memory was on %.60s, where nothing of "
        "it is left (%.60s). What was left of it on %.60s has been ended; it can be started anew",
        m->request.id.name, source ? m->request.target_name : m->request.source_name, other->words,
        source ? m->request.source_name : m->request.target_name);
    (void)hvc_hypervisor_stop(end, m->request.id.uuid, HVC_STOP_KILL, hvc_move_call_deadline(m), NULL); /* as above */
}

static bool same_answers(const struct hvc_move_facts *a, const struct hvc_move_facts *b)
{
    return a->source_answered == b->source_answered && a->target_answered == b->target_answered &&
           a->source.guest_class == b->source.guest_class && a->target.guest_class == b->target.guest_class &&
           a->source.migrating_out == b->source.migrating_out && a->source.stranded == b->source.stranded &&
           a->source.half == b->source.half && a->target.half == b->target.half;
}

static void gather(struct hvc_move *m, uint64_t began_ms, struct hvc_move_facts *facts)
{
    struct hvc_move_facts before = *facts;

    hvc_move_ask_ends(m);
    (void)pthread_mutex_lock(&m->lock);
    m->seen_changes = m->changes;
    *facts = (struct hvc_move_facts){
        .source_answered = m->report.source_answered,
        .target_answered = m->report.target_answered,
        .source = m->report.source,
        .target = m->report.target,
        .migrate_succeeded = m->call == CALL_RETURNED && m->call_result == 0,
        .proving_ms = hvc_now_ms() - began_ms,
    };
    (void)pthread_mutex_unlock(&m->lock);
    facts->steady = before.steady > 0 && same_answers(&before, facts) ? before.steady + 1 : 1;
}

enum hvc_move_end hvc_move_unproven(struct hvc_move *m, struct hvc_error *error)
{
    const struct hvc_move_report *r = &m->report;

    (void)hvc_error_set(error, -EINPROGRESS,
                        "the move of guest %s from %s to %s is not proven yet; source: %s; target: %s",
                        m->request.id.name, m->request.source_name, m->request.target_name,
                        r->source_answered ? r->source.words : m->source_words.text,
                        r->target_answered ? r->target.words : m->target_words.text);
    return HVC_MOVE_UNPROVEN;
}

enum hvc_move_end hvc_move_prove(struct hvc_move *m, struct hvc_error *error)
{
    struct hvc_move_facts facts = {.steady = 0};
    uint64_t began = hvc_now_ms();
    uint64_t pause = ROUND_FIRST_MS;

    hvc_move_set_phase(m, HVC_MOVE_PROVING);
    do {
        enum hvc_move_end end = HVC_MOVE_UNDER_WAY;
        enum hvc_move_verdict verdict;

        gather(m, began, &facts);
        verdict = hvc_move_judge(&facts, &end);
        switch (verdict) {
        case HVC_VERDICT_END:
            say_end(m, end, error);
            return end;
        case HVC_VERDICT_WATCH:
            m->job_seen_after_return = true;
            return HVC_MOVE_UNDER_WAY;
        case HVC_VERDICT_DESTROY_SOURCE:
            destroy(m, m->request.source, true);
            break;
        case HVC_VERDICT_DESTROY_TARGET:
            destroy(m, m->request.target, false);
            break;
        case HVC_VERDICT_END_SOURCE_HALF:
        case HVC_VERDICT_END_TARGET_HALF:
            end_half(m, verdict == HVC_VERDICT_END_SOURCE_HALF);
            break;
        case HVC_VERDICT_WAIT:
            break;
        }
        hvc_move_wait(m, pause);
        pause = pause * 2 < ROUND_MS ? pause * 2 : ROUND_MS;
    } while (hvc_deadline_left(m->deadline_ms) > 0 &&
             (m->request.proof_ms == 0 || hvc_now_ms() - began < m->request.proof_ms));
    return hvc_move_unproven(m, error);
}

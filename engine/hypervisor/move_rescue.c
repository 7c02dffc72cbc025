/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A move in post-copy whose connection broke. Since libvirt 8.5 both halves stay: the source paused (post-copy failed),
 * its job kept, the target running (post-copy failed). The same migrate call with VIR_MIGRATE_POSTCOPY_RESUME goes on
 * where it was; libvirt refuses it, and changes nothing, as long as an end has not noticed ("QEMU reports migration is
 * still running") or another call still holds the job ("being actively monitored"), so it may be tried at any time.
 */
#include <errno.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "move_private.h"

#define RESCUE_MS 2000 /* between two looks at whether an end is lost */

/* ---- resume ---- */

static int resume(struct hvc_move *m, struct hvc_error *error)
{
    return hvc_hypervisor_migrate(m->request.source, m->request.id.uuid, &m->migrate_options, HVC_NO_DEADLINE, error);
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* Without somebody who knows the ways: the one it was begun with. */
static int find_way(struct hvc_move *m, const char *failed)
{
    const struct hvc_move_rescue *rescue = &m->request.rescue;

    if (rescue->find_way != NULL)
        return rescue->find_way(rescue->context, m->recovery.number, failed, &m->way);
    if (m->target_uri[0] == '\0')
        return -EHOSTUNREACH;
    m->way.tls = m->request.options.tls;
    memcpy(m->way.target_uri, m->target_uri, sizeof(m->way.target_uri));
    memcpy(m->way.migrate_uri, m->migrate_uri, sizeof(m->way.migrate_uri));
    memcpy(m->way.tls_name, m->tls_name, sizeof(m->way.tls_name));
    return 0;
}

/* What came of the try before, for the log; once. */
static void words_of_last_try(struct hvc_move *m, char *words, size_t size)
{
    words[0] = '\0';
    hvc_move_lock(m);
    if (m->recovery.number != m->told && m->call == CALL_RETURNED && m->call_result < 0)
        (void)snprintf(words, size, "%s", m->call_error.text);
    hvc_move_unlock(m);
    m->told = m->recovery.number;
}

/* The thread of the call reads what is written here before it begins. */
static void try_to_resume(struct hvc_move *m)
{
    char failed[HVC_ERROR_TEXT_MAX];
    bool asked;

    words_of_last_try(m, failed, sizeof(failed));
    asked = find_way(m, failed) == 0;
    if (asked) {
        m->migrate_options = (struct hvc_migrate_options){.target_uri = m->way.target_uri,
                                                          .migrate_uri = or_null(m->way.migrate_uri),
                                                          .tls_name = or_null(m->way.tls_name),
                                                          .tls = m->way.tls,
                                                          .post_copy_allowed = true,
                                                          .resume = true};
        asked = hvc_move_call(m, resume, NULL) == 0;
    }
    /* once it is resumed libvirt still has the migration although the call may break again */
    m->job_seen_after_return = true;
    hvc_recovery_tried(&m->recovery, asked, hvc_now_ms());
}

/* ---- is an end lost? ---- */

/* Asked when an end is silent: fencing speaks for it. */
static void look_for_dead(struct hvc_move *m)
{
    const struct hvc_move_rescue *rescue = &m->request.rescue;
    bool source = false, target = false;

    if (rescue->find_dead == NULL || (m->report.source_answered && m->report.target_answered))
        return;
    rescue->find_dead(rescue->context, &source, &target);
    m->request.source_dead = m->request.source_dead || source;
    m->request.target_dead = m->request.target_dead || target;
}

static bool has_nothing(bool answered, const struct hvc_guest_state *state)
{
    return answered && state->guest_class == HVC_GUEST_ABSENT;
}

static bool is_end_lost(struct hvc_move *m)
{
    const struct hvc_move_report *r = &m->report;

    if (m->rescue_ms != 0 && hvc_now_ms() - m->rescue_ms < RESCUE_MS)
        return false;
    m->rescue_ms = hvc_now_ms();
    hvc_move_ask_ends(m);
    look_for_dead(m);
    return m->request.source_dead || m->request.target_dead || has_nothing(r->source_answered, &r->source) ||
           has_nothing(r->target_answered, &r->target);
}

/* ---- */

/* A source that is not in post-copy any more refuses, and nothing is lost by that. */
static void let_go(struct hvc_move *m)
{
    bool wanted;

    hvc_move_lock(m);
    wanted = m->let_go && m->report.progress.phase == HVC_MIGRATE_POST_COPY;
    m->let_go = false;
    hvc_move_unlock(m);
    if (wanted)
        (void)hvc_hypervisor_interrupt(m->request.source, m->request.id.uuid, hvc_move_call_deadline(m), NULL);
}

bool hvc_move_tend_split(struct hvc_move *m)
{
    bool busy;

    let_go(m);
    (void)hvc_recovery_see(&m->recovery, m->report.progress.phase == HVC_MIGRATE_INTERRUPTED, hvc_now_ms());
    if (is_end_lost(m))
        return true;
    hvc_move_lock(m);
    busy = m->call == CALL_UNDER_WAY;
    hvc_move_unlock(m);
    if (hvc_recovery_is_due(&m->recovery, busy, hvc_now_ms()))
        try_to_resume(m);
    return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stop, then start elsewhere. Before the guest is stopped, its definition at the source gets the mark of the move: a
 * run after a crash that finds it off at both ends then knows that it is to be started, and with what owner. A guest
 * without a stored definition gets one for the time of the move.
 */
#include <errno.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"
#include "hvc/text.h"
#include "move_judge.h"
#include "move_private.h"

#define ROUND_MS     200
#define ASK_AGAIN_MS 5000  /* a guest that was asked too early in its boot has not heard it */
#define STOP_MS      60000 /* unless the request says another time */
#define KILL_MS      10000 /* a process that ends politely needs no longer */

struct restart {
    struct hvc_move *m;
    char *xml; /* of the guest, without the mark of the move */
    struct hvc_transit transit;
    bool ours;
    uint64_t stop_began_ms, asked_ms, stopped_ms;
    bool target_failed; /* it did not start there */
    struct hvc_error failure;
};

static void free_restart(struct restart *r)
{
    free(r->xml);
    free(r);
}
HVC_DEFINE_CLEANUP(struct restart *, restart, free_restart, NULL)

static bool runs(const struct hvc_guest_state *state)
{
    return state->guest_class == HVC_GUEST_RUNNING || state->guest_class == HVC_GUEST_PAUSED;
}

/* The definition to start it with: the caller's, or what the source has stored, or of a guest without one what runs. */
static int read_definition(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = NULL;
    const struct hvc_transit none = {.present = false};
    int result = hvc_move_read(m, m->request.source, m->report.source.persistent, &xml, &devices, error);

    if (result < 0)
        return result;
    r->transit = devices->transit;
    r->ours = m->report.source.persistent && hvc_move_is_ours(m, &r->transit);
    if (!r->ours)
        result = hvc_move_check_devices(m, devices, error);
    if (result == 0)
        result = hvc_guest_xml_place(m->definition == NULL ? xml : m->definition, NULL, 0, &none, &r->xml, error);
    return result;
}

static int mark(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;
    HVC_CLEANUP(free) char *marked = NULL;
    int result;

    memset(&r->transit, 0, sizeof(r->transit));
    r->transit.present = true;
    r->transit.paused = m->report.source.guest_class == HVC_GUEST_PAUSED;
    r->transit.temporary = !m->report.source.persistent;
    memcpy(r->transit.token, m->token, sizeof(r->transit.token));
    memcpy(r->transit.owner, m->report.source.owner, sizeof(r->transit.owner));
    if (m->report.source.persistent)
        return hvc_move_mark(m, m->request.source, &r->transit, error);
    result = hvc_guest_xml_place(r->xml, NULL, 0, &r->transit, &marked, error);
    return result == 0 ? hvc_hypervisor_define(m->request.source, marked, hvc_move_work_deadline(), error) : result;
}

static enum hvc_move_end begin(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;
    struct hvc_error why = {.code = 0};

    hvc_move_ask_ends(m);
    if (!m->report.source_answered)
        return hvc_move_refuse_for(m, &m->source_words, error);
    if (!m->report.target_answered)
        return hvc_move_refuse_for(m, &m->target_words, error);
    if (!hvc_guest_is_present(source->guest_class) && !source->persistent)
        return runs(target) ? HVC_MOVE_MOVED : hvc_move_refuse(m, -ENOENT, "it is not at the source", error);
    if (read_definition(r, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    if (r->ours)
        return HVC_MOVE_UNDER_WAY;
    if (!hvc_guest_is_present(source->guest_class))
        return runs(target) ? HVC_MOVE_MOVED
                            : hvc_move_refuse(m, -ENOENT, "it is off; move its definition instead", error);
    if (hvc_guest_is_present(target->guest_class))
        return hvc_move_refuse(m, -EEXIST, "the target has it already", error);
    if ((!runs(source) && source->guest_class != HVC_GUEST_FAILED) || source->migrating_out)
        return hvc_move_refuse(m, -EBUSY, source->words, error);
    if (source->guest_class == HVC_GUEST_FAILED && m->request.restart == HVC_RESTART_SHUTDOWN)
        return hvc_move_refuse(
            m, -EOPNOTSUPP, "its process is there and it does not run: it hears no request to shut down; turn it off",
            error);
    if (source->guest_class == HVC_GUEST_PAUSED && m->request.restart == HVC_RESTART_SHUTDOWN)
        return hvc_move_refuse(m, -EOPNOTSUPP,
                               "it is paused and hears no request to shut down; resume it, or turn it off", error);
    if (hvc_move_is_cancelled(m))
        return hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    return mark(r, &why) < 0 ? hvc_move_refuse_for(m, &why, error) : HVC_MOVE_UNDER_WAY;
}

/* ---- stopping ---- */

static void step(struct restart *r, enum hvc_stop_step how)
{
    /* one that fails comes again in the next round */
    (void)hvc_hypervisor_stop(r->m->request.source, r->m->request.id.uuid, how, hvc_move_call_deadline(r->m), NULL);
}

/* False: it was asked as long as it may be, and nothing more is allowed. */
static bool stop(struct restart *r)
{
    struct hvc_move *m = r->m;
    uint64_t now = hvc_now_ms(), allowed = m->request.stop_ms > 0 ? m->request.stop_ms : STOP_MS;
    bool turn_off = m->request.restart == HVC_RESTART_TURN_OFF || r->transit.paused ||
                    m->report.source.guest_class == HVC_GUEST_FAILED;

    if (r->stop_began_ms == 0)
        r->stop_began_ms = now;
    if (turn_off)
        allowed = 0;
    if (now - r->stop_began_ms < allowed && !(hvc_move_is_late(m) || hvc_move_is_cancelled(m))) {
        if (r->asked_ms == 0 || now - r->asked_ms >= ASK_AGAIN_MS) {
            r->asked_ms = now;
            step(r, HVC_STOP_SHUTDOWN);
        }
        return true;
    }
    if (m->request.restart == HVC_RESTART_SHUTDOWN || hvc_move_is_cancelled(m))
        return false;
    step(r, now - r->stop_began_ms < allowed + KILL_MS ? HVC_STOP_DESTROY : HVC_STOP_KILL);
    return true;
}

/* ---- ends ---- */

/* What the move changed at the source is taken back. */
static void tidy(struct restart *r)
{
    struct hvc_move *m = r->m;
    const struct hvc_transit none = {.present = false};
    struct hvc_error why = {.code = 0};
    int result = r->transit.temporary
                     ? hvc_hypervisor_undefine(m->request.source, m->request.id.uuid, hvc_move_work_deadline(), &why)
                     : hvc_move_mark(m, m->request.source, &none, &why);

    if (result < 0 && result != -ENOENT)
        hvc_move_note(m, "the mark of the move could not be taken off its definition on %s: %.200s", m->source_name,
                      why.text);
}

static enum hvc_move_end moved(struct restart *r)
{
    struct hvc_move *m = r->m;

    tidy(r);
    hvc_move_lock(m);
    m->report.downtime_ms = r->stopped_ms == 0 ? 0 : hvc_now_ms() - r->stopped_ms;
    hvc_move_unlock(m);
    return HVC_MOVE_MOVED;
}

static enum hvc_move_end stayed(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;

    tidy(r);
    if (r->target_failed)
        (void)hvc_error_set(error, r->failure.code, "guest %s runs on %s again, restarted: it did not start on %s: %s",
                            m->request.id.name, m->source_name, m->target_name, r->failure.text);
    else if (hvc_move_is_cancelled(m))
        (void)hvc_error_set(error, -ECANCELED, "guest %s stays on %s: the move was cancelled: %s", m->request.id.name,
                            m->source_name, m->cancel_reason);
    else
        (void)hvc_error_set(error, -ETIMEDOUT, "guest %s stays on %s: it was asked to shut down and did not in time",
                            m->request.id.name, m->source_name);
    return HVC_MOVE_STAYED;
}

/* ---- starting ---- */

static int start_at(struct restart *r, struct hvc_hypervisor *end, struct hvc_error *error)
{
    int (*start)(struct hvc_hypervisor *, const char *, const char *, uint64_t, struct hvc_error *) =
        r->transit.paused ? hvc_guest_start_paused : hvc_hypervisor_start;
    int result = start(end, r->xml, r->transit.owner, hvc_move_work_deadline(), error);
    struct hvc_guest_state now;

    /* a call that was left behind may have done it: then it is there; else another guest of its name is in the way */
    if (result == -EEXIST && hvc_move_inspect(r->m, end, &now, NULL) == 0 && hvc_guest_is_present(now.guest_class))
        return 0;
    return result;
}

static int start_at_target(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = malloc(sizeof(*devices));
    int result =
        devices == NULL ? hvc_error_set(error, -ENOMEM, "no memory") : hvc_guest_devices_read(r->xml, devices, error);

    if (result == 0 && devices->nvram[0] != '\0')
        result = hvc_move_carry(m, devices->nvram, error);
    return result == 0 ? start_at(r, m->request.target, error) : result;
}

/* It is off at both ends, and both say so. UNDER_WAY: look again. */
static enum hvc_move_end start(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;
    struct hvc_error why = {.code = 0};
    int result;

    hvc_move_set_phase(m, HVC_MOVE_SWITCHING);
    if (r->stopped_ms == 0)
        r->stopped_ms = hvc_now_ms();
    if (!r->target_failed) {
        result = start_at_target(r, &r->failure);
        r->target_failed = result < 0 && result != -ETIMEDOUT && result != -ENOTCONN;
        return HVC_MOVE_UNDER_WAY;
    }
    result = start_at(r, m->request.source, &why);
    if (result == 0 || result == -ETIMEDOUT || result == -ENOTCONN)
        return HVC_MOVE_UNDER_WAY;
    (void)hvc_error_set(error, -ENOTRECOVERABLE,
                        "guest %s is off: it started neither on %s (%.300s) nor on %s again (%.300s); start it by hand",
                        m->request.id.name, m->target_name, r->failure.text, m->source_name, why.text);
    return HVC_MOVE_BROKEN;
}

/* One look at both ends, and what follows. UNDER_WAY: go on. */
static enum hvc_move_end go_on(struct restart *r, struct hvc_error *error)
{
    struct hvc_move *m = r->m;
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;

    hvc_move_ask_ends(m);
    if (!m->report.source_answered || !m->report.target_answered)
        return HVC_MOVE_UNDER_WAY;
    if (hvc_guest_is_present(source->guest_class) && hvc_guest_is_present(target->guest_class)) {
        (void)hvc_error_set(error, -ENOTUNIQ, "guest %s is on %s (%s) AND on %s (%s): stop one of them at once",
                            m->request.id.name, m->source_name, source->words, m->target_name, target->words);
        return HVC_MOVE_DOUBLE;
    }
    if (runs(target))
        return moved(r);
    if (hvc_guest_is_present(target->guest_class))
        return HVC_MOVE_UNDER_WAY; /* being started there */
    if (!hvc_guest_is_present(source->guest_class))
        return start(r, error);
    if (r->target_failed)
        return runs(source) ? stayed(r, error) : HVC_MOVE_UNDER_WAY;
    return stop(r) ? HVC_MOVE_UNDER_WAY : stayed(r, error);
}

enum hvc_move_end hvc_move_run_restart(struct hvc_move *m, struct hvc_error *error)
{
    HVC_CLEANUP(restart) struct restart *r = calloc(1, sizeof(*r));
    enum hvc_move_end end;

    if (r == NULL)
        return hvc_move_refuse(m, -ENOMEM, "no memory", error);
    r->m = m;
    end = begin(r, error);
    if (end == HVC_MOVE_UNDER_WAY)
        hvc_move_set_phase(m, HVC_MOVE_COPYING);
    while (end == HVC_MOVE_UNDER_WAY) {
        bool late = hvc_move_is_late(m);

        end = go_on(r, error);
        if (end == HVC_MOVE_UNDER_WAY && late)
            end = hvc_move_unproven(m, error);
        if (end == HVC_MOVE_UNDER_WAY)
            hvc_move_wait(m, ROUND_MS);
    }
    return end;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.stop: nothing of the guest runs on this node when this answers OK, and the kernel says so. Acts on this node
 * only. The call's time is split (hvc/stop_budget.h): a migration's end and the guest's own shutdown share the graceful
 * part, then libvirt forces it down, then its process is killed. Without root the kill is left to hvcluster-direct:
 * the answer comes when the forced part is over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "hvc/process.h"
#include "hvc/stop_budget.h"

#define LOOK_MS        200
#define OBSERVE_MS     6000
#define ASK_AGAIN_MS   15000 /* a guest that boots ignores the first request */
#define MOVE_END_MS    5000  /* least time for the end of a migration, also when there is no graceful part */
#define FORCE_AGAIN_MS 500

struct stop {
    struct hvc_operations *operations;
    struct hvc_call *call;
    struct guest_request request;
    struct hvc_guest_state here;
    struct hvc_stop_budget budget;
    uint64_t began_ms, graceful_until_ms, forced_until_ms;
    const char *outcome; /* the strongest step that was taken */
    struct hvc_error last;
};

static void look(struct stop *s)
{
    uint64_t left = hvc_deadline_left(s->call->deadline_ms);

    guest_observe(s->operations, s->call, &s->request, left / 3 < OBSERVE_MS ? left / 3 : OBSERVE_MS, &s->here);
}

static bool libvirt_silent(const struct stop *s)
{
    return s->here.guest_class == HVC_GUEST_UNKNOWN || s->here.source == HVC_SOURCE_PROCESS;
}

/* ABSENT is the kernel's word: hvc_guest_observe calls a process that libvirt does not know UNKNOWN. */
static bool gone(const struct stop *s)
{
    return s->here.guest_class == HVC_GUEST_ABSENT;
}

static enum hvc_result stopped(struct stop *s)
{
    static const struct {
        const char *outcome, *words;
    } all[] = {{"not-here", "does not run"},
               {"moved", "has moved away from"},
               {"shut-down", "has shut down"},
               {"destroyed", "was forced down"},
               {"killed", "was killed"}};
    const char *words = "";

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].outcome, s->outcome) == 0)
            words = all[i].words;
    }
    guest_describe_id(s->call->data, &s->request.id, &s->here);
    hvc_record_set_text(s->call->data, "outcome", s->outcome);
    hvc_record_set_u64(s->call->data, "ms", hvc_now_ms() - s->began_ms);
    if (s->budget.words[0] != '\0' && strcmp(s->outcome, "not-here") != 0)
        hvc_record_set_text(s->call->data, "warning", s->budget.words);
    return hvc_call_say(s->call, HVC_RESULT_OK, "guest %s %s %snode %s", guest_label(&s->request), words,
                        strcmp(s->outcome, "moved") == 0 ? "" : "on ", s->operations->node);
}

static enum hvc_result not_stopped(struct stop *s)
{
    const char *last = s->last.text;
    bool need_root = libvirt_silent(s) && !s->operations->privileged;

    guest_describe(s->call->data, &s->here);
    guest_describe_id(s->call->data, &s->request.id, &s->here);
    hvc_record_set_text(s->call->data, "outcome", "not-stopped");
    return hvc_call_say(s->call, libvirt_silent(s) ? HVC_RESULT_UNREACHABLE : HVC_RESULT_FAILED,
                        "guest %s is not proven stopped on node %s: %s%s%s%s%s%s", guest_label(&s->request),
                        s->operations->node, s->here.words, last[0] != '\0' ? "; " : "", last,
                        need_root ? "; only root can end its process" : "", s->budget.words[0] != '\0' ? "; " : "",
                        s->budget.words);
}

static enum hvc_result untouched(struct stop *s)
{
    guest_describe_id(s->call->data, &s->request.id, &s->here);
    hvc_record_set_text(s->call->data, "outcome", "untouched");
    hvc_record_set_text(s->call->data, "owner", s->here.owner);
    return hvc_call_say(s->call, HVC_RESULT_OK,
                        "guest %s on node %s runs under resource %s and was left alone by resource %s",
                        guest_label(&s->request), s->operations->node, s->here.owner, s->request.resource);
}

static bool moving(const struct stop *s)
{
    return s->here.migrating_out || s->here.guest_class == HVC_GUEST_LEAVING;
}

/* The call's own deadline is the whole stop's: what ends a move gets only its part. */
static void end_known_move(struct stop *s, uint64_t until_ms)
{
    uint64_t whole = s->call->deadline_ms;

    s->call->deadline_ms = until_ms < whole ? until_ms : whole;
    (void)hvc_moves_end(s->operations, s->call, s->request.id.uuid);
    s->call->deadline_ms = whole;
}

/* A migration that leaves this node is cancelled and waited for: one that was just finished has stopped the guest
 * here. What has not ended in its part of the time is forced down with the guest: this node's copy is what stop is
 * about. */
static void end_migration(struct stop *s)
{
    uint64_t least = hvc_deadline_in(MOVE_END_MS);
    uint64_t until = s->graceful_until_ms > least ? s->graceful_until_ms : least;

    if (until > s->forced_until_ms)
        until = s->forced_until_ms;
    end_known_move(s, until);
    look(s);
    while (moving(s) && hvc_deadline_left(until) > 0) {
        (void)hvc_hypervisor_cancel(s->operations->hypervisor, s->request.id.uuid, until, &s->last);
        if (!hvc_call_wait(s->call, LOOK_MS))
            return;
        look(s);
    }
    if (gone(s))
        s->outcome = "moved";
}

/* Asks the guest and waits for it. A paused or failed guest cannot hear; an incoming one is nobody yet. */
static void shut_down(struct stop *s)
{
    uint64_t ask_again_ms = 0;

    while (hvc_deadline_left(s->graceful_until_ms) > 0 && !libvirt_silent(s)) {
        if (s->here.guest_class != HVC_GUEST_RUNNING && s->here.guest_class != HVC_GUEST_STOPPING)
            return;
        if (s->here.guest_class == HVC_GUEST_RUNNING && hvc_now_ms() >= ask_again_ms) {
            int r = hvc_hypervisor_stop(s->operations->hypervisor, s->request.id.uuid, HVC_STOP_SHUTDOWN,
                                        s->graceful_until_ms, &s->last);

            if (r < 0 && r != -ENOENT)
                return;
            s->outcome = "shut-down";
            ask_again_ms = hvc_deadline_in(ASK_AGAIN_MS);
        }
        if (!hvc_call_wait(s->call, LOOK_MS))
            return;
        look(s);
    }
}

/* libvirt ends it: TERM with disks flushed first, at once for the rest of its part when that fails. */
static void force(struct stop *s)
{
    enum hvc_stop_step step = HVC_STOP_DESTROY;

    while (!gone(s) && !libvirt_silent(s) && hvc_deadline_left(s->forced_until_ms) > 0) {
        int r = hvc_hypervisor_stop(s->operations->hypervisor, s->request.id.uuid, step, s->forced_until_ms, &s->last);

        s->outcome = "destroyed";
        if (r == -ETIMEDOUT || r == -ENOTCONN) {
            look(s);
            return;
        }
        if (r < 0 && r != -ENOENT)
            step = HVC_STOP_KILL;
        look(s);
        if (!gone(s) && !hvc_call_wait(s->call, FORCE_AGAIN_MS))
            return;
    }
}

/* The kernel's way, for root. TERM until the forced part ends, KILL for the rest. */
static void kill_process(struct stop *s)
{
    int r;

    if (!s->operations->privileged) {
        if (!libvirt_silent(s))
            (void)hvc_hypervisor_stop(s->operations->hypervisor, s->request.id.uuid, HVC_STOP_KILL,
                                      s->call->deadline_ms, &s->last);
        look(s);
        return;
    }
    /* The kernel's proof; a libvirtd that hangs learns of it when it wakes. */
    r = hvc_process_end(s->request.id.uuid, s->forced_until_ms, s->call->deadline_ms, &s->last);
    s->outcome = "killed";
    if (r == 0)
        s->here.guest_class = HVC_GUEST_ABSENT;
    else
        look(s);
}

enum hvc_result guest_stop(struct hvc_operations *operations, struct hvc_call *call)
{
    struct stop s = {.operations = operations, .call = call, .began_ms = hvc_now_ms(), .outcome = "not-here"};
    enum hvc_result result = guest_request_read(call, &s.request);
    bool force_it = hvc_record_bool(call->args, "force", false);
    uint64_t wish = hvc_record_u64(call->args, "graceful_ms", HVC_STOP_GRACEFUL_AUTO);

    if (result != HVC_RESULT_OK)
        return result;
    hvc_stop_budget_split(hvc_deadline_left(call->deadline_ms), force_it ? 0 : wish, &s.budget);
    if (operations->direct) /* what is left of an op after the daemon's part says nothing about its timeout */
        s.budget.words[0] = '\0';
    s.graceful_until_ms = s.began_ms + s.budget.graceful_ms;
    s.forced_until_ms = s.graceful_until_ms + s.budget.forced_ms;
    look(&s);
    if (gone(&s))
        return stopped(&s);
    if (guest_is_foreign(&s.request, &s.here))
        return untouched(&s);
    if (!libvirt_silent(&s))
        end_migration(&s);
    if (!gone(&s) && !force_it)
        shut_down(&s);
    if (!gone(&s))
        force(&s);
    if (!gone(&s) && !hvc_call_is_cancelled(call))
        kill_process(&s);
    return gone(&s) ? stopped(&s) : not_stopped(&s);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a refused move has left: nothing was begun, and the job wants to know where the guest is. */
#include <errno.h>

#include "hvc/clock.h"
#include "hvc/move.h"
#include "move_runner.h"

enum { ASK_MS = 5000 }; /* for one question */

/* Is it where it was, untouched, or nowhere? A guest that is off at both ends is not gone while a move of it is half
 * done (it may be in the file of a quick one): then only the move itself, which found nothing (-ENOENT), can say it. */
static enum hvc_move_end seen_at(const struct hvc_move_task *task, const struct hvc_guest_state *source,
                                 const struct hvc_guest_state *target, int code)
{
    bool off_is_well = task->special.kind == HVC_KIND_DEFINITION || task->special.kind == HVC_KIND_STAGED;

    if (source->migrating_out || source->stranded || (target != NULL && hvc_guest_is_present(target->guest_class)))
        return HVC_MOVE_UNDER_WAY;
    switch (source->guest_class) {
    case HVC_GUEST_RUNNING:
    case HVC_GUEST_PAUSED:
    case HVC_GUEST_FAILED:
        return HVC_MOVE_STAYED;
    case HVC_GUEST_ABSENT:
        if (task->source == task->target)
            return HVC_MOVE_GONE;
        if (target == NULL)
            break;
        if (off_is_well && source->persistent)
            return HVC_MOVE_STAYED;
        return code == -ENOENT ? HVC_MOVE_GONE : HVC_MOVE_UNDER_WAY;
    case HVC_GUEST_STOPPING:
    case HVC_GUEST_INCOMING:
    case HVC_GUEST_LEAVING:
    case HVC_GUEST_UNKNOWN:
    case HVC_GUEST_CLASS_MAX:
        break;
    }
    return HVC_MOVE_UNDER_WAY;
}

void hvc_move_runner_look(const struct hvc_move_task *task, struct hvc_move_result *end)
{
    struct hvc_guest_state source = {0}, target = {0};
    bool answers = false;

    end->seen = HVC_MOVE_UNDER_WAY;
    if (task->source != task->target)
        answers = hvc_hypervisor_inspect(task->target, task->id.uuid, hvc_deadline_in(ASK_MS), &target, NULL) == 0;
    if (hvc_hypervisor_inspect(task->source, task->id.uuid, hvc_deadline_in(ASK_MS), &source, NULL) == 0)
        end->seen = seen_at(task, &source, answers ? &target : NULL, end->error.code);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_judge.h"

/* What one end is to a move that is over. */
enum side {
    SILENT,   /* did not answer, or could not tell */
    NOTHING,  /* no process of the guest */
    LIVES,    /* the guest is there: runs, is paused on purpose or shuts down */
    FAILED,   /* the guest is there and does not run */
    WAITS,    /* incoming */
    STRANDED, /* source: paused by a migration, or half of a guest in post-copy, that libvirt has forgotten */
    LEAVES    /* source: its migration is under way */
};

static enum side side_of(bool answered, const struct hvc_guest_state *state)
{
    if (!answered)
        return SILENT;
    /* one with an I/O error is where it is: libvirt ends its migration (ABORT_ON_ERROR) */
    if (state->migrating_out && state->guest_class != HVC_GUEST_FAILED)
        return LEAVES;
    switch (state->guest_class) {
    case HVC_GUEST_ABSENT:
        return NOTHING;
    case HVC_GUEST_RUNNING:
    case HVC_GUEST_PAUSED:
    case HVC_GUEST_STOPPING:
        return LIVES;
    case HVC_GUEST_INCOMING:
        return WAITS;
    case HVC_GUEST_LEAVING:
        return LEAVES;
    case HVC_GUEST_FAILED:
        return state->stranded || state->half ? STRANDED : FAILED;
    case HVC_GUEST_UNKNOWN:
    case HVC_GUEST_CLASS_MAX:
        break;
    }
    return SILENT;
}

static enum hvc_move_verdict end_as(enum hvc_move_end end, enum hvc_move_end *ret_end)
{
    *ret_end = end;
    return HVC_VERDICT_END;
}

static enum hvc_move_verdict end_after(bool when, enum hvc_move_end end, enum hvc_move_end *ret_end)
{
    return when ? end_as(end, ret_end) : HVC_VERDICT_WAIT;
}

/* libvirt says "migrated" as soon as all memory is at the target, and a source without its guest means that it is, or
 * that the rest died with it. */
static bool is_lost(const struct hvc_move_facts *f)
{
    return f->steady >= 2 && f->proving_ms >= HVC_MOVE_LOST_MS;
}

/* Half of the guest is at the target, and the source is not moving it. */
static enum hvc_move_verdict judge_half(const struct hvc_move_facts *f, enum side source, enum hvc_move_end *ret_end)
{
    switch (source) {
    case NOTHING:
        return is_lost(f) ? HVC_VERDICT_END_TARGET_HALF : HVC_VERDICT_WAIT;
    case LIVES:
        return end_after(f->steady >= 2, HVC_MOVE_DOUBLE, ret_end);
    case FAILED:
    case STRANDED: /* libvirt has forgotten what both halves are for */
        return end_after(is_lost(f), HVC_MOVE_BROKEN, ret_end);
    case SILENT:
    case WAITS:
    case LEAVES:
        break;
    }
    return HVC_VERDICT_WAIT;
}

/* The guest is at the target (LIVES or FAILED there). */
static enum hvc_move_verdict judge_arrived(const struct hvc_move_facts *f, enum side source, enum side target,
                                           enum hvc_move_end *ret_end)
{
    switch (source) {
    case NOTHING:
        return end_as(HVC_MOVE_MOVED, ret_end);
    case SILENT:
        return end_after(f->proving_ms >= HVC_MOVE_SILENT_MS, HVC_MOVE_MOVED, ret_end);
    case STRANDED:
        return target == LIVES ? HVC_VERDICT_DESTROY_SOURCE : end_as(HVC_MOVE_BROKEN, ret_end);
    case LIVES:
        return end_after(f->steady >= 2, target == LIVES ? HVC_MOVE_DOUBLE : HVC_MOVE_BROKEN, ret_end);
    case FAILED:
        return end_after(f->steady >= 2, HVC_MOVE_BROKEN, ret_end);
    case WAITS:
    case LEAVES:
        break;
    }
    return HVC_VERDICT_WAIT;
}

/* Nothing of the guest is at the target. */
static enum hvc_move_verdict judge_not_arrived(const struct hvc_move_facts *f, enum side source,
                                               enum hvc_move_end *ret_end)
{
    switch (source) {
    case LIVES:
    case FAILED:
        return end_as(HVC_MOVE_STAYED, ret_end);
    case NOTHING:
        return end_after(f->steady >= 2, HVC_MOVE_GONE, ret_end);
    case STRANDED:
        /* It may have run at the target and ended there: then what is here is its past, and resuming it would write
         * old data over new. Destroying is as safe as any stop, but it is a stop. */
        return end_after(f->proving_ms >= HVC_MOVE_SILENT_MS, HVC_MOVE_BROKEN, ret_end);
    case SILENT:
    case WAITS:
    case LEAVES:
        break;
    }
    return HVC_VERDICT_WAIT;
}

/* The target still has an incoming guest, and the source was asked after it. */
static enum hvc_move_verdict judge_waiting(const struct hvc_move_facts *f, enum side source)
{
    if (source != LIVES && source != FAILED && source != NOTHING)
        return HVC_VERDICT_WAIT;
    return f->steady >= 2 && f->proving_ms >= HVC_MOVE_LEFTOVER_MS ? HVC_VERDICT_DESTROY_TARGET : HVC_VERDICT_WAIT;
}

/* The target does not answer. */
static enum hvc_move_verdict judge_silent(const struct hvc_move_facts *f, enum side source, enum hvc_move_end *ret_end)
{
    bool long_enough = f->proving_ms >= HVC_MOVE_SILENT_MS;

    if (source == LIVES || source == FAILED)
        return end_after(long_enough, HVC_MOVE_STAYED, ret_end);
    if (source == NOTHING && f->migrate_succeeded)
        return end_after(long_enough, HVC_MOVE_MOVED, ret_end);
    return HVC_VERDICT_WAIT;
}

enum hvc_move_verdict hvc_move_judge(const struct hvc_move_facts *facts, enum hvc_move_end *ret_end)
{
    enum side source = side_of(facts->source_answered, &facts->source);
    enum side target = side_of(facts->target_answered, &facts->target);

    if ((source == LEAVES || source == STRANDED) && facts->source.half && target == NOTHING)
        return is_lost(facts) ? HVC_VERDICT_END_SOURCE_HALF : HVC_VERDICT_WAIT;
    if (source == LEAVES)
        return HVC_VERDICT_WATCH;
    if (target == LIVES && facts->target.half)
        return judge_half(facts, source, ret_end);
    switch (target) {
    case LEAVES: /* it arrived, and somebody moves it on */
    case LIVES:
    case FAILED:
        return judge_arrived(facts, source, target == LEAVES ? LIVES : target, ret_end);
    case STRANDED: /* libvirtd of the target was restarted between the copy and the start of the guest */
        return end_after(facts->proving_ms >= HVC_MOVE_SILENT_MS, HVC_MOVE_BROKEN, ret_end);
    case NOTHING:
        return judge_not_arrived(facts, source, ret_end);
    case WAITS:
        return judge_waiting(facts, source);
    case SILENT:
        break;
    }
    return judge_silent(facts, source, ret_end);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a move say about its end. Pure. */
#ifndef HVC_MOVE_JUDGE_H
#define HVC_MOVE_JUDGE_H

#include "hvc/move.h"

#define HVC_MOVE_SILENT_MS   3000 /* an end that does not answer is asked so long before the other one alone counts */
#define HVC_MOVE_LOST_MS     20000 /* a half whose other half is gone: libvirt gets so long to say that it is the whole */
#define HVC_MOVE_LEFTOVER_MS 1000 /* libvirt gets so long to remove an incoming guest whose migration failed */

struct hvc_move_facts {
    /* the target was asked before the source: so "runs there" followed by "runs here" is no illusion */
    bool source_answered, target_answered;
    struct hvc_guest_state source, target;
    bool migrate_succeeded; /* libvirt's word */
    uint64_t proving_ms;    /* since the migration was seen to be over */
    unsigned steady;        /* rounds in a row with the same answers, 1 for the first */
};

enum hvc_move_verdict {
    HVC_VERDICT_WAIT,           /* look again */
    HVC_VERDICT_WATCH,          /* the migration is still under way */
    HVC_VERDICT_END,            /* with *ret_end */
    HVC_VERDICT_DESTROY_SOURCE, /* the guest runs at the target; the source's paused remains are of no use */
    HVC_VERDICT_DESTROY_TARGET, /* nobody will complete the incoming guest */
    /* of a guest in post-copy, whose other half is gone for ever: it is lost */
    HVC_VERDICT_END_SOURCE_HALF,
    HVC_VERDICT_END_TARGET_HALF
};

enum hvc_move_verdict hvc_move_judge(const struct hvc_move_facts *facts, enum hvc_move_end *ret_end);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do about a live migration at a moment of the time it has. Pure: the caller samples the migration, asks, does
 * what it is told, and says so when it was done.
 *
 * A migration that Pacemaker started and that fails costs a reboot of a healthy guest, so the time is used: first the
 * downtime limit is raised step by step, then, where the caller wants it, the switch-over is forced while there is
 * still time to send the rest; giving up comes last and early enough to prove the guest runs where it was.
 */
#ifndef HVC_PACING_H
#define HVC_PACING_H

#include <stdbool.h>
#include <stdint.h>

struct hvc_pacing_config {
    uint64_t budget_ms;       /* time of the whole move; 0: unlimited, then nothing is ever done */
    uint64_t proof_ms;        /* of it, kept for ending and for proving the end */
    uint64_t downtime_ms;     /* the limit that the migration starts with */
    uint64_t downtime_max_ms; /* how far it may be raised */
    bool force;               /* pause the guest rather than give up */
    bool post_copy;           /* the migration was started so that it may switch to post-copy */
};

struct hvc_pacing_sample {
    uint64_t elapsed_ms;      /* since the move began */
    bool copying;             /* memory is copied and the guest runs: otherwise there is nothing to steer */
    uint64_t iteration;       /* passes over the memory, 1 is the first */
    uint64_t remaining_bytes; /* of this pass */
    uint64_t pass_bytes;      /* the most that remained in this pass: about what every later one has to send */
    uint64_t rate_bytes;      /* a second; 0: not known */
};

enum hvc_pacing_action {
    HVC_PACING_NOTHING,
    HVC_PACING_SET_DOWNTIME, /* to downtime_ms */
    HVC_PACING_POST_COPY,
    HVC_PACING_PAUSE, /* the guest stands still while the rest is sent; the hypervisor lets it go on at the target */
    HVC_PACING_ABORT
};
const char *hvc_pacing_action_name(enum hvc_pacing_action action);

struct hvc_pacing_decision {
    enum hvc_pacing_action action;
    uint64_t downtime_ms;
};

/* What has been done so far. Zeroed at the start. */
struct hvc_pacing_state {
    uint64_t downtime_ms; /* the limit set last; 0: that of the configuration */
    bool post_copied, paused, aborted;
};

struct hvc_pacing_decision hvc_pacing_decide(const struct hvc_pacing_config *config,
                                             const struct hvc_pacing_state *state,
                                             const struct hvc_pacing_sample *sample);

/* The decision was carried out. One that failed is not noted and comes again with the next sample. */
void hvc_pacing_note(struct hvc_pacing_state *state, const struct hvc_pacing_decision *decision);

#endif

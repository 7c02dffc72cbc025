/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One move of any kind from its start to an end that is proven at both ends. libvirt's answer is not the proof: what
 * both libvirts say about the guest afterwards is. It steers a live migration towards its deadline (hvc/pacing.h), ends
 * what a failure left behind where that is safe, and says what it is where it is not.
 *
 * Every kind may be run again with the same request after its process died in any step: what was reached is read from
 * the nodes, never remembered (adopt is only for a migration that somebody else started).
 *
 * Threads    hvc_move_run blocks; the other functions may be called at the same time from any thread and never block.
 *            What is under way runs in the nodes' libvirtds: it goes on when this process ends.
 * Ownership  the handles are borrowed until hvc_move_run has returned for the last time; texts are copied. A call that
 *            is still inside libvirt then keeps what it needs by itself.
 */
#ifndef HVC_MOVE_H
#define HVC_MOVE_H

#include "hvc/hypervisor.h"
#include "hvc/job.h"
#include "hvc/storage_plan.h"

struct hvc_move;

/* Where an interrupted post-copy may go on. */
struct hvc_move_way {
    char target_uri[HVC_URI_MAX]; /* as hvc_migrate_options have them, "" for NULL */
    char migrate_uri[HVC_URI_MAX];
    char tls_name[HVC_NODE_NAME_MAX];
    bool tls; /* as it was begun */
};

/* What a move in post-copy wants to know; each may block for some seconds and is called by the thread that runs it.
 * NULL: nobody knows. */
struct hvc_move_rescue {
    /* The way of try `number`, from 0: that network first which it had, then the next ones. failed: the words of the
     * try before, "" for none. -EHOSTUNREACH: none answers now. */
    int (*find_way)(void *context, unsigned number, const char *failed, struct hvc_move_way *ret_way);
    /* Which end was fenced and is not back: nothing of the guest is left there. */
    void (*find_dead)(void *context, bool *ret_source, bool *ret_target);
    void *context;
};

struct hvc_move_request {
    struct hvc_guest_id id;
    enum hvc_job_kind kind; /* STORAGE: source and target are the same handle */
    struct hvc_hypervisor *source;
    struct hvc_hypervisor *target;         /* NULL, of an adopted move only: not known, an end that does not answer */
    const char *source_name, *target_name; /* of the nodes, for words */
    struct hvc_migrate_options options;    /* target_uri is required unless adopt is set */
    bool force;                            /* near the deadline: pause the guest rather than give the move up */
    bool adopt;                            /* somebody started it already: only watch, steer and prove */
    /* Of an adopted one: that node was fenced and is not back. Nothing of the guest is left there, and it is not asked.
     */
    bool source_dead, target_dead;
    uint64_t proof_ms; /* how long to prove it at most, once the migration is over; 0: until the deadline */

    struct hvc_move_rescue rescue;

    /* beyond LIVE */
    uint32_t flags;                      /* HVC_OPTION_RETAIN_COPIES, _OVERWRITE, _REMOVE_UNMANAGED, _AVOID_REMOVING */
    const char *token;                   /* of the job: names files of the move, the same in every run of it */
    const struct hvc_storage_plan *plan; /* STORAGE and LIVE_STORAGE need one, STAGED and QUICK may; copied */
    const char *definition; /* DEFINITION, RESTART: the guest's definition; NULL: what the source has stored; copied */
    enum hvc_restart_mode restart; /* RESTART: how the guest is stopped */
    bool again;       /* STORAGE: a former run may have begun it: nothing is proven while its source is silent */
    uint64_t stop_ms; /* RESTART: how long a guest is asked before it is forced or given up; 0: 60 s */
};

enum hvc_move_phase {
    HVC_MOVE_CHECKING,
    HVC_MOVE_COPYING,
    HVC_MOVE_SWITCHING, /* switch-over or post-copy, also an interrupted one */
    HVC_MOVE_PROVING,
    HVC_MOVE_ENDED
};
const char *hvc_move_phase_name(enum hvc_move_phase phase);

enum hvc_move_end {
    HVC_MOVE_UNDER_WAY,
    HVC_MOVE_NOT_STARTED, /* refused by the checks: nothing was begun */
    HVC_MOVE_MOVED,       /* at the target, nothing of it at the source; STORAGE: all disks at their new places */
    HVC_MOVE_PREPARED,    /* STAGED: the target is ready for it, the guest is where it was */
    HVC_MOVE_STAYED,      /* at the source, nothing of it at the target */
    HVC_MOVE_GONE,        /* at neither end: it shut down or was stopped meanwhile */
    HVC_MOVE_BROKEN,      /* remains that nobody may decide about alone: see the words */
    HVC_MOVE_DOUBLE,      /* runs at both ends: libvirt lost the last message of its protocol. See the words */
    HVC_MOVE_UNPROVEN     /* not known at the deadline or after proof_ms; run it again to go on */
};
const char *hvc_move_end_name(enum hvc_move_end end);

struct hvc_move_report {
    enum hvc_move_phase phase;
    enum hvc_move_end end;
    uint64_t elapsed_ms;
    struct hvc_migrate_progress progress; /* of the source; of the last answer when it does not answer now */
    uint64_t downtime_limit_ms;           /* raised by pacing; 0: as it was asked for */
    uint64_t downtime_ms; /* what the switch-over cost by libvirt's measure, QUICK and RESTART by ours; 0: not known */
    bool forced, post_copied, aborted; /* by pacing */
    bool cancelled;                    /* by hvc_move_cancel */
    /* the ends' last answers; *_answered false: not the newest, or none yet */
    bool source_answered, target_answered;
    struct hvc_guest_state source, target;
};

/*
 * Post-copy whose connection breaks is no failure: neither half is worth anything alone, so neither is touched, and the
 * migration is resumed, with growing pauses, as often as it takes and by whoever runs or adopts the move. Only when an
 * end has nothing of the guest any more (fenced, or it says so) is the guest lost: what is left at the other end is
 * ended, and the end is GONE with words that say so.
 */
int hvc_move_new(const struct hvc_move_request *request, struct hvc_move **ret_move, struct hvc_error *error);

/*
 * Until the end is proven or deadline_ms (HVC_NO_DEADLINE: as long as it takes; then pacing does nothing). The time
 * needed for giving up and proving is kept from the deadline. error->code by end: 0 MOVED; STAYED: -ECANCELED,
 * -ETIMEDOUT when given up for the deadline, else what libvirt failed with; GONE -ENOENT; BROKEN -ENOTRECOVERABLE;
 * DOUBLE -ENOTUNIQ; UNPROVEN -EINPROGRESS; NOT_STARTED why; PREPARED 0. After UNPROVEN it may be called again.
 * A code of 0 with a text: it ended well, and something is to be said (a source's disk that was not removed).
 *
 * By kind, what STAYED means beside "the guest is at the source as it was" (a paused guest paused, all files that the
 * move made removed unless HVC_OPTION_AVOID_REMOVING): RESTART, it was stopped, did not start at the target and runs
 * at the source again; QUICK, likewise, restored from its save file; DEFINITION, defined at the source only.
 * BROKEN of a STORAGE move: some disks are at the new place and some at the old one; run it again.
 *
 * MOVED and STAYED with one end that does not answer: the other end was asked for some seconds, its own state is the
 * proof (libvirt's protocol runs the guest at one end only), and *_answered of the report is false.
 */
enum hvc_move_end hvc_move_run(struct hvc_move *move, uint64_t deadline_ms, struct hvc_error *error);

/* Asks for the end of the move; reason is for words. What came of it is the end of hvc_move_run: past the point of no
 * return (the guest is saved or stopped, a disk is pivoted) it goes on to its end. */
void hvc_move_cancel(struct hvc_move *move, const char *reason);

/* The way of a post-copy carries nothing any more and another one would: the source lets go of it, and it is resumed.
 */
void hvc_move_interrupt(struct hvc_move *move);

/* Another deadline for the run that is under way, and whether it may be forced near it: for an adopted move that
 * somebody wants now. The time for pacing counts from here. */
void hvc_move_set_deadline(struct hvc_move *move, uint64_t deadline_ms, bool force);

void hvc_move_report(struct hvc_move *move, struct hvc_move_report *ret_report);

/* Not while hvc_move_run runs. NULL is allowed. */
void hvc_move_free(struct hvc_move *move);

#endif

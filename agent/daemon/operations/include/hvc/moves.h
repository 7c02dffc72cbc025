/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The moves under way from or to this node: at most one a guest. Each runs in a thread of its own (hvc/move.h) until
 * its end is proven; whoever wants it waits for that. A move that libvirt does and nobody here started is adopted.
 *
 * Threads  any thread but the main loop for hvc_moves_run; the others never block.
 */
#ifndef HVC_MOVES_H
#define HVC_MOVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/hypervisor.h"
#include "hvc/limits.h"
#include "hvc/move.h"
#include "hvc/record.h"
#include "hvc/replica.h"
#include "hvc/results.h"
#include "hvc/soft_facts.h"

struct hvc_moves;
struct hvc_operations;
struct hvc_call;

#define HVC_MOVE_ID_MAX (HVC_NODE_NAME_MAX + 24)

/* The job of the cluster's state that a move is carried out for. A number alone would come again in another history. */
struct hvc_move_job {
    uint64_t id;                   /* 0: none */
    uint64_t admitted_ms;          /* wall clock of its admission, in the same clock of the same node as before */
    bool keeps;                    /* goes on when nobody waits for the move any more */
    bool source_dead, target_dead; /* hvc/move.h, of one that is adopted now; not written down */
};

/* What a move of another kind than LIVE needs (hvc/move.h). */
struct hvc_move_special {
    enum hvc_job_kind kind;
    uint32_t flags; /* HVC_OPTION_* */
    enum hvc_restart_mode restart;
    bool again;     /* a former run of it may have begun */
    bool cancelled; /* its job was: nothing is begun, and what a former run has begun is undone or ended */
    const struct hvc_storage_plan *plan; /* NULL: none; copied */
};

/* What shall be done. Texts are borrowed for the time of hvc_moves_run. */
struct hvc_move_order {
    struct hvc_guest_id guest;
    const char *source; /* node names. One of them is this node: guest.move leaves it, a fetch comes to it */
    const char *target;
    const char *resource; /* owner the guest is marked with when it has arrived; NULL or "": as it was */
    /* target_uri NULL: from the peers. migrate_uri NULL: over the configured migration networks, one after the other
     * until a connection is made; from the peers when none is configured. The other zero values: from the
     * configuration, unless settled. */
    struct hvc_migrate_options options;
    uint32_t network;       /* id of the migration network that is tried first, 0: by their order */
    bool settled;           /* what the options say is in force: the configuration adds nothing */
    bool force_at_deadline; /* end_action force: pause the guest rather than give up; false: abort */
    struct hvc_move_special special;
    struct hvc_move_job job; /* that it belongs to, 0: none. Its progress is found by it (hvc/soft_facts.h) */
};

/* How a move ended, as its thread saw it. */
struct hvc_move_result {
    enum hvc_result result; /* as hvc_moves_run documents them */
    enum hvc_move_end end;  /* what was proven */
    enum hvc_move_end seen; /* of NOT_STARTED: STAYED or GONE when the ends say so; UNDER_WAY: it has to be found out */
    bool unproven;          /* where the guest is could not be proven: it may still be on its way */
    uint64_t downtime_ms;
    struct hvc_error error; /* words, also for OK */
};

struct hvc_move_outcome {
    char id[HVC_MOVE_ID_MAX];
    bool joined; /* somebody else had started it already */
    uint64_t elapsed_ms;
    uint64_t downtime_ms; /* what libvirt measured; 0 when it did not say */
};

int hvc_moves_new(struct hvc_moves **ret_moves, struct hvc_error *error);
/* Waits for no move: libvirt's source daemon goes on with it. NULL is allowed. */
void hvc_moves_free(struct hvc_moves *moves);

/*
 * Runs the order, or joins the move of this guest to the same target, until its end is proven at both nodes, the call's
 * deadline, or its cancel. When the last one who waits is cancelled, so is the move. Result and words (hvc_call_say)
 * are in the call: OK proven at the target; FAILED or TIMEOUT proven at the source and running; UNKNOWN_OUTCOME not
 * proven; BUSY another move of the guest is under way, its id is in the words and in *ret_outcome. *ret_outcome is
 * always filled.
 */
enum hvc_result hvc_moves_run(struct hvc_operations *operations, struct hvc_call *call,
                              const struct hvc_move_order *order, struct hvc_move_outcome *ret_outcome);

/* Ends the move of a guest, if there is one, and waits for the proof: OK also when there was none. For guest.stop. */
enum hvc_result hvc_moves_end(struct hvc_operations *operations, struct hvc_call *call, const char *uuid);

/*
 * For the runner of jobs; none of these waits for an end. begin runs the order, or takes the move of this guest that is
 * under way to the same target as the job's; adopt: libvirt does it already, or has done it: watch it, or only prove
 * where the guest is. -EBUSY: another move of the guest is under way, or too many are.
 */
int hvc_moves_begin(struct hvc_operations *operations, const struct hvc_move_order *order, uint32_t uid, bool adopt,
                    uint64_t deadline_ms, struct hvc_error *error);

/* The migration networks that a move from source (this node) to target could be given now: ids, the preferred one
 * first. Blocks for a second or two: their addresses are tried. Returns how many, 0 when the networks do not decide;
 * -ENETUNREACH: none leads there; -ENOMEM. */
int hvc_moves_networks(struct hvc_operations *operations, const char *source, const char *target,
                       uint32_t ids[HVC_JOB_WAYS_MAX], struct hvc_error *error);

struct hvc_move_view {
    char id[HVC_MOVE_ID_MAX];
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX]; /* target "": not known yet */
    bool of_job; /* begun for the job that was asked for; else a move of its guest that is under way */
    bool adopted, cancel;
    uint32_t network; /* id of the migration network in use, 0: none, or not known */
    struct hvc_migrate_progress progress;
    bool ended;
    struct hvc_move_result end; /* when ended */
};
/* The newest move of the job, else the one of the guest that is under way; false: neither is known here. */
bool hvc_moves_look(struct hvc_moves *moves, const struct hvc_move_job *job, const char *uuid,
                    struct hvc_move_view *ret_view);
/* Tells the move of a guest that is under way to end; false: there is none. */
bool hvc_moves_tell_end(struct hvc_moves *moves, const char *uuid, const char *why);
/* function is called, by any thread and with the table's lock held (it must not call the moves), when a move begins,
 * changes its phase or has ended. Set before the first move. */
void hvc_moves_listen(struct hvc_moves *moves, void (*function)(void *context), void *context);

/* Finds moves that nobody watches and watches them to their proven end: those that a former life of the daemon wrote
 * down (hvc_operations.move_records), and guests that leave this node; of these the other nodes tell the target. At
 * start and when libvirt is back. */
int hvc_moves_adopt(struct hvc_operations *operations, uint64_t deadline_ms, struct hvc_error *error);

/* Of the guests that this node shows: a half that came here in post-copy and whose source has no hvclusterd any more is
 * watched from here, and resumed when it is interrupted. May block for some seconds when there is one. */
void hvc_moves_adopt_halves(struct hvc_operations *operations, const struct hvc_guest_state *guests, size_t count);

/* What the soft facts tell of them: those under way, and those that ended some seconds ago. status: whose node list
 * gives the ids. Returns how many. */
unsigned hvc_moves_tell(struct hvc_moves *moves, const struct hvc_replica_status *status,
                        struct hvc_soft_move list[HVC_MOVES_MAX]);

/* Bandwidth of the move of a guest, if one is under way here: its priority and own limit (bytes per second, 0: none),
 * for what is told; and what it may use (0: not limited), which libvirt is told when it is not what it was told last
 * and the move copies; held: that is less than usual, to spare the ring. Allot blocks until libvirt answers or the
 * deadline; a refusal of libvirt's is said once a move.
 */
void hvc_moves_weigh(struct hvc_moves *moves, const uint8_t guest[16], uint16_t priority, uint64_t limit);
int hvc_moves_allot(struct hvc_moves *moves, const uint8_t guest[16], uint64_t bytes, bool held, uint64_t deadline_ms,
                    struct hvc_error *error);

/* Moves under way. */
size_t hvc_moves_active(struct hvc_moves *moves);
/* Appends a record for each move, under way and lately ended, to list `name` of target. */
void hvc_moves_describe(struct hvc_moves *moves, struct hvc_record *target, const char *name, bool active_only);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc/move.h as the table of moves needs it: one blocking call, a cancel flag, progress, a result of the operations. */
#ifndef HVC_MOVE_RUNNER_H
#define HVC_MOVE_RUNNER_H

#include <stdatomic.h>

#include "hvc/hypervisor.h"
#include "hvc/move.h"
#include "hvc/moves.h"

/* What somebody wants of a move that was adopted. Filled once, from any thread: set is stored last. */
struct hvc_move_wish {
    uint64_t deadline_ms;
    bool force_at_deadline;
    atomic_bool set;
};

struct hvc_move_task {
    struct hvc_hypervisor *source;
    struct hvc_hypervisor *target; /* NULL: not known (an adopted move); then find_target is asked */
    struct hvc_guest_id id;
    const char *source_name, *target_name; /* of the nodes; find_target may change what target_name points to */
    const char *owner;                     /* "" : as it was */
    struct hvc_migrate_options options;
    struct hvc_move_special special;
    const char *token;             /* of a special move: names its files, the same in every run of it */
    bool adopted;                  /* libvirt does it already: only watch it to its end */
    bool source_dead, target_dead; /* hvc/move.h */
    bool force_at_deadline;
    uint64_t deadline_ms;
    atomic_bool *cancel;              /* set by others at any time */
    const char *const *cancel_words;  /* why, from then on; live for ever. NULL: nobody says */
    const struct hvc_move_wish *wish; /* NULL: nobody can want it otherwise */
    void (*progress)(void *context, const struct hvc_migrate_progress *progress);
    /* Asked while memory is copied: true when its way carries nothing any more and another one would. It is ended then,
     * and a guest that stayed is told with -EHOSTUNREACH; in post-copy it is interrupted, and goes on by rescue. May
     * block for some seconds. NULL: nobody knows. */
    bool (*lost)(void *context, const struct hvc_migrate_progress *progress);
    /* Which other node has the guest, incoming or arrived; blocks for some seconds at most. 0; -ENOENT no node has it;
     * -EAGAIN none that answered. Only for target NULL. */
    int (*find_target)(void *context, struct hvc_hypervisor **ret_target);
    struct hvc_move_rescue rescue; /* hvc/move.h; its context is the one below */
    void *context;
};

/* Blocks until the end is proven or cannot be; a thread of its own calls it. */
void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end);

/* Of an end NOT_STARTED: fills `seen` from what the ends say about the guest now. Blocks for some seconds at most. */
void hvc_move_runner_look(const struct hvc_move_task *task, struct hvc_move_result *end);

#endif

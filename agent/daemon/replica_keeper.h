/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one replica that hvclusterd owns, behind the interface of the operations. It is opened, closed and, at an
 * operator's word, started again here; whoever asks meanwhile is told so.
 *
 * Threads: open and free by the main thread, before and after all others; everything else by any thread.
 */
#ifndef HVC_REPLICA_KEEPER_H
#define HVC_REPLICA_KEEPER_H

#include "hvc/keeper.h"
#include "hvc/messages.h"

struct hvc_replica_keeper_options {
    const char *state_directory;
    const char *boot_id_file; /* NULL: the kernel's */
    const char *group;        /* of corosync; NULL: stand-alone */
    const char *node_name;    /* stand-alone: this node's */
    bool init, force;         /* the word for the first start */
    hvc_message_fn message;
    void *message_context;
    /* The state, the view or the health changed: look again. In the replica's thread: must not block, must not call the
     * keeper. NULL: nobody wants to know. */
    void (*changed)(void *context);
    void *changed_context;
};

/* The texts of the options must live as long as the keeper. */
int hvc_replica_keeper_open(const struct hvc_replica_keeper_options *options, struct hvc_keeper **ret_keeper,
                            struct hvc_error *error);

/* Closes the replica: who waits is answered, who comes later is told that hvclusterd is stopping. -EBUSY: somebody has
 * not let go of it in time, -ETIMEDOUT: corosync or the disk holds it; both: it is left behind and the process must
 * end. NULL is allowed. */
int hvc_replica_keeper_end(struct hvc_keeper *keeper, uint64_t wait_ms, struct hvc_error *error);

/* After an end without an error, when nobody can ask any more. NULL is allowed. */
void hvc_replica_keeper_free(struct hvc_keeper *keeper);

/* As hvc_replica_publish. Never waits. -EAGAIN: it is just being started again. */
int hvc_replica_keeper_publish(struct hvc_keeper *keeper, struct hvc_soft_facts *facts);

/* Pacemaker confirms that the node is down. Never waits. */
void hvc_replica_keeper_fenced(struct hvc_keeper *keeper, uint32_t node);

#endif

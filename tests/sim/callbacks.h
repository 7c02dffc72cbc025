/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The callbacks of a real corosync, as hvc-ring records them, against what they promise one by one; and made into views
 * by the adapter's own code (cluster/corosync/group_view.c) for the rules of accept.h. For tests only.
 */
#ifndef SIM_CALLBACKS_H
#define SIM_CALLBACKS_H

#include "accept.h"
#include "group_view.h"

#define CALLBACK_RULES(X)                                                                                              \
    X(ORDER, "callback-order",                                                                                         \
      "a ring change gives at most one callback with processes that left, then one with those that joined, then the "  \
      "totem callback, and no message in between")                                                                     \
    X(ONE_PROCESS, "one-process", "within a ring each group callback names one process")                               \
    X(LIST, "list", "the members after a group callback are those before it, less who left, with who joined")          \
    X(OWN_RING, "own-ring", "the nodes of a ring hold the own one")                                                    \
    X(RING_NODES, "ring-nodes", "totem and quorum, at all members of a ring, are told the same nodes of it")           \
    X(CONTENT, "content", "a message is of the process that CPG says, and whole")

struct callbacks;

/* One trace: the processes of one node, one after the other. group: what all traces of a run share. */
struct callbacks_group;
struct callbacks_group *callbacks_group_new(struct accept *accept, accept_refuse_fn refuse, void *context);
void callbacks_group_free(struct callbacks_group *group);
struct callbacks *callbacks_new(struct callbacks_group *group, const char *label);
void callbacks_free(struct callbacks *c);

/* A process begins: its node is told when it is connected. */
void callbacks_process(struct callbacks *c, uint32_t pid);

/* One line behind its time: "totem ring=1.8 nodes=1,2". False: it cannot be read. */
bool callbacks_line(struct callbacks *c, uint64_t place, const char *line);

/* Group members on nodes that are not in the ring, as corosync before 3.1.11 leaves them behind. */
uint64_t callbacks_ghosts(const struct callbacks_group *group);

#define CALLBACK_NAME(id, name, words) {name, words},

#endif

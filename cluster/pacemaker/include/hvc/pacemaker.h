/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Pacemaker knows: which node is fenced or cleanly down, where its record holds a guest's resource, which
 * resources run guests. Read only, from the local CIB manager and the local fencer. The only user of Pacemaker's
 * libraries.
 *
 * Threads  any thread but a main loop; calls are serialised and none blocks longer than its deadline.
 * Errors   -ENOTCONN   pacemaker does not run here    -ETIMEDOUT  it runs and does not answer
 *          -EACCES     it does not let this user ask (group haclient)     -EIO  anything else, with its words
 * The libraries' own messages go to the process's libqb targets if its filters let them, never to stderr.
 */
#ifndef HVC_PACEMAKER_H
#define HVC_PACEMAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

struct hvc_pacemaker_node {
    char name[HVC_NODE_NAME_MAX];
    uint32_t id;       /* corosync node id */
    bool member;       /* record says: in the membership, or its controller is connected */
    bool online;       /* member, controller connected and joined */
    bool down;         /* neither, and Pacemaker expects it to be down: it left cleanly or its fencing was confirmed */
    bool unclean;      /* neither, but it was not expected to go: Pacemaker will fence it */
    bool fenced;       /* down, by a confirmed off or reboot, and it has not joined again since (see pacemaker.c) */
    bool left_with;    /* down, not fenced, and the record still holds the asked resource active there: a node that was
                          stopped with its guests running (maintenance mode) */
    bool standby;      /* set on the node: runs nothing */
    bool maintenance;  /* set on the node: what runs there is left alone (the mode of the whole cluster is not meant) */
    int64_t fenced_at; /* wall clock second of the newest confirmed fencing, as the fencer recorded it; 0: none known.
                          For people: no decision compares clocks */
};

struct hvc_pacemaker_view {
    struct hvc_pacemaker_node nodes[HVC_NODES_MAX];
    size_t count;
    bool fencing_enabled; /* stonith-enabled; true when unset */
    bool fencer_answered; /* false: no node counts as fenced, and fencer_words say why */
    char fencer_words[256];
};

/* resource: id of the resource for left_with; NULL or "": left_with is true for a node with any active guest. */
int hvc_pacemaker_read(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                       struct hvc_error *error);
/* The same without the fencer, which is not asked: no node counts as fenced, and fencer_words are empty. */
int hvc_pacemaker_read_modes(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                             struct hvc_error *error);

/* The node with that Corosync id, or NULL: Pacemaker has not seen it since the status section began. */
const struct hvc_pacemaker_node *hvc_pacemaker_find(const struct hvc_pacemaker_view *view, uint32_t id);

/* A configured resource ocf:hvcluster:VirtualSystem (templates and clones resolved by nobody: what is written). */
struct hvc_pacemaker_guest {
    char resource[HVC_RESOURCE_NAME_MAX];
    char config[HVC_PATH_TEXT_MAX]; /* its parameter config; "" when it has none */
};

/* Every such resource. Free the array with free(); NULL when there are none. */
int hvc_pacemaker_guests(uint64_t deadline_ms, struct hvc_pacemaker_guest **ret_guests, size_t *ret_count,
                         struct hvc_error *error);

/* A configured resource of another agent that runs a guest (VirtualDomain), by itself or in a group, clone or bundle,
 * templates and references resolved. Once for each value that its parameter config may have, by rules. */
struct hvc_pacemaker_foreign {
    char resource[HVC_RESOURCE_NAME_MAX];
    char agent[HVC_AGENT_NAME_MAX]; /* "ocf:heartbeat:VirtualDomain" */
    char config[HVC_PATH_TEXT_MAX]; /* "" when it has none */
};

/* Every such resource, as hvc_pacemaker_guests. None, too, where Pacemaker does not run and never has. */
int hvc_pacemaker_foreign(uint64_t deadline_ms, struct hvc_pacemaker_foreign **ret_list, size_t *ret_count,
                          struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Corosync and Pacemaker say about the cluster now, as the operations see it: an interface, so that handlers are
 * tested without either. The real one is hvc_cluster_facts_new.
 *
 * Threads  any thread but the main loop; a provider serialises what it must and never blocks beyond the deadline.
 */
#ifndef HVC_FACTS_H
#define HVC_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"
#include "hvc/ring_load.h"

struct hvc_facts;

struct hvc_fact_node {
    uint32_t id;
    char name[HVC_NODE_NAME_MAX];
    char address[HVC_NODE_NAME_MAX]; /* of its first ring, as corosync.conf has it; "": not told */
    bool local;
    bool member;
    /* filled only with HVC_FACTS_PACEMAKER or HVC_FACTS_FENCER */
    bool pacemaker_online;
    bool clean_down;   /* left cleanly: Pacemaker expects it down and nothing of it is a member */
    bool unclean;      /* to be fenced */
    bool standby;      /* may run nothing */
    bool maintenance;  /* Pacemaker leaves alone what runs there */
    bool fenced;       /* fencing was confirmed after it was last a member */
    int64_t fenced_at; /* seconds since the epoch; 0: never */
};

struct hvc_cluster_facts {
    struct hvc_fact_node nodes[HVC_NODES_MAX];
    size_t count;
    char cluster_name[256];
    char flags[128];        /* words of votequorum, blank-separated: "two_node wait_for_all"; "" for none */
    bool quorate;           /* false when Corosync did not answer */
    bool quorum_exclusive;  /* no other partition can be quorate now: false with two_node */
    bool corosync_answers;  /* when false: nodes may be empty or known from elsewhere; corosync_error says why */
    bool pacemaker_answers; /* when false (and asked): pacemaker_error says why */
    struct hvc_error corosync_error, pacemaker_error;
};

/* A resource of Pacemaker's that runs a guest by another agent than ours; once for each config that it may have. */
struct hvc_fact_foreign {
    char resource[HVC_RESOURCE_NAME_MAX];
    char agent[HVC_AGENT_NAME_MAX]; /* "ocf:heartbeat:VirtualDomain" */
    char config[HVC_PATH_TEXT_MAX]; /* file of its definition; "": it names none */
};

/* PACEMAKER: its fencer is not asked when Corosync, asked with it, has every node as a member: none counts as fenced.
 * FENCER: the same, and the fencer is asked in any case: whoever waits for its word hears when it is silent. */
enum { HVC_FACTS_COROSYNC = 1u, HVC_FACTS_PACEMAKER = 2u, HVC_FACTS_FENCER = 4u };

struct hvc_facts_ops {
    void (*close)(struct hvc_facts *);
    /* Always fills *ret_facts as far as it got and says in it who did not answer; the return value is -ENOMEM or 0. */
    int (*read)(struct hvc_facts *, unsigned what, uint64_t deadline_ms, struct hvc_cluster_facts *ret_facts);
    /* Other resources of class ocf:hvcluster:VirtualSystem whose config parameter is this file. names: of the first
     * one. */
    int (*resource_of_config)(struct hvc_facts *, const char *config, const char *except_resource, uint64_t deadline_ms,
                              char ret_resource[HVC_RESOURCE_NAME_MAX], struct hvc_error *);
    /* All of them, by free(); none where Pacemaker does not run and never has. */
    int (*foreign)(struct hvc_facts *, uint64_t deadline_ms, struct hvc_fact_foreign **ret_list, size_t *ret_count,
                   struct hvc_error *);
    /* NULL: as if Pacemaker had no word */
    int (*priority)(struct hvc_facts *, const char *resource, uint64_t deadline_ms, int *ret_priority,
                    struct hvc_error *);
    /* NULL: nobody tells */
    int (*ring_load)(struct hvc_facts *, uint64_t deadline_ms, struct hvc_ring_load *ret_load, struct hvc_error *);
};

/* Nothing that ran there runs any more: it was fenced, and has not come back. */
static inline bool hvc_fact_is_dead(const struct hvc_fact_node *node)
{
    return !node->member && node->fenced && !node->unclean;
}

/* Every provider starts with this. */
struct hvc_facts {
    const struct hvc_facts_ops *ops;
};

/* Corosync by hvc/membership.h, Pacemaker by hvc/pacemaker.h. */
int hvc_cluster_facts_new(struct hvc_facts **ret_facts, struct hvc_error *error);

void hvc_facts_close(struct hvc_facts *facts); /* NULL is allowed */
int hvc_facts_read(struct hvc_facts *facts, unsigned what, uint64_t deadline_ms, struct hvc_cluster_facts *ret_facts);
/* 0 and the id of another resource with this config, or -ENOENT when there is none, or why it is not known. */
int hvc_facts_resource_of_config(struct hvc_facts *facts, const char *config, const char *except_resource,
                                 uint64_t deadline_ms, char ret_resource[HVC_RESOURCE_NAME_MAX],
                                 struct hvc_error *error);

int hvc_facts_foreign(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_fact_foreign **ret_list,
                      size_t *ret_count, struct hvc_error *error);
/* How urgent Pacemaker holds the resource: greater is more important, 0 usual. -ENOENT: it has none of that name. */
int hvc_facts_priority(struct hvc_facts *facts, const char *resource, uint64_t deadline_ms, int *ret_priority,
                       struct hvc_error *error);

/* Counters of this node's ring. Errors as hvc/membership.h; -ENOTSUP: nobody tells. */
int hvc_facts_ring_load(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_ring_load *ret_load,
                        struct hvc_error *error);

/* The node of that name; NULL when it is not in the node list. */
const struct hvc_fact_node *hvc_facts_find(const struct hvc_cluster_facts *facts, const char *name);

#endif

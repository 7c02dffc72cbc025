/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load balancing: how unequally the nodes are loaded, and which moves would make it better. Hints only: whether a
 * guest may go there is Pacemaker's business, and the caller asks it about each move before it takes it.
 *
 * Pure and deterministic: the same input gives the same moves, in whatever order nodes and guests come. Whole numbers
 * only.
 *
 * The score is the weighted mean of two standard deviations over the nodes that take part: of the memory that is taken,
 * and of the load, each as a part of what the node has. 0: all alike; 0.5: one of two nodes has everything. The idea,
 * a weighted sum of standard deviations and greedy moves with a least gain, is that of Ganeti's hbal; that what moved
 * lately stays for a hold time is what the balancers of Proxmox VE and DRS do against swinging.
 *
 *   memory  what the guests were given, and what the host itself uses beside them: max(total - available, guests)
 *   load    the load average of a minute. Of a guest: its part of it by virtual CPUs, as many CPUs at most
 *
 * What jobs do already counts as done: their guests weigh where they go, and need room at both ends. One guest is moved
 * once in a plan; what a planned move frees at its source is not counted as room for another, so the order in which the
 * moves are made does not matter.
 */
#ifndef HVC_BALANCE_H
#define HVC_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/limits.h"

#define HVC_BALANCE_ONE 1000000 /* all of something; a score of 1 */

/* Why a node takes no part. */
enum hvc_balance_out {
    HVC_BALANCE_IN,
    HVC_BALANCE_NOT_MEMBER,
    HVC_BALANCE_CLOSED,      /* accepts no moves */
    HVC_BALANCE_MAINTENANCE, /* of the service */
    HVC_BALANCE_NOT_ENABLED, /* setting enable-migration */
    HVC_BALANCE_INACTIVE,    /* for Pacemaker: offline, in standby, in maintenance, to be fenced */
    HVC_BALANCE_NO_FACTS,    /* nothing has come from it */
    HVC_BALANCE_OLD_FACTS,   /* nothing new */
    HVC_BALANCE_NO_GUESTS,   /* its libvirt does not tell its guests */
    HVC_BALANCE_NO_CAPACITY, /* memory or CPUs are not known */
    HVC_BALANCE_OUT_COUNT
};
const char *hvc_balance_out_text(unsigned out);

/* Why a guest is left where it is. */
enum hvc_balance_stay {
    HVC_BALANCE_MOVABLE,
    HVC_BALANCE_BUSY,        /* a job, or a migration, has it */
    HVC_BALANCE_NOT_RUNNING, /* there, and paused, failed, on its way down ... */
    HVC_BALANCE_HELD,        /* moved, or tried to, within the hold time */
    HVC_BALANCE_NO_MEMORY,   /* how much it has is not known */
    HVC_BALANCE_STAY_COUNT
};
const char *hvc_balance_stay_text(unsigned stay);

/* What one node has to carry. Parts of HVC_BALANCE_ONE, which may be exceeded. */
struct hvc_balance_share {
    uint64_t memory_kib;
    uint64_t load; /* thousandths of a CPU */
    uint64_t memory_part, load_part;
    uint32_t guests;
};

struct hvc_balance_node {
    /* given */
    uint32_t id;
    bool member, accepting, maintenance, enabled, active;
    bool known;        /* facts have come */
    bool tells_guests; /* its guests are in the list, all of them */
    uint64_t facts_ms; /* how old they are */
    uint32_t cpus, load_100;
    uint64_t memory_kib, free_kib; /* free: available to new guests */
    uint64_t spare_kib;            /* that moves leave free */
    uint64_t coming_kib;           /* of jobs to here whose guests are not in the list */
    /* found by hvc_balance_begin */
    uint8_t out;                            /* enum hvc_balance_out */
    uint64_t host_kib;                      /* what the host uses beside its guests */
    uint64_t leaving_kib;                   /* guests that leave are still in the way of others */
    struct hvc_balance_share before, after; /* when what jobs do is done; and the moves taken, too */
};

struct hvc_balance_guest {
    /* given */
    uint8_t uuid[16];
    uint32_t node;   /* where it is */
    uint32_t target; /* of its unfinished job, 0: none or not known */
    bool busy, running;
    uint64_t memory_kib; /* 0: not known */
    uint32_t cpus;       /* 0: not known, counts as one */
    uint64_t moved_ms;   /* wall clock: its last move ended; 0: not known of any */
    /* found by hvc_balance_begin */
    uint8_t stay;     /* enum hvc_balance_stay */
    bool taken;       /* a move of it was taken */
    uint64_t load;    /* its part of its node's: thousandths of a CPU */
    uint64_t refused; /* bit n: not to nodes[n] */
};

/* What is enough, and what is too little. */
struct hvc_balance_rules {
    uint64_t low;   /* nothing is proposed at such a score, or a lower one */
    uint64_t gain;  /* a move lowers the score by so much at least; 0 counts as 1 */
    unsigned moves; /* at most */
    uint64_t now_ms, hold_ms;
    uint32_t memory_weight, load_weight; /* 0 to 100, not both 0. One of weight 0 is not looked at at all */
};

struct hvc_balance {
    struct hvc_balance_rules rules;
    struct hvc_balance_node nodes[HVC_NODES_MAX];
    unsigned node_count;
    struct hvc_balance_guest *guests; /* the caller's */
    size_t guest_count;
    /* found */
    uint64_t score_before, score_after;
    unsigned taking_part, taken;
};

struct hvc_balance_move {
    size_t guest;      /* index */
    unsigned from, to; /* indexes of nodes */
    uint64_t score;    /* after it */
};

enum hvc_balance_next {
    HVC_BALANCE_MOVE,   /* *ret_move is the best one */
    HVC_BALANCE_FEW,    /* fewer than two nodes take part */
    HVC_BALANCE_LOW,    /* the score is low enough */
    HVC_BALANCE_ENOUGH, /* as many moves as wanted were taken */
    HVC_BALANCE_NONE,   /* no move that may be made lowers the score by the gain */
    HVC_BALANCE_NEXT_COUNT
};
const char *hvc_balance_next_name(unsigned next); /* "low" */

/* Judges nodes and guests and makes the first score. Guests of nodes that are not in the list, and nodes beyond
 * HVC_NODES_MAX, are not looked at. */
void hvc_balance_begin(struct hvc_balance *balance);

/* The move that gives the lowest score; of several the one of the lower UUID, then to the node of the lower id. */
enum hvc_balance_next hvc_balance_next(const struct hvc_balance *balance, struct hvc_balance_move *ret_move);

/* It will be made: what follows is planned on top of it. */
void hvc_balance_take(struct hvc_balance *balance, const struct hvc_balance_move *move);

/* It cannot be made: not to that node, or (everywhere) to none. */
void hvc_balance_refuse(struct hvc_balance *balance, const struct hvc_balance_move *move, bool everywhere);

#endif

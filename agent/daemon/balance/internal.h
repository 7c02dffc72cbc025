/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question for hints: what was gathered, and what was planned. See README.md. */
#ifndef HVC_BALANCE_INTERNAL_H
#define HVC_BALANCE_INTERNAL_H

#include "hvc/balance.h"
#include "hvc/checks.h"

#define BALANCE_MOVES_MAX   HVC_CHECKS_BEFORE_MAX
#define BALANCE_REFUSED_MAX 64 /* moves that the checks refuse; then the search ends */

/* Of the core's node of the same index. */
struct balance_node {
    char name[HVC_NODE_NAME_MAX];
    struct hvc_guest_state *guests; /* free() */
    size_t guest_count;
    bool told;              /* its libvirt has told them */
    struct hvc_error error; /* why not */
};

/* Of the core's guest of the same index. */
struct balance_guest {
    char uuid[HVC_UUID_TEXT_MAX];
    char name[HVC_GUEST_NAME_MAX];
};

/* A move that the core proposed, and what the checks said. */
struct balance_proposal {
    struct hvc_balance_move move;
    struct hvc_balance_share from[2], to[2]; /* of both nodes, before and after it */
    char resource[HVC_RESOURCE_NAME_MAX];    /* of Pacemaker's; "": none */
    uint8_t code;                            /* enum hvc_check_code that refused it */
    char words[HVC_CHECK_TEXT_MAX];          /* of it */
};

struct balance {
    struct hvc_operations *operations;
    struct hvc_call *call;
    struct hvc_balance core;
    struct balance_node nodes[HVC_NODES_MAX];
    struct balance_guest *guests; /* free(); and core.guests */
    enum hvc_balance_next end;    /* why there is no further move */
    bool incomplete;              /* time, or BALANCE_REFUSED_MAX, ended the search */
    struct balance_proposal moves[BALANCE_MOVES_MAX];
    unsigned move_count;
    struct balance_proposal refused[BALANCE_REFUSED_MAX];
    unsigned refused_count;
    struct balance_proposal *blocker; /* the one of those that no move can be made for; NULL: none */
};

/* gather.c: fills core (but for its rules), nodes and guests. Not OK: in words. */
enum hvc_result balance_gather(struct balance *balance);
void balance_clear(struct balance *balance);

/* plan.c: moves and refused, until there is no further one. Not OK: in words. */
enum hvc_result balance_make(struct balance *balance);

/* describe.c: the data of the answer; and its sentence, which it returns OK or the reason for. */
void balance_describe(const struct balance *balance, struct hvc_record *data);
enum hvc_result balance_say(const struct balance *balance);

#endif

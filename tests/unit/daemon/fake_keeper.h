/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cluster's state of a test: a real service in memory behind the keeper's interface, committed at once; and a
 * status that the test writes. */
#ifndef HVC_FAKE_KEEPER_H
#define HVC_FAKE_KEEPER_H

#include "hvc/operations.h"

struct fake_keeper {
    struct hvc_keeper base;
    struct hvc_replica_status status;
    void *memory;
    struct hvc_service *service;
    struct hvc_replica_outcome outcome; /* of the next propose when error is not 0 */
    int read_error;                     /* of a read with a barrier; of every read with always */
    bool always;
    int backup_error, begin_error;
    struct hvc_command last;   /* as it was proposed */
    struct hvc_token token;    /* the next fresh one */
    struct hvc_token answered; /* the last request's, and its answer */
    struct hvc_answer answer;
    char document[65536]; /* the last one that came */
    size_t document_length;
    uint64_t index;
    uint64_t stamp_ms;  /* of what is proposed; 0: 1000 */
    bool waited;        /* the last propose was to wait for quorum */
    unsigned proposals; /* that were applied */
    char backup[256];
    bool init, force; /* of the last begin_again */
    unsigned begun;
    struct hvc_soft_facts *soft;                  /* what its node tells, NULL: nothing came; the test's */
    unsigned soft_count;                          /* of an array of these, one a node */
    unsigned looks;                               /* how often the status was taken */
    bool comes_up;                                /* begin_again makes it primary */
    bool (*on_await)(struct fake_keeper *keeper); /* while somebody waits: changes something, then true. NULL: nothing
                                                     ever changes */
};

/* Nodes n1 and n2 are members, primary, entry 41 in epoch 7. */
struct fake_keeper *fake_keeper_new(void);
void fake_keeper_free(struct fake_keeper *keeper);

/* Commits a command, which has to be taken. */
void fake_keeper_commit(struct fake_keeper *keeper, const struct hvc_command *command);
/* A new one for these operations, of which n1 and n2 are members in the state, too. */
struct fake_keeper *fake_keeper_join(struct hvc_operations *operations);

/* The status of a node of a healthy cluster of `count` nodes, all members; n1 is this one. now_ms is 1,000,000 there.
 */
#define FAKE_NOW_MS 1000000
void fake_status_healthy(struct hvc_replica_status *status, unsigned count);

/* Nodes from `first` on are no members, and this side of the cut has no quorum. */
void fake_status_cut(struct hvc_replica_status *status, unsigned first);

#endif

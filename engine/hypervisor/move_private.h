/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A move's parts among themselves: move.c starts, watches and steers it, move_prove.c proves its end; both stand on
 * move_state.c. */
#ifndef HVC_MOVE_PRIVATE_H
#define HVC_MOVE_PRIVATE_H

#include <pthread.h>

#include "hvc/move.h"
#include "hvc/pacing.h"

enum migrate_call { CALL_NONE, CALL_UNDER_WAY, CALL_RETURNED };

struct hvc_move {
    struct hvc_move_request request; /* its texts are these: */
    char target_uri[HVC_URI_MAX], migrate_uri[HVC_URI_MAX];
    char source_name[HVC_NODE_NAME_MAX], target_name[HVC_NODE_NAME_MAX];

    /* of the thread that runs the move */
    uint64_t began_ms, run_began_ms, deadline_ms;
    struct hvc_pacing_config pacing_config;
    struct hvc_pacing_state pacing;
    uint64_t pass, pass_bytes;  /* the pass over the memory, and the most that remained in it */
    uint64_t cancel_sent_ms;    /* 0: never */
    uint64_t destroy_sent_ms;   /* likewise */
    bool job_seen_after_return; /* libvirt still has the migration whose call has returned (its connection broke) */
    struct hvc_error source_words, target_words; /* why an end did not answer */

    pthread_mutex_t lock; /* what follows */
    pthread_cond_t changed;
    unsigned refs;
    struct hvc_move_report report;
    char cancel_reason[256];
    bool has_wish; /* of another deadline, not taken yet: */
    bool wished_force;
    uint64_t wished_deadline_ms;
    enum migrate_call call;
    int call_result;
    struct hvc_error call_error;
};

void hvc_move_set_phase(struct hvc_move *m, enum hvc_move_phase phase);
uint64_t hvc_move_call_deadline(const struct hvc_move *m);
void hvc_move_wait(struct hvc_move *m, uint64_t ms);
int hvc_move_inspect(struct hvc_move *m, struct hvc_hypervisor *end, struct hvc_guest_state *ret_state,
                     struct hvc_error *error);
void hvc_move_ask_ends(struct hvc_move *m);

/* What is known when there is no more time. */
enum hvc_move_end hvc_move_unproven(struct hvc_move *m, struct hvc_error *error);

/* Until an end is proven or there is no more time (UNPROVEN); UNDER_WAY when the migration still is. */
enum hvc_move_end hvc_move_prove(struct hvc_move *m, struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The newest soft facts of each node, for all threads; and those of this node that are still to be sent. */
#ifndef HVC_DRIVER_SOFT_H
#define HVC_DRIVER_SOFT_H

#include <pthread.h>

#include "documents.h"
#include "extra.h"
#include "hvc/soft_facts.h"

struct hvc_soft_entry {
    uint64_t came_ms;             /* hvc_now_ms */
    struct hvc_soft_facts *facts; /* NULL: never any */
};

struct hvc_soft {
    pthread_mutex_t lock; /* of everything; held for one copy */
    struct hvc_soft_entry own;
    bool pending; /* own is still to be sent */
    struct hvc_soft_entry nodes[HVC_NODES_MAX];
};

void hvc_soft_init(struct hvc_soft *soft);
void hvc_soft_clear(struct hvc_soft *soft);

/* As hvc_replica_publish, _soft, _soft_job. */
int hvc_soft_publish(struct hvc_soft *soft, struct hvc_soft_facts *facts);
int hvc_soft_read(struct hvc_soft *soft, uint32_t node, struct hvc_soft_facts *ret_facts);
int hvc_soft_job(struct hvc_soft *soft, uint64_t job, struct hvc_soft_job *ret_job);

/* The replica's thread: the message of what is to be sent, once; 0: nothing. The own node's id and boot id are noted.
 */
size_t hvc_soft_next(struct hvc_soft *soft, uint32_t node, uint64_t boot_id, const struct hvc_documents *documents,
                     void *bytes, size_t size);
/* Facts that came, own ones included. What cannot be read is of a later version and is left out. */
void hvc_soft_take(struct hvc_soft *soft, const struct hvc_extra *message);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hypervisor, facts and a message sink of the tests' own, for handlers and the moves. */
#ifndef HVC_FAKE_WORLD_H
#define HVC_FAKE_WORLD_H

#include <pthread.h>

#include "hvc/operations.h"

struct fake_hypervisor {
    struct hvc_hypervisor base;
    pthread_mutex_t lock;
    struct hvc_guest_state guests[4];
    size_t count;
    struct hvc_hypervisor_status health;
    unsigned cancels; /* calls of cancel; each ends migrating_out */
    int list_result, inspect_result;
    const char *xml; /* the definition of every guest here; NULL: none is to be had */
    bool hangs;      /* and says so when it is asked for its host */
    unsigned asked;  /* for its host */
};

struct fake_world {
    struct hvc_operations operations;
    struct fake_hypervisor here, there;
    struct hvc_facts facts_base;
    struct hvc_cluster_facts facts;
    struct hvc_fact_foreign foreign[2]; /* in Pacemaker's configuration */
    size_t foreign_count;
    int foreign_result; /* negative: the configuration cannot be read */
    pthread_mutex_t lock;
    char messages[16384]; /* "1301 id=...\n" */
};

/* Node "n1" with peer "n2"; facts say n1 and n2 are members and quorate. */
struct fake_world *fake_world_new(void);
void fake_world_free(struct fake_world *world);

/* A call of JSON text with the right to administer; its deadline counts from now. */
struct hvc_call *fake_call(const char *json);

/* How often the text stands in the messages; one that begins with a number: how many messages begin so. */
unsigned fake_world_said(struct fake_world *world, const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replicas with real stores in a folder of their own, and short ways to ask them. Each wait has a deadline and looks
 * at a condition. */
#ifndef HVC_TEST_DRIVER_WORLD_H
#define HVC_TEST_DRIVER_WORLD_H

#include <stdatomic.h>

#include "internal.h"

enum { WORLD_PATIENCE_MS = 60000 };

/* What the hooks have seen. */
struct world_ear {
    atomic_uint changed, notes[16]; /* by message id - HVC_REPLICA_MESSAGE_HEALTH */
};

struct world {
    char folder[64];
    struct world_ear ear;
};

void world_up(struct world *w);
void world_down(struct world *w);
/* folder/<name>, in one of a few rotating buffers. */
const char *world_path(const struct world *w, const char *name);

/* A stand-alone replica over folder/store. */
struct hvc_replica *world_alone(struct world *w, const struct hvc_tuning *tuning);
void world_close(struct hvc_replica *replica);

/* Waits until the replica's health is this one. */
void world_wait(struct hvc_replica *replica, enum hvc_replica_health health);
/* The same for a condition over the status; false: not in time. */
bool world_until(struct hvc_replica *replica, bool (*holds)(const struct hvc_replica_status *status));

struct hvc_replica_hooks world_hooks(struct world *w);

struct hvc_command world_owner(const char *name); /* PROPERTIES that set the owner's name */
/* Proposes it with a fresh token; fails the test when it is not applied. */
struct hvc_replica_outcome world_propose(struct hvc_replica *replica, const struct hvc_command *command);
/* The owner's name by a read. */
int world_read_owner(struct hvc_replica *replica, enum hvc_replica_freshness freshness,
                     char ret_name[HVC_OWNER_NAME_MAX], struct hvc_replica_stamp *ret_stamp);
/* Puts a definition of that many bytes, made from seed, into the log, and a guest that names it. */
void world_guest(struct hvc_replica *replica, unsigned number, size_t bytes);
void world_definition(unsigned number, size_t length, char *ret_bytes, uint8_t ret_hash[HVC_STORE_HASH_SIZE]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the store and the machine: allocations (SQLite's and ours), SQLite's calls, and everything that touches a
 * file (through SQLite or directly). The n-th of one kind can be made to fail, once or from then on; and a model of the
 * disk remembers what has not been synced, so that a power cut can be played at any moment.
 */
#ifndef HVC_STORE_SHIM_H
#define HVC_STORE_SHIM_H

#include <stdbool.h>
#include <stdint.h>

enum shim_kind {
    SHIM_ALLOCATION,
    SHIM_CALL, /* of SQLite's interface */
    SHIM_FILE, /* a change or a sync of a file or folder */
    SHIM_READ, /* of a file, by SQLite */
    SHIM_KINDS,
};

enum shim_mode {
    SHIM_OFF,
    SHIM_ONCE,
    SHIM_FROM_THEN_ON,
    SHIM_POWER_CUT, /* the call is not carried out, nor any later one of SHIM_FILE */
};

/* Once, before SQLite is used: becomes its default VFS and allocator. */
void shim_install(void);

/* The n-th call (from 1) of this kind from now on fails. */
void shim_arm(enum shim_kind kind, enum shim_mode mode, uint64_t n, int error);
void shim_disarm(void);

bool shim_fired(void);
uint64_t shim_count(enum shim_kind kind); /* since the last arm or disarm */
const char *shim_last(void);              /* what the last failure was injected into */

/* Blocks of memory that SQLite and the store have not freed. */
int64_t shim_live(void);

/* The model of the disk begins with what is on the real one below this folder; NULL ends it. */
void shim_disk(const char *folder);

enum shim_loss {
    SHIM_LOSE_ALL,  /* nothing that was not synced is there */
    SHIM_LOSE_SOME, /* sectors of 512 bytes at random */
    SHIM_LOSE_TAIL, /* a random prefix of each file's writes is there, the next one torn */
};

/* Writes what a power cut now would leave into an empty folder. */
void shim_after_power_cut(const char *folder, enum shim_loss loss, uint32_t seed);

#endif

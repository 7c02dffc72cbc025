/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two nodes, their files and one guest, for the kinds of moves beyond a live one: every call takes effect at once, and
 * one of each kind can be made to fail or to stay without an answer. For unit tests of what stands above the driver.
 */
#ifndef HVC_FAKE_KINDS_H
#define HVC_FAKE_KINDS_H

#include <pthread.h>

#include "hvc/guest_storage.h"
#include "hvc/move.h"

#define KINDS_UUID  "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define KINDS_FILES 16

enum kinds_call {
    CALL_START,
    CALL_RESTORE,
    CALL_SAVE,
    CALL_SEND,
    CALL_CREATE,
    CALL_DEFINE,
    CALL_COPY,
    CALL_PIVOT,
    CALL_PAUSE,
    CALL_RESUME,
    CALL_MIGRATE,
    CALL_OF_KINDS
};

struct kinds_file {
    char path[HVC_DISK_PATH_MAX]; /* "": none */
    char content[64];             /* what it holds, by a word */
};

struct kinds_world;
struct kinds_node {
    struct hvc_hypervisor base;
    struct kinds_world *world;
    bool silent;
    enum hvc_guest_class guest_class;
    int state;                   /* virDomainState, where the class is not enough */
    char *live_xml, *stored_xml; /* NULL: not there */
    int failures[CALL_OF_KINDS]; /* so many next calls of it fail */
    unsigned calls[CALL_OF_KINDS];
    bool deaf;          /* the guest does not hear the power button */
    uint64_t available; /* of every directory */
    struct kinds_file files[KINDS_FILES];
};

struct kinds_world {
    pthread_mutex_t lock;
    struct kinds_node a, b;
    bool shared;       /* both see a's files */
    bool copies_stand; /* block copies do not become whole */
    uint64_t left;     /* bytes that a copy lacks, though it is whole */
    unsigned snapshots;
    unsigned ran_twice;        /* times that the guest ran at both ends */
    unsigned switched_running; /* disks switched while the guest ran */
};

/* The guest runs at a, without a stored definition: disks vda (a file) and sda (a CD-ROM). */
void kinds_begin(struct kinds_world *w);
void kinds_end(struct kinds_world *w);

/* NULL: no such file. */
const char *kinds_content(struct kinds_node *n, const char *path);
void kinds_put(struct kinds_node *n, const char *path, const char *content);
size_t kinds_count(struct kinds_node *n); /* files */

#endif

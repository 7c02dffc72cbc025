/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a move under way, on disk: written before the move begins and removed when its end is proven, so
 * that the next life of the daemon knows both ends of what libvirt does. One small JSON file a guest, named by its
 * UUID.
 *
 * Threads    any; two moves of one guest at a time are the table's to prevent.
 * Durable    write returns when file and name are on the disk; a crash leaves the old or the new content.
 */
#ifndef HVC_MOVE_RECORD_H
#define HVC_MOVE_RECORD_H

#include "hvc/hypervisor.h"
#include "hvc/moves.h"

#define HVC_BOOT_ID_MAX 37 /* /proc/sys/kernel/random/boot_id: a UUID */

struct hvc_move_record {
    char id[HVC_MOVE_ID_MAX];
    struct hvc_guest_id guest;
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX];
    char owner[HVC_RESOURCE_NAME_MAX]; /* "": the mark stays as it was */
    char boot[HVC_BOOT_ID_MAX];        /* the boot of this node in which it was written */
    uint32_t uid;                      /* who asked for the move */
    int64_t began_at;                  /* seconds since the epoch */
    bool tls;                          /* how it was begun: a post-copy goes on in the same way */
    struct hvc_move_job job;           /* id 0: of no job */
};

/* Of this boot, from the first line of a file; NULL: the kernel's. */
int hvc_move_record_boot(const char *file, char ret_boot[HVC_BOOT_ID_MAX], struct hvc_error *error);

/* folder is made when it does not exist; its parent must. */
int hvc_move_record_write(const char *folder, const struct hvc_move_record *record, struct hvc_error *error);
/* 0 also when there is none. */
int hvc_move_record_remove(const char *folder, const char *uuid, struct hvc_error *error);

/*
 * Every record, free(). No folder: none. A file that is no record is left out, counted in *ret_bad, and the words of
 * the last such one are in *error; the others are given nevertheless. Negative: the folder cannot be read.
 */
int hvc_move_record_list(const char *folder, struct hvc_move_record **ret_records, size_t *ret_count, size_t *ret_bad,
                         struct hvc_error *error);

#endif

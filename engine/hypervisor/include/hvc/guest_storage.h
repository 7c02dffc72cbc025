/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kinds of moves beyond a live one need of a hypervisor: block jobs of a guest's disks, files where disks lie,
 * saved guests. A second table behind struct hvc_hypervisor; contract of threads, deadlines and errors as in
 * hvc/hypervisor.h. A path is one of the node whose handle it is given with.
 *
 * Files are reached through libvirt's storage pools, so that this works from any node: a directory that is no pool is
 * made one for the time of the call.
 */
#ifndef HVC_GUEST_STORAGE_H
#define HVC_GUEST_STORAGE_H

#include "hvc/hypervisor.h"

struct hvc_block_job {
    bool active;
    bool ready; /* all is copied, and every write goes to both places */
    uint64_t done_bytes, total_bytes;
};

struct hvc_file_state {
    bool exists;
    bool has_directory;
    uint64_t capacity;  /* of the disk in it */
    uint64_t length;    /* of the file */
    uint64_t available; /* in its file system; 0 without the directory */
};

struct hvc_storage_ops {
    int (*disk_copy)(struct hvc_hypervisor *, const char *uuid, const char *disk, const char *disk_xml,
                     uint64_t bandwidth_mib, uint64_t deadline_ms, struct hvc_error *);
    int (*disk_job)(struct hvc_hypervisor *, const char *uuid, const char *disk, uint64_t deadline_ms,
                    struct hvc_block_job *ret_job, struct hvc_error *);
    int (*disk_end)(struct hvc_hypervisor *, const char *uuid, const char *disk, bool pivot, uint64_t deadline_ms,
                    struct hvc_error *);
    int (*disk_size)(struct hvc_hypervisor *, const char *uuid, const char *disk, uint64_t deadline_ms,
                     uint64_t *ret_bytes, struct hvc_error *);
    int (*live_xml)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *);
    int (*file_look)(struct hvc_hypervisor *, const char *path, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                     struct hvc_error *);
    int (*file_create)(struct hvc_hypervisor *, const char *path, const char *format, uint64_t capacity,
                       uint64_t deadline_ms, struct hvc_error *);
    int (*file_remove)(struct hvc_hypervisor *, const char *path, uint64_t deadline_ms, struct hvc_error *);
    int (*file_send)(struct hvc_hypervisor *, const char *path, const char *target_uri, const char *target_path,
                     uint64_t deadline_ms, struct hvc_error *);
    int (*save)(struct hvc_hypervisor *, const char *uuid, const char *path, uint64_t deadline_ms, struct hvc_error *);
    int (*restore)(struct hvc_hypervisor *, const char *path, uint64_t deadline_ms, struct hvc_error *);
    int (*saved_xml)(struct hvc_hypervisor *, const char *path, uint64_t deadline_ms, char **ret_xml,
                     struct hvc_error *);
    int (*start_paused)(struct hvc_hypervisor *, const char *xml, const char *owner, uint64_t deadline_ms,
                        struct hvc_error *);
    int (*set_transit)(struct hvc_hypervisor *, const char *uuid, const char *element, uint64_t deadline_ms,
                       struct hvc_error *);
    int (*snapshots)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, unsigned *ret_count,
                     struct hvc_error *);
};

/* Copies a disk of a running guest to where the <disk> element says; the copy is made by this and must not exist
 * (-EEXIST). The job goes on in libvirtd until hvc_disk_end. bandwidth 0: not limited. */
int hvc_disk_copy(struct hvc_hypervisor *h, const char *uuid, const char *disk, const char *disk_xml,
                  uint64_t bandwidth_mib, uint64_t deadline_ms, struct hvc_error *error);
int hvc_disk_job(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                 struct hvc_block_job *ret_job, struct hvc_error *error);
/* Ends the disk's job: to the copy (-EBUSY while it is not ready), or back, 0 also without a job. The copy's file stays
 * in either case. */
int hvc_disk_end(struct hvc_hypervisor *h, const char *uuid, const char *disk, bool pivot, uint64_t deadline_ms,
                 struct hvc_error *error);
/* What the guest sees as the disk's size. */
int hvc_disk_size(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                  uint64_t *ret_bytes, struct hvc_error *error);

/* What runs now, with the block jobs of its disks; hvc_hypervisor_read_xml leaves those out. free(). */
int hvc_guest_live_xml(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                       struct hvc_error *error);

/* Neither file nor directory need to exist. */
int hvc_file_look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                  struct hvc_error *error);
/* An image without data, its directory too. -EEXIST; -ENOSPC by libvirt's word. */
int hvc_file_create(struct hvc_hypervisor *h, const char *path, const char *format, uint64_t capacity,
                    uint64_t deadline_ms, struct hvc_error *error);
/* 0 also when there is none. */
int hvc_file_remove(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error);
/* The file's bytes to another node, through this process; target_uri NULL: the same node. The target must not exist.
 * One that fails leaves none. */
int hvc_file_send(struct hvc_hypervisor *h, const char *path, const char *target_uri, const char *target_path,
                  uint64_t deadline_ms, struct hvc_error *error);

/* The guest's memory goes to the file and the guest ends: the file is the guest now. When it fails the guest goes on.
 * As with a migration -ETIMEDOUT means that it goes on in libvirtd. */
int hvc_guest_save(struct hvc_hypervisor *h, const char *uuid, const char *path, uint64_t deadline_ms,
                   struct hvc_error *error);
/* Runs, or stays paused if it was. The file stays. */
int hvc_guest_restore(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error);
/* The definition in a file that was written to its end. -ENOENT: no such file. free(). */
int hvc_guest_saved_xml(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, char **ret_xml,
                        struct hvc_error *error);

/* As hvc_hypervisor_start, and no vCPU runs until it is resumed. */
int hvc_guest_start_paused(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                           struct hvc_error *error);

/* The mark of a move in the metadata of the guest, of the running one when it runs, else of its definition; NULL
 * removes it, also when there is none. */
int hvc_guest_set_transit(struct hvc_hypervisor *h, const char *uuid, const char *element, uint64_t deadline_ms,
                          struct hvc_error *error);

/* Snapshots and checkpoints that libvirt keeps of the guest, and a managed save of it. */
int hvc_guest_snapshots(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, unsigned *ret_count,
                        struct hvc_error *error);

#endif

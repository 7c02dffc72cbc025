/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a guest's storage shall be after a move: the document that a job names (options.document of hvc/job.h). Pure.
 *
 *     version=1
 *     root=/srv/fast                 disks without a path of their own go here, with their file names
 *     save-root=/srv/save            where a quick move saves the guest's memory (SuspendDataRoot)
 *     disk=vda                       a target name of the guest's definition, or the disk's path there
 *     path=/srv/fast/vm1.qcow2       what follows a disk= or unmanaged= belongs to it
 *     format=qcow2                   raw or qcow2; without it as it is
 *     disk=vdb
 *     keep=yes                       stays where it is: both nodes reach it
 *     unmanaged=/srv/old/notes.img   a file beside the guest's disks (Msvm_MoveUnmanagedVhd); path= is required
 *     path=/srv/fast/notes.img
 *
 * One key=value a line, in any order but that; unknown keys, a key twice and control characters are refused. Paths are
 * absolute and have no "." or ".." part and no "//". The same plan always gives the same text.
 */
#ifndef HVC_STORAGE_PLAN_H
#define HVC_STORAGE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "hvc/error.h"
#include "hvc/limits.h"

enum hvc_disk_format { HVC_FORMAT_SAME, HVC_FORMAT_RAW, HVC_FORMAT_QCOW2, HVC_FORMAT_COUNT };
const char *hvc_disk_format_name(unsigned format); /* "raw", "qcow2", "" for SAME; "invalid" outside the enum */

struct hvc_plan_disk {
    char disk[HVC_DISK_PATH_MAX]; /* "vda" or its path in the definition */
    char path[HVC_DISK_PATH_MAX]; /* "": below the root */
    enum hvc_disk_format format;
    bool keep;
};

struct hvc_plan_file {
    char from[HVC_DISK_PATH_MAX], to[HVC_DISK_PATH_MAX];
};

/* Big: not for the stack of a deep call. */
struct hvc_storage_plan {
    char root[HVC_DISK_PATH_MAX], save_root[HVC_DISK_PATH_MAX]; /* "": none */
    size_t disk_count, unmanaged_count;
    struct hvc_plan_disk disks[HVC_PLAN_DISKS_MAX];
    struct hvc_plan_file unmanaged[HVC_PLAN_FILES_MAX];
};

/* -EINVAL with line and reason; *ret_plan is written only when the whole text is good. */
int hvc_storage_plan_parse(const char *text, size_t length, struct hvc_storage_plan *ret_plan, struct hvc_error *error);

/* The text with its zero byte, its length in *ret_length. -EINVAL when the plan is none (what parse would refuse),
 * -ENAMETOOLONG when it needs more than size; HVC_PLAN_TEXT_MAX always is enough. */
int hvc_storage_plan_emit(const struct hvc_storage_plan *plan, char *text, size_t size, size_t *ret_length,
                          struct hvc_error *error);

/* 0 when path may stand in a plan; -EINVAL in words otherwise. what names it in them. */
int hvc_storage_path_check(const char *what, const char *path, struct hvc_error *error);

#endif

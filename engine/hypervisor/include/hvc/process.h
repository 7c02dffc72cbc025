/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process of a guest by the kernel's word, for when libvirt hangs or is down, and as the last word about "gone".
 * A guest's process is one whose arguments have "-uuid" followed by exactly the guest's UUID, and that is QEMU:
 * libvirt's
 * "-name guest=..." or a program name with "qemu" or "kvm". Its identity is pid and start time, so that a pid used
 * again is never taken for it. Reads /proc only; any thread.
 */
#ifndef HVC_PROCESS_H
#define HVC_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

#define HVC_PROC "/proc"

struct hvc_process {
    int64_t pid;
    uint64_t start_ticks;          /* since boot: field 22 of /proc/PID/stat */
    bool incoming;                 /* started to wait for a migration; stays true when the guest has arrived */
    bool stopped;                  /* by a signal or a debugger: it cannot run */
    bool dying;                    /* killed, and threads of it are still in the kernel */
    char name[HVC_GUEST_NAME_MAX]; /* libvirt's name of the guest, "" when it is not libvirt's */
};

/* proc is the root of the process table, HVC_PROC outside of tests.
 *   -ENOENT  no such process   -EACCES  processes of other users are hidden from this one (hidepid)
 *   -EINVAL  no UUID           other    the table cannot be read */
int hvc_process_find(const char *proc, const char *uuid, struct hvc_process *ret_process, struct hvc_error *error);

/* Ends every process of the guest: TERM now, KILL from kill_from_ms on, until the kernel shows none: 0, also when there
 * was none. -ETIMEDOUT at deadline_ms with what is left; -EPERM without the right. */
int hvc_process_end(const char *uuid, uint64_t kill_from_ms, uint64_t deadline_ms, struct hvc_error *error);

#endif

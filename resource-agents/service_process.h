/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process of hvclusterd: started in its own session, found again by a note of its pid and the kernel's start time
 * of it, ended by TERM and KILL. It becomes its own user by itself.
 */
#ifndef HVC_SERVICE_PROCESS_H
#define HVC_SERVICE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hvc/error.h"
#include "hvc/limits.h"
#include "ocf.h"

struct hvc_service_process {
    pid_t pid;
    uint64_t started; /* clock ticks since boot, field 22 of /proc/PID/stat: pids are used again, this pair is not */
};

struct hvc_service_command {
    const char *const *arguments; /* ends with NULL; arguments[0] is the path */
    const char *output;           /* file that takes what it prints */
};

/* Starts it and notes it. 0, or words; a program that ends right away shows in hvc_service_process_runs. */
int hvc_service_process_start(const struct hvc_ocf *ocf, const struct hvc_service_command *command,
                              struct hvc_service_process *ret_process, struct hvc_error *error);

/* The noted process; -ENOENT when there is no note. */
int hvc_service_process_load(const struct hvc_ocf *ocf, struct hvc_service_process *ret_process,
                             struct hvc_error *error);
/* A process that somebody else started, by its pid; -ESRCH. */
int hvc_service_process_of_pid(pid_t pid, struct hvc_service_process *ret_process);
/* Notes that the noted process was found dead; true: that was noted before. */
bool hvc_service_process_note_death(const struct hvc_ocf *ocf);
void hvc_service_process_forget(const struct hvc_ocf *ocf);

/* True while that process (not another one of its pid, not a zombie) is there. */
bool hvc_service_process_runs(const struct hvc_service_process *process);

/* TERM, and KILL after term_ms; 0 when it is gone, -ETIMEDOUT in words when it is not by the deadline. */
int hvc_service_process_end(const struct hvc_service_process *process, uint64_t term_ms, uint64_t deadline_ms,
                            struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one program to its end or to a deadline: no shell, bounded output. For rare children: scripts of the agents,
 * crm_simulate. Library hvc_bounded; shells only. Any thread may call it, no main loop.
 */
#ifndef HVC_RUN_PROGRAM_H
#define HVC_RUN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"

#define HVC_PROGRAM_FILE 3 /* a descriptor there: path /proc/self/fd/3 */

struct hvc_program {
    const char *const *arguments; /* ends with NULL; arguments[0] is the path */
    const char *input;            /* written to its standard input; NULL: /dev/null */
    int file;                     /* open in the program as HVC_PROGRAM_FILE; 0: none */
    bool lifeline; /* standard input stays open until the answer or until we die: the program can tell the two apart */
    bool own_session; /* outlives a SIGKILL to our process group (Pacemaker's at the end of a timeout) */
    bool with_stderr; /* its standard error is part of the output; otherwise it is ours */
};

/*
 * output receives at most size - 1 bytes of what the program wrote, zero-terminated; more is read and dropped, and
 * *ret_cut says so. Returns its exit status (128 + signal when one ended it), or -ENOENT/-EACCES/... when it could not
 * be started, or -ETIMEDOUT: then it got SIGKILL, unless it has its own session; that one only loses its lifeline.
 */
int hvc_run_program(const struct hvc_program *program, uint64_t deadline_ms, char *output, size_t size, bool *ret_cut,
                    struct hvc_error *error);

#endif

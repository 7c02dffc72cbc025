/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an operation ended: one table for the word on the wire, the text for people, the exit code of the command line
 * and the code of a resource agent. Pure.
 */
#ifndef HVC_RESULTS_H
#define HVC_RESULTS_H

#include <stdbool.h>

enum hvc_result {
    HVC_RESULT_OK,
    HVC_RESULT_NOT_FOUND,       /* no such guest, node, move */
    HVC_RESULT_INVALID,         /* the request makes no sense: repeating it will not help */
    HVC_RESULT_REFUSED,         /* understood, and not done for a reason of safety or state */
    HVC_RESULT_DENIED,          /* the caller lacks the right */
    HVC_RESULT_NO_QUORUM,       /* this node's partition may not decide */
    HVC_RESULT_BUSY,            /* something else is under way with it, or a queue is full: try again later */
    HVC_RESULT_TIMEOUT,         /* not done within the deadline, and known not to be done */
    HVC_RESULT_UNREACHABLE,     /* libvirt, corosync, pacemaker or hvclusterd is down, hangs or is stopping */
    HVC_RESULT_UNKNOWN_OUTCOME, /* it may have been done: look before anything else */
    HVC_RESULT_FAILED,          /* tried and failed; nothing changed unless the text says so */
    HVC_RESULT_UNSUPPORTED,     /* libvirt, QEMU or this version cannot do it */
    HVC_RESULT_INTERNAL,        /* a defect of hvcluster */
    HVC_RESULT_MAX
};

/* The word on the wire, "unknown-outcome"; "internal" outside the enum. */
const char *hvc_result_word(enum hvc_result result);

/* A few words for people when there is no better text: "the outcome is not known". */
const char *hvc_result_text(enum hvc_result result);

/* Exit code of a command, 0 for OK, distinct for each result, never 1 (usage) nor above 125. */
int hvc_result_exit_code(enum hvc_result result);

/* OCF code an agent answers when nothing more specific is known (0 success, 1 generic, 2 arguments, 4 permissions,
 * 5 installed). Never 6 or 7: "not configured" and "not running" are the agent's own judgement. */
int hvc_result_ocf_code(enum hvc_result result);

/* The result of a word. -EINVAL for a word that is not in the table. */
int hvc_result_parse(const char *word, enum hvc_result *ret_result);

/* What a negative errno of a lower layer means for the caller of an operation: -ENOTCONN and -EPIPE UNREACHABLE,
 * -ETIMEDOUT TIMEOUT, -ENOENT NOT_FOUND, -EINVAL INVALID, -EBUSY BUSY ...; 0 is OK, what is not listed is FAILED. */
enum hvc_result hvc_result_of_errno(int code);

#endif

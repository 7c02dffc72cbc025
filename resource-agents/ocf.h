/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an OCF agent is told and what it answers (OCF Resource Agent API 1.1 and Pacemaker's additions to it).
 * Pure: the environment comes in as an array, nothing is allocated; the strings belong to that array.
 */
#ifndef HVC_OCF_H
#define HVC_OCF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"

/* Exit codes. 190 is Pacemaker's: active, but in a condition that will lead to failure. */
enum hvc_ocf_code {
    HVC_OCF_SUCCESS = 0,
    HVC_OCF_ERR_GENERIC = 1,
    HVC_OCF_ERR_ARGS = 2,          /* parameters do not fit this machine */
    HVC_OCF_ERR_UNIMPLEMENTED = 3, /* no such action */
    HVC_OCF_ERR_PERM = 4,
    HVC_OCF_ERR_INSTALLED = 5,  /* something is missing on this machine: the resource may run on another one */
    HVC_OCF_ERR_CONFIGURED = 6, /* parameters fit no machine: Pacemaker gives the resource up everywhere */
    HVC_OCF_NOT_RUNNING = 7,
    HVC_OCF_DEGRADED = 190
};

/* "OCF_SUCCESS" and so on, for logs; "OCF code" outside the list. */
const char *hvc_ocf_code_name(int code);

/* An action as the metadata advertises it; an array of them ends with a NULL name. */
struct hvc_ocf_action {
    const char *name;
    uint64_t timeout_s;  /* advised; also what is assumed when nobody says how long the action may take */
    uint64_t interval_s; /* advised, recurring actions only; otherwise 0 */
};

struct hvc_ocf {
    char *const *environment;
    const char *action;         /* "" when none was named */
    const char *agent;          /* name of the agent's type, "VirtualSystem" */
    const char *resource;       /* id of the resource; "" when none was told */
    uint64_t timeout_ms;        /* of this operation; the advised one when none was told */
    bool timeout_told;          /* Pacemaker said it */
    bool probe;                 /* a monitor that asks whether the resource is active at all */
    const char *migrate_source; /* node names as Pacemaker knows them; "" outside a migration */
    const char *migrate_target;
    const char *state_directory; /* files that vanish with a reboot */
};

/* Value of an environment variable, NULL when it is not set. */
const char *hvc_ocf_variable(char *const *environment, const char *name);

/* Value of a resource parameter (OCF_RESKEY_name), NULL when it is not set. */
const char *hvc_ocf_parameter(const struct hvc_ocf *ocf, const char *name);

/* Reads arguments and environment. -EINVAL with words when a number of Pacemaker's is none, or when the resource's id
 * cannot be part of a file name. actions: the agent's; its timeout is the default of the action that is named. */
int hvc_ocf_read(const char *agent, const struct hvc_ocf_action *actions, const char *action, char *const *environment,
                 struct hvc_ocf *ret_ocf, struct hvc_error *error);

#endif

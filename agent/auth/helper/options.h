/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of hvcluster-auth. */
#ifndef HVC_AUTH_OPTIONS_H
#define HVC_AUTH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hvc/error.h"

struct hvc_auth_command {
    const char *socket;  /* NULL: systemd hands it over */
    const char *peer;    /* user that may ask beside root */
    const char *service; /* PAM's */
    const char *confdir; /* NULL: /etc/pam.d */
    uint64_t check_s, idle_s;
    bool help, version;
};

/* Strings belong to argv. -EINVAL in words. */
int hvc_auth_command_parse(int argc, char *const *argv, struct hvc_auth_command *ret_command, struct hvc_error *error);
void hvc_auth_command_help(FILE *out);

#endif

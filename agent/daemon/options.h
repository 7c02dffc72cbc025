/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of hvclusterd. */
#ifndef HVC_OPTIONS_H
#define HVC_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "hvc/error.h"

struct hvc_options {
    const char *config; /* NULL: the default one, which may be missing */
    const char *log_file;
    bool standalone, init, force; /* of this start */
    bool foreground, check_config, print_config, help, version;
};

/* Strings belong to argv. -EINVAL in words. */
int hvc_options_parse(int argc, char *const *argv, struct hvc_options *ret_options, struct hvc_error *error);
void hvc_options_help(FILE *out);

#endif

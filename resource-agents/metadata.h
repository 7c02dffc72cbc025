/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An agent's description of itself, from its tables; needs nothing but them. */
#ifndef HVC_METADATA_H
#define HVC_METADATA_H

#include <stdio.h>

#include "ocf.h"
#include "parameters.h"

struct hvc_agent {
    const char *name;
    const char *shortdesc;
    const char *longdesc;
    const struct hvc_parameter *parameters;
    const struct hvc_ocf_action *actions; /* those of the metadata */
};

/* Writes the metadata of OCF 1.1. 0, or -EIO when the stream failed. */
int hvc_metadata_write(const struct hvc_agent *agent, FILE *out);

/* One line: "usage: NAME {start|stop|...}". */
int hvc_usage_write(const struct hvc_agent *agent, FILE *out);

/* True when the metadata names the action. */
bool hvc_agent_has_action(const struct hvc_agent *agent, const char *action);

#endif

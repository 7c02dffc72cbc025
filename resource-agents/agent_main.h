/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the main functions of the agents share. */
#ifndef HVC_AGENT_MAIN_H
#define HVC_AGENT_MAIN_H

#include "metadata.h"
#include "ocf.h"

/* Carries out what the command line and the environment ask for and returns the exit code. meta-data and usage are
 * answered from the tables at once; act gets every other action of the metadata. */
int hvc_agent_main(const struct hvc_agent *agent, int argc, char *const *argv, char *const *environment,
                   int (*act)(const struct hvc_ocf *ocf, uint64_t deadline_ms));

#endif

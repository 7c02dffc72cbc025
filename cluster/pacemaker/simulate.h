/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs crm_simulate. Blocks, with a deadline at which it is killed. */
#ifndef HVC_PACEMAKER_SIMULATE_H
#define HVC_PACEMAKER_SIMULATE_H

#include <libxml/tree.h>

#include "simulation.h"

/* What Pacemaker would do in this CIB, and where the resource is then. saved: the CIB after it, of the caller
 * (xmlFreeDoc); NULL: not wanted. What was asked a moment ago is not asked again. program: NULL for crm_simulate
 * itself. */
int simulate(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
             struct simulation *ret_simulation, xmlDoc **saved, struct hvc_error *error);

#endif

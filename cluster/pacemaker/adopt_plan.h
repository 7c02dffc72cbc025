/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc_pacemaker_adopt_plan and _settled on a CIB that is there already. program: NULL for crm_simulate. */
#ifndef HVC_PACEMAKER_ADOPT_PLAN_H
#define HVC_PACEMAKER_ADOPT_PLAN_H

#include <libxml/tree.h>

#include "hvc/pacemaker_adopt.h"

int adopt_plan_simulate(const char *program, xmlDoc *cib, const struct hvc_adopt_order *order, uint64_t deadline_ms,
                        struct hvc_adopt_plan *plan, struct hvc_error *error);
int adopt_plan_settled(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
                       struct hvc_error *error);

#endif

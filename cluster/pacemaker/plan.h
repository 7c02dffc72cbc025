/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc_pacemaker_plan, its short form and hvc_pacemaker_resource on a CIB that is there already. program: NULL for
 * crm_simulate. */
#ifndef HVC_PACEMAKER_PLAN_H
#define HVC_PACEMAKER_PLAN_H

#include <libxml/tree.h>

#include "hvc/pacemaker_moves.h"

int plan_simulate(const char *program, xmlDoc *cib, const char *resource, const char *target, uint64_t deadline_ms,
                  struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error);
int plan_hand_back(const char *program, xmlDoc *cib, const char *resource, const char *target, uint64_t deadline_ms,
                   struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error);
int plan_look(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
              struct hvc_pacemaker_resource *ret_resource, struct hvc_error *error);

/* *cib becomes the one in which hvc_pacemaker_plan_behind has made its moves; none: it stays as it is. */
int plan_move_on(const char *program, xmlDoc **cib, const struct hvc_pacemaker_place *places, size_t count,
                 uint64_t deadline_ms, struct hvc_error *error);

/* An own copy of the CIB of now: what libcib gives is watched by its libraries. xmlFreeDoc(). */
int plan_read_cib(uint64_t deadline_ms, xmlDoc **ret_cib, struct hvc_error *error);

#endif

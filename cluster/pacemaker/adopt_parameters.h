/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters of ocf:heartbeat:VirtualDomain and ocf:hvcluster:VirtualSystem, one by one: what becomes of each when
 * a resource changes from one to the other. Pure.
 */
#ifndef HVC_PACEMAKER_ADOPT_PARAMETERS_H
#define HVC_PACEMAKER_ADOPT_PARAMETERS_H

#include "hvc/pacemaker_adopt.h"

/* fate and words of one parameter with that value. */
void adopt_parameter_judge(enum hvc_adopt_way way, const char *name, const char *value, struct hvc_adopt_line *line);

/* The names, for tests; NULL after the last. both: the parameter exists in both agents. */
const char *adopt_parameter_at(size_t index, bool *ret_both);

#endif

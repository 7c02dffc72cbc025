/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc_pacemaker_priority on a CIB that is there already. */
#ifndef HVC_PACEMAKER_PRIORITY_H
#define HVC_PACEMAKER_PRIORITY_H

#include <libxml/tree.h>

/* False: there is no primitive of that id. */
bool priority_read(xmlNode *cib, const char *resource, int *ret_priority);

#endif

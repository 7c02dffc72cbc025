/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc_pacemaker_foreign on a CIB as a tree. Pure. */
#ifndef HVC_PACEMAKER_FOREIGN_H
#define HVC_PACEMAKER_FOREIGN_H

#include <libxml/tree.h>

#include "hvc/pacemaker.h"

/* -ENOMEM */
int foreign_tree_list(xmlNode *cib, struct hvc_pacemaker_foreign **ret_list, size_t *ret_count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc_pacemaker_wish on any variant of cib_t, so that tests run it on a CIB in a file. */
#ifndef HVC_PACEMAKER_CHANGE_H
#define HVC_PACEMAKER_CHANGE_H

#include <crm/cib.h>

#include "hvc/pacemaker_moves.h"

struct change_order {
    const struct hvc_pacemaker_wish *wish;
    const char *version; /* of the CIB that it was thought out on; NULL: any */
    uint64_t deadline_ms;
};
int change_cib(cib_t *cib, const struct change_order *order, struct hvc_error *error);

#endif

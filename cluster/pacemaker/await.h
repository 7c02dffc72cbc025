/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at what hvc_pacemaker_await waits for; on any variant of cib_t, so that tests run it on a CIB in a file. */
#ifndef HVC_PACEMAKER_AWAIT_H
#define HVC_PACEMAKER_AWAIT_H

#include <crm/cib.h>

#include "hvc/pacemaker_moves.h"

/* As hvc_pacemaker_await's. -EINVAL: a name that no CIB has. */
int await_look(cib_t *cib, const struct hvc_pacemaker_wait *wait, struct hvc_error *error);

#endif

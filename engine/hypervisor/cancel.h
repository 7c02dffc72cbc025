/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a migration may be told to end. QEMU before 10.0 dies of an order that comes as it begins the switch-over: what
 * it does with the disks there (bdrv_inactivate_all drains) may run the order in between, and the guest then goes on
 * with disks that are not to be written any more (bdrv_co_write_req_prepare: Assertion `!(bs->open_flags &
 * BDRV_O_INACTIVE)' failed, seen with 7.2). Nothing outside QEMU sees that moment, so one is chosen that is far from
 * it. Pure.
 */
#ifndef HVC_CANCEL_H
#define HVC_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/hypervisor.h"

#define HVC_CANCEL_NEAR_MS 500 /* less is left to be copied: the switch-over may begin before the order is there */
#define HVC_CANCEL_SWITCH_MS                                                                                           \
    1000 /* it began before that: the disks are done with, or QEMU takes no order until they are */

/* Of one order; all zero: nothing was seen yet. */
struct hvc_cancel_moment {
    bool seen;
    uint64_t seen_ms, remaining; /* of the last look while it copied */
    uint64_t switch_ms;          /* when the switch-over was seen first; 0: it was not */
};

/* progress was told just now. */
bool hvc_cancel_is_safe(struct hvc_cancel_moment *moment, const struct hvc_migrate_progress *progress, uint64_t now_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sectors that guest.asm and the host write to each other on a guest's disk (the layout stands there, too). The
 * functions work on the image file: its server keeps nothing back, so both see what the other wrote. A sector is
 * written in one call, which the kernel does not tear. Negative errno.
 */
#ifndef HVC_LAB_GUEST_DISK_H
#define HVC_LAB_GUEST_DISK_H

#include <stdbool.h>
#include <stdint.h>

struct guest_disk_mark {
    uint64_t mark, count, nonce;
    uint32_t tick, boots, conflicts, io_errors;
    uint32_t rate_kib, memory_kib;
    uint32_t
        presses; /* of the power button, that this boot heard; told by a deaf guest only, any other one is off then */
};

enum guest_disk_action {
    GUEST_DISK_NOTHING = 0,
    GUEST_DISK_POWER_OFF = 1,
    GUEST_DISK_RESET = 2,
};

struct guest_disk_orders {
    uint32_t rate_kib;
    bool deaf;
    enum guest_disk_action action;
    uint64_t action_mark; /* the copy that shall act */
};

/* -ENODATA when no guest ever booted from this disk. */
int guest_disk_read_mark(const char *image, struct guest_disk_mark *ret_mark);

/* All zero when none were written. */
int guest_disk_read_orders(const char *image, struct guest_disk_orders *ret_orders);
int guest_disk_write_orders(const char *image, const struct guest_disk_orders *orders);

#endif

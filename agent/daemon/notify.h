/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd's notification protocol (sd_notify(3)): datagrams to NOTIFY_SOCKET. Without that variable nothing happens. */
#ifndef HVC_NOTIFY_H
#define HVC_NOTIFY_H

#include <stdint.h>

/* state: "READY=1\nSTATUS=...", "STOPPING=1", "WATCHDOG=1". 0 also when nobody asked; never blocks. -errno otherwise.
 */
int hvc_notify(const char *state);

/* How often WATCHDOG=1 is expected, halved; 0: not at all. */
uint64_t hvc_notify_watchdog_ms(void);

#endif

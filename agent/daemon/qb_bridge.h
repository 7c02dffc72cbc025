/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libqb's IPC server in GLib's main loop. Main thread only. Besides the bridge it keeps one promise libqb does not: a
 * connection that never says who it is gets closed after HVC_BRIDGE_HANDSHAKE_MS, and there are never more than
 * HVC_BRIDGE_HANDSHAKES_MAX of them, so nobody can use up the daemon's descriptors without having a right.
 */
#ifndef HVC_QB_BRIDGE_H
#define HVC_QB_BRIDGE_H

#include <qb/qbipcs.h>

#define HVC_BRIDGE_HANDSHAKE_MS   3000
#define HVC_BRIDGE_HANDSHAKES_MAX 64

/* For qb_ipcs_poll_handlers_set. The first descriptor that is added is the one that listens. */
extern struct qb_ipcs_poll_handlers hvc_qb_bridge;

/* Closes connections that are still being made: libqb would forget to free them; before qb_ipcs_destroy. */
void hvc_qb_bridge_hang_up(void);

/* Forgets everything; after qb_ipcs_destroy. */
void hvc_qb_bridge_clear(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections. A connection is used by one call at a time: in libvirt 9.0 a second call beside one
 * that takes long (a migration) was seen to wait until that one returned, for the wake-up of the thread that has the
 * socket is lost (virNetClientIO). So a call takes an idle connection or has one made, and gives it back.
 */
#ifndef HVC_LIBVIRT_CONNECT_H
#define HVC_LIBVIRT_CONNECT_H

#include "libvirt_core.h"

int hvc_libvirt_take_connection(struct hvc_libvirt_core *core, uint64_t deadline_ms, virConnectPtr *ret_conn,
                                struct hvc_error *error);
/* With the lock held: the connection is idle again, or closed when it is dead or there are enough. */
void hvc_libvirt_give_connection(struct hvc_libvirt_core *core, virConnectPtr conn);
/* With the lock held: closes all idle ones. */
void hvc_libvirt_drop_idle(struct hvc_libvirt_core *core);
/* Opens one in this thread, with keepalive and close callback; for threads that may block. */
int hvc_libvirt_open_connection(struct hvc_libvirt_core *core, virConnectPtr *ret_conn, struct hvc_error *error);
/* Closes in this thread; may block. */
void hvc_libvirt_close_connection(struct hvc_libvirt_core *core, virConnectPtr conn);
/* Closes in a thread of its own, for closing asks libvirtd once more. */
void hvc_libvirt_close_later(struct hvc_libvirt_core *core, virConnectPtr conn);

#endif

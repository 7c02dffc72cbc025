/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt driver behind hvc/hypervisor.h. One handle is one libvirtd, here ("qemu:///system") or elsewhere
 * ("qemu+tls://n2/system").
 *
 * Every call of libvirt runs in a thread of its own; the caller waits for it until its deadline and then leaves it
 * behind: it is counted as stuck (hvc_hypervisor_status) until libvirt returns it, and no more than HVC_STUCK_CALLS_MAX
 * are under way on a handle. Keepalive (every 5 s, 3 unanswered) ends connections to libvirtds that are gone.
 * Connections are made by the first call that needs one, again after they were lost, and one for every call that is
 * under way: calls never wait for one another.
 *
 * The first handle of a process registers libvirt's event loop (a thread of the driver) and silences libvirt's own
 * output on stderr, for the whole process. Signals stay with the threads of the program.
 */
#ifndef HVC_LIBVIRT_DRIVER_H
#define HVC_LIBVIRT_DRIVER_H

#include "hvc/hypervisor.h"

/* Never blocks and asks nothing of libvirt. -EINVAL: no URI or one longer than HVC_URI_MAX. */
int hvc_libvirt_open(const char *uri, struct hvc_hypervisor **ret_hypervisor, struct hvc_error *error);

#endif

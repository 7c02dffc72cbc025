/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt-guests.service: Debian enables it, and it suspends or shuts down all guests of a node beside the cluster. */
#ifndef HVC_LIBVIRT_GUESTS_H
#define HVC_LIBVIRT_GUESTS_H

#include <stdbool.h>

/*
 * What to run. Not "disable --now" or "stop": the unit's ExecStop is what shuts the guests down, so that would take
 * down all guests that run. Not "disable" alone: a unit that is active is stopped at the shutdown all the same. A
 * masked unit has no commands, and no package upgrade enables it.
 */
#define HVC_LIBVIRT_GUESTS_ADVICE "run 'systemctl mask libvirt-guests.service' on every node"

/* It is enabled on this node, not masked, and systemd is what runs it. root: the folder that stands for /; NULL: /.
 * Reads the file system only. */
bool hvc_libvirt_guests_enabled(const char *root);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's event loop: keepalive, close and domain events are driven by it. libvirt's own default implementation runs
 * the application's default GLib context in the thread that drives it (seen with 9.0: idle sources of the main program
 * ran in that thread), so the project brings its own: poll() in one thread of its own, the same with and without GLib.
 */
#ifndef HVC_LIBVIRT_LOOP_H
#define HVC_LIBVIRT_LOOP_H

/* Registers the loop with libvirt, silences libvirt's stderr and starts the thread; the first caller does it, later
 * calls only tell how it went. Must come before the first connection of the process. 0 or a negative errno. */
int hvc_libvirt_loop_start(void);

#endif

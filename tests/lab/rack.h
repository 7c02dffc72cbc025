/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of hvc-lab-rack that make processes and namespaces; rack.c decides when. Single-threaded. */
#ifndef HVC_LAB_RACK_H
#define HVC_LAB_RACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    RACK_NODES_MAX = 16,
    RACK_NAME_MAX = 12, /* a port of the switch is called <node>-<first letter of the network>: IFNAMSIZ */
};

/* Starts the rack's own PID 1 in new PID, mount and network namespaces, detached from the caller, and calls body there,
 * whose return value ends it. The caller gets 0 once body wrote a byte to ready_fd, negative errno otherwise. */
int rack_start(const char *folder, int (*body)(const char *folder, int ready_fd));

/* Runs a program of the lab with up to three arguments and waits for it: its exit status, or negative errno. */
int rack_run(const char *program, const char *a, const char *b, const char *c);

/* The same without waiting: the pid, or negative errno. */
pid_t rack_spawn(const char *program, const char *a, const char *b, const char *c);

/* Makes a node: its PID 1 in namespaces of its own, waiting for one byte on *ret_go_fd before it boots. Returns the
 * pid, or negative errno. Closing *ret_go_fd without that byte ends it. */
pid_t rack_make_node(const char *folder, const char *name, int *ret_go_fd);

/* Pulls the node's cables: every port of the switch that belongs to it goes down at once, so that no farewell of its
 * sockets is heard (a machine that lost power sends none). A port that does not exist is fine. */
void rack_unplug(const char *name);

#endif

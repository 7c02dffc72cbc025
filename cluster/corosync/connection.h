/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The four connections to corosync: CPG, quorum, votequorum, cmap. Every call may block. The ring's thread. */
#ifndef HVC_RING_CONNECTION_H
#define HVC_RING_CONNECTION_H

#include <corosync/cmap.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <poll.h>

#include "delivery.h"

enum { HVC_FD_CPG, HVC_FD_QUORUM, HVC_FD_VOTES, HVC_FD_CMAP, HVC_FD_COUNT };

struct hvc_connection {
    struct hvc_delivery *delivery;
    struct hvc_report *report; /* what fails is told there, and sets failed */
    cpg_handle_t cpg;
    quorum_handle_t quorum;
    votequorum_handle_t votequorum;
    cmap_handle_t cmap;
    bool open[HVC_FD_COUNT];
    int fd[HVC_FD_COUNT];
    struct hvc_votes votes; /* room for what is read */
};

/* Connects all four and joins the group. False: report says why; close is due all the same. */
bool hvc_connection_open(struct hvc_connection *c, const struct cpg_name *group);
/* Leaves the group, if the connections are good still. */
void hvc_connection_close(struct hvc_connection *c, const struct cpg_name *group);

/* Callbacks for what has come; fds as poll filled them, with the descriptors of c. All but CPG's. */
void hvc_connection_dispatch(struct hvc_connection *c, const struct pollfd fds[HVC_FD_COUNT]);
/* One callback of CPG; false: there was none. */
bool hvc_connection_dispatch_cpg(struct hvc_connection *c);

/* Reads the votes and gives the QUORUM event. */
void hvc_connection_read_votes(struct hvc_connection *c);

/* In any thread while the connection stands: 0, or -EAGAIN for whatever reason; the ring's thread finds out why. */
int hvc_connection_try(const struct hvc_connection *c, const void *bytes, size_t length);
/* 0, -EAGAIN, or -EIO: report says why. */
int hvc_connection_send(struct hvc_connection *c, const void *bytes, size_t length);

#endif

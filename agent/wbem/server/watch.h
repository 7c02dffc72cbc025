/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time that a connection has for what it is doing. libmicrohttpd ends one that is silent; one that sends or takes a
 * byte now and then it keeps for ever, and tells nothing of it while the headers come. Here each connection has a
 * deadline, and a thread that shuts the sockets of those whose deadline has passed: to libmicrohttpd the client has
 * left.
 */
#ifndef HVC_WBEMD_WATCH_H
#define HVC_WBEMD_WATCH_H

#include <stdatomic.h>
#include <stdint.h>

#include "hvc/error.h"

/* One connection. The caller's, from hvc_wbemd_watch_add to hvc_wbemd_watch_remove. */
struct hvc_wbemd_watched {
    int fd; /* a socket; the caller's */
    _Atomic uint64_t
        deadline_ms; /* of hvc/clock.h, HVC_NO_DEADLINE: none. Set by any thread, at least shortest_ms ahead */
    struct hvc_wbemd_watched *next; /* the watch's, as the next one */
    struct hvc_wbemd_watched **place;
};

struct hvc_wbemd_watch;

/* shortest_ms: no deadline is set that is nearer than this; so often is looked at most. -ENOMEM, -EAGAIN (no thread).
 */
int hvc_wbemd_watch_new(uint64_t shortest_ms, struct hvc_wbemd_watch **ret_watch, struct hvc_error *error);
/* Any thread. */
void hvc_wbemd_watch_add(struct hvc_wbemd_watch *watch, struct hvc_wbemd_watched *watched);
/* Any thread; before the socket is closed. Afterwards it is not touched any more. */
void hvc_wbemd_watch_remove(struct hvc_wbemd_watch *watch, struct hvc_wbemd_watched *watched);
/* What the thread does: shuts the sockets whose deadline is not after now_ms. Returns when it has to look again,
 * HVC_NO_DEADLINE: when the next connection comes. */
uint64_t hvc_wbemd_watch_look(struct hvc_wbemd_watch *watch, uint64_t now_ms);
/* When nothing is watched any more. NULL is allowed. */
void hvc_wbemd_watch_free(struct hvc_wbemd_watch *watch);

#endif

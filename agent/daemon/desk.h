/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the server and the workers: turns a request into a call, a finished call into an answer, a gone client into a
 * cancel, and a call that does not come back into an honest word. Main thread only.
 */
#ifndef HVC_DESK_H
#define HVC_DESK_H

#include "server.h"
#include "workers.h"

/* How long after its deadline a call may still come back before its client is answered without it. */
#define HVC_DESK_GRACE_MS 2000

struct hvc_desk;

int hvc_desk_new(struct hvc_operations *operations, struct hvc_workers *workers, struct hvc_desk **ret_desk,
                 struct hvc_error *error);
/* After hvc_workers_free has ended all threads. */
void hvc_desk_free(struct hvc_desk *desk);

/* For hvc_server_options; context is the desk. */
void hvc_desk_request(void *desk, struct hvc_peer *peer, const char *text, size_t length);
void hvc_desk_gone(void *desk, struct hvc_peer *peer);

/* From now on requests are answered "unreachable: stopping", and so is everybody who waits. Nothing is cancelled that
 * libvirt can finish alone. Returns how many calls are with the workers. */
unsigned hvc_desk_stop(struct hvc_desk *desk);

#endif

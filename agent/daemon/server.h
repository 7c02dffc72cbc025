/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IPC server: connections of libqb, requests put together from their parts, answers sent in parts as fast as the
 * client takes them. Main thread only.
 */
#ifndef HVC_SERVER_H
#define HVC_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "access.h"
#include "hvc/error.h"
#include "hvc/operations.h"

struct hvc_server;
struct hvc_peer; /* one connected client */

struct hvc_server_options {
    const char *service;
    unsigned clients_max;
    struct hvc_access access;
    atomic_uint *count; /* how many clients there are, for other threads; outlives the server. NULL: nobody asks */
    void *context;      /* of the functions below */
    /* A whole request; text belongs to the server and has a zero byte behind it. Exactly one hvc_server_answer follows,
     * now or later, unless the client goes before. No second request comes meanwhile. */
    void (*on_request)(void *context, struct hvc_peer *peer, const char *text, size_t length);
    /* The client has gone: peer is no more after this call. */
    void (*on_gone)(void *context, struct hvc_peer *peer);
};

/* Listens from now on. -EADDRINUSE in words when the name is taken. */
int hvc_server_new(const struct hvc_server_options *options, struct hvc_server **ret_server, struct hvc_error *error);
/* Disconnects everybody (on_gone is called) and stops listening. */
void hvc_server_free(struct hvc_server *server);

/* Sends text, which is the server's from now on (NULL: no memory; the client is disconnected). */
void hvc_server_answer(struct hvc_peer *peer, char *text, size_t length);

const struct hvc_caller *hvc_peer_caller(const struct hvc_peer *peer);
/* For its owner: what the peer is waiting for. */
void hvc_peer_set_data(struct hvc_peer *peer, void *data);
void *hvc_peer_data(const struct hvc_peer *peer);

unsigned hvc_server_clients(const struct hvc_server *server);
/* Answers that clients have not taken yet. */
unsigned hvc_server_unsent(const struct hvc_server *server);

#endif

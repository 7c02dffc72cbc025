/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"

#include <errno.h>
#include <glib.h>
#include <qb/qbipcs.h>
#include <string.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/wire.h"
#include "log.h"
#include "qb_bridge.h"

enum {
    RETRY_MS = 1, /* to a client whose buffer is full; it empties it meanwhile, as long as it lives */
    RETRY_MAX_MS = 16,
    TAKE_MAX_MS = 10000, /* a client that takes nothing of its answer for so long is disconnected */
    REFUSALS_LOGGED_MS = 1000
};

struct hvc_peer {
    struct hvc_server *server;
    qb_ipcs_connection_t *connection;
    struct hvc_caller caller;
    void *data;
    char *request; /* parts so far */
    size_t request_length;
    bool asked;  /* a request is with the owner, or its answer on the way */
    bool doomed; /* will be disconnected by `dismissal` */
    char *answer;
    size_t answer_length, answer_sent;
    uint64_t taken_ms; /* when the client last took a part */
    guint retry, dismissal;
    guint wait_ms; /* until the next try */
};

struct hvc_server {
    struct hvc_server_options options;
    qb_ipcs_service_t *service;
    unsigned clients, unsent;
    uint64_t refusal_logged_ms;
};

const struct hvc_caller *hvc_peer_caller(const struct hvc_peer *peer)
{
    return &peer->caller;
}

void hvc_peer_set_data(struct hvc_peer *peer, void *data)
{
    peer->data = data;
}

void *hvc_peer_data(const struct hvc_peer *peer)
{
    return peer->data;
}

unsigned hvc_server_clients(const struct hvc_server *server)
{
    return server->clients;
}

unsigned hvc_server_unsent(const struct hvc_server *server)
{
    return server->unsent;
}

static void count_clients(struct hvc_server *server, bool one_more)
{
    if (one_more)
        server->clients++;
    else
        server->clients--;
    if (server->options.count != NULL)
        atomic_store(server->options.count, server->clients);
}

/* ---- who may connect ---- */

static pid_t client_pid(qb_ipcs_connection_t *connection)
{
    struct qb_ipcs_connection_stats_2 *stats = qb_ipcs_connection_stats_get_2(connection, 0);
    pid_t pid = stats == NULL ? 0 : stats->client_pid;

    free(stats);
    return pid;
}

/* Strangers may try as often as they like; the log says so once a second. */
static int32_t refuse(struct hvc_server *server, int32_t code, pid_t pid, uid_t uid, const char *words)
{
    uint64_t now_ms = hvc_now_ms();

    if (now_ms - server->refusal_logged_ms >= REFUSALS_LOGGED_MS) {
        server->refusal_logged_ms = now_ms;
        hvc_log(HVC_MESSAGE_CLIENT_REFUSED, "pid=%d uid=%u words=\"%s\"", (int)pid, (unsigned)uid, words);
    }
    return code;
}

static int32_t on_accept(qb_ipcs_connection_t *connection, uid_t uid, gid_t gid)
{
    struct hvc_server *server = qb_ipcs_connection_service_context_get(connection);
    pid_t pid = client_pid(connection);
    gid_t group = getegid();
    struct hvc_peer *peer;
    enum hvc_right right = hvc_access_right(&server->options.access, pid, uid, gid, &group);

    if (right == HVC_RIGHT_NONE)
        return refuse(server, -EACCES, pid, uid, "no right");
    if (qb_ipcs_connection_get_buffer_size(connection) > HVC_IPC_BUFFER)
        return refuse(server, -EMSGSIZE, pid, uid, "wants larger buffers than agreed");
    if (server->clients >= server->options.clients_max)
        return refuse(server, -EAGAIN, pid, uid, "too many clients");
    peer = calloc(1, sizeof(*peer));
    if (peer == NULL)
        return -ENOMEM;
    peer->server = server;
    peer->connection = connection;
    peer->caller = (struct hvc_caller){pid, uid, gid, right};
    qb_ipcs_context_set(connection, peer);
    /* we are not root: the files in /dev/shm stay ours, and the client reaches them by the group (or as root) */
    qb_ipcs_connection_auth_set(connection, geteuid(), group, 0660);
    count_clients(server, true);
    return 0;
}

/* ---- the end of a client ---- */

static int32_t on_closed(qb_ipcs_connection_t *connection)
{
    struct hvc_peer *peer = qb_ipcs_context_get(connection);

    if (peer == NULL)
        return 0;
    qb_ipcs_context_set(connection, NULL);
    peer->server->options.on_gone(peer->server->options.context, peer);
    count_clients(peer->server, false);
    if (peer->answer != NULL)
        peer->server->unsent--;
    if (peer->retry != 0)
        g_source_remove(peer->retry);
    if (peer->dismissal != 0)
        g_source_remove(peer->dismissal);
    free(peer->request);
    free(peer->answer);
    free(peer);
    return 0;
}

/* A connection that libqb accepted and could not set up was never closed: its peer ends here. */
static void on_destroyed(qb_ipcs_connection_t *connection)
{
    (void)on_closed(connection);
}

static gboolean dismiss_now(gpointer context)
{
    struct hvc_peer *peer = context;

    peer->dismissal = 0;
    qb_ipcs_disconnect(peer->connection);
    return G_SOURCE_REMOVE;
}

/* libqb still uses a connection after it called us: it is disconnected from the main loop. */
static void dismiss(struct hvc_peer *peer, const char *words)
{
    if (peer->doomed)
        return;
    peer->doomed = true;
    hvc_log(HVC_MESSAGE_CLIENT_DROPPED, "pid=%lld uid=%u words=\"%s\"", (long long)peer->caller.pid, peer->caller.uid,
            words);
    peer->dismissal = g_idle_add_full(G_PRIORITY_DEFAULT, dismiss_now, peer, NULL);
}

/* ---- requests ---- */

static int append_part(struct hvc_peer *peer, const char *text, size_t length)
{
    char *longer;

    if (length > HVC_IPC_MESSAGE_MAX - peer->request_length)
        return -E2BIG;
    longer = realloc(peer->request, peer->request_length + length + 1);
    if (longer == NULL)
        return -ENOMEM;
    memcpy(longer + peer->request_length, text, length);
    peer->request = longer;
    peer->request_length += length;
    peer->request[peer->request_length] = '\0';
    return 0;
}

static void hand_over(struct hvc_peer *peer)
{
    HVC_CLEANUP(free) char *text = HVC_TAKE(peer->request, NULL);
    size_t length = peer->request_length;

    peer->request_length = 0;
    peer->asked = true;
    peer->server->options.on_request(peer->server->options.context, peer, text, length);
}

/*
 * data is memory that the client can still write to, and size is a number it wrote there: every byte is read once, at
 * the size that was checked. A size beyond what was written stays within libqb's ring, which is mapped twice in a row.
 */
static int32_t on_message(qb_ipcs_connection_t *connection, void *data, size_t size)
{
    struct hvc_peer *peer = qb_ipcs_context_get(connection);
    struct qb_ipc_request_header header;
    int rc;

    if (peer == NULL || peer->doomed)
        return 0;
    if (size < sizeof(header) || size > HVC_IPC_BUFFER) {
        dismiss(peer, "a message of an impossible size");
        return 0;
    }
    memcpy(&header, data, sizeof(header));
    if (header.id != HVC_WIRE_MORE && header.id != HVC_WIRE_LAST) {
        dismiss(peer, "a message of an unknown kind");
        return 0;
    }
    if (peer->asked) {
        dismiss(peer, "a second question before the answer to the first");
        return 0;
    }
    rc = append_part(peer, (const char *)data + sizeof(header), size - sizeof(header));
    if (rc == -E2BIG)
        dismiss(peer, "a request larger than allowed");
    else if (rc < 0)
        dismiss(peer, "out of memory");
    else if (header.id == HVC_WIRE_LAST)
        hand_over(peer);
    return 0;
}

/* ---- answers ---- */

static void answer_taken(struct hvc_peer *peer)
{
    free(peer->answer);
    peer->answer = NULL;
    peer->asked = false;
    peer->server->unsent--;
}

/* 0, -EAGAIN, or the end of the connection. */
static int send_part(struct hvc_peer *peer)
{
    size_t left = peer->answer_length - peer->answer_sent;
    size_t size = left < HVC_IPC_PART_MAX ? left : HVC_IPC_PART_MAX;
    struct qb_ipc_response_header header = {.id = size == left ? HVC_WIRE_LAST : HVC_WIRE_MORE,
                                            .size = (int32_t)(sizeof(header) + size)};
    struct iovec pieces[] = {{&header, sizeof(header)}, {peer->answer + peer->answer_sent, size}};
    ssize_t sent = qb_ipcs_response_sendv(peer->connection, pieces, 2);

    if (sent == -EAGAIN || sent == -ETIMEDOUT || sent == -ENOBUFS || sent == -EINTR)
        return -EAGAIN;
    if (sent < 0)
        return (int)sent;
    peer->answer_sent += size;
    peer->taken_ms = hvc_now_ms();
    return 0;
}

static gboolean send_rest(gpointer context)
{
    struct hvc_peer *peer = context;
    size_t before = peer->answer_sent;
    int rc = 0;

    peer->retry = 0;
    while (rc == 0 && peer->answer_sent < peer->answer_length)
        rc = send_part(peer);
    if (rc == -EAGAIN && !peer->doomed && hvc_now_ms() - peer->taken_ms < TAKE_MAX_MS) {
        peer->wait_ms = peer->answer_sent > before ? RETRY_MS : MIN(2 * peer->wait_ms, RETRY_MAX_MS);
        peer->retry = g_timeout_add(peer->wait_ms, send_rest, peer);
        return G_SOURCE_REMOVE;
    }
    answer_taken(peer);
    if (rc != 0)
        dismiss(peer, rc == -EAGAIN ? "does not take its answer" : "its connection is broken");
    return G_SOURCE_REMOVE;
}

void hvc_server_answer(struct hvc_peer *peer, char *text, size_t length)
{
    if (text == NULL || peer->doomed || peer->answer != NULL) {
        free(text);
        dismiss(peer, "no memory for its answer");
        return;
    }
    peer->answer = text;
    peer->answer_length = length;
    peer->answer_sent = 0;
    peer->taken_ms = hvc_now_ms();
    peer->server->unsent++;
    peer->wait_ms = RETRY_MS;
    (void)send_rest(peer);
}

/* ---- the service ---- */

int hvc_server_new(const struct hvc_server_options *options, struct hvc_server **ret_server, struct hvc_error *error)
{
    struct qb_ipcs_service_handlers handlers = {.connection_accept = on_accept,
                                                .msg_process = on_message,
                                                .connection_closed = on_closed,
                                                .connection_destroyed = on_destroyed};
    struct hvc_server *server = calloc(1, sizeof(*server));
    int rc;

    if (server == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    server->options = *options;
    server->service = qb_ipcs_create(options->service, 0, QB_IPC_SHM, &handlers);
    if (server->service == NULL) {
        free(server);
        return hvc_error_set(error, -ENOMEM, "out of memory");
    }
    qb_ipcs_service_context_set(server->service, server);
    qb_ipcs_poll_handlers_set(server->service, &hvc_qb_bridge);
    rc = qb_ipcs_run(server->service); /* frees the service when it fails */
    if (rc < 0) {
        hvc_qb_bridge_clear();
        free(server);
        return hvc_error_set(error, rc, "cannot listen as %s: %s%s", options->service, strerror(-rc),
                             rc == -EADDRINUSE ? "; some other process has taken the name: see ss -xlp" : "");
    }
    *ret_server = server;
    return 0;
}

void hvc_server_free(struct hvc_server *server)
{
    if (server == NULL)
        return;
    hvc_qb_bridge_hang_up();
    qb_ipcs_destroy(server->service);
    hvc_qb_bridge_clear();
    free(server);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/client.h"

#include <errno.h>
#include <poll.h>
#include <qb/qbipcc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "hvc/cleanup.h"

enum {
    ALIVE_CHECK_MS = 250, /* a daemon that dies during a question is noticed within this time */
    RETRY_MS = 10         /* between tries when a queue of the kernel or of the daemon is full */
};

struct hvc_client {
    qb_ipcc_connection_t *connection;
    bool broken; /* a question was left open: its late answer must not be taken for the next one's */
    char *part;  /* HVC_IPC_BUFFER bytes */
};

static int wait_ms(uint64_t deadline_ms, int most)
{
    uint64_t left = hvc_deadline_left(deadline_ms);

    return left < (uint64_t)most ? (int)left : most;
}

/* ---- connecting ---- */

/*
 * Only root or the user hvclusterd runs as may be behind the name: libqb's sockets have names in the abstract
 * namespace, which anybody may take while no daemon runs. Who owns the runtime directory is who hvclusterd runs as
 * (only root can make it in /run); that needs no look-up of a user name.
 */
static int check_owner(int fd, const struct hvc_client_options *options, const char *service, struct hvc_error *error)
{
    struct ucred peer = {0};
    socklen_t length = sizeof(peer);
    struct stat status;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return hvc_error_set(error, -EPERM, "cannot tell who listens as %s: %s", service, strerror(errno));
    if (peer.uid == 0)
        return 0;
    if (stat(options->runtime_directory, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == peer.uid)
        return 0;
    return hvc_error_set(error, -EPERM,
                         "socket of the wrong owner: process %d of user %u listens as %s and is not hvclusterd "
                         "(neither root nor the owner of %s); nothing was sent to it",
                         (int)peer.pid, (unsigned)peer.uid, service, options->runtime_directory);
}

static int absent(const char *service, struct hvc_error *error)
{
    return hvc_error_set(error, -ENOTCONN, "hvclusterd does not run here (nobody listens as %s)", service);
}

static int hangs(const char *service, struct hvc_error *error)
{
    return hvc_error_set(error, -ETIMEDOUT, "hvclusterd (%s) does not answer: it hangs, is stopped or overloaded",
                         service);
}

/* Sends libqb's first message; never blocks. A full queue of connections that nobody accepts gives EAGAIN. */
static int begin(const char *service, uint64_t deadline_ms, qb_ipcc_connection_t **ret_connection, int *ret_fd,
                 struct hvc_error *error)
{
    for (;;) {
        int code;

        *ret_connection = qb_ipcc_connect_async(service, HVC_IPC_BUFFER, ret_fd);
        if (*ret_connection != NULL)
            return 0;
        code = errno;
        if (code == ECONNREFUSED || code == ENOENT)
            return absent(service, error);
        if (code != EAGAIN && code != EINTR)
            return hvc_error_set(error, -code, "cannot connect to hvclusterd (%s): %s", service, strerror(code));
        if (hvc_deadline_left(deadline_ms) == 0)
            return hangs(service, error);
        (void)poll(NULL, 0, wait_ms(deadline_ms, RETRY_MS));
    }
}

/* libqb has no call that gives up a connection half made: it does so by itself when the other side is gone. */
static void give_up(qb_ipcc_connection_t *connection, int fd)
{
    (void)shutdown(fd, SHUT_RDWR);
    if (qb_ipcc_connect_continue(connection) == 0)
        qb_ipcc_disconnect(connection);
}

static int wait_for_answer(int fd, uint64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        int ready = poll(&p, 1, wait_ms(deadline_ms, INT32_MAX));

        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (hvc_deadline_left(deadline_ms) == 0)
            return -ETIMEDOUT;
    }
}

static int refused(int rc, const char *service, struct hvc_error *error)
{
    switch (rc) {
    case -EACCES:
        return hvc_error_set(error, rc,
                             "hvclusterd (%s) does not serve this user: be root, in group haclient, or in the "
                             "read_group of hvclusterd.conf",
                             service);
    case -EAGAIN:
        return hvc_error_set(error, rc, "hvclusterd (%s) has too many clients: try again later", service);
    case -ENOTCONN:
    case -ECONNRESET:
    case -EPIPE:
    case -ESHUTDOWN:
        return hvc_error_set(error, -ENOTCONN, "hvclusterd (%s) ended while this connection was made", service);
    default:
        return hvc_error_set(error, rc, "cannot connect to hvclusterd (%s): %s", service, strerror(-rc));
    }
}

/* One try. -ENOENT: the daemon answered, but has dropped the connection since and removed its files, because this
 * process was slower than its patience with clients that say nothing; it was asked nothing yet. */
static int try_once(const struct hvc_client_options *options, uint64_t deadline_ms,
                    qb_ipcc_connection_t **ret_connection, struct hvc_error *error)
{
    qb_ipcc_connection_t *connection = NULL;
    const char *service = options->service;
    int fd = -1;
    int rc = begin(service, deadline_ms, &connection, &fd, error);

    if (rc < 0)
        return rc;
    rc = check_owner(fd, options, service, error);
    if (rc == 0) {
        rc = wait_for_answer(fd, deadline_ms);
        if (rc < 0)
            rc = rc == -ETIMEDOUT ? hangs(service, error) : refused(rc, service, error);
    }
    if (rc < 0) {
        give_up(connection, fd);
        return rc;
    }
    rc = qb_ipcc_connect_continue(connection); /* frees the connection when it fails */
    if (rc != 0)
        return refused(rc > 0 ? -EPROTO : rc, service, error);
    *ret_connection = connection;
    return 0;
}

static int establish(const struct hvc_client_options *options, uint64_t deadline_ms,
                     qb_ipcc_connection_t **ret_connection, struct hvc_error *error)
{
    int rc;

    do {
        rc = try_once(options, deadline_ms, ret_connection, error);
    } while (rc == -ENOENT && hvc_deadline_left(deadline_ms) > 0);
    return rc == -ENOENT ? hangs(options->service, error) : rc;
}

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error)
{
    struct hvc_client_options chosen = {HVC_IPC_SERVICE, HVC_RUNTIME_DIRECTORY};
    struct hvc_client *client;
    int rc;

    if (options != NULL && options->service != NULL)
        chosen.service = options->service;
    if (options != NULL && options->runtime_directory != NULL)
        chosen.runtime_directory = options->runtime_directory;
    client = calloc(1, sizeof(*client));
    if (client != NULL)
        client->part = malloc(HVC_IPC_BUFFER);
    if (client == NULL || client->part == NULL) {
        free(client);
        return hvc_error_set(error, -ENOMEM, "out of memory");
    }
    rc = establish(&chosen, deadline_ms, &client->connection, error);
    if (rc == 0 && qb_ipcc_get_buffer_size(client->connection) > HVC_IPC_BUFFER)
        rc = hvc_error_set(error, -EPROTO, "hvclusterd (%s) wants buffers of %d bytes, %d are agreed", chosen.service,
                           (int)qb_ipcc_get_buffer_size(client->connection), HVC_IPC_BUFFER);
    if (rc < 0) {
        hvc_client_close(client);
        return rc;
    }
    *ret_client = client;
    return 0;
}

void hvc_client_close(struct hvc_client *client)
{
    if (client == NULL)
        return;
    if (client->connection != NULL)
        qb_ipcc_disconnect(client->connection);
    free(client->part);
    free(client);
}

/* ---- asking ---- */

static int died(struct hvc_client *client, bool asked, struct hvc_error *error)
{
    client->broken = true;
    return hvc_error_set(error, -EPIPE, "hvclusterd ended%s",
                         asked ? " before it answered: the outcome of the operation is not known" : "");
}

static int send_part(struct hvc_client *client, const char *text, size_t length, bool last, uint64_t deadline_ms,
                     struct hvc_error *error)
{
    struct qb_ipc_request_header header = {.id = last ? HVC_WIRE_LAST : HVC_WIRE_MORE,
                                           .size = (int32_t)(sizeof(header) + length)};
    union {
        const char *in;
        void *out;
    } payload = {.in = text}; /* iovec has no const */
    struct iovec pieces[] = {{&header, sizeof(header)}, {payload.out, length}};

    for (;;) {
        ssize_t sent = qb_ipcc_sendv(client->connection, pieces, 2);

        if (sent > 0)
            return 0;
        if (sent != -EAGAIN && sent != -ETIMEDOUT && sent != -ENOBUFS && sent != -EINTR)
            return died(client, false, error);
        if (hvc_deadline_left(deadline_ms) == 0 || !qb_ipcc_is_connected(client->connection))
            break;
        (void)poll(NULL, 0, wait_ms(deadline_ms, RETRY_MS));
    }
    if (!qb_ipcc_is_connected(client->connection))
        return died(client, false, error);
    client->broken = true;
    return hvc_error_set(error, -ETIMEDOUT, "hvclusterd does not take the request: it hangs or is overloaded");
}

static int send_text(struct hvc_client *client, const char *text, size_t length, uint64_t deadline_ms,
                     struct hvc_error *error)
{
    size_t at = 0;

    do {
        size_t size = length - at < HVC_IPC_PART_MAX ? length - at : HVC_IPC_PART_MAX;
        int rc = send_part(client, text + at, size, at + size == length, deadline_ms, error);

        if (rc < 0)
            return rc;
        at += size;
    } while (at < length);
    return 0;
}

/* One part into client->part; its text length. */
static int receive_part(struct hvc_client *client, uint64_t deadline_ms, bool *ret_last, size_t *ret_length,
                        struct hvc_error *error)
{
    struct qb_ipc_response_header header;
    ssize_t got;

    do {
        got = qb_ipcc_recv(client->connection, client->part, HVC_IPC_BUFFER, wait_ms(deadline_ms, ALIVE_CHECK_MS));
        if (got >= 0 || (got != -EAGAIN && got != -ETIMEDOUT && got != -EINTR))
            break;
    } while (hvc_deadline_left(deadline_ms) > 0 && qb_ipcc_is_connected(client->connection));
    if (got == -EAGAIN || got == -ETIMEDOUT || got == -EINTR) {
        if (!qb_ipcc_is_connected(client->connection))
            return died(client, true, error);
        client->broken = true;
        return hvc_error_set(error, -ETIMEDOUT,
                             "hvclusterd has not answered in time: the outcome of the operation is not known");
    }
    if (got < 0)
        return died(client, true, error);
    if ((size_t)got < sizeof(header))
        return hvc_error_set(error, -EPROTO, "hvclusterd answered %zd bytes, that is no message", got);
    memcpy(&header, client->part, sizeof(header));
    if (header.size != got || (header.id != HVC_WIRE_MORE && header.id != HVC_WIRE_LAST))
        return hvc_error_set(error, -EPROTO, "hvclusterd answered something that is no message (id %d, size %d of %zd)",
                             header.id, header.size, got);
    *ret_last = header.id == HVC_WIRE_LAST;
    *ret_length = (size_t)got - sizeof(header);
    return 0;
}

static int receive_text(struct hvc_client *client, uint64_t deadline_ms, char **ret_text, size_t *ret_length,
                        struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    size_t length = 0;
    bool last = false;

    while (!last) {
        size_t size = 0;
        char *longer;
        int rc = receive_part(client, deadline_ms, &last, &size, error);

        if (rc < 0)
            return rc;
        if (size > HVC_IPC_MESSAGE_MAX - length)
            return hvc_error_set(error, -EPROTO, "hvclusterd answers more than %d bytes", HVC_IPC_MESSAGE_MAX);
        longer = realloc(text, length + size + 1);
        if (longer == NULL)
            return hvc_error_set(error, -ENOMEM, "out of memory");
        text = longer;
        memcpy(text + length, client->part + sizeof(struct qb_ipc_response_header), size);
        length += size;
        text[length] = '\0';
    }
    *ret_text = HVC_TAKE(text, NULL);
    *ret_length = length;
    return 0;
}

int hvc_client_call_text(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                         char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    size_t length = 0;
    int rc;

    if (client->broken)
        return hvc_error_set(error, -EPIPE,
                             "this connection to hvclusterd ended with an open question: make a new one");
    rc = hvc_record_format(request, &text, &length, error);
    if (rc < 0)
        return hvc_error_prefix(error, "cannot write the request");
    rc = send_text(client, text, length, deadline_ms, error);
    if (rc < 0)
        return rc;
    client->broken = true; /* until its answer is there */
    rc = receive_text(client, deadline_ms, ret_text, ret_length, error);
    client->broken = rc < 0;
    return rc;
}

int hvc_client_call(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                    struct hvc_record **ret_response, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *answer = NULL;
    size_t length = 0;
    int rc = hvc_client_call_text(client, request, deadline_ms, &answer, &length, error);

    if (rc < 0)
        return rc;
    rc = hvc_response_parse(answer, length, ret_response, error);
    client->broken = rc < 0;
    return rc;
}

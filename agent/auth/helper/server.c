/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wire.h"
#include "child.h"
#include "hvc/clock.h"
#include "limit.h"

enum {
    DELAY_MAX_MS = 10000, /* of PAM's wishes */
    QUIET_MS = 1000,      /* between two lines of what strangers can cause at will */
    SLOTS_MAX = HVC_AUTH_CONNECTIONS_MAX + 2,
};

enum state {
    FREE,
    READ,   /* the request has not been taken */
    PARKED, /* it is there and waits for a child, or for attempts like it to end */
    CHECK,  /* a child asks PAM */
    DELAY   /* the answer waits for its time */
};

struct connection {
    enum state state;
    int fd;
    uid_t uid;
    uint64_t since_ms;    /* its present attempt, or the connection */
    uint64_t deadline_ms; /* of the state */
    struct hvc_auth_ticket ticket;
    struct hvc_auth_child child;
    struct hvc_auth_answer answer;
    char origin[HVC_AUTH_ORIGIN_MAX];
};

struct server {
    const struct hvc_auth_server_options *options;
    int listener, stop_fd;
    struct hvc_auth_limit *limit;
    unsigned used, checks;
    uint64_t quiet_until_ms;
    unsigned unsaid; /* lines left out since then */
    struct connection connections[HVC_AUTH_CONNECTIONS_MAX];
};

/* ---- words for the log ---- */

__attribute__((format(printf, 3, 4))) static void say(const struct server *server, enum hvc_message message,
                                                      const char *format, ...)
{
    char details[HVC_ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(details, sizeof(details), format, arguments);
    va_end(arguments);
    server->options->log(server->options->context, message, details);
}

/* For what costs its cause nothing: once a second, and how many were left out. */
static void say_seldom(struct server *server, enum hvc_message message, uint64_t now_ms, const char *what,
                       const char *value, uid_t uid)
{
    char quoted[HVC_AUTH_ORIGIN_MAX * 2];

    if (now_ms < server->quiet_until_ms) {
        server->unsaid++;
        return;
    }
    say(server, message, "%s=%s uid=%u unsaid=%u", what, hvc_message_quote(value, quoted, sizeof(quoted)),
        (unsigned)uid, server->unsaid);
    server->unsaid = 0;
    server->quiet_until_ms = now_ms + QUIET_MS;
}

static void say_verdict(const struct server *server, const struct connection *connection, bool answered,
                        uint64_t now_ms)
{
    static const enum hvc_message messages[HVC_AUTH_VERDICT_COUNT] = {
        [HVC_AUTH_ACCEPTED] = HVC_MESSAGE_AUTH_ACCEPTED, [HVC_AUTH_REFUSED] = HVC_MESSAGE_AUTH_REFUSED,
        [HVC_AUTH_EXPIRED] = HVC_MESSAGE_AUTH_REFUSED,   [HVC_AUTH_DENIED] = HVC_MESSAGE_AUTH_REFUSED,
        [HVC_AUTH_LIMITED] = HVC_MESSAGE_AUTH_LIMITED,   [HVC_AUTH_UNAVAILABLE] = HVC_MESSAGE_AUTH_UNAVAILABLE,
    };
    const struct hvc_auth_answer *answer = &connection->answer;
    char user[HVC_AUTH_USER_MAX * 2], origin[HVC_AUTH_ORIGIN_MAX * 2], words[HVC_AUTH_WORDS_MAX * 2];

    say(server, answered ? messages[answer->verdict] : HVC_MESSAGE_AUTH_UNAVAILABLE,
        "user=%s origin=%s verdict=%s ms=%" PRIu64 " words=%s",
        answer->user[0] == '\0' ? "(unknown)" : hvc_message_quote(answer->user, user, sizeof(user)),
        hvc_message_quote(connection->origin, origin, sizeof(origin)), hvc_auth_verdict_name(answer->verdict),
        now_ms - connection->since_ms, hvc_message_quote(answer->words, words, sizeof(words)));
}

/* ---- one connection ---- */

static void drop(struct server *server, struct connection *connection)
{
    (void)close(connection->fd);
    connection->fd = -1;
    connection->state = FREE;
    server->used--;
}

static void send_answer(int fd, const struct hvc_auth_answer *answer)
{
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    size_t length = 0;

    if (hvc_auth_wire_encode_answer(answer, bytes, &length) == 0)
        (void)send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT); /* one that has gone away misses nothing */
}

/* Answers and closes. Whom PAM did not accept learns no account's name. */
static void finish(struct server *server, struct connection *connection)
{
    if (connection->answer.verdict != HVC_AUTH_ACCEPTED)
        memset(connection->answer.user, 0, sizeof(connection->answer.user));
    send_answer(connection->fd, &connection->answer);
    drop(server, connection);
}

/* What a module of PAM has left running when its check was ended. */
static void end_orphans(const struct server *server)
{
    pid_t known[HVC_AUTH_CHECKS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < HVC_AUTH_CONNECTIONS_MAX; i++) {
        if (server->connections[i].state == CHECK && server->connections[i].child.pid != 0)
            known[count++] = server->connections[i].child.pid;
    }
    hvc_auth_child_end_orphans(known, count);
}

static void end_check(struct server *server, struct connection *connection, uint64_t now_ms)
{
    uint64_t delay_ms = 0;
    bool answered = hvc_auth_child_end(&connection->child, &connection->answer, &delay_ms);
    bool failed = !answered || connection->answer.verdict == HVC_AUTH_REFUSED;

    if (!answered)
        end_orphans(server);
    server->checks--;
    hvc_auth_limit_settle(server->limit, &connection->ticket, failed, now_ms);
    say_verdict(server, connection, answered, now_ms);
    for (unsigned i = 0; i < HVC_AUTH_CONNECTIONS_MAX; i++) {
        if (server->connections[i].state == PARKED)
            server->connections[i].state = READ;
    }
    /* counted from the start of the check: how long PAM worked shall not tell whether the name exists */
    connection->deadline_ms = connection->since_ms + (delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS);
    if (connection->deadline_ms > now_ms)
        connection->state = DELAY;
    else
        finish(server, connection);
}

/* A request that may be checked now. */
static void begin_check(struct server *server, struct connection *connection, const struct hvc_auth_wire_request *wire,
                        uint64_t now_ms)
{
    const struct hvc_auth_request request = {wire->user, wire->password, wire->origin};
    char rest;
    int rc = hvc_auth_child_start(&server->options->pam, &request, &connection->child);

    (void)recv(connection->fd, &rest, sizeof(rest), MSG_DONTWAIT); /* takes the whole packet out of the queue */
    memcpy(connection->origin, wire->origin, sizeof(connection->origin));
    connection->since_ms = now_ms;
    if (rc < 0) {
        hvc_auth_limit_settle(server->limit, &connection->ticket, false, now_ms);
        hvc_auth_answer_set(&connection->answer, HVC_AUTH_UNAVAILABLE, "no process can be made for the check: %s",
                            strerror(-rc));
        say_verdict(server, connection, true, now_ms);
        finish(server, connection);
        return;
    }
    server->checks++;
    connection->state = CHECK;
    connection->deadline_ms = now_ms + server->options->check_ms;
}

static void judge(struct server *server, struct connection *connection, const struct hvc_auth_wire_request *wire,
                  uint64_t now_ms)
{
    const struct hvc_auth_attempt attempt = {wire->user, wire->origin, (uint32_t)connection->uid};
    uint64_t retry_ms = 0;
    int rc = server->checks < HVC_AUTH_CHECKS_MAX
                 ? hvc_auth_limit_take(server->limit, &attempt, now_ms, &connection->ticket, &retry_ms)
                 : -EAGAIN;

    if (rc == 0) {
        begin_check(server, connection, wire, now_ms);
    } else if (rc == -EAGAIN) {
        /* no longer than a check takes, from the time of the connection */
        connection->deadline_ms = connection->since_ms + server->options->check_ms;
        connection->state = PARKED;
    } else {
        uint32_t seconds = (uint32_t)((retry_ms + 999) / 1000);

        hvc_auth_answer_set(&connection->answer, HVC_AUTH_LIMITED,
                            "too many failed attempts of this user or from this address; one more is taken in %u s",
                            seconds);
        connection->answer.retry_after_s = seconds;
        say_seldom(server, HVC_MESSAGE_AUTH_LIMITED, now_ms, "origin", wire->origin, connection->uid);
        finish(server, connection);
    }
}

static void read_request(struct server *server, struct connection *connection, uint64_t now_ms)
{
    uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX];
    struct hvc_auth_wire_request wire = {0};
    ssize_t got = recv(connection->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(server, connection);
        return;
    }
    if (got > (ssize_t)sizeof(bytes) || hvc_auth_wire_decode_request(bytes, (size_t)got, &wire) < 0) {
        say_seldom(server, HVC_MESSAGE_AUTH_BAD_REQUEST, now_ms, "what",
                   got > (ssize_t)sizeof(bytes) ? "too long" : "not of this version, or malformed", connection->uid);
        hvc_auth_answer_set(&connection->answer, HVC_AUTH_UNAVAILABLE,
                            "the request is not understood: it is no request of this version, or has bad text");
        finish(server, connection);
    } else {
        judge(server, connection, &wire, now_ms);
    }
    explicit_bzero(bytes, sizeof(bytes));
    hvc_auth_wire_wipe(&wire);
}

static void meet_deadline(struct server *server, struct connection *connection, uint64_t now_ms)
{
    switch (connection->state) {
    case CHECK:
        end_check(server, connection, now_ms);
        return;
    case READ:
    case PARKED:
        hvc_auth_answer_set(&connection->answer, HVC_AUTH_UNAVAILABLE,
                            connection->state == READ ? "no request came in time"
                                                      : "too many passwords are being checked; try again");
        finish(server, connection);
        return;
    case DELAY:
        finish(server, connection);
        return;
    case FREE:
        return;
    }
}

/* ---- new clients ---- */

static struct connection *find_free(struct server *server)
{
    for (unsigned i = 0; i < HVC_AUTH_CONNECTIONS_MAX; i++) {
        if (server->connections[i].state == FREE)
            return &server->connections[i];
    }
    return NULL;
}

static void refuse_peer(struct server *server, int fd, uid_t uid, uint64_t now_ms)
{
    struct hvc_auth_answer answer;

    hvc_auth_answer_set(&answer, HVC_AUTH_UNAVAILABLE,
                        "only root and %s may ask hvcluster-auth about passwords; this process has uid %u",
                        server->options->peer_name, (unsigned)uid);
    send_answer(fd, &answer);
    (void)close(fd);
    say_seldom(server, HVC_MESSAGE_AUTH_PEER_REFUSED, now_ms, "allowed", server->options->peer_name, uid);
}

static void accept_client(struct server *server, uint64_t now_ms)
{
    struct connection *connection = find_free(server);
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t length = sizeof(peer);
    int fd = connection == NULL ? -1 : accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return; /* gone again, or no descriptor free: poll tells anew */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
        (peer.uid != 0 && peer.uid != server->options->peer)) {
        refuse_peer(server, fd, peer.uid, now_ms);
        return;
    }
    connection->state = READ;
    connection->fd = fd;
    connection->uid = peer.uid;
    connection->since_ms = now_ms;
    connection->deadline_ms = now_ms + server->options->request_ms;
    server->used++;
}

/* ---- the loop ---- */

/* What to wait for; slots[i + 2] is of connection i. Returns the time of the next deadline. */
static uint64_t prepare(const struct server *server, struct pollfd *slots, uint64_t idle_at_ms)
{
    uint64_t next_ms = server->used == 0 ? idle_at_ms : HVC_NO_DEADLINE;

    slots[0] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
    slots[1] = (struct pollfd){.fd = server->used < HVC_AUTH_CONNECTIONS_MAX ? server->listener : -1, .events = POLLIN};
    for (unsigned i = 0; i < HVC_AUTH_CONNECTIONS_MAX; i++) {
        const struct connection *connection = &server->connections[i];
        int fd = connection->state == READ ? connection->fd : connection->state == CHECK ? connection->child.fd : -1;

        slots[i + 2] = (struct pollfd){.fd = fd, .events = POLLIN};
        if (connection->state != FREE && connection->deadline_ms < next_ms)
            next_ms = connection->deadline_ms;
    }
    return next_ms;
}

static int poll_until(struct pollfd *slots, uint64_t when_ms)
{
    uint64_t left = when_ms == HVC_NO_DEADLINE ? 0 : hvc_deadline_left(when_ms);
    int wait_ms = when_ms == HVC_NO_DEADLINE ? -1 : (int)(left < INT32_MAX ? left : INT32_MAX);

    return poll(slots, SLOTS_MAX, wait_ms);
}

static void serve_round(struct server *server, const struct pollfd *slots)
{
    uint64_t now_ms = hvc_now_ms();

    for (unsigned i = 0; i < HVC_AUTH_CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        bool ready = slots[i + 2].revents != 0;

        if (connection->state == CHECK && ready)
            end_check(server, connection, now_ms);
        else if (connection->state == READ && ready)
            read_request(server, connection, now_ms);
        if (connection->state != FREE && connection->deadline_ms <= now_ms)
            meet_deadline(server, connection, now_ms);
    }
    if (slots[1].revents != 0)
        accept_client(server, now_ms);
}

/* When it may end for want of clients, if none comes. */
static uint64_t idle_at(const struct server *server, uint64_t now_ms)
{
    uint64_t forgotten_ms = hvc_auth_limit_forgotten_ms(server->limit, now_ms);
    uint64_t idle_ms = server->options->idle_ms;

    if (idle_ms == 0)
        return HVC_NO_DEADLINE;
    return now_ms + (idle_ms > forgotten_ms ? idle_ms : forgotten_ms);
}

static int loop(struct server *server, struct hvc_error *error)
{
    static struct pollfd slots[SLOTS_MAX];
    uint64_t idle_at_ms = idle_at(server, hvc_now_ms());

    for (;;) {
        if (poll_until(slots, prepare(server, slots, idle_at_ms)) < 0) {
            if (errno == EINTR)
                continue;
            return hvc_error_set(error, -errno, "poll: %s", strerror(errno));
        }
        if (slots[0].revents != 0)
            return 0;
        serve_round(server, slots);
        if (server->used > 0 || slots[1].revents != 0)
            idle_at_ms = idle_at(server, hvc_now_ms());
        else if (hvc_now_ms() >= idle_at_ms)
            return 0;
    }
}

static void close_all(struct server *server)
{
    for (unsigned i = 0; i < HVC_AUTH_CONNECTIONS_MAX; i++) {
        struct connection *connection = &server->connections[i];
        uint64_t delay_ms = 0;

        if (connection->state == CHECK)
            (void)hvc_auth_child_end(&connection->child, &connection->answer, &delay_ms);
        if (connection->state != FREE)
            drop(server, connection);
    }
    hvc_auth_child_end_orphans(NULL, 0);
}

int hvc_auth_server_run(int listener, int stop_fd, const struct hvc_auth_server_options *options,
                        struct hvc_error *error)
{
    struct server *server = calloc(1, sizeof(*server));
    uint64_t seed = 0;
    int rc = hvc_auth_child_adopt_orphans();

    if (rc < 0) {
        free(server);
        return hvc_error_set(error, rc, "cannot take on what modules of PAM leave behind: %s", strerror(-rc));
    }
    rc = -ENOMEM;
    if (server != NULL && getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
        server->limit = hvc_auth_limit_new(seed);
    if (server != NULL && server->limit != NULL) {
        server->options = options;
        server->listener = listener;
        server->stop_fd = stop_fd;
        say(server, HVC_MESSAGE_AUTH_STARTED, "service=%s peer=%s", options->pam.service, options->peer_name);
        rc = loop(server, error);
        close_all(server);
        say(server, HVC_MESSAGE_AUTH_STOPPED, "%s", "");
        hvc_auth_limit_free(server->limit);
    } else {
        (void)hvc_error_set(error, rc, "no memory, or no random bytes from the kernel");
    }
    free(server);
    return rc;
}

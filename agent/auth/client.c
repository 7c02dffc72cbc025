/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache.h"
#include "hvc/auth.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "wire.h"

enum { CONNECT_AGAIN_MS = 20, WAIT_MAX_MS = 60000 };

struct hvc_auth {
    struct sockaddr_un address;
    pthread_mutex_t lock;         /* of the cache's content */
    struct hvc_auth_cache *cache; /* NULL: none */
};

enum state {
    CONNECT, /* the helper's queue was full: it is tried again; a UNIX socket cannot be waited for here */
    SEND,
    RECEIVE
};

struct hvc_auth_call {
    struct hvc_auth *auth;
    enum state state;
    int fd;
    uint64_t deadline_ms, asked_ms;
    struct hvc_auth_digest digest;
    size_t length;                             /* of bytes */
    uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX]; /* the request; wiped once it is sent */
};

/* ---- the client ---- */

static int make_cache(struct hvc_auth *auth, uint64_t cache_ms, struct hvc_error *error)
{
    uint8_t key[HVC_AUTH_KEY_BYTES];

    if (cache_ms == 0)
        return 0;
    if (cache_ms > HVC_AUTH_CACHE_MAX_MS)
        return hvc_error_set(error, -ERANGE, "accepted passwords may be kept %d ms at most", HVC_AUTH_CACHE_MAX_MS);
    if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
        return hvc_error_set(error, -EIO, "the kernel gives no random bytes: %s", strerror(errno));
    auth->cache = hvc_auth_cache_new(key, cache_ms);
    explicit_bzero(key, sizeof(key));
    return auth->cache == NULL ? hvc_error_set(error, -ENOMEM, "no memory") : 0;
}

int hvc_auth_new(const struct hvc_auth_options *options, struct hvc_auth **ret_auth, struct hvc_error *error)
{
    const char *path = options->path != NULL ? options->path : HVC_AUTH_SOCKET;
    struct hvc_auth *auth = calloc(1, sizeof(*auth));
    int rc;

    if (auth == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    (void)pthread_mutex_init(&auth->lock, NULL);
    auth->address.sun_family = AF_UNIX;
    rc = hvc_text_copy(auth->address.sun_path, sizeof(auth->address.sun_path), path);
    if (rc < 0)
        rc = hvc_error_set(error, rc, "the socket's path %s is too long: %zu bytes are allowed", path,
                           sizeof(auth->address.sun_path) - 1);
    if (rc == 0)
        rc = make_cache(auth, options->cache_ms, error);
    if (rc < 0)
        hvc_auth_free(auth);
    else
        *ret_auth = auth;
    return rc;
}

void hvc_auth_free(struct hvc_auth *auth)
{
    if (auth == NULL)
        return;
    hvc_auth_cache_free(auth->cache);
    (void)pthread_mutex_destroy(&auth->lock);
    free(auth);
}

static bool is_known(struct hvc_auth *auth, const struct hvc_auth_digest *digest, struct hvc_auth_answer *ret_answer)
{
    bool known;

    if (auth->cache == NULL)
        return false;
    (void)pthread_mutex_lock(&auth->lock);
    known = hvc_auth_cache_get(auth->cache, digest, hvc_now_ms(), ret_answer);
    (void)pthread_mutex_unlock(&auth->lock);
    return known;
}

static void keep(struct hvc_auth_call *call, const struct hvc_auth_answer *answer)
{
    struct hvc_auth *auth = call->auth;

    if (auth->cache == NULL)
        return;
    (void)pthread_mutex_lock(&auth->lock);
    hvc_auth_cache_put(auth->cache, &call->digest, call->asked_ms, answer);
    (void)pthread_mutex_unlock(&auth->lock);
}

/* ---- one call ---- */

/* Ends the call with an answer that the helper did not give. */
static bool give_up(const struct hvc_auth_call *call, const char *what, struct hvc_auth_answer *ret_answer)
{
    hvc_auth_answer_set(ret_answer, HVC_AUTH_UNAVAILABLE,
                        "passwords cannot be checked: %s (%s); look at hvcluster-auth.socket and its journal", what,
                        call->auth->address.sun_path);
    return true;
}

static bool step_connect(struct hvc_auth_call *call, struct hvc_auth_answer *ret_answer)
{
    int rc;

    if (call->fd < 0)
        call->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (call->fd < 0)
        return give_up(call, strerror(errno), ret_answer);
    do {
        rc = connect(call->fd, (const struct sockaddr *)&call->auth->address, sizeof(call->auth->address));
    } while (rc < 0 && errno == EINTR);
    if (rc < 0 && errno != EAGAIN)
        return give_up(call, strerror(errno), ret_answer);
    if (rc == 0)
        call->state = SEND;
    return false;
}

static bool step_send(struct hvc_auth_call *call, struct hvc_auth_answer *ret_answer)
{
    ssize_t sent = send(call->fd, call->bytes, call->length, MSG_NOSIGNAL);

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    /* refused before it was asked: the reason waits to be read */
    if (sent < 0 && errno != EPIPE && errno != ECONNRESET)
        return give_up(call, strerror(errno), ret_answer);
    explicit_bzero(call->bytes, sizeof(call->bytes));
    call->state = RECEIVE;
    return false;
}

static bool step_receive(struct hvc_auth_call *call, struct hvc_auth_answer *ret_answer)
{
    uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    ssize_t got = recv(call->fd, bytes, sizeof(bytes), MSG_TRUNC);

    /* ECONNRESET: the helper closed without reading; what it wrote before is read next, or the end */
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
        return false;
    if (got < 0)
        return give_up(call, strerror(errno), ret_answer);
    if (got == 0)
        return give_up(call, "hvcluster-auth went away without an answer", ret_answer);
    if (got > (ssize_t)sizeof(bytes) || hvc_auth_wire_decode_answer(bytes, (size_t)got, ret_answer) < 0)
        return give_up(call, "the answer is not understood; is it hvcluster-auth of this version?", ret_answer);
    keep(call, ret_answer);
    return true;
}

bool hvc_auth_call_step(struct hvc_auth_call *call, struct hvc_auth_answer *ret_answer)
{
    bool done = false;

    if (call->state == CONNECT)
        done = step_connect(call, ret_answer);
    if (!done && call->state == SEND)
        done = step_send(call, ret_answer);
    if (!done && call->state == RECEIVE)
        done = step_receive(call, ret_answer);
    if (!done && hvc_deadline_left(call->deadline_ms) == 0)
        done = give_up(call, "no answer in time", ret_answer);
    return done;
}

int hvc_auth_call_wait(const struct hvc_auth_call *call, struct pollfd *ret_wait)
{
    uint64_t left = hvc_deadline_left(call->deadline_ms);
    uint64_t most = call->state == CONNECT ? CONNECT_AGAIN_MS : WAIT_MAX_MS;

    *ret_wait =
        (struct pollfd){.fd = call->state == CONNECT ? -1 : call->fd, .events = call->state == SEND ? POLLOUT : POLLIN};
    return (int)(left < most ? left : most);
}

bool hvc_auth_begin(struct hvc_auth *auth, const struct hvc_auth_request *request, uint64_t deadline_ms,
                    struct hvc_auth_call **ret_call, struct hvc_auth_answer *ret_answer)
{
    struct hvc_auth_call *call = calloc(1, sizeof(*call));
    struct hvc_error error = {0};

    if (call == NULL) {
        hvc_auth_answer_set(ret_answer, HVC_AUTH_UNAVAILABLE, "passwords cannot be checked: no memory");
        return true;
    }
    *call = (struct hvc_auth_call){.auth = auth, .fd = -1, .deadline_ms = deadline_ms, .asked_ms = hvc_now_ms()};
    if (hvc_auth_wire_encode_request(request, call->bytes, &call->length, &error) < 0) {
        hvc_auth_answer_set(ret_answer, HVC_AUTH_REFUSED, "%s", error.text);
        hvc_auth_call_free(call);
        return true;
    }
    if (auth->cache != NULL)
        hvc_auth_cache_digest(auth->cache, request, &call->digest);
    if (is_known(auth, &call->digest, ret_answer) || hvc_auth_call_step(call, ret_answer)) {
        hvc_auth_call_free(call);
        return true;
    }
    *ret_call = call;
    return false;
}

void hvc_auth_call_free(struct hvc_auth_call *call)
{
    if (call == NULL)
        return;
    if (call->fd >= 0)
        (void)close(call->fd);
    explicit_bzero(call, sizeof(*call));
    free(call);
}

void hvc_auth_check(struct hvc_auth *auth, const struct hvc_auth_request *request, uint64_t deadline_ms,
                    struct hvc_auth_answer *ret_answer)
{
    struct hvc_auth_call *call = NULL;
    bool done = hvc_auth_begin(auth, request, deadline_ms, &call, ret_answer);

    while (!done) {
        struct pollfd wait;
        int wait_ms = hvc_auth_call_wait(call, &wait);

        (void)poll(&wait, 1, wait_ms); /* whatever it says, step looks */
        done = hvc_auth_call_step(call, ret_answer);
    }
    hvc_auth_call_free(call);
}

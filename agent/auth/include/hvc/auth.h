/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of hvcluster-auth, the helper that asks PAM about passwords: user and password in, verdict and groups out.
 * Whatever goes wrong is an answer with words for people, too; there is no other error. Passwords are not kept, not
 * logged and never in the words; what a call copies of them is wiped before it returns.
 *
 *     verdict        in words of HTTP     what it means
 *     ACCEPTED       go on                groups and the account's own name are set
 *     REFUSED        401                  name or password wrong; which of them nobody is told
 *     EXPIRED        403                  the password is right, account or password have expired
 *     DENIED         403                  the password is right, the account stack of PAM does not let the user in
 *     LIMITED        429, Retry-After     too many failed attempts; retry_after_s
 *     UNAVAILABLE    503                  nobody could check: helper or PAM missing, broken, overloaded, too slow
 *
 * A wrong password is answered after the delay that PAM asks for (2 s with pam_unix): deadlines of 10 s and more.
 * Library hvc_auth; any thread.
 */
#ifndef HVC_AUTH_H
#define HVC_AUTH_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

enum hvc_auth_verdict {
    HVC_AUTH_ACCEPTED,
    HVC_AUTH_REFUSED,
    HVC_AUTH_EXPIRED,
    HVC_AUTH_DENIED,
    HVC_AUTH_LIMITED,
    HVC_AUTH_UNAVAILABLE,
    HVC_AUTH_VERDICT_COUNT
};

/* A word such as "accepted"; "?" outside the enum. */
const char *hvc_auth_verdict_name(enum hvc_auth_verdict verdict);

/* Strings of the caller. user and origin: UTF-8 without control characters; password: any bytes but zero. */
struct hvc_auth_request {
    const char *user;
    const char *password;
    const char *origin; /* address the request came from, for limits, PAM_RHOST and the log; "" when it is local */
};

struct hvc_auth_answer {
    enum hvc_auth_verdict verdict;
    uint32_t retry_after_s;           /* LIMITED: seconds after which one more attempt is taken; otherwise 0 */
    char words[HVC_AUTH_WORDS_MAX];   /* a sentence; "" when accepted */
    char user[HVC_AUTH_USER_MAX];     /* accepted: the account's name, which PAM may have changed */
    char groups[HVC_AUTH_GROUPS_MAX]; /* accepted: names, each with its zero byte, an empty one at the end */
};

/* Forgets the former answer and makes one that is not ACCEPTED. */
void hvc_auth_answer_set(struct hvc_auth_answer *answer, enum hvc_auth_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct hvc_auth_options {
    const char *path; /* of the helper's socket; NULL: HVC_AUTH_SOCKET */
    /* How long an accepted password is taken again without asking, 0: never, 60000 at most. HTTP sends the password
     * with every request, and a good password hash costs tens of milliseconds on purpose: without this nobody gets more
     * than a few dozen requests a second. What is kept is a keyed hash (HMAC-SHA256, a random key of this process) of
     * origin, user and password. A password or account that is changed is still taken so much longer. */
    uint64_t cache_ms;
};

struct hvc_auth;

/* -ENAMETOOLONG (path), -ERANGE (cache_ms), -ENOMEM, -EIO (no random bytes), in words. */
int hvc_auth_new(const struct hvc_auth_options *options, struct hvc_auth **ret_auth, struct hvc_error *error);
void hvc_auth_free(struct hvc_auth *auth); /* after its calls; NULL is allowed */

/* Blocks until the answer or deadline_ms (hvc/clock.h). The caller's thread only. */
void hvc_auth_check(struct hvc_auth *auth, const struct hvc_auth_request *request, uint64_t deadline_ms,
                    struct hvc_auth_answer *ret_answer);

/*
 * The same without blocking, for a main loop: begin, then step whenever the descriptor is ready or the wait is over,
 * until step says true. One thread at a time for one call. To cancel is to free.
 */
struct hvc_auth_call;

/* True: answered at once (*ret_answer is set, no call is made). False: *ret_call is the caller's to step and free. */
bool hvc_auth_begin(struct hvc_auth *auth, const struct hvc_auth_request *request, uint64_t deadline_ms,
                    struct hvc_auth_call **ret_call, struct hvc_auth_answer *ret_answer);
/* What to wait for; the descriptor is -1 when only time matters. Returns milliseconds for poll(2), never -1. */
int hvc_auth_call_wait(const struct hvc_auth_call *call, struct pollfd *ret_wait);
bool hvc_auth_call_step(struct hvc_auth_call *call, struct hvc_auth_answer *ret_answer);
void hvc_auth_call_free(struct hvc_auth_call *call); /* NULL is allowed */

#endif

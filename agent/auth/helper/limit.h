/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many failed attempts are taken. Four buckets hold an attempt, by what is the same in the next one: user and
 * origin together, the user, the origin, the process that asks. An attempt takes a token of each at its start, so that
 * guesses at one time count as well as guesses in turn; it gets them back unless the password was wrong. A bucket fills
 * up with time. The loose bucket of the user alone bounds what many origins can try together, and what a stranger can
 * do to keep the owner out.
 *
 * Pure: time is given, in milliseconds of any clock that does not go back. Names are kept as hashes only. When the
 * table is full the bucket nearest to full is forgotten.
 */
#ifndef HVC_AUTH_LIMIT_H
#define HVC_AUTH_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum hvc_auth_bucket {
    HVC_AUTH_BUCKET_USER_ORIGIN,
    HVC_AUTH_BUCKET_USER,
    HVC_AUTH_BUCKET_ORIGIN,
    HVC_AUTH_BUCKET_PEER,
    HVC_AUTH_BUCKET_COUNT
};

struct hvc_auth_bucket_row {
    unsigned burst;     /* failures at once, from full */
    uint64_t refill_ms; /* one more after this */
};

/* The table above in numbers, for the words and the tests. */
const struct hvc_auth_bucket_row *hvc_auth_bucket_row(enum hvc_auth_bucket bucket);

struct hvc_auth_attempt {
    const char *user, *origin;
    uint32_t uid; /* of the process that asks */
};

struct hvc_auth_ticket {
    uint64_t keys[HVC_AUTH_BUCKET_COUNT];
};

struct hvc_auth_limit;

/* seed: random, so that nobody can make names whose hashes meet. NULL without memory. */
struct hvc_auth_limit *hvc_auth_limit_new(uint64_t seed);
void hvc_auth_limit_free(struct hvc_auth_limit *limit);

/*
 * Takes the tokens of one attempt.
 *   0        *ret_ticket goes to settle, once
 *   -EAGAIN  attempts under way hold the last tokens: ask again when one of them has ended
 *   -EBUSY   too many have failed: *ret_retry_ms until one more is taken
 */
int hvc_auth_limit_take(struct hvc_auth_limit *limit, const struct hvc_auth_attempt *attempt, uint64_t now_ms,
                        struct hvc_auth_ticket *ret_ticket, uint64_t *ret_retry_ms);

/* The attempt has ended. failed: the password was wrong, or the check was given up; the tokens are spent. */
void hvc_auth_limit_settle(struct hvc_auth_limit *limit, const struct hvc_auth_ticket *ticket, bool failed,
                           uint64_t now_ms);

/* When every bucket is full and nothing is remembered, if no attempt comes or is under way: 0: now. */
uint64_t hvc_auth_limit_forgotten_ms(const struct hvc_auth_limit *limit, uint64_t now_ms);

#endif

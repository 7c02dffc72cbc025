/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accepted passwords that are taken again for a few seconds (why: hvc_auth_options.cache_ms). An entry is a keyed hash
 * of origin, user and password; only ACCEPTED is kept, so a wrong password always reaches the helper and its limits. An
 * entry ends cache_ms after PAM's word, however often it is used. Not thread-safe; time is given.
 */
#ifndef HVC_AUTH_CACHE_H
#define HVC_AUTH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/auth.h"

enum { HVC_AUTH_KEY_BYTES = 32 };

struct hvc_auth_cache;

/* key: random. NULL without memory. */
struct hvc_auth_cache *hvc_auth_cache_new(const uint8_t key[HVC_AUTH_KEY_BYTES], uint64_t cache_ms);
void hvc_auth_cache_free(struct hvc_auth_cache *cache); /* wiped first; NULL is allowed */

/* The hash under which the request is kept. */
struct hvc_auth_digest {
    uint8_t bytes[32];
};
void hvc_auth_cache_digest(const struct hvc_auth_cache *cache, const struct hvc_auth_request *request,
                           struct hvc_auth_digest *ret_digest);

/* True and the answer when it was accepted less than cache_ms ago. */
bool hvc_auth_cache_get(const struct hvc_auth_cache *cache, const struct hvc_auth_digest *digest, uint64_t now_ms,
                        struct hvc_auth_answer *ret_answer);

/* Keeps what was ACCEPTED (asked_ms: when it was asked), in the place of the oldest when full. Forgets the entry when
 * PAM has another word now. */
void hvc_auth_cache_put(struct hvc_auth_cache *cache, const struct hvc_auth_digest *digest, uint64_t asked_ms,
                        const struct hvc_auth_answer *answer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <glib.h>
#include <string.h>

struct entry {
    bool used;
    uint64_t asked_ms;
    struct hvc_auth_digest digest;
    struct hvc_auth_answer answer;
};

struct hvc_auth_cache {
    uint8_t key[HVC_AUTH_KEY_BYTES];
    uint64_t cache_ms;
    struct entry entries[HVC_AUTH_CACHE_MAX];
};

struct hvc_auth_cache *hvc_auth_cache_new(const uint8_t key[HVC_AUTH_KEY_BYTES], uint64_t cache_ms)
{
    struct hvc_auth_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    memcpy(cache->key, key, sizeof(cache->key));
    cache->cache_ms = cache_ms;
    return cache;
}

void hvc_auth_cache_free(struct hvc_auth_cache *cache)
{
    if (cache == NULL)
        return;
    explicit_bzero(cache, sizeof(*cache));
    free(cache);
}

void hvc_auth_cache_digest(const struct hvc_auth_cache *cache, const struct hvc_auth_request *request,
                           struct hvc_auth_digest *ret_digest)
{
    /* GLib does not wipe the block that it has hashed last: that block shall not be the password */
    static const uint8_t blocks[2 * 64] = {0};
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, cache->key, sizeof(cache->key));
    gsize length = sizeof(ret_digest->bytes);

    memset(ret_digest, 0, sizeof(*ret_digest));
    /* each with its zero byte, so that no two requests are the same bytes */
    g_hmac_update(hmac, (const guchar *)request->origin, (gssize)strlen(request->origin) + 1);
    g_hmac_update(hmac, (const guchar *)request->user, (gssize)strlen(request->user) + 1);
    g_hmac_update(hmac, (const guchar *)request->password, (gssize)strlen(request->password) + 1);
    g_hmac_update(hmac, blocks, sizeof(blocks));
    g_hmac_get_digest(hmac, ret_digest->bytes, &length);
    g_hmac_unref(hmac);
}

/* In a time that does not tell where they differ. */
static bool is_same(const struct hvc_auth_digest *a, const struct hvc_auth_digest *b)
{
    unsigned different = 0;

    for (size_t i = 0; i < sizeof(a->bytes); i++)
        different |= (unsigned)a->bytes[i] ^ b->bytes[i];
    return different == 0;
}

static const struct entry *find(const struct hvc_auth_cache *cache, const struct hvc_auth_digest *digest)
{
    for (unsigned i = 0; i < HVC_AUTH_CACHE_MAX; i++) {
        if (cache->entries[i].used && is_same(&cache->entries[i].digest, digest))
            return &cache->entries[i];
    }
    return NULL;
}

bool hvc_auth_cache_get(const struct hvc_auth_cache *cache, const struct hvc_auth_digest *digest, uint64_t now_ms,
                        struct hvc_auth_answer *ret_answer)
{
    const struct entry *entry = find(cache, digest);

    if (entry == NULL || now_ms < entry->asked_ms || now_ms - entry->asked_ms >= cache->cache_ms)
        return false;
    *ret_answer = entry->answer;
    return true;
}

/* Overload says nothing about the password; a word of PAM does. */
static bool takes_back(enum hvc_auth_verdict verdict)
{
    return verdict == HVC_AUTH_REFUSED || verdict == HVC_AUTH_EXPIRED || verdict == HVC_AUTH_DENIED;
}

void hvc_auth_cache_put(struct hvc_auth_cache *cache, const struct hvc_auth_digest *digest, uint64_t asked_ms,
                        const struct hvc_auth_answer *answer)
{
    struct entry *place = NULL;

    for (unsigned i = 0; i < HVC_AUTH_CACHE_MAX; i++) {
        struct entry *entry = &cache->entries[i];

        if (entry->used && is_same(&entry->digest, digest)) {
            place = entry;
            break;
        }
        if (place == NULL || (place->used && (!entry->used || entry->asked_ms < place->asked_ms)))
            place = entry;
    }
    if (answer->verdict == HVC_AUTH_ACCEPTED) {
        *place = (struct entry){.used = true, .asked_ms = asked_ms, .digest = *digest, .answer = *answer};
    } else if (takes_back(answer->verdict) && place->used && is_same(&place->digest, digest)) {
        explicit_bzero(place, sizeof(*place));
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limit.h"

#include <errno.h>
#include <string.h>

#include "hvc/hash.h"
#include "hvc/limits.h"

static const struct hvc_auth_bucket_row rows[HVC_AUTH_BUCKET_COUNT] = {
    [HVC_AUTH_BUCKET_USER_ORIGIN] = {5, 12000},
    [HVC_AUTH_BUCKET_USER] = {30, 6000},
    [HVC_AUTH_BUCKET_ORIGIN] = {20, 3000},
    [HVC_AUTH_BUCKET_PEER] = {200, 50},
};

/* A bucket that is full and idle has no entry. */
struct entry {
    uint64_t key;
    uint64_t full_ms;   /* when the tokens that are spent have come back */
    unsigned under_way; /* tokens that attempts hold */
    bool used;
};

struct hvc_auth_limit {
    uint64_t seed;
    struct entry entries[HVC_AUTH_LIMIT_ENTRIES_MAX];
};

const struct hvc_auth_bucket_row *hvc_auth_bucket_row(enum hvc_auth_bucket bucket)
{
    return &rows[bucket];
}

struct hvc_auth_limit *hvc_auth_limit_new(uint64_t seed)
{
    struct hvc_auth_limit *limit = calloc(1, sizeof(*limit));

    if (limit != NULL)
        limit->seed = seed;
    return limit;
}

void hvc_auth_limit_free(struct hvc_auth_limit *limit)
{
    free(limit);
}

static uint64_t hash_text(const char *text, uint64_t seed)
{
    return hvc_hash64(text, strlen(text), seed);
}

static void make_keys(const struct hvc_auth_limit *limit, const struct hvc_auth_attempt *attempt,
                      struct hvc_auth_ticket *ret_ticket)
{
    uint64_t *keys = ret_ticket->keys;

    /* the number of the bucket is part of its seed: equal names in two buckets are two keys */
    keys[HVC_AUTH_BUCKET_USER] = hash_text(attempt->user, limit->seed + HVC_AUTH_BUCKET_USER);
    keys[HVC_AUTH_BUCKET_ORIGIN] = hash_text(attempt->origin, limit->seed + HVC_AUTH_BUCKET_ORIGIN);
    keys[HVC_AUTH_BUCKET_USER_ORIGIN] =
        hash_text(attempt->user, keys[HVC_AUTH_BUCKET_ORIGIN] + HVC_AUTH_BUCKET_USER_ORIGIN);
    keys[HVC_AUTH_BUCKET_PEER] = hvc_hash64(&attempt->uid, sizeof(attempt->uid), limit->seed + HVC_AUTH_BUCKET_PEER);
}

static bool is_idle(const struct entry *entry, uint64_t now_ms)
{
    return entry->under_way == 0 && entry->full_ms <= now_ms;
}

/* The entry of a key, or NULL: the bucket is full. */
static struct entry *find(struct hvc_auth_limit *limit, uint64_t key)
{
    for (unsigned i = 0; i < HVC_AUTH_LIMIT_ENTRIES_MAX; i++) {
        if (limit->entries[i].used && limit->entries[i].key == key)
            return &limit->entries[i];
    }
    return NULL;
}

/* A place for a new key: a free one, or that of the bucket nearest to full which no attempt holds. There always is one:
 * attempts under way are far fewer than entries; NULL only when a caller does not keep to that. */
static struct entry *make(struct hvc_auth_limit *limit, uint64_t key, uint64_t now_ms)
{
    struct entry *best = NULL;

    for (unsigned i = 0; i < HVC_AUTH_LIMIT_ENTRIES_MAX; i++) {
        struct entry *entry = &limit->entries[i];

        if (!entry->used || is_idle(entry, now_ms)) {
            best = entry;
            break;
        }
        if (entry->under_way == 0 && (best == NULL || entry->full_ms < best->full_ms))
            best = entry;
    }
    if (best != NULL)
        *best = (struct entry){.key = key, .used = true};
    return best;
}

/* Whether the bucket has one more token: 0, -EAGAIN, -EBUSY as take. */
static int look(const struct entry *entry, const struct hvc_auth_bucket_row *row, uint64_t now_ms,
                uint64_t *ret_retry_ms)
{
    uint64_t room = row->burst * row->refill_ms;
    uint64_t spent = entry != NULL && entry->full_ms > now_ms ? entry->full_ms - now_ms : 0;
    uint64_t held = entry != NULL ? entry->under_way * row->refill_ms : 0;

    *ret_retry_ms = 0;
    if (spent + row->refill_ms > room) {
        *ret_retry_ms = spent + row->refill_ms - room;
        return -EBUSY;
    }
    return spent + held + row->refill_ms > room ? -EAGAIN : 0;
}

int hvc_auth_limit_take(struct hvc_auth_limit *limit, const struct hvc_auth_attempt *attempt, uint64_t now_ms,
                        struct hvc_auth_ticket *ret_ticket, uint64_t *ret_retry_ms)
{
    struct hvc_auth_ticket ticket;
    uint64_t longest = 0;
    int verdict = 0;

    make_keys(limit, attempt, &ticket);
    for (unsigned i = 0; i < HVC_AUTH_BUCKET_COUNT; i++) {
        uint64_t retry;
        int rc = look(find(limit, ticket.keys[i]), &rows[i], now_ms, &retry);

        longest = retry > longest ? retry : longest;
        if (rc == -EBUSY || verdict == 0)
            verdict = rc;
    }
    *ret_retry_ms = longest;
    if (verdict < 0)
        return verdict;
    for (unsigned i = 0; i < HVC_AUTH_BUCKET_COUNT; i++) {
        struct entry *entry = find(limit, ticket.keys[i]);

        if (entry == NULL)
            entry = make(limit, ticket.keys[i], now_ms);
        if (entry != NULL)
            entry->under_way++;
    }
    *ret_ticket = ticket;
    return 0;
}

void hvc_auth_limit_settle(struct hvc_auth_limit *limit, const struct hvc_auth_ticket *ticket, bool failed,
                           uint64_t now_ms)
{
    for (unsigned i = 0; i < HVC_AUTH_BUCKET_COUNT; i++) {
        struct entry *entry = find(limit, ticket->keys[i]);

        if (entry == NULL || entry->under_way == 0)
            continue;
        entry->under_way--;
        if (failed)
            entry->full_ms = (entry->full_ms > now_ms ? entry->full_ms : now_ms) + rows[i].refill_ms;
    }
}

uint64_t hvc_auth_limit_forgotten_ms(const struct hvc_auth_limit *limit, uint64_t now_ms)
{
    uint64_t longest = 0;

    for (unsigned i = 0; i < HVC_AUTH_LIMIT_ENTRIES_MAX; i++) {
        const struct entry *entry = &limit->entries[i];
        uint64_t left = entry->used && entry->full_ms > now_ms ? entry->full_ms - now_ms : 0;

        longest = left > longest ? left : longest;
    }
    return longest;
}

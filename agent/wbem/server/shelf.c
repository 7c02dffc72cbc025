/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shelf.h"

#include <pthread.h>
#include <stdlib.h>

#include "hvc/clock.h"

enum { BITS = 16, ARENA_BYTES = 64 << 20 };

struct hvc_wbemd_shelf {
    pthread_mutex_t mutex;
    struct hvc_wbemd_kept *parts[BITS]; /* by number of the bit; under mutex */
};

struct hvc_wbemd_kept *hvc_wbemd_kept_new(const struct hvc_wbemd_stamp *stamp)
{
    struct hvc_wbemd_kept *kept = calloc(1, sizeof(*kept));

    if (kept == NULL)
        return NULL;
    kept->arena = hvc_cim_arena_new(ARENA_BYTES);
    if (kept->arena == NULL) {
        free(kept);
        return NULL;
    }
    hvc_wbemd_facts_clear(&kept->facts);
    kept->stamp = *stamp;
    kept->since_ms = hvc_now_ms();
    atomic_init(&kept->uses, 1);
    return kept;
}

void hvc_wbemd_kept_release(void *context)
{
    struct hvc_wbemd_kept *kept = context;

    if (kept == NULL || atomic_fetch_sub(&kept->uses, 1) > 1)
        return;
    hvc_cim_arena_free(kept->arena);
    free(kept);
}

struct hvc_wbemd_kept *hvc_wbemd_kept_use(struct hvc_wbemd_kept *kept)
{
    (void)atomic_fetch_add(&kept->uses, 1);
    return kept;
}

struct hvc_wbemd_shelf *hvc_wbemd_shelf_new(void)
{
    struct hvc_wbemd_shelf *shelf = calloc(1, sizeof(*shelf));

    if (shelf != NULL)
        (void)pthread_mutex_init(&shelf->mutex, NULL);
    return shelf;
}

void hvc_wbemd_shelf_free(struct hvc_wbemd_shelf *shelf)
{
    if (shelf == NULL)
        return;
    for (unsigned i = 0; i < BITS; i++)
        hvc_wbemd_kept_release(shelf->parts[i]);
    (void)pthread_mutex_destroy(&shelf->mutex);
    free(shelf);
}

static bool tells(const struct hvc_wbemd_kept *kept, const struct hvc_wbemd_stamp *stamp)
{
    return kept->stamp.applied == stamp->applied && kept->stamp.epoch == stamp->epoch &&
           kept->stamp.stale == stamp->stale && hvc_now_ms() - kept->since_ms <= HVC_WBEMD_KEPT_MS;
}

struct hvc_wbemd_kept *hvc_wbemd_shelf_take(struct hvc_wbemd_shelf *shelf, uint32_t part,
                                            const struct hvc_wbemd_stamp *stamp)
{
    struct hvc_wbemd_kept *kept;

    (void)pthread_mutex_lock(&shelf->mutex);
    kept = shelf->parts[__builtin_ctz(part) % BITS];
    kept = kept != NULL && tells(kept, stamp) ? hvc_wbemd_kept_use(kept) : NULL;
    (void)pthread_mutex_unlock(&shelf->mutex);
    return kept;
}

void hvc_wbemd_shelf_put(struct hvc_wbemd_shelf *shelf, uint32_t part, struct hvc_wbemd_kept *kept)
{
    struct hvc_wbemd_kept **place = &shelf->parts[__builtin_ctz(part) % BITS];
    struct hvc_wbemd_kept *former;

    (void)pthread_mutex_lock(&shelf->mutex);
    former = *place;
    *place = hvc_wbemd_kept_use(kept);
    (void)pthread_mutex_unlock(&shelf->mutex);
    hvc_wbemd_kept_release(former);
}

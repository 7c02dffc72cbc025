/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of the picture that are the same until the replicated state changes: made once, and shared by all who ask
 * meanwhile. What of them is not replicated (the addresses of nodes) is at most HVC_WBEMD_KEPT_MS old.
 * Threads: any. Ownership: a part is counted; it lives until the shelf and all who use it have let go of it.
 */
#ifndef HVC_WBEMD_SHELF_H
#define HVC_WBEMD_SHELF_H

#include <stdatomic.h>

#include "facts.h"

enum {
    HVC_WBEMD_KEPT_MS = 1000,
    HVC_WBEMD_KEPT_PARTS = HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS | HVC_FACTS_NETWORKS | HVC_FACTS_NODES,
};

/* Which state an answer tells. */
struct hvc_wbemd_stamp {
    uint64_t applied, epoch;
    bool stale;
};

struct hvc_wbemd_kept {
    struct hvc_cim_arena *arena;
    struct hvc_cim_facts facts; /* one part of them; not changed when others have it */
    struct hvc_wbemd_stamp stamp;
    uint64_t since_ms;
    atomic_uint uses;
};

/* Empty, with one use; the stamp was asked for before its contents are. NULL: no memory. */
struct hvc_wbemd_kept *hvc_wbemd_kept_new(const struct hvc_wbemd_stamp *stamp);
struct hvc_wbemd_kept *hvc_wbemd_kept_use(struct hvc_wbemd_kept *kept); /* one more */
void hvc_wbemd_kept_release(void *kept);                                /* one use; NULL is allowed */

struct hvc_wbemd_shelf;

struct hvc_wbemd_shelf *hvc_wbemd_shelf_new(void);
void hvc_wbemd_shelf_free(struct hvc_wbemd_shelf *shelf); /* NULL is allowed */
/* What tells that state, with a use for the caller; NULL: there is none, or it is too old. part: a bit of KEPT_PARTS.
 */
struct hvc_wbemd_kept *hvc_wbemd_shelf_take(struct hvc_wbemd_shelf *shelf, uint32_t part,
                                            const struct hvc_wbemd_stamp *stamp);
void hvc_wbemd_shelf_put(struct hvc_wbemd_shelf *shelf, uint32_t part, struct hvc_wbemd_kept *kept);

#endif

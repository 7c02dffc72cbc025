/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the state lies in: pools of slots, hash indexes over them, lists through them, all inside one block. Which slot
 * something lies in depends on history and is never visible outside.
 */
#ifndef HVC_SERVICE_TABLES_H
#define HVC_SERVICE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HVC_NONE UINT32_MAX

/* One slot of a pool. */
struct hvc_slot {
    uint64_t hash; /* what it has in the digest's sum, 0: nothing */
    uint32_t next; /* in the list of free slots */
    bool live, dirty;
};

struct hvc_pool {
    struct hvc_slot *slots;
    uint32_t capacity, count;
    uint32_t fresh; /* slots from here on were never used: their memory is not touched */
    uint32_t free;  /* head of the list of slots given back */
};

void hvc_pool_clear(struct hvc_pool *pool);
uint32_t hvc_pool_take(struct hvc_pool *pool); /* HVC_NONE: full */
void hvc_pool_give(struct hvc_pool *pool, uint32_t slot);
/* First live slot at or after slot, HVC_NONE at the end. */
uint32_t hvc_pool_live(const struct hvc_pool *pool, uint32_t slot);

/* Open addressing, linear probing, removal by shifting back. Keys lie in the items: the caller compares. */
struct hvc_index_cell {
    uint32_t hash;
    uint32_t slot; /* + 1; 0: empty */
};
struct hvc_index {
    struct hvc_index_cell *cells;
    uint32_t mask;
};

uint32_t hvc_index_cells(uint32_t capacity); /* a power of two with at least half of it empty */
void hvc_index_clear(struct hvc_index *index);
void hvc_index_add(struct hvc_index *index, uint32_t hash, uint32_t slot);
void hvc_index_remove(struct hvc_index *index, uint32_t hash, uint32_t slot);
/* Slots of that hash one after the other: start with *probe = hash; HVC_NONE at the end. */
uint32_t hvc_index_next(const struct hvc_index *index, uint32_t hash, uint32_t *probe);

struct hvc_link {
    uint32_t previous, next;
};
struct hvc_list {
    uint32_t head, tail, count;
};

/* links: the array of links, by slot. */
void hvc_list_clear(struct hvc_list *list);
void hvc_list_remove(struct hvc_list *list, struct hvc_link *links, uint32_t slot);
void hvc_list_insert_after(struct hvc_list *list, struct hvc_link *links, uint32_t after, uint32_t slot);

/* Sorts slots in place by heap sort: no memory, no bad case. less(context, a, b). */
void hvc_sort(uint32_t *slots, uint32_t count, bool (*less)(const void *context, uint32_t a, uint32_t b),
              const void *context);

#endif

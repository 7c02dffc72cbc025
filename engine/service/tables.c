/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables.h"

#include <string.h>

void hvc_pool_clear(struct hvc_pool *pool)
{
    pool->count = 0;
    pool->fresh = 0;
    pool->free = HVC_NONE;
}

uint32_t hvc_pool_take(struct hvc_pool *pool)
{
    uint32_t slot = pool->free;

    if (slot != HVC_NONE) {
        pool->free = pool->slots[slot].next;
    } else {
        if (pool->fresh == pool->capacity)
            return HVC_NONE;
        slot = pool->fresh++;
        pool->slots[slot] = (struct hvc_slot){0};
    }
    pool->slots[slot].live = true;
    pool->count++;
    return slot;
}

void hvc_pool_give(struct hvc_pool *pool, uint32_t slot)
{
    pool->slots[slot].live = false;
    pool->slots[slot].next = pool->free;
    pool->free = slot;
    pool->count--;
}

uint32_t hvc_pool_live(const struct hvc_pool *pool, uint32_t slot)
{
    for (; slot < pool->fresh; slot++) {
        if (pool->slots[slot].live)
            return slot;
    }
    return HVC_NONE;
}

uint32_t hvc_index_cells(uint32_t capacity)
{
    uint32_t cells = 4;

    while (cells < 2 * capacity)
        cells *= 2;
    return cells;
}

void hvc_index_clear(struct hvc_index *index)
{
    memset(index->cells, 0, sizeof(*index->cells) * ((size_t)index->mask + 1));
}

void hvc_index_add(struct hvc_index *index, uint32_t hash, uint32_t slot)
{
    uint32_t at = hash & index->mask;

    while (index->cells[at].slot != 0)
        at = (at + 1) & index->mask;
    index->cells[at] = (struct hvc_index_cell){.hash = hash, .slot = slot + 1};
}

void hvc_index_remove(struct hvc_index *index, uint32_t hash, uint32_t slot)
{
    uint32_t hole = hash & index->mask;

    while (index->cells[hole].slot != slot + 1) {
        if (index->cells[hole].slot == 0)
            return;
        hole = (hole + 1) & index->mask;
    }
    /* Close the hole: what was pushed over it by probing moves back. */
    for (uint32_t at = (hole + 1) & index->mask; index->cells[at].slot != 0; at = (at + 1) & index->mask) {
        uint32_t home = index->cells[at].hash & index->mask;

        if (((at - home) & index->mask) >= ((at - hole) & index->mask)) {
            index->cells[hole] = index->cells[at];
            hole = at;
        }
    }
    index->cells[hole] = (struct hvc_index_cell){0};
}

uint32_t hvc_index_next(const struct hvc_index *index, uint32_t hash, uint32_t *probe)
{
    for (uint32_t at = *probe & index->mask; index->cells[at].slot != 0; at = (at + 1) & index->mask) {
        if (index->cells[at].hash == hash) {
            *probe = at + 1;
            return index->cells[at].slot - 1;
        }
    }
    return HVC_NONE;
}

void hvc_list_clear(struct hvc_list *list)
{
    *list = (struct hvc_list){.head = HVC_NONE, .tail = HVC_NONE};
}

void hvc_list_remove(struct hvc_list *list, struct hvc_link *links, uint32_t slot)
{
    struct hvc_link link = links[slot];

    if (link.previous == HVC_NONE)
        list->head = link.next;
    else
        links[link.previous].next = link.next;
    if (link.next == HVC_NONE)
        list->tail = link.previous;
    else
        links[link.next].previous = link.previous;
    list->count--;
}

void hvc_list_insert_after(struct hvc_list *list, struct hvc_link *links, uint32_t after, uint32_t slot)
{
    uint32_t next = after == HVC_NONE ? list->head : links[after].next;

    links[slot] = (struct hvc_link){.previous = after, .next = next};
    if (after == HVC_NONE)
        list->head = slot;
    else
        links[after].next = slot;
    if (next == HVC_NONE)
        list->tail = slot;
    else
        links[next].previous = slot;
    list->count++;
}

static void sift(uint32_t *slots, uint32_t root, uint32_t count,
                 bool (*less)(const void *context, uint32_t a, uint32_t b), const void *context)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        uint32_t saved = slots[root];

        if (child + 1 < count && less(context, slots[child], slots[child + 1]))
            child++;
        if (!less(context, saved, slots[child]))
            return;
        slots[root] = slots[child];
        slots[child] = saved;
    }
}

void hvc_sort(uint32_t *slots, uint32_t count, bool (*less)(const void *context, uint32_t a, uint32_t b),
              const void *context)
{
    for (uint32_t root = count / 2; root > 0; root--)
        sift(slots, root - 1, count, less, context);
    for (uint32_t left = count; left > 1; left--) {
        uint32_t last = slots[left - 1];

        slots[left - 1] = slots[0];
        slots[0] = last;
        sift(slots, 0, left - 1, less, context);
    }
}

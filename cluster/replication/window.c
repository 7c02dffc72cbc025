/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "internal.h"

void hvc_window_reset(struct hvc_window *w, uint64_t base, uint64_t base_epoch)
{
    w->base = base;
    w->last = base;
    w->base_epoch = base_epoch;
    w->tail = 0;
}

struct hvc_window_slot *hvc_window_slot(const struct hvc_window *w, uint64_t index)
{
    return &w->slot[index % w->capacity];
}

/* Where length bytes fit without wrapping inside; the start may move to 0. Bytes in use never become the whole ring, so
 * tail = head means empty. */
static bool window_place(const struct hvc_window *w, uint32_t length, uint32_t *ret_offset)
{
    uint32_t head;

    if (w->last == w->base) {
        *ret_offset = 0;
        return length < w->size;
    }
    head = hvc_window_slot(w, w->base + 1)->offset;
    if (w->tail >= head) {
        *ret_offset = w->tail;
        if (w->size - w->tail >= length)
            return true;
        *ret_offset = 0;
        return head > length;
    }
    *ret_offset = w->tail;
    return head - w->tail > length;
}

int hvc_window_append(struct hvc_window *w, const struct hvc_entry *entry, uint64_t own_view)
{
    struct hvc_window_slot *slot = hvc_window_slot(w, w->last + 1);
    uint32_t offset;

    if (w->last - w->base >= w->capacity || !window_place(w, entry->length, &offset))
        return -ENOBUFS;
    if (entry->length > 0)
        memcpy(w->bytes + offset, entry->bytes, entry->length);
    *slot = (struct hvc_window_slot){.epoch = entry->epoch,
                                     .own_view = own_view,
                                     .token = entry->token,
                                     .offset = offset,
                                     .length = entry->length,
                                     .kind = entry->kind,
                                     .version = entry->version};
    w->tail = offset + entry->length;
    w->last++;
    return 0;
}

void hvc_window_truncate(struct hvc_window *w, uint64_t above)
{
    if (above >= w->last)
        return;
    if (above < w->base)
        above = w->base;
    w->tail = hvc_window_slot(w, above + 1)->offset;
    w->last = above;
}

void hvc_window_trim(struct hvc_window *w, uint64_t upto)
{
    if (upto <= w->base || upto > w->last)
        return;
    w->base_epoch = hvc_window_slot(w, upto)->epoch;
    w->base = upto;
}

int hvc_window_get(const struct hvc_window *w, uint64_t index, struct hvc_entry *ret_entry)
{
    const struct hvc_window_slot *slot;

    if (index <= w->base || index > w->last)
        return -ENOENT;
    slot = hvc_window_slot(w, index);
    *ret_entry = (struct hvc_entry){.index = index,
                                    .epoch = slot->epoch,
                                    .kind = slot->kind,
                                    .version = slot->version,
                                    .token = slot->token,
                                    .bytes = w->bytes + slot->offset,
                                    .length = slot->length};
    return 0;
}

uint64_t hvc_window_epoch(const struct hvc_window *w, uint64_t index)
{
    if (index == w->base)
        return w->base_epoch;
    return index > w->base && index <= w->last ? hvc_window_slot(w, index)->epoch : 0;
}

uint64_t hvc_window_last_epoch(const struct hvc_window *w)
{
    return hvc_window_epoch(w, w->last);
}

uint32_t hvc_window_bytes_used(const struct hvc_window *w)
{
    uint32_t head;

    if (w->last == w->base)
        return 0;
    head = hvc_window_slot(w, w->base + 1)->offset;
    return w->tail >= head ? w->tail - head : w->size - head + w->tail;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct mof_block {
    struct mof_block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

static struct mof_block *new_block(struct mof_arena *arena, size_t size)
{
    size_t bytes = size < BLOCK_BYTES ? (size_t)BLOCK_BYTES : size;
    struct mof_block *block = calloc(1, sizeof(*block) + bytes);

    if (block == NULL) {
        fputs("hvc-mofc: out of memory\n", stderr);
        exit(2);
    }
    block->size = bytes;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *mof_alloc(struct mof_arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct mof_block *block = arena->blocks;
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > ((size_t)1 << 40)) {
        fputs("hvc-mofc: out of memory\n", stderr);
        exit(2);
    }
    bytes = (bytes + align - 1) / align * align;
    if (block == NULL || block->size - block->used < bytes)
        block = new_block(arena, bytes);
    block->used += bytes;
    return block->bytes + block->used - bytes;
}

char *mof_copy_text(struct mof_arena *arena, const char *text, size_t length)
{
    char *copy = mof_alloc(arena, length + 1, 1);

    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

void *mof_list_add(struct mof_arena *arena, void *list, size_t *count, void *item)
{
    size_t n = *count;
    void **items = list;

    /* room is a power of two: a new one when count has reached it */
    if (n == 0 || (n & (n - 1)) == 0) {
        items = mof_alloc(arena, (n == 0 ? 1 : 2 * n) + 1, sizeof(*items));
        if (n > 0)
            memcpy(items, list, n * sizeof(*items));
    }
    items[n] = item;
    *count = n + 1;
    return items;
}

void mof_arena_free(struct mof_arena *arena)
{
    struct mof_block *next;

    for (struct mof_block *block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cim.h"

enum { BLOCK_BYTES = 16 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

struct attached {
    struct attached *next; /* they lie in the blocks */
    void (*release)(void *context);
    void *context;
};

struct hvc_cim_arena {
    struct block *blocks;
    struct attached *attached;
    size_t left;
    bool failed;
};

struct hvc_cim_arena *hvc_cim_arena_new(size_t limit)
{
    struct hvc_cim_arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL)
        arena->left = limit;
    return arena;
}

void hvc_cim_arena_free(struct hvc_cim_arena *arena)
{
    struct block *next;

    if (arena == NULL)
        return;
    for (const struct attached *a = arena->attached; a != NULL; a = a->next)
        a->release(a->context);
    for (struct block *block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static struct block *new_block(struct hvc_cim_arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : (size_t)BLOCK_BYTES;
    struct block *block;

    if (size > arena->left)
        size = bytes;
    block = size > arena->left ? NULL : malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    *block = (struct block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    arena->left -= size;
    return block;
}

void *hvc_cim_alloc(struct hvc_cim_arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->blocks;
    size_t bytes = 0;

    if (arena->failed || __builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    bytes = bytes == 0 ? align : (bytes + align - 1) / align * align;
    if (block == NULL || block->size - block->used < bytes)
        block = new_block(arena, bytes);
    if (block == NULL) {
        arena->failed = true;
        return NULL;
    }
    block->used += bytes;
    return memset(block->bytes + block->used - bytes, 0, bytes);
}

char *hvc_cim_copy(struct hvc_cim_arena *arena, const char *text, size_t length)
{
    char *copy = hvc_cim_alloc(arena, length + 1, 1);

    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *hvc_cim_format(struct hvc_cim_arena *arena, const char *format, ...)
{
    char most[256]; /* of them fit: then they are made once */
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = vsnprintf(most, sizeof(most), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(most))
        return hvc_cim_copy(arena, most, (size_t)length);
    text = length < 0 ? NULL : hvc_cim_alloc(arena, (size_t)length + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

bool hvc_cim_arena_failed(const struct hvc_cim_arena *arena)
{
    return arena->failed;
}

bool hvc_cim_arena_attach(struct hvc_cim_arena *arena, void (*release)(void *context), void *context)
{
    struct attached *attached = hvc_cim_alloc(arena, 1, sizeof(*attached));

    if (attached == NULL)
        return false;
    *attached = (struct attached){arena->attached, release, context};
    arena->attached = attached;
    return true;
}

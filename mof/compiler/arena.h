/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of one run of the compiler: given back all at once. Ends the program with words when there is none. */
#ifndef HVC_MOF_ARENA_H
#define HVC_MOF_ARENA_H

#include <stddef.h>

struct mof_arena {
    struct mof_block *blocks;
};

/* Zeroed. */
void *mof_alloc(struct mof_arena *arena, size_t count, size_t size);
char *mof_copy_text(struct mof_arena *arena, const char *text, size_t length);
/* A list of pointers with a NULL behind the last one, grown by one. */
void *mof_list_add(struct mof_arena *arena, void *list, size_t *count, void *item);
void mof_arena_free(struct mof_arena *arena);

#endif

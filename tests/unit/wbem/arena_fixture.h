/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for the values of one test. */
#ifndef HVC_WBEM_ARENA_FIXTURE_H
#define HVC_WBEM_ARENA_FIXTURE_H

#include "hvc/cim.h"

static struct hvc_cim_arena *arena;

static inline int begin_arena(void **state)
{
    (void)state;
    arena = hvc_cim_arena_new((size_t)1 << 20);
    return arena == NULL ? -1 : 0;
}

static inline int end_arena(void **state)
{
    (void)state;
    hvc_cim_arena_free(arena);
    return 0;
}

#endif

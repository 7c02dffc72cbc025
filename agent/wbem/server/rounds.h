/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question for all who want to know the same at the same time. Nobody gets an answer to a question that was asked
 * before he came: who comes while one is under way waits for the next, with all others who came meanwhile.
 * Threads: any.
 */
#ifndef HVC_WBEMD_ROUNDS_H
#define HVC_WBEMD_ROUNDS_H

#include "hvc/error.h"
#include "shelf.h"

struct hvc_wbemd_rounds;

/* Asks, and gives the answer with one use. */
typedef int (*hvc_wbemd_round_fn)(void *context, struct hvc_wbemd_kept **ret_kept, struct hvc_error *error);

struct hvc_wbemd_rounds *hvc_wbemd_rounds_new(void); /* NULL: no memory */
void hvc_wbemd_rounds_free(struct hvc_wbemd_rounds *rounds);
/* The answer, with a use for the caller, or how the question failed. ask is called in this thread, or another's in its
 * place. -ETIMEDOUT: others were asking until the deadline. */
int hvc_wbemd_rounds_ask(struct hvc_wbemd_rounds *rounds, uint64_t deadline_ms, hvc_wbemd_round_fn ask, void *context,
                         struct hvc_wbemd_kept **ret_kept, struct hvc_error *error);

#endif

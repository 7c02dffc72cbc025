/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CIB as it was last read whole, for whoever finds its version (admin_epoch.epoch.num_updates) unchanged: a move
 * asks many questions of one CIB, and a large one takes Pacemaker long to give. The version grows with every change as
 * long as one CIB manager runs; but one that finds its CIB to differ from the DC's replaces it under the same version
 * (cib_process_replace), so nothing is kept for long. Of whoever holds the connection: no locks here.
 */
#ifndef HVC_PACEMAKER_CIB_KEPT_H
#define HVC_PACEMAKER_CIB_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CIB_KEPT_MS = 5000 };

/* Keeps a copy; without memory nothing is kept. */
void cib_kept_put(const char *version, const char *text, size_t length, uint64_t now_ms);

/* True: a copy of it, free(*ret_text). */
bool cib_kept_get(const char *version, uint64_t now_ms, char **ret_text, size_t *ret_length);

/* The CIB manager is another one from now on. */
void cib_kept_forget(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes each ended job of the cluster into this node's archive (hvc/job_archive.h), once, and ends old files. Every
 * node does so for itself; what has ended while it was down it takes from the state, as far as the cluster keeps it.
 */
#ifndef HVC_ARCHIVIST_H
#define HVC_ARCHIVIST_H

#include "hvc/operations.h"

struct hvc_archivist;

/* Nothing is begun (*ret_archivist NULL) when the operations name no folder or 0 days. */
int hvc_archivist_new(struct hvc_operations *operations, struct hvc_archivist **ret_archivist, struct hvc_error *error);

/* False: its thread hangs at the disk, nothing is freed. NULL is allowed. */
bool hvc_archivist_end(struct hvc_archivist *archivist, uint64_t deadline_ms);

#endif

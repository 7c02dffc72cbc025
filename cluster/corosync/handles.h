/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening and closing of cmap, quorum and votequorum, one thread at a time. libqb keeps a library's handles in a table
 * that two threads may not change at once (2.0.6, hdb.c: a free place is taken in two steps): one of two connections
 * would be lost, or its handle be refused. CPG needs none of this: only the ring's thread opens and closes it.
 *
 * Any thread; each call blocks as long as corosync is stopped, and with it all that come after.
 * What is opened is the caller's; on any other answer than CS_OK nothing is.
 */
#ifndef HVC_COROSYNC_HANDLES_H
#define HVC_COROSYNC_HANDLES_H

#include <corosync/cmap.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>

cs_error_t hvc_cmap_open(cmap_handle_t *ret_map, cmap_map_t which);
void hvc_cmap_close(cmap_handle_t map);

cs_error_t hvc_quorum_open(quorum_handle_t *ret_quorum, quorum_model_v1_data_t *model, uint32_t *ret_type,
                           void *context);
void hvc_quorum_close(quorum_handle_t quorum);

cs_error_t hvc_votequorum_open(votequorum_handle_t *ret_votes, votequorum_callbacks_t *callbacks);
void hvc_votequorum_close(votequorum_handle_t votes);

#endif

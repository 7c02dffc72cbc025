/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What corosync.conf says, read from cmap. Every call may block as long as corosync is stopped. */
#ifndef HVC_COROSYNC_CMAP_NODES_H
#define HVC_COROSYNC_CMAP_NODES_H

#include <corosync/cmap.h>

#include "nodelist.h"

/* The words for a failed call: -EACCES, -EAGAIN (a membership is being formed), -ENOMEM or -EIO. */
int hvc_cs_failed(struct hvc_error *error, const char *call, cs_error_t e);

/* The same for a connection: one that fails for any other reason than rights means that nobody serves the socket,
 * -ENOTCONN. */
int hvc_cs_unreachable(struct hvc_error *error, const char *call, cs_error_t e);

/* Text of a key; one that is absent gives "". -EINVAL: longer than size - 1. */
int hvc_cmap_text(cmap_handle_t map, const char *key, char *ret_text, size_t size, struct hvc_error *error);

/* The keys below nodelist.node; list is empty before. */
int hvc_cmap_nodes(cmap_handle_t map, struct nodelist *list, struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a store may lie, and that only one process has it. */
#ifndef HVC_STORE_PLACE_H
#define HVC_STORE_PLACE_H

#include <stdbool.h>

#include "hvc/error.h"

/* Makes the folder when it is missing. -EOPNOTSUPP: a network file system. ret_name: a constant. */
int hvc_store_place(const char *directory, const char **ret_name, bool *ret_volatile, struct hvc_error *error);

/* -EBUSY: another process holds it; its pid is in the words. The lock ends with the descriptor. */
int hvc_store_lock(const char *path, int *ret_fd, struct hvc_error *error);

#endif

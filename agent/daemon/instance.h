/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One daemon a runtime directory: a locked file with the process id in it. */
#ifndef HVC_INSTANCE_H
#define HVC_INSTANCE_H

#include "hvc/error.h"

/* The lock goes with the descriptor, so a killed daemon leaves none. -EEXIST in words when another one runs. */
int hvc_instance_lock(const char *directory, int *ret_fd, struct hvc_error *error);

/* Removes the file and the lock. */
void hvc_instance_unlock(const char *directory, int fd);

/* Removes what a killed daemon left of its connections in `folder` (/dev/shm): libqb's folders of processes that are no
 * more, ours by owner and by the service's name. Returns how many. */
unsigned hvc_instance_sweep(const char *folder, const char *service);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of a folder on a disk with a write-back cache: writes and truncations of a file last once it is synced,
 * renames once their folder is. Creating and removing a file lasts at once. Not thread-safe; used under shim.c's lock.
 */
#ifndef HVC_STORE_DISK_H
#define HVC_STORE_DISK_H

#include <stddef.h>
#include <stdint.h>

void disk_reset(const char *folder); /* begins with the files of this folder, as synced; NULL: forgets all */
void disk_create(const char *path);
void disk_write(const char *path, uint64_t offset, const void *bytes, uint64_t length);
void disk_truncate(const char *path, uint64_t length);
void disk_sync(const char *path);
/* Linux after a failed fsync: what was to be written is readable, counts as clean and never reaches the disk. */
void disk_fail_sync(const char *path);
void disk_sync_folder(const char *path);
void disk_remove(const char *path);
void disk_rename(const char *from, const char *to);

/* Files as a power cut would leave them; loss: enum shim_loss. */
void disk_dump(const char *folder, int loss, uint32_t seed);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files and folders, written so that they survive a power cycle. Negative errno and words. */
#ifndef HVC_STORE_FILE_H
#define HVC_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "hvc/error.h"

/* "<a><b>" into a buffer of HVC_PATH_TEXT_MAX; -ENAMETOOLONG. */
int hvc_store_path(char *ret_path, const char *a, const char *b, struct hvc_error *error);

/* Makes an empty file that only its owner can read, or leaves the one that is there: SQLite would make it with 0644,
 * and gives its write-ahead log the rights of the database. Guests' definitions can hold secrets. */
int hvc_store_file_private(const char *path, struct hvc_error *error);

bool hvc_store_exists(const char *path);

/* Replaces the file as a whole: new file, fsync, rename, fsync of the folder. */
int hvc_store_file_write(const char *path, const void *bytes, size_t length, struct hvc_error *error);

/* At most size - 1 bytes and a zero byte. -ENOENT without words when there is no such file; -EFBIG when it is larger.
 */
int hvc_store_file_read(const char *path, char *bytes, size_t size, struct hvc_error *error);

/* Makes what was written to the file, or cut off it, durable. */
int hvc_store_file_sync(const char *path, struct hvc_error *error);

/* Makes an empty file this long, of zeros, durably; one that is not empty is left alone. */
int hvc_store_file_fill(const char *path, size_t length, struct hvc_error *error);

/* Makes what was created, renamed or removed in the folder of this path durable. */
int hvc_store_sync_folder_of(const char *path, struct hvc_error *error);

/* No such file is success for both. */
int hvc_store_file_remove(const char *path, struct hvc_error *error);
int hvc_store_file_rename(const char *from, const char *to, struct hvc_error *error);

#endif

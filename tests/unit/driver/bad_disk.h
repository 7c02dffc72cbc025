/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that takes no write any more, for the files of one folder only: a VFS of SQLite. */
#ifndef HVC_TEST_DRIVER_BAD_DISK_H
#define HVC_TEST_DRIVER_BAD_DISK_H

#include <stdbool.h>

void bad_disk_install(const char *part); /* before SQLite is used: of the files' paths; becomes its default VFS */
void bad_disk(bool bad);                 /* from now on */

#endif

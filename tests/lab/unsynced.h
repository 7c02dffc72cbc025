/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A power loss takes what was written and not synced; a killed namespace does not: the page cache is the machine's. So
 * unsynced.c, preloaded into a program, notes for every write below one folder what it replaced, until the file is
 * synced; at the node's next boot unsynced_undo.c puts it back: everything that was not synced is lost.
 *
 * One journal per file, named by its inode number: a header, then records in order of the writes. A record stands
 * before its write is made, so a torn last record belongs to a write that never happened. Creating, renaming and
 * removing files is taken as durable at once.
 */
#ifndef HVC_LAB_UNSYNCED_H
#define HVC_LAB_UNSYNCED_H

#include <stdint.h>

#define UNSYNCED_STORE_VARIABLE   "HVC_LAB_UNSYNCED_STORE"   /* the folder */
#define UNSYNCED_JOURNAL_VARIABLE "HVC_LAB_UNSYNCED_JOURNAL" /* where the journals are: on the disk, outside it */

struct unsynced_header {
    char path[512];
};

struct unsynced_record {
    uint64_t offset, size; /* of the write; of the file before it */
    uint64_t length;       /* bytes that follow: what stood at offset */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places in MOF files and what is said about them: "FILE:LINE:COLUMN: error: text". */
#ifndef HVC_MOF_SOURCE_H
#define HVC_MOF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "arena.h"

#define MOF_FILE_MAX (4 * 1024 * 1024) /* bytes of one file */

struct mof_place {
    const char *file;
    unsigned line, column; /* from 1; column counts bytes */
};

/* What one run works with. */
struct mof_run {
    struct mof_arena arena;
    FILE *messages;
    unsigned errors;
    const char *const *folders; /* where included files are looked for besides the including one's folder */
    size_t folder_count;
    bool alone; /* one text: nothing may be included */
};

void mof_error(struct mof_run *run, struct mof_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The whole file in the arena, with a zero byte behind it. NULL after it said what is wrong. */
char *mof_read_file(struct mof_run *run, const char *path, struct mof_place from, size_t *ret_length);

/* Path of an included file: beside `from`, then in the folders. NULL after it said that there is none. */
const char *mof_find_file(struct mof_run *run, const char *name, struct mof_place from);

#endif

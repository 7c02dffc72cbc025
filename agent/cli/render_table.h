/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the renderers share: values, tables, durations. */
#ifndef HVC_CLI_RENDER_TABLE_H
#define HVC_CLI_RENDER_TABLE_H

#include <stdio.h>

#include "hvc/record.h"

/* A text, number or bool ("yes", "no"); nothing when there is none. */
void hvc_render_value(FILE *out, const struct hvc_record *record, const char *name);

/* One column of a table: a member of each record of a list. */
struct hvc_render_column {
    const char *title;
    const char *member;
    unsigned width; /* 0: the last one, takes what is left */
};

/* A row a record. The last column is cut at the edge of the terminal, but keeps 20 characters. On a terminal of less
 * than 60 columns that the titles do not fit into, a line a member, and an empty one between records. */
void hvc_render_table(FILE *out, const struct hvc_record *data, const char *list,
                      const struct hvc_render_column *columns, size_t count, unsigned width);

/* "3 d 4 h", "1 min 35 s", "0.4 s" */
void hvc_render_duration(FILE *out, uint64_t ms);

/* "1.2 GiB", "512 B" */
#define HVC_RENDER_BYTES_MAX 32
void hvc_render_bytes(char text[HVC_RENDER_BYTES_MAX], uint64_t bytes);

#endif

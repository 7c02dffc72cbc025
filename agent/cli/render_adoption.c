/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an adoption would change, and what Pacemaker would do; of one that was made the sentence of the answer. */
#include "render.h"

static void write_list(FILE *out, const struct hvc_record *data, const char *list, const char *title)
{
    if (hvc_record_list_count(data, list) > 0)
        (void)fprintf(out, "\n%s:\n", title);
    for (size_t i = 0; i < hvc_record_list_count(data, list); i++)
        (void)fprintf(out, "  %s\n", hvc_record_text(hvc_record_list_at(data, list, i), "text", ""));
}

void hvc_render_adoption(FILE *out, const struct hvc_record *data, unsigned columns)
{
    const char *node = hvc_record_text(data, "node", ""), *done = hvc_record_text(data, "done", "");

    (void)columns; /* a reason is never cut */
    if (done[0] != '\0') {
        (void)fprintf(out, "%s\n", done);
        return;
    }
    (void)fprintf(out, "%s from %s to %s, on %s\n\n", hvc_record_text(data, "resource", "?"),
                  hvc_record_text(data, "from", "?"), hvc_record_text(data, "to", "?"),
                  node[0] == '\0' ? "no node" : node);
    for (size_t i = 0; i < hvc_record_list_count(data, "parts"); i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "parts", i);

        (void)fprintf(out, "%-42s %-10s  %s\n", hvc_record_text(row, "part", ""), hvc_record_text(row, "fate", ""),
                      hvc_record_text(row, "words", ""));
    }
    write_list(out, data, "changes", "Changes of the CIB, one after the other");
    write_list(out, data, "actions", "What Pacemaker does meanwhile, and nothing else");
}

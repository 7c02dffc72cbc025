/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hints: a table of the nodes, now and after the moves; the moves; what spoke against others. No reason is cut. */
#include <inttypes.h>

#include "render.h"
#include "render_table.h"

static void write_score(FILE *out, uint64_t thousandths)
{
    (void)fprintf(out, "%" PRIu64 ".%03" PRIu64, thousandths / 1000, thousandths % 1000);
}

static void write_title(FILE *out, const struct hvc_record *data, const char *list, const char *title)
{
    if (hvc_record_list_count(data, list) > 0)
        (void)fprintf(out, "\n%s:\n", title);
}

static void write_moves(FILE *out, const struct hvc_record *data)
{
    write_title(out, data, "moves", "Proposed, each with the score after it");
    for (size_t i = 0; i < hvc_record_list_count(data, "moves"); i++) {
        const struct hvc_record *move = hvc_record_list_at(data, "moves", i);

        (void)fprintf(out, "  %s from %s to %s: ", hvc_record_text(move, "guest", "?"),
                      hvc_record_text(move, "source", "?"), hvc_record_text(move, "target", "?"));
        write_score(out, hvc_record_u64(move, "score", 0));
        (void)fprintf(out, "\n    %s\n", hvc_record_text(move, "words", ""));
    }
}

static void write_refused(FILE *out, const struct hvc_record *data)
{
    write_title(out, data, "refused", "Would help, but");
    for (size_t i = 0; i < hvc_record_list_count(data, "refused"); i++) {
        const struct hvc_record *move = hvc_record_list_at(data, "refused", i);

        (void)fprintf(out, "  %s from %s to %s: %s\n    %s\n", hvc_record_text(move, "guest", "?"),
                      hvc_record_text(move, "source", "?"), hvc_record_text(move, "target", "?"),
                      hvc_record_text(move, "code", ""), hvc_record_text(move, "words", ""));
    }
}

static void write_stays(FILE *out, const struct hvc_record *data)
{
    uint64_t left_out = hvc_record_u64(data, "stays_left_out", 0);

    write_title(out, data, "stays", "Left alone");
    for (size_t i = 0; i < hvc_record_list_count(data, "stays"); i++) {
        const struct hvc_record *guest = hvc_record_list_at(data, "stays", i);

        (void)fprintf(out, "  %s on %s %s\n", hvc_record_text(guest, "guest", "?"), hvc_record_text(guest, "node", "?"),
                      hvc_record_text(guest, "words", ""));
    }
    if (left_out > 0)
        (void)fprintf(out, "  and %" PRIu64 " more\n", left_out);
}

void hvc_render_balance(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {{"NODE", "node", 16},
                                                     {"MEMORY %", "memory_percent", 8},
                                                     {"THEN", "memory_percent_after", 4},
                                                     {"LOAD %", "load_percent", 6},
                                                     {"THEN", "load_percent_after", 4},
                                                     {"GUESTS", "guests", 6},
                                                     {"THEN", "guests_after", 4},
                                                     {"DETAIL", "words", 0}};
    const char *summary = hvc_record_text(data, "summary", "");

    (void)fputs("score: ", out);
    write_score(out, hvc_record_u64(data, "score_before", 0));
    (void)fputs(" (0: all nodes alike)\n\n", out);
    hvc_render_table(out, data, "nodes", table, sizeof(table) / sizeof(table[0]), columns);
    write_moves(out, data);
    write_refused(out, data);
    write_stays(out, data);
    if (summary[0] != '\0')
        (void)fprintf(out, "\n%s\n", summary);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "hvc/text.h"
#include "render_table.h"

enum { NARROW = 60 }; /* columns; wider terminals wrap a line of a table rather than lose it */

void hvc_render_value(FILE *out, const struct hvc_record *record, const char *name)
{
    int64_t number;
    uint64_t positive;
    bool truth;
    const char *text;

    if (hvc_record_get_text(record, name, &text) == 0)
        (void)fputs(text, out);
    else if (hvc_record_get_bool(record, name, &truth) == 0)
        (void)fputs(truth ? "yes" : "no", out);
    else if (hvc_record_get_u64(record, name, &positive) == 0)
        (void)fprintf(out, "%" PRIu64, positive);
    else if (hvc_record_get_i64(record, name, &number) == 0)
        (void)fprintf(out, "%" PRId64, number);
}

static void write_members(FILE *out, const struct hvc_record *record, unsigned indent)
{
    for (size_t i = 0; i < hvc_record_count(record); i++) {
        const char *name = hvc_record_name(record, i);
        enum hvc_record_type type = hvc_record_type(record, name);

        (void)fprintf(out, "%*s%s:", (int)indent, "", name);
        if (type == HVC_RECORD_RECORD) {
            (void)fputc('\n', out);
            write_members(out, hvc_record_record(record, name), indent + 2);
        } else if (type == HVC_RECORD_LIST) {
            size_t count = hvc_record_list_count(record, name);

            (void)fputs(count == 0 ? " none\n" : "\n", out);
            for (size_t k = 0; k < count; k++) {
                (void)fprintf(out, "%*s-\n", (int)indent + 2, "");
                write_members(out, hvc_record_list_at(record, name, k), indent + 4);
            }
        } else {
            (void)fputc(' ', out);
            hvc_render_value(out, record, name);
            (void)fputc('\n', out);
        }
    }
}

void hvc_render_members(FILE *out, const struct hvc_record *data, unsigned columns)
{
    (void)columns;
    write_members(out, data, 0);
}

void hvc_render_definition(FILE *out, const struct hvc_record *data, unsigned columns)
{
    const char *xml = hvc_record_text(data, "xml", "");
    size_t length = strlen(xml);

    (void)columns; /* a file for a file */
    (void)fputs(xml, out);
    if (length == 0 || xml[length - 1] != '\n')
        (void)fputc('\n', out);
}

void hvc_render_diff(FILE *out, const struct hvc_record *data, unsigned columns)
{
    uint64_t left_out = hvc_record_u64(data, "left_out", 0);

    (void)columns;
    if (hvc_record_bool(data, "same", false)) {
        (void)fprintf(out, "the same on node %s\n", hvc_record_text(data, "node", "?"));
        return;
    }
    (void)fprintf(out, "--- the cluster, version %" PRIu64 "\n+++ node %s\n",
                  hvc_record_u64(data, "definition_version", 0), hvc_record_text(data, "node", "?"));
    for (size_t i = 0; i < hvc_record_list_count(data, "differences"); i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "differences", i);

        (void)fprintf(out, "%c%s\n", strcmp(hvc_record_text(row, "only", ""), "node") == 0 ? '+' : '-',
                      hvc_record_text(row, "line", ""));
    }
    if (left_out > 0)
        (void)fprintf(out, "%" PRIu64 " more\n", left_out);
}

static int write_cell(FILE *out, const struct hvc_render_column *column, const char *text, unsigned room)
{
    bool last = column->width == 0;

    return fprintf(out, "%-*.*s%s", (int)column->width, (int)(last ? room : strlen(text)), text, last ? "" : "  ");
}

static unsigned written(FILE *out, const struct hvc_record *record, const struct hvc_render_column *column,
                        unsigned room)
{
    char text[512] = "";
    FILE *memory = fmemopen(text, sizeof(text), "w");

    if (memory == NULL)
        return 0;
    hvc_render_value(memory, record, column->member);
    (void)fclose(memory);
    text[sizeof(text) - 1] = '\0';
    if (text[0] == '\0')
        memcpy(text, "-", 2);
    return (unsigned)write_cell(out, column, text, room);
}

/* A terminal too narrow for the columns: a line for each member, its name in front, and an empty one between. */
static void write_block(FILE *out, const struct hvc_record *record, const struct hvc_render_column *columns,
                        size_t count)
{
    for (size_t c = 0; c < count; c++) {
        const struct hvc_render_column whole = {.title = columns[c].title, .member = columns[c].member, .width = 0};

        (void)fprintf(out, "%-11s ", columns[c].title);
        (void)written(out, record, &whole, INT_MAX);
        (void)fputc('\n', out);
    }
}

static unsigned width_of(const struct hvc_render_column *columns, size_t count)
{
    unsigned width = 0;

    for (size_t c = 0; c < count; c++)
        width += columns[c].width == 0 ? (unsigned)strlen(columns[c].title) : columns[c].width + 2;
    return width;
}

void hvc_render_table(FILE *out, const struct hvc_record *data, const char *list,
                      const struct hvc_render_column *columns, size_t count, unsigned width)
{
    size_t rows = hvc_record_list_count(data, list);
    bool narrow = width < NARROW && width_of(columns, count) > width;

    for (size_t c = 0; c < count && !narrow; c++)
        (void)write_cell(out, &columns[c], columns[c].title, width);
    if (!narrow)
        (void)fputc('\n', out);
    for (size_t r = 0; r < rows; r++) {
        const struct hvc_record *record = hvc_record_list_at(data, list, r);
        unsigned used = 0;

        if (narrow) {
            (void)fputs(r == 0 ? "" : "\n", out);
            write_block(out, record, columns, count);
            continue;
        }
        for (size_t c = 0; c < count; c++)
            used += written(out, record, &columns[c], width > used + 20 ? width - used : 20);
        (void)fputc('\n', out);
    }
}

void hvc_render_guests(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {{"GUEST", "name", 20},
                                                     {"UUID", "uuid", 36},
                                                     {"STATE", "class", 9},
                                                     {"RESOURCE", "resource", 16},
                                                     {"DETAIL", "words", 0}};

    hvc_render_table(out, data, "guests", table, sizeof(table) / sizeof(table[0]), columns);
}

void hvc_render_locations(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {{"NODE", "node", 16},
                                                     {"MEMBER", "member", 6},
                                                     {"FENCED", "fenced", 6},
                                                     {"STATE", "class", 9},
                                                     {"DETAIL", "words", 0}};

    hvc_render_table(out, data, "nodes", table, sizeof(table) / sizeof(table[0]), columns);
    (void)fprintf(out, "\na start on this node: %s: %s\n", hvc_record_text(data, "verdict", "-"),
                  hvc_record_text(data, "verdict_words", "-"));
}

void hvc_render_moves(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {
        {"ID", "id", 20},       {"GUEST", "name", 16}, {"FROM", "source", 10}, {"TO", "target", 10},
        {"STATE", "state", 10}, {"%", "percent", 3},   {"DETAIL", "words", 0}};

    hvc_render_table(out, data, "moves", table, sizeof(table) / sizeof(table[0]), columns);
}

void hvc_render_duration(FILE *out, uint64_t ms)
{
    uint64_t s = ms / 1000;

    if (ms < 10000)
        (void)fprintf(out, "%" PRIu64 ".%" PRIu64 " s", s, ms % 1000 / 100);
    else if (s < 120)
        (void)fprintf(out, "%" PRIu64 " s", s);
    else if (s < 7200)
        (void)fprintf(out, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else if (s < 172800)
        (void)fprintf(out, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
    else
        (void)fprintf(out, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
}

void hvc_render_settings(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {{"SETTING", "name", 17},
                                                     {"VALUE", "value", 10},
                                                     {"DEFAULT", "default", 10},
                                                     {"OWN", "own", 3},
                                                     {"MEANING", "text", 0}};

    hvc_render_table(out, data, "settings", table, sizeof(table) / sizeof(table[0]), columns);
}

static void add_guests(const struct hvc_record *facts, char *text, size_t size, size_t *used)
{
    uint64_t guests = hvc_record_u64(facts, "guests_seen", UINT64_MAX);

    if (guests != UINT64_MAX)
        (void)hvc_text_append(text, size, used, ", %" PRIu64 " guest%s", guests, guests == 1 ? "" : "s");
}

static void facts_text(const struct hvc_record *facts, char *text, size_t size)
{
    const char *libvirt = hvc_record_text(facts, "libvirt", ""), *cpu = hvc_record_text(facts, "cpu_model", "");
    size_t used = 0;

    if (libvirt[0] == '\0')
        return;
    if (hvc_record_bool(facts, "stale", false))
        (void)hvc_text_append(text, size, &used,
                              "STALE, of %" PRIu64 " s ago: ", hvc_record_u64(facts, "heard_ms", 0) / 1000);
    (void)hvc_text_append(text, size, &used, "load %s, %" PRIu64 " MiB free", hvc_record_text(facts, "load", "?"),
                          hvc_record_u64(facts, "free_kib", 0) / 1024);
    add_guests(facts, text, size, &used);
    if (cpu[0] != '\0')
        (void)hvc_text_append(text, size, &used, ", %s", cpu);
    if (strcmp(libvirt, "answers") != 0) /* what does not fit is cut */
        (void)hvc_text_append(text, size, &used, ", libvirt %s", libvirt);
}

void hvc_render_facts(const struct hvc_record *data, const char *node, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < hvc_record_list_count(data, "node_facts"); i++) {
        const struct hvc_record *facts = hvc_record_list_at(data, "node_facts", i);

        if (strcmp(hvc_record_text(facts, "name", ""), node) == 0)
            facts_text(facts, text, size);
    }
}

void hvc_render_nodes(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {{"ID", "id", 4},
                                                     {"NODE", "name", 20},
                                                     {"MEMBER", "member", 6},
                                                     {"FENCED", "fenced", 6},
                                                     {"ACCEPTS", "accepting", 7},
                                                     {"MAINTENANCE", "maintenance", 11},
                                                     {"GUESTS", "guests", 6},
                                                     {"OUT", "moves_out", 3},
                                                     {"IN", "moves_in", 3},
                                                     {"MEMORY KIB", "memory_kib", 12},
                                                     {"FREE KIB", "free_kib", 12},
                                                     {"LOAD", "load", 6},
                                                     {"STALE", "stale", 5},
                                                     {"LIBVIRT", "libvirt", 0}};

    hvc_render_table(out, data, "nodes", table, sizeof(table) / sizeof(table[0]), columns);
}

void hvc_render_networks(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {
        {"ID", "id", 4},       {"SUBNET", "subnet", 24}, {"METRIC", "metric", 6}, {"BANDWIDTH", "bandwidth", 12},
        {"LIMIT", "limit", 5}, {"NODE", "node", 12},     {"NAME", "name", 0}};

    hvc_render_table(out, data, "networks", table, sizeof(table) / sizeof(table[0]), columns);
}

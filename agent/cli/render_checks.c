/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `hvcluster check`: a table of guest and nodes with the worst finding each, then the findings. */
#include "render.h"
#include "render_table.h"

static void write_findings(FILE *out, const struct hvc_record *node)
{
    uint64_t left_out = hvc_record_u64(node, "left_out", 0);

    for (size_t i = 0; i < hvc_record_list_count(node, "findings"); i++) {
        const struct hvc_record *finding = hvc_record_list_at(node, "findings", i);

        (void)fprintf(out, "  %-7s %s\n          %s\n", hvc_record_text(finding, "severity", ""),
                      hvc_record_text(finding, "code", ""), hvc_record_text(finding, "text", ""));
    }
    if (left_out > 0)
        (void)fprintf(out, "  and %llu more\n", (unsigned long long)left_out);
}

void hvc_render_checks(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {
        {"NODE", "node", 16}, {"CAN MOVE", "movable", 8}, {"WORST", "severity", 8}, {"FINDING", "worst", 0}};
    const char *name = hvc_record_text(data, "name", "");
    const char *source = hvc_record_text(data, "source", "");

    (void)fprintf(out, "%s, %s move from %s:\n\n", name[0] != '\0' ? name : hvc_record_text(data, "guest", "?"),
                  hvc_record_text(data, "kind", "?"), source[0] != '\0' ? source : "a place that is not known");
    hvc_render_table(out, data, "nodes", table, sizeof(table) / sizeof(table[0]), columns);
    for (size_t i = 0; i < hvc_record_list_count(data, "nodes"); i++) {
        const struct hvc_record *node = hvc_record_list_at(data, "nodes", i);
        char facts[256];

        hvc_render_facts(data, hvc_record_text(node, "node", ""), facts, sizeof(facts));
        if (hvc_record_list_count(node, "findings") == 0 && facts[0] == '\0')
            continue;
        (void)fprintf(out, "\n%s:%s%s\n", hvc_record_text(node, "node", ""), facts[0] == '\0' ? "" : " ", facts);
        write_findings(out, node);
    }
}

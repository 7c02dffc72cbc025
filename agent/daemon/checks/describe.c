/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as records and as one sentence. */
#include "internal.h"

/* Findings of all nodes together in one answer; it has to fit into a message. */
enum { FINDINGS_MAX = 256, FINDINGS_MIN = 4 };

const char *hvc_checks_words(const struct hvc_check_report *report)
{
    for (uint32_t i = 0; i < report->count; i++) {
        if (report->findings[i].code == report->decisive)
            return report->findings[i].text;
    }
    return report->count > 0 ? report->findings[0].text : "";
}

static void describe_finding(struct hvc_record *record, const struct hvc_check_finding *finding)
{
    hvc_record_set_text(record, "code", hvc_check_code_info(finding->code)->name);
    hvc_record_set_text(record, "severity", hvc_check_severity_name(finding->severity));
    hvc_record_set_text(record, "text", finding->text);
}

static void describe_report(struct hvc_record *record, const struct hvc_check_report *report, size_t most)
{
    const struct hvc_check_code_info *decisive = hvc_check_code_info(report->decisive);
    uint32_t shown = report->count < most ? report->count : (uint32_t)most;
    const struct hvc_check_code_info *worst = report->count == 0 ? NULL : hvc_check_code_info(report->findings[0].code);

    if (decisive != NULL)
        worst = decisive;
    hvc_record_set_text(record, "node", report->node);
    hvc_record_set_u64(record, "node_id", report->node_id);
    hvc_record_set_bool(record, "movable", hvc_check_is_movable(report));
    hvc_record_set_text(record, "verdict", hvc_check_is_movable(report) ? "go" : hvc_reason_name(report->verdict));
    hvc_record_set_text(record, "severity", report->count == 0 ? "none" : hvc_check_severity_name(report->worst));
    hvc_record_set_text(record, "worst", worst == NULL ? "" : worst->name);
    hvc_record_set_text(record, "words", hvc_checks_words(report));
    hvc_record_set_u64(record, "cim", report->cim);
    hvc_record_set_u64(record, "left_out", report->dropped + (report->count - shown));
    hvc_record_set_list(record, "findings");
    for (uint32_t i = 0; i < shown; i++)
        describe_finding(hvc_record_add(record, "findings"), &report->findings[i]);
}

void hvc_checks_describe(const struct hvc_checks *checks, struct hvc_record *data)
{
    size_t most = checks->count == 0 ? FINDINGS_MAX : FINDINGS_MAX / checks->count;

    hvc_record_set_text(data, "guest", checks->guest);
    hvc_record_set_text(data, "name", checks->name);
    hvc_record_set_text(data, "kind", hvc_job_kind_info(checks->kind)->name);
    hvc_record_set_text(data, "source", checks->source);
    hvc_record_set_u64(data, "memory_kib", checks->memory_kib);
    hvc_record_set_u64(data, "elapsed_ms", checks->elapsed_ms);
    hvc_record_set_list(data, "nodes");
    for (size_t i = 0; i < checks->count; i++)
        describe_report(hvc_record_add(data, "nodes"), &checks->reports[i], most < FINDINGS_MIN ? FINDINGS_MIN : most);
}

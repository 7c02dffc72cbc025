/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <errno.h>
#include <stdarg.h>

#include "hvc/clock.h"

enum { TRACE_LINE_MAX = 8192 }; /* a group callback with all members that CPG knows */

const char *hvc_ring_health_name(enum hvc_ring_health health)
{
    switch (health) {
    case HVC_RING_CONNECTING:
        return "connecting";
    case HVC_RING_JOINED:
        return "joined";
    case HVC_RING_HANGS:
        return "hangs";
    }
    return "invalid";
}

void hvc_report_init(struct hvc_report *report, hvc_ring_trace_fn trace, void *context)
{
    memset(report, 0, sizeof(*report));
    report->trace = trace;
    report->trace_context = context;
    report->since_ms = hvc_now_ms();
    (void)pthread_mutex_init(&report->lock, NULL);
}

void hvc_report_done(struct hvc_report *report)
{
    (void)pthread_mutex_destroy(&report->lock);
}

void hvc_report_trace(struct hvc_report *report, const char *format, ...)
{
    char line[TRACE_LINE_MAX];
    va_list arguments;

    if (report->trace == NULL)
        return;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    report->trace(report->trace_context, line);
}

void hvc_report_fail(struct hvc_report *report, int code, const char *format, ...)
{
    char text[HVC_ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)pthread_mutex_lock(&report->lock);
    (void)hvc_error_set(&report->last, code, "%s", text);
    (void)pthread_mutex_unlock(&report->lock);
    report->failed = true;
}

void hvc_report_joined(struct hvc_report *report, bool joined)
{
    (void)pthread_mutex_lock(&report->lock);
    if (atomic_load(&report->joined) != joined)
        report->since_ms = hvc_now_ms();
    if (joined)
        hvc_error_clear(&report->last);
    atomic_store(&report->joined, joined);
    (void)pthread_mutex_unlock(&report->lock);
}

void hvc_report_names(struct hvc_report *report, const struct hvc_votes *votes)
{
    (void)pthread_mutex_lock(&report->lock);
    report->names.count = votes->count;
    for (size_t i = 0; i < votes->count; i++) {
        report->names.node[i] = votes->nodes[i].id;
        memcpy(report->names.name[i], votes->nodes[i].name, sizeof(report->names.name[i]));
    }
    (void)pthread_mutex_unlock(&report->lock);
}

void hvc_report_call_begins(struct hvc_report *report)
{
    atomic_store(&report->call_since, hvc_now_ms());
}

void hvc_report_call_ended(struct hvc_report *report)
{
    atomic_store(&report->call_since, 0);
}

int hvc_report_name(struct hvc_report *report, uint32_t node, char ret_name[HVC_NODE_NAME_MAX])
{
    int result = -ENOENT;

    (void)pthread_mutex_lock(&report->lock);
    for (size_t i = 0; i < report->names.count && result != 0; i++) {
        if (report->names.node[i] != node)
            continue;
        memcpy(ret_name, report->names.name[i], sizeof(report->names.name[i]));
        result = 0;
    }
    (void)pthread_mutex_unlock(&report->lock);
    return result;
}

void hvc_report_status(struct hvc_report *report, struct hvc_ring_status *ret_status)
{
    uint64_t since = atomic_load(&report->call_since), now = hvc_now_ms();

    memset(ret_status, 0, sizeof(*ret_status));
    (void)pthread_mutex_lock(&report->lock);
    ret_status->health = atomic_load(&report->joined) ? HVC_RING_JOINED : HVC_RING_CONNECTING;
    ret_status->since_ms = report->since_ms;
    ret_status->last = report->last;
    (void)pthread_mutex_unlock(&report->lock);
    if (since != 0 && now > since && now - since > HVC_RING_HANG_MS) {
        ret_status->health = HVC_RING_HANGS;
        ret_status->since_ms = since;
    }
    ret_status->try_again = atomic_load(&report->try_again);
    ret_status->reconnects = atomic_load(&report->reconnects);
}

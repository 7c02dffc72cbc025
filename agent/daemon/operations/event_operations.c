/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event.list: what this node has seen happen, and what comes next. */
#include <stdlib.h>

#include "hvc/events.h"
#include "hvc/operations.h"

enum { ROWS_MAX = 200, ROWS_DEFAULT = 50, SLICE_MS = 400 };

static void describe(struct hvc_record *data, const struct hvc_event *event)
{
    struct hvc_record *row = hvc_record_add(data, "events");

    hvc_record_set_u64(row, "number", event->number);
    hvc_record_set_u64(row, "at_ms", event->at_ms);
    hvc_record_set_text(row, "kind", event->kind);
    if (event->job != 0)
        hvc_record_set_u64(row, "job", event->job);
    hvc_record_set_text(row, "text", event->text);
}

/* Without `after`: the newest ones. */
static uint64_t begin_of(struct hvc_events *events, const struct hvc_call *call, unsigned room)
{
    struct hvc_event none;
    uint64_t last = 0, lost = 0, after = 0;

    if (hvc_record_get_u64(call->args, "after", &after) == 0)
        return after;
    (void)hvc_events_read(events, 0, &none, 0, &last, &lost);
    return last > room ? last - room : 0;
}

static enum hvc_result list(struct hvc_operations *operations, struct hvc_call *call)
{
    unsigned room = (unsigned)hvc_record_u64(call->args, "limit", ROWS_DEFAULT), count = 0;
    HVC_CLEANUP(free) struct hvc_event *rows = calloc(ROWS_MAX, sizeof(*rows));
    bool follow = hvc_record_bool(call->args, "follow", false);
    uint64_t after, last = 0, lost = 0;

    if (rows == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (operations->events == NULL)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "events are seen where hvclusterd runs only");
    after = begin_of(operations->events, call, room);
    for (;;) {
        uint64_t slice = hvc_deadline_within(call->deadline_ms, SLICE_MS);

        count = hvc_events_read(operations->events, after, rows, room, &last, &lost);
        if (count > 0 || !follow || !hvc_call_wait(call, 0))
            break;
        hvc_events_wait(operations->events, after, slice);
    }
    hvc_record_set_text(call->data, "node", operations->node);
    hvc_record_set_list(call->data, "events");
    for (unsigned i = 0; i < count; i++)
        describe(call->data, &rows[i]);
    hvc_record_set_u64(call->data, "next", count > 0 ? rows[count - 1].number : after > last ? last : after);
    hvc_record_set_u64(call->data, "lost", lost);
    hvc_record_set_u64(call->data, "left", count > 0 ? last - rows[count - 1].number : 0);
    return hvc_call_say(call, HVC_RESULT_OK, "events as node %s saw them since its hvclusterd started",
                        operations->node);
}

static const struct hvc_argument list_arguments[] = {
    {.name = "after", .type = HVC_ARGUMENT_U64, .help = "only those with greater numbers; without: the newest ones"},
    {.name = "limit", .type = HVC_ARGUMENT_U64, .min = 1, .max = ROWS_MAX, .help = "at most so many (50)"},
    {.name = "follow", .type = HVC_ARGUMENT_BOOL, .help = "with none to tell: wait for the next one until the timeout"},
};

static const struct hvc_operation rows[] = {
    {.name = "event.list",
     .help = "what has happened, as this node saw it",
     HVC_ARGUMENTS(list_arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WAIT,
     .bound = true,
     .timeout_ms = 20000,
     .handler = list},
};

const struct hvc_operation_set hvc_event_operations = {rows, sizeof(rows) / sizeof(rows[0])};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as data: what becomes of every part of the resource, what is changed in the CIB, what Pacemaker runs. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static void add_text(struct hvc_record *data, const char *list, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_text(struct hvc_record *data, const char *list, const char *format, ...)
{
    char text[HVC_ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments); /* for people: may be cut */
    va_end(arguments);
    hvc_record_set_text(hvc_record_add(data, list), "text", text);
}

static void describe_changes(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan,
                             struct hvc_record *data)
{
    hvc_record_set_list(data, "changes");
    add_text(data, "changes", "hold %s: meta attributes " HVC_PACEMAKER_ADOPT_PREFIX "%s, maintenance=true",
             order->resource, order->resource);
    for (size_t i = 0; i < plan->held_count; i++)
        add_text(data, "changes", "hold %s, which Pacemaker would touch while it has no record of %s", plan->held[i],
                 order->resource);
    add_text(data, "changes", "replace %s by %s; id, constraints and meta attributes stay",
             hvc_adopt_former(order->way), hvc_adopt_agent(order->way));
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->lines[i].fate == HVC_ADOPT_DROPPED)
            add_text(data, "changes", "remove %s (%s)", plan->lines[i].what, plan->lines[i].words);
    }
    add_text(data, "changes", "drop what the nodes recorded of %s with %s", order->resource,
             hvc_adopt_former(order->way));
    add_text(data, "changes", "remove the holds");
}

static void describe_actions(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan,
                             struct hvc_record *data)
{
    hvc_record_set_list(data, "actions");
    add_text(data, "actions", "cancel the monitor of %s%s", order->resource,
             plan->held_count > 0 ? " and of what is held with it" : "");
    add_text(data, "actions", "look at %s once on every node, with %s", order->resource, hvc_adopt_agent(order->way));
    add_text(data, "actions", "monitor %s%s", order->resource,
             plan->held_count > 0 ? " and what was held with it" : "");
}

void adoption_describe(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan, struct hvc_record *data)
{
    hvc_record_set_text(data, "resource", order->resource);
    hvc_record_set_text(data, "from", hvc_adopt_former(order->way));
    hvc_record_set_text(data, "to", hvc_adopt_agent(order->way));
    hvc_record_set_text(data, "config", plan->config);
    hvc_record_set_text(data, "node", plan->node);
    hvc_record_set_bool(data, "refused", plan->refused);
    hvc_record_set_list(data, "parts");
    for (size_t i = 0; i < plan->count; i++) {
        struct hvc_record *row = hvc_record_add(data, "parts");

        hvc_record_set_text(row, "part", plan->lines[i].what);
        hvc_record_set_text(row, "fate", hvc_adopt_fate_name(plan->lines[i].fate));
        hvc_record_set_text(row, "words", plan->lines[i].words);
    }
    if (plan->refused)
        return;
    describe_changes(order, plan, data);
    describe_actions(order, plan, data);
}

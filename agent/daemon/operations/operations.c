/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/operations.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hvc/adoption.h"

/* Every operation there is, a set a file. */
static const struct hvc_operation_set *const sets[] = {
    &hvc_status_operations,  &hvc_guest_operations,  &hvc_move_operations,          &hvc_settings_operations,
    &hvc_service_operations, &hvc_node_operations,   &hvc_network_operations,       &hvc_state_operations,
    &hvc_job_operations,     &hvc_check_operations,  &hvc_compatibility_operations, &hvc_definition_operations,
    &hvc_event_operations,   &hvc_vector_operations, &hvc_adoption_operations,      &hvc_balance_operations,
};

const struct hvc_operation *hvc_operation_at(size_t index)
{
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (index < sets[i]->count)
            return &sets[i]->rows[index];
        index -= sets[i]->count;
    }
    return NULL;
}

const struct hvc_operation *hvc_operation_find(const char *name)
{
    const struct hvc_operation *row;

    for (size_t i = 0; (row = hvc_operation_at(i)) != NULL; i++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const char *hvc_right_name(enum hvc_right right)
{
    static const char *const names[] = {"none", "read", "operate", "admin"};

    return (unsigned)right < sizeof(names) / sizeof(names[0]) ? names[right] : "none";
}

void hvc_operations_note(struct hvc_operations *operations, enum hvc_message message, const char *format, ...)
{
    char details[HVC_ERROR_TEXT_MAX * 2];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(details, sizeof(details), format, arguments); /* a line of a log may be cut */
    va_end(arguments);
    operations->message(operations->message_context, message, details);
}

uint64_t hvc_wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every request against the real table: what is accepted names a row, has its arguments and a time within bounds. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fuzz.h"

static void check_accepted(const struct hvc_operation *row, const struct hvc_record *args, uint64_t timeout_ms)
{
    if (row == NULL || args == NULL || timeout_ms == 0 || timeout_ms > HVC_OPERATION_TIMEOUT_MAX_MS)
        abort();
    for (size_t i = 0; i < row->argument_count; i++) {
        const struct hvc_argument *argument = &row->arguments[i];
        enum hvc_record_type type = hvc_record_type(args, argument->name);

        if (argument->required && type == HVC_RECORD_NONE)
            abort();
        if (type != HVC_RECORD_NONE && argument->type == HVC_ARGUMENT_UUID &&
            strlen(hvc_record_text(args, argument->name, "")) != HVC_UUID_TEXT_MAX - 1)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    const struct hvc_operation *row = NULL;
    const struct hvc_record *args = NULL;
    struct hvc_error error = {0};
    uint64_t timeout_ms = 0;
    enum hvc_right right = size > 0 && data[size - 1] == ' ' ? HVC_RIGHT_READ : HVC_RIGHT_ADMIN;
    enum hvc_result result;

    if (hvc_record_parse((const char *)data, size, &request, &error) < 0)
        return 0;
    result = hvc_check_request(request, right, &row, &args, &timeout_ms, &error);
    if (result == HVC_RESULT_OK)
        check_accepted(row, args, timeout_ms);
    else if (error.text[0] == '\0' || row != NULL)
        abort();
    return 0;
}

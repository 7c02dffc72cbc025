/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a storage plan: refused in words, or written again and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hvc/storage_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hvc_storage_plan plan, again;
    static char text[HVC_PLAN_TEXT_MAX];
    struct hvc_error error = {0};
    size_t length = 0;

    memset(&plan, 0, sizeof(plan));
    memset(&again, 0, sizeof(again));
    if (hvc_storage_plan_parse((const char *)data, size, &plan, &error) < 0) {
        if (error.text[0] == '\0')
            abort();
        return 0;
    }
    if (hvc_storage_plan_emit(&plan, text, sizeof(text), &length, &error) < 0 ||
        hvc_storage_plan_parse(text, length, &again, &error) < 0 || memcmp(&plan, &again, sizeof(plan)) != 0)
        abort();
    return 0;
}

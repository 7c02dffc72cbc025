/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>

/* syslog's numbers */
static const char *const prefixes[] = {
    [HVC_LEVEL_ERROR] = "<3>", [HVC_LEVEL_WARNING] = "<4>", [HVC_LEVEL_NOTICE] = "<5>",
    [HVC_LEVEL_INFO] = "<6>",  [HVC_LEVEL_DEBUG] = "<7>",
};

void hvc_auth_log(void *context, enum hvc_message message, const char *details)
{
    const struct hvc_message_row *row = hvc_message_row(message);
    const char *prefix =
        getenv("JOURNAL_STREAM") != NULL ? prefixes[row->level] : ""; /* NOLINT(concurrency-mt-unsafe) */

    (void)context;
    (void)fprintf(stderr, "%sHVC%u %s%s%s\n", prefix, row->id, row->text, details[0] == '\0' ? "" : ": ", details);
}

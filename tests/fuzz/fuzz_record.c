/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every byte a client or a daemon may send: what is read is written, read again and written the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hvc/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HVC_CLEANUP(record) struct hvc_record *record = NULL;
    HVC_CLEANUP(record) struct hvc_record *again = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(free) char *text = NULL;
    HVC_CLEANUP(free) char *text_again = NULL;
    struct hvc_error error = {0};
    size_t length = 0, length_again = 0;

    (void)hvc_response_parse((const char *)data, size, &response, &error);
    if (hvc_record_parse((const char *)data, size, &record, &error) < 0)
        return 0;
    if (hvc_record_format(record, &text, &length, &error) < 0)
        return 0; /* escaping may have made it too long */
    if (hvc_record_parse(text, length, &again, &error) < 0 ||
        hvc_record_format(again, &text_again, &length_again, &error) < 0 || length != length_again ||
        memcmp(text, text_again, length) != 0)
        abort();
    return 0;
}

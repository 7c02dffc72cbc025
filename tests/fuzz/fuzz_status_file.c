/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as libvirt's status file: refused in words, or a state whose class never is "absent" by what is unknown. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "status_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hvc_status_file status;
    struct hvc_error error = {0};
    char words[128];

    if (hvc_status_file_parse((const char *)data, size, &status, &error) < 0) {
        if (error.text[0] == '\0')
            abort();
        return 0;
    }
    if (strlen(status.id.uuid) != HVC_UUID_TEXT_MAX - 1)
        abort();
    hvc_state_words(status.state, status.reason, words, sizeof(words));
    if (status.state < 0 && hvc_state_class(status.state, status.reason, status.job) != HVC_GUEST_UNKNOWN)
        abort();
    return 0;
}

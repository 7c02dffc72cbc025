/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Soft facts of another node: what was read is written again and must be the same bytes. */
#include "fuzz.h"

#include "hvc/soft_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hvc_soft_facts facts;
    static uint8_t bytes[HVC_SOFT_FACTS_MAX];
    size_t length = 0;

    if (size > sizeof(bytes) || hvc_soft_facts_decode(data, size, &facts) < 0)
        return 0;
    if (hvc_soft_facts_encode(&facts, bytes, sizeof(bytes), &length) < 0 || length != size ||
        memcmp(bytes, data, size) != 0)
        abort();
    return 0;
}

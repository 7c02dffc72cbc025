/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a compatibility blob: what is accepted is written back byte for byte. Blobs carry a hash; so that more
 * than the first step is reached, bytes with our magic get theirs put right. */
#include "hvc/compatibility.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hvc/hash.h"

enum { HEADER = 20, LENGTH_AT = 8, HASH_AT = 12 };

static void put(uint8_t *at, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void check(const uint8_t *data, size_t size, struct hvc_compatibility *info)
{
    uint8_t *again;
    size_t length = 0;

    memset(info, 0, sizeof(*info));
    if (hvc_compatibility_decode(data, size, info) < 0)
        return;
    again = malloc(HVC_COMPATIBILITY_MAX);
    if (again == NULL)
        return;
    if (hvc_compatibility_encode(info, again, HVC_COMPATIBILITY_MAX, &length) < 0 || length != size ||
        memcmp(again, data, size) != 0)
        abort();
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hvc_compatibility *info = malloc(sizeof(*info));
    uint8_t *fixed = malloc(size + 1);

    if (info != NULL)
        check(data, size, info);
    if (info != NULL && fixed != NULL && size >= HEADER && size <= HVC_COMPATIBILITY_MAX) {
        memcpy(fixed, data, size);
        put(fixed + LENGTH_AT, size, 4);
        put(fixed + HASH_AT, hvc_hash64(fixed + HEADER, size - HEADER, hvc_hash64(fixed, HASH_AT, 0)), 8);
        check(fixed, size, info);
    }
    free(info);
    free(fixed);
    return 0;
}

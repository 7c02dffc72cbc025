/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>

#include "hvc/store.h"

const char *hvc_store_condition_name(enum hvc_store_condition condition)
{
    switch (condition) {
    case HVC_STORE_GOOD:
        return "good";
    case HVC_STORE_FULL:
        return "disk full";
    case HVC_STORE_IO_ERROR:
        return "I/O error";
    case HVC_STORE_CORRUPT:
        return "corrupt";
    case HVC_STORE_REFUSED:
        return "refused";
    case HVC_STORE_CONDITION_MAX_:
        break;
    }
    return "unknown";
}

void hvc_store_hash(const void *bytes, size_t length, uint8_t ret_hash[HVC_STORE_HASH_SIZE])
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = HVC_STORE_HASH_SIZE;

    for (const uint8_t *at = bytes; length > 0;) {
        size_t part = length > G_MAXINT32 ? G_MAXINT32 : length;

        g_checksum_update(sum, at, (gssize)part);
        at += part;
        length -= part;
    }
    g_checksum_get_digest(sum, ret_hash, &size);
    g_checksum_free(sum);
}

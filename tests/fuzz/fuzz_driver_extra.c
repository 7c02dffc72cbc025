/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's own messages, and the definitions under way at the end of a snapshot: what was read is written again
 * and must be the same bytes. The first byte chooses. */
#include "documents.h"
#include "extra.h"
#include "fuzz.h"

#include "hvc/hash.h"

static void message(const uint8_t *data, size_t size)
{
    uint8_t bytes[HVC_EXTRA_MAX], copy[HVC_EXTRA_MAX];
    struct hvc_extra m;
    size_t length = 0;
    uint64_t sum;

    if (size < 26 || size > sizeof(copy) - sizeof(sum))
        return;
    memcpy(copy, data, size); /* the checksum would stop nearly every input */
    sum = hvc_hash64(copy, size, 1);
    for (unsigned i = 0; i < sizeof(sum); i++)
        copy[size + i] = (uint8_t)(sum >> (8 * i));
    if (hvc_extra_decode(copy, size + sizeof(sum), &m) < 0)
        return;
    if (hvc_extra_encode(&m, bytes, sizeof(bytes), &length) < 0 || length != size + sizeof(sum) ||
        memcmp(bytes, copy, length) != 0)
        abort();
}

static void tail(const uint8_t *data, size_t size)
{
    static struct hvc_documents documents;
    uint8_t *bytes;

    if (hvc_documents_read(&documents, data, size) == 0) {
        bytes = malloc(size);
        if (bytes == NULL || hvc_documents_size(&documents) != size)
            abort();
        hvc_documents_write(&documents, bytes, size);
        if (memcmp(bytes, data, size) != 0)
            abort();
        free(bytes);
    }
    hvc_documents_clear(&documents);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 0)
        message(data + 1, size - 1);
    else
        tail(data + 1, size - 1);
    return 0;
}

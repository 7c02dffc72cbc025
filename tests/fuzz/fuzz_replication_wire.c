/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes: decoded or refused; what is decoded encodes to the same bytes. The checksum is put right first, else
 * nothing but it would be tested. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[HVC_MESSAGE_MAX], again[HVC_MESSAGE_MAX];
    static struct hvc_message m;
    static struct hvc_view_record view;
    static const uint8_t zero[4];
    size_t length = 0;
    uint32_t crc;

    if (hvc_wire_decode_view(data, size, &view) == 0 &&
        (hvc_wire_encode_view(&view, again, sizeof(again), &length) < 0 || length != size ||
         memcmp(data, again, size) != 0))
        abort();
    if (size < HVC_WIRE_HEADER || size > sizeof(bytes))
        return 0;
    memcpy(bytes, data, size);
    for (unsigned i = 0; i < 4; i++)
        bytes[8 + i] = (uint8_t)(size >> 8 * i);
    memcpy(bytes + 48, zero, sizeof(zero));
    crc = hvc_crc32c(0, bytes, size);
    for (unsigned i = 0; i < 4; i++)
        bytes[48 + i] = (uint8_t)(crc >> 8 * i);
    if (hvc_wire_decode(bytes, size, 1, 2, &m) < 0)
        return 0;
    if (hvc_wire_encode(&m, again, sizeof(again), &length) < 0 || length != size || memcmp(bytes, again, size) != 0)
        abort();
    return 0;
}

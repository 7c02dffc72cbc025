/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hvcluster-auth and its client read from the socket: what was read is written again and must be the same bytes.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

static void fuzz_request(const uint8_t *data, size_t size)
{
    struct hvc_auth_wire_request wire;
    uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX];
    struct hvc_auth_request request = {wire.user, wire.password, wire.origin};
    size_t length = 0;

    if (hvc_auth_wire_decode_request(data, size, &wire) < 0)
        return;
    if (hvc_auth_wire_encode_request(&request, bytes, &length, NULL) < 0 || length != size ||
        memcmp(bytes, data, size) != 0)
        abort();
}

static void fuzz_answer(const uint8_t *data, size_t size)
{
    static struct hvc_auth_answer answer;
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    size_t length = 0;

    if (hvc_auth_wire_decode_answer(data, size, &answer) < 0)
        return;
    if (hvc_auth_wire_encode_answer(&answer, bytes, &length) < 0 || length != size || memcmp(bytes, data, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_request(data, size);
    fuzz_answer(data, size);
    return 0;
}

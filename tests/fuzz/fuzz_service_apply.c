/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any history of commands: what is decoded encodes to the same bytes; two replicas do the same, one of which is thrown
 * away and refilled from a snapshot now and then; a snapshot that was loaded is written again byte for byte.
 * Input: a length of two bytes (the highest bit: refill first), so many bytes of a command, and so on.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "service.h"

static struct hvc_service *first, *second;

static void check_codec(const uint8_t *bytes, size_t length)
{
    static uint8_t again[HVC_COMMAND_MAX];
    static struct hvc_command command;
    size_t used = 0;

    if (hvc_command_decode(bytes, length, &command) < 0)
        return;
    if (hvc_command_encode(&command, again, sizeof(again), &used) < 0 || used != length ||
        memcmp(bytes, again, length) != 0)
        abort();
}

/* Field by field: what lies between them is anything. */
static bool same_answer(const struct hvc_answer *a, const struct hvc_answer *b)
{
    return a->code == b->code && a->detail == b->detail && a->value == b->value && a->repeated == b->repeated;
}

static void give(const uint8_t *bytes, size_t length, uint64_t index)
{
    struct hvc_answer a = {0}, b = {0};
    char text[256];
    int result = hvc_service_apply(first, bytes, length, 1, index, &a);

    if (hvc_service_apply(second, bytes, length, 1, index, &b) != result || !same_answer(&a, &b) ||
        hvc_service_digest(first) != hvc_service_digest(second))
        abort();
    hvc_answer_text(&a, text, sizeof(text));
    fuzz_service_walk(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t index = 0;

    fuzz_service_new(&first);
    fuzz_service_new(&second);
    while (size >= 2) {
        size_t length = (size_t)(data[0] | (data[1] & 0x7f) << 8);

        if ((data[1] & 0x80) != 0)
            fuzz_service_refill(first, second);
        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        check_codec(data, length);
        give(data, length, ++index);
        data += length;
        size -= length;
    }
    fuzz_service_refill(first, second);
    fuzz_service_free(&first);
    fuzz_service_free(&second);
    return 0;
}

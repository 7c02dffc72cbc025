/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any snapshot: refused, or it is what its state writes, byte for byte, and the state can go on: commands run, and what
 * comes of them can be loaded again. The input is a snapshot without its end, which is put right here: else nothing but
 * its digest would be tested.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hvc/bytes.h"
#include "service.h"

#define HEAD 6 /* magic and version */

static struct hvc_service *service, *other;

/* Records behind the head; false when the last one is cut. */
static bool count_records(const uint8_t *data, size_t size, uint64_t *ret_count)
{
    *ret_count = 0;
    for (size_t at = HEAD; at < size; ++*ret_count) {
        if (size - at < 3 || size - at - 3 < (size_t)(data[at + 1] | data[at + 2] << 8))
            return false;
        at += 3 + (size_t)(data[at + 1] | data[at + 2] << 8);
    }
    return true;
}

static int load(const uint8_t *data, size_t size)
{
    uint8_t end[32];
    struct hvc_bytes_writer writer = hvc_bytes_writer(end, sizeof(end));
    uint64_t records;
    int result;

    hvc_service_load_begin(service);
    result = hvc_service_load_bytes(service, data, size);
    if (result < 0)
        return result;
    if (size < HEAD || !count_records(data, size, &records))
        return hvc_service_load_end(service);
    hvc_bytes_put(&writer, 1, 0xff);
    hvc_bytes_put(&writer, 2, 16);
    hvc_bytes_put(&writer, 8, records);
    hvc_bytes_put(&writer, 8, hvc_service_digest(service));
    result = hvc_service_load_bytes(service, end, writer.length);
    return result < 0 ? result : hvc_service_load_end(service);
}

static void give(struct hvc_command *c, uint64_t index)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_answer answer;
    size_t length = 0;

    c->version = HVC_COMMAND_VERSION;
    c->node = 1;
    c->stamp_ms = UINT64_C(1) << 40;
    if (hvc_command_encode(c, bytes, sizeof(bytes), &length) < 0 ||
        hvc_service_apply(service, bytes, length, 9, index, &answer) < 0)
        abort();
    fuzz_service_walk(service);
}

/* Each job is told to go on, each guest to go, each node to be emptied, and time passes. */
static void go_on(void)
{
    struct hvc_command c = {.kind = HVC_COMMAND_TICK};
    struct hvc_service_counts counts;
    uint64_t index = 1;
    uint32_t cursor = 0;

    give(&c, index++);
    hvc_service_counts(service, &counts);
    for (uint32_t i = 0; i < counts.nodes; i++) {
        c = (struct hvc_command){.kind = HVC_COMMAND_DRAIN, .drain.id = hvc_service_node_at(service, i)->id};
        give(&c, index++);
    }
    for (uint64_t id = 1; id < counts.next_job && id < 64; id++) {
        const struct hvc_job *job = hvc_service_job(service, id);

        if (job == NULL)
            continue;
        c = (struct hvc_command){.kind = HVC_COMMAND_JOB_REPORT,
                                 .report = {.job = id, .from = job->phase, .to = HVC_JOB_FAILED, .located = true}};
        give(&c, index++);
        c = (struct hvc_command){.kind = HVC_COMMAND_JOB_RESOLVE, .resolve.job = id};
        give(&c, index++);
        c = (struct hvc_command){.kind = HVC_COMMAND_JOB_FORGET, .forget.job = id};
        give(&c, index++);
    }
    for (unsigned i = 0; i < 12; i++) {
        const struct hvc_service_guest *guest = hvc_service_guest_next(service, &cursor);

        if (guest == NULL)
            break;
        c = (struct hvc_command){.kind = HVC_COMMAND_GUEST_REMOVE, .guest_remove.version = guest->version};
        memcpy(c.guest_remove.uuid, guest->uuid, sizeof(guest->uuid));
        give(&c, index++);
    }
    c = (struct hvc_command){.kind = HVC_COMMAND_MEMBERS};
    give(&c, index++);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *again;
    size_t length;

    fuzz_service_new(&service);
    fuzz_service_new(&other);
    if (load(data, size) == 0) {
        again = fuzz_service_snapshot(service, &length);
        if (length < size || memcmp(again, data, size) != 0)
            abort();
        fuzz_service_walk(service);
        go_on();
        fuzz_service_refill(service, other);
    }
    fuzz_service_free(&service);
    fuzz_service_free(&other);
    return 0;
}

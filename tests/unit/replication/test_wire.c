/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static uint8_t buffer[HVC_MESSAGE_MAX], again[HVC_MESSAGE_MAX];
static struct hvc_message in, out;

static void header(struct hvc_message *m, enum hvc_message_kind kind)
{
    memset(m, 0, sizeof(*m));
    m->version = 1;
    m->kind = (uint8_t)kind;
    m->node = 3;
    m->boot_id = 0x1122334455667788;
    m->ring = (struct hvc_ring_id){.node = 1, .seq = 0x99};
    m->tag = 0xabcd;
    m->epoch = 7;
}

static void fill_view(struct hvc_view_record *view)
{
    *view = (struct hvc_view_record){.epoch = 6,
                                     .ring = {.node = 1, .seq = 8},
                                     .source = 2,
                                     .need = 2,
                                     .need_old = 3,
                                     .wire = 1,
                                     .entry_version = 4,
                                     .modes = HVC_MODE_TWO_NODE,
                                     .count = 2};
    view->node[0] = (struct hvc_view_node){.node = 1, .votes = 1, .votes_old = 2, .named = 6, .participant = true};
    view->node[1] = (struct hvc_view_node){.node = 2, .votes = 3, .votes_old = 3, .named = 5};
}

/* decode(encode(m)) encodes to the same bytes */
static size_t round_trip(void)
{
    size_t length = 0, length_again = 0;

    assert_int_equal(hvc_wire_encode(&in, buffer, sizeof(buffer), &length), 0);
    memset(&out, 0xa5, sizeof(out));
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 1, &out), 0);
    assert_int_equal(hvc_wire_encode(&out, again, sizeof(again), &length_again), 0);
    assert_int_equal(length, length_again);
    assert_memory_equal(buffer, again, length);
    assert_int_equal(out.kind, in.kind);
    assert_int_equal(out.node, in.node);
    assert_true(out.boot_id == in.boot_id && out.ring.seq == in.ring.seq && out.epoch == in.epoch);
    return length;
}

static void an_ack_has_these_bytes(void **state)
{
    static const uint8_t golden[] = {
        0x48, 0x56, 0x43, 0x4c, 0x01, 0x07, 0x00, 0x00, 0x4c, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x01, 0x00, 0x00, 0x00, 0x99, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0xcd, 0xab, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x68, 0x48, 0xf9, 0x5e, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    };

    (void)state;
    header(&in, HVC_MESSAGE_ACK);
    in.ack.index = 5;
    in.ack.digest = (struct hvc_digest_point){.index = 8, .digest = 9};
    assert_int_equal(round_trip(), sizeof(golden));
    assert_memory_equal(buffer, golden, sizeof(golden));
    assert_int_equal(out.ack.index, 5);
    assert_int_equal(out.ack.digest.digest, 9);
}

static void the_checksum_is_crc32c(void **state)
{
    (void)state;
    assert_int_equal(hvc_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(hvc_crc32c(hvc_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void an_offer_survives_the_round_trip(void **state)
{
    (void)state;
    header(&in, HVC_MESSAGE_OFFER);
    in.offer = (struct hvc_offer){.flags = HVC_OFFER_CONTINUOUS | HVC_OFFER_VIEW_COMMITTED,
                                  .promised = 6,
                                  .last_epoch = 5,
                                  .last_index = 100,
                                  .commit = 99,
                                  .votes = 2,
                                  .need = 3,
                                  .modes = HVC_MODE_QDEVICE,
                                  .wire_min = 1,
                                  .wire_max = 2,
                                  .entry_version_max = 3,
                                  .digest = {.index = 64, .digest = 77},
                                  .nodes = 2,
                                  .list = {{1, 1}, {4, 2}},
                                  .with = {.count = 1, .node = {4}}};
    fill_view(&in.offer.view);
    (void)round_trip();
    assert_int_equal(out.offer.list[1].votes, 2);
    assert_int_equal(out.offer.with.node[0], 4);
    assert_int_equal(out.offer.view.node[0].named, 6);
    assert_true(out.offer.view.node[0].participant);
    assert_false(out.offer.view.node[1].participant);
    assert_int_equal(out.offer.view.need_old, 3);
}

static void every_other_kind_survives_the_round_trip(void **state)
{
    static const uint8_t bytes[] = "operation";

    (void)state;
    header(&in, HVC_MESSAGE_EXCLUDE);
    in.exclude.phase = HVC_PHASE_TRANSFER;
    in.exclude.target = 2;
    (void)round_trip();
    assert_int_equal(out.exclude.target, 2);
    header(&in, HVC_MESSAGE_PROMISE);
    assert_int_equal(round_trip(), HVC_WIRE_HEADER);
    header(&in, HVC_MESSAGE_CHUNK);
    in.chunk.kind = HVC_CHUNK_LOG;
    in.chunk.number = 4;
    in.chunk.bytes = bytes;
    in.chunk.length = sizeof(bytes);
    (void)round_trip();
    assert_memory_equal(out.chunk.bytes, bytes, sizeof(bytes));
    header(&in, HVC_MESSAGE_DONE);
    in.done =
        (struct hvc_done){.base = 3, .last_index = 9, .last_epoch = 2, .snapshot = true, .chunks = 5, .digest = 6};
    in.done.view = bytes;
    in.done.view_length = 4;
    (void)round_trip();
    assert_true(out.done.snapshot);
    header(&in, HVC_MESSAGE_PROPOSE);
    in.propose.kind = HVC_ENTRY_OP;
    in.propose.version = 1;
    in.propose.token = (struct hvc_token){.id = {1, 2}, .birth = 44};
    in.propose.bytes = bytes;
    in.propose.length = sizeof(bytes);
    (void)round_trip();
    assert_int_equal(out.propose.token.birth, 44);
    header(&in, HVC_MESSAGE_BARRIER);
    in.barrier = 12;
    (void)round_trip();
    assert_int_equal(out.barrier, 12);
    header(&in, HVC_MESSAGE_FENCED);
    in.fenced.count = 2;
    in.fenced.node[1] = 9;
    (void)round_trip();
    assert_int_equal(out.fenced.node[1], 9);
}

static void any_changed_bit_is_refused(void **state)
{
    size_t length;

    (void)state;
    header(&in, HVC_MESSAGE_BARRIER);
    in.barrier = 12;
    length = round_trip();
    for (size_t bit = 0; bit < 8 * length; bit++) {
        int result;

        buffer[bit / 8] = (uint8_t)(buffer[bit / 8] ^ (1u << bit % 8));
        result = hvc_wire_decode(buffer, length, 1, UINT8_MAX, &out);
        assert_int_equal(result, -EBADMSG);
        buffer[bit / 8] = (uint8_t)(buffer[bit / 8] ^ (1u << bit % 8));
    }
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 1, &out), 0);
}

static void a_cut_message_is_refused(void **state)
{
    size_t length;

    (void)state;
    header(&in, HVC_MESSAGE_OFFER);
    fill_view(&in.offer.view);
    length = round_trip();
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(hvc_wire_decode(buffer, cut, 1, 1, &out), -EBADMSG);
}

static void a_version_outside_the_range_is_told_apart(void **state)
{
    size_t length = 0;

    (void)state;
    header(&in, HVC_MESSAGE_PROMISE);
    in.version = 3;
    assert_int_equal(hvc_wire_encode(&in, buffer, sizeof(buffer), &length), 0);
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 2, &out), -EPROTONOSUPPORT);
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 3, &out), 0);
}

static void counts_and_lengths_are_bounded(void **state)
{
    static const uint8_t op[HVC_OP_MAX + 1];
    size_t length = 0;

    (void)state;
    header(&in, HVC_MESSAGE_PROPOSE);
    in.propose.kind = HVC_ENTRY_OP;
    in.propose.bytes = op;
    in.propose.length = HVC_OP_MAX;
    (void)round_trip();
    in.propose.length = HVC_OP_MAX + 1;
    assert_int_equal(hvc_wire_encode(&in, buffer, sizeof(buffer), &length), 0);
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 1, &out), -EBADMSG);
    in.propose.length = 1;
    in.propose.kind = HVC_ENTRY_VIEW; /* a VIEW is never proposed */
    assert_int_equal(hvc_wire_encode(&in, buffer, sizeof(buffer), &length), 0);
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 1, &out), -EBADMSG);
    header(&in, HVC_MESSAGE_OFFER);
    in.offer.nodes = 2; /* two nodes with one id */
    in.offer.list[0].node = in.offer.list[1].node = 5;
    assert_int_equal(hvc_wire_encode(&in, buffer, sizeof(buffer), &length), 0);
    assert_int_equal(hvc_wire_decode(buffer, length, 1, 1, &out), -EBADMSG);
    assert_int_equal(hvc_wire_encode(&in, buffer, 60, &length), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ack_has_these_bytes),
        cmocka_unit_test(the_checksum_is_crc32c),
        cmocka_unit_test(an_offer_survives_the_round_trip),
        cmocka_unit_test(every_other_kind_survives_the_round_trip),
        cmocka_unit_test(any_changed_bit_is_refused),
        cmocka_unit_test(a_cut_message_is_refused),
        cmocka_unit_test(a_version_outside_the_range_is_told_apart),
        cmocka_unit_test(counts_and_lengths_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

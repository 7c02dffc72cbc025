/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the replication protocol as bytes. Little endian, no padding, every length bounded by limits.h.
 * Pure and stateless: decode(encode(m)) = m, and what decodes encodes to the same bytes again.
 *
 * Header, 52 bytes: magic 4, wire version 1, kind 1, flags 2 (0), length 4 (whole message), node 4, boot id 8,
 * ring node 4, ring seq 8, view tag 4, epoch 8, CRC-32C 4 (over the whole message with this field 0).
 * Decoded byte ranges point into the message.
 */
#ifndef HVC_REPLICATION_WIRE_H
#define HVC_REPLICATION_WIRE_H

#include "hvc/replication.h"

#define HVC_WIRE_MAGIC        0x4c435648u /* "HVCL" */
#define HVC_WIRE_HEADER       52u
#define HVC_WIRE_ENTRY_HEADER 46u

enum hvc_message_kind {
    HVC_MESSAGE_OFFER = 1,
    HVC_MESSAGE_EXCLUDE,
    HVC_MESSAGE_PROMISE,
    HVC_MESSAGE_CHUNK,
    HVC_MESSAGE_DONE,
    HVC_MESSAGE_PROPOSE,
    HVC_MESSAGE_ACK,
    HVC_MESSAGE_BARRIER,
    HVC_MESSAGE_FENCED,
};

/* Payload of a VIEW entry: who takes part, and how the cluster counts votes. votes_old and need_old are what was in
 * force before; they bind as well until the entry is committed. */
struct hvc_view_node {
    uint32_t node;
    uint32_t votes, votes_old;
    uint64_t named; /* greatest epoch of a VIEW that has this node among its participants */
    bool participant;
};

struct hvc_view_record {
    uint64_t epoch; /* 0: none */
    struct hvc_ring_id ring;
    uint32_t source;
    uint32_t need, need_old;
    uint8_t wire, entry_version, modes;
    bool forced;
    unsigned count; /* sorted by node */
    struct hvc_view_node node[HVC_VIEW_NODES_MAX];
};

/* A state digest, as of an index; index 0: none. */
struct hvc_digest_point {
    uint64_t index, digest;
};

enum {
    HVC_OFFER_OBSERVER = 1, /* the store does not count */
    HVC_OFFER_EMPTY = 2,    /* and has never held a history */
    HVC_OFFER_INIT = 4,
    HVC_OFFER_FORCE = 8,
    HVC_OFFER_CONTINUOUS = 16, /* the host has not booted since its last view */
    HVC_OFFER_VIEW_COMMITTED = 32,
};

struct hvc_offer {
    uint32_t flags;
    uint64_t promised, last_epoch, last_index, commit;
    uint32_t votes, need; /* need: max(votequorum's quorum, strict majority of expected) as this node sees it */
    uint8_t modes, wire_min, wire_max, entry_version_max;
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    struct hvc_digest_point digest;
    unsigned nodes; /* the node list */
    struct hvc_replication_node list[HVC_NODES_MAX];
    struct hvc_replication_with with;
    struct hvc_view_record view; /* last VIEW of its log */
};

enum hvc_chunk_kind {
    HVC_CHUNK_SNAPSHOT = 1, /* metadata without tokens */
    HVC_CHUNK_TOKENS,
    HVC_CHUNK_STATE,
    HVC_CHUNK_LOG,
};

struct hvc_done {
    uint64_t base, base_epoch; /* the staged entries are (base, last_index]; base_epoch: of the entry at base */
    uint64_t last_index, last_epoch;
    bool snapshot;
    uint64_t chunks;
    uint32_t digest; /* CRC-32C over all chunk payloads */
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    struct hvc_digest_point point;
    const uint8_t *view; /* encoded VIEW record */
    uint32_t view_length;
};

struct hvc_message {
    uint8_t version, kind;
    uint32_t node;
    uint64_t boot_id;
    struct hvc_ring_id ring;
    uint32_t tag;
    uint64_t epoch;
    union {
        struct hvc_offer offer;
        struct {
            uint8_t phase;   /* enum hvc_replication_phase */
            uint32_t target; /* TRANSFER: the source meant; else 0 */
        } exclude;
        struct {
            uint8_t kind;
            uint64_t number; /* from 0, without gap */
            const uint8_t *bytes;
            uint32_t length;
        } chunk;
        struct hvc_done done;
        struct {
            uint8_t version;
            uint8_t kind;
            struct hvc_token token;
            const uint8_t *bytes;
            uint32_t length;
        } propose;
        struct {
            uint64_t index;
            struct hvc_digest_point digest;
        } ack;
        uint64_t barrier;
        struct {
            unsigned count;
            uint32_t node[HVC_FENCED_MAX];
        } fenced;
    };
};

/* -EMSGSIZE: does not fit. */
int hvc_wire_encode(const struct hvc_message *message, void *bytes, size_t size, size_t *ret_length);

/* -EBADMSG: not one of ours, damaged, or out of bounds; -EPROTONOSUPPORT: a version outside [min, max]. */
int hvc_wire_decode(const void *bytes, size_t length, uint8_t version_min, uint8_t version_max,
                    struct hvc_message *ret_message);

int hvc_wire_encode_view(const struct hvc_view_record *view, void *bytes, size_t size, size_t *ret_length);
int hvc_wire_decode_view(const void *bytes, size_t length, struct hvc_view_record *ret_view);

/* Cursor over bytes: after the first access out of bounds every read gives 0 and every write is dropped. */
struct hvc_reader {
    const uint8_t *at, *end;
    bool bad;
};

struct hvc_writer {
    uint8_t *at, *end;
    bool bad;
};

uint64_t hvc_read(struct hvc_reader *r, unsigned width); /* width: 1, 2, 4 or 8 bytes */
const uint8_t *hvc_read_bytes(struct hvc_reader *r, size_t length);
void hvc_read_copy(struct hvc_reader *r, void *target, size_t length);
void hvc_write(struct hvc_writer *w, unsigned width, uint64_t value);
void hvc_write_bytes(struct hvc_writer *w, const void *bytes, size_t length);
void hvc_read_entry(struct hvc_reader *r, struct hvc_entry *ret_entry);
void hvc_write_entry(struct hvc_writer *w, const struct hvc_entry *entry);

uint32_t hvc_crc32c(uint32_t crc, const void *bytes, size_t length);

#endif

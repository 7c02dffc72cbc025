/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this library share. view.c: membership, exclusion, promises. offers.c: whose store
 * counts, who is enough. install.c: source, transfer,
 * DONE. log.c: proposals, acknowledgements, commit, apply, compaction. window.c: entries in memory. token.c: answers.
 * out.c: the update. replication.c: construction, dispatch; it calls the others, and none of them calls it.
 *
 * A set of members is a bit mask over the view's member slots (sorted by node id, so equal on all members).
 */
#ifndef HVC_REPLICATION_INTERNAL_H
#define HVC_REPLICATION_INTERNAL_H

#include "bugs.h"
#include "hvc/replication.h"
#include "wire.h"

#define HVC_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define HVC_SLOT_NONE       UINT32_MAX
#define HVC_PENDING_MAX     256 /* persist records under way that are told apart */
#define HVC_CHUNKS_FLIGHT   4   /* chunks sent and not yet delivered to the source itself */
#define HVC_ACKS_FLIGHT     4
#define HVC_BARRIERS_MAX    32
#define HVC_DIGEST_POINTS   4
#define HVC_OUT_BYTES       (HVC_REPLICATION_MESSAGES_MAX * (size_t)HVC_MESSAGE_MAX)

/* window.c: entries (base, last], contiguous, their operations in a ring of bytes. */
struct hvc_window_slot {
    uint64_t epoch, own_view;
    struct hvc_token token;
    uint32_t offset, length;
    uint8_t kind, version;
};

struct hvc_window {
    uint64_t base, base_epoch, last;
    struct hvc_window_slot *slot;
    uint8_t *bytes;
    uint32_t capacity, size, tail;
};

void hvc_window_reset(struct hvc_window *w, uint64_t base, uint64_t base_epoch);
int hvc_window_append(struct hvc_window *w, const struct hvc_entry *entry, uint64_t own_view);
void hvc_window_truncate(struct hvc_window *w, uint64_t above);
void hvc_window_trim(struct hvc_window *w, uint64_t upto);
int hvc_window_get(const struct hvc_window *w, uint64_t index, struct hvc_entry *ret_entry);
struct hvc_window_slot *hvc_window_slot(const struct hvc_window *w, uint64_t index);
uint64_t hvc_window_epoch(const struct hvc_window *w, uint64_t index); /* 0: not known */
uint64_t hvc_window_last_epoch(const struct hvc_window *w);
uint32_t hvc_window_bytes_used(const struct hvc_window *w);

/* token.c: the newest answers, oldest first out; found by hash. */
struct hvc_answer {
    struct hvc_token token;
    uint64_t index, value;
    int32_t code;
};

struct hvc_tokens {
    struct hvc_answer *answer; /* ring */
    uint32_t *bucket;          /* 1 + position in the ring, 0 empty; linear probing */
    uint32_t capacity, buckets, head, count;
    uint64_t floor; /* index of the newest answer that was pushed out */
};

#define HVC_ANSWER_BYTES 44u

void hvc_tokens_reset(struct hvc_tokens *t);
const struct hvc_answer *hvc_tokens_find(const struct hvc_tokens *t, const struct hvc_token *token);
void hvc_tokens_add(struct hvc_tokens *t, const struct hvc_answer *answer);
void hvc_tokens_copy(struct hvc_tokens *target, const struct hvc_tokens *source);
void hvc_tokens_write(const struct hvc_tokens *t, uint32_t first, uint32_t count, struct hvc_writer *w);
int hvc_tokens_read(struct hvc_tokens *t, uint32_t count, struct hvc_reader *r);
bool hvc_token_is_set(const struct hvc_token *token);

/* Metadata of a snapshot beside the token table. */
struct hvc_snapshot_meta {
    uint64_t index, epoch, chain, floor, size, view_index;
    uint32_t tokens;
    struct hvc_digest_point point[HVC_DIGEST_POINTS];
    struct hvc_view_record view; /* last VIEW at or below index */
};

struct hvc_member_state {
    uint32_t node;
    uint64_t boot_id;
    uint64_t ack;
    struct hvc_digest_point point;
    struct hvc_offer offer;
};

struct hvc_view {
    enum hvc_replication_phase phase;
    struct hvc_ring_id ring;
    uint32_t tag;
    unsigned count;
    uint32_t self; /* own slot, or HVC_SLOT_NONE */
    struct hvc_member_state member[HVC_NODES_MAX];
    uint64_t all, offered;
    uint64_t counted, observers, foreign, incompatible; /* how the offers were judged; final from the close on */
    uint64_t participants, promised;
    uint32_t best; /* slot of the best log among the counted ones */
    bool bootstrap, forced;
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE]; /* of the history that a bootstrap creates */
    uint32_t modes, need;                    /* over the counted offers */
    uint64_t epoch;
    uint32_t source;
    struct hvc_view_record record; /* of this view, from DONE on */
    uint64_t view_index;
    uint32_t fenced[HVC_FENCED_MAX]; /* delivered in this view */
    unsigned fenced_count;
    bool offer_sent, promise_sent, alarmed, silent_alarm;
    uint64_t promise_seq, promise_epoch;
    uint64_t since_ms;              /* start of the phase, or last progress in it */
    uint64_t resend_ms, exclude_ms; /* when the next ones are due */
    uint64_t rejoin_ms; /* a refilled or forced node: when it leaves so that the next view counts it fully; 0 none */
};

enum hvc_stream {
    HVC_STREAM_SNAPSHOT,
    HVC_STREAM_TOKENS,
    HVC_STREAM_STATE,
    HVC_STREAM_LOG,
    HVC_STREAM_DONE,
    HVC_STREAM_END
};

struct hvc_transfer {
    /* everybody */
    uint64_t number; /* next chunk expected */
    uint32_t digest;
    bool meta_seen;
    struct hvc_snapshot_meta meta;
    uint64_t state_bytes;
    /* the source */
    bool pinned, snapshot;
    enum hvc_stream stream;
    uint64_t base, sent, cursor;
};

struct hvc_pending {
    uint64_t seq, last;
};

struct hvc_replication {
    struct hvc_replication_config config;
    enum hvc_replication_unused unused; /* 0: the store counts */
    bool empty, continuous, started, left, init, force;
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    uint64_t now_ms;

    /* durable state, as of the last persist record handed out */
    uint64_t promised, commit, refused;
    struct hvc_replication_with with;
    struct hvc_window log;
    struct hvc_tokens tokens;
    struct hvc_snapshot_meta base; /* view: last VIEW at or below log.base; the rest as of the last snapshot */
    uint64_t applied, chain;
    struct hvc_digest_point point[HVC_DIGEST_POINTS];
    unsigned points;

    uint64_t persist_seq, persisted_seq, durable;
    struct hvc_pending pending[HVC_PENDING_MAX];
    unsigned pending_head, pending_count;

    /* quorum */
    bool quorum_known, quorate;
    struct hvc_ring_id quorum_ring;
    uint32_t votes, need, modes;
    struct hvc_replication_node nodes[HVC_NODES_MAX];
    unsigned node_count;
    uint32_t fenced[HVC_FENCED_MAX]; /* reported, and not seen as a member since */
    unsigned fenced_count;
    bool fenced_unsent;

    struct hvc_view view;
    uint64_t view_number;
    struct hvc_transfer transfer;
    struct hvc_window staged;
    struct hvc_tokens staged_tokens;
    struct hvc_message incoming; /* scratch of the message being judged */

    uint64_t ack_sent, quorum_commit, digest_proposed;
    unsigned acks_flight;
    uint64_t proposals, proposal_bytes;
    struct {
        uint64_t id, sent_ms, view;
    } barrier[HVC_BARRIERS_MAX];
    unsigned barriers;

    uint64_t bug_ack[HVC_BUG_MAY_BE() ? HVC_NODES_MAX : 1];
    enum hvc_replication_work work;
    struct hvc_replication_counters counters;
    struct hvc_replication_update *out;
    size_t out_used;
    uint8_t *out_bytes;
    uint8_t view_bytes[HVC_VIEW_NODES_MAX * 24 + 64]; /* encoded VIEW record */
};

/* out.c */
void hvc_out_send(struct hvc_replication *r, struct hvc_message *message); /* fills the header */
bool hvc_out_room(const struct hvc_replication *r);
struct hvc_replication_persist *hvc_out_persist(struct hvc_replication *r);
void hvc_out_alarm(struct hvc_replication *r, enum hvc_replication_alarm code, uint32_t node, uint64_t detail);
void hvc_out_leave(struct hvc_replication *r, enum hvc_replication_leave reason, uint64_t detail);
static inline bool hvc_ring_equal(struct hvc_ring_id a, struct hvc_ring_id b)
{
    return a.node == b.node && a.seq == b.seq;
}
static inline uint64_t hvc_bit(uint32_t slot)
{
    return slot < HVC_NODES_MAX ? UINT64_C(1) << slot : 0;
}

/* view.c */
int hvc_view_begin(struct hvc_replication *r, const struct hvc_replication_event *event);
void hvc_view_end(struct hvc_replication *r);
int hvc_view_quorum(struct hvc_replication *r, const struct hvc_replication_event *event);
int hvc_view_fenced(struct hvc_replication *r, uint32_t node);
void hvc_view_on_offer(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
void hvc_view_on_exclude(struct hvc_replication *r, const struct hvc_message *m);
void hvc_view_on_promise(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
void hvc_view_on_fenced(struct hvc_replication *r, const struct hvc_message *m);
void hvc_view_pump(struct hvc_replication *r); /* own OFFER, PROMISE, FENCED when their conditions hold */
void hvc_view_timer(struct hvc_replication *r);
void hvc_view_phase(struct hvc_replication *r, enum hvc_replication_phase phase);
uint32_t hvc_view_slot(const struct hvc_view *view, uint32_t node);

/* offers.c */
bool hvc_view_judge(struct hvc_replication *r); /* sets counted, observers, best, need ...; may the offers close? */
bool hvc_view_enough(const struct hvc_replication *r, uint64_t mask); /* may these members enter a view? */
bool hvc_view_is_fenced(const struct hvc_view *view, uint32_t node);
uint32_t hvc_view_best(const struct hvc_view *view, uint64_t mask);
uint64_t hvc_view_votes(const struct hvc_view *view, uint64_t mask);
bool hvc_view_acked(const struct hvc_replication *r, uint64_t mask); /* do these acknowledgements commit? */
bool hvc_view_is_participant(const struct hvc_replication *r);
unsigned hvc_view_absent(const struct hvc_replication *r, uint64_t mask, uint32_t *ret_nodes, unsigned *ret_count);

/* view_record.c */
void hvc_view_record_build(struct hvc_replication *r, struct hvc_view_record *record); /* of the view being entered */
bool hvc_view_record_votes_changed(const struct hvc_view_record *record);

/* transfer.c: the source */
void hvc_install_begin(struct hvc_replication *r);
void hvc_install_pump(struct hvc_replication *r); /* next chunks */
void hvc_install_resend(struct hvc_replication *r);
void hvc_install_data(struct hvc_replication *r, const void *bytes, size_t length);
void hvc_meta_write(const struct hvc_snapshot_meta *meta, struct hvc_writer *w);
void hvc_meta_read(struct hvc_reader *r, struct hvc_snapshot_meta *ret_meta);

/* install.c */
void hvc_install_on_chunk(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
void hvc_install_on_done(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
/* full: replaces what this node has by what was staged */
void hvc_install(struct hvc_replication *r, const struct hvc_done *done, bool full);

/* log.c */
int hvc_log_propose(struct hvc_replication *r, const struct hvc_replication_event *event);
int hvc_log_barrier(struct hvc_replication *r, uint64_t id);
void hvc_log_on_propose(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
void hvc_log_on_ack(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
void hvc_log_on_barrier(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m);
void hvc_log_persisted(struct hvc_replication *r, uint64_t seq);
void hvc_log_pending(struct hvc_replication *r); /* notes what the current persist record makes durable */
void hvc_log_commit(struct hvc_replication *r);
void hvc_log_applied(struct hvc_replication *r, const struct hvc_replication_event *event);
void hvc_log_snapshot(struct hvc_replication *r, const struct hvc_replication_event *event);
void hvc_log_diverged(struct hvc_replication *r,
                      uint64_t index); /* the state here is the wrong one at that index: leaves, to be refilled */
void hvc_log_pump(struct hvc_replication *r); /* ACK, digest, next work */
void hvc_log_resend(struct hvc_replication *r);
bool hvc_log_wants_compaction(const struct hvc_replication *r);
void hvc_log_view_end(struct hvc_replication *r);
uint64_t hvc_log_last_view(const struct hvc_replication *r, uint64_t upto, struct hvc_view_record *ret_view);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state and what the files of this library share. Every change of a record is followed by hvc_touch() of it before
 * apply returns: that keeps the digest true. What is marked "derived" follows from the records and is in no snapshot.
 */
#ifndef HVC_SERVICE_INTERNAL_H
#define HVC_SERVICE_INTERNAL_H

#include "fields.h"
#include "hvc/service.h"
#include "service_bugs.h"
#include "tables.h"

/* Kinds of records, in the order of a snapshot. The numbers are the encoding. */
enum hvc_record_kind {
    HVC_RECORD_HEAD,
    HVC_RECORD_NODE,
    HVC_RECORD_NETWORK,
    HVC_RECORD_DRAIN,
    HVC_RECORD_DOCUMENT,
    HVC_RECORD_GUEST,
    HVC_RECORD_JOB,
    HVC_RECORD_KIND_COUNT
};

/* One of a kind: what the service as a whole remembers. */
struct hvc_head {
    bool alone;
    uint32_t set_mask; /* bit n: setting n has been given a value */
    uint64_t values[HVC_SETTING_MAX];
    struct hvc_service_properties properties;
    uint32_t next_network;
    uint64_t next_job, next_drain, next_document;
    uint64_t admissions; /* jobs that have left the queue for their checks */
    uint64_t ended;      /* jobs that have ended */
};

struct hvc_node_more { /* derived */
    struct hvc_node_load load;
    struct hvc_list queue;     /* jobs that wait to leave, in order of id */
    uint32_t queue_other;      /* those of them that wait for no slot out of the node */
    uint32_t out, in, storage; /* limits in force: hvc_limits_refresh */
    bool live;                 /* live migration enabled */
    uint64_t room_kib;         /* memory that guests and moves to here may have together, UINT64_MAX: not known */
};

struct hvc_network_use { /* derived: moves over one network, of one node */
    uint32_t out, in;
};

struct hvc_service {
    struct hvc_service_config config;
    uint64_t revision; /* changes with every touch */
    bool loading;      /* and refuses commands */

    struct hvc_head head;
    struct hvc_pool pool[HVC_RECORD_KIND_COUNT];
    struct hvc_service_node *nodes;
    struct hvc_node_more *nodes_more;
    struct hvc_network *networks;
    struct hvc_drain *drains;
    struct hvc_document *documents;
    struct hvc_service_guest *guests;
    struct hvc_job *jobs;

    /* derived */
    uint32_t *node_order, *network_order; /* slots in order of id */
    uint32_t node_count, network_count;   /* in them */
    struct hvc_index guest_by_uuid, guest_by_name, job_by_id, document_by_hash;
    struct hvc_link *job_links;      /* of all jobs, in order of id */
    struct hvc_link *state_links;    /* of the queue, of the active or of the ended ones */
    struct hvc_link *document_links; /* of documents that nothing refers to, in order of serial */
    struct hvc_list jobs_all, jobs_active, jobs_ended, documents_open;
    struct hvc_network_use *network_use; /* [slot of the network * config.nodes + slot of the node] */
    uint32_t queued, moving;
    bool admit;            /* something may have become admissible */
    uint64_t epoch, index; /* of the entry being applied */

    /* digest */
    uint64_t sum;    /* of the hashes of all records */
    uint32_t *dirty; /* kind << 24 | slot */
    uint32_t dirty_count;

    /* snapshot and load */
    uint32_t *order;       /* room for the slots of one kind */
    uint32_t carry, stage; /* load: bytes in record that are not a whole one yet; records of which kind come */
    uint64_t loaded;       /* load: records so far */
    int load_error;
    uint8_t *record;             /* one encoded record */
    struct hvc_command *command; /* the one being applied */
};

#define HVC_RECORD_MAX 4096 /* greatest encoded record with its head; checked by a test */

/* memory.c */
void hvc_service_clear(struct hvc_service *s);

/* record.c */
const struct hvc_field *hvc_record_fields(unsigned kind);
void *hvc_record_item(struct hvc_service *s, unsigned kind, uint32_t slot);
size_t hvc_record_encode(struct hvc_service *s, unsigned kind, uint32_t slot); /* into s->record */
void hvc_touch(struct hvc_service *s, enum hvc_record_kind kind, uint32_t slot);
static inline void hvc_touch_head(struct hvc_service *s)
{
    hvc_touch(s, HVC_RECORD_HEAD, 0);
}

/* find.c */
uint32_t hvc_find_node(const struct hvc_service *s, uint32_t id);
uint32_t hvc_find_network(const struct hvc_service *s, uint32_t id);
uint32_t hvc_find_drain(const struct hvc_service *s, uint64_t id);
uint32_t hvc_find_guest(const struct hvc_service *s, const uint8_t uuid[16]);
uint32_t hvc_find_job(const struct hvc_service *s, uint64_t id);
uint32_t hvc_find_document(const struct hvc_service *s, const uint8_t hash[32]);
/* Hashes for the indexes. */
uint32_t hvc_key_hash(const void *key, size_t length);
bool hvc_is_zero(const uint8_t *bytes, size_t length);

/* link.c: puts an item that lies in its pool into indexes, lists and sums, and takes it out again */
void hvc_link_node(struct hvc_service *s, uint32_t slot);
void hvc_unlink_node(struct hvc_service *s, uint32_t slot);
void hvc_link_network(struct hvc_service *s, uint32_t slot);
void hvc_unlink_network(struct hvc_service *s, uint32_t slot);
void hvc_link_guest(struct hvc_service *s, uint32_t slot);
void hvc_unlink_guest(struct hvc_service *s, uint32_t slot);
void hvc_link_job(struct hvc_service *s, uint32_t slot);
void hvc_unlink_job(struct hvc_service *s, uint32_t slot);
void hvc_link_document(struct hvc_service *s, uint32_t slot);
void hvc_unlink_document(struct hvc_service *s, uint32_t slot);
void hvc_document_reference(struct hvc_service *s, const uint8_t hash[32], int change);
void hvc_forget_documents(struct hvc_service *s); /* that nothing refers to, when they are too many */
struct hvc_answer hvc_check_document(const struct hvc_service *s, const uint8_t hash[32]); /* OK: whole, or all 0 */
void hvc_document_reopen(struct hvc_service *s, uint32_t slot);                            /* its serial is new */
/* Of a network by its id; NULL: there is none of that id. */
struct hvc_network_use *hvc_network_use(const struct hvc_service *s, uint32_t network, uint32_t node);
/* What a job takes, as its phase says; sign +1 or -1. */
void hvc_job_account(struct hvc_service *s, uint32_t slot, int sign);

/* admission.c */
void hvc_limits_refresh(struct hvc_service *s); /* after a change of settings or of a node's facts */
enum hvc_blocker hvc_job_blocker(const struct hvc_service *s, uint32_t slot, uint64_t now_ms);
void hvc_admit(struct hvc_service *s, uint64_t now_ms);
bool hvc_network_has_room(const struct hvc_service *s, uint32_t network, uint32_t source, uint32_t target); /* slots */
/* Gives the job the first of its ways that has room. False: none has; then it is given none, unless no limit holds it
 * back. */
bool hvc_job_take_way(struct hvc_service *s, uint32_t slot);
void hvc_job_set_network(struct hvc_service *s, uint32_t slot, uint32_t network);
/* The ways of one queued job are those of all that wait between the same two nodes: it takes or gives them, so that not
 * each has to be checked to find out that it waits. */
void hvc_ways_share(struct hvc_service *s, uint32_t slot);
/* What the queued jobs' checks found of networks is found anew. */
void hvc_ways_forget(struct hvc_service *s);

/* phase.c: the only way a job changes its phase */
void hvc_job_move(struct hvc_service *s, uint32_t slot, unsigned to, uint64_t stamp_ms);
void hvc_job_reason(struct hvc_service *s, uint32_t slot, const struct hvc_command *c, unsigned code, const char *text);
void hvc_job_remove(struct hvc_service *s, uint32_t slot);
void hvc_retain(struct hvc_service *s); /* by count */
/* Where a guest is, proven. */
void hvc_guest_located(struct hvc_service *s, uint32_t slot, uint32_t node);
/* After a change of members, of fencing or of its phase: a job that cannot go on as it is. */
void hvc_job_follow_nodes(struct hvc_service *s, uint32_t slot, const struct hvc_command *c);
void hvc_jobs_follow_nodes(struct hvc_service *s, const struct hvc_command *c);

/* apply_*.c: one function a command */
struct hvc_answer hvc_answer_of(unsigned code, unsigned detail, uint64_t value);
typedef struct hvc_answer (*hvc_apply_fn)(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_settings(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_properties(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_state(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_network_add(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_network_modify(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_network_remove(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_node(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_node_remove(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_members(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_fenced(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_node_flags(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_document(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_guest(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_guest_place(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_guest_remove(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job_target(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job_report(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job_cancel(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job_modify(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job_resolve(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_job_forget(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_drain(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_drain_report(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_drain_cancel(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_resume(struct hvc_service *s, const struct hvc_command *c);
struct hvc_answer hvc_apply_tick(struct hvc_service *s, const struct hvc_command *c);

#endif

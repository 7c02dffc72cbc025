/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/hash.h"

#include "../hvc_cmocka.h"

static void fake_status(struct hvc_keeper *base, struct hvc_replica_status *ret_status)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    keeper->looks++;
    *ret_status = keeper->status;
}

static int fake_token(struct hvc_keeper *base, struct hvc_token *ret_token)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    keeper->token.id[15]++;
    *ret_token = keeper->token;
    return 0;
}

static void apply(struct fake_keeper *keeper, const struct hvc_command *command, struct hvc_answer *ret_answer)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    size_t length = 0;

    assert_int_equal(hvc_command_encode(command, bytes, sizeof(bytes), &length), 0);
    assert_int_equal(hvc_service_apply(keeper->service, bytes, length, 7, ++keeper->index, ret_answer), 0);
}

/* One document is kept, the last one that came whole. */
static void keep_part(struct fake_keeper *keeper, const struct hvc_command *command)
{
    if (command->kind != HVC_COMMAND_DOCUMENT || command->document.size > sizeof(keeper->document))
        return;
    memcpy(keeper->document + command->document.offset, command->document.bytes, command->document.length);
    keeper->document_length = command->document.offset + command->document.length;
}

static int fake_propose(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *token,
                        uint64_t deadline_ms, bool wait_for_quorum, struct hvc_replica_outcome *ret_outcome)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;
    struct hvc_command filled = *command;

    (void)deadline_ms;
    keeper->last = *command;
    keeper->waited = wait_for_quorum;
    *ret_outcome = keeper->outcome;
    if (keeper->outcome.error != 0)
        return keeper->outcome.error;
    ret_outcome->epoch = 7;
    ret_outcome->index = keeper->index;
    if (keeper->proposals > 0 && memcmp(&keeper->answered, token, sizeof(*token)) == 0) {
        ret_outcome->answer = keeper->answer;
        ret_outcome->answer.repeated = true;
        return 0;
    }
    filled.node = 1;
    filled.stamp_ms = keeper->stamp_ms != 0 ? keeper->stamp_ms : 1000;
    apply(keeper, &filled, &ret_outcome->answer);
    keep_part(keeper, command);
    keeper->answered = *token;
    keeper->answer = ret_outcome->answer;
    ret_outcome->index = keeper->index;
    keeper->proposals++;
    return 0;
}

static int fake_read(struct hvc_keeper *base, enum hvc_replica_freshness freshness, uint64_t deadline_ms,
                     hvc_keeper_look_fn look, void *context, struct hvc_error *error)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;
    struct hvc_replica_stamp stamp = {keeper->index, 7, !keeper->status.replication.primary};

    (void)deadline_ms;
    if (keeper->read_error != 0 && (freshness == HVC_REPLICA_BARRIER || keeper->always))
        return hvc_error_set(error, keeper->read_error, "the fake keeper does not read");
    return look(context, keeper->service, &stamp);
}

static int fake_backup(struct hvc_keeper *base, const char *path, struct hvc_error *error)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    if (keeper->backup_error != 0)
        return hvc_error_set(error, keeper->backup_error, "%s exists", path);
    (void)snprintf(keeper->backup, sizeof(keeper->backup), "%s", path);
    return 0;
}

static int fake_begin_again(struct hvc_keeper *base, bool init, bool force, uint64_t deadline_ms,
                            struct hvc_error *error)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    (void)deadline_ms;
    if (keeper->begin_error != 0)
        return hvc_error_set(error, keeper->begin_error, "the former one hangs");
    keeper->begun++;
    keeper->init = init;
    keeper->force = force;
    if (keeper->comes_up)
        fake_status_healthy(&keeper->status, 3);
    return 0;
}

static int fake_soft(struct hvc_keeper *base, uint32_t node, struct hvc_soft_facts *ret_facts)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    for (unsigned i = 0; i < keeper->soft_count; i++) {
        if (keeper->soft[i].node == (node == 0 ? keeper->status.node : node)) {
            *ret_facts = keeper->soft[i];
            return 0;
        }
    }
    return -ENOENT;
}

static int fake_soft_job(struct hvc_keeper *base, uint64_t job, struct hvc_soft_job *ret_job)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    for (unsigned i = 0; i < keeper->soft_count; i++) {
        const struct hvc_soft_move *move = hvc_soft_facts_job(&keeper->soft[i], job);

        if (move != NULL) {
            *ret_job = (struct hvc_soft_job){keeper->soft[i].node, keeper->soft[i].age_ms, *move};
            return 0;
        }
    }
    return -ENOENT;
}

static int fake_document(struct hvc_keeper *base, const uint8_t hash[HVC_STORE_HASH_SIZE], uint64_t deadline_ms,
                         char **ret_bytes, size_t *ret_length, struct hvc_error *error)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;
    uint8_t have[HVC_STORE_HASH_SIZE];

    (void)deadline_ms;
    base->ops->hash(keeper->document, keeper->document_length, have);
    if (memcmp(have, hash, sizeof(have)) != 0)
        return hvc_error_set(error, -ENOENT, "nobody who answers has it");
    *ret_bytes = strndup(keeper->document, keeper->document_length);
    *ret_length = keeper->document_length;
    return 0;
}

/* Good enough to tell the documents of one test apart. */
static void fake_hash(const void *bytes, size_t length, uint8_t ret_hash[HVC_STORE_HASH_SIZE])
{
    uint64_t hash = hvc_hash64(bytes, length, 0);

    memset(ret_hash, 0x5a, HVC_STORE_HASH_SIZE);
    memcpy(ret_hash, &hash, sizeof(hash));
}

static uint64_t fake_await(struct hvc_keeper *base, uint64_t since, uint64_t deadline_ms)
{
    struct fake_keeper *keeper = (struct fake_keeper *)base;

    (void)deadline_ms;
    if (keeper->on_await != NULL && keeper->on_await(keeper))
        return since + 1;
    return since == 0 ? 1 : since;
}

static int fake_submit(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *token,
                       uint64_t deadline_ms, bool wait_for_quorum, hvc_replica_done_fn done, void *context,
                       struct hvc_error *error)
{
    struct hvc_replica_outcome outcome;
    int rc = fake_propose(base, command, token, deadline_ms, wait_for_quorum, &outcome);

    (void)rc; /* told by the outcome */
    (void)error;
    done(context, &outcome);
    return 0;
}

static void add_node(struct fake_keeper *keeper, uint32_t id)
{
    struct hvc_command command = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_NODE, .node = 1, .stamp_ms = 1};
    struct hvc_answer answer;

    command.node_facts.id = id;
    command.node_facts.cpus = 8;
    command.node_facts.memory_kib = 1 << 20;
    (void)snprintf(command.node_facts.name, sizeof(command.node_facts.name), "n%u", id);
    apply(keeper, &command, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

struct fake_keeper *fake_keeper_new(void)
{
    static const struct hvc_keeper_ops ops = {
        .status = fake_status,
        .token = fake_token,
        .propose = fake_propose,
        .read = fake_read,
        .backup = fake_backup,
        .begin_again = fake_begin_again,
        .submit = fake_submit,
        .soft = fake_soft,
        .soft_job = fake_soft_job,
        .await = fake_await,
        .document = fake_document,
        .hash = fake_hash,
    };
    const struct hvc_service_config config = {.nodes = 5, .guests = 12, .jobs_kept = 10, .networks = 4, .drains = 8};
    struct fake_keeper *keeper = calloc(1, sizeof(*keeper));
    size_t size = hvc_service_size(&config);

    assert_non_null(keeper);
    keeper->base.ops = &ops;
    keeper->memory = malloc(size);
    assert_non_null(keeper->memory);
    assert_int_equal(hvc_service_init(keeper->memory, size, &config, &keeper->service), 0);
    fake_status_healthy(&keeper->status, 2);
    add_node(keeper, 1);
    add_node(keeper, 2);
    keeper->index = 41;
    keeper->token.id[0] = 0xab;
    keeper->token.birth = 41;
    return keeper;
}

void fake_keeper_free(struct fake_keeper *keeper)
{
    free(keeper->memory);
    free(keeper);
}

void fake_keeper_commit(struct fake_keeper *keeper, const struct hvc_command *command)
{
    struct hvc_replica_outcome outcome;
    struct hvc_token token;

    assert_int_equal(fake_token(&keeper->base, &token), 0);
    assert_int_equal(fake_propose(&keeper->base, command, &token, HVC_NO_DEADLINE, true, &outcome), 0);
    assert_true(hvc_answer_is_good(&outcome.answer));
}

struct fake_keeper *fake_keeper_join(struct hvc_operations *operations)
{
    struct fake_keeper *keeper = fake_keeper_new();
    struct hvc_command members = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_MEMBERS, .by = "test"};

    members.members.count = 2;
    members.members.item[0] = (struct hvc_command_member){1, 11};
    members.members.item[1] = (struct hvc_command_member){2, 12};
    fake_keeper_commit(keeper, &members);
    operations->keeper = &keeper->base;
    return keeper;
}

/* ---- statuses ---- */

void fake_status_healthy(struct hvc_replica_status *s, unsigned count)
{
    struct hvc_replication_status *r = &s->replication;

    memset(s, 0, sizeof(*s));
    s->health = HVC_REPLICA_VOTING;
    s->since_ms = FAKE_NOW_MS - 90000;
    s->node = 1;
    s->quorate = true;
    s->votes = 1;
    s->expected = count;
    s->quorum = count / 2 + 1;
    s->node_count = count;
    for (unsigned i = 0; i < count; i++) {
        s->nodes[i] = (struct hvc_replica_node){.id = i + 1, .votes = 1, .member = true, .participant = true};
        (void)snprintf(s->nodes[i].name, sizeof(s->nodes[i].name), "n%u", i + 1);
        r->members[i] = i + 1;
        r->participants[i] = i + 1;
    }
    r->member_count = count;
    r->participant_count = count;
    r->phase = HVC_PHASE_RUNNING;
    r->wait_since_ms = FAKE_NOW_MS - 12000;
    r->primary = true;
    r->participant = true;
    r->voter = true;
    r->ring = (struct hvc_ring_id){1, 0x1b};
    r->epoch = 7;
    r->view_index = 40;
    r->source = 1;
    r->commit_votes = s->quorum;
    r->promised = 7;
    r->last_index = 4711;
    r->last_epoch = 7;
    r->durable_index = 4711;
    r->commit = 4711;
    r->applied = 4711;
    memset(r->cluster_id, 0x5a, sizeof(r->cluster_id));
    s->ring.health = HVC_RING_JOINED;
    s->ring.since_ms = FAKE_NOW_MS - 95000;
    s->store = HVC_STORE_GOOD;
    s->facts.node = 1;
    s->facts.commit = 4700;
    s->facts.last_index = 4700;
    s->facts.generation = 12;
    s->facts.place = "ext4";
    s->digest = UINT64_C(0x0123456789abcdef);
}

void fake_status_cut(struct hvc_replica_status *s, unsigned first)
{
    for (unsigned i = first; i < s->node_count; i++) {
        s->nodes[i].member = false;
        s->nodes[i].participant = false;
    }
    s->health = HVC_REPLICA_OUT;
    s->quorate = false;
    s->since_ms = FAKE_NOW_MS - 12000;
    s->replication.primary = false;
    s->replication.participant = false;
    s->replication.member_count = first;
    s->replication.participant_count = 0;
    s->replication.phase = HVC_PHASE_OFFER;
    s->replication.wait = HVC_WAIT_QUORUM;
    s->replication.epoch = 0;
    s->replication.view_index = 0;
    s->replication.source = 0;
}

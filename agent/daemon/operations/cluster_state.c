/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster_state.h"

#include <stdio.h>
#include <string.h>

#include "hvc/text.h"

struct text {
    char *bytes;
    size_t size, used;
};

#define ADD(text, ...) ((void)hvc_text_append((text)->bytes, (text)->size, &(text)->used, __VA_ARGS__))

static struct text begin(char *bytes, size_t size)
{
    bytes[0] = '\0';
    return (struct text){bytes, size, 0};
}

/* A list that was cut shall not look like a whole one. */
static void finish(struct text *text)
{
    if (text->used + 1 >= text->size)
        memcpy(text->bytes + text->size - 4, "...", 4);
}

/* ---- words of enums ---- */

static const char *word_of(const char *const *words, size_t count, unsigned value)
{
    return value < count && words[value] != NULL ? words[value] : "unknown";
}
#define WORD_OF(words, value) word_of(words, sizeof(words) / sizeof((words)[0]), value)

const char *hvc_cluster_state_health(unsigned health)
{
    static const char *const words[] = {
        [HVC_REPLICA_STARTING] = "starting", [HVC_REPLICA_OUT] = "out",   [HVC_REPLICA_FOLLOWING] = "following",
        [HVC_REPLICA_VOTING] = "voting",     [HVC_REPLICA_LEFT] = "left",
    };
    return WORD_OF(words, health);
}

const char *hvc_cluster_state_wait(unsigned wait)
{
    static const char *const words[] = {
        [HVC_WAIT_NOTHING] = "nothing",
        [HVC_WAIT_VIEW] = "membership",
        [HVC_WAIT_QUORUM] = "quorum",
        [HVC_WAIT_DISK] = "disk",
        [HVC_WAIT_OFFERS] = "offers",
        [HVC_WAIT_VOTES] = "votes",
        [HVC_WAIT_FENCING] = "fencing",
        [HVC_WAIT_PROMISES] = "promises",
        [HVC_WAIT_SOURCE] = "transfer",
        [HVC_WAIT_ACKS] = "acknowledgements",
        [HVC_WAIT_NEXT_VIEW] = "next-membership",
    };
    return WORD_OF(words, wait);
}

const char *hvc_cluster_state_store(unsigned condition)
{
    static const char *const words[] = {
        [HVC_STORE_GOOD] = "good",       [HVC_STORE_FULL] = "full",       [HVC_STORE_IO_ERROR] = "io-error",
        [HVC_STORE_CORRUPT] = "corrupt", [HVC_STORE_REFUSED] = "refused",
    };
    return WORD_OF(words, condition);
}

static const char *ring_word(unsigned health)
{
    static const char *const words[] = {
        [HVC_RING_CONNECTING] = "connecting", [HVC_RING_JOINED] = "joined", [HVC_RING_HANGS] = "hangs"};

    return WORD_OF(words, health);
}

/* ---- nodes ---- */

void hvc_cluster_state_node_name(const struct hvc_replica_status *status, uint32_t node, char *name, size_t size)
{
    for (unsigned i = 0; i < status->node_count; i++) {
        if (status->nodes[i].id == node && status->nodes[i].name[0] != '\0') {
            (void)snprintf(name, size, "%s", status->nodes[i].name);
            return;
        }
    }
    (void)snprintf(name, size, "node %u", node);
}

static void add_name(struct text *text, const struct hvc_replica_status *s, uint32_t node, bool first)
{
    char name[HVC_NODE_NAME_MAX];

    hvc_cluster_state_node_name(s, node, name, sizeof(name));
    ADD(text, "%s%s", first ? "" : ", ", name);
}

static void add_waited(struct text *text, const struct hvc_replica_status *s)
{
    if (s->replication.wait_count == 0)
        ADD(text, "the others");
    for (unsigned i = 0; i < s->replication.wait_count; i++)
        add_name(text, s, s->replication.wait_nodes[i], i == 0);
}

static uint32_t member_votes(const struct hvc_replica_status *s)
{
    uint32_t votes = 0;

    for (unsigned i = 0; i < s->node_count; i++)
        votes += s->nodes[i].member ? s->nodes[i].votes : 0;
    return votes;
}

static void add_absent(struct text *text, const struct hvc_replica_status *s)
{
    bool first = true;

    for (unsigned i = 0; i < s->node_count; i++) {
        if (s->nodes[i].member)
            continue;
        ADD(text, "%s", first ? "; not here: " : "");
        add_name(text, s, s->nodes[i].id, first);
        first = false;
    }
}

/* ---- what it waits for ---- */

static void add_votes(struct text *text, const struct hvc_replica_status *s)
{
    if (s->expected != 0)
        ADD(text, ": %u of %u votes are here, %u are needed", member_votes(s), s->expected, s->quorum);
    add_absent(text, s);
}

static void wait_words(const struct hvc_replica_status *s, char words[HVC_STATE_WORDS_MAX])
{
    struct text text = begin(words, HVC_STATE_WORDS_MAX);

    switch (s->replication.wait) {
    case HVC_WAIT_NOTHING:
        break;
    case HVC_WAIT_VIEW:
        ADD(&text, "hvclusterd is not in the group of the cluster's daemons");
        break;
    case HVC_WAIT_QUORUM:
        if (s->quorate)
            ADD(&text, "corosync is changing its membership");
        else
            ADD(&text, "no quorum");
        add_votes(&text, s);
        break;
    case HVC_WAIT_DISK:
        ADD(&text, "the disk has not taken this node's own writes yet");
        break;
    case HVC_WAIT_OFFERS:
        ADD(&text, "hvclusterd of ");
        add_waited(&text, s);
        ADD(&text, ": no word yet on what its store holds");
        break;
    case HVC_WAIT_VOTES:
        ADD(&text, "too few stores that count are here (empty, damaged and foreign ones do not)");
        add_absent(&text, s);
        break;
    case HVC_WAIT_FENCING:
        add_waited(&text, s);
        ADD(&text, ": took part in the last decisions, not here now, not confirmed fenced");
        break;
    case HVC_WAIT_PROMISES:
        add_waited(&text, s);
        ADD(&text, ": its promise is not on disk yet");
        break;
    case HVC_WAIT_SOURCE:
        ADD(&text, "the state is being transferred from ");
        add_waited(&text, s);
        break;
    case HVC_WAIT_ACKS:
        add_waited(&text, s);
        ADD(&text, ": has not acknowledged the new membership yet");
        break;
    case HVC_WAIT_NEXT_VIEW:
        ADD(&text, "this node was silent for too long and was left out until the next membership");
        break;
    }
    finish(&text);
}

static const char *wait_advice(enum hvc_replication_wait wait)
{
    switch (wait) {
    case HVC_WAIT_VIEW:
        return "see COROSYNC below: it has to run here and to let hvclusterd in";
    case HVC_WAIT_QUORUM:
        return "start the nodes that are not here, or mend the network to them; until then settings and moves are "
               "refused and guests go on";
    case HVC_WAIT_DISK:
        return "if this lasts, look at the disk that holds the state directory: slow, full or failing";
    case HVC_WAIT_OFFERS:
    case HVC_WAIT_PROMISES:
    case HVC_WAIT_ACKS:
        return "if this lasts, look at hvclusterd there: hvcluster status, its log, its disk";
    case HVC_WAIT_VOTES:
        return "start hvclusterd on the nodes that are not here; for a new cluster that will not get all its nodes: "
               "hvcluster init; if the stores of a majority are lost: operator guide, \"Force\"";
    case HVC_WAIT_FENCING:
        return "let it be fenced (pcs stonith status), or start it; if it is off for certain and cannot be fenced: "
               "pcs stonith confirm NODE";
    case HVC_WAIT_SOURCE:
        return "wait; if it does not end, look at the network to that node and at the log there";
    case HVC_WAIT_NEXT_VIEW:
        return "it joins again by itself; if this is seen often, the node or its disk is overloaded";
    case HVC_WAIT_NOTHING:
        break;
    }
    return "";
}

/* ---- health ---- */

/* Primary by what was delivered, and corosync still delivers: a hung one makes a node OUT that was not told of a
 * change.
 */
bool hvc_cluster_state_is_stale(const struct hvc_replica_status *status)
{
    return !status->replication.primary ||
           (status->health != HVC_REPLICA_FOLLOWING && status->health != HVC_REPLICA_VOTING);
}

bool hvc_cluster_state_has_history(const struct hvc_replica_status *status)
{
    const struct hvc_replication_status *r = &status->replication;

    return r->commit > 0 || r->last_index > 0 || status->facts.last_index > 0 || status->facts.has_snapshot;
}

void hvc_cluster_state_missing(const struct hvc_replica_status *status, char words[HVC_STATE_WORDS_MAX])
{
    struct text text = begin(words, HVC_STATE_WORDS_MAX);
    bool taking_part = status->health == HVC_REPLICA_OUT || status->health == HVC_REPLICA_FOLLOWING ||
                       status->health == HVC_REPLICA_VOTING;

    if (!hvc_cluster_state_is_stale(status))
        return;
    if (taking_part && status->replication.wait != HVC_WAIT_NOTHING) {
        wait_words(status, words);
        return;
    }
    ADD(&text, "%s",
        status->words[0] != '\0' ? status->words : "hvclusterd does not take part in the cluster's decisions");
    finish(&text);
}

static void summary(const struct hvc_replica_status *s, char words[HVC_STATE_WORDS_MAX])
{
    struct text text = begin(words, HVC_STATE_WORDS_MAX);
    char missing[HVC_STATE_WORDS_MAX];

    hvc_cluster_state_missing(s, missing);
    switch (s->health) {
    case HVC_REPLICA_STARTING:
        ADD(&text, "starting%s%s", s->words[0] != '\0' ? ": " : "", s->words);
        break;
    case HVC_REPLICA_OUT:
        ADD(&text, "nothing can be decided here: %s", missing);
        break;
    case HVC_REPLICA_FOLLOWING:
        ADD(&text, "the cluster decides; this node follows, its own store does not count yet%s%s",
            s->words[0] != '\0' ? ": " : "", s->words);
        break;
    case HVC_REPLICA_VOTING:
        if (!hvc_cluster_state_is_stale(s))
            ADD(&text, s->alone ? "in service, stand-alone" : "in service: the cluster decides, this node counts");
        else
            ADD(&text, "nothing can be decided here: %s", missing);
        break;
    case HVC_REPLICA_LEFT:
        ADD(&text, "this node takes no part: %s", missing);
        break;
    case HVC_REPLICA_HEALTH_MAX_:
        break;
    }
    finish(&text);
}

static const char *store_advice(const struct hvc_replica_status *s)
{
    switch (s->store) {
    case HVC_STORE_FULL:
        return "make room on the disk that holds the state directory; hvclusterd tries again by itself";
    case HVC_STORE_IO_ERROR:
        return "look at the disk (dmesg, smartctl); hvclusterd tries again by itself";
    case HVC_STORE_CORRUPT:
        return "look at the disk (dmesg, smartctl); hvclusterd puts the store aside and refills it from the other "
               "nodes";
    case HVC_STORE_REFUSED:
        return "see the words; if it comes again after a restart of hvclusterd: stop it, hvcluster forget, start it";
    case HVC_STORE_GOOD:
    case HVC_STORE_CONDITION_MAX_:
        break;
    }
    if (s->facts.damaged && s->health != HVC_REPLICA_VOTING)
        return "it refills from the other nodes by itself; operator guide, \"A damaged store\"";
    return "";
}

/* ---- the record ---- */

static void set_for(struct hvc_record *record, uint64_t since_ms, uint64_t now_ms)
{
    if (since_ms != 0 && since_ms <= now_ms)
        hvc_record_set_u64(record, "for_ms", now_ms - since_ms);
}

static void set_words(struct hvc_record *record, const char *name, const char *words)
{
    if (words[0] != '\0')
        hvc_record_set_text(record, name, words);
}

static void set_node(struct hvc_record *record, const char *name, const struct hvc_replica_status *s, uint32_t node)
{
    char text[HVC_NODE_NAME_MAX];

    if (node == 0)
        return;
    hvc_cluster_state_node_name(s, node, text, sizeof(text));
    hvc_record_set_text(record, name, text);
}

static void describe_waits(struct hvc_record *state, const struct hvc_replica_status *s, uint64_t now_ms)
{
    const struct hvc_replication_status *r = &s->replication;
    struct hvc_record *waits = hvc_record_set_record(state, "waits");
    char words[HVC_STATE_WORDS_MAX];

    hvc_record_set_text(waits, "for", hvc_cluster_state_wait(r->wait));
    if (r->wait == HVC_WAIT_NOTHING)
        return;
    wait_words(s, words);
    set_words(waits, "words", words);
    set_words(waits, "advice", wait_advice(r->wait));
    set_for(waits, r->wait_since_ms, now_ms);
    hvc_record_set_list(waits, "nodes");
    for (unsigned i = 0; i < r->wait_count; i++) {
        struct hvc_record *node = hvc_record_add(waits, "nodes");

        hvc_record_set_u64(node, "id", r->wait_nodes[i]);
        set_node(node, "name", s, r->wait_nodes[i]);
    }
}

static void describe_quorum(struct hvc_record *state, const struct hvc_replica_status *s)
{
    static const struct {
        uint32_t mode;
        const char *word;
    } modes[] = {{HVC_MODE_TWO_NODE, "two_node"},
                 {HVC_MODE_QDEVICE, "qdevice"},
                 {HVC_MODE_AUTO_TIE_BREAKER, "auto_tie_breaker"},
                 {HVC_MODE_LAST_MAN_STANDING, "last_man_standing"}};
    struct hvc_record *quorum = hvc_record_set_record(state, "quorum");
    char words[128];
    struct text text = begin(words, sizeof(words));

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if ((s->modes & modes[i].mode) != 0)
            ADD(&text, "%s%s", text.used == 0 ? "" : " ", modes[i].word);
    }
    hvc_record_set_bool(quorum, "quorate", s->quorate);
    hvc_record_set_u64(quorum, "votes", member_votes(s));
    hvc_record_set_u64(quorum, "expected", s->expected);
    hvc_record_set_u64(quorum, "needed", s->quorum);
    hvc_record_set_text(quorum, "modes", words);
    hvc_record_set_bool(quorum, "all_must_acknowledge", s->replication.both_sides);
}

static void describe_ring(struct hvc_record *state, const struct hvc_replica_status *s, uint64_t now_ms)
{
    const struct hvc_ring_id *id = &s->replication.ring;
    struct hvc_record *ring = hvc_record_set_record(state, "ring");

    hvc_record_set_text(ring, "health", ring_word(s->ring.health));
    if (id->node != 0 || id->seq != 0) /* as corosync-quorumtool writes it */
        hvc_record_set_format(ring, "id", "%x.%llx", id->node, (unsigned long long)id->seq);
    set_for(ring, s->ring.since_ms, now_ms);
    hvc_record_set_u64(ring, "reconnects", s->ring.reconnects);
    hvc_record_set_u64(ring, "try_again", s->ring.try_again);
    if (s->ring.health == HVC_RING_JOINED)
        return;
    set_words(ring, "words", s->ring.last.text);
    set_words(ring, "advice",
              s->ring.health == HVC_RING_HANGS ? "corosync is stopped, overloaded or stuck: see its log, restart it"
                                               : "is corosync running here? systemctl status corosync; "
                                                 "corosync-cfgtool -s");
}

static void describe_view(struct hvc_record *state, const struct hvc_replica_status *s)
{
    const struct hvc_replication_status *r = &s->replication;
    struct hvc_record *view = hvc_record_set_record(state, "view");

    hvc_record_set_text(view, "phase", hvc_replication_phase_name(r->phase));
    hvc_record_set_bool(view, "primary", r->primary);
    hvc_record_set_bool(view, "participant", r->participant);
    hvc_record_set_u64(view, "epoch", r->epoch);
    hvc_record_set_u64(view, "index", r->view_index);
    hvc_record_set_u64(view, "votes_to_commit", r->commit_votes);
    set_node(view, "source", s, r->source);
}

static void describe_nodes(struct hvc_record *state, const struct hvc_replica_status *s)
{
    hvc_record_set_list(state, "nodes");
    for (unsigned i = 0; i < s->node_count; i++) {
        struct hvc_record *node = hvc_record_add(state, "nodes");

        hvc_record_set_u64(node, "id", s->nodes[i].id);
        hvc_record_set_text(node, "name", s->nodes[i].name);
        hvc_record_set_u64(node, "votes", s->nodes[i].votes);
        hvc_record_set_bool(node, "member", s->nodes[i].member);
        hvc_record_set_bool(node, "participant", s->nodes[i].participant);
        hvc_record_set_bool(node, "local", s->nodes[i].id == s->node);
    }
}

static void describe_log(struct hvc_record *state, const struct hvc_replica_status *s)
{
    static const uint8_t none[HVC_CLUSTER_ID_SIZE];
    const struct hvc_replication_status *r = &s->replication;
    struct hvc_record *log = hvc_record_set_record(state, "log");
    char id[2 * HVC_CLUSTER_ID_SIZE + 1];

    /* before, it is the id that a history made here would get */
    if (hvc_cluster_state_has_history(s) && memcmp(r->cluster_id, none, sizeof(none)) != 0) {
        for (size_t i = 0; i < HVC_CLUSTER_ID_SIZE; i++)
            (void)snprintf(id + 2 * i, 3, "%02x", r->cluster_id[i]);
        hvc_record_set_text(log, "cluster_id", id);
    }
    hvc_record_set_u64(log, "last", r->last_index);
    hvc_record_set_u64(log, "durable", r->durable_index);
    hvc_record_set_u64(log, "commit", r->commit);
    hvc_record_set_u64(log, "applied", r->applied);
    if (r->applied > 0)
        hvc_record_set_format(log, "digest", "%016llx", (unsigned long long)s->digest);
}

static void describe_store(struct hvc_record *state, const struct hvc_replica_status *s)
{
    struct hvc_record *store = hvc_record_set_record(state, "store");

    hvc_record_set_text(store, "condition", hvc_cluster_state_store(s->store));
    set_words(store, "words", s->store_error.text);
    set_words(store, "advice", store_advice(s));
    hvc_record_set_bool(store, "counts", s->replication.voter);
    hvc_record_set_bool(store, "damaged", s->facts.damaged);
    set_words(store, "damage", s->facts.damage);
    set_words(store, "aside", s->facts.aside);
    hvc_record_set_bool(store, "volatile", s->facts.volatile_place);
    set_words(store, "place", s->facts.place == NULL ? "" : s->facts.place);
    hvc_record_set_u64(store, "generation", s->facts.generation);
    hvc_record_set_u64(store, "missing_documents", s->missing_documents);
}

void hvc_cluster_state_describe(struct hvc_record *record, const struct hvc_replica_status *status, uint64_t now_ms)
{
    char words[HVC_STATE_WORDS_MAX];

    hvc_record_set_text(record, "health", hvc_cluster_state_health(status->health));
    summary(status, words);
    hvc_record_set_text(record, "summary", words);
    set_words(record, "words", status->words);
    set_for(record, status->since_ms, now_ms);
    if (status->health == HVC_REPLICA_LEFT)
        hvc_record_set_u64(record, "retry_in_ms", status->retry_ms > now_ms ? status->retry_ms - now_ms : 0);
    hvc_record_set_bool(record, "standalone", status->alone);
    hvc_record_set_bool(record, "stale", hvc_cluster_state_is_stale(status));
    describe_waits(record, status, now_ms);
    if (!status->alone) {
        describe_quorum(record, status);
        describe_ring(record, status, now_ms);
    }
    describe_view(record, status);
    describe_nodes(record, status);
    describe_log(record, status);
    describe_store(record, status);
    hvc_record_set_u64(record, "waiting_requests", status->waiting);
}

void hvc_cluster_state_doubt(struct hvc_record *record)
{
    if (hvc_record_bool(record, "standalone", true) || hvc_record_bool(record, "stale", true))
        return;
    hvc_record_set_bool(record, "stale", true);
    hvc_record_set_text(record, "doubt",
                        "corosync does not answer now: the others may have gone on without this node, and it would "
                        "not know");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must never happen. Each checker has a name, which a violation carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define SEEN_MAX 65536u

struct seen {
    uint64_t run, epoch, index, hash;
};

struct committed {
    uint64_t epoch, hash, view; /* view: epoch of the view in which it was first applied */
    uint64_t digest;
    bool applied, state_known;
    struct hvc_token token;
    enum hvc_replication_verdict verdict;
};

static struct seen seen[SEEN_MAX]; /* every entry ever appended anywhere, by (epoch, index) */
static struct committed committed[SIM_INDEX_MAX];
static uint64_t run, last_committed;
static uint64_t heal_answers;

void check_begin(struct sim_world *w)
{
    run++;
    memset(committed, 0, (last_committed + 2) * sizeof(committed[0]));
    last_committed = 0;
    heal_answers = 0;
    (void)w;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_entry(const struct hvc_entry *e)
{
    uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325) + e->kind, e->token.id, sizeof(e->token.id));

    return hash_bytes(hash + e->version, e->bytes, e->length);
}

bool check_is_former(const struct sim_world *w, const struct sim_node *n)
{
    struct hvc_replication_status s;

    if ((w->forgiven == 0 && !w->force_under_way) || !n->running)
        return false;
    if (!w->history_known)
        return true;
    hvc_replication_status(n->core, &s);
    return memcmp(s.cluster_id, w->history, sizeof(w->history)) != 0;
}

static void give_up_history(struct sim_world *w)
{
    sim_trace(w, "another history");
    w->forgiven = UINT64_MAX;
    memset(committed, 0, (last_committed + 2) * sizeof(committed[0]));
    memset(seen, 0, sizeof(seen));
    last_committed = 0;
    heal_answers = 0;
    w->history_known = false;
    invariant_begin(w);
    client_forget(w);
}

/* What counts is what the disk of a voter holds. An operator's force has begun another history when the store that he
 * named holds it; what that one lacks is given up then. Before, its members may have refilled from it, and it can still
 * be lost as if nobody had said the word. */
void check_stored(struct sim_world *w, struct sim_node *n)
{
    const struct sim_disk *d = &n->disk;

    if (d->lost || !d->voter)
        return;
    if (n->forcing && memcmp(d->cluster_id, n->force_id, sizeof(n->force_id)) == 0) {
        n->forcing = false;
        w->force_under_way = false;
        give_up_history(w);
    }
    if (!w->history_known)
        memcpy(w->history, d->cluster_id, sizeof(w->history));
    w->history_known = true;
}

/* one-entry: an epoch and an index name one entry, on whatever node. */
void check_append(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry)
{
    uint64_t hash = hash_entry(entry);
    uint64_t at = (entry->epoch * UINT64_C(0x9e3779b97f4a7c15) + entry->index * 7919) % SEEN_MAX;

    if (check_is_former(w, n))
        return;
    while (seen[at].run == run && (seen[at].epoch != entry->epoch || seen[at].index != entry->index))
        at = (at + 1) % SEEN_MAX;
    if (seen[at].run != run)
        seen[at] = (struct seen){run, entry->epoch, entry->index, hash};
    else if (seen[at].hash != hash)
        sim_violation(w, "one-entry", "node %d: two entries at epoch %llu index %llu", n->id + 1,
                      (unsigned long long)entry->epoch, (unsigned long long)entry->index);
    if (entry->index >= SIM_INDEX_MAX - 1)
        sim_violation(w, "sim-size", "more than %d entries", SIM_INDEX_MAX);
}

/* committed-kept: whoever enters a view holds every entry that was committed in an earlier one. */
void check_install(struct sim_world *w, struct sim_node *n)
{
    struct hvc_replication_status s;
    struct hvc_entry entry;

    hvc_replication_status(n->core, &s);
    n->epoch = n->view_open ? s.epoch : 0;
    if (check_is_former(w, n))
        return;
    for (uint64_t i = s.log_first; i <= last_committed; i++) {
        if (!committed[i].applied || committed[i].view >= s.epoch)
            continue;
        if (hvc_replication_entry(n->core, i, &entry) < 0 || entry.epoch != committed[i].epoch ||
            hash_entry(&entry) != committed[i].hash)
            sim_violation(w, "committed-kept", "node %d enters epoch %llu without committed entry %llu of epoch %llu",
                          n->id + 1, (unsigned long long)s.epoch, (unsigned long long)i,
                          (unsigned long long)committed[i].epoch);
    }
}

static bool disk_holds(const struct sim_disk *d, const struct hvc_entry *e)
{
    if (d->lost || d->corrupt || d->set_back || (d->snapshot && d->state.applied >= e->index))
        return true; /* a spoilt store may have held it */
    for (unsigned i = 0; i < d->count; i++)
        if (d->entry[i].index == e->index)
            return d->entry[i].epoch == e->epoch;
    return false;
}

/* committed-durable: what somebody applies first lies on the disks of a majority. */
static void check_durable(struct sim_world *w, struct sim_node *n, const struct hvc_entry *e)
{
    uint32_t votes = 0, expected = 0;

    if (w->modes != 0 || w->changed || w->forgiven != 0 || w->force_under_way)
        return;
    for (int i = 0; i < w->nodes; i++) {
        expected += w->votes[i];
        votes += disk_holds(&w->node[i].disk, e) ? w->votes[i] : 0;
    }
    if (2 * votes <= expected)
        sim_violation(w, "committed-durable",
                      "node %d applies epoch %llu index %llu, only %u of %u votes have it on disk", n->id + 1,
                      (unsigned long long)e->epoch, (unsigned long long)e->index, votes, expected);
}

/* one-committed: nobody applies another entry at an index. token-once: no token runs at two indexes. */
bool check_apply(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u)
{
    const struct hvc_entry *e = &u->work_entry;
    struct committed *c = &committed[e->index % SIM_INDEX_MAX];
    struct hvc_replication_status s;

    if (check_is_former(w, n))
        return false;
    if (c->applied) {
        if (c->epoch != e->epoch || c->hash != hash_entry(e))
            sim_violation(w, "one-committed", "node %d applies epoch %llu at index %llu, another applied epoch %llu",
                          n->id + 1, (unsigned long long)e->epoch, (unsigned long long)e->index,
                          (unsigned long long)c->epoch);
        else if (c->verdict != u->work_verdict)
            sim_violation(w, "one-verdict", "node %d: index %llu: verdict %d, elsewhere %d", n->id + 1,
                          (unsigned long long)e->index, (int)u->work_verdict, (int)c->verdict);
        return false;
    }
    check_durable(w, n, e);
    hvc_replication_status(n->core, &s);
    *c = (struct committed){.epoch = e->epoch,
                            .hash = hash_entry(e),
                            .view = s.phase == HVC_PHASE_RUNNING ? s.epoch : UINT64_MAX,
                            .applied = true,
                            .token = e->token,
                            .verdict = u->work_verdict};
    for (uint64_t i = 1; i <= last_committed && u->work_verdict == HVC_VERDICT_RUN; i++)
        if (i != e->index && committed[i].applied && committed[i].verdict == HVC_VERDICT_RUN &&
            memcmp(committed[i].token.id, e->token.id, sizeof(e->token.id)) == 0)
            sim_violation(w, "token-once", "node %d runs the token of index %llu again at %llu", n->id + 1,
                          (unsigned long long)i, (unsigned long long)e->index);
    if (e->index < last_committed)
        return false; /* known again after an operator's force, too late to be looked at in order */
    if (e->index != last_committed + 1)
        invariant_gap(); /* the survivors of a force had applied what lies between, and do not do it again */
    last_committed = e->index;
    return true;
}

/* one-state: after one index all state machines are equal. */
void check_state(struct sim_world *w, struct sim_node *n, uint64_t index)
{
    struct committed *c = &committed[index % SIM_INDEX_MAX];
    uint64_t digest = hvc_service_digest(n->service);

    if (check_is_former(w, n))
        return;
    if (!c->state_known) {
        c->digest = digest;
        c->state_known = true;
    } else if (c->digest != digest) {
        sim_violation(w, "one-state", "node %d has another state at index %llu", n->id + 1, (unsigned long long)index);
    }
}

/* no-alarm: with honest disks nobody has to refuse a transfer, finds two histories or diverges. */
void check_update(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u)
{
    for (unsigned i = 0; i < u->alarms; i++) {
        enum hvc_replication_alarm code = u->alarm[i].code;

        w->stats.alarms[code]++;
        w->stats.cover[COVER_FOREIGN] += code == HVC_ALARM_FOREIGN;
        if (code == HVC_ALARM_FORK || code == HVC_ALARM_DIVERGED || code == HVC_ALARM_UNDECIDED ||
            (code == HVC_ALARM_FOREIGN && w->forgiven == 0))
            sim_violation(w, "no-alarm", "node %d: %s", n->id + 1, hvc_replication_alarm_name(code));
    }
    if (u->leave == HVC_LEAVE_FOREIGN && w->forgiven != 0) {
        if (!check_is_former(w, n))
            give_up_history(w); /* the forced one was given up again: its only store met a majority of the old one */
        return;
    }
    if (w->mixed && (u->leave == HVC_LEAVE_UNDECODABLE || u->leave == HVC_LEAVE_INCOMPATIBLE))
        return;
    if (u->leave != HVC_LEAVE_NONE && u->leave != HVC_LEAVE_DISK && u->leave != HVC_LEAVE_REJOIN)
        sim_violation(w, "no-alarm", "node %d leaves: %s (%llu)", n->id + 1, hvc_replication_leave_name(u->leave),
                      (unsigned long long)u->leave_detail);
}

/* answered-stays: what a client was told is in the log for good. */
void check_answer(struct sim_world *w, const struct hvc_token *token, uint64_t index, uint64_t value)
{
    const struct committed *c = &committed[index % SIM_INDEX_MAX];

    (void)value;
    heal_answers += w->core != 0;
    if (!c->applied || memcmp(c->token.id, token->id, sizeof(token->id)) != 0)
        sim_violation(w, "answered-stays", "the answer names index %llu, which holds something else",
                      (unsigned long long)index);
}

/* effect-epoch: effects happen only in the view, installed and not ended, in which they were wanted. */
void check_effect(struct sim_world *w, struct sim_node *n, uint64_t epoch)
{
    struct hvc_replication_status s;

    w->stats.effects++;
    hvc_replication_status(n->core, &s);
    if (!n->view_open || n->epoch != epoch || s.epoch != epoch || !s.primary)
        sim_violation(w, "effect-epoch", "node %d acts for epoch %llu, its view is %llu%s", n->id + 1,
                      (unsigned long long)epoch, (unsigned long long)s.epoch, s.primary ? "" : ", not primary");
}

/* bounded-queues: also the library's own window. */
void check_step(struct sim_world *w)
{
    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];

        if (n->unsent_count > SIM_ACCEPT_MAX + 4 || n->sendq_count > SIM_SENDQ_MAX)
            sim_violation(w, "bounded-queues", "node %d sends too much", n->id + 1);
    }
}

bool check_live(struct sim_world *w, unsigned core)
{
    struct hvc_replication_status first = {0};
    bool known = false;

    for (int i = 0; i < SIM_CLIENTS; i++)
        if (w->client[i].busy || w->client[i].healed == 0)
            return false;
    if (heal_answers < SIM_CLIENTS)
        return false;
    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];
        struct hvc_replication_status s;

        if (!((core >> i) & 1))
            continue;
        if (!n->running)
            return false;
        hvc_replication_status(n->core, &s);
        if (s.phase != HVC_PHASE_RUNNING || !s.primary || s.applied != s.last_index || !s.voter || s.proposals != 0)
            return false;
        if (known && (s.last_index != first.last_index || s.epoch != first.epoch))
            return false;
        first = s;
        known = true;
    }
    return known;
}

/* answered-stays, at the end: every answer is still what the log of the healed core says; its state is one. */
void check_end(struct sim_world *w, unsigned core)
{
    uint64_t digest = 0;
    bool known = false;

    for (unsigned i = 0; i < w->answered_count; i++)
        check_answer(w, &w->answered[i].token, w->answered[i].index, w->answered[i].value);
    for (int i = 0; i < w->nodes; i++) {
        const struct sim_node *n = &w->node[i];

        if (!((core >> i) & 1))
            continue;
        if (n->applied < last_committed && w->forgiven == 0)
            sim_violation(w, "committed-kept", "node %d ends at %llu, %llu was committed", n->id + 1,
                          (unsigned long long)n->applied, (unsigned long long)last_committed);
        if (known && hvc_service_digest(n->service) != digest)
            sim_violation(w, "one-state", "node %d ends with another state", n->id + 1);
        digest = hvc_service_digest(n->service);
        known = true;
    }
}

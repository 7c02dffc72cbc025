/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other threads may know of the replica, in words where a person reads it. */
#include <errno.h>
#include <inttypes.h>
#include <syslog.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "internal.h"

const char *hvc_replica_health_name(unsigned health)
{
    static const char *const names[HVC_REPLICA_HEALTH_MAX_] = {
        [HVC_REPLICA_STARTING] = "starting", [HVC_REPLICA_OUT] = "out",   [HVC_REPLICA_FOLLOWING] = "following",
        [HVC_REPLICA_VOTING] = "voting",     [HVC_REPLICA_LEFT] = "left",
    };

    return health < HVC_REPLICA_HEALTH_MAX_ ? names[health] : "invalid";
}

void hvc_replica_status(struct hvc_replica *r, struct hvc_replica_status *ret_status)
{
    (void)pthread_mutex_lock(&r->status_lock);
    *ret_status = r->status;
    (void)pthread_mutex_unlock(&r->status_lock);
    ret_status->waiting = atomic_load(&r->waiting);
}

static enum hvc_replica_health health_of(const struct hvc_replica *r, const struct hvc_ring_status *ring)
{
    if (r->stage == HVC_STAGE_LEFT)
        return HVC_REPLICA_LEFT;
    if (r->stage != HVC_STAGE_RUN || ring->health != HVC_RING_JOINED)
        return HVC_REPLICA_STARTING;
    if (!r->core_status.primary || r->silent)
        return HVC_REPLICA_OUT;
    return r->core_status.participant && r->core_status.voter ? HVC_REPLICA_VOTING : HVC_REPLICA_FOLLOWING;
}

static const char *name_of(const struct hvc_replica *r, uint32_t node)
{
    for (unsigned i = 0; i < r->node_count; i++) {
        if (r->nodes[i].id == node && r->nodes[i].name[0] != '\0')
            return r->nodes[i].name;
    }
    return NULL;
}

/* " of n1, n2, node 7"; cut when there are very many. */
static void append_nodes(const struct hvc_replica *r, char *words, size_t size, size_t *used)
{
    const struct hvc_replication_status *s = &r->core_status;

    for (unsigned i = 0; i < s->wait_count; i++) {
        const char *name = name_of(r, s->wait_nodes[i]);
        const char *glue = i == 0 ? " of " : ", ";
        int result = name != NULL ? hvc_text_append(words, size, used, "%s%s", glue, name)
                                  : hvc_text_append(words, size, used, "%snode %" PRIu32, glue, s->wait_nodes[i]);

        if (result < 0)
            return;
    }
}

static void say_out(const struct hvc_replica *r, char *words, size_t size)
{
    size_t used = 0;

    if (r->silent) {
        (void)snprintf(words, size, "corosync delivers nothing any more, not even what this node sends: it hangs");
        return;
    }
    if (r->core_status.wait == HVC_WAIT_QUORUM && r->quorum_known && !r->quorate) {
        (void)snprintf(words, size, "no quorum: %" PRIu32 " of %" PRIu32 " votes are needed", r->quorum, r->expected);
        return;
    }
    if (hvc_text_append(words, size, &used, "no view that can commit: it waits for: %s",
                        hvc_replication_wait_name(r->core_status.wait)) == 0)
        append_nodes(r, words, size, &used);
    if (r->core_status.last_index - r->core_status.commit > r->tuning.log_entries / 2)
        (void)hvc_text_append(words, size, &used,
                              "; %" PRIu64 " entries in a row are not committed: with %" PRIu32
                              " the log is full and this node leaves (operator guide, \"A full log\")",
                              r->core_status.last_index - r->core_status.commit, r->tuning.log_entries);
    if (r->facts.damaged && !r->core_status.voter)
        (void)hvc_text_append(words, size, &used,
                              "; this node's store counts only when the others have refilled it, or after init: %s",
                              r->facts.damage);
}

static void say(const struct hvc_replica *r, const struct hvc_ring_status *ring, char *words, size_t size)
{
    size_t used = 0;

    words[0] = '\0';
    switch (r->health) {
    case HVC_REPLICA_STARTING:
        if (ring->health == HVC_RING_HANGS)
            (void)snprintf(words, size, "a call into corosync does not return");
        else if (r->stage == HVC_STAGE_STORE || r->stage == HVC_STAGE_LEFT)
            (void)snprintf(words, size, "the store is being checked");
        else
            (void)hvc_text_append(
                words, size, &used, "the group has not been joined yet%s%s%s",
                r->stage == HVC_STAGE_RING && r->loaded ? " (what is stored here can be read, marked stale)" : "",
                ring->last.text[0] != '\0' ? ": " : "", ring->last.text); /* cut when too long */
        break;
    case HVC_REPLICA_OUT:
        say_out(r, words, size);
        break;
    case HVC_REPLICA_FOLLOWING:
        (void)snprintf(words, size, "this node's store is being refilled, it counts from the next view on");
        break;
    case HVC_REPLICA_LEFT:
        (void)snprintf(words, size, "%s", r->leave_words);
        break;
    case HVC_REPLICA_VOTING:
    case HVC_REPLICA_HEALTH_MAX_:
        break;
    }
}

static bool is_in(const uint32_t *list, unsigned count, uint32_t id)
{
    for (unsigned i = 0; i < count; i++) {
        if (list[i] == id)
            return true;
    }
    return false;
}

static void fill_nodes(const struct hvc_replica *r, struct hvc_replica_status *s)
{
    s->node_count = r->node_count;
    for (unsigned i = 0; i < r->node_count; i++) {
        s->nodes[i] = r->nodes[i];
        s->nodes[i].member = is_in(r->members, r->member_count, r->nodes[i].id);
        s->nodes[i].participant = is_in(r->core_status.participants, r->core_status.participant_count, r->nodes[i].id);
    }
}

static void fill(struct hvc_replica *r, const struct hvc_ring_status *ring, struct hvc_replica_status *s)
{
    s->health = r->health;
    s->since_ms = r->since_ms;
    s->retry_ms = r->stage == HVC_STAGE_LEFT ? r->retry_ms : 0;
    s->alone = r->alone;
    s->node = r->node;
    s->quorate = r->quorate;
    s->votes = r->votes;
    s->expected = r->expected;
    s->quorum = r->quorum;
    s->modes = r->modes;
    fill_nodes(r, s);
    s->replication = r->core_status;
    s->ring = *ring;
    s->store = r->store_condition;
    s->store_error = r->store_error;
    s->facts = r->facts;
    s->facts.metadata = NULL;
    s->digest = r->digest;
    s->missing_documents = r->documents.missings + r->documents.fetches + r->documents.given_up;
    say(r, ring, s->words, sizeof(s->words));
}

static void set_health(struct hvc_replica *r, enum hvc_replica_health health)
{
    uint64_t now = hvc_now_ms();

    if (r->health == HVC_REPLICA_VOTING)
        r->voted_ms = now - r->since_ms;
    if (health == r->health)
        return;
    if (health == HVC_REPLICA_VOTING)
        r->voted_ms = 0;
    r->health = health;
    r->since_ms = now;
    r->changed = true;
}

void hvc_status_publish(struct hvc_replica *r)
{
    struct hvc_ring_status ring = {.health = HVC_RING_CONNECTING};
    enum hvc_replica_health before = r->health;

    if (r->changed && r->stage == HVC_STAGE_RUN)
        r->digest = hvc_state_digest(r);
    if (r->ring != NULL)
        r->port.operations->status(r->ring, &ring);
    set_health(r, health_of(r, &ring));
    (void)pthread_mutex_lock(&r->status_lock);
    fill(r, &ring, &r->status);
    (void)pthread_mutex_unlock(&r->status_lock);
    if (before != r->health)
        hvc_replica_note(r, LOG_NOTICE, HVC_REPLICA_MESSAGE_HEALTH, "health=%s words=\"%s\"",
                         hvc_replica_health_name(r->health), r->status.words);
    if (r->changed && r->hooks.changed != NULL && !atomic_load(&r->deaf))
        r->hooks.changed(r->hooks.context);
    r->changed = false;
}

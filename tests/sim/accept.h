/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What replication takes for granted about the ring: rules over what several processes were given, by the simulator's
 * model of corosync (totem.c) or by a real one (traces/). What breaks a rule is a fault of corosync, of the adapter or
 * of the model.
 *
 * One object for one run. Each process that was in the group is a session. What a session is given goes in in its own
 * order; how sessions are interleaved does not matter. Rules within a session are looked at at once, those between
 * sessions by accept_finish. For tests only: without memory it ends the program.
 */
#ifndef SIM_ACCEPT_H
#define SIM_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/replication.h"

/* Names are what a refusal begins with. */
#define ACCEPT_RULES(X)                                                                                                \
    /* within a session */                                                                                             \
    X(OUTSIDE_VIEW, "outside-view", "a message is delivered only while a view stands")                                 \
    X(ALTERNATE, "alternate", "a view ends only when one stands, and the next one is of another ring")                 \
    X(RING_RISES, "ring-rises", "a later ring has a greater number")                                                   \
    X(SELF, "self", "each view holds the process itself, and of each node one process")                                \
    X(SENDER, "sender", "a message comes from a node of the view")                                                     \
    X(ONCE, "once", "a message is delivered once")                                                                     \
    X(FIFO, "fifo", "messages of one process come in the order in which it sent them")                                 \
    X(QUORUM_RISES, "quorum-rises", "quorum is not told of an older ring after a newer one")                           \
    X(QUORUM_RING, "quorum-ring", "quorum is told of rings that are told as such")                                     \
    /* between sessions */                                                                                             \
    X(MEMBERS, "members", "members of one ring are told the same views")                                               \
    X(ORDER, "order", "members of one ring are given the same messages and views in the same order")                   \
    X(TOGETHER, "together", "those who go from one ring into the same next one were given the same until then")        \
    X(ORIGINATOR, "originator", "who parts from the others lacks no message of its own before one of another's")       \
    X(ONE_RING, "one-ring", "a message is delivered in one ring only")                                                 \
    X(QUORUM_AGREES, "quorum-agrees", "the members of one ring are told the same about its quorum")

enum accept_rule {
#define ACCEPT_ENUM(id, name, words) ACCEPT_##id,
    ACCEPT_RULES(ACCEPT_ENUM)
#undef ACCEPT_ENUM
        ACCEPT_RULE_COUNT
};
const char *accept_rule_name(enum accept_rule rule);
const char *accept_rule_words(enum accept_rule rule);

/* Called for each thing that breaks a rule, with a sentence that says where. */
typedef void (*accept_refuse_fn)(void *context, const char *rule, const char *text);

struct accept;
struct accept_session;

/* same_quorum: votes and modes are such that the members of a ring are told the same (QUORUM_AGREES is looked at). */
struct accept *accept_new(bool same_quorum, accept_refuse_fn refuse, void *context);
void accept_free(struct accept *a);

/* label: for the sentences, copied. */
struct accept_session *accept_open(struct accept *a, const char *label, uint32_t node, uint32_t pid);
/* place: for the sentences, of what follows: a line's number. */
void accept_at(struct accept_session *s, uint64_t place);
/* A membership begins; one that stood has ended by that. */
void accept_view(struct accept_session *s, struct hvc_ring_id ring, const struct hvc_replication_member *members,
                 unsigned count);
void accept_view_end(struct accept_session *s);
/* id: what tells this message from all others; number: rises with each message of the process that sent it. */
void accept_message(struct accept_session *s, uint32_t node, uint32_t pid, uint64_t id, uint64_t number);
void accept_quorum(struct accept_session *s, struct hvc_ring_id ring, bool quorate);

/* What was seen, so that a run that shows nothing is noticed. */
struct accept_counts {
    uint64_t sessions, rings, views, messages, quorums;
    uint64_t process_changes; /* views within a ring */
    uint64_t merges;          /* rings entered from different ones */
    uint64_t kept_together;   /* pairs that went from ring to ring together */
    uint64_t parted;          /* pairs that ended a ring at different messages, as those may who part */
    uint64_t parted_ahead;    /* of them: what one alone was given it had sent itself */
    uint64_t late_quorum;     /* messages delivered in a ring before its quorum was told */
};
void accept_finish(struct accept *a, struct accept_counts *ret_counts);

#endif

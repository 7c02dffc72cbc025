/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeded bugs for the negative controls of tests/sim. In every ordinary build each of them is the constant false and
 * the compiler removes the branch. The simulator compiles the same sources with HVC_SEEDED_BUGS; there one of them,
 * chosen on its command line, may be in force, and must be caught.
 */
#ifndef HVC_REPLICATION_BUGS_H
#define HVC_REPLICATION_BUGS_H

#include <stdbool.h>

#define HVC_REPLICATION_BUGS(X)                                                                                        \
    X(APPLYDELIV, "an entry counts as committed when it is delivered")                                                 \
    X(NOPROMISE, "no promise round")                                                                                   \
    X(MINORITY, "views are entered without quorum and without enough votes")                                           \
    X(EXCLMIN, "EXCLUDE closes the offers whatever votes there are")                                                   \
    X(NOVIEW, "the VIEW entry does not raise the epoch of the log")                                                    \
    X(NOFSYNC, "ACK before the entry is durable")                                                                      \
    X(PROMNOSYNC, "PROMISE before the promise is durable")                                                             \
    X(SEARLY, "the source installs when it sends DONE")                                                                \
    X(CHUNK, "chunks go straight into the log")                                                                        \
    X(APPENDONLY, "a receiver keeps its tail and appends what is beyond it")                                           \
    X(SRCLEN, "the longest log is the source")                                                                         \
    X(SRCPROM, "the log with the greatest promise is the source")                                                      \
    X(ACKOLD, "who acknowledged in an earlier view counts for the VIEW entry of this one")                             \
    X(ACKP, "a majority of the participants commits")                                                                  \
    X(REJOIN, "a group change inside a ring does not end the view, a restarted process goes on in it")                 \
    X(OLDIMAGE, "restored and damaged stores count")                                                                   \
    X(EMPTYVOTES, "empty stores count beside others")                                                                  \
    X(CHECKAPPLIED, "duplicates are dropped at append, by what is applied")                                            \
    X(APPLYTWICE, "no duplicate test at apply")                                                                        \
    X(LOSTTOKENS, "snapshots travel without the token table")                                                          \
    X(TWONODE, "an absent member of the last view need not be fenced")                                                 \
    X(NOWITH, "nodes with which a later epoch was promised are forgotten")                                             \
    X(NEWVOTES, "only today's votes count, not those in force before")                                                 \
    X(FORCEVOTER, "a store that was refilled and does not count yet cannot be forced")                                 \
    X(FORCEFOLLOW, "who refills in a forced view counts at once, whether the forced store has kept it or not")

#ifdef HVC_SEEDED_BUGS

#define HVC_BUG_ID_(name, text) HVC_BUG_##name,
enum { HVC_BUG_REPLICATION_FIRST_ = 100, HVC_REPLICATION_BUGS(HVC_BUG_ID_) };
#ifndef HVC_SEEDED_BUG_DECLARED
#define HVC_SEEDED_BUG_DECLARED
extern int hvc_seeded_bug; /* of any library's table, 0: none */
#endif
#define HVC_BUG(name)    (hvc_seeded_bug == HVC_BUG_##name)
#define HVC_BUG_MAY_BE() true

#else

#define HVC_BUG(name)    false
#define HVC_BUG_MAY_BE() false

#endif
#endif

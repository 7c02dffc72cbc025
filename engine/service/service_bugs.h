/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeded bugs of the service for the negative controls of tests/sim: as cluster/replication/bugs.h. In every ordinary
 * build each of them is the constant false.
 */
#ifndef HVC_SERVICE_BUGS_H
#define HVC_SERVICE_BUGS_H

#include <stdbool.h>

#define HVC_SERVICE_BUGS(X)                                                                                            \
    X(SECONDJOB, "a guest that has an unfinished job gets a second one")                                               \
    X(STALEREPORT, "a report about a phase that is over is taken")                                                     \
    X(CANCELWINS, "a cancel ends the job at once, whatever has been begun")                                            \
    X(ENDTWICE, "a cancel that comes after the end changes the result")                                                \
    X(FENCEDMEMBER, "a member that is reported fenced counts as fenced")                                               \
    X(OLDFENCING, "a fencing from before the node was a member again is believed")                                     \
    X(LOSTENDS, "a job of a lost node fails at once")                                                                  \
    X(NOFENCING, "a job of a lost node is reconciled before the node is back or fenced")                               \
    X(FREESLOTS, "a move in its checks takes no slot")                                                                 \
    X(FULLNETWORK, "the limit of a network is not looked at")                                                          \
    X(NOROOM, "memory at the target is not looked at")                                                                 \
    X(UNORDERED, "which job goes next depends on where it lies in memory")                                             \
    X(LOSTGUESTS, "a snapshot leaves out guests when there are many")                                                  \
    X(GATESILENT, "the start gate takes a silent node for an empty one")                                               \
    X(GATEINCOMING, "the start gate does not mind an incoming guest")

#ifdef HVC_SEEDED_BUGS

#define HVC_SERVICE_BUG_ID_(name, text) HVC_BUG_##name,
enum { HVC_BUG_SERVICE_FIRST_ = 200, HVC_SERVICE_BUGS(HVC_SERVICE_BUG_ID_) };
#ifndef HVC_SEEDED_BUG_DECLARED
#define HVC_SEEDED_BUG_DECLARED
extern int hvc_seeded_bug; /* of any library's table, 0: none */
#endif
#define HVC_SERVICE_BUG(name) (hvc_seeded_bug == HVC_BUG_##name)

#else

#define HVC_SERVICE_BUG(name) false

#endif
#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeded bugs of the simulated driver; those of the libraries are in their own bugs.h. */
#ifndef SIM_SEEDED_H
#define SIM_SEEDED_H

#ifndef HVC_SEEDED_BUGS
#error "the simulator is compiled with HVC_SEEDED_BUGS"
#endif

#include "bugs.h"
#include "service_bugs.h"

#define SIM_BUGS(X)                                                                                                    \
    X(STALEEFFECT, "effects are carried out without a look at the current view")                                       \
    X(SENDEARLY, "a record is reported as persisted before it is")                                                     \
    X(LOSTLOG, "an install is not one transaction; a crash in it leaves the first half")                               \
    X(NOGATE, "a guest is started where Pacemaker says, without a look around")                                        \
    X(FENCEEARLY, "a node counts as fenced when it is lost")                                                           \
    X(OUTOFVIEW, "a move begins to a target that is not in the view")                                                  \
    X(RESUME, "a source that does not know the end of a migration lets the guest go on")                               \
    X(HANDBACK, "Pacemaker is told the target before the guest is proven there")                                       \
    X(HOLDEARLY, "the hold goes when the switch-over begins, before the guest is proven")                              \
    X(TWOSTEP, "the hold goes in one change and Pacemaker is told the place in the next one")                          \
    X(BYRECORD, "a hold of a job whose node is lost is resolved by the record of the guest, without a proof")          \
    X(STALEHERE, "a location at a node that was fenced stays until its job has ended")                                 \
    X(BLINDNOWHERE, "a hold of a guest that the log has nowhere goes without a look at the nodes")                     \
    X(BLINDVERIFY, "the end of a move is reported without a look at the nodes")                                        \
    X(REUSETOKEN, "two requests of one driver carry the same token")

#define SIM_BUG_ID_(name, text) HVC_BUG_##name,
enum { HVC_BUG_SIM_FIRST_ = 300, SIM_BUGS(SIM_BUG_ID_) };

#endif

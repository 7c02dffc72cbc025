/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run must have met beside the branches that the libraries count themselves. The number is that of the fault
 * list (design notes: 45 faults); 0: none of them. cover.c says which of the 45 lie outside the simulator, and why.
 */
#ifndef SIM_COVER_H
#define SIM_COVER_H

#define SIM_COVER(X)                                                                                                   \
    X(SOURCE_POWER, 1, "source loses power in the copy")                                                               \
    X(SOURCE_LOST_AFTER_FINISH, 2, "source lost between finish and confirm")                                           \
    X(SOURCE_LOST_POST_COPY, 3, "source lost in post-copy")                                                            \
    X(TARGET_POWER, 4, "target loses power in the copy")                                                               \
    X(TARGET_LOST_AFTER_FINISH, 5, "target lost between finish and confirm")                                           \
    X(LINK_CUT, 6, "migration network cut, ring up")                                                                   \
    X(RING_CUT, 7, "ring cut, migration network up")                                                                   \
    X(SOURCE_MINORITY, 8, "source without quorum in the copy")                                                         \
    X(CUT_AT_SWITCH, 9, "ring or link cut at the switch-over")                                                         \
    X(THREE_WAYS, 10, "cut into three or more parts")                                                                  \
    X(ONE_WAY, 11, "one way cut")                                                                                      \
    X(DAEMON_SOURCE, 12, "daemon of the source killed in a move")                                                      \
    X(DAEMON_TARGET, 13, "daemon of the target killed in a move")                                                      \
    X(DAEMON_FIRST, 14, "daemon of the first node killed in a move")                                                   \
    X(DAEMON_ALL, 15, "all daemons killed")                                                                            \
    X(ADOPTED, 15, "a running migration adopted by a new daemon")                                                      \
    X(LIBVIRT_RESTART, 16, "libvirtd restarted in a move")                                                             \
    X(LIBVIRT_HUNG, 17, "libvirtd hung")                                                                               \
    X(CRASH_SOURCE, 18, "guest dies at the source in the copy")                                                        \
    X(CRASH_TARGET, 19, "guest dies at the target on load")                                                            \
    X(AGENT_KILLED, 20, "migrate_to killed by its timeout")                                                            \
    X(DEADLINE, 21, "deadline reached in a move")                                                                      \
    X(COORDINATOR, 22, "Pacemaker's coordinator lost in a move")                                                       \
    X(UNWANTED, 23, "target closed in a move")                                                                         \
    X(CLEANUP, 24, "record of Pacemaker lost in a move")                                                               \
    X(BUSY, 25, "second move of a guest refused")                                                                      \
    X(CROSS, 26, "two moves cross with room for one")                                                                  \
    X(BY_HAND_MOVE, 27, "moved by hand")                                                                               \
    X(BY_HAND_DESTROY, 27, "destroyed by hand")                                                                        \
    X(SHUTDOWN, 28, "guest shuts down in the copy")                                                                    \
    X(IO_ERROR, 29, "guest stopped by an I/O error")                                                                   \
    X(MOVED_PAUSED, 29, "  and moved so")                                                                              \
    X(BAD_TARGET, 30, "storage or certificate of a node bad: check refuses")                                           \
    X(LOCKED, 31, "start waits for a disk lock")                                                                       \
    X(CLOCK, 34, "wall clock jumps")                                                                                   \
    X(STALL, 34, "host stalls")                                                                                        \
    X(REPEATED, 36, "request repeated after its answer")                                                               \
    X(CANCEL_QUEUED, 37, "cancel while queued or checking")                                                            \
    X(CANCEL_COPY, 37, "cancel while admitted or copying")                                                             \
    X(CANCEL_LATE, 37, "cancel too late")                                                                              \
    X(CANCEL_UNKNOWN, 37, "cancel while unknown or reconciling")                                                       \
    X(CANCEL_TWICE, 37, "cancelled twice")                                                                             \
    X(OLD_LEFT, 38, "program too old for an entry or a snapshot left")                                                 \
    X(UPGRADED, 38, "program upgraded")                                                                                \
    X(NEWER_ENTRY, 38, "entry of the second version applied")                                                          \
    X(DRAIN_LOSS, 40, "two nodes lost in a drain")                                                                     \
    X(FENCING_FAILED, 42, "lost node never fenced, its guests wait")                                                   \
    X(POST_COPY_BLIP, 44, "network lost for a while in post-copy")                                                     \
    X(ALL_OFF_DRAIN, 45, "all power lost in a drain")                                                                  \
    X(NETWORK_FULL, 0, "job waits for a network that is full")                                                         \
    X(NETWORK_NEXT, 0, "move goes on over another network")                                                            \
    X(CONFIRM_LATE, 0, "fencing confirmed late")                                                                       \
    X(CONFIRM_LOST, 0, "confirmation of fencing lost")                                                                 \
    X(CONFIRM_AGAIN, 0, "fencing confirmed again")                                                                     \
    X(IN_DOUBT, 0, "source does not know the end of a migration")                                                      \
    X(RESTARTED, 0, "guest of a fenced node started elsewhere")                                                        \
    X(HOLDS, 0, "moves under a hold")                                                                                  \
    X(HANDED_BACK, 0, "guest handed back to Pacemaker")                                                                \
    X(LEARNED, 0, "its place learned by Pacemaker's own migration")                                                    \
    X(HERE_DEAD, 0, "location removed, the guest has died there")                                                      \
    X(PULLED, 0, "guest pulled by a location that nobody could know to be wrong")                                      \
    X(LATE_HOLD, 0, "hold of an ended job removed")                                                                    \
    X(HOLD_STAYS, 0, "hold kept, its guest is nowhere in the log only")                                                \
    X(NODE_ADDED, 0, "node added")                                                                                     \
    X(NODE_REMOVED, 0, "node removed")                                                                                 \
    X(NODE_RENAMED, 0, "node renamed")                                                                                 \
    X(NODE_REUSED, 0, "id of a removed node used again")                                                               \
    X(NODE_FORGOTTEN, 0, "node removed from the service")                                                              \
    X(INIT_RIGHT, 0, "history created by init")                                                                        \
    X(INIT_REFUSED, 0, "init refused, there is a history")                                                             \
    X(INIT_BESIDE, 0, "init on an empty store beside others")                                                          \
    X(FORCE_RIGHT, 0, "force after a majority was lost")                                                               \
    X(FORCE_WRONG, 0, "force without need")                                                                            \
    X(FORCE_REFILLED, 0, "force of a store that was refilled and did not count yet")                                   \
    X(FORCE_JOB, 0, "force that gives up a job whose guest moves")                                                     \
    X(FORCE_REFUSED, 0, "force refused, no history")                                                                   \
    X(FORCE_LOST, 0, "force lost with the process it was said to")                                                     \
    X(FOREIGN, 0, "store of a former history met")                                                                     \
    X(RESOLVED, 0, "job resolved by an operator")                                                                      \
    X(QUEUED_AGAIN, 0, "job queued again, an end was lost before the switch-over")                                     \
    X(TARGET_WAITED, 0, "job queued again, its target was lost before the switch-over")                                \
    X(REPORT_STALE, 0, "report about a phase that is over refused")                                                    \
    X(FENCED_REFUSED, 0, "fencing of a member not believed")                                                           \
    X(INCOMING_LEFT, 0, "incoming guest whose source is dead")

#define SIM_COVER_ID_(name, number, text) COVER_##name,
enum sim_cover { SIM_COVER(SIM_COVER_ID_) COVER_MAX };

#endif

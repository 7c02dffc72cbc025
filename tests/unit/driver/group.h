/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several replicas in one process, each with its own store (folder/store<node>), on a ring that the test cuts and
 * holds. One group at a time. */
#ifndef HVC_TEST_DRIVER_GROUP_H
#define HVC_TEST_DRIVER_GROUP_H

#include "hub.h"
#include "world.h"

extern struct world world;
extern struct hub *hub;
extern struct hvc_replica *replica[HUB_NODES_MAX + 1];
extern struct hvc_tuning tuning; /* of the next ones that are opened */

enum group_word { GROUP_NO_WORD, GROUP_INIT, GROUP_FORCE };

int group_up(void **state);
int group_down(void **state);
void group_open(unsigned node);
void group_open_with(unsigned node, enum group_word word);
void group_close(unsigned node);
void group_begin(unsigned nodes, uint32_t modes); /* all open and voting */
void group_owner_becomes(unsigned node, const char *wanted);

#endif

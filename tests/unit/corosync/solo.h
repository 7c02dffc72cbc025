/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real corosync of one node (id 7, "alone"; "gone" 9 and "away" 8 never come), in namespaces of its own: its silence
 * cannot be imitated. Needs root. */
#ifndef TEST_SOLO_H
#define TEST_SOLO_H

#include <stdbool.h>

/* The first nodes of: alone, gone, away, new (10); quorum: lines for that section. For the next start or reload. Three
 * and none are there from the beginning. */
void solo_configure(unsigned count, const char *quorum);

/* False: it cannot be had here, and was told; end with 77. */
bool solo_prepare(void);
/* The same with a node list of this node only, so that it is quorate. */
bool solo_prepare_quorate(void);
void solo_start(void);
void solo_stop(void); /* at once; nothing when it does not run */
void solo_signal(int number);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crm_simulate said a moment ago of the very same CIB: a move asks that several times, and mostly nothing has
 * changed in between. Only for a moment, because rules in a CIB may depend on the time. Any thread.
 */
#ifndef HVC_PACEMAKER_SIMULATED_H
#define HVC_PACEMAKER_SIMULATED_H

#include "simulation.h"

struct simulated {
    struct simulation simulation;
    char *saved; /* the CIB after it */
    size_t length;
};
void simulated_clear(struct simulated *simulated);

/* Of what was asked: who, for which resource, in which CIB, its version included. */
struct simulated_key {
    uint64_t hash[2];
    size_t length;
};
void simulated_key(const char *program, const char *resource, const char *cib, size_t length,
                   struct simulated_key *ret_key);

enum {
    SIMULATED_MAX = 6, /* two moves' */
    SIMULATED_MS = 10000
};

/* True: it is known; a copy. now_ms: hvc_now_ms. */
bool simulated_find(const struct simulated_key *key, uint64_t now_ms, struct simulated *ret_simulated);
/* Keeps a copy, or nothing when there is no memory for it or it is very large. */
void simulated_keep(const struct simulated_key *key, const struct simulated *simulated, uint64_t now_ms);

#endif

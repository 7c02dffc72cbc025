/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "simulated.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/hash.h"

enum { SAVED_MAX = 1024 * 1024 }; /* of one; a larger CIB is simulated each time */

struct kept {
    struct simulated_key key;
    struct simulated simulated;
    uint64_t since_ms; /* 0: free */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept kept[SIMULATED_MAX];

void simulated_clear(struct simulated *simulated)
{
    simulation_clear(&simulated->simulation);
    free(simulated->saved);
    *simulated = (struct simulated){0};
}

void simulated_key(const char *program, const char *resource, const char *cib, size_t length,
                   struct simulated_key *ret_key)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t seed = hvc_hash64(program, strlen(program), i);

        seed = hvc_hash64(resource, strlen(resource), seed);
        ret_key->hash[i] = hvc_hash64(cib, length, seed);
    }
    ret_key->length = length;
}

static bool is_key(const struct simulated_key *a, const struct simulated_key *b)
{
    return a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1] && a->length == b->length;
}

/* False: no memory. */
static bool copy(const struct simulated *from, struct simulated *ret_to)
{
    size_t size = from->simulation.count * sizeof(*from->simulation.actions);
    struct simulated to = *from;

    to.simulation.actions = size == 0 ? NULL : malloc(size);
    to.saved = malloc(from->length);
    if (to.saved == NULL || (size > 0 && to.simulation.actions == NULL)) {
        simulated_clear(&to);
        return false;
    }
    if (size > 0)
        memcpy(to.simulation.actions, from->simulation.actions, size);
    memcpy(to.saved, from->saved, from->length);
    *ret_to = to;
    return true;
}

bool simulated_find(const struct simulated_key *key, uint64_t now_ms, struct simulated *ret_simulated)
{
    bool found = false;

    (void)pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < SIMULATED_MAX && !found; i++)
        found = kept[i].since_ms != 0 && now_ms - kept[i].since_ms < SIMULATED_MS && is_key(&kept[i].key, key) &&
                copy(&kept[i].simulated, ret_simulated);
    (void)pthread_mutex_unlock(&lock);
    return found;
}

void simulated_keep(const struct simulated_key *key, const struct simulated *simulated, uint64_t now_ms)
{
    struct kept *oldest = &kept[0];

    if (simulated->length > SAVED_MAX)
        return;
    (void)pthread_mutex_lock(&lock);
    for (unsigned i = 1; i < SIMULATED_MAX; i++) {
        if (kept[i].since_ms < oldest->since_ms)
            oldest = &kept[i];
    }
    simulated_clear(&oldest->simulated);
    oldest->key = *key;
    oldest->since_ms = copy(simulated, &oldest->simulated) ? now_ms : 0;
    (void)pthread_mutex_unlock(&lock);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small key-value machine; order and number of operations show in every value. */
#include <string.h>

#include "sim.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
    a = (a ^ b) * UINT64_C(0xff51afd7ed558ccd);
    return a ^ (a >> 33);
}

/* op: type 1, key 1, value 8, filler */
void machine_apply(struct machine *m, const struct hvc_entry *entry, uint64_t *ret_value)
{
    uint64_t value = 0;
    unsigned key = 0;

    if (entry->length >= 10) {
        key = entry->bytes[1] % SIM_KEYS;
        memcpy(&value, entry->bytes + 2, sizeof(value));
    }
    m->key[key] = mix(m->key[key] + 1, value);
    m->count++;
    m->applied = entry->index;
    m->sum = mix(m->sum, m->key[key]);
    *ret_value = m->key[key];
}

void machine_skip(struct machine *m, uint64_t index)
{
    m->applied = index;
}

uint64_t machine_digest(const struct machine *m)
{
    uint64_t digest = mix(m->applied, m->count);

    for (unsigned i = 0; i < SIM_KEYS; i++)
        digest = mix(digest, m->key[i]);
    return mix(digest, m->sum);
}

size_t machine_size(const struct sim_world *w)
{
    return sizeof(struct machine) + w->pad;
}

static uint8_t pad_byte(uint64_t offset)
{
    return (uint8_t)(offset * 131 >> 3);
}

void machine_read(const struct sim_world *w, const struct machine *m, uint64_t offset, uint8_t *bytes, size_t length)
{
    (void)w;
    for (size_t i = 0; i < length; i++) {
        uint64_t at = offset + i;

        bytes[i] = at < sizeof(*m) ? ((const uint8_t *)m)[at] : pad_byte(at);
    }
}

bool machine_load(const struct sim_world *w, struct machine *m, const uint8_t *bytes, size_t length)
{
    if (length != machine_size(w))
        return false;
    memcpy(m, bytes, sizeof(*m));
    for (size_t i = sizeof(*m); i < length; i++)
        if (bytes[i] != pad_byte(i))
            return false;
    return true;
}

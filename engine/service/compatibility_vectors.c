/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/compatibility.h"
#include "hvc/hash.h"

void hvc_name_set_add(struct hvc_name_set *set, const char *name)
{
    uint64_t bit = hvc_hash64(name, strlen(name), 0) % (HVC_NAME_SET_WORDS * 64);

    set->words[bit / 64] |= UINT64_C(1) << (bit % 64);
    set->count++;
}

/* ---- making ---- */

struct list {
    struct hvc_vector *vectors;
    size_t count;
};

static void add(struct list *list, uint32_t id, uint32_t operation, uint64_t info)
{
    if (list->count < HVC_VECTORS_MAX)
        list->vectors[list->count++] = (struct hvc_vector){id, operation, info};
}

/* A guest needs nothing of a word that is 0; a host tells all, so that a guest's never misses its counterpart. */
static void add_set(struct list *list, uint32_t first, const struct hvc_name_set *set, bool host)
{
    for (uint32_t i = 0; set->count > 0 && i < HVC_NAME_SET_WORDS; i++) {
        if (host || set->words[i] != 0)
            add(list, first + i, HVC_VECTOR_SUBSET, set->words[i]);
    }
}

size_t hvc_vectors_make(const struct hvc_vector_facts *facts, bool host, struct hvc_vector *vectors)
{
    struct list list = {vectors, 0};
    const char *architecture = facts->architecture == NULL ? "" : facts->architecture;

    if (architecture[0] != '\0')
        add(&list, HVC_VECTOR_ARCHITECTURE, HVC_VECTOR_EQUAL, hvc_hash64(architecture, strlen(architecture), 0));
    add(&list, HVC_VECTOR_TYPES, HVC_VECTOR_SUBSET, (facts->qemu ? 1u : 0u) | (facts->kvm ? 2u : 0u));
    if (facts->hypervisor_version != 0)
        add(&list, HVC_VECTOR_HYPERVISOR, HVC_VECTOR_LESS_EQUAL, facts->hypervisor_version);
    if (facts->memory_kib != 0)
        add(&list, HVC_VECTOR_MEMORY, HVC_VECTOR_LESS_EQUAL, facts->memory_kib);
    add_set(&list, HVC_VECTOR_MACHINES, &facts->machines, host);
    add_set(&list, HVC_VECTOR_FEATURES, &facts->features, host);
    return list.count;
}

/* ---- comparing ---- */

bool hvc_vector_holds(const struct hvc_vector *guest, uint64_t host_info)
{
    uint64_t v = guest->info, h = host_info;

    switch ((enum hvc_vector_operation)guest->operation) {
    case HVC_VECTOR_EQUAL:
        return v == h;
    case HVC_VECTOR_SUPERSET:
        return (v & h) == h;
    case HVC_VECTOR_SUBSET:
        return (v & h) == v;
    case HVC_VECTOR_DISJOINT:
        return (v & h) == 0;
    case HVC_VECTOR_GREATER:
        return v > h;
    case HVC_VECTOR_GREATER_EQUAL:
        return v >= h;
    case HVC_VECTOR_LESS:
        return v < h;
    case HVC_VECTOR_LESS_EQUAL:
        return v <= h;
    case HVC_VECTOR_MULTIPLE:
        return h != 0 && v % h == 0;
    case HVC_VECTOR_DIVISIBLE:
        return v != 0 && h % v == 0;
    case HVC_VECTOR_OPERATION_COUNT:
        break;
    }
    return false;
}

static const struct hvc_vector *find(const struct hvc_vector *vectors, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (vectors[i].id == id)
            return &vectors[i];
    }
    return NULL;
}

size_t hvc_vectors_compare(const struct hvc_vector *guest, size_t guest_count, const struct hvc_vector *host,
                           size_t host_count, uint32_t *ret_first)
{
    size_t failed = 0;

    for (size_t i = 0; i < guest_count; i++) {
        const struct hvc_vector *counterpart = find(host, host_count, guest[i].id);

        if (counterpart != NULL && hvc_vector_holds(&guest[i], counterpart->info))
            continue;
        if (failed++ == 0)
            *ret_first = guest[i].id;
    }
    return failed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/soft_facts.h"

#include <errno.h>
#include <string.h>

#include "hvc/bytes.h"

#define VERSION_LEAST 2 /* host_uuid, missing */
#define VERSION_HELD  3 /* some move is held */

enum { MOVE_ENDED = 1, MOVE_RING = 2, MOVE_HELD = 4, MOVE_FLAGS = 7 };

/* One description for both directions: exactly one of them is set. */
struct pass {
    struct hvc_bytes_writer *out;
    struct hvc_bytes_reader *in;
    bool bad; /* a number out of its bounds */
};

static uint64_t number(struct pass *pass, unsigned width, uint64_t value, uint64_t max)
{
    if (pass->out != NULL)
        hvc_bytes_put(pass->out, width, value);
    else
        value = hvc_bytes_get(pass->in, width);
    if (value > max) {
        pass->bad = true;
        return 0;
    }
    return value;
}

static void text(struct pass *pass, char *value, size_t size)
{
    if (pass->out == NULL) {
        hvc_bytes_get_text(pass->in, value, size, 0, false);
        return;
    }
    if (memchr(value, '\0', size) == NULL || !hvc_bytes_is_text(value, strlen(value), false, NULL))
        pass->bad = true;
    else
        hvc_bytes_put_text(pass->out, value);
}

static void raw(struct pass *pass, uint8_t *value, size_t length)
{
    if (pass->out != NULL)
        hvc_bytes_append(pass->out, value, length);
    else
        hvc_bytes_copy(pass->in, value, length);
}

#define NUMBER(field, width)       (field) = number(pass, (width), (field), UINT64_MAX)
#define BOUNDED(field, width, max) (field) = (__typeof__(field))number(pass, (width), (field), (max))

static void node_part(struct pass *pass, struct hvc_soft_facts *f)
{
    NUMBER(f->stamp_ms, 8);
    BOUNDED(f->load_100, 4, UINT32_MAX);
    BOUNDED(f->cpus, 4, UINT32_MAX);
    BOUNDED(f->memory_kib, 8, HVC_KIB_MAX);
    BOUNDED(f->free_kib, 8, HVC_KIB_MAX);
    text(pass, f->cpu_model, sizeof(f->cpu_model));
    text(pass, f->architecture, sizeof(f->architecture));
    NUMBER(f->hypervisor_version, 8);
    NUMBER(f->libvirt_version, 8);
    BOUNDED(f->libvirt, 1, UINT8_MAX);
    NUMBER(f->libvirt_ms, 8);
    text(pass, f->libvirt_words, sizeof(f->libvirt_words));
    raw(pass, f->host_uuid, sizeof(f->host_uuid));
    BOUNDED(f->missing_total, 4, UINT32_MAX);
    BOUNDED(f->missing_count, 1, HVC_SOFT_MISSING_MAX);
    for (unsigned i = 0; i < f->missing_count; i++)
        NUMBER(f->missing[i], 8);
    pass->bad = pass->bad || f->missing_count > f->missing_total;
}

static void address_part(struct pass *pass, struct hvc_address *a)
{
    BOUNDED(a->family, 1, 6);
    BOUNDED(a->prefix, 1, 128);
    BOUNDED(a->ring, 1, 1);
    raw(pass, a->bytes, sizeof(a->bytes));
    pass->bad = pass->bad || !hvc_address_is_usable(a);
}

static void guest_part(struct pass *pass, struct hvc_soft_guest *g)
{
    raw(pass, g->uuid, sizeof(g->uuid));
    BOUNDED(g->guest_class, 1, UINT8_MAX);
}

static void move_part(struct pass *pass, struct hvc_soft_move *m)
{
    unsigned flags = (m->ended ? MOVE_ENDED : 0u) | (m->ring ? MOVE_RING : 0u) | (m->held ? MOVE_HELD : 0u);

    NUMBER(m->job, 8);
    raw(pass, m->guest, sizeof(m->guest));
    BOUNDED(m->source, 4, UINT32_MAX);
    BOUNDED(m->target, 4, UINT32_MAX);
    BOUNDED(m->network, 4, UINT32_MAX);
    BOUNDED(m->priority, 2, UINT16_MAX);
    BOUNDED(m->phase, 1, UINT8_MAX);
    BOUNDED(m->percent, 1, 100);
    BOUNDED(flags, 1, MOVE_FLAGS);
    m->ended = (flags & MOVE_ENDED) != 0;
    m->ring = (flags & MOVE_RING) != 0;
    m->held = (flags & MOVE_HELD) != 0;
    NUMBER(m->limit, 8);
    NUMBER(m->allotted, 8);
    NUMBER(m->elapsed_ms, 8);
    NUMBER(m->total_bytes, 8);
    NUMBER(m->done_bytes, 8);
    NUMBER(m->remaining_bytes, 8);
    NUMBER(m->rate_bytes, 8);
    NUMBER(m->dirty_rate_bytes, 8);
    NUMBER(m->expected_downtime_ms, 8);
    NUMBER(m->estimated_left_ms, 8);
    NUMBER(m->blackout_ms, 8);
}

/* Counts are bounded before anything is read by them: a bad one is 0. */
static void all(struct pass *pass, struct hvc_soft_facts *f)
{
    node_part(pass, f);
    BOUNDED(f->address_count, 1, HVC_ADDRESSES_MAX);
    for (unsigned i = 0; i < f->address_count; i++)
        address_part(pass, &f->addresses[i]);
    NUMBER(f->guests_age_ms, 8);
    BOUNDED(f->guests_total, 4, UINT32_MAX);
    BOUNDED(f->guest_count, 2, HVC_GUESTS_PER_NODE_MAX);
    for (unsigned i = 0; i < f->guest_count; i++)
        guest_part(pass, &f->guests[i]);
    BOUNDED(f->move_count, 1, HVC_MOVES_MAX);
    for (unsigned i = 0; i < f->move_count; i++)
        move_part(pass, &f->moves[i]);
}

static unsigned version_of(const struct hvc_soft_facts *facts)
{
    for (unsigned i = 0; i < facts->move_count && i < HVC_MOVES_MAX; i++) {
        if (facts->moves[i].held)
            return VERSION_HELD;
    }
    return VERSION_LEAST;
}

int hvc_soft_facts_encode(struct hvc_soft_facts *facts, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, size);
    struct pass pass = {.out = &writer};

    hvc_bytes_put(&writer, 1, version_of(facts));
    all(&pass, facts);
    if (pass.bad)
        return -EINVAL;
    if (writer.failed)
        return -ENOBUFS;
    *ret_length = writer.length;
    return 0;
}

int hvc_soft_facts_decode(const void *bytes, size_t length, struct hvc_soft_facts *ret_facts)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(bytes, length);
    struct pass pass = {.in = &reader};
    uint64_t version = hvc_bytes_get(&reader, 1);

    if (!reader.failed && version > VERSION_HELD)
        return -EPROTONOSUPPORT;
    if (reader.failed || version < VERSION_LEAST)
        return -EBADMSG;
    memset(ret_facts, 0, sizeof(*ret_facts));
    all(&pass, ret_facts);
    pass.bad = pass.bad || version != version_of(ret_facts);
    return pass.bad || reader.failed || reader.offset != reader.length ? -EBADMSG : 0;
}

const struct hvc_soft_move *hvc_soft_facts_job(const struct hvc_soft_facts *facts, uint64_t job)
{
    for (unsigned i = 0; job != 0 && i < facts->move_count; i++) {
        if (facts->moves[i].job == job)
            return &facts->moves[i];
    }
    return NULL;
}

uint64_t hvc_soft_document(const uint8_t hash[32])
{
    uint64_t name = 0;

    for (unsigned i = 0; i < sizeof(name); i++)
        name = name << 8 | hash[i];
    return name;
}

int hvc_soft_facts_holds(const struct hvc_soft_facts *facts, const uint8_t hash[32])
{
    for (unsigned i = 0; i < facts->missing_count; i++) {
        if (facts->missing[i] == hvc_soft_document(hash))
            return 0;
    }
    return facts->missing_total > facts->missing_count ? -1 : 1;
}

const struct hvc_soft_guest *hvc_soft_facts_guest(const struct hvc_soft_facts *facts, const uint8_t uuid[16])
{
    for (unsigned i = 0; i < facts->guest_count; i++) {
        if (memcmp(facts->guests[i].uuid, uuid, sizeof(facts->guests[i].uuid)) == 0)
            return &facts->guests[i];
    }
    return NULL;
}

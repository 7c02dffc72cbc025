/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"

#include "../hvc_cmocka.h"

static struct fake_world *the_world; /* for functions that get no context */

static void fake_close(struct hvc_hypervisor *h)
{
    (void)h;
}

static int fake_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                     size_t *ret_count, struct hvc_error *error)
{
    struct fake_hypervisor *fake = (struct fake_hypervisor *)h;
    struct hvc_guest_state *guests = calloc(fake->count + 1, sizeof(*guests));

    (void)deadline_ms;
    if (fake->list_result < 0 || guests == NULL) {
        free(guests);
        return hvc_error_set(error, fake->list_result, "the fake hypervisor does not answer");
    }
    (void)pthread_mutex_lock(&fake->lock);
    memcpy(guests, fake->guests, fake->count * sizeof(*guests));
    *ret_count = fake->count;
    (void)pthread_mutex_unlock(&fake->lock);
    *ret_guests = guests;
    return 0;
}

static int fake_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                        struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    struct fake_hypervisor *fake = (struct fake_hypervisor *)h;

    (void)deadline_ms;
    memset(ret_state, 0, sizeof(*ret_state));
    if (fake->inspect_result < 0)
        return hvc_error_set(error, fake->inspect_result, "the fake hypervisor does not answer");
    (void)hvc_text_copy(ret_state->id.uuid, sizeof(ret_state->id.uuid), uuid);
    (void)pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->guests[i].id.uuid, uuid) == 0)
            *ret_state = fake->guests[i];
    }
    (void)pthread_mutex_unlock(&fake->lock);
    return 0;
}

static int fake_read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                         char **ret_xml, struct hvc_error *error)
{
    const struct fake_hypervisor *fake = (const struct fake_hypervisor *)h;

    (void)deadline_ms;
    (void)inactive;
    if (fake->xml == NULL)
        return hvc_error_set(error, -ENOENT, "no domain %s here", uuid);
    *ret_xml = strdup(fake->xml);
    return *ret_xml == NULL ? -ENOMEM : 0;
}

/* No copy has begun. */
static int fake_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                         struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    struct fake_hypervisor *fake = (struct fake_hypervisor *)h;

    (void)deadline_ms;
    (void)error;
    *ret_progress = (struct hvc_migrate_progress){.phase = HVC_MIGRATE_NONE};
    (void)pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->guests[i].id.uuid, uuid) == 0 && fake->guests[i].migrating_out)
            ret_progress->phase = HVC_MIGRATE_SETUP;
    }
    (void)pthread_mutex_unlock(&fake->lock);
    return 0;
}

static int fake_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    struct fake_hypervisor *fake = (struct fake_hypervisor *)h;

    (void)deadline_ms;
    (void)error;
    (void)pthread_mutex_lock(&fake->lock);
    fake->cancels++;
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->guests[i].id.uuid, uuid) == 0)
            fake->guests[i].migrating_out = false;
    }
    (void)pthread_mutex_unlock(&fake->lock);
    return 0;
}

static void fake_status(struct hvc_hypervisor *h, struct hvc_hypervisor_status *ret_status)
{
    *ret_status = ((struct fake_hypervisor *)h)->health;
}

/* Hangs when it was told to: that is how a hung libvirtd is found out. */
static int fake_host(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_host_facts *ret_facts,
                     struct hvc_error *error)
{
    struct fake_hypervisor *fake = (struct fake_hypervisor *)h;

    (void)deadline_ms;
    (void)ret_facts;
    fake->asked++;
    if (!fake->hangs)
        return 0;
    fake->health.health = HVC_HYPERVISOR_HANGS;
    return hvc_error_set(error, -ETIMEDOUT, "libvirtd does not answer");
}

static const struct hvc_hypervisor_ops hypervisor_ops = {.close = fake_close,
                                                         .list = fake_list,
                                                         .inspect = fake_inspect,
                                                         .read_xml = fake_read_xml,
                                                         .progress = fake_progress,
                                                         .cancel = fake_cancel,
                                                         .host = fake_host,
                                                         .status = fake_status};

static int fake_read_facts(struct hvc_facts *facts, unsigned what, uint64_t deadline_ms,
                           struct hvc_cluster_facts *ret_facts)
{
    (void)facts;
    (void)what;
    (void)deadline_ms;
    *ret_facts = the_world->facts;
    return 0;
}

static void fake_close_facts(struct hvc_facts *facts)
{
    (void)facts;
}

static int fake_foreign(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_fact_foreign **ret_list,
                        size_t *ret_count, struct hvc_error *error)
{
    (void)facts;
    (void)deadline_ms;
    if (the_world->foreign_result < 0)
        return hvc_error_set(error, the_world->foreign_result, "pacemaker runs but does not answer");
    *ret_list = calloc(HVC_COUNT(the_world->foreign), sizeof(**ret_list));
    assert_non_null(*ret_list);
    memcpy(*ret_list, the_world->foreign, sizeof(the_world->foreign));
    *ret_count = the_world->foreign_count;
    return 0;
}

static const struct hvc_facts_ops facts_ops = {
    .close = fake_close_facts, .read = fake_read_facts, .foreign = fake_foreign};

static int open_peer(const char *uri, struct hvc_hypervisor **ret_hypervisor)
{
    if (strstr(uri, "n2") == NULL)
        return -EINVAL;
    *ret_hypervisor = &the_world->there.base;
    return 0;
}

static void take_message(void *context, enum hvc_message message, const char *details)
{
    struct fake_world *world = context;
    size_t used;

    (void)pthread_mutex_lock(&world->lock);
    used = strlen(world->messages);
    (void)snprintf(world->messages + used, sizeof(world->messages) - used, "%u %s\n", hvc_message_row(message)->id,
                   details);
    (void)pthread_mutex_unlock(&world->lock);
}

static void add_node(struct fake_world *world, const char *name, bool local)
{
    struct hvc_fact_node *node = &world->facts.nodes[world->facts.count++];

    node->id = (uint32_t)world->facts.count;
    node->local = local;
    node->member = true;
    (void)hvc_text_copy(node->name, sizeof(node->name), name);
}

struct fake_world *fake_world_new(void)
{
    struct fake_world *world = calloc(1, sizeof(*world));
    struct hvc_operations *o;

    assert_non_null(world);
    the_world = world;
    o = &world->operations;
    (void)pthread_mutex_init(&world->lock, NULL);
    (void)pthread_mutex_init(&world->here.lock, NULL);
    (void)pthread_mutex_init(&world->there.lock, NULL);
    world->here.base.ops = &hypervisor_ops;
    world->there.base.ops = &hypervisor_ops;
    world->facts_base.ops = &facts_ops;
    world->facts.corosync_answers = true;
    world->facts.quorate = true;
    (void)hvc_text_copy(world->facts.cluster_name, sizeof(world->facts.cluster_name), "lab");
    (void)hvc_text_copy(world->facts.flags, sizeof(world->facts.flags), "two_node");
    add_node(world, "n1", true);
    add_node(world, "n2", false);
    (void)hvc_text_copy(o->node, sizeof(o->node), "n1");
    o->started_ms = hvc_now_ms();
    o->hypervisor = &world->here.base;
    o->facts = &world->facts_base;
    o->message = take_message;
    o->message_context = world;
    o->migration.tls = true;
    /* addresses: no test asks the name service of the machine */
    assert_int_equal(hvc_peers_new("qemu+tls://%n/system", "tcp://127.0.0.1/%n", open_peer, &o->peers, NULL), 0);
    assert_int_equal(hvc_moves_new(&o->moves, NULL), 0);
    return world;
}

void fake_world_free(struct fake_world *world)
{
    assert_int_equal(hvc_moves_active(world->operations.moves), 0);
    hvc_moves_free(world->operations.moves);
    hvc_peers_free(world->operations.peers);
    free(world);
}

struct hvc_call *fake_call(const char *json)
{
    const struct hvc_caller caller = {.pid = 1, .right = HVC_RIGHT_ADMIN};
    struct hvc_record *request = NULL;
    struct hvc_call *call;

    assert_int_equal(hvc_record_parse(json, strlen(json), &request, NULL), 0);
    call = hvc_call_new(request, &caller, hvc_now_ms());
    assert_non_null(call);
    return call;
}

unsigned fake_world_said(struct fake_world *world, const char *text)
{
    bool number = text[0] >= '0' && text[0] <= '9'; /* of a message: at the beginning of a line, not in a time stamp */
    unsigned count = 0;

    (void)pthread_mutex_lock(&world->lock);
    for (const char *p = world->messages; (p = strstr(p, text)) != NULL; p += strlen(text))
        count += !number || p == world->messages || p[-1] == '\n';
    (void)pthread_mutex_unlock(&world->lock);
    return count;
}

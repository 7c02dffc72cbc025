/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/text.h"

#include "../hvc_cmocka.h"

char world_vm1[HVC_UUID_TEXT_MAX];

static struct world_node *node_of(struct hvc_hypervisor *h)
{
    return (struct world_node *)h;
}

static struct world_guest *find(struct world_node *node, const char *uuid)
{
    for (size_t i = 0; i < WORLD_GUESTS; i++) {
        if (node->guests[i].known && strcmp(node->guests[i].uuid, uuid) == 0)
            return &node->guests[i];
    }
    return NULL;
}

static bool runs(const struct world_guest *g)
{
    return g != NULL && (g->guest_class == HVC_GUEST_RUNNING || g->guest_class == HVC_GUEST_PAUSED ||
                         g->guest_class == HVC_GUEST_STOPPING);
}

/* With the lock held, after every change. */
static void count_copies(struct world *world)
{
    unsigned copies = 0;

    for (size_t i = 0; i < world->count; i++)
        copies += runs(find(&world->nodes[i], world_vm1));
    if (copies > world->most_copies)
        world->most_copies = copies;
}

/* Lock held; 0 when the node answers. A node that hangs costs the deadline, as libvirt does. */
static int reach(struct world_node *node, uint64_t deadline_ms, struct hvc_error *error)
{
    switch (node->answer) {
    case WORLD_ANSWERS:
        return 0;
    case WORLD_REFUSES:
        return hvc_error_set(error, -ENOTCONN, "%s",
                             node->answer_words != NULL ? node->answer_words : "Connection refused");
    case WORLD_DENIES:
        return hvc_error_set(error, -EACCES, "%s", node->answer_words != NULL ? node->answer_words : "access denied");
    case WORLD_HANGS:
        break;
    }
    (void)pthread_mutex_unlock(&node->world->lock);
    while (hvc_deadline_left(deadline_ms) > 0) {
        uint64_t left = hvc_deadline_left(deadline_ms);
        struct timespec pause = {.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000L};

        (void)nanosleep(&pause, NULL);
    }
    (void)pthread_mutex_lock(&node->world->lock);
    return hvc_error_set(error, -ETIMEDOUT, "libvirtd does not answer");
}

static int enter(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)pthread_mutex_lock(&node_of(h)->world->lock);
    return reach(node_of(h), deadline_ms, error);
}

static int leave(struct hvc_hypervisor *h, int result)
{
    count_copies(node_of(h)->world);
    (void)pthread_mutex_unlock(&node_of(h)->world->lock);
    return result;
}

static void tell(const struct world_guest *g, struct hvc_guest_state *state)
{
    memset(state, 0, sizeof(*state));
    (void)snprintf(state->id.uuid, sizeof(state->id.uuid), "%s", g->uuid);
    (void)snprintf(state->id.name, sizeof(state->id.name), "%s", g->name);
    (void)snprintf(state->owner, sizeof(state->owner), "%s", g->owner);
    (void)snprintf(state->words, sizeof(state->words), "%s",
                   g->words[0] != '\0' ? g->words : hvc_guest_class_name(g->guest_class));
    state->guest_class = g->guest_class;
    state->source = HVC_SOURCE_LIBVIRT;
    state->state = g->state;
    state->reason = g->reason;
    state->autostart = g->autostart;
    state->persistent = g->persistent;
    state->migrating_out = g->migrating_out;
}

static int world_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                         struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    struct world_node *node = node_of(h);
    struct world_guest *g;
    int r;

    (void)pthread_mutex_lock(&node->world->lock);
    node->inspects++;
    if (node->world->on_inspect != NULL)
        node->world->on_inspect(node->world, node, node->inspects);
    r = reach(node, deadline_ms, error);
    if (r < 0)
        return leave(h, r);
    g = find(node, uuid);
    if (g != NULL) {
        tell(g, ret_state);
    } else {
        memset(ret_state, 0, sizeof(*ret_state));
        (void)snprintf(ret_state->id.uuid, sizeof(ret_state->id.uuid), "%s", uuid);
        (void)snprintf(ret_state->words, sizeof(ret_state->words), "not defined here");
    }
    return leave(h, 0);
}

static int world_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                      size_t *ret_count, struct hvc_error *error)
{
    int r = enter(h, deadline_ms, error);
    struct hvc_guest_state *guests;
    size_t count = 0;

    if (r < 0)
        return leave(h, r);
    guests = calloc(WORLD_GUESTS, sizeof(*guests));
    assert_non_null(guests);
    for (size_t i = 0; i < WORLD_GUESTS; i++) {
        if (node_of(h)->guests[i].known)
            tell(&node_of(h)->guests[i], &guests[count++]);
    }
    *ret_guests = guests;
    *ret_count = count;
    return leave(h, 0);
}

static struct world_guest *put(struct world_node *node, const char *uuid, const char *name,
                               enum hvc_guest_class guest_class)
{
    struct world_guest *g = find(node, uuid);

    for (size_t i = 0; g == NULL && i < WORLD_GUESTS; i++) {
        if (!node->guests[i].known)
            g = &node->guests[i];
    }
    assert_non_null(g);
    g->known = true;
    g->guest_class = guest_class;
    (void)snprintf(g->uuid, sizeof(g->uuid), "%s", uuid);
    (void)snprintf(g->name, sizeof(g->name), "%s", name);
    return g;
}

static int world_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    struct world_node *node = node_of(h);
    struct hvc_guest_id id;
    struct world_guest *g;
    int r = enter(h, deadline_ms, error);

    if (r < 0)
        return leave(h, r);
    assert_int_equal(hvc_guest_parse_id(xml, strlen(xml), &id, error), 0);
    node->starts++;
    if (node->start_error != 0)
        return leave(h, hvc_error_set(error, node->start_error, "%s", node->error_words));
    g = find(node, id.uuid);
    if (g != NULL && g->guest_class != HVC_GUEST_ABSENT)
        return leave(h, hvc_error_set(error, -EEXIST, "domain is already active as '%s'", g->name));
    for (size_t i = 0; i < WORLD_GUESTS; i++) {
        if (node->guests[i].known && strcmp(node->guests[i].name, id.name) == 0 &&
            strcmp(node->guests[i].uuid, id.uuid) != 0)
            return leave(h, hvc_error_set(error, -EEXIST, "domain '%s' already exists with uuid %s", id.name,
                                          node->guests[i].uuid));
    }
    g = put(node, id.uuid, id.name, node->start_dies ? HVC_GUEST_ABSENT : HVC_GUEST_RUNNING);
    (void)snprintf(g->owner, sizeof(g->owner), "%s", owner);
    return leave(h, 0);
}

static int world_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                      struct hvc_error *error)
{
    struct world_node *node = node_of(h);
    int r = enter(h, deadline_ms, error), failure = 0;
    struct world_guest *g = find(node, uuid);

    if (r < 0)
        return leave(h, r);
    if (g == NULL || g->guest_class == HVC_GUEST_ABSENT)
        return leave(h, hvc_error_set(error, -ENOENT, "domain is not running"));
    switch (step) {
    case HVC_STOP_SHUTDOWN:
        node->shutdowns++;
        if (!node->ignores_shutdown && g->guest_class == HVC_GUEST_RUNNING)
            g->guest_class = HVC_GUEST_ABSENT;
        return leave(h, 0);
    case HVC_STOP_DESTROY:
        node->destroys++;
        failure = node->destroy_error;
        break;
    case HVC_STOP_KILL:
        node->kills++;
        failure = node->kill_error;
        break;
    }
    if (failure != 0)
        return leave(h, hvc_error_set(error, failure, "Failed to terminate process 4711 with SIGTERM"));
    g->guest_class = HVC_GUEST_ABSENT;
    return leave(h, 0);
}

static int world_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                           struct hvc_error *error)
{
    int r = enter(h, deadline_ms, error);
    struct world_guest *g = find(node_of(h), uuid);

    if (r < 0)
        return leave(h, r);
    if (node_of(h)->mark_error != 0)
        return leave(h, hvc_error_set(error, node_of(h)->mark_error, "cannot acquire state change lock"));
    assert_non_null(g);
    node_of(h)->marks++;
    (void)snprintf(g->owner, sizeof(g->owner), "%s", owner);
    return leave(h, 0);
}

static struct world_node *node_of_uri(struct world *world, const char *uri)
{
    for (size_t i = 0; i < world->count; i++) {
        char wanted[64];

        (void)snprintf(wanted, sizeof(wanted), "fake://%s", world->nodes[i].name);
        if (strcmp(uri, wanted) == 0)
            return &world->nodes[i];
    }
    return NULL;
}

static void arrive(struct world_node *from, struct world_node *to, const char *uuid)
{
    struct world_guest *g = find(from, uuid), *there;
    enum hvc_guest_class kept = g->guest_class == HVC_GUEST_LEAVING ? HVC_GUEST_RUNNING : g->guest_class;

    g->guest_class = HVC_GUEST_ABSENT; /* first: never two */
    g->migrating_out = false;
    there = put(to, uuid, g->name, kept);
    (void)snprintf(there->owner, sizeof(there->owner), "%s", g->owner);
}

static int world_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                         uint64_t deadline_ms, struct hvc_error *error)
{
    struct world_node *node = node_of(h), *target = node_of_uri(node->world, options->target_uri);
    int r = enter(h, deadline_ms, error);
    struct world_guest *g = find(node, uuid);

    if (r < 0)
        return leave(h, r);
    node->migrations++;
    if (node->migrate_error != 0)
        return leave(h, hvc_error_set(error, node->migrate_error, "%s", node->error_words));
    if (!runs(g))
        return leave(h, hvc_error_set(error, -ENOENT, "domain is not running"));
    assert_non_null(target);
    arrive(node, target, uuid);
    return leave(h, 0);
}

static int world_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                          struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    int r = enter(h, deadline_ms, error);
    const struct world_guest *g = find(node_of(h), uuid);

    if (r < 0)
        return leave(h, r);
    memset(ret_progress, 0, sizeof(*ret_progress));
    ret_progress->phase = g != NULL && g->migrating_out ? HVC_MIGRATE_COPY : HVC_MIGRATE_NONE;
    return leave(h, 0);
}

static int world_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    struct world_node *node = node_of(h);
    int r = enter(h, deadline_ms, error);
    struct world_guest *g = find(node, uuid);

    if (r < 0)
        return leave(h, r);
    node->cancels++;
    if (g == NULL || !g->migrating_out)
        return leave(h, 0);
    if (node->cancel_error != 0)
        return leave(h, hvc_error_set(error, node->cancel_error, "cannot abort in post-copy"));
    if (node->finishes_on_cancel) {
        arrive(node, node->moves_to, uuid);
        return leave(h, 0);
    }
    g->migrating_out = false;
    g->guest_class = HVC_GUEST_RUNNING;
    return leave(h, 0);
}

static int world_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    int r = enter(h, deadline_ms, error);

    (void)uuid;
    if (r == 0)
        node_of(h)->resumes++;
    return leave(h, r);
}

static int world_set_number(struct hvc_hypervisor *h, const char *uuid, uint64_t value, uint64_t deadline_ms,
                            struct hvc_error *error)
{
    (void)uuid, (void)value;
    return leave(h, enter(h, deadline_ms, error));
}

static int world_watch(struct hvc_hypervisor *h, hvc_guest_event_fn function, void *context, struct hvc_error *error)
{
    (void)h, (void)function, (void)context, (void)error;
    return 0;
}

static void world_status(struct hvc_hypervisor *h, struct hvc_hypervisor_status *ret_status)
{
    memset(ret_status, 0, sizeof(*ret_status));
    ret_status->health = node_of(h)->answer == WORLD_ANSWERS ? HVC_HYPERVISOR_ANSWERS : HVC_HYPERVISOR_DOWN;
}

static void world_close(struct hvc_hypervisor *h)
{
    (void)h; /* belongs to the world */
}

static const struct hvc_hypervisor_ops world_ops = {
    .close = world_close,
    .list = world_list,
    .inspect = world_inspect,
    .start = world_start,
    .stop = world_stop,
    .resume = world_resume,
    .pause = world_resume,
    .set_owner = world_set_owner,
    .migrate = world_migrate,
    .progress = world_progress,
    .cancel = world_cancel,
    .set_downtime = world_set_number,
    .set_bandwidth = world_set_number,
    .watch = world_watch,
    .status = world_status,
};

/* ---- facts ---- */

static struct world *world_of(struct hvc_facts *facts)
{
    return (struct world *)facts;
}

static int facts_read(struct hvc_facts *facts, unsigned what, uint64_t deadline_ms, struct hvc_cluster_facts *ret_facts)
{
    struct world *world = world_of(facts);

    (void)what, (void)deadline_ms;
    (void)pthread_mutex_lock(&world->lock);
    world->facts_reads++;
    if (world->on_facts != NULL)
        world->on_facts(world, world->facts_reads);
    *ret_facts = world->cluster;
    (void)pthread_mutex_unlock(&world->lock);
    return 0;
}

static int facts_resource(struct hvc_facts *facts, const char *config, const char *except_resource,
                          uint64_t deadline_ms, char ret_resource[HVC_RESOURCE_NAME_MAX], struct hvc_error *error)
{
    struct world *world = world_of(facts);

    (void)config, (void)except_resource, (void)deadline_ms, (void)error;
    if (world->other_resource[0] == '\0')
        return -ENOENT;
    (void)snprintf(ret_resource, HVC_RESOURCE_NAME_MAX, "%s", world->other_resource);
    return 0;
}

static void facts_close(struct hvc_facts *facts)
{
    (void)facts;
}

static int facts_foreign(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_fact_foreign **ret_list,
                         size_t *ret_count, struct hvc_error *error)
{
    (void)facts, (void)deadline_ms, (void)error;
    *ret_list = NULL;
    *ret_count = 0;
    return 0;
}

static const struct hvc_facts_ops facts_ops = {
    .close = facts_close, .read = facts_read, .resource_of_config = facts_resource, .foreign = facts_foreign};

/* ---- the world ---- */

static struct world *the_world; /* for open_peer, which has no context */

static int open_peer(const char *uri, struct hvc_hypervisor **ret_hypervisor)
{
    struct world_node *node = node_of_uri(the_world, uri);

    if (node == NULL)
        return -EINVAL;
    *ret_hypervisor = &node->base;
    return 0;
}

static void take_message(void *context, enum hvc_message message, const char *details)
{
    struct world *world = context;
    size_t used;

    (void)pthread_mutex_lock(&world->lock);
    used = strlen(world->said);
    (void)hvc_text_append(world->said, sizeof(world->said), &used, "%u %s\n", hvc_message_row(message)->id, details);
    (void)pthread_mutex_unlock(&world->lock);
}

struct world *world_new(size_t count)
{
    struct world *world = calloc(1, sizeof(*world));
    struct hvc_error error = {0};

    assert_non_null(world);
    assert_true(count <= WORLD_NODES);
    the_world = world;
    (void)snprintf(world_vm1, sizeof(world_vm1), "0b6e4d5e-7d3a-4c0f-9a53-%012x", (unsigned)getpid());
    (void)pthread_mutex_init(&world->lock, NULL);
    world->count = world->cluster.count = count;
    for (size_t i = 0; i < count; i++) {
        struct world_node *node = &world->nodes[i];
        struct hvc_fact_node *fact = &world->cluster.nodes[i];

        node->base.ops = &world_ops;
        node->world = world;
        (void)snprintf(node->name, sizeof(node->name), "n%zu", i + 1);
        (void)snprintf(fact->name, sizeof(fact->name), "n%zu", i + 1);
        fact->id = (uint32_t)i + 1;
        fact->local = i == 0;
        fact->member = true;
    }
    world->cluster.quorate = world->cluster.quorum_exclusive = true;
    world->cluster.corosync_answers = world->cluster.pacemaker_answers = true;
    world->facts.ops = &facts_ops;
    (void)snprintf(world->operations.node, sizeof(world->operations.node), "n1");
    world->operations.hypervisor = &world->nodes[0].base;
    world->operations.facts = &world->facts;
    world->operations.message = take_message;
    world->operations.message_context = world;
    world->operations.root = "/nonexistent"; /* no systemd of this machine in a unit test */
    assert_int_equal(hvc_peers_new("fake://%n", NULL, open_peer, &world->operations.peers, &error), 0);
    assert_int_equal(hvc_moves_new(&world->operations.moves, &error), 0);
    return world;
}

void world_free(struct world *world)
{
    assert_true(world->most_copies <= 1);
    hvc_call_unref(world->call);
    hvc_moves_free(world->operations.moves);
    hvc_peers_free(world->operations.peers);
    (void)pthread_mutex_destroy(&world->lock);
    free(world);
}

struct world_node *world_node(struct world *world, const char *name)
{
    for (size_t i = 0; i < world->count; i++) {
        if (strcmp(world->nodes[i].name, name) == 0)
            return &world->nodes[i];
    }
    fail_msg("no node %s", name);
    return NULL;
}

struct hvc_fact_node *world_fact(struct world *world, const char *name)
{
    return &world->cluster.nodes[world_node(world, name) - world->nodes];
}

struct world_guest *world_put_other(struct world *world, const char *node, const char *uuid, const char *name,
                                    enum hvc_guest_class guest_class)
{
    struct world_guest *g = put(world_node(world, node), uuid, name, guest_class);

    count_copies(world);
    return g;
}

struct world_guest *world_put(struct world *world, const char *node, enum hvc_guest_class guest_class)
{
    return world_put_other(world, node, world_vm1, "vm1", guest_class);
}

void world_say(struct world_guest *guest, const char *words)
{
    (void)snprintf(guest->words, sizeof(guest->words), "%s", words);
}

void world_own(struct world_guest *guest, const char *owner)
{
    (void)snprintf(guest->owner, sizeof(guest->owner), "%s", owner);
}

enum hvc_guest_class world_class(struct world *world, const char *node)
{
    const struct world_guest *g = find(world_node(world, node), world_vm1);

    return g == NULL ? HVC_GUEST_ABSENT : g->guest_class;
}

void world_lose(struct world *world, const char *node)
{
    world_fact(world, node)->member = false;
    world_node(world, node)->answer = WORLD_REFUSES;
    world_node(world, node)->answer_words = "unable to connect to server: No route to host";
    memset(world_node(world, node)->guests, 0, sizeof(world->nodes[0].guests));
}

enum hvc_result world_run(struct world *world, const char *operation, const char *args)
{
    const struct hvc_caller caller = {.right = HVC_RIGHT_ADMIN};
    struct hvc_record *request = NULL;
    struct hvc_error error = {0};
    enum hvc_result result = HVC_RESULT_INTERNAL;
    char *json;
    size_t length;

    assert_true(asprintf(&json, "{'op':'%s','version':1,'args':{%s}}", operation, args) > 0);
    for (char *p = json; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p == '`' ? '\'' : *p;
    for (char *p = json; (p = strstr(p, VM1)) != NULL;)
        memcpy(p, world_vm1, sizeof(world_vm1) - 1);
    length = strlen(json);
    if (hvc_record_parse(json, length, &request, &error) < 0)
        fail_msg("%s: %s", json, error.text);
    free(json);
    hvc_call_unref(world->call);
    world->call = hvc_call_new(request, &caller, hvc_now_ms());
    assert_non_null(world->call);
    hvc_call_run(&world->operations, world->call);
    assert_int_equal(hvc_result_parse(hvc_record_text(hvc_call_response(world->call), "result", ""), &result), 0);
    assert_true(world->most_copies <= 1);
    return result;
}

const char *world_text(struct world *world)
{
    return hvc_record_text(hvc_call_response(world->call), "text", "");
}

const struct hvc_record *world_data(struct world *world)
{
    return hvc_record_record(hvc_call_response(world->call), "data");
}

void world_expect(struct world *world, enum hvc_result result, enum hvc_result wanted, const char *part)
{
    if (result != wanted || strstr(world_text(world), part) == NULL)
        fail_msg("wanted %s with '%s', got %s: %s", hvc_result_word(wanted), part, hvc_result_word(result),
                 world_text(world));
}

struct world_emulator world_start_emulator(const char *uuid, const char *prepare)
{
    int ready[2], input[2];
    struct world_emulator e;
    char byte;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    e.pid = fork();
    assert_true(e.pid >= 0);
    if (e.pid == 0) {
        char script[128], text[HVC_UUID_TEXT_MAX], name[] = "qemu-system-x86_64", command[] = "-c", option[] = "-uuid";
        char *arguments[] = {name, command, script, option, text, NULL};

        (void)snprintf(script, sizeof(script), "%s; echo; read line", prepare);
        (void)snprintf(text, sizeof(text), "%s", uuid);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(ready[1], STDOUT_FILENO);
        execv("/bin/sh", arguments);
        _exit(127);
    }
    close(ready[1]);
    close(input[0]);
    e.input = input[1];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return e;
}

void world_end_emulator(struct world_emulator *e)
{
    (void)kill(e->pid, SIGKILL);
    assert_int_equal(waitpid(e->pid, NULL, 0), e->pid);
    close(e->input);
}

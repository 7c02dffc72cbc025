/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

void world_up(struct world *w)
{
    memset(w, 0, sizeof(*w));
    (void)snprintf(w->folder, sizeof(w->folder), "/dev/shm/hvc-driver-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void world_down(struct world *w)
{
    assert_int_equal(nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *world_path(const struct world *w, const char *name)
{
    static char path[8][256];
    static unsigned turn;
    char *at = path[turn++ % HVC_COUNT(path)];

    (void)snprintf(at, sizeof(path[0]), "%s/%s", w->folder, name);
    return at;
}

static void heard_change(void *context)
{
    struct world_ear *ear = context;

    atomic_fetch_add(&ear->changed, 1);
}

static void heard_note(void *context, int priority, unsigned message, const char *details)
{
    struct world_ear *ear = context;

    if (getenv("HVC_TEST_VERBOSE") != NULL)
        (void)fprintf(stderr, "note %d %u %s\n", priority, message, details);
    if (message >= HVC_REPLICA_MESSAGE_HEALTH && message - HVC_REPLICA_MESSAGE_HEALTH < HVC_COUNT(ear->notes))
        atomic_fetch_add(&ear->notes[message - HVC_REPLICA_MESSAGE_HEALTH], 1);
}

struct hvc_replica_hooks world_hooks(struct world *w)
{
    return (struct hvc_replica_hooks){.changed = heard_change, .log = heard_note, .context = &w->ear};
}

struct hvc_replica *world_alone(struct world *w, const struct hvc_tuning *tuning)
{
    struct hvc_tuning usual = hvc_tuning_default(true);
    struct hvc_replica_config config = {
        .state_directory = world_path(w, "store"), .node_name = "alone1", .hooks = world_hooks(w)};
    struct hvc_replica *replica = NULL;
    struct hvc_error error = {0};

    assert_int_equal(hvc_replica_open_on(&config, NULL, tuning != NULL ? tuning : &usual, &replica, &error), 0);
    return replica;
}

void world_close(struct hvc_replica *replica)
{
    struct hvc_error error = {0};
    int result = hvc_replica_close(replica, WORLD_PATIENCE_MS, &error);

    if (result < 0)
        print_error("%s\n", error.text);
    assert_int_equal(result, 0);
}

bool world_until(struct hvc_replica *replica, bool (*holds)(const struct hvc_replica_status *status))
{
    struct hvc_replica_status *status = malloc(sizeof(*status));
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);
    bool good = false;

    assert_non_null(status);
    while (!good && hvc_deadline_left(until) > 0) {
        hvc_replica_status(replica, status);
        good = holds(status);
        if (!good)
            (void)poll(NULL, 0, 2);
    }
    if (!good)
        print_error("health %s: %s\n", hvc_replica_health_name(status->health), status->words);
    free(status);
    return good;
}

void world_wait(struct hvc_replica *replica, enum hvc_replica_health health)
{
    struct hvc_replica_status status;
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);

    do {
        hvc_replica_status(replica, &status);
        if (status.health == health)
            return;
        (void)poll(NULL, 0, 2);
    } while (hvc_deadline_left(until) > 0);
    print_error("node %u: health %s (%s), wanted %s\n", status.node, hvc_replica_health_name(status.health),
                status.words, hvc_replica_health_name(health));
    fail();
}

struct hvc_command world_owner(const char *name)
{
    struct hvc_command command = {.kind = HVC_COMMAND_PROPERTIES, .by = "test"};

    command.properties.mask = HVC_PROPERTY_OWNER_NAME;
    (void)snprintf(command.properties.owner_name, sizeof(command.properties.owner_name), "%s", name);
    return command;
}

struct hvc_replica_outcome world_propose(struct hvc_replica *replica, const struct hvc_command *command)
{
    struct hvc_replica_outcome outcome;
    struct hvc_token token;

    hvc_replica_token(replica, &token);
    (void)hvc_replica_propose(replica, command, &token, hvc_deadline_in(WORLD_PATIENCE_MS), true, &outcome);
    if (outcome.error != 0 || !hvc_answer_is_good(&outcome.answer))
        print_error("error %d (%s), answer %s\n", outcome.error, outcome.words, hvc_answer_name(outcome.answer.code));
    assert_int_equal(outcome.error, 0);
    assert_true(hvc_answer_is_good(&outcome.answer));
    return outcome;
}

struct owner {
    char *name;
    struct hvc_replica_stamp stamp;
};

static int look_owner(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct owner *owner = context;

    (void)snprintf(owner->name, HVC_OWNER_NAME_MAX, "%s", hvc_service_properties(service)->owner_name);
    owner->stamp = *stamp;
    return 0;
}

int world_read_owner(struct hvc_replica *replica, enum hvc_replica_freshness freshness,
                     char ret_name[HVC_OWNER_NAME_MAX], struct hvc_replica_stamp *ret_stamp)
{
    struct owner owner = {.name = ret_name};
    struct hvc_error error = {0};
    int result = hvc_replica_read(replica, freshness, hvc_deadline_in(WORLD_PATIENCE_MS), look_owner, &owner, &error);

    if (result == 0 && ret_stamp != NULL)
        *ret_stamp = owner.stamp;
    return result;
}

void world_definition(unsigned number, size_t length, char *ret_bytes, uint8_t ret_hash[HVC_STORE_HASH_SIZE])
{
    int used = snprintf(ret_bytes, length, "<domain n='%u'>", number);

    for (size_t i = (size_t)used; i < length; i++)
        ret_bytes[i] = (char)('a' + (i * 7 + number) % 26);
    hvc_store_hash(ret_bytes, length, ret_hash);
}

void world_guest(struct hvc_replica *replica, unsigned number, size_t bytes)
{
    struct hvc_command command = {.kind = HVC_COMMAND_DOCUMENT, .by = "test"};
    char *text = malloc(bytes + 64);
    uint8_t hash[HVC_STORE_HASH_SIZE];

    assert_non_null(text);
    world_definition(number, bytes, text, hash);
    memcpy(command.document.hash, hash, sizeof(hash));
    command.document.size = (uint32_t)bytes;
    for (size_t at = 0; at < bytes; at += command.document.length) {
        command.document.offset = (uint32_t)at;
        command.document.bytes = (const uint8_t *)text + at;
        command.document.length = (uint32_t)(bytes - at < HVC_DOCUMENT_PART_MAX ? bytes - at : HVC_DOCUMENT_PART_MAX);
        (void)world_propose(replica, &command);
    }
    command = (struct hvc_command){.kind = HVC_COMMAND_GUEST, .by = "test"};
    command.guest.uuid[0] = (uint8_t)number;
    command.guest.uuid[1] = (uint8_t)(number >> 8);
    command.guest.uuid[15] = 1;
    memcpy(command.guest.document, hash, sizeof(hash));
    command.guest.memory_kib = 1024;
    command.guest.cpus = 1;
    (void)snprintf(command.guest.name, sizeof(command.guest.name), "vm%u", number);
    (void)world_propose(replica, &command);
    free(text);
}

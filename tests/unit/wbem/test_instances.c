/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All instances of all namespaces held against the schema and against each other: keys and required properties are
 * set, values are in their value maps, both ends of every association are there, no path is there twice.
 */
#include <stdlib.h>
#include <string.h>

#include "hvc/cim_server.h"
#include "hvc/job.h"
#include "hvc/schemas.h"

#include "facts_sample.h"

#include "../hvc_cmocka.h"

enum { INSTANCES_MAX = 2048, ARENA_BYTES = 64 << 20 };

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_cluster, &hvc_schema_host, &hvc_schema_interop};

struct all {
    struct hvc_cim_arena *arena;
    struct {
        const struct hvc_schema_namespace *space;
        const struct hvc_cim_instance *instance;
        const struct hvc_cim_path *path;
    } rows[INSTANCES_MAX];
    uint32_t count;
    unsigned mistakes;
};

#define MISTAKE(all, ...) ((all)->mistakes++, print_error(__VA_ARGS__))

static void collect(struct all *all, const struct hvc_cim_facts *facts, const struct hvc_schema_namespace *space,
                    const struct hvc_schema_class *cls)
{
    struct hvc_cim_ask ask = {.arena = all->arena, .space = space, .cls = cls, .facts = facts};

    if (cls->provider == NULL)
        return;
    if (cls->provider->enumerate == NULL) {
        MISTAKE(all, "%s: %s is not built: %s\n", space->name, cls->name, cls->provider->why);
        return;
    }
    cls->provider->enumerate(&ask);
    if (ask.failed)
        MISTAKE(all, "%s: a value of %s does not fit\n", space->name, cls->name);
    for (uint32_t i = 0; i < ask.count; i++) {
        assert_true(all->count < INSTANCES_MAX);
        all->rows[all->count].space = space;
        all->rows[all->count].instance = ask.instances[i];
        all->rows[all->count].path = hvc_cim_instance_path(all->arena, ask.instances[i], space->name);
        if (all->rows[all->count].path == NULL)
            MISTAKE(all, "%s: an instance of %s lacks a key\n", space->name, cls->name);
        else
            all->count++;
    }
}

static bool is_there(const struct all *all, const struct hvc_cim_path *path, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++)
        if (strcmp(all->rows[i].path->space, path->space) == 0 && hvc_cim_path_is(all->rows[i].path, path))
            return true;
    return false;
}

/* "5", "32768..65535", "0x8000..", "..": the last stands for all that no other entry names. */
static bool is_in_entry(const char *entry, const char *text)
{
    const char *dots = strstr(entry, "..");
    unsigned long value;

    if (dots == NULL)
        return strcmp(entry, text) == 0;
    value = strtoul(text, NULL, 10);
    return entry != dots && value >= strtoul(entry, NULL, 0) &&
           (dots[2] == '\0' || value <= strtoul(dots + 2, NULL, 0));
}

static bool is_in_map(const struct hvc_schema_element *element, const char *text)
{
    const struct hvc_schema_qualifier *map =
        hvc_schema_qualifier_find(element->qualifiers, element->qualifier_count, "ValueMap");

    for (uint16_t i = 0; map != NULL && i < map->value.count; i++)
        if (is_in_entry(map->value.text[i], text))
            return true;
    return map == NULL;
}

static void check_property(struct all *all, uint32_t row, const struct hvc_schema_element *element)
{
    const struct hvc_cim_instance *instance = all->rows[row].instance;
    const struct hvc_cim_value *value = hvc_cim_get(instance, element->name);
    const char *text = NULL;

    if (value == NULL || value->null) {
        if ((element->flags & (HVC_SCHEMA_KEY | HVC_SCHEMA_REQUIRED)) != 0)
            MISTAKE(all, "%s: %s.%s is required\n", all->rows[row].space->name, instance->class_name, element->name);
        return;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        if (element->type == HVC_CIM_REFERENCE && !is_there(all, value->path[i], all->count))
            MISTAKE(all, "%s: %s.%s: there is no %s\n", all->rows[row].space->name, instance->class_name, element->name,
                    hvc_cim_path_text(all->arena, value->path[i]));
        if (element->type == HVC_CIM_REFERENCE)
            continue;
        if (hvc_cim_check_text(all->arena, element->type, value->text[i], &text) != 0)
            MISTAKE(all, "%s.%s: \"%s\" is no %s\n", instance->class_name, element->name, value->text[i],
                    hvc_cim_type_name(element->type));
        if (!is_in_map(element, value->text[i]))
            MISTAKE(all, "%s.%s: %s is not in its value map\n", instance->class_name, element->name, value->text[i]);
    }
}

/* Returns how many instances there are; everything of them holds. */
static uint32_t check_all(const struct hvc_cim_facts *facts)
{
    struct all *all = calloc(1, sizeof(*all));
    uint32_t count;

    assert_non_null(all);
    all->arena = hvc_cim_arena_new(ARENA_BYTES);
    for (size_t i = 0; i < HVC_COUNT(spaces); i++)
        for (uint16_t c = 0; c < spaces[i]->class_count; c++)
            collect(all, facts, spaces[i], spaces[i]->classes[c]);
    for (uint32_t row = 0; row < all->count; row++) {
        const struct hvc_schema_class *cls = all->rows[row].instance->cls;

        if (is_there(all, all->rows[row].path, row))
            MISTAKE(all, "twice: %s\n", hvc_cim_path_text(all->arena, all->rows[row].path));
        for (uint16_t p = 0; p < cls->property_count; p++)
            check_property(all, row, &cls->properties[p]);
    }
    assert_false(hvc_cim_arena_failed(all->arena));
    assert_int_equal(all->mistakes, 0);
    count = all->count;
    hvc_cim_arena_free(all->arena);
    free(all);
    return count;
}

static void a_cluster_of_three_nodes_is_whole(void **state)
{
    (void)state;
    assert_true(check_all(&facts_sample) > 100);
}

static void a_state_that_may_be_old_has_as_many_instances(void **state)
{
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    facts.stale = "no quorum";
    facts.quorate = false;
    assert_int_equal(check_all(&facts), check_all(&facts_sample));
}

/* Every kind and phase of a job, as a move and as a check; one of a guest that is forgotten. */
static void jobs_of_every_kind_and_phase_are_whole(void **state)
{
    struct hvc_facts_job *jobs = calloc((size_t)HVC_KIND_COUNT * HVC_JOB_PHASE_COUNT * 2, sizeof(*jobs));
    struct hvc_cim_facts facts = facts_sample;
    uint32_t count = 0;

    (void)state;
    assert_non_null(jobs);
    for (unsigned kind = 0; kind < HVC_KIND_COUNT; kind++)
        for (unsigned phase = 0; phase < HVC_JOB_PHASE_COUNT; phase++)
            for (unsigned check = 0; check < 2; check++) {
                struct hvc_facts_job *job = &jobs[count++];

                *job = facts_sample.jobs[0];
                job->id = 1000 - count;
                job->kind = hvc_job_kind_info(kind)->name;
                job->phase = hvc_job_phase_name(phase);
                job->ended = (hvc_job_phase_info(phase)->flags & HVC_JOB_ENDED) != 0;
                job->check = check != 0;
                if (phase == HVC_JOB_COMPLETED && kind == HVC_KIND_QUICK)
                    job->uuid = "0A000000-0000-4000-8000-000000000099";
            }
    facts.jobs = jobs;
    facts.job_count = count;
    assert_true(check_all(&facts) > count);
    free(jobs);
}

struct shown {
    const char *seen, *node, *state, *health;
};

static const char *property(const struct hvc_cim_instance *instance, const char *name)
{
    const struct hvc_cim_value *value = hvc_cim_get(instance, name);

    return value == NULL || value->null ? "" : value->text[0];
}

/* The one guest, as root/HyperVCluster/v2 shows it. */
static void check_guest(const struct hvc_cim_facts *facts, const struct shown *want)
{
    const struct hvc_schema_class *cls = hvc_schema_class_find(&hvc_schema_cluster, "Msvm_ComputerSystem");
    struct hvc_cim_ask ask = {
        .arena = hvc_cim_arena_new(ARENA_BYTES), .space = &hvc_schema_cluster, .cls = cls, .facts = facts};
    const struct hvc_cim_instance *guest;

    cls->provider->enumerate(&ask);
    assert_false(ask.failed);
    guest = ask.instances[ask.count - 1];
    assert_string_equal(property(guest, "Caption"), "Virtual Machine");
    assert_string_equal(property(guest, "EnabledState"), want->state);
    assert_string_equal(property(guest, "HealthState"), want->health);
    hvc_cim_arena_free(ask.arena);
}

static void a_guest_is_in_the_state_that_its_node_shows(void **state)
{
    static const struct shown rows[] = {
        {"running", "n1", "2", "5"},   {"paused", "n1", "9", "5"},  {"stopping", "n1", "4", "5"},
        {"incoming", "n1", "10", "5"}, {"failed", "n1", "1", "20"}, {"unknown", "n1", "0", "5"},
        {NULL, "n1", "2", "5"},        {NULL, "", "3", "5"},        {"running", "n3", "0", "20"}, /* n3 was fenced */
    };
    struct hvc_facts_guest guest = facts_sample.guests[1];
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    facts.guests = &guest;
    facts.guest_count = 1;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        guest.seen = rows[i].seen;
        guest.node = rows[i].node;
        check_guest(&facts, &rows[i]);
    }
    facts.stale = "no quorum";
    check_guest(&facts, &(struct shown){"running", "n1", "0", "10"});
}

static const struct hvc_cim_provider *provider_of(const char *class_name)
{
    return hvc_schema_class_find(&hvc_schema_cluster, class_name)->provider;
}

static uint32_t count_planned(const struct hvc_schema_namespace *space, const struct hvc_cim_facts *facts)
{
    struct hvc_cim_ask ask = {.arena = hvc_cim_arena_new(ARENA_BYTES),
                              .space = space,
                              .cls = hvc_schema_class_find(space, "Msvm_PlannedComputerSystem"),
                              .facts = facts};

    provider_of("Msvm_PlannedComputerSystem")->enumerate(&ask);
    assert_false(ask.failed);
    hvc_cim_arena_free(ask.arena);
    return ask.count;
}

static void a_planned_system_is_there_from_a_staged_move_until_it_is_used_up(void **state)
{
    struct hvc_facts_job jobs[2] = {facts_sample.jobs[0], facts_sample.jobs[0]};
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    jobs[0].ended = jobs[1].ended = true;
    jobs[0].phase = jobs[1].phase = "completed";
    jobs[1].kind = "staged";
    facts.jobs = &jobs[1];
    facts.job_count = 1;
    assert_int_equal(count_planned(&hvc_schema_cluster, &facts), 1);
    assert_int_equal(count_planned(&hvc_schema_host, &facts), 0); /* it is on n2 */
    facts.node = "n2";
    assert_int_equal(count_planned(&hvc_schema_host, &facts), 1);
    facts.node = "n1";
    assert_true(check_all(&facts) > 0);
    jobs[1].phase = "failed";
    assert_int_equal(count_planned(&hvc_schema_cluster, &facts), 0);
    jobs[1].phase = "completed";
    jobs[1].check = true;
    assert_int_equal(count_planned(&hvc_schema_cluster, &facts), 0);
    jobs[1].check = false;
    facts.jobs = jobs; /* a newer live move went there */
    facts.job_count = 2;
    assert_int_equal(count_planned(&hvc_schema_cluster, &facts), 0);
}

static void a_host_that_stands_alone_is_whole(void **state)
{
    struct hvc_facts_guest guest = facts_sample.guests[0];
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    facts.cluster = facts.node;
    facts.node_count = 1;
    facts.guests = &guest;
    facts.guest_count = 1;
    facts.job_count = 0;
    assert_true(check_all(&facts) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cluster_of_three_nodes_is_whole),
        cmocka_unit_test(a_state_that_may_be_old_has_as_many_instances),
        cmocka_unit_test(jobs_of_every_kind_and_phase_are_whole),
        cmocka_unit_test(a_guest_is_in_the_state_that_its_node_shows),
        cmocka_unit_test(a_planned_system_is_there_from_a_staged_move_until_it_is_used_up),
        cmocka_unit_test(a_host_that_stands_alone_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random histories: two replicas get the same commands, one of them is thrown away and refilled from a snapshot now and
 * then. After every command the state is looked at from outside and compared with what must hold.
 */
#include "random_commands.h"

#include <errno.h>

/* ---- what must hold ---- */

static void sums_are_those_of_the_jobs_and_guests(struct world *w)
{
    struct hvc_node_load want[NODES + 1] = {{0}};
    uint32_t jobs = 0, guests = 0, moving = 0, queued = 0;
    const struct hvc_service_guest *guest;
    struct hvc_service_counts counts;
    const struct hvc_job *job;

    while ((guest = hvc_service_guest_next(w->a.service, &guests)) != NULL) {
        want[guest->node].guests++;
        want[guest->node].used_kib += guest->memory_kib;
    }
    while ((job = hvc_service_job_next(w->a.service, &jobs)) != NULL) {
        unsigned flags = hvc_job_phase_info(job->phase)->flags, kind = hvc_job_kind_info(job->kind)->flags;

        queued += job->phase == HVC_JOB_QUEUED;
        if (job->phase == HVC_JOB_QUEUED)
            want[job->source].queued++;
        if (hvc_job_is_check(job))
            continue;
        if ((flags & HVC_JOB_HOLDS_ROOM) != 0)
            want[job->target].reserved_kib += job->memory_kib;
        if ((flags & HVC_JOB_HOLDS_SLOTS) == 0)
            continue;
        moving++;
        want[job->source].out += (kind & HVC_KIND_USES_LINK) != 0;
        want[job->target].in += (kind & HVC_KIND_USES_LINK) != 0;
        want[job->source].storage += (kind & HVC_KIND_USES_STORAGE) != 0;
    }
    hvc_service_counts(w->a.service, &counts);
    assert_int_equal(counts.moving, moving);
    assert_int_equal(counts.queued, queued);
    for (uint32_t node = 1; node <= NODES; node++) {
        struct hvc_node_load load;

        if (hvc_service_node_load(w->a.service, node, &load) == 0)
            assert_memory_equal(&load, &want[node], sizeof(load));
    }
}

/* A network has room where its own recount of the jobs says so. */
static void networks_are_as_full_as_the_jobs_make_them(struct world *w)
{
    const struct hvc_network *network;

    for (uint32_t at = 0; (network = hvc_service_network_at(w->a.service, at)) != NULL; at++) {
        uint32_t out[NODES + 1] = {0}, in[NODES + 1] = {0}, cursor = 0;
        const struct hvc_job *job;

        while ((job = hvc_service_job_next(w->a.service, &cursor)) != NULL) {
            bool counts = (hvc_job_phase_info(job->phase)->flags & HVC_JOB_HOLDS_SLOTS) != 0 && !hvc_job_is_check(job);

            assert_true(job->network == 0 || (hvc_job_kind_info(job->kind)->flags & HVC_KIND_USES_LINK) != 0);
            assert_true(job->way_count == 0 || job->phase == HVC_JOB_QUEUED || job->phase == HVC_JOB_CHECKING);
            out[job->source] += counts && job->network == network->id;
            in[job->target] += counts && job->network == network->id;
        }
        for (uint32_t from = 1; from <= NODES; from++) {
            uint32_t to = from % NODES + 1;
            bool room = network->limit == 0 || (out[from] < network->limit && in[to] < network->limit);

            if (hvc_service_node(w->a.service, from) != NULL && hvc_service_node(w->a.service, to) != NULL)
                assert_int_equal(hvc_service_network_has_room(w->a.service, network->id, from, to), room);
            w->full += !room;
        }
    }
}

/* Moves of Pacemaker's that hold slots: limits do not hold them back. */
static struct hvc_node_load of_pacemaker(const struct world *w, uint32_t node, uint32_t *ret_moving)
{
    struct hvc_node_load load = {0};
    const struct hvc_job *job;
    uint32_t cursor = 0;

    *ret_moving = 0;
    while ((job = hvc_service_job_next(w->a.service, &cursor)) != NULL) {
        unsigned kind = hvc_job_kind_info(job->kind)->flags;

        if (job->origin != HVC_ORIGIN_PACEMAKER || hvc_job_is_check(job) ||
            (hvc_job_phase_info(job->phase)->flags & HVC_JOB_HOLDS_SLOTS) == 0)
            continue;
        *ret_moving += 1;
        load.out += job->source == node && (kind & HVC_KIND_USES_LINK) != 0;
        load.in += job->target == node && (kind & HVC_KIND_USES_LINK) != 0;
        load.storage += job->source == node && (kind & HVC_KIND_USES_STORAGE) != 0;
    }
    return load;
}

/* A limit that was lowered may be exceeded by what ran before, but nothing more is let in. */
static void limits_let_nothing_more_in(struct world *w)
{
    struct hvc_service_counts counts;
    uint32_t free_of_limits;
    uint64_t limit = hvc_service_setting(w->a.service, 0, HVC_SETTING_MOVES_CLUSTER);

    hvc_service_counts(w->a.service, &counts);
    (void)of_pacemaker(w, 0, &free_of_limits);
    assert_true(limit == 0 || counts.moving <= limit + free_of_limits || counts.moving <= w->moving_before);
    w->moving_before = counts.moving;
    for (uint32_t node = 1; node <= NODES; node++) {
        const struct hvc_node_load over = of_pacemaker(w, node, &free_of_limits);
        struct hvc_node_load load = {0};

        (void)hvc_service_node_load(w->a.service, node, &load);
        assert_true(load.out <= hvc_service_setting(w->a.service, node, HVC_SETTING_MOVES_OUT) + over.out ||
                    load.out <= w->before[node].out);
        assert_true(load.in <= hvc_service_setting(w->a.service, node, HVC_SETTING_MOVES_IN) + over.in ||
                    load.in <= w->before[node].in);
        assert_true(load.storage <= hvc_service_setting(w->a.service, node, HVC_SETTING_STORAGE_MOVES) + over.storage ||
                    load.storage <= w->before[node].storage);
        w->before[node] = load;
    }
}

/* Each job ends once; an unfinished one never vanishes; a guest has one at most. */
static void jobs_end_once(struct world *w, const uint64_t *unfinished, size_t count)
{
    struct hvc_service_counts counts;
    uint64_t of_guest[GUESTS + 2] = {0};
    const struct hvc_job *job;
    uint32_t cursor = 0;

    hvc_service_counts(w->a.service, &counts);
    for (size_t i = 0; i < count; i++) {
        uint64_t keep = hvc_service_setting(w->a.service, 0, HVC_SETTING_RETENTION_COUNT);

        keep = keep < w->a.config.jobs_kept ? keep : w->a.config.jobs_kept;
        assert_true(hvc_service_job(w->a.service, unfinished[i]) != NULL || counts.ended == keep);
    }
    while ((job = hvc_service_job_next(w->a.service, &cursor)) != NULL) {
        unsigned number = job->guest[1];

        w->phases[job->phase]++;
        assert_in_range(job->id, 1, HVC_COUNT(w->ended) - 1);
        assert_true(w->ended[job->id] == 0 || w->ended[job->id] == job->phase + 1);
        if (job->ended != 0) {
            w->ended[job->id] = (uint8_t)(job->phase + 1);
            continue;
        }
        assert_in_range(number, 0, GUESTS + 1);
        assert_int_equal(of_guest[number], 0);
        of_guest[number] = job->id;
        assert_int_equal(hvc_service_guest(w->a.service, job->guest)->job, job->id);
    }
}

static void effects_are_for_those_who_can(struct world *w)
{
    struct hvc_effect_cursor cursor = {0};
    struct hvc_effect effect;
    size_t all = 0, by_node = 0;

    while (hvc_service_effect_next(w->a.service, 0, true, &cursor, &effect)) {
        all++;
        if (effect.node != 0)
            assert_true(hvc_service_node(w->a.service, effect.node)->member);
        assert_true((effect.drain != NULL) == (effect.kind == HVC_EFFECT_DRAIN || effect.kind == HVC_EFFECT_RETURN));
        if (effect.kind == HVC_EFFECT_MIGRATE)
            assert_true(!effect.job->cancel || effect.job->phase == HVC_JOB_SWITCHING);
    }
    for (uint32_t node = 1; node <= NODES; node++) {
        cursor = (struct hvc_effect_cursor){0};
        while (hvc_service_effect_next(w->a.service, node, node == 1, &cursor, &effect))
            by_node++;
    }
    assert_int_equal(all, by_node);
}

/* ---- one step ---- */

static struct hvc_answer give_both(struct world *w, const uint8_t *bytes, size_t length)
{
    struct hvc_answer a = give_bytes(&w->a, bytes, length), b = give_bytes(&w->b, bytes, length);

    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(hvc_service_digest(w->a.service), hvc_service_digest(w->b.service));
    return a;
}

static void refill_b(struct world *w)
{
    size_t length_a, length_b;
    uint8_t *a = snapshot_of(&w->a, &length_a), *b;
    uint64_t digest = hvc_service_digest(w->a.service);

    assert_int_equal(load_snapshot(&w->b, a, length_a, 1 + (size_t)below(w, 2000)), 0);
    assert_int_equal(hvc_service_digest(w->b.service), digest);
    b = snapshot_of(&w->b, &length_b);
    assert_int_equal(length_a, length_b);
    assert_memory_equal(a, b, length_a);
    free(a);
    free(b);
}

/* Bytes that cannot be read change nothing, whatever they are. */
static void give_garbage(struct world *w, const uint8_t *bytes, size_t length)
{
    static uint8_t garbage[HVC_COMMAND_MAX];
    uint64_t digest = hvc_service_digest(w->a.service);
    struct hvc_answer answer;
    int result;

    memcpy(garbage, bytes, length);
    if (below(w, 2) == 0)
        length = (size_t)below(w, length);
    else
        garbage[below(w, 2)] = (uint8_t)(100 + below(w, 100));
    result = hvc_service_apply(w->a.service, garbage, length, 1, w->a.index, &answer);
    assert_true(result == -EPROTONOSUPPORT || result == -ENOTSUP ||
                (result == 0 && answer.code == HVC_ANSWER_MALFORMED));
    assert_int_equal(hvc_service_digest(w->a.service), digest);
}

/* Bytes behind the head changed at random: whatever that says, both replicas do the same and nothing breaks. */
static void give_changed(struct world *w, const uint8_t *bytes, size_t length)
{
    static uint8_t changed[HVC_COMMAND_MAX];
    struct hvc_answer a = {0}, b = {0};
    int result;

    /* nodes and guests with numbers that the checks below do not know stay out */
    if (length <= HEAD || bytes[1] == HVC_COMMAND_NODE || bytes[1] == HVC_COMMAND_GUEST)
        return;
    memcpy(changed, bytes, length);
    for (uint64_t i = 0; i <= below(w, 3); i++)
        changed[HEAD + below(w, length - HEAD)] = (uint8_t)below(w, 256);
    result = hvc_service_apply(w->a.service, changed, length, 1, w->a.index, &a);
    assert_int_equal(hvc_service_apply(w->b.service, changed, length, 1, w->a.index, &b), result);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(hvc_service_digest(w->a.service), hvc_service_digest(w->b.service));
}

static void step(struct world *w)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_command c = random_command(w);
    uint64_t unfinished[GUESTS + 2];
    const struct hvc_job *job;
    struct hvc_answer answer;
    size_t length, count = 0;
    uint32_t cursor = 0;

    while ((job = hvc_service_job_next(w->a.service, &cursor)) != NULL) {
        if (job->ended == 0)
            unfinished[count++] = job->id;
    }
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), 0);
    answer = give_both(w, bytes, length);
    w->answers[answer.code]++;
    limits_let_nothing_more_in(w); /* after each command: the next one may change the limits */
    if (below(w, 4) == 0)
        give_changed(w, bytes, length);
    sums_are_those_of_the_jobs_and_guests(w);
    networks_are_as_full_as_the_jobs_make_them(w);
    limits_let_nothing_more_in(w);
    jobs_end_once(w, unfinished, count);
    effects_are_for_those_who_can(w);
    if (below(w, 10) == 0)
        give_garbage(w, bytes, length);
    if (below(w, 60) == 0)
        refill_b(w);
}

/* ---- after it all: everything ends ---- */

static void answer_effect(struct world *w, const struct hvc_effect *effect)
{
    static const uint8_t next[HVC_JOB_PHASE_COUNT] = {
        [HVC_JOB_CHECKING] = HVC_JOB_ADMITTED,   [HVC_JOB_ADMITTED] = HVC_JOB_COPYING,
        [HVC_JOB_COPYING] = HVC_JOB_SWITCHING,   [HVC_JOB_SWITCHING] = HVC_JOB_VERIFYING,
        [HVC_JOB_VERIFYING] = HVC_JOB_COMPLETED, [HVC_JOB_RECONCILING] = HVC_JOB_VERIFYING,
    };
    struct hvc_command c = command_of(&w->a, HVC_COMMAND_JOB_REPORT);
    const struct hvc_network *network = hvc_service_network_at(w->a.service, 0);
    const struct hvc_job *job = effect->job;

    c.node = effect->node == 0 ? 1 : effect->node;
    c.report.job = job->id;
    c.report.from = job->phase;
    c.report.to = next[job->phase];
    if (hvc_job_is_check(job))
        c.report.to = HVC_JOB_COMPLETED;
    if (c.report.to == HVC_JOB_ADMITTED && network != NULL) { /* all of them over one: each gets its turn */
        c.report.way_count = 1;
        c.report.ways[0] = network->id;
    }
    if (effect->kind == HVC_EFFECT_CANCEL) {
        c.report.to = HVC_JOB_CANCELLED;
        c.report.located = true;
        c.report.runs_on = job->source;
    } else if (c.report.to == HVC_JOB_COMPLETED && !hvc_job_is_check(job)) {
        c.report.located = true;
        c.report.runs_on =
            (hvc_job_kind_info(job->kind)->flags & HVC_KIND_MOVES_GUEST) != 0 ? job->target : job->source;
    }
    assert_int_equal(give(&w->a, &c).code, HVC_ANSWER_OK);
}

static void heal(struct world *w)
{
    struct hvc_command c;

    for (uint32_t node = 1; node <= NODES; node++) {
        c = command_of(&w->a, HVC_COMMAND_NODE);
        c.node_facts.id = node;
        (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "n%u", (unsigned)node);
        (void)give(&w->a, &c); /* memory not known: room is not checked */
        c = command_of(&w->a, HVC_COMMAND_NODE_FLAGS);
        c.node_flags.id = node;
        c.node_flags.mask = 3;
        c.node_flags.accepting = true;
        (void)give(&w->a, &c);
        c = command_of(&w->a, HVC_COMMAND_SETTINGS);
        c.settings.node = node;
        c.settings.count = 1;
        c.settings.item[0] = (struct hvc_command_setting){.setting = HVC_SETTING_ENABLE_MIGRATION, .value = 1};
        (void)give(&w->a, &c);
    }
    c = command_of(&w->a, HVC_COMMAND_STATE);
    c.state.state = HVC_STATE_ENABLED;
    (void)give(&w->a, &c);
    set_members(&w->a, (1u << NODES) - 1);
    w->a.now_ms += 100000;
    c = command_of(&w->a, HVC_COMMAND_TICK);
    (void)give(&w->a, &c);
}

static void every_job_ends(struct world *w)
{
    struct hvc_service_counts counts;
    unsigned rounds = 0;

    heal(w);
    for (;;) {
        struct hvc_effect_cursor cursor = {0};
        struct hvc_effect effect;
        bool found = false;
        uint32_t walk = 0;
        const struct hvc_job *job;

        while ((job = hvc_service_job_next(w->a.service, &walk)) != NULL) {
            if (job->phase == HVC_JOB_NEEDS_OPERATOR) {
                struct hvc_command c = command_of(&w->a, HVC_COMMAND_JOB_RESOLVE);

                c.resolve.job = job->id;
                c.resolve.runs_on = job->source;
                assert_int_equal(give(&w->a, &c).code, HVC_ANSWER_OK);
                found = true;
                break;
            }
        }
        while (!found && hvc_service_effect_next(w->a.service, 0, true, &cursor, &effect)) {
            if (effect.kind == HVC_EFFECT_PLACE) {
                struct hvc_command c = command_of(&w->a, HVC_COMMAND_JOB_TARGET);

                c.job_target.job = effect.job->id;
                c.job_target.target = effect.job->source % NODES + 1;
                assert_int_equal(give(&w->a, &c).code, HVC_ANSWER_OK);
                found = true;
            } else if (effect.job != NULL && effect.kind != HVC_EFFECT_EXPECT) {
                answer_effect(w, &effect);
                found = true;
            }
        }
        if (!found)
            break;
        assert_in_range(++rounds, 1, 1000);
    }
    hvc_service_counts(w->a.service, &counts);
    assert_int_equal(counts.queued, 0);
    assert_int_equal(counts.active, 0);
}

static void run(uint64_t seed, struct world *w)
{
    struct hvc_service_config config = small_config();

    *w = (struct world){.seed = seed};
    fixture_open(&w->a, &config);
    fixture_open(&w->b, &config);
    add_nodes(&w->a, NODES, 8000);
    add_nodes(&w->b, NODES, 8000);
    for (unsigned i = 0; i < GUESTS - 2; i++) {
        add_guest(&w->a, i, i % NODES + 1, 1000 * (1 + i % 3));
        add_guest(&w->b, i, i % NODES + 1, 1000 * (1 + i % 3));
    }
    for (unsigned i = 0; i < STEPS; i++)
        step(w);
    every_job_ends(w);
    fixture_close(&w->a);
    fixture_close(&w->b);
}

static void random_histories_keep_every_invariant(void **state)
{
    static struct world w;
    uint64_t answers[HVC_ANSWER_CODE_COUNT] = {0}, phases[HVC_JOB_PHASE_COUNT] = {0};

    const char *seeds = getenv("HVC_PROPERTY_SEEDS"); /* more of them by hand */
    uint64_t full = 0, count = seeds == NULL ? 5 : strtoull(seeds, NULL, 10);

    (void)state;
    for (uint64_t seed = 1; seed <= count; seed++) {
        run(seed, &w);
        full += w.full;
        for (unsigned i = 0; i < HVC_ANSWER_CODE_COUNT; i++)
            answers[i] += w.answers[i];
        for (unsigned i = 0; i < HVC_JOB_PHASE_COUNT; i++)
            phases[i] += w.phases[i];
    }
    /* The histories went everywhere. */
    assert_true(full > 0);
    for (unsigned i = 0; i < HVC_JOB_PHASE_COUNT; i++) {
        if (phases[i] == 0)
            fail_msg("no job was ever in phase %s", hvc_job_phase_name(i));
    }
    for (unsigned i = 0; i < HVC_ANSWER_CODE_COUNT; i++) {
        bool expected = i != HVC_ANSWER_MALFORMED && i != HVC_ANSWER_FULL;

        print_message("%8llu %s\n", (unsigned long long)answers[i], hvc_answer_name(i));
        if (expected && answers[i] == 0)
            fail_msg("no command was ever answered %s", hvc_answer_name(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_keep_every_invariant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

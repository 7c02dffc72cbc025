/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sim [--seed N] [--seeds N] [--steps N] [--bug NAME] [--trace] [--quiet], or --bugs, which lists them: exit 0 no
 * violation, 1 violation, 2 usage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"
#include "sim.h"

#define STEPS_DEFAULT 30000
#define STEPS_MIN     2000
#define SEEDS_FULL    1000 /* from so many seeds on every fault and branch must have been met */

int hvc_seeded_bug;

struct bug {
    const char *name, *text;
    int id;
};

#define BUG_LINE(name, text) {#name, text, HVC_BUG_##name},
static const struct bug bugs[] = {HVC_REPLICATION_BUGS(BUG_LINE) HVC_SERVICE_BUGS(BUG_LINE) SIM_BUGS(BUG_LINE)};
#define BUGS (sizeof(bugs) / sizeof(bugs[0]))

struct line {
    const char *name;
    uint64_t value;
};

static bool print_lines(const char *title, const struct line *line, size_t count)
{
    bool whole = true;

    printf("%s\n", title);
    for (size_t i = 0; i < count; i++) {
        printf("  %-40s %12llu%s\n", line[i].name, (unsigned long long)line[i].value,
               line[i].value == 0 ? "  NEVER" : "");
        whole = whole && line[i].value != 0;
    }
    return whole;
}

/* What the service was seen to do: each phase, effect, command and verdict of the start gate. */
static bool print_service(const struct sim_stats *s)
{
    struct line line[HVC_COMMAND_KIND_END];
    bool whole = true;

    for (unsigned i = 0; i < HVC_JOB_PHASE_COUNT; i++)
        line[i] = (struct line){hvc_job_phase_name(i), s->phase[i]};
    whole = print_lines("jobs came into", line, HVC_JOB_PHASE_COUNT) && whole;
    for (unsigned i = 0; i < HVC_EFFECT_COUNT; i++)
        line[i] = (struct line){hvc_effect_name(i), s->desired[i]};
    whole = print_lines("effects wanted", line, HVC_EFFECT_COUNT) && whole;
    for (unsigned i = 1; i < HVC_COMMAND_KIND_END; i++)
        line[i - 1] = (struct line){hvc_command_name(i), s->command[i]};
    whole = print_lines("commands applied", line, HVC_COMMAND_KIND_END - 1) && whole;
    for (unsigned i = 0; i <= HVC_PLACEMENT_WAIT; i++)
        line[i] = (struct line){hvc_placement_action_name((enum hvc_placement_action)i), s->gate[i]};
    return print_lines("the start gate said", line, HVC_PLACEMENT_WAIT + 1) && whole;
}

static bool print_cover(const struct sim_stats *s)
{
#define COVER_LINE(name, number, text) {number, text},
    static const struct {
        unsigned number;
        const char *text;
    } cover[COVER_MAX] = {SIM_COVER(COVER_LINE)};
    bool whole = true;

    printf("faults by their number in the list\n");
    for (unsigned i = 0; i < COVER_MAX; i++) {
        if (cover[i].number != 0)
            printf("  %2u ", cover[i].number);
        else
            printf("   - ");
        printf("%-60s %12llu%s\n", cover[i].text, (unsigned long long)s->cover[i], s->cover[i] == 0 ? "  NEVER" : "");
        whole = whole && s->cover[i] != 0;
    }
    return whole;
}

static bool print_stats(const struct sim_stats *s)
{
    const struct hvc_replication_counters *c = &s->core;
    const struct line fault[] = {
        {"ring changes", s->rings},
        {"partitions", s->partitions},
        {"merges", s->merges},
        {"processes killed", s->kills},
        {"power losses", s->power_losses},
        {"reboots", s->reboots},
        {"joins inside a ring", s->same_ring_rejoins},
        {"left and joined in one change", s->left_and_joined},
        {"daemons stopped and resumed", s->hangs},
        {"ghost members", s->ghosts},
        {"TRY_AGAIN", s->try_again},
        {"quorum later than 4 ms", s->late_quorum},
        {"messages carried over a change", s->carried_over},
        {"messages lost and retransmitted", s->lost_messages},
        {"writes lost", s->lost_writes},
        {"slow fsync", s->slow_fsync},
        {"disk full", s->disk_full},
        {"stores lost", s->lost_store},
        {"stores corrupt", s->corrupt_store},
        {"stores set back to an older image", s->restored_store},
        {"  of these unnoticed by the generation", s->rollback_seen},
        {"fencings", s->fencings},
        {"node list or votes changed", s->votes_changed},
    };
    const struct line branch[] = {
        {"views begun", c->views},
        {"offer waits closed", c->offers_closed},
        {"histories created", c->bootstraps},
        {"EXCLUDE in the offer wait", c->exclude_offer},
        {"EXCLUDE in the promise wait", c->exclude_promise},
        {"EXCLUDE in the transfer wait", c->exclude_transfer},
        {"EXCLUDE too late", c->exclude_stale},
        {"EXCLUDE without enough votes", c->exclude_weak},
        {"views installed", c->installs},
        {"  as source", c->installs_source},
        {"  as observer", c->observer_installs},
        {"  another source after EXCLUDE", c->other_source},
        {"  own tail truncated", c->truncations},
        {"  from a snapshot", c->snapshots_installed},
        {"  with other votes than before", c->config_changes},
        {"  with a lower wire version", c->lower_wire},
        {"snapshots sent", c->snapshots_sent},
        {"state in more than one chunk", s->multi_chunk},
        {"compactions", c->compactions},
        {"observers that count again", c->promoted},
        {"stores found set back by a VIEW", c->rollbacks},
        {"waits for fencing", c->suspect_waits},
        {"messages sent once more", c->resent},
        {"messages of another ring or view dropped", c->dropped_ring},
        {"messages in the wrong phase dropped", c->dropped_phase},
        {"chunks dropped", c->chunks_dropped},
        {"entries committed (all nodes)", c->committed},
        {"duplicates found at apply", c->duplicates},
        {"expired tokens at apply", c->expired},
        {"digest entries proposed", c->digests_proposed},
        {"digests compared", c->digests_compared},
        {"left: excluded, new view wanted", s->leaves[HVC_LEAVE_REJOIN]},
        {"left: no common version", s->leaves[HVC_LEAVE_INCOMPATIBLE]},
        {"left: undecodable", s->leaves[HVC_LEAVE_UNDECODABLE]},
        {"left: store of another history", s->leaves[HVC_LEAVE_FOREIGN]},
        {"left: disk", s->leaves[HVC_LEAVE_DISK]},
    };
    const struct line client[] = {
        {"proposals", s->proposals},
        {"proposals refused", s->refused},
        {"answers", s->answers},
        {"answers from the token table", s->answers_from_table},
        {"answers: token expired", s->expired_answers},
        {"effects", s->effects},
        {"effects dropped, view ended", s->effects_dropped},
        {"barriers failed", s->barriers_failed},
        {"cores healed and live", s->liveness},
    };
    bool whole;

    whole = print_lines("faults", fault, sizeof(fault) / sizeof(fault[0]));
    whole = print_cover(s) && whole;
    whole = print_service(s) && whole;
    whole = print_lines("branches of the rule", branch, sizeof(branch) / sizeof(branch[0])) && whole;
    return print_lines("clients", client, sizeof(client) / sizeof(client[0])) && whole;
}

struct options {
    uint64_t seed, seeds, steps;
    bool trace, record, quiet, bugs;
    const char *bug;
};

static bool choose_bug(const char *name)
{
    for (size_t i = 0; i < BUGS; i++)
        if (strcmp(bugs[i].name, name) == 0) {
            hvc_seeded_bug = bugs[i].id;
            return true;
        }
    return false;
}

static int parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        uint64_t *number = NULL;

        if (strcmp(argv[i], "--seed") == 0)
            number = &o->seed;
        else if (strcmp(argv[i], "--seeds") == 0)
            number = &o->seeds;
        else if (strcmp(argv[i], "--steps") == 0)
            number = &o->steps;
        else if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--record") == 0)
            o->record = true;
        else if (strcmp(argv[i], "--quiet") == 0)
            o->quiet = true;
        else if (strcmp(argv[i], "--bugs") == 0)
            o->bugs = true;
        else if (strcmp(argv[i], "--bug") == 0 && i + 1 < argc && choose_bug(argv[i + 1]))
            o->bug = argv[++i];
        else
            return -1;
        if (number != NULL && (i + 1 == argc || hvc_parse_u64(argv[++i], 0, UINT64_MAX / 2, number) < 0))
            return -1;
    }
    return o->steps < STEPS_MIN ? -1 : 0;
}

int main(int argc, char **argv)
{
    static struct sim_world w;
    struct options o = {.seed = 1, .seeds = 1, .steps = STEPS_DEFAULT};
    bool whole = true;

    if (parse(argc, argv, &o) < 0) {
        fprintf(stderr,
                "usage: %s [--seed N] [--seeds N] [--steps N (%d or more)] [--bug NAME] [--trace] [--record] "
                "[--quiet] | --bugs\n",
                argv[0], STEPS_MIN);
        return 2;
    }
    for (size_t i = 0; i < BUGS && o.bugs; i++)
        printf("%s: %s\n", bugs[i].name, bugs[i].text);
    if (o.bugs)
        return 0;
    w.trace = o.trace;
    w.record = o.record;
    w.steps_max = (unsigned)o.steps;
    for (uint64_t seed = o.seed; seed < o.seed + o.seeds; seed++) {
        if (o.record)
            printf("@seed %llu\n", (unsigned long long)seed);
        sim_run(&w, seed);
        if (w.violation[0] == '\0')
            continue;
        printf("seed %llu: violation of %s after %llu runs: %s\n", (unsigned long long)seed, w.violation,
               (unsigned long long)w.stats.runs, w.detail);
        printf("repeat: tests/sim/run --seed %llu --steps %llu%s%s --trace\n", (unsigned long long)seed,
               (unsigned long long)o.steps, o.bug != NULL ? " --bug " : "", o.bug != NULL ? o.bug : "");
        sim_free(&w);
        return 1;
    }
    if (!o.quiet)
        whole = print_stats(&w.stats);
    printf("%llu seeds from %llu: %llu steps, no violation\n", (unsigned long long)o.seeds, (unsigned long long)o.seed,
           (unsigned long long)w.stats.steps);
    sim_free(&w);
    if (!o.quiet && !whole && o.seeds >= SEEDS_FULL) {
        printf("but something above was never met\n");
        return 1;
    }
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one target says about the guest. Runs in a thread of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hvc/cleanup.h"
#include "hvc/guest_diff.h"
#include "hvc/keeper.h"
#include "hvc/places.h"
#include "hvc/soft_facts.h"
#include "hvc/text.h"
#include "internal.h"
#include "move_route.h"

enum { FIT_MS = 8000, DISKS_MS = 8000, NETWORK_MS = 3000 };

static struct hvc_fit_answer answer(enum hvc_tell is, const char *words)
{
    struct hvc_fit_answer a = {.is = (uint8_t)is};

    (void)snprintf(a.words, sizeof(a.words), "%.*s", (int)sizeof(a.words) - 1, words);
    return a;
}

static size_t short_length(const char *name)
{
    return strcspn(name, ".");
}

static bool same_host(const char *a, const char *b)
{
    return short_length(a) == short_length(b) && strncasecmp(a, b, short_length(a)) == 0;
}

/*
 * The certificate (or host key) has proven the node's name when the connection was made; it was refused otherwise. What
 * it cannot prove: that the name does not lead to another node with a certificate for both.
 */
static struct hvc_fit_answer judge_identity(const struct checks_target *target)
{
    const struct checks_run *run = target->run;
    const struct checks_node *node = target->node;
    char words[HVC_FIT_WORDS_MAX];

    if (!node->answered)
        return node->error.code == -EACCES ? answer(HVC_TELL_NO, node->error.text) : answer(HVC_TELL_UNKNOWN, "");
    if (target->fit_known && run->source.node != node && run->source.host_uuid[0] != '\0' &&
        strcmp(run->source.host_uuid, target->fit->host_uuid) == 0)
        return answer(HVC_TELL_NO, "it has the same host UUID as the source's libvirt");
    for (size_t i = 0; node->host_known && i < run->facts.count; i++) {
        const struct hvc_fact_node *other = &run->facts.nodes[i];

        if (other == node->fact || !same_host(other->name, node->host.hostname) ||
            same_host(node->fact->name, node->host.hostname))
            continue;
        (void)snprintf(words, sizeof(words), "it says that it is %.80s", node->host.hostname);
        return answer(HVC_TELL_NO, words);
    }
    return answer(HVC_TELL_YES, "");
}

/* ---- what its daemon tells every second ---- */

/* The libvirt that answers is the one of the node with that id, and the node's daemon the one that the cluster knows: a
 * node that has just come back is let in first. What is not heard of now proves nothing against the node. */
static struct hvc_fit_answer judge_boot(const struct checks_target *target, const struct hvc_soft_facts *facts)
{
    const struct checks_state_node *known = checks_state_of(&target->run->state, target->node->fact->id);
    static const uint8_t none[16];
    char words[HVC_FIT_WORDS_MAX], uuid[HVC_UUID_TEXT_MAX];

    if (facts == NULL || known == NULL)
        return answer(HVC_TELL_MOOT, "");
    if (facts->boot_id != known->boot_id) {
        (void)snprintf(words, sizeof(words), "hvclusterd there has started anew (%016llx, the cluster knows %016llx)",
                       (unsigned long long)facts->boot_id, (unsigned long long)known->boot_id);
        return answer(HVC_TELL_NO, words);
    }
    if (!target->fit_known || target->fit->host_uuid[0] == '\0' || memcmp(facts->host_uuid, none, sizeof(none)) == 0)
        return answer(HVC_TELL_YES, "");
    hvc_format_uuid(facts->host_uuid, uuid);
    if (strcmp(uuid, target->fit->host_uuid) == 0)
        return answer(HVC_TELL_YES, "");
    (void)snprintf(words, sizeof(words), "node id %u is host %s, and the libvirt that answers is host %s",
                   target->node->fact->id, uuid, target->fit->host_uuid);
    return answer(HVC_TELL_NO, words);
}

/* Of a definition that the cluster keeps: the target may have come back and not have got it yet. */
static struct hvc_fit_answer judge_definition(const struct checks_target *target, const struct hvc_soft_facts *facts)
{
    const struct checks_state *state = &target->run->state;
    static const uint8_t none[sizeof(state->guest_document)];
    char words[HVC_FIT_WORDS_MAX];
    int holds;

    if (memcmp(state->guest_document, none, sizeof(none)) == 0)
        return answer(HVC_TELL_MOOT, "");
    if (facts == NULL)
        return answer(HVC_TELL_UNKNOWN, "");
    holds = hvc_soft_facts_holds(facts, state->guest_document);
    if (holds != 0)
        return answer(holds > 0 ? HVC_TELL_YES : HVC_TELL_UNKNOWN, "");
    (void)snprintf(words, sizeof(words), "version %llu is still being fetched there",
                   (unsigned long long)state->guest_version);
    return answer(HVC_TELL_NO, words);
}

static void read_told(struct checks_target *target)
{
    struct hvc_keeper *keeper = target->run->operations->keeper;
    struct hvc_soft_facts *facts = keeper == NULL ? NULL : calloc(1, sizeof(*facts));
    bool heard = facts != NULL && keeper->ops->soft(keeper, target->node->fact->id, facts) == 0 &&
                 facts->age_ms <= HVC_SOFT_OLD_MS;

    target->boot = judge_boot(target, heard ? facts : NULL);
    if (target->definition.is != HVC_TELL_NO) {
        struct hvc_fit_answer kept = judge_definition(target, heard ? facts : NULL);

        if (kept.is == HVC_TELL_NO)
            target->definition = kept;
    }
    free(facts);
}

/* ---- what its libvirt says ---- */

static void ask_fit(struct checks_target *target)
{
    const struct checks_run *run = target->run;
    const struct hvc_guest_profile *profile = run->source.profile;
    bool compare = profile->cpu == HVC_CPU_CUSTOM;
    int result;

    result = hvc_hypervisor_fits(target->node->hypervisor, profile, compare ? run->source.cpu : NULL,
                                 checks_deadline(run, FIT_MS), target->fit, &target->fit_error);
    target->fit_known = result == 0;
    if (result < 0)
        return;
    target->cpu = target->fit->cpu;
    result = hvc_hypervisor_reaches(target->node->hypervisor, profile, checks_deadline(run, DISKS_MS), target->disks,
                                    &target->disk_error);
    for (uint32_t i = 0; result < 0 && i < profile->disk_count; i++) {
        if (target->disks->disks[i].is == HVC_TELL_UNKNOWN && target->disks->disks[i].words[0] == '\0')
            target->disks->disks[i] = answer(HVC_TELL_UNKNOWN, target->disk_error.text);
    }
}

/* A guest with its host's own CPU fits only an equal one; for another: what libvirt holds against the target counts
 * only when it does not hold it against the source, too, where the guest runs. */
static void ask_cpu(struct checks_target *target)
{
    const struct checks_run *run = target->run;
    const struct hvc_guest_profile *profile = run->source.profile;
    struct hvc_fit_answer home;
    struct hvc_error error = {0};

    if (profile->cpu == HVC_CPU_PASSTHROUGH || profile->cpu == HVC_CPU_MAXIMUM) {
        target->cpu = answer(HVC_TELL_UNKNOWN, "the CPU of the source is not known");
        if (run->source.host_cpu[0] != '\0' &&
            hvc_hypervisor_compare_cpu(target->node->hypervisor, profile, run->source.host_cpu, true,
                                       checks_deadline(run, FIT_MS), &target->cpu, &error) < 0)
            target->cpu = answer(HVC_TELL_UNKNOWN, error.text);
    } else if (target->cpu.is == HVC_TELL_NO && run->source.node->guest.guest_class != HVC_GUEST_ABSENT &&
               (hvc_hypervisor_compare_cpu(run->source.node->hypervisor, profile, run->source.cpu, false,
                                           checks_deadline(run, FIT_MS), &home, &error) < 0 ||
                home.is != HVC_TELL_YES)) {
        target->cpu.is = HVC_TELL_UNKNOWN;
    }
}

static void ask_cpu_back(struct checks_target *target)
{
    const struct checks_run *run = target->run;
    struct hvc_error error = {0};

    target->cpu_back.is = HVC_TELL_MOOT;
    if (!run->source.boots_with_host_model || target->fit->model_cpu[0] == '\0')
        return;
    if (hvc_hypervisor_compare_cpu(run->source.node->hypervisor, run->source.profile, target->fit->model_cpu, false,
                                   checks_deadline(run, FIT_MS), &target->cpu_back, &error) < 0)
        target->cpu_back = answer(HVC_TELL_UNKNOWN, error.text);
}

struct differences {
    unsigned count;
    char first[96]; /* "- vcpu=2" */
};

static void note_difference(void *context, char sign, const char *line)
{
    struct differences *differences = context;

    if (differences->count++ == 0)
        (void)snprintf(differences->first, sizeof(differences->first), "%c %.80s", sign, line);
}

/* A libvirt that keeps another definition of the guest would boot that one next. Pacemaker's guests boot from the
 * agent's file. A move that copies disks stores the definition anew. */
static void ask_definition(struct checks_target *target)
{
    const struct checks_run *run = target->run;
    const struct checks_node *node = target->node;
    HVC_CLEANUP(free) char *there = NULL;
    struct differences differences = {.count = 0};
    struct hvc_error error = {0};
    char words[HVC_FIT_WORDS_MAX];

    if (run->source.definition == NULL || !node->guest.persistent || run->request->origin == HVC_ORIGIN_PACEMAKER ||
        (hvc_job_kind_info(run->request->kind)->flags & HVC_KIND_USES_STORAGE) != 0)
        return;
    if (hvc_hypervisor_read_xml(node->hypervisor, run->request->guest, true, checks_deadline(run, FIT_MS), &there,
                                &error) < 0 ||
        hvc_guest_diff(run->source.definition, there, note_difference, &differences, &error) < 0) {
        target->definition = answer(HVC_TELL_UNKNOWN, error.text);
        return;
    }
    (void)snprintf(words, sizeof(words),
                   "%u difference%s (- only the source says it, + only the target), the first: %s", differences.count,
                   differences.count == 1 ? "" : "s", differences.first);
    target->definition = differences.count == 0 ? answer(HVC_TELL_YES, "") : answer(HVC_TELL_NO, words);
}

/* The address of the configuration's pattern; without one the target's libvirt names an address itself. */
static void ask_pattern(struct checks_target *target, bool here)
{
    const struct checks_run *run = target->run;
    char uri[HVC_URI_MAX] = "";

    if (hvc_peers_migrate_uri(run->operations->peers, target->node->fact->name, uri, NULL) < 0 || uri[0] == '\0')
        return;
    target->network = checks_reach(uri, checks_deadline(run, NETWORK_MS));
    if (target->network.is == HVC_TELL_NO && !here)
        target->network.is = HVC_TELL_UNKNOWN; /* the way from here is not the way from the source */
}

/* The ways that the move would try, in its order. They were tried just now when this node is the source. */
static void take_routes(struct checks_target *target, const struct hvc_move_routes *routes, bool here)
{
    if (!here)
        return;
    target->network = answer(HVC_TELL_NO, strerror(-routes->reached[0]));
    for (unsigned i = 0; i < routes->count; i++) {
        if (routes->reached[i] != 0)
            continue;
        target->network = answer(HVC_TELL_YES, "");
        target->ring = routes->list[i].address.ring;
        return;
    }
}

static void ask_network(struct checks_target *target)
{
    const struct checks_run *run = target->run;
    struct hvc_move_routes *routes = calloc(1, sizeof(*routes));
    struct hvc_error error = {0};
    bool here = run->source.node != NULL && run->source.node->fact->local;
    int result;

    target->network.is = HVC_TELL_MOOT;
    if (routes == NULL || target->node->fact->local || run->source.node == NULL || target->node == run->source.node) {
        free(routes);
        return;
    }
    result = run->operations->keeper == NULL ? 0
                                             : hvc_move_routes_find(run->operations, run->source.node->fact->name,
                                                                    target->node->fact->name, routes, &error);
    if (result < 0)
        target->network = answer(HVC_TELL_NO, error.text);
    else if (routes->count > 0)
        take_routes(target, routes, here);
    else
        ask_pattern(target, here);
    free(routes);
}

/* Places for the disks, of a move that copies them. */
static void ask_storage(struct checks_target *target)
{
    const struct checks_run *run = target->run;
    const struct checks_node *source = run->source.node;
    struct hvc_places_request request = {.uuid = run->request->guest,
                                         .target = target->node->hypervisor,
                                         .target_name = target->node->fact->name,
                                         .plan = run->request->plan,
                                         .overwrite = (run->request->flags & HVC_OPTION_OVERWRITE) != 0};
    struct hvc_error error = {0};
    int result;

    if (request.plan == NULL || run->request->kind == HVC_KIND_QUICK || source == NULL || run->source.profile == NULL ||
        !source->answered || !target->node->answered)
        return;
    request.name = run->source.profile->name;
    request.source = source->hypervisor;
    request.active = hvc_guest_is_present(source->guest.guest_class);
    result = hvc_places_check(&request, checks_deadline(run, DISKS_MS), &error);
    target->storage = answer(result == 0 ? HVC_TELL_YES
                             : result == -EINVAL || result == -EOPNOTSUPP || result == -EEXIST || result == -ENOSPC
                                 ? HVC_TELL_NO
                                 : HVC_TELL_UNKNOWN,
                             error.text);
}

static void ask_node(struct checks_target *target)
{
    const struct checks_run *run = target->run;

    ask_storage(target);
    if (target->node->answered && run->source.profile != NULL && target->node != run->source.node) {
        ask_definition(target);
        ask_fit(target);
        if (target->fit_known) {
            ask_cpu(target);
            ask_cpu_back(target);
        }
    }
    target->identity = judge_identity(target);
    if (target->node != run->source.node)
        read_told(target);
    if (target->node->fact->member)
        ask_network(target);
}

static void ask_pacemaker(struct checks_target *target)
{
    const struct checks_run *run = target->run;

    if (run->source.node == NULL || !run->facts.pacemaker_answers) /* nobody has the guest, or nobody answers */
        checks_ask_nothing_of_pacemaker(target);
    else if (!target->pacemaker_asked)
        checks_ask_pacemaker(target, target->node->fact->name);
}

struct question {
    struct checks_target *target;
    void (*ask)(struct checks_target *target);
};

static void *ask(void *item)
{
    const struct question *question = item;

    question->ask(question->target);
    return NULL;
}

/* Each beside the others: a libvirt or a name service that hangs takes no time from the site's own checks, and what
 * Pacemaker would do takes as long as all else. */
void checks_ask_target(struct checks_target *target)
{
    struct question questions[] = {{target, ask_node}, {target, ask_pacemaker}, {target, checks_ask_plugins}};
    bool decided = target->run->request->origin == HVC_ORIGIN_PACEMAKER; /* a no would cost the guest a restart */

    target->cpu_back.is = target->boot.is = target->definition.is = target->plugins.is = HVC_TELL_MOOT;
    target->storage.is = HVC_TELL_MOOT;
    if (target->node == NULL)
        return;
    if (decided) {
        ask_node(target);
        ask_pacemaker(target);
    } else {
        checks_each(questions, sizeof(questions) / sizeof(questions[0]), sizeof(questions[0]), ask);
    }
}

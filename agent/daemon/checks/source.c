/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guest is, and what it needs: every node is asked at once, the definition is read where it runs. */
#include <errno.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "internal.h"

enum { SURVEY_MS = 5000, READ_MS = 5000 };

/* ---- the survey ---- */

struct question {
    struct checks_run *run;
    struct checks_node *node;
};

static void *ask(void *item)
{
    struct question *q = item;
    struct checks_node *node = q->node;
    uint64_t deadline = checks_deadline(q->run, SURVEY_MS);

    node->answered =
        hvc_hypervisor_inspect(node->hypervisor, q->run->request->guest, deadline, &node->guest, &node->error) == 0;
    if (node->answered)
        node->host_known = hvc_hypervisor_host(node->hypervisor, deadline, &node->host, &node->error) == 0;
    return NULL;
}

static bool is_named(const char *wanted, const char *name)
{
    return wanted != NULL && strcmp(wanted, name) == 0;
}

/* With both ends named nobody else is asked. */
static bool is_asked(const struct checks_run *run, const struct hvc_fact_node *fact)
{
    const char *source = run->request->source, *target = run->request->target;
    bool both = source != NULL && source[0] != '\0' && target != NULL && target[0] != '\0';

    return (fact->member || !run->facts.corosync_answers) &&
           (!both || is_named(source, fact->name) || is_named(target, fact->name));
}

void checks_survey(struct checks_run *run)
{
    struct question questions[HVC_NODES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < run->facts.count; i++) {
        struct checks_node *node = &run->nodes[i];

        if (node->fact->local)
            node->hypervisor = run->operations->hypervisor;
        else if (hvc_peers_get(run->operations->peers, node->fact->name, &node->hypervisor, &node->error) < 0)
            node->hypervisor = NULL;
        node->asked = node->hypervisor != NULL && is_asked(run, node->fact);
        if (node->asked)
            questions[count++] = (struct question){run, node};
    }
    checks_each(questions, count, sizeof(questions[0]), ask);
}

/* ---- which one is the source ---- */

/* How much speaks for a node: the guest is there and alive, in whatever state, or only its definition. */
static unsigned presence(const struct checks_node *node)
{
    if (!node->answered)
        return 0;
    switch (node->guest.guest_class) {
    case HVC_GUEST_RUNNING:
    case HVC_GUEST_PAUSED:
    case HVC_GUEST_LEAVING:
        return 5;
    case HVC_GUEST_STOPPING:
    case HVC_GUEST_FAILED:
        return 4;
    case HVC_GUEST_INCOMING:
    case HVC_GUEST_UNKNOWN:
        return 3;
    case HVC_GUEST_ABSENT:
        return node->guest.persistent ? 1 : 0;
    case HVC_GUEST_CLASS_MAX:
        break;
    }
    return 0;
}

static struct checks_node *find_source(struct checks_run *run)
{
    const char *named = run->request->source;
    struct checks_node *best = NULL, *agreed = NULL;

    for (size_t i = 0; i < run->facts.count; i++) {
        struct checks_node *node = &run->nodes[i];

        if (named != NULL && named[0] != '\0') {
            if (strcmp(named, node->fact->name) == 0)
                return node;
            continue;
        }
        if (run->state.guest_known && node->fact->id == run->state.guest_node)
            agreed = node;
        if (presence(node) > (best == NULL ? 0 : presence(best)))
            best = node;
    }
    /* what a libvirt shows alive counts; else where the cluster has it, also when nothing answers there */
    if (best == NULL || (presence(best) < 3 && agreed != NULL))
        return agreed != NULL ? agreed : best;
    return best;
}

/* ---- what it needs ---- */

static void read_running(struct checks_run *run, bool inactive)
{
    struct checks_source *source = &run->source;
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));

    if (profile == NULL) {
        (void)hvc_error_set(&source->error, -ENOMEM, "out of memory");
        return;
    }
    if (hvc_hypervisor_read_xml(source->node->hypervisor, run->request->guest, inactive, checks_deadline(run, READ_MS),
                                &xml, &source->error) < 0 ||
        hvc_guest_parse_profile(xml, strlen(xml), profile, &source->error) < 0 ||
        hvc_guest_xml_cpu(xml, &source->cpu, &source->error) < 0)
        return;
    source->profile = HVC_TAKE(profile, NULL);
    if (inactive)
        source->definition = HVC_TAKE(xml, NULL);
}

/* What it boots with next: a guest with host-model gets another CPU then, and a target may keep something else. */
static void read_stored(struct checks_run *run)
{
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));

    if (profile == NULL || !run->source.node->guest.persistent ||
        hvc_hypervisor_read_xml(run->source.node->hypervisor, run->request->guest, true, checks_deadline(run, READ_MS),
                                &xml, NULL) < 0 ||
        hvc_guest_parse_profile(xml, strlen(xml), profile, NULL) < 0)
        return;
    run->source.boots_with_host_model = profile->cpu == HVC_CPU_HOST_MODEL;
    run->source.definition = HVC_TAKE(xml, NULL);
}

/* For guests with the host's own CPU or counter, and to tell that a target is not the source by another name. */
static void read_host(struct checks_run *run)
{
    HVC_CLEANUP(free) struct hvc_host_fit *fit = calloc(1, sizeof(*fit));

    if (fit == NULL || hvc_hypervisor_fits(run->source.node->hypervisor, run->source.profile, NULL,
                                           checks_deadline(run, READ_MS), fit, NULL) < 0)
        return;
    memcpy(run->source.host_uuid, fit->host_uuid, sizeof(run->source.host_uuid));
    memcpy(run->source.host_cpu, fit->host_cpu, sizeof(run->source.host_cpu));
    run->source.tsc = fit->tsc;
}

static void choose_resource(struct checks_run *run)
{
    const struct checks_node *node = run->source.node;
    const char *owner = node != NULL && node->answered ? node->guest.owner : "";

    if (run->resource[0] == '\0')
        memcpy(run->resource, owner, strnlen(owner, sizeof(run->resource) - 1));
}

void checks_read_source(struct checks_run *run)
{
    struct checks_node *node = find_source(run);

    run->source.node = node;
    choose_resource(run);
    if (node == NULL || !node->answered)
        return;
    if (presence(node) == 0) {
        (void)hvc_error_set(&run->source.error, -ENOENT, "node %s has no definition of the guest", node->fact->name);
        return;
    }
    read_running(run, presence(node) == 1);
    if (run->source.profile == NULL)
        return;
    if (presence(node) > 1)
        read_stored(run);
    read_host(run);
}

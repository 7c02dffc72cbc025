/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found out as the pure core's input. */
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"
#include "internal.h"

static struct hvc_check_fact fact(bool known, bool yes, const char *words)
{
    return (struct hvc_check_fact){!known ? HVC_TELL_UNKNOWN : yes ? HVC_TELL_YES : HVC_TELL_NO, words};
}

static struct hvc_check_fact told(const struct hvc_fit_answer *answer)
{
    return (struct hvc_check_fact){answer->is, answer->words};
}

static const struct hvc_check_fact moot = {HVC_TELL_MOOT, ""};

static uint8_t seen(const struct checks_node *node)
{
    static const uint8_t by_class[HVC_GUEST_CLASS_MAX] = {
        [HVC_GUEST_ABSENT] = HVC_SEEN_ABSENT,     [HVC_GUEST_RUNNING] = HVC_SEEN_RUNNING,
        [HVC_GUEST_PAUSED] = HVC_SEEN_PAUSED,     [HVC_GUEST_STOPPING] = HVC_SEEN_STOPPING,
        [HVC_GUEST_INCOMING] = HVC_SEEN_INCOMING, [HVC_GUEST_LEAVING] = HVC_SEEN_LEAVING,
        [HVC_GUEST_FAILED] = HVC_SEEN_FAILED,     [HVC_GUEST_UNKNOWN] = HVC_SEEN_UNKNOWN};

    if (node == NULL || !node->answered)
        return HVC_SEEN_NO_ANSWER;
    return (unsigned)node->guest.guest_class < HVC_GUEST_CLASS_MAX ? by_class[node->guest.guest_class]
                                                                   : (uint8_t)HVC_SEEN_UNKNOWN;
}

static const char *words_of(const struct checks_node *node)
{
    return node == NULL ? "" : node->answered ? node->guest.words : node->error.text;
}

/* ---- the guest ---- */

/* It exists where somebody has it; that nobody has it is known only when everybody who could have it was asked. */
static struct hvc_check_fact existence(const struct checks_run *run)
{
    const struct checks_node *source = run->source.node;

    if (run->state.guest_known || run->source.profile != NULL ||
        (source != NULL && source->answered && hvc_guest_is_present(source->guest.guest_class)))
        return fact(true, true, "");
    for (size_t i = 0; i < run->facts.count; i++) {
        if (!run->nodes[i].answered)
            return fact(false, false, words_of(&run->nodes[i]));
    }
    return fact(run->facts.count > 0, false, "");
}

static void take_guest(const struct checks_run *run, char *busy, size_t size, struct hvc_check_guest *guest)
{
    const struct checks_node *source = run->source.node;
    bool migrates = source != NULL && source->answered && source->guest.migrating_out;
    bool other = run->state.guest_job != 0 && run->state.guest_job != run->request->job;

    *guest = (struct hvc_check_guest){
        .name = run->source.profile != NULL     ? run->source.profile->name
                : run->state.guest_name[0] != 0 ? run->state.guest_name
                                                : run->request->guest,
        .resource = run->resource,
        .profile = run->source.profile,
        .profile_words = run->source.error.text,
        .state = seen(source),
        .state_words = source == NULL ? "no node says that it has the guest" : words_of(source),
        .exists = existence(run),
        .free = fact(true, !other && !migrates, busy),
    };
    if (other)
        (void)snprintf(busy, size, "job %llu", (unsigned long long)run->state.guest_job);
    else if (migrates)
        (void)snprintf(busy, size, "libvirt migrates it: %.80s", source->guest.words);
}

/* ---- nodes ---- */

static void take_pacemaker_node(const struct checks_run *run, const struct hvc_fact_node *known,
                                struct hvc_check_node *node)
{
    bool asked = run->facts.pacemaker_answers && run->request->origin != HVC_ORIGIN_PACEMAKER;

    node->online = asked ? fact(true, known->pacemaker_online, "") : moot;
    node->clean = asked ? fact(true, !known->unclean, "") : moot;
    node->active = asked ? fact(true, !known->standby, "") : moot;
    node->not_maintenance = asked ? fact(true, !known->maintenance, "") : moot;
}

static void take_node(const struct checks_run *run, const struct checks_node *from, bool is_source,
                      struct hvc_check_node *node)
{
    const struct checks_state_node *state = checks_state_of(&run->state, from->fact->id);
    bool by_pacemaker = run->request->origin == HVC_ORIGIN_PACEMAKER;

    node->name = from->fact->name;
    node->id = from->fact->id;
    node->configured = fact(true, true, "");
    node->member = fact(run->facts.corosync_answers, from->fact->member, run->facts.corosync_error.text);
    node->libvirt = fact(true, from->answered, from->error.text);
    take_pacemaker_node(run, from->fact, node);
    node->hypervisor_version = from->host_known ? from->host.hypervisor_version : 0;
    node->libvirt_version = from->host_known ? from->host.libvirt_version : 0;
    if (from->host_known)
        (void)hvc_text_copy(node->architecture, sizeof(node->architecture), from->host.architecture);
    node->limits_known = state != NULL;
    if (state == NULL)
        return;
    node->open = fact(true, state->accepting && (is_source || by_pacemaker || !state->maintenance),
                      state->accepting ? "in maintenance" : "it accepts no moves");
    node->live_enabled = fact(true, state->live, "");
    node->link_limit = is_source ? state->out_limit : state->in_limit;
    node->link_used = is_source ? state->load.out : state->load.in;
    node->storage_limit = state->storage_limit;
    node->storage_used = state->load.storage;
}

/* ---- what the target says ---- */

static void take_room(const struct checks_run *run, uint32_t node, struct hvc_check_fit *fit)
{
    const struct checks_state_node *state = checks_state_of(&run->state, node);
    uint64_t taken;

    if (state == NULL || state->memory_kib == 0)
        return;
    taken = state->spare_kib + state->load.used_kib + state->load.reserved_kib;
    fit->room_known = true;
    fit->room_kib = state->memory_kib > taken ? state->memory_kib - taken : 0;
}

static void take_fit(const struct checks_target *target, struct hvc_check_fit *fit)
{
    const struct checks_run *run = target->run;
    const struct checks_node *node = target->node;
    const char *why = target->fit_error.text;

    fit->seen = seen(node);
    fit->seen_words = words_of(node);
    fit->identity = told(&target->identity);
    fit->same_boot = told(&target->boot);
    fit->network = told(&target->network);
    fit->quiet_link = target->ring ? fact(true, false, "") : moot;
    fit->definition = told(&target->definition);
    fit->storage = told(&target->storage);
    fit->cpu_back = told(&target->cpu_back);
    fit->permitted = told(&target->plugins);
    fit->cpu = target->fit_known ? told(&target->cpu) : fact(false, false, why);
    fit->type = target->fit_known ? told(&target->fit->type) : fact(false, false, why);
    fit->emulator = told(&target->fit->emulator);
    fit->machine = told(&target->fit->machine);
    fit->tpm = told(&target->fit->tpm);
    for (uint32_t i = 0; run->source.profile != NULL && i < run->source.profile->disk_count; i++)
        fit->disks[i] = target->fit_known ? told(&target->disks->disks[i]) : fact(false, false, why);
    for (uint32_t i = 0; i < HVC_PROFILE_NETS_MAX; i++)
        fit->nets[i] = target->fit_known ? told(&target->fit->nets[i]) : fact(false, false, why);
    for (uint32_t i = 0; i < HVC_PROFILE_DEVICES_MAX; i++)
        fit->devices[i] = target->fit_known ? told(&target->fit->devices[i]) : fact(false, false, why);
    take_room(run, node->fact->id, fit);
}

/* ---- all ---- */

static void take_cluster(const struct checks_run *run, struct hvc_check_input *input)
{
    input->cluster = (struct hvc_check_cluster){
        .quorate = fact(run->facts.corosync_answers, run->facts.quorate, run->facts.corosync_error.text),
        .service_known = run->state.known,
        .service = run->state.service,
        .service_words = run->state.error.text,
        .moves_limit = run->state.moves_limit,
        .moves_used = run->state.moves_used,
    };
}

void checks_judge(struct checks_run *run, struct checks_target *target, struct hvc_check_report *ret_report)
{
    struct hvc_check_input input = {.kind = run->request->kind,
                                    .flags = run->request->flags,
                                    .here = run->operations->node,
                                    .slots_are_own = run->request->job != 0,
                                    .pacemaker = target->pacemaker.facts};
    char busy[128] = "";

    input.from_source = run->source.node != NULL && run->source.node->fact->local;
    input.pacemaker.unclaimed = told(&run->unclaimed);
    take_cluster(run, &input);
    take_guest(run, busy, sizeof(busy), &input.guest);
    if (run->source.node != NULL) {
        take_node(run, run->source.node, true, &input.source);
        input.source.tsc = run->source.tsc;
    } else {
        input.source.member = moot; /* there is none: the guest's own findings say so */
        input.source.libvirt = moot;
    }
    if (target->node != NULL) {
        take_node(run, target->node, false, &input.target);
        if (target->fit_known)
            input.target.tsc = target->fit->tsc;
        take_fit(target, &input.fit);
    } else {
        input.target.name = run->request->target;
        input.target.configured = fact(true, false, "");
    }
    hvc_check_evaluate(&input, ret_report);
}

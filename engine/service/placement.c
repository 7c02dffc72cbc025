/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/placement.h"

#include "hvc/libvirt_guests.h"
#include "hvc/text.h"
#include "service_bugs.h"

static const char *const seen_names[HVC_SEEN_MAX] = {
    [HVC_SEEN_NO_ANSWER] = "no answer", [HVC_SEEN_ABSENT] = "absent",     [HVC_SEEN_RUNNING] = "running",
    [HVC_SEEN_PAUSED] = "paused",       [HVC_SEEN_STOPPING] = "stopping", [HVC_SEEN_INCOMING] = "incoming",
    [HVC_SEEN_LEAVING] = "leaving",     [HVC_SEEN_FAILED] = "failed",     [HVC_SEEN_UNKNOWN] = "unknown",
};

static const char *const action_names[] = {
    [HVC_PLACEMENT_REFUSE] = "refuse", [HVC_PLACEMENT_BOOT] = "boot", [HVC_PLACEMENT_HERE] = "here",
    [HVC_PLACEMENT_FETCH] = "fetch",   [HVC_PLACEMENT_WAIT] = "wait",
};

const char *hvc_seen_name(enum hvc_seen seen)
{
    return (unsigned)seen < HVC_SEEN_MAX ? seen_names[seen] : "invalid";
}

const char *hvc_placement_action_name(enum hvc_placement_action action)
{
    return (unsigned)action <= HVC_PLACEMENT_WAIT ? action_names[action] : "invalid";
}

/* A verdict under construction. Words that do not fit are cut by hvc_text_append, the verdict stands. */
#define DECIDE(v, what, about, changes, ...)                                                                           \
    do {                                                                                                               \
        size_t used_ = 0;                                                                                              \
        (v)->action = (what);                                                                                          \
        (v)->node = (about);                                                                                           \
        (v)->may_change = (changes);                                                                                   \
        (void)hvc_text_append((v)->words, sizeof((v)->words), &used_, __VA_ARGS__);                                    \
    } while (0)

static const char *words_of(const struct hvc_placement_node *node)
{
    return node->words != NULL && node->words[0] != '\0' ? node->words : hvc_seen_name(node->seen);
}

static bool runs(const struct hvc_placement_node *node)
{
    return node->seen == HVC_SEEN_RUNNING || node->seen == HVC_SEEN_PAUSED;
}

/* Fencing is about a node that is gone: one that is (again) a member may have started anything since. */
static bool proven_fenced(const struct hvc_placement_node *node)
{
    return node->fenced && !node->member;
}

static bool proven_down(const struct hvc_placement_node *node)
{
    return proven_fenced(node) || (node->clean_down && !node->member);
}

static bool find_local(const struct hvc_placement_input *in, size_t *ret_local)
{
    size_t found = 0;

    for (size_t i = 0; i < in->count; i++) {
        if (in->nodes[i].local) {
            *ret_local = i;
            found++;
        }
    }
    return found == 1;
}

/* The guest is here in some form: nothing is booted, whatever the others say. */
static bool decide_here(const struct hvc_placement_input *in, size_t local, struct hvc_placement_verdict *v)
{
    const struct hvc_placement_node *here = &in->nodes[local];

    switch (here->seen) {
    case HVC_SEEN_ABSENT:
        return false;
    case HVC_SEEN_RUNNING:
    case HVC_SEEN_PAUSED:
        for (size_t i = 0; i < in->count; i++) {
            if (i == local || !runs(&in->nodes[i]))
                continue;
            DECIDE(
                v, HVC_PLACEMENT_REFUSE, i, false,
                "the guest is on two nodes at once: %s (%s) and %s (%s). Stop one copy by hand after looking at both",
                here->name, words_of(here), in->nodes[i].name, words_of(&in->nodes[i]));
            return true;
        }
        DECIDE(v, HVC_PLACEMENT_HERE, local, false, "the guest is on this node, %s (%s)", here->name, words_of(here));
        return true;
    case HVC_SEEN_STOPPING:
    case HVC_SEEN_INCOMING:
    case HVC_SEEN_LEAVING:
        DECIDE(v, HVC_PLACEMENT_WAIT, local, true, "the guest is %s on this node, %s (%s)", hvc_seen_name(here->seen),
               here->name, words_of(here));
        return true;
    case HVC_SEEN_FAILED:
        DECIDE(v, HVC_PLACEMENT_REFUSE, local, false,
               "a failed guest is still on this node, %s (%s): it has to be stopped before it can be started",
               here->name, words_of(here));
        return true;
    case HVC_SEEN_NO_ANSWER:
    case HVC_SEEN_UNKNOWN:
    case HVC_SEEN_MAX:
        break;
    }
    DECIDE(v, HVC_PLACEMENT_REFUSE, local, true, "this node, %s, cannot tell whether the guest runs here: %s",
           here->name, words_of(here));
    return true;
}

/* libvirt would boot a second copy behind the cluster's back. */
static bool decide_bootleggers(const struct hvc_placement_input *in, size_t local, struct hvc_placement_verdict *v)
{
    for (size_t i = 0; i < in->count; i++) {
        if (!in->nodes[i].autostart)
            continue;
        DECIDE(v, HVC_PLACEMENT_REFUSE, i, false,
               "libvirt of node %s has autostart set for the guest and would boot it beside the cluster: "
               "run 'virsh autostart --disable' for it there",
               in->nodes[i].name);
        return true;
    }
    if (in->libvirt_guests) {
        DECIDE(v, HVC_PLACEMENT_REFUSE, local, false,
               "libvirt-guests.service is enabled on this node, %s, and stops or starts guests beside the "
               "cluster: " HVC_LIBVIRT_GUESTS_ADVICE,
               in->nodes[local].name);
        return true;
    }
    return false;
}

/* Without quorum or without the daemon nobody but fencing can speak for the others. */
static bool decide_alone(const struct hvc_placement_input *in, size_t local, struct hvc_placement_verdict *v)
{
    const char *why = !in->quorate ? "this partition has no quorum" : "hvclusterd does not run on this node";

    if (in->quorate && in->daemon)
        return false;
    for (size_t i = 0; i < in->count; i++) {
        const struct hvc_placement_node *node = &in->nodes[i];

        if (i == local)
            continue;
        if (node->seen == HVC_SEEN_ABSENT || node->seen == HVC_SEEN_NO_ANSWER) {
            if (proven_fenced(node))
                continue;
            DECIDE(v, HVC_PLACEMENT_REFUSE, i, true,
                   "%s, and node %s (%s) is not confirmed fenced: nothing is booted that it could run", why, node->name,
                   words_of(node));
            return true;
        }
        DECIDE(v, HVC_PLACEMENT_REFUSE, i, true, "%s, and the guest is %s on node %s (%s)", why,
               hvc_seen_name(node->seen), node->name, words_of(node));
        return true;
    }
    return false;
}

static bool decide_fetch(const struct hvc_placement_input *in, size_t local, struct hvc_placement_verdict *v)
{
    size_t found = in->count;

    for (size_t i = 0; i < in->count; i++) {
        const struct hvc_placement_node *node = &in->nodes[i];

        if (i == local || !runs(node))
            continue;
        if (found < in->count) {
            DECIDE(
                v, HVC_PLACEMENT_REFUSE, i, false,
                "the guest is on two nodes at once: %s (%s) and %s (%s). Stop one copy by hand after looking at both",
                in->nodes[found].name, words_of(&in->nodes[found]), node->name, words_of(node));
            return true;
        }
        found = i;
    }
    if (found == in->count)
        return false;
    if (!in->nodes[found].member) {
        DECIDE(v, HVC_PLACEMENT_REFUSE, found, true,
               "the guest runs on node %s (%s), which is no member of the cluster: it has to rejoin or to be fenced",
               in->nodes[found].name, words_of(&in->nodes[found]));
        return true;
    }
    for (size_t i = 0; i < in->count; i++) {
        const struct hvc_placement_node *node = &in->nodes[i];

        if (i == local || (node->seen != HVC_SEEN_INCOMING && node->seen != HVC_SEEN_LEAVING))
            continue;
        DECIDE(v, HVC_PLACEMENT_WAIT, i, true, "the guest is being moved: on node %s it is %s, on node %s it is %s",
               in->nodes[found].name, hvc_seen_name(in->nodes[found].seen), node->name, hvc_seen_name(node->seen));
        return true;
    }
    DECIDE(v, HVC_PLACEMENT_FETCH, found, false, "the guest runs on node %s (%s): it is fetched from there",
           in->nodes[found].name, words_of(&in->nodes[found]));
    return true;
}

/* A silent node blocks unless something speaks for it; an answer of a non-member counts only when that node cannot
 * be booting the guest on a quorum of its own. */
static bool decide_unproven(const struct hvc_placement_input *in, size_t local, struct hvc_placement_verdict *v)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct hvc_placement_node *node = &in->nodes[i];

        if (i == local)
            continue;
        if (node->seen == HVC_SEEN_NO_ANSWER && !proven_down(node) && !HVC_SERVICE_BUG(GATESILENT)) {
            DECIDE(v, HVC_PLACEMENT_REFUSE, i, true, "node %s%s neither answers nor is confirmed fenced: %s",
                   node->name, node->member ? ", a member," : "", words_of(node));
            return true;
        }
        if (node->seen == HVC_SEEN_ABSENT && !node->member && !in->quorum_exclusive && !proven_down(node)) {
            DECIDE(v, HVC_PLACEMENT_REFUSE, i, true,
                   "node %s is no member and not confirmed fenced; with two_node it may start the guest itself",
                   node->name);
            return true;
        }
        if (node->seen == HVC_SEEN_FAILED || node->seen == HVC_SEEN_UNKNOWN || (unsigned)node->seen >= HVC_SEEN_MAX) {
            DECIDE(v, HVC_PLACEMENT_REFUSE, i, node->seen != HVC_SEEN_FAILED,
                   "the guest is %s on node %s (%s): it has to be stopped there first", hvc_seen_name(node->seen),
                   node->name, words_of(node));
            return true;
        }
    }
    return false;
}

static bool decide_wait(const struct hvc_placement_input *in, size_t local, struct hvc_placement_verdict *v)
{
    for (size_t i = 0; i < in->count; i++) {
        const struct hvc_placement_node *node = &in->nodes[i];

        if (i == local || node->seen == HVC_SEEN_ABSENT || node->seen == HVC_SEEN_NO_ANSWER ||
            HVC_SERVICE_BUG(GATEINCOMING))
            continue;
        DECIDE(v, HVC_PLACEMENT_WAIT, i, true, "the guest is %s on node %s (%s)", hvc_seen_name(node->seen), node->name,
               words_of(node));
        return true;
    }
    return false;
}

void hvc_placement_decide(const struct hvc_placement_input *in, struct hvc_placement_verdict *v)
{
    size_t local = 0;

    v->words[0] = '\0';
    if (!find_local(in, &local)) {
        DECIDE(v, HVC_PLACEMENT_REFUSE, in->count, false, "the node list does not name this node exactly once");
        return;
    }
    /* Order matters: what is here first; then what would make a second copy later; then who may decide at all. */
    if (decide_here(in, local, v) || decide_bootleggers(in, local, v) || decide_alone(in, local, v) ||
        decide_fetch(in, local, v) || decide_unproven(in, local, v) || decide_wait(in, local, v))
        return;
    DECIDE(v, HVC_PLACEMENT_BOOT, local, false, "the guest runs on none of the %zu configured nodes", in->count);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_survey.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/libvirt_guests.h"
#include "hvc/text.h"
#include "hvc/thread.h"

/* How long a node may take to answer. Fencing or a clean leave speak for a node already: its answer could only add a
 * reason to refuse, and a dead address must not hold up the start of every guest it had. */
#define ASK_MS        5000
#define ASK_DOWN_MS   1000
#define ASK_FENCED_MS 400

enum hvc_seen guest_seen(enum hvc_guest_class guest_class)
{
    switch (guest_class) {
    case HVC_GUEST_ABSENT:
        return HVC_SEEN_ABSENT;
    case HVC_GUEST_RUNNING:
        return HVC_SEEN_RUNNING;
    case HVC_GUEST_PAUSED:
        return HVC_SEEN_PAUSED;
    case HVC_GUEST_STOPPING:
        return HVC_SEEN_STOPPING;
    case HVC_GUEST_INCOMING:
        return HVC_SEEN_INCOMING;
    case HVC_GUEST_LEAVING:
        return HVC_SEEN_LEAVING;
    case HVC_GUEST_FAILED:
        return HVC_SEEN_FAILED;
    case HVC_GUEST_UNKNOWN:
    case HVC_GUEST_CLASS_MAX:
        break;
    }
    return HVC_SEEN_UNKNOWN;
}

/* One question to one node, in a thread of its own; the hypervisor's calls keep their deadline. */
struct question {
    struct hvc_operations *operations;
    const char *node, *uuid;
    uint64_t deadline_ms;
    struct guest_survey_node *answer;
    pthread_t thread;
    bool started;
};

static void *ask(void *data)
{
    struct question *q = data;
    struct hvc_hypervisor *peer = NULL;

    if (hvc_peers_get(q->operations->peers, q->node, &peer, &q->answer->error) == 0)
        q->answer->answered =
            hvc_hypervisor_inspect(peer, q->uuid, q->deadline_ms, &q->answer->state, &q->answer->error) == 0;
    return NULL;
}

static void start_question(struct question *q)
{
    int rc = hvc_thread_start(ask, q, &q->thread);

    q->started = rc == 0;
    if (rc < 0)
        (void)hvc_error_set(&q->answer->error, rc, "no thread to ask node %s: %s", q->node, strerror(-rc));
}

static uint64_t ask_ms(const struct hvc_fact_node *node)
{
    if (node->member)
        return ASK_MS;
    return node->fenced ? ASK_FENCED_MS : node->clean_down ? ASK_DOWN_MS : ASK_MS;
}

static void ask_others(struct hvc_operations *operations, struct hvc_call *call, const char *uuid,
                       struct guest_survey *survey)
{
    struct question questions[HVC_NODES_MAX];

    for (size_t i = 0; i < survey->facts.count; i++) {
        const struct hvc_fact_node *node = &survey->facts.nodes[i];

        questions[i] = (struct question){.operations = operations,
                                         .node = node->name,
                                         .uuid = uuid,
                                         .deadline_ms = guest_deadline(call, ask_ms(node)),
                                         .answer = &survey->nodes[i]};
        if (!node->local)
            start_question(&questions[i]);
    }
    for (size_t i = 0; i < survey->facts.count; i++) {
        if (questions[i].started)
            (void)pthread_join(questions[i].thread, NULL);
    }
}

static void find_words(struct guest_survey_node *node)
{
    const char *words = node->answered                ? node->state.words
                        : node->error.text[0] != '\0' ? node->error.text
                                                      : "its libvirt does not answer";

    (void)snprintf(node->words, sizeof(node->words), "%s", words);
}

static void prepare_input(struct hvc_operations *operations, struct guest_survey *survey)
{
    for (size_t i = 0; i < survey->facts.count; i++) {
        const struct hvc_fact_node *fact = &survey->facts.nodes[i];
        struct guest_survey_node *node = &survey->nodes[i];

        find_words(node);
        survey->placement[i] = (struct hvc_placement_node){
            .name = fact->name,
            .words = node->words,
            .seen = node->answered ? guest_seen(node->state.guest_class) : HVC_SEEN_NO_ANSWER,
            .local = fact->local,
            .member = fact->member,
            .fenced = fact->fenced,
            .clean_down = fact->clean_down,
            .autostart = node->answered && node->state.autostart,
        };
    }
    survey->input = (struct hvc_placement_input){
        .nodes = survey->placement,
        .count = survey->facts.count,
        .quorate = survey->facts.corosync_answers && survey->facts.quorate,
        .quorum_exclusive = survey->facts.quorum_exclusive,
        .daemon = !operations->direct,
        .libvirt_guests = hvc_libvirt_guests_enabled(operations->root),
    };
}

struct guest_survey *guest_survey_take(struct hvc_operations *operations, struct hvc_call *call,
                                       const struct guest_request *request, const struct hvc_guest_state *local)
{
    struct guest_survey *survey = calloc(1, sizeof(*survey));

    if (survey == NULL)
        return NULL;
    /* What changes after this is met by the second look of guest.start, just before a boot */
    if (hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER, guest_deadline(call, ASK_MS),
                       &survey->facts) < 0) {
        free(survey);
        return NULL;
    }
    ask_others(operations, call, request->id.uuid, survey);
    for (size_t i = 0; i < survey->facts.count; i++) {
        if (!survey->facts.nodes[i].local)
            continue;
        survey->nodes[i].state = *local;
        survey->nodes[i].answered = true; /* UNKNOWN says that nobody could tell */
    }
    prepare_input(operations, survey);
    hvc_placement_decide(&survey->input, &survey->verdict);
    return survey;
}

void guest_survey_describe(const struct guest_survey *survey, struct hvc_record *data)
{
    hvc_record_set_bool(data, "quorate", survey->input.quorate);
    hvc_record_set_text(data, "verdict", hvc_placement_action_name(survey->verdict.action));
    hvc_record_set_text(data, "verdict_words", survey->verdict.words);
    hvc_record_set_list(data, "nodes");
    for (size_t i = 0; i < survey->facts.count; i++) {
        const struct hvc_fact_node *fact = &survey->facts.nodes[i];
        const struct guest_survey_node *node = &survey->nodes[i];
        struct hvc_record *row = hvc_record_add(data, "nodes");

        hvc_record_set_text(row, "node", fact->name);
        hvc_record_set_bool(row, "local", fact->local);
        hvc_record_set_bool(row, "member", fact->member);
        hvc_record_set_bool(row, "fenced", fact->fenced);
        hvc_record_set_bool(row, "clean_down", fact->clean_down);
        hvc_record_set_bool(row, "answered", node->answered);
        hvc_record_set_text(row, "class",
                            node->answered ? hvc_guest_class_name(node->state.guest_class)
                                           : hvc_guest_class_name(HVC_GUEST_UNKNOWN));
        hvc_record_set_text(row, "words", node->words);
        hvc_record_set_bool(row, "persistent", node->answered && node->state.persistent);
        hvc_record_set_bool(row, "autostart", node->answered && node->state.autostart);
        hvc_record_set_text(row, "owner", node->answered ? node->state.owner : "");
    }
    if (!survey->facts.corosync_answers)
        hvc_record_set_text(data, "corosync_error", survey->facts.corosync_error.text);
    if (!survey->facts.pacemaker_answers)
        hvc_record_set_text(data, "pacemaker_error", survey->facts.pacemaker_error.text);
}

size_t guest_survey_foreign(const struct guest_survey *survey, const struct guest_request *request)
{
    for (size_t i = 0; i < survey->facts.count; i++) {
        const struct guest_survey_node *node = &survey->nodes[i];

        if (node->answered && hvc_guest_is_present(node->state.guest_class) && guest_is_foreign(request, &node->state))
            return i;
    }
    return survey->facts.count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "simulation.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"

#define BEGIN "<pacemaker-result"
#define END   "</pacemaker-result>"

enum { ACTIONS_MAX = 4096, OUTPUT_MAX = 16 * 1024 * 1024 };

/* ---- reading ---- */

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static const xmlNode *child(const xmlNode *node, const char *name)
{
    for (const xmlNode *c = node == NULL ? NULL : node->children; c != NULL; c = c->next) {
        if (is_named(c, name))
            return c;
    }
    return NULL;
}

/* A longer value is cut: names of nodes and resources are bounded by what they are asked with. */
static void take(const xmlNode *node, const char *name, char *value, size_t size)
{
    xmlChar *text = xmlGetProp((xmlNode *)(uintptr_t)node, (const xmlChar *)name);
    size_t used = 0;

    value[0] = '\0';
    if (text != NULL)
        (void)hvc_text_append(value, size, &used, "%s", (const char *)text);
    xmlFree(text);
}

static bool is_true(const xmlNode *node, const char *name)
{
    char text[8];
    bool value = false;

    take(node, name, text, sizeof(text));
    return hvc_parse_bool(text, &value) == 0 && value;
}

static void take_place(const xmlNode *node, struct sim_place *place)
{
    char pending[sizeof(place->pending)];

    place->managed = (!place->found || place->managed) && is_true(node, "managed");
    place->blocked = place->blocked || is_true(node, "blocked");
    place->failed = place->failed || is_true(node, "failed");
    place->found = true;
    take(node, "pending", pending, sizeof(pending));
    /* a look changes nothing, and one that was cancelled before it had answered is in the records for ever */
    if (pending[0] != '\0' && strcmp(pending, "Monitoring") != 0)
        memcpy(place->pending, pending, sizeof(pending));
    for (const xmlNode *n = node->children; n != NULL; n = n->next) {
        if (is_named(n, "node") && place->nodes++ == 0)
            take(n, "name", place->node, sizeof(place->node));
    }
}

static void find_place(const xmlNode *node, const char *resource, struct sim_place *place)
{
    char id[HVC_RESOURCE_NAME_MAX];

    for (const xmlNode *n = node == NULL ? NULL : node->children; n != NULL; n = n->next) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        take(n, "id", id, sizeof(id));
        if (is_named(n, "resource") && strcmp(id, resource) == 0)
            take_place(n, place);
        find_place(n, resource, place);
    }
}

static void take_action(const xmlNode *node, struct sim_action *action)
{
    bool of_node = is_named(node, "node_action");

    *action = (struct sim_action){.blocked = is_true(node, "blocked")};
    take(node, of_node ? "task" : "action", action->what, sizeof(action->what));
    if (!of_node)
        take(node, "resource", action->resource, sizeof(action->resource));
    take(node, "source", action->from, sizeof(action->from));
    if (action->from[0] == '\0')
        take(node, "node", action->from, sizeof(action->from));
    take(node, "dest", action->to, sizeof(action->to));
    take(node, "reason", action->reason, sizeof(action->reason));
}

static int take_actions(const xmlNode *actions, struct simulation *simulation, struct hvc_error *error)
{
    for (const xmlNode *n = actions == NULL ? NULL : actions->children; n != NULL; n = n->next) {
        struct sim_action *more;

        if (!is_named(n, "rsc_action") && !is_named(n, "node_action"))
            continue;
        if (simulation->count == ACTIONS_MAX)
            return hvc_error_set(error, -EIO, "crm_simulate: more than %d actions", ACTIONS_MAX);
        more = realloc(simulation->actions, (simulation->count + 1) * sizeof(*more));
        if (more == NULL)
            return hvc_error_set(error, -ENOMEM, "no memory for what crm_simulate said");
        simulation->actions = more;
        take_action(n, &more[simulation->count++]);
    }
    return 0;
}

static int take_all(const xmlNode *root, const char *resource, struct simulation *simulation, struct hvc_error *error)
{
    const xmlNode *status = child(root, "status");
    char code[16] = "";

    if (status != NULL)
        take(status, "code", code, sizeof(code));
    if (strcmp(code, "0") != 0 || child(root, "actions") == NULL || child(root, "cluster_status") == NULL)
        return hvc_error_set(error, -EIO, "crm_simulate gave no result (its code is '%s')", code);
    find_place(child(child(root, "cluster_status"), "resources"), resource, &simulation->now);
    find_place(child(child(root, "revised_cluster_status"), "resources"), resource, &simulation->then);
    return take_actions(child(root, "actions"), simulation, error);
}

/* The document among what else was printed. */
static const char *find_document(const char *output, size_t *ret_length)
{
    const char *begin = strstr(output, BEGIN), *end = begin == NULL ? NULL : strstr(begin, END);

    if (end == NULL || (size_t)(end - begin) > OUTPUT_MAX)
        return NULL;
    *ret_length = (size_t)(end - begin) + sizeof(END) - 1;
    return begin;
}

static xmlDoc *parse(const char *output)
{
    size_t length = 0;
    const char *document = find_document(output, &length);

    return document == NULL ? NULL
                            : xmlReadMemory(document, (int)length, "crm_simulate", NULL,
                                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

int simulation_parse(const char *output, const char *resource, struct simulation *ret_simulation,
                     struct hvc_error *error)
{
    struct simulation simulation = {0};
    xmlDoc *document = parse(output);
    char words[HVC_PACEMAKER_WORDS_MAX];
    int r;

    if (document == NULL) {
        simulation_words(output, words, sizeof(words));
        return hvc_error_set(error, -EIO, "crm_simulate gave no result: %s", words);
    }
    r = take_all(xmlDocGetRootElement(document), resource, &simulation, error);
    xmlFreeDoc(document);
    if (r < 0) {
        simulation_clear(&simulation);
        return r;
    }
    *ret_simulation = simulation;
    return 0;
}

void simulation_clear(struct simulation *simulation)
{
    free(simulation->actions);
    *simulation = (struct simulation){0};
}

/* The last line that is not of the document. */
static void last_line(const char *output, char *words, size_t size)
{
    const char *end = output + strlen(output), *begin;
    size_t used = 0;

    while (end > output && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    begin = end;
    while (begin > output && begin[-1] != '\n')
        begin--;
    (void)hvc_text_append(words, size, &used, "%.*s", (int)(end - begin), begin);
}

void simulation_words(const char *output, char *words, size_t size)
{
    xmlDoc *document = parse(output);
    const xmlNode *status = document == NULL ? NULL : child(xmlDocGetRootElement(document), "status");

    words[0] = '\0';
    if (status != NULL)
        take(status, "message", words, size);
    else
        last_line(output, words, size);
    xmlFreeDoc(document);
}

/* ---- judging ---- */

static void say_action(const struct sim_action *a, char *words, size_t size, size_t *used)
{
    const char *between = *used == 0 ? "" : "; ";

    if (a->to[0] != '\0')
        (void)hvc_text_append(words, size, used, "%s%s %s from %s to %s", between, a->what, a->resource, a->from,
                              a->to);
    else
        (void)hvc_text_append(words, size, used, "%s%s%s%s on %s", between, a->what, a->resource[0] == '\0' ? "" : " ",
                              a->resource, a->from);
    if (a->reason[0] != '\0')
        (void)hvc_text_append(words, size, used, " (%s)", a->reason);
}

bool simulation_touches(const struct simulation *simulation, const char *resource, char *words, size_t size)
{
    size_t used = 0;

    words[0] = '\0';
    for (size_t i = 0; i < simulation->count; i++) {
        const struct sim_action *a = &simulation->actions[i];

        if (!a->blocked && strcmp(a->resource, resource) == 0)
            say_action(a, words, size, &used);
    }
    return used > 0;
}

static bool is_in(const struct simulation *simulation, const struct sim_action *action)
{
    for (size_t i = 0; i < simulation->count; i++) {
        const struct sim_action *a = &simulation->actions[i];

        if (!a->blocked && strcmp(a->what, action->what) == 0 && strcmp(a->resource, action->resource) == 0 &&
            strcmp(a->from, action->from) == 0 && strcmp(a->to, action->to) == 0)
            return true;
    }
    return false;
}

const struct sim_action *simulation_next_new(const struct simulation *now, const struct simulation *then, size_t *index)
{
    while (*index < then->count) {
        const struct sim_action *a = &then->actions[(*index)++];

        if (!a->blocked && strcmp(a->what, "reload") != 0 && !is_in(now, a))
            return a;
    }
    return NULL;
}

void simulation_say_new(const struct simulation *now, const struct simulation *then, char *words, size_t size)
{
    const struct sim_action *a;
    size_t index = 0, used = 0;

    words[0] = '\0';
    while ((a = simulation_next_new(now, then, &index)) != NULL)
        say_action(a, words, size, &used);
}

/* It is done to something else. A "reload" leaves it as it is. */
static bool is_of_another(const struct sim_action *action, const char *resource)
{
    return !action->blocked && strcmp(action->resource, resource) != 0 && strcmp(action->what, "reload") != 0;
}

bool simulation_others(const struct simulation *simulation, const char *resource)
{
    for (size_t i = 0; i < simulation->count; i++) {
        if (is_of_another(&simulation->actions[i], resource))
            return true;
    }
    return false;
}

static void judge_others(const struct simulation_set *set, struct hvc_pacemaker_plan *plan)
{
    size_t used = 0, all = 0;

    for (size_t i = 0; i < set->moved->count; i++) {
        const struct sim_action *a = &set->moved->actions[i];

        if (is_of_another(a, set->resource) && !is_in(set->now, a))
            say_action(a, plan->others_words, sizeof(plan->others_words), &used);
        if (!a->blocked && !is_in(set->now, a))
            say_action(a, plan->actions, sizeof(plan->actions), &all);
    }
    plan->others = used > 0;
}

static bool is_at(const struct sim_place *place, const char *node)
{
    return place->nodes == 1 && strcmp(place->node, node) == 0;
}

/* It has chosen the target, and cannot do it yet: a start waits for the probes of a node that joins, say. */
static bool waits_for(const struct simulation *moved, const struct simulation_set *set, char *words, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < moved->count; i++) {
        const struct sim_action *a = &moved->actions[i];
        const char *at = a->to[0] != '\0' ? a->to : a->from;

        if (!a->blocked || strcmp(a->resource, set->resource) != 0 || strcmp(a->what, "stop") == 0 ||
            strcmp(at, set->target) != 0)
            continue;
        say_action(a, words, size, &used);
        (void)hvc_text_append(words, size, &used, " is blocked");
        return true;
    }
    return false;
}

static void judge_way(const struct simulation_set *set, struct hvc_pacemaker_plan *plan)
{
    bool migrates = false;
    size_t used = 0;

    plan->migratable = true;
    plan->stays = true;
    plan->allowed = is_at(&set->moved->then, set->target);
    if (!plan->allowed) {
        plan->waits = waits_for(set->moved, set, plan->allowed_words, sizeof(plan->allowed_words));
        if (plan->waits)
            return;
        if (set->moved->then.nodes == 0)
            (void)hvc_text_append(plan->allowed_words, sizeof(plan->allowed_words), &used, "it would be stopped");
        else
            (void)hvc_text_append(plan->allowed_words, sizeof(plan->allowed_words), &used, "it would be on %s",
                                  set->moved->then.node);
        return;
    }
    for (size_t i = 0; i < set->moved->count; i++) {
        const struct sim_action *a = &set->moved->actions[i];

        migrates = migrates || (strcmp(a->resource, set->resource) == 0 && strcmp(a->what, "migrate") == 0);
    }
    if (simulation_touches(set->moved, set->resource, plan->migratable_words, sizeof(plan->migratable_words)))
        plan->migratable = migrates;
    plan->stays = !simulation_touches(set->left, set->resource, plan->stays_words, sizeof(plan->stays_words));
}

void simulation_judge(const struct simulation_set *set, struct hvc_pacemaker_plan *plan)
{
    const struct sim_place *now = &set->now->now;
    size_t used = 0;

    plan->managed = now->managed && !now->blocked;
    if (!plan->managed)
        (void)hvc_text_append(plan->managed_words, sizeof(plan->managed_words), &used, "resource %s", set->resource);
    plan->idle = !simulation_touches(set->now, set->resource, plan->idle_words, sizeof(plan->idle_words));
    used = strlen(plan->idle_words);
    if (now->pending[0] != '\0') {
        plan->idle = false;
        (void)hvc_text_append(plan->idle_words, sizeof(plan->idle_words), &used, "%spending: %s", used == 0 ? "" : "; ",
                              now->pending);
    }
    judge_way(set, plan);
    judge_others(set, plan);
}

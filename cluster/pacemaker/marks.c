/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cib_tree.h"
#include "hvc/text.h"

static const char *const suffixes[HVC_MARK_KIND_COUNT] = {"-hold", "-here", "-pin"};

/* ---- what is there ---- */

const char *hvc_pacemaker_mark_name(unsigned kind)
{
    return kind < HVC_MARK_KIND_COUNT ? suffixes[kind] + 1 : "invalid";
}

bool marks_parse_id(const char *id, enum hvc_pacemaker_mark_kind *ret_kind, uint64_t *ret_job)
{
    size_t prefix = sizeof(HVC_PACEMAKER_PREFIX) - 1, digits;
    char number[24];
    uint64_t job;

    if (strncmp(id, HVC_PACEMAKER_PREFIX, prefix) != 0)
        return false;
    digits = strspn(id + prefix, "0123456789");
    if (digits == 0 || digits >= sizeof(number))
        return false;
    memcpy(number, id + prefix, digits);
    number[digits] = '\0';
    if (hvc_parse_u64(number, 1, UINT64_MAX, &job) < 0)
        return false;
    for (unsigned kind = 0; kind < HVC_MARK_KIND_COUNT; kind++) {
        if (strcmp(id + prefix + digits, suffixes[kind]) == 0) {
            *ret_kind = (enum hvc_pacemaker_mark_kind)kind;
            *ret_job = job;
            return true;
        }
    }
    return false;
}

void marks_make_id(char id[64], uint64_t job, enum hvc_pacemaker_mark_kind kind)
{
    (void)snprintf(id, 64, HVC_PACEMAKER_PREFIX "%" PRIu64 "%s", job, suffixes[kind]);
}

bool marks_read(const xmlNode *node, const char *resource, struct hvc_pacemaker_mark *mark)
{
    enum hvc_pacemaker_mark_kind kind;
    char text[TREE_ATTRIBUTE_MAX];
    bool hold = tree_is_element(node, "meta_attributes");

    if (!hold && !tree_is_element(node, "rsc_location"))
        return false;
    tree_attribute(node, "id", text);
    memset(mark, 0, sizeof(*mark));
    if (!marks_parse_id(text, &kind, &mark->job) || hold != (kind == HVC_MARK_HOLD))
        return false;
    mark->kind = (uint8_t)kind;
    marks_make_id(mark->id, mark->job, kind);
    if (resource == NULL)
        tree_attribute(hold ? node->parent : node, hold ? "id" : "rsc", text);
    if (hvc_text_copy(mark->resource, sizeof(mark->resource), resource == NULL ? text : resource) < 0)
        return false;
    tree_attribute(node, "node", text);
    return hold || hvc_text_copy(mark->node, sizeof(mark->node), text) == 0;
}

int marks_append(struct hvc_pacemaker_mark **marks, size_t *count, const struct hvc_pacemaker_mark *mark)
{
    struct hvc_pacemaker_mark *more = realloc(*marks, (*count + 1) * sizeof(*more));

    if (more == NULL)
        return -ENOMEM;
    *marks = more;
    more[(*count)++] = *mark;
    return 0;
}

int marks_list(xmlNode *cib, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count)
{
    struct hvc_pacemaker_mark *marks = NULL, mark;
    xmlNode *top = tree_configuration(cib);
    size_t count = 0;

    for (xmlNode *n = top; n != NULL; n = tree_next(top, n)) {
        if (marks_read(n, NULL, &mark) && marks_append(&marks, &count, &mark) < 0) {
            free(marks);
            return -ENOMEM;
        }
    }
    *ret_marks = marks;
    *ret_count = count;
    return 0;
}

xmlNode *marks_primitive(xmlNode *cib, const char *resource)
{
    return tree_named(cib, "primitive", resource);
}

static bool is_recurring(const xmlNode *op)
{
    char id[TREE_ATTRIBUTE_MAX];

    tree_attribute(op, "id", id);
    return tree_has(op, "operation", "monitor") && !tree_has(op, "interval", "0") && tree_has(op, "operation_key", id);
}

/* An operation of a call number; the newest decides. */
static enum marks_activity activity_of(const xmlNode *op)
{
    bool well = tree_has(op, "rc-code", "0");

    if (tree_has(op, "operation", "stop"))
        return well ? MARKS_AWAY : MARKS_UNCLEAR;
    if (tree_has(op, "operation", "migrate_to"))
        return MARKS_UNCLEAR; /* its stop is to come */
    if (tree_has(op, "operation", "monitor") && (tree_has(op, "rc-code", "7") || tree_has(op, "rc-code", "5")))
        return MARKS_AWAY;
    return well ? MARKS_ACTIVE : MARKS_UNCLEAR;
}

enum marks_activity marks_activity(const xmlNode *history)
{
    enum marks_activity activity = MARKS_AWAY;
    char text[TREE_ATTRIBUTE_MAX];
    uint64_t newest = 0;

    for (xmlNode *op = NULL; (op = tree_next_child(history, op, "lrm_rsc_op")) != NULL;) {
        uint64_t call = 0;

        if (tree_has(op, "op-status", "-1") && is_recurring(op))
            continue;
        tree_attribute(op, "call-id", text);
        if (tree_has(op, "op-status", "-1") || hvc_parse_u64(text, 0, UINT64_MAX, &call) < 0)
            return MARKS_UNCLEAR;
        if (call < newest)
            continue;
        /* one call may have two records: what is left of a monitor's failure, and its last success */
        if (call > newest || activity_of(op) != MARKS_ACTIVE)
            activity = activity_of(op);
        newest = call;
    }
    return activity;
}

bool marks_is_monitored(const xmlNode *history)
{
    uint64_t watched = 0, stopped = 0;
    char text[TREE_ATTRIBUTE_MAX];

    for (xmlNode *op = NULL; (op = tree_next_child(history, op, "lrm_rsc_op")) != NULL;) {
        uint64_t call = 0;
        bool recurs = is_recurring(op);

        tree_attribute(op, "call-id", text);
        if (hvc_parse_u64(text, 0, UINT64_MAX, &call) < 0)
            call = recurs ? UINT64_MAX : 0; /* pending: its first look is under way */
        if (recurs && call > watched)
            watched = call;
        else if (tree_has(op, "operation", "stop") && call > stopped)
            stopped = call;
    }
    return watched > stopped;
}

/* ---- changes ---- */

typedef bool (*unwanted_fn)(const struct hvc_pacemaker_mark *mark, const void *context);

static xmlNode *find_unwanted(xmlNode *cib, unwanted_fn unwanted, const void *context)
{
    xmlNode *top = tree_configuration(cib);
    struct hvc_pacemaker_mark mark;

    for (xmlNode *n = top; n != NULL; n = tree_next(top, n)) {
        if (marks_read(n, NULL, &mark) && unwanted(&mark, context))
            return n;
    }
    return NULL;
}

static int remove_marks(xmlNode *cib, unwanted_fn unwanted, const void *context, xmlNode *patch)
{
    xmlNode *node;

    while ((node = find_unwanted(cib, unwanted, context)) != NULL) {
        if (!patch_note_removal(patch, node))
            return -ENOMEM;
        xmlUnlinkNode(node);
        xmlFreeNode(node);
    }
    return 0;
}

static bool is_of_resource(const struct hvc_pacemaker_mark *mark, const void *context)
{
    return strcmp(mark->resource, context) == 0;
}

static bool is_location_of(const struct hvc_pacemaker_mark *mark, const void *context)
{
    return mark->kind != HVC_MARK_HOLD && is_of_resource(mark, context);
}

void marks_clear_resource(xmlNode *cib, const char *resource)
{
    (void)remove_marks(cib, is_of_resource, resource, NULL); /* without a patch nothing can fail */
}

static bool is_hold_of(const struct hvc_pacemaker_mark *mark, const void *context)
{
    return mark->kind == HVC_MARK_HOLD && is_of_resource(mark, context);
}

void marks_clear_holds(xmlNode *cib, const char *resource)
{
    (void)remove_marks(cib, is_hold_of, resource, NULL);
}

void marks_clear_locations(xmlNode *cib, const char *resource)
{
    (void)remove_marks(cib, is_location_of, resource, NULL);
}

/* What stands there as it is wished stays: a change that changes nothing is none. An object with the number of the
 * wish's job on another resource is of another history, which an operator has given up: its guest is not this one. */
static bool is_against(const struct hvc_pacemaker_mark *mark, const void *context)
{
    const struct hvc_pacemaker_wish *wish = context;
    const char *node = mark->kind == HVC_MARK_HERE ? wish->here : wish->pin;
    bool same = strcmp(mark->resource, wish->resource) == 0;

    if (mark->job != wish->job)
        return same && (mark->kind == HVC_MARK_HOLD  ? wish->hold || wish->here != NULL
                        : mark->kind == HVC_MARK_PIN ? wish->here != NULL || wish->pin != NULL
                                                     : false);
    if (!same)
        return false;
    return mark->kind == HVC_MARK_HOLD ? !wish->hold : node == NULL || strcmp(node, mark->node) != 0;
}

/* The highest score: Pacemaker takes the first set that names an attribute, in order of scores. */
static int add_hold(xmlNode *cib, const struct hvc_pacemaker_wish *wish, xmlNode *patch)
{
    xmlNode *attributes, *value;
    char id[64], value_id[96];

    marks_make_id(id, wish->job, HVC_MARK_HOLD);
    if (!wish->hold || tree_stands(cib, id))
        return 0;
    (void)snprintf(value_id, sizeof(value_id), "%s-maintenance", id);
    attributes = tree_add(marks_primitive(cib, wish->resource), "meta_attributes");
    if (!tree_set(attributes, "id", id) || !tree_set(attributes, "score", "INFINITY"))
        return -ENOMEM;
    value = tree_add(attributes, "nvpair");
    if (!tree_set(value, "id", value_id) || !tree_set(value, "name", "maintenance") ||
        !tree_set(value, "value", "true"))
        return -ENOMEM;
    return patch_note_addition(patch, attributes) ? 0 : -ENOMEM;
}

static int add_location(xmlNode *cib, const struct hvc_pacemaker_wish *wish, enum hvc_pacemaker_mark_kind kind,
                        xmlNode *patch)
{
    const char *node = kind == HVC_MARK_HERE ? wish->here : wish->pin;
    xmlNode *location;
    char id[64];

    marks_make_id(id, wish->job, kind);
    if (node == NULL || tree_stands(cib, id))
        return 0;
    location = tree_add(tree_child(tree_configuration(cib), "constraints"), "rsc_location");
    if (!tree_set(location, "id", id) || !tree_set(location, "rsc", wish->resource) ||
        !tree_set(location, "node", node) || !tree_set(location, "score", "INFINITY"))
        return -ENOMEM;
    return patch_note_addition(patch, location) ? 0 : -ENOMEM;
}

static bool is_in_the_way(const struct hvc_pacemaker_mark *mark, const void *context)
{
    const struct hvc_pacemaker_wish *wish = context;
    bool wanted = mark->kind == HVC_MARK_HOLD   ? wish->hold
                  : mark->kind == HVC_MARK_HERE ? wish->here != NULL
                                                : wish->pin != NULL;

    return wanted && mark->job == wish->job && !is_of_resource(mark, wish->resource);
}

static int check_ids(xmlNode *cib, const struct hvc_pacemaker_wish *wish, struct hvc_error *error)
{
    xmlNode *node = find_unwanted(cib, is_in_the_way, wish);
    struct hvc_pacemaker_mark mark;

    if (node == NULL || !marks_read(node, NULL, &mark))
        return 0;
    return hvc_error_set(error, -EAGAIN,
                         "%s stands on resource %s, of a job that had this number in a history that was given up",
                         mark.id, mark.resource);
}

static bool is_held(xmlNode *cib, const struct hvc_pacemaker_wish *wish)
{
    xmlNode *primitive = marks_primitive(cib, wish->resource);
    struct hvc_pacemaker_mark mark;

    for (xmlNode *n = primitive == NULL ? NULL : primitive->children; n != NULL; n = n->next) {
        if (marks_read(n, NULL, &mark) && mark.kind == HVC_MARK_HOLD && mark.job == wish->job)
            return true;
    }
    return false;
}

int marks_wish(xmlNode *cib, const struct hvc_pacemaker_wish *wish, xmlNode *patch, struct hvc_error *error)
{
    bool something = wish->hold || wish->here != NULL || wish->pin != NULL;
    int r;

    if (tree_child(tree_configuration(cib), "constraints") == NULL ||
        tree_child(tree_configuration(cib), "resources") == NULL)
        return hvc_error_set(error, -EIO, "pacemaker's CIB has no section of resources or of constraints");
    if (something && marks_primitive(cib, wish->resource) == NULL)
        return hvc_error_set(error, -ENOENT, "pacemaker has no resource %s", wish->resource);
    if (wish->only_held && !is_held(cib, wish))
        return hvc_error_set(error, -ECANCELED, "resource %s is not held any more", wish->resource);
    r = check_ids(cib, wish, error);
    if (r < 0)
        return r;
    r = remove_marks(cib, is_against, wish, patch);
    if (r == 0)
        r = add_hold(cib, wish, patch);
    if (r == 0)
        r = add_location(cib, wish, HVC_MARK_HERE, patch);
    if (r == 0)
        r = add_location(cib, wish, HVC_MARK_PIN, patch);
    return r < 0 ? hvc_error_set(error, r, "no memory for a change of pacemaker's CIB") : 0;
}

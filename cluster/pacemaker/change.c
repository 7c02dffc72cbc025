/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the CIB, and what of ours stands there. */
#include <crm/common/results.h>
#include <crm/common/xml.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "change.h"
#include "cib_text.h"
#include "cib_tree.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "marks.h"
#include "session.h"

enum {
    TRIES = 20,
    AGAIN_MS = 4, /* before the second one; then twice as long each time: what was written elsewhere is here soon */
    AGAIN_MOST_MS = 128, /* ... or somebody writes all the time */
    XPATH_MAX = 1024
};

struct change {
    struct session_task task; /* first */
    struct hvc_pacemaker_wish wish;
    char resource[HVC_RESOURCE_NAME_MAX], here[HVC_NODE_NAME_MAX], pin[HVC_NODE_NAME_MAX];
    char version[HVC_PACEMAKER_VERSION_MAX]; /* "": any */
    struct hvc_pacemaker_mark *marks;
    size_t count;
};

static struct change *change_of(struct session_task *task)
{
    return (struct change *)(void *)task;
}

static void free_change(struct session_task *task)
{
    free(change_of(task)->marks);
    free(task);
}

/* The one operation of libcib's without a function of its own; every variant of cib_t has it behind this pointer, and
 * cibadmin --patch uses it in this way. */
typedef int (*operation_fn)(cib_t *cib, const char *operation, const char *host, const char *section, xmlNode *data,
                            xmlNode **output, int options, const char *user);

static int apply(cib_t *cib, xmlNode *patch)
{
    operation_fn operation;
    xmlNode *output = NULL;
    int r;

    memcpy(&operation, &cib->delegate_fn, sizeof(operation));
    r = operation(cib, "cib_apply_diff", NULL, NULL, patch, &output, cib_sync_call, NULL);
    free_xml(output);
    return r;
}

static bool has_changed(int code)
{
    return code == -pcmk_err_old_data || code == -pcmk_err_diff_resync || code == -pcmk_err_diff_failed;
}

/* 0, -ESTALE when somebody else was faster, or an error. */
static int change_once(const struct change_order *order, cib_t *cib, xmlNode *now, struct hvc_error *error)
{
    char version[HVC_PACEMAKER_VERSION_MAX];
    xmlNode *patch = NULL;
    int r = tree_version(now, version);

    if (r == 0 && order->version != NULL && strcmp(version, order->version) != 0)
        return hvc_error_set(error, -ESTALE, "pacemaker's CIB has changed from version %s to %s", order->version,
                             version);
    if (r == 0)
        r = patch_new(now, &patch);
    if (r < 0)
        return hvc_error_set(error, r, "no memory for a change of pacemaker's CIB");
    r = order->make(order->what, now, patch, error);
    if (r == 0 && !patch_is_empty(patch)) {
        r = apply(cib, patch);
        if (has_changed(r))
            r = hvc_error_set(error, -ESTALE, "pacemaker's CIB has changed: %s", pcmk_strerror(r));
        else if (r < 0)
            r = hvc_error_set(error, session_code(r), "pacemaker did not take a change of its CIB: %s",
                              pcmk_strerror(r));
    }
    xmlFreeDoc(patch->doc);
    return r < 0 ? r : 0;
}

int change_cib(cib_t *cib, const struct change_order *order, struct hvc_error *error)
{
    unsigned again_ms = AGAIN_MS;
    int r = -ESTALE;

    for (unsigned i = 0; i < TRIES && r == -ESTALE; i++) {
        xmlDoc *tree = NULL;

        if (i > 0 && (order->version != NULL || !hvc_pause_before(order->deadline_ms, &again_ms, AGAIN_MOST_MS)))
            break;
        r = cib_text_tree(cib, &tree, error);
        if (r == 0)
            r = change_once(order, cib, xmlDocGetRootElement(tree), error);
        xmlFreeDoc(tree);
    }
    return r;
}

int change_wish(const void *what, xmlNode *cib, xmlNode *patch, struct hvc_error *error)
{
    return marks_wish(cib, what, patch, error);
}

/* A change of any other kind. */
struct running {
    struct session_task task; /* first */
    change_make_fn make;
    char version[HVC_PACEMAKER_VERSION_MAX]; /* "": any */
    void *what;
};

static void free_running(struct session_task *task)
{
    free(((struct running *)(void *)task)->what);
    free(task);
}

static int run_running(struct session_task *task, cib_t *cib)
{
    struct running *running = (struct running *)(void *)task;
    const struct change_order order = {.make = running->make,
                                       .what = running->what,
                                       .version = running->version[0] == '\0' ? NULL : running->version,
                                       .deadline_ms = task->deadline_ms};

    return change_cib(cib, &order, &task->error);
}

int change_running(const struct change_order *order, size_t size, struct hvc_error *error)
{
    struct running *running = calloc(1, sizeof(*running));
    void *what = malloc(size);
    int r;

    if (running == NULL || what == NULL ||
        (order->version != NULL && strlen(order->version) >= sizeof(running->version))) {
        free(running);
        free(what);
        return hvc_error_set(error, -ENOMEM, "no memory to change pacemaker's CIB");
    }
    memcpy(what, order->what, size);
    (void)hvc_text_copy(running->version, sizeof(running->version), order->version == NULL ? "" : order->version);
    running->make = order->make;
    running->what = what;
    running->task = (struct session_task){
        .run = run_running, .release = free_running, .deadline_ms = order->deadline_ms, .write = true};
    r = session_run(&running->task, error);
    if (r < 0)
        return r;
    free_running(&running->task);
    return 0;
}

static int run_change(struct session_task *task, cib_t *cib)
{
    struct change *change = change_of(task);
    const struct change_order order = {.make = change_wish,
                                       .what = &change->wish,
                                       .version = change->version[0] == '\0' ? NULL : change->version,
                                       .deadline_ms = task->deadline_ms};

    return change_cib(cib, &order, &task->error);
}

static int run_list(struct session_task *task, cib_t *cib)
{
    struct change *change = change_of(task);
    xmlDoc *tree = NULL;
    int r = cib_text_tree(cib, &tree, &task->error);

    if (r < 0)
        return r;
    r = marks_list(xmlDocGetRootElement(tree), &change->marks, &change->count);
    xmlFreeDoc(tree);
    return r < 0 ? hvc_error_set(&task->error, r, "no memory for what stands in pacemaker's CIB") : 0;
}

int change_marks_on(cib_t *cib, const char *resource, struct hvc_pacemaker_mark **marks, size_t *count,
                    struct hvc_error *error)
{
    char xpath[XPATH_MAX];
    struct hvc_pacemaker_mark mark;
    xmlNode *found = NULL;
    size_t used = 0;
    int r = hvc_text_append(xpath, sizeof(xpath), &used,
                            "//resources//primitive[@id='%s']/meta_attributes[starts-with(@id,'" HVC_PACEMAKER_PREFIX
                            "')]|//constraints/rsc_location[@rsc='%s'][starts-with(@id,'" HVC_PACEMAKER_PREFIX "')]",
                            resource, resource);

    if (r < 0 || strchr(resource, '\'') != NULL)
        return hvc_error_set(error, -EINVAL, "pacemaker has no resource of such a name: %.60s", resource);
    r = cib_text_find(cib, xpath, &found, error);
    for (xmlNode *m = NULL; r == 0 && (m = cib_text_next(found, m)) != NULL;) {
        if (marks_read(m, resource, &mark) && marks_append(marks, count, &mark) < 0)
            r = hvc_error_set(error, -ENOMEM, "no memory for what stands in pacemaker's CIB");
    }
    free_xml(found);
    return r;
}

static int run_list_on(struct session_task *task, cib_t *cib)
{
    struct change *change = change_of(task);

    return change_marks_on(cib, change->resource, &change->marks, &change->count, &task->error);
}

static bool copy(char *target, size_t size, const char *text)
{
    return text == NULL || hvc_text_copy(target, size, text) == 0;
}

static struct change *new_change(uint64_t deadline_ms)
{
    struct change *change = calloc(1, sizeof(*change));

    if (change != NULL)
        change->task = (struct session_task){.run = run_list, .release = free_change, .deadline_ms = deadline_ms};
    return change;
}

int hvc_pacemaker_wish(const struct hvc_pacemaker_wish *wish, const char *version, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    struct change *change = new_change(deadline_ms);
    int r;

    if (change == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to change pacemaker's CIB");
    change->task.run = run_change;
    change->task.write = true;
    if (!copy(change->resource, sizeof(change->resource), wish->resource) ||
        !copy(change->here, sizeof(change->here), wish->here) || !copy(change->pin, sizeof(change->pin), wish->pin) ||
        !copy(change->version, sizeof(change->version), version)) {
        free(change);
        return hvc_error_set(error, -EINVAL, "the name of a resource or node is too long");
    }
    change->wish = (struct hvc_pacemaker_wish){.job = wish->job,
                                               .resource = change->resource,
                                               .hold = wish->hold,
                                               .only_held = wish->only_held,
                                               .here = wish->here == NULL ? NULL : change->here,
                                               .pin = wish->pin == NULL ? NULL : change->pin};
    r = session_run(&change->task, error);
    if (r < 0)
        return r;
    free_change(&change->task);
    return 0;
}

/* Of one resource, or (NULL) every one. */
static int list(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count,
                struct hvc_error *error)
{
    struct change *change = new_change(deadline_ms);
    int r;

    if (change != NULL && resource != NULL)
        change->task.run = run_list_on;
    if (change != NULL && !copy(change->resource, sizeof(change->resource), resource)) {
        free(change);
        return hvc_error_set(error, -EINVAL, "the name of a resource is too long");
    }
    r = session_run(change == NULL ? NULL : &change->task, error);
    if (r < 0)
        return r;
    *ret_marks = change->marks;
    *ret_count = change->count;
    change->marks = NULL;
    free_change(&change->task);
    return 0;
}

int hvc_pacemaker_marks(uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count,
                        struct hvc_error *error)
{
    return list(NULL, deadline_ms, ret_marks, ret_count, error);
}

int hvc_pacemaker_marks_on(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks,
                           size_t *ret_count, struct hvc_error *error)
{
    return list(resource, deadline_ms, ret_marks, ret_count, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits for something in the CIB. Of a large one only what is looked at is read. */
#include "await.h"

#include <crm/common/xml.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cib_text.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "marks.h"
#include "session.h"

enum {
    ASK_MS = 10000,   /* for one answer */
    LATER_MS = 1000,  /* ... that comes after the end of the wait */
    UNTOLD_MS = 250,  /* a look also when nothing was told: a CIB that is replaced may be */
    LISTEN_MS = 5000, /* over one connection: the CIB manager keeps what it told there */
    XPATH_MAX = 1024,
};

/* A node that takes part: what the records of another one say is not so any more. Since Pacemaker 2.1.7 it is said by
 * the second. */
#define ONLINE                                                                                                         \
    "[not(@in_ccm='false') and not(@in_ccm='0') and not(@crmd='offline') and not(@crmd='0') and @join='member']"

struct waiting {
    struct session_task task; /* first */
    struct hvc_pacemaker_wait wait;
    char resource[HVC_RESOURCE_NAME_MAX], node[HVC_NODE_NAME_MAX];
    uint64_t until_ms;
};

/* 1: there is something; 0: nothing. */
static int look_for_hold(cib_t *cib, uint64_t job, struct hvc_error *error)
{
    char id[64], xpath[XPATH_MAX];
    xmlNode *found = NULL;
    size_t used = 0;
    int r;

    marks_make_id(id, job, HVC_MARK_HOLD);
    (void)hvc_text_append(xpath, sizeof(xpath), &used, "//configuration/resources//meta_attributes[@id='%s']", id);
    r = cib_text_find(cib, xpath, &found, error);
    if (r == 0)
        r = found != NULL;
    free_xml(found);
    return r;
}

/* What the nodes' records have of the resource: on the node, or (others) on all others. */
static int find_records(cib_t *cib, const struct hvc_pacemaker_wait *wait, bool others, xmlNode **ret_records,
                        struct hvc_error *error)
{
    char xpath[XPATH_MAX];
    size_t used = 0;

    if (strchr(wait->node, '\'') != NULL || strchr(wait->resource, '\'') != NULL ||
        hvc_text_append(xpath, sizeof(xpath), &used, "//cib/status/node_state[@uname%s'%s']%s//lrm_resource[@id='%s']",
                        others ? "!=" : "=", wait->node, others || !wait->there ? "" : ONLINE, wait->resource) < 0)
        return hvc_error_set(error, -EINVAL, "pacemaker has no resource or node of such a name: %.60s, %.60s",
                             wait->resource, wait->node);
    return cib_text_find(cib, xpath, ret_records, error);
}

/* 1: it is; 0: it is not. */
static int look_for_monitor(cib_t *cib, const struct hvc_pacemaker_wait *wait, struct hvc_error *error)
{
    xmlNode *record = NULL;
    int r = find_records(cib, wait, false, &record, error);

    if (r == 0)
        r = record != NULL && marks_is_monitored(record);
    free_xml(record);
    return r;
}

/* Nowhere else, and then there: what begins between the two is not what is waited for. */
static int look_for_place(cib_t *cib, const struct hvc_pacemaker_wait *wait, struct hvc_error *error)
{
    xmlNode *records = NULL;
    bool elsewhere = false;
    int r = find_records(cib, wait, true, &records, error);

    for (xmlNode *m = NULL; r == 0 && (m = cib_text_next(records, m)) != NULL;)
        elsewhere = elsewhere || marks_activity(m) != MARKS_AWAY;
    free_xml(records);
    if (r < 0 || elsewhere)
        return r;
    records = NULL;
    r = find_records(cib, wait, false, &records, error);
    if (r == 0)
        r = records != NULL && marks_activity(records) == MARKS_ACTIVE;
    free_xml(records);
    return r;
}

static int look_for_unwatched(cib_t *cib, const struct hvc_pacemaker_wait *wait, struct hvc_error *error)
{
    int r = look_for_monitor(cib, wait, error);

    if (r < 0)
        return r;
    if (r == 0)
        return 0;
    r = wait->held == 0 ? 1 : look_for_hold(cib, wait->held, error);
    if (r == 0)
        return hvc_error_set(error, -ECANCELED, "the hold of job %llu on resource %.60s is gone",
                             (unsigned long long)wait->held, wait->resource);
    return r < 0 ? r
                 : hvc_error_set(error, -EAGAIN, "pacemaker still watches resource %.60s on %.60s", wait->resource,
                                 wait->node);
}

int await_look(cib_t *cib, const struct hvc_pacemaker_wait *wait, struct hvc_error *error)
{
    int r;

    if (!wait->there)
        return look_for_unwatched(cib, wait, error);
    r = look_for_place(cib, wait, error);
    if (r < 0)
        return r;
    return r > 0 ? 0
                 : hvc_error_set(error, -EAGAIN, "pacemaker does not have resource %.60s on %.60s yet", wait->resource,
                                 wait->node);
}

/* What changes between a look and its wait is told, for it listens before it looks. */
static int run_waiting(struct session_task *task, cib_t *cib)
{
    struct waiting *waiting = (struct waiting *)(void *)task;

    for (;;) {
        uint64_t untold_ms = hvc_deadline_in(UNTOLD_MS);
        int r;

        cib->call_timeout = session_seconds_left(task);
        r = await_look(cib, &waiting->wait, &task->error);
        if (r != -EAGAIN || hvc_deadline_left(waiting->until_ms) == 0)
            return r;
        session_await_change(task, untold_ms < waiting->until_ms ? untold_ms : waiting->until_ms);
    }
}

static void free_waiting(struct session_task *task)
{
    free(task);
}

static int listen_a_while(const struct hvc_pacemaker_wait *wait, uint64_t until_ms, struct hvc_error *error)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    uint64_t left_ms = hvc_deadline_left(until_ms);
    int r;

    if (waiting == NULL || hvc_text_copy(waiting->resource, sizeof(waiting->resource), wait->resource) < 0 ||
        hvc_text_copy(waiting->node, sizeof(waiting->node), wait->node) < 0) {
        free(waiting);
        return hvc_error_set(error, -EINVAL,
                             "no memory to ask pacemaker, or the name of a resource or node is too long");
    }
    waiting->wait = (struct hvc_pacemaker_wait){
        .resource = waiting->resource, .node = waiting->node, .there = wait->there, .held = wait->held};
    waiting->until_ms = hvc_deadline_within(until_ms, LISTEN_MS);
    waiting->task = (struct session_task){
        .run = run_waiting,
        .release = free_waiting,
        .listens = true,
        .deadline_ms = hvc_deadline_in(left_ms > ASK_MS - LATER_MS ? ASK_MS : left_ms + LATER_MS)};
    r = session_run(&waiting->task, error);
    if (r == 0)
        free_waiting(&waiting->task);
    return r;
}

int hvc_pacemaker_await(const struct hvc_pacemaker_wait *wait, uint64_t until_ms, struct hvc_error *error)
{
    int r;

    do {
        r = listen_a_while(wait, until_ms, error);
    } while (r == -EAGAIN && hvc_deadline_left(until_ms) > 0);
    return r;
}

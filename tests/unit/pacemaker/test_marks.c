/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our objects in a real CIB: put and removed by libcib on a file, simulated by crm_simulate. */
#include "marks.h"

#include <crm/cib.h>
#include <crm/common/logging.h>
#include <crm/common/xml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "await.h"
#include "change.h"
#include "cib_text.h"
#include "cib_tree.h"
#include "hvc/clock.h"
#include "plan.h"

#define SECONDS 1000

static char path[] = "/tmp/hvc-test-marks-XXXXXX";
static cib_t *cib;

static char *read_file(const char *name, size_t *ret_length)
{
    FILE *file = fopen(name, "re");
    char *text = calloc(1, 65536);

    assert_non_null(text);
    if (file == NULL)
        fail_msg("%s: %s", name, strerror(errno));
    *ret_length = fread(text, 1, 65535, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static int open_cib(void **state)
{
    size_t length = 0;
    char *text = read_file(HVC_GOLDEN "/cib.xml", &length);
    FILE *file;
    int fd;

    (void)state;
    memcpy(path, "/tmp/hvc-test-marks-XXXXXX", sizeof(path));
    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    free(text);
    cib = cib_file_new(path);
    assert_non_null(cib);
    assert_int_equal(cib->cmds->signon(cib, "test", cib_command), 0);
    return 0;
}

static int close_cib(void **state)
{
    (void)state;
    (void)cib->cmds->signoff(cib);
    cib_delete(cib);
    return unlink(path);
}

static xmlDoc *tree_now(void)
{
    struct hvc_error error = {0};
    char *text = NULL;
    size_t length = 0;
    xmlDoc *tree = NULL;

    if (cib_text_read(cib, &text, &length, &error) < 0 || cib_text_parse(text, length, &tree, &error) < 0)
        fail_msg("%s", error.text);
    free(text);
    return tree;
}

static void version_now(char version[HVC_PACEMAKER_VERSION_MAX])
{
    xmlDoc *tree = tree_now();

    assert_int_equal(tree_version(xmlDocGetRootElement(tree), version), 0);
    xmlFreeDoc(tree);
}

/* "hvcluster-job-7-hold:web:,..." */
static void marks_now(char *text, size_t size)
{
    xmlDoc *tree = tree_now();
    struct hvc_pacemaker_mark *marks = NULL;
    size_t count = 0, used = 0;

    assert_int_equal(marks_list(xmlDocGetRootElement(tree), &marks, &count), 0);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s:%s:%s", i == 0 ? "" : ",", marks[i].id,
                                 marks[i].resource, marks[i].node);
    free(marks);
    xmlFreeDoc(tree);
}

static int wish(const struct hvc_pacemaker_wish *w, const char *version, struct hvc_error *error)
{
    const struct change_order order = {
        .make = change_wish, .what = w, .version = version, .deadline_ms = hvc_deadline_in(20 * SECONDS)};

    return change_cib(cib, &order, error);
}

static void wishes_are_fulfilled_one_after_the_other(void **state)
{
    static const struct {
        const char *name;
        struct hvc_pacemaker_wish wish;
        const char *after;
    } steps[] = {
        {"a hold", {.job = 7, .resource = "web", .hold = true}, "hvcluster-job-7-hold:web:"},
        {"once more", {.job = 7, .resource = "web", .hold = true}, "hvcluster-job-7-hold:web:"},
        {"handed back", {.job = 7, .resource = "web", .here = "n1"}, "hvcluster-job-7-here:web:n1"},
        {"another job of another resource",
         {.job = 8, .resource = "tail", .hold = true},
         "hvcluster-job-8-hold:tail:,hvcluster-job-7-here:web:n1"},
        {"pinned", {.job = 7, .resource = "web", .pin = "n1"}, "hvcluster-job-8-hold:tail:,hvcluster-job-7-pin:web:n1"},
        {"a hold leaves an older pin",
         {.job = 9, .resource = "web", .hold = true},
         "hvcluster-job-9-hold:web:,hvcluster-job-8-hold:tail:,hvcluster-job-7-pin:web:n1"},
        {"the next location takes its place",
         {.job = 9, .resource = "web", .here = "n3"},
         "hvcluster-job-8-hold:tail:,hvcluster-job-9-here:web:n3"},
        {"moved on",
         {.job = 9, .resource = "web", .here = "n2"},
         "hvcluster-job-8-hold:tail:,hvcluster-job-9-here:web:n2"},
        {"nothing", {.job = 9, .resource = "web"}, "hvcluster-job-8-hold:tail:"},
        {"a hold takes the place of an older one",
         {.job = 11, .resource = "tail", .hold = true},
         "hvcluster-job-11-hold:tail:"},
        {"and back", {.job = 8, .resource = "tail", .hold = true}, "hvcluster-job-8-hold:tail:"},
        {"nothing of one that never was", {.job = 10, .resource = "gone"}, "hvcluster-job-8-hold:tail:"},
        {"nothing at all", {.job = 8, .resource = "tail"}, ""},
    };
    char before[HVC_PACEMAKER_VERSION_MAX], after[HVC_PACEMAKER_VERSION_MAX], text[1024];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(steps); i++) {
        struct hvc_error error = {0};

        version_now(before);
        if (wish(&steps[i].wish, i % 2 == 0 ? before : NULL, &error) != 0)
            fail_msg("%s: %s", steps[i].name, error.text);
        marks_now(text, sizeof(text));
        if (strcmp(text, steps[i].after) != 0)
            fail_msg("%s: '%s' is not '%s'", steps[i].name, text, steps[i].after);
        version_now(after);
        if ((strcmp(before, after) == 0) !=
            (strcmp(steps[i].name, "once more") == 0 || strstr(steps[i].name, "never was") != NULL))
            fail_msg("%s: from version %s to %s", steps[i].name, before, after);
    }
}

/* An operator's force has taken the numbers of jobs back: job 8 of before had resource tail. */
static void what_has_the_number_and_another_resource_is_left_alone(void **state)
{
    const struct hvc_pacemaker_wish old = {.job = 8, .resource = "tail", .hold = true},
                                    hold = {.job = 8, .resource = "web", .hold = true},
                                    here = {.job = 8, .resource = "web", .here = "n1"},
                                    nothing = {.job = 8, .resource = "web"};
    struct hvc_error error = {0};
    char text[1024];

    (void)state;
    assert_int_equal(wish(&old, NULL, NULL), 0);
    assert_int_equal(wish(&hold, NULL, &error), -EAGAIN);
    assert_non_null(strstr(error.text, "hvcluster-job-8-hold stands on resource tail"));
    assert_int_equal(wish(&nothing, NULL, NULL), 0);
    marks_now(text, sizeof(text));
    assert_string_equal(text, "hvcluster-job-8-hold:tail:");
    assert_int_equal(wish(&here, NULL, NULL), 0); /* an id of its own */
    marks_now(text, sizeof(text));
    assert_string_equal(text, "hvcluster-job-8-hold:tail:,hvcluster-job-8-here:web:n1");
}

static void the_rest_of_the_cib_is_what_it_was(void **state)
{
    const struct hvc_pacemaker_wish hold = {.job = 7, .resource = "web", .hold = true},
                                    nothing = {.job = 7, .resource = "web"};
    xmlDoc *before = tree_now(), *after;
    size_t a = 0, b = 0;
    char *first, *last, *inside;

    (void)state;
    assert_int_equal(wish(&hold, NULL, NULL), 0);
    assert_int_equal(wish(&nothing, NULL, NULL), 0);
    after = tree_now();
    first = cib_text_of(before, &a);
    last = cib_text_of(after, &b);
    inside = strstr(first, "<configuration");
    assert_non_null(inside);
    assert_string_equal(inside, strstr(last, "<configuration"));
    free(first);
    free(last);
    xmlFreeDoc(before);
    xmlFreeDoc(after);
}

static void a_change_thought_out_on_another_cib_is_not_made(void **state)
{
    const struct hvc_pacemaker_wish hold = {.job = 7, .resource = "web", .hold = true};
    struct hvc_error error = {0};
    char text[256];

    (void)state;
    assert_int_equal(wish(&hold, "0.1.1", &error), -ESTALE);
    assert_non_null(strstr(error.text, "from version 0.1.1 to "));
    marks_now(text, sizeof(text));
    assert_string_equal(text, "");
}

static void a_hand_back_of_what_nobody_holds_is_not_made(void **state)
{
    const struct hvc_pacemaker_wish hold = {.job = 7, .resource = "web", .hold = true},
                                    back = {.job = 7, .resource = "web", .only_held = true, .here = "n1"};
    struct hvc_error error = {0};
    char text[256];

    (void)state;
    assert_int_equal(wish(&back, NULL, &error), -ECANCELED);
    assert_string_equal(error.text, "resource web is not held any more");
    assert_int_equal(wish(&hold, NULL, NULL), 0);
    assert_int_equal(wish(&back, NULL, NULL), 0);
    marks_now(text, sizeof(text));
    assert_string_equal(text, "hvcluster-job-7-here:web:n1");
}

static void a_patch_of_an_older_cib_is_refused_by_pacemaker_itself(void **state)
{
    const struct hvc_pacemaker_wish first = {.job = 7, .resource = "web", .hold = true};
    xmlDoc *old = tree_now();
    xmlNode *patch = NULL, *output = NULL;
    int (*operation)(cib_t *, const char *, const char *, const char *, xmlNode *, xmlNode **, int, const char *);

    (void)state;
    assert_int_equal(patch_new(xmlDocGetRootElement(old), &patch), 0);
    assert_true(patch_is_empty(patch));
    assert_int_equal(marks_wish(xmlDocGetRootElement(old), &first, patch, NULL), 0);
    assert_false(patch_is_empty(patch));
    assert_int_equal(wish(&(struct hvc_pacemaker_wish){.job = 8, .resource = "tail", .hold = true}, NULL, NULL), 0);
    memcpy(&operation, &cib->delegate_fn, sizeof(operation));
    assert_int_equal(operation(cib, "cib_apply_diff", NULL, NULL, patch, &output, cib_sync_call, NULL),
                     -pcmk_err_old_data);
    free_xml(output);
    xmlFreeDoc(patch->doc);
    xmlFreeDoc(old);
}

static void a_monitor_goes_on_until_its_record_is_gone(void **state)
{
#define OP(id, key, operation, interval, status)                                                                       \
    "<lrm_rsc_op id='" id "' operation_key='" key "' operation='" operation "' interval='" interval                    \
    "' op-status='" status "'/>"
    static const struct {
        const char *name, *ops;
        bool goes_on;
    } cases[] = {
        {"nothing", "", false},
        {"a start and a probe", OP("web_last_0", "web_monitor_0", "monitor", "0", "0"), false},
        {"a monitor", OP("web_monitor_10000", "web_monitor_10000", "monitor", "10000", "0"), true},
        {"one that runs for the first time", OP("web_monitor_10000", "web_monitor_10000", "monitor", "10000", "-1"),
         true},
        {"one of two", OP("a", "a", "monitor", "10000", "-1") OP("b", "b", "monitor", "60000", "0"), true},
        {"what is left of one that failed", OP("web_last_failure_0", "web_monitor_10000", "monitor", "10000", "0"),
         false},
    };
#undef OP
    char text[1024];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        int length = snprintf(text, sizeof(text), "<cib><lrm_resource id='web'>%s</lrm_resource></cib>", cases[i].ops);
        xmlDoc *tree = NULL;
        xmlNode *history;

        assert_int_equal(cib_text_parse(text, (size_t)length, &tree, NULL), 0);
        history = tree_child(xmlDocGetRootElement(tree), "lrm_resource");
        if (marks_is_monitored(history) != cases[i].goes_on)
            fail_msg("%s", cases[i].name);
        xmlFreeDoc(tree);
    }
}

static void what_stands_on_one_resource_is_read_alone(void **state)
{
    const struct hvc_pacemaker_wish hold = {.job = 7, .resource = "web", .hold = true},
                                    pin = {.job = 6, .resource = "tail", .pin = "n2"},
                                    both = {.job = 8, .resource = "tail", .hold = true, .pin = "n1"};
    struct hvc_pacemaker_mark *marks = NULL;
    struct hvc_error error = {0};
    size_t count = 0;

    (void)state;
    assert_int_equal(change_marks_on(cib, "web", &marks, &count, &error), 0);
    assert_int_equal(count, 0);
    assert_int_equal(wish(&hold, NULL, NULL), 0);
    assert_int_equal(wish(&pin, NULL, NULL), 0);
    assert_int_equal(change_marks_on(cib, "web", &marks, &count, &error), 0);
    assert_int_equal(count, 1);
    assert_true(marks[0].kind == HVC_MARK_HOLD && marks[0].job == 7);
    assert_string_equal(marks[0].resource, "web");
    assert_int_equal(wish(&both, NULL, NULL), 0);
    assert_int_equal(change_marks_on(cib, "tail", &marks, &count, &error), 0); /* behind what is there */
    assert_int_equal(count, 3);
    assert_true(marks[1].job == 8 && marks[2].job == 8 && marks[1].kind != marks[2].kind);
    assert_int_equal(change_marks_on(cib, "nosuch", &marks, &count, &error), 0);
    assert_int_equal(count, 3);
    assert_int_equal(change_marks_on(cib, "web']|//*['", &marks, &count, &error), -EINVAL);
    free(marks);
}

static void one_look_tells_whether_it_is_still_waited(void **state)
{
    static const struct {
        const char *name;
        struct hvc_pacemaker_wait wait;
        int code;
    } cases[] = {
        {"there", {.resource = "web", .node = "n2", .there = true}, 0},
        {"still watched", {.resource = "web", .node = "n2"}, -EAGAIN},
        {"... under its hold", {.resource = "web", .node = "n2", .held = 7}, -EAGAIN},
        {"... under no hold any more", {.resource = "web", .node = "n2", .held = 8}, -ECANCELED},
        {"not there yet", {.resource = "web", .node = "n1", .there = true}, -EAGAIN},
        {"watched no more", {.resource = "web", .node = "n1", .held = 8}, 0},
        {"no such node", {.resource = "web", .node = "nosuch"}, 0},
        {"no such resource", {.resource = "nosuch", .node = "n2", .there = true}, -EAGAIN},
        {"no name", {.resource = "web", .node = "n2']|//*['"}, -EINVAL},
    };
    const struct hvc_pacemaker_wish hold = {.job = 7, .resource = "web", .hold = true};

    (void)state;
    assert_int_equal(wish(&hold, NULL, NULL), 0);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};
        int code = await_look(cib, &cases[i].wait, &error);

        if (code != cases[i].code || error.code != code)
            fail_msg("%s: %d %s", cases[i].name, code, error.text);
    }
}

static void a_resource_that_is_not_there_is_an_error(void **state)
{
    const struct hvc_pacemaker_wish hold = {.job = 7, .resource = "nosuch", .hold = true};
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(wish(&hold, NULL, &error), -ENOENT);
    assert_string_equal(error.text, "pacemaker has no resource nosuch");
}

static void only_ids_of_ours_are_ours(void **state)
{
    static const struct {
        const char *id;
        bool ours;
        uint64_t job;
        unsigned kind;
    } cases[] = {
        {"hvcluster-job-7-hold", true, 7, HVC_MARK_HOLD},
        {"hvcluster-job-18446744073709551615-here", true, UINT64_MAX, HVC_MARK_HERE},
        {"hvcluster-job-12-pin", true, 12, HVC_MARK_PIN},
        {"hvcluster-job-0-pin", false, 0, 0},
        {"hvcluster-job-12-pinned", false, 0, 0},
        {"hvcluster-job-12", false, 0, 0},
        {"hvcluster-job--hold", false, 0, 0},
        {"hvcluster-job-99999999999999999999999999-hold", false, 0, 0},
        {"hvcluster-job-7-hold-maintenance", false, 0, 0},
        {"cli-prefer-web", false, 0, 0},
        {"", false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        enum hvc_pacemaker_mark_kind kind = HVC_MARK_HOLD;
        uint64_t job = 0;

        if (marks_parse_id(cases[i].id, &kind, &job) != cases[i].ours || job != cases[i].job || kind != cases[i].kind)
            fail_msg("%s", cases[i].id);
    }
}

/* ---- with the real crm_simulate ---- */

static void the_real_crm_simulate_is_asked(void **state)
{
    struct hvc_pacemaker_plan plan;
    struct hvc_pacemaker_resource resource;
    struct hvc_error error = {0};
    xmlDoc *tree = tree_now();

    (void)state;
    if (plan_simulate(NULL, tree, "web", "n1", hvc_deadline_in(60 * SECONDS), &plan, &error) != 0)
        fail_msg("%s", error.text);
    assert_true(plan.idle && plan.managed && plan.allowed && plan.migratable && plan.stays && !plan.others);
    assert_string_equal(plan.actions, "migrate web from n2 to n1");
    assert_int_equal(plan_simulate(NULL, tree, "nosuch", "n1", hvc_deadline_in(60 * SECONDS), &plan, &error), -ENOENT);
    if (plan_look(NULL, tree, "web", hvc_deadline_in(60 * SECONDS), &resource, &error) != 0)
        fail_msg("%s", error.text);
    assert_true(resource.managed && resource.idle && resource.all_idle && !resource.failed);
    assert_int_equal(resource.nodes, 1);
    assert_string_equal(resource.node, "n2");
    xmlFreeDoc(tree);
}

/* web and tail shall not be on one node. */
static void keep_apart(xmlDoc *tree)
{
    xmlNode *configuration = tree_child(xmlDocGetRootElement(tree), "configuration");
    xmlNode *rule =
        xmlNewChild(tree_child(configuration, "constraints"), NULL, (const xmlChar *)"rsc_colocation", NULL);

    assert_non_null(rule);
    (void)xmlNewProp(rule, (const xmlChar *)"id", (const xmlChar *)"apart");
    (void)xmlNewProp(rule, (const xmlChar *)"rsc", (const xmlChar *)"web");
    (void)xmlNewProp(rule, (const xmlChar *)"with-rsc", (const xmlChar *)"tail");
    (void)xmlNewProp(rule, (const xmlChar *)"score", (const xmlChar *)"-INFINITY");
}

static void a_move_behind_others_meets_them_where_they_will_be(void **state)
{
    static const struct {
        const char *what, *before, *node, *target;
        bool idle, good; /* good: allowed, and others stay where they are */
    } cases[] = {
        {"to where another one goes", "tail", "n1", "n1", true, false},
        {"to another node than the other one", "tail", "n1", "n3", true, true},
        {"to where another one was", "tail", "n1", "n2", true, true},
        {"behind a resource that is gone", "nosuch", "n1", "n1", true, true},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        const struct hvc_pacemaker_place before = {cases[i].before, cases[i].node};
        struct hvc_pacemaker_plan plan;
        struct hvc_error error = {0};
        xmlDoc *tree = tree_now();

        keep_apart(tree);
        if (plan_move_on(NULL, &tree, &before, 1, hvc_deadline_in(60 * SECONDS), &error) != 0)
            fail_msg("%s", error.text);
        if (plan_simulate(NULL, tree, "web", cases[i].target, hvc_deadline_in(60 * SECONDS), &plan, &error) != 0)
            fail_msg("%s", error.text);
        if (plan.idle != cases[i].idle || (plan.allowed && plan.stays && !plan.others) != cases[i].good)
            fail_msg("%s: idle %d %s, allowed %d %s, others %d %s", cases[i].what, plan.idle, plan.idle_words,
                     plan.allowed, plan.allowed_words, plan.others, plan.others_words);
        xmlFreeDoc(tree);
    }
}

#define OP(id, key, what, interval, call)                                                                              \
    "<lrm_rsc_op id='" id "' operation_key='" key "' operation='" what "' interval='" interval "' call-id='" call "'/" \
    ">"
#define MONITOR(call) OP("web_monitor_10000", "web_monitor_10000", "monitor", "10000", call)

static xmlDoc *record_of(const char *operations)
{
    char text[1024];
    xmlDoc *record;

    (void)snprintf(text, sizeof(text), "<lrm_resource id='web'>%s</lrm_resource>", operations);
    record = xmlReadDoc((const xmlChar *)text, NULL, NULL, 0);
    assert_non_null(record);
    return record;
}

static void a_history_tells_whether_a_monitor_goes_on(void **state)
{
    static const struct {
        const char *operations;
        bool watched;
    } cases[] = {
        {"", false},
        {OP("web_last_0", "web_start_0", "start", "0", "17") MONITOR("18"), true},
        {OP("web_last_0", "web_monitor_0", "monitor", "0", "16"), false},
        {OP("web_last_0", "web_stop_0", "stop", "0", "25") MONITOR("18"), false}, /* where a migration began */
        {OP("web_last_0", "web_stop_0", "stop", "0", "9") MONITOR("18"), true},   /* it has come back since */
        {OP("web_last_0", "web_stop_0", "stop", "0", "25") MONITOR("-1"), true},  /* it is just being begun */
        {OP("web_last_0", "web_stop_0", "stop", "0", "-1") MONITOR("18"), true},
        {OP("web_last_failure_0", "web_monitor_10000", "monitor", "10000", "18"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        xmlDoc *record = record_of(cases[i].operations);

        if (marks_is_monitored(xmlDocGetRootElement(record)) != cases[i].watched)
            fail_msg("%s", cases[i].operations);
        xmlFreeDoc(record);
    }
}

#define ENDED(what, call, code)                                                                                        \
    "<lrm_rsc_op id='web_last_0' operation='" what "' call-id='" call "' rc-code='" code "' op-status='0'/>"
#define PENDING(what, interval)                                                                                        \
    "<lrm_rsc_op id='web_" what "_" interval "' operation_key='web_" what "_" interval "' operation='" what            \
    "' interval='" interval "' call-id='-1' rc-code='193' op-status='-1'/>"

static void a_history_tells_whether_the_guest_is_there(void **state)
{
    static const struct {
        const char *operations;
        enum marks_activity is;
    } cases[] = {
        {"", MARKS_AWAY},
        {ENDED("monitor", "5", "7"), MARKS_AWAY},
        {ENDED("monitor", "5", "5"), MARKS_AWAY},
        {ENDED("monitor", "5", "0"), MARKS_ACTIVE},
        {ENDED("migrate_from", "9", "0") ENDED("monitor", "5", "7"), MARKS_ACTIVE},
        {ENDED("migrate_from", "9", "0") PENDING("monitor", "10000"), MARKS_ACTIVE},
        {ENDED("migrate_from", "9", "1") ENDED("monitor", "5", "7"), MARKS_UNCLEAR},
        {ENDED("start", "9", "0") ENDED("monitor", "12", "1"), MARKS_UNCLEAR},
        {ENDED("monitor", "5", "7") PENDING("migrate_from", "0"), MARKS_UNCLEAR},
        {ENDED("start", "9", "0") PENDING("stop", "0"), MARKS_UNCLEAR},
        {ENDED("start", "9", "0") PENDING("monitor", "0"), MARKS_UNCLEAR},
        {ENDED("migrate_to", "21", "0") ENDED("monitor", "9", "0"), MARKS_UNCLEAR},
        {ENDED("monitor", "12", "1") ENDED("monitor", "12", "0"), MARKS_UNCLEAR},
        {ENDED("monitor", "12", "0") ENDED("monitor", "12", "1"), MARKS_UNCLEAR},
        {ENDED("stop", "25", "0") ENDED("migrate_to", "21", "0"), MARKS_AWAY},
        {ENDED("stop", "25", "1"), MARKS_UNCLEAR},
        {ENDED("stop", "nonsense", "0"), MARKS_UNCLEAR},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        xmlDoc *record = record_of(cases[i].operations);

        if (marks_activity(xmlDocGetRootElement(record)) != cases[i].is)
            fail_msg("%d: %s", marks_activity(xmlDocGetRootElement(record)), cases[i].operations);
        xmlFreeDoc(record);
    }
}

static void a_hold_and_an_older_pin_are_thought_away(void **state)
{
    const struct hvc_pacemaker_wish pin = {.job = 7, .resource = "web", .pin = "n2"},
                                    hold = {.job = 8, .resource = "web", .hold = true};
    struct hvc_pacemaker_plan plan;
    struct hvc_error error = {0};
    xmlDoc *tree;

    (void)state;
    assert_int_equal(wish(&pin, NULL, NULL), 0);
    assert_int_equal(wish(&hold, NULL, NULL), 0);
    tree = tree_now();
    if (plan_simulate(NULL, tree, "web", "n1", hvc_deadline_in(60 * SECONDS), &plan, &error) != 0)
        fail_msg("%s", error.text);
    assert_true(plan.managed); /* a job that goes on under the hold of another asks, too */
    assert_true(plan.allowed && plan.migratable && plan.stays && !plan.others);
    xmlFreeDoc(tree);
}

static void write_program(const char *name, const char *script)
{
    FILE *file = fopen(name, "we");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, 0700), 0);
}

static void a_crm_simulate_that_fails_is_told(void **state)
{
    static const struct {
        const char *script;
        int code;
        const char *words;
    } cases[] = {
        {"exec sleep 100", -ETIMEDOUT, "crm_simulate did not end in time and was killed"},
        {"echo 'Could not read it' >&2; exit 66", -EIO, "crm_simulate ended with 66: Could not read it"},
        {"kill -ABRT $$", -EIO, "crm_simulate ended with 134"},
        {"exit 0", -EIO, "crm_simulate gave no result"},
    };
    char program[sizeof(path) + 8];
    xmlDoc *tree = tree_now();

    (void)state;
    (void)snprintf(program, sizeof(program), "%s.sh", path);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_pacemaker_plan plan;
        struct hvc_error error = {0};
        uint64_t wait_ms = cases[i].code == -ETIMEDOUT ? 300 : 20 * SECONDS;

        write_program(program, cases[i].script);
        assert_int_equal(plan_simulate(program, tree, "web", "n1", hvc_deadline_in(wait_ms), &plan, &error),
                         cases[i].code);
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", error.text, cases[i].words);
    }
    assert_int_equal(unlink(program), 0);
    xmlFreeDoc(tree);
}

/* ---- how often it is asked ---- */

static char counter[sizeof(path) + 8], counted[sizeof(path) + 8];

/* A crm_simulate that is counted, and looks whether it shall validate. */
static void make_counter(void)
{
    char script[512];

    (void)snprintf(counter, sizeof(counter), "%s.sh", path);
    (void)snprintf(counted, sizeof(counted), "%s.n", path);
    (void)snprintf(script, sizeof(script),
                   "tee \"%s.in.$$\" | /usr/sbin/crm_simulate \"$@\" || exit 1\n"
                   "grep -o 'validate-with=\"[^\"]*\"' \"%s.in.$$\" >> %s\nrm \"%s.in.$$\"",
                   path, path, counted, path);
    write_program(counter, script);
}

static unsigned asked(void)
{
    size_t length = 0;
    unsigned lines = 0;
    char *text = access(counted, F_OK) == 0 ? read_file(counted, &length) : NULL;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            lines++;
    }
    if (text != NULL && strstr(text, "pacemaker-3") != NULL)
        fail_msg("it validates: %s", text);
    free(text);
    if (lines > 0)
        assert_int_equal(unlink(counted), 0);
    return lines;
}

/* By a resource that goes along wherever "web" goes. */
static void tie(xmlDoc *tree)
{
    xmlNode *constraints = tree_child(tree_configuration(xmlDocGetRootElement(tree)), "constraints");
    xmlNode *tied = tree_add(constraints, "rsc_colocation");

    assert_true(tree_set(tied, "id", "tied") && tree_set(tied, "rsc", "tail") && tree_set(tied, "with-rsc", "web") &&
                tree_set(tied, "score", "INFINITY"));
}

static void nothing_is_simulated_that_is_known_or_not_needed(void **state)
{
    const uint64_t deadline_ms = hvc_deadline_in(60 * SECONDS);
    struct hvc_pacemaker_resource resource;
    struct hvc_pacemaker_plan plan;
    struct hvc_error error = {0};
    xmlDoc *tree = tree_now();

    (void)state;
    make_counter();
    if (plan_hand_back(counter, tree, "web", "n1", deadline_ms, &plan, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(asked(), 1); /* where it would be then, and what else would be done */
    assert_true(plan.managed && plan.allowed && !plan.waits && plan.migratable && !plan.others);
    assert_string_equal(plan.version, "0.10.6");
    assert_int_equal(plan_simulate(counter, tree, "web", "n1", deadline_ms, &plan, NULL), 0);
    assert_int_equal(asked(), 2); /* now, and afterwards */
    assert_true(plan.idle && plan.stays);
    assert_int_equal(plan_look(counter, tree, "web", deadline_ms, &resource, NULL), 0);
    assert_int_equal(plan_simulate(counter, tree, "web", "n1", deadline_ms, &plan, NULL), 0);
    assert_int_equal(asked(), 0); /* the CIB is the same */
    assert_int_equal(plan_simulate(counter, tree, "web", "n3", deadline_ms, &plan, NULL), 0);
    assert_int_equal(asked(), 2); /* another target */
    assert_non_null(xmlSetProp(xmlDocGetRootElement(tree), (const xmlChar *)"num_updates", (const xmlChar *)"7"));
    assert_int_equal(plan_simulate(counter, tree, "web", "n1", deadline_ms, &plan, NULL), 0);
    assert_int_equal(asked(), 3); /* another version */
    xmlFreeDoc(tree);
    assert_int_equal(unlink(counter), 0);
}

static void a_hand_back_that_concerns_others_is_compared_with_what_is_done_anyway(void **state)
{
    const uint64_t deadline_ms = hvc_deadline_in(60 * SECONDS);
    struct hvc_pacemaker_plan plan;
    struct hvc_error error = {0};
    xmlDoc *tree = tree_now();

    (void)state;
    make_counter();
    tie(tree);
    if (plan_hand_back(counter, tree, "web", "n1", deadline_ms, &plan, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(asked(), 2);
    assert_true(plan.managed && plan.allowed && plan.others);
    assert_non_null(strstr(plan.others_words, "tail"));
    xmlFreeDoc(tree);
    assert_int_equal(unlink(counter), 0);
}

static void a_schema_that_is_upgraded_is_left_to_crm_simulate(void **state)
{
    struct hvc_pacemaker_plan plan;
    struct hvc_error error = {0};
    xmlDoc *tree = tree_now();

    (void)state;
    make_counter();
    assert_non_null(
        xmlSetProp(xmlDocGetRootElement(tree), (const xmlChar *)"validate-with", (const xmlChar *)"pacemaker-2.10"));
    if (plan_hand_back(counter, tree, "web", "n1", hvc_deadline_in(60 * SECONDS), &plan, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(asked(), 1);
    assert_true(plan.managed && plan.allowed);
    xmlFreeDoc(tree);
    assert_int_equal(unlink(counter), 0);
}

static int prepare(void **state)
{
    (void)state;
    crm_log_preinit("test", 0, NULL); /* libcib applies patches to trees that its own libraries watch */
    crm_log_level = LOG_EMERG;
    return 0;
}

#define WITH_CIB(test) cmocka_unit_test_setup_teardown(test, open_cib, close_cib)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CIB(wishes_are_fulfilled_one_after_the_other),
        WITH_CIB(a_hand_back_of_what_nobody_holds_is_not_made),
        WITH_CIB(the_rest_of_the_cib_is_what_it_was),
        WITH_CIB(what_has_the_number_and_another_resource_is_left_alone),
        WITH_CIB(a_change_thought_out_on_another_cib_is_not_made),
        WITH_CIB(a_patch_of_an_older_cib_is_refused_by_pacemaker_itself),
        WITH_CIB(what_stands_on_one_resource_is_read_alone),
        WITH_CIB(one_look_tells_whether_it_is_still_waited),
        WITH_CIB(a_resource_that_is_not_there_is_an_error),
        cmocka_unit_test(only_ids_of_ours_are_ours),
        cmocka_unit_test(a_monitor_goes_on_until_its_record_is_gone),
        WITH_CIB(the_real_crm_simulate_is_asked),
        WITH_CIB(a_move_behind_others_meets_them_where_they_will_be),
        WITH_CIB(a_history_tells_whether_a_monitor_goes_on),
        cmocka_unit_test(a_history_tells_whether_the_guest_is_there),
        WITH_CIB(a_hold_and_an_older_pin_are_thought_away),
        WITH_CIB(a_crm_simulate_that_fails_is_told),
        WITH_CIB(nothing_is_simulated_that_is_known_or_not_needed),
        WITH_CIB(a_hand_back_that_concerns_others_is_compared_with_what_is_done_anyway),
        WITH_CIB(a_schema_that_is_upgraded_is_left_to_crm_simulate),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

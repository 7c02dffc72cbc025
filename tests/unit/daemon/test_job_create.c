/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.create and the records of guests that it makes. */
#include "job_cases.h"

#define CREATE(more) "job.create", "{" more "}"

static const struct hvc_service_guest *guest_of(const char *uuid)
{
    uint8_t bytes[16];

    assert_int_equal(hvc_parse_uuid_bytes(uuid, bytes), 0);
    return hvc_service_guest(keeper->service, bytes);
}

static void a_guest_that_nobody_added_is_recorded_where_it_runs_and_gets_its_job(void **state)
{
    struct hvc_call *call = run("job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}");
    const struct hvc_job *job = hvc_service_job(keeper->service, 1);

    (void)state;
    assert_string_equal(call->error.text, "job 1: guest vm1: live move from n1 to n2");
    assert_int_equal(hvc_record_u64(call->data, "id", 0), 1);
    assert_string_equal(hvc_record_text(call->data, "source", ""), "n1");
    assert_string_equal(hvc_record_text(call->data, "target", ""), "n2");
    assert_string_equal(hvc_record_text(call->data, "uuid", ""), VM1);
    hvc_call_unref(call);
    assert_non_null(job);
    assert_int_equal(job->source, 1);
    assert_int_equal(job->target, 2);
    assert_int_equal(job->origin, HVC_ORIGIN_OPERATOR);
    assert_string_equal(job->by, "uid 0 on n1");
    assert_int_equal(guest_of(VM1)->node, 1);
    assert_int_equal(guest_of(VM1)->memory_kib, 1024);
}

/* ---- how urgent it is ---- */

static int points, asked_for;

static int tell_priority(struct hvc_facts *facts, const char *resource, uint64_t deadline_ms, int *ret_priority,
                         struct hvc_error *error)
{
    (void)facts, (void)deadline_ms;
    asked_for++;
    if (strcmp(resource, "web") != 0)
        return hvc_error_set(error, -ENOENT, "pacemaker has no resource %s", resource);
    *ret_priority = points;
    return 0;
}

static void put_resource(const char *uuid, const char *name, const char *resource)
{
    struct hvc_command command = {.kind = HVC_COMMAND_GUEST, .by = "test"};

    assert_int_equal(hvc_parse_uuid_bytes(uuid, command.guest.uuid), 0);
    (void)hvc_text_copy(command.guest.name, sizeof(command.guest.name), name);
    (void)hvc_text_copy(command.guest.resource, sizeof(command.guest.resource), resource);
    command.guest.node = 1;
    command.guest.memory_kib = 1024;
    command.guest.version = guest_of(uuid) == NULL ? 0 : guest_of(uuid)->version;
    propose(&command);
}

static void the_priority_of_pacemakers_resource_is_that_of_the_job(void **state)
{
    static const struct {
        const char *resource, *more;
        int points;
        uint16_t priority;
        int asked;
    } rows[] = {
        {"web", "", 0, 1000, 1},    {"web", "", 10, 990, 1},         {"web", "", -10, 1010, 1},
        {"web", "", 1000000, 1, 1}, {"web", "", -1000000, 65535, 1}, {"web", ",\"priority\":7", 10, 7, 0},
        {"gone", "", 10, 1000, 1},  {"", "", 10, 1000, 0},
    };
    struct hvc_facts_ops ops = *world->facts_base.ops;

    (void)state;
    ops.priority = tell_priority;
    world->facts_base.ops = &ops;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        char args[96];
        const struct hvc_job *job;

        put_resource(VM1, "vm1", rows[i].resource);
        points = rows[i].points;
        asked_for = 0;
        (void)snprintf(args, sizeof(args), "{\"guest\":\"vm1\",\"target\":\"n2\"%s}", rows[i].more);
        check(&(struct operation_case){"job.create", args, "ok", ""});
        job = hvc_service_job(keeper->service, i + 1);
        assert_non_null(job);
        if (job->options.priority != rows[i].priority || asked_for != rows[i].asked)
            fail_msg("row %zu: priority %u, asked %d times", i, job->options.priority, asked_for);
        (void)snprintf(args, sizeof(args), "{\"id\":%zu}", i + 1);
        check(&(struct operation_case){"job.cancel", args, "ok", ""});
    }
}

static void a_guest_is_found_on_another_node_by_name_by_uuid_and_by_its_definition(void **state)
{
    static const struct operation_case rows[] = {
        {CREATE("\"guest\":\"vm2\",\"target\":\"n1\",\"dry_run\":true"), "ok", "guest vm2: live move from n2 to n1"},
        {CREATE("\"guest\":\"" VM2 "\",\"target\":\"n1\",\"dry_run\":true"), "ok", "live move from n2 to n1"},
        {CREATE("\"uuid\":\"" VM2 "\",\"target\":\"n1\",\"dry_run\":true"), "ok", "live move from n2 to n1"},
        {CREATE("\"xml\":\"<domain><name>vm2</name><uuid>" VM2 "</uuid></domain>\",\"dry_run\":true"), "ok",
         "guest vm2: live move from n2 to a node to be chosen"},
    };
    struct hvc_service_counts counts;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    assert_int_equal(guest_of(VM2)->node, 2);
    hvc_service_counts(keeper->service, &counts);
    assert_int_equal(counts.queued + counts.active, 0); /* a dry run makes no job */
}

static void a_record_that_says_the_wrong_place_is_made_true(void **state)
{
    (void)state;
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\",\"dry_run\":true"), "ok", "from n1"});
    world->here.guests[0].guest_class = HVC_GUEST_ABSENT;
    put_guest(&world->there, VM1, "vm1", HVC_GUEST_RUNNING);
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\",\"dry_run\":true"), "ok", "from n2"});
    assert_int_equal(guest_of(VM1)->node, 2);
}

static void options_come_into_the_job(void **state)
{
    struct hvc_call *call = run("job.create", "{\"guest\":\"vm1\",\"target\":\"n2\",\"kind\":\"restart\",\"restart\":"
                                              "\"turn-off\",\"priority\":7,\"bandwidth\":1000,\"downtime_ms\":50,"
                                              "\"deadline_s\":60,\"end_action\":\"force\",\"parallel\":4,\"tls\":false,"
                                              "\"compress\":true,\"auto_converge\":true,\"pin\":true,\"unsafe\":true,"
                                              "\"with_others\":true}");
    const struct hvc_job *job = hvc_service_job(keeper->service, 1);

    (void)state;
    assert_string_equal(call->error.text, "job 1: guest vm1: restart move from n1 to n2");
    hvc_call_unref(call);
    assert_int_equal(job->kind, HVC_KIND_RESTART);
    assert_int_equal(job->options.restart, HVC_RESTART_TURN_OFF);
    assert_int_equal(job->options.priority, 7);
    assert_int_equal(job->options.bandwidth, 1000);
    assert_int_equal(job->options.downtime_ms, 50);
    assert_int_equal(job->options.end_action, HVC_END_FORCE);
    assert_int_equal(job->options.parallel, 4);
    assert_true(job->options.deadline_ms > 60000);
    assert_int_equal(job->options.flags, HVC_OPTION_PLAIN | HVC_OPTION_COMPRESS | HVC_OPTION_AUTO_CONVERGE |
                                             HVC_OPTION_PIN | HVC_OPTION_UNSAFE | HVC_OPTION_WITH_OTHERS);
}

static void a_document_is_kept_before_the_job_names_it(void **state)
{
    struct hvc_call *call =
        run("job.create", "{\"guest\":\"vm1\",\"kind\":\"storage\",\"document\":\"version=1\\nroot=/srv/fast\\n\"}");
    const struct hvc_job *job = hvc_service_job(keeper->service, 1);
    const struct hvc_document *document;

    (void)state;
    assert_string_equal(call->error.text, "job 1: guest vm1: storage move on n1");
    hvc_call_unref(call);
    document = hvc_service_document(keeper->service, job->options.document);
    assert_non_null(document);
    assert_int_equal(document->received, strlen("version=1\nroot=/srv/fast\n"));
    assert_string_equal(keeper->document, "version=1\nroot=/srv/fast\n");
    check(&(struct operation_case){CREATE("\"guest\":\"vm2\",\"kind\":\"storage\",\"root\":\"/srv/slow\""), "ok", ""});
    assert_string_equal(keeper->document, "version=1\nroot=/srv/slow\n");
}

static void the_definition_of_a_guest_that_is_off_moves_from_where_it_is_stored(void **state)
{
    static const struct operation_case move = {CREATE("\"guest\":\"vm3\",\"kind\":\"definition\",\"target\":\"n2\""),
                                               "refused", "defined on several nodes"};
    struct operation_case row = move;

    (void)state;
    put_guest(&world->there, VM3, "vm3", HVC_GUEST_ABSENT);
    check(&row);
    world->there.count = 1;
    row.result = "ok";
    row.text = "job 1: guest vm3: definition move from n1 to n2";
    check(&row);
    assert_int_equal(hvc_service_job(keeper->service, 1)->source, 1);
}

static void bad_requests_are_told_in_words(void **state)
{
    static const struct operation_case rows[] = {
        {CREATE("\"guest\":\"vm9\",\"target\":\"n2\""), "not-found", "no node knows a guest \"vm9\""},
        {CREATE("\"guest\":\"0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c09\""), "not-found", "no node knows a guest 0b6e"},
        {CREATE("\"guest\":\"vm1\",\"target\":\"n9\""), "not-found", "the cluster has no node \"n9\"; it has n1, n2"},
        {CREATE("\"guest\":\"vm1\",\"target\":\"10.0.0.2\""), "not-found", "10.0.0.2 is an address of node n2"},
        {CREATE("\"guest\":\"vm1\",\"target\":\"n1\""), "refused", "guest vm1 is on node n1 already"},
        {CREATE("\"guest\":\"vm3\",\"target\":\"n2\""), "refused", "guest vm3 does not run: a live move needs"},
        {CREATE("\"guest\":\"vm1\",\"kind\":\"definition\",\"target\":\"n2\""), "refused", "guest vm1 runs"},
        {CREATE("\"guest\":\"vm1\",\"kind\":\"teleport\""), "invalid", "must be one of live, storage"},
        {CREATE("\"guest\":\"vm1\",\"kind\":\"storage\",\"target\":\"n2\""), "invalid", "the target"},
        {CREATE("\"guest\":\"vm1\",\"kind\":\"storage\""), "invalid", "where the disks shall go"},
        {CREATE("\"guest\":\"vm3\",\"kind\":\"storage\",\"root\":\"/srv\""), "refused",
         "guest vm3 does not run: its disks are copied while it runs"},
        {CREATE("\"target\":\"n2\""), "invalid", "guest"},
        {CREATE("\"guest\":\"vm1\",\"kind\":\"storage\",\"root\":\"srv\""), "invalid",
         "the storage plan cannot be used"},
        {CREATE("\"guest\":\"vm1\",\"kind\":\"storage\",\"document\":\"colour=red\""), "invalid",
         "the storage plan cannot be used"},
        {CREATE("\"xml\":\"<domain/>\""), "invalid", "cannot be used"},
    };

    (void)state;
    (void)hvc_text_copy(world->facts.nodes[1].address, sizeof(world->facts.nodes[1].address), "10.0.0.2");
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
}

static void a_target_that_cannot_take_it_is_refused_with_the_reason(void **state)
{
    static const struct operation_case move = {CREATE("\"guest\":\"vm1\",\"target\":\"n2\""), "refused", ""};
    struct hvc_fact_node *n2 = &world->facts.nodes[1];
    struct operation_case row = move;

    (void)state;
    n2->standby = true;
    row.text = "node n2 is in standby";
    check(&row);
    n2->maintenance = true;
    row.text = "node n2 is in Pacemaker's maintenance mode";
    check(&row);
    n2->pacemaker_online = false;
    row.text = "node n2 is offline for Pacemaker";
    check(&row);
    n2->unclean = true;
    row.text = "node n2 is unclean";
    check(&row);
    check(&(struct operation_case){"node.set", "{\"node\":\"n2\",\"maintenance\":true}", "ok", ""});
    row.text = "node n2 is in maintenance (hvcluster node set n2 --maintenance no)";
    check(&row);
    check(
        &(struct operation_case){"node.set", "{\"node\":\"n2\",\"maintenance\":false,\"accepting\":false}", "ok", ""});
    row.text = "node n2 accepts no moves";
    check(&row);
    set_members(1);
    row.text = "node n2 is unclean"; /* which is why it takes no part */
    check(&row);
    n2->unclean = n2->standby = n2->maintenance = false;
    n2->pacemaker_online = true;
    row.text = "node n2 takes no part in the cluster now";
    check(&row);
    check(&(struct operation_case){"service.set", "{\"name\":\"started\",\"value\":\"no\"}", "ok", ""});
    row.text = "the migration service is stopped";
    check(&row);
}

static void a_guest_that_another_agent_runs_gets_no_job(void **state)
{
    static const struct {
        const char *resource, *config, *args, *result, *text;
    } rows[] = {
        {"web", "/nowhere/vm1.xml", "\"guest\":\"vm1\",\"target\":\"n2\"", "refused",
         "by resource web (ocf:heartbeat:VirtualDomain, config=/nowhere/vm1.xml)"},
        {"web", "/nowhere/vm1.xml", "\"guest\":\"vm1\"", "refused", "hvcluster adopt web makes it ours"},
        {"web", "/nowhere/vm1.xml", "\"guest\":\"vm1\",\"dry_run\":true", "refused", "pcs resource move web"},
        {"vm1", "/nowhere/x.xml", "\"guest\":\"vm1\",\"kind\":\"restart\"", "refused", "nothing was done"},
        {"vm3", "", "\"guest\":\"vm3\",\"kind\":\"definition\",\"target\":\"n2\"", "refused", "adopt vm3"},
        {"web", "/nowhere/vm1.xml", "\"guest\":\"vm1\",\"kind\":\"storage\",\"root\":\"/srv\",\"dry_run\":true", "ok",
         ""},
        {"web", "/nowhere/vm1.xml", "\"guest\":\"vm2\",\"target\":\"n1\",\"dry_run\":true", "ok", ""},
        {"web", "/", "\"guest\":\"vm2\",\"target\":\"n1\",\"dry_run\":true", "ok", ""}, /* the job's checks ask */
    };
    struct hvc_service_counts counts;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_fact_foreign *foreign = &world->foreign[0];
        char json[256];

        world->foreign_count = 1;
        (void)hvc_text_copy(foreign->resource, sizeof(foreign->resource), rows[i].resource);
        (void)hvc_text_copy(foreign->agent, sizeof(foreign->agent), "ocf:heartbeat:VirtualDomain");
        (void)hvc_text_copy(foreign->config, sizeof(foreign->config), rows[i].config);
        (void)snprintf(json, sizeof(json), "{%s}", rows[i].args);
        check(&(struct operation_case){"job.create", json, rows[i].result, rows[i].text});
    }
    hvc_service_counts(keeper->service, &counts);
    assert_int_equal(counts.queued + counts.active, 0);
    world->foreign_result = -ETIMEDOUT; /* the checks of the job ask again */
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\",\"target\":\"n2\""), "ok", "job 1"});
}

static void a_second_request_is_busy_and_names_the_job_and_a_repeated_one_gets_its_own(void **state)
{
    char token[HVC_TOKEN_TEXT_MAX], json[256];
    struct hvc_call *call = run("job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}");

    (void)state;
    (void)snprintf(token, sizeof(token), "%s", hvc_record_text(call->data, "token", ""));
    hvc_call_unref(call);
    call = run("job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}");
    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "busy");
    assert_int_equal(hvc_record_u64(call->data, "job", 0), 1);
    assert_non_null(strstr(call->error.text, "number 1 (checking, from n1 to n2)"));
    hvc_call_unref(call);
    (void)snprintf(json, sizeof(json), "{\"guest\":\"vm1\",\"target\":\"n2\",\"token\":\"%s\"}", token);
    call = run("job.create", json);
    assert_string_equal(call->error.text,
                        "job 1 was made by an earlier request with this token (hvcluster jobs show 1)");
    hvc_call_unref(call);
}

static void without_quorum_nothing_is_done(void **state)
{
    (void)state;
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\",\"dry_run\":true"), "ok", ""});
    fake_status_cut(&keeper->status, 1);
    keeper->outcome.error = -EAGAIN;
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\",\"target\":\"n2\""), "no-quorum", "nothing was done"});
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\",\"target\":\"n2\",\"dry_run\":true"), "ok",
                                   "as far as this node knows"});
}

static void a_guest_that_runs_twice_or_may_run_on_a_silent_node_is_not_moved(void **state)
{
    (void)state;
    put_guest(&world->there, VM1, "vm1", HVC_GUEST_RUNNING);
    check(&(struct operation_case){CREATE("\"guest\":\"vm1\""), "refused", "alive on several nodes: n1: running; n2:"});
    world->there.count = 1;
    world->here.guests[2].guest_class = HVC_GUEST_ABSENT;
    world->there.inspect_result = -ETIMEDOUT;
    check(&(struct operation_case){CREATE("\"guest\":\"vm3\""), "unreachable", "whether and where guest vm3 runs"});
    check(
        &(struct operation_case){CREATE("\"guest\":\"vm1\",\"dry_run\":true"), "ok", "from n1"}); /* it is seen here */
    world->there.list_result = -ETIMEDOUT;
    check(&(struct operation_case){CREATE("\"guest\":\"vm8\""), "unreachable", "it is not known of n2"});
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin_jobs, end)
    const struct CMUnitTest tests[] = {
        T(a_guest_that_nobody_added_is_recorded_where_it_runs_and_gets_its_job),
        T(the_priority_of_pacemakers_resource_is_that_of_the_job),
        T(a_guest_is_found_on_another_node_by_name_by_uuid_and_by_its_definition),
        T(a_record_that_says_the_wrong_place_is_made_true),
        T(options_come_into_the_job),
        T(a_document_is_kept_before_the_job_names_it),
        T(the_definition_of_a_guest_that_is_off_moves_from_where_it_is_stored),
        T(bad_requests_are_told_in_words),
        T(a_target_that_cannot_take_it_is_refused_with_the_reason),
        T(a_guest_that_another_agent_runs_gets_no_job),
        T(a_second_request_is_busy_and_names_the_job_and_a_repeated_one_gets_its_own),
        T(without_quorum_nothing_is_done),
        T(a_guest_that_runs_twice_or_may_run_on_a_silent_node_is_not_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

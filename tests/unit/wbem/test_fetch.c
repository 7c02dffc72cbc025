/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of hvclusterd, in which pieces and how often, with a hvclusterd that answers from a script: this
 * program has its own client and its own clock. */
#include "fetch.h"

#include <errno.h>
#include <string.h>

#include "hvc/client.h"

#include "../hvc_cmocka.h"

/* ---- the client ---- */

struct answer {
    const char *json; /* NULL: the call fails with rc */
    int rc;
};

static const struct answer *script;
static unsigned asked, connected, closed;
static int connect_rc;
static char questions[4096];
static uint64_t later_ms;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = __real_clock_gettime(clock, now);

    now->tv_sec += (time_t)(later_ms / 1000);
    return rc;
}

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error)
{
    (void)options;
    (void)deadline_ms;
    if (connect_rc < 0)
        return hvc_error_set(error, connect_rc, "nobody listens");
    connected++;
    *ret_client = (struct hvc_client *)(uintptr_t)connected; /* never looked into */
    return 0;
}

void hvc_client_close(struct hvc_client *client)
{
    (void)client;
    closed++;
}

int hvc_client_call_text(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                         char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    const struct answer *answer = &script[asked++];
    char *json = NULL;
    size_t length = 0, used = strlen(questions);

    (void)client;
    (void)deadline_ms;
    assert_int_equal(hvc_record_format(request, &json, &length, error), 0);
    (void)snprintf(questions + used, sizeof(questions) - used, "%s\n", json);
    free(json);
    if (answer->json == NULL)
        return hvc_error_set(error, answer->rc, "hvclusterd ended");
    *ret_text = strdup(answer->json);
    *ret_length = strlen(answer->json);
    return *ret_text == NULL ? -ENOMEM : 0;
}

/* ---- a fetch and what it brings ---- */

struct fixture {
    struct hvc_wbemd_fetch *fetch;
    struct hvc_cim_arena *arena;
    struct hvc_cim_facts facts;
    struct hvc_error error;
    uint32_t missing;
};

static int begin(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.fetch = hvc_wbemd_fetch_new("test", "/nonexistent", 5000),
                               .arena = hvc_cim_arena_new(1 << 20)};
    script = NULL;
    asked = connected = closed = 0;
    connect_rc = 0;
    questions[0] = '\0';
    later_ms = 0;
    *state = &fixture;
    return fixture.fetch == NULL || fixture.arena == NULL ? -1 : 0;
}

static int end(void **state)
{
    struct fixture *f = *state;

    hvc_wbemd_fetch_free(f->fetch);
    hvc_cim_arena_free(f->arena);
    return connected == closed ? 0 : -1; /* every connection is closed once */
}

static void fetch_facts(struct fixture *f, uint32_t needs)
{
    hvc_wbemd_facts_clear(&f->facts);
    f->error.text[0] = '\0';
    hvc_wbemd_fetch_facts(f->fetch, f->arena, needs, &f->facts, &f->missing, &f->error);
}

#define OK(data)                                                                                                       \
    {                                                                                                                  \
        "{\"version\":1,\"result\":\"ok\",\"text\":\"so it is\",\"data\":" data "}", 0                                 \
    }
#define FAILS(code)                                                                                                    \
    {                                                                                                                  \
        NULL, code                                                                                                     \
    }
#define STATUS      OK("{\"node\":\"n1\",\"cluster\":\"lab\",\"version\":\"1\"}")
#define GUEST(uuid) "{\"uuid\":\"" uuid "\",\"name\":\"" uuid "\"}"
#define JOB(id, kind, uuid)                                                                                            \
    "{\"id\":" id ",\"uuid\":\"" uuid "\",\"kind\":\"" kind "\",\"phase\":\"completed\",\"ended\":true}"
#define ASKED(operation, arguments) "{\"op\":\"" operation "\",\"version\":1,\"args\":" arguments "}\n"

static void status_is_kept_for_a_second(void **state)
{
    static const struct answer answers[] = {STATUS, OK("{\"node\":\"n2\"}")};

    script = answers;
    fetch_facts(*state, HVC_FACTS_STATUS);
    fetch_facts(*state, HVC_FACTS_STATUS);
    assert_int_equal(asked, 1);
    assert_string_equal(((struct fixture *)*state)->facts.node, "n1");
    later_ms = 2000;
    fetch_facts(*state, HVC_FACTS_STATUS);
    assert_int_equal(asked, 2);
    assert_string_equal(((struct fixture *)*state)->facts.node, "n2");
    assert_int_equal(connected, 1);
}

static void guests_come_piece_by_piece(void **state)
{
    static const struct answer answers[] = {OK("{\"guests\":[" GUEST("a") "," GUEST("b") "],\"left\":1}"),
                                            OK("{\"guests\":[" GUEST("c") "],\"left\":0}")};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_GUESTS);
    assert_int_equal(f->missing, 0);
    assert_int_equal(f->facts.guest_count, 3);
    assert_string_equal(f->facts.guests[2].uuid, "C");
    assert_string_equal(questions, ASKED("guest.known", "{}") ASKED("guest.known", "{\"after\":\"b\"}"));
}

static void all_jobs_come_piece_by_piece_the_unfinished_ones_first(void **state)
{
    static const struct answer answers[] = {OK("{\"jobs\":[" JOB("3", "live", "a") "],\"left_out\":1}"),
                                            OK("{\"jobs\":[" JOB("4", "live", "b") "],\"left_out\":0}"),
                                            OK("{\"jobs\":[" JOB("2", "staged", "a") "],\"left_out\":1}"),
                                            OK("{\"jobs\":[" JOB("1", "live", "a") "],\"left_out\":0,\"now_ms\":77}")};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_JOBS | HVC_FACTS_PLANNED); /* the planned ones are among them */
    assert_int_equal(f->missing, 0);
    assert_int_equal(f->facts.job_count, 4);
    assert_int_equal(f->facts.now_ms, 77);
    assert_string_equal(questions, ASKED("job.list", "{\"state\":\"active\",\"limit\":200}")
                                       ASKED("job.list", "{\"state\":\"active\",\"limit\":200,\"after\":3}")
                                           ASKED("job.list", "{\"state\":\"ended\",\"limit\":200}")
                                               ASKED("job.list", "{\"state\":\"ended\",\"limit\":200,\"before\":2}"));
}

static void of_one_job_nothing_else_is_asked(void **state)
{
    static const struct answer answers[] = {
        OK("{\"jobs\":[" JOB("17", "live", "a") "],\"left_out\":0,\"now_ms\":77}"),
        {"{\"version\":1,\"result\":\"not-found\",\"text\":\"the cluster knows no job 18\",\"data\":{\"stale\":true}}",
         0},
        {"{\"version\":1,\"result\":\"busy\",\"text\":\"too much to do\"}", 0}};
    struct fixture *f = *state;

    script = answers;
    for (uint64_t id = 17; id < 20; id++) {
        hvc_wbemd_facts_clear(&f->facts);
        f->facts.only_job = id;
        hvc_wbemd_fetch_facts(f->fetch, f->arena, HVC_FACTS_JOBS, &f->facts, &f->missing, &f->error);
        assert_int_equal(f->missing, id == 19 ? HVC_FACTS_JOBS : 0);
        assert_int_equal(f->facts.job_count, id == 17 ? 1 : 0);
        assert_string_equal(f->facts.stale, id == 18 ? "the state may be old" : "");
    }
    assert_string_equal(f->error.text, "too much to do");
    assert_string_equal(questions, ASKED("job.list", "{\"ids\":\"17\"}") ASKED("job.list", "{\"ids\":\"18\"}")
                                       ASKED("job.list", "{\"ids\":\"19\"}"));
}

static void for_planned_systems_only_the_jobs_of_staged_guests_are_read(void **state)
{
    static const struct answer answers[] = {
        OK("{\"jobs\":[" JOB("9", "staged", "b") "," JOB("7", "staged", "a") "," JOB("5", "staged", "b") "]}"),
        OK("{\"jobs\":[" JOB("8", "live", "a") "," JOB("7", "staged", "a") "]}"),
        OK("{\"jobs\":[" JOB("9", "staged", "b") "," JOB("5", "staged", "b") "]}"),
    };
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_PLANNED);
    assert_int_equal(f->missing, 0);
    assert_int_equal(f->facts.job_count, 4);
    assert_int_equal(f->facts.jobs[0].id, 8);
    assert_string_equal(questions, ASKED("job.list", "{\"state\":\"ended\",\"limit\":200,\"kind\":\"staged\"}")
                                       ASKED("job.list", "{\"state\":\"ended\",\"limit\":200,\"guest\":\"A\"}")
                                           ASKED("job.list", "{\"state\":\"ended\",\"limit\":200,\"guest\":\"B\"}"));
}

static void without_staged_moves_one_question_is_enough(void **state)
{
    static const struct answer answers[] = {
        {"{\"version\":1,\"result\":\"ok\",\"text\":\"jobs; no quorum\",\"data\":{\"jobs\":[],\"stale\":true}}", 0}};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_PLANNED);
    assert_int_equal(asked, 1);
    assert_int_equal(f->facts.job_count, 0);
    assert_string_equal(f->facts.stale, "the state may be old: no quorum");
}

static void what_could_not_be_had_is_named_and_what_comes_after_it_is_not_asked(void **state)
{
    static const struct answer answers[] = {STATUS,
                                            {"{\"version\":1,\"result\":\"busy\",\"text\":\"too much to do\"}", 0}};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_STATUS | HVC_FACTS_SETTINGS | HVC_FACTS_GUESTS);
    assert_int_equal(asked, 2);
    assert_int_equal(f->missing, HVC_FACTS_SETTINGS | HVC_FACTS_GUESTS);
    assert_string_equal(f->error.text, "too much to do");
    assert_string_equal(f->facts.node, "n1");
}

#define SERVICE_AT(applied, epoch) OK("{\"started\":true,\"applied\":" applied ",\"epoch\":" epoch ",\"stale\":false}")
#define NODES(name)                OK("{\"nodes\":[{\"name\":\"" name "\",\"member\":true,\"listens\":[{\"address\":\"::1\"}]}]}")
#define SETTINGS(moves)            OK("{\"settings\":[{\"name\":\"moves-out\",\"value\":" moves "}]}")

static void what_only_the_state_changes_is_asked_anew_when_it_has_changed(void **state)
{
    static const struct answer answers[] = {
        SERVICE_AT("5", "1"), NODES("n1"),                 /* the first time */
        SERVICE_AT("5", "1"),                              /* the same state */
        SERVICE_AT("6", "1"), NODES("n2"),                 /* a setting was changed somewhere */
        SERVICE_AT("6", "2"), NODES("n3"),                 /* another epoch */
        SERVICE_AT("6", "2"),                              /* the same state */
        SERVICE_AT("6", "2"), SETTINGS("4"), SETTINGS("3") /* other parts of it */
    };
    static const char *const names[] = {"n1", "n1", "n2", "n3", "n3"};
    static const unsigned counts[] = {2, 3, 5, 7, 8};
    struct fixture *f = *state;

    script = answers;
    for (size_t i = 0; i < HVC_COUNT(names); i++) {
        fetch_facts(f, HVC_FACTS_NODES);
        assert_int_equal(f->missing, 0);
        assert_int_equal(f->facts.node_count, 1);
        assert_string_equal(f->facts.nodes[0].name, names[i]);
        assert_string_equal(f->facts.nodes[0].listens[0], "::1");
        assert_int_equal(asked, counts[i]);
    }
    fetch_facts(f, HVC_FACTS_NODES | HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS);
    assert_string_equal(f->facts.nodes[0].name, "n3");
    assert_int_equal(f->facts.settings.moves, 4);
    assert_int_equal(f->facts.node_settings.moves, 3);
    assert_int_equal(asked, 11);
}

static void what_is_not_of_the_state_is_at_most_a_second_old(void **state)
{
    static const struct answer answers[] = {SERVICE_AT("5", "1"), NODES("n1"), SERVICE_AT("5", "1"), NODES("n2")};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_NODES);
    later_ms = 2000;
    fetch_facts(f, HVC_FACTS_NODES);
    assert_int_equal(asked, 4);
    assert_string_equal(f->facts.nodes[0].name, "n2");
}

static void what_was_handed_out_stays_as_long_as_its_arena(void **state)
{
    static const struct answer answers[] = {SERVICE_AT("5", "1"), NODES("n1"), SERVICE_AT("6", "1"), NODES("n2")};
    struct fixture *f = *state;
    struct hvc_cim_arena *first = f->arena;
    const char *name;

    script = answers;
    fetch_facts(f, HVC_FACTS_NODES);
    name = f->facts.nodes[0].name;
    f->arena = hvc_cim_arena_new(1 << 20);
    fetch_facts(f, HVC_FACTS_NODES); /* takes the place of the first */
    assert_string_equal(name, "n1");
    hvc_cim_arena_free(first);
    assert_string_equal(f->facts.nodes[0].name, "n2");
}

static void a_part_that_cannot_be_had_is_not_kept(void **state)
{
    static const struct answer answers[] = {SERVICE_AT("5", "1"),
                                            {"{\"version\":1,\"result\":\"busy\",\"text\":\"too much to do\"}", 0},
                                            SERVICE_AT("5", "1"),
                                            NODES("n1")};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_NODES);
    assert_int_equal(f->missing, HVC_FACTS_NODES);
    fetch_facts(f, HVC_FACTS_NODES);
    assert_int_equal(f->missing, 0);
    assert_string_equal(f->facts.nodes[0].name, "n1");
}

static void nobody_listens_is_said(void **state)
{
    struct fixture *f = *state;

    connect_rc = -ENOTCONN;
    fetch_facts(f, HVC_FACTS_STATUS | HVC_FACTS_SERVICE);
    assert_int_equal(f->missing, HVC_FACTS_STATUS | HVC_FACTS_SERVICE);
    assert_string_equal(f->error.text, "nobody listens");
}

static void a_definition_that_cannot_be_read_is_no_guest_without_disks(void **state)
{
    static const struct answer answers[] = {
        OK("{\"guests\":[{\"uuid\":\"a\",\"name\":\"vm1\",\"definition_words\":\"its store is gone\"}],\"left\":0}")};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_GUESTS | HVC_FACTS_DEVICES);
    assert_int_equal(f->missing, HVC_FACTS_GUESTS | HVC_FACTS_DEVICES);
    assert_string_equal(f->error.text, "the definition of guest vm1 cannot be read: its store is gone");
    assert_string_equal(questions, ASKED("guest.known", "{\"devices\":true}"));
}

static void a_kept_connection_that_proves_dead_is_replaced_for_a_read(void **state)
{
    static const struct answer answers[] = {OK("{\"started\":true}"), FAILS(-EPIPE), OK("{\"started\":true}"),
                                            FAILS(-ETIMEDOUT)};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_SERVICE);
    assert_int_equal(connected, 1);
    fetch_facts(f, HVC_FACTS_SERVICE);
    assert_int_equal(f->missing, 0);
    assert_true(f->facts.service.started);
    assert_int_equal(connected, 2);
    fetch_facts(f, HVC_FACTS_SERVICE); /* a silent hvclusterd is not asked twice */
    assert_int_equal(f->missing, HVC_FACTS_SERVICE);
    assert_int_equal(connected, 2);
    assert_int_equal(asked, 4);
}

static void a_kept_connection_that_proves_dead_is_closed_once_when_nobody_listens_any_more(void **state)
{
    static const struct answer answers[] = {OK("{\"started\":true}"), FAILS(-EPIPE), OK("{\"started\":true}")};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_SERVICE);
    connect_rc = -ENOTCONN;
    fetch_facts(f, HVC_FACTS_SERVICE);
    assert_int_equal(f->missing, HVC_FACTS_SERVICE);
    assert_string_equal(f->error.text, "nobody listens");
    assert_int_equal(closed, 1); /* twice would free it twice */
    connect_rc = 0;
    fetch_facts(f, HVC_FACTS_SERVICE);
    assert_int_equal(f->missing, 0);
    assert_int_equal(connected, 2);
}

/* The status of an order whose answer nobody needs. */
static enum hvc_cim_status give(struct fixture *f, const struct hvc_cim_order *order)
{
    struct hvc_record *response = NULL;
    enum hvc_cim_status status = hvc_wbemd_fetch_status(hvc_wbemd_fetch_order(f->fetch, order, &response, &f->error));

    hvc_record_free(response);
    return status;
}

static void an_order_is_given_once_and_over_a_new_connection(void **state)
{
    static const struct answer answers[] = {OK("{\"started\":true}"), FAILS(-EPIPE)};
    const struct hvc_cim_order order = {
        .operation = "service.set",
        .arguments = {{.name = "name", .text = "owner-name"}, {.name = "value", .text = "somebody"}}};
    struct fixture *f = *state;

    script = answers;
    fetch_facts(f, HVC_FACTS_SERVICE);
    questions[0] = '\0';
    assert_int_equal(give(f, &order), HVC_CIM_FAILED);
    assert_string_equal(f->error.text, "hvclusterd ended");
    assert_int_equal(connected, 2);
    assert_int_equal(asked, 2);
    assert_string_equal(questions, ASKED("service.set", "{\"name\":\"owner-name\",\"value\":\"somebody\"}"));
}

static void the_result_of_an_order_is_a_status_with_the_words(void **state)
{
    static const struct {
        const char *result;
        enum hvc_cim_status status;
    } cases[] = {
        {"ok", HVC_CIM_OK},
        {"invalid", HVC_CIM_INVALID_PARAMETER},
        {"denied", HVC_CIM_ACCESS_DENIED},
        {"not-found", HVC_CIM_NOT_FOUND},
        {"unsupported", HVC_CIM_NOT_SUPPORTED},
        {"refused", HVC_CIM_FAILED},
        {"no-quorum", HVC_CIM_FAILED},
    };
    const struct hvc_cim_order order = {.operation = "service.set", .arguments = {{.name = "name", .text = "x"}}};
    struct fixture *f = *state;

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        char text[128];
        const struct answer answer = {text, 0};

        (void)snprintf(text, sizeof(text), "{\"version\":1,\"result\":\"%s\",\"text\":\"words of it\"}",
                       cases[i].result);
        script = &answer;
        asked = 0;
        f->error.text[0] = '\0';
        assert_int_equal(give(f, &order), cases[i].status);
        assert_string_equal(f->error.text, i == 0 ? "" : "words of it");
    }
    connect_rc = -EACCES;
    later_ms = 0;
    assert_int_equal(give(f, &order), HVC_CIM_ACCESS_DENIED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_is_kept_for_a_second),
        TEST(guests_come_piece_by_piece),
        TEST(all_jobs_come_piece_by_piece_the_unfinished_ones_first),
        TEST(of_one_job_nothing_else_is_asked),
        TEST(for_planned_systems_only_the_jobs_of_staged_guests_are_read),
        TEST(without_staged_moves_one_question_is_enough),
        TEST(what_could_not_be_had_is_named_and_what_comes_after_it_is_not_asked),
        TEST(what_only_the_state_changes_is_asked_anew_when_it_has_changed),
        TEST(what_is_not_of_the_state_is_at_most_a_second_old),
        TEST(what_was_handed_out_stays_as_long_as_its_arena),
        TEST(a_part_that_cannot_be_had_is_not_kept),
        TEST(nobody_listens_is_said),
        TEST(a_definition_that_cannot_be_read_is_no_guest_without_disks),
        TEST(a_kept_connection_that_proves_dead_is_replaced_for_a_read),
        TEST(a_kept_connection_that_proves_dead_is_closed_once_when_nobody_listens_any_more),
        TEST(an_order_is_given_once_and_over_a_new_connection),
        TEST(the_result_of_an_order_is_a_status_with_the_words),
    };

    return cmocka_run_group_tests_name("wbem.fetch", tests, NULL, NULL);
}

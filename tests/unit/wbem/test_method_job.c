/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs that the golden calls do not have. */
#include "facts_sample.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define JOB(method) "HVCluster:MigrationJob-7|" method "|"

static struct hvc_facts_job job;

/* That one job, which failed with these reasons. */
static struct hvc_cim_facts with_failed(const struct hvc_facts_reason *reasons, uint32_t count, const char *words)
{
    struct hvc_cim_facts facts = facts_sample;

    job = facts.jobs[1];
    job.id = 7;
    job.reasons = reasons;
    job.reason_count = count;
    job.words = words;
    facts.jobs = &job;
    facts.job_count = 1;
    return facts;
}

static void a_job_without_reasons_has_the_error_that_it_ended_with(void **state)
{
    static const struct hvc_facts_reason note = {.code = "note", .text = "the target was chosen"};
    static const struct method_row with_words[] = {
        {JOB("GetErrorEx") "|ok", NOTHING, "HVC-JOB-failed"},
        {JOB("GetErrorEx") "|ok", NOTHING, "its words"},
        {JOB("GetError") "|ok", NOTHING, "HVC-JOB-failed"},
    };
    static const struct method_row without[] = {
        {JOB("GetErrorEx") "|ok", NOTHING, "Message&quot; TYPE=&quot;string&quot;&gt;&lt;VALUE&gt;"},
    };
    struct hvc_cim_facts facts = with_failed(NULL, 0, "its words");

    (void)state;
    method_rows(&facts, with_words, HVC_COUNT(with_words));
    facts = with_failed(&note, 1, "its words"); /* a note is none */
    method_rows(&facts, with_words, HVC_COUNT(with_words));
    facts = with_failed(NULL, 0, "");
    method_rows(&facts, without, HVC_COUNT(without));
}

static void every_reason_says_what_to_do(void **state)
{
    static const struct {
        const char *code, *action;
    } rows[] = {
        {"retry", "ask for the move again later"},
        {"other-node", "ask for a move to another host"},
        {"give-up", "remove what the message names"},
        {"cancelled", "ask for the move again when it shall be done"},
        {"deadline", "more time, more bandwidth or CPUCappingMagnitude"},
        {"source-lost", "look at the host where the virtual system was"},
        {"target-lost", "look at the target"},
        {"guest-stopped", "start the virtual system"},
        {"unproven", "look where the virtual system runs before anything else"},
        {"operator", "see what the operator said"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const struct hvc_facts_reason reason = {.code = rows[i].code, .text = "why"};
        const struct hvc_cim_facts facts = with_failed(&reason, 1, "why");
        char id[64];
        const struct method_row wanted[] = {{JOB("GetErrorEx") "|ok", NOTHING, rows[i].action},
                                            {JOB("GetErrorEx") "|ok", NOTHING, id}};

        (void)snprintf(id, sizeof(id), "HVC-JOB-%s&lt;", rows[i].code);
        method_rows(&facts, wanted, HVC_COUNT(wanted));
    }
}

/* The last one decided: GetError has it, GetErrorEx all of them in their order. */
static void of_several_reasons_the_last_is_the_error(void **state)
{
    static const struct hvc_facts_reason reasons[] = {
        {.code = "retry", .text = "first"}, {.code = "note", .text = "seen"}, {.code = "give-up", .text = "last"}};
    const struct hvc_cim_facts facts = with_failed(reasons, HVC_COUNT(reasons), "last");
    struct hvc_cim_server *server = hvc_cim_server_new(&method_talk_options);
    struct hvc_text_buffer one = {.limit = METHOD_TALK_MAX}, all = {.limit = METHOD_TALK_MAX};

    (void)state;
    method_line(server, &facts, JOB("GetError") "|ok", &one);
    method_line(server, &facts, JOB("GetErrorEx") "|ok", &all);
    assert_null(strstr(one.bytes, "HVC-JOB-retry"));
    assert_non_null(strstr(one.bytes, "HVC-JOB-give-up"));
    assert_non_null(strstr(all.bytes, "HVC-JOB-retry"));
    assert_true(strstr(all.bytes, "HVC-JOB-retry") < strstr(all.bytes, "HVC-JOB-give-up"));
    assert_null(strstr(all.bytes, "HVC-JOB-note"));
    hvc_text_free(&one);
    hvc_text_free(&all);
    hvc_cim_server_free(server);
}

static void a_timeout_of_nothing_is_no_limit(void **state)
{
    static const struct method_row rows[] = {
        {JOB("RequestStateChange") "S RequestedState=4#S TimeoutPeriod=00000000000000.000000:000|ok",
         "> job.cancel id#7\n", VALUE("0")},
        {JOB("RequestStateChange") "S RequestedState=4#N TimeoutPeriod=|ok", "> job.cancel id#7\n", VALUE("0")},
        {JOB("RequestStateChange") "S RequestedState=4#S TimeoutPeriod=00000000000000.000001:000|ok", NOTHING,
         VALUE("4098")},
        {JOB("RequestStateChange") "S RequestedState=4#S TimeoutPeriod=soon|ok", NOTHING, "<ERROR CODE=\"4\""},
    };
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    facts.job_count = 1; /* number 7, which is cancellable */
    method_rows(&facts, rows, HVC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_without_reasons_has_the_error_that_it_ended_with),
        cmocka_unit_test(every_reason_says_what_to_do),
        cmocka_unit_test(of_several_reasons_the_last_is_the_error),
        cmocka_unit_test(a_timeout_of_nothing_is_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

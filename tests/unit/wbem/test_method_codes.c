/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Return values: the tables of methods.md 18, and what hvclusterd's results are. */
#include "methods.h"

#include "facts_sample.h"
#include "hvc/record.h"
#include "hvc/schemas.h"

#include "../hvc_cmocka.h"
#include "arena_fixture.h"

static struct hvc_cim_method_call call_with(const struct hvc_cim_method *method)
{
    const struct hvc_schema_class *cls =
        hvc_schema_class_find(&hvc_schema_cluster, "Msvm_VirtualSystemMigrationService");

    return (struct hvc_cim_method_call){.is = method,
                                        .arena = arena,
                                        .space = &hvc_schema_cluster,
                                        .cls = cls,
                                        .method = hvc_schema_method_find(cls, "MigrateVirtualSystemToHost"),
                                        .facts = &facts_sample};
}

/* 0: an error of CIM, for the table has no value for it. */
static void every_situation_has_its_value_in_every_table(void **state)
{
    static const struct {
        enum situation situation;
        uint32_t ms, cim, state, service, kill;
    } rows[] = {
        {SITUATION_FAILED, 32768, 2, 4, 0, 4},      {SITUATION_DENIED, 32769, 0, 0, 0, 6},
        {SITUATION_UNSUPPORTED, 32770, 1, 1, 1, 1}, {SITUATION_UNPROVEN, 32771, 3, 2, 0, 2},
        {SITUATION_TIMEOUT, 32772, 3, 3, 0, 3},     {SITUATION_INVALID, 32773, 4, 5, 0, 4},
        {SITUATION_IN_USE, 32774, 5, 6, 0, 4},      {SITUATION_STATE, 32775, 5, 4097, 0, 4},
        {SITUATION_TYPE, 32776, 4, 5, 0, 4},        {SITUATION_AWAY, 32777, 5, 4, 0, 4},
        {SITUATION_NO_TARGET, 32777, 4, 5, 0, 7},   {SITUATION_INCOMPATIBLE, 32770, 6, 4098, 0, 1},
    };

    (void)state;
    assert_int_equal(HVC_COUNT(rows), SITUATION_COUNT - 1); /* all but OK */
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const uint32_t wanted[CODES_COUNT] = {[CODES_MS] = rows[i].ms,
                                              [CODES_CIM] = rows[i].cim,
                                              [CODES_STATE] = rows[i].state,
                                              [CODES_SERVICE] = rows[i].service,
                                              [CODES_KILL] = rows[i].kill};

        for (unsigned codes = 0; codes < CODES_COUNT; codes++) {
            const struct hvc_cim_method method = {.codes = (uint8_t)codes};
            struct hvc_cim_method_call call = call_with(&method);

            call.order_count = 3;
            refuse(&call, rows[i].situation, "number %d", 7);
            assert_int_equal(call.value, wanted[codes]);
            assert_int_equal(call.fault, wanted[codes] != 0                      ? HVC_CIM_OK
                                         : rows[i].situation == SITUATION_DENIED ? HVC_CIM_ACCESS_DENIED
                                                                                 : HVC_CIM_FAILED);
            assert_string_equal(call.words, "number 7");
            assert_int_equal(call.order_count, 0); /* nothing of it is done */
            assert_true(refused(&call));
        }
    }
}

static void every_result_of_hvclusterd_is_a_situation(void **state)
{
    static const struct {
        enum hvc_result result;
        enum situation situation;
    } rows[] = {
        {HVC_RESULT_OK, SITUATION_OK},
        {HVC_RESULT_NOT_FOUND, SITUATION_INVALID},
        {HVC_RESULT_INVALID, SITUATION_INVALID},
        {HVC_RESULT_REFUSED, SITUATION_STATE},
        {HVC_RESULT_DENIED, SITUATION_DENIED},
        {HVC_RESULT_NO_QUORUM, SITUATION_AWAY},
        {HVC_RESULT_UNREACHABLE, SITUATION_AWAY},
        {HVC_RESULT_BUSY, SITUATION_IN_USE},
        {HVC_RESULT_TIMEOUT, SITUATION_TIMEOUT},
        {HVC_RESULT_UNKNOWN_OUTCOME, SITUATION_UNPROVEN},
        {HVC_RESULT_UNSUPPORTED, SITUATION_UNSUPPORTED},
        {HVC_RESULT_FAILED, SITUATION_FAILED},
        {HVC_RESULT_INTERNAL, SITUATION_FAILED},
        {HVC_RESULT_MAX, SITUATION_FAILED}, /* of a later hvclusterd */
    };

    (void)state;
    assert_int_equal(HVC_COUNT(rows), HVC_RESULT_MAX + 1);
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        assert_int_equal(situation_of(rows[i].result), rows[i].situation);
}

static void words_that_are_too_long_are_cut(void **state)
{
    static const struct hvc_cim_method method = {.codes = CODES_MS};
    struct hvc_cim_method_call call = call_with(&method);
    char words[2000];

    (void)state;
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    refuse(&call, SITUATION_FAILED, "%s", words);
    assert_int_equal(strlen(call.words), 511);
}

static void only_the_last_order_can_have_failed(void **state)
{
    static const struct hvc_cim_method method = {.codes = CODES_MS};
    const struct hvc_cim_order_answer answers[] = {{.result = HVC_RESULT_OK, .words = "one"},
                                                   {.result = HVC_RESULT_BUSY, .words = "two"}};
    struct hvc_cim_method_call call = call_with(&method);

    (void)state;
    take_answers(&call, answers, 1);
    assert_false(refused(&call));
    take_answers(&call, answers, 2);
    assert_int_equal(call.value, 32774);
    assert_string_equal(call.words, "two (what stands before it in the request was done)");
    call = call_with(&method);
    take_answers(&call, &answers[1], 1);
    assert_string_equal(call.words, "two");
}

/* A job is told by its path; an answer without a number proves nothing. */
static void a_job_has_a_number(void **state)
{
    static const struct hvc_cim_method method = {.codes = CODES_MS};
    struct hvc_cim_order_answer answer = {.result = HVC_RESULT_OK, .words = ""};
    struct hvc_record *data = NULL;
    struct hvc_cim_method_call call = call_with(&method);
    const struct hvc_schema_element *element = hvc_schema_parameter_find(call.method, "Job");
    size_t at = (size_t)(element - call.method->parameters);

    (void)state;
    take_job(&call, &answer, 1);
    assert_int_equal(call.value, 32771);
    assert_string_equal(call.words, "hvclusterd did not say which job it made");
    call = call_with(&method);
    call.out = hvc_cim_alloc(arena, call.method->parameter_count, sizeof(*call.out));
    assert_int_equal(hvc_record_parse("{\"id\":12}", 9, &data, NULL), 0);
    answer.data = data;
    take_job(&call, &answer, 1);
    assert_int_equal(call.value, 4096);
    assert_non_null(call.out[at]);
    assert_string_equal(hvc_cim_key(call.out[at]->path[0], "InstanceID")->text, "HVCluster:MigrationJob-12");
    hvc_record_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation_has_its_value_in_every_table),
        cmocka_unit_test(every_result_of_hvclusterd_is_a_situation),
        cmocka_unit_test(words_that_are_too_long_are_cut),
        cmocka_unit_test(only_the_last_order_can_have_failed),
        cmocka_unit_test(a_job_has_a_number),
    };

    return cmocka_run_group_tests(tests, begin_arena, end_arena);
}

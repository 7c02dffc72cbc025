/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Msvm_Error as text, read back. */
#include "error_instance.h"

#include <string.h>

#include "hvc/cimxml.h"
#include "hvc/schemas.h"
#include "methods.h"

#include "../hvc_cmocka.h"
#include "arena_fixture.h"

static const struct hvc_cim_instance *read_back(const struct error_words *words)
{
    struct hvc_cim_method_call call = {.arena = arena, .space = &hvc_schema_host};
    const struct hvc_cim_instance *instance = NULL;
    const char *text = error_instance_text(&call, words);

    assert_non_null(text);
    assert_int_equal(hvc_cimxml_read_instance(arena, text, &instance, NULL), 0);
    assert_string_equal(instance->class_name, "Msvm_Error");
    return instance;
}

static void an_error_has_all_that_is_known_of_it(void **state)
{
    static const struct error_words words = {.id = "HVC-JOB-retry",
                                             .message = "pool <fast> & \"slow\" are busy",
                                             .cause = "copying",
                                             .action = "ask again later",
                                             .source = "root/HyperVCluster/v2:Msvm_MigrationJob.InstanceID=\"x\"",
                                             .probable_cause = 57,
                                             .high = true};
    const struct hvc_cim_instance *error = read_back(&words);

    (void)state;
    assert_string_equal(text_of(error, "MessageID"), words.id);
    assert_string_equal(text_of(error, "Message"), words.message);
    assert_string_equal(text_of(error, "ProbableCauseDescription"), words.cause);
    assert_string_equal(text_of(error, "ErrorSource"), words.source);
    assert_string_equal(text_of(error, "OwningEntity"), "hvcluster");
    assert_int_equal(number_of(error, "ProbableCause", 0), 57);
    assert_int_equal(number_of(error, "PerceivedSeverity", 0), 4);
    assert_int_equal(number_of(error, "ErrorType", 0), 4);
    assert_int_equal(number_of(error, "CIMStatusCode", 0), 1);
    assert_int_equal(hvc_cim_get(error, "RecommendedActions")->count, 1);
    assert_string_equal(hvc_cim_get(error, "RecommendedActions")->text[0], words.action);
}

static void what_is_not_known_is_left_out(void **state)
{
    static const struct error_words words = {.id = "old", .message = "", .cause = ""};
    const struct hvc_cim_instance *error = read_back(&words);

    (void)state;
    assert_int_equal(number_of(error, "PerceivedSeverity", 0), 2);
    assert_string_equal(text_of(error, "ErrorSource"), "");
    assert_null(text_of(error, "RecommendedActions"));
}

static void without_memory_there_is_no_text(void **state)
{
    static const struct error_words words = {.id = "old", .message = "", .cause = ""};
    struct hvc_cim_method_call call = {.arena = hvc_cim_arena_new(256), .space = &hvc_schema_host};

    (void)state;
    assert_non_null(call.arena);
    assert_null(error_instance_text(&call, &words));
    hvc_cim_arena_free(call.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_all_that_is_known_of_it),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(without_memory_there_is_no_text),
    };

    return cmocka_run_group_tests(tests, begin_arena, end_arena);
}

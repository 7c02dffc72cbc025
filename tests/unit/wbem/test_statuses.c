/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be wrong with a request, and its status, each with golden answers; then: every operation has a golden answer
 * for each status that it can return, and none that DSP0200 does not give it. Not among them: access denied
 * (test_answer.c), and what only a defect of hvcluster brings.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cim.h"

#include "../hvc_cmocka.h"

enum { LARGE = 1 << 20, STATUSES_MAX = 12 };

#define BAD       HVC_CIM_INVALID_NAMESPACE, HVC_CIM_INVALID_PARAMETER
#define READS     HVC_CIM_FAILED, BAD
#define TRAVERSES READS, HVC_CIM_NOT_FOUND
#define OPENS                                                                                                          \
    HVC_CIM_INVALID_OPERATION_TIMEOUT, HVC_CIM_FILTERED_ENUMERATION_NOT_SUPPORTED,                                     \
        HVC_CIM_CONTINUATION_ON_ERROR_NOT_SUPPORTED, HVC_CIM_SERVER_LIMITS_EXCEEDED
#define NOT_SERVED {HVC_CIM_NOT_SUPPORTED}, true

static const struct {
    const char *operation; /* "": a method */
    enum hvc_cim_status statuses[STATUSES_MAX];
    bool never; /* it succeeds never */
} rows[] = {
    {"GetClass", {BAD, HVC_CIM_NOT_FOUND}, false},
    {"EnumerateClasses", {BAD, HVC_CIM_INVALID_CLASS}, false},
    {"EnumerateClassNames", {BAD, HVC_CIM_INVALID_CLASS}, false},
    {"GetQualifier", {BAD, HVC_CIM_NOT_FOUND}, false},
    {"EnumerateQualifiers", {HVC_CIM_INVALID_NAMESPACE}, false},
    {"GetInstance", {READS, HVC_CIM_INVALID_CLASS, HVC_CIM_NOT_FOUND}, false},
    {"EnumerateInstances", {READS, HVC_CIM_INVALID_CLASS}, false},
    {"EnumerateInstanceNames", {READS, HVC_CIM_INVALID_CLASS}, false},
    {"ModifyInstance",
     {READS, HVC_CIM_INVALID_CLASS, HVC_CIM_NOT_FOUND, HVC_CIM_NOT_SUPPORTED, HVC_CIM_NO_SUCH_PROPERTY},
     false},
    {"Associators", {TRAVERSES}, false},
    {"AssociatorNames", {TRAVERSES}, false},
    {"References", {TRAVERSES}, false},
    {"ReferenceNames", {TRAVERSES}, false},
    {"ExecQuery", {READS, HVC_CIM_QUERY_LANGUAGE_NOT_SUPPORTED, HVC_CIM_INVALID_QUERY}, false},
    {"OpenEnumerateInstances", {READS, HVC_CIM_INVALID_CLASS, OPENS}, false},
    {"OpenEnumerateInstancePaths", {READS, HVC_CIM_INVALID_CLASS, OPENS}, false},
    {"OpenAssociatorInstances", {TRAVERSES, OPENS}, false},
    {"OpenAssociatorInstancePaths", {TRAVERSES, OPENS}, false},
    {"OpenReferenceInstances", {TRAVERSES, OPENS}, false},
    {"OpenReferenceInstancePaths", {TRAVERSES, OPENS}, false},
    /* test_operations.c pulls what it opened to the end, and closes it */
    {"PullInstancesWithPath", {BAD, HVC_CIM_INVALID_ENUMERATION_CONTEXT}, true},
    {"PullInstancePaths", {BAD, HVC_CIM_INVALID_ENUMERATION_CONTEXT}, true},
    {"CloseEnumeration", {BAD, HVC_CIM_INVALID_ENUMERATION_CONTEXT}, true},
    {"OpenQueryInstances", NOT_SERVED},
    {"PullInstances", NOT_SERVED},
    {"EnumerationCount", NOT_SERVED},
    {"CreateInstance", NOT_SERVED},
    {"DeleteInstance", NOT_SERVED},
    {"CreateClass", NOT_SERVED},
    {"ModifyClass", NOT_SERVED},
    {"DeleteClass", NOT_SERVED},
    {"GetProperty", NOT_SERVED},
    {"SetProperty", NOT_SERVED},
    {"SetQualifier", NOT_SERVED},
    {"DeleteQualifier", NOT_SERVED},
    /* tests/golden/wbem_methods has the answers of the methods that are carried out */
    {"", {TRAVERSES, HVC_CIM_METHOD_NOT_AVAILABLE, HVC_CIM_METHOD_NOT_FOUND}, true},
};
static unsigned found[HVC_COUNT(rows)][HVC_CIM_SERVER_IS_SHUTTING_DOWN + 1]; /* golden answers with that status */

static char *read_file(const char *path)
{
    char *text = calloc(LARGE, 1);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_true(fread(text, 1, LARGE - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static unsigned status_of(const char *path)
{
    static const char mark[] = "<ERROR CODE=\"";
    char *answer = read_file(path);
    const char *error = strstr(answer, mark);
    unsigned long status = error == NULL ? HVC_CIM_OK : strtoul(error + sizeof(mark) - 1, NULL, 10);

    free(answer);
    assert_in_range(status, 0, HVC_CIM_SERVER_IS_SHUTTING_DOWN);
    return (unsigned)status;
}

static size_t row_of(const char *request)
{
    static const char mark[] = "<IMETHODCALL NAME=\"";
    const char *name = strstr(request, mark);
    size_t length = name == NULL ? 0 : strcspn(name + sizeof(mark) - 1, "\"");

    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        if (strlen(rows[i].operation) == length &&
            (length == 0 || strncmp(rows[i].operation, name + sizeof(mark) - 1, length) == 0))
            return i;
    fail_msg("which operation is this: %s", request);
    return 0;
}

static void count_answer(const char *request_path)
{
    static const char suffix[] = ".request.xml";
    char *request = read_file(request_path);
    char path[1024];

    (void)snprintf(path, sizeof(path), "%.*s.xml", (int)(strlen(request_path) - (sizeof(suffix) - 1)), request_path);
    found[row_of(request)][status_of(path)]++;
    free(request);
}

/* What DSP0200 says of each thing that can be wrong with these operations. OK: a filter that nothing passes. */
static const struct {
    const char *what;
    enum hvc_cim_status status;
    const char *files[4]; /* golden pairs */
} conditions[] = {
    {"a changed instance of an unknown class", HVC_CIM_INVALID_CLASS, {"ModifyInstance-INVALID_CLASS"}},
    {"an unknown changed instance", HVC_CIM_NOT_FOUND, {"ModifyInstance-NOT_FOUND"}},
    {"a changed instance of another class than its path", HVC_CIM_INVALID_PARAMETER, {"modify-other-class"}},
    {"no instance to change", HVC_CIM_INVALID_PARAMETER, {"ModifyInstance-INVALID_PARAMETER"}},
    {"an unknown property", HVC_CIM_NO_SUCH_PROPERTY, {"modify-no-property", "modify-list-no-property"}},
    {"a list of properties that is no array", HVC_CIM_INVALID_PARAMETER, {"modify-list-no-array"}},
    {"a changed key", HVC_CIM_INVALID_PARAMETER, {"modify-key"}},
    {"a changed property that is read only", HVC_CIM_NOT_SUPPORTED, {"modify-read-only", "modify-host"}},
    {"a value of another type", HVC_CIM_INVALID_PARAMETER, {"modify-type", "modify-array", "modify-range"}},
    {"NULL where a value must be", HVC_CIM_INVALID_PARAMETER, {"modify-null"}},
    {"an unknown query language", HVC_CIM_QUERY_LANGUAGE_NOT_SUPPORTED, {"query-language"}},
    {"no query", HVC_CIM_INVALID_PARAMETER, {"ExecQuery-INVALID_PARAMETER", "query-no-language"}},
    {"a bad query", HVC_CIM_INVALID_QUERY, {"query-bad", "query-cql-bad"}},
    {"a query of an unknown class", HVC_CIM_INVALID_QUERY, {"ExecQuery-INVALID_QUERY", "query-isa-unknown"}},
    {"a query of an unknown property", HVC_CIM_INVALID_QUERY, {"query-no-property", "query-where-unknown"}},
    {"a query that compares what cannot be", HVC_CIM_INVALID_QUERY, {"query-text-for-number", "query-array"}},
#define SOURCE(suffix)                                                                                                 \
    {                                                                                                                  \
        "Associators" suffix, "AssociatorNames" suffix, "References" suffix, "ReferenceNames" suffix                   \
    }
#define EACH(suffix)                                                                                                   \
    {                                                                                                                  \
        "associators" suffix, "associator-names" suffix, "references" suffix, "reference-names" suffix                 \
    }
#define FIRST(suffix)                                                                                                  \
    {                                                                                                                  \
        "associators" suffix, "associator-names" suffix                                                                \
    }
    {"an unknown class as the source", HVC_CIM_INVALID_PARAMETER, EACH("-of-class-unknown")},
    {"the source of an unknown class", HVC_CIM_INVALID_PARAMETER, SOURCE("-INVALID_PARAMETER")},
    {"an unknown source", HVC_CIM_NOT_FOUND, SOURCE("-NOT_FOUND")},
    {"a source without all its keys", HVC_CIM_INVALID_PARAMETER, EACH("-key-missing")},
    {"an unknown association class", HVC_CIM_INVALID_PARAMETER, FIRST("-no-association-class")},
    {"an association class that is none", HVC_CIM_INVALID_PARAMETER, FIRST("-class-no-association")},
    {"an unknown result class", HVC_CIM_INVALID_PARAMETER, EACH("-no-result-class")},
    {"a role that is no name", HVC_CIM_INVALID_PARAMETER, EACH("-role-no-name")},
    {"a role that no association has", HVC_CIM_OK, EACH("-role-unknown")},
    {"a result role that is no name", HVC_CIM_INVALID_PARAMETER, FIRST("-result-role-no-name")},
    {"a result role that no association has", HVC_CIM_OK, FIRST("-result-role-unknown")},
    {"a parameter that stands twice", HVC_CIM_INVALID_PARAMETER, {"get-parameter-twice", "method-parameter-twice"}},
    {"a parameter that the operation does not have",
     HVC_CIM_INVALID_PARAMETER,
     {"get-parameter-unknown", "associators-parameter-unknown", "query-parameter-unknown", "modify-parameter-unknown"}},
};

static void each_thing_that_can_be_wrong_has_the_status_that_DSP0200_gives_it(void **state)
{
    unsigned mistakes = 0;
    char path[512];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(conditions); i++)
        for (size_t j = 0; j < HVC_COUNT(conditions[i].files) && conditions[i].files[j] != NULL; j++) {
            unsigned status;

            (void)snprintf(path, sizeof(path), "%s/tests/golden/wbem/%s.xml", getenv("HVC_SOURCE_DIR"),
                           conditions[i].files[j]);
            status = status_of(path);
            if (status == conditions[i].status)
                continue;
            mistakes++;
            print_error("%s: %s gives %u, not %u\n", conditions[i].what, conditions[i].files[j], status,
                        conditions[i].status);
        }
    assert_int_equal(mistakes, 0);
}

static bool can_return(size_t row, unsigned status)
{
    for (size_t i = 0; i < STATUSES_MAX; i++)
        if (status != HVC_CIM_OK && rows[row].statuses[i] == status)
            return true;
    return status == HVC_CIM_OK && !rows[row].never;
}

static void every_status_of_every_operation_has_a_golden_answer_and_no_other_has(void **state)
{
    unsigned mistakes = 0;
    char pattern[512];
    glob_t files;

    (void)state;
    (void)snprintf(pattern, sizeof(pattern), "%s/tests/golden/wbem/*.request.xml", getenv("HVC_SOURCE_DIR"));
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        count_answer(files.gl_pathv[i]);
    globfree(&files);
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        for (unsigned status = 0; status <= HVC_CIM_SERVER_IS_SHUTTING_DOWN; status++) {
            if (can_return(i, status) == (found[i][status] > 0))
                continue;
            mistakes++;
            print_error("%s: status %u: %s\n", rows[i].operation[0] == '\0' ? "a method" : rows[i].operation, status,
                        found[i][status] > 0 ? "a golden answer has it, the table does not" : "no golden answer");
        }
    assert_int_equal(mistakes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_that_can_be_wrong_has_the_status_that_DSP0200_gives_it),
        cmocka_unit_test(every_status_of_every_operation_has_a_golden_answer_and_no_other_has),
    };

    return cmocka_run_group_tests_name("wbem.statuses", tests, NULL, NULL);
}

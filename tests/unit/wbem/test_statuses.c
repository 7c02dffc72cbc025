/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every operation has a golden answer for each status that it can return, and none that DSP0200 does not give it. Not
 * among them: access denied (test_answer.c), and what only a defect of hvcluster brings.
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
    static const char mark[] = "<ERROR CODE=\"", suffix[] = ".request.xml";
    char *request = read_file(request_path);
    char path[1024];
    const char *error;
    char *answer;
    unsigned long status;

    (void)snprintf(path, sizeof(path), "%.*s.xml", (int)(strlen(request_path) - (sizeof(suffix) - 1)), request_path);
    answer = read_file(path);
    error = strstr(answer, mark);
    status = error == NULL ? HVC_CIM_OK : strtoul(error + sizeof(mark) - 1, NULL, 10);
    assert_in_range(status, 0, HVC_CIM_SERVER_IS_SHUTTING_DOWN);
    found[row_of(request)][status]++;
    free(answer);
    free(request);
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
        cmocka_unit_test(every_status_of_every_operation_has_a_golden_answer_and_no_other_has),
    };

    return cmocka_run_group_tests_name("wbem.statuses", tests, NULL, NULL);
}

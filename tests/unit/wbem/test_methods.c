/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Methods from a request to its answer, without hvclusterd: what a call orders, and what the answer to the orders
 * becomes. tests/golden/wbem_methods/calls.txt has a line a call, in the form of method_request.h:
 *
 *     OBJECT|METHOD|PARAMETERS|WHAT HVCLUSTERD SAYS
 *     > ORDERS
 *     < the answer in CIM-XML, and why
 *
 * The lines with > and < are golden: HVC_GOLDEN_UPDATE=1 writes them anew.
 */
#include "hvc/schemas.h"

#include "method_request.h"

#include "../hvc_cmocka.h"

/* ---- which values were returned ---- */

enum whose { OF_CLUSTER, OF_HOST, OF_JOB, OF_ANY };

/* Values of a return table that no call can meet, and why. */
static const struct {
    const char *methods, *values; /* each between spaces; of methods " * " are all */
    enum whose whose;
    const char *why;
} unmet[] = {
    {" * ", " 32778 ", OF_ANY, "a request that needs too much memory is CIM_ERR_SERVER_LIMITS_EXCEEDED"},
    {" AddNetworkSettings RemoveNetworkSettings ModifyNetworkSettings ModifyServiceSettings ", " 4096 ", OF_ANY,
     "it is done when it is answered"},
    {" GetProcessorFeatureLimits ", " 0 32768 32769 32771 32772 32773 32774 32775 32776 32777 ", OF_ANY,
     "nobody knows what it shall tell"},
    {" RemoveNetworkSettings CheckSystemCompatibilityInfo GetSystemCompatibilityInfo GetSystemCompatibilityVectors ",
     " 32776 ", OF_ANY, "no parameter holds an instance; another type is CIM_ERR_INVALID_PARAMETER"},
    {" MigrateVirtualSystemToSystem ", " 0 ", OF_ANY, "every move is a job"},
    {" RequestStateChange ", " 4096 4099 ", OF_CLUSTER, "it is done when it is answered; busy is 6 (In Use)"},
    {" RequestStateChange ", " 0 2 3 4 5 6 4096 4097 4098 4099 ", OF_HOST, "the state is the cluster's"},
    {" RequestStateChange ", " 32776 ", OF_JOB, "no parameter holds an instance"},
    {" KillJob ", " 7 ", OF_JOB, "a job that there is not is CIM_ERR_NOT_FOUND"},
    {" GetError GetErrorEx ", " 32768 32769 32770 32771 32772 32773 32774 32775 32776 32777 ", OF_JOB,
     "what it answers was read with the job"},
};

static bool has_word(const char *words, const char *word)
{
    char between[64];

    (void)snprintf(between, sizeof(between), " %s ", word);
    return strstr(words, between) != NULL;
}

/* NULL: it can be met. */
static const char *why_unmet(const char *method, enum whose whose, const char *value)
{
    for (size_t i = 0; i < HVC_COUNT(unmet); i++) {
        bool named = strcmp(unmet[i].methods, " * ") == 0 || has_word(unmet[i].methods, method);

        if (named && (unmet[i].whose == OF_ANY || unmet[i].whose == whose) && has_word(unmet[i].values, value))
            return unmet[i].why;
    }
    return NULL;
}

static enum whose whose_call(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    if (strncmp(at, "HVCluster:", 10) == 0)
        return OF_JOB;
    return strncmp(at, "host|", 5) == 0 || strncmp(at, "there|", 6) == 0 ? OF_HOST : OF_CLUSTER;
}

/* The calls of a method: how many, and which values they returned. */
static unsigned find_values(const char *text, const char *name, enum whose whose, char *met, size_t size)
{
    char mark[128];
    unsigned count = 0;

    (void)snprintf(mark, sizeof(mark), "|%s|", name);
    (void)snprintf(met, size, " ");
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at + 1, mark)) {
        const char *answer = strstr(at, "\n< ");
        const char *value = answer == NULL ? NULL : strstr(answer, "<VALUE>");
        char word[32];

        if (whose_call(text, at) != whose)
            continue;
        count++;
        if (value == NULL || strncmp(answer, "\n< <RETURNVALUE", 15) != 0)
            continue;
        (void)snprintf(word, sizeof(word), " %.*s ", (int)strcspn(value + 7, "<"), value + 7);
        if (strstr(met, word) == NULL && strlen(met) + strlen(word) < size)
            memcpy(met + strlen(met), word + 1, strlen(word));
    }
    return count;
}

/* Every value of the method's ValueMap is met, or stands above with its reason; no other one is met. */
static void check_values(const struct hvc_schema_method *method, enum whose whose, char *met)
{
    const struct hvc_schema_qualifier *map =
        hvc_schema_qualifier_find(method->qualifiers, method->qualifier_count, "ValueMap");
    char *rest = NULL, all[1024] = " ";
    size_t used = 1;

    assert_non_null(map);
    for (uint32_t i = 0; i < map->value.count; i++) {
        const char *value = map->value.text[i], *why = why_unmet(method->name, whose, value);

        if (strchr(value, '.') != NULL)
            continue; /* a range that is reserved */
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s ", value);
        if (!has_word(met, value) && why == NULL)
            fail_msg("no call of %s returns %s, and no reason why none can", method->name, value);
        if (has_word(met, value) && why != NULL)
            fail_msg("%s returns %s, which is said to be impossible: %s", method->name, value, why);
        if (why != NULL)
            print_message("    never %-6s %s\n", value, why);
    }
    for (char *value = strtok_r(met, " ", &rest); value != NULL; value = strtok_r(NULL, " ", &rest))
        if (!has_word(all, value))
            fail_msg("%s returned %s, which its ValueMap does not have", method->name, value);
}

/* A line of the table: a method that is Implemented has calls, one of the service in both namespaces. */
static void check_method(const char *text, const struct hvc_schema_method *method, enum whose whose)
{
    static const char *const objects[] = {"root/HyperVCluster/v2", "root/virtualization/v2", "a job"};
    char met[1024];
    unsigned count = find_values(text, method->name, whose, met, sizeof(met));

    print_message("%-40s %-24s %3u calls, returned%s\n", method->name, objects[whose], count, met);
    if (count == 0)
        fail_msg("no call of %s of %s", method->name, objects[whose]);
    check_values(method, whose, met);
}

static void check_complete(const char *text)
{
    static const char *const classes[] = {"Msvm_VirtualSystemMigrationService", "Msvm_MigrationJob"};

    for (size_t i = 0; i < HVC_COUNT(classes); i++) {
        const struct hvc_schema_class *cls = hvc_schema_class_find(&hvc_schema_cluster, classes[i]);
        const struct hvc_schema_class *same = hvc_schema_class_find(&hvc_schema_host, classes[i]);

        for (uint16_t k = 0; k < cls->method_count; k++) {
            const struct hvc_schema_method *method = &cls->methods[k];
            const struct hvc_schema_method *of_host = hvc_schema_method_find(same, method->name);

            /* the namespaces differ in what a method does, not in which are there */
            assert_ptr_equal(method->function, of_host->function);
            if (method->function == NULL)
                continue;
            check_method(text, method, i == 0 ? OF_CLUSTER : OF_JOB);
            if (i == 0)
                check_method(text, of_host, OF_HOST);
        }
    }
}

static void every_call_orders_and_answers_what_the_golden_file_says(void **state)
{
    struct hvc_cim_server *server = hvc_cim_server_new(&method_talk_options);
    struct hvc_text_buffer out = {.limit = (size_t)4 << 20};
    char *text = calloc(METHOD_TALK_MAX, 1), *copy, *rest = NULL;
    char path[512];
    unsigned calls = 0;
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/tests/golden/wbem_methods/calls.txt", getenv("HVC_SOURCE_DIR"));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, METHOD_TALK_MAX - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    copy = strdup(text);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] == '>' || line[0] == '<')
            continue;
        if (line[0] == '#') {
            hvc_text_put(&out, line);
            hvc_text_put(&out, "\n");
            continue;
        }
        hvc_text_put(&out, line);
        hvc_text_put(&out, "\n");
        method_line(server, NULL, line, &out);
        calls++;
    }
    assert_true(calls > 40);
    check_complete(out.bytes);
    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(out.bytes, file) >= 0);
        assert_int_equal(fclose(file), 0);
    } else {
        assert_string_equal(out.bytes, text);
    }
    hvc_text_free(&out);
    free(copy);
    free(text);
    hvc_cim_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_orders_and_answers_what_the_golden_file_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

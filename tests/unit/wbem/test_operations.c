/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of tests/golden/wbem (NAME.request.xml) and their answers (NAME.xml), byte by byte, from a picture of a
 * cluster; HVC_GOLDEN_UPDATE=1 writes the answers anew (test_statuses.c says which errors there must be). A name that
 * ends in -FAILED is asked where no fact can be had, in -SERVER_LIMITS_EXCEEDED where no more enumerations can be
 * opened. Then what goes over more than one request.
 */
#include <dirent.h>
#include <libxml/parser.h>

#include "hvc/cim_server.h"
#include "hvc/schemas.h"

#include "facts_sample.h"
#include "text_buffer.h"

#include "../hvc_cmocka.h"

enum { LARGE = 1 << 20 };

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_interop, &hvc_schema_cluster, &hvc_schema_host};
static const struct hvc_cim_server_options options = {.spaces = spaces,
                                                      .space_count = 3,
                                                      .host = "n1.example.org",
                                                      .open_max = 2,
                                                      .idle_max_s = 600,
                                                      .idle_s = 60,
                                                      .context_start = 1};

static int begin(void **state)
{
    *state = hvc_cim_server_new(&options);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_server_free(*state);
    return 0;
}

struct exchange {
    uint64_t now_ms;
    uint32_t missing;
    uint32_t needs, orders;
    struct hvc_cim_order order;
    unsigned status;
    const struct hvc_cim_facts *facts; /* NULL: facts_sample */
    struct hvc_cim_facts wanted;       /* what of them was asked for */
};

/* The answer to a request; free() it. */
static char *answer(struct hvc_cim_server *server, const char *request, struct exchange *x)
{
    struct hvc_text_buffer out = {.limit = (size_t)16 << 20};
    struct hvc_cim_call call = {.server = server,
                                .now_ms = x->now_ms,
                                .wanted_facts = &x->wanted,
                                .facts = x->facts == NULL ? &facts_sample : x->facts};
    struct hvc_error error = {0};
    enum hvc_cimxml_fault fault;

    call.arena = hvc_cim_arena_new((size_t)64 << 20);
    assert_int_equal(hvc_cimxml_read(call.arena, request, strlen(request), &call.request, &fault, &error), 0);
    x->needs = hvc_cim_prepare(&call);
    call.facts_missing = x->missing;
    call.missing_words = "no quorum here";
    hvc_cim_perform(&call);
    hvc_cim_result_write(&call, &out);
    assert_false(out.failed);
    x->orders = call.order_count;
    x->status = call.result.status;
    x->order = call.orders[0];
    hvc_cim_arena_free(call.adopted);
    if (!call.kept && call.order_count == 0)
        hvc_cim_arena_free(call.arena);
    else if (!call.kept) {
        static char value[64]; /* outlives the arena */

        (void)snprintf(value, sizeof(value), "%s", call.orders[0].arguments[1].text);
        x->order.arguments[1].text = value;
        hvc_cim_arena_free(call.arena);
    }
    return out.bytes;
}

static char *read_file(const char *folder, const char *name)
{
    char path[512];
    char *text = calloc(LARGE, 1);
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s/%s", getenv("HVC_SOURCE_DIR"), folder, name);
    file = fopen(path, "r");
    if (file == NULL)
        print_error("%s is missing\n", path);
    assert_non_null(file);
    assert_true(fread(text, 1, LARGE - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void compare(const char *name, const char *bytes)
{
    char path[512];
    char *want;
    FILE *file;

    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        (void)snprintf(path, sizeof(path), "%s/tests/golden/wbem/%s", getenv("HVC_SOURCE_DIR"), name);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(bytes, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    want = read_file("tests/golden/wbem", name);
    if (strcmp(bytes, want) != 0)
        print_error("%s differs\n", name);
    assert_string_equal(bytes, want);
    free(want);
}

#define FRAME(call)                                                                                                    \
    "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"1\" PROTOCOLVERSION=\"1.0\"><SIMPLEREQ>" call            \
    "</SIMPLEREQ></MESSAGE></CIM>"
#define SPACE                                                                                                          \
    "<LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/><NAMESPACE NAME=\"HyperVCluster\"/><NAMESPACE NAME=\"v2\"/>"        \
    "</LOCALNAMESPACEPATH>"
#define OPEN(what)                                                                                                     \
    FRAME("<IMETHODCALL NAME=\"" what "\">" SPACE "<IPARAMVALUE NAME=\"ClassName\">"                                   \
          "<CLASSNAME NAME=\"Msvm_ComputerSystem\"/></IPARAMVALUE>"                                                    \
          "<IPARAMVALUE NAME=\"MaxObjectCount\"><VALUE>1</VALUE></IPARAMVALUE></IMETHODCALL>")

static int is_request(const struct dirent *entry)
{
    return strstr(entry->d_name, ".request.xml") != NULL;
}

/* What has to be so for an answer that a request does not bring about by itself: the file's name says which. */
static void arrange(struct hvc_cim_server *server, const char *name, struct exchange *x)
{
    if (strstr(name, "-FAILED.") != NULL)
        x->missing = UINT32_MAX;
    for (unsigned i = 0; i < options.open_max && strstr(name, "-SERVER_LIMITS_EXCEEDED.") != NULL; i++)
        free(answer(server, OPEN("OpenEnumerateInstances"), x));
}

static void requests_are_answered_as_the_golden_files_say(void **state)
{
    struct dirent **entries;
    char path[512];
    int count;

    (void)snprintf(path, sizeof(path), "%s/tests/golden/wbem", getenv("HVC_SOURCE_DIR"));
    count = scandir(path, &entries, is_request, alphasort);
    assert_true(count > 160);
    for (int i = 0; i < count; i++) {
        struct exchange x = {.now_ms = 1000000 + (uint64_t)i * 1000000}; /* what an earlier one left open is gone */
        char *request = read_file("tests/golden/wbem", entries[i]->d_name);
        xmlDocPtr document;
        char name[256];
        char *bytes;

        arrange(*state, entries[i]->d_name, &x);
        bytes = answer(*state, request, &x);
        document = xmlReadMemory(bytes, (int)strlen(bytes), "answer", NULL, XML_PARSE_NONET);
        assert_non_null(document);
        xmlFreeDoc(document);
        (void)snprintf(name, sizeof(name), "%.*s.xml", (int)(strlen(entries[i]->d_name) - strlen(".request.xml")),
                       entries[i]->d_name);
        compare(name, bytes);
        free(bytes);
        free(request);
        free(entries[i]);
    }
    free(entries);
}

/* ---- more than one request ---- */

#define PULL(what, rest)                                                                                               \
    FRAME("<IMETHODCALL NAME=\"" what "\">" SPACE "<IPARAMVALUE NAME=\"EnumerationContext\"><VALUE>%s</VALUE>"         \
          "</IPARAMVALUE>" rest "</IMETHODCALL>")
#define COUNT(n) "<IPARAMVALUE NAME=\"MaxObjectCount\"><VALUE>" n "</VALUE></IPARAMVALUE>"

static void take_context(const char *bytes, char context[32])
{
    static const char mark[] = "\"EnumerationContext\" PARAMTYPE=\"string\"><VALUE>";
    const char *at = strstr(bytes, mark);

    assert_non_null(at);
    (void)snprintf(context, 32, "%.16s", at + sizeof(mark) - 1);
}

static unsigned occurrences(const char *text, const char *what)
{
    unsigned count = 0;

    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        count++;
    return count;
}

static char *pull(struct hvc_cim_server *server, const char *format, const char *context, struct exchange *x)
{
    char request[2048];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(request, sizeof(request), format, context);
#pragma GCC diagnostic pop
    return answer(server, request, x);
}

static void an_enumeration_is_pulled_to_its_end(void **state)
{
    struct exchange x = {.now_ms = 1000};
    char *bytes = answer(*state, OPEN("OpenEnumerateInstances"), &x);
    char context[32];

    take_context(bytes, context);
    assert_int_equal(occurrences(bytes, "<VALUE.INSTANCEWITHPATH>"), 1);
    free(bytes);
    bytes = pull(*state, PULL("PullInstancesWithPath", COUNT("2")), context, &x);
    assert_int_equal(occurrences(bytes, "<VALUE.INSTANCEWITHPATH>"), 2);
    assert_non_null(strstr(bytes, "<VALUE>FALSE</VALUE>"));
    free(bytes);
    bytes = pull(*state, PULL("PullInstancesWithPath", COUNT("100")), context, &x);
    assert_int_equal(occurrences(bytes, "<VALUE.INSTANCEWITHPATH>"), 4);
    assert_non_null(strstr(bytes, "PARAMTYPE=\"boolean\"><VALUE>TRUE</VALUE>"));
    free(bytes);
    free(pull(*state, PULL("PullInstancesWithPath", COUNT("1")), context, &x));
    assert_int_equal(x.status, HVC_CIM_INVALID_ENUMERATION_CONTEXT);
}

static void an_enumeration_of_paths_is_not_pulled_as_instances(void **state)
{
    struct exchange x = {.now_ms = 1000};
    char *bytes = answer(*state, OPEN("OpenEnumerateInstancePaths"), &x);
    char context[32];

    take_context(bytes, context);
    free(bytes);
    free(pull(*state, PULL("PullInstancesWithPath", COUNT("1")), context, &x));
    assert_int_equal(x.status, HVC_CIM_INVALID_ENUMERATION_CONTEXT);
    bytes = pull(*state, PULL("PullInstancePaths", COUNT("1")), context, &x);
    assert_int_equal(occurrences(bytes, "<INSTANCEPATH>"), 1);
    free(bytes);
    free(pull(*state, PULL("CloseEnumeration", ""), context, &x));
    assert_int_equal(x.status, HVC_CIM_OK);
    free(pull(*state, PULL("CloseEnumeration", ""), context, &x));
    assert_int_equal(x.status, HVC_CIM_INVALID_ENUMERATION_CONTEXT);
}

static void open_enumerations_are_bounded_and_end_by_silence(void **state)
{
    struct exchange x = {.now_ms = 1000};
    char context[32];
    char *bytes;

    for (unsigned i = 0; i < 2; i++) {
        bytes = answer(*state, OPEN("OpenEnumerateInstances"), &x);
        assert_int_equal(x.status, HVC_CIM_OK);
        take_context(bytes, context);
        free(bytes);
    }
    free(answer(*state, OPEN("OpenEnumerateInstances"), &x));
    assert_int_equal(x.status, HVC_CIM_SERVER_LIMITS_EXCEEDED);
    x.now_ms += 60000;
    free(pull(*state, PULL("PullInstancesWithPath", COUNT("1")), context, &x));
    assert_int_equal(x.status, HVC_CIM_INVALID_ENUMERATION_CONTEXT);
    free(answer(*state, OPEN("OpenEnumerateInstances"), &x));
    assert_int_equal(x.status, HVC_CIM_OK);
}

static void a_fact_that_is_missing_is_an_error_and_no_empty_list(void **state)
{
    struct exchange x = {.missing = HVC_FACTS_GUESTS};
    char *bytes = answer(*state,
                         FRAME("<IMETHODCALL NAME=\"EnumerateInstances\">" SPACE "<IPARAMVALUE NAME=\"ClassName\">"
                               "<CLASSNAME NAME=\"CIM_ComputerSystem\"/></IPARAMVALUE></IMETHODCALL>"),
                         &x);

    assert_int_equal(x.needs, HVC_FACTS_STATUS | HVC_FACTS_NODES | HVC_FACTS_GUESTS | HVC_FACTS_PLANNED);
    assert_int_equal(x.status, HVC_CIM_FAILED);
    assert_non_null(strstr(bytes, "Msvm_ComputerSystem cannot be read now: no quorum here"));
    free(bytes);
}

static void of_a_job_that_is_read_only_that_one_is_asked_for(void **state)
{
#define GET(class, id)                                                                                                 \
    FRAME("<IMETHODCALL NAME=\"GetInstance\">" SPACE "<IPARAMVALUE NAME=\"InstanceName\"><INSTANCENAME "               \
          "CLASSNAME=\"" class "\"><KEYBINDING "                                                                       \
                               "NAME=\"InstanceID\"><KEYVALUE "                                                        \
                               "VALUETYPE=\"string\">" id "</KEYVALUE></KEYBINDING></INSTANCENAME></"                  \
                               "IPARAMVALUE></IMETHODCALL>")
    static const struct {
        const char *request;
        uint64_t job;
    } cases[] = {
        {GET("Msvm_MigrationJob", "HVCluster:MigrationJob-7"), 7},
        {GET("Msvm_MigrationJob", "HVCluster:MigrationJob-"), 0},
        {GET("Msvm_MigrationJob", "HVCluster:MigrationJob-7x"), 0},
        {GET("Msvm_MigrationJob", "7"), 0},
        {GET("Msvm_VirtualSystemMigrationSettingData", "HVCluster:MigrationJob-7"), 0},
        {FRAME("<IMETHODCALL NAME=\"EnumerateInstances\">" SPACE
               "<IPARAMVALUE NAME=\"ClassName\"><CLASSNAME NAME=\"Msvm_MigrationJob\"/></IPARAMVALUE></IMETHODCALL>"),
         0},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct exchange x = {.now_ms = 1000};

        free(answer(*state, cases[i].request, &x));
        assert_int_equal(x.wanted.only_job, cases[i].job);
    }
#undef GET
}

static void a_change_becomes_an_order_for_each_property_that_differs(void **state)
{
    struct exchange x = {0};
    char *request = read_file("tests/golden/wbem", "modify-owner.request.xml");

    free(answer(*state, request, &x));
    assert_int_equal(x.status, HVC_CIM_OK);
    assert_int_equal(x.orders, 2); /* Started is sent as it is */
    assert_string_equal(x.order.operation, "service.set");
    assert_string_equal(x.order.arguments[0].text, "owner-name");
    assert_string_equal(x.order.arguments[1].text, "somebody");
    free(request);
}

static void what_is_listed_and_not_given_gets_its_initial_value_and_what_is_not_listed_stays(void **state)
{
    static const struct {
        const char *request;
        unsigned orders;
        const char *name, *value;
    } rows[] = {{"modify-list-left-out.request.xml", 1, "owner-name", ""},
                {"modify-list-default.request.xml", 1, "enabled-default", "2"},
                {"modify-list-others.request.xml", 0, NULL, NULL}};
    struct hvc_cim_facts facts = facts_sample;

    facts.service.enabled_default = 3;
    facts.service.owner_name = "somebody else";
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct exchange x = {.facts = &facts};
        char *request = read_file("tests/golden/wbem", rows[i].request);

        free(answer(*state, request, &x));
        assert_int_equal(x.status, HVC_CIM_OK);
        assert_int_equal(x.orders, rows[i].orders);
        if (rows[i].name != NULL) {
            assert_string_equal(x.order.arguments[0].text, rows[i].name);
            assert_string_equal(x.order.arguments[1].text, rows[i].value);
        }
        free(request);
    }
}

/* Only these one thread at a time may carry out. */
static void what_opens_pulls_or_closes_an_enumeration_is_known(void **state)
{
    static const struct {
        const char *method;
        bool intrinsic, pulled;
    } rows[] = {
        {"OpenEnumerateInstances", true, true},
        {"openreferenceinstancepaths", true, true},
        {"PullInstancesWithPath", true, true},
        {"PullInstancePaths", true, true},
        {"CloseEnumeration", true, true},
        {"GetInstance", true, false},
        {"EnumerateInstances", true, false},
        {"Associators", true, false},
        {"ExecQuery", true, false},
        {"NoSuchOperation", true, false},
        {"CloseEnumeration", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct hvc_cimxml_request request = {.method = rows[i].method, .intrinsic = rows[i].intrinsic};

        assert_int_equal(hvc_cim_is_pulled(&request), rows[i].pulled);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_answered_as_the_golden_files_say, begin, end),
        cmocka_unit_test_setup_teardown(an_enumeration_is_pulled_to_its_end, begin, end),
        cmocka_unit_test_setup_teardown(an_enumeration_of_paths_is_not_pulled_as_instances, begin, end),
        cmocka_unit_test_setup_teardown(open_enumerations_are_bounded_and_end_by_silence, begin, end),
        cmocka_unit_test_setup_teardown(a_fact_that_is_missing_is_an_error_and_no_empty_list, begin, end),
        cmocka_unit_test_setup_teardown(of_a_job_that_is_read_only_that_one_is_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(a_change_becomes_an_order_for_each_property_that_differs, begin, end),
        cmocka_unit_test_setup_teardown(
            what_is_listed_and_not_given_gets_its_initial_value_and_what_is_not_listed_stays, begin, end),
        cmocka_unit_test(what_opens_pulls_or_closes_an_enumeration_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

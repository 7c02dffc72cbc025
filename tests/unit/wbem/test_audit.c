/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of the log for every change that a client makes or tries: who, from where, what, and how it ended. This
 * program has its own client, that answers as hvclusterd would, and its own syslog. */
#include "answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "hvc/client.h"

#include "../hvc_cmocka.h"

/* ---- syslog: with and without the checks of an optimised build ---- */

static char told[4096]; /* a line for each message */

void __wrap_syslog(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
void __wrap___syslog_chk(int priority, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));

__attribute__((format(printf, 2, 0))) static void note(int priority, const char *format, va_list arguments)
{
    size_t used = strlen(told);

    used += (size_t)snprintf(told + used, sizeof(told) - used, "%d ", priority);
    used += (size_t)vsnprintf(told + used, sizeof(told) - used, format, arguments);
    assert_true(used + 2 < sizeof(told));
    memcpy(told + used, "\n", 2);
}

void __wrap_syslog(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    note(priority, format, arguments);
    va_end(arguments);
}

void __wrap___syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    note(priority, format, arguments);
    va_end(arguments);
}

/* ---- hvclusterd ---- */

static const char *refused_value; /* of a setting: refused, NULL: none */
static unsigned changes;          /* orders that it was given */
static bool absent;

int hvc_client_connect(const struct hvc_client_options *options, uint64_t deadline_ms, struct hvc_client **ret_client,
                       struct hvc_error *error)
{
    static int client;

    (void)options;
    (void)deadline_ms;
    if (absent)
        return hvc_error_set(error, -ENOTCONN, "hvclusterd does not run here");
    *ret_client = (struct hvc_client *)(void *)&client; /* never looked into */
    return 0;
}

void hvc_client_close(struct hvc_client *client)
{
    (void)client;
}

int hvc_client_call_text(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                         char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    const char *operation = hvc_record_text(request, "op", "");
    const struct hvc_record *args = hvc_record_record(request, "args");
    const char *answer = "{\"version\":1,\"result\":\"ok\",\"text\":\"done\",\"data\":{}}";

    (void)client;
    (void)deadline_ms;
    (void)error;
    if (strcmp(operation, "status") == 0)
        answer = "{\"version\":1,\"result\":\"ok\",\"text\":\"\",\"data\":{\"node\":\"n1\",\"cluster\":\"lab\"}}";
    if (strcmp(operation, "service.set") == 0) {
        changes++;
        if (refused_value != NULL && strcmp(hvc_record_text(args, "value", ""), refused_value) == 0)
            answer = "{\"version\":1,\"result\":\"no-quorum\",\"text\":\"n1 sees no quorum\"}";
    }
    *ret_text = strdup(answer);
    *ret_length = strlen(answer);
    return *ret_text == NULL ? -ENOMEM : 0;
}

/* ---- requests ---- */

struct world {
    struct hvc_wbemd_settings settings;
    struct hvc_wbemd_fetch *fetch;
    struct hvc_wbemd_desk *desk;
};

static int begin(void **state)
{
    static struct world world;
    struct hvc_wbemd_desk_options options = {.settings = &world.settings, .host = "localhost"};

    hvc_wbemd_settings_default(&world.settings);
    world.fetch = options.fetch = hvc_wbemd_fetch_new("test", "/nonexistent", 1000);
    world.desk = hvc_wbemd_desk_new(&options);
    told[0] = '\0';
    refused_value = NULL;
    changes = 0;
    absent = false;
    *state = &world;
    return world.desk == NULL ? -1 : 0;
}

static int end(void **state)
{
    struct world *world = *state;

    hvc_wbemd_desk_free(world->desk);
    hvc_wbemd_fetch_free(world->fetch);
    return 0;
}

#define SERVICE_PATH                                                                                                   \
    "<INSTANCENAME CLASSNAME=\"Msvm_VirtualSystemMigrationService\">"                                                  \
    "<KEYBINDING NAME=\"SystemCreationClassName\"><KEYVALUE>Msvm_ComputerSystem</KEYVALUE></KEYBINDING>"               \
    "<KEYBINDING NAME=\"SystemName\"><KEYVALUE>lab</KEYVALUE></KEYBINDING>"                                            \
    "<KEYBINDING NAME=\"CreationClassName\"><KEYVALUE>Msvm_VirtualSystemMigrationService</KEYVALUE></KEYBINDING>"      \
    "<KEYBINDING NAME=\"Name\"><KEYVALUE>migrationwmi</KEYVALUE></KEYBINDING></INSTANCENAME>"
#define SPACE                                                                                                          \
    "<LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/><NAMESPACE NAME=\"HyperVCluster\"/><NAMESPACE NAME=\"v2\"/>"        \
    "</LOCALNAMESPACEPATH>"
#define MESSAGE(call)                                                                                                  \
    "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"7\" PROTOCOLVERSION=\"1.0\"><SIMPLEREQ>" call            \
    "</SIMPLEREQ></MESSAGE></CIM>"
#define PROPERTY(name, value) "<PROPERTY NAME=\"" name "\" TYPE=\"string\"><VALUE>" value "</VALUE></PROPERTY>"
#define MODIFY(properties)                                                                                             \
    MESSAGE("<IMETHODCALL NAME=\"ModifyInstance\">" SPACE "<IPARAMVALUE NAME=\"ModifiedInstance\">"                    \
            "<VALUE.NAMEDINSTANCE>" SERVICE_PATH                                                                       \
            "<INSTANCE CLASSNAME=\"Msvm_VirtualSystemMigrationService\">" properties                                   \
            "</INSTANCE></VALUE.NAMEDINSTANCE></IPARAMVALUE></IMETHODCALL>")
#define INVOKE(name, parameters)                                                                                       \
    MESSAGE("<METHODCALL NAME=\"" name "\"><LOCALINSTANCEPATH>" SPACE SERVICE_PATH "</LOCALINSTANCEPATH>" parameters   \
            "</METHODCALL>")
#define GET                                                                                                            \
    MESSAGE("<IMETHODCALL NAME=\"GetInstance\">" SPACE "<IPARAMVALUE NAME=\"InstanceName\">" SERVICE_PATH              \
            "</IPARAMVALUE></IMETHODCALL>")

/* The answer has the words, and nothing but the lines was told. */
static void ask(struct world *world, const char *user, enum hvc_role role, const char *body, const char *words)
{
    const struct hvc_wbemd_request request = {
        .bytes = body, .length = strlen(body), .user = user, .address = "192.0.2.7", .role = role};
    struct hvc_wbemd_answer answer;

    told[0] = '\0';
    hvc_wbemd_answer(world->desk, &request, &answer);
    assert_int_equal(answer.http, 200);
    if (strstr(answer.bytes, words) == NULL)
        fail_msg("the answer is: %s", answer.bytes);
    free(answer.bytes);
}

#define NOTICE  "5 HVC1804 changed over CIM-XML: "
#define WARNING "4 HVC1805 change over CIM-XML refused: "

static void a_modified_instance_leaves_a_line_for_each_property(void **state)
{
    ask(*state, "alice", HVC_ROLE_OPERATE,
        MODIFY(PROPERTY("PrimaryOwnerName", "some body") PROPERTY("PrimaryOwnerContact", "ops@example.org")),
        "<IMETHODRESPONSE NAME=\"ModifyInstance\"></IMETHODRESPONSE>");
    assert_string_equal(told, NOTICE "user=alice address=192.0.2.7 method=ModifyInstance operation=service.set "
                                     "name=owner-name value=\"some body\" status=0\n" NOTICE
                                     "user=alice address=192.0.2.7 method=ModifyInstance operation=service.set "
                                     "name=owner-contact value=ops@example.org status=0\n");
    assert_int_equal(changes, 2);
}

static void an_invoked_method_leaves_a_line(void **state)
{
    ask(*state, "CN=monitor,O=Example Org", HVC_ROLE_ADMIN, INVOKE("StopService", ""), "<VALUE>0</VALUE>");
    assert_string_equal(told, NOTICE "user=\"CN=monitor,O=Example Org\" address=192.0.2.7 method=StopService "
                                     "operation=service.set name=state value=disabled status=0\n");
}

static void what_hvclusterd_refuses_is_told_with_its_words(void **state)
{
    refused_value = "second";
    ask(*state, "alice", HVC_ROLE_OPERATE,
        MODIFY(PROPERTY("PrimaryOwnerName", "first") PROPERTY("PrimaryOwnerContact", "second")), "<ERROR CODE=\"1\"");
    assert_string_equal(told, NOTICE "user=alice address=192.0.2.7 method=ModifyInstance operation=service.set "
                                     "name=owner-name value=first status=0\n" WARNING
                                     "user=alice address=192.0.2.7 method=ModifyInstance operation=service.set "
                                     "name=owner-contact value=second status=1 words=\"n1 sees no quorum\"\n");
    refused_value = "enabled";
    ask(*state, "alice", HVC_ROLE_OPERATE, INVOKE("StartService", ""), "<ERROR CODE=\"1\"");
    assert_string_equal(told, WARNING "user=alice address=192.0.2.7 method=StartService operation=service.set "
                                      "name=state value=enabled status=1 words=\"n1 sees no quorum\"\n");
}

static void who_has_no_role_for_a_change_leaves_a_line_and_changes_nothing(void **state)
{
    static const struct {
        enum hvc_role role;
        const char *user, *body, *method, *shown, *who, *advice;
    } cases[] = {
        {HVC_ROLE_READ, "reader", MODIFY(PROPERTY("PrimaryOwnerName", "x")), "ModifyInstance", "reader",
         "user \\\"reader\\\"", "see [roles] in hvcluster-wbemd.conf"},
        {HVC_ROLE_NONE, "nobody", MODIFY(PROPERTY("PrimaryOwnerName", "x")), "ModifyInstance", "nobody",
         "user \\\"nobody\\\"", "see [roles] in hvcluster-wbemd.conf"},
        {HVC_ROLE_READ, "reader", INVOKE("StopService", ""), "StopService", "reader", "user \\\"reader\\\"",
         "see [roles] in hvcluster-wbemd.conf"},
        {HVC_ROLE_READ, "", INVOKE("StopService", ""), "StopService", "\"\"", "who gives no user",
         "give a user with a password, or a certificate"}, /* nobody, over HTTP */
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        char line[512];

        ask(*state, cases[i].user, cases[i].role, cases[i].body, "<ERROR CODE=\"2\"");
        (void)snprintf(line, sizeof(line),
                       WARNING "user=%s address=192.0.2.7 method=%s operation=none status=2 words=\"%s has role %s; %s "
                               "needs role operate: %s\"\n",
                       cases[i].shown, cases[i].method, cases[i].who, hvc_role_name(cases[i].role), cases[i].method,
                       cases[i].advice);
        assert_string_equal(told, line);
    }
    assert_int_equal(changes, 0);
}

static void what_is_wrong_in_a_change_leaves_a_line(void **state)
{
    ask(*state, "alice", HVC_ROLE_OPERATE, MODIFY(PROPERTY("Wings", "2")), "<ERROR CODE=\"");
    assert_non_null(strstr(told, WARNING "user=alice address=192.0.2.7 method=ModifyInstance operation=none status="));
    ask(*state, "alice", HVC_ROLE_OPERATE, INVOKE("Fly", ""), "<ERROR CODE=\"");
    assert_non_null(strstr(told, WARNING "user=alice address=192.0.2.7 method=Fly operation=none status="));
    assert_int_equal(changes, 0);
}

static void without_hvclusterd_a_change_leaves_a_line(void **state)
{
    absent = true;
    ask(*state, "alice", HVC_ROLE_OPERATE, INVOKE("StopService", ""), "<ERROR CODE=\"1\"");
    assert_non_null(strstr(told, "hvclusterd does not run here"));
    assert_ptr_equal(strstr(told, WARNING), told);
    assert_int_equal(changes, 0);
}

/* What a client says is cut, quoted, and makes no line of its own: how it ended is told whatever it says. */
static void what_a_client_says_cannot_hide_how_it_ended(void **state)
{
    static char long_user[2048];
    static char body[16384];

    memset(long_user, 'u', sizeof(long_user) - 1);
    (void)snprintf(body, sizeof(body), MODIFY(PROPERTY("PrimaryOwnerName", "a&#10;HVC1804 b status=0 &quot;%0900d")),
                   0);
    refused_value = NULL;
    ask(*state, long_user, HVC_ROLE_OPERATE, body, "");
    assert_ptr_equal(strchr(told, '\n'), told + strlen(told) - 1);
    assert_non_null(strstr(told, "value=\"a\\nHVC1804 b status=0 \\\"000"));
    assert_non_null(strstr(told, "...\" status="));
}

static void who_reads_leaves_no_line(void **state)
{
    ask(*state, "reader", HVC_ROLE_READ, GET, "<IRETURNVALUE>");
    assert_string_equal(told, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_modified_instance_leaves_a_line_for_each_property),
        TEST(an_invoked_method_leaves_a_line),
        TEST(what_hvclusterd_refuses_is_told_with_its_words),
        TEST(who_has_no_role_for_a_change_leaves_a_line_and_changes_nothing),
        TEST(what_is_wrong_in_a_change_leaves_a_line),
        TEST(without_hvclusterd_a_change_leaves_a_line),
        TEST(what_a_client_says_cannot_hide_how_it_ended),
        TEST(who_reads_leaves_no_line),
    };

    return cmocka_run_group_tests_name("wbem.audit", tests, NULL, NULL);
}

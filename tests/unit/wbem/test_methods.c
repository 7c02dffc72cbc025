/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Methods from a request to its answer, without hvclusterd: what a call orders, and what the answer to the orders
 * becomes. tests/golden/wbem_methods/calls.txt has a line a call, its fields with | between:
 *
 *     OBJECT|METHOD|PARAMETERS|WHAT HVCLUSTERD SAYS
 *     > ORDERS
 *     < the answer in CIM-XML, and why
 *
 * OBJECT is "cluster" or "host" for the service there, "there" for that of host n2, "planned" for that of a cluster
 * with a planned system of its second guest on n1, "placed" for one whose disks lie elsewhere there, "stale" for that
 * of a cluster without quorum, or the InstanceID of a job. PARAMETERS, with # between, are "F name=value": F is S for a
 * text, E for an embedded instance (class!property=value!property*=array of one), U and I for one that is not escaped,
 * in VALUE and without, R for a reference (class!key!value); a second letter A says an array, its entries with +
 * between. What hvclusterd says to the last order is a word of hvc/results.h and its data. The lines with > and < are
 * golden: HVC_GOLDEN_UPDATE=1 writes them anew.
 */
#include "hvc/cim_method.h"
#include "hvc/client.h"
#include "hvc/operations.h"
#include "hvc/schemas.h"

#include "facts_sample.h"
#include "text_buffer.h"

#include "../hvc_cmocka.h"

enum { LARGE = 1 << 20, FIELDS = 4 };

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_interop, &hvc_schema_cluster, &hvc_schema_host};
static const struct hvc_cim_server_options options = {.spaces = spaces,
                                                      .space_count = 3,
                                                      .host = "n1.example.org",
                                                      .open_max = 1,
                                                      .idle_max_s = 600,
                                                      .idle_s = 60,
                                                      .context_start = 1};

/* ---- a request from its short form ---- */

static void put_embedded(struct hvc_text_buffer *out, char *text)
{
    char *rest = NULL;
    char *cls = strtok_r(text, "!", &rest);

    hvc_text_put(out, "&lt;INSTANCE CLASSNAME=\"");
    hvc_text_put(out, cls == NULL ? "" : cls);
    hvc_text_put(out, "\"&gt;");
    for (char *p = strtok_r(NULL, "!", &rest); p != NULL; p = strtok_r(NULL, "!", &rest)) {
        char *value = strchr(p, '=');
        bool array = value > p && value[-1] == '*';

        assert_non_null(value);
        *value++ = '\0';
        if (array)
            value[-2] = '\0';
        hvc_text_put(out, array ? "&lt;PROPERTY.ARRAY NAME=\"" : "&lt;PROPERTY NAME=\"");
        hvc_text_put(out, p);
        hvc_text_put(out, array ? "\" TYPE=\"string\"&gt;&lt;VALUE.ARRAY&gt;" : "\" TYPE=\"string\"&gt;");
        hvc_text_put(out, "&lt;VALUE&gt;");
        hvc_text_put(out, value);
        hvc_text_put(out, array ? "&lt;/VALUE&gt;&lt;/VALUE.ARRAY&gt;&lt;/PROPERTY.ARRAY&gt;"
                                : "&lt;/VALUE&gt;&lt;/PROPERTY&gt;");
    }
    hvc_text_put(out, "&lt;/INSTANCE&gt;");
}

static void put_reference(struct hvc_text_buffer *out, char *text)
{
    char *rest = NULL;
    char *cls = strtok_r(text, "!", &rest), *key = strtok_r(NULL, "!", &rest), *value = strtok_r(NULL, "!", &rest);

    hvc_text_put(out, "<VALUE.REFERENCE><INSTANCENAME CLASSNAME=\"");
    hvc_text_put(out, cls);
    hvc_text_put(out, "\">");
    if (strcmp(key, "Name") == 0) {
        hvc_text_put(out, "<KEYBINDING NAME=\"CreationClassName\"><KEYVALUE VALUETYPE=\"string\">");
        hvc_text_put(out, cls);
        hvc_text_put(out, "</KEYVALUE></KEYBINDING>");
    }
    hvc_text_put(out, "<KEYBINDING NAME=\"");
    hvc_text_put(out, key);
    hvc_text_put(out, "\"><KEYVALUE VALUETYPE=\"string\">");
    hvc_text_put(out, value == NULL ? "" : value);
    hvc_text_put(out, "</KEYVALUE></KEYBINDING></INSTANCENAME></VALUE.REFERENCE>");
}

/* An instance that is not escaped, as wbemcli and others send it. */
static void put_bare(struct hvc_text_buffer *out, char *text)
{
    struct hvc_text_buffer escaped = {.limit = LARGE};

    put_embedded(&escaped, text);
    for (const char *p = escaped.bytes; *p != '\0'; p++) {
        bool less = strncmp(p, "&lt;", 4) == 0, greater = strncmp(p, "&gt;", 4) == 0;

        hvc_text_put_bytes(out, less ? "<" : (greater ? ">" : p), 1);
        p += less || greater ? 3 : 0;
    }
    hvc_text_free(&escaped);
}

/* One entry: its form is the first letter. */
static void put_entry(struct hvc_text_buffer *out, char form, char *text)
{
    if (form == 'I') {
        put_bare(out, text);
        return;
    }
    if (form == 'R') {
        put_reference(out, text);
        return;
    }
    hvc_text_put(out, "<VALUE>");
    if (form == 'E')
        put_embedded(out, text);
    else if (form == 'U')
        put_bare(out, text);
    else
        hvc_text_put(out, text);
    hvc_text_put(out, "</VALUE>");
}

static void put_parameter(struct hvc_text_buffer *out, char *text)
{
    char form = text[0];
    bool array = text[1] == 'A';
    char *name = text + (array ? 3 : 2);
    char *value = strchr(name, '=');
    char *rest = NULL;

    assert_non_null(value);
    *value++ = '\0';
    hvc_text_put(out, "<PARAMVALUE NAME=\"");
    hvc_text_put(out, name);
    hvc_text_put(out, form == 'R' ? "\" PARAMTYPE=\"reference\">" : "\">");
    if (!array) {
        put_entry(out, form, value);
    } else {
        hvc_text_put(out, form == 'R' ? "<VALUE.REFARRAY>" : "<VALUE.ARRAY>");
        for (char *entry = strtok_r(value, "+", &rest); entry != NULL; entry = strtok_r(NULL, "+", &rest))
            put_entry(out, form, entry);
        hvc_text_put(out, form == 'R' ? "</VALUE.REFARRAY>" : "</VALUE.ARRAY>");
    }
    hvc_text_put(out, "</PARAMVALUE>");
}

static void put_key(struct hvc_text_buffer *out, const char *name, const char *value)
{
    hvc_text_put(out, "<KEYBINDING NAME=\"");
    hvc_text_put(out, name);
    hvc_text_put(out, "\"><KEYVALUE VALUETYPE=\"string\">");
    hvc_text_put(out, value);
    hvc_text_put(out, "</KEYVALUE></KEYBINDING>");
}

static void put_object(struct hvc_text_buffer *out, const char *object)
{
    bool there = strcmp(object, "there") == 0;
    bool host = there || strcmp(object, "host") == 0;
    bool service = strncmp(object, "HVCluster:", 10) != 0;

    hvc_text_put(out, "<LOCALINSTANCEPATH><LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/><NAMESPACE NAME=\"");
    hvc_text_put(out, host ? "virtualization" : "HyperVCluster");
    hvc_text_put(out, "\"/><NAMESPACE NAME=\"v2\"/></LOCALNAMESPACEPATH><INSTANCENAME CLASSNAME=\"");
    hvc_text_put(out, service ? "Msvm_VirtualSystemMigrationService\">" : "Msvm_MigrationJob\">");
    if (service) {
        put_key(out, "SystemCreationClassName", "Msvm_ComputerSystem");
        put_key(out, "SystemName", there ? "n2" : (host ? "n1" : "lab"));
        put_key(out, "CreationClassName", "Msvm_VirtualSystemMigrationService");
        put_key(out, "Name", "migrationwmi");
    } else {
        put_key(out, "InstanceID", object);
    }
    hvc_text_put(out, "</INSTANCENAME></LOCALINSTANCEPATH>");
}

static char *make_request(const char *object, const char *method, char *parameters)
{
    struct hvc_text_buffer out = {.limit = LARGE};
    char *rest = NULL;

    hvc_text_put(&out,
                 "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"1\" PROTOCOLVERSION=\"1.0\"><SIMPLEREQ>"
                 "<METHODCALL NAME=\"");
    hvc_text_put(&out, method);
    hvc_text_put(&out, "\">");
    put_object(&out, object);
    for (char *p = strtok_r(parameters, "#", &rest); p != NULL; p = strtok_r(NULL, "#", &rest))
        put_parameter(&out, p);
    hvc_text_put(&out, "</METHODCALL></SIMPLEREQ></MESSAGE></CIM>");
    assert_false(out.failed);
    return out.bytes;
}

/* ---- one call ---- */

static bool is_word(const struct hvc_argument *argument, const char *text)
{
    if (argument->words == NULL)
        return true;
    for (size_t i = 0; argument->words[i] != NULL; i++)
        if (strcmp(argument->words[i], text) == 0)
            return true;
    return false;
}

/* hvclusterd has the operation, with arguments of these names and types. */
static void check_order(const struct hvc_cim_order *order)
{
    static const enum hvc_argument_type types[] = {HVC_ARGUMENT_TEXT, HVC_ARGUMENT_U64, HVC_ARGUMENT_BOOL};
    const struct hvc_operation *operation = hvc_operation_find(order->operation);

    if (operation == NULL)
        fail_msg("hvclusterd has no operation %s", order->operation);
    for (size_t k = 0; k < HVC_CIM_ORDER_ARGUMENTS_MAX && order->arguments[k].name != NULL; k++) {
        size_t i = 0;

        while (i < operation->argument_count && strcmp(operation->arguments[i].name, order->arguments[k].name) != 0)
            i++;
        if (i == operation->argument_count || operation->arguments[i].type != types[order->arguments[k].type] ||
            !is_word(&operation->arguments[i], order->arguments[k].text))
            fail_msg("%s takes no %s=%s", order->operation, order->arguments[k].name, order->arguments[k].text);
    }
}

static void put_orders(struct hvc_text_buffer *out, const struct hvc_cim_call *call)
{
    static const char *const marks[] = {"=", "#", "?"}; /* a text, a number, a flag */

    for (uint32_t i = 0; i < call->order_count; i++) {
        const struct hvc_cim_order *order = &call->orders[i];

        check_order(order);
        hvc_text_put(out, i == 0 ? "> " : "; ");
        hvc_text_put(out, order->operation);
        for (size_t k = 0; k < HVC_CIM_ORDER_ARGUMENTS_MAX && order->arguments[k].name != NULL; k++) {
            hvc_text_put(out, " ");
            hvc_text_put(out, order->arguments[k].name);
            hvc_text_put(out, marks[order->arguments[k].type]);
            for (const char *p = order->arguments[k].text; *p != '\0'; p++)
                hvc_text_put_bytes(out, *p == '\n' ? "~" : p, 1);
        }
    }
    hvc_text_put(out, call->order_count == 0 ? ">\n" : "\n");
}

/* says: "busy", "ok {...}". */
static void complete(struct hvc_cim_call *call, const char *says)
{
    struct hvc_cim_order_answer answers[HVC_CIM_ORDERS_MAX];
    struct hvc_record *response = NULL;
    struct hvc_error error = {0};
    const char *data = strchr(says, ' ');
    char json[8192];

    (void)snprintf(json, sizeof(json), "{\"version\":1,\"result\":\"%.*s\",\"text\":\"hvclusterd's words\"%s%s}",
                   (int)strcspn(says, " "), says, data == NULL ? "" : ",\"data\":", data == NULL ? "" : data);
    assert_int_equal(hvc_response_parse(json, strlen(json), &response, &error), 0);
    for (uint32_t i = 0; i < call->order_count; i++)
        answers[i] = (struct hvc_cim_order_answer){.result = HVC_RESULT_OK, .words = ""};
    answers[call->order_count - 1] = (struct hvc_cim_order_answer){.result = hvc_response_result(response),
                                                                   .words = hvc_response_text(response),
                                                                   .data = hvc_response_data(response)};
    hvc_cim_complete(call, answers, call->order_count);
    hvc_record_free(response);
}

static void put_answer(struct hvc_text_buffer *out, struct hvc_cim_call *call)
{
    struct hvc_text_buffer xml = {.limit = LARGE};
    char *from, *to;

    hvc_cim_result_write(call, &xml);
    assert_false(xml.failed);
    from = strstr(xml.bytes, "<METHODRESPONSE");
    to = strstr(xml.bytes, "</METHODRESPONSE>");
    assert_true(from != NULL && to != NULL);
    from = strchr(from, '>') + 1;
    hvc_text_put(out, "< ");
    hvc_text_put_bytes(out, from, (size_t)(to - from));
    if (call->method != NULL && call->method->words != NULL && call->result.status == HVC_CIM_OK) {
        hvc_text_put(out, " ");
        hvc_text_put(out, call->method->words);
    }
    hvc_text_put(out, "\n");
    hvc_text_free(&xml);
}

static const struct hvc_facts_job planned_job[] = {{.id = 9,
                                                    .uuid = "0A000000-0000-4000-8000-000000000002",
                                                    .guest = "web & <mail>",
                                                    .kind = "staged",
                                                    .phase = "completed",
                                                    .source = "n2",
                                                    .target = "n1",
                                                    .by = "root",
                                                    .words = "",
                                                    .ended = true},
                                                   {.id = 10,
                                                    .uuid = "0A000000-0000-4000-8000-000000000002",
                                                    .guest = "web & <mail>",
                                                    .kind = "staged",
                                                    .phase = "completed",
                                                    .source = "n2",
                                                    .target = "n1",
                                                    .by = "root",
                                                    .words = "",
                                                    .ended = true,
                                                    .plan = true}};

static struct hvc_cim_facts facts_for(const char *object)
{
    struct hvc_cim_facts facts = facts_sample;

    if (strcmp(object, "there") == 0) {
        facts.node = "n2";
        facts.node_settings.enable_migration = true;
    }
    if (strcmp(object, "stale") == 0)
        facts.stale = "the state may be old: no quorum";
    if (strcmp(object, "planned") == 0 || strcmp(object, "placed") == 0) {
        facts.jobs = &planned_job[strcmp(object, "placed") == 0 ? 1 : 0];
        facts.job_count = 1;
    }
    return facts;
}

/* What a line becomes, below itself. */
static void call_line(struct hvc_cim_server *server, const char *line, struct hvc_text_buffer *out)
{
    struct hvc_cim_call call = {.server = server};
    struct hvc_cim_facts facts;
    char copy[8192], *fields[FIELDS] = {0}, *at = copy, *request;
    enum hvc_cimxml_fault fault;
    struct hvc_error error = {0};

    (void)snprintf(copy, sizeof(copy), "%s", line);
    for (unsigned i = 0; i < FIELDS; i++)
        fields[i] = strsep(&at, "|");
    assert_non_null(fields[FIELDS - 1]);
    request = make_request(fields[0], fields[1], fields[2]);
    facts = facts_for(fields[0]);
    call.facts = &facts;
    call.arena = hvc_cim_arena_new((size_t)16 << 20);
    assert_int_equal(hvc_cimxml_read(call.arena, request, strlen(request), &call.request, &fault, &error), 0);
    (void)hvc_cim_prepare(&call);
    hvc_cim_perform(&call);
    hvc_text_put(out, line);
    hvc_text_put(out, "\n");
    put_orders(out, &call);
    if (call.order_count > 0)
        complete(&call, fields[3]);
    put_answer(out, &call);
    hvc_cim_arena_free(call.arena);
    free(request);
}

/* ---- which values were returned ---- */

enum whose { OF_CLUSTER, OF_HOST, OF_JOB };

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

/* A line of the table: a method that is Implemented has calls, one of the service in both namespaces. */
static void check_method(const char *text, const char *name, enum whose whose)
{
    static const char *const objects[] = {"root/HyperVCluster/v2", "root/virtualization/v2", "a job"};
    char met[1024];
    unsigned count = find_values(text, name, whose, met, sizeof(met));

    print_message("%-40s %-24s %3u calls, returned%s\n", name, objects[whose], count, met);
    if (count == 0)
        fail_msg("no call of %s of %s", name, objects[whose]);
}

static void check_complete(const char *text)
{
    static const char *const classes[] = {"Msvm_VirtualSystemMigrationService", "Msvm_MigrationJob"};

    for (size_t i = 0; i < HVC_COUNT(classes); i++) {
        const struct hvc_schema_class *cls = hvc_schema_class_find(&hvc_schema_cluster, classes[i]);
        const struct hvc_schema_class *same = hvc_schema_class_find(&hvc_schema_host, classes[i]);

        for (uint16_t k = 0; k < cls->method_count; k++) {
            const struct hvc_schema_method *method = &cls->methods[k];

            /* the namespaces differ in what a method does, not in which are there */
            assert_ptr_equal(method->function, hvc_schema_method_find(same, method->name)->function);
            if (method->function == NULL)
                continue;
            check_method(text, method->name, i == 0 ? OF_CLUSTER : OF_JOB);
            if (i == 0)
                check_method(text, method->name, OF_HOST);
        }
    }
}

static void every_call_orders_and_answers_what_the_golden_file_says(void **state)
{
    struct hvc_cim_server *server = hvc_cim_server_new(&options);
    struct hvc_text_buffer out = {.limit = (size_t)4 << 20};
    char *text = calloc(LARGE, 1), *copy, *rest = NULL;
    char path[512];
    unsigned calls = 0;
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/tests/golden/wbem_methods/calls.txt", getenv("HVC_SOURCE_DIR"));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, LARGE - 1, file) > 0);
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
        call_line(server, line, &out);
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

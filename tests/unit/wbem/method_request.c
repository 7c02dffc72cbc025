/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "method_request.h"

#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

enum { FIELDS = 4 };

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
    struct hvc_text_buffer escaped = {.limit = METHOD_TALK_MAX};

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
    if (form == 'N') {
        assert_string_equal(value, "");
    } else if (!array) {
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
    struct hvc_text_buffer out = {.limit = METHOD_TALK_MAX};
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

void method_line(struct hvc_cim_server *server, const struct hvc_cim_facts *facts, const char *line,
                 struct hvc_text_buffer *out)
{
    char copy[8192], *fields[FIELDS] = {0}, *at = copy, *request;

    (void)snprintf(copy, sizeof(copy), "%s", line);
    for (unsigned i = 0; i < FIELDS; i++)
        fields[i] = strsep(&at, "|");
    assert_non_null(fields[FIELDS - 1]);
    request = make_request(fields[0], fields[1], fields[2]);
    if (facts == NULL)
        method_talk(server, request, fields[0], fields[3], out);
    else
        method_talk_about(server, request, facts, fields[3], out);
    free(request);
}

void method_rows(const struct hvc_cim_facts *facts, const struct method_row *rows, size_t count)
{
    struct hvc_cim_server *server = hvc_cim_server_new(&method_talk_options);

    assert_non_null(server);
    for (size_t i = 0; i < count; i++) {
        struct hvc_text_buffer out = {.limit = METHOD_TALK_MAX};

        method_line(server, facts, rows[i].line, &out);
        if (strstr(out.bytes, rows[i].orders) == NULL || strstr(out.bytes, rows[i].answer) == NULL)
            fail_msg("%s\n%swanted \"%s\" and \"%s\"", rows[i].line, out.bytes, rows[i].orders, rows[i].answer);
        hvc_text_free(&out);
    }
    hvc_cim_server_free(server);
}

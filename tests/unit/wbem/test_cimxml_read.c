/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/cimxml.h"

#include "../hvc_cmocka.h"

#define FRAME(body)                                                                                                    \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"1001\" "       \
    "PROTOCOLVERSION=\"1.0\"><SIMPLEREQ>" body "</SIMPLEREQ></MESSAGE></CIM>"
#define SPACE                                                                                                          \
    "<LOCALNAMESPACEPATH><NAMESPACE NAME=\"root\"/><NAMESPACE NAME=\"HyperVCluster\"/><NAMESPACE NAME=\"v2\"/>"        \
    "</LOCALNAMESPACEPATH>"
#define ICALL(body) FRAME("<IMETHODCALL NAME=\"GetInstance\">" SPACE body "</IMETHODCALL>")
#define CALL(body)                                                                                                     \
    FRAME("<METHODCALL NAME=\"Go\"><LOCALINSTANCEPATH>" SPACE                                                          \
          "<INSTANCENAME CLASSNAME=\"CIM_A\"><KEYBINDING NAME=\"K\">"                                                  \
          "<KEYVALUE VALUETYPE=\"string\">v</KEYVALUE></KEYBINDING></INSTANCENAME></LOCALINSTANCEPATH>" body           \
          "</METHODCALL>")

static int begin(void **state)
{
    *state = hvc_cim_arena_new(1 << 20);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

static const struct hvc_cimxml_request *read_request(void **state, const char *text)
{
    const struct hvc_cimxml_request *request = NULL;
    enum hvc_cimxml_fault fault = HVC_CIMXML_NOT_VALID;
    struct hvc_error error = {0};

    if (hvc_cimxml_read(*state, text, strlen(text), &request, &fault, &error) != 0)
        fail_msg("'%s' was refused: %s", text, error.text);
    assert_int_equal(fault, HVC_CIMXML_FAULT_NONE);
    return request;
}

static void an_intrinsic_call_is_read_with_every_kind_of_parameter(void **state)
{
    const struct hvc_cimxml_request *request = read_request(
        state,
        ICALL(
            "<IPARAMVALUE NAME=\"ClassName\"><CLASSNAME NAME=\"CIM_A\"/></IPARAMVALUE>"
            "<IPARAMVALUE NAME=\"InstanceName\"><INSTANCENAME CLASSNAME=\"CIM_A\"><KEYBINDING NAME=\"N\"><KEYVALUE "
            "VALUETYPE=\"numeric\" TYPE=\"uint16\">0x10</KEYVALUE></KEYBINDING><KEYBINDING NAME=\"R\"><VALUE.REFERENCE>"
            "<INSTANCENAME CLASSNAME=\"CIM_B\"/></VALUE.REFERENCE></KEYBINDING></INSTANCENAME></IPARAMVALUE>"
            "<IPARAMVALUE NAME=\"LocalOnly\"><VALUE>FALSE</VALUE></IPARAMVALUE>"
            "<IPARAMVALUE "
            "NAME=\"PropertyList\"><VALUE.ARRAY><VALUE>A</VALUE><VALUE>B</VALUE></VALUE.ARRAY></IPARAMVALUE>"
            "<IPARAMVALUE NAME=\"Role\"/>"
            "<IPARAMVALUE NAME=\"ModifiedInstance\"><VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME=\"CIM_A\"/><INSTANCE "
            "CLASSNAME=\"CIM_A\"><QUALIFIER NAME=\"q\" TYPE=\"boolean\"/><PROPERTY NAME=\"P\" TYPE=\"uint8\" "
            "MODIFIED=\"TRUE\"><VALUE>7</VALUE></PROPERTY><PROPERTY NAME=\"Q\" TYPE=\"string\"/></INSTANCE>"
            "</VALUE.NAMEDINSTANCE></IPARAMVALUE>"));
    const struct hvc_cimxml_parameter *parameter;

    assert_true(request->intrinsic);
    assert_string_equal(request->id, "1001");
    assert_string_equal(request->method, "GetInstance");
    assert_string_equal(request->space, "root/HyperVCluster/v2");
    assert_int_equal(request->parameter_count, 6);
    parameter = hvc_cimxml_parameter(request, "classname");
    assert_int_equal(parameter->kind, HVC_CIMXML_CLASS_NAME);
    assert_string_equal(parameter->class_name, "CIM_A");
    parameter = hvc_cimxml_parameter(request, "InstanceName");
    assert_int_equal(parameter->kind, HVC_CIMXML_PATH);
    assert_string_equal(hvc_cim_key(parameter->path, "n")->text, "16");
    assert_string_equal(hvc_cim_key(parameter->path, "R")->path->class_name, "CIM_B");
    assert_string_equal(hvc_cimxml_parameter(request, "LocalOnly")->value.text[0], "FALSE");
    parameter = hvc_cimxml_parameter(request, "PropertyList");
    assert_true(parameter->value.array);
    assert_int_equal(parameter->value.count, 2);
    assert_int_equal(hvc_cimxml_parameter(request, "Role")->kind, HVC_CIMXML_NOTHING);
    parameter = hvc_cimxml_parameter(request, "ModifiedInstance");
    assert_int_equal(parameter->kind, HVC_CIMXML_INSTANCE);
    assert_string_equal(parameter->instance->path->class_name, "CIM_A");
    assert_string_equal(hvc_cim_get(parameter->instance, "p")->text[0], "7");
    assert_true(hvc_cim_get(parameter->instance, "Q")->null);
}

static void an_extrinsic_call_is_read_as_pywbem_and_wbemcli_send_it(void **state)
{
    const struct hvc_cimxml_request *request = read_request(
        state,
        CALL("<PARAMVALUE NAME=\"System\" PARAMTYPE=\"reference\"><VALUE.REFERENCE><INSTANCEPATH><NAMESPACEPATH>"
             "<HOST>localhost</HOST>" SPACE "</NAMESPACEPATH><INSTANCENAME CLASSNAME=\"CIM_A\"/></INSTANCEPATH>"
             "</VALUE.REFERENCE></PARAMVALUE>"
             "<PARAMVALUE NAME=\"Typed\" PARAMTYPE=\"uint8\"><VALUE.ARRAY><VALUE>1</VALUE></VALUE.ARRAY></PARAMVALUE>"
             "<PARAMVALUE NAME=\"Untyped\"><VALUE>n2</VALUE></PARAMVALUE>"
             "<PARAMVALUE NAME=\"Raw\"><VALUE><INSTANCE CLASSNAME=\"CIM_S\"><PROPERTY NAME=\"X\" "
             "TYPE=\"string\"><VALUE>a&amp;b"
             "</VALUE></PROPERTY></INSTANCE></VALUE></PARAMVALUE>"
             "<PARAMVALUE NAME=\"Paths\" PARAMTYPE=\"reference\"><VALUE.REFARRAY><VALUE.REFERENCE><CLASSNAME "
             "NAME=\"CIM_A\"/>"
             "</VALUE.REFERENCE></VALUE.REFARRAY></PARAMVALUE>"));
    const struct hvc_cimxml_parameter *parameter = hvc_cimxml_parameter(request, "System");
    const struct hvc_cim_instance *instance = NULL;
    struct hvc_error error = {0};

    assert_false(request->intrinsic);
    assert_string_equal(request->space, "root/HyperVCluster/v2");
    assert_string_equal(hvc_cim_key(request->path, "K")->text, "v");
    assert_string_equal(parameter->value.path[0]->host, "localhost");
    assert_true(hvc_cimxml_parameter(request, "Typed")->typed);
    assert_false(hvc_cimxml_parameter(request, "Untyped")->typed);
    parameter = hvc_cimxml_parameter(request, "Raw");
    assert_int_equal(hvc_cimxml_read_instance(*state, parameter->value.text[0], &instance, &error), 0);
    assert_string_equal(hvc_cim_get(instance, "X")->text[0], "a&b");
    assert_int_equal(hvc_cimxml_parameter(request, "Paths")->value.count, 1);
}

static void what_is_no_request_is_told_and_has_its_word_for_the_header(void **state)
{
    static const struct {
        const char *text, *words;
        enum hvc_cimxml_fault fault;
    } rows[] = {
        {"<CIM", "not well-formed", HVC_CIMXML_NOT_WELL_FORMED},
        {"<SOAP/>", "the document is no <CIM>", HVC_CIMXML_NOT_VALID},
        {"<CIM CIMVERSION=\"3.0\" DTDVERSION=\"2.0\"/>", "CIMVERSION is 3.0, this server speaks 2.x",
         HVC_CIMXML_UNSUPPORTED_CIM_VERSION},
        {"<CIM CIMVERSION=\"2.3\" DTDVERSION=\"1.0\"/>", "DTDVERSION is 1.0", HVC_CIMXML_UNSUPPORTED_DTD_VERSION},
        {"<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"/>", "one element MESSAGE must stand in it", HVC_CIMXML_NOT_VALID},
        {"<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"1\" PROTOCOLVERSION=\"2.0\"/></CIM>",
         "PROTOCOLVERSION is 2.0", HVC_CIMXML_UNSUPPORTED_PROTOCOL_VERSION},
        {"<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE PROTOCOLVERSION=\"1.0\"/></CIM>", "has no attribute ID",
         HVC_CIMXML_NOT_VALID},
        {"<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE ID=\"1\" "
         "PROTOCOLVERSION=\"1.0\"><MULTIREQ/></MESSAGE></CIM>",
         "one request at a time", HVC_CIMXML_MULTIPLE_REQUESTS},
        {FRAME("<EXPMETHODCALL NAME=\"x\"/>"), "IMETHODCALL or METHODCALL must stand here", HVC_CIMXML_NOT_VALID},
        {FRAME("<IMETHODCALL NAME=\"GetClass\"/>"), "it does not say where it goes", HVC_CIMXML_NOT_VALID},
        {FRAME("<IMETHODCALL NAME=\"GetClass\"><LOCALNAMESPACEPATH/></IMETHODCALL>"), "it names no namespace",
         HVC_CIMXML_NOT_VALID},
        {ICALL("<PARAMVALUE NAME=\"x\"/>"), "only parameters may stand here", HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE/>"), "has no attribute NAME", HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE NAME=\"x\"><VALUE/><VALUE/></IPARAMVALUE>"), "a parameter has one value",
         HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE NAME=\"x\"><HOST/></IPARAMVALUE>"), "cannot be the value of a parameter",
         HVC_CIMXML_NOT_VALID},
        {CALL("<PARAMVALUE NAME=\"x\" PARAMTYPE=\"colour\"><VALUE>1</VALUE></PARAMVALUE>"), "PARAMTYPE does not go",
         HVC_CIMXML_NOT_VALID},
        {CALL("<PARAMVALUE NAME=\"x\"><VALUE.ARRAY><VALUE.NULL/></VALUE.ARRAY></PARAMVALUE>"), "has no NULL in it",
         HVC_CIMXML_NOT_VALID},
        {CALL("<PARAMVALUE NAME=\"x\"><VALUE.REFERENCE/></PARAMVALUE>"), "a path is missing in it",
         HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE NAME=\"x\"><INSTANCENAME CLASSNAME=\"A\"><KEYBINDING NAME=\"a\"><KEYVALUE>1</KEYVALUE>"
               "</KEYBINDING><KEYBINDING NAME=\"A\"><KEYVALUE>1</KEYVALUE></KEYBINDING></INSTANCENAME></IPARAMVALUE>"),
         "the name has this key twice", HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE NAME=\"x\"><INSTANCENAME "
               "CLASSNAME=\"A\"><KEYVALUE>1</KEYVALUE></INSTANCENAME></IPARAMVALUE>"),
         "a key must be named by KEYBINDING", HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE NAME=\"x\"><INSTANCE CLASSNAME=\"A\"><PROPERTY NAME=\"P\" TYPE=\"uint8\"/><PROPERTY "
               "NAME=\"p\" "
               "TYPE=\"uint8\"/></INSTANCE></IPARAMVALUE>"),
         "the instance has this property twice", HVC_CIMXML_NOT_VALID},
        {ICALL("<IPARAMVALUE NAME=\"x\"><INSTANCE CLASSNAME=\"A\"><PROPERTY NAME=\"P\" "
               "TYPE=\"uint8\"><VALUE.ARRAY/></PROPERTY>"
               "</INSTANCE></IPARAMVALUE>"),
         "does not go with its property", HVC_CIMXML_NOT_VALID},
    };

    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const struct hvc_cimxml_request *request = NULL;
        enum hvc_cimxml_fault fault = HVC_CIMXML_FAULT_NONE;
        struct hvc_error error = {0};

        assert_true(hvc_cimxml_read(*state, rows[i].text, strlen(rows[i].text), &request, &fault, &error) < 0);
        if (strstr(error.text, rows[i].words) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", rows[i].text, error.text, rows[i].words);
        assert_int_equal(fault, rows[i].fault);
    }
    assert_string_equal(hvc_cimxml_fault_name(HVC_CIMXML_NOT_WELL_FORMED), "request-not-well-formed");
    assert_string_equal(hvc_cimxml_fault_name(HVC_CIMXML_FAULT_NONE), "invalid");
}

static void a_parameter_that_stands_twice_is_told(void **state)
{
    static const char text[] = ICALL("<IPARAMVALUE NAME=\"x\"/><IPARAMVALUE NAME=\"X\"/>");
    const struct hvc_cimxml_request *request = NULL;
    enum hvc_cimxml_fault fault = HVC_CIMXML_FAULT_NONE;
    struct hvc_error error = {0};

    assert_int_equal(hvc_cimxml_read(*state, text, strlen(text), &request, &fault, &error), 0);
    assert_string_equal(request->twice, "X");
    assert_int_equal(request->parameter_count, 1);
}

static void a_value_that_is_not_of_the_type_it_names_is_a_text_for_the_operation_to_refuse(void **state)
{
    static const char *const texts[] = {
        CALL("<PARAMVALUE NAME=\"x\" PARAMTYPE=\"uint8\"><VALUE>300</VALUE></PARAMVALUE>"),
        CALL(
            "<PARAMVALUE NAME=\"x\" PARAMTYPE=\"uint8\"><VALUE.ARRAY><VALUE>0x7</VALUE><VALUE>300</VALUE></VALUE.ARRAY>"
            "</PARAMVALUE>"),
        CALL("<PARAMVALUE NAME=\"x\" PARAMTYPE=\"boolean\"><VALUE>maybe</VALUE></PARAMVALUE>"),
    };

    for (size_t i = 0; i < HVC_COUNT(texts); i++) {
        const struct hvc_cimxml_request *request = NULL;
        enum hvc_cimxml_fault fault = HVC_CIMXML_FAULT_NONE;
        struct hvc_error error = {0};

        assert_int_equal(hvc_cimxml_read(*state, texts[i], strlen(texts[i]), &request, &fault, &error), 0);
        assert_int_equal(hvc_cimxml_parameter(request, "x")->value.type, HVC_CIM_STRING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_parameter_that_stands_twice_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_value_that_is_not_of_the_type_it_names_is_a_text_for_the_operation_to_refuse,
                                        begin, end),
        cmocka_unit_test_setup_teardown(an_intrinsic_call_is_read_with_every_kind_of_parameter, begin, end),
        cmocka_unit_test_setup_teardown(an_extrinsic_call_is_read_as_pywbem_and_wbemcli_send_it, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_request_is_told_and_has_its_word_for_the_header, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

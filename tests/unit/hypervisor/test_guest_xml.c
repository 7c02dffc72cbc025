/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_xml.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

#define UUID  "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define GUEST "<domain type='kvm'><name>vm1</name><uuid>" UUID "</uuid></domain>"

static int parse(const char *xml, struct hvc_guest_id *id, struct hvc_error *error)
{
    *error = (struct hvc_error){.code = 0};
    return hvc_guest_parse_id(xml, strlen(xml), id, error);
}

static void a_definition_tells_name_and_uuid(void **state)
{
    static const struct {
        const char *xml, *name;
    } cases[] = {
        {GUEST, "vm1"},
        {"<?xml version='1.0' encoding='UTF-8'?>\n<!-- made by virsh -->\n<domain>\n <uuid>\n  " UUID
         "\n </uuid>\n <name>web server 1</name>\n</domain>\n",
         "web server 1"},
        {"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>a&amp;b</name><uuid>"
         "0B6E4D5E-7D3A-4C0F-9A53-6E6A5A3B1C0D</uuid></domain>",
         "a&b"},
        /* names deeper in the document are not the guest's */
        {"<domain><metadata><name>other</name><uuid>x</uuid></metadata><name>vm1</name><uuid>" UUID
         "</uuid><devices><disk><name>d</name></disk></devices></domain>",
         "vm1"},
        {"<domain><x:name xmlns:x='urn:x'>foreign</x:name><name>vm1</name><uuid>" UUID "</uuid></domain>", "vm1"},
        {"<domain><name><![CDATA[vm1]]></name><uuid>" UUID "</uuid></domain>", "vm1"},
        {"<domain><name>vm\xc3\xa4</name><uuid>" UUID "</uuid></domain>", "vm\xc3\xa4"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_guest_id id;
        struct hvc_error error;

        assert_int_equal(parse(cases[i].xml, &id, &error), 0);
        assert_string_equal(id.name, cases[i].name);
        assert_string_equal(id.uuid, UUID);
    }
}

static void a_bad_definition_is_refused_with_line_and_reason(void **state)
{
    static const struct {
        const char *xml, *words;
    } cases[] = {
        {"", "empty"},
        {"   ", "not well-formed"},
        {"vm1", "line 1"},
        {"<domain>", "not well-formed"},
        {"<domain><name>vm1</name>\n<uuid>" UUID "</uuid>\n</domian>", "line 3"},
        {"<domain><name>vm1</name><uuid>" UUID "</uuid></domain><domain/>", "not well-formed"},
        {"<domain><name>vm1</name><uuid>" UUID "</uuid></domain>trailing", "not well-formed"},
        {"<network><name>vm1</name><uuid>" UUID "</uuid></network>", "a <network>, not a <domain>"},
        {"<domain/>", "no <name>"},
        {"<domain><name/><uuid>" UUID "</uuid></domain>", "<name> is empty"},
        {"<domain><name></name><uuid>" UUID "</uuid></domain>", "<name> is empty"},
        {"<domain><name>a/b</name><uuid>" UUID "</uuid></domain>", "'/'"},
        {"<domain><name>a\nb</name><uuid>" UUID "</uuid></domain>", "line break"},
        {"<domain><name><![CDATA[\ra]]></name><uuid>" UUID "</uuid></domain>", "line break"},
        {"<domain><name>vm1</name></domain>", "no <uuid>"},
        {"<domain><name>vm1</name><uuid/></domain>", "<uuid> is empty"},
        {"<domain><name>vm1</name><uuid>vm1</uuid></domain>", "\"vm1\" is no UUID"},
        {"<domain><name>vm1</name><uuid>" UUID "0</uuid></domain>", "is no UUID"},
        {"<domain><name>a</name><name>b</name><uuid>" UUID "</uuid></domain>", "two <name>"},
        {"<domain><name>a</name><uuid>" UUID "</uuid><uuid>" UUID "</uuid></domain>", "two <uuid>"},
        {"<!DOCTYPE domain><domain><name>a</name><uuid>" UUID "</uuid></domain>", "DTD"},
        {"<!DOCTYPE domain [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><domain><name>&b;</name><uuid>" UUID
         "</uuid></domain>",
         "DTD"},
        {"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain><name>a</name><uuid>" UUID "</uuid></domain>", "DTD"},
        {"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><name>&x;</name><uuid>" UUID "</uuid></domain>",
         "DTD"},
        {"<domain><name>&undefined;</name><uuid>" UUID "</uuid></domain>", "undefined"},
        {"<domain><name>\xff\xfe</name><uuid>" UUID "</uuid></domain>", "not well-formed"},
        {"<domain><name>a\x01</name><uuid>" UUID "</uuid></domain>", "not well-formed"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_guest_id id = {.name = "untouched"};
        struct hvc_error error;

        assert_int_equal(parse(cases[i].xml, &id, &error), -EINVAL);
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, error.text, cases[i].words);
        assert_string_equal(id.name, "untouched");
    }
}

static void a_definition_without_a_uuid_tells_its_name(void **state)
{
    static const char without[] = "<domain type='kvm'><name>vm1</name></domain>", nameless[] = "<domain/>";
    struct hvc_guest_id id;

    (void)state;
    assert_int_equal(hvc_guest_parse_name(without, strlen(without), &id, NULL), 0);
    assert_string_equal(id.name, "vm1");
    assert_string_equal(id.uuid, "");
    assert_int_equal(hvc_guest_parse_name(GUEST, strlen(GUEST), &id, NULL), 0);
    assert_string_equal(id.uuid, UUID);
    assert_int_equal(hvc_guest_parse_name(nameless, strlen(nameless), &id, NULL), -EINVAL);
}

static void a_zero_byte_in_the_middle_is_refused(void **state)
{
    static const char xml[] = "<domain><name>vm\0001</name><uuid>" UUID "</uuid></domain>";
    struct hvc_guest_id id;

    (void)state;
    assert_int_equal(hvc_guest_parse_id(xml, sizeof(xml) - 1, &id, NULL), -EINVAL);
}

static char *filled(const char *head, char fill, size_t count, const char *tail)
{
    size_t head_length = strlen(head), tail_length = strlen(tail);
    char *text = malloc(head_length + count + tail_length + 1);

    assert_non_null(text);
    memcpy(text, head, head_length);
    memset(text + head_length, fill, count);
    memcpy(text + head_length + count, tail, tail_length + 1);
    return text;
}

static void sizes_are_bounded(void **state)
{
    struct hvc_guest_id id;
    struct hvc_error error;
    char *xml;

    (void)state;
    xml = filled("<domain><!--", 'x', HVC_XML_MAX, "--><name>vm1</name><uuid>" UUID "</uuid></domain>");
    assert_int_equal(parse(xml, &id, &error), -EINVAL);
    assert_non_null(strstr(error.text, "at most"));
    free(xml);
    xml = filled("<domain><name>", 'n', HVC_GUEST_NAME_MAX - 1, "</name><uuid>" UUID "</uuid></domain>");
    assert_int_equal(parse(xml, &id, &error), 0);
    free(xml);
    xml = filled("<domain><name>", 'n', HVC_GUEST_NAME_MAX, "</name><uuid>" UUID "</uuid></domain>");
    assert_int_equal(parse(xml, &id, &error), -EINVAL);
    assert_non_null(strstr(error.text, "longer than"));
    free(xml);
}

static void depth_is_bounded(void **state)
{
    enum { DEPTH = 4000 };
    struct hvc_guest_id id;
    struct hvc_error error;
    char *xml = malloc(DEPTH * 3 + 16);
    size_t used = (size_t)snprintf(xml, 16, "<domain>");

    (void)state;
    for (int i = 0; i < DEPTH; i++, used += 3)
        memcpy(xml + used, "<a>", 3);
    xml[used] = '\0';
    assert_int_equal(parse(xml, &id, &error), -EINVAL);
    assert_non_null(strstr(error.text, "depth"));
    free(xml);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (const char *p = strstr(text, word); p != NULL; p = strstr(p + 1, word))
        count++;
    return count;
}

static void the_owner_is_marked_and_the_rest_stays(void **state)
{
    static const char *const definitions[] = {
        GUEST,
        "<domain><name>vm1</name><uuid>" UUID "</uuid><metadata/></domain>",
        "<domain><name>vm1</name><uuid>" UUID "</uuid><metadata><app:keep xmlns:app='urn:app'>this</app:keep>"
        "</metadata></domain>",
        "<domain><name>vm1</name><uuid>" UUID "</uuid><metadata><hvc:guest xmlns:hvc='" HVC_METADATA_URI
        "' owner='former'/></metadata></domain>",
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(definitions); i++) {
        struct hvc_error error = {.code = 0};
        struct hvc_guest_id id;
        char *marked = NULL, *again = NULL, *bare = NULL;

        assert_int_equal(hvc_guest_xml_mark(definitions[i], "vm-\"1\"<&>", &marked, &error), 0);
        assert_int_equal(count_of(marked, "<metadata"), 1);
        assert_int_equal(count_of(marked, HVC_METADATA_URI), 1);
        assert_int_equal(count_of(marked, "former"), 0);
        assert_int_equal(count_of(marked, "<hvc:guest"), 1);
        assert_int_equal(count_of(marked, "urn:app"), count_of(definitions[i], "urn:app"));
        assert_int_equal(parse(marked, &id, &error), 0);
        assert_string_equal(id.name, "vm1");
        assert_int_equal(hvc_guest_xml_mark(marked, "second", &again, &error), 0);
        assert_int_equal(count_of(again, "owner="), 1);
        assert_non_null(strstr(again, "owner=\"second\""));
        assert_int_equal(hvc_guest_xml_mark(again, "", &bare, &error), 0);
        assert_int_equal(count_of(bare, "hvc"), 0);
        free(marked);
        free(again);
        free(bare);
    }
}

static void marking_refuses_what_is_no_definition(void **state)
{
    static const char *const bad[] = {"", "<domain", "<network/>", "<!DOCTYPE domain><domain/>"};
    char *marked = NULL;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(bad); i++) {
        struct hvc_error error = {.code = 0};

        assert_int_equal(hvc_guest_xml_mark(bad[i], "x", &marked, &error), -EINVAL);
        assert_string_not_equal(error.text, "");
        assert_null(marked);
    }
}

static void the_owner_is_read_back_from_the_element(void **state)
{
    char owner[HVC_RESOURCE_NAME_MAX] = "untouched";
    char *element = NULL;

    (void)state;
    assert_int_equal(hvc_guest_xml_owner_element("vm-\"1\"", &element), 0);
    assert_int_equal(hvc_guest_xml_owner(element, owner), 0);
    assert_string_equal(owner, "vm-\"1\"");
    free(element);
    assert_int_equal(hvc_guest_xml_owner("<hvc:guest xmlns:hvc='" HVC_METADATA_URI "' owner='r1'/>", owner), 0);
    assert_string_equal(owner, "r1");
    assert_int_equal(hvc_guest_xml_owner("<guest/>", owner), -EINVAL);
    assert_int_equal(hvc_guest_xml_owner("", owner), -EINVAL);
    assert_int_equal(hvc_guest_xml_owner("<other owner='x'/>", owner), -EINVAL);
    assert_string_equal(owner, "r1");
}

static void a_tpm_whose_state_libvirt_would_drop_needs_a_definition(void **state)
{
    static const struct {
        const char *devices;
        bool needs;
    } cases[] = {
        {"", false},
        {"<devices/>", false},
        {"<devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices>", true},
        {"<devices><tpm><backend type='emulator' persistent_state='no'/></tpm></devices>", true},
        {"<devices><tpm><backend type='emulator' persistent_state='yes'/></tpm></devices>", false},
        {"<devices><tpm><backend type='passthrough'/></tpm></devices>", false},
        {"<devices><tpm/></devices>", false},
        {"<metadata><tpm><backend type='emulator'/></tpm></metadata>", false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        char xml[512];
        bool needs = !cases[i].needs;

        (void)snprintf(xml, sizeof(xml), "<domain><name>a</name>%s</domain>", cases[i].devices);
        assert_int_equal(hvc_guest_xml_needs_definition(xml, &needs, NULL), 0);
        assert_int_equal(needs, cases[i].needs);
    }
}

static void the_cpu_model_of_the_host_is_found(void **state)
{
    char model[16] = "old";

    (void)state;
    assert_int_equal(hvc_host_xml_cpu_model("<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model></cpu>"
                                            "</host></capabilities>",
                                            model, sizeof(model)),
                     0);
    assert_string_equal(model, "EPYC");
    assert_int_equal(hvc_host_xml_cpu_model("<capabilities><host/></capabilities>", model, sizeof(model)), 0);
    assert_string_equal(model, "");
    assert_int_equal(hvc_host_xml_cpu_model("nothing", model, sizeof(model)), -EINVAL);
}

static void the_uuid_of_the_host_is_found(void **state)
{
    char uuid[HVC_UUID_TEXT_MAX] = "before";

    (void)state;
    assert_int_equal(hvc_host_xml_uuid("<capabilities><host><uuid>0B6E4D5E-7d3a-4c0f-9a53-6e6a5a3b1c0d</uuid></host>"
                                       "</capabilities>",
                                       uuid),
                     0);
    assert_string_equal(uuid, "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d");
    assert_int_equal(hvc_host_xml_uuid("<capabilities><host/></capabilities>", uuid), -EINVAL);
    assert_int_equal(hvc_host_xml_uuid("nothing", uuid), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_definition_tells_name_and_uuid),
        cmocka_unit_test(a_bad_definition_is_refused_with_line_and_reason),
        cmocka_unit_test(a_definition_without_a_uuid_tells_its_name),
        cmocka_unit_test(a_zero_byte_in_the_middle_is_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_owner_is_marked_and_the_rest_stays),
        cmocka_unit_test(marking_refuses_what_is_no_definition),
        cmocka_unit_test(the_owner_is_read_back_from_the_element),
        cmocka_unit_test(a_tpm_whose_state_libvirt_would_drop_needs_a_definition),
        cmocka_unit_test(the_cpu_model_of_the_host_is_found),
        cmocka_unit_test(the_uuid_of_the_host_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

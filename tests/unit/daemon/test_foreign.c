/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a guest is, by the definition that a resource of another agent names, or by names where that cannot be read. */
#include "hvc/foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "operation_cases.h"

#define UUID  "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define OTHER "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0e"

static const struct hvc_guest_id vm1 = {.uuid = UUID, .name = "vm1"};
static char folder[64];

static int set_up(void **state)
{
    (void)begin(state);
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-foreign-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int tear_down(void **state)
{
    assert_int_equal(rmdir(folder), 0);
    return end(state);
}

static void put(struct hvc_fact_foreign *foreign, const char *resource, const char *config)
{
    *foreign = (struct hvc_fact_foreign){.resource = ""};
    (void)hvc_text_copy(foreign->resource, sizeof(foreign->resource), resource);
    (void)hvc_text_copy(foreign->agent, sizeof(foreign->agent), "ocf:heartbeat:VirtualDomain");
    (void)hvc_text_copy(foreign->config, sizeof(foreign->config), config);
}

static struct hvc_foreign *read_all(size_t *ret_count)
{
    struct hvc_foreign *list = NULL;
    struct hvc_error error = {0};

    assert_int_equal(hvc_foreign_read(world->operations.facts, hvc_deadline_in(5000), &list, ret_count, &error), 0);
    return list;
}

/* What a resource with that file is to vm1. content NULL: there is no such file. */
static enum hvc_foreign_is is_with(const char *resource, const char *file, const char *content)
{
    char path[256];
    struct hvc_foreign *list;
    enum hvc_foreign_is is;
    size_t count = 0;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    if (content != NULL) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        (void)fputs(content, f);
        assert_int_equal(fclose(f), 0);
    }
    put(&world->foreign[0], resource, path);
    world->foreign_count = 1;
    list = read_all(&count);
    assert_int_equal(count, 1);
    is = hvc_foreign_is(&list[0], &vm1);
    free(list);
    if (content != NULL)
        assert_int_equal(unlink(path), 0);
    return is;
}

static void a_definition_says_whose_guest_it_is_and_names_only_where_it_is_not_read(void **state)
{
    static const struct {
        const char *resource, *file, *content;
        enum hvc_foreign_is is;
    } rows[] = {
        {"web", "web.xml", "<domain><name>vm1</name><uuid>" UUID "</uuid></domain>", HVC_FOREIGN_OWNS},
        {"web", "web.xml", "<domain><name>vm1</name></domain>", HVC_FOREIGN_OWNS},
        {"web", "web.xml", "<domain><name>vm1</name><uuid>" OTHER "</uuid></domain>", HVC_FOREIGN_OWNS},
        {"web", "web.xml", "<domain><name>renamed</name><uuid>" UUID "</uuid></domain>", HVC_FOREIGN_OWNS},
        {"vm1", "vm1.xml", "<domain><name>vm2</name><uuid>" OTHER "</uuid></domain>", HVC_FOREIGN_NOT},
        {"web", "web.xml", "no definition", HVC_FOREIGN_MAYBE},
        {"web", "vm1.xml", "no definition", HVC_FOREIGN_OWNS},
        {"web", "vm1", "no definition", HVC_FOREIGN_OWNS},
        {"vm1", "web.xml", "no definition", HVC_FOREIGN_OWNS},
        {"web", "vm1.xml", NULL, HVC_FOREIGN_OWNS},
        {"vm1", "web.xml", NULL, HVC_FOREIGN_OWNS},
        {"web", "web.xml", NULL, HVC_FOREIGN_NOT}, /* its agent runs nothing without it */
        {"web", "xvm1.xml", NULL, HVC_FOREIGN_NOT},
        {"web", "vm1.xml.old", NULL, HVC_FOREIGN_NOT},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        enum hvc_foreign_is is = is_with(rows[i].resource, rows[i].file, rows[i].content);

        if (is != rows[i].is)
            fail_msg("row %zu: %d", i, (int)is);
    }
}

/* What nobody could read: a file of libvirt's own has its guest's name, any other one says nothing. */
static void a_file_that_may_not_be_read_is_told(void **state)
{
    struct hvc_foreign foreign = {.words = "cannot read guest definition: Permission denied"};
    char words[256];

    (void)state;
    put(&foreign.resource, "web", "/etc/libvirt/qemu/web.xml");
    assert_int_equal(hvc_foreign_is(&foreign, &vm1), HVC_FOREIGN_NOT);
    put(&foreign.resource, "web", "/etc/libvirt/qemu/vm1.xml");
    assert_int_equal(hvc_foreign_is(&foreign, &vm1), HVC_FOREIGN_OWNS);
    hvc_foreign_words(&foreign, HVC_FOREIGN_OWNS, words, sizeof(words));
    assert_string_equal(words, "resource web (ocf:heartbeat:VirtualDomain, config=/etc/libvirt/qemu/vm1.xml)");
    put(&foreign.resource, "web", "/srv/web.xml");
    assert_int_equal(hvc_foreign_is(&foreign, &vm1), HVC_FOREIGN_MAYBE);
    hvc_foreign_words(&foreign, HVC_FOREIGN_MAYBE, words, sizeof(words));
    assert_non_null(strstr(words, "resource web (ocf:heartbeat:VirtualDomain): cannot read"));
    put(&foreign.resource, "web", "");
    assert_int_equal(hvc_foreign_is(&foreign, &vm1), HVC_FOREIGN_MAYBE);
    assert_int_equal(hvc_foreign_is(&foreign, &(struct hvc_guest_id){.uuid = UUID}), HVC_FOREIGN_MAYBE);
}

static void the_one_that_is_most_to_the_guest_is_found_but_for_an_exception(void **state)
{
    struct hvc_foreign list[3] = {{.words = "unread"}, {.words = "unread"}, {.words = "unread"}};
    enum hvc_foreign_is is;

    (void)state;
    put(&list[0].resource, "maybe", "/srv/x.xml");
    put(&list[1].resource, "owns", "/srv/vm1.xml");
    put(&list[2].resource, "too", "/srv/vm1.xml");
    assert_ptr_equal(hvc_foreign_find(list, 3, &vm1, "", &is), &list[1]);
    assert_int_equal(is, HVC_FOREIGN_OWNS);
    assert_ptr_equal(hvc_foreign_find(list, 3, &vm1, "owns", &is), &list[2]);
    assert_ptr_equal(hvc_foreign_find(list, 2, &vm1, "owns", &is), &list[0]);
    assert_int_equal(is, HVC_FOREIGN_MAYBE);
    assert_null(hvc_foreign_find(list, 1, &vm1, "maybe", &is));
    assert_int_equal(is, HVC_FOREIGN_NOT);
}

static void a_configuration_that_cannot_be_read_is_an_error_in_words(void **state)
{
    struct hvc_foreign *list = NULL;
    struct hvc_error error = {0};
    size_t count = 0;

    (void)state;
    world->foreign_result = -ETIMEDOUT;
    assert_int_equal(hvc_foreign_read(world->operations.facts, hvc_deadline_in(5000), &list, &count, &error),
                     -ETIMEDOUT);
    assert_string_equal(error.text, "pacemaker runs but does not answer");
}

/* guest.list and guest.inspect name it, for people. */
static void a_guest_is_shown_with_the_resource_of_another_agent(void **state)
{
    struct hvc_call *call;
    const struct hvc_record *row;

    (void)state;
    put_running(&world->here, UUID, "vm1");
    put(&world->foreign[0], "web", "/nowhere/vm1.xml");
    world->foreign_count = 1;
    call = run("guest.list", "{\"with\":\"foreign\"}");
    row = hvc_record_list_at(call->data, "guests", 0);
    assert_string_equal(hvc_record_text(row, "foreign_resource", ""), "web");
    assert_string_equal(hvc_record_text(row, "resource", ""), "web");
    assert_string_equal(hvc_record_text(row, "owner", ""), "");
    hvc_call_unref(call);
    call = run("guest.inspect", "{\"uuid\":\"" UUID "\",\"with\":\"foreign\"}");
    assert_string_equal(hvc_record_text(call->data, "foreign_resource", ""), "web");
    assert_string_equal(hvc_record_text(call->data, "foreign_agent", ""), "ocf:heartbeat:VirtualDomain");
    hvc_call_unref(call);
    call = run("guest.inspect", "{\"uuid\":\"" UUID "\"}"); /* as monitors ask */
    assert_null(hvc_record_text(call->data, "foreign_resource", NULL));
    hvc_call_unref(call);
    world->foreign_count = 0;
    (void)hvc_text_copy(world->here.guests[0].owner, sizeof(world->here.guests[0].owner), "ours");
    call = run("guest.list", "{\"with\":\"foreign\"}");
    row = hvc_record_list_at(call->data, "guests", 0);
    assert_string_equal(hvc_record_text(row, "resource", ""), "ours");
    assert_null(hvc_record_text(row, "foreign_resource", NULL));
    hvc_call_unref(call);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_definition_says_whose_guest_it_is_and_names_only_where_it_is_not_read),
        T(a_file_that_may_not_be_read_is_told),
        T(the_one_that_is_most_to_the_guest_is_found_but_for_an_exception),
        T(a_configuration_that_cannot_be_read_is_an_error_in_words),
        T(a_guest_is_shown_with_the_resource_of_another_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

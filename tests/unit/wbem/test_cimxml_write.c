/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers are compared byte by byte with tests/golden/cimxml; HVC_GOLDEN_UPDATE=1 writes them anew. */
#include "hvc/cimxml.h"

#include "sample.h"
#include "text_buffer.h"

#include "../hvc_cmocka.h"

static const struct hvc_cimxml_request intrinsic = {.id = "1001", .intrinsic = true, .method = "GetInstance"};
static const struct hvc_cimxml_request extrinsic = {.id = "<7>", .method = "Go"};

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

static void compare(struct hvc_text_buffer *out, const char *name)
{
    static char want[65536];
    char path[512];
    size_t length;
    FILE *file;

    assert_false(out->failed);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/cimxml/%s", getenv("HVC_SOURCE_DIR"), name);
    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(out->bytes, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(want, 1, sizeof(want) - 1, file);
    assert_int_equal(fclose(file), 0);
    want[length] = '\0';
    assert_string_equal(out->bytes, want);
    hvc_text_free(out);
}

static struct hvc_cim_instance *sample(struct hvc_cim_arena *arena)
{
    static const char *const words[] = {"one", "<two>"};
    struct hvc_cim_instance *instance = hvc_cim_instance_new(arena, &sample_class);
    struct hvc_cim_instance *friend = hvc_cim_instance_new(arena, &sample_class);

    assert_true(hvc_cim_set(friend, "Name", hvc_cim_text(arena, "f")));
    assert_true(hvc_cim_set(friend, "Number", hvc_cim_number(arena, HVC_CIM_UINT16, 2)));
    assert_true(hvc_cim_set(instance, "Name", hvc_cim_text(arena, "a & b")));
    assert_true(hvc_cim_set(instance, "Number", hvc_cim_number(arena, HVC_CIM_UINT16, 1)));
    assert_true(hvc_cim_set(instance, "Words", hvc_cim_texts(arena, words, 2)));
    assert_true(
        hvc_cim_set(instance, "Friend", hvc_cim_reference(arena, hvc_cim_instance_path(arena, friend, "root/x/v2"))));
    assert_true(hvc_cim_set(instance, "Inside", hvc_cim_text(arena, "<INSTANCE CLASSNAME=\"CIM_Base\"></INSTANCE>")));
    assert_true(hvc_cim_set(instance, "Since", hvc_cim_null(arena, HVC_CIM_DATETIME, false)));
    return instance;
}

static void an_instance_is_written_in_full_and_in_part(void **state)
{
    static const char *const some[] = {"words", "State"};
    const struct hvc_cimxml_shape full = {.flags = HVC_CIMXML_QUALIFIERS | HVC_CIMXML_ORIGIN};
    const struct hvc_cimxml_shape part = {.properties = some, .property_count = 2};
    struct hvc_text_buffer out = {.limit = 1 << 20};

    hvc_cimxml_begin(&out, &intrinsic);
    hvc_cimxml_return_begin(&out);
    hvc_cimxml_put_instance(&out, sample(*state), &full);
    hvc_cimxml_put_instance(&out, sample(*state), &part);
    hvc_cimxml_return_end(&out);
    hvc_cimxml_end(&out, &intrinsic);
    compare(&out, "instance.xml");
}

static struct hvc_cim_instance *friend_of(struct hvc_cim_arena *arena)
{
    struct hvc_cim_instance *friend = hvc_cim_instance_new(arena, &sample_class);

    assert_true(hvc_cim_set(friend, "Name", hvc_cim_text(arena, "f")));
    return friend;
}

/* Some of one class, others between them: each as it is written alone. */
static void instances_in_a_frame_are_the_same_bytes(void **state)
{
    static const char *const some[] = {"words", "State", "Inside"};
    const struct hvc_cimxml_shape shapes[] = {
        {.flags = HVC_CIMXML_QUALIFIERS | HVC_CIMXML_ORIGIN}, {.flags = 0}, {.properties = some, .property_count = 3}};
    struct hvc_schema_class other = sample_class;
    const struct hvc_cim_instance *const instances[] = {
        sample(*state),
        sample(*state),
        friend_of(*state),
        hvc_cim_instance_new(*state, &other),
        sample(*state),
        hvc_cim_instance_new(*state, &other),
        hvc_cim_instance_new(*state, &other),
        sample(*state),
        friend_of(*state),
    };

    other.name = "Msvm_Other";
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct hvc_cimxml_frame *frame = hvc_cimxml_frame_new(&shapes[i]);
        struct hvc_text_buffer framed = {.limit = 1 << 20}, alone = {.limit = 1 << 20};

        assert_non_null(frame);
        for (size_t j = 0; j < sizeof(instances) / sizeof(instances[0]); j++) {
            hvc_cimxml_put_framed(&framed, instances[j], frame);
            hvc_cimxml_put_instance(&alone, instances[j], &shapes[i]);
            assert_string_equal(framed.bytes, alone.bytes);
        }
        hvc_cimxml_frame_free(frame);
        hvc_text_free(&framed);
        hvc_text_free(&alone);
    }
}

static void paths_are_written_with_and_without_a_host(void **state)
{
    const struct hvc_cim_path *path = hvc_cim_instance_path(*state, sample(*state), "root/x/v2");
    const struct hvc_cim_path cls = {NULL, "root/x", "CIM_Base", NULL, 0};
    struct hvc_text_buffer out = {.limit = 1 << 20};

    hvc_cimxml_begin(&out, &intrinsic);
    hvc_cimxml_return_begin(&out);
    hvc_cimxml_put_instance_name(&out, path);
    hvc_cimxml_put_path(&out, path, "n1");
    hvc_cimxml_put_instance_name(&out, &cls);
    hvc_cimxml_put_path(&out, &cls, "n1");
    hvc_cimxml_return_end(&out);
    hvc_cimxml_end(&out, &intrinsic);
    compare(&out, "paths.xml");
}

static void a_class_and_a_qualifier_are_written(void **state)
{
    const struct hvc_cimxml_shape full = {.flags = HVC_CIMXML_QUALIFIERS | HVC_CIMXML_ORIGIN};
    const struct hvc_cimxml_shape local = {.flags = HVC_CIMXML_LOCAL_ONLY | HVC_CIMXML_QUALIFIERS};
    static const char *const no[] = {"FALSE"};
    const struct hvc_schema_qualifier_type key = {
        "Key", HVC_CIM_BOOLEAN, false, HVC_SCOPE_PROPERTY | HVC_SCOPE_REFERENCE, HVC_SCHEMA_DISABLE_OVERRIDE, {no, 1}};
    struct hvc_text_buffer out = {.limit = 1 << 20};

    (void)state;
    hvc_cimxml_begin(&out, &intrinsic);
    hvc_cimxml_return_begin(&out);
    hvc_cimxml_put_class(&out, &sample_class, &full);
    hvc_cimxml_put_class(&out, &sample_class, &local);
    hvc_cimxml_put_class(&out, &sample_base, &full);
    hvc_cimxml_put_qualifier_type(&out, &key);
    hvc_cimxml_return_end(&out);
    hvc_cimxml_end(&out, &intrinsic);
    compare(&out, "class.xml");
}

static void a_method_answers_with_its_value_and_what_is_not_null(void **state)
{
    struct hvc_cim_arena *arena = *state;
    struct hvc_text_buffer out = {.limit = 1 << 20};
    const struct hvc_cim_path *path = hvc_cim_instance_path(arena, sample(arena), "root/x/v2");

    hvc_cimxml_begin(&out, &extrinsic);
    hvc_cimxml_return_value(&out, hvc_cim_number(arena, HVC_CIM_UINT32, 4096));
    hvc_cimxml_out_parameter(&out, "Job", hvc_cim_reference(arena, path), false);
    hvc_cimxml_out_parameter(&out, "Nothing", hvc_cim_null(arena, HVC_CIM_STRING, false), false);
    hvc_cimxml_out_parameter(&out, "Inside", hvc_cim_text(arena, "<INSTANCE CLASSNAME=\"Msvm_Sample\"></INSTANCE>"),
                             true);
    hvc_cimxml_end(&out, &extrinsic);
    compare(&out, "method.xml");
}

static void an_error_is_written(void **state)
{
    struct hvc_text_buffer out = {.limit = 1 << 20};

    (void)state;
    hvc_cimxml_begin(&out, &intrinsic);
    hvc_cimxml_error(&out, HVC_CIM_NOT_FOUND, "there is no \"x\" & <y>");
    hvc_cimxml_end(&out, &intrinsic);
    compare(&out, "error.xml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_instance_is_written_in_full_and_in_part, begin, end),
        cmocka_unit_test_setup_teardown(instances_in_a_frame_are_the_same_bytes, begin, end),
        cmocka_unit_test_setup_teardown(paths_are_written_with_and_without_a_host, begin, end),
        cmocka_unit_test_setup_teardown(a_class_and_a_qualifier_are_written, begin, end),
        cmocka_unit_test_setup_teardown(a_method_answers_with_its_value_and_what_is_not_null, begin, end),
        cmocka_unit_test_setup_teardown(an_error_is_written, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

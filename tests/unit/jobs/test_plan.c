/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The storage plan that a job names, by the hash of its document. */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world_fixture.h"

static struct hvc_error error;

static int begin(void **state)
{
    (void)state;
    make_world();
    hvc_error_clear(&error);
    return 0;
}

static int end(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

/* A job that names that document; kept: the cluster has it. */
static struct hvc_job job_with(const char *text, bool kept)
{
    struct hvc_job job = {.id = 7};

    keeper->base.ops->hash(text, strlen(text), job.options.document);
    if (kept) {
        keeper->document_length = strlen(text);
        memcpy(keeper->document, text, keeper->document_length);
    }
    return job;
}

static void a_job_without_a_document_has_no_plan(void **state)
{
    const struct hvc_job job = {.id = 7};
    struct hvc_storage_plan *plan = NULL;

    (void)state;
    world->operations.keeper = NULL; /* nobody is asked */
    assert_int_equal(job_plan_read(&world->operations, &job, &plan, &error), 0);
    assert_null(plan);
}

static void the_plan_is_what_the_document_says(void **state)
{
    const struct hvc_job job =
        job_with("version=1\nroot=/srv/fast\ndisk=vdb\nkeep=yes\nunmanaged=/srv/a\npath=/srv/b\n", true);
    struct hvc_storage_plan *plan = NULL;

    (void)state;
    assert_int_equal(job_plan_read(&world->operations, &job, &plan, &error), 0);
    assert_non_null(plan);
    assert_string_equal(plan->root, "/srv/fast");
    assert_int_equal(plan->disk_count, 1);
    assert_true(plan->disks[0].keep);
    assert_string_equal(plan->unmanaged[0].to, "/srv/b");
    free(plan);
}

static void a_document_that_nobody_has_is_an_error_in_words(void **state)
{
    const struct hvc_job job = job_with("version=1\nroot=/srv/fast\n", false);
    struct hvc_storage_plan *plan = NULL;

    (void)state;
    assert_int_equal(job_plan_read(&world->operations, &job, &plan, &error), -ENOENT);
    assert_string_equal(error.text, "nobody who answers has it");
    assert_null(plan);
}

/* A definition of a guest, a plan of a later version, one that was cut. */
static void a_document_that_is_no_plan_is_refused(void **state)
{
    static const char *const texts[] = {"<domain/>", "version=2\nroot=/srv\n", "version=1\nroot=srv\n",
                                        "version=1\ndisk=vda\n", ""};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(texts); i++) {
        const struct hvc_job job = job_with(texts[i], true);
        struct hvc_storage_plan *plan = NULL;

        hvc_error_clear(&error);
        if (job_plan_read(&world->operations, &job, &plan, &error) != -EINVAL || error.text[0] == '\0' || plan != NULL)
            fail_msg("\"%s\": %d %s", texts[i], error.code, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_without_a_document_has_no_plan, begin, end),
        cmocka_unit_test_setup_teardown(the_plan_is_what_the_document_says, begin, end),
        cmocka_unit_test_setup_teardown(a_document_that_nobody_has_is_an_error_in_words, begin, end),
        cmocka_unit_test_setup_teardown(a_document_that_is_no_plan_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

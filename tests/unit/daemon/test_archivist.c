/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ended jobs go into files of the node, once each, and are found there. */
#include "archivist.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "hvc/job_archive.h"
#include "job_cases.h"

#define DAY_MS      UINT64_C(86400000)
#define PATIENCE_MS 60000

static char folder[64];

static int up(void **state)
{
    (void)begin_jobs(state);
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-archive-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(world->operations.archive, sizeof(world->operations.archive), "%s/archive", folder);
    world->operations.archive_days = 30;
    return 0;
}

static void remove_all(const char *path)
{
    DIR *at = opendir(path);
    const struct dirent *entry;

    while (at != NULL && (entry = readdir(at)) != NULL)
        (void)unlinkat(dirfd(at), entry->d_name, 0);
    if (at != NULL)
        assert_int_equal(closedir(at), 0);
    (void)rmdir(path);
}

static int down(void **state)
{
    remove_all(world->operations.archive);
    assert_int_equal(rmdir(folder), 0);
    return end(state);
}

static void put_file(const char *name, const char *text)
{
    char path[HVC_PATH_TEXT_MAX + 64];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", world->operations.archive, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool has_file(const char *name)
{
    char path[HVC_PATH_TEXT_MAX + 64];

    (void)snprintf(path, sizeof(path), "%s/%s", world->operations.archive, name);
    return access(path, F_OK) == 0;
}

/* "3 2 1 " */
static bool note_id(void *context, const struct hvc_record *line)
{
    char *ids = context;
    size_t used = strlen(ids);

    (void)snprintf(ids + used, 64 - used, "%llu ", (unsigned long long)hvc_record_u64(line, "id", 0));
    return true;
}

static const char *ids_of_archive(void)
{
    static char ids[64];

    ids[0] = '\0';
    assert_int_equal(hvc_job_archive_walk(world->operations.archive, note_id, ids, NULL), 0);
    return ids;
}

static void append(const char *lines, uint64_t wall_ms)
{
    assert_int_equal(hvc_job_archive_append(world->operations.archive, lines, strlen(lines), wall_ms, NULL), 0);
}

/* Until the archive is so; the archivist that wrote it has ended then. */
static void archive_until(const char *ids)
{
    uint64_t deadline_ms = hvc_deadline_in(PATIENCE_MS);
    struct hvc_archivist *archivist = NULL;

    assert_int_equal(hvc_archivist_new(&world->operations, &archivist, NULL), 0);
    assert_non_null(archivist);
    while (strcmp(ids_of_archive(), ids) != 0 && hvc_deadline_left(deadline_ms) > 0)
        (void)poll(NULL, 0, 5);
    assert_true(hvc_archivist_end(archivist, hvc_deadline_in(PATIENCE_MS)));
    assert_string_equal(ids_of_archive(), ids);
}

static void end_a_job(const char *guest, int id)
{
    char args[96];

    (void)snprintf(args, sizeof(args), "{\"guest\":\"%s\",\"target\":\"%s\"}", guest,
                   strcmp(guest, "vm1") == 0 ? "n2" : "n1");
    check(&(struct operation_case){"job.create", args, "ok", ""});
    (void)snprintf(args, sizeof(args), "{\"id\":%d}", id);
    check(&(struct operation_case){"job.cancel", args, "ok", ""});
}

/* ---- files ---- */

static void lines_are_read_from_the_newest_day_on(void **state)
{
    (void)state;
    assert_string_equal(ids_of_archive(), ""); /* no folder yet */
    append("{\"id\":1}\n{\"id\":2}\n", 100 * DAY_MS);
    append("{\"id\":3}\n", 100 * DAY_MS + 1);
    append("{\"id\":4}\n", 101 * DAY_MS);
    assert_true(has_file("jobs-1970-04-11.jsonl"));
    assert_true(has_file("jobs-1970-04-12.jsonl"));
    put_file("notes.txt", "{\"id\":9}\n");
    assert_string_equal(ids_of_archive(), "4 3 2 1 ");
}

static void a_line_that_was_cut_costs_no_other(void **state)
{
    (void)state;
    append("{\"id\":1}\n", 0);
    put_file("jobs-1970-01-01.jsonl", "{\"id\":1}\n{\"id\":2,\"gue");
    assert_string_equal(ids_of_archive(), "1 ");
    append("{\"id\":3}\n", 0);
    assert_string_equal(ids_of_archive(), "3 1 ");
}

static void old_days_go_and_nothing_else(void **state)
{
    (void)state;
    append("{\"id\":1}\n", 100 * DAY_MS);
    append("{\"id\":2}\n", 101 * DAY_MS);
    append("{\"id\":3}\n", 131 * DAY_MS);
    put_file("a", "");
    put_file("jobs-1970-01-01.jsonl.old", "");
    assert_int_equal(hvc_job_archive_expire(world->operations.archive, 30, 131 * DAY_MS, NULL), 0);
    assert_string_equal(ids_of_archive(), "3 2 ");
    assert_true(has_file("a"));
    assert_true(has_file("jobs-1970-01-01.jsonl.old"));
    assert_int_equal(hvc_job_archive_expire("/nowhere/at/all", 30, 131 * DAY_MS, NULL), 0);
}

static void a_folder_that_cannot_be_written_is_told(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_job_archive_append("/nowhere/at/all", "x\n", 2, 0, &error), -ENOENT);
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
}

/* ---- the archivist ---- */

static void each_ended_job_is_written_once(void **state)
{
    (void)state;
    end_a_job("vm1", 1);
    archive_until("1 ");
    end_a_job("vm1", 2);
    end_a_job("vm2", 3);
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", "job 4"});
    archive_until("3 2 1 ");
    check(&(struct operation_case){"job.forget", "{\"id\":2}", "ok", ""});
    check(&(struct operation_case){"job.cancel", "{\"id\":4}", "ok", ""});
    archive_until("4 3 2 1 ");
}

static void more_than_one_look_takes_are_written_in_their_order(void **state)
{
    (void)state;
    for (int id = 1; id <= 10; id++)
        end_a_job(id % 2 == 0 ? "vm1" : "vm2", id);
    archive_until("10 9 8 7 6 5 4 3 2 1 ");
}

static void a_new_history_counts_anew_and_one_with_a_new_id_goes_on(void **state)
{
    (void)state;
    end_a_job("vm1", 1);
    end_a_job("vm1", 2);
    archive_until("2 1 ");
    keeper->status.replication.cluster_id[0] ^= 1; /* an operator's word has made this node's history the cluster's */
    end_a_job("vm1", 3);
    archive_until("3 2 1 ");
    fake_keeper_free(keeper); /* and now another one has begun */
    keeper = fake_keeper_new();
    keeper->status.replication.cluster_id[0] ^= 2;
    world->operations.keeper = &keeper->base;
    set_members(2);
    end_a_job("vm2", 1);
    archive_until("1 3 2 1 ");
}

static void without_days_nothing_is_written(void **state)
{
    struct hvc_archivist *archivist = NULL;

    (void)state;
    world->operations.archive_days = 0;
    assert_int_equal(hvc_archivist_new(&world->operations, &archivist, NULL), 0);
    assert_null(archivist);
    assert_true(hvc_archivist_end(archivist, 0));
    check(&(struct operation_case){"job.archive", "{}", "unsupported", "archive_days"});
}

/* ---- what is asked ---- */

static const char *found(const char *args)
{
    static char ids[64];
    struct hvc_call *call = run("job.archive", args);

    ids[0] = '\0';
    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "ok");
    for (size_t i = 0; i < hvc_record_list_count(call->data, "jobs"); i++)
        (void)note_id(ids, hvc_record_list_at(call->data, "jobs", i));
    hvc_call_unref(call);
    return ids;
}

static void archived_jobs_are_found_by_what_is_asked(void **state)
{
    struct hvc_call *call;

    (void)state;
    assert_string_equal(found("{}"), "");
    end_a_job("vm1", 1);
    end_a_job("vm2", 2);
    end_a_job("vm1", 3);
    archive_until("3 2 1 ");
    check(&(struct operation_case){"job.forget", "{\"id\":1}", "ok", ""});
    assert_string_equal(found("{}"), "3 2 1 ");
    assert_string_equal(found("{\"guest\":\"vm1\"}"), "3 1 ");
    assert_string_equal(found("{\"guest\":\"" VM2 "\"}"), "2 ");
    assert_string_equal(found("{\"limit\":1}"), "3 ");
    assert_string_equal(found("{\"before\":3}"), "2 1 ");
    assert_string_equal(found("{\"node\":\"n2\",\"kind\":\"live\"}"), "3 2 1 ");
    assert_string_equal(found("{\"kind\":\"quick\"}"), "");
    append("{\"id\":3,\"guest\":\"vm1\",\"made\":\"7.1\"}\n", 0); /* of another history, long ago */
    assert_string_equal(found("{\"guest\":\"vm1\"}"), "3 1 3 ");
    call = run("job.archive", "{\"limit\":1}");
    assert_string_equal(hvc_record_text(hvc_record_list_at(call->data, "jobs", 0), "phase", ""), "cancelled");
    assert_true(hvc_record_list_count(hvc_record_list_at(call->data, "jobs", 0), "reasons") > 0);
    assert_true(hvc_record_u64(hvc_record_record(hvc_record_list_at(call->data, "jobs", 0), "times"), "queued", 0) > 0);
    hvc_call_unref(call);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(lines_are_read_from_the_newest_day_on),
        T(a_line_that_was_cut_costs_no_other),
        T(old_days_go_and_nothing_else),
        T(a_folder_that_cannot_be_written_is_told),
        T(each_ended_job_is_written_once),
        T(more_than_one_look_takes_are_written_in_their_order),
        T(a_new_history_counts_anew_and_one_with_a_new_id_goes_on),
        T(without_days_nothing_is_written),
        T(archived_jobs_are_found_by_what_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

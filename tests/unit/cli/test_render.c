/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden files: tests/golden/cli/NAME.json is the data of a response, NAME.text what people see of it. With
 * HVC_GOLDEN_UPDATE set the texts are written anew, to be read in the diff. */
#include "command.h"
#include "render.h"

#include "../hvc_cmocka.h"

/* Names with a slash are of a folder beside cli. */
static size_t read_golden(const char *name, const char *ending, char *text, size_t size)
{
    const char *root = getenv("HVC_SOURCE_DIR");
    char path[512];
    FILE *file;
    size_t length;

    assert_non_null(root);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/%s%s.%s", root, strchr(name, '/') != NULL ? "" : "cli/", name,
                   ending);
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(text, 1, size - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    return length;
}

static void write_golden(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/golden/%s%s.text", getenv("HVC_SOURCE_DIR"),
                   strchr(name, '/') != NULL ? "" : "cli/", name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void frames(FILE *out, const struct hvc_record *data, unsigned columns)
{
    (void)fprintf(out, "%u lines\n", hvc_render_job_frames(out, data, columns, false));
}

static void coloured_frames(FILE *out, const struct hvc_record *data, unsigned columns)
{
    (void)hvc_render_job_frames(out, data, columns, true);
}

static void every_answer_reads_as_its_golden_file(void **state)
{
    static const struct {
        const char *name;
        void (*render)(FILE *, const struct hvc_record *, unsigned);
        unsigned columns;
    } cases[] = {
        {"guest-list", hvc_render_guests, 1000},
        {"guest-list-40", hvc_render_guests, 40},
        {"guest-show", hvc_render_members, 80},
        {"guest-locate", hvc_render_locations, 100},
        {"move-list", hvc_render_moves, 80},
        {"jobs", hvc_render_jobs, 80},
        {"jobs-40", hvc_render_jobs, 40},
        {"jobs-none", hvc_render_jobs, 80},
        {"jobs-frames", frames, 80},
        {"jobs-frames-40", frames, 40},
        {"jobs-frames-colour", coloured_frames, 80},
        {"job-show", hvc_render_job, 80},
        {"job-held", hvc_render_job, 100},
        {"job-ended", hvc_render_job, 80},
        {"history", hvc_render_history, 80},
        {"history-40", hvc_render_history, 40},
        {"events", hvc_render_events, 80},
        {"guest-diff", hvc_render_diff, 80},
        {"guest-diff-same", hvc_render_diff, 80},
        {"guest-definition", hvc_render_definition, 80},
        {"settings-show", hvc_render_settings, 100},
        {"node-list", hvc_render_nodes, 100},
        {"network-list", hvc_render_networks, 80},
        {"job-waits-for-network", hvc_render_job, 80},
        {"check", hvc_render_checks, 80},
        {"check-foreign", hvc_render_checks, 80},
        {"balance", hvc_render_balance, 100},
        {"balance-none", hvc_render_balance, 80},
        {"balance-40", hvc_render_balance, 40},
        {"adopt", hvc_render_adoption, 80},
        {"adopt-refused", hvc_render_adoption, 100},
        {"adopt-done", hvc_render_adoption, 80},
        {"status-busy", hvc_render_status, 80},
        {"status-left-over", hvc_render_status, 80},
        {"status/following", hvc_render_status, 80},
        {"status/left-store-full", hvc_render_status, 80},
        {"status/one-node-lost", hvc_render_status, 80},
        {"status/out-acknowledgements", hvc_render_status, 80},
        {"status/out-corosync-hangs", hvc_render_status, 80},
        {"status/out-disk", hvc_render_status, 80},
        {"status/out-fencing", hvc_render_status, 80},
        {"status/out-membership", hvc_render_status, 80},
        {"status/out-next-membership", hvc_render_status, 80},
        {"status/out-offers", hvc_render_status, 80},
        {"status/out-promises", hvc_render_status, 80},
        {"status/out-quorum", hvc_render_status, 80},
        {"status/out-ring-changes", hvc_render_status, 80},
        {"status/out-ring-hangs", hvc_render_status, 80},
        {"status/out-transfer", hvc_render_status, 80},
        {"status/out-votes", hvc_render_status, 80},
        {"status/standalone", hvc_render_status, 80},
        {"status/starting", hvc_render_status, 80},
        {"status/voting", hvc_render_status, 80},
        {"status/voting-volatile", hvc_render_status, 80},
        {"status/voting-doubt", hvc_render_status, 80},
    };

    (void)state;
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        static char json[8192], want[8192], have[8192];
        struct hvc_error error = {0};
        struct hvc_record *data;
        size_t length = read_golden(cases[i].name, "json", json, sizeof(json));
        FILE *out = fmemopen(have, sizeof(have), "w");

        assert_non_null(out);
        assert_int_equal(hvc_record_parse(json, length, &data, &error), 0);
        cases[i].render(out, data, cases[i].columns);
        assert_int_equal(fclose(out), 0);
        hvc_record_free(data);
        if (getenv("HVC_GOLDEN_UPDATE") != NULL)
            write_golden(cases[i].name, have);
        (void)read_golden(cases[i].name, "text", want, sizeof(want));
        assert_string_equal(have, want);
    }
}

/* Made at build time from the tables of commands and options, installed as hvcluster(8) and as bash's completion. */
static void help_manual_and_completion_are_the_golden_ones(void **state)
{
    static const struct {
        const char *name;
        void (*write)(FILE *);
    } cases[] = {
        {"help", hvc_cli_write_help}, {"manual", hvc_cli_write_manual}, {"completion", hvc_cli_write_completion}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        static char want[131072], have[131072];
        FILE *out = fmemopen(have, sizeof(have), "w");

        assert_non_null(out);
        cases[i].write(out);
        assert_int_equal(fclose(out), 0);
        if (getenv("HVC_GOLDEN_UPDATE") != NULL)
            write_golden(cases[i].name, have);
        (void)read_golden(cases[i].name, "text", want, sizeof(want));
        assert_string_equal(have, want);
    }
}

static void no_line_of_a_frame_is_wider_than_the_terminal(void **state)
{
    static char json[8192], text[8192];

    (void)state;
    for (unsigned columns = 20; columns <= 200; columns++) {
        struct hvc_error error = {0};
        struct hvc_record *data;
        size_t length = read_golden("jobs", "json", json, sizeof(json));
        FILE *out = fmemopen(text, sizeof(text), "w");
        unsigned lines, seen = 0;

        assert_non_null(out);
        assert_int_equal(hvc_record_parse(json, length, &data, &error), 0);
        lines = hvc_render_job_frames(out, data, columns, false);
        assert_int_equal(fclose(out), 0);
        hvc_record_free(data);
        for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
            assert_true(strlen(line) <= columns); /* this one has ASCII only */
            seen++;
        }
        assert_int_equal(seen, lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_answer_reads_as_its_golden_file),
                                       cmocka_unit_test(help_manual_and_completion_are_the_golden_ones),
                                       cmocka_unit_test(no_line_of_a_frame_is_wider_than_the_terminal)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

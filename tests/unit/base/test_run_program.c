/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/run_program.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

static char output[256];
static bool cut;
static struct hvc_error error;

static int run_shell(const char *script, struct hvc_program program, uint64_t ms)
{
    const char *const arguments[] = {"/bin/sh", "-c", script, NULL};

    program.arguments = arguments;
    hvc_error_clear(&error);
    return hvc_run_program(&program, hvc_deadline_in(ms), output, sizeof(output), &cut, &error);
}

static void status_and_output_come_back(void **state)
{
    (void)state;
    assert_int_equal(run_shell("echo said; exit 3", (struct hvc_program){0}, 10000), 3);
    assert_string_equal(output, "said\n");
    assert_false(cut);
    assert_int_equal(run_shell("kill -TERM $$", (struct hvc_program){0}, 10000), 128 + 15);
    assert_int_equal(run_shell("echo bad >/dev/stderr", (struct hvc_program){.with_stderr = true}, 10000), 0);
    assert_string_equal(output, "bad\n");
}

static void input_is_fed_and_ends(void **state)
{
    (void)state;
    assert_int_equal(run_shell("cat", (struct hvc_program){.input = "request"}, 10000), 0);
    assert_string_equal(output, "request");
    assert_int_equal(run_shell("cat", (struct hvc_program){0}, 10000), 0);
    assert_string_equal(output, "");
}

static void a_file_without_a_name_is_written(void **state)
{
    struct hvc_program program = {.input = "kept", .file = memfd_create("test", MFD_CLOEXEC)};
    char text[8] = "";

    (void)state;
    assert_true(program.file > 0);
    assert_int_equal(run_shell("cat > /proc/self/fd/3; cat /proc/self/fd/3", program, 10000), 0);
    assert_string_equal(output, "kept");
    assert_int_equal(pread(program.file, text, sizeof(text), 0), 4);
    assert_string_equal(text, "kept");
    assert_int_equal(close(program.file), 0);
}

static void too_much_output_is_cut_and_said(void **state)
{
    (void)state;
    assert_int_equal(run_shell("head -c 100000 /dev/zero | tr '\\0' x", (struct hvc_program){0}, 10000), 0);
    assert_true(cut);
    assert_int_equal(strlen(output), sizeof(output) - 1);
}

static void a_program_that_is_not_there_is_an_error_in_words(void **state)
{
    const char *const arguments[] = {"/nonexistent/program", NULL};
    struct hvc_program program = {.arguments = arguments};

    (void)state;
    assert_int_equal(hvc_run_program(&program, hvc_deadline_in(1000), output, sizeof(output), &cut, &error), -ENOENT);
    assert_string_equal(error.text, "cannot start /nonexistent/program: No such file or directory");
}

static void a_program_that_does_not_end_is_killed_at_the_deadline(void **state)
{
    uint64_t begin = hvc_now_ms();

    (void)state;
    assert_int_equal(run_shell("echo $$; exec sleep 100", (struct hvc_program){0}, 200), -ETIMEDOUT);
    assert_in_range(hvc_now_ms() - begin, 200, 30000);
    assert_string_equal(error.text, "/bin/sh did not end in time");
    /* Dead, and perhaps not reaped yet: then it is this program's to reap. */
    for (uint64_t deadline = hvc_deadline_in(5000); waitpid((pid_t)strtol(output, NULL, 10), NULL, WNOHANG) == 0;) {
        if (hvc_deadline_left(deadline) == 0)
            fail_msg("process %s is still there", output);
        (void)poll(NULL, 0, 10);
    }
}

static void a_program_with_its_own_session_loses_only_its_lifeline(void **state)
{
    char path[] = "/tmp/hvc-lifeline-XXXXXX";
    char script[256];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    /* The line is answered by nothing; the end of the input by a word in the file. */
    (void)snprintf(script, sizeof(script), "read line; cat >/dev/null; echo \"$line ended\" >%s", path);
    assert_int_equal(
        run_shell(script, (struct hvc_program){.input = "work\n", .lifeline = true, .own_session = true}, 200),
        -ETIMEDOUT);
    for (uint64_t deadline = hvc_deadline_in(5000);;) {
        char text[64] = "";
        ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

        if (length > 0 && strcmp(text, "work ended\n") == 0)
            break;
        if (hvc_deadline_left(deadline) == 0)
            fail_msg("the program did not see the end of its input");
        (void)poll(NULL, 0, 10);
    }
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_output_come_back),
        cmocka_unit_test(input_is_fed_and_ends),
        cmocka_unit_test(a_file_without_a_name_is_written),
        cmocka_unit_test(too_much_output_is_cut_and_said),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error_in_words),
        cmocka_unit_test(a_program_that_does_not_end_is_killed_at_the_deadline),
        cmocka_unit_test(a_program_with_its_own_session_loses_only_its_lifeline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

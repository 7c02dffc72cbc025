/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "simulate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cib_text.h"
#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/run_program.h"
#include "simulated.h"

#define CRM_SIMULATE "/usr/sbin/crm_simulate"

enum { OUTPUT_MAX = 8 * 1024 * 1024, SAVED_MAX = 64 * 1024 * 1024 };

static int read_saved(int file, char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    struct stat status;
    size_t length = 0;
    ssize_t part = 1;

    if (fstat(file, &status) == 0 && status.st_size > 0 && status.st_size < SAVED_MAX)
        text = malloc((size_t)status.st_size);
    while (text != NULL && part > 0 && length < (size_t)status.st_size) {
        part = pread(file, text + length, (size_t)status.st_size - length, (off_t)length);
        length += part > 0 ? (size_t)part : 0;
    }
    if (text == NULL || part <= 0)
        return hvc_error_set(error, -EIO, "crm_simulate left no CIB behind");
    *ret_text = HVC_TAKE(text, NULL);
    *ret_length = length;
    return 0;
}

static int run(const char *program, const char *cib, int file, uint64_t deadline_ms, char *output,
               struct hvc_error *error)
{
    _Static_assert(HVC_PROGRAM_FILE == 3, "the number is part of a path");
    const char *const arguments[] = {program,           "--simulate", "--output-as=xml", "--xml-pipe", "--save-output",
                                     "/proc/self/fd/3", NULL};
    const struct hvc_program child = {.arguments = arguments, .input = cib, .file = file, .with_stderr = true};
    char words[HVC_PACEMAKER_WORDS_MAX];
    bool cut = false;
    int r = hvc_run_program(&child, deadline_ms, output, OUTPUT_MAX, &cut, error);

    if (r == -ETIMEDOUT)
        return hvc_error_set(error, r, "crm_simulate did not end in time and was killed");
    if (r == -ENOENT)
        return hvc_error_set(error, r = -EIO, "%s is not there: install pacemaker-cli-utils", program);
    if (r < 0)
        return r;
    if (cut)
        return hvc_error_set(error, -EIO, "crm_simulate said more than %d bytes", OUTPUT_MAX);
    if (r > 0) {
        simulation_words(output, words, sizeof(words));
        return hvc_error_set(error, -EIO, "crm_simulate ended with %d: %s", r, words);
    }
    return 0;
}

/* Its file is one in memory without a name, also when nobody wants what is in it: without one crm_simulate makes one on
 * a disk, waits until it is written there, and leaves it when killed. */
static int ask(const char *program, const char *cib, const char *resource, uint64_t deadline_ms,
               struct simulated *ret_simulated, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *output = malloc(OUTPUT_MAX);
    HVC_CLEANUP(fd) int file = memfd_create("hvcluster-simulate", MFD_CLOEXEC);
    struct simulated simulated = {0};
    int r;

    if (output == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
    if (file < 0)
        return hvc_error_set(error, -EIO, "cannot make a file in memory to simulate what pacemaker would do: %s",
                             strerror(errno));
    r = run(program, cib, file, deadline_ms, output, error);
    if (r == 0)
        r = simulation_parse(output, resource, &simulated.simulation, error);
    if (r == 0)
        r = read_saved(file, &simulated.saved, &simulated.length, error);
    if (r < 0) {
        simulated_clear(&simulated);
        return r;
    }
    *ret_simulated = simulated;
    return 0;
}

int simulate(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
             struct simulation *ret_simulation, xmlDoc **saved, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    struct simulated simulated = {0};
    struct simulated_key key;
    size_t length = 0;
    int r = 0;

    program = program == NULL ? CRM_SIMULATE : program;
    text = cib_text_of(cib, &length);
    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
    simulated_key(program, resource, text, length, &key);
    if (!simulated_find(&key, hvc_now_ms(), &simulated)) {
        r = ask(program, text, resource, deadline_ms, &simulated, error);
        if (r == 0)
            simulated_keep(&key, &simulated, hvc_now_ms());
    }
    if (r == 0 && saved != NULL)
        r = cib_text_parse(simulated.saved, simulated.length, saved, error);
    if (r == 0)
        *ret_simulation = HVC_TAKE(simulated.simulation, (struct simulation){0});
    simulated_clear(&simulated);
    return r;
}

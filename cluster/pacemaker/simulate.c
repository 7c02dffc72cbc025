/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "simulate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cib_text.h"
#include "hvc/cleanup.h"
#include "hvc/run_program.h"

#define CRM_SIMULATE "/usr/sbin/crm_simulate"

enum { OUTPUT_MAX = 8 * 1024 * 1024, SAVED_MAX = 64 * 1024 * 1024 };

static int read_saved(const char *path, xmlDoc **ret_tree, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    FILE *file = fopen(path, "re");
    long length = -1;
    int r = -EIO;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length > 0 && length < SAVED_MAX && fseek(file, 0, SEEK_SET) == 0)
        text = malloc((size_t)length);
    if (text != NULL && fread(text, 1, (size_t)length, file) == (size_t)length)
        r = cib_text_parse(text, (size_t)length, ret_tree, error);
    else
        (void)hvc_error_set(error, r, "crm_simulate left no CIB behind");
    if (file != NULL)
        (void)fclose(file); /* was only read */
    return r;
}

static int run(const char *program, const char *cib, const char *saved, uint64_t deadline_ms, char *output,
               struct hvc_error *error)
{
    const char *const arguments[] = {program, "--simulate", "--output-as=xml", "--xml-pipe", "--save-output",
                                     saved,   NULL};
    const struct hvc_program child = {.arguments = arguments, .input = cib, .with_stderr = true};
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

/* Its own temporary file, also when nobody wants it: without one crm_simulate makes one, and leaves it when killed. */
int simulate(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
             struct simulation *ret_simulation, xmlDoc **saved, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *output = malloc(OUTPUT_MAX);
    HVC_CLEANUP(free) char *text = NULL;
    struct simulation simulation = {0};
    char path[] = "/tmp/hvcluster-simulate-XXXXXX";
    size_t length = 0;
    int r, fd;

    text = cib_text_of(cib, &length);
    if (output == NULL || text == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
    fd = mkstemp(path);
    if (fd < 0)
        return hvc_error_set(error, -EIO, "cannot make a file in /tmp to simulate what pacemaker would do: %s",
                             strerror(errno));
    (void)close(fd); /* empty */
    r = run(program == NULL ? CRM_SIMULATE : program, text, path, deadline_ms, output, error);
    if (r == 0)
        r = simulation_parse(output, resource, &simulation, error);
    if (r == 0 && saved != NULL)
        r = read_saved(path, saved, error);
    (void)unlink(path);
    if (r < 0) {
        simulation_clear(&simulation);
        return r;
    }
    *ret_simulation = simulation;
    return 0;
}

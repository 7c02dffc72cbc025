/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An environment for an agent under test: "NAME=value" lines that a test puts together. */
#ifndef HVC_TEST_AGENT_ENVIRONMENT_H
#define HVC_TEST_AGENT_ENVIRONMENT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ocf.h"

#define ENVIRONMENT_ENTRIES 64
#define ENVIRONMENT_BYTES   1024

struct agent_environment {
    char text[ENVIRONMENT_ENTRIES][ENVIRONMENT_BYTES];
    char *entries[ENVIRONMENT_ENTRIES + 1];
    size_t count;
};

__attribute__((format(printf, 2, 3))) static inline void environment_add(struct agent_environment *e,
                                                                         const char *format, ...)
{
    va_list arguments;

    if (e->count == ENVIRONMENT_ENTRIES)
        abort();
    va_start(arguments, format);
    (void)vsnprintf(e->text[e->count], ENVIRONMENT_BYTES, format, arguments);
    va_end(arguments);
    e->entries[e->count] = e->text[e->count];
    e->count++;
    e->entries[e->count] = NULL;
}

/* Everything that was written to standard error since stderr_capture. */
struct stderr_capture {
    FILE *file;
    int saved;
    char text[8192];
};

static inline void stderr_begin(struct stderr_capture *c)
{
    (void)fflush(stderr);
    c->saved = dup(STDERR_FILENO);
    c->file = tmpfile();
    if (c->file == NULL || c->saved < 0 || dup2(fileno(c->file), STDERR_FILENO) < 0)
        abort();
}

static inline const char *stderr_end(struct stderr_capture *c)
{
    size_t length;

    (void)fflush(stderr);
    if (dup2(c->saved, STDERR_FILENO) < 0)
        abort();
    (void)close(c->saved);
    rewind(c->file);
    length = fread(c->text, 1, sizeof(c->text) - 1, c->file);
    c->text[length] = '\0';
    (void)fclose(c->file);
    return c->text;
}

#endif

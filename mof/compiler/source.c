/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

void mof_error(struct mof_run *run, struct mof_place place, const char *format, ...)
{
    va_list arguments;

    run->errors++;
    if (place.file != NULL)
        (void)fprintf(run->messages, "%s:%u:%u: ", place.file, place.line, place.column);
    (void)fputs("error: ", run->messages);
    va_start(arguments, format);
    (void)vfprintf(run->messages, format, arguments);
    va_end(arguments);
    (void)fputc('\n', run->messages);
}

static char *read_stream(struct mof_run *run, FILE *stream, size_t *ret_length)
{
    size_t size = 64 * 1024;
    size_t used = 0;
    char *text = mof_alloc(&run->arena, size + 1, 1);
    size_t got;

    while ((got = fread(text + used, 1, size - used, stream)) > 0) {
        used += got;
        if (used > MOF_FILE_MAX)
            return NULL;
        if (used == size) {
            char *more = mof_alloc(&run->arena, 2 * size + 1, 1);

            memcpy(more, text, used);
            text = more;
            size *= 2;
        }
    }
    *ret_length = used;
    return text;
}

char *mof_read_file(struct mof_run *run, const char *path, struct mof_place from, size_t *ret_length)
{
    FILE *stream = fopen(path, "re");
    char *text;

    if (stream == NULL) {
        mof_error(run, from, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    text = read_stream(run, stream, ret_length);
    if (text == NULL)
        mof_error(run, from, "%s is larger than %d bytes", path, MOF_FILE_MAX);
    else if (ferror(stream)) {
        mof_error(run, from, "cannot read %s: %s", path, strerror(errno));
        text = NULL;
    }
    (void)fclose(stream);
    return text;
}

static const char *join(struct mof_run *run, const char *folder, size_t length, const char *name)
{
    size_t size = length + strlen(name) + 2;
    char *path = mof_alloc(&run->arena, size, 1);

    (void)snprintf(path, size, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", name);
    return path;
}

const char *mof_find_file(struct mof_run *run, const char *name, struct mof_place from)
{
    const char *slash = from.file == NULL ? NULL : strrchr(from.file, '/');
    const char *path = join(run, from.file, slash == NULL ? 0 : (size_t)(slash - from.file), name);

    if (run->alone) {
        mof_error(run, from, "nothing can be included here");
        return NULL;
    }
    if (name[0] == '/')
        path = name;
    if (access(path, R_OK) == 0)
        return path;
    for (size_t i = 0; name[0] != '/' && i < run->folder_count; i++) {
        const char *other = join(run, run->folders[i], strlen(run->folders[i]), name);

        if (access(other, R_OK) == 0)
            return other;
    }
    mof_error(run, from, "cannot find the included file \"%s\" beside this one or with -I", name);
    return NULL;
}

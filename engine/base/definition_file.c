/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/definition_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hvc/cleanup.h"
#include "hvc/limits.h"

static int read_bytes(int fd, const char *path, char *text, size_t size, struct hvc_error *error)
{
    size_t used = 0;

    for (;;) {
        ssize_t length = read(fd, text + used, size - used);

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return hvc_error_set(error, -EIO, "cannot read %s: %s", path, strerror(errno));
        if (length == 0)
            break;
        used += (size_t)length;
        if (used == size)
            return hvc_error_set(error, -E2BIG, "%s has more than %d bytes: it is no guest definition", path,
                                 HVC_XML_MAX);
    }
    text[used] = '\0';
    if (memchr(text, '\0', used) != NULL)
        return hvc_error_set(error, -EINVAL, "%s holds a zero byte: it is no XML", path);
    return 0;
}

int hvc_read_definition(const char *path, char **ret_xml, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    HVC_CLEANUP(free) char *text = NULL;
    struct stat status;
    int rc;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return hvc_error_set(error, -ENOENT, "guest definition %s does not exist on this node", path);
    if (fd < 0 || fstat(fd, &status) < 0)
        return hvc_error_set(error, -EACCES, "cannot read guest definition %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return hvc_error_set(error, -EINVAL, "guest definition %s is no regular file", path);
    text = malloc(HVC_XML_MAX + 1);
    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    rc = read_bytes(fd, path, text, HVC_XML_MAX + 1, error);
    if (rc < 0)
        return rc;
    *ret_xml = HVC_TAKE(text, NULL);
    return 0;
}

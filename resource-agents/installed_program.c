/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "installed_program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hvc/text.h"

#define AGENT_LEVELS 4 /* lib/ocf/resource.d/hvcluster */

int hvc_installed_program(const char *below_prefix, char *path, size_t size, struct hvc_error *error)
{
    char self[HVC_PATH_TEXT_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    size_t used = 0;

    if (length <= 0)
        return hvc_error_set(error, -EIO, "cannot tell where this agent is installed: %s", strerror(errno));
    self[length] = '\0';
    for (int level = 0; level <= AGENT_LEVELS; level++) {
        char *slash = strrchr(self, '/');

        if (slash == NULL)
            return hvc_error_set(error, -ENOENT, "this agent is not installed below lib/ocf/resource.d/hvcluster");
        *slash = '\0';
    }
    if (hvc_text_append(path, size, &used, "%s/%s", self, below_prefix) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "the path of %s is too long", below_prefix);
    return 0;
}

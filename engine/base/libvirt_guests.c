/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/libvirt_guests.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/limits.h"

static const char unit[] = "libvirt-guests.service";

/* FOLDER/UNIT -> /dev/null: masked, whatever else is linked (systemctl(1)). */
static bool masked_in(const char *root, const char *folder)
{
    char path[HVC_PATH_TEXT_MAX], target[64];
    ssize_t length;

    (void)snprintf(path, sizeof(path), "%s%s/%s", root, folder, unit);
    length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    return strcmp(target, "/dev/null") == 0;
}

bool hvc_libvirt_guests_enabled(const char *root)
{
    char path[HVC_PATH_TEXT_MAX];
    struct stat about;
    glob_t found;
    bool enabled;

    if (root == NULL)
        root = "";
    /* sd_booted(3): without systemd as init no unit does anything */
    (void)snprintf(path, sizeof(path), "%s/run/systemd/system", root);
    if (lstat(path, &about) < 0 || !S_ISDIR(about.st_mode))
        return false;
    if (masked_in(root, "/etc/systemd/system") || masked_in(root, "/run/systemd/system"))
        return false;
    (void)snprintf(path, sizeof(path), "%s/etc/systemd/system/*.wants/%s", root, unit);
    enabled = glob(path, GLOB_NOSORT, NULL, &found) == 0;
    globfree(&found);
    return enabled;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store_commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/config.h"
#include "hvc/store.h"

/* hvclusterd holds a lock on its pid file as long as it lives, also while its store is closed after a failure. */
static int check_stopped(const struct hvc_config *config, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    char path[HVC_PATH_TEXT_MAX];
    int length = snprintf(path, sizeof(path), "%s/hvclusterd.pid", config->runtime_directory);

    if (length < 0 || (size_t)length >= sizeof(path))
        return hvc_error_set(error, -ENAMETOOLONG, "the name of the runtime directory is too long");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return hvc_error_set(error, -errno, "cannot tell whether hvclusterd runs here: %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        return 0;
    return hvc_error_set(
        error, -EBUSY,
        "hvclusterd runs here: nothing was done. Stop it on this node first: pcs resource ban hvc-clone NODE "
        "(or systemctl stop hvclusterd)");
}

/* What root made belongs to hvclusterd's user, whose the directory is. */
static int give_to_owner(const char *directory, struct hvc_error *error)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct dirent *entry;
    struct stat owner, file;
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int rc = 0;

    if (folder == NULL || fstat(fd, &owner) < 0)
        rc = hvc_error_set(error, -errno, "cannot look into %s: %s", directory, strerror(errno));
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        if (fstatat(fd, entry->d_name, &file, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(file.st_mode) ||
            file.st_uid == owner.st_uid)
            continue;
        if (fchownat(fd, entry->d_name, owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
            rc = hvc_error_set(error, -errno, "cannot give %s/%s to the owner of the directory: %s", directory,
                               entry->d_name, strerror(errno));
    }
    if (folder != NULL)
        (void)closedir(folder);
    return rc;
}

static int restore(const struct hvc_store_config *store, const struct hvc_cli_order *order,
                   char done[HVC_ERROR_TEXT_MAX], struct hvc_error *error)
{
    const char *path = hvc_cli_value(order, "path")->text;
    bool authoritative = hvc_cli_value(order, "authoritative") != NULL;
    int rc = hvc_store_restore(store, path, authoritative, error);

    if (rc < 0)
        return hvc_error_prefix(error, "the store was not restored");
    (void)snprintf(
        done, HVC_ERROR_TEXT_MAX,
        authoritative
            ? "%.500s is in the place of the store, and its log counts. Start hvclusterd here, then: "
              "hvcluster init --force"
            : "%.500s is in the place of the store. Start hvclusterd here: the node refills from the others (a "
              "stand-alone host has none: restore with --authoritative there)",
        path);
    return 0;
}

int hvc_cli_change_store(const struct hvc_cli_order *order, char done[HVC_ERROR_TEXT_MAX], struct hvc_error *error)
{
    const char *path = order->config != NULL ? order->config : HVC_CONFIG_FILE;
    struct hvc_config config;
    struct hvc_store_config store = {.directory = config.state_directory};
    int rc = hvc_config_read(path, order->config != NULL, &config, error);

    if (rc == -ENOENT && order->config == NULL)
        rc = 0;
    if (rc == 0)
        rc = check_stopped(&config, error);
    if (rc < 0)
        return rc;
    if (order->command->work == HVC_CLI_RESTORE) {
        rc = restore(&store, order, done, error);
    } else {
        rc = hvc_store_wipe(&store, error);
        if (rc < 0)
            return hvc_error_prefix(error, "the store was not emptied");
        (void)snprintf(done, HVC_ERROR_TEXT_MAX,
                       "the store in %s is empty. Start hvclusterd here: the node refills from the others",
                       config.state_directory);
    }
    return rc == 0 && geteuid() == 0 ? give_to_owner(config.state_directory, error) : rc;
}

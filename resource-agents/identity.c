/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"

#define FILE_MAX (HVC_UUID_TEXT_MAX + HVC_GUEST_NAME_MAX + 2)

static int file_path(const struct hvc_ocf *ocf, const char *suffix, char path[HVC_PATH_TEXT_MAX],
                     struct hvc_error *error)
{
    int length = snprintf(path, HVC_PATH_TEXT_MAX, "%s/hvcluster-%s.id%s", ocf->state_directory, ocf->resource, suffix);

    if (length < 0 || length >= HVC_PATH_TEXT_MAX)
        return hvc_error_set(error, -ENAMETOOLONG, "the folder of HA_RSCTMP has too long a name");
    return 0;
}

/* Two lines: UUID, name. A name may hold blanks, never a line break (libvirt refuses it). */
static int parse(char *text, struct hvc_identity *ret_identity)
{
    char *line_end = strchr(text, '\n');
    char *name;

    if (line_end == NULL)
        return -EINVAL;
    *line_end = '\0';
    name = line_end + 1;
    line_end = strchr(name, '\n');
    if (line_end == NULL || line_end == name || line_end[1] != '\0')
        return -EINVAL;
    *line_end = '\0';
    if (hvc_parse_uuid(text, ret_identity->uuid) < 0)
        return -EINVAL;
    return hvc_text_copy(ret_identity->name, sizeof(ret_identity->name), name);
}

int hvc_identity_load(const struct hvc_ocf *ocf, struct hvc_identity *ret_identity, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    struct hvc_identity identity;
    char path[HVC_PATH_TEXT_MAX];
    char text[FILE_MAX + 1];
    struct stat status;
    ssize_t length;
    int rc = file_path(ocf, "", path, error);

    if (rc < 0)
        return rc;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return -ENOENT;
    if (fd < 0 || fstat(fd, &status) < 0)
        return hvc_error_set(error, -EPERM, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0)
        return hvc_error_set(error, -EPERM, "%s is not believed: others than root may write it; remove it", path);
    length = read(fd, text, FILE_MAX);
    if (length < 0)
        return hvc_error_set(error, -EPERM, "cannot read %s: %s", path, strerror(errno));
    text[length] = '\0';
    rc = parse(text, &identity);
    if (rc < 0)
        return hvc_error_set(error, -EINVAL, "%s does not hold a guest's UUID and name; remove it", path);
    *ret_identity = identity;
    return 0;
}

static int write_file(const char *path, const struct hvc_identity *identity)
{
    HVC_CLEANUP(fd) int fd = -1;
    char text[FILE_MAX + 1];
    int length = snprintf(text, sizeof(text), "%s\n%s\n", identity->uuid, identity->name);

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    if (length < 0 || (size_t)length >= sizeof(text))
        return -ENAMETOOLONG;
    if (write(fd, text, (size_t)length) != length)
        return -EIO;
    return 0;
}

int hvc_identity_store(const struct hvc_ocf *ocf, const struct hvc_identity *identity, struct hvc_error *error)
{
    struct hvc_identity now;
    struct hvc_error ignored = {0}; /* a file that cannot be believed is replaced */
    char path[HVC_PATH_TEXT_MAX];
    char fresh[HVC_PATH_TEXT_MAX];
    int rc = file_path(ocf, "", path, error);

    if (rc < 0)
        return rc;
    rc = file_path(ocf, ".new", fresh, error);
    if (rc < 0)
        return rc;
    if (hvc_identity_load(ocf, &now, &ignored) == 0 && strcmp(now.uuid, identity->uuid) == 0 &&
        strcmp(now.name, identity->name) == 0)
        return 0;
    if (mkdir(ocf->state_directory, 0755) < 0 && errno != EEXIST)
        return hvc_error_set(error, -errno, "cannot make folder %s: %s", ocf->state_directory, strerror(errno));
    (void)unlink(fresh);
    rc = write_file(fresh, identity);
    if (rc == 0 && rename(fresh, path) < 0)
        rc = -errno;
    if (rc < 0) {
        (void)unlink(fresh);
        return hvc_error_set(error, rc, "cannot write %s: %s", path, strerror(-rc));
    }
    return 0;
}

int hvc_identity_forget(const struct hvc_ocf *ocf, struct hvc_error *error)
{
    char path[HVC_PATH_TEXT_MAX];
    int rc = file_path(ocf, "", path, error);

    if (rc < 0)
        return rc;
    if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
        return hvc_error_set(error, -errno, "cannot remove %s: %s", path, strerror(errno));
    return 0;
}

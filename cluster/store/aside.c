/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Former databases are kept beside the one in use, the newest HVC_STORE_ASIDE_MAX of them. */
#include <dirent.h>
#include <errno.h>

#include "file.h"
#include "hvc/text.h"
#include "internal.h"

#define MARK ".aside-"

/* A name that sorts by time and is not taken. */
static int choose(const struct hvc_paths *paths, char *ret_name, struct hvc_error *error)
{
    struct timespec now;
    struct tm utc;
    char second[32], stamp[64];
    int r;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) == NULL || strftime(second, sizeof(second), "%Y%m%dT%H%M%S", &utc) == 0)
        return hvc_error_set(error, -EOVERFLOW, "the clock shows no time that has a name");
    (void)snprintf(stamp, sizeof(stamp), MARK "%s.%09ldZ", second, now.tv_nsec);
    r = hvc_store_path(ret_name, paths->database, stamp, error);
    if (r == 0 && hvc_store_exists(ret_name))
        return hvc_error_set(error, -EEXIST, "%s is taken already; start again", ret_name);
    return r;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A database; its log and shared memory carry the same name with a tail. */
static int is_aside(const struct dirent *entry)
{
    return strstr(entry->d_name, MARK) != NULL && entry->d_name[strlen(entry->d_name) - 1] == 'Z';
}

static int remove_one(const struct hvc_paths *paths, const char *name, struct hvc_error *error)
{
    static const char *const tails[] = {"-shm", "-wal", ""};
    char path[HVC_PATH_TEXT_MAX];

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        if (snprintf(path, sizeof(path), "%s/%s%s", paths->directory, name, tails[i]) >= (int)sizeof(path))
            return hvc_error_set(error, -ENAMETOOLONG, "the path of %s is too long", name);
        if (hvc_store_file_remove(path, error) < 0)
            return error->code;
    }
    return 0;
}

/* Removes all but the newest "keep". */
static int prune(const struct hvc_paths *paths, int keep, struct hvc_error *error)
{
    struct dirent **found = NULL;
    int count = scandir(paths->directory, &found, is_aside, by_name);
    int r = 0;

    if (count < 0)
        return hvc_error_set(error, -errno, "cannot list %s: %s", paths->directory, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (r == 0 && i < count - keep)
            r = remove_one(paths, found[i]->d_name, error);
        free(found[i]);
    }
    free(found);
    return r;
}

int hvc_store_aside_remove_all(const struct hvc_paths *paths, struct hvc_error *error)
{
    return prune(paths, 0, error);
}

int hvc_store_aside(const struct hvc_paths *paths, char *ret_aside, struct hvc_error *error)
{
    char name[HVC_PATH_TEXT_MAX], wal[HVC_PATH_TEXT_MAX], shm[HVC_PATH_TEXT_MAX];
    bool exists = hvc_store_exists(paths->database);
    int r = choose(paths, name, error);

    /* before the new one comes, which a clock that went back could make the oldest */
    if (r == 0)
        r = prune(paths, HVC_STORE_ASIDE_MAX - 1, error);
    if (r == 0)
        r = hvc_store_path(wal, name, "-wal", error);
    if (r == 0)
        r = hvc_store_path(shm, paths->database, "-shm", error);
    /* the log first: a log that stayed behind would be played into the next database */
    if (r == 0)
        r = hvc_store_file_rename(paths->wal, wal, error);
    if (r == 0)
        r = hvc_store_file_rename(paths->database, name, error);
    if (r == 0)
        r = hvc_store_file_remove(shm, error);
    if (r == 0)
        r = hvc_store_sync_folder_of(paths->database, error);
    if (r == 0)
        (void)hvc_text_copy(ret_aside, HVC_PATH_TEXT_MAX, exists ? name : "");
    return r;
}

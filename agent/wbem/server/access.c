/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "auth_protocol.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"

enum { KNOWN_MAX = 64, ADDRESSES_MAX = 256, HASH_BYTES = 32, KNOWN_MS = 60000, WINDOW_MS = 60000, GROUPS_MAX = 256 };

struct known {
    unsigned char hash[HASH_BYTES]; /* of salt, user, password */
    enum hvc_wbemd_role role;
    uint64_t until_ms; /* 0: free */
};

struct address {
    char text[HVC_ADDRESS_TEXT_MAX];
    uint64_t since_ms;
    uint64_t failures;
};

struct hvc_wbemd_access {
    const struct hvc_wbemd_settings *settings;
    unsigned char salt[HASH_BYTES];
    pthread_mutex_t mutex;
    struct known known[KNOWN_MAX]; /* under mutex */
    struct address addresses[ADDRESSES_MAX];
};

const char *hvc_wbemd_role_name(enum hvc_wbemd_role role)
{
    static const char *const names[] = {"none", "read", "operate", "admin"};

    return (unsigned)role < sizeof(names) / sizeof(names[0]) ? names[role] : "none";
}

struct hvc_wbemd_access *hvc_wbemd_access_new(const struct hvc_wbemd_settings *settings)
{
    struct hvc_wbemd_access *access = calloc(1, sizeof(*access));

    if (access == NULL)
        return NULL;
    access->settings = settings;
    (void)pthread_mutex_init(&access->mutex, NULL);
    if (gnutls_rnd(GNUTLS_RND_KEY, access->salt, sizeof(access->salt)) < 0) {
        hvc_wbemd_access_free(access);
        return NULL;
    }
    return access;
}

void hvc_wbemd_access_free(struct hvc_wbemd_access *access)
{
    if (access == NULL)
        return;
    (void)pthread_mutex_destroy(&access->mutex);
    gnutls_memset(access, 0, sizeof(*access));
    free(access);
}

/* ---- groups to a role ---- */

static enum hvc_wbemd_role role_of_group(const struct hvc_wbemd_access *access, const char *group)
{
    const struct hvc_wbemd_settings *s = access->settings;

    if (group[0] == '\0')
        return HVC_ROLE_NONE;
    if (strcmp(group, s->admin_group) == 0)
        return HVC_ROLE_ADMIN;
    if (strcmp(group, s->operate_group) == 0)
        return HVC_ROLE_OPERATE;
    return strcmp(group, s->read_group) == 0 ? HVC_ROLE_READ : HVC_ROLE_NONE;
}

static void raise_role(enum hvc_wbemd_role *role, enum hvc_wbemd_role other)
{
    *role = other > *role ? other : *role;
}

enum hvc_wbemd_role hvc_wbemd_access_user(const struct hvc_wbemd_access *access, const char *user)
{
    HVC_CLEANUP(free) char *bytes = malloc(16384);
    HVC_CLEANUP(free) gid_t *groups = calloc(GROUPS_MAX, sizeof(*groups));
    enum hvc_wbemd_role role = HVC_ROLE_NONE;
    struct passwd entry, *found = NULL;
    struct group group, *named = NULL;
    int count = GROUPS_MAX;

    if (bytes == NULL || groups == NULL || getpwnam_r(user, &entry, bytes, 16384, &found) != 0 || found == NULL)
        return HVC_ROLE_NONE;
    if (getgrouplist(user, entry.pw_gid, groups, &count) < 0)
        count = GROUPS_MAX; /* the first of them */
    for (int i = 0; i < count; i++)
        if (getgrgid_r(groups[i], &group, bytes, 16384, &named) == 0 && named != NULL)
            raise_role(&role, role_of_group(access, group.gr_name));
    return role;
}

/* ---- asking hvcluster-auth ---- */

static int connect_helper(const char *path, struct hvc_error *error)
{
    const struct timeval limit = {.tv_sec = HVC_AUTH_SECONDS};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (hvc_text_copy(address.sun_path, sizeof(address.sun_path), path) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "the path of auth_socket is too long");
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return hvc_error_set(error, -errno, "no socket: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int code = errno;

        (void)close(fd);
        return hvc_error_set(error, -code,
                             "hvcluster-auth does not listen at %s (is hvcluster-auth.socket started?): %s", path,
                             strerror(code));
    }
    return fd;
}

static size_t read_all(int fd, char *bytes, size_t size)
{
    size_t length = 0;
    ssize_t got = 1;

    while (got > 0 && length < size - 1) {
        got = read(fd, bytes + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    bytes[length] = '\0';
    return length;
}

/* "yes", then a group a line; "no". */
static int take_answer(const struct hvc_wbemd_access *access, char *answer, enum hvc_wbemd_role *ret_role,
                       struct hvc_error *error)
{
    enum hvc_wbemd_role role = HVC_ROLE_NONE;
    char *rest = NULL;
    const char *line = strtok_r(answer, "\n", &rest);

    if (line != NULL && strcmp(line, HVC_AUTH_NO) == 0)
        return hvc_error_set(error, -EACCES, "wrong user or password");
    if (line == NULL || strcmp(line, HVC_AUTH_YES) != 0)
        return hvc_error_set(error, -EPROTO, "hvcluster-auth did not answer");
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL)
        raise_role(&role, role_of_group(access, line));
    *ret_role = role;
    return 0;
}

static int ask_helper(const struct hvc_wbemd_access *access, const char *user, const char *password,
                      enum hvc_wbemd_role *ret_role, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = connect_helper(access->settings->auth_socket, error);
    char question[HVC_AUTH_QUESTION_MAX];
    char answer[HVC_AUTH_ANSWER_MAX];
    size_t used = 0;
    ssize_t sent;

    if (fd < 0)
        return fd;
    if (hvc_text_append(question, sizeof(question), &used, "%s", user) < 0 || ++used >= sizeof(question) ||
        hvc_text_append(question, sizeof(question), &used, "%s", password) < 0)
        return hvc_error_set(error, -EACCES, "wrong user or password");
    sent = send(fd, question, used + 1, MSG_NOSIGNAL);
    gnutls_memset(question, 0, sizeof(question));
    if (sent != (ssize_t)used + 1 || shutdown(fd, SHUT_WR) < 0)
        return hvc_error_set(error, -EPIPE, "hvcluster-auth took no question");
    (void)read_all(fd, answer, sizeof(answer));
    return take_answer(access, answer, ret_role, error);
}

/* ---- what is remembered ---- */

static bool hash_of(const struct hvc_wbemd_access *access, const char *user, const char *password,
                    unsigned char hash[HASH_BYTES])
{
    gnutls_hash_hd_t handle;

    if (gnutls_hash_init(&handle, GNUTLS_DIG_SHA256) < 0)
        return false;
    (void)gnutls_hash(handle, access->salt, sizeof(access->salt));
    (void)gnutls_hash(handle, user, strlen(user) + 1);
    (void)gnutls_hash(handle, password, strlen(password));
    gnutls_hash_deinit(handle, hash);
    return true;
}

static bool recall(struct hvc_wbemd_access *access, const unsigned char *hash, uint64_t now_ms,
                   enum hvc_wbemd_role *ret_role)
{
    for (size_t i = 0; i < KNOWN_MAX; i++) {
        const struct known *known = &access->known[i];

        if (known->until_ms > now_ms && gnutls_memcmp(known->hash, hash, HASH_BYTES) == 0) {
            *ret_role = known->role;
            return true;
        }
    }
    return false;
}

static void remember(struct hvc_wbemd_access *access, const unsigned char *hash, uint64_t now_ms,
                     enum hvc_wbemd_role role)
{
    struct known *oldest = &access->known[0];

    for (size_t i = 1; i < KNOWN_MAX; i++)
        oldest = access->known[i].until_ms < oldest->until_ms ? &access->known[i] : oldest;
    memcpy(oldest->hash, hash, HASH_BYTES);
    oldest->role = role;
    oldest->until_ms = now_ms + KNOWN_MS;
}

/* The row of an address, or the one that is longest out of use. */
static struct address *row_of(struct hvc_wbemd_access *access, const char *text, uint64_t now_ms)
{
    struct address *oldest = &access->addresses[0];

    for (size_t i = 0; i < ADDRESSES_MAX; i++) {
        struct address *row = &access->addresses[i];

        if (strcmp(row->text, text) == 0) {
            if (row->since_ms + WINDOW_MS <= now_ms)
                *row = (struct address){.since_ms = now_ms};
            (void)hvc_text_copy(row->text, sizeof(row->text), text);
            return row;
        }
        oldest = row->since_ms < oldest->since_ms ? row : oldest;
    }
    *oldest = (struct address){.since_ms = now_ms};
    (void)hvc_text_copy(oldest->text, sizeof(oldest->text), text);
    return oldest;
}

/* 1: known; 0: has to be asked; -EAGAIN: has to wait. Counts the attempt: it is forgotten when it was a good one. */
static int look(struct hvc_wbemd_access *access, const char *address, const unsigned char *hash, uint64_t now_ms,
                enum hvc_wbemd_role *ret_role)
{
    struct address *row;
    int rc = 1;

    (void)pthread_mutex_lock(&access->mutex);
    if (!recall(access, hash, now_ms, ret_role)) {
        row = row_of(access, address, now_ms);
        rc = row->failures >= access->settings->failures ? -EAGAIN : 0;
        row->failures += rc == 0 ? 1 : 0;
    }
    (void)pthread_mutex_unlock(&access->mutex);
    return rc;
}

static void settle(struct hvc_wbemd_access *access, const char *address, const unsigned char *hash, uint64_t now_ms,
                   int rc, enum hvc_wbemd_role role)
{
    struct address *row;

    (void)pthread_mutex_lock(&access->mutex);
    row = row_of(access, address, now_ms);
    if (rc == 0)
        remember(access, hash, now_ms, role);
    if (rc != -EACCES && row->failures > 0)
        row->failures--;
    (void)pthread_mutex_unlock(&access->mutex);
}

int hvc_wbemd_access_password(struct hvc_wbemd_access *access, const char *address, const char *user,
                              const char *password, uint64_t now_ms, enum hvc_wbemd_role *ret_role,
                              struct hvc_error *error)
{
    enum hvc_wbemd_role role = HVC_ROLE_NONE;
    unsigned char hash[HASH_BYTES];
    int rc;

    if (!hash_of(access, user, password, hash))
        return hvc_error_set(error, -ENOMEM, "no memory");
    rc = look(access, address, hash, now_ms, &role);
    if (rc == -EAGAIN)
        return hvc_error_set(error, -EAGAIN, "too many wrong passwords from %s; wait a minute", address);
    if (rc == 0) {
        rc = ask_helper(access, user, password, &role, error);
        settle(access, address, hash, now_ms, rc, role);
    }
    if (rc < 0)
        return rc;
    *ret_role = role;
    return 0;
}

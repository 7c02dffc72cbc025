/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files on a node through libvirt's storage pools. A directory that is no pool becomes one for the time of a call; two
 * calls may do that at once, so one that finds the other's pool ended under it tries again.
 */
#include <errno.h>
#include <libvirt/virterror.h>

#include "hvc/clock.h"
#include "hvc/hash.h"
#include "hvc/storage_plan.h"
#include "hvc/text.h"
#include "libvirt_call.h"
#include "libvirt_error.h"
#include "libvirt_storage.h"

#define POOL_PREFIX  "hvcluster-"
#define POOL_TRIES   8
#define STREAM_BYTES (256 * 1024)

/* The error of what was done with a pool, before its end made another one. */
static _Thread_local int last_code;

/* Ours ends with its last user: libvirt refuses while a volume of it is busy, and then that user ends it. */
static inline void free_pool(virStoragePoolPtr pool)
{
    last_code = virGetLastErrorCode();
    if (strncmp(virStoragePoolGetName(pool), POOL_PREFIX, sizeof(POOL_PREFIX) - 1) == 0)
        (void)virStoragePoolDestroy(pool);
    (void)virStoragePoolFree(pool);
}
static inline void free_volume(virStorageVolPtr volume)
{
    (void)virStorageVolFree(volume);
}
static inline void free_stream(virStreamPtr stream)
{
    (void)virStreamFree(stream);
}
static inline void close_connection(virConnectPtr conn)
{
    (void)virConnectClose(conn);
}
HVC_DEFINE_CLEANUP(virStoragePoolPtr, pool, free_pool, NULL)
HVC_DEFINE_CLEANUP(virStorageVolPtr, volume, free_volume, NULL)
HVC_DEFINE_CLEANUP(virStreamPtr, stream, free_stream, NULL)
HVC_DEFINE_CLEANUP(virConnectPtr, connection, close_connection, NULL)

struct file_argument {
    char path[HVC_DISK_PATH_MAX], target_path[HVC_DISK_PATH_MAX];
    char target_uri[HVC_URI_MAX];
    char format[16];
    uint64_t capacity;
    struct hvc_file_state state;
    hvc_libvirt_call_fn run;
};

/* libxml2 is not needed for two elements, but a path may have what XML does not. */
static int escape(const char *text, char *target, size_t size)
{
    static const struct {
        char character;
        const char *word;
    } words[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&apos;"}, {'"', "&quot;"}};
    size_t used = 0;

    for (; *text != '\0'; text++) {
        const char *word = NULL;

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (*text == words[i].character)
                word = words[i].word;
        if ((word != NULL ? hvc_text_append(target, size, &used, "%s", word)
                          : hvc_text_append(target, size, &used, "%c", *text)) < 0)
            return -ENAMETOOLONG;
    }
    target[used] = '\0';
    return 0;
}

/* Splits at the last slash. */
static void split(const char *path, char directory[HVC_DISK_PATH_MAX], const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : (size_t)(slash - path);

    memcpy(directory, path, length);
    directory[length] = '\0';
    *ret_name = slash + 1;
}

static virStoragePoolPtr make_pool(virConnectPtr conn, const char *directory, bool build)
{
    char escaped[6 * HVC_DISK_PATH_MAX], xml[6 * HVC_DISK_PATH_MAX + 256];

    if (escape(directory, escaped, sizeof(escaped)) < 0)
        return NULL;
    (void)snprintf(xml, sizeof(xml),
                   "<pool type='dir'><name>" POOL_PREFIX "%016llx</name><target><path>%s</path></target></pool>",
                   (unsigned long long)hvc_hash64(directory, strlen(directory), 0), escaped);
    return virStoragePoolCreateXML(conn, xml, build ? VIR_STORAGE_POOL_CREATE_WITH_BUILD : 0);
}

static bool directory_is_missing(void)
{
    const virError *last = virGetLastError();

    return last != NULL && last->code == VIR_ERR_SYSTEM_ERROR && last->int1 == ENOENT;
}

/* The directory's pool, active and fresh. -ENOENT: no such directory; build makes it. */
static int open_pool(virConnectPtr conn, const char *directory, bool build, virStoragePoolPtr *ret_pool,
                     struct hvc_error *error)
{
    for (int i = 0; i < POOL_TRIES; i++) {
        HVC_CLEANUP(pool) virStoragePoolPtr pool = virStoragePoolLookupByTargetPath(conn, directory);

        if (pool != NULL && virStoragePoolIsActive(pool) == 0 && virStoragePoolCreate(pool, 0) < 0)
            return hvc_libvirt_error(error, "the storage pool is not active and does not start");
        if (pool == NULL)
            pool = make_pool(conn, directory, build);
        if (pool == NULL && directory_is_missing())
            return hvc_error_set(error, -ENOENT, "there is no directory %s", directory);
        if (pool != NULL && virStoragePoolRefresh(pool, 0) == 0) {
            *ret_pool = HVC_TAKE(pool, NULL);
            return 0;
        }
    }
    (void)hvc_libvirt_error(error, "no storage pool");
    return hvc_error_prefix(error, "directory %s", directory) < 0 && error != NULL ? error->code : -EIO;
}

/* The file's volume; -ENOENT. */
static int open_volume(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume, struct hvc_error *error)
{
    *ret_volume = virStorageVolLookupByName(pool, name);
    if (*ret_volume != NULL)
        return 0;
    if (hvc_libvirt_error_is(VIR_ERR_NO_STORAGE_VOL))
        return hvc_error_set(error, -ENOENT, "there is no file %s", name);
    return hvc_libvirt_error(error, "the file was not looked up");
}

static int look(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct file_argument *a = argument;
    HVC_CLEANUP(pool) virStoragePoolPtr pool = NULL;
    HVC_CLEANUP(volume) virStorageVolPtr volume = NULL;
    char directory[HVC_DISK_PATH_MAX];
    virStoragePoolInfo info;
    virStorageVolInfo file;
    const char *name;
    int result;

    split(a->path, directory, &name);
    a->state = (struct hvc_file_state){.exists = false};
    result = open_pool(conn, directory, false, &pool, error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    if (virStoragePoolGetInfo(pool, &info) < 0)
        return hvc_libvirt_error(error, "the room in the file system");
    a->state.has_directory = true;
    a->state.available = info.available;
    result = open_volume(pool, name, &volume, error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    if (virStorageVolGetInfoFlags(volume, &file, VIR_STORAGE_VOL_GET_PHYSICAL) < 0)
        return hvc_libvirt_error(error, "the size of the file");
    a->state.exists = true;
    a->state.capacity = file.capacity;
    a->state.length = file.allocation;
    return 0;
}

static int make_volume(virStoragePoolPtr pool, const char *name, const char *format, uint64_t capacity,
                       virStorageVolPtr *ret_volume, struct hvc_error *error)
{
    char escaped[6 * HVC_DISK_PATH_MAX], xml[6 * HVC_DISK_PATH_MAX + 256];
    virStorageVolPtr volume;
    int result;

    if (escape(name, escaped, sizeof(escaped)) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "the name of the file is too long");
    (void)snprintf(xml, sizeof(xml),
                   "<volume><name>%s</name><capacity>%llu</capacity><allocation>0</allocation>"
                   "<target><format type='%s'/></target></volume>",
                   escaped, (unsigned long long)capacity, format);
    volume = virStorageVolCreateXML(pool, xml, 0);
    if (volume != NULL) {
        *ret_volume = volume;
        return 0;
    }
    if (hvc_libvirt_error_is(VIR_ERR_STORAGE_VOL_EXIST) || strstr(virGetLastErrorMessage(), "exists") != NULL)
        return hvc_error_set(error, -EEXIST, "the file %s exists already", name);
    result = hvc_libvirt_error(error, "the file was not made");
    return result;
}

static int create(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct file_argument *a = argument;
    HVC_CLEANUP(pool) virStoragePoolPtr pool = NULL;
    HVC_CLEANUP(volume) virStorageVolPtr volume = NULL;
    char directory[HVC_DISK_PATH_MAX];
    const char *name;
    int result;

    split(a->path, directory, &name);
    result = open_pool(conn, directory, true, &pool, error);
    return result < 0 ? result : make_volume(pool, name, a->format, a->capacity, &volume, error);
}

static int remove_file(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct file_argument *a = argument;
    HVC_CLEANUP(pool) virStoragePoolPtr pool = NULL;
    HVC_CLEANUP(volume) virStorageVolPtr volume = NULL;
    char directory[HVC_DISK_PATH_MAX];
    const char *name;
    int result;

    split(a->path, directory, &name);
    result = open_pool(conn, directory, false, &pool, error);
    if (result == 0)
        result = open_volume(pool, name, &volume, error);
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    return virStorageVolDelete(volume, 0) < 0 ? hvc_libvirt_error(error, "the file was not removed") : 0;
}

/* ---- a file to another node ---- */

/* Holes stay holes. */
static int pump(virStreamPtr from, virStreamPtr to, char *buffer, struct hvc_error *error)
{
    for (;;) {
        int got = virStreamRecvFlags(from, buffer, STREAM_BYTES, VIR_STREAM_RECV_STOP_AT_HOLE);
        long long hole = 0;

        if (got == 0)
            break;
        if (got == -3) {
            if (virStreamRecvHole(from, &hole, 0) < 0 || virStreamSendHole(to, hole, 0) < 0)
                return hvc_libvirt_error(error, "a file was not sent");
            continue;
        }
        if (got < 0)
            return hvc_libvirt_error(error, "a file was not read");
        for (int sent = 0; sent < got;) {
            int put = virStreamSend(to, buffer + sent, (size_t)(got - sent));

            if (put < 0)
                return hvc_libvirt_error(error, "a file was not written");
            sent += put;
        }
    }
    if (virStreamFinish(from) < 0 || virStreamFinish(to) < 0)
        return hvc_libvirt_error(error, "a file was not sent to its end");
    return 0;
}

static int stream_volume(virConnectPtr conn, virStorageVolPtr from, virConnectPtr target_conn, virStorageVolPtr to,
                         struct hvc_error *error)
{
    HVC_CLEANUP(stream) virStreamPtr source = virStreamNew(conn, 0);
    HVC_CLEANUP(stream) virStreamPtr target = virStreamNew(target_conn, 0);
    HVC_CLEANUP(free) char *buffer = malloc(STREAM_BYTES);
    int result;

    if (source == NULL || target == NULL || buffer == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for sending a file");
    if (virStorageVolDownload(from, source, 0, 0, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) < 0)
        return hvc_libvirt_error(error, "a file was not read");
    if (virStorageVolUpload(to, target, 0, 0, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) < 0) {
        result = hvc_libvirt_error(error, "a file was not written");
        (void)virStreamAbort(source);
        return result;
    }
    result = pump(source, target, buffer, error);
    if (result < 0) {
        (void)virStreamAbort(source);
        (void)virStreamAbort(target);
    }
    return result;
}

static int receive(virConnectPtr conn, virStorageVolPtr from, uint64_t length, virConnectPtr target_conn,
                   const struct file_argument *a, struct hvc_error *error)
{
    HVC_CLEANUP(pool) virStoragePoolPtr pool = NULL;
    HVC_CLEANUP(volume) virStorageVolPtr volume = NULL;
    char directory[HVC_DISK_PATH_MAX];
    const char *name;
    int result;

    split(a->target_path, directory, &name);
    result = open_pool(target_conn, directory, true, &pool, error);
    if (result == 0)
        result = make_volume(pool, name, "raw", length, &volume, error);
    if (result < 0)
        return result;
    result = stream_volume(conn, from, target_conn, volume, error);
    if (result < 0)
        (void)virStorageVolDelete(volume, 0);
    return result;
}

static int send_file(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct file_argument *a = argument;
    HVC_CLEANUP(connection) virConnectPtr other = NULL;
    HVC_CLEANUP(pool) virStoragePoolPtr pool = NULL;
    HVC_CLEANUP(volume) virStorageVolPtr volume = NULL;
    char directory[HVC_DISK_PATH_MAX];
    virStorageVolInfo file;
    const char *name;
    int result;

    split(a->path, directory, &name);
    result = open_pool(conn, directory, false, &pool, error);
    if (result == 0)
        result = open_volume(pool, name, &volume, error);
    if (result < 0)
        return result;
    if (virStorageVolGetInfoFlags(volume, &file, VIR_STORAGE_VOL_GET_PHYSICAL) < 0)
        return hvc_libvirt_error(error, "the size of the file");
    if (a->target_uri[0] != '\0') {
        other = virConnectOpen(a->target_uri);
        if (other == NULL)
            return hvc_libvirt_connect_error(error, a->target_uri);
    }
    return receive(conn, volume, file.allocation, other == NULL ? conn : other, a, error);
}

/* ---- the rows ---- */

/* Somebody else's call ended the pool that this one uses. */
static bool pool_vanished(void)
{
    return last_code == VIR_ERR_NO_STORAGE_POOL || last_code == VIR_ERR_OPERATION_INVALID;
}

static int try_file(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct file_argument *a = argument;
    int result = 0;

    for (int i = 0; i < POOL_TRIES; i++) {
        virResetLastError();
        last_code = VIR_ERR_OK;
        result = a->run(conn, a, error);
        if (result == 0 || !pool_vanished())
            break;
    }
    return result;
}

static int run_file(struct hvc_hypervisor *h, const char *what, hvc_libvirt_call_fn run, unsigned flags,
                    const struct file_argument *filled, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                    struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, try_file, flags, sizeof(*filled), NULL);
    struct file_argument *a = hvc_libvirt_call_argument(call);
    int result = hvc_storage_path_check("the file", filled->path, error);

    if (result == 0 && filled->target_path[0] != '\0')
        result = hvc_storage_path_check("the file", filled->target_path, error);
    if (result < 0)
        return result;
    if (a != NULL) {
        *a = *filled;
        a->run = run;
    }
    result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result == 0 && ret_state != NULL)
        *ret_state = a->state;
    return result;
}

static int too_long(struct hvc_error *error)
{
    return hvc_error_set(error, -ENAMETOOLONG, "the path of a file, its format or a node's URI is too long");
}

int hvc_libvirt_file_look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms,
                          struct hvc_file_state *ret_state, struct hvc_error *error)
{
    struct file_argument a = {.capacity = 0};

    if (hvc_text_copy(a.path, sizeof(a.path), path) < 0)
        return too_long(error);
    return run_file(h, "look for a file", look, HVC_CALL_READ | HVC_CALL_SOFT, &a, deadline_ms, ret_state, error);
}

int hvc_libvirt_file_create(struct hvc_hypervisor *h, const char *path, const char *format, uint64_t capacity,
                            uint64_t deadline_ms, struct hvc_error *error)
{
    struct file_argument a = {.capacity = capacity};

    if (hvc_text_copy(a.path, sizeof(a.path), path) < 0 || hvc_text_copy(a.format, sizeof(a.format), format) < 0)
        return too_long(error);
    return run_file(h, "make a file", create, HVC_CALL_SOFT, &a, deadline_ms, NULL, error);
}

int hvc_libvirt_file_remove(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    struct file_argument a = {.capacity = 0};

    if (hvc_text_copy(a.path, sizeof(a.path), path) < 0)
        return too_long(error);
    return run_file(h, "remove a file", remove_file, HVC_CALL_SOFT, &a, deadline_ms, NULL, error);
}

int hvc_libvirt_file_send(struct hvc_hypervisor *h, const char *path, const char *target_uri, const char *target_path,
                          uint64_t deadline_ms, struct hvc_error *error)
{
    struct file_argument a = {.capacity = 0};

    if (hvc_text_copy(a.path, sizeof(a.path), path) < 0 ||
        hvc_text_copy(a.target_path, sizeof(a.target_path), target_path) < 0 ||
        hvc_text_copy(a.target_uri, sizeof(a.target_uri), target_uri == NULL ? "" : target_uri) < 0)
        return too_long(error);
    return run_file(h, "send a file", send_file, HVC_CALL_MOVE, &a, deadline_ms, NULL, error);
}

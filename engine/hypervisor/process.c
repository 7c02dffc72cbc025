/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"

#define ARGUMENT_MAX 512 /* longer arguments are none that is looked for */
#define LOOK_MS      50  /* between looks where no descriptor tells */

static inline void close_directory(DIR *directory)
{
    (void)closedir(directory);
}
HVC_DEFINE_CLEANUP(DIR *, directory, close_directory, NULL)

/* The arguments of one process, one after the other as they come from the kernel. */
struct arguments {
    const char *uuid;
    char current[ARGUMENT_MAX];
    size_t length; /* of the current one, also beyond what is kept */
    size_t number;
    bool after_uuid, after_name;
    bool has_uuid, is_qemu;
    struct hvc_process *process;
};

static bool is_program_of_qemu(const char *path)
{
    const char *name = strrchr(path, '/');

    name = name == NULL ? path : name + 1;
    return strstr(name, "qemu") != NULL || strstr(name, "kvm") != NULL;
}

/* libvirt writes "guest=NAME,debug-threads=on", a comma of the name doubled (virQEMUBuildBufferEscapeComma). */
static void take_name(struct arguments *a)
{
    static const char lead[] = "guest=";
    const char *from = a->current + sizeof(lead) - 1;
    size_t used = 0;

    if (strncmp(a->current, lead, sizeof(lead) - 1) != 0)
        return;
    a->is_qemu = true;
    for (; *from != '\0' && used + 1 < sizeof(a->process->name); from++) {
        if (*from == ',') {
            if (from[1] != ',')
                break;
            from++;
        }
        a->process->name[used++] = *from;
    }
    a->process->name[used] = '\0';
}

static void end_of_argument(struct arguments *a)
{
    bool whole = a->length < sizeof(a->current);
    char uuid[HVC_UUID_TEXT_MAX];

    a->current[whole ? a->length : sizeof(a->current) - 1] = '\0';
    if (a->number == 0 && is_program_of_qemu(a->current))
        a->is_qemu = true;
    if (a->after_uuid && whole && hvc_parse_uuid(a->current, uuid) == 0 && strcmp(uuid, a->uuid) == 0)
        a->has_uuid = true;
    if (a->after_name)
        take_name(a);
    a->after_uuid = whole && strcmp(a->current, "-uuid") == 0;
    a->after_name = whole && strcmp(a->current, "-name") == 0;
    if (whole && strcmp(a->current, "-incoming") == 0)
        a->process->incoming = true;
    a->number++;
    a->length = 0;
}

static void take_bytes(struct arguments *a, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\0') {
            end_of_argument(a);
            continue;
        }
        if (a->length < sizeof(a->current) - 1)
            a->current[a->length] = bytes[i];
        a->length++;
    }
}

/* The file of arguments at `path` below the folder: 1 it is the guest's, 0 not, -EACCES hidden. A process that ended
 * meanwhile is not. */
static int read_arguments(int folder, const char *path, const char *uuid, struct hvc_process *process)
{
    HVC_CLEANUP(fd) int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    struct arguments a = {.uuid = uuid, .process = process};
    char bytes[4096];
    ssize_t count;

    if (fd < 0)
        return errno == EACCES || errno == EPERM ? -EACCES : 0;
    process->name[0] = '\0';
    process->incoming = false;
    while ((count = read(fd, bytes, sizeof(bytes))) > 0)
        take_bytes(&a, bytes, (size_t)count);
    if (count < 0)
        return errno == EACCES || errno == EPERM ? -EACCES : 0;
    if (a.length > 0)
        end_of_argument(&a);
    return a.has_uuid && a.is_qemu ? 1 : 0;
}

/* State letter, threads and start time from "PID (NAME) S ...": the name may hold anything, so count from its last ')'.
 */
static int read_stat(int folder, char *ret_state, unsigned long *ret_threads, uint64_t *ret_start)
{
    HVC_CLEANUP(fd) int fd = openat(folder, "stat", O_RDONLY | O_CLOEXEC);
    char text[1024];
    ssize_t count;
    const char *rest;
    unsigned long threads;
    unsigned long long start;
    char state;

    if (fd < 0)
        return -ENOENT;
    count = read(fd, text, sizeof(text) - 1);
    if (count <= 0)
        return -ENOENT;
    text[count] = '\0';
    rest = strrchr(text, ')');
    /* proc(5): state is field 3, num_threads 20, starttime 22 */
    if (rest == NULL ||
        sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %lu %*d %llu", &state,
               &threads, &start) != 3)
        return -EINVAL;
    *ret_state = state;
    *ret_threads = threads;
    *ret_start = start;
    return 0;
}

/* A process whose first thread has ended shows no arguments, while other threads may still be inside the kernel (I/O
 * that does not return): theirs are looked at. */
static int read_thread_arguments(int folder, const char *uuid, struct hvc_process *process)
{
    int fd = openat(folder, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    HVC_CLEANUP(directory) DIR *tasks = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (tasks == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return 0;
    }
    while ((entry = readdir(tasks)) != NULL) {
        char path[64];
        int result;

        if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || strlen(entry->d_name) > 20)
            continue;
        (void)snprintf(path, sizeof(path), "%.20s/cmdline", entry->d_name);
        result = read_arguments(dirfd(tasks), path, uuid, process);
        if (result != 0)
            return result;
    }
    return 0;
}

/* 1: it is the guest's; 0: not; -EACCES: hidden. */
static int read_process(int proc, const char *pid, const char *uuid, struct hvc_process *ret_process)
{
    HVC_CLEANUP(fd) int folder = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct hvc_process process = {.pid = 0};
    unsigned long threads = 0;
    uint64_t number;
    char state = '?';
    int result;

    if (folder < 0 || hvc_parse_u64(pid, 1, INT32_MAX, &number) < 0)
        return 0;
    result = read_arguments(folder, "cmdline", uuid, &process);
    if (result < 0)
        return result;
    if (read_stat(folder, &state, &threads, &process.start_ticks) < 0)
        return 0;
    if (result == 0 && (state == 'Z' || state == 'X') && threads > 1)
        result = read_thread_arguments(folder, uuid, &process);
    if (result <= 0 || ((state == 'Z' || state == 'X') && threads <= 1))
        return result < 0 ? result : 0;
    process.pid = (int64_t)number;
    process.stopped = state == 'T' || state == 't';
    process.dying = state == 'Z' || state == 'X';
    *ret_process = process;
    return 1;
}

/* A living process goes before one that is dying. */
static int scan(DIR *table, const char *uuid, struct hvc_process *ret_process, bool *ret_hidden)
{
    const struct dirent *entry;
    bool found = false;

    errno = 0;
    while ((entry = readdir(table)) != NULL) {
        int result;

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        result = read_process(dirfd(table), entry->d_name, uuid, ret_process);
        if (result == 1 && !ret_process->dying)
            return 0;
        found = found || result == 1;
        if (result == -EACCES)
            *ret_hidden = true;
        errno = 0;
    }
    if (errno != 0)
        return -errno;
    return found ? 0 : -ENOENT;
}

/* A table that is not there must not look like a guest that is not. */
static int unreadable(const char *proc, int number, struct hvc_error *error)
{
    return hvc_error_set(error, number == EMFILE || number == ENFILE || number == ENOMEM ? -number : -EIO,
                         "the process table %s cannot be read: %s", proc, strerror(number));
}

int hvc_process_find(const char *proc, const char *uuid, struct hvc_process *ret_process, struct hvc_error *error)
{
    HVC_CLEANUP(directory) DIR *table = NULL;
    char wanted[HVC_UUID_TEXT_MAX];
    struct stat first;
    bool hidden = false;
    int result;

    if (hvc_parse_uuid(uuid, wanted) < 0)
        return hvc_error_set(error, -EINVAL, "\"%.60s\" is no UUID", uuid == NULL ? "" : uuid);
    table = opendir(proc);
    if (table == NULL)
        return unreadable(proc, errno, error);
    result = scan(table, wanted, ret_process, &hidden);
    /* with hidepid=2 other users' processes are not even listed, the first one neither */
    if (result == -ENOENT && (hidden || fstatat(dirfd(table), "1", &first, 0) < 0))
        return hvc_error_set(error, -EACCES,
                             "processes of other users are hidden in %s (mount option hidepid): nobody can tell", proc);
    if (result == -ENOENT)
        return hvc_error_set(error, result, "no process has the UUID %s", wanted);
    if (result < 0)
        return unreadable(proc, -result, error);
    return 0;
}

/* A descriptor that becomes readable when the process, all its threads, has ended. -1 when it has ended or its pid is
 * another's by now: the descriptor is taken before the start time is read again, so it is the one that was found. */
static int open_process(const struct hvc_process *process)
{
    HVC_CLEANUP(fd) int fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
    HVC_CLEANUP(fd) int folder = -1;
    char path[32];
    char state;
    unsigned long threads;
    uint64_t start = 0;

    (void)snprintf(path, sizeof(path), "%s/%lld", HVC_PROC, (long long)process->pid);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || folder < 0 || read_stat(folder, &state, &threads, &start) < 0 || start != process->start_ticks)
        return -1;
    return HVC_TAKE(fd, -1);
}

/* Signals one process and waits for its end until `until_ms`: 0 it ended, -ETIMEDOUT, or why not signalled. */
static int signal_and_wait(int fd, int number, uint64_t until_ms)
{
    struct pollfd ended = {.fd = fd, .events = POLLIN};

    if (syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) < 0 && errno != ESRCH)
        return -errno;
    for (;;) {
        uint64_t left = hvc_deadline_left(until_ms);
        int ready = poll(&ended, 1, left > INT32_MAX ? INT32_MAX : (int)left);

        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (left == 0)
            return -ETIMEDOUT;
    }
}

static int end_one(const struct hvc_process *process, uint64_t kill_from_ms, uint64_t deadline_ms)
{
    HVC_CLEANUP(fd) int fd = open_process(process);
    uint64_t term_until = kill_from_ms < deadline_ms ? kill_from_ms : deadline_ms;
    int result;

    if (fd < 0) {
        /* it ended meanwhile, or its first thread has and the kernel gives no descriptor: look again */
        (void)poll(NULL, 0, LOOK_MS);
        return 0;
    }
    result = hvc_deadline_left(term_until) > 0 ? signal_and_wait(fd, SIGTERM, term_until) : -ETIMEDOUT;
    if (result == -ETIMEDOUT && hvc_deadline_left(deadline_ms) > 0)
        result = signal_and_wait(fd, SIGKILL, deadline_ms);
    return result;
}

int hvc_process_end(const char *uuid, uint64_t kill_from_ms, uint64_t deadline_ms, struct hvc_error *error)
{
    for (;;) {
        struct hvc_process process;
        int result = hvc_process_find(HVC_PROC, uuid, &process, error);

        if (result == -ENOENT) {
            hvc_error_clear(error);
            return 0;
        }
        if (result < 0)
            return result;
        if (hvc_deadline_left(deadline_ms) > 0)
            result = end_one(&process, kill_from_ms, deadline_ms);
        else
            result = -ETIMEDOUT;
        if (result == -ETIMEDOUT)
            return hvc_error_set(error, result, "process %lld of the guest is still there%s", (long long)process.pid,
                                 process.dying ? ": killed, but the kernel has not let it go (I/O that does not return)"
                                               : "");
        if (result < 0)
            return hvc_error_set(error, result, "process %lld of the guest cannot be ended: %s", (long long)process.pid,
                                 strerror(-result));
    }
}

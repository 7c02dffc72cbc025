/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "ocf_log.h"

#define LOOK_AGAIN_MS 20

static int note_path(const struct hvc_ocf *ocf, char path[HVC_PATH_TEXT_MAX], struct hvc_error *error)
{
    size_t used = 0;

    if (hvc_text_append(path, HVC_PATH_TEXT_MAX, &used, "%s/hvcluster-%s.pid", ocf->state_directory, ocf->resource) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "the folder of HA_RSCTMP has too long a name");
    return 0;
}

/* State letter and start time; the second field may hold blanks and brackets, so count from its last bracket. */
static int read_stat(pid_t pid, char *ret_state, uint64_t *ret_started)
{
    HVC_CLEANUP(fd) int fd = -1;
    char path[64];
    char text[1024];
    ssize_t length;
    const char *p;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (length <= 0)
        return -ESRCH;
    text[length] = '\0';
    p = strrchr(text, ')');
    if (p == NULL || sscanf(p, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
                            ret_state, ret_started) != 2)
        return -ESRCH;
    return 0;
}

int hvc_service_process_of_pid(pid_t pid, struct hvc_service_process *ret_process)
{
    uint64_t started = 0;
    char state = 0;

    if (pid <= 0 || read_stat(pid, &state, &started) < 0 || state == 'Z' || state == 'X')
        return -ESRCH;
    *ret_process = (struct hvc_service_process){.pid = pid, .started = started};
    return 0;
}

bool hvc_service_process_runs(const struct hvc_service_process *process)
{
    struct hvc_service_process now;

    return hvc_service_process_of_pid(process->pid, &now) == 0 && now.started == process->started;
}

int hvc_service_process_load(const struct hvc_ocf *ocf, struct hvc_service_process *ret_process,
                             struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    char path[HVC_PATH_TEXT_MAX];
    char text[64];
    struct stat status;
    ssize_t length;
    int64_t pid = 0;
    uint64_t started = 0;
    int rc = note_path(ocf, path, error);

    if (rc < 0)
        return rc;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return hvc_error_set(error, -ENOENT, "there is no note of a process in %s", path);
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0)
        return hvc_error_set(error, -EPERM, "%s is not believed: others than root may write it; remove it", path);
    length = read(fd, text, sizeof(text) - 1);
    text[length < 0 ? 0 : length] = '\0';
    if (sscanf(text, "%" SCNd64 " %" SCNu64, &pid, &started) != 2 || pid <= 0 || pid > INT32_MAX)
        return hvc_error_set(error, -EINVAL, "%s does not hold a process; remove it", path);
    *ret_process = (struct hvc_service_process){.pid = (pid_t)pid, .started = started};
    return 0;
}

static int note(const struct hvc_ocf *ocf, const struct hvc_service_process *process, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    char path[HVC_PATH_TEXT_MAX];
    char text[64];
    int length = snprintf(text, sizeof(text), "%ld %" PRIu64 "\n", (long)process->pid, process->started);
    int rc = note_path(ocf, path, error);

    if (rc < 0)
        return rc;
    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, text, (size_t)length) != length)
        return hvc_error_set(error, -EIO, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

bool hvc_service_process_note_death(const struct hvc_ocf *ocf)
{
    static const char died[] = "died\n"; /* behind the numbers of the note, which are read as before */
    HVC_CLEANUP(fd) int fd = -1;
    char path[HVC_PATH_TEXT_MAX], text[64];
    struct hvc_error ignored = {0}; /* what cannot be noted is found dead for the first time again */
    ssize_t length;

    if (note_path(ocf, path, &ignored) < 0)
        return false;
    fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    text[length < 0 ? 0 : length] = '\0';
    if (strstr(text, died) != NULL)
        return true;
    if (length > 0 && write(fd, died, sizeof(died) - 1) < 0)
        hvc_ocf_log(ocf, HVC_OCF_WARNING, "cannot write %s: %s", path, strerror(errno));
    return false;
}

void hvc_service_process_forget(const struct hvc_ocf *ocf)
{
    char path[HVC_PATH_TEXT_MAX];
    struct hvc_error ignored = {0}; /* a note that stays names a process that is gone: it does no harm */

    if (note_path(ocf, path, &ignored) == 0)
        (void)unlink(path);
}

/* Between fork and exec: only what may be called there. */
__attribute__((noreturn)) static void become(const struct hvc_service_command *command, int output)
{
    char *const *arguments;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    memcpy(&arguments, &command->arguments, sizeof(arguments)); /* exec's historic type; it does not write them */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)umask(022);
    if (setsid() < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0 || chdir("/") < 0)
        _exit(126);
    (void)execv(arguments[0], arguments);
    (void)dprintf(STDERR_FILENO, "cannot run %s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

int hvc_service_process_start(const struct hvc_ocf *ocf, const struct hvc_service_command *command,
                              struct hvc_service_process *ret_process, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int output = -1;
    struct hvc_service_process process = {0};
    char state = 0;
    int rc;

    (void)unlink(command->output);
    output = open(command->output, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (output < 0)
        return hvc_error_set(error, -errno, "cannot write %s: %s", command->output, strerror(errno));
    process.pid = fork();
    if (process.pid < 0)
        return hvc_error_set(error, -errno, "cannot start %s: %s", command->arguments[0], strerror(errno));
    if (process.pid == 0)
        become(command, output);
    /* Ours until it is reaped: its entry in /proc is there, as a zombie at least. */
    if (read_stat(process.pid, &state, &process.started) < 0)
        return hvc_error_set(error, -ESRCH, "cannot see the process of %s in /proc", command->arguments[0]);
    rc = note(ocf, &process, error);
    if (rc < 0) {
        (void)kill(process.pid, SIGKILL);
        (void)waitpid(process.pid, NULL, 0);
        return rc;
    }
    *ret_process = process;
    return 0;
}

static bool gone_by(const struct hvc_service_process *process, uint64_t deadline_ms)
{
    for (;;) {
        (void)waitpid(process->pid, NULL, WNOHANG); /* a child of ours, or an error that does not matter */
        if (!hvc_service_process_runs(process))
            return true;
        if (hvc_deadline_left(deadline_ms) == 0)
            return false;
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

int hvc_service_process_end(const struct hvc_service_process *process, uint64_t term_ms, uint64_t deadline_ms,
                            struct hvc_error *error)
{
    uint64_t term = hvc_deadline_in(term_ms);

    if (!hvc_service_process_runs(process))
        return 0;
    (void)kill(process->pid, SIGTERM);
    if (gone_by(process, term < deadline_ms ? term : deadline_ms))
        return 0;
    (void)kill(process->pid, SIGKILL);
    if (gone_by(process, deadline_ms))
        return 0;
    return hvc_error_set(error, -ETIMEDOUT, "process %ld is still there after SIGKILL", (long)process->pid);
}

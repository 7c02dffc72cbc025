/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvcluster-auth: asks PAM about passwords for hvcluster-wbemd, which cannot read /etc/shadow. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "listen.h"
#include "log.h"
#include "options.h"
#include "server.h"

enum { EXIT_USAGE = 2, REQUEST_MS = 5000 };

static int complain(const struct hvc_error *error, int status)
{
    (void)fprintf(stderr, "hvcluster-auth: %s\n", error->text);
    return status;
}

/* Nothing of this process is written to a disk, and nothing of its environment reaches PAM's modules. */
static void protect(void)
{
    const struct rlimit none = {0, 0};
    const char *stream = getenv("JOURNAL_STREAM"); /* NOLINT(concurrency-mt-unsafe): one thread */
    char journal[64] = "";

    if (stream != NULL)
        (void)snprintf(journal, sizeof(journal), "%s", stream);
    (void)clearenv(); /* NOLINT(concurrency-mt-unsafe) */
    if (stream != NULL)
        (void)setenv("JOURNAL_STREAM", journal, 1); /* NOLINT(concurrency-mt-unsafe) */
    (void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                 1); /* NOLINT(concurrency-mt-unsafe) */
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

static int find_peer(const char *name, uid_t *ret_uid, struct hvc_error *error)
{
    const struct passwd *account = getpwnam(name); /* NOLINT(concurrency-mt-unsafe) */

    if (account == NULL)
        return hvc_error_set(error, -ENOENT, "there is no user %s: run systemd-sysusers, or name one with --peer",
                             name);
    *ret_uid = account->pw_uid;
    return 0;
}

static int open_stop(struct hvc_error *error)
{
    sigset_t signals;
    int fd;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? hvc_error_set(error, -errno, "signalfd: %s", strerror(errno)) : fd;
}

static int run(const struct hvc_auth_command *command, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int listener = -1;
    HVC_CLEANUP(fd) int stop = -1;
    struct hvc_auth_server_options options = {
        .pam = {.service = command->service, .confdir = command->confdir},
        .peer_name = command->peer,
        .request_ms = REQUEST_MS,
        .check_ms = command->check_s * 1000,
        .idle_ms = command->idle_s * 1000,
        .log = hvc_auth_log,
    };
    int rc = command->socket == NULL ? hvc_auth_listen_inherited(&listener, error)
                                     : hvc_auth_listen_path(command->socket, &listener, error);

    protect();
    if (rc == 0)
        rc = find_peer(command->peer, &options.peer, error);
    if (rc == 0)
        rc = stop = open_stop(error);
    if (rc >= 0)
        rc = hvc_auth_server_run(listener, stop, &options, error);
    if (listener >= 0 && command->socket != NULL)
        (void)unlink(command->socket);
    return rc;
}

int main(int argc, char **argv)
{
    struct hvc_auth_command command = {0};
    struct hvc_error error = {0};

    if (hvc_auth_command_parse(argc, argv, &command, &error) < 0)
        return complain(&error, EXIT_USAGE);
    if (command.help) {
        hvc_auth_command_help(stdout);
        return 0;
    }
    if (command.version) {
        (void)puts("hvcluster-auth " HVC_VERSION);
        return 0;
    }
    return run(&command, &error) < 0 ? complain(&error, 1) : 0;
}

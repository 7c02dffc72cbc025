/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migration_service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/libvirt_guests.h"
#include "hvc/text.h"
#include "installed_program.h"
#include "ocf_log.h"
#include "service_process.h"

#define LOOK_AGAIN_MS 50

struct settings {
    const char *binary;
    const char *config;
};

static const struct hvc_parameter PARAMETERS[] = {
    {
        .name = "config",
        .type = HVC_PARAMETER_STRING,
        .offset = offsetof(struct settings, config),
        .shortdesc = "Configuration file of hvclusterd",
        .longdesc = "Absolute path of the configuration file of hvclusterd. Not set: /etc/hvcluster/hvclusterd.conf, "
                    "which may be missing.",
    },
    {
        .name = "binary",
        .type = HVC_PARAMETER_STRING,
        .offset = offsetof(struct settings, binary),
        .shortdesc = "Path of hvclusterd",
        .longdesc = "Absolute path of the program hvclusterd. Not set: the one installed together with this agent.",
    },
    {.name = NULL},
};

static const struct hvc_ocf_action ACTIONS[] = {
    {.name = "start", .timeout_s = 60},
    {.name = "stop", .timeout_s = 60},
    {.name = "monitor", .timeout_s = 20, .interval_s = 10},
    {.name = "meta-data", .timeout_s = 5},
    {.name = "validate-all", .timeout_s = 20},
    {.name = NULL},
};

const struct hvc_agent hvc_migration_service = {
    .name = "MigrationService",
    .shortdesc = "hvclusterd, the migration service of a node",
    .longdesc =
        "Runs hvclusterd, which carries out moves of guests and answers the VirtualSystem agents. Use it as a "
        "clone with interleave=true, and let guests start after it with symmetrical=false, so that a restart "
        "of hvclusterd does not restart guests: see hvcluster's operator guide. A stop or a crash of "
        "hvclusterd touches no guest; libvirt goes on with moves under way, and hvclusterd takes them up again.",
    .parameters = PARAMETERS,
    .actions = ACTIONS,
};

struct action {
    const struct hvc_ocf *ocf;
    const struct hvc_service_probe *probe;
    uint64_t deadline_ms;
    struct settings settings;
    char binary[HVC_PATH_TEXT_MAX];
    unsigned bad;
    char first_bad[HVC_ERROR_TEXT_MAX];
};

static void note_fault(void *context, enum hvc_parameter_fault fault, const char *words)
{
    struct action *action = context;

    if (fault == HVC_PARAMETER_BAD && action->first_bad[0] == '\0')
        (void)snprintf(action->first_bad, sizeof(action->first_bad), "%s", words);
    hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", words);
}

static int fail(const struct action *action, int code, const char *words)
{
    hvc_ocf_exit_reason(action->ocf, "%s", words);
    return code;
}

/* ---- monitor ---- */

static bool noted_process_runs(const struct action *action, struct hvc_service_process *ret_process)
{
    struct hvc_error error = {0};
    int rc = hvc_service_process_load(action->ocf, ret_process, &error);

    if (rc < 0 && rc != -ENOENT)
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", error.text);
    return rc == 0 && hvc_service_process_runs(ret_process);
}

static int act_start(struct action *action);

/*
 * What is noted and gone has died: a stop forgets the note. Pacemaker restarts it at once, unless it may not: while a
 * guest that has to stop before this service (the operator guide's order) is not managed, for a move of hvcluster's or
 * by an operator, every stop of this service is blocked, and so is its recovery. Then the next monitor starts it:
 * without it that move would not end, and the guest would stay unmanaged.
 */
static int found_dead(struct action *action, const struct hvc_service_process *process)
{
    if (action->ocf->probe || process->pid == 0 || !hvc_service_process_note_death(action->ocf))
        return HVC_OCF_NOT_RUNNING;
    hvc_ocf_log(action->ocf, HVC_OCF_WARNING,
                "hvclusterd, process %ld, has died, and Pacemaker has not restarted it since the last monitor: it is "
                "started now",
                (long)process->pid);
    return act_start(action);
}

static int act_monitor(struct action *action)
{
    struct hvc_service_process process = {0};
    struct hvc_service_health health;
    struct hvc_error error = {0};
    int rc = action->probe->ask(action->probe, action->deadline_ms, &health, &error);

    if (rc == 0) {
        /* An unwell neighbour is no fault of this service, and a restart would not cure it. */
        if (health.words[0] != '\0')
            hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "hvclusterd runs; %s", health.words);
        return HVC_OCF_SUCCESS;
    }
    if (rc == -EAGAIN) {
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "hvclusterd runs; %s", error.text);
        return HVC_OCF_SUCCESS;
    }
    if (rc == -ENOTCONN && !noted_process_runs(action, &process))
        return found_dead(action, &process);
    if (process.pid != 0)
        (void)hvc_error_prefix(&error, "process %ld runs", (long)process.pid);
    (void)hvc_error_prefix(&error, "hvclusterd is not usable");
    return fail(action, HVC_OCF_ERR_GENERIC, error.text);
}

/* ---- start ---- */

/* Before the first guest is refused for it. No fault of this service, so it only says it. */
static void warn_of_bootleggers(const struct action *action)
{
    if (hvc_libvirt_guests_enabled(action->probe->root))
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING,
                    "libvirt-guests.service is enabled on this node and stops or starts guests beside the cluster. No "
                    "VirtualSystem is started here until it is not: " HVC_LIBVIRT_GUESTS_ADVICE);
}

static int validate(struct action *action)
{
    struct hvc_error error = {0};
    char words[HVC_PATH_TEXT_MAX + 128];

    if (action->bad > 0)
        return fail(action, HVC_OCF_ERR_CONFIGURED, action->first_bad);
    if (action->settings.binary[0] == '\0' &&
        hvc_installed_program("sbin/hvclusterd", action->binary, sizeof(action->binary), &error) < 0)
        return fail(action, HVC_OCF_ERR_INSTALLED, error.text);
    if (action->settings.binary[0] != '\0' &&
        hvc_text_copy(action->binary, sizeof(action->binary), action->settings.binary) < 0)
        return fail(action, HVC_OCF_ERR_CONFIGURED, "parameter binary is too long a path");
    if (access(action->binary, X_OK) < 0) {
        (void)snprintf(words, sizeof(words), "cannot run %s: %s", action->binary, strerror(errno));
        return fail(action, HVC_OCF_ERR_INSTALLED, words);
    }
    if (action->settings.config[0] != '\0' && access(action->settings.config, R_OK) < 0) {
        (void)snprintf(words, sizeof(words), "cannot read %s: %s", action->settings.config, strerror(errno));
        return fail(action, HVC_OCF_ERR_INSTALLED, words);
    }
    return HVC_OCF_SUCCESS;
}

/* Last line of a file, without its end. */
static void read_last_line(const char *path, char *line, size_t size)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[4096];
    off_t length = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = length > (off_t)sizeof(text) - 1 ? length - (off_t)sizeof(text) + 1 : 0;
    ssize_t got = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, from);
    char *start;

    text[got < 0 ? 0 : got] = '\0';
    for (char *p = text + strlen(text); p > text && p[-1] == '\n'; p--)
        p[-1] = '\0';
    start = strrchr(text, '\n');
    (void)snprintf(line, size, "%.*s", (int)size - 1,
                   start == NULL ? text : start + 1); /* the end of a log: cut is fine */
}

static int await_service(struct action *action, const struct hvc_service_process *process, const char *output)
{
    char line[512];

    for (;;) {
        struct hvc_service_health health;
        struct hvc_error error = {0};

        if (action->probe->ask(action->probe, action->deadline_ms, &health, &error) == 0) {
            hvc_ocf_log(action->ocf, HVC_OCF_INFO, "hvclusterd answers: %s", health.summary);
            return HVC_OCF_SUCCESS;
        }
        (void)waitpid(process->pid, NULL, WNOHANG);
        if (!hvc_service_process_runs(process)) {
            read_last_line(output, line, sizeof(line));
            hvc_service_process_forget(action->ocf);
            hvc_ocf_exit_reason(action->ocf, "hvclusterd ended at once: %s",
                                line[0] == '\0' ? "it printed nothing" : line);
            return HVC_OCF_ERR_GENERIC;
        }
        if (hvc_deadline_left(action->deadline_ms) == 0) {
            (void)hvc_error_prefix(&error, "hvclusterd was started and does not answer in time");
            return fail(action, HVC_OCF_ERR_GENERIC, error.text);
        }
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

static int act_start(struct action *action)
{
    const char *arguments[4] = {action->binary, NULL, NULL, NULL};
    char output[HVC_PATH_TEXT_MAX];
    struct hvc_service_command command = {.arguments = arguments, .output = output};
    struct hvc_service_process process;
    struct hvc_service_health health;
    struct hvc_error error = {0};
    size_t used = 0;
    int code;

    warn_of_bootleggers(action);
    if (action->probe->ask(action->probe, action->deadline_ms, &health, &error) == 0)
        return HVC_OCF_SUCCESS;
    hvc_error_clear(&error);
    code = validate(action);
    if (code != HVC_OCF_SUCCESS)
        return code;
    if (hvc_text_append(output, sizeof(output), &used, "%s/hvcluster-%s.out", action->ocf->state_directory,
                        action->ocf->resource) < 0)
        return fail(action, HVC_OCF_ERR_GENERIC, "the folder of HA_RSCTMP has too long a name");
    if (action->settings.config[0] != '\0') {
        arguments[1] = "--config";
        arguments[2] = action->settings.config;
    }
    if (noted_process_runs(action, &process))
        hvc_ocf_log(action->ocf, HVC_OCF_NOTICE, "hvclusterd, process %ld, is there already", (long)process.pid);
    else if (hvc_service_process_start(action->ocf, &command, &process, &error) < 0)
        return fail(action, HVC_OCF_ERR_GENERIC, error.text);
    return await_service(action, &process, output);
}

/* ---- stop ---- */

static int act_stop(struct action *action)
{
    uint64_t left = hvc_deadline_left(action->deadline_ms);
    struct hvc_service_process process = {0};
    struct hvc_service_health health = {0};
    struct hvc_error error = {0};
    bool found = noted_process_runs(action, &process);
    int rc = 0;

    if (!found) /* somebody else may have started it */
        rc = action->probe->ask(action->probe, hvc_deadline_in(left / 4), &health, &error);
    if (!found && rc == 0)
        found = hvc_service_process_of_pid((pid_t)health.pid, &process) == 0;
    if (!found && rc != 0 && rc != -ENOTCONN) {
        (void)hvc_error_prefix(&error, "cannot tell which process hvclusterd is");
        return fail(action, HVC_OCF_ERR_GENERIC, error.text);
    }
    if (found && hvc_service_process_end(&process, left * 2 / 3, action->deadline_ms, &error) < 0) {
        (void)hvc_error_prefix(&error, "hvclusterd does not end");
        return fail(action, HVC_OCF_ERR_GENERIC, error.text);
    }
    hvc_service_process_forget(action->ocf);
    return HVC_OCF_SUCCESS;
}

static int act_validate(struct action *action)
{
    int code = validate(action);

    warn_of_bootleggers(action);
    return code;
}

static const struct {
    const char *name;
    int (*act)(struct action *);
} ACTS[] = {
    {"monitor", act_monitor},
    {"start", act_start},
    {"stop", act_stop},
    {"validate-all", act_validate},
};

int hvc_migration_service_act(const struct hvc_ocf *ocf, uint64_t deadline_ms, const struct hvc_service_probe *probe)
{
    struct action action = {.ocf = ocf, .probe = probe, .deadline_ms = deadline_ms};

    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++) {
        if (strcmp(ACTS[i].name, ocf->action) != 0)
            continue;
        action.bad = hvc_parameters_read(PARAMETERS, ocf, &action.settings, note_fault, &action);
        return ACTS[i].act(&action);
    }
    return HVC_OCF_ERR_UNIMPLEMENTED;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/observe.h"

#include <errno.h>

#include "hvc/clock.h"
#include "hvc/process.h"
#include "hvc/text.h"
#include "status_file.h"

#define TABLE_RESERVE_MS 500  /* of the time is left for reading the process table, when there is so much */
#define SHARE_MAX_MS     3000 /* libvirt's, and when it is known to hang: */
#define SHARE_HUNG_MS    500

const struct hvc_observe_places hvc_observe_host = {.proc = HVC_PROC, .status = "/run/libvirt/qemu"};

/* libvirt's part of the time. */
static uint64_t libvirts_share(struct hvc_hypervisor *h, uint64_t deadline_ms)
{
    struct hvc_hypervisor_status status;
    uint64_t left = hvc_deadline_left(deadline_ms);
    uint64_t most = SHARE_MAX_MS;
    uint64_t share = left > 2ULL * TABLE_RESERVE_MS ? left - TABLE_RESERVE_MS : left / 2;

    hvc_hypervisor_status(h, &status);
    if (status.health == HVC_HYPERVISOR_HANGS)
        most = SHARE_HUNG_MS;
    return hvc_deadline_in(share < most ? share : most);
}

static void say(struct hvc_guest_state *state, enum hvc_guest_class guest_class, const char *words)
{
    state->guest_class = guest_class;
    (void)snprintf(state->words, sizeof(state->words), "%.*s", (int)sizeof(state->words) - 1, words);
}

/* Why libvirt does not count, short enough for the state's words. */
static const char *silence(int result)
{
    switch (result) {
    case -ETIMEDOUT:
        return "libvirtd hangs";
    case -ENOTCONN:
        return "libvirtd is down";
    case -EACCES:
        return "libvirtd refuses";
    default:
        return "libvirtd fails";
    }
}

/* No process is shown: result of the table, and what libvirt had to say. */
static void conclude_without_process(int result, const char *why, struct hvc_guest_state *state)
{
    char words[sizeof(state->words)];

    if (result == -ENOENT)
        (void)snprintf(words, sizeof(words), "no process of it; %s", why);
    else
        (void)snprintf(words, sizeof(words), "%s, and the process table cannot be read (%s)", why, strerror(-result));
    say(state, result == -ENOENT ? HVC_GUEST_ABSENT : HVC_GUEST_UNKNOWN, words);
}

static void take_status(const struct hvc_status_file *file, const struct hvc_process *process, const char *why,
                        struct hvc_guest_state *state)
{
    char known[sizeof(state->words)];
    char words[sizeof(known) + 64];
    enum hvc_guest_class guest_class = hvc_state_class(file->state, file->reason, file->job);

    if (file->finishing && guest_class == HVC_GUEST_INCOMING)
        guest_class = HVC_GUEST_UNKNOWN;
    if (guest_class == HVC_GUEST_ABSENT) /* of a living process: the file is older */
        guest_class = HVC_GUEST_UNKNOWN;
    hvc_state_words(file->state, file->reason, known, sizeof(known));
    (void)snprintf(words, sizeof(words), "process %lld alive, %s; last %.60s", (long long)process->pid, why, known);
    say(state, guest_class, words);
    state->migrating_out = file->job == HVC_DOMAIN_JOB_OUT;
    state->half = hvc_state_half(file->state, file->reason);
    state->memory_kib = file->memory_kib;
    memcpy(state->owner, file->owner, sizeof(state->owner));
}

/*
 * A process that libvirt says nothing about. The status file decides when it is this process' own. Without it only a
 * process that was not started for a migration is known to have been a booted guest.
 */
static void conclude_from_process(const struct hvc_observe_places *places, const struct hvc_process *process,
                                  const char *why, struct hvc_guest_state *state)
{
    struct hvc_status_file file;
    char words[sizeof(state->words)];
    int result;

    state->pid = process->pid;
    if (state->id.name[0] == '\0')
        (void)hvc_text_copy(state->id.name, sizeof(state->id.name), process->name);
    if (process->dying) {
        (void)snprintf(words, sizeof(words), "process %lld is dying, the kernel has not let it go",
                       (long long)process->pid);
        say(state, HVC_GUEST_STOPPING, words);
        return;
    }
    result = hvc_status_file_read(places->status, process->name, &file, NULL);
    if (result == 0 && file.pid == process->pid && strcmp(file.id.uuid, state->id.uuid) == 0) {
        take_status(&file, process, why, state);
        return;
    }
    (void)snprintf(words, sizeof(words), "process %lld alive, %s%s", (long long)process->pid, why,
                   process->incoming ? "; it was started for a migration, and its status file is not readable" : "");
    say(state, process->incoming ? HVC_GUEST_UNKNOWN : HVC_GUEST_RUNNING, words);
}

/* What libvirt's "absent" is worth: a process of the guest contradicts it. True when libvirt should be asked again, for
 * the guest may have come between the two looks. */
static bool contradicts_absent(const struct hvc_observe_places *places, struct hvc_guest_state *state)
{
    struct hvc_process process;
    char words[sizeof(state->words)];
    int result = hvc_process_find(places->proc, state->id.uuid, &process, NULL);

    if (result == -ENOENT || result == -EACCES) /* hidden: libvirt's word is all there is */
        return false;
    if (result < 0) {
        (void)snprintf(words, sizeof(words), "libvirt knows none, and the process table cannot be read (%s)",
                       strerror(-result));
    } else {
        state->pid = process.pid;
        (void)snprintf(words, sizeof(words), "libvirt: %.50s; but process %lld of it %s", state->words,
                       (long long)process.pid, process.dying ? "is still dying" : "is alive");
    }
    say(state, result == 0 && process.dying ? HVC_GUEST_STOPPING : HVC_GUEST_UNKNOWN, words);
    return result == 0;
}

/* True when libvirt's answer, checked against the process table, is the answer. */
static bool ask_libvirt(const struct hvc_observe_places *places, struct hvc_hypervisor *h,
                        const struct hvc_guest_id *id, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                        const char **ret_why)
{
    for (int round = 0; round < 2; round++) {
        struct hvc_guest_state state;
        int result = hvc_hypervisor_inspect(h, id->uuid, libvirts_share(h, deadline_ms), &state, NULL);

        *ret_why = result == 0 ? "libvirt does not tell its job" : silence(result);
        if (result < 0 || state.guest_class == HVC_GUEST_UNKNOWN)
            return false;
        if (state.id.name[0] == '\0')
            memcpy(state.id.name, id->name, sizeof(state.id.name));
        if (state.guest_class != HVC_GUEST_ABSENT || !contradicts_absent(places, &state)) {
            *ret_state = state;
            return true;
        }
        *ret_state = state;
    }
    return true;
}

int hvc_guest_observe_at(const struct hvc_observe_places *places, struct hvc_hypervisor *h,
                         const struct hvc_guest_id *id, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                         struct hvc_error *error)
{
    struct hvc_guest_state state = {.source = HVC_SOURCE_PROCESS, .state = -1, .reason = -1, .id = *id};
    struct hvc_process process;
    const char *why = "libvirtd not asked";
    int result;

    if (hvc_parse_uuid(id->uuid, state.id.uuid) < 0)
        return hvc_error_set(error, -EINVAL, "\"%.60s\" is no UUID", id->uuid);
    if (h != NULL && ask_libvirt(places, h, &state.id, deadline_ms, ret_state, &why))
        return 0;
    result = hvc_process_find(places->proc, state.id.uuid, &process, NULL);
    if (result == 0)
        conclude_from_process(places, &process, why, &state);
    else
        conclude_without_process(result, why, &state);
    *ret_state = state;
    return 0;
}

int hvc_guest_observe(struct hvc_hypervisor *h, const struct hvc_guest_id *id, uint64_t deadline_ms,
                      struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    return hvc_guest_observe_at(&hvc_observe_host, h, id, deadline_ms, ret_state, error);
}

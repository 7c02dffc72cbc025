/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Msvm_MigrationJob. Numbers of phases and kinds are the job tables' (hvc/job.h). */
#include <string.h>

#include "build.h"
#include "hvc/job.h"

static const struct hvc_job_phase_info *phase_of(const struct hvc_facts_job *job)
{
    for (unsigned i = 0; i < HVC_JOB_PHASE_COUNT; i++)
        if (strcmp(hvc_job_phase_name(i), job->phase) == 0)
            return hvc_job_phase_info(i);
    return NULL;
}

static const struct hvc_job_kind_info *kind_of(const struct hvc_facts_job *job)
{
    for (unsigned i = 0; i < HVC_KIND_COUNT; i++)
        if (strcmp(hvc_job_kind_info(i)->name, job->kind) == 0)
            return hvc_job_kind_info(i);
    return NULL;
}

static void put_phase(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const struct hvc_facts_job *job,
                      const struct hvc_job_phase_info *phase)
{
    const uint64_t status[] = {phase->operational[0], phase->operational[1]};
    const char *words[] = {phase->text, phase->text};
    uint32_t count = phase->operational[1] == 0 ? 1 : 2;
    bool failed = phase->cim_state > 7 && job->ended;

    put_numbers(ask, instance, "OperationalStatus", status, count);
    put_texts(ask, instance, "StatusDescriptions", words, count);
    put_number(ask, instance, "HealthState", phase->operational[0] == 2 ? 5 : 20);
    put_text(ask, instance, "JobStatus", phase->text);
    put_number(ask, instance, "JobState", phase->cim_state);
    if (job->ended)
        put_number(ask, instance, "ErrorCode", failed ? 32768 : 0);
    if (failed) {
        put_text(ask, instance, "ErrorDescription", job->words);
        put_text(ask, instance, "ErrorSummaryDescription", job->words);
    }
}

static void put_times(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const struct hvc_facts_job *job)
{
    uint64_t now = facts_of(ask)->now_ms;
    uint64_t until = job->ended ? job->since_ms : now;

    put_time(ask, instance, "InstallDate", job->created_ms);
    put_time(ask, instance, "TimeSubmitted", job->created_ms);
    put_time(ask, instance, "TimeOfLastStateChange", job->since_ms);
    put_interval(ask, instance, "TimeBeforeRemoval", 300000);
    if (job->started_ms == 0)
        return;
    put_time(ask, instance, "StartTime", job->started_ms);
    put_interval(ask, instance, "ElapsedTime", until > job->started_ms ? until - job->started_ms : 0);
}

/* Moves that only CIM's own value map has (quick, restart, of a virtual system that is off) move a virtual system. */
static void put_kind(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const struct hvc_facts_job *job)
{
    const struct hvc_job_kind_info *kind = kind_of(job);
    bool stays = kind != NULL && (kind->flags & HVC_KIND_STAYS) != 0;

    put_text(ask, instance, "DestinationHost", job->target[0] == '\0' || stays ? NULL : job->target);
    if (kind == NULL)
        return;
    if (job->check && stays)
        put_number(ask, instance, "MigrationType", MIGRATION_STORAGE_CHECK);
    else
        put_number(ask, instance, "MigrationType",
                   kind->migration_type < MIGRATION_VIRTUAL_SYSTEM ? (unsigned)MIGRATION_VIRTUAL_SYSTEM
                                                                   : kind->migration_type);
    put_number(ask, instance, "JobType", job->check ? kind->check_type : kind->job_type);
}

static void add_job(struct hvc_cim_ask *ask, const struct hvc_facts_job *job, const char *id)
{
    const struct hvc_job_phase_info *phase = phase_of(job);
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

    if (instance == NULL)
        return;
    put_text(ask, instance, "InstanceID", id);
    put_text(ask, instance, "Name", hvc_cim_format(ask->arena, "%llu", (unsigned long long)job->id));
    put_words(ask, instance, "Migration Job", "A migration of a virtual machine", job->guest);
    if (phase != NULL)
        put_phase(ask, instance, job, phase);
    put_kind(ask, instance, job);
    put_times(ask, instance, job);
    put_text(ask, instance, "Owner", job->by);
    put_number(ask, instance, "Priority", job->priority);
    put_number(ask, instance, "JobRunTimes", 1);
    if (job->percent <= 101)
        put_number(ask, instance, "PercentComplete", job->percent);
    put_flag(ask, instance, "Cancellable", job->cancellable);
    put_flag(ask, instance, "DeleteOnCompletion", false);
    put_text(ask, instance, "VirtualSystemName", job->uuid);
}

static void enumerate_job(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->job_count; i++) {
        const struct hvc_facts_job *job = &facts->jobs[i];
        const char *id = shows_job(ask, job) ? id_of_job(ask, job) : NULL;

        if (id != NULL && hvc_cim_ask_wants(ask, "InstanceID", id))
            add_job(ask, job, id);
    }
}

/* A client that follows its job asks for it again and again, and thousands of others may be kept. */
static void narrow_to_job(const struct hvc_cim_path *path, void *facts)
{
    const struct hvc_cim_key *id = hvc_cim_key(path, "InstanceID");

    ((struct hvc_cim_facts *)facts)->only_job = id == NULL || id->text == NULL ? 0 : job_of_id(id->text);
}

const struct hvc_cim_provider hvc_provider_migration_job = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_JOBS, .narrow = narrow_to_job, .enumerate = enumerate_job};

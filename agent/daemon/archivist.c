/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "archivist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/job_archive.h"
#include "ticker.h"

enum { PERIOD_MS = 2000, READ_MS = 2000, BATCH = 8 };
#define DAY_MS  UINT64_C(86400000)
#define ID_TEXT (2 * HVC_CLUSTER_ID_SIZE + 1)

struct hvc_archivist {
    struct hvc_operations *operations;
    struct hvc_ticker *ticker;

    /* of the thread */
    struct hvc_replica_status status;
    char cluster[ID_TEXT]; /* of the history that is here */
    bool known;            /* how far the archive is: */
    uint64_t number;       /* of the last end in it, of the history below */
    char archived[ID_TEXT];
    uint64_t moment, day; /* of the last look, of the last end of old files */
    bool failed;          /* and it was said */

    /* of one look: ended jobs, the earliest first */
    const struct hvc_job *jobs[BATCH];
    unsigned count;
    char *lines;
    size_t length;
    uint64_t last; /* number of the last line */
};

static void complain(struct hvc_archivist *a, const struct hvc_error *error)
{
    char words[HVC_ERROR_TEXT_MAX];

    if (!a->failed)
        hvc_operations_note(a->operations, HVC_MESSAGE_JOB_ARCHIVE_FAILED, "words=%s",
                            hvc_message_quote(error->text, words, sizeof(words)));
    a->failed = true;
}

/* ---- how far it is ---- */

static bool take_newest(void *context, const struct hvc_record *line)
{
    struct hvc_archivist *a = context;

    a->number = hvc_record_u64(line, "number", 0);
    (void)snprintf(a->archived, sizeof(a->archived), "%s", hvc_record_text(line, "cluster", ""));
    return a->number == 0; /* a line that is none of ours */
}

static bool find_end(struct hvc_archivist *a)
{
    struct hvc_error error = {0};

    if (!a->known && hvc_job_archive_walk(a->operations->archive, take_newest, a, &error) < 0)
        complain(a, &error);
    else
        a->known = true;
    return a->known;
}

static void read_cluster(struct hvc_archivist *a)
{
    a->operations->keeper->ops->status(a->operations->keeper, &a->status);
    for (size_t i = 0; i < sizeof(a->status.replication.cluster_id); i++)
        (void)snprintf(a->cluster + 2 * i, 3, "%02x", a->status.replication.cluster_id[i]);
}

/* ---- one look ---- */

/* Keeps the earliest of those that are not in the archive. */
static void take_job(struct hvc_archivist *a, const struct hvc_job *job)
{
    unsigned at = a->count;

    while (at > 0 && a->jobs[at - 1]->ended > job->ended)
        at--;
    if (at == BATCH)
        return;
    if (a->count < BATCH)
        a->count++;
    memmove(&a->jobs[at + 1], &a->jobs[at], (a->count - 1 - at) * sizeof(a->jobs[0]));
    a->jobs[at] = job;
}

static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct hvc_archivist *a = context;
    const struct hvc_job *job;
    uint64_t newest = 0;
    uint32_t cursor = 0;
    FILE *out;
    int rc = 0;

    (void)stamp;
    while ((job = hvc_service_job_next(service, &cursor)) != NULL)
        newest = job->ended > newest ? job->ended : newest;
    if (newest < a->number && strcmp(a->archived, a->cluster) != 0)
        a->number = 0; /* a new history, which counts from 1 */
    cursor = 0;
    a->count = 0;
    while ((job = hvc_service_job_next(service, &cursor)) != NULL) {
        if (job->ended > a->number)
            take_job(a, job);
    }
    out = a->count == 0 ? NULL : open_memstream(&a->lines, &a->length);
    if (a->count > 0 && out == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < a->count && rc == 0; i++)
        rc = hvc_job_archive_line(out, service, a->jobs[i], a->cluster);
    a->last = a->count == 0 ? 0 : a->jobs[a->count - 1]->ended;
    return out != NULL && fclose(out) != 0 ? -ENOMEM : rc;
}

/* True: there may be more. */
static bool archive(struct hvc_archivist *a)
{
    struct hvc_keeper *keeper = a->operations->keeper;
    struct hvc_error error = {0};
    int rc;

    a->lines = NULL;
    a->count = 0;
    rc = keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look, a, &error);
    if (rc == 0 && a->count > 0) {
        rc = hvc_job_archive_append(a->operations->archive, a->lines, a->length, hvc_wall_ms(), &error);
        if (rc < 0)
            complain(a, &error);
    }
    free(a->lines);
    if (rc < 0) {
        a->moment = 0; /* no state here yet, or no room: again at the next tick */
        return false;
    }
    if (a->count > 0) {
        a->number = a->last;
        memcpy(a->archived, a->cluster, sizeof(a->archived));
        a->failed = false;
    }
    return a->count == BATCH;
}

static void expire(struct hvc_archivist *a)
{
    uint64_t now = hvc_wall_ms(), day = now / DAY_MS;
    struct hvc_error error = {0};

    if (day == a->day)
        return;
    a->day = day;
    if (hvc_job_archive_expire(a->operations->archive, a->operations->archive_days, now, &error) < 0)
        complain(a, &error);
}

static void run(void *context)
{
    struct hvc_archivist *a = context;
    struct hvc_keeper *keeper = a->operations->keeper;
    uint64_t moment = keeper->ops->await(keeper, a->moment, hvc_now_ms());

    if (!find_end(a) || (moment == a->moment && moment != 0))
        return;
    a->moment = moment;
    read_cluster(a);
    while (archive(a))
        ;
    expire(a);
}

int hvc_archivist_new(struct hvc_operations *operations, struct hvc_archivist **ret_archivist, struct hvc_error *error)
{
    struct hvc_archivist *a;
    int rc;

    *ret_archivist = NULL;
    if (operations->archive[0] == '\0' || operations->archive_days == 0)
        return 0;
    a = calloc(1, sizeof(*a));
    if (a == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    a->operations = operations;
    rc = hvc_ticker_new("the archive of jobs", PERIOD_MS, run, a, &a->ticker, error);
    if (rc < 0)
        free(a);
    else
        *ret_archivist = a;
    return rc;
}

bool hvc_archivist_end(struct hvc_archivist *a, uint64_t deadline_ms)
{
    if (a == NULL)
        return true;
    if (!hvc_ticker_end(a->ticker, deadline_ms))
        return false;
    free(a);
    return true;
}

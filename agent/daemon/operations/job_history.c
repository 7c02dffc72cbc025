/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the archive: made of ended jobs, and read by job.archive, also those that the cluster keeps no more. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/job_archive.h"
#include "hvc/text.h"
#include "job_operations.h"
#include "job_record.h"

enum { ROWS_DEFAULT = 20 };

int hvc_job_archive_line(FILE *out, const struct hvc_service *service, const struct hvc_job *job, const char *cluster)
{
    HVC_CLEANUP(record) struct hvc_record *line = hvc_record_new();
    HVC_CLEANUP(free) char *json = NULL;
    size_t length;
    int rc;

    hvc_job_describe(line, service, job, job->phase_ms[job->phase]);
    hvc_record_set_format(line, "made", "%" PRIu64 ".%" PRIu64, job->epoch, job->index);
    hvc_record_set_text(line, "cluster", cluster);
    hvc_record_set_u64(line, "number", job->ended);
    rc = hvc_record_format_replacing(line, &json, &length, NULL);
    if (rc == 0 && fprintf(out, "%s\n", json) < 0)
        rc = -EIO;
    return rc;
}

/* ---- reading ---- */

struct search {
    struct hvc_call *call;
    const char *guest, *node, *kind; /* NULL: any */
    uint64_t before;
    uint64_t limit, count;
    bool late;
};

static bool is_text(const struct hvc_record *line, const char *name, const char *text)
{
    return strcmp(hvc_record_text(line, name, ""), text) == 0;
}

static bool is_meant(const struct search *s, const struct hvc_record *line)
{
    return hvc_record_u64(line, "id", 0) < s->before && (s->kind == NULL || is_text(line, "kind", s->kind)) &&
           (s->guest == NULL || is_text(line, "guest", s->guest) || is_text(line, "uuid", s->guest)) &&
           (s->node == NULL || is_text(line, "source", s->node) || is_text(line, "target", s->node));
}

/* A history that another node's word gave a new id is written down a second time. */
static bool is_shown(const struct search *s, const struct hvc_record *line)
{
    for (size_t i = 0; i < hvc_record_list_count(s->call->data, "jobs"); i++) {
        const struct hvc_record *row = hvc_record_list_at(s->call->data, "jobs", i);

        if (hvc_record_u64(row, "id", 0) == hvc_record_u64(line, "id", 0) &&
            is_text(row, "made", hvc_record_text(line, "made", "")))
            return true;
    }
    return false;
}

static bool look(void *context, const struct hvc_record *line)
{
    struct search *s = context;

    s->late = !hvc_call_wait(s->call, 0);
    if (s->late)
        return false;
    if (!is_meant(s, line) || is_shown(s, line))
        return true;
    hvc_record_copy(hvc_record_add(s->call->data, "jobs"), line);
    return ++s->count < s->limit;
}

enum hvc_result hvc_job_archive(struct hvc_operations *operations, struct hvc_call *call)
{
    struct search search = {.call = call,
                            .guest = hvc_record_text(call->args, "guest", NULL),
                            .node = hvc_record_text(call->args, "node", NULL),
                            .kind = hvc_record_text(call->args, "kind", NULL),
                            .before = hvc_record_u64(call->args, "before", UINT64_MAX),
                            .limit = hvc_record_u64(call->args, "limit", ROWS_DEFAULT)};
    struct hvc_error error = {0};
    char uuid[HVC_UUID_TEXT_MAX];

    if (operations->archive[0] == '\0' || operations->archive_days == 0)
        return hvc_call_say(call, HVC_RESULT_UNSUPPORTED,
                            "this node keeps no archive of jobs: archive_days in its hvclusterd.conf is 0");
    if (search.guest != NULL && hvc_parse_uuid(search.guest, uuid) == 0)
        search.guest = uuid;
    hvc_record_set_list(call->data, "jobs");
    if (hvc_job_archive_walk(operations->archive, look, &search, &error) < 0)
        return hvc_call_fail(call, &error);
    if (search.late)
        return hvc_call_say(call, HVC_RESULT_TIMEOUT, "the archive was not read to its end in time: name a --limit");
    return hvc_call_say(call, HVC_RESULT_OK, "ended jobs from the archive of node %s", operations->node);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fetch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/client.h"
#include "hvc/text.h"
#include "rounds.h"

enum {
    IDLE_MAX = 8,
    /* Names and votes change seldom, and `status` asks libvirt and corosync. Whether the state is old every other
     * answer says, too. */
    STATUS_KEPT_MS = HVC_WBEMD_KEPT_MS,
    /* An order ends by the time its operation allows itself, 30 s at most: to give up before would leave it unknown. */
    ORDER_MS = 35000,
};

struct hvc_wbemd_fetch {
    struct hvc_client_options options;
    uint64_t timeout_ms;
    pthread_mutex_t mutex;
    struct hvc_client *idle[IDLE_MAX]; /* under mutex */
    unsigned idle_count;
    struct hvc_record *status; /* the last answer of `status`, NULL: none; under mutex */
    uint64_t status_ms;        /* when */
    struct hvc_wbemd_shelf *shelf;
    struct hvc_wbemd_rounds *rounds; /* questions about the service */
    struct {                         /* the last answer to one; of the thread that asks */
        char *text;                  /* as it came; NULL: none */
        size_t length;
        struct hvc_wbemd_kept *kept;
    } service;
};

struct hvc_wbemd_fetch *hvc_wbemd_fetch_new(const char *service, const char *runtime_directory, uint64_t timeout_ms)
{
    struct hvc_wbemd_fetch *fetch = calloc(1, sizeof(*fetch));

    if (fetch == NULL)
        return NULL;
    (void)pthread_mutex_init(&fetch->mutex, NULL);
    fetch->shelf = hvc_wbemd_shelf_new();
    fetch->rounds = hvc_wbemd_rounds_new();
    if (fetch->shelf == NULL || fetch->rounds == NULL) {
        hvc_wbemd_fetch_free(fetch);
        return NULL;
    }
    fetch->options = (struct hvc_client_options){service, runtime_directory};
    fetch->timeout_ms = timeout_ms;
    return fetch;
}

void hvc_wbemd_fetch_free(struct hvc_wbemd_fetch *fetch)
{
    if (fetch == NULL)
        return;
    for (unsigned i = 0; i < fetch->idle_count; i++)
        hvc_client_close(fetch->idle[i]);
    hvc_record_free(fetch->status);
    hvc_wbemd_shelf_free(fetch->shelf);
    hvc_wbemd_rounds_free(fetch->rounds);
    hvc_wbemd_kept_release(fetch->service.kept);
    free(fetch->service.text);
    (void)pthread_mutex_destroy(&fetch->mutex);
    free(fetch);
}

static struct hvc_client *take_idle(struct hvc_wbemd_fetch *fetch)
{
    struct hvc_client *client = NULL;

    (void)pthread_mutex_lock(&fetch->mutex);
    if (fetch->idle_count > 0)
        client = fetch->idle[--fetch->idle_count];
    (void)pthread_mutex_unlock(&fetch->mutex);
    return client;
}

static void give_back(struct hvc_wbemd_fetch *fetch, struct hvc_client *client)
{
    (void)pthread_mutex_lock(&fetch->mutex);
    if (fetch->idle_count < IDLE_MAX) {
        fetch->idle[fetch->idle_count++] = client;
        client = NULL;
    }
    (void)pthread_mutex_unlock(&fetch->mutex);
    if (client != NULL)
        hvc_client_close(client);
}

/* One call; a connection that did not bring its answer is closed. Takes the client. */
static int call(struct hvc_wbemd_fetch *fetch, struct hvc_client *client, const struct hvc_record *request,
                uint64_t deadline_ms, char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    int rc = hvc_client_call_text(client, request, deadline_ms, ret_text, ret_length, error);

    if (rc == 0)
        give_back(fetch, client);
    else
        hvc_client_close(client);
    return rc;
}

/* A read may be asked again over a new connection when the kept one proves dead: hvclusterd was started anew. */
static int ask(struct hvc_wbemd_fetch *fetch, const struct hvc_record *request, bool again, uint64_t deadline_ms,
               char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    struct hvc_client *kept = again ? take_idle(fetch) : NULL;
    struct hvc_client *fresh = NULL;
    int rc;

    if (kept != NULL) {
        rc = call(fetch, kept, request, deadline_ms, ret_text, ret_length, error);
        if (rc == 0 || rc == -ETIMEDOUT || rc == -E2BIG)
            return rc;
    }
    rc = hvc_client_connect(&fetch->options, deadline_ms, &fresh, error);
    return rc < 0 ? rc : call(fetch, fresh, request, deadline_ms, ret_text, ret_length, error);
}

static int ask_and_read(struct hvc_wbemd_fetch *fetch, const struct hvc_record *request, bool again,
                        uint64_t deadline_ms, struct hvc_record **ret_response, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    size_t length = 0;
    int rc = ask(fetch, request, again, deadline_ms, &text, &length, error);

    return rc < 0 ? rc : hvc_response_parse(text, length, ret_response, error);
}

/* What is asked, and what was had of it so far: guests and jobs come piece by piece. */
struct part {
    struct hvc_wbemd_fetch *fetch;
    struct hvc_cim_arena *arena;
    struct hvc_cim_facts *facts;
    uint64_t deadline_ms;
    struct hvc_wbemd_stamp *stamp; /* of the state, as the answer about the service says */
    uint32_t bit;
};

/* Every answer says whether the state that it tells may be old. */
static void take_stale(const struct part *part, const struct hvc_record *response)
{
    const char *words = strstr(hvc_response_text(response), "; ");
    const char *text;

    if (part->facts->stale[0] != '\0' || !hvc_record_bool(hvc_response_data(response), "stale", false))
        return;
    text = hvc_cim_format(part->arena, "the state may be old: %s", words == NULL ? "no quorum" : words + 2);
    part->facts->stale = text == NULL ? "the state may be old" : text;
}

static int say_too_large(struct hvc_error *error)
{
    return hvc_error_set(error, -ENOMEM, "the state is larger than one answer may be");
}

static int take_response(const struct part *part, const struct hvc_record *response, struct hvc_error *error)
{
    if (hvc_response_result(response) != HVC_RESULT_OK)
        return hvc_error_set(error, -EIO, "%s", hvc_response_text(response));
    take_stale(part, response);
    if (!hvc_wbemd_facts_take(part->arena, part->facts, part->bit, hvc_response_data(response)))
        return say_too_large(error);
    return 0;
}

/* One operation; its data stay good as long as *ret_response. */
static int take_piece(const struct part *part, const struct hvc_record *request, struct hvc_record **ret_response,
                      struct hvc_error *error)
{
    int rc = ask_and_read(part->fetch, request, true, part->deadline_ms, ret_response, error);

    return rc < 0 ? rc : take_response(part, *ret_response, error);
}

/* 1: from the answer that was kept; 0: there is none that is new enough. */
static int take_kept_status(const struct part *part, struct hvc_error *error)
{
    struct hvc_wbemd_fetch *fetch = part->fetch;
    int rc = 0;

    (void)pthread_mutex_lock(&fetch->mutex);
    if (fetch->status != NULL && hvc_now_ms() - fetch->status_ms <= STATUS_KEPT_MS)
        rc = hvc_wbemd_facts_take(part->arena, part->facts, HVC_FACTS_STATUS, hvc_response_data(fetch->status))
                 ? 1
                 : say_too_large(error);
    (void)pthread_mutex_unlock(&fetch->mutex);
    return rc;
}

static int take_status(const struct part *part, struct hvc_error *error)
{
    struct hvc_wbemd_fetch *fetch = part->fetch;
    struct hvc_record *args, *former;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    struct hvc_record *response = NULL;
    int rc = take_kept_status(part, error);

    if (rc != 0)
        return rc < 0 ? rc : 0;
    request = hvc_request_new(hvc_wbemd_facts_operation(HVC_FACTS_STATUS), &args);
    rc = take_piece(part, request, &response, error);
    if (rc < 0) {
        hvc_record_free(response);
        return rc;
    }
    (void)pthread_mutex_lock(&fetch->mutex);
    former = fetch->status;
    fetch->status = response;
    fetch->status_ms = hvc_now_ms();
    (void)pthread_mutex_unlock(&fetch->mutex);
    hvc_record_free(former);
    return 0;
}

/* A guest whose definition cannot be read would seem to have no disks. */
static int check_definitions(const struct hvc_record *data, struct hvc_error *error)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "guests"); i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "guests", i);
        const char *words = hvc_record_text(row, "definition_words", NULL);

        if (words != NULL)
            return hvc_error_set(error, -EIO, "the definition of guest %s cannot be read: %s",
                                 hvc_record_text(row, "name", ""), words);
    }
    return 0;
}

static int take_guests(const struct part *part, bool devices, struct hvc_error *error)
{
    char after[HVC_UUID_TEXT_MAX] = "";
    uint64_t left = 0;

    do {
        struct hvc_record *args;
        HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("guest.known", &args);
        HVC_CLEANUP(record) struct hvc_record *response = NULL;
        const struct hvc_record *data;
        size_t count;
        int rc;

        if (devices)
            hvc_record_set_bool(args, "devices", true);
        if (after[0] != '\0')
            hvc_record_set_text(args, "after", after);
        rc = take_piece(part, request, &response, error);
        data = rc < 0 ? NULL : hvc_response_data(response);
        if (rc == 0)
            rc = check_definitions(data, error);
        if (rc < 0)
            return rc;
        count = hvc_record_list_count(data, "guests");
        left = count > 0 ? hvc_record_u64(data, "left", 0) : 0;
        if (left > 0)
            (void)snprintf(after, sizeof(after), "%s",
                           hvc_record_text(hvc_record_list_at(data, "guests", count - 1), "uuid", ""));
    } while (left > 0);
    return 0;
}

/* Which jobs: the unfinished ones upwards, or the ended ones downwards; `from` names the argument that goes on behind a
 * number, filter (NULL: none) one that leaves others out. */
struct jobs_question {
    const char *state, *from, *filter, *value;
};

static int take_jobs(const struct part *part, const struct jobs_question *question, struct hvc_error *error)
{
    uint64_t left = 0, last = 0;

    do {
        struct hvc_record *args;
        HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("job.list", &args);
        HVC_CLEANUP(record) struct hvc_record *response = NULL;
        uint32_t before = part->facts->job_count;
        int rc;

        hvc_record_set_text(args, "state", question->state);
        hvc_record_set_u64(args, "limit", HVC_JOB_ROWS_MAX);
        if (question->filter != NULL)
            hvc_record_set_text(args, question->filter, question->value);
        if (last != 0)
            hvc_record_set_u64(args, question->from, last);
        rc = take_piece(part, request, &response, error);
        if (rc < 0)
            return rc;
        left = part->facts->job_count > before ? hvc_record_u64(hvc_response_data(response), "left_out", 0) : 0;
        if (left > 0)
            last = part->facts->jobs[part->facts->job_count - 1].id;
    } while (left > 0);
    return 0;
}

static int take_all_jobs(const struct part *part, struct hvc_error *error)
{
    int rc = take_jobs(part, &(struct jobs_question){"active", "after", NULL, NULL}, error);

    return rc < 0 ? rc : take_jobs(part, &(struct jobs_question){"ended", "before", NULL, NULL}, error);
}

/* One that nobody knows brings no job, as it would among all. */
static int take_one_job(const struct part *part, struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("job.list", &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    char number[24];
    int rc;

    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)part->facts->only_job);
    hvc_record_set_text(args, "ids", number);
    rc = ask_and_read(part->fetch, request, true, part->deadline_ms, &response, error);
    if (rc < 0)
        return rc;
    if (hvc_response_result(response) != HVC_RESULT_NOT_FOUND)
        return take_response(part, response, error);
    if (part->facts->stale[0] == '\0' && hvc_record_bool(hvc_response_data(response), "stale", false))
        part->facts->stale = "the state may be old";
    return 0;
}

static int by_uuid(const void *a, const void *b)
{
    return strcmp(((const struct hvc_facts_job *)a)->uuid, ((const struct hvc_facts_job *)b)->uuid);
}

/* The ended jobs of every guest that was staged: a later one of it may have used the planned system up. There may be
 * thousands of others, which nobody reads for this. */
static int take_planned(const struct part *part, struct hvc_error *error)
{
    struct hvc_cim_facts staged;
    struct part aside = *part, jobs = *part;
    struct hvc_facts_job *sorted;
    int rc;

    hvc_wbemd_facts_clear(&staged);
    staged.stale = part->facts->stale;
    aside.facts = &staged;
    aside.bit = jobs.bit = HVC_FACTS_JOBS;
    rc = take_jobs(&aside, &(struct jobs_question){"ended", "before", "kind", "staged"}, error);
    part->facts->stale = staged.stale;
    if (rc < 0 || staged.job_count == 0)
        return rc;
    sorted = hvc_cim_alloc(part->arena, staged.job_count, sizeof(*sorted));
    if (sorted == NULL)
        return say_too_large(error);
    memcpy(sorted, staged.jobs, staged.job_count * sizeof(*sorted));
    qsort(sorted, staged.job_count, sizeof(*sorted), by_uuid);
    for (uint32_t i = 0; i < staged.job_count && rc == 0; i++)
        if (i == 0 || by_uuid(&sorted[i - 1], &sorted[i]) != 0)
            rc = take_jobs(&jobs, &(struct jobs_question){"ended", "before", "guest", sorted[i].uuid}, error);
    return rc;
}

/* One part into an arena of its own; its stamp is that of the question. */
static int ask_kept(const struct part *part, struct hvc_wbemd_kept *kept, struct hvc_error *error)
{
    struct part own = *part;
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new(hvc_wbemd_facts_operation(part->bit), &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;

    if (part->bit == HVC_FACTS_NODE_SETTINGS)
        hvc_record_set_text(args, "node", part->facts->node);
    own.arena = kept->arena;
    own.facts = &kept->facts;
    return take_piece(&own, request, &response, error);
}

static int make_kept(const struct part *part, struct hvc_wbemd_kept **ret_kept, struct hvc_error *error)
{
    struct hvc_wbemd_kept *kept = hvc_wbemd_kept_new(part->stamp);
    int rc = kept == NULL ? say_too_large(error) : ask_kept(part, kept, error);

    if (rc < 0)
        hvc_wbemd_kept_release(kept);
    else
        *ret_kept = kept;
    return rc;
}

/* The part is used as long as the arena. Takes a use of kept. */
static int share(const struct part *part, struct hvc_wbemd_kept *kept, struct hvc_error *error)
{
    if (!hvc_cim_arena_attach(part->arena, hvc_wbemd_kept_release, kept)) {
        hvc_wbemd_kept_release(kept);
        return say_too_large(error);
    }
    hvc_wbemd_facts_share(part->facts, &kept->facts, part->bit);
    if (part->facts->stale[0] == '\0')
        part->facts->stale = kept->facts.stale;
    return 0;
}

/* Its stamp is that of the answer. */
static int read_service(const struct part *part, const char *text, size_t length, struct hvc_wbemd_kept *kept,
                        struct hvc_error *error)
{
    struct part own = *part;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    const struct hvc_record *data;
    int rc = hvc_response_parse(text, length, &response, error);

    own.arena = kept->arena;
    own.facts = &kept->facts;
    if (rc == 0)
        rc = take_response(&own, response, error);
    if (rc < 0)
        return rc;
    data = hvc_response_data(response);
    kept->stamp = (struct hvc_wbemd_stamp){hvc_record_u64(data, "applied", 0), hvc_record_u64(data, "epoch", 0),
                                           hvc_record_bool(data, "stale", false)};
    return 0;
}

/* Most answers are that of the question before, byte for byte: it is not read again. */
static int ask_service(void *context, struct hvc_wbemd_kept **ret_kept, struct hvc_error *error)
{
    const struct part *part = context;
    struct hvc_wbemd_fetch *fetch = part->fetch;
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new(hvc_wbemd_facts_operation(part->bit), &args);
    HVC_CLEANUP(free) char *text = NULL;
    struct hvc_wbemd_kept *kept;
    size_t length = 0;
    int rc = ask(fetch, request, true, part->deadline_ms, &text, &length, error);

    if (rc < 0)
        return rc;
    if (fetch->service.text != NULL && fetch->service.length == length &&
        memcmp(fetch->service.text, text, length) == 0) {
        *ret_kept = hvc_wbemd_kept_use(fetch->service.kept);
        return 0;
    }
    kept = hvc_wbemd_kept_new(part->stamp);
    rc = kept == NULL ? say_too_large(error) : read_service(part, text, length, kept, error);
    if (rc < 0) {
        hvc_wbemd_kept_release(kept);
        return rc;
    }
    hvc_wbemd_kept_release(fetch->service.kept);
    free(fetch->service.text);
    fetch->service.kept = hvc_wbemd_kept_use(kept);
    fetch->service.text = HVC_TAKE(text, NULL);
    fetch->service.length = length;
    *ret_kept = kept;
    return 0;
}

/* It says which state this is. Asked anew for everybody, once for all who come at the same time. */
static int take_service(struct part *part, struct hvc_error *error)
{
    struct hvc_wbemd_kept *kept = NULL;
    int rc = hvc_wbemd_rounds_ask(part->fetch->rounds, part->deadline_ms, ask_service, part, &kept, error);

    if (rc < 0)
        return rc;
    *part->stamp = kept->stamp;
    return share(part, kept, error);
}

/* A part that is the same until the state changes. */
static int take_kept(const struct part *part, struct hvc_error *error)
{
    struct hvc_wbemd_kept *kept = hvc_wbemd_shelf_take(part->fetch->shelf, part->bit, part->stamp);
    int rc = 0;

    if (kept == NULL) {
        rc = make_kept(part, &kept, error);
        if (rc == 0)
            hvc_wbemd_shelf_put(part->fetch->shelf, part->bit, kept);
    }
    return rc < 0 ? rc : share(part, kept, error);
}

static int take_part(struct part *part, uint32_t needs, struct hvc_error *error)
{
    switch (part->bit) {
    case HVC_FACTS_STATUS:
        return take_status(part, error);
    case HVC_FACTS_SERVICE:
        return take_service(part, error);
    case HVC_FACTS_GUESTS:
        return take_guests(part, (needs & HVC_FACTS_DEVICES) != 0, error);
    case HVC_FACTS_JOBS:
        return part->facts->only_job != 0 ? take_one_job(part, error) : take_all_jobs(part, error);
    case HVC_FACTS_PLANNED: /* they are among all jobs */
        return (needs & HVC_FACTS_JOBS) != 0 ? 0 : take_planned(part, error);
    default:
        return take_kept(part, error);
    }
}

void hvc_wbemd_fetch_facts(struct hvc_wbemd_fetch *fetch, struct hvc_cim_arena *arena, uint32_t needs,
                           struct hvc_cim_facts *facts, uint32_t *ret_missing, struct hvc_error *error)
{
    struct hvc_wbemd_stamp stamp = {0};
    struct part part = {fetch, arena, facts, hvc_deadline_in(fetch->timeout_ms), &stamp, 0};
    uint32_t asked = needs;

    if ((needs & HVC_WBEMD_KEPT_PARTS) != 0)
        asked |= HVC_FACTS_SERVICE; /* which state it is now */
    *ret_missing = 0;
    for (part.bit = HVC_FACTS_STATUS; part.bit <= HVC_FACTS_PLANNED; part.bit <<= 1) {
        if ((asked & part.bit) == 0)
            continue;
        if (take_part(&part, needs, error) < 0) {
            *ret_missing = needs & ~(part.bit - 1); /* what comes after it would only take longer */
            return;
        }
    }
}

enum hvc_cim_status hvc_wbemd_fetch_status(enum hvc_result result)
{
    switch (result) {
    case HVC_RESULT_OK:
        return HVC_CIM_OK;
    case HVC_RESULT_INVALID:
        return HVC_CIM_INVALID_PARAMETER;
    case HVC_RESULT_DENIED:
        return HVC_CIM_ACCESS_DENIED;
    case HVC_RESULT_NOT_FOUND:
        return HVC_CIM_NOT_FOUND;
    case HVC_RESULT_UNSUPPORTED:
        return HVC_CIM_NOT_SUPPORTED;
    case HVC_RESULT_REFUSED:
    case HVC_RESULT_NO_QUORUM:
    case HVC_RESULT_BUSY:
    case HVC_RESULT_TIMEOUT:
    case HVC_RESULT_UNREACHABLE:
    case HVC_RESULT_UNKNOWN_OUTCOME:
    case HVC_RESULT_FAILED:
    case HVC_RESULT_INTERNAL:
    case HVC_RESULT_MAX:
        break;
    }
    return HVC_CIM_FAILED;
}

static void add_arguments(const struct hvc_cim_order *order, struct hvc_record *args)
{
    for (size_t i = 0; i < HVC_CIM_ORDER_ARGUMENTS_MAX && order->arguments[i].name != NULL; i++) {
        const char *name = order->arguments[i].name, *text = order->arguments[i].text;
        uint64_t number = 0;

        if (order->arguments[i].type == HVC_CIM_ORDER_FLAG)
            hvc_record_set_bool(args, name, strcmp(text, "yes") == 0);
        else if (order->arguments[i].type == HVC_CIM_ORDER_NUMBER && hvc_parse_u64(text, 0, UINT64_MAX, &number) == 0)
            hvc_record_set_u64(args, name, number);
        else
            hvc_record_set_text(args, name, text);
    }
}

enum hvc_result hvc_wbemd_fetch_order(struct hvc_wbemd_fetch *fetch, const struct hvc_cim_order *order,
                                      struct hvc_record **ret_response, struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new(order->operation, &args);
    enum hvc_result result;
    uint64_t ms = fetch->timeout_ms > ORDER_MS ? fetch->timeout_ms : ORDER_MS;
    int rc;

    *ret_response = NULL;
    add_arguments(order, args);
    rc = ask_and_read(fetch, request, false, hvc_deadline_in(ms), ret_response, error); /* asked once only */
    if (rc == -EACCES)
        return HVC_RESULT_DENIED;
    if (rc < 0)
        return rc == -ETIMEDOUT || rc == -EPIPE || rc == -EPROTO ? HVC_RESULT_UNKNOWN_OUTCOME : HVC_RESULT_UNREACHABLE;
    result = hvc_response_result(*ret_response);
    if (result != HVC_RESULT_OK)
        (void)hvc_error_set(error, -EIO, "%s", hvc_response_text(*ret_response));
    return result;
}

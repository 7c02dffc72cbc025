/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.create: a request for a move, checked against what is committed and what the cluster's programs say, then
 * proposed. Whatever is refused here in words would be refused by the cluster, too; it only knows fewer names. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "document_write.h"
#include "guest_record.h"
#include "guest_survey.h"
#include "hvc/checks.h"
#include "hvc/foreign.h"
#include "hvc/storage_plan.h"
#include "hvc/text.h"
#include "job_operations.h"
#include "job_record.h"

#define FACTS_MS   3000
#define FORESEE_MS 15000

/* ---- the request ---- */

static unsigned word_index(const char *const *words, const char *word)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return 0; /* the table of arguments has checked it: the default */
}

static void take_options(const struct hvc_call *call, struct hvc_job_options *options)
{
    const struct hvc_record *args = call->args;
    uint64_t deadline_s = hvc_record_u64(args, "deadline_s", 0);
    const struct hvc_job_flag *flag;
    bool yes;

    for (size_t i = 0; (flag = hvc_job_flag_at(i)) != NULL; i++) {
        if (hvc_record_get_bool(args, flag->name, &yes) == 0)
            options->flags |= yes ? flag->yes : flag->no;
    }
    options->priority = (uint16_t)hvc_record_u64(args, "priority", 0);
    options->bandwidth = hvc_record_u64(args, "bandwidth", 0);
    options->downtime_ms = (uint32_t)hvc_record_u64(args, "downtime_ms", 0);
    options->parallel = (uint8_t)hvc_record_u64(args, "parallel", 0);
    options->deadline_ms = deadline_s == 0 ? 0 : hvc_wall_ms() + deadline_s * 1000;
    options->end_action = (uint8_t)word_index(hvc_job_end_words, hvc_record_text(args, "end_action", "abort"));
    options->restart = (uint8_t)word_index(hvc_job_restart_words, hvc_record_text(args, "restart", "shutdown"));
}

/* A name, a UUID, or the definition that has one. */
static enum hvc_result take_guest(struct hvc_operations *operations, struct hvc_call *call,
                                  struct hvc_service_guest *ret_guest)
{
    const char *who = hvc_record_text(call->args, "guest", NULL);
    struct guest_request request;
    enum hvc_result result = HVC_RESULT_OK;

    if (who == NULL) {
        result = guest_request_read(call, &request);
        who = request.id.uuid;
    }
    return result == HVC_RESULT_OK ? guest_record_ensure(operations, call, who, ret_guest) : result;
}

/* ---- what stands against it ---- */

struct plan {
    const struct hvc_command *command;
    struct hvc_answer answer;
    struct hvc_job job; /* as it would be made; with a refusal as much as is known */
    bool stale;
    bool maintenance; /* of a node that is closed, else it accepts no moves */
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX];
    char named[HVC_NODE_NAME_MAX]; /* the node that the answer names */
    char busy[128];                /* the unfinished job */
};

static void describe_busy(struct plan *plan, const struct hvc_service *service)
{
    const struct hvc_job *job = hvc_service_job(service, plan->answer.value);
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX];
    size_t used = 0;

    if (job == NULL)
        return;
    hvc_job_node_name(service, job->source, source);
    hvc_job_node_name(service, job->target, target);
    (void)hvc_text_append(plan->busy, sizeof(plan->busy), &used, " (%s, from %.40s to %.40s)",
                          hvc_job_phase_name(job->phase), source, target[0] != '\0' ? target : "a node to be chosen");
}

static int look_at_plan(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct plan *plan = context;
    const struct hvc_service_node *node;

    plan->answer = hvc_service_plan(service, plan->command, &plan->job);
    plan->stale = stamp->stale;
    hvc_job_node_name(service, plan->job.source, plan->source);
    hvc_job_node_name(service, plan->job.target, plan->target);
    if (plan->answer.code == HVC_ANSWER_BUSY)
        describe_busy(plan, service);
    node = plan->answer.value <= UINT32_MAX ? hvc_service_node(service, (uint32_t)plan->answer.value) : NULL;
    if (node != NULL) {
        plan->maintenance = node->maintenance;
        hvc_job_node_name(service, node->id, plan->named);
    }
    return 0;
}

static enum hvc_result say_not_running(struct hvc_call *call, const struct hvc_service_guest *guest, unsigned kind)
{
    if (kind == HVC_KIND_DEFINITION)
        return hvc_call_say(
            call, HVC_RESULT_REFUSED,
            "guest %s runs: a move of its definition alone is for a guest that is off; nothing was done", guest->name);
    return hvc_call_say(call, HVC_RESULT_REFUSED,
                        "guest %s does not run: a %s move needs a running guest; of one that is off the definition "
                        "moves (kind definition); nothing was done",
                        guest->name, hvc_job_kind_info(kind)->name);
}

static enum hvc_result say_refusal(struct hvc_call *call, const struct plan *plan,
                                   const struct hvc_service_guest *guest)
{
    const struct hvc_answer *answer = &plan->answer;
    enum hvc_result result = hvc_cluster_result_of(answer);
    char text[256];

    hvc_record_set_text(call->data, "outcome", hvc_answer_name(answer->code));
    switch (answer->code) {
    case HVC_ANSWER_BUSY:
        hvc_record_set_u64(call->data, "job", answer->value);
        return hvc_call_say(call, result,
                            "guest %s has an unfinished job, number %" PRIu64 "%s: wait for it (hvcluster jobs watch "
                            "%" PRIu64 ") or end it (hvcluster jobs cancel %" PRIu64 "); nothing was done",
                            guest->name, answer->value, plan->busy, answer->value, answer->value);
    case HVC_ANSWER_SAME_NODE:
        return hvc_call_say(call, result, "guest %s is on node %s already; nothing was done", guest->name, plan->named);
    case HVC_ANSWER_AWAY:
        return hvc_call_say(call, result,
                            "node %s takes no part in the cluster now (hvcluster node list); nothing was done",
                            plan->named);
    case HVC_ANSWER_CLOSED:
        return hvc_call_say(call, result, "node %s %s (hvcluster node set %s --%s); nothing was done", plan->named,
                            plan->maintenance ? "is in maintenance" : "accepts no moves", plan->named,
                            plan->maintenance ? "maintenance no" : "accepting yes");
    case HVC_ANSWER_NOT_ENABLED:
        return hvc_call_say(call, result,
                            "live migration is not enabled on node %s (hvcluster settings show --node %s, "
                            "enable-migration); nothing was done",
                            plan->named, plan->named);
    case HVC_ANSWER_NOT_RUNNING:
        return say_not_running(call, guest, plan->command->job.kind);
    case HVC_ANSWER_DISABLED:
        return hvc_call_say(call, result,
                            "the migration service is stopped and takes no new moves (hvcluster service start); "
                            "nothing was done");
    default:
        hvc_answer_text(answer, text, sizeof(text));
        return hvc_call_say(call, result, "guest %s: %s; nothing was done", guest->name, text);
    }
}

/* Pacemaker's word on the target; its silence stands against nothing, the checks before the move ask again. */
static enum hvc_result check_target(struct hvc_operations *operations, struct hvc_call *call, const char *name)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    const struct hvc_fact_node *node;
    const char *what = NULL;

    if (facts == NULL || hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER,
                                        guest_deadline(call, FACTS_MS), facts) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    node = hvc_facts_find(facts, name);
    if (node == NULL || !facts->pacemaker_answers)
        return HVC_RESULT_OK;
    if (node->unclean)
        what = "is unclean: Pacemaker is about to fence it";
    else if (!node->pacemaker_online)
        what = "is offline for Pacemaker";
    else if (node->maintenance)
        what = "is in Pacemaker's maintenance mode";
    else if (node->standby)
        what = "is in standby";
    if (what == NULL)
        return HVC_RESULT_OK;
    return hvc_call_say(call, HVC_RESULT_REFUSED, "node %s %s (pcs status); nothing was done", name, what);
}

/* A resource of another agent that has the guest. What is not known now the checks before the move ask again; a job
 * that only checks tells it as a finding. */
static enum hvc_result check_owner(struct hvc_operations *operations, struct hvc_call *call,
                                   const struct hvc_command *command, const struct hvc_service_guest *guest)
{
    HVC_CLEANUP(free) struct hvc_foreign *list = NULL;
    const struct hvc_foreign *found;
    struct hvc_guest_id id = {.name = ""};
    enum hvc_foreign_is is;
    size_t count = 0;
    char words[256];

    if ((command->job.options.flags & HVC_OPTION_CHECK_ONLY) != 0 ||
        hvc_foreign_read(operations->facts, guest_deadline(call, FACTS_MS), &list, &count, NULL) < 0)
        return HVC_RESULT_OK;
    hvc_format_uuid(guest->uuid, id.uuid);
    memcpy(id.name, guest->name, sizeof(id.name));
    found = hvc_foreign_find(list, count, &id, guest->resource, &is);
    if (is != HVC_FOREIGN_OWNS)
        return HVC_RESULT_OK;
    hvc_foreign_words(found, is, words, sizeof(words));
    hvc_record_set_text(call->data, "foreign_resource", found->resource.resource);
    return hvc_call_say(call, HVC_RESULT_REFUSED,
                        "guest %s is Pacemaker's by %s, and would be started again where it was: hvcluster adopt %s "
                        "makes it ours, pcs resource move %s moves it as it is; nothing was done",
                        guest->name, words, found->resource.resource, found->resource.resource);
}

static enum hvc_result check_plan(struct hvc_operations *operations, struct hvc_call *call, struct plan *plan,
                                  const struct hvc_service_guest *guest)
{
    enum hvc_result result = hvc_cluster_look(operations, call, look_at_plan, plan, NULL);

    if (result != HVC_RESULT_OK)
        return result;
    if (plan->stale) /* what is known here may be wrong: the proposal tells what is missing */
        return HVC_RESULT_OK;
    /* a node in standby runs no hvclusterd: Pacemaker's word is nearer to the cause */
    if (plan->answer.code == HVC_ANSWER_AWAY && check_target(operations, call, plan->named) == HVC_RESULT_REFUSED)
        return HVC_RESULT_REFUSED;
    if (!hvc_answer_is_good(&plan->answer))
        return say_refusal(call, plan, guest);
    if ((hvc_job_kind_info(plan->job.kind)->flags & HVC_KIND_STAYS) != 0)
        return HVC_RESULT_OK;
    result = check_owner(operations, call, plan->command, guest);
    return result == HVC_RESULT_OK && plan->target[0] != '\0' ? check_target(operations, call, plan->target) : result;
}

/* ---- asking for it ---- */

/* "guest g: live move from n1 to n2" */
static void describe_request(const struct plan *plan, const struct hvc_service_guest *guest, char *text, size_t size)
{
    const struct hvc_command *c = plan->command;
    const char *target = plan->target[0] != '\0' ? plan->target : "a node to be chosen";

    if ((hvc_job_kind_info(c->job.kind)->flags & HVC_KIND_STAYS) != 0)
        (void)snprintf(text, size, "guest %s: %s move on %s", guest->name, hvc_job_kind_info(c->job.kind)->name,
                       plan->source);
    else
        (void)snprintf(text, size, "guest %s: %s%s move from %s to %s", guest->name,
                       (c->job.options.flags & HVC_OPTION_CHECK_ONLY) != 0 ? "check of a " : "",
                       hvc_job_kind_info(c->job.kind)->name, plan->source, target);
}

static void describe_data(struct hvc_record *data, const struct plan *plan, const struct hvc_service_guest *guest)
{
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(guest->uuid, uuid);
    hvc_record_set_text(data, "name", guest->name);
    hvc_record_set_text(data, "uuid", uuid);
    hvc_record_set_text(data, "kind", hvc_job_kind_info(plan->command->job.kind)->name);
    if (plan->source[0] != '\0')
        hvc_record_set_text(data, "source", plan->source);
    if (plan->target[0] != '\0')
        hvc_record_set_text(data, "target", plan->target);
    if (guest->resource[0] != '\0')
        hvc_record_set_text(data, "resource", guest->resource);
}

static enum hvc_result request_job(struct hvc_operations *operations, struct hvc_call *call, const struct plan *plan,
                                   const struct hvc_service_guest *guest)
{
    char what[HVC_GUEST_NAME_MAX + 2 * HVC_NODE_NAME_MAX + 64];
    enum hvc_result result;
    uint64_t id;

    describe_request(plan, guest, what, sizeof(what));
    result = hvc_cluster_write(operations, call, plan->command, what);
    if (result == HVC_RESULT_BUSY && hvc_record_u64(call->data, "job", 0) == 0 && plan->answer.code == HVC_ANSWER_BUSY)
        hvc_record_set_u64(call->data, "job", plan->answer.value);
    id = hvc_record_u64(call->data, "id", 0);
    if (result != HVC_RESULT_OK || id == 0)
        return result;
    if (hvc_record_bool(call->data, "repeated", false))
        return hvc_call_say(call, HVC_RESULT_OK,
                            "job %" PRIu64 " was made by an earlier request with this token (hvcluster jobs show "
                            "%" PRIu64 ")",
                            id, id);
    return hvc_call_say(call, HVC_RESULT_OK, "job %" PRIu64 ": %s", id, what);
}

/* A guest of Pacemaker's: the checks of its move now, with what Pacemaker would run. The words go behind the request.
 */
static enum hvc_result foresee(struct hvc_operations *operations, struct hvc_call *call, const struct plan *plan,
                               const struct hvc_service_guest *guest, char *words, size_t size)
{
    struct hvc_checks_request request = {.kind = plan->command->job.kind,
                                         .flags = plan->command->job.options.flags,
                                         .source = plan->source,
                                         .target = plan->target};
    const struct hvc_check_report *report;
    struct hvc_checks *checks = NULL;
    struct hvc_error error = {0};
    enum hvc_result result = HVC_RESULT_OK;
    size_t used = 0;

    if (guest->resource[0] == '\0' || plan->target[0] == '\0')
        return HVC_RESULT_OK;
    hvc_format_uuid(guest->uuid, request.guest);
    if (hvc_checks_run(operations, &request, guest_deadline(call, FORESEE_MS), &checks, &error) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "%s", error.text);
    report = checks->count == 0 ? NULL : &checks->reports[0];
    if (report != NULL && !hvc_check_is_movable(report))
        result = hvc_call_say(call, HVC_RESULT_REFUSED, "guest %s would not be moved: %s", guest->name,
                              hvc_checks_words(report));
    for (size_t i = 0; report != NULL && i < report->count; i++) {
        if (report->findings[i].code == HVC_CHECK_PACEMAKER_ACTIONS)
            (void)hvc_text_append(words, size, &used, "; %s", report->findings[i].text);
    }
    hvc_checks_describe(checks, hvc_record_set_record(call->data, "checks"));
    hvc_checks_free(checks);
    return result;
}

/* A request that names no priority has that of the setting; of a guest of Pacemaker's one sooner for each point of its
 * resource's priority. A Pacemaker that is silent has no word. */
static void take_priority(struct hvc_operations *operations, struct hvc_call *call, const struct plan *plan,
                          const struct hvc_service_guest *guest, struct hvc_job_options *options)
{
    int usual = plan->job.options.priority, points = 0;

    if (options->priority != 0 || usual == 0 || guest->resource[0] == '\0' ||
        hvc_facts_priority(operations->facts, guest->resource, guest_deadline(call, FACTS_MS), &points, NULL) < 0 ||
        points == 0)
        return;
    options->priority = (uint16_t)(usual - points < 1 ? 1 : usual - points > UINT16_MAX ? UINT16_MAX : usual - points);
}

static enum hvc_result create(struct hvc_operations *operations, struct hvc_call *call, struct hvc_command *command,
                              const struct hvc_service_guest *guest)
{
    bool repeats = hvc_record_text(call->args, "token", NULL) != NULL;
    bool dry = hvc_record_bool(call->args, "dry_run", false);
    struct plan plan = {.command = command};
    enum hvc_result result;
    char what[HVC_GUEST_NAME_MAX + 2 * HVC_NODE_NAME_MAX + 64 + HVC_CHECK_TEXT_MAX];

    result = check_plan(operations, call, &plan, guest);
    describe_data(call->data, &plan, guest);
    /* a request that was done before must get its answer, not a word on the job it has made */
    if (result != HVC_RESULT_OK && (dry || !repeats))
        return result;
    take_priority(operations, call, &plan, guest, &command->job.options);
    if (!dry)
        return request_job(operations, call, &plan, guest);
    describe_request(&plan, guest, what, sizeof(what));
    hvc_record_set_bool(call->data, "dry_run", true);
    hvc_record_set_bool(call->data, "stale", plan.stale);
    result = foresee(operations, call, &plan, guest, what + strlen(what), sizeof(what) - strlen(what));
    return result == HVC_RESULT_OK ? hvc_cluster_say_read(call, what) : result;
}

/* The storage plan that the request gives, or one made of its root; free(). NULL: none. */
static enum hvc_result take_plan(struct hvc_call *call, char **ret_text)
{
    const char *text = hvc_record_text(call->args, "document", NULL), *root = hvc_record_text(call->args, "root", NULL);
    HVC_CLEANUP(free) struct hvc_storage_plan *plan = calloc(1, sizeof(*plan));
    HVC_CLEANUP(free) char *made = malloc(HVC_PLAN_TEXT_MAX);
    struct hvc_error error = {0};
    size_t length = 0;
    int rc = 0;

    *ret_text = NULL;
    if (text == NULL && root == NULL)
        return HVC_RESULT_OK;
    if (plan == NULL || made == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (text != NULL)
        rc = hvc_storage_plan_parse(text, strlen(text), plan, &error);
    if (rc == 0 && root != NULL && hvc_text_copy(plan->root, sizeof(plan->root), root) < 0)
        rc = hvc_error_set(&error, -EINVAL, "the root is too long");
    if (rc == 0)
        rc = hvc_storage_plan_emit(plan, made, HVC_PLAN_TEXT_MAX, &length, &error);
    if (rc < 0) {
        (void)hvc_error_prefix(&error, "the storage plan cannot be used");
        return hvc_call_fail(call, &error);
    }
    *ret_text = HVC_TAKE(made, NULL);
    return HVC_RESULT_OK;
}

/* What a move on one node cannot mean. */
static enum hvc_result check_storage(struct hvc_call *call, unsigned kind, bool has_plan)
{
    if (kind != HVC_KIND_STORAGE)
        return HVC_RESULT_OK;
    if (hvc_record_text(call->args, "target", NULL) != NULL)
        return hvc_call_say(call, HVC_RESULT_INVALID,
                            "the target: a storage move stays on the node where the guest runs, name none; kind "
                            "live-storage moves both; nothing was done");
    if (has_plan)
        return HVC_RESULT_OK;
    return hvc_call_say(call, HVC_RESULT_INVALID,
                        "a storage move has to be told where the disks shall go: a root, or a plan (--root FOLDER, "
                        "--storage FILE); nothing was done");
}

/* A guest that runs nowhere: its definition moves from where it is stored; its disks do not, for QEMU copies them. */
static enum hvc_result take_home(struct hvc_operations *operations, struct hvc_call *call,
                                 const struct hvc_service_guest *guest, unsigned kind, uint32_t *source)
{
    if (kind == HVC_KIND_STORAGE)
        return hvc_call_say(
            call, HVC_RESULT_REFUSED,
            "guest %s does not run: its disks are copied while it runs, start it first; nothing was done", guest->name);
    return kind == HVC_KIND_DEFINITION ? guest_record_home(operations, call, guest, source) : HVC_RESULT_OK;
}

enum hvc_result hvc_job_create(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) char *document = NULL;
    struct hvc_service_guest guest;
    struct hvc_command command;
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    hvc_cluster_command(operations, call, HVC_COMMAND_JOB, &command);
    command.job.kind = (uint8_t)word_index(hvc_job_kind_words, hvc_record_text(call->args, "kind", "live"));
    command.job.origin = HVC_ORIGIN_OPERATOR;
    take_options(call, &command.job.options);
    if (result == HVC_RESULT_OK)
        result = take_plan(call, &document);
    if (result == HVC_RESULT_OK)
        result = check_storage(call, command.job.kind, document != NULL);
    if (result == HVC_RESULT_OK)
        result = hvc_cluster_node(operations, call, "target", &command.job.target);
    if (result == HVC_RESULT_OK)
        result = take_guest(operations, call, &guest);
    if (result == HVC_RESULT_OK && guest.node == 0)
        result = take_home(operations, call, &guest, command.job.kind, &command.job.source);
    if (result != HVC_RESULT_OK)
        return result;
    memcpy(command.job.guest, guest.uuid, sizeof(command.job.guest));
    if (document != NULL && !hvc_record_bool(call->args, "dry_run", false))
        result = hvc_document_write(operations, call, document, strlen(document), command.job.options.document);
    return result == HVC_RESULT_OK ? create(operations, call, &command, &guest) : result;
}

#define YES_NO(flag, words)                                                                                            \
    {                                                                                                                  \
        .name = (flag), .type = HVC_ARGUMENT_BOOL, .help = (words)                                                     \
    }

const struct hvc_argument hvc_job_create_arguments[] = {
    {.name = "guest", .type = HVC_ARGUMENT_TEXT, .choice = 1, .min = 1, .help = "its name or UUID"},
    {.name = "uuid", .type = HVC_ARGUMENT_UUID, .choice = 1, .help = "UUID of the guest"},
    {.name = "xml",
     .type = HVC_ARGUMENT_TEXT,
     .choice = 1,
     .min = 1,
     .max = HVC_XML_MAX - 1,
     .help = "definition of the guest, which says who it is"},
    {.name = "target",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "node to move to; without: the best one"},
    {.name = "kind", .type = HVC_ARGUMENT_TEXT, .words = hvc_job_kind_words, .help = "what is moved, and how (live)"},
    {.name = "priority",
     .type = HVC_ARGUMENT_U64,
     .max = UINT16_MAX,
     .help = "lower is sooner; 0: the setting's, less that of Pacemaker's resource"},
    {.name = "bandwidth", .type = HVC_ARGUMENT_U64, .help = "bytes a second; 0: the setting's"},
    {.name = "downtime_ms", .type = HVC_ARGUMENT_U64, .max = HVC_DOWNTIME_MAX_MS, .help = "longest pause; 0: setting"},
    {.name = "deadline_s",
     .type = HVC_ARGUMENT_U64,
     .max = HVC_JOB_DEADLINE_MAX_S,
     .help = "seconds from now until the end action; 0: none"},
    {.name = "end_action", .type = HVC_ARGUMENT_TEXT, .words = hvc_job_end_words, .help = "at the deadline (abort)"},
    {.name = "restart",
     .type = HVC_ARGUMENT_TEXT,
     .words = hvc_job_restart_words,
     .help = "how a restart ends the guest (shutdown)"},
    {.name = "parallel", .type = HVC_ARGUMENT_U64, .max = HVC_PARALLEL_MAX, .help = "streams; 0: by the link"},
    {.name = "document",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_XML_MAX - 1,
     .help = "where storage goes: roots and disk paths (hvc/storage_plan.h)"},
    {.name = "root",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_DISK_PATH_MAX - 1,
     .help = "folder for disks that the plan gives no path of their own"},
    YES_NO("tls", "encrypt the memory stream; no: do not, whatever the setting says"),
    YES_NO("compress", "compress what is sent"),
    YES_NO("auto_converge", "throttle a guest that writes faster than the link takes it"),
    YES_NO("post_copy", "may be switched to post-copy"),
    YES_NO("unsafe", "although libvirt holds it for unsafe (disk caches)"),
    YES_NO("pin", "keep it at the target although Pacemaker would move it back"),
    YES_NO("with_others", "although Pacemaker stops, starts or moves others with it"),
    YES_NO("retain_copies", "keep the disk files of the source"),
    YES_NO("overwrite", "disk files that exist at the target may be overwritten"),
    YES_NO("avoid_removing", "remove no disk file, not even a copy of a move that failed"),
    YES_NO("remove_unmanaged", "files moved beside the disks are removed at the source"),
    YES_NO("check", "the checks of a move as a job; nothing moves"),
    YES_NO("dry_run", "say what would be asked of the cluster, and what stands against it; no job is made"),
    HVC_WRITE_ARGUMENTS,
};
_Static_assert(sizeof(hvc_job_create_arguments) / sizeof(hvc_job_create_arguments[0]) == HVC_JOB_CREATE_ARGUMENTS,
               "the row of job.create names another number");

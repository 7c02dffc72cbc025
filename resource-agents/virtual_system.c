/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The actions. Two rules run through them: an action says what is physically so, and only start and validate-all judge
 * parameters, because an error from any other action would cost a running guest a reboot.
 */
#include "virtual_system.h"

#include <errno.h>

#include "guest_class.h"
#include "guest_lookup.h"
#include "hvc/clock.h"
#include "monitor_scripts.h"
#include "ocf_log.h"

#define PATIENCE_MS 10000 /* hvclusterd is back within it after a crash or an upgrade */
/* What stop keeps for the fallback: its own start, and the kill part of the stop budget (hvc/stop_budget.h). */
#define STOP_FALLBACK_MS 7000

#define BIT(result) (1u << (result))
/* A move needs libvirt at both ends, whoever asks it: the fallback helps only where the daemon itself is the trouble.
 */
#define MOVE_COULD_NOT (BIT(HVC_RESULT_DENIED) | BIT(HVC_RESULT_INTERNAL))
#define COULD_NOT                                                                                                      \
    (BIT(HVC_RESULT_UNREACHABLE) | BIT(HVC_RESULT_DENIED) | BIT(HVC_RESULT_INTERNAL) | BIT(HVC_RESULT_UNSUPPORTED))

struct action {
    const struct hvc_ocf *ocf;
    struct hvc_virtual_system_settings settings;
    struct hvc_ways ways;
    struct hvc_lookup lookup;
    uint64_t deadline_ms;
    enum hvc_ocf_level fault_level; /* how loud a bad parameter is */
    unsigned bad;
    char first_bad[HVC_ERROR_TEXT_MAX];
};

static void note_fault(void *context, enum hvc_parameter_fault fault, const char *words)
{
    struct action *action = context;

    if (fault == HVC_PARAMETER_BAD && action->first_bad[0] == '\0')
        (void)snprintf(action->first_bad, sizeof(action->first_bad), "%s", words);
    hvc_ocf_log(action->ocf, fault == HVC_PARAMETER_BAD ? action->fault_level : HVC_OCF_INFO, "%s", words);
}

static void note_fallback(void *context, const char *words)
{
    const struct action *action = context;

    hvc_ocf_log(action->ocf, HVC_OCF_NOTICE, "hvclusterd did not do it (%s): asking libvirt and the kernel directly",
                words);
}

/* The words of an operation name guest, node and cause: they are the reason. */
static int give_reason(const struct action *action, const struct hvc_answer *answer)
{
    hvc_ocf_exit_reason(action->ocf, "%s", answer->text);
    return HVC_OCF_ERR_GENERIC;
}

static int give_error(const struct action *action, const struct hvc_error *error, const char *what)
{
    hvc_ocf_exit_reason(action->ocf, "%s: %s", what, error->text);
    return HVC_OCF_ERR_GENERIC;
}

static uint64_t time_left(const struct action *action)
{
    return hvc_deadline_left(action->deadline_ms);
}

static int remember(const struct action *action, const struct hvc_answer *answer, struct hvc_error *error)
{
    struct hvc_identity identity;

    if (answer->uuid[0] == '\0' || answer->name[0] == '\0')
        return hvc_error_set(error, -EPROTO, "the answer does not name the guest");
    memcpy(identity.uuid, answer->uuid, sizeof(identity.uuid));
    memcpy(identity.name, answer->name, sizeof(identity.name));
    return hvc_identity_store(action->ocf, &identity, error);
}

static bool belongs_to_another(const struct action *action, const struct hvc_answer *answer)
{
    return answer->owner[0] != '\0' && strcmp(answer->owner, action->ocf->resource) != 0;
}

/* What was done, and what should be changed. */
static void log_answer(const struct action *action, const struct hvc_answer *answer)
{
    hvc_ocf_log(action->ocf, HVC_OCF_INFO, "%s", answer->text);
    if (answer->warning[0] != '\0')
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", answer->warning);
}

/* Inspects; the daemon gets half of the time, so that a hung one leaves enough for the fallback. */
static int inspect(struct action *action, struct hvc_question *question, struct hvc_answer *ret_answer,
                   struct hvc_error *error)
{
    const struct hvc_ask_plan plan = {
        .daemon_ms = time_left(action) / 2,
        .falls_back = COULD_NOT | BIT(HVC_RESULT_TIMEOUT) | BIT(HVC_RESULT_UNKNOWN_OUTCOME),
    };

    question->operation = "guest.inspect";
    return hvc_ask(&action->ways, question, &plan, action->deadline_ms, ret_answer, error);
}

/* ---- monitor ---- */

static int run_scripts(const struct action *action)
{
    struct hvc_error error = {0};

    if (hvc_monitor_scripts_run(action->settings.monitor_scripts, action->deadline_ms, &error) == 0)
        return HVC_OCF_SUCCESS;
    hvc_ocf_exit_reason(action->ocf, "%s", error.text);
    return HVC_OCF_ERR_GENERIC;
}

/* What an inspection that succeeded means. */
static int judge(const struct action *action, const struct hvc_answer *answer)
{
    bool degraded = strcmp(action->settings.on_io_error, "degraded") == 0;
    struct hvc_class_verdict verdict = hvc_class_verdict(answer->guest_class, answer->io_error, degraded);
    struct hvc_error error = {0};

    if (verdict.code != HVC_OCF_NOT_RUNNING && belongs_to_another(action, answer)) {
        hvc_ocf_log(action->ocf, HVC_OCF_NOTICE, "guest %s here belongs to resource %s, not to %s", answer->name,
                    answer->owner, action->ocf->resource);
        return HVC_OCF_NOT_RUNNING;
    }
    if (verdict.code == HVC_OCF_ERR_GENERIC || verdict.code == HVC_OCF_DEGRADED) {
        hvc_ocf_exit_reason(action->ocf, "guest %s %s: %s", answer->name, verdict.why, answer->words);
        return (int)verdict.code;
    }
    if (verdict.code != HVC_OCF_SUCCESS) {
        hvc_ocf_log(action->ocf, action->ocf->probe ? HVC_OCF_DEBUG : HVC_OCF_INFO, "guest %s does not run here: %s",
                    answer->name, answer->words);
        return (int)verdict.code;
    }
    if (verdict.why != NULL)
        hvc_ocf_log(action->ocf, HVC_OCF_DEBUG, "guest %s %s: %s", answer->name, verdict.why, answer->words);
    /* A note that cannot be written costs only that stop will need the XML. */
    if (remember(action, answer, &error) < 0)
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", error.text);
    if (answer->guest_class != HVC_GUEST_RUNNING || action->ocf->probe)
        return HVC_OCF_SUCCESS;
    return run_scripts(action);
}

/* The guest of the identity file when the XML, which names another one, is not running. */
static int look_at_noted_guest(struct action *action, const struct hvc_answer *by_xml, int code)
{
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};

    if (hvc_lookup_by_file(&action->lookup, &question, &error) < 0 || strcmp(question.uuid, by_xml->uuid) == 0)
        return code;
    if (inspect(action, &question, &answer, &error) < 0)
        return give_error(action, &error, "cannot tell whether the guest runs here");
    if (answer.result != HVC_RESULT_OK)
        return code;
    return judge(action, &answer);
}

static int look_by_mark(struct action *action, const struct hvc_answer *bad_xml)
{
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};
    int rc = hvc_lookup_by_mark(&action->lookup, &question, &error);

    if (rc == 0)
        rc = inspect(action, &question, &answer, &error);
    if (rc == 0 && answer.result == HVC_RESULT_OK)
        return judge(action, &answer);
    hvc_ocf_exit_reason(action->ocf, "%s: %s", action->settings.config, bad_xml->text);
    return rc == -ENOENT ? HVC_OCF_ERR_ARGS : HVC_OCF_ERR_GENERIC;
}

static int act_monitor(struct action *action)
{
    enum hvc_lookup_order order = action->ocf->probe ? HVC_LOOKUP_XML_FIRST : HVC_LOOKUP_FILE_FIRST;
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};
    int rc = hvc_lookup(&action->lookup, order, &question, &error);
    int code;

    if (rc == -ENOENT && action->ocf->probe) { /* it is not here, and could not be started here */
        hvc_ocf_exit_reason(action->ocf, "%s", error.text);
        return HVC_OCF_ERR_INSTALLED;
    }
    if (rc == -ENOENT) {
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", error.text);
        return HVC_OCF_NOT_RUNNING;
    }
    if (rc == 0)
        rc = inspect(action, &question, &answer, &error);
    if (rc < 0)
        return give_error(action, &error, "cannot tell whether the guest runs here");
    if (answer.result == HVC_RESULT_INVALID && question.xml != NULL)
        return look_by_mark(action, &answer);
    if (answer.result == HVC_RESULT_NOT_FOUND)
        return HVC_OCF_NOT_RUNNING;
    if (answer.result != HVC_RESULT_OK)
        return give_reason(action, &answer);
    code = judge(action, &answer);
    if (code == HVC_OCF_NOT_RUNNING && question.xml != NULL)
        return look_at_noted_guest(action, &answer, code);
    return code;
}

/* ---- start ---- */

static int refuse_parameters(const struct action *action)
{
    hvc_ocf_exit_reason(action->ocf, "%s", action->first_bad);
    return HVC_OCF_ERR_CONFIGURED;
}

static int definition_code(int rc)
{
    return rc == -ENOENT ? HVC_OCF_ERR_INSTALLED : rc == -ENOMEM ? HVC_OCF_ERR_GENERIC : HVC_OCF_ERR_ARGS;
}

/* The resource's former guest, when config names another one now: two guests of one resource must not run. */
static int former_guest_is_gone(struct action *action, const struct hvc_answer *now)
{
    struct hvc_question question = {0};
    struct hvc_answer former;
    struct hvc_error error = {0};
    int rc = hvc_lookup_by_file(&action->lookup, &question, &error);

    if (rc == -ENOENT)
        return HVC_OCF_SUCCESS;
    if (rc < 0)
        return give_error(action, &error, "cannot start");
    if (strcmp(question.uuid, now->uuid) == 0)
        return HVC_OCF_SUCCESS;
    if (inspect(action, &question, &former, &error) < 0)
        return give_error(action, &error, "cannot start");
    if (former.result != HVC_RESULT_OK)
        return give_reason(action, &former);
    if (former.guest_class == HVC_GUEST_ABSENT || belongs_to_another(action, &former))
        return HVC_OCF_SUCCESS;
    hvc_ocf_exit_reason(action->ocf,
                        "guest %s of this resource is still here: stop it before %s, which is what %s names",
                        former.name, now->name, action->settings.config);
    return HVC_OCF_ERR_GENERIC;
}

/* Who the XML says the guest is; notes it, so that a stop knows it whatever becomes of this start. */
static int introduce(struct action *action, struct hvc_question *question)
{
    struct hvc_answer answer;
    struct hvc_error error = {0};
    int rc = hvc_lookup_by_xml(&action->lookup, question, &error);
    int code;

    if (rc < 0) {
        hvc_ocf_exit_reason(action->ocf, "%s", error.text);
        return definition_code(rc);
    }
    if (inspect(action, question, &answer, &error) < 0)
        return give_error(action, &error, "cannot start");
    if (answer.result == HVC_RESULT_INVALID) {
        hvc_ocf_exit_reason(action->ocf, "%s: %s", action->settings.config, answer.text);
        return HVC_OCF_ERR_ARGS;
    }
    if (answer.result != HVC_RESULT_OK)
        return give_reason(action, &answer);
    code = former_guest_is_gone(action, &answer);
    if (code != HVC_OCF_SUCCESS)
        return code;
    if (remember(action, &answer, &error) < 0)
        return give_error(action, &error, "cannot start");
    return HVC_OCF_SUCCESS;
}

static int act_start(struct action *action)
{
    const struct hvc_ask_plan plan = {.patience_ms = PATIENCE_MS, .falls_back = COULD_NOT};
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};
    int code;

    if (action->bad > 0)
        return refuse_parameters(action);
    code = introduce(action, &question);
    if (code != HVC_OCF_SUCCESS)
        return code;
    question.operation = "guest.start";
    question.config = action->settings.config;
    question.resource = action->ocf->resource;
    if (hvc_ask(&action->ways, &question, &plan, action->deadline_ms, &answer, &error) < 0)
        return give_error(action, &error, "cannot start");
    if (answer.result != HVC_RESULT_OK) {
        hvc_ocf_exit_reason(action->ocf, "%s", answer.text);
        return answer.result == HVC_RESULT_INVALID ? HVC_OCF_ERR_ARGS : HVC_OCF_ERR_GENERIC;
    }
    log_answer(action, &answer);
    if (hvc_monitor_scripts_await(action->settings.monitor_scripts, action->deadline_ms, &error) < 0)
        return give_error(action, &error, "the guest was started, but");
    return HVC_OCF_SUCCESS;
}

/* ---- stop ---- */

static int stopped(const struct action *action, const char *words)
{
    struct hvc_error error = {0};

    if (hvc_identity_forget(action->ocf, &error) < 0)
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", error.text);
    hvc_ocf_log(action->ocf, HVC_OCF_INFO, "%s", words);
    return HVC_OCF_SUCCESS;
}

static int ask_stop(struct action *action, struct hvc_question *question, struct hvc_answer *ret_answer,
                    struct hvc_error *error)
{
    uint64_t left = time_left(action);
    struct hvc_ask_plan plan = {
        .daemon_ms = left > 3 * STOP_FALLBACK_MS ? left - STOP_FALLBACK_MS : left * 2 / 3,
        .falls_back = ~(BIT(HVC_RESULT_OK) | BIT(HVC_RESULT_NOT_FOUND) | BIT(HVC_RESULT_INVALID)),
    };

    question->operation = "guest.stop";
    question->resource = action->ocf->resource;
    question->force = action->settings.force_stop;
    question->graceful_ms = action->settings.shutdown_timeout_s * 1000;
    return hvc_ask(&action->ways, question, &plan, action->deadline_ms, ret_answer, error);
}

static int act_stop(struct action *action)
{
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};
    int rc = hvc_lookup(&action->lookup, HVC_LOOKUP_FILE_FIRST, &question, &error);

    if (rc == -ENOENT)
        return stopped(action, error.text);
    if (rc == 0)
        rc = ask_stop(action, &question, &answer, &error);
    if (rc == 0 && answer.result == HVC_RESULT_INVALID && question.xml != NULL) {
        /* The XML is none, and no note says who the guest is: its mark does. */
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s: %s", action->settings.config, answer.text);
        rc = hvc_lookup_by_mark(&action->lookup, &question, &error);
        if (rc == -ENOENT)
            return stopped(action, error.text);
        if (rc == 0)
            rc = ask_stop(action, &question, &answer, &error);
    }
    if (rc < 0)
        return give_error(action, &error, "cannot prove that the guest is stopped");
    if (answer.result != HVC_RESULT_OK && answer.result != HVC_RESULT_NOT_FOUND)
        return give_reason(action, &answer);
    if (answer.warning[0] != '\0')
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", answer.warning);
    return stopped(action, answer.text);
}

/* ---- migration ---- */

static int act_migrate_to(struct action *action)
{
    const struct hvc_ask_plan plan = {.patience_ms = PATIENCE_MS, .falls_back = MOVE_COULD_NOT};
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};

    if (*action->ocf->migrate_target == '\0') {
        hvc_ocf_exit_reason(action->ocf, "migrate_to without a target: Pacemaker names it in "
                                         "OCF_RESKEY_CRM_meta_migrate_target");
        return HVC_OCF_ERR_ARGS;
    }
    if (hvc_lookup(&action->lookup, HVC_LOOKUP_FILE_FIRST, &question, &error) < 0)
        return give_error(action, &error, "cannot move the guest");
    question.operation = "guest.move";
    question.resource = action->ocf->resource;
    question.target = action->ocf->migrate_target;
    question.end_action = action->settings.migration_at_deadline;
    question.bandwidth_mib = action->settings.migration_speed_mib;
    question.max_downtime_ms = action->settings.migration_downtime_ms;
    question.post_copy = action->settings.migration_post_copy;
    if (hvc_ask(&action->ways, &question, &plan, action->deadline_ms, &answer, &error) < 0)
        return give_error(action, &error, "cannot move the guest");
    if (answer.result != HVC_RESULT_OK)
        return give_reason(action, &answer);
    log_answer(action, &answer);
    return HVC_OCF_SUCCESS;
}

static int ask_arrived(struct action *action, struct hvc_question *question, struct hvc_answer *ret_answer,
                       struct hvc_error *error)
{
    const struct hvc_ask_plan plan = {.daemon_ms = time_left(action) * 2 / 3, .falls_back = MOVE_COULD_NOT};

    question->operation = "guest.arrived";
    question->resource = action->ocf->resource;
    question->source = *action->ocf->migrate_source == '\0' ? NULL : action->ocf->migrate_source;
    return hvc_ask(&action->ways, question, &plan, action->deadline_ms, ret_answer, error);
}

static int act_migrate_from(struct action *action)
{
    struct hvc_question question = {0};
    struct hvc_answer answer = {0};
    struct hvc_error error = {0};
    int rc = hvc_lookup(&action->lookup, HVC_LOOKUP_XML_FIRST, &question, &error);

    if (rc == 0)
        rc = ask_arrived(action, &question, &answer, &error);
    if (rc == 0 && answer.result != HVC_RESULT_OK && question.xml != NULL &&
        hvc_lookup_by_mark(&action->lookup, &question, &error) == 0) {
        /* The XML here is none, or names another guest than the one that came: what runs decides, not a file. */
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s: %s", action->settings.config, answer.text);
        rc = ask_arrived(action, &question, &answer, &error);
    }
    if (rc < 0)
        return give_error(action, &error, "cannot prove that the guest has arrived");
    if (answer.result != HVC_RESULT_OK)
        return give_reason(action, &answer);
    log_answer(action, &answer);
    if (remember(action, &answer, &error) < 0)
        hvc_ocf_log(action->ocf, HVC_OCF_WARNING, "%s", error.text);
    return HVC_OCF_SUCCESS;
}

/* ---- the rest ---- */

static int act_validate(struct action *action)
{
    struct hvc_question question = {0};
    struct hvc_answer answer;
    struct hvc_error error = {0};
    int rc;

    if (action->bad > 0)
        return refuse_parameters(action);
    rc = hvc_lookup_by_xml(&action->lookup, &question, &error);
    if (rc < 0) {
        hvc_ocf_exit_reason(action->ocf, "%s", error.text);
        return definition_code(rc);
    }
    if (inspect(action, &question, &answer, &error) < 0) {
        hvc_ocf_log(action->ocf, HVC_OCF_INFO, "%s could not be checked: %s", action->settings.config, error.text);
        return HVC_OCF_SUCCESS;
    }
    if (answer.result == HVC_RESULT_INVALID) {
        hvc_ocf_exit_reason(action->ocf, "%s: %s", action->settings.config, answer.text);
        return HVC_OCF_ERR_ARGS;
    }
    return HVC_OCF_SUCCESS;
}

/* The settings are read anew by every action: there is nothing to reload, and an error would restart the guest. */
static int act_reload(struct action *action)
{
    if (action->bad > 0)
        hvc_ocf_log(action->ocf, HVC_OCF_ERROR,
                    "the guest goes on, but it would not start again with these parameters: %s", action->first_bad);
    return HVC_OCF_SUCCESS;
}

static const struct {
    const char *name;
    int (*act)(struct action *);
    enum hvc_ocf_level fault_level;
} ACTS[] = {
    {"monitor", act_monitor, HVC_OCF_DEBUG},
    {"start", act_start, HVC_OCF_ERROR},
    {"stop", act_stop, HVC_OCF_DEBUG},
    {"migrate_to", act_migrate_to, HVC_OCF_WARNING},
    {"migrate_from", act_migrate_from, HVC_OCF_DEBUG},
    {"validate-all", act_validate, HVC_OCF_ERROR},
    {"reload-agent", act_reload, HVC_OCF_WARNING},
};

int hvc_virtual_system_act(const struct hvc_ocf *ocf, uint64_t deadline_ms, struct hvc_asker *daemon,
                           struct hvc_asker *direct)
{
    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++) {
        struct action action = {.ocf = ocf, .deadline_ms = deadline_ms, .fault_level = ACTS[i].fault_level};
        int code;

        if (strcmp(ACTS[i].name, ocf->action) != 0)
            continue;
        action.ways = (struct hvc_ways){.daemon = daemon, .direct = direct, .note = note_fallback, .context = &action};
        action.bad = hvc_virtual_system_read_settings(ocf, &action.settings, note_fault, &action);
        action.lookup = (struct hvc_lookup){
            .ocf = ocf, .config = action.settings.config, .ways = &action.ways, .deadline_ms = deadline_ms};
        code = ACTS[i].act(&action);
        hvc_lookup_end(&action.lookup);
        return code;
    }
    return HVC_OCF_ERR_UNIMPLEMENTED;
}

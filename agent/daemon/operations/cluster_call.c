/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_state.h"
#include "hvc/text.h"

enum { LOADING_MS = 3000 }; /* for a replica that begins again to have read its store */

/* ---- tokens ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hvc_token_parse(const char *text, struct hvc_token *ret_token, struct hvc_error *error)
{
    const size_t digits = 2 * sizeof(ret_token->id);
    struct hvc_token token = {0};
    bool good = strlen(text) > digits && text[digits] == ':';

    for (size_t i = 0; good && i < digits; i++) {
        int digit = hex_digit(text[i]);

        good = digit >= 0;
        token.id[i / 2] = (uint8_t)(token.id[i / 2] << 4 | (digit & 15));
    }
    if (!good || hvc_parse_u64(text + digits + 1, 0, UINT64_MAX - 1, &token.birth) < 0)
        return hvc_error_set(error, -EINVAL,
                             "\"%.80s\" is no token: give it as the former answer told it, 32 digits of 0-9 and a-f, a "
                             "colon and a number",
                             text);
    *ret_token = token;
    return 0;
}

void hvc_token_format(const struct hvc_token *token, char text[HVC_TOKEN_TEXT_MAX])
{
    for (size_t i = 0; i < sizeof(token->id); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", token->id[i]);
    (void)snprintf(text + 2 * sizeof(token->id), 22, ":%" PRIu64, token->birth);
}

static enum hvc_result take_token(struct hvc_operations *operations, struct hvc_call *call, struct hvc_token *ret_token)
{
    const char *given = hvc_record_text(call->args, "token", NULL);
    struct hvc_error error = {0};

    if (given != NULL && hvc_token_parse(given, ret_token, &error) < 0)
        return hvc_call_fail(call, &error);
    if (given == NULL && operations->keeper->ops->token(operations->keeper, ret_token) < 0)
        return hvc_call_say(call, HVC_RESULT_BUSY,
                            "the cluster's state is just being started again: nothing was done, try again");
    return HVC_RESULT_OK;
}

/* ---- writing ---- */

enum hvc_result hvc_cluster_needs_keeper(struct hvc_operations *operations, struct hvc_call *call)
{
    if (operations->keeper != NULL)
        return HVC_RESULT_OK;
    return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "%s needs the cluster's state, which is not kept in this process",
                        call->operation->name);
}

void hvc_cluster_command(const struct hvc_operations *operations, const struct hvc_call *call, unsigned kind,
                         struct hvc_command *ret_command)
{
    memset(ret_command, 0, sizeof(*ret_command));
    ret_command->version = HVC_COMMAND_VERSION;
    ret_command->kind = (uint8_t)kind;
    (void)snprintf(ret_command->by, sizeof(ret_command->by), "uid %u on %.80s", call->caller.uid, operations->node);
}

enum hvc_result hvc_cluster_result_of(const struct hvc_answer *answer)
{
    switch (answer->code) {
    case HVC_ANSWER_OK:
    case HVC_ANSWER_UNCHANGED:
        return HVC_RESULT_OK;
    case HVC_ANSWER_INVALID:
        return HVC_RESULT_INVALID;
    case HVC_ANSWER_MALFORMED:
        return HVC_RESULT_INTERNAL;
    case HVC_ANSWER_NO_NODE:
    case HVC_ANSWER_NO_GUEST:
    case HVC_ANSWER_NO_JOB:
    case HVC_ANSWER_NO_NETWORK:
    case HVC_ANSWER_NO_DRAIN:
    case HVC_ANSWER_NO_DOCUMENT:
        return HVC_RESULT_NOT_FOUND;
    case HVC_ANSWER_BUSY:
    case HVC_ANSWER_DRAINING:
        return HVC_RESULT_BUSY;
    default:
        return HVC_RESULT_REFUSED;
    }
}

/* What is in the way: the disk is a service that does not answer, all else is a matter of quorum. The replica's own
 * words are only used where the status has changed meanwhile. */
static enum hvc_result say_refused(struct hvc_operations *operations, struct hvc_call *call, const char *beginning,
                                   const char *words)
{
    HVC_CLEANUP(free) struct hvc_replica_status *status = calloc(1, sizeof(*status));
    enum hvc_result result = HVC_RESULT_NO_QUORUM;
    char missing[HVC_STATE_WORDS_MAX] = "";

    if (status != NULL) {
        operations->keeper->ops->status(operations->keeper, status);
        hvc_cluster_state_missing(status, missing);
        if (status->store != HVC_STORE_GOOD)
            result = HVC_RESULT_UNREACHABLE;
    }
    if (missing[0] == '\0')
        (void)snprintf(missing, sizeof(missing), "%s", words[0] != '\0' ? words : "the membership has just changed");
    return hvc_call_say(call, result, "%s: %s", beginning, missing);
}

static enum hvc_result say_answer(struct hvc_call *call, const struct hvc_replica_outcome *outcome, const char *done)
{
    const struct hvc_answer *answer = &outcome->answer;
    char text[256];

    hvc_record_set_text(call->data, "outcome", hvc_answer_name(answer->code));
    hvc_record_set_bool(call->data, "repeated", answer->repeated);
    hvc_record_set_u64(call->data, "index", outcome->index);
    if (outcome->epoch != 0)
        hvc_record_set_u64(call->data, "epoch", outcome->epoch);
    if (answer->code == HVC_ANSWER_OK && answer->value != 0)
        hvc_record_set_u64(call->data, "id", answer->value);
    hvc_answer_text(answer, text, sizeof(text));
    if (!hvc_answer_is_good(answer))
        return hvc_call_say(call, hvc_cluster_result_of(answer), "%s; nothing was changed", text);
    if (answer->repeated)
        return hvc_call_say(call, HVC_RESULT_OK, "%s: done by an earlier request with this token", done);
    return hvc_call_say(call, HVC_RESULT_OK, "%s%s%s", done, answer->code == HVC_ANSWER_UNCHANGED ? ": " : "",
                        answer->code == HVC_ANSWER_UNCHANGED ? text : "");
}

static enum hvc_result say_outcome(struct hvc_operations *operations, struct hvc_call *call, const char *token,
                                   const struct hvc_replica_outcome *outcome, const char *done)
{
    switch (outcome->error) {
    case 0:
        return say_answer(call, outcome, done);
    case -EAGAIN:
        hvc_record_set_text(call->data, "outcome", "refused");
        return say_refused(operations, call, "nothing was done", outcome->words);
    case -ETIMEDOUT:
    case -ECANCELED:
        hvc_record_set_text(call->data, "outcome", "unknown");
        return hvc_call_say(
            call, HVC_RESULT_UNKNOWN_OUTCOME,
            "it may still be done or not (%.600s); ask again with --token %s: it is then done once, and "
            "its outcome told",
            outcome->words[0] != '\0' ? outcome->words : strerror(-outcome->error), token);
    case -ESTALE:
        hvc_record_set_text(call->data, "outcome", "unknown");
        return hvc_call_say(call, HVC_RESULT_UNKNOWN_OUTCOME,
                            "token %s is too old, whether its request was done is no longer known: look at the "
                            "present state and ask without a token",
                            token);
    case -ENOBUFS:
        hvc_record_set_text(call->data, "outcome", "refused");
        return hvc_call_say(call, HVC_RESULT_BUSY,
                            "nothing was done: too many requests are under way, try again later");
    default:
        hvc_record_set_text(call->data, "outcome", "refused");
        return hvc_call_say(call, hvc_result_of_errno(outcome->error), "nothing was done: %s",
                            outcome->words[0] != '\0' ? outcome->words : strerror(-outcome->error));
    }
}

enum hvc_result hvc_cluster_write(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_command *command, const char *done)
{
    struct hvc_replica_outcome outcome = {0};
    char text[HVC_TOKEN_TEXT_MAX];
    struct hvc_token token = {0};
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result == HVC_RESULT_OK)
        result = take_token(operations, call, &token);
    if (result != HVC_RESULT_OK)
        return result;
    hvc_token_format(&token, text);
    hvc_record_remove(call->data, "applied"); /* of a look for a node's id, before this */
    hvc_record_remove(call->data, "stale");
    hvc_record_set_text(call->data, "token", text);
    (void)operations->keeper->ops->propose(operations->keeper, command, &token, call->deadline_ms,
                                           hvc_record_bool(call->args, "wait", false), &outcome);
    return say_outcome(operations, call, text, &outcome, done);
}

enum hvc_result hvc_cluster_propose(struct hvc_operations *operations, struct hvc_call *call,
                                    const struct hvc_command *command, struct hvc_answer *ret_answer)
{
    bool wait = hvc_record_bool(call->args, "wait", false);
    struct hvc_replica_outcome outcome = {0};
    struct hvc_token token = {0};
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);
    int rc;

    if (result != HVC_RESULT_OK)
        return result;
    if (operations->keeper->ops->token(operations->keeper, &token) < 0)
        return hvc_call_say(call, HVC_RESULT_BUSY, "nothing was done: the cluster's state is just being started again");
    rc = operations->keeper->ops->propose(operations->keeper, command, &token, call->deadline_ms, wait, &outcome);
    if (rc == -EAGAIN)
        return say_refused(operations, call, "nothing was done", outcome.words);
    if (rc < 0)
        return hvc_call_say(call, rc == -ENOBUFS ? HVC_RESULT_BUSY : HVC_RESULT_UNKNOWN_OUTCOME,
                            rc == -ENOBUFS ? "nothing was done: too many requests are under way (%s)"
                                           : "it may still be done or not: %s",
                            outcome.words[0] != '\0' ? outcome.words : strerror(-rc));
    *ret_answer = outcome.answer;
    return HVC_RESULT_OK;
}

/* ---- reading ---- */

struct look {
    hvc_keeper_look_fn look;
    void *context;
    struct hvc_replica_stamp stamp;
};

static int look_and_note(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct look *look = context;

    look->stamp = *stamp;
    return look->look(look->context, service, stamp);
}

/* A replica that begins again reads its store first, a large one for a second or two: that is no answer to anybody. */
static int read_when_loaded(struct hvc_operations *operations, struct hvc_call *call,
                            enum hvc_replica_freshness freshness, struct look *look, struct hvc_error *error)
{
    struct hvc_keeper *keeper = operations->keeper;
    uint64_t until_ms = hvc_deadline_within(call->deadline_ms, LOADING_MS), moment = 0;

    for (;;) {
        int rc = keeper->ops->read(keeper, freshness, call->deadline_ms, look_and_note, look, error);

        if (rc != -EINPROGRESS || hvc_deadline_left(until_ms) == 0 || hvc_call_is_cancelled(call))
            return rc;
        hvc_error_clear(error);
        moment = keeper->ops->await(keeper, moment, until_ms);
    }
}

enum hvc_result hvc_cluster_look(struct hvc_operations *operations, struct hvc_call *call, hvc_keeper_look_fn look,
                                 void *context, struct hvc_replica_stamp *ret_stamp)
{
    enum hvc_replica_freshness freshness =
        hvc_record_bool(call->args, "fresh", false) ? HVC_REPLICA_BARRIER : HVC_REPLICA_HERE;
    struct look mine = {look, context, {0}};
    struct hvc_error error = {0};
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);
    int rc;

    if (result != HVC_RESULT_OK)
        return result;
    rc = read_when_loaded(operations, call, freshness, &mine, &error);
    if (rc == -ENODATA)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                            "there is no history of the cluster here yet; hvcluster status tells what it waits for%s%s",
                            error.text[0] != '\0' ? ": " : "", error.text);
    if (rc == -EAGAIN && freshness == HVC_REPLICA_BARRIER)
        return say_refused(operations, call, "whether it is up to date cannot be told", error.text);
    if (rc == -EAGAIN || rc == -EINPROGRESS)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "nothing can be shown yet: %s", error.text);
    if (rc < 0 && error.text[0] == '\0')
        (void)hvc_error_set(&error, rc, "the cluster's state cannot be read: %s", strerror(-rc));
    if (rc < 0)
        return hvc_call_fail(call, &error);
    if (ret_stamp != NULL)
        *ret_stamp = mine.stamp;
    return HVC_RESULT_OK;
}

enum hvc_result hvc_cluster_read(struct hvc_operations *operations, struct hvc_call *call, hvc_keeper_look_fn look,
                                 void *context)
{
    struct hvc_replica_stamp stamp = {0};
    enum hvc_result result = hvc_cluster_look(operations, call, look, context, &stamp);

    if (result != HVC_RESULT_OK)
        return result;
    hvc_record_set_u64(call->data, "applied", stamp.applied);
    hvc_record_set_u64(call->data, "epoch", stamp.epoch);
    hvc_record_set_bool(call->data, "stale", stamp.stale);
    return HVC_RESULT_OK;
}

enum hvc_result hvc_cluster_say_read(struct hvc_call *call, const char *text)
{
    bool stale = hvc_record_bool(call->data, "stale", true);

    return hvc_call_say(
        call, HVC_RESULT_OK, "%s%s", text,
        stale ? "; as far as this node knows: it takes no part in decisions now, others may have gone on" : "");
}

/* ---- nodes by name ---- */

struct search {
    const char *name;
    uint32_t found;
    char known[512];
};

static int find_node(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct search *search = context;
    const struct hvc_service_node *node = hvc_service_node_named(service, search->name);
    uint64_t id = 0;
    size_t used = 0;

    (void)stamp;
    if (node == NULL && hvc_parse_u64(search->name, 1, UINT32_MAX, &id) == 0)
        node = hvc_service_node(service, (uint32_t)id);
    if (node != NULL)
        search->found = node->id;
    for (uint32_t i = 0; search->found == 0 && (node = hvc_service_node_at(service, i)) != NULL; i++)
        (void)hvc_text_append(search->known, sizeof(search->known), &used, "%s%s", i == 0 ? "" : ", ", node->name);
    return 0;
}

/* Some give a node's address where its name is wanted. */
static enum hvc_result say_no_node(struct hvc_operations *operations, struct hvc_call *call,
                                   const struct search *search)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    size_t found;

    if (facts == NULL || hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC, call->deadline_ms, facts) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    for (found = 0; found < facts->count; found++) {
        if (facts->nodes[found].address[0] != '\0' && strcmp(facts->nodes[found].address, search->name) == 0)
            break;
    }
    if (found < facts->count)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "%.80s is an address of node %s, not a node's name: say %s",
                            search->name, facts->nodes[found].name, facts->nodes[found].name);
    return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "the cluster has no node \"%.80s\"; it has %s", search->name,
                        search->known[0] != '\0' ? search->known : "none yet");
}

enum hvc_result hvc_cluster_node(struct hvc_operations *operations, struct hvc_call *call, const char *name,
                                 uint32_t *ret_node)
{
    struct search search = {.name = hvc_record_text(call->args, name, NULL)};
    enum hvc_result result;

    *ret_node = 0;
    if (search.name == NULL)
        return HVC_RESULT_OK;
    result = hvc_cluster_read(operations, call, find_node, &search);
    if (result != HVC_RESULT_OK)
        return result;
    if (search.found == 0)
        return say_no_node(operations, call, &search);
    *ret_node = search.found;
    return HVC_RESULT_OK;
}

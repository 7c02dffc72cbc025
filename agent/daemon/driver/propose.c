/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands on their way into the log. A request is given to the core when a view runs, and again with the same token
 * when that view ends before its answer; its answer is found by the token where the entry is applied, or was applied
 * before.
 */
#include <errno.h>
#include <sys/random.h>

#include "hvc/clock.h"
#include "internal.h"

enum { REQUESTS_MAX = 1024, GRACE_MS = 2000 };

void hvc_replica_token(struct hvc_replica *r, struct hvc_token *ret_token)
{
    size_t have = 0;

    while (have < sizeof(ret_token->id)) { /* never fails for so few bytes once the kernel has begun */
        ssize_t got = getrandom(ret_token->id + have, sizeof(ret_token->id) - have, 0);

        have += got > 0 ? (size_t)got : 0;
    }
    ret_token->id[0] |= 1; /* all zero means none */
    ret_token->birth = atomic_load(&r->commit);
}

static bool token_is_set(const struct hvc_token *token)
{
    static const uint8_t none[HVC_TOKEN_ID_SIZE];

    return memcmp(token->id, none, sizeof(none)) != 0;
}

/* Encoded once, to find out what is wrong with it while the caller is still there. */
static int check(const struct hvc_command *command, const struct hvc_token *token, struct hvc_error *error)
{
    struct hvc_command copy = *command;
    HVC_CLEANUP(free) uint8_t *bytes = malloc(HVC_COMMAND_MAX);
    size_t length;

    if (bytes == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a command");
    if (!token_is_set(token))
        return hvc_error_set(error, -EINVAL, "a command needs a token");
    copy.version = HVC_COMMAND_VERSION;
    copy.node = 1;
    copy.stamp_ms = 1;
    if (hvc_command_encode(&copy, bytes, HVC_COMMAND_MAX, &length) < 0)
        return hvc_error_set(error, -EINVAL, "the command '%s' has a field outside its bounds",
                             hvc_command_name(command->kind));
    return 0;
}

static void end(struct hvc_replica *r, struct hvc_request *request, const struct hvc_replica_outcome *outcome)
{
    atomic_fetch_sub(&r->waiting, 1);
    hvc_request_end(request, outcome);
}

int hvc_replica_submit(struct hvc_replica *r, const struct hvc_command *command, const struct hvc_token *token,
                       uint64_t deadline, bool wait_for_quorum, hvc_replica_done_fn done, void *context,
                       struct hvc_error *error)
{
    struct hvc_request *request;
    int result = check(command, token, error);

    if (result < 0)
        return result;
    if (atomic_fetch_add(&r->waiting, 1) >= REQUESTS_MAX) {
        atomic_fetch_sub(&r->waiting, 1);
        return hvc_error_set(error, -ENOBUFS, "%d commands wait for their commit already; try again later",
                             REQUESTS_MAX);
    }
    request = hvc_replica_request_new(HVC_REQUEST_SUBMIT, command);
    if (request == NULL) {
        atomic_fetch_sub(&r->waiting, 1);
        return hvc_error_set(error, -ENOMEM, "no memory for a request");
    }
    request->command->version = HVC_COMMAND_VERSION;
    request->token = *token;
    request->deadline = deadline;
    request->wait_for_quorum = wait_for_quorum;
    request->done = done;
    request->context = context;
    result = hvc_replica_post(r, request);
    if (result < 0) {
        atomic_fetch_sub(&r->waiting, 1);
        free(request->command);
        free(request);
        return hvc_error_set(error, result, "the replica is being closed");
    }
    return 0;
}

static void wake_waiter(void *context, const struct hvc_replica_outcome *outcome)
{
    struct hvc_waiter *waiter = context;

    hvc_waiter_done(waiter, outcome);
    hvc_waiter_unref(waiter);
}

int hvc_replica_propose(struct hvc_replica *r, const struct hvc_command *command, const struct hvc_token *token,
                        uint64_t deadline, bool wait_for_quorum, struct hvc_replica_outcome *ret_outcome)
{
    struct hvc_waiter *waiter = hvc_waiter_new();
    struct hvc_error error = {0};
    int result;

    *ret_outcome = (struct hvc_replica_outcome){.error = -ENOMEM};
    if (waiter == NULL)
        return -ENOMEM;
    result = hvc_replica_submit(r, command, token, deadline, wait_for_quorum, wake_waiter, waiter, &error);
    if (result < 0) {
        ret_outcome->error = result;
        (void)snprintf(ret_outcome->words, sizeof(ret_outcome->words), "%s", error.text);
        hvc_waiter_unref(waiter);
    } else if (hvc_waiter_wait(waiter, deadline < HVC_NO_DEADLINE - GRACE_MS ? deadline + GRACE_MS : deadline)) {
        *ret_outcome = waiter->outcome;
    } else {
        ret_outcome->error = -ETIMEDOUT;
        (void)snprintf(ret_outcome->words, sizeof(ret_outcome->words),
                       "the replica does not answer: the disk or corosync holds it");
    }
    hvc_waiter_unref(waiter);
    return ret_outcome->error;
}

/* ---- the replica's thread ---- */

void hvc_propose_why(const struct hvc_replica *r, char *words, size_t size)
{
    if (r->stage == HVC_STAGE_RUN && r->silent)
        (void)snprintf(words, size, "corosync delivers nothing any more: it hangs");
    else if (r->stage == HVC_STAGE_RUN && r->core_status.primary && !r->core_status.participant)
        (void)snprintf(words, size, "this node follows and does not vote yet");
    else if (r->stage == HVC_STAGE_RUN && r->quorum_known && !r->quorate)
        (void)snprintf(words, size, "no quorum: %u of %u votes are needed", r->quorum, r->expected);
    else if (r->status.words[0] != '\0')
        (void)snprintf(words, size, "%s", r->status.words);
    else
        (void)snprintf(words, size, "no view runs: %s", hvc_replication_wait_name(r->core_status.wait));
}

static void refuse(struct hvc_replica *r, struct hvc_request *request, int error, const char *what)
{
    struct hvc_replica_outcome outcome = {.error = error};
    char why[HVC_ERROR_TEXT_MAX - 80];

    hvc_propose_why(r, why, sizeof(why));
    (void)snprintf(outcome.words, sizeof(outcome.words), "%s (%s)", what, why);
    end(r, request, &outcome);
}

static void append(struct hvc_request_list *list, struct hvc_request *request)
{
    request->next = NULL;
    if (list->head == NULL)
        list->head = request;
    else
        list->tail->next = request;
    list->tail = request;
}

static void prepend(struct hvc_request_list *list, struct hvc_request *request)
{
    request->next = list->head;
    list->head = request;
    if (request->next == NULL)
        list->tail = request;
}

/* Takes the one out that stands behind "before", NULL: the first. */
static struct hvc_request *take_behind(struct hvc_request_list *list, struct hvc_request *before)
{
    struct hvc_request *request = before == NULL ? list->head : before->next;

    if (before == NULL)
        list->head = request->next;
    else
        before->next = request->next;
    if (list->tail == request)
        list->tail = before;
    return request;
}

void hvc_propose_take(struct hvc_replica *r, struct hvc_request *request)
{
    if (!request->wait_for_quorum &&
        !(r->stage == HVC_STAGE_RUN && r->core_status.primary && r->core_status.participant && !r->silent))
        refuse(r, request, -EAGAIN, "not accepted, nothing was done");
    else
        append(&r->waits, request);
}

/* What the core said, or an error of ours. */
static int give(struct hvc_replica *r, struct hvc_request *request)
{
    uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PROPOSE};
    struct timespec now;
    size_t length;
    int result;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    request->command->node = r->node;
    request->command->stamp_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    result = hvc_command_encode(request->command, bytes, sizeof(bytes), &length);
    if (result < 0)
        return result;
    event.propose.token = request->token;
    event.propose.version = bytes[0]; /* the lowest that holds it */
    event.propose.bytes = bytes;
    event.propose.length = length;
    return hvc_drive(r, &event);
}

/* Takes it out of the list; false: it has been answered meanwhile, and is gone. */
static bool unlist(struct hvc_request_list *list, const struct hvc_request *request)
{
    struct hvc_request *before = NULL, *at = list->head;

    while (at != NULL && at != request) {
        before = at;
        at = at->next;
    }
    if (at == NULL)
        return false;
    (void)take_behind(list, before);
    return true;
}

/* Giving one may apply others, and even this one: it is among those that fly before it is given. */
void hvc_propose_pump(struct hvc_replica *r)
{
    struct hvc_replica_outcome outcome = {0};

    while (!r->leaving && r->core_status.primary && r->core_status.participant && r->waits.head != NULL) {
        struct hvc_request *request = take_behind(&r->waits, NULL);
        bool given = request->given;
        int result;

        request->given = true;
        append(&r->flies, request);
        result = give(r, request);
        if (result >= 0 || !unlist(&r->flies, request))
            continue;
        if (result == -EAGAIN || result == -ENOBUFS) {
            request->given = given;
            prepend(&r->waits, request);
            return;
        }
        outcome.error = result;
        (void)snprintf(outcome.words, sizeof(outcome.words), "the log refuses the command: %s",
                       result == -EPROTONOSUPPORT
                           ? "the hvclusterd of a node is too old for it: upgrade all nodes first"
                           : strerror(-result));
        end(r, request, &outcome);
    }
}

/* Those that were made for a view which has ended. */
static void end_once(struct hvc_replica *r, struct hvc_request_list *list)
{
    static const struct hvc_replica_outcome over = {.error = -EAGAIN, .words = "the view has ended"};
    struct hvc_request *before = NULL;

    for (struct hvc_request *at = list->head; at != NULL; at = before == NULL ? list->head : before->next) {
        if (at->once)
            end(r, take_behind(list, before), &over);
        else
            before = at;
    }
}

/* In the order in which they came. */
void hvc_propose_void(struct hvc_replica *r)
{
    end_once(r, &r->flies);
    end_once(r, &r->waits);
    if (r->flies.head == NULL)
        return;
    r->flies.tail->next = r->waits.head;
    if (r->waits.head == NULL)
        r->waits.tail = r->flies.tail;
    r->waits.head = r->flies.head;
    r->flies = (struct hvc_request_list){0};
}

/* Epoch of the entry that ran; 0 when it has been compacted. */
static uint64_t epoch_at(const struct hvc_replica *r, uint64_t index)
{
    struct hvc_entry entry;

    return hvc_replication_entry(r->core, index, &entry) == 0 ? entry.epoch : 0;
}

static void fill_answer(const struct hvc_replica *r, const struct hvc_replication_update *u,
                        const struct hvc_answer *answer, struct hvc_replica_outcome *outcome)
{
    outcome->index = u->work_entry.index;
    outcome->epoch = u->work_entry.epoch;
    if (u->work_verdict == HVC_VERDICT_RUN) {
        outcome->answer = *answer;
    } else if (u->work_verdict == HVC_VERDICT_DUPLICATE) {
        outcome->index = u->work_first;
        outcome->epoch = epoch_at(r, u->work_first);
        outcome->answer = hvc_answer_unpack(u->work_code, u->work_value);
    } else {
        outcome->error = -ESTALE;
        (void)snprintf(outcome->words, sizeof(outcome->words),
                       "the request is older than what is remembered of requests: its outcome is not known");
    }
}

/* Answers the first of a list that bears the entry's token: it is the one that the entry was made for, as far as it is
 * this node's, and the first is where it usually is. */
static bool answer_in(struct hvc_replica *r, struct hvc_request_list *list, const struct hvc_replication_update *u,
                      const struct hvc_answer *answer)
{
    struct hvc_replica_outcome outcome = {0};
    struct hvc_request *before = NULL, *at = list->head;

    while (at != NULL && memcmp(at->token.id, u->work_entry.token.id, sizeof(at->token.id)) != 0) {
        before = at;
        at = at->next;
    }
    if (at == NULL)
        return false;
    (void)take_behind(list, before);
    fill_answer(r, u, answer, &outcome);
    end(r, at, &outcome);
    return true;
}

/* Of two requests with one token each has an entry of its own, or will: one entry answers one of them. */
void hvc_propose_applied(struct hvc_replica *r, const struct hvc_replication_update *u, const struct hvc_answer *answer)
{
    if (u->work_entry.kind != HVC_ENTRY_OP)
        return;
    if (!answer_in(r, &r->flies, u, answer))
        (void)answer_in(r, &r->waits, u, answer); /* of a former view, about to be proposed again */
}

static uint64_t expire_in(struct hvc_replica *r, struct hvc_request_list *list, uint64_t now, uint64_t next)
{
    struct hvc_request *before = NULL, *at = list->head, *behind;

    for (; at != NULL; at = behind) {
        behind = at->next;
        if (at->deadline > now) {
            next = at->deadline < next ? at->deadline : next;
            before = at;
            continue;
        }
        (void)take_behind(list, before);
        if (at->given)
            refuse(r, at, -ETIMEDOUT, "not committed in time, it may still come to be; ask again");
        else
            refuse(r, at, -EAGAIN, "not accepted in time, nothing was done");
    }
    return next;
}

uint64_t hvc_propose_expire(struct hvc_replica *r, uint64_t now)
{
    return expire_in(r, &r->waits, now, expire_in(r, &r->flies, now, HVC_NO_DEADLINE));
}

void hvc_propose_cancel(struct hvc_replica *r)
{
    static const struct hvc_replica_outcome cancelled = {.error = -ECANCELED, .words = "the replica is being closed"};

    hvc_propose_void(r);
    while (r->waits.head != NULL)
        end(r, take_behind(&r->waits, NULL), &cancelled);
}

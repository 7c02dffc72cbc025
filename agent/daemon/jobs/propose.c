/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proposals, without waiting for their answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "runner.h"

#define PROPOSE_MS 10000

struct proposal {
    struct hvc_job_runner *runner;
    uint64_t job; /* 0: of no item */
    struct hvc_command command;
};

/* What the state has gone on from is decided anew from the state; anything else that was refused should not have been
 * proposed. */
static bool is_news(const struct hvc_replica_outcome *outcome)
{
    unsigned code = outcome->answer.code;

    return outcome->error == 0 && !hvc_answer_is_good(&outcome->answer) && code != HVC_ANSWER_STALE &&
           code != HVC_ANSWER_ENDED && code != HVC_ANSWER_NO_JOB && code != HVC_ANSWER_AWAY &&
           code != HVC_ANSWER_CLOSED && code != HVC_ANSWER_BUSY;
}

static void note_refusal(const struct proposal *proposal, const struct hvc_replica_outcome *outcome)
{
    char words[256], quoted[300];

    if (!is_news(outcome))
        return;
    hvc_answer_text(&outcome->answer, words, sizeof(words));
    hvc_operations_note(proposal->runner->operations, HVC_MESSAGE_JOB_REFUSED, "job=%llu command=%s words=%s",
                        (unsigned long long)proposal->job, hvc_command_name(proposal->command.kind),
                        hvc_message_quote(words, quoted, sizeof(quoted)));
}

/* In the replica's thread. */
static void answered(void *context, const struct hvc_replica_outcome *outcome)
{
    struct proposal *proposal = context;
    struct hvc_job_runner *runner = proposal->runner;
    bool good = outcome->error == 0 && hvc_answer_is_good(&outcome->answer);
    bool stale = outcome->error == 0 && outcome->answer.code == HVC_ANSWER_STALE;
    struct item *item;

    note_refusal(proposal, outcome);
    (void)pthread_mutex_lock(&runner->lock);
    item = proposal->job == 0 ? NULL : job_runner_item(runner, proposal->job);
    if (item != NULL) {
        item->proposing = false;
        item->refused = good || stale ? 0 : (uint8_t)(item->refused + (item->refused < UINT8_MAX));
        item->propose_after_ms =
            good || stale ? 0 : hvc_deadline_in(hvc_agenda_backoff_ms(item->refused, (uint32_t)proposal->job) / 2);
    }
    hvc_job_runner_wake(runner);
    job_runner_unref(runner);
    free(proposal);
}

void job_propose(struct hvc_job_runner *runner, const struct hvc_command *command, struct item *item)
{
    struct hvc_keeper *keeper = runner->operations->keeper;
    struct proposal *proposal = calloc(1, sizeof(*proposal));
    struct hvc_replica_outcome outcome = {.error = -EAGAIN};
    struct hvc_token token;
    int rc;

    if (proposal == NULL)
        return; /* the next round tries again */
    proposal->runner = runner;
    proposal->command = *command;
    proposal->job = item == NULL ? 0 : item->job;
    if (item != NULL)
        item->proposing = true;
    runner->references++;
    (void)pthread_mutex_unlock(&runner->lock);
    rc = keeper->ops->token(keeper, &token);
    if (rc == 0)
        rc = keeper->ops->submit(keeper, command, &token, hvc_deadline_in(PROPOSE_MS), false, answered, proposal, NULL);
    if (rc < 0)
        answered(proposal, &outcome);
    (void)pthread_mutex_lock(&runner->lock);
}

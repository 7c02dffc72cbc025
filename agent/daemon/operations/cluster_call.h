/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every operation on the replicated state does alike: read it and say how old it is, propose a command under a
 * token and say honestly how that ended.
 */
#ifndef HVC_CLUSTER_CALL_H
#define HVC_CLUSTER_CALL_H

#include "hvc/keeper.h"
#include "hvc/operations.h"

/* 32 hex digits, a colon, the birth. */
#define HVC_TOKEN_TEXT_MAX 64

/* Rows of the arguments table that every write takes: put HVC_WRITE_ARGUMENTS at the end of its array. */
#define HVC_WRITE_ARGUMENTS                                                                                            \
    {.name = "token",                                                                                                  \
     .type = HVC_ARGUMENT_TEXT,                                                                                        \
     .min = 34,                                                                                                        \
     .max = HVC_TOKEN_TEXT_MAX - 1,                                                                                    \
     .help = "of a former request: what it did is not done again (32 hex digits, a colon, a number)"},                 \
    {                                                                                                                  \
        .name = "wait", .type = HVC_ARGUMENT_BOOL, .help = "wait for quorum until the timeout instead of refusing"     \
    }
#define HVC_READ_ARGUMENTS                                                                                             \
    {                                                                                                                  \
        .name = "fresh", .type = HVC_ARGUMENT_BOOL, .help = "nothing older than this question: refused without quorum" \
    }

/* -EINVAL in words. */
int hvc_token_parse(const char *text, struct hvc_token *ret_token, struct hvc_error *error);
void hvc_token_format(const struct hvc_token *token, char text[HVC_TOKEN_TEXT_MAX]);

/* An empty command of this kind with the caller as its requester. */
void hvc_cluster_command(const struct hvc_operations *operations, const struct hvc_call *call, unsigned kind,
                         struct hvc_command *ret_command);

/* Proposes it under the call's token, or a fresh one, and says how that ended. call->data gets token, outcome, and of
 * a committed command index, epoch and id. done: what to say when it was done, printf is not used on it. */
enum hvc_result hvc_cluster_write(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_command *command, const char *done);

/* Proposes it under a fresh token within the call's deadline, for what an operation does on its way: *ret_answer is
 * what the cluster answered, good or not, and OK; or why there is no answer, in words that begin with "nothing was
 * done" or "it may still be done". call->data is not touched. */
enum hvc_result hvc_cluster_propose(struct hvc_operations *operations, struct hvc_call *call,
                                    const struct hvc_command *command, struct hvc_answer *ret_answer);

/* The result of an operation that was answered so. */
enum hvc_result hvc_cluster_result_of(const struct hvc_answer *answer);

/* Reads; call->data gets applied, epoch, stale. OK without words: say them with hvc_cluster_say_read. */
enum hvc_result hvc_cluster_read(struct hvc_operations *operations, struct hvc_call *call, hvc_keeper_look_fn look,
                                 void *context);
/* OK with "TEXT", and when the state may be old a remark behind it. */
enum hvc_result hvc_cluster_say_read(struct hvc_call *call, const char *text);

/* The same without a word in call->data; ret_stamp NULL: nobody wants it. */
enum hvc_result hvc_cluster_look(struct hvc_operations *operations, struct hvc_call *call, hvc_keeper_look_fn look,
                                 void *context, struct hvc_replica_stamp *ret_stamp);

/* The id of the node that argument `name` names; 0 and OK when it is not given. NOT_FOUND in words. */
enum hvc_result hvc_cluster_node(struct hvc_operations *operations, struct hvc_call *call, const char *name,
                                 uint32_t *ret_node);

/* REFUSED in words when this program keeps no state (hvcluster-direct), else OK. */
enum hvc_result hvc_cluster_needs_keeper(struct hvc_operations *operations, struct hvc_call *call);

#endif

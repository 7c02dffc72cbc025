/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The best move, the checks before a move, the next best move. */
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "internal.h"

enum {
    CHECK_MS = 20000,
    LEFT_MS = 3000, /* with less no check is begun: what has been found is told in time */
};

/* Findings about the whole cluster: whatever move is asked about next, they are there again. */
static bool is_of_all(unsigned code)
{
    switch (code) {
    case HVC_CHECK_NO_QUORUM:
    case HVC_CHECK_QUORUM_NOT_KNOWN:
    case HVC_CHECK_SERVICE_DISABLED:
    case HVC_CHECK_SERVICE_QUIESCED:
    case HVC_CHECK_SERVICE_NOT_KNOWN:
    case HVC_CHECK_PACEMAKER_SILENT:
        return true;
    default:
        return false;
    }
}

/* Another target does not help: something is wrong with the guest, or under way with it. */
static bool is_of_guest(const struct hvc_check_report *report)
{
    return report->verdict == HVC_REASON_GIVE_UP || report->decisive == HVC_CHECK_GUEST_BUSY ||
           report->decisive == HVC_CHECK_RESOURCE_BUSY || report->decisive == HVC_CHECK_GUEST_IN_MOVE;
}

static unsigned moves_before(const struct balance *balance, struct hvc_checks_move *before)
{
    unsigned count = 0;

    for (unsigned i = 0; i < balance->move_count; i++) {
        if (balance->moves[i].resource[0] != '\0')
            before[count++] = (struct hvc_checks_move){.resource = balance->moves[i].resource,
                                                       .target = balance->nodes[balance->moves[i].move.to].name};
    }
    return count;
}

/* -errno in words; the report is the only one of *ret_checks. */
static int check(struct balance *balance, const struct hvc_balance_move *move, struct hvc_checks **ret_checks,
                 struct hvc_error *error)
{
    struct hvc_checks_move before[BALANCE_MOVES_MAX];
    struct hvc_checks_request request = {.kind = HVC_KIND_LIVE,
                                         .origin = HVC_ORIGIN_OPERATOR,
                                         .source = balance->nodes[move->from].name,
                                         .target = balance->nodes[move->to].name,
                                         .before = before,
                                         .before_count = moves_before(balance, before)};

    memcpy(request.guest, balance->guests[move->guest].uuid, sizeof(request.guest));
    return hvc_checks_run(balance->operations, &request, guest_deadline(balance->call, CHECK_MS), ret_checks, error);
}

static struct balance_proposal propose(const struct balance *balance, const struct hvc_balance_move *move)
{
    struct balance_proposal proposal = {.move = *move};

    proposal.from[0] = balance->core.nodes[move->from].after;
    proposal.to[0] = balance->core.nodes[move->to].after;
    return proposal;
}

static void take(struct balance *balance, struct balance_proposal *proposal)
{
    hvc_balance_take(&balance->core, &proposal->move);
    proposal->from[1] = balance->core.nodes[proposal->move.from].after;
    proposal->to[1] = balance->core.nodes[proposal->move.to].after;
    balance->moves[balance->move_count++] = *proposal;
}

static void refuse(struct balance *balance, struct balance_proposal *proposal, const struct hvc_check_report *report)
{
    struct balance_proposal *refused = &balance->refused[balance->refused_count++];

    hvc_balance_refuse(&balance->core, &proposal->move, is_of_guest(report));
    *refused = *proposal;
    refused->code = report->decisive;
    (void)snprintf(refused->words, sizeof(refused->words), "%s", hvc_checks_words(report));
    if (is_of_all(report->decisive))
        balance->blocker = refused;
}

static enum hvc_result look_at_move(struct balance *balance, const struct hvc_balance_move *move)
{
    struct balance_proposal proposal = propose(balance, move);
    struct hvc_checks *checks = NULL;
    struct hvc_error error = {0};

    if (check(balance, move, &checks, &error) < 0)
        return hvc_call_fail(balance->call, &error);
    memcpy(proposal.resource, checks->resource, sizeof(proposal.resource));
    if (checks->count == 0)
        hvc_balance_refuse(&balance->core, move, true); /* no node is known any more: the next look is at nothing */
    else if (hvc_check_is_movable(&checks->reports[0]))
        take(balance, &proposal);
    else
        refuse(balance, &proposal, &checks->reports[0]);
    hvc_checks_free(checks);
    return HVC_RESULT_OK;
}

enum hvc_result balance_make(struct balance *balance)
{
    struct hvc_balance_move move;
    enum hvc_result result = HVC_RESULT_OK;

    hvc_balance_begin(&balance->core);
    while (result == HVC_RESULT_OK && balance->blocker == NULL) {
        balance->end = hvc_balance_next(&balance->core, &move);
        if (balance->end != HVC_BALANCE_MOVE)
            return HVC_RESULT_OK;
        balance->incomplete = hvc_deadline_left(balance->call->deadline_ms) < LEFT_MS ||
                              balance->refused_count == BALANCE_REFUSED_MAX ||
                              balance->move_count == BALANCE_MOVES_MAX || hvc_call_is_cancelled(balance->call);
        if (balance->incomplete)
            return HVC_RESULT_OK;
        result = look_at_move(balance, &move);
    }
    return result;
}

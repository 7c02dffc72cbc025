/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/pacing.h"

/* Shares of the time that is left to steer, in percent. */
#define RAISE_FROM     30 /* the downtime limit is raised from here ... */
#define RAISE_TO       80 /* ... to its highest value here */
#define POST_COPY_FROM 60 /* then post-copy, where it is allowed */

#define NEEDED_PERCENT 120 /* a switch-over needs this much of what remains at the rate measured: rates vary */
#define FORCE_PERCENT  150 /* a forced one is begun while so much time is left */
#define FORCE_LEAST_MS 500 /* and at least this: pausing and switching take time of their own */

static const struct hvc_pacing_decision nothing = {.action = HVC_PACING_NOTHING};

const char *hvc_pacing_action_name(enum hvc_pacing_action action)
{
    switch (action) {
    case HVC_PACING_NOTHING:
        return "nothing";
    case HVC_PACING_SET_DOWNTIME:
        return "set-downtime";
    case HVC_PACING_POST_COPY:
        return "post-copy";
    case HVC_PACING_PAUSE:
        return "pause";
    case HVC_PACING_ABORT:
        return "abort";
    }
    return "invalid";
}

/* value * percent / 100 without overflow. */
static uint64_t share(uint64_t value, uint64_t percent)
{
    return value / 100 * percent + value % 100 * percent / 100;
}

/* Milliseconds to send the rest with the guest standing still; UINT64_MAX when the rate is not known. What remains of a
 * pass does not have in it what the guest has changed since the pass began; from the second one on its size tells. */
static uint64_t time_to_send(const struct hvc_pacing_sample *s)
{
    uint64_t rest = s->iteration >= 2 && s->pass_bytes > s->remaining_bytes ? s->pass_bytes : s->remaining_bytes;

    if (rest == 0)
        return 0;
    if (s->rate_bytes == 0 || rest > UINT64_MAX / 1000)
        return UINT64_MAX;
    return rest * 1000 / s->rate_bytes;
}

/* The downtime that may be asked of the guest at this moment: the start value up to RAISE_FROM, the highest one from
 * RAISE_TO on, straight between them. */
static uint64_t allowed_downtime(const struct hvc_pacing_config *c, uint64_t end_ms, uint64_t elapsed_ms)
{
    uint64_t from = share(end_ms, RAISE_FROM), to = share(end_ms, RAISE_TO);
    uint64_t room;

    if (elapsed_ms <= from || c->downtime_max_ms <= c->downtime_ms)
        return c->downtime_ms;
    if (elapsed_ms >= to)
        return c->downtime_max_ms;
    room = c->downtime_max_ms - c->downtime_ms;
    return c->downtime_ms + share(room, (elapsed_ms - from) * 100 / (to - from));
}

/* The first pass must be over: before that nothing is known about how fast the guest changes its memory. */
static struct hvc_pacing_decision raise_downtime(const struct hvc_pacing_config *c,
                                                 const struct hvc_pacing_state *state,
                                                 const struct hvc_pacing_sample *s, uint64_t end_ms)
{
    uint64_t now = state->downtime_ms > 0 ? state->downtime_ms : c->downtime_ms;
    uint64_t needed = time_to_send(s);
    uint64_t allowed = allowed_downtime(c, end_ms, s->elapsed_ms);
    struct hvc_pacing_decision set = {.action = HVC_PACING_SET_DOWNTIME};

    if (s->iteration < 2)
        return nothing;
    needed = needed == UINT64_MAX ? needed : share(needed, NEEDED_PERCENT);
    set.downtime_ms = needed < allowed ? needed : allowed;
    /* steps of a tenth at least, so that it is not set at every sample; the last one as it is */
    if (set.downtime_ms > now + now / 10)
        return set;
    return set.downtime_ms > now && (set.downtime_ms == needed || allowed == c->downtime_max_ms) ? set : nothing;
}

/* The last moment at which the rest can be sent with the guest standing still. */
static bool must_force(const struct hvc_pacing_sample *s, uint64_t end_ms)
{
    uint64_t needed = time_to_send(s);
    uint64_t lead;

    if (needed >= end_ms)
        return false; /* it would not help: let it copy on while it can */
    lead = share(needed, FORCE_PERCENT) + FORCE_LEAST_MS;
    return lead >= end_ms || s->elapsed_ms >= end_ms - lead;
}

struct hvc_pacing_decision hvc_pacing_decide(const struct hvc_pacing_config *config,
                                             const struct hvc_pacing_state *state,
                                             const struct hvc_pacing_sample *sample)
{
    uint64_t end = config->budget_ms > config->proof_ms ? config->budget_ms - config->proof_ms : 0;

    if (config->budget_ms == 0 || state->aborted || state->post_copied)
        return nothing;
    if (sample->elapsed_ms >= end)
        return (struct hvc_pacing_decision){.action = HVC_PACING_ABORT};
    if (!sample->copying || state->paused)
        return nothing;
    if (config->post_copy && sample->iteration >= 2 && sample->elapsed_ms >= share(end, POST_COPY_FROM))
        return (struct hvc_pacing_decision){.action = HVC_PACING_POST_COPY};
    if (config->force && must_force(sample, end))
        return (struct hvc_pacing_decision){.action = config->post_copy ? HVC_PACING_POST_COPY : HVC_PACING_PAUSE};
    return raise_downtime(config, state, sample, end);
}

void hvc_pacing_note(struct hvc_pacing_state *state, const struct hvc_pacing_decision *decision)
{
    switch (decision->action) {
    case HVC_PACING_NOTHING:
        break;
    case HVC_PACING_SET_DOWNTIME:
        state->downtime_ms = decision->downtime_ms;
        break;
    case HVC_PACING_POST_COPY:
        state->post_copied = true;
        break;
    case HVC_PACING_PAUSE:
        state->paused = true;
        break;
    case HVC_PACING_ABORT:
        state->aborted = true;
        break;
    }
}

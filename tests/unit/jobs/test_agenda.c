/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done for a job, by tables: phase and effect, what works here, what libvirt does -> the next step. */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "agenda_rows.h"

static const struct row rows[] = {
    {"a target is looked for", OF(PLACE, QUEUED), WORKS(PLACE)},
    {"once", OF(PLACE, QUEUED), .work = HVC_JOB_WORK_PLACE, .running = true, WAITS},
    {"one that was found is proposed", OF(PLACE, QUEUED), .work = HVC_JOB_WORK_PLACE, .target_found = 3,
     .step = HVC_AGENDA_PROPOSE, .command = HVC_COMMAND_JOB_TARGET, .runs_on = -1},
    {"none is told", OF(PLACE, QUEUED), .work = HVC_JOB_WORK_PLACE, .found = HVC_REASON_RETRY, REPORTS(QUEUED)},
    {"a guest that cannot move anywhere ends its job", OF(PLACE, QUEUED), .work = HVC_JOB_WORK_PLACE,
     .found = HVC_REASON_GIVE_UP, REPORTS(FAILED)},

    {"checks are run", OF(CHECK, CHECKING), WORKS(CHECK)},
    {"what runs for another phase has to end first", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_PLACE, .running = true,
     WORKS(NONE)},
    {"good checks admit", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_CHECK, REPORTS(ADMITTED)},
    {"what may pass by itself goes back to the queue", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_CHECK,
     .found = HVC_REASON_RETRY, REPORTS(QUEUED)},
    {"what does not fails", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_CHECK, .found = HVC_REASON_OTHER_NODE,
     REPORTS(FAILED)},

    {"an admitted job begins", OF(MIGRATE, ADMITTED), WORKS(BEGIN)},
    {"once", OF(MIGRATE, ADMITTED), .work = HVC_JOB_WORK_BEGIN, .running = true, WAITS},
    {"begun, it is waited for", OF(MIGRATE, ADMITTED), .work = HVC_JOB_WORK_BEGIN, WAITS},
    {"a guest that is gone from the source is looked for", OF(MIGRATE, ADMITTED), .work = HVC_JOB_WORK_BEGIN,
     .found = HVC_REASON_RETRY, .absent = true, REPORTS(COPYING)},
    {"a begin that was refused fails at the source", OF(MIGRATE, ADMITTED), .work = HVC_JOB_WORK_BEGIN,
     .found = HVC_REASON_GIVE_UP, PROVES(FAILED, 1)},
    {"a move that is there is not begun again", OF(MIGRATE, ADMITTED), MOVE(COPYING), REPORTS(COPYING)},
    {"nor one of a former life of the daemon", OF(MIGRATE, ADMITTED), MOVE(WATCHED), REPORTS(COPYING)},
    {"what libvirt does not show yet is not copying", OF(MIGRATE, ADMITTED), MOVE(BEGUN), WAITS},
    {"nor is it begun again", OF(MIGRATE, ADMITTED), .work = HVC_JOB_WORK_BEGIN, MOVE(BEGUN), WAITS},
    {"a cancel ends it", OF(CANCEL, ADMITTED), .cancel = true, MOVE(BEGUN), ENDS},
    {"what was refused before libvirt showed it fails", OF(MIGRATE, ADMITTED), ENDED(STAYED), PROVES(FAILED, 1)},
    {"copying is copying", OF(MIGRATE, COPYING), MOVE(COPYING), WAITS},
    {"switching is told", OF(MIGRATE, COPYING), MOVE(SWITCHING), REPORTS(SWITCHING)},
    {"once", OF(MIGRATE, SWITCHING), MOVE(SWITCHING), WAITS},
    {"an interrupted post-copy is switching", OF(MIGRATE, COPYING), MOVE(INTERRUPTED), REPORTS(SWITCHING)},
    {"and is told", OF(MIGRATE, SWITCHING), MOVE(INTERRUPTED), REPORTS(SWITCHING)},
    {"also when somebody wants it ended", OF(CANCEL, COPYING), .cancel = true, .told = true, MOVE(INTERRUPTED),
     REPORTS(COPYING)},
    {"and when its time is over", OF(VERIFY, VERIFYING), MOVE(INTERRUPTED), REPORTS(VERIFYING)},
    {"and after a loss that was none", OF(RECONCILE, RECONCILING), MOVE(INTERRUPTED), REPORTS(SWITCHING)},
    {"an end goes to its proof", OF(MIGRATE, COPYING), ENDED(MOVED), REPORTS(VERIFYING)},
    {"also from switching", OF(MIGRATE, SWITCHING), ENDED(MOVED), REPORTS(VERIFYING)},
    {"one that was so fast passes copying", OF(MIGRATE, ADMITTED), ENDED(MOVED), REPORTS(COPYING)},
    {"a guest that stayed fails", OF(MIGRATE, COPYING), ENDED(STAYED), PROVES(FAILED, 1)},
    {"a move of which nothing is known is proven", OF(MIGRATE, COPYING), MOVE(NONE), REPORTS(VERIFYING)},

    {"a cancel ends the move", OF(CANCEL, COPYING), .cancel = true, MOVE(COPYING), ENDS},
    {"once", OF(CANCEL, COPYING), .cancel = true, MOVE(COPYING), .told = true, WAITS},
    {"not one of somebody else's", OF(CANCEL, COPYING), .cancel = true, MOVE(COPYING), .foreign = true, WAITS},
    {"a cancelled move that stayed is cancelled", OF(CANCEL, COPYING), .cancel = true, ENDED(STAYED),
     PROVES(CANCELLED, 1)},
    {"one that was too late is proven", OF(CANCEL, COPYING), .cancel = true, ENDED(MOVED), REPORTS(VERIFYING)},
    {"and completes", OF(VERIFY, VERIFYING), .cancel = true, ENDED(MOVED), PROVES(COMPLETED, 2)},
    {"a cancel waits for what is just beginning", OF(CANCEL, ADMITTED), .cancel = true, .work = HVC_JOB_WORK_BEGIN,
     .running = true, WAITS},
    {"a cancel before the move goes by its proof", OF(CANCEL, ADMITTED), .cancel = true, MOVE(NONE), REPORTS(COPYING)},
    {"and on", OF(CANCEL, COPYING), .cancel = true, MOVE(NONE), REPORTS(VERIFYING)},
    {"to the proof", OF(VERIFY, VERIFYING), .cancel = true, MOVE(NONE), WORKS(PROVE)},
    {"and is cancelled", OF(VERIFY, VERIFYING), .cancel = true, ENDED(STAYED), PROVES(CANCELLED, 1)},

    {"a guest that is nowhere fails", OF(VERIFY, VERIFYING), ENDED(GONE), PROVES(FAILED, 0)},
    {"what nobody may decide needs an operator", OF(VERIFY, VERIFYING), ENDED(UNCLEAR), REPORTS(NEEDS_OPERATOR)},
    {"what is not proven is proven again", OF(VERIFY, VERIFYING), ENDED(NONE), WORKS(PROVE)},
    {"a proof under way is waited for", OF(VERIFY, VERIFYING), MOVE(WATCHED), WAITS},

    {"reconciling looks", OF(RECONCILE, RECONCILING), WORKS(PROVE)},
    {"what libvirt still does goes on", OF(RECONCILE, RECONCILING), MOVE(COPYING), REPORTS(COPYING)},
    {"also when it switches", OF(RECONCILE, RECONCILING), MOVE(SWITCHING), REPORTS(SWITCHING)},
    {"what is not known yet waits", OF(RECONCILE, RECONCILING), MOVE(WATCHED), WAITS},
    {"what has moved is completed", OF(RECONCILE, RECONCILING), ENDED(MOVED), PROVES(COMPLETED, 2)},
    {"what has stayed failed", OF(RECONCILE, RECONCILING), .switched = true, ENDED(STAYED), PROVES(FAILED, 1)},
    {"what had not begun waits for it again", OF(RECONCILE, RECONCILING), ENDED(STAYED), PROVES(QUEUED, 1)},
    {"not for ever", OF(RECONCILE, RECONCILING), .attempts = 5, ENDED(STAYED), PROVES(FAILED, 1)},
    {"not when nobody wants it", OF(RECONCILE, RECONCILING), .cancel = true, ENDED(STAYED), PROVES(CANCELLED, 1)},
    {"not when Pacemaker waits for it", OF(RECONCILE, RECONCILING), .origin = HVC_ORIGIN_PACEMAKER, ENDED(STAYED),
     PROVES(FAILED, 1)},
    {"not when it was run again to find out", OF(RECONCILE, RECONCILING), .kind = HVC_KIND_QUICK, ENDED(STAYED),
     PROVES(FAILED, 1)},
};

/* Of a guest that Pacemaker manages: what is different. */
static const struct row held_rows[] = {
    {"good checks are the gate, and the hold comes next", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_CHECK,
     REPORTS(ADMITTED), GOES(HOLD)},
    {"what was admitted without a step takes it first", OF(MIGRATE, ADMITTED), REPORTS(ADMITTED), GOES(HOLD)},
    {"a hold is BEGIN's", OF(MIGRATE, ADMITTED), AT(HOLD), WORKS(BEGIN)},
    {"what was being undone is not begun again", OF(MIGRATE, ADMITTED), AT(RELEASE), REPORTS(COPYING), GOES(COPY)},
    {"a copy", OF(MIGRATE, ADMITTED), AT(HOLD), MOVE(COPYING), REPORTS(COPYING), GOES(COPY)},
    {"is one only while its hold stands", OF(MIGRATE, COPYING), AT(COPY), MOVE(COPYING), WORKS(WATCH)},
    {"which is looked at in turn", OF(MIGRATE, COPYING), AT(COPY), MOVE(COPYING), .work = HVC_JOB_WORK_WATCH, WAITS},
    {"and of a Pacemaker that is silent it is not known", OF(MIGRATE, COPYING), AT(COPY), MOVE(COPYING),
     .work = HVC_JOB_WORK_WATCH, .found = HVC_REASON_RETRY, WAITS},
    {"it ends without", OF(MIGRATE, COPYING), AT(COPY), MOVE(COPYING), .work = HVC_JOB_WORK_WATCH,
     .found = HVC_REASON_GIVE_UP, ENDS},
    {"once", OF(MIGRATE, COPYING), AT(COPY), MOVE(COPYING), .work = HVC_JOB_WORK_WATCH, .found = HVC_REASON_GIVE_UP,
     .told = true, WAITS},
    {"unless somebody else began it", OF(MIGRATE, COPYING), AT(COPY), MOVE(COPYING), .work = HVC_JOB_WORK_WATCH,
     .found = HVC_REASON_GIVE_UP, .foreign = true, WAITS},
    {"is one while it switches", OF(MIGRATE, COPYING), AT(COPY), MOVE(SWITCHING), REPORTS(SWITCHING), GOES(COPY)},
    {"and then it is proven", OF(MIGRATE, COPYING), AT(COPY), ENDED(MOVED), REPORTS(VERIFYING), GOES(PROVE)},
    {"nothing is handed back before the state has the new place", OF(VERIFY, VERIFYING), AT(PROVE), ENDED(MOVED),
     PROVES(VERIFYING, 2), GOES(HAND_BACK)},
    {"then it is", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED), WORKS(HAND_BACK)},
    {"once", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED), .work = HVC_JOB_WORK_HAND_BACK, .running = true,
     WAITS},
    {"after its proof", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED), .work = HVC_JOB_WORK_PROVE,
     WORKS(HAND_BACK)},
    {"and settled when Pacemaker knows", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED),
     .work = HVC_JOB_WORK_HAND_BACK, REPORTS(VERIFYING), GOES(SETTLE)},
    {"which is work, too", OF(VERIFY, VERIFYING), AT(SETTLE), ENDED(MOVED), .work = HVC_JOB_WORK_HAND_BACK,
     WORKS(SETTLE)},
    {"and complete after that", OF(VERIFY, VERIFYING), AT(SETTLE), ENDED(MOVED), .work = HVC_JOB_WORK_SETTLE,
     PROVES(COMPLETED, 2), GOES(SETTLE)},
    {"another daemon goes on where the step is", OF(VERIFY, VERIFYING), AT(SETTLE), MOVE(NONE), WORKS(PROVE)},
    {"it is told again later", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED), .work = HVC_JOB_WORK_HAND_BACK,
     .found = HVC_REASON_RETRY, WAITS},
    {"a target that was forbidden meanwhile is asked for once more", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED),
     .work = HVC_JOB_WORK_HAND_BACK, .found = HVC_REASON_OTHER_NODE, WAITS},
    {"what has stayed is to be released", OF(MIGRATE, COPYING), AT(COPY), ENDED(STAYED), PROVES(COPYING, 1),
     GOES(RELEASE)},
    {"and is", OF(MIGRATE, COPYING), AT(RELEASE), ENDED(STAYED), WORKS(RELEASE)},
    {"and has failed then", OF(MIGRATE, COPYING), AT(RELEASE), ENDED(STAYED), .work = HVC_JOB_WORK_RELEASE,
     PROVES(FAILED, 1), GOES(RELEASE)},
    {"a cancelled one, too", OF(CANCEL, COPYING), AT(RELEASE), .cancel = true, ENDED(STAYED), WORKS(RELEASE)},
    {"and is cancelled then", OF(CANCEL, COPYING), AT(RELEASE), .cancel = true, ENDED(STAYED),
     .work = HVC_JOB_WORK_RELEASE, PROVES(CANCELLED, 1)},
    {"a guest that is nowhere is to be Pacemaker's", OF(VERIFY, VERIFYING), AT(PROVE), ENDED(GONE),
     PROVES(VERIFYING, 0), GOES(RELEASE)},
    {"and is", OF(VERIFY, VERIFYING), AT(RELEASE), ENDED(GONE), WORKS(RELEASE)},
    {"and has failed then", OF(VERIFY, VERIFYING), AT(RELEASE), ENDED(GONE), .work = HVC_JOB_WORK_RELEASE,
     PROVES(FAILED, 0)},
    {"what nobody may decide stays held", OF(VERIFY, VERIFYING), AT(PROVE), ENDED(UNCLEAR), REPORTS(NEEDS_OPERATOR),
     GOES(PROVE)},
    {"what was lost and has moved is handed back", OF(RECONCILE, RECONCILING), AT(COPY), ENDED(MOVED),
     PROVES(RECONCILING, 2), GOES(HAND_BACK)},
    {"by anybody", OF(RECONCILE, RECONCILING), AT(HAND_BACK), ENDED(MOVED), WORKS(HAND_BACK)},
    {"what was lost and had not begun is released", OF(RECONCILE, RECONCILING), AT(HOLD), ENDED(STAYED),
     PROVES(RECONCILING, 1), GOES(RELEASE)},
    {"then it is queued again", OF(RECONCILE, RECONCILING), AT(RELEASE), ENDED(STAYED), .work = HVC_JOB_WORK_RELEASE,
     PROVES(QUEUED, 1)},
    {"not before", OF(RECONCILE, RECONCILING), AT(RELEASE), ENDED(STAYED), .work = HVC_JOB_WORK_RELEASE,
     .found = HVC_REASON_RETRY, WAITS},
};

static void check_rows(const struct row *list, size_t count, const char *resource)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &list[i];
        struct hvc_agenda_effect effect = effect_of(row);
        struct hvc_agenda_action action;
        bool waits = row->step == HVC_AGENDA_WORK && row->begin == NONE;

        memcpy(effect.resource, resource, strlen(resource) + 1);
        decide(row, &effect, &action);
        if (action.step != (waits ? HVC_AGENDA_WAIT : row->step))
            fail_msg("row %zu: %s: step %u", i, row->name, action.step);
        if (action.step == HVC_AGENDA_WORK && action.work != row->begin)
            fail_msg("row %zu: %s: work %s", i, row->name, hvc_agenda_work_name(action.work));
        if (action.step != HVC_AGENDA_PROPOSE)
            continue;
        if (action.command.kind != row->command)
            fail_msg("row %zu: %s: proposes %s", i, row->name, hvc_command_name(action.command.kind));
        if (row->command == HVC_COMMAND_JOB_TARGET) {
            assert_int_equal(action.command.job_target.target, 3);
            continue;
        }
        if (action.command.report.to != row->to || action.command.report.from != row->phase)
            fail_msg("row %zu: %s: reports %s", i, row->name, hvc_job_phase_name(action.command.report.to));
        if (action.command.report.step != (row->goes != HVC_STEP_NONE ? row->goes : row->at))
            fail_msg("row %zu: %s: step %s", i, row->name, hvc_step_name(action.command.report.step));
        if (action.command.report.located != (row->runs_on >= 0) ||
            (row->runs_on >= 0 && action.command.report.runs_on != (uint32_t)row->runs_on))
            fail_msg("row %zu: %s: located %d at %u", i, row->name, action.command.report.located,
                     action.command.report.runs_on);
    }
}

static void each_state_of_a_job_has_its_next_step(void **state)
{
    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(rows[0]), "");
}

/* The table of moves keeps the last ended ones only. */
static void a_begun_move_of_which_nothing_is_known_is_begun_again(void **state)
{
    static const struct row row = {"", OF(MIGRATE, ADMITTED), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_NONE};
    const struct hvc_agenda_finding finding = {.work = HVC_JOB_WORK_BEGIN,
                                               .phase = HVC_JOB_ADMITTED,
                                               .attempts = effect.job.attempts,
                                               .tries = 1,
                                               .ended_ms = NOW};
    struct hvc_agenda_input input = {.effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW};
    struct hvc_agenda_action action;

    (void)state;
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.step, HVC_AGENDA_WAIT);
    input.now_ms = action.until_ms;
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.step, HVC_AGENDA_WORK);
    assert_int_equal(action.work, HVC_JOB_WORK_BEGIN);
}

static void an_interruption_and_its_end_are_told_once_each(void **state)
{
    static const struct row row = {"", OF(MIGRATE, SWITCHING), WAITS};
    static const struct {
        uint8_t stage;
        const char *told, *says; /* says NULL: it waits */
    } cases[] = {
        {HVC_STAGE_INTERRUPTED, "", "post-copy is interrupted: the guest stands still until the network is back"},
        {HVC_STAGE_INTERRUPTED, "post-copy is interrupted: the guest stands still until the network is back", NULL},
        {HVC_STAGE_SWITCHING, "post-copy is interrupted: the guest stands still until the network is back",
         "post-copy goes on"},
        {HVC_STAGE_SWITCHING, "post-copy goes on", NULL},
        {HVC_STAGE_INTERRUPTED, "post-copy goes on",
         "post-copy is interrupted: the guest stands still until the network is back"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_agenda_effect effect = effect_of(&row);
        const struct hvc_agenda_move move = {.stage = cases[i].stage};
        const struct hvc_agenda_finding finding = {0};
        const struct hvc_agenda_input input = {.effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW};
        struct hvc_agenda_action action;

        if (cases[i].told[0] != '\0')
            (void)snprintf(effect.job.reasons[effect.job.reason_count++].text, HVC_REASON_TEXT_MAX, "%s",
                           cases[i].told);
        hvc_agenda_decide(&input, &action);
        assert_int_equal(action.step, cases[i].says == NULL ? HVC_AGENDA_WAIT : HVC_AGENDA_PROPOSE);
        if (cases[i].says != NULL)
            assert_string_equal(action.command.report.text, cases[i].says);
    }
}

static void of_a_guest_of_pacemakers_the_end_is_told_to_it_first(void **state)
{
    (void)state;
    check_rows(held_rows, sizeof(held_rows) / sizeof(held_rows[0]), "web");
}

static void a_pacemaker_that_never_listens_does_not_hold_up_the_end_for_ever(void **state)
{
    const struct row row = {"", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_ENDED, .proof = HVC_PROOF_MOVED};
    struct hvc_agenda_finding finding = {.work = HVC_JOB_WORK_HAND_BACK,
                                         .phase = HVC_JOB_VERIFYING,
                                         .code = HVC_REASON_RETRY,
                                         .text = "Pacemaker's words"};
    const struct hvc_agenda_input input = {
        .effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW + 3600000};
    struct hvc_agenda_action action;

    (void)state;
    memcpy(effect.resource, "web", 4);
    do {
        finding.tries++;
        assert_true(finding.tries < 10);
        hvc_agenda_decide(&input, &action);
    } while (action.step == HVC_AGENDA_WORK && action.work == HVC_JOB_WORK_HAND_BACK);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_COMPLETED);
    assert_string_equal(action.command.report.text, "Pacemaker's words");
}

/* Its hold may stand still, and is of the name of the next one. */
static void what_pacemaker_does_not_know_released_is_not_queued_again(void **state)
{
    const struct row row = {"", OF(RECONCILE, RECONCILING), AT(RELEASE), ENDED(STAYED), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_ENDED, .proof = HVC_PROOF_STAYED};
    const struct hvc_agenda_finding finding = {.work = HVC_JOB_WORK_RELEASE,
                                               .phase = HVC_JOB_RECONCILING,
                                               .code = HVC_REASON_RETRY,
                                               .tries = 5,
                                               .text = "Pacemaker's words"};
    const struct hvc_agenda_input input = {
        .effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW, .version = HVC_COMMAND_VERSION};
    struct hvc_agenda_action action;

    (void)state;
    memcpy(effect.resource, "web", 4);
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
}

static void a_target_that_is_forbidden_by_now_ends_the_job_where_the_guest_is(void **state)
{
    const struct row row = {"", OF(VERIFY, VERIFYING), AT(HAND_BACK), ENDED(MOVED), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_ENDED, .proof = HVC_PROOF_MOVED};
    const struct hvc_agenda_finding finding = {.work = HVC_JOB_WORK_HAND_BACK,
                                               .phase = HVC_JOB_VERIFYING,
                                               .code = HVC_REASON_OTHER_NODE,
                                               .tries = 2,
                                               .text = "not there"};
    const struct hvc_agenda_input input = {.effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW};
    struct hvc_agenda_action action;

    (void)state;
    memcpy(effect.resource, "web", 4);
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
    assert_true(action.command.report.located);
    assert_int_equal(action.command.report.runs_on, effect.job.target);
    assert_string_equal(action.command.report.text, "not there");
}

static void the_networks_that_the_checks_found_come_with_the_admission(void **state)
{
    const struct row row = {"", OF(CHECK, CHECKING), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_NONE};
    const struct hvc_agenda_finding finding = {
        .work = HVC_JOB_WORK_CHECK, .phase = HVC_JOB_CHECKING, .way_count = 2, .ways = {4, 7}};
    const struct hvc_agenda_input input = {.effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW};
    struct hvc_agenda_action action;

    (void)state;
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.command.report.to, HVC_JOB_ADMITTED);
    assert_int_equal(action.command.report.way_count, 2);
    assert_int_equal(action.command.report.ways[0], 4);
    assert_int_equal(action.command.report.ways[1], 7);
}

/* The network of a move that copies is told when there are limits and the state has another one. */
static void a_move_over_another_network_than_it_was_given_tells_it(void **state)
{
    static const struct {
        bool limits;
        uint32_t given, taken;
        uint8_t kind, stage;
        bool tells;
    } cases[] = {
        {true, 4, 7, HVC_KIND_LIVE, HVC_STAGE_COPYING, true},
        {true, 0, 7, HVC_KIND_LIVE, HVC_STAGE_COPYING, true}, /* begun before there was a limit */
        {true, 7, 7, HVC_KIND_LIVE, HVC_STAGE_COPYING, false},
        {true, 4, 0, HVC_KIND_LIVE, HVC_STAGE_COPYING, false}, /* not known */
        {false, 4, 7, HVC_KIND_LIVE, HVC_STAGE_COPYING, false},
        {true, 4, 7, HVC_KIND_RESTART, HVC_STAGE_COPYING, false}, /* sends no memory */
        {true, 4, 7, HVC_KIND_LIVE, HVC_STAGE_SWITCHING, false},  /* that is told first, and over in a moment */
    };
    const struct row row = {"", OF(MIGRATE, COPYING), WAITS};
    const struct hvc_agenda_finding finding = {.work = NONE};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hvc_agenda_effect effect = effect_of(&row);
        const struct hvc_agenda_move move = {.stage = cases[i].stage, .network = cases[i].taken};
        const struct hvc_agenda_input input = {.effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW};
        struct hvc_agenda_action action;
        bool told;

        effect.limits_networks = cases[i].limits;
        effect.job.network = cases[i].given;
        effect.job.kind = cases[i].kind;
        hvc_agenda_decide(&input, &action);
        told = action.step == HVC_AGENDA_PROPOSE && action.command.report.way_count == 1;
        if (told != cases[i].tells)
            fail_msg("case %zu", i);
        if (told && (action.command.report.to != HVC_JOB_COPYING || action.command.report.ways[0] != cases[i].taken))
            fail_msg("case %zu: tells something else", i);
    }
}

static void only_moves_of_ours_of_guests_of_pacemakers_are_held(void **state)
{
    const struct row row = {"", OF(MIGRATE, ADMITTED), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);

    (void)state;
    assert_false(hvc_agenda_is_held(&effect));
    memcpy(effect.resource, "web", 4);
    assert_true(hvc_agenda_is_held(&effect));
    effect.job.origin = HVC_ORIGIN_DRAIN;
    assert_true(hvc_agenda_is_held(&effect));
    effect.job.origin = HVC_ORIGIN_PACEMAKER;
    assert_false(hvc_agenda_is_held(&effect));
    effect.job.origin = HVC_ORIGIN_OPERATOR;
    effect.job.kind = HVC_KIND_STORAGE;
    assert_false(hvc_agenda_is_held(&effect));
    effect.job.kind = HVC_KIND_RESTART;
    assert_true(hvc_agenda_is_held(&effect));
    effect.job.options.flags = HVC_OPTION_CHECK_ONLY;
    assert_false(hvc_agenda_is_held(&effect));
}

static void every_report_is_one_that_the_table_of_phases_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].step == HVC_AGENDA_PROPOSE && rows[i].command == HVC_COMMAND_JOB_REPORT &&
            rows[i].to != rows[i].phase && !hvc_job_phase_may_follow(rows[i].phase, rows[i].to))
            fail_msg("row %zu: %s", i, rows[i].name);
    }
}

static void tries_come_to_an_end_and_wait_longer_each_time(void **state)
{
    struct row row = {"", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_CHECK, .found = HVC_REASON_RETRY, WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    struct hvc_agenda_action action;
    struct hvc_agenda_finding finding = {
        .work = HVC_JOB_WORK_CHECK, .phase = HVC_JOB_CHECKING, .code = HVC_REASON_RETRY};
    const struct hvc_agenda_move move = {0};
    const struct hvc_agenda_input input = {.effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW};
    unsigned tries = 0;

    (void)state;
    do {
        effect.job.attempts = finding.attempts = (uint8_t)tries++;
        hvc_agenda_decide(&input, &action);
        assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
        if (action.command.report.to == HVC_JOB_QUEUED)
            assert_true(action.command.report.not_before_ms > NOW);
    } while (action.command.report.to == HVC_JOB_QUEUED && tries < 100);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
    assert_true(tries < 20);
    for (unsigned n = 1; n < 40; n++) {
        for (uint32_t jitter = 0; jitter < 100000; jitter += 7777) {
            assert_true(hvc_agenda_backoff_ms(n, jitter) >= 500);
            assert_true(hvc_agenda_backoff_ms(n, jitter) <= 60000);
        }
    }
    assert_true(hvc_agenda_backoff_ms(5, 0) > hvc_agenda_backoff_ms(2, 999999));
}

static void a_deadline_ends_what_has_not_begun(void **state)
{
    struct hvc_job job = {.id = 9, .phase = HVC_JOB_QUEUED, .options = {.deadline_ms = NOW}};
    struct hvc_command command;

    (void)state;
    assert_false(hvc_agenda_expired(&job, true, 0, NOW - 1, &command));
    assert_true(hvc_agenda_expired(&job, true, 0, NOW, &command));
    assert_int_equal(command.report.to, HVC_JOB_FAILED);
    assert_int_equal(command.report.code, HVC_REASON_DEADLINE);
    job.phase = HVC_JOB_COPYING; /* the move has the deadline itself */
    assert_false(hvc_agenda_expired(&job, true, 0, NOW + 1, &command));
    job.phase = HVC_JOB_QUEUED;
    job.options.deadline_ms = 0;
    assert_false(hvc_agenda_expired(&job, true, 0, UINT64_MAX, &command));
}

static void a_deadline_comes_from_the_job_the_setting_or_the_size(void **state)
{
    struct hvc_agenda_effect effect = {0};

    (void)state;
    effect.job.options.deadline_ms = 5;
    assert_int_equal(hvc_agenda_deadline_ms(&effect.job, effect.setting[HVC_SETTING_DEADLINE_S], NOW), 5);
    effect.job.options.deadline_ms = 0;
    effect.setting[HVC_SETTING_DEADLINE_S] = 30;
    assert_int_equal(hvc_agenda_deadline_ms(&effect.job, effect.setting[HVC_SETTING_DEADLINE_S], NOW), NOW + 30000);
    effect.setting[HVC_SETTING_DEADLINE_S] = 0;
    assert_int_equal(hvc_agenda_deadline_ms(&effect.job, effect.setting[HVC_SETTING_DEADLINE_S], NOW), NOW + 600000);
    effect.job.memory_kib = 1024 * 1024;
    assert_true(hvc_agenda_deadline_ms(&effect.job, effect.setting[HVC_SETTING_DEADLINE_S], NOW) > NOW + 600000);
}

static void errors_tell_what_may_help(void **state)
{
    static const struct {
        int error;
        enum hvc_reason_code code;
    } cases[] = {
        {-EBUSY, HVC_REASON_RETRY},        {-ENOTCONN, HVC_REASON_OTHER_NODE},  {-EACCES, HVC_REASON_OTHER_NODE},
        {-EOPNOTSUPP, HVC_REASON_GIVE_UP}, {-EIO, HVC_REASON_GIVE_UP},          {-ECANCELED, HVC_REASON_CANCELLED},
        {-ETIMEDOUT, HVC_REASON_DEADLINE}, {-ENOENT, HVC_REASON_GUEST_STOPPED}, {-EPERM, HVC_REASON_GIVE_UP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(hvc_agenda_reason(cases[i].error), cases[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_of_a_job_has_its_next_step),
        cmocka_unit_test(a_begun_move_of_which_nothing_is_known_is_begun_again),
        cmocka_unit_test(an_interruption_and_its_end_are_told_once_each),
        cmocka_unit_test(of_a_guest_of_pacemakers_the_end_is_told_to_it_first),
        cmocka_unit_test(a_pacemaker_that_never_listens_does_not_hold_up_the_end_for_ever),
        cmocka_unit_test(what_pacemaker_does_not_know_released_is_not_queued_again),
        cmocka_unit_test(a_target_that_is_forbidden_by_now_ends_the_job_where_the_guest_is),
        cmocka_unit_test(the_networks_that_the_checks_found_come_with_the_admission),
        cmocka_unit_test(a_move_over_another_network_than_it_was_given_tells_it),
        cmocka_unit_test(only_moves_of_ours_of_guests_of_pacemakers_are_held),
        cmocka_unit_test(every_report_is_one_that_the_table_of_phases_allows),
        cmocka_unit_test(tries_come_to_an_end_and_wait_longer_each_time),
        cmocka_unit_test(a_deadline_ends_what_has_not_begun),
        cmocka_unit_test(a_deadline_comes_from_the_job_the_setting_or_the_size),
        cmocka_unit_test(errors_tell_what_may_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

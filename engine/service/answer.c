/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/answer.h"

#include "hvc/job.h"
#include "hvc/settings.h"
#include "hvc/text.h"

/* What follows the sentence. */
enum tail { NOTHING, VALUE, PHASE, FIELD };

static const struct {
    const char *name;
    const char *text;
    enum tail tail;
} answers[HVC_ANSWER_CODE_COUNT] = {
    [HVC_ANSWER_OK] = {"ok", "done", NOTHING},
    [HVC_ANSWER_UNCHANGED] = {"unchanged", "it was so already", NOTHING},
    [HVC_ANSWER_MALFORMED] = {"malformed", "the command cannot be read", NOTHING},
    [HVC_ANSWER_INVALID] = {"invalid", "not a valid value: ", FIELD},
    [HVC_ANSWER_NO_NODE] = {"no-node", "no node has the id ", VALUE},
    [HVC_ANSWER_NO_GUEST] = {"no-guest", "no such guest", NOTHING},
    [HVC_ANSWER_NO_JOB] = {"no-job", "no job has the number ", VALUE},
    [HVC_ANSWER_NO_NETWORK] = {"no-network", "no migration network has the number ", VALUE},
    [HVC_ANSWER_NO_DRAIN] = {"no-drain", "no drain has the number ", VALUE},
    [HVC_ANSWER_NO_DOCUMENT] = {"no-document", "the document has not come whole, next wanted byte: ", VALUE},
    [HVC_ANSWER_EXISTS] = {"exists", "it exists already", NOTHING},
    [HVC_ANSWER_NAME_TAKEN] = {"name-taken", "another one has this name", NOTHING},
    [HVC_ANSWER_OVERLAP] = {"overlap", "the subnet overlaps migration network ", VALUE},
    [HVC_ANSWER_BUSY] = {"busy", "the guest has an unfinished job: ", VALUE},
    [HVC_ANSWER_DRAINING] = {"draining", "the node has an unfinished drain: ", VALUE},
    [HVC_ANSWER_STALE] = {"stale", "the state has gone on meanwhile", NOTHING},
    [HVC_ANSWER_ENDED] = {"ended", "it has ended already: ", PHASE},
    [HVC_ANSWER_TOO_LATE] = {"too-late", "it cannot be cancelled any more: ", PHASE},
    [HVC_ANSWER_NOT_ALLOWED] = {"not-allowed", "not allowed in this phase: ", PHASE},
    [HVC_ANSWER_NOT_PROVEN] = {"not-proven", "an end needs the proof of where the guest is", NOTHING},
    [HVC_ANSWER_NOT_YOURS] = {"not-yours", "this node has no part in the job", NOTHING},
    [HVC_ANSWER_NOT_THERE] = {"not-there", "the guest is not on that node; it is on the node with the id ", VALUE},
    [HVC_ANSWER_SAME_NODE] = {"same-node", "it is there already, on the node with the id ", VALUE},
    [HVC_ANSWER_NOT_RUNNING] = {"not-running", "this kind of move does not fit the guest's state", NOTHING},
    [HVC_ANSWER_DISABLED] = {"disabled", "the migration service is stopped and accepts no moves: start it first",
                             NOTHING},
    [HVC_ANSWER_CLOSED] = {"closed", "a node that is in maintenance or accepts no moves has a part in it, id ", VALUE},
    [HVC_ANSWER_NOT_ENABLED] = {"not-enabled", "live migration is not enabled on the node with the id ", VALUE},
    [HVC_ANSWER_AWAY] = {"away", "a node that is not a member of the cluster now has a part in it, id ", VALUE},
    [HVC_ANSWER_IN_USE] = {"in-use", "jobs, guests or drains still name it", NOTHING},
    [HVC_ANSWER_MEMBER] = {"member", "the node is a member of the cluster now, id ", VALUE},
    [HVC_ANSWER_FULL] = {"full", "no room for more: ", FIELD},
};

static const char *const fields[HVC_FIELD_COUNT] = {
    [HVC_FIELD_NONE] = "the command",
    [HVC_FIELD_SETTING] = "setting ",
    [HVC_FIELD_ENABLED_DEFAULT] = "EnabledDefault, one of 2, 3, 5, 6, 7, 9",
    [HVC_FIELD_OWNER_NAME] = "PrimaryOwnerName, at most 64 characters",
    [HVC_FIELD_OWNER_CONTACT] = "PrimaryOwnerContact, at most 256 characters",
    [HVC_FIELD_STATE] = "the requested state, one of 2 Enabled, 3 Disabled, 9 Quiesce",
    [HVC_FIELD_SUBNET] = "the subnet: a network address without host bits and a prefix that fits it",
    [HVC_FIELD_NODE] = "the node",
    [HVC_FIELD_MEMBERS] = "the members: each once, in order of id",
    [HVC_FIELD_DOCUMENT] = "the part of the document",
    [HVC_FIELD_UUID] = "the UUID",
    [HVC_FIELD_TARGET] = "the target",
    [HVC_FIELD_KIND] = "the kind of the job",
    [HVC_FIELD_OPTIONS] = "the options contradict each other",
    [HVC_FIELD_RUNS_ON] = "the node on which the guest runs: the source, the target or none",
    [HVC_FIELD_NODES] = "nodes",
    [HVC_FIELD_GUESTS] = "guests",
    [HVC_FIELD_NETWORKS] = "migration networks",
    [HVC_FIELD_DRAINS] = "drains",
    [HVC_FIELD_DOCUMENTS] = "documents",
};

const char *hvc_answer_name(unsigned code)
{
    return code < HVC_ANSWER_CODE_COUNT ? answers[code].name : "invalid-code";
}

int32_t hvc_answer_pack(const struct hvc_answer *answer)
{
    return (int32_t)((uint32_t)answer->detail << 16 | answer->code);
}

struct hvc_answer hvc_answer_unpack(int32_t packed, uint64_t value)
{
    return (struct hvc_answer){.code = (uint16_t)((uint32_t)packed & 0xffff),
                               .detail = (uint16_t)((uint32_t)packed >> 16),
                               .value = value,
                               .repeated = true};
}

void hvc_answer_text(const struct hvc_answer *answer, char *text, size_t size)
{
    unsigned code = answer->code < HVC_ANSWER_CODE_COUNT ? answer->code : HVC_ANSWER_MALFORMED;
    unsigned field = answer->detail < HVC_FIELD_COUNT ? answer->detail : HVC_FIELD_NONE;
    const struct hvc_setting_info *setting = hvc_setting_info((unsigned)answer->value);
    size_t used = 0;

    text[0] = '\0';
    (void)hvc_text_append(text, size, &used, "%s", answers[code].text);
    switch (answers[code].tail) {
    case VALUE:
        (void)hvc_text_append(text, size, &used, "%llu", (unsigned long long)answer->value);
        break;
    case PHASE:
        (void)hvc_text_append(text, size, &used, "%s", hvc_job_phase_name(answer->detail));
        break;
    case FIELD:
        (void)hvc_text_append(text, size, &used, "%s", fields[field]);
        if (field == HVC_FIELD_SETTING && setting != NULL)
            (void)hvc_text_append(text, size, &used, "%s, from %llu to %llu%s", setting->name,
                                  (unsigned long long)setting->min, (unsigned long long)setting->max,
                                  setting->per_node ? "" : ", of the cluster only");
        break;
    case NOTHING:
        break;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command was answered: a code, numbers, and a text made of them. Pure. */
#ifndef HVC_ANSWER_H
#define HVC_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are kept in snapshots: new ones go to the end. */
enum hvc_answer_code {
    HVC_ANSWER_OK,
    HVC_ANSWER_UNCHANGED, /* it was so already: as good as OK */
    HVC_ANSWER_MALFORMED, /* could not be read */
    HVC_ANSWER_INVALID,   /* detail: enum hvc_answer_field */
    HVC_ANSWER_NO_NODE,   /* value: id */
    HVC_ANSWER_NO_GUEST,
    HVC_ANSWER_NO_JOB,      /* value */
    HVC_ANSWER_NO_NETWORK,  /* value */
    HVC_ANSWER_NO_DRAIN,    /* value */
    HVC_ANSWER_NO_DOCUMENT, /* not received whole; value: the byte that is wanted next */
    HVC_ANSWER_EXISTS,      /* a guest of that UUID, a network of that subnet */
    HVC_ANSWER_NAME_TAKEN,
    HVC_ANSWER_OVERLAP,     /* value: id of the network */
    HVC_ANSWER_BUSY,        /* value: unfinished job of the guest */
    HVC_ANSWER_DRAINING,    /* value: unfinished drain of the node */
    HVC_ANSWER_STALE,       /* the state has gone on; detail: the phase, value: the version it is in now */
    HVC_ANSWER_ENDED,       /* the job or drain has ended; detail: how */
    HVC_ANSWER_TOO_LATE,    /* cannot be cancelled any more; detail: phase */
    HVC_ANSWER_NOT_ALLOWED, /* this phase cannot follow; detail: phase it is in */
    HVC_ANSWER_NOT_PROVEN,  /* an end of a started job without proof where the guest is */
    HVC_ANSWER_NOT_YOURS,   /* the reporting node has no part in the job */
    HVC_ANSWER_NOT_THERE,   /* the guest is not where the request says; value: node where it is */
    HVC_ANSWER_SAME_NODE,   /* it runs there already; value: node */
    HVC_ANSWER_NOT_RUNNING, /* a guest that is off cannot move live; or one that runs is not off */
    HVC_ANSWER_DISABLED,    /* the service accepts no new moves */
    HVC_ANSWER_CLOSED,      /* value: node that accepts no moves or is in maintenance */
    HVC_ANSWER_NOT_ENABLED, /* value: node without live migration */
    HVC_ANSWER_AWAY,        /* value: node that is not a member */
    HVC_ANSWER_IN_USE,      /* of a node that jobs or guests name, a network ... */
    HVC_ANSWER_MEMBER,      /* value: a member cannot be removed or be fenced */
    HVC_ANSWER_FULL,        /* detail: enum hvc_answer_field */
    HVC_ANSWER_CODE_COUNT
};

/* Which part of a command, or which table. */
enum hvc_answer_field {
    HVC_FIELD_NONE,
    HVC_FIELD_SETTING, /* value: enum hvc_setting */
    HVC_FIELD_ENABLED_DEFAULT,
    HVC_FIELD_OWNER_NAME,
    HVC_FIELD_OWNER_CONTACT,
    HVC_FIELD_STATE,
    HVC_FIELD_SUBNET,
    HVC_FIELD_NODE,
    HVC_FIELD_MEMBERS,
    HVC_FIELD_DOCUMENT,
    HVC_FIELD_UUID,
    HVC_FIELD_TARGET,
    HVC_FIELD_KIND,
    HVC_FIELD_OPTIONS,
    HVC_FIELD_RUNS_ON,
    HVC_FIELD_NODES,
    HVC_FIELD_GUESTS,
    HVC_FIELD_NETWORKS,
    HVC_FIELD_DRAINS,
    HVC_FIELD_DOCUMENTS,
    HVC_FIELD_COUNT
};

struct hvc_answer {
    uint16_t code;   /* enum hvc_answer_code */
    uint16_t detail; /* see the code */
    uint64_t value;  /* see the code; of OK: id of what was made (job, drain, first network), else 0 */
    bool repeated;   /* from the log's table of tokens: nothing was done now. Never set by the service */
};

const char *hvc_answer_name(unsigned code); /* "busy"; "invalid-code" outside the enum */

/* True for OK and UNCHANGED. */
static inline bool hvc_answer_is_good(const struct hvc_answer *answer)
{
    return answer->code == 0 || answer->code == 1;
}

/* The answer as the log's table of tokens keeps it: code and detail in one number, beside the value. A code that this
 * version does not know comes back as it was. */
int32_t hvc_answer_pack(const struct hvc_answer *answer);
struct hvc_answer hvc_answer_unpack(int32_t packed, uint64_t value); /* repeated is set */

/* A sentence for people, from the answer alone: "the guest has an unfinished job: 17". Never more than 255 bytes. */
void hvc_answer_text(const struct hvc_answer *answer, char *text, size_t size);

#endif

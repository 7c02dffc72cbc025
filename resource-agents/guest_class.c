/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_class.h"

#include <string.h>

/* The words of hvc_guest_class_name; the agent links nothing of the hypervisor room, a unit test compares the two. */
enum hvc_guest_class hvc_class_of_word(const char *word)
{
    static const char *const words[] = {
        [HVC_GUEST_ABSENT] = "absent",     [HVC_GUEST_RUNNING] = "running",   [HVC_GUEST_PAUSED] = "paused",
        [HVC_GUEST_STOPPING] = "stopping", [HVC_GUEST_INCOMING] = "incoming", [HVC_GUEST_LEAVING] = "leaving",
        [HVC_GUEST_FAILED] = "failed",     [HVC_GUEST_UNKNOWN] = "unknown",
    };

    for (unsigned value = 0; value < sizeof(words) / sizeof(words[0]); value++)
        if (strcmp(words[value], word) == 0)
            return (enum hvc_guest_class)value;
    return HVC_GUEST_CLASS_MAX;
}

struct hvc_class_verdict hvc_class_verdict(enum hvc_guest_class guest_class, bool io_error, bool degraded_on_io_error)
{
    static const struct hvc_class_verdict verdicts[] = {
        [HVC_GUEST_ABSENT] = {HVC_OCF_NOT_RUNNING, NULL},
        [HVC_GUEST_RUNNING] = {HVC_OCF_SUCCESS, NULL},
        /* somebody paused it on purpose: it is active here, and a restart would undo what they do */
        [HVC_GUEST_PAUSED] = {HVC_OCF_SUCCESS, "is paused"},
        /* on its way down by itself: the next monitor finds it gone; calling it failed would cut its shutdown short */
        [HVC_GUEST_STOPPING] = {HVC_OCF_SUCCESS, "is shutting down"},
        /* never ran here: its source has it */
        [HVC_GUEST_INCOMING] = {HVC_OCF_NOT_RUNNING, "waits here for its memory"},
        /* ours until libvirt has decided that the target runs it */
        [HVC_GUEST_LEAVING] = {HVC_OCF_SUCCESS, "is in the switch-over of a migration"},
        [HVC_GUEST_FAILED] = {HVC_OCF_ERR_GENERIC, "is here and does not run"},
        [HVC_GUEST_UNKNOWN] = {HVC_OCF_ERR_GENERIC, "may run here: nobody could tell"},
    };

    if (guest_class == HVC_GUEST_FAILED && io_error && degraded_on_io_error)
        return (struct hvc_class_verdict){HVC_OCF_DEGRADED, "is paused by an I/O error"};
    if ((unsigned)guest_class >= sizeof(verdicts) / sizeof(verdicts[0]))
        return (struct hvc_class_verdict){HVC_OCF_ERR_GENERIC, "has a state that this agent does not know"};
    return verdicts[guest_class];
}

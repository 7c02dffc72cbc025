/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
    ASK_MS = 10000,
    FINISH_MS = 60000, /* the next look goes on */
};

static void tell(struct hvc_operations *operations, const char *resource, int code, const struct hvc_error *error)
{
    char words[HVC_ERROR_TEXT_MAX];

    if (code == 0)
        hvc_operations_note(operations, HVC_MESSAGE_ADOPTION_FINISHED, "resource=%s", resource);
    else if (code != -ECANCELED && code != -EBUSY && code != -ESTALE) /* those are another's */
        hvc_operations_note(operations, HVC_MESSAGE_ADOPTION_STAYS, "resource=%s words=%s", resource,
                            hvc_message_quote(error->text, words, sizeof(words)));
}

static void finish(struct hvc_operations *operations, const char *resource)
{
    struct hvc_adopt_state state;
    struct hvc_error error = {0};
    char uuid[HVC_UUID_TEXT_MAX];
    int r = hvc_pacemaker_adopt_look(resource, hvc_deadline_in(ASK_MS), &state, &error);

    if (r < 0 || !state.held)
        return;
    r = adoption_take(operations, resource, &state, hvc_deadline_in(ASK_MS), &error);
    if (r == 0 && !adoption_guest(operations, resource, uuid))
        r = hvc_error_set(&error, -ENOENT,
                          "the cluster knows no guest of this resource: hvcluster guest add FILE "
                          "--resource tells it");
    if (r == 0)
        r = adoption_run(operations, resource, uuid, true, hvc_deadline_in(FINISH_MS), &error);
    tell(operations, resource, r, &error);
}

void hvc_adoption_sweep(struct hvc_operations *operations)
{
    char(*held)[HVC_RESOURCE_NAME_MAX] = NULL;
    size_t count = 0;

    if (operations->keeper == NULL || hvc_pacemaker_adopt_held(hvc_deadline_in(ASK_MS), &held, &count, NULL) < 0)
        return; /* no Pacemaker, or none that answers: the next time, or another member */
    for (size_t i = 0; i < count && adoption_begin(); i++) {
        finish(operations, held[i]);
        adoption_end();
    }
    free(held);
}

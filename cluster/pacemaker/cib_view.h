/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a CIB connection to our words. Works on any variant of cib_t, so tests run it on a CIB in a file. */
#ifndef HVC_PACEMAKER_CIB_VIEW_H
#define HVC_PACEMAKER_CIB_VIEW_H

#include <crm/cib.h>

#include "hvc/pacemaker.h"

int cib_view_read(cib_t *cib, const char *resource, struct hvc_pacemaker_view *view, struct hvc_error *error);
int cib_view_guests(cib_t *cib, struct hvc_pacemaker_guest **ret_guests, size_t *ret_count, struct hvc_error *error);

/* Of a node_state: a member whose controller is connected and has joined. */
bool cib_view_is_online(const xmlNode *state);
/* Of an lrm_resource: the newest operation decides. Without a clear end it counts as active. */
bool cib_view_history_active(const xmlNode *resource);

/* A confirmed fencing of a node by name, from the fencer's history. May come in any order. */
struct fencing_record {
    const char *target, *action;
    bool done;
    int64_t completed;
};

/* Sets fenced and fenced_at; view comes from cib_view_read. */
void cib_view_apply_fencing(struct hvc_pacemaker_view *view, const struct fencing_record *records, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change of the CIB, made on exactly the version that it was thought out on; on any variant of cib_t, so that tests
 * run it on a CIB in a file. */
#ifndef HVC_PACEMAKER_CHANGE_H
#define HVC_PACEMAKER_CHANGE_H

#include <crm/cib.h>
#include <libxml/tree.h>

#include "hvc/pacemaker_moves.h"

/* Changes the tree as what says, and notes it in patch. May run again on a later CIB. */
typedef int (*change_make_fn)(const void *what, xmlNode *cib, xmlNode *patch, struct hvc_error *error);

struct change_order {
    change_make_fn make;
    const void *what;
    const char *version; /* of the CIB that it was thought out on; NULL: any */
    uint64_t deadline_ms;
};
int change_cib(cib_t *cib, const struct change_order *order, struct hvc_error *error);

/* make of a const struct hvc_pacemaker_wish. */
int change_wish(const void *what, xmlNode *cib, xmlNode *patch, struct hvc_error *error);

/* The same in the running CIB, within the order's deadline. what: size bytes without pointers into anything else; they
 * are copied, for a call that hangs is left behind. */
int change_running(const struct change_order *order, size_t size, struct hvc_error *error);

/* What of ours stands on the resource, added to *marks (free()). */
int change_marks_on(cib_t *cib, const char *resource, struct hvc_pacemaker_mark **marks, size_t *count,
                    struct hvc_error *error);

#endif

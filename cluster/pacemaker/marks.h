/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our objects in a CIB as a tree: found and changed there. No I/O; trees of libxml2. */
#ifndef HVC_PACEMAKER_MARKS_H
#define HVC_PACEMAKER_MARKS_H

#include <libxml/tree.h>

#include "hvc/pacemaker_moves.h"

/* Kind and job of an id; false: it is none of ours. */
bool marks_parse_id(const char *id, enum hvc_pacemaker_mark_kind *ret_kind, uint64_t *ret_job);

void marks_make_id(char id[64], uint64_t job, enum hvc_pacemaker_mark_kind kind);

/* True: node is one. resource: what it stands on; NULL: the tree around node tells. */
bool marks_read(const xmlNode *node, const char *resource, struct hvc_pacemaker_mark *ret_mark);

/* Every one in cib; *ret_marks by free(). -ENOMEM. */
int marks_list(xmlNode *cib, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count);
int marks_append(struct hvc_pacemaker_mark **marks, size_t *count, const struct hvc_pacemaker_mark *mark);

/* Makes the tree as it is wished, and adds what was done to patch (NULL: none is wanted).
 * -ENOENT: there is no primitive of that id, and something shall be put on it; -ECANCELED: as the wish has it; -EIO: a
 * CIB without resources or constraints; -ENOMEM. */
int marks_wish(xmlNode *cib, const struct hvc_pacemaker_wish *wish, xmlNode *patch, struct hvc_error *error);

/* Removes holds and pins of the resource, whichever job's: how a CIB would look with nothing of ours in the way. */
void marks_clear_resource(xmlNode *cib, const char *resource);
void marks_clear_holds(xmlNode *cib, const char *resource);
void marks_clear_locations(xmlNode *cib, const char *resource);

/* What a node's history of a resource (lrm_resource) says of it, by the newest operation; a recurring monitor may be
 * under way. UNCLEAR: something else is, or that operation failed. */
enum marks_activity { MARKS_AWAY, MARKS_ACTIVE, MARKS_UNCLEAR };
enum marks_activity marks_activity(const xmlNode *history);

/* It has a recurring monitor that goes on, or that runs for the first time.
 * A failure of an earlier one, which stays in the history under an id of its own, is none; nor is one that ended with a
 * stop, which stays there, too, where a migration began; nor is what an older CIB that was restored says of other
 * nodes. */
bool marks_is_monitored(const xmlNode *history);

xmlNode *marks_primitive(xmlNode *cib, const char *resource);

#endif

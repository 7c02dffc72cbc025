/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CIB: the whole of it as text and as a tree of our own, and single things in it. */
#ifndef HVC_PACEMAKER_CIB_TEXT_H
#define HVC_PACEMAKER_CIB_TEXT_H

#include <crm/cib.h>
#include <libxml/tree.h>
#include <stddef.h>

#include "hvc/error.h"

/* free(*ret_text). Works on any variant of cib_t. */
int cib_text_read(cib_t *cib, char **ret_text, size_t *ret_length, struct hvc_error *error);
/* The same, or what was read last when its version is still that (cib_kept.h): to be simulated or looked through, not
 * to change the CIB by, and not to tell who is dead. */
int cib_text_recall(cib_t *cib, char **ret_text, size_t *ret_length, struct hvc_error *error);

/* What matches, free_xml(*ret_result); NULL: nothing. */
int cib_text_find(cib_t *cib, const char *xpath, xmlNode **ret_result, struct hvc_error *error);

/* The matches in it, one after the other: the first (match NULL), the next, NULL. A single one comes by itself, several
 * come inside one <xpath-query>. */
xmlNode *cib_text_next(xmlNode *result, xmlNode *match);

/* xmlFreeDoc(*ret_tree). -EIO: not XML, or not a CIB. */
int cib_text_parse(const char *text, size_t length, xmlDoc **ret_tree, struct hvc_error *error);

/* Both: an own copy of the tree, for what libcib gives is watched by its libraries. */
int cib_text_tree(cib_t *cib, xmlDoc **ret_tree, struct hvc_error *error);

/* The tree as text: free(). NULL: no memory. */
char *cib_text_of(xmlDoc *tree, size_t *ret_length);

#endif

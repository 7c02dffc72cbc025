/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole CIB as text, and as a tree of our own. */
#ifndef HVC_PACEMAKER_CIB_TEXT_H
#define HVC_PACEMAKER_CIB_TEXT_H

#include <crm/cib.h>
#include <libxml/tree.h>
#include <stddef.h>

#include "hvc/error.h"

/* free(*ret_text). Works on any variant of cib_t. */
int cib_text_read(cib_t *cib, char **ret_text, size_t *ret_length, struct hvc_error *error);

/* xmlFreeDoc(*ret_tree). -EIO: not XML, or not a CIB. */
int cib_text_parse(const char *text, size_t length, xmlDoc **ret_tree, struct hvc_error *error);

/* The tree as text: free(). NULL: no memory. */
char *cib_text_of(xmlDoc *tree, size_t *ret_length);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cib_text.h"

#include <crm/common/results.h>
#include <crm/common/xml.h>
#include <errno.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "cib_kept.h"
#include "cib_tree.h"
#include "hvc/clock.h"
#include "session.h"

enum { CIB_TEXT_MAX = 64 * 1024 * 1024 };

static char *text_of(xmlDoc *document, xmlNode *root, size_t *ret_length)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;

    if (buffer != NULL && xmlNodeDump(buffer, document, root, 0, 0) > 0) {
        text = strdup((const char *)xmlBufferContent(buffer));
        *ret_length = (size_t)xmlBufferLength(buffer);
    }
    xmlBufferFree(buffer);
    return text;
}

char *cib_text_of(xmlDoc *tree, size_t *ret_length)
{
    return text_of(tree, xmlDocGetRootElement(tree), ret_length);
}

static int not_read(int code, struct hvc_error *error)
{
    return hvc_error_set(error, session_code(code), "pacemaker: reading the CIB failed: %s", pcmk_strerror(code));
}

int cib_text_read(cib_t *cib, char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    char version[HVC_PACEMAKER_VERSION_MAX];
    xmlNode *result = NULL;
    int r = cib->cmds->query(cib, NULL, &result, cib_sync_call | cib_scope_local);

    if (r < 0) {
        free_xml(result);
        return not_read(r, error);
    }
    *ret_text = text_of(result->doc, result, ret_length);
    if (*ret_text != NULL && session_keeps(cib) && tree_version(result, version) == 0)
        cib_kept_put(version, *ret_text, *ret_length, hvc_now_ms());
    free_xml(result);
    return *ret_text == NULL ? hvc_error_set(error, -ENOMEM, "no memory for pacemaker's CIB") : 0;
}

int cib_text_recall(cib_t *cib, char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    char version[HVC_PACEMAKER_VERSION_MAX];
    xmlNode *root = NULL;
    bool kept = false;
    int r = 0;

    if (session_keeps(cib))
        r = cib->cmds->query(cib, NULL, &root, cib_sync_call | cib_scope_local | cib_no_children);
    if (root != NULL && r >= 0)
        kept = tree_version(root, version) == 0 && cib_kept_get(version, hvc_now_ms(), ret_text, ret_length);
    free_xml(root);
    if (r < 0) /* a silent one is not asked once more */
        return not_read(r, error);
    return kept ? 0 : cib_text_read(cib, ret_text, ret_length, error);
}

int cib_text_find(cib_t *cib, const char *xpath, xmlNode **ret_result, struct hvc_error *error)
{
    xmlNode *result = NULL;
    int r = cib->cmds->query(cib, xpath, &result, cib_sync_call | cib_scope_local | cib_xpath);

    if (r < 0) {
        free_xml(result);
        result = NULL;
    }
    if (r < 0 && r != -ENXIO) /* nothing matches */
        return not_read(r, error);
    *ret_result = result;
    return 0;
}

xmlNode *cib_text_next(xmlNode *result, xmlNode *match)
{
    if (result == NULL || strcmp((const char *)result->name, "xpath-query") != 0)
        return match == NULL ? result : NULL;
    match = match == NULL ? result->children : match->next;
    while (match != NULL && match->type != XML_ELEMENT_NODE)
        match = match->next;
    return match;
}

int cib_text_parse(const char *text, size_t length, xmlDoc **ret_tree, struct hvc_error *error)
{
    xmlDoc *tree = NULL;
    xmlNode *root;

    if (length < CIB_TEXT_MAX)
        tree = xmlReadMemory(text, (int)length, "cib", NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS);
    root = tree == NULL ? NULL : xmlDocGetRootElement(tree);
    if (root == NULL || strcmp((const char *)root->name, "cib") != 0) {
        xmlFreeDoc(tree);
        return hvc_error_set(error, -EIO, "what pacemaker gave as its CIB is none, or larger than %d bytes",
                             CIB_TEXT_MAX);
    }
    *ret_tree = tree;
    return 0;
}

int cib_text_tree(cib_t *cib, xmlDoc **ret_tree, struct hvc_error *error)
{
    char *text = NULL;
    size_t length = 0;
    int r = cib_text_read(cib, &text, &length, error);

    if (r == 0)
        r = cib_text_parse(text, length, ret_tree, error);
    free(text);
    return r;
}

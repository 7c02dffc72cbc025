/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/guest_diff.h"

#include <errno.h>
#include <stdlib.h>

#include "guest_tree.h"
#include "hvc/text.h"
#include "tree_values.h"

enum { LINES_MAX = 16384, PATH_MAX_BYTES = 1024, DEPTH_MAX = 32 };

/* A definition as sorted lines "path=value". */
struct lines {
    char **line;
    size_t count, room;
};

static void free_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
}

static int add_line(struct lines *lines, const char *path, const char *mark, const char *name, const char *value)
{
    size_t size = strlen(path) + strlen(mark) + strlen(name) + strlen(value) + 2;
    char *text;

    if (lines->count == LINES_MAX)
        return -E2BIG;
    if (lines->count == lines->room) {
        size_t room = lines->room == 0 ? 256 : 2 * lines->room;
        char **more = reallocarray(lines->line, room, sizeof(*more));

        if (more == NULL)
            return -ENOMEM;
        lines->line = more;
        lines->room = room;
    }
    text = malloc(size);
    if (text == NULL)
        return -ENOMEM;
    (void)snprintf(text, size, "%s%s%s=%s", path, mark, name, value);
    lines->line[lines->count++] = text;
    return 0;
}

static int take_attributes(struct lines *lines, const char *path, xmlNodePtr element)
{
    int rc = 0;

    for (xmlAttrPtr a = element->properties; rc == 0 && a != NULL; a = a->next) {
        HVC_CLEANUP(xml_text) xmlChar *value = xmlGetNoNsProp(element, a->name);

        if (value != NULL)
            rc = add_line(lines, path, "@", (const char *)a->name, (const char *)value);
    }
    return rc;
}

/* Its place among the children of its parent that have its name, from 1; 0: it is the only one. */
static unsigned place_of(xmlNodePtr element)
{
    unsigned place = 0, count = 0;

    for (xmlNodePtr e = hvc_tree_element(element->parent->children); e != NULL; e = hvc_tree_element(e->next)) {
        if (!hvc_tree_is(e->name, (const char *)element->name))
            continue;
        count++;
        if (e == element)
            place = count;
    }
    return count > 1 ? place : 0;
}

static int step_into(char path[PATH_MAX_BYTES], size_t *used, xmlNodePtr element)
{
    unsigned place = place_of(element);
    int rc = hvc_text_append(path, PATH_MAX_BYTES, used, "%s%s", *used == 0 ? "" : "/", (const char *)element->name);

    if (rc == 0 && place > 0)
        rc = hvc_text_append(path, PATH_MAX_BYTES, used, "[%u]", place);
    return rc < 0 ? -E2BIG : 0;
}

static int take_content(struct lines *lines, const char *path, xmlNodePtr element)
{
    HVC_CLEANUP(xml_text) xmlChar *text = NULL;
    char *begin, *end;

    if (hvc_tree_element(element->children) != NULL)
        return 0;
    text = xmlNodeGetContent(element);
    if (text == NULL)
        return 0;
    begin = (char *)text + strspn((char *)text, " \t\r\n");
    for (end = begin + strlen(begin); end > begin && strchr(" \t\r\n", end[-1]) != NULL; end--)
        end[-1] = '\0';
    /* an empty element says something by being there */
    return begin[0] != '\0' || element->properties == NULL ? add_line(lines, path, "", "", begin) : 0;
}

/* Walks without recursion: depth is what the document makes it. */
static int flatten(xmlNodePtr root, struct lines *lines)
{
    struct {
        xmlNodePtr next;
        size_t used;
    } stack[DEPTH_MAX] = {{hvc_tree_element(root->children), 0}};
    char path[PATH_MAX_BYTES] = "";
    int depth = 0, rc = take_attributes(lines, "domain", root);

    while (rc == 0 && depth >= 0) {
        xmlNodePtr element = stack[depth].next;
        size_t used = stack[depth].used;

        path[used] = '\0';
        if (element == NULL) {
            depth--;
            continue;
        }
        stack[depth].next = hvc_tree_element(element->next);
        if (depth == 0 && hvc_tree_is(element->name, "metadata"))
            continue;
        rc = step_into(path, &used, element);
        if (rc == 0)
            rc = take_attributes(lines, path, element);
        if (rc == 0)
            rc = take_content(lines, path, element);
        if (rc == 0 && ++depth == DEPTH_MAX)
            rc = -E2BIG;
        if (rc == 0) {
            stack[depth].next = hvc_tree_element(element->children);
            stack[depth].used = used;
        }
    }
    return rc;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_lines(const char *xml, const char *which, struct lines *lines, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    int rc = hvc_tree_read(xml, "domain", &doc, error);

    if (rc < 0)
        return hvc_error_prefix(error, "the %s definition cannot be compared", which);
    rc = flatten(xmlDocGetRootElement(doc), lines);
    if (rc < 0)
        return hvc_error_set(error, rc, "the %s definition cannot be compared: %s", which,
                             rc == -E2BIG ? "it says too much, or too deep" : "out of memory");
    if (lines->count > 0)
        qsort(lines->line, lines->count, sizeof(lines->line[0]), compare);
    return 0;
}

static void merge(const struct lines *one, const struct lines *other, hvc_guest_diff_fn tell, void *context)
{
    size_t i = 0, k = 0;

    while (i < one->count || k < other->count) {
        int order = i == one->count ? 1 : k == other->count ? -1 : strcmp(one->line[i], other->line[k]);

        if (order < 0)
            tell(context, '-', one->line[i]);
        else if (order > 0)
            tell(context, '+', other->line[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

int hvc_guest_diff(const char *one, const char *other, hvc_guest_diff_fn tell, void *context, struct hvc_error *error)
{
    struct lines first = {0}, second = {0};
    int rc = read_lines(one, "first", &first, error);

    if (rc == 0)
        rc = read_lines(other, "second", &second, error);
    if (rc == 0)
        merge(&first, &second, tell, context);
    free_lines(&first);
    free_lines(&second);
    return rc;
}

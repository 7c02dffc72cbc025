/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resources of other agents that run guests: ocf:heartbeat:VirtualDomain, and copies of it with another provider. */
#include "foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cib_tree.h"
#include "hvc/text.h"
#include "plan.h"

/* The CIB manager keeps it there, and it outlives Pacemaker's end. */
#define CIB_ON_DISK "/var/lib/pacemaker/cib/cib.xml"

struct list {
    struct hvc_pacemaker_foreign *items;
    size_t count;
};

/* An element of that name, or the one that it stands for (id-ref). */
static const xmlNode *resolve(xmlNode *cib, const xmlNode *node)
{
    char reference[TREE_ATTRIBUTE_MAX];
    const xmlNode *meant;

    tree_attribute(node, "id-ref", reference);
    meant = tree_named(cib, (const char *)node->name, reference);
    return meant == NULL ? node : meant;
}

static int add(const xmlNode *primitive, const xmlNode *agent, const char *config, struct list *list)
{
    struct hvc_pacemaker_foreign *item = realloc(list->items, (list->count + 1) * sizeof(*item));
    char resource[TREE_ATTRIBUTE_MAX], class[TREE_ATTRIBUTE_MAX], provider[TREE_ATTRIBUTE_MAX],
        type[TREE_ATTRIBUTE_MAX];
    size_t used = 0;

    if (item == NULL)
        return -ENOMEM;
    list->items = item;
    item += list->count++;
    *item = (struct hvc_pacemaker_foreign){.resource = ""};
    tree_attribute(primitive, "id", resource);
    tree_attribute(agent, "class", class);
    tree_attribute(agent, "provider", provider);
    tree_attribute(agent, "type", type);
    /* names that are too long for ours are cut: they are for people, and for a comparison that fails */
    (void)hvc_text_append(item->resource, sizeof(item->resource), &used, "%s", resource);
    used = 0;
    (void)hvc_text_append(item->agent, sizeof(item->agent), &used, "%s:%s:%s", class, provider, type);
    used = 0;
    (void)hvc_text_append(item->config, sizeof(item->config), &used, "%s", config);
    return 0;
}

/* Rules may choose between several values: each of them counts. */
static int add_configs(xmlNode *cib, const xmlNode *primitive, const xmlNode *agent, const xmlNode *where,
                       struct list *list)
{
    char config[TREE_ATTRIBUTE_MAX];
    int r = 0;

    for (xmlNode *set = NULL; (set = tree_next_child(where, set, "instance_attributes")) != NULL;) {
        const xmlNode *meant = resolve(cib, set);

        for (xmlNode *pair = NULL; r == 0 && (pair = tree_next_child(meant, pair, "nvpair")) != NULL;) {
            if (!tree_has(resolve(cib, pair), "name", "config") && !tree_has(pair, "name", "config"))
                continue;
            tree_attribute(resolve(cib, pair), "value", config);
            r = add(primitive, agent, config, list);
        }
    }
    return r;
}

int foreign_tree_list(xmlNode *cib, struct hvc_pacemaker_foreign **ret_list, size_t *ret_count)
{
    xmlNode *top = tree_child(tree_configuration(cib), "resources");
    struct list list = {.items = NULL};
    int r = 0;

    for (xmlNode *n = top; n != NULL && r == 0; n = tree_next(top, n)) {
        const xmlNode *agent = tree_is_element(n, "primitive") ? tree_agent(cib, n) : NULL;
        size_t before = list.count;

        if (agent == NULL || !tree_has(agent, "class", "ocf") || !tree_has(agent, "type", "VirtualDomain"))
            continue;
        r = add_configs(cib, n, agent, n, &list);
        if (r == 0 && agent != n)
            r = add_configs(cib, n, agent, agent, &list);
        if (r == 0 && list.count == before)
            r = add(n, agent, "", &list);
    }
    if (r < 0) {
        free(list.items);
        return r;
    }
    *ret_list = list.items;
    *ret_count = list.count;
    return 0;
}

int hvc_pacemaker_foreign(uint64_t deadline_ms, struct hvc_pacemaker_foreign **ret_list, size_t *ret_count,
                          struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r == -ENOTCONN && access(CIB_ON_DISK, F_OK) < 0 && errno == ENOENT) {
        *ret_list = NULL;
        *ret_count = 0;
        return 0;
    }
    if (r < 0)
        return r;
    r = foreign_tree_list(xmlDocGetRootElement(cib), ret_list, ret_count);
    xmlFreeDoc(cib);
    return r < 0 ? hvc_error_set(error, r, "no memory for the resources in pacemaker's CIB") : 0;
}

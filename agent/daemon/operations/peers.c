/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/peers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"

struct peer {
    char node[HVC_NODE_NAME_MAX];
    struct hvc_hypervisor *hypervisor;
};

struct hvc_peers {
    char uri_pattern[HVC_URI_MAX];
    char migrate_pattern[HVC_URI_MAX];
    hvc_open_hypervisor_fn open_hypervisor;
    pthread_mutex_t lock; /* of peers and count */
    struct peer peers[HVC_NODES_MAX];
    size_t count;
};

static int check_pattern(const char *pattern, struct hvc_error *error)
{
    bool has_node = false;

    for (const char *p = strchr(pattern, '%'); p != NULL; p = strchr(p + 2, '%')) {
        if (p[1] != 'n' && p[1] != '%')
            return hvc_error_set(error, -EINVAL, "\"%.200s\": after %% only n (the node's name) and %% may stand",
                                 pattern);
        has_node = has_node || p[1] == 'n';
    }
    if (!has_node)
        return hvc_error_set(error, -EINVAL, "\"%.200s\": %%n is missing, the place of the node's name", pattern);
    if (strlen(pattern) >= HVC_URI_MAX)
        return hvc_error_set(error, -EINVAL, "a URI pattern has at most %d bytes", HVC_URI_MAX - 1);
    return 0;
}

int hvc_peers_new(const char *uri_pattern, const char *migrate_pattern, hvc_open_hypervisor_fn open_hypervisor,
                  struct hvc_peers **ret_peers, struct hvc_error *error)
{
    struct hvc_peers *peers;
    int rc = check_pattern(uri_pattern, error);

    if (migrate_pattern == NULL)
        migrate_pattern = "";
    if (rc == 0 && migrate_pattern[0] != '\0')
        rc = check_pattern(migrate_pattern, error);
    if (rc < 0)
        return rc;
    peers = calloc(1, sizeof(*peers));
    if (peers == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    (void)hvc_text_copy(peers->uri_pattern, sizeof(peers->uri_pattern), uri_pattern);
    (void)hvc_text_copy(peers->migrate_pattern, sizeof(peers->migrate_pattern), migrate_pattern);
    peers->open_hypervisor = open_hypervisor;
    (void)pthread_mutex_init(&peers->lock, NULL);
    *ret_peers = peers;
    return 0;
}

void hvc_peers_free(struct hvc_peers *peers)
{
    if (peers == NULL)
        return;
    for (size_t i = 0; i < peers->count; i++)
        hvc_hypervisor_close(peers->peers[i].hypervisor);
    (void)pthread_mutex_destroy(&peers->lock);
    free(peers);
}

/* Letters of host names and addresses (RFC 1123, and ':' of IPv6): nothing that means something in a URI. */
static int check_node(const char *node, struct hvc_error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
    size_t length = strlen(node);

    if (length == 0 || length >= HVC_NODE_NAME_MAX || node[0] == '-' || strspn(node, allowed) != length)
        return hvc_error_set(error, -EINVAL, "\"%.80s\" cannot be the name of a node", node);
    return 0;
}

static int expand(const char *pattern, const char *node, char ret_uri[HVC_URI_MAX], struct hvc_error *error)
{
    char uri[HVC_URI_MAX] = "";
    size_t used = 0;
    int rc = check_node(node, error);

    for (const char *p = pattern; rc == 0 && *p != '\0'; p++) {
        if (*p == '%' && p[1] == 'n')
            rc = hvc_text_append(uri, sizeof(uri), &used, strchr(node, ':') != NULL ? "[%s]" : "%s", node);
        else
            rc = hvc_text_append(uri, sizeof(uri), &used, "%c", *p);
        if (*p == '%')
            p++;
        if (rc < 0)
            rc = hvc_error_set(error, -EINVAL, "the URI of node %s exceeds %d bytes", node, HVC_URI_MAX - 1);
    }
    if (rc == 0)
        memcpy(ret_uri, uri, sizeof(uri));
    return rc;
}

int hvc_peers_uri(const struct hvc_peers *peers, const char *node, char ret_uri[HVC_URI_MAX], struct hvc_error *error)
{
    return expand(peers->uri_pattern, node, ret_uri, error);
}

int hvc_peers_migrate_uri(const struct hvc_peers *peers, const char *node, char ret_uri[HVC_URI_MAX],
                          struct hvc_error *error)
{
    return expand(peers->migrate_pattern, node, ret_uri, error);
}

static int add_peer(struct hvc_peers *peers, const char *node, struct hvc_hypervisor **ret_hypervisor,
                    struct hvc_error *error)
{
    struct peer *peer = &peers->peers[peers->count];
    char uri[HVC_URI_MAX];
    int rc = hvc_peers_uri(peers, node, uri, error);

    if (rc < 0)
        return rc;
    if (peers->count == HVC_NODES_MAX)
        return hvc_error_set(error, -E2BIG, "more than %d nodes were asked for", HVC_NODES_MAX);
    rc = peers->open_hypervisor(uri, &peer->hypervisor);
    if (rc < 0)
        return hvc_error_set(error, rc, "cannot use %s: %s", uri, strerror(-rc));
    (void)hvc_text_copy(peer->node, sizeof(peer->node), node);
    peers->count++;
    *ret_hypervisor = peer->hypervisor;
    return 0;
}

int hvc_peers_get(struct hvc_peers *peers, const char *node, struct hvc_hypervisor **ret_hypervisor,
                  struct hvc_error *error)
{
    int rc = -ENOENT;

    (void)pthread_mutex_lock(&peers->lock);
    for (size_t i = 0; i < peers->count && rc != 0; i++) {
        if (strcmp(peers->peers[i].node, node) == 0) {
            *ret_hypervisor = peers->peers[i].hypervisor;
            rc = 0;
        }
    }
    if (rc != 0)
        rc = add_peer(peers, node, ret_hypervisor, error);
    (void)pthread_mutex_unlock(&peers->lock);
    return rc;
}

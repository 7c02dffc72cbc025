/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmap_nodes.h"

#include <corosync/corotypes.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "hvc/text.h"

int hvc_cs_failed(struct hvc_error *error, const char *call, cs_error_t e)
{
    switch ((int)e) {
    case CS_ERR_ACCESS:
    case CS_ERR_SECURITY:
        return hvc_error_set(error, -EACCES,
                             "corosync refuses this user (uid %u, gid %u) at %s: %s. Put 'uidgid { uid: ... }' into a "
                             "file in /etc/corosync/uidgid.d and run corosync-cfgtool -R",
                             (unsigned)geteuid(), (unsigned)getegid(), call, cs_strerror(e));
    case CS_ERR_TRY_AGAIN:
        return hvc_error_set(error, -EAGAIN, "corosync is busy with a new membership (%s: %s)", call, cs_strerror(e));
    case CS_ERR_NO_MEMORY:
        return hvc_error_set(error, -ENOMEM, "%s: %s", call, cs_strerror(e));
    default:
        return hvc_error_set(error, -EIO, "corosync: %s: %s", call, cs_strerror(e));
    }
}

int hvc_cs_unreachable(struct hvc_error *error, const char *call, cs_error_t e)
{
    int r = hvc_cs_failed(error, call, e);

    if (r == -EACCES || r == -ENOMEM)
        return r;
    return hvc_error_set(error, r == -EAGAIN ? -EAGAIN : -ENOTCONN,
                         "corosync does not run on this node (%s: %s): start it with 'pcs cluster start'", call,
                         cs_strerror(e));
}

int hvc_cmap_text(cmap_handle_t map, const char *key, char *ret_text, size_t size, struct hvc_error *error)
{
    char *text = NULL;
    cs_error_t e = cmap_get_string(map, key, &text);
    int r;

    if (e == CS_ERR_NOT_EXIST) {
        ret_text[0] = '\0';
        return 0;
    }
    if (e != CS_OK)
        return hvc_cs_failed(error, key, e);
    r = hvc_text_copy(ret_text, size, text);
    free(text);
    return r < 0 ? hvc_error_set(error, -EINVAL, "corosync's %s is longer than %zu bytes", key, size - 1) : 0;
}

static int read_field(cmap_handle_t map, const char *key, struct nodelist *list, struct hvc_error *error)
{
    unsigned position = 0;
    enum nodelist_field field = nodelist_parse_key(key, &position);
    struct nodelist_row *row;
    uint32_t number = 0;
    cs_error_t e;

    if (field == NODELIST_OTHER)
        return 0;
    row = nodelist_row_at(list, position);
    if (row == NULL)
        return 0; /* too_many tells */
    if (field == NODELIST_NAME)
        return hvc_cmap_text(map, key, row->node.name, sizeof(row->node.name), error);
    if (field == NODELIST_RING0)
        return hvc_cmap_text(map, key, row->node.address, sizeof(row->node.address), error);
    e = cmap_get_uint32(map, key, &number);
    if (e != CS_OK)
        return hvc_cs_failed(error, key, e);
    if (field == NODELIST_ID) {
        row->node.id = number;
        row->has_id = true;
    } else {
        row->node.votes = number;
    }
    return 0;
}

int hvc_cmap_nodes(cmap_handle_t map, struct nodelist *list, struct hvc_error *error)
{
    char key[CMAP_KEYNAME_MAXLEN + 1];
    cmap_iter_handle_t iterator;
    cs_error_t e;
    int r = 0;

    e = cmap_iter_init(map, "nodelist.node.", &iterator);
    if (e != CS_OK)
        return hvc_cs_failed(error, "cmap_iter_init", e);
    while (r == 0 && (e = cmap_iter_next(map, iterator, key, NULL, NULL)) == CS_OK)
        r = read_field(map, key, list, error);
    (void)cmap_iter_finalize(map, iterator);
    if (r == 0 && e != CS_ERR_NO_SECTIONS)
        r = hvc_cs_failed(error, "cmap_iter_next", e);
    return r;
}

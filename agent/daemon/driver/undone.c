/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a transfer would have undone, as text beside the store: this node keeps it, and a person has to choose. */
#include <errno.h>
#include <inttypes.h>

#include "internal.h"

static void print_bytes(FILE *out, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        (void)fprintf(out, "%02x", bytes[i]);
}

static void print_entry(FILE *out, const struct hvc_entry *entry)
{
    static const char *const kinds[] = {
        [HVC_ENTRY_OP] = "command", [HVC_ENTRY_VIEW] = "view", [HVC_ENTRY_DIGEST] = "digest"};
    struct hvc_command command;

    (void)fprintf(out, "index=%" PRIu64 " epoch=%" PRIu64 " kind=%s", entry->index, entry->epoch, kinds[entry->kind]);
    if (entry->kind == HVC_ENTRY_OP && hvc_command_decode(entry->bytes, entry->length, &command) == 0)
        (void)fprintf(out, " command=%s node=%" PRIu32 " stamp_ms=%" PRIu64 " by=\"%s\"",
                      hvc_command_name(command.kind), command.node, command.stamp_ms, command.by);
    (void)fputs(" bytes=", out);
    print_bytes(out, entry->bytes, entry->length);
    (void)fputc('\n', out);
}

static void print_all(FILE *out, const struct hvc_replica *r, uint64_t from)
{
    const struct hvc_replication_status *s = &r->core_status;
    struct hvc_entry entry;

    (void)fprintf(
        out, "# The others' history differs from this node's from index %" PRIu64 " on, which is committed here.\n",
        from);
    (void)fprintf(out, "# node=%" PRIu32 " cluster_id=", r->node);
    print_bytes(out, s->cluster_id, sizeof(s->cluster_id));
    (void)fprintf(out, " committed=%" PRIu64 " last=%" PRIu64 " first_kept=%" PRIu64 "\n", s->commit, s->last_index,
                  s->log_first);
    for (uint64_t index = from > s->log_first ? from : s->log_first; index <= s->commit; index++)
        if (hvc_replication_entry(r->core, index, &entry) == 0)
            print_entry(out, &entry);
}

int hvc_undone_write(const struct hvc_replica *r, uint64_t from, char ret_path[HVC_PATH_TEXT_MAX],
                     struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    char name[64];
    bool bad;

    if (out == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    print_all(out, r, from);
    bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad)
        return hvc_error_set(error, -ENOMEM, "no memory");
    (void)snprintf(name, sizeof(name), "undone-%" PRIu64 ".txt", from);
    return hvc_store_write_beside(r->store, name, text, length, ret_path, error);
}

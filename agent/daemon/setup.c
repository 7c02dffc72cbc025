/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/setup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hvc/libvirt_driver.h"
#include "hvc/text.h"

static int open_peer(const char *uri, struct hvc_hypervisor **ret_hypervisor)
{
    return hvc_libvirt_open(uri, ret_hypervisor, NULL);
}

static int name_node(struct hvc_operations *operations, uint64_t deadline_ms, bool *ret_host_name,
                     struct hvc_error *error)
{
    struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL || hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC, deadline_ms, facts) < 0) {
        free(facts);
        return hvc_error_set(error, -ENOMEM, "out of memory");
    }
    *ret_host_name = true;
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->nodes[i].local &&
            hvc_text_copy(operations->node, sizeof(operations->node), facts->nodes[i].name) == 0)
            *ret_host_name = false;
    }
    free(facts);
    if (*ret_host_name && gethostname(operations->node, sizeof(operations->node) - 1) < 0)
        return hvc_error_set(error, -errno, "cannot tell the name of this host: %s", strerror(errno));
    return 0;
}

int hvc_setup_open(const struct hvc_config *config, bool direct, uint64_t deadline_ms,
                   struct hvc_operations *operations, bool *ret_host_name, struct hvc_error *error)
{
    size_t used = 0;
    int rc;

    operations->direct = direct;
    operations->boot_id_file = config->boot_id_file[0] == '\0' ? NULL : config->boot_id_file;
    operations->privileged = geteuid() == 0;
    operations->started_ms = hvc_now_ms();
    operations->migration =
        (struct hvc_migration_settings){.tls = config->tls,
                                        .bandwidth_mib = config->bandwidth_mib,
                                        .max_downtime_ms = config->max_downtime_ms,
                                        .auto_converge = config->auto_converge,
                                        .post_copy = config->post_copy,
                                        .zero_copy = config->zero_copy,
                                        .synchronous_writes = config->synchronous_writes,
                                        .parallel = (unsigned)config->parallel,
                                        .ring_latency_ms = config->standalone ? 0 : config->ring_latency_ms,
                                        .ring_all = config->ring_all};
    /* a process that runs one operation leaves no record: the daemon's user could not change what root has made */
    if (!direct && hvc_text_append(operations->move_records, sizeof(operations->move_records), &used, "%s/moves",
                                   config->state_directory) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "state_directory in [daemon] is too long");
    used = 0;
    if (!direct && hvc_text_append(operations->archive, sizeof(operations->archive), &used, "%s/archive",
                                   config->state_directory) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "state_directory in [daemon] is too long");
    operations->archive_days = config->archive_days;
    rc = hvc_peers_new(config->peer_uri, config->migrate_uri, open_peer, &operations->peers, error);
    if (rc < 0)
        (void)hvc_error_prefix(error, "peer_uri or migrate_uri in [migration]");
    if (rc == 0)
        rc = hvc_libvirt_open(config->hypervisor_uri, &operations->hypervisor, error);
    if (rc == 0)
        rc = hvc_cluster_facts_new(&operations->facts, error);
    if (rc == 0)
        rc = hvc_moves_new(&operations->moves, error);
    if (rc == 0)
        rc = name_node(operations, deadline_ms, ret_host_name, error);
    if (rc < 0)
        hvc_setup_close(operations);
    return rc;
}

void hvc_setup_close(struct hvc_operations *operations)
{
    hvc_moves_free(operations->moves);
    hvc_facts_close(operations->facts);
    hvc_peers_free(operations->peers);
    hvc_hypervisor_close(operations->hypervisor);
    operations->moves = NULL;
    operations->facts = NULL;
    operations->peers = NULL;
    operations->hypervisor = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/ring_stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmap_nodes.h"
#include "handles.h"
#include "hvc/bounded_call.h"

#define LINKS 8 /* of a node: KNET_MAX_LINK */

/* As in membership.c. Few: this is asked each second while corosync has it hard. */
static struct hvc_bounded_limit stats_calls = {.max_stuck = 2};

struct reading {
    struct nodelist list;
    struct hvc_ring_load load;
    struct hvc_error error;
    int status;
};

/* A key that is not there leaves the number as it is: another transport, a link that is not configured. */
static int read_number(cmap_handle_t map, const char *key, uint64_t *ret_number, struct hvc_error *error)
{
    uint64_t number = 0;
    size_t size = sizeof(number);
    cmap_value_types_t type;
    cs_error_t e = cmap_get(map, key, &number, &size, &type); /* 1, 4 or 8 bytes of this little-endian host */

    if (e == CS_ERR_NOT_EXIST || e == CS_ERR_LIBRARY)
        return -ENOENT;
    if (e != CS_OK)
        return hvc_cs_failed(error, key, e);
    *ret_number = number;
    return 0;
}

static int read_link(cmap_handle_t stats, uint32_t node, unsigned number, struct hvc_ring_link *link,
                     struct hvc_error *error)
{
    uint64_t connected = 0, latency = 0, samples = 0;
    const struct {
        const char *name;
        uint64_t *value;
    } keys[] = {{"connected", &connected},
                {"latency_ave", &latency},
                {"latency_samples", &samples},
                {"tx_ping_packets", &link->pings},
                {"rx_pong_packets", &link->pongs}};
    char key[CMAP_KEYNAME_MAXLEN + 1];
    int r = 0;

    *link = (struct hvc_ring_link){.node = node, .link = (uint8_t)number};
    for (size_t i = 0; r == 0 && i < sizeof(keys) / sizeof(keys[0]); i++) {
        (void)snprintf(key, sizeof(key), "stats.knet.node%" PRIu32 ".link%u.%s", node, number, keys[i].name);
        r = read_number(stats, key, keys[i].value, error);
    }
    link->connected = connected != 0;
    link->latency_us = latency < UINT32_MAX ? (uint32_t)latency : UINT32_MAX;
    link->samples = samples < UINT32_MAX ? (uint32_t)samples : UINT32_MAX;
    return r;
}

/* Nodes have links of the same numbers: those of the first one that has any are asked of all. */
static int read_links(cmap_handle_t stats, struct reading *reading)
{
    struct hvc_ring_load *load = &reading->load;
    unsigned wanted = (1u << LINKS) - 1;

    for (size_t i = 0; i < reading->list.used; i++) {
        unsigned found = 0;

        for (unsigned number = 0; number < LINKS && load->link_count < HVC_RING_LINKS_MAX; number++) {
            int r = (wanted & 1u << number) == 0 ? -ENOENT
                                                 : read_link(stats, reading->list.rows[i].node.id, number,
                                                             &load->links[load->link_count], &reading->error);

            if (r < 0 && r != -ENOENT)
                return r;
            if (r == 0) {
                load->link_count++;
                found |= 1u << number;
            }
        }
        wanted = found != 0 ? found : wanted;
    }
    return 0;
}

static int read_stats(struct reading *reading)
{
    struct hvc_ring_load *load = &reading->load;
    const struct {
        const char *key;
        uint64_t *value;
    } keys[] = {{"stats.srp.mcast_retx", &load->retransmits},
                {"stats.srp.operational_token_lost", &load->token_losses},
                {"stats.srp.time_since_token_last_received", &load->token_age_ms}};
    cmap_handle_t stats;
    cs_error_t e = hvc_cmap_open(&stats, CMAP_MAP_STATS);
    int r = 0;

    if (e != CS_OK)
        return hvc_cs_unreachable(&reading->error, "cmap_initialize_map", e);
    for (size_t i = 0; (r == 0 || r == -ENOENT) && i < sizeof(keys) / sizeof(keys[0]); i++)
        r = read_number(stats, keys[i].key, keys[i].value, &reading->error);
    if (r == 0 || r == -ENOENT)
        r = read_links(stats, reading);
    hvc_cmap_close(stats);
    return r;
}

static int read_configuration(struct reading *reading)
{
    cmap_handle_t map;
    cs_error_t e = hvc_cmap_open(&map, CMAP_MAP_ICMAP);
    int r;

    if (e != CS_OK)
        return hvc_cs_unreachable(&reading->error, "cmap_initialize", e);
    r = hvc_cmap_nodes(map, &reading->list, &reading->error);
    if (r == 0)
        r = read_number(map, "runtime.config.totem.token_retransmit", &reading->load.token_retransmit_ms,
                        &reading->error);
    hvc_cmap_close(map);
    return r == -ENOENT ? 0 : r;
}

static void read_in_thread(void *context)
{
    struct reading *reading = context;

    reading->status = read_configuration(reading);
    if (reading->status == 0)
        reading->status = read_stats(reading);
}

int hvc_ring_stats_read(uint64_t deadline_ms, struct hvc_ring_load *ret_load, struct hvc_error *error)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    int r;

    if (reading == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to ask corosync");
    r = hvc_bounded_call(&stats_calls, read_in_thread, free, reading, deadline_ms);
    if (r < 0)
        return hvc_error_set(error, r, "corosync does not tell the state of its ring: %s", strerror(-r));
    r = reading->status;
    if (r == 0)
        *ret_load = reading->load;
    else if (error != NULL)
        *error = reading->error;
    free(reading);
    return r;
}

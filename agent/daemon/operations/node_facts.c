/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_facts.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/hypervisor.h"
#include "hvc/route.h"
#include "hvc/soft_facts.h"

void hvc_address_text(const struct hvc_address *address, char *text, size_t size)
{
    if (inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text, (socklen_t)size) == NULL)
        text[0] = '\0';
}

socklen_t hvc_address_name(const struct hvc_address *address, uint16_t port, struct sockaddr_storage *name)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    memset(name, 0, sizeof(*name));
    if (address->family == 4) {
        memcpy(&in.sin_addr, address->bytes, 4);
        memcpy(name, &in, sizeof(in));
        return sizeof(in);
    }
    memcpy(&in6.sin6_addr, address->bytes, 16);
    memcpy(name, &in6, sizeof(in6));
    return sizeof(in6);
}

static void set_version(struct hvc_record *record, const char *name, uint64_t version)
{
    if (version != 0)
        hvc_record_set_format(record, name, "%" PRIu64 ".%" PRIu64 ".%" PRIu64, version / 1000000,
                              version / 1000 % 1000, version % 1000);
}

static void describe_addresses(const struct hvc_soft_facts *facts, struct hvc_record *record)
{
    char text[INET6_ADDRSTRLEN];

    hvc_record_set_list(record, "addresses");
    for (unsigned i = 0; i < facts->address_count; i++) {
        struct hvc_record *item = hvc_record_add(record, "addresses");

        hvc_address_text(&facts->addresses[i], text, sizeof(text));
        hvc_record_set_format(item, "address", "%s/%u", text, facts->addresses[i].prefix);
        hvc_record_set_bool(item, "ring", facts->addresses[i].ring);
    }
}

unsigned hvc_node_facts_listeners(const struct hvc_service *service, const struct hvc_soft_facts *facts,
                                  struct hvc_address *addresses)
{
    const struct hvc_route_end end = {facts->node, facts->addresses, facts->address_count};
    bool any = hvc_service_setting(service, 0, HVC_SETTING_ANY_NETWORK) != 0;
    struct hvc_network networks[HVC_NETWORKS_MAX];
    const struct hvc_network *network;
    unsigned count = 0;

    while (count < HVC_NETWORKS_MAX && (network = hvc_service_network_at(service, count)) != NULL)
        networks[count++] = *network;
    return hvc_route_listeners(networks, count, &end, any, addresses);
}

static void describe_listeners(const struct hvc_service *service, const struct hvc_soft_facts *facts,
                               struct hvc_record *record)
{
    struct hvc_address addresses[HVC_ADDRESSES_MAX];
    unsigned count = hvc_node_facts_listeners(service, facts, addresses);
    char text[INET6_ADDRSTRLEN];

    hvc_record_set_list(record, "listens");
    for (unsigned i = 0; i < count; i++) {
        hvc_address_text(&addresses[i], text, sizeof(text));
        hvc_record_set_text(hvc_record_add(record, "listens"), "address", text);
    }
}

static void describe_more(const struct hvc_soft_facts *facts, struct hvc_record *record)
{
    hvc_record_set_text(record, "architecture", facts->architecture);
    set_version(record, "libvirt_version", facts->libvirt_version);
    set_version(record, "hypervisor_version", facts->hypervisor_version);
    describe_addresses(facts, record);
}

void hvc_node_facts_describe(struct hvc_keeper *keeper, uint32_t node, const struct hvc_service *service,
                             struct hvc_record *record)
{
    HVC_CLEANUP(free) struct hvc_soft_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL || keeper->ops->soft(keeper, node, facts) < 0)
        return;
    hvc_record_set_format(record, "load", "%u.%02u", facts->load_100 / 100, facts->load_100 % 100);
    hvc_record_set_u64(record, "free_kib", facts->free_kib);
    hvc_record_set_text(record, "libvirt", hvc_hypervisor_health_name((enum hvc_hypervisor_health)facts->libvirt));
    hvc_record_set_u64(record, "libvirt_ms", facts->libvirt_ms);
    if (facts->libvirt_words[0] != '\0')
        hvc_record_set_text(record, "libvirt_words", facts->libvirt_words);
    hvc_record_set_text(record, "cpu_model", facts->cpu_model);
    if (facts->guests_age_ms != UINT64_MAX) {
        hvc_record_set_u64(record, "guests_seen", facts->guests_total);
        hvc_record_set_u64(record, "guests_ms", facts->guests_age_ms);
    }
    hvc_record_set_u64(record, "heard_ms", facts->age_ms);
    hvc_record_set_bool(record, "stale", facts->age_ms > HVC_SOFT_OLD_MS);
    if (service != NULL) {
        describe_more(facts, record);
        describe_listeners(service, facts, record);
    }
}

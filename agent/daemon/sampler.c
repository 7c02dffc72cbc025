/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampler.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "host_facts.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "ticker.h"

enum {
    PERIOD_MS = 1000,
    ASK_MS = 5000,     /* for libvirt's and corosync's answer */
    HANG_MS = 10000,   /* between two questions to a libvirt that hangs: each may cost a thread */
    HOST_MS = 60000,   /* versions and the processors' model */
    RING_MS = 30000,   /* addresses and which of them are the ring's */
    GUESTS_SHARE = 20, /* of the time, one part for listing guests */
};

struct hvc_sampler {
    struct hvc_sampler_options options;
    struct hvc_ticker *asker, *teller;

    /* of the asking thread */
    uint64_t host_ms, ring_ms, guests_ms; /* when it is asked next */

    pthread_mutex_t lock; /* of what is below */
    struct hvc_host_facts host;
    uint64_t listed_ms; /* 0: never */
    uint32_t guests_total;
    unsigned guest_count;
    struct hvc_soft_guest guests[HVC_GUESTS_PER_NODE_MAX];
    unsigned address_count;
    struct hvc_address addresses[HVC_ADDRESSES_MAX];

    struct hvc_soft_facts facts; /* of the telling thread */
    struct hvc_replica_status status;
};

/* ---- asking ---- */

/* False: libvirt did not tell, and is not asked anything else now. */
static bool ask_host(struct hvc_sampler *sampler)
{
    struct hvc_host_facts host = {0};
    struct hvc_error ignored = {0}; /* the driver keeps it as the words of its health */

    if (hvc_hypervisor_host(sampler->options.operations->hypervisor, hvc_deadline_in(ASK_MS), &host, &ignored) < 0)
        return false;
    sampler->host_ms = hvc_deadline_in(HOST_MS);
    (void)pthread_mutex_lock(&sampler->lock);
    sampler->host = host;
    (void)pthread_mutex_unlock(&sampler->lock);
    return true;
}

/* Those with a process first: when there is no room for all, definitions of guests that are off are left out. */
static void take_guests(struct hvc_sampler *sampler, const struct hvc_guest_state *guests, size_t count)
{
    sampler->guest_count = 0;
    sampler->guests_total = (uint32_t)count;
    for (unsigned present = 2; present-- > 0;) {
        for (size_t i = 0; i < count && sampler->guest_count < HVC_GUESTS_PER_NODE_MAX; i++) {
            struct hvc_soft_guest *guest = &sampler->guests[sampler->guest_count];

            if (hvc_guest_is_present(guests[i].guest_class) != (present == 1) ||
                hvc_parse_uuid_bytes(guests[i].id.uuid, guest->uuid) < 0)
                continue;
            guest->guest_class = (uint8_t)guests[i].guest_class;
            sampler->guest_count++;
        }
    }
}

static void ask_guests(struct hvc_sampler *sampler)
{
    uint64_t began_ms = hvc_now_ms();
    struct hvc_guest_state *guests = NULL;
    struct hvc_error ignored = {0};
    size_t count = 0;

    if (hvc_hypervisor_list(sampler->options.operations->hypervisor, hvc_deadline_in(ASK_MS), &guests, &count,
                            &ignored) < 0)
        return;
    sampler->guests_ms = hvc_now_ms() + (hvc_now_ms() - began_ms) * (GUESTS_SHARE - 1);
    (void)pthread_mutex_lock(&sampler->lock);
    sampler->listed_ms = began_ms;
    take_guests(sampler, guests, count);
    (void)pthread_mutex_unlock(&sampler->lock);
    free(guests);
}

static void mark_rings(const struct hvc_cluster_facts *facts, struct hvc_address *addresses, unsigned count)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->nodes[i].local && facts->nodes[i].address[0] != '\0')
            hvc_host_mark_ring(facts->nodes[i].address, addresses, count);
    }
}

static void ask_addresses(struct hvc_sampler *sampler)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    struct hvc_address addresses[HVC_ADDRESSES_MAX];
    unsigned count = hvc_host_addresses(addresses);

    if (facts == NULL)
        return;
    (void)hvc_facts_read(sampler->options.operations->facts, HVC_FACTS_COROSYNC, hvc_deadline_in(ASK_MS), facts);
    mark_rings(facts, addresses, count);
    /* asked soon again while corosync is silent: an address of the ring must not look like another one for long */
    sampler->ring_ms = hvc_deadline_in(facts->corosync_answers ? RING_MS : ASK_MS);
    (void)pthread_mutex_lock(&sampler->lock);
    memcpy(sampler->addresses, addresses, count * sizeof(addresses[0]));
    sampler->address_count = count;
    (void)pthread_mutex_unlock(&sampler->lock);
}

static void ask(void *context)
{
    struct hvc_sampler *sampler = context;
    struct hvc_hypervisor_status status = {0};
    uint64_t now_ms = hvc_now_ms();

    if (now_ms >= sampler->ring_ms)
        ask_addresses(sampler);
    hvc_hypervisor_status(sampler->options.operations->hypervisor, &status);
    if (now_ms < sampler->guests_ms)
        return;
    sampler->guests_ms = status.health == HVC_HYPERVISOR_HANGS ? hvc_deadline_in(HANG_MS) : now_ms;
    if (now_ms < sampler->host_ms || ask_host(sampler))
        ask_guests(sampler);
}

/* ---- telling ---- */

static void tell_libvirt(struct hvc_sampler *sampler, struct hvc_soft_facts *facts)
{
    struct hvc_hypervisor_status status = {0};
    uint64_t now_ms = hvc_now_ms();

    hvc_hypervisor_status(sampler->options.operations->hypervisor, &status);
    facts->libvirt = (uint8_t)status.health;
    facts->libvirt_ms = status.since_ms != 0 && status.since_ms <= now_ms ? now_ms - status.since_ms : 0;
    if (status.health == HVC_HYPERVISOR_DOWN || status.health == HVC_HYPERVISOR_HANGS)
        hvc_host_text(facts->libvirt_words, sizeof(facts->libvirt_words), status.last.text);
}

static void tell_what_was_asked(struct hvc_sampler *sampler, struct hvc_soft_facts *facts)
{
    (void)pthread_mutex_lock(&sampler->lock);
    hvc_host_text(facts->cpu_model, sizeof(facts->cpu_model), sampler->host.cpu_model);
    hvc_host_text(facts->architecture, sizeof(facts->architecture), sampler->host.architecture);
    if (hvc_parse_uuid_bytes(sampler->host.uuid, facts->host_uuid) < 0)
        memset(facts->host_uuid, 0, sizeof(facts->host_uuid)); /* not told yet */
    facts->hypervisor_version = sampler->host.hypervisor_version;
    facts->libvirt_version = sampler->host.libvirt_version;
    facts->guests_age_ms = sampler->listed_ms == 0 ? UINT64_MAX : hvc_now_ms() - sampler->listed_ms;
    facts->guests_total = sampler->guests_total;
    facts->guest_count = sampler->guest_count;
    memcpy(facts->guests, sampler->guests, sampler->guest_count * sizeof(facts->guests[0]));
    facts->address_count = sampler->address_count;
    memcpy(facts->addresses, sampler->addresses, sampler->address_count * sizeof(facts->addresses[0]));
    (void)pthread_mutex_unlock(&sampler->lock);
}

static void tell(void *context)
{
    struct hvc_sampler *sampler = context;
    struct hvc_operations *operations = sampler->options.operations;
    struct hvc_soft_facts *facts = &sampler->facts;
    struct timespec now = {0};

    memset(facts, 0, sizeof(*facts));
    if (clock_gettime(CLOCK_REALTIME, &now) == 0)
        facts->stamp_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    hvc_host_read(sampler->options.proc == NULL ? "/proc" : sampler->options.proc, facts);
    tell_libvirt(sampler, facts);
    tell_what_was_asked(sampler, facts);
    operations->keeper->ops->status(operations->keeper, &sampler->status);
    facts->move_count = hvc_moves_tell(operations->moves, &sampler->status, facts->moves);
    (void)sampler->options.publish(operations->keeper, facts); /* what is not told now is told by the next ones */
}

/* ---- begin and end ---- */

int hvc_sampler_new(const struct hvc_sampler_options *options, struct hvc_sampler **ret_sampler,
                    struct hvc_error *error)
{
    struct hvc_sampler *sampler = calloc(1, sizeof(*sampler));
    int rc;

    if (sampler == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    sampler->options = *options;
    (void)pthread_mutex_init(&sampler->lock, NULL);
    rc = hvc_ticker_new("the facts of this node", PERIOD_MS, ask, sampler, &sampler->asker, error);
    if (rc == 0)
        rc = hvc_ticker_new("the facts of this node", PERIOD_MS, tell, sampler, &sampler->teller, error);
    if (rc == 0) {
        *ret_sampler = sampler;
        return 0;
    }
    if (hvc_ticker_end(sampler->asker, hvc_deadline_in(ASK_MS))) {
        (void)pthread_mutex_destroy(&sampler->lock);
        free(sampler);
    }
    return rc;
}

bool hvc_sampler_end(struct hvc_sampler *sampler, uint64_t deadline_ms)
{
    if (sampler == NULL)
        return true;
    if (hvc_ticker_end(sampler->teller, deadline_ms))
        sampler->teller = NULL;
    if (hvc_ticker_end(sampler->asker, deadline_ms))
        sampler->asker = NULL;
    if (sampler->teller != NULL || sampler->asker != NULL)
        return false;
    (void)pthread_mutex_destroy(&sampler->lock);
    free(sampler);
    return true;
}

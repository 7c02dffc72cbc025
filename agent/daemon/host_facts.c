/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_facts.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hvc/bytes.h"
#include "hvc/cleanup.h"

/* ---- /proc ---- */

/* The whole of a small file; "" when it cannot be read. */
static void read_file(const char *folder, const char *name, char *text, size_t size)
{
    char path[256];
    FILE *file;

    text[0] = '\0';
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    text[fread(text, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

/* The number of a line "MemTotal:  16384 kB". */
static uint64_t line_number(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at == NULL ? 0 : strtoull(at + strlen(key), NULL, 10);
}

void hvc_host_read(const char *proc, struct hvc_soft_facts *facts)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    char text[4096];
    double load;

    read_file(proc, "loadavg", text, sizeof(text));
    load = strtod(text, NULL) * 100 + 0.5;
    facts->load_100 = load > 0 && load < UINT32_MAX ? (uint32_t)load : 0;
    facts->cpus = cpus > 0 ? (uint32_t)cpus : 0;
    read_file(proc, "meminfo", text, sizeof(text));
    facts->memory_kib = line_number(text, "MemTotal:");
    facts->free_kib = line_number(text, "MemAvailable:");
}

/* ---- addresses ---- */

static unsigned count_bits(const uint8_t *mask, unsigned length)
{
    unsigned bits = 0;

    while (bits < 8 * length && (mask[bits / 8] >> (7 - bits % 8) & 1) != 0)
        bits++;
    return bits;
}

/* False: of another family. */
static bool take_bytes(const struct sockaddr *from, uint8_t bytes[16], uint8_t *ret_family)
{
    if (from == NULL)
        return false;
    memset(bytes, 0, 16);
    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, from, sizeof(in));
        memcpy(bytes, &in.sin_addr, 4);
        *ret_family = 4;
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, from, sizeof(in6));
        memcpy(bytes, &in6.sin6_addr, 16);
        *ret_family = 6;
        return true;
    }
    return false;
}

static bool take_address(const struct ifaddrs *interface, struct hvc_address *ret)
{
    uint8_t mask[16], mask_family;

    *ret = (struct hvc_address){0};
    if ((interface->ifa_flags & IFF_UP) == 0 || (interface->ifa_flags & IFF_LOOPBACK) != 0 ||
        !take_bytes(interface->ifa_addr, ret->bytes, &ret->family) ||
        !take_bytes(interface->ifa_netmask, mask, &mask_family))
        return false;
    ret->prefix = (uint8_t)count_bits(mask, ret->family == 4 ? 4 : 16);
    return hvc_address_is_usable(ret);
}

unsigned hvc_host_addresses(struct hvc_address *addresses)
{
    struct ifaddrs *interfaces = NULL;
    unsigned count = 0;

    if (getifaddrs(&interfaces) < 0)
        return 0;
    for (const struct ifaddrs *i = interfaces; i != NULL && count < HVC_ADDRESSES_MAX; i = i->ifa_next) {
        if (take_address(i, &addresses[count]))
            count++;
    }
    freeifaddrs(interfaces);
    return count;
}

static void mark_near(const struct hvc_address *ring, struct hvc_address *addresses, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!hvc_address_equal(&addresses[i], ring))
            continue;
        for (unsigned k = 0; k < count; k++)
            addresses[k].ring = addresses[k].ring || hvc_address_is_near(&addresses[i], &addresses[k]);
        addresses[i].ring = true;
    }
}

void hvc_host_mark_ring(const char *ring, struct hvc_address *addresses, unsigned count)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;

    if (getaddrinfo(ring, NULL, &hints, &found) != 0)
        return;
    for (const struct addrinfo *i = found; i != NULL; i = i->ai_next) {
        struct hvc_address address = {0};

        if (take_bytes(i->ai_addr, address.bytes, &address.family))
            mark_near(&address, addresses, count);
    }
    freeaddrinfo(found);
}

/* ---- texts ---- */

void hvc_host_text(char *target, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);

    memcpy(target, text, length);
    target[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)target[i] < 0x20 || target[i] == 0x7f)
            target[i] = ' ';
    }
    for (size_t i = 0; i < length && !hvc_bytes_is_text(target, length, false, NULL); i++) {
        if ((unsigned char)target[i] >= 0x80) /* not well-formed, or cut: only plain letters then */
            target[i] = '?';
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link_speed.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node_facts.h"
#include "reach.h"

/* The own address that the kernel would use: a datagram socket is connected without a packet. */
static bool own_address(const struct hvc_address *address, struct sockaddr_storage *ret_own)
{
    struct sockaddr_storage name;
    socklen_t length = hvc_address_name(address, HVC_REACH_PORT, &name), size = sizeof(*ret_own);
    int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good;

    if (fd < 0)
        return false;
    memset(ret_own, 0, sizeof(*ret_own));
    good = connect(fd, (const struct sockaddr *)&name, length) == 0 &&
           getsockname(fd, (struct sockaddr *)ret_own, &size) == 0;
    (void)close(fd);
    return good;
}

static bool is_equal(const struct sockaddr *a, const struct sockaddr_storage *b)
{
    struct sockaddr_in in[2];
    struct sockaddr_in6 in6[2];

    if (a == NULL || a->sa_family != b->ss_family)
        return false;
    if (a->sa_family == AF_INET) {
        memcpy(&in[0], a, sizeof(in[0]));
        memcpy(&in[1], b, sizeof(in[1]));
        return in[0].sin_addr.s_addr == in[1].sin_addr.s_addr;
    }
    if (a->sa_family != AF_INET6)
        return false;
    memcpy(&in6[0], a, sizeof(in6[0]));
    memcpy(&in6[1], b, sizeof(in6[1]));
    return memcmp(&in6[0].sin6_addr, &in6[1].sin6_addr, sizeof(in6[0].sin6_addr)) == 0;
}

static bool interface_of(const struct sockaddr_storage *own, char name[IF_NAMESIZE])
{
    struct ifaddrs *interfaces = NULL;
    bool found = false;

    if (getifaddrs(&interfaces) < 0)
        return false;
    for (const struct ifaddrs *i = interfaces; i != NULL && !found; i = i->ifa_next) {
        found = is_equal(i->ifa_addr, own);
        if (found)
            (void)snprintf(name, IF_NAMESIZE, "%s", i->ifa_name);
    }
    freeifaddrs(interfaces);
    return found;
}

uint64_t hvc_link_mbit(const char *sys, const struct hvc_address *address)
{
    struct sockaddr_storage own;
    char name[IF_NAMESIZE], path[256], text[32];
    size_t length;
    FILE *file;
    long long mbit;

    if (!own_address(address, &own) || !interface_of(&own, name))
        return 0;
    (void)snprintf(path, sizeof(path), "%s/%s/speed", sys, name);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    length = fread(text, 1, sizeof(text) - 1, file); /* EINVAL of an interface without a speed: nothing is read */
    (void)fclose(file);
    text[length] = '\0';
    mbit = strtoll(text, NULL, 10); /* -1: no link */
    return mbit > 0 ? (uint64_t)mbit : 0;
}

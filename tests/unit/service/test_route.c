/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks and addresses to routes: a table of small clusters, and what holds for any. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/route.h"

/* "10.0.7.1/24", with "*" behind it the ring's. */
static struct hvc_address address(const char *text)
{
    struct hvc_address a = {.family = strchr(text, ':') == NULL ? 4 : 6};
    char part[64];
    const char *slash = strchr(text, '/');

    (void)snprintf(part, sizeof(part), "%.*s", (int)(slash - text), text);
    assert_int_equal(inet_pton(a.family == 4 ? AF_INET : AF_INET6, part, a.bytes), 1);
    a.prefix = (uint8_t)strtoul(slash + 1, NULL, 10);
    a.ring = strchr(text, '*') != NULL;
    return a;
}

static struct hvc_network network(const char *subnet, uint32_t id, uint32_t metric, uint32_t node)
{
    struct hvc_address a = address(subnet);
    struct hvc_network n = {.id = id, .metric = metric, .node = node, .family = a.family, .prefix = a.prefix};

    memcpy(n.address, a.bytes, sizeof(n.address));
    n.bandwidth = 1000 * id;
    return n;
}

static unsigned addresses(const char *list, struct hvc_address *to)
{
    char copy[256], *rest = copy;
    unsigned count = 0;

    (void)snprintf(copy, sizeof(copy), "%s", list);
    for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        to[count++] = address(word);
    return count;
}

/* "10.0.7.2#1 fd00:7::2#2*": address, network, ring */
static void describe(const struct hvc_route *routes, unsigned count, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        char part[INET6_ADDRSTRLEN];

        assert_non_null(
            inet_ntop(routes[i].address.family == 4 ? AF_INET : AF_INET6, routes[i].address.bytes, part, sizeof(part)));
        used += (size_t)snprintf(text + used, size - used, "%s%s#%u%s", i > 0 ? " " : "", part, routes[i].network,
                                 routes[i].address.ring ? "*" : "");
    }
}

struct net_row {
    const char *subnet;
    uint32_t id, metric, node;
};

static const struct {
    const char *what;
    struct net_row nets[4];
    const char *source, *target;
    bool any;
    enum hvc_route_answer answer;
    const char *routes;
} cases[] = {
    {"one network",
     {{"10.0.7.0/24", 1, 0, 0}},
     "10.0.1.1/24* 10.0.7.1/24",
     "10.0.1.2/24* 10.0.7.2/24",
     false,
     HVC_ROUTE_FOUND,
     "10.0.7.2#1"},
    {"the lower metric first",
     {{"10.0.7.0/24", 1, 20, 0}, {"10.0.8.0/24", 2, 10, 0}},
     "10.0.7.1/24 10.0.8.1/24",
     "10.0.7.2/24 10.0.8.2/24",
     false,
     HVC_ROUTE_FOUND,
     "10.0.8.2#2 10.0.7.2#1"},
    {"both families, IPv6 by its metric",
     {{"10.0.7.0/24", 1, 5, 0}, {"fd00:7::/64", 2, 1, 0}},
     "10.0.7.1/24 fd00:7::1/64",
     "10.0.7.2/24 fd00:7::2/64",
     false,
     HVC_ROUTE_FOUND,
     "fd00:7::2#2 10.0.7.2#1"},
    {"a family that the source lacks is no way",
     {{"10.0.7.0/24", 1, 5, 0}, {"fd00:7::/64", 2, 1, 0}},
     "10.0.7.1/24",
     "10.0.7.2/24 fd00:7::2/64",
     false,
     HVC_ROUTE_FOUND,
     "10.0.7.2#1"},
    {"the ring's network last, whatever its metric",
     {{"10.0.1.0/24", 1, 0, 0}, {"10.0.7.0/24", 2, 100, 0}},
     "10.0.1.1/24* 10.0.7.1/24",
     "10.0.1.2/24* 10.0.7.2/24",
     false,
     HVC_ROUTE_FOUND,
     "10.0.7.2#2 10.0.1.2#1*"},
    {"every address of a family",
     {{"0.0.0.0/0", 1, 0, 0}},
     "10.0.1.1/24* 10.0.7.1/24",
     "10.0.1.2/24* 192.168.3.2/24 10.0.7.2/24 127.0.0.1/8 169.254.1.1/16",
     false,
     HVC_ROUTE_FOUND,
     "10.0.7.2#1 192.168.3.2#1 10.0.1.2#1*"},
    {"an address in two networks keeps the better",
     {{"0.0.0.0/0", 1, 9, 0}, {"10.0.7.0/24", 2, 3, 0}},
     "10.0.7.1/24",
     "10.0.7.2/24",
     false,
     HVC_ROUTE_FOUND,
     "10.0.7.2#2"},
    {"a network of the target alone, routed",
     {{"10.1.0.0/24", 1, 0, 1}, {"10.2.0.0/24", 2, 0, 2}},
     "10.1.0.1/24",
     "10.2.0.2/24",
     false,
     HVC_ROUTE_FOUND,
     "10.2.0.2#2"},
    {"a network of another node is no way",
     {{"10.0.7.0/24", 1, 0, 3}},
     "10.0.7.1/24",
     "10.0.7.2/24",
     false,
     HVC_ROUTE_NO_NETWORK,
     ""},
    {"nothing configured and no other allowed",
     {{NULL, 0, 0, 0}},
     "10.0.7.1/24",
     "10.0.7.2/24",
     false,
     HVC_ROUTE_NO_NETWORK,
     ""},
    {"nothing configured and any allowed: the near one first, the ring's last",
     {{NULL, 0, 0, 0}},
     "10.0.1.1/24* 10.0.7.1/24",
     "10.0.1.2/24* 10.0.6.2/24 10.0.7.2/24",
     true,
     HVC_ROUTE_FOUND,
     "10.0.7.2#0 10.0.6.2#0 10.0.1.2#0*"},
    {"the target is outside",
     {{"10.0.7.0/24", 1, 0, 0}},
     "10.0.7.1/24",
     "10.0.1.2/24*",
     false,
     HVC_ROUTE_TARGET_OUTSIDE,
     ""},
    {"the target is outside and any allowed",
     {{"10.0.7.0/24", 1, 0, 0}},
     "10.0.7.1/24 10.0.1.1/24*",
     "10.0.1.2/24*",
     true,
     HVC_ROUTE_FOUND,
     "10.0.1.2#0*"},
    {"the source is outside",
     {{"10.0.7.0/24", 1, 0, 0}},
     "10.0.1.1/24*",
     "10.0.7.2/24",
     false,
     HVC_ROUTE_SOURCE_OUTSIDE,
     ""},
    {"no family in common", {{NULL, 0, 0, 0}}, "10.0.1.1/24", "fd00::2/64", true, HVC_ROUTE_NO_ADDRESS, ""},
    {"a target that tells nothing", {{"10.0.7.0/24", 1, 0, 0}}, "10.0.7.1/24", "", true, HVC_ROUTE_NO_ADDRESS, ""},
};

static void each_cluster_has_its_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_network nets[4];
        struct hvc_address from[8], to[8];
        struct hvc_route routes[HVC_ROUTES_MAX];
        struct hvc_route_end source = {1, from, addresses(cases[i].source, from)};
        struct hvc_route_end target = {2, to, addresses(cases[i].target, to)};
        unsigned nets_count = 0, count = 0;
        enum hvc_route_answer answer;
        char text[512];

        for (; nets_count < 4 && cases[i].nets[nets_count].subnet != NULL; nets_count++)
            nets[nets_count] = network(cases[i].nets[nets_count].subnet, cases[i].nets[nets_count].id,
                                       cases[i].nets[nets_count].metric, cases[i].nets[nets_count].node);
        answer = hvc_route_find(nets, nets_count, &source, &target, cases[i].any, routes, &count);
        describe(routes, count, text, sizeof(text));
        if (answer != cases[i].answer || strcmp(text, cases[i].routes) != 0)
            fail_msg("%s: %s \"%s\"", cases[i].what, hvc_route_answer_text(answer), text);
    }
}

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % below;
}

static void draw_end(struct hvc_address *to, struct hvc_route_end *end, uint32_t node)
{
    static const char *const pool[] = {"10.0.1.N/24*",   "10.0.7.N/24",  "10.0.8.N/24", "fd00:7::N/64",  "fd00:8::N/64",
                                       "169.254.3.N/16", "fe80::1:N/64", "127.0.0.N/8", "192.168.N.9/24"};
    char text[64];

    *end = (struct hvc_route_end){.node = node, .addresses = to};
    for (unsigned i = 0; i < HVC_COUNT(pool); i++) {
        if (draw(2) == 0)
            continue;
        (void)snprintf(text, sizeof(text), "%s", pool[i]);
        *strchr(text, 'N') = (char)('0' + node);
        to[end->count++] = address(text);
    }
}

/* "1 2! 3*": networks of the routes in order; "!" behind it: it does not answer, "*": the ring's. */
static unsigned tried(const char *list, struct hvc_route *routes, int *reached)
{
    unsigned count = 0;

    for (const char *p = list; *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9') {
            routes[count] = (struct hvc_route){.network = (uint32_t)(*p - '0')};
            reached[count++] = 0;
        } else if (*p == '!') {
            reached[count - 1] = -1;
        } else if (*p == '*') {
            routes[count - 1].address.ring = true;
        }
    }
    return count;
}

static void the_ring_and_what_is_silent_take_nothing_over_from_a_full_network(void **state)
{
    static const struct {
        const char *routes, *networks;
    } rows[] = {
        {"", ""},
        {"1", "1"},
        {"1 1 2", "12"},       /* several addresses in one network */
        {"1 2 1", "12"},       /* the order stays */
        {"2 1! 3", "23"},      /* silent */
        {"1! 2!", "12"},       /* all are */
        {"1 2 3*", "12"},      /* the ring stands in for what is cut ... */
        {"1! 2! 3*", "3"},     /* ... like this */
        {"1! 3*!", "1"},       /* not when it is cut, too */
        {"3* 4*", "34"},       /* nothing else is configured */
        {"0 0", "0"},          /* none of the configured ones */
        {"1 2 3 4 5", "1234"}, /* no more than there is room for */
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_route routes[8];
        char text[8] = "";
        uint32_t ids[4];
        int reached[8];
        unsigned count = tried(rows[i].routes, routes, reached);
        unsigned found = hvc_route_networks(routes, reached, count, ids, HVC_COUNT(ids));

        for (unsigned k = 0; k < found; k++)
            text[k] = (char)('0' + ids[k]);
        assert_string_equal(text, rows[i].networks);
    }
}

static void the_given_network_goes_first_where_it_answers(void **state)
{
    static const struct {
        const char *routes;
        uint32_t given;
        const char *order;
    } rows[] = {
        {"1 2 3", 2, "213"},   {"1 2 3", 1, "123"},     {"1 2 3", 9, "123"}, {"1 2! 3", 2, "132"},
        {"1! 2! 3", 2, "321"}, {"1 2 2 3*", 2, "2213"}, {"", 1, ""},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_route routes[8];
        char text[8] = "";
        int reached[8];
        unsigned count = tried(rows[i].routes, routes, reached);

        hvc_route_prefer(routes, reached, count, rows[i].given);
        for (unsigned k = 0; k < count; k++)
            text[k] = (char)('0' + routes[k].network);
        assert_string_equal(text, rows[i].order);
        for (unsigned k = 1; k < count; k++)
            assert_true(reached[k - 1] == 0 || reached[k] != 0);
    }
}

static void whatever_the_cluster_the_list_keeps_its_promises(void **state)
{
    static const char *const subnets[] = {"10.0.1.0/24", "10.0.7.0/24", "10.0.8.0/24", "fd00:7::/64",
                                          "fd00:8::/64", "0.0.0.0/0",   "::/0"};

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct hvc_network nets[HVC_COUNT(subnets)];
        struct hvc_address from[16], to[16], listeners[HVC_ADDRESSES_MAX];
        struct hvc_route routes[HVC_ROUTES_MAX];
        struct hvc_route_end source, target;
        unsigned nets_count = 0, count = 0, listening;
        enum hvc_route_answer answer;
        bool any = draw(2) == 0;

        draw_end(from, &source, 1);
        draw_end(to, &target, 2);
        for (unsigned i = 0; i < HVC_COUNT(subnets); i++) {
            if (draw(3) == 0) {
                nets[nets_count] = network(subnets[i], i + 1, draw(4), draw(4));
                nets_count++;
            }
        }
        answer = hvc_route_find(nets, nets_count, &source, &target, any, routes, &count);
        assert_int_equal(answer == HVC_ROUTE_FOUND, count > 0);
        for (unsigned i = 0; i < count; i++) {
            assert_true(hvc_address_is_usable(&routes[i].address));
            assert_true(any || routes[i].network != 0);
            for (unsigned k = 0; k < i; k++)
                assert_false(hvc_address_equal(&routes[i].address, &routes[k].address));
            if (i > 0) { /* the ring's behind all others, then by metric */
                assert_true(routes[i - 1].address.ring <= routes[i].address.ring);
                assert_true(routes[i - 1].address.ring < routes[i].address.ring ||
                            routes[i - 1].metric <= routes[i].metric);
            }
        }
        listening = hvc_route_listeners(nets, nets_count, &target, any, listeners);
        for (unsigned i = 0; i < count && !any; i++) { /* a target is only tried where it says that it listens */
            bool found = false;

            for (unsigned k = 0; k < listening; k++)
                found = found || hvc_address_equal(&listeners[k], &routes[i].address);
            assert_true(found);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cluster_has_its_ways),
        cmocka_unit_test(the_ring_and_what_is_silent_take_nothing_over_from_a_full_network),
        cmocka_unit_test(the_given_network_goes_first_where_it_answers),
        cmocka_unit_test(whatever_the_cluster_the_list_keeps_its_promises),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/peers.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static unsigned opened, closed;
static char last_uri[HVC_URI_MAX];

static void close_handle(struct hvc_hypervisor *h)
{
    (void)h;
    closed++;
}

static const struct hvc_hypervisor_ops ops = {.close = close_handle};
static struct hvc_hypervisor handles[HVC_NODES_MAX + 1];

static int open_handle(const char *uri, struct hvc_hypervisor **ret_hypervisor)
{
    if (strstr(uri, "broken") != NULL)
        return -EINVAL;
    (void)snprintf(last_uri, sizeof(last_uri), "%s", uri);
    handles[opened].ops = &ops;
    *ret_hypervisor = &handles[opened++];
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    opened = 0;
    closed = 0;
    return 0;
}

static void patterns_name_the_node_in_uris(void **state)
{
    struct hvc_peers *peers = NULL;
    char uri[HVC_URI_MAX];

    (void)state;
    assert_int_equal(hvc_peers_new("qemu+tls://%n/system?x=%%1", "tcp://%n-mig", open_handle, &peers, NULL), 0);
    assert_int_equal(hvc_peers_uri(peers, "n2", uri, NULL), 0);
    assert_string_equal(uri, "qemu+tls://n2/system?x=%1");
    assert_int_equal(hvc_peers_uri(peers, "fd00::2", uri, NULL), 0);
    assert_string_equal(uri, "qemu+tls://[fd00::2]/system?x=%1");
    assert_int_equal(hvc_peers_migrate_uri(peers, "n2", uri, NULL), 0);
    assert_string_equal(uri, "tcp://n2-mig");
    hvc_peers_free(peers);
    assert_int_equal(hvc_peers_new("qemu+tls://%n/system", NULL, open_handle, &peers, NULL), 0);
    assert_int_equal(hvc_peers_migrate_uri(peers, "n2", uri, NULL), 0);
    assert_string_equal(uri, "");
    hvc_peers_free(peers);
}

static void a_pattern_without_its_place_or_with_another_letter_is_refused(void **state)
{
    static const char *const patterns[] = {"qemu+tls://host/system", "qemu://%h/", "%n%", "", "%%"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(patterns); i++) {
        struct hvc_peers *peers = NULL;
        struct hvc_error error = {0};

        assert_int_equal(hvc_peers_new(patterns[i], NULL, open_handle, &peers, &error), -EINVAL);
        assert_true(strlen(error.text) > 0);
        assert_null(peers);
    }
}

static void names_that_would_change_the_uri_are_refused(void **state)
{
    static const char *const names[] = {"", "n2/../..", "n2?x", "user@n2", "n 2", "-n2", "n2#", "%n", "n2\n"};
    struct hvc_peers *peers = NULL;

    (void)state;
    assert_int_equal(hvc_peers_new("qemu+tls://%n/system", NULL, open_handle, &peers, NULL), 0);
    for (size_t i = 0; i < HVC_COUNT(names); i++) {
        struct hvc_hypervisor *h = NULL;

        assert_int_equal(hvc_peers_get(peers, names[i], &h, NULL), -EINVAL);
    }
    assert_int_equal(opened, 0);
    hvc_peers_free(peers);
}

static void a_node_has_one_handle_for_good(void **state)
{
    struct hvc_hypervisor *first = NULL, *again = NULL, *other = NULL;
    struct hvc_peers *peers = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_peers_new("qemu+tls://%n/system", NULL, open_handle, &peers, NULL), 0);
    assert_int_equal(hvc_peers_get(peers, "n2", &first, NULL), 0);
    assert_int_equal(hvc_peers_get(peers, "n3", &other, NULL), 0);
    assert_int_equal(hvc_peers_get(peers, "n2", &again, NULL), 0);
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, other);
    assert_string_equal(last_uri, "qemu+tls://n3/system");
    assert_int_equal(hvc_peers_get(peers, "broken", &other, &error), -EINVAL);
    assert_non_null(strstr(error.text, "qemu+tls://broken/system"));
    assert_int_equal(opened, 2);
    hvc_peers_free(peers);
    assert_int_equal(closed, 2);
}

static void more_names_than_a_cluster_has_nodes_are_refused(void **state)
{
    struct hvc_peers *peers = NULL;
    struct hvc_hypervisor *h = NULL;

    (void)state;
    assert_int_equal(hvc_peers_new("qemu+tls://%n/system", NULL, open_handle, &peers, NULL), 0);
    for (unsigned i = 0; i <= HVC_NODES_MAX; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "node%u", i);
        assert_int_equal(hvc_peers_get(peers, name, &h, NULL), i < HVC_NODES_MAX ? 0 : -E2BIG);
    }
    hvc_peers_free(peers);
    hvc_peers_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(patterns_name_the_node_in_uris, set_up),
        cmocka_unit_test_setup(a_pattern_without_its_place_or_with_another_letter_is_refused, set_up),
        cmocka_unit_test_setup(names_that_would_change_the_uri_are_refused, set_up),
        cmocka_unit_test_setup(a_node_has_one_handle_for_good, set_up),
        cmocka_unit_test_setup(more_names_than_a_cluster_has_nodes_are_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

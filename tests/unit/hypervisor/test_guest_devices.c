/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

#define HEAD "<domain type='kvm'><name>vm</name><uuid>0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d</uuid>"
#define DISKS                                                                                                          \
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a/vm.qcow2'/>"                   \
    "<backingStore type='file'><source file='/a/base.img'/></backingStore><target dev='vda'/></disk>"                  \
    "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/x'/><target dev='vdb'/>"       \
    "<shareable/></disk>"                                                                                              \
    "<disk type='network' device='disk'><driver type='raw'/><source protocol='nbd'/><target dev='vdc'/>"               \
    "<mirror type='file' job='copy' ready='yes'><format type='raw'/><source file='/b/vdc.img'/></mirror></disk>"       \
    "<disk type='file' device='cdrom'><target dev='sda'/></disk>"

static struct hvc_guest_devices devices;

static void the_disks_are_read(void **state)
{
    struct hvc_error error = {.code = 0};

    (void)state;
    assert_int_equal(hvc_guest_devices_read(HEAD "<os><nvram>/n/vm.fd</nvram></os><devices>" DISKS
                                                 "<tpm><backend type='emulator'/></tpm><hostdev/></devices></domain>",
                                            &devices, &error),
                     0);
    assert_int_equal(devices.disk_count, 4);
    assert_string_equal(devices.disks[0].path, "/a/vm.qcow2");
    assert_string_equal(devices.disks[0].format, "qcow2");
    assert_true(devices.disks[0].has_parent && !devices.disks[0].readonly && !devices.disks[0].mirrored);
    assert_int_equal(devices.disks[1].type, HVC_DISK_BLOCK);
    assert_true(devices.disks[1].shareable);
    assert_int_equal(devices.disks[2].type, HVC_DISK_NETWORK);
    assert_true(devices.disks[2].mirrored && devices.disks[2].mirror_ready);
    assert_string_equal(devices.disks[2].mirror, "/b/vdc.img");
    assert_int_equal(devices.disks[3].type, HVC_DISK_EMPTY);
    assert_true(devices.disks[3].readonly);
    assert_string_equal(devices.nvram, "/n/vm.fd");
    assert_true(devices.has_tpm && devices.has_host_device && !devices.has_filesystem);
    assert_false(devices.transit.present);
}

static void a_definition_gets_other_places_and_the_mark_of_the_move(void **state)
{
    static struct hvc_transit mark = {.present = true, .token = "job <7>", .owner = "vm&co", .planned = true};
    const struct hvc_disk_place places[] = {{.name = "vda", .path = "/new/a&b.img", .format = "raw"},
                                            {.name = "vdc", .path = "/new/c.qcow2", .format = "qcow2"}};
    struct hvc_error error = {.code = 0};
    char *once = NULL, *twice = NULL;

    (void)state;
    mark.created_count = mark.old_count = 1;
    (void)snprintf(mark.created[0], sizeof(mark.created[0]), "/new/a&b.img");
    (void)snprintf(mark.old[0], sizeof(mark.old[0]), "/a/vm.qcow2");
    assert_int_equal(hvc_guest_xml_place(HEAD "<devices>" DISKS "</devices></domain>", places, 2, &mark, &once, &error),
                     0);
    assert_int_equal(hvc_guest_devices_read(once, &devices, &error), 0);
    assert_string_equal(devices.disks[0].path, "/new/a&b.img");
    assert_string_equal(devices.disks[0].format, "raw");
    assert_false(devices.disks[0].has_parent);
    assert_string_equal(devices.disks[1].path, "/dev/x");
    assert_int_equal(devices.disks[2].type, HVC_DISK_FILE);
    assert_string_equal(devices.disks[2].path, "/new/c.qcow2");
    assert_false(devices.disks[2].mirrored);
    assert_true(devices.transit.present && devices.transit.planned && !devices.transit.paused);
    assert_string_equal(devices.transit.token, "job <7>");
    assert_string_equal(devices.transit.owner, "vm&co");
    assert_string_equal(devices.transit.created[0], "/new/a&b.img");
    assert_string_equal(devices.transit.old[0], "/a/vm.qcow2");
    mark.present = false;
    assert_int_equal(hvc_guest_xml_place(once, NULL, 0, &mark, &twice, &error), 0);
    assert_int_equal(hvc_guest_devices_read(twice, &devices, &error), 0);
    assert_false(devices.transit.present);
    free(once);
    free(twice);
}

static void a_disk_that_is_not_there_is_an_error(void **state)
{
    const struct hvc_disk_place place = {.name = "vdz", .path = "/x"};
    const struct hvc_transit none = {.present = false};
    struct hvc_error error = {.code = 0};
    char *xml = NULL;

    (void)state;
    assert_int_equal(hvc_guest_xml_place(HEAD "</domain>", &place, 1, &none, &xml, &error), -ENOENT);
    assert_non_null(strstr(error.text, "vdz"));
    assert_int_equal(hvc_guest_devices_read("<domain><devices><disk/></devices></domain>", &devices, &error), -EINVAL);
    assert_int_equal(hvc_guest_devices_read("<network/>", &devices, &error), -EINVAL);
}

static void a_mark_with_too_many_files_does_not_count(void **state)
{
    struct hvc_error error = {.code = 0};
    char *xml = calloc(1, 16384);
    size_t used;

    (void)state;
    assert_non_null(xml);
    used = (size_t)snprintf(xml, 16384, HEAD "<metadata><t:transit xmlns:t='%s' token='a'>", HVC_TRANSIT_URI);
    for (int i = 0; i <= HVC_PLAN_DISKS_MAX; i++)
        used += (size_t)snprintf(xml + used, 16384 - used, "<created path='/a%d'/>", i);
    (void)snprintf(xml + used, 16384 - used, "</t:transit></metadata></domain>");
    assert_int_equal(hvc_guest_devices_read(xml, &devices, &error), 0);
    assert_false(devices.transit.present);
    assert_int_equal(devices.transit.created_count, 0);
    free(xml);
}

static void a_disk_of_its_own_is_an_element(void **state)
{
    const struct hvc_disk_place place = {.name = "vda", .path = "/a'b", .format = "qcow2"};
    char *xml = NULL;

    (void)state;
    assert_int_equal(hvc_disk_place_element(&place, &xml), 0);
    assert_non_null(strstr(xml, "type=\"file\""));
    assert_non_null(strstr(xml, "file=\"/a'b\""));
    assert_non_null(strstr(xml, "type=\"qcow2\""));
    free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_disks_are_read),
        cmocka_unit_test(a_definition_gets_other_places_and_the_mark_of_the_move),
        cmocka_unit_test(a_disk_that_is_not_there_is_an_error),
        cmocka_unit_test(a_mark_with_too_many_files_does_not_count),
        cmocka_unit_test(a_disk_of_its_own_is_an_element),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a guest's definition: what is accepted keeps its identity when it is marked with an owner, and the mark
 * is one. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "guest_xml.h"
#include "hvc/cleanup.h"
#include "hvc/host.h"

/* What a guest needs: read from whatever is accepted, never more than a profile holds. */
static void check_profile(const char *xml, size_t size, const struct hvc_guest_id *id)
{
    struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));
    HVC_CLEANUP(free) char *cpu = NULL;
    struct hvc_error error = {0};

    if (profile != NULL && hvc_guest_parse_profile(xml, size, profile, &error) == 0) {
        if (strcmp(profile->uuid, id->uuid) != 0 || profile->disk_count > HVC_PROFILE_DISKS_MAX ||
            profile->net_count > HVC_PROFILE_NETS_MAX || profile->device_count > HVC_PROFILE_DEVICES_MAX ||
            profile->memory_kib > HVC_KIB_MAX)
            abort();
    } else if (profile != NULL && error.text[0] == '\0') {
        abort(); /* refused without a word */
    }
    (void)hvc_guest_xml_cpu(xml, &cpu, &error);
    free(profile);
}

static void check_mark(const char *xml, const struct hvc_guest_id *id)
{
    HVC_CLEANUP(free) char *marked = NULL;
    HVC_CLEANUP(free) char *again = NULL;
    struct hvc_guest_id after;
    struct hvc_error error = {0};

    if (hvc_guest_xml_mark(xml, "owner <&\"'>", &marked, &error) < 0)
        return; /* it is well-formed, but a mark cannot be put into it: refused in words */
    if (strlen(marked) >= HVC_XML_MAX)
        return;
    if (hvc_guest_parse_id(marked, strlen(marked), &after, &error) < 0 || strcmp(after.uuid, id->uuid) != 0 ||
        strcmp(after.name, id->name) != 0)
        abort();
    if (hvc_guest_xml_mark(marked, "", &again, &error) < 0 || strlen(again) > strlen(marked) ||
        hvc_guest_parse_id(again, strlen(again), &after, &error) < 0 || strcmp(after.uuid, id->uuid) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *xml = malloc(size + 1);
    struct hvc_guest_id id = {.name = ""};
    struct hvc_error error = {0};
    char owner[HVC_RESOURCE_NAME_MAX];
    char model[64];
    bool needs = false;
    int result = hvc_guest_parse_id((const char *)data, size, &id, &error);

    if (xml == NULL)
        return 0;
    if (result < 0 && error.text[0] == '\0')
        abort(); /* refused without a word */
    memcpy(xml, data, size);
    xml[size] = '\0';
    (void)hvc_guest_xml_needs_definition(xml, &needs, &error);
    (void)hvc_guest_xml_owner(xml, owner);
    (void)hvc_host_xml_cpu_model(xml, model, sizeof(model));
    (void)hvc_host_xml_uuid(xml, model);
    if (result == 0 && strlen(xml) == size) {
        check_profile(xml, size, &id);
        check_mark(xml, &id);
    }
    free(xml);
    return 0;
}

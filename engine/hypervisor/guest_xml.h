/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine reads and writes in a guest's definition (libvirt's domain XML). Pure except for memory; bounded by
 * HVC_XML_MAX; no DTD, no entities, no network, no file. Any thread.
 */
#ifndef HVC_GUEST_XML_H
#define HVC_GUEST_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "hvc/hypervisor.h"

/* The mark of a guest's owner in its metadata: <hvc:guest owner="RESOURCE"/>. */
#define HVC_METADATA_URI    "https://hvcluster.org/xmlns/domain/1"
#define HVC_METADATA_PREFIX "hvc"

/* The definition with the owner's mark in <metadata>, replacing a former one; everything else stays. An empty owner
 * removes the mark. free() the result. */
int hvc_guest_xml_mark(const char *xml, const char *owner, char **ret_xml, struct hvc_error *error);

/* The metadata element alone, as virDomainSetMetadata wants it. free() the result. */
int hvc_guest_xml_owner_element(const char *owner, char **ret_xml);

/* The owner in a metadata element as virDomainGetMetadata answers it. -EINVAL when it is none. */
int hvc_guest_xml_owner(const char *element, char ret_owner[HVC_RESOURCE_NAME_MAX]);

/* True when libvirt would drop state of the guest with a transient domain: an emulated TPM whose state is not
 * persistent_state='yes' (domain documentation, "TPM device"). Such a guest must have a stored definition. */
int hvc_guest_xml_needs_definition(const char *xml, bool *ret_needs, struct hvc_error *error);

/* Model of the host's CPU in a capabilities document; "" when it has none. */
int hvc_host_xml_cpu_model(const char *xml, char *ret_model, size_t size);

/* UUID of the host in a capabilities document. -EINVAL: it has none. */
int hvc_host_xml_uuid(const char *xml, char ret_uuid[HVC_UUID_TEXT_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's status file of an active guest (/run/libvirt/qemu/NAME.xml, readable by root): what libvirtd knew last. It
 * is read when libvirtd is silent, to tell an incoming guest from one that runs. The format is libvirt's own matter
 * (virDomainObjFormat, qemuDomainObjPrivateXMLFormatJob); what is not understood leads to "unknown", never to a guess.
 */
#ifndef HVC_STATUS_FILE_H
#define HVC_STATUS_FILE_H

#include "hvc/hypervisor.h"
#include "state.h"

#define HVC_STATUS_FILE_MAX (4 * HVC_XML_MAX)

struct hvc_status_file {
    struct hvc_guest_id id;
    int64_t pid;
    int state, reason; /* libvirt's numbers; -1: a word that is not known */
    enum hvc_domain_job job;
    bool finishing; /* target: the end of the migration has begun, so "paused" may be out of date */
    uint64_t memory_kib;
    char owner[HVC_RESOURCE_NAME_MAX];
};

/* Pure. -EINVAL when it is no status file. */
int hvc_status_file_parse(const char *xml, size_t length, struct hvc_status_file *ret_status, struct hvc_error *error);

/* The file of the guest of that name in the folder. -ENOENT, -EACCES, -EINVAL. */
int hvc_status_file_read(const char *folder, const char *name, struct hvc_status_file *ret_status,
                         struct hvc_error *error);

#endif

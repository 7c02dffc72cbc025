/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a move needs to know of a guest's devices, and the definition with its disks at other places. Pure except for
 * memory; bounded by HVC_XML_MAX. Any thread.
 *
 * A move that makes or leaves files writes a mark of itself into the guest's metadata, so that whoever goes on with it
 * after a crash knows what is its own: <transit xmlns=... token= owner= ...> with a <created path=> for each file that
 * it makes at the target and an <old path=> for each one that is of no use when it has succeeded.
 */
#ifndef HVC_GUEST_DEVICES_H
#define HVC_GUEST_DEVICES_H

#include "hvc/hypervisor.h"
#include "hvc/storage_plan.h"

#define HVC_TRANSIT_URI    "https://hvcluster.org/xmlns/transit/1"
#define HVC_TRANSIT_PREFIX "hvct"
#define HVC_TOKEN_MAX      64
#define HVC_DISK_NAME_MAX  32 /* "vda", "sdaa" */

enum hvc_disk_type { HVC_DISK_EMPTY, HVC_DISK_FILE, HVC_DISK_BLOCK, HVC_DISK_NETWORK, HVC_DISK_OTHER };

struct hvc_guest_disk {
    char name[HVC_DISK_NAME_MAX];
    enum hvc_disk_type type;
    char path[HVC_DISK_PATH_MAX]; /* of FILE and BLOCK, else "" */
    char format[16];              /* of its driver element, "" unknown */
    bool readonly;                /* and CD-ROMs, whatever they say */
    bool shareable;
    bool has_parent;                /* a backing file that the definition names */
    bool mirrored;                  /* a block job copies it: */
    char mirror[HVC_DISK_PATH_MAX]; /* to this file, "" when it is none */
    bool mirror_ready;
};

struct hvc_transit {
    bool present;
    char token[HVC_TOKEN_MAX];
    char owner[HVC_RESOURCE_NAME_MAX]; /* as the guest's own mark had it */
    bool paused;                       /* the guest was paused when the move began */
    bool halted;                       /* the move itself has paused it, and lets it go on */
    bool planned;                      /* a staged move made this definition */
    bool temporary;                    /* the move stored this definition: it goes when the move has ended */
    size_t created_count, old_count;
    char created[HVC_PLAN_DISKS_MAX][HVC_DISK_PATH_MAX];
    char old[HVC_PLAN_DISKS_MAX][HVC_DISK_PATH_MAX];
};

/* Big: on the heap. */
struct hvc_guest_devices {
    size_t disk_count;
    struct hvc_guest_disk disks[HVC_PLAN_DISKS_MAX];
    bool has_host_device; /* of the host's own hardware */
    bool has_filesystem;  /* a shared folder */
    bool has_tpm;         /* emulated, its state in files of the node */
    char nvram[HVC_DISK_PATH_MAX];
    struct hvc_transit transit;
};

/* A mark of a move in the metadata counts only when it is whole. -EINVAL in words; -E2BIG: more disks than are moved.
 */
int hvc_guest_devices_read(const char *xml, struct hvc_guest_devices *ret_devices, struct hvc_error *error);

struct hvc_disk_place {
    char name[HVC_DISK_NAME_MAX];
    char path[HVC_DISK_PATH_MAX];
    char format[16];
};

/* The definition with these disks as files at their places, and with the mark of the move, none when it is not present.
 * Everything else stays. free() the result. */
int hvc_guest_xml_place(const char *xml, const struct hvc_disk_place *places, size_t count,
                        const struct hvc_transit *transit, char **ret_xml, struct hvc_error *error);

/* The mark alone, as virDomainSetMetadata wants it. free() the result. -ENOMEM. */
int hvc_transit_element(const struct hvc_transit *transit, char **ret_xml);

/* A disk's own element for a copy of it: <disk type='file'> with path and format. free() the result. -ENOMEM. */
int hvc_disk_place_element(const struct hvc_disk_place *place, char **ret_xml);

#endif

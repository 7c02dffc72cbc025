/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest needs of a host: the parts of its definition that decide where it can run. Filled from libvirt's domain
 * XML by hvc/host.h; read by the checks before a move (hvc/check.h) and by the compatibility blob. Plain values.
 */
#ifndef HVC_GUEST_PROFILE_H
#define HVC_GUEST_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"

enum hvc_profile_cpu {
    HVC_CPU_DEFAULT,     /* no <cpu>: the hypervisor's own default model */
    HVC_CPU_CUSTOM,      /* a model and features; of a running guest what it really has */
    HVC_CPU_HOST_MODEL,  /* becomes the model of the host where it boots */
    HVC_CPU_PASSTHROUGH, /* host-passthrough: the host's CPU itself */
    HVC_CPU_MAXIMUM,     /* everything the hypervisor can do on that host */
    HVC_CPU_COUNT
};

enum hvc_profile_disk_kind {
    HVC_PROFILE_DISK_EMPTY,   /* a drive without a medium */
    HVC_PROFILE_DISK_FILE,    /* source: path */
    HVC_PROFILE_DISK_BLOCK,   /* path of a block device */
    HVC_PROFILE_DISK_DIR,     /* path of a folder */
    HVC_PROFILE_DISK_VOLUME,  /* "pool/volume" of libvirt */
    HVC_PROFILE_DISK_NETWORK, /* "nbd://host:port/name" */
    HVC_PROFILE_DISK_OTHER,   /* nvme, vhostuser ...: bound to the host */
    HVC_PROFILE_DISK_COUNT
};

struct hvc_profile_disk {
    char target[32]; /* "vda" */
    uint8_t kind;    /* enum hvc_profile_disk_kind */
    bool readonly, shareable;
    char source[HVC_PROFILE_SOURCE_MAX];
};

enum hvc_profile_net_kind {
    HVC_PROFILE_NET_NETWORK, /* source: name of a libvirt network */
    HVC_PROFILE_NET_BRIDGE,  /* name of a bridge of the host */
    HVC_PROFILE_NET_DIRECT,  /* name of an interface of the host (macvtap) */
    HVC_PROFILE_NET_FREE,    /* needs nothing of the host: user mode, sockets */
    HVC_PROFILE_NET_OTHER,   /* hostdev, vhostuser, vdpa ...: bound to the host */
    HVC_PROFILE_NET_COUNT
};

struct hvc_profile_net {
    uint8_t kind; /* enum hvc_profile_net_kind */
    char source[64];
    char mac[18];
};

struct hvc_profile_device {
    char text[96]; /* "pci 0000:00:1f.2", "usb 0x0951:0x1666", "mdev UUID", "filesystem /srv", "tpm /dev/tpm0" */
};

#define HVC_PROFILE_MACHINE_MAX 64

struct hvc_guest_profile {
    char uuid[HVC_UUID_TEXT_MAX];
    char name[HVC_GUEST_NAME_MAX];
    char type[16];         /* "kvm", "qemu" */
    char architecture[16]; /* "x86_64" */
    char machine[HVC_PROFILE_MACHINE_MAX];
    char emulator[256]; /* "": libvirt's default */
    uint64_t memory_kib;
    uint32_t cpus;
    uint8_t cpu;         /* enum hvc_profile_cpu */
    char cpu_model[64];  /* of CUSTOM */
    bool unfiltered_cpu; /* migratable='off': the host's CPU with what QEMU else leaves out because it cannot move */
    bool invariant_tsc;  /* its <cpu> asks for a time stamp counter that never changes its speed ("invtsc") */
    uint64_t tsc_hz;     /* speed that its <clock> fixes for the counter, 0: that of the host where it boots */
    bool nvram;          /* firmware variables of its own */
    bool tpm;            /* emulated TPM */
    bool huge_pages;
    uint32_t disk_count, net_count, device_count;
    struct hvc_profile_disk disks[HVC_PROFILE_DISKS_MAX];
    struct hvc_profile_net nets[HVC_PROFILE_NETS_MAX];
    struct hvc_profile_device devices[HVC_PROFILE_DEVICES_MAX]; /* what is bound to the host */
};

const char *hvc_profile_disk_name(unsigned kind); /* "file"; "invalid" outside the enum */
const char *hvc_profile_net_name(unsigned kind);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compatibility of guests with hosts, told without both being there at one time:
 *   the blob     what GetSystemCompatibilityInfo gives and CheckSystemCompatibilityInfo takes: what a guest, or all
 *                guests of a host, need. Opaque for clients; ours has a magic number, a version, its length and a hash.
 *   the vectors  Msvm_CompatibilityVector: numbers of a guest and of a host, compared one by one. A vector can say "no"
 *                for certain; that all of them hold is a good sign and no proof (sets of names are folded into bits).
 * Pure.
 */
#ifndef HVC_COMPATIBILITY_H
#define HVC_COMPATIBILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/check.h"

/* ---- sets of names ---- */

#define HVC_NAME_SET_WORDS 16

/* Each name is one bit of 1024. */
struct hvc_name_set {
    uint64_t words[HVC_NAME_SET_WORDS];
    uint32_t count; /* names added; not part of a comparison */
};
void hvc_name_set_add(struct hvc_name_set *set, const char *name);

/* ---- what a guest needs ---- */

struct hvc_compatibility_guest {
    char uuid[HVC_UUID_TEXT_MAX];
    char name[HVC_GUEST_NAME_MAX];
    bool active; /* its running state would have to go along: it fits fewer hosts than one that is off */
    char type[16];
    char architecture[16];
    char machine[HVC_PROFILE_MACHINE_MAX];
    char emulator[256];
    uint8_t cpu;                             /* enum hvc_profile_cpu */
    char cpu_xml[HVC_COMPATIBILITY_CPU_MAX]; /* its <cpu>; of one with the host's own CPU that of the host; "" none */
    uint64_t memory_kib;
    uint32_t cpus;
    bool tpm;
    uint32_t host_devices; /* bound to its host */
};

/* From a profile; cpu_xml NULL: none. -E2BIG: it is longer than is kept. */
int hvc_compatibility_of(const struct hvc_guest_profile *profile, const char *cpu_xml, bool active,
                         struct hvc_compatibility_guest *ret_guest);

struct hvc_compatibility {
    bool host;                                    /* of a host with all its guests, else of one guest */
    char system[HVC_NODE_NAME_MAX];               /* node it was made on */
    uint64_t hypervisor_version, libvirt_version; /* of that node; 0: not known */
    uint32_t count, dropped;                      /* guests; those for which there was no room */
    struct hvc_compatibility_guest guests[HVC_COMPATIBILITY_GUESTS_MAX];
};

/* ---- the blob ---- */

#define HVC_COMPATIBILITY_VERSION 1

/* -ENOBUFS: more than size; bytes NULL only counts. */
int hvc_compatibility_encode(const struct hvc_compatibility *info, void *bytes, size_t size, size_t *ret_length);

/* -EBADMSG: no blob of ours, or damaged; -EPROTONOSUPPORT: of a later version. What is accepted is encoded to the same
 * bytes again. */
int hvc_compatibility_decode(const void *bytes, size_t length, struct hvc_compatibility *ret_info);

/* The judgement about one guest of a blob, from what a host says about it: the same findings as before a move, of those
 * that are about the hosts alone. hypervisor versions: of the blob. */
void hvc_compatibility_judge(const struct hvc_compatibility *info, const struct hvc_compatibility_guest *guest,
                             const struct hvc_check_node *host, const struct hvc_check_fit *fit,
                             struct hvc_check_report *ret_report);

/* ---- vectors ---- */

/* The numbers are the wire. A guest's vector that the host has not is not fulfilled. */
enum hvc_vector_id {
    HVC_VECTOR_ARCHITECTURE = 1, /* hash of its name */
    HVC_VECTOR_TYPES = 2,        /* bit 0: qemu (emulation), bit 1: kvm */
    HVC_VECTOR_HYPERVISOR = 3,   /* version; of an active guest: that it runs on */
    HVC_VECTOR_MEMORY = 4,       /* KiB */
    HVC_VECTOR_MACHINES = 16,    /* .. 31: set of machine types */
    HVC_VECTOR_FEATURES = 32,    /* .. 47: set of CPU features, those of the model included */
};

enum hvc_vector_operation { /* guest's value v, host's value h */
                            HVC_VECTOR_EQUAL,
                            HVC_VECTOR_SUPERSET, /* (v & h) == h */
                            HVC_VECTOR_SUBSET,   /* (v & h) == v */
                            HVC_VECTOR_DISJOINT,
                            HVC_VECTOR_GREATER,
                            HVC_VECTOR_GREATER_EQUAL,
                            HVC_VECTOR_LESS,
                            HVC_VECTOR_LESS_EQUAL,
                            HVC_VECTOR_MULTIPLE,  /* v % h == 0 */
                            HVC_VECTOR_DIVISIBLE, /* h % v == 0 */
                            HVC_VECTOR_OPERATION_COUNT
};

struct hvc_vector {
    uint32_t id;        /* VectorId */
    uint32_t operation; /* CompareOperation */
    uint64_t info;      /* CompatibilityInfo */
};
#define HVC_VECTORS_MAX 64

struct hvc_vector_facts {
    const char *architecture;
    bool qemu, kvm;              /* of a guest: which one it needs */
    uint64_t hypervisor_version; /* 0: leaves its vector out */
    uint64_t memory_kib;
    struct hvc_name_set machines, features; /* empty: leaves its vectors out */
};

/* vectors: room for HVC_VECTORS_MAX; returns how many. Words of a set that are 0 are left out of a guest's and stand in
 * a host's. Those of a host have the same operation: a client may pair them in any order. */
size_t hvc_vectors_make(const struct hvc_vector_facts *facts, bool host, struct hvc_vector *vectors);

/* False for an operation that is none, and for a division by zero. */
bool hvc_vector_holds(const struct hvc_vector *guest, uint64_t host_info);

/* How many of the guest's do not hold; *ret_first: id of the first of them. */
size_t hvc_vectors_compare(const struct hvc_vector *guest, size_t guest_count, const struct hvc_vector *host,
                           size_t host_count, uint32_t *ret_first);

#endif

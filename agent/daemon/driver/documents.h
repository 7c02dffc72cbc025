/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Definitions: put together from the parts that the log brings, those the store holds, and those that are wanted from
 * other members. Content-addressed: what does not have its hash is thrown away. Bounds: HVC_DOCUMENTS_OPEN_MAX under
 * way from the log (the service refuses more), HVC_FETCHES_MAX from others.
 */
#ifndef HVC_DRIVER_DOCUMENTS_H
#define HVC_DRIVER_DOCUMENTS_H

#include "hvc/service.h"
#include "hvc/store.h"

#define HVC_FETCHES_MAX 16

typedef uint8_t hvc_document_hash[HVC_STORE_HASH_SIZE];

/* A set of hashes. */
struct hvc_hash_set {
    hvc_document_hash *cell; /* all zero: free */
    uint32_t cells, count;   /* cells: a power of two, or 0 */
};

bool hvc_hash_set_has(const struct hvc_hash_set *set, const uint8_t *hash);
int hvc_hash_set_add(struct hvc_hash_set *set, const uint8_t *hash); /* -ENOMEM */
void hvc_hash_set_clear(struct hvc_hash_set *set);

struct hvc_partial {
    hvc_document_hash hash;
    uint32_t size, received;
    uint8_t *bytes;
};

/* A definition wanted from another member. */
struct hvc_fetch {
    struct hvc_partial part;
    uint32_t from;
    uint64_t asked; /* members that have been asked, by position among the others of the view */
    uint64_t until_ms;
};

struct hvc_documents {
    struct hvc_partial open[HVC_DOCUMENTS_OPEN_MAX];
    unsigned opens;
    struct hvc_hash_set stored; /* submitted to the store, or found there */
    hvc_document_hash *missing; /* of the last scan, the next one to be fetched at the end */
    unsigned missings, given_up;
    struct hvc_fetch fetch[HVC_FETCHES_MAX];
    unsigned fetches;
    unsigned turn; /* the member that is asked first next */
    uint64_t scan_ms;
};

/* One part, as an applied DOCUMENT command brings it. ret_whole points to the definition when it is complete now and
 * has its hash; drop it then. -ENOMEM; -EBADMSG: complete, but another hash. */
int hvc_documents_part(struct hvc_documents *d, const struct hvc_command *command, struct hvc_partial **ret_whole);
void hvc_documents_drop(struct hvc_documents *d, const struct hvc_partial *whole);

/* Those under way which the service does not know any more, or has from elsewhere, are forgotten. */
void hvc_documents_tidy(struct hvc_documents *d, const struct hvc_service *service);

/* The ones under way as bytes at the end of a snapshot. size 0: counts only. */
size_t hvc_documents_size(const struct hvc_documents *d);
void hvc_documents_write(const struct hvc_documents *d, uint8_t *bytes, size_t size);
int hvc_documents_read(struct hvc_documents *d, const uint8_t *bytes, size_t length); /* -EBADMSG, -ENOMEM */

/* The complete ones that the state names. The caller frees the array. -ENOMEM */
int hvc_documents_named(const struct hvc_service *service, hvc_document_hash **ret_hashes, size_t *ret_count);

/* Those of them that are not stored become missing. -ENOMEM */
int hvc_documents_compare(struct hvc_documents *d, const struct hvc_service *service);

void hvc_documents_clear(struct hvc_documents *d);

#endif

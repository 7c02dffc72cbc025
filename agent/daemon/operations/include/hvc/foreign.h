/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that Pacemaker runs by another agent than ours (ocf:heartbeat:VirtualDomain). Such an agent knows its guest by
 * a name in a file, and nobody tells the cluster: a guest that is moved under its feet is started again where it was.
 *
 * Threads  any thread but the main loop; does not block beyond the deadline, however a file system hangs.
 */
#ifndef HVC_FOREIGN_H
#define HVC_FOREIGN_H

#include "hvc/facts.h"
#include "hvc/hypervisor.h"

struct hvc_foreign {
    struct hvc_fact_foreign resource;
    struct hvc_guest_id id; /* of its definition; name "": not read here, uuid "": it says none */
    bool absent;            /* the file is not there on this node */
    char words[256];        /* why it was not read */
};

/* Pacemaker's configuration of now, and the files that it names, as far as this node may read them. free(). Errors: why
 * the configuration is not known. */
int hvc_foreign_read(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_foreign **ret_list, size_t *ret_count,
                     struct hvc_error *error);

enum hvc_foreign_is {
    HVC_FOREIGN_NOT,
    HVC_FOREIGN_MAYBE, /* its file cannot be read, and neither the file's name nor its own is the guest's */
    HVC_FOREIGN_OWNS   /* the definition says so, or, unread, one of the names */
};

/* Pure. What a resource is to the guest. */
enum hvc_foreign_is hvc_foreign_is(const struct hvc_foreign *foreign, const struct hvc_guest_id *guest);

/* Pure. The one that is most to the guest; NULL: none is anything. except: a resource that is not looked at. */
const struct hvc_foreign *hvc_foreign_find(const struct hvc_foreign *list, size_t count,
                                           const struct hvc_guest_id *guest, const char *except,
                                           enum hvc_foreign_is *ret_is);

/* "resource web (ocf:heartbeat:VirtualDomain, config=/etc/web.xml)", of MAYBE with why its file was not read. */
void hvc_foreign_words(const struct hvc_foreign *foreign, enum hvc_foreign_is is, char *text, size_t size);

#endif

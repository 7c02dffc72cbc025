/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guest is the resource's? By its identity file, by its XML, or by the mark that our guests carry in libvirt. */
#ifndef HVC_GUEST_LOOKUP_H
#define HVC_GUEST_LOOKUP_H

#include "ask.h"
#include "identity.h"

struct hvc_lookup {
    const struct hvc_ocf *ocf;
    const char *config; /* path of the XML; "" when none is configured */
    const struct hvc_ways *ways;
    uint64_t deadline_ms;
    struct hvc_identity identity; /* filled by hvc_lookup_by_file and hvc_lookup_by_mark */
    char *xml;                    /* filled by hvc_lookup_by_xml; belongs to the lookup */
};

enum hvc_lookup_order { HVC_LOOKUP_FILE_FIRST, HVC_LOOKUP_XML_FIRST };

/* Fills uuid and name, or xml, of the question. -ENOENT with words: nothing here says which guest it is, and no guest
 * here carries the resource's mark. Any other error: it cannot be told. */
int hvc_lookup(struct hvc_lookup *lookup, enum hvc_lookup_order order, struct hvc_question *question,
               struct hvc_error *error);

/* The three ways, each alone, with the same results. */
int hvc_lookup_by_file(struct hvc_lookup *lookup, struct hvc_question *question, struct hvc_error *error);
int hvc_lookup_by_xml(struct hvc_lookup *lookup, struct hvc_question *question, struct hvc_error *error);
int hvc_lookup_by_mark(struct hvc_lookup *lookup, struct hvc_question *question, struct hvc_error *error);

void hvc_lookup_end(struct hvc_lookup *lookup);

#endif

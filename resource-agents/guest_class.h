/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's class is for Pacemaker: one table, tested entry by entry. Pure. */
#ifndef HVC_GUEST_CLASS_H
#define HVC_GUEST_CLASS_H

#include "hvc/hypervisor.h"
#include "ocf.h"

struct hvc_class_verdict {
    enum hvc_ocf_code code;
    const char *why; /* completes "guest NAME ..."; NULL for the ordinary cases */
};

/* The class of its word on the wire; HVC_GUEST_CLASS_MAX for a word that is none. */
enum hvc_guest_class hvc_class_of_word(const char *word);

/* degraded_on_io_error: the policy for a guest that an I/O error has paused. */
struct hvc_class_verdict hvc_class_verdict(enum hvc_guest_class guest_class, bool io_error, bool degraded_on_io_error);

#endif

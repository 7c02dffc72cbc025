/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How two definitions of a guest differ, by what they say and not by how it is written. Pure. */
#ifndef HVC_GUEST_DIFF_H
#define HVC_GUEST_DIFF_H

#include <stddef.h>

#include "hvc/error.h"

/* sign: '-' only the first definition says it, '+' only the second. line: "devices/disk[2]/target@dev=vda"; what comes
 * several times below one element is counted from 1. Lives during the call. */
typedef void (*hvc_guest_diff_fn)(void *context, char sign, const char *line);

/* Tells each difference, in order of the lines. Comments, spaces and order of attributes are none, and neither is what
 * stands in <metadata>. -EINVAL in words for what is no definition, -E2BIG, -ENOMEM. */
int hvc_guest_diff(const char *one, const char *other, hvc_guest_diff_fn tell, void *context, struct hvc_error *error);

#endif

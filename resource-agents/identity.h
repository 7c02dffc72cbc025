/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guest a resource has here: UUID and name, kept in a file that vanishes with a reboot, so that monitor and stop
 * know the guest also when its XML is gone or has been exchanged. The file is root's: others' files are not believed.
 */
#ifndef HVC_IDENTITY_H
#define HVC_IDENTITY_H

#include "hvc/error.h"
#include "hvc/limits.h"
#include "ocf.h"

struct hvc_identity {
    char uuid[HVC_UUID_TEXT_MAX];
    char name[HVC_GUEST_NAME_MAX];
};

/* 0; -ENOENT when there is none; -EINVAL or -EPERM with words when the file cannot be believed. */
int hvc_identity_load(const struct hvc_ocf *ocf, struct hvc_identity *ret_identity, struct hvc_error *error);

/* Replaces the file as a whole; writes nothing when it says the same already. */
int hvc_identity_store(const struct hvc_ocf *ocf, const struct hvc_identity *identity, struct hvc_error *error);

/* 0 also when there was none. */
int hvc_identity_forget(const struct hvc_ocf *ocf, struct hvc_error *error);

#endif

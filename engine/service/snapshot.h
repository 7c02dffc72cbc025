/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of a snapshot, and the load of one record. */
#ifndef HVC_SERVICE_SNAPSHOT_H
#define HVC_SERVICE_SNAPSHOT_H

#include "internal.h"

#define HVC_SNAPSHOT_MAGIC   "HVCS"
#define HVC_SNAPSHOT_VERSION 2 /* 1: no record has a part that was added later (HVC_LATER) */
#define HVC_SNAPSHOT_HEAD    6 /* magic and version */
#define HVC_SNAPSHOT_END     0xff

/* Puts one record into the state if it fits what came before: -EBADMSG, or -ENOSPC when there is no room. */
int hvc_record_load(struct hvc_service *s, unsigned kind, struct hvc_bytes_reader *reader);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents (definitions of guests, storage plans) into the replicated state, in parts that a log entry carries. */
#ifndef HVC_DOCUMENT_WRITE_H
#define HVC_DOCUMENT_WRITE_H

#include "hvc/operations.h"

/* Proposes the parts that the cluster does not have yet. OK: it has the document whole, *ret_hash is its name; a guest
 * or a job has to name it soon (of those that nothing names the cluster keeps the newest). Otherwise in words. */
enum hvc_result hvc_document_write(struct hvc_operations *operations, struct hvc_call *call, const char *bytes,
                                   size_t length, uint8_t ret_hash[HVC_STORE_HASH_SIZE]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request against its row of the table: everything a handler need not look at again. */
#ifndef HVC_CHECK_H
#define HVC_CHECK_H

#include "hvc/operations.h"

/* OK, or INVALID, UNSUPPORTED (no such operation), DENIED with words. *ret_operation and *ret_args only when OK; args
 * are part of request, where UUIDs are brought to their normal form. *ret_timeout_ms: what the request or its row says.
 */
enum hvc_result hvc_check_request(struct hvc_record *request, enum hvc_right right,
                                  const struct hvc_operation **ret_operation, const struct hvc_record **ret_args,
                                  uint64_t *ret_timeout_ms, struct hvc_error *error);

#endif

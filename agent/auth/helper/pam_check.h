/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One password asked of PAM. Blocks as long as PAM's modules do, so it runs in a process of its own (child.h). */
#ifndef HVC_AUTH_PAM_CHECK_H
#define HVC_AUTH_PAM_CHECK_H

#include <stdint.h>

#include "hvc/auth.h"

struct hvc_pam_options {
    const char *service; /* file below /etc/pam.d */
    const char *confdir; /* another folder for it; NULL: /etc/pam.d */
};

/* Authentication, then the account's own state, then its groups. *ret_delay_ms: how long PAM wants a wrong password to
 * take; it is not waited for here.
 * ret_answer->user is set for every account that exists, so that the log names it and nobody's password that was typed
 * into the wrong field; it goes to nobody who was not accepted. */
void hvc_pam_check(const struct hvc_pam_options *options, const struct hvc_auth_request *request,
                   struct hvc_auth_answer *ret_answer, uint64_t *ret_delay_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a client is and what it may do: by a password, which hvcluster-auth checks (hvc/auth.h), or by a certificate;
 * roles by hvc/roles.h. Threads: any.
 */
#ifndef HVC_WBEMD_ACCESS_H
#define HVC_WBEMD_ACCESS_H

#include <gnutls/gnutls.h>

#include "hvc/auth.h"
#include "hvc/roles.h"
#include "settings.h"

/* Who it is, for the log and for words; "": nobody has said. */
struct hvc_wbemd_client {
    char user[HVC_ROLE_SUBJECT_MAX]; /* name of an account, or the subject of a certificate */
    enum hvc_role role;              /* NONE: known, and may do nothing */
};

struct hvc_wbemd_access;

/* settings and roles are the caller's and outlive it. -ENAMETOOLONG, -ENOMEM, -EIO, in words. */
int hvc_wbemd_access_new(const struct hvc_wbemd_settings *settings, const struct hvc_roles *roles,
                         struct hvc_wbemd_access **ret_access, struct hvc_error *error);
void hvc_wbemd_access_free(struct hvc_wbemd_access *access); /* after its calls; NULL is allowed */

/* Asks hvcluster-auth, 15 s at most. True: *ret_answer is there. False: *ret_call is to be stepped (hvc/auth.h). */
bool hvc_wbemd_access_begin(struct hvc_wbemd_access *access, const struct hvc_auth_request *request,
                            struct hvc_auth_call **ret_call, struct hvc_auth_answer *ret_answer);
/* HTTP's status of an answer: 200 with *ret_client, or 401, 403, 429 or 503 by the verdict. */
unsigned hvc_wbemd_access_verdict(const struct hvc_wbemd_access *access, const struct hvc_auth_answer *answer,
                                  struct hvc_wbemd_client *ret_client);

/* The owner of a certificate (DER) that has been verified. -EBADMSG: none that names can be read of. */
int hvc_wbemd_access_certificate(const struct hvc_wbemd_access *access, const gnutls_datum_t *der,
                                 struct hvc_wbemd_client *ret_client);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/text.h"

enum { PASSWORD_MS = 15000 }; /* the delay of a wrong password (3 s with pam_unix) and a queue of others before it */

struct hvc_wbemd_access {
    const struct hvc_roles *roles;
    struct hvc_auth *auth;
};

int hvc_wbemd_access_new(const struct hvc_wbemd_settings *settings, const struct hvc_roles *roles,
                         struct hvc_wbemd_access **ret_access, struct hvc_error *error)
{
    const struct hvc_auth_options options = {.path = settings->auth_socket, .cache_ms = settings->password_cache_ms};
    struct hvc_wbemd_access *access = calloc(1, sizeof(*access));
    int rc;

    if (access == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    access->roles = roles;
    rc = hvc_auth_new(&options, &access->auth, error);
    if (rc < 0)
        hvc_wbemd_access_free(access);
    else
        *ret_access = access;
    return rc;
}

void hvc_wbemd_access_free(struct hvc_wbemd_access *access)
{
    if (access == NULL)
        return;
    hvc_auth_free(access->auth);
    free(access);
}

bool hvc_wbemd_access_begin(struct hvc_wbemd_access *access, const struct hvc_auth_request *request,
                            struct hvc_auth_call **ret_call, struct hvc_auth_answer *ret_answer)
{
    return hvc_auth_begin(access->auth, request, hvc_deadline_in(PASSWORD_MS), ret_call, ret_answer);
}

unsigned hvc_wbemd_access_verdict(const struct hvc_wbemd_access *access, const struct hvc_auth_answer *answer,
                                  struct hvc_wbemd_client *ret_client)
{
    static const unsigned statuses[HVC_AUTH_VERDICT_COUNT] = {
        [HVC_AUTH_ACCEPTED] = 200, [HVC_AUTH_REFUSED] = 401, [HVC_AUTH_EXPIRED] = 403,
        [HVC_AUTH_DENIED] = 403,   [HVC_AUTH_LIMITED] = 429, [HVC_AUTH_UNAVAILABLE] = 503,
    };

    if (answer->verdict == HVC_AUTH_ACCEPTED) {
        (void)hvc_text_copy(ret_client->user, sizeof(ret_client->user), answer->user); /* it is shorter */
        ret_client->role = hvc_roles_of_groups(access->roles, answer->groups);
    }
    return statuses[answer->verdict];
}

/* ---- certificates ---- */

/* True when the certificate has exactly one common name, and that is a text. */
static bool read_cn(gnutls_x509_crt_t certificate, char *cn, size_t size)
{
    size_t length = size, none = 0;

    return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &length) >= 0 &&
           strnlen(cn, size) == length &&
           gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 1, 0, NULL, &none) ==
               GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

static int read_subject(gnutls_x509_crt_t certificate, char *subject, size_t size)
{
    gnutls_datum_t name = {NULL, 0};
    int rc = -EBADMSG;

    if (gnutls_x509_crt_get_dn3(certificate, &name, 0) < 0)
        return rc;
    if (name.size > 0 && strlen((const char *)name.data) == name.size)
        rc = hvc_text_copy(subject, size, (const char *)name.data) < 0 ? -EBADMSG : 0;
    gnutls_free(name.data);
    return rc;
}

int hvc_wbemd_access_certificate(const struct hvc_wbemd_access *access, const gnutls_datum_t *der,
                                 struct hvc_wbemd_client *ret_client)
{
    struct hvc_wbemd_client client = {.role = HVC_ROLE_NONE};
    char cn[HVC_ROLE_SUBJECT_MAX] = "";
    gnutls_x509_crt_t certificate;
    int rc = -EBADMSG;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return -EBADMSG;
    if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) >= 0)
        rc = read_subject(certificate, client.user, sizeof(client.user));
    if (rc == 0) {
        bool one = read_cn(certificate, cn, sizeof(cn));

        client.role = hvc_roles_of_certificate(access->roles, client.user, one ? cn : NULL);
        *ret_client = client;
    }
    gnutls_x509_crt_deinit(certificate);
    return rc;
}

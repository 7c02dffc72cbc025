/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates for a test, made when it runs. */
#ifndef HVC_TEST_CERTIFICATES_H
#define HVC_TEST_CERTIFICATES_H

#include <gnutls/x509.h>
#include <time.h>

struct test_certificate {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

/* With that subject, as RFC 4514 writes it. Signed by issuer; NULL: by itself, an authority. */
void test_certificate_make(struct test_certificate *ret, const char *subject, const struct test_certificate *issuer,
                           time_t from, time_t until);
void test_certificate_free(struct test_certificate *certificate);

/* Writes certificate and key as PEM files. key_path NULL: the certificate alone. */
void test_certificate_write(const struct test_certificate *certificate, const char *path, const char *key_path);

#endif

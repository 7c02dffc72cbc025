/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "certificates.h"

#include <stdio.h>

#include "../hvc_cmocka.h"

void test_certificate_make(struct test_certificate *ret, const char *subject, const struct test_certificate *issuer,
                           time_t from, time_t until)
{
    static unsigned char serial;

    serial++;
    if (issuer == NULL)
        issuer = ret;
    assert_int_equal(gnutls_x509_privkey_init(&ret->key), 0);
    assert_int_equal(
        gnutls_x509_privkey_generate(ret->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
        0);
    assert_int_equal(gnutls_x509_crt_init(&ret->crt), 0);
    assert_int_equal(gnutls_x509_crt_set_version(ret->crt, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(ret->crt, &serial, 1), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(ret->crt, from), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(ret->crt, until), 0);
    assert_int_equal(gnutls_x509_crt_set_key(ret->crt, ret->key), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(ret->crt, subject, NULL), 0);
    if (issuer == ret) {
        assert_int_equal(gnutls_x509_crt_set_ca_status(ret->crt, 1), 0);
        assert_int_equal(gnutls_x509_crt_set_key_usage(ret->crt, GNUTLS_KEY_KEY_CERT_SIGN), 0);
    }
    assert_int_equal(gnutls_x509_crt_sign2(ret->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0), 0);
}

void test_certificate_free(struct test_certificate *certificate)
{
    gnutls_x509_crt_deinit(certificate->crt);
    gnutls_x509_privkey_deinit(certificate->key);
}

static void write_file(const char *path, gnutls_datum_t *pem)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(pem->data, 1, pem->size, file), pem->size);
    assert_int_equal(fclose(file), 0);
    gnutls_free(pem->data);
}

void test_certificate_write(const struct test_certificate *certificate, const char *path, const char *key_path)
{
    gnutls_datum_t pem = {NULL, 0};

    assert_int_equal(gnutls_x509_crt_export2(certificate->crt, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_file(path, &pem);
    if (key_path == NULL)
        return;
    assert_int_equal(gnutls_x509_privkey_export2(certificate->key, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_file(key_path, &pem);
}

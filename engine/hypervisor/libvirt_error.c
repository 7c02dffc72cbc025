/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_error.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "hvc/text.h"

static const struct {
    int code;
    int result;
} codes[] = {
    {VIR_ERR_NO_DOMAIN, -ENOENT},
    {VIR_ERR_DOM_EXIST, -EEXIST},
    {VIR_ERR_MULTIPLE_DOMAINS, -EEXIST},
    {VIR_ERR_XML_ERROR, -EINVAL},
    {VIR_ERR_XML_DETAIL, -EINVAL},
    {VIR_ERR_XML_INVALID_SCHEMA, -EINVAL},
    {VIR_ERR_INVALID_ARG, -EINVAL},
    {VIR_ERR_OPERATION_TIMEOUT, -EBUSY}, /* "cannot acquire state change lock": another job has the guest */
    {VIR_ERR_RESOURCE_BUSY, -EBUSY},
    {VIR_ERR_BLOCK_COPY_ACTIVE, -EBUSY},
    {VIR_ERR_OPERATION_ABORTED, -ECANCELED},
    {VIR_ERR_MIGRATE_UNSAFE, -EPERM},
    {VIR_ERR_NO_SUPPORT, -EOPNOTSUPP},
    {VIR_ERR_OPERATION_UNSUPPORTED, -EOPNOTSUPP},
    {VIR_ERR_CONFIG_UNSUPPORTED, -EOPNOTSUPP},
    {VIR_ERR_ARGUMENT_UNSUPPORTED, -EOPNOTSUPP},
    {VIR_ERR_CPU_INCOMPATIBLE, -EOPNOTSUPP},
    {VIR_ERR_AUTH_FAILED, -EACCES},
    {VIR_ERR_AUTH_CANCELLED, -EACCES},
    {VIR_ERR_AUTH_UNAVAILABLE, -EACCES},
    {VIR_ERR_ACCESS_DENIED, -EACCES},
    {VIR_ERR_OPERATION_DENIED, -EACCES},
    {VIR_ERR_NO_MEMORY, -ENOMEM},
};

int hvc_libvirt_errno(int code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].code == code)
            return codes[i].result;
    return -EIO;
}

static const char *last_words(void)
{
    const char *words = virGetLastErrorMessage();

    return words == NULL || *words == '\0' ? "libvirt gave no reason" : words;
}

int hvc_libvirt_error(struct hvc_error *error, const char *what)
{
    return hvc_error_set(error, hvc_libvirt_errno(virGetLastErrorCode()), "%s: %s", what, last_words());
}

/* libvirt reports a certificate that does not fit as VIR_ERR_SYSTEM_ERROR; only its words tell (virnettlscontext.c). */
static bool is_certificate_error(void)
{
    return strstr(last_words(), "ertificate") != NULL || strstr(last_words(), "TLS handshake") != NULL;
}

/* The words of libvirt's own connect (virnetsocket.c: "unable to connect to server at", a VIR_ERR_SYSTEM_ERROR) and of
 * QEMU's (util/qemu-sockets.c: "Failed to connect to '10.0.7.2:49152'", in VIR_ERR_OPERATION_FAILED with TLS, where
 * QEMU connects). The target's libvirt itself not being reached has words of its own before them (qemu_migration.c). */
bool hvc_libvirt_words_say_unreached(const char *words)
{
    if (strstr(words, "remote libvirt") != NULL)
        return false;
    return strstr(words, "unable to connect to server at") != NULL || strstr(words, "Failed to connect to '") != NULL;
}

int hvc_libvirt_migrate_error(struct hvc_error *error)
{
    if (hvc_libvirt_words_say_unreached(last_words()))
        return hvc_error_set(error, -EHOSTUNREACH, "the migration failed: %s", last_words());
    return hvc_libvirt_error(error, "the migration failed");
}

int hvc_libvirt_connect_error(struct hvc_error *error, const char *uri)
{
    int code = virGetLastErrorCode();
    int result = hvc_libvirt_errno(code);

    /* VIR_ERR_NO_CONNECT: "no connection driver available for <uri>"; domain VIR_FROM_URI: "Unable to parse URI" */
    if (code == VIR_ERR_NO_CONNECT || virGetLastErrorDomain() == VIR_FROM_URI || result == -EINVAL ||
        result == -EOPNOTSUPP)
        result = -EINVAL;
    else if (result != -EACCES)
        result = is_certificate_error() ? -EACCES : -ENOTCONN;
    return hvc_error_set(error, result, "no connection to libvirt at %s: %s", uri, last_words());
}

bool hvc_libvirt_error_is(int code)
{
    return virGetLastErrorCode() == code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's last error of the calling thread as a negative errno with libvirt's own words. */
#ifndef HVC_LIBVIRT_ERROR_H
#define HVC_LIBVIRT_ERROR_H

#include <stdbool.h>

#include "hvc/error.h"

/* "<what>: <libvirt's words>". Never returns 0. */
int hvc_libvirt_error(struct hvc_error *error, const char *what);

/* The same for a migration; -EHOSTUNREACH when its data connection was not made. */
int hvc_libvirt_migrate_error(struct hvc_error *error);
/* Do libvirt's words say that? Pure. */
bool hvc_libvirt_words_say_unreached(const char *words);

/* The same for a connection that could not be made: what is no matter of rights or of the URI is -ENOTCONN. */
int hvc_libvirt_connect_error(struct hvc_error *error, const char *uri);

/* True when the thread's last error has this code (virErrorNumber). */
bool hvc_libvirt_error_is(int code);

/* virErrorNumber -> negative errno. Pure. */
int hvc_libvirt_errno(int code);

#endif

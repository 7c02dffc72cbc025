/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CIM-XML over HTTP and HTTPS (DSP0200), served by libmicrohttpd's own threads. */
#ifndef HVC_WBEMD_HTTP_H
#define HVC_WBEMD_HTTP_H

#include "answer.h"

struct hvc_wbemd_http;

/* Serves what the settings say; *ret_http ends it. Errors in words: the address, the port, the certificate. */
int hvc_wbemd_http_start(const struct hvc_wbemd_settings *settings, struct hvc_wbemd_desk *desk,
                         struct hvc_wbemd_access *access, struct hvc_wbemd_http **ret_http, struct hvc_error *error);
/* Waits for the requests that are being answered. NULL is allowed. */
void hvc_wbemd_http_stop(struct hvc_wbemd_http *http);

#endif

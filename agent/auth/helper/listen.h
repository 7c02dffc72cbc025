/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listening socket: from systemd (sd_listen_fds(3)), or a path of one's own for tests and trials. */
#ifndef HVC_AUTH_LISTEN_H
#define HVC_AUTH_LISTEN_H

#include "hvc/error.h"

/* The one socket that was handed over, now non-blocking and close-on-exec; the variables are taken out of the
 * environment. -ENOENT: none was; -EINVAL: several, or no listening UNIX socket of packets. In words. */
int hvc_auth_listen_inherited(int *ret_fd, struct hvc_error *error);

/* Makes the socket, for its owner only. A socket that nobody serves is replaced; anything else there is refused with
 * -EADDRINUSE or -EEXIST. */
int hvc_auth_listen_path(const char *path, int *ret_fd, struct hvc_error *error);

#endif

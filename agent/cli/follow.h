/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs that are followed: after `move`, and for `jobs watch`. */
#ifndef HVC_CLI_FOLLOW_H
#define HVC_CLI_FOLLOW_H

#include "command.h"
#include "hvc/client.h"

/* made: the answer to job.create. Shows it and, as far as the order waits, follows the job: bars on stderr when that is
 * a terminal, the outcome on stdout. Returns the exit status: of the job's last phase seen, or of the answer. */
int hvc_cli_follow_move(struct hvc_client *client, const struct hvc_cli_order *order, const struct hvc_record *made);

/* Follows jobs until they have ended, or the reader of stdout goes away. The exit status is the worst job's. */
int hvc_cli_watch(struct hvc_client *client, const struct hvc_cli_order *order);

/* Shows the events of the first answer, then those that come, until the reader goes away or Control-C. */
int hvc_cli_follow_events(struct hvc_client *client, const struct hvc_cli_order *order, const struct hvc_record *first);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvcluster balance: hints, and with --do jobs of them. */
#ifndef HVC_CLI_BALANCE_H
#define HVC_CLI_BALANCE_H

#include "ask.h"

/* Shows the hints and what became of them, and returns the exit status. */
int hvc_cli_balance(struct hvc_client *client, const struct hvc_cli_order *order);

#endif

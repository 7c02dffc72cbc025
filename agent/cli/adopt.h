/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvcluster adopt: hvclusterd tells which file the guest's definition is in, and gets it with the second question. */
#ifndef HVC_CLI_ADOPT_H
#define HVC_CLI_ADOPT_H

#include "ask.h"

/* Shows how it ended, and returns the exit status. */
int hvc_cli_adopt(struct hvc_client *client, const struct hvc_cli_order *order);

#endif

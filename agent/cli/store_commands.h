/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that work on this node's store itself, while hvclusterd is stopped: restore and forget. */
#ifndef HVC_CLI_STORE_COMMANDS_H
#define HVC_CLI_STORE_COMMANDS_H

#include "command.h"

/* done: what was done and what to do now, in words. Errors: hvclusterd runs here (-EBUSY), and those of the store. */
int hvc_cli_change_store(const struct hvc_cli_order *order, char done[HVC_ERROR_TEXT_MAX], struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An order as a request to hvclusterd, and the answer for people or programs. */
#ifndef HVC_CLI_ASK_H
#define HVC_CLI_ASK_H

#include "command.h"
#include "hvc/client.h"

/* Says what no hvclusterd has answered, and returns the exit status for it: on stdout what was done, on stderr what was
 * not; with --json either on stdout, in the form of an answer. order NULL: without --json. */
int hvc_cli_say(const struct hvc_cli_order *order, enum hvc_result result, const char *words);
int hvc_cli_complain(const struct hvc_cli_order *order, const struct hvc_error *error);

/* The row's operation with everything that the command line gave. -errno in words. */
int hvc_cli_ask(struct hvc_client *client, const struct hvc_cli_order *order, uint64_t deadline_ms,
                struct hvc_record **ret_response, struct hvc_error *error);

/* Sends a request that was built by hand. */
int hvc_cli_send(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                 struct hvc_record **ret_response, struct hvc_error *error);

/* The file at path, whole: a definition. free(). what: in the sentence about it. */
int hvc_cli_read_file(const char *what, const char *path, char **ret_text, struct hvc_error *error);

/* Shows the whole answer, and returns the exit status. */
int hvc_cli_show(const struct hvc_cli_order *order, const struct hvc_record *response);

/* Width of the terminal behind fd; a pipe is wide. */
unsigned hvc_cli_columns(int fd);

/* Empties stdout's buffer. False: the reader has gone away, or (said on stderr) it cannot be written. */
bool hvc_cli_flush(void);

/* stdout is a pipe or socket that nobody reads any more: no failure of ours. */
bool hvc_cli_reader_is_gone(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Responses as text for people, a function a kind of answer; columns is the width of the terminal. */
#ifndef HVC_CLI_RENDER_H
#define HVC_CLI_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "hvc/record.h"

void hvc_render_status(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_guests(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_locations(FILE *out, const struct hvc_record *data, unsigned columns);
/* Of the list node_facts: "load 1.53, 3072 MiB free, 4 guests, EPYC", and a libvirt that does not answer; said to be
 * stale when it is. "" when nothing has come from the node. */
void hvc_render_facts(const struct hvc_record *data, const char *node, char *text, size_t size);
void hvc_render_checks(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_balance(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_adoption(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_moves(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_settings(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_nodes(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_networks(FILE *out, const struct hvc_record *data, unsigned columns);

void hvc_render_jobs(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_job(FILE *out, const struct hvc_record *data, unsigned columns);

void hvc_render_history(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_events(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_definition(FILE *out, const struct hvc_record *data, unsigned columns);
void hvc_render_diff(FILE *out, const struct hvc_record *data, unsigned columns);

/* The jobs of data with their progress, two lines each at most, none wider than the terminal. Returns the lines. */
unsigned hvc_render_job_frames(FILE *out, const struct hvc_record *data, unsigned columns, bool colour);

/* Every member as "name: value", records below it indented: complete for any answer. */
void hvc_render_members(FILE *out, const struct hvc_record *data, unsigned columns);

#endif

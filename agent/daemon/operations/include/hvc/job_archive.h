/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ended jobs in files of this node, for longer than the cluster keeps them: one JSON object a line, in a file for each
 * day (UTC) on which something was written, FOLDER/jobs-2026-11-21.jsonl. What a crash has cut is passed over.
 *
 * Threads  one writer; readers at any time.
 */
#ifndef HVC_JOB_ARCHIVE_H
#define HVC_JOB_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "hvc/error.h"
#include "hvc/record.h"
#include "hvc/service.h"

/* Writes the line of an ended job. cluster: id of the history that it belongs to, as text. -ENOMEM, -EIO. */
int hvc_job_archive_line(FILE *out, const struct hvc_service *service, const struct hvc_job *job, const char *cluster);

/* lines: whole ones. On disk when it returns 0. The folder is made when it is not there. wall_ms: since 1970. */
int hvc_job_archive_append(const char *folder, const char *lines, size_t length, uint64_t wall_ms,
                           struct hvc_error *error);

/* From the newest line to the oldest until each returns false. A folder that is not there is empty. */
int hvc_job_archive_walk(const char *folder, bool (*each)(void *context, const struct hvc_record *line), void *context,
                         struct hvc_error *error);

/* Removes the files that were begun more than that many days ago. */
int hvc_job_archive_expire(const char *folder, uint64_t days, uint64_t wall_ms, struct hvc_error *error);

#endif

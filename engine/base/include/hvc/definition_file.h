/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a guest's definition, as resources name it (config). Library hvc_host; blocks as the file system does. */
#ifndef HVC_DEFINITION_FILE_H
#define HVC_DEFINITION_FILE_H

#include "hvc/error.h"

/* Reads a definition: a regular file of at most HVC_XML_MAX bytes. -ENOENT when it is not there, other errors with
 * words. free(). Its content is judged by who parses it. */
int hvc_read_definition(const char *path, char **ret_xml, struct hvc_error *error);

#endif

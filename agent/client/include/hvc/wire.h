/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a message travels between client and daemon. A message (JSON text, at most HVC_IPC_MESSAGE_MAX bytes) is sent in
 * parts, each one libqb message: libqb's header, then a piece of the text. So the buffers of a connection stay small
 * (three of HVC_IPC_BUFFER in /dev/shm a client) whatever a message needs. docs/design/ipc.md has the figures.
 */
#ifndef HVC_WIRE_H
#define HVC_WIRE_H

#include <qb/qbipc_common.h>

#define HVC_IPC_VERSION 1
#define HVC_IPC_SERVICE "hvclusterd" /* name of the libqb service */

#define HVC_IPC_BUFFER   (64 * 1024) /* of one direction of one connection */
#define HVC_IPC_PART_MAX (32 * 1024) /* text in one part: two of them fit into a buffer */

/* id of both headers */
enum hvc_wire_part {
    HVC_WIRE_MORE = QB_IPC_MSG_USER_START + 1, /* another part follows */
    HVC_WIRE_LAST                              /* the message is complete */
};

#endif

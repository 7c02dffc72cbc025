/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every size and count that bounds something, in one place. A caller that meets a bound gets an error that names it;
 * nothing is cut silently. Sizes of strings include the terminating zero byte.
 */
#ifndef HVC_LIMITS_H
#define HVC_LIMITS_H

/* names */
#define HVC_NODE_NAME_MAX     256 /* corosync nodelist names; a host name has at most 255 characters (RFC 1035) */
#define HVC_GUEST_NAME_MAX    256 /* libvirt sets no limit; QEMU's monitor paths hold fewer than 256 */
#define HVC_UUID_TEXT_MAX     37  /* 36 characters and the zero byte: VIR_UUID_STRING_BUFLEN */
#define HVC_RESOURCE_NAME_MAX 256 /* id of a Pacemaker resource */
#define HVC_URI_MAX           512
#define HVC_PATH_TEXT_MAX     4096 /* PATH_MAX of Linux */
#define HVC_ERROR_TEXT_MAX    1024 /* an error with the words of libvirt, corosync, pacemaker inside */

/* the cluster */
#define HVC_NODES_MAX           64   /* as a Hyper-V failover cluster; corosync itself allows 384, CPG 128 */
#define HVC_GUESTS_MAX          8000 /* guests in one cluster */
#define HVC_GUESTS_PER_NODE_MAX 1024

/* documents */
#define HVC_XML_MAX (256 * 1024) /* one guest definition; libvirt's own RPC limit is 4 MiB */

/* the daemon */
#define HVC_IPC_MESSAGE_MAX (512 * 1024) /* one request or response: a definition, escaped, fits */
#define HVC_IPC_CLIENTS_MAX 256
#define HVC_MOVES_MAX       64   /* moves from and to one node at one time */
#define HVC_MOVES_ENDED_MAX 64   /* ended moves that move.list still shows */
#define HVC_WORKERS_MAX     64   /* blocking calls under way at one time */
#define HVC_WORK_QUEUE_MAX  1024 /* blocking calls waiting for a worker */
#define HVC_STUCK_CALLS_MAX 32   /* calls that a hung libvirtd has not returned; no further one is started beyond it */

/* records: requests and responses */
#define HVC_RECORD_DEPTH_MAX         8
#define HVC_RECORD_MEMBERS_MAX       64 /* of one record */
#define HVC_RECORD_LIST_MAX          HVC_GUESTS_MAX
#define HVC_RECORD_NAME_MAX          64
#define HVC_OPERATION_TIMEOUT_MAX_MS (7u * 24 * 3600 * 1000) /* a week: a large guest over a slow link */

#endif

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
#define HVC_AGENT_NAME_MAX    128 /* "class:provider:type" of one */
#define HVC_URI_MAX           512
#define HVC_PATH_TEXT_MAX     4096 /* PATH_MAX of Linux */
#define HVC_DISK_PATH_MAX     1024 /* of a file with a guest's disk; as long as QEMU's own words show it */
#define HVC_ERROR_TEXT_MAX    1024 /* an error with the words of libvirt, corosync, pacemaker inside */

/* the cluster */
#define HVC_NODES_MAX           64   /* as a Hyper-V failover cluster; corosync itself allows 384, CPG 128 */
#define HVC_RING_LINKS_MAX      128  /* knet links of a node whose latency is looked at; further ones are not */
#define HVC_GUESTS_MAX          8000 /* guests in one cluster */
#define HVC_GUESTS_PER_NODE_MAX 1024

/* documents */
#define HVC_XML_MAX        (256 * 1024) /* one guest definition; libvirt's own RPC limit is 4 MiB */
#define HVC_PLAN_DISKS_MAX 32           /* disks of one guest whose storage is moved */
#define HVC_PLAN_FILES_MAX 16           /* files beside them that go along */
#define HVC_PLAN_TEXT_MAX  (112 * 1024) /* a plan of that many, all paths of the greatest length */

/* the service: what a cluster remembers. Equal on all nodes, because "full" is an answer that all must give alike */
#define HVC_JOBS_KEPT_MAX                                                                                              \
    10000 /* ended jobs that can be looked at; each guest may have an unfinished one beside them */
#define HVC_JOB_REASONS_MAX    4   /* reasons kept with a job: the first and the newest ones */
#define HVC_REASON_TEXT_MAX    256 /* words of a reason; a longer one ends with "..." there, whole in the node's log */
#define HVC_NETWORKS_MAX       64
#define HVC_JOB_WAYS_MAX       8    /* migration networks that a job may take, kept while it waits for one of them */
#define HVC_DRAINS_MAX         128  /* drain records: one unfinished a node, the rest history */
#define HVC_REQUESTER_MAX      128  /* who asked: user and way */
#define HVC_OWNER_NAME_MAX     257  /* PrimaryOwnerName: MaxLen 64 characters of up to 4 bytes */
#define HVC_OWNER_CONTACT_MAX  1025 /* PrimaryOwnerContact: MaxLen 256 likewise */
#define HVC_NETWORK_NAME_MAX   65
#define HVC_NETWORK_TAGS_MAX   256
#define HVC_DOCUMENTS_OPEN_MAX 64                  /* documents that nothing refers to yet */
#define HVC_DOCUMENT_PART_MAX  (24 * 1024)         /* bytes of a document in one log entry */
#define HVC_KIB_MAX            (UINT64_C(1) << 40) /* memory of a node or a guest: 1 PiB */
#define HVC_COMMAND_MAX        (28 * 1024)         /* one encoded command; below what a log entry carries */

/* the store of one node */
#define HVC_STORE_ENTRY_MAX       (64 * 1024)         /* bytes of one log entry */
#define HVC_STORE_METADATA_MAX    (4 * 1024 * 1024)   /* of a snapshot: token table, view, ... */
#define HVC_STORE_STATE_MAX       (256 * 1024 * 1024) /* of a snapshot */
#define HVC_STORE_QUEUE_MAX       4096                /* records waiting for the disk */
#define HVC_STORE_QUEUE_BYTES_MAX (320 * 1024 * 1024) /* and their bytes; one snapshot of the greatest size fits */
#define HVC_STORE_BATCH_MAX       1024                /* records in one transaction */
#define HVC_STORE_HISTORY_KEY_MAX 64
#define HVC_STORE_HISTORY_MAX     (64 * 1024) /* bytes of one line of history */
#define HVC_STORE_ASIDE_MAX       3           /* damaged stores kept beside the one in use */

/* moves */
#define HVC_DOWNTIME_MAX_MS   2000000       /* QEMU's own bound (MAX_MIGRATE_DOWNTIME) */
#define HVC_BANDWIDTH_MAX_MIB 8796093022207 /* libvirt's: INT64_MAX bytes */
#define HVC_PARALLEL_MAX      255           /* QEMU's multifd-channels */

/* the replicated log; equal on all nodes, because what one node sends must fit into the other */
#define HVC_MESSAGE_MAX     (32 * 1024)             /* one CPG message; far below what corosync would have to split */
#define HVC_CHUNK_MAX       (HVC_MESSAGE_MAX - 128) /* payload of one message of a state transfer */
#define HVC_OP_MAX          (30 * 1024) /* what one log entry carries; greater documents go as several entries */
#define HVC_LOG_ENTRIES_MAX 8192        /* entries held in memory, applied ones up to the next compaction included */
#define HVC_LOG_BYTES_MAX   (8 * 1024 * 1024)   /* and their operations; a second area of this size stages a transfer */
#define HVC_TOKENS_MAX      8192                /* answers kept for clients that repeat a request */
#define HVC_PROPOSALS_MAX   1024                /* proposals of one node that are not yet applied there */
#define HVC_VIEW_NODES_MAX  (2 * HVC_NODES_MAX) /* a VIEW record: the node list and, in a change, the one before it */
#define HVC_FENCED_MAX      HVC_NODES_MAX

/* soft facts: what a node tells about itself every second */
#define HVC_ADDRESSES_MAX    64  /* addresses of a node that others are told */
#define HVC_SOFT_MISSING_MAX 16  /* definitions a node lacks that are named in its soft facts */
#define HVC_SOFT_WORDS_MAX   256 /* of a libvirt that does not answer */

/* the ring: messages between the main loop and the thread that talks to corosync */
#define HVC_RING_MESSAGE_MAX HVC_MESSAGE_MAX
#define HVC_RING_PACKET_MAX  (64 * 1024)        /* one message of CPG: what waited at one time, several of ours */
#define HVC_RING_SEND_MAX    (64 * 1024 * 1024) /* bytes waiting to be sent */
#define HVC_RING_RECEIVE_MAX (16 * 1024 * 1024) /* bytes delivered and not yet taken; then corosync queues */

/* answers about jobs */
#define HVC_JOB_ROWS_MAX 200  /* in one answer; there is a way to ask for what is left out */
#define HVC_JOB_IDS_MAX  64   /* jobs that one request names */
#define HVC_EVENTS_MAX   1000 /* that a node keeps of what it has seen happen */

/* checks before a move */
#define HVC_PROFILE_DISKS_MAX        64 /* drives of one guest */
#define HVC_PROFILE_NETS_MAX         32
#define HVC_PROFILE_DEVICES_MAX      32
#define HVC_PROFILE_SOURCE_MAX       1024         /* path or address of a drive */
#define HVC_CHECK_FINDINGS_MAX       48           /* findings about one guest and one node */
#define HVC_CHECK_TEXT_MAX           512          /* words of one finding */
#define HVC_COMPATIBILITY_CPU_MAX    4096         /* <cpu> of a guest in a blob */
#define HVC_COMPATIBILITY_GUESTS_MAX 32           /* guests in the blob of a host */
#define HVC_COMPATIBILITY_MAX        (176 * 1024) /* bytes of a blob; as hexadecimal text it fits into an answer */

/* the time of one request to the CIM server: what an installation has when its configuration does not say */
#define HVC_CIM_HEADER_S 20  /* from the connection to the end of the headers; a handshake of TLS is in it */
#define HVC_CIM_BODY_S   60  /* from there to the end of the body */
#define HVC_CIM_ANSWER_S 600 /* to take the answer */

/* passwords and roles */
#define HVC_AUTH_USER_MAX          256         /* LOGIN_NAME_MAX of Linux */
#define HVC_AUTH_PASSWORD_MAX      512         /* PAM_MAX_RESP_SIZE */
#define HVC_AUTH_ORIGIN_MAX        128         /* a numeric address with its scope */
#define HVC_AUTH_WORDS_MAX         512         /* of a refusal, the words of PAM inside */
#define HVC_AUTH_GROUPS_MAX        (16 * 1024) /* names of a user's groups together; one with more is not let in */
#define HVC_AUTH_CHECKS_MAX        8           /* passwords checked at one time, each in a process of its own */
#define HVC_AUTH_CONNECTIONS_MAX   256         /* of hvcluster-auth; most wait for the end of a delay */
#define HVC_AUTH_LIMIT_ENTRIES_MAX 4096        /* users and origins whose failures are remembered */
#define HVC_AUTH_CACHE_MAX         64          /* accepted passwords that are not asked about again for seconds */
#define HVC_AUTH_CACHE_MAX_MS      60000
#define HVC_ROLE_GROUPS_MAX        32   /* groups that one role names */
#define HVC_ROLE_CERTIFICATES_MAX  64   /* subjects of certificates that have a role */
#define HVC_ROLE_NAME_MAX          256  /* a group's name */
#define HVC_ROLE_SUBJECT_MAX       1024 /* a distinguished name */

/* the daemon */
#define HVC_IPC_MESSAGE_MAX (512 * 1024) /* one request or response: a definition, escaped, fits */
#define HVC_IPC_CLIENTS_MAX 256
#define HVC_MOVES_MAX       64   /* moves from and to one node at one time */
#define HVC_MOVES_ENDED_MAX 64   /* ended moves that move.list still shows */
#define HVC_WORKERS_MAX     64   /* blocking calls under way at one time */
#define HVC_WAITERS_MAX     64   /* clients that wait for a change of the cluster's state; further ones queue */
#define HVC_WORK_QUEUE_MAX  1024 /* blocking calls waiting for a worker */
#define HVC_STUCK_CALLS_MAX 32   /* calls that a hung libvirtd has not returned; no further one is started beyond it */

/* records: requests and responses */
#define HVC_RECORD_DEPTH_MAX         8
#define HVC_RECORD_MEMBERS_MAX       64 /* of one record */
#define HVC_RECORD_LIST_MAX          HVC_GUESTS_MAX
#define HVC_RECORD_NAME_MAX          64
#define HVC_OPERATION_TIMEOUT_MAX_MS (7u * 24 * 3600 * 1000) /* a week: a large guest over a slow link */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeded bugs for the negative controls of tests/sim. In every ordinary build each of them is the constant 0 and the
 * compiler removes the branch; a control compiles the same sources with -DHVC_BUG_<NAME>=1 and must be caught.
 */
#ifndef HVC_REPLICATION_BUGS_H
#define HVC_REPLICATION_BUGS_H

#define HVC_BUG(name) (HVC_BUG_##name)

#ifndef HVC_BUG_APPLYDELIV
#define HVC_BUG_APPLYDELIV 0 /* an entry counts as committed when it is delivered */
#endif
#ifndef HVC_BUG_NOPROMISE
#define HVC_BUG_NOPROMISE 0 /* no promise round */
#endif
#ifndef HVC_BUG_MINORITY
#define HVC_BUG_MINORITY 0 /* views are entered without quorum and without enough votes */
#endif
#ifndef HVC_BUG_EXCLMIN
#define HVC_BUG_EXCLMIN 0 /* EXCLUDE closes the offers whatever votes there are */
#endif
#ifndef HVC_BUG_NOVIEW
#define HVC_BUG_NOVIEW 0 /* the VIEW entry does not raise the epoch of the log */
#endif
#ifndef HVC_BUG_NOFSYNC
#define HVC_BUG_NOFSYNC 0 /* ACK before the entry is durable */
#endif
#ifndef HVC_BUG_PROMNOSYNC
#define HVC_BUG_PROMNOSYNC 0 /* PROMISE before the promise is durable */
#endif
#ifndef HVC_BUG_SEARLY
#define HVC_BUG_SEARLY 0 /* the source installs when it sends DONE */
#endif
#ifndef HVC_BUG_CHUNK
#define HVC_BUG_CHUNK 0 /* chunks go straight into the log */
#endif
#ifndef HVC_BUG_APPENDONLY
#define HVC_BUG_APPENDONLY 0 /* a receiver keeps its tail and appends what is beyond it */
#endif
#ifndef HVC_BUG_SRCLEN
#define HVC_BUG_SRCLEN 0 /* the longest log is the source */
#endif
#ifndef HVC_BUG_SRCPROM
#define HVC_BUG_SRCPROM 0 /* the log with the greatest promise is the source */
#endif
#ifndef HVC_BUG_ACKOLD
#define HVC_BUG_ACKOLD 0 /* who acknowledged in an earlier view counts for the VIEW entry of this one */
#endif
#ifndef HVC_BUG_ACKP
#define HVC_BUG_ACKP 0 /* a majority of the participants commits */
#endif
#ifndef HVC_BUG_REJOIN
#define HVC_BUG_REJOIN 0 /* a group change inside a ring does not end the view, a restarted process goes on in it */
#endif
#ifndef HVC_BUG_OLDIMAGE
#define HVC_BUG_OLDIMAGE 0 /* restored and damaged stores count */
#endif
#ifndef HVC_BUG_EMPTYVOTES
#define HVC_BUG_EMPTYVOTES 0 /* empty stores count beside others */
#endif
#ifndef HVC_BUG_CHECKAPPLIED
#define HVC_BUG_CHECKAPPLIED 0 /* duplicates are dropped at append, by what is applied */
#endif
#ifndef HVC_BUG_APPLYTWICE
#define HVC_BUG_APPLYTWICE 0 /* no duplicate test at apply */
#endif
#ifndef HVC_BUG_LOSTTOKENS
#define HVC_BUG_LOSTTOKENS 0 /* snapshots travel without the token table */
#endif
#ifndef HVC_BUG_TWONODE
#define HVC_BUG_TWONODE 0 /* an absent member of the last view need not be fenced */
#endif
#ifndef HVC_BUG_NOWITH
#define HVC_BUG_NOWITH 0 /* nodes with which a later epoch was promised are forgotten */
#endif
#ifndef HVC_BUG_NEWVOTES
#define HVC_BUG_NEWVOTES 0 /* only today's votes count, not those in force before */
#endif
#ifndef HVC_BUG_STALEEFFECT
#define HVC_BUG_STALEEFFECT 0 /* driver: effects are carried out without a look at the current view */
#endif
#ifndef HVC_BUG_SENDEARLY
#define HVC_BUG_SENDEARLY 0 /* driver: a record is reported as persisted before it is */
#endif
#ifndef HVC_BUG_LOSTLOG
#define HVC_BUG_LOSTLOG 0 /* driver: an install is not one transaction; a crash in it leaves the first half */
#endif

#endif

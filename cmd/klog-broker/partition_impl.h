/*
 * partition_impl.h: the inside of a partition, for the files that make it up
 * (partition.c, partition_io.c, flush.c, retention.c, revive.c, compaction.c,
 * logdir.c, checkpoints.c) and no others.
 *
 * The log's own rules (store/log.h) let reads and flushes run next to an
 * append, so they run without the lock. What keeps the log from being closed
 * under them is `users`: whoever works on the log outside the lock counts
 * itself in and out under it, and a deletion waits for the last one.
 */
#ifndef KLOG_BROKER_PARTITION_IMPL_H
#define KLOG_BROKER_PARTITION_IMPL_H

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uthash.h>

#include "config.h"
#include "delayed.h"
#include "logdir.h"
#include "partition.h"
#include "store/log.h"
#include "verify.h"

struct partition {
	/* constant */
	struct logdir	*ld;
	char		*name;		/* "topic-index": its directory */
	const char	*topic;		/* behind that */
	struct kuuid	 topic_id;
	int32_t		 index;
	_Atomic int	 refs;

	/* the logdir's, under its lock */
	TAILQ_ENTRY(partition) logdir_link;
	UT_hash_handle	 hh;		/* by name; newest of that name */

	/* flags together, for the sake of those that have thousands */
	bool		 present;	/* the logdir's: the directory was
					 * found at start */
	/* under the lock, as all that follows */
	bool		 deleted;	/* the topic is gone */
	atomic_bool	 gone;		/* and so are the files */
	bool		 offline;	/* disk error */
	bool		 full;		/* for lack of room: revive.c */
	bool		 cleaning;	/* a pass has it */
	bool		 uncleanable;	/* one failed */
	bool		 leading;
	bool		 flushing;	/* a round is queued or running */
	bool		 flush_again;	/* something came during it */
	int		 users;		/* at work on log outside the lock */
	int		 clean_tries;	/* that found no room, one after the
					 * other */

	pthread_mutex_t	 lock;
	struct partition *before;	/* deleted one of the same name whose
					 * files may be there still */
	const struct topic_config *config; /* shared_config.h */
	struct log	*log;		/* NULL: no directory yet */
	int64_t		 seen;		/* its end at the last logdir_rest() */
	int64_t		 rested;	/* and when it gave back what it had */
	int64_t		 start;		/* as checkpoints had it when it was */
	int64_t		 recovery_point; /* opened, or wrote it down last */
	int64_t		 cleaned;	/* likewise */
	int64_t		 recovery_saved; /* the recovery point in its file */
	int64_t		 clean_after_ms; /* not tried before that time */

	int32_t		 leader;
	int32_t		 leader_epoch;
	int32_t		 partition_epoch;
	int32_t		*isr;
	int32_t		 n_isr;
	int32_t		 n_replicas;

	int64_t		 high_watermark;
	int64_t		 end_bytes;	/* appended since start */
	int64_t		 shown_bytes;	/* below the high watermark */
	int64_t		 flushed_bytes;
	int64_t		 stable;	/* last stable offset, as waiting
					 * readers were told */
	int64_t		 stable_bytes;	/* of shown_bytes, then */
	struct verifying verifying;	/* producers new to the log */

	int64_t		 flush_ms;	/* when the last one ended */
	struct waitlist	 waiting;
};

/* Under the logdir's lock: a reference, unless the last one is being given up
 * just now, and with it, as soon as that lock is free, the partition. */
bool partition_try_ref(struct partition *);

/* All that follow with the lock held. */

/* 0, or why this broker cannot serve it: 3, 5, 6, 56, 74, 75. */
int16_t partition_check(struct partition *, int32_t leader_epoch);
/* Opens the log if that did not happen yet. 0, 5 (a deleted namesake is still
 * in the way) or 56. */
int16_t partition_need_log(struct partition *);
/* Up to where a read_committed reader may look: the first offset of the
 * earliest transaction that is open, or whose marker is not below the high
 * watermark; else the high watermark. */
int64_t partition_stable(struct partition *);
/* Moves the high watermark up to what the in-sync replicas have. */
void partition_advance(struct partition *);
/* A disk error: says so, once, and wakes everybody. */
void partition_fail(struct partition *, const struct kerr *);
/* Lets the last user of a deleted partition's log start the removal. */
void partition_leave(struct partition *);
/* A new leader looks at what it has. */
void partition_begin(struct partition *);
/* Opens the log of a directory; blocks. */
int partition_open(struct partition *, const struct log_known *,
    struct log_recovery *, struct kerr *);
void partition_log_config(const struct partition *, struct log_config *);
/* Wants a flush round: starts one, or another after the running one. */
void flush_want(struct partition *);
/* flush.ms: starts one where what is there has waited that long. */
void flush_overdue(struct partition *);
/* Whether rounds go on, one after the other, or with flush.acks=os appends;
 * without any lock. */
bool flush_is_busy(struct logdir *, int64_t now_ns);

#endif

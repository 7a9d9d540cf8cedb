/*
 * logdir.h: the data directory: every partition that lies in it, the
 * checkpoints beside them, and what partitions need from the rest of the
 * broker (as functions, so that a test can stand in for threads and disk).
 *
 * Order at start: logdir_init(), partition_new() for every partition that the
 * metadata log places here, logdir_recover(). Order at stop: connections and
 * I/O threads gone, then logdir_close().
 */
#ifndef KLOG_BROKER_LOGDIR_H
#define KLOG_BROKER_LOGDIR_H

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sys.h"

struct datadir;
struct io;			/* an I/O thread: broker.h */
struct partition;

TAILQ_HEAD(partition_list, partition);

struct logdir {
	/* set by the caller before logdir_init() */
	const struct sys	*sys;
	struct datadir		*datadir;	/* its lock is held */
	const char		*path;		/* borrowed for ever */
	bool			 acks_os;	/* flush.acks=os */
	/* runs fn(arg) on a thread that may block; any thread may call */
	void	(*run)(void *ctx, void (*fn)(void *), void *arg);
	/* wakes a waiting request; any thread, partition locks held */
	void	(*wake)(struct io *, uint64_t id, uint32_t generation);
	void			*ctx;		/* for run() */

	/* inside */
	pthread_mutex_t		 lock;		/* of what follows; taken under
						 * a partition's, never above */
	pthread_cond_t		 idle;		/* busy went to 0 */
	struct partition_list	 all;		/* by logdir_link */
	struct partition	*by_name;	/* hash */
	struct shared_config	*last_config;	/* shared_config.c, or NULL */
	int			 n;
	int			 busy;		/* jobs given to run() */
	pthread_mutex_t		 writing;	/* one checkpoint at a time */
	atomic_bool		 starts_moved;	/* a log start offset is newer
						 * than its checkpoint */
	atomic_bool		 full;		/* a partition waits for room */
	atomic_bool		 cleaned_moved;	/* so is where one is clean */
	atomic_bool		 replaced;	/* by compaction: files are to be
						 * told when to go */
	struct outdated		*outdated;	/* checkpoints.c: hash */
	bool			 unsure;	/* found at the start: they name
						 * partitions without files */
	bool			 writing_over;
	bool			 untold;	/* that it failed */
	atomic_int		 rounds;	/* of flush.c, under way */
	_Atomic int64_t		 round_ns;	/* when one ended last; acks_os:
						 * or an append did */
};

void logdir_init(struct logdir *);
/* Opens and recovers every partition added so far, several at a time, and
 * waits for that. clean: the last stop was a clean one, the tails need no
 * scan. A partition that cannot be opened goes offline with a line in the
 * log and does not make this fail. Names each directory that no partition
 * claims in the log and leaves it alone. */
int logdir_recover(struct logdir *, bool clean, struct kerr *);
/* Writes recovery-point-, replication- and log-start-offset-checkpoint, and
 * where something moved cleaner-offset-checkpoint. Blocks; pool. Called every
 * few seconds and by logdir_close(). */
int logdir_checkpoint(struct logdir *, struct kerr *);
/* Writes the log-start-offset-checkpoint alone. Blocks; pool. */
int logdir_save_starts(struct logdir *, struct kerr *);
/* Writes the cleaner-offset-checkpoint alone. Blocks; pool. */
int logdir_save_cleaned(struct logdir *, struct kerr *);
/*
 * A round of retention: segments that the topics' configuration no longer
 * covers, or that lie below the log start offset, go; then files that had
 * waited for long enough. all not set: only the latter. *wait: ms until the
 * next files are due, -1: none are. Blocks; pool, one at a time. A partition
 * that fails goes offline; an error here is one of the checkpoint file.
 */
int logdir_retain(struct logdir *, bool all, int64_t *wait, struct kerr *);
/* Where there is room again, partitions that went offline for lack of it come
 * back. True where some still wait. Blocks; pool, one at a time. */
bool logdir_revive(struct logdir *);
/* Takes from logs that were not appended to since the last call what only busy
 * ones need. Blocks; pool. Called after each checkpoint. */
void logdir_rest(struct logdir *);
/* Waits for running jobs, flushes and closes every partition, writes the
 * checkpoints. 0 means: everything is on disk and a clean-stop marker may be
 * left. Blocks. */
int logdir_close(struct logdir *, struct kerr *);
/* After the last partition_unref(). */
void logdir_release(struct logdir *);

/* run() for logdir_close() to wait for; the job itself calls
 * logdir_job_done() when it is through with the logs. job_begin is for one
 * that finds its way to a thread by itself. */
void logdir_job_begin(struct logdir *);
void logdir_job(struct logdir *, void (*fn)(void *), void *arg);
void logdir_job_done(struct logdir *);
/* References to all partitions, in an array to be freed. */
struct partition **logdir_partitions(struct logdir *, int *n);

#endif

/*
 * clean.h: compaction of a log: of all records of a key the last one stays.
 * Judged by Apache Kafka's LogCleaner, whose rules these are:
 *
 * Offsets never change; a batch keeps its base and last offset, its
 * timestamps, producer and codec, and loses records. The part of the log that
 * was cleaned before ends at the dirty offset (cleaner-offset-checkpoint). A
 * pass reads the part behind it into a map of keys, then rewrites the whole
 * log up to there by it.
 *
 * Tombstones (null values) and transaction markers stay until a time that is
 * written into their batch when it is cleaned first, the delete horizon
 * (KIP-534). Records of aborted transactions go, a marker after the last
 * batch of its transaction. The last batch of each producer stays, if need be
 * without a record. Records without a key go.
 *
 * So does the last batch of each segment, if need be with its offsets alone:
 * a segment that ends before the next one begins has lost its tail, and that
 * is how recovery knows it, whatever files of offsets are left. Kafka keeps
 * the last batch of a pass only. Where it was Kafka that left a segment open,
 * the recovery point and the cleaner's checkpoint tell; a pass of ours does
 * not go past the former either.
 *
 * A rewritten segment replaces the old ones by renames that a crash may
 * interrupt anywhere (log_swap.c); readers of the old files finish, which
 * log_remove_old() removes later.
 */
#ifndef KLOG_STORE_CLEAN_H
#define KLOG_STORE_CLEAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct log;
struct producer_end;

/* Where the last pass ended, for the cleaner-offset-checkpoint; truncation
 * moves it back. */
int64_t log_cleaned(const struct log *l);

/* What there is to clean. */
struct log_dirt {
	int64_t	dirty;		/* where the dirty part begins; not as asked
				   where that lay outside the log */
	int64_t	upto;		/* first offset that may not be cleaned: the
				   beginning of a segment */
	int64_t	clean_bytes;	/* below dirty */
	int64_t	dirty_bytes;	/* between dirty and upto */
	bool	overdue;	/* something waits longer than max_lag_ms */
};

/* What bounds it. */
struct log_clean_limits {
	int64_t	dirty;		/* log_cleaned(), or less to clean again */
	int64_t	stable;		/* the lesser of the last stable offset and
				   the recovery point in its checkpoint file */
	int64_t	now_ms;
	int64_t	min_lag_ms;	/* min.compaction.lag.ms, 0: none */
	int64_t	max_lag_ms;	/* max.compaction.lag.ms, INT64_MAX: none */
};

/* Costs no I/O unless one of the lags is set. Any thread. */
int log_clean_look(struct log *l, const struct log_clean_limits *c,
    struct log_dirt *d, struct kerr *e);

struct log_clean {
	int64_t	dirty;		/* from log_clean_look() */
	int64_t	upto;
	int64_t	now_ms;
	int64_t	delete_retention_ms;
	int64_t	map_bytes;	/* memory for the map of keys */
	double	map_load;	/* how full it may become */
	const int *levels;	/* to compress at, by codec; NULL: defaults */
	const struct producer_end *ends;	/* see log_producer_ends() */
	int	n_ends;
	/* called with bytes just read, or on their way to the disk, to slow
	 * down or, not 0, to give up (KE_CANCELLED); may be NULL */
	int	(*pace)(void *arg, int64_t bytes);
	void	*arg;
};

struct log_cleaned {
	int64_t	dirty;		/* the dirty part begins here now; less than
				   upto where the map was too small */
	int64_t	read;		/* bytes, the map's part included */
	int64_t	written;
	int64_t	records;	/* in the segments that were rewritten */
	int64_t	kept;
};

/*
 * One pass. Runs beside appends, reads and flushes, on one thread at a time;
 * takes none of their locks over I/O. KE_CANCELLED: the segments changed
 * underneath (truncation, retention), or pace() said so. A failure leaves the
 * log as it was, except one in the middle of the renames, which takes it
 * offline.
 */
int log_clean(struct log *l, const struct log_clean *c,
    struct log_cleaned *r, struct kerr *e);

/* The last batch of every producer that is known now, in an array to be
 * freed. The writer's call, like log_append(). */
struct producer_end *log_producer_ends(const struct log *l, int *n);

#endif

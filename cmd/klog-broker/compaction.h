/*
 * compaction.h: which partition is compacted next, and one pass over it
 * (store/clean.h). Blocks; for the pool. cleaner.h says when.
 */
#ifndef KLOG_BROKER_COMPACTION_H
#define KLOG_BROKER_COMPACTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct logdir;
struct partition;

/* The partition with the greatest share of dirty bytes, among those where it
 * is above min.cleanable.dirty.ratio or where something waits longer than
 * max.compaction.lag.ms; NULL: none. It is the caller's, and nobody else's,
 * until compaction_run(). */
struct partition *compaction_choose(struct logdir *);

struct compaction_limits {
	int64_t		   map_bytes;	/* memory for the map of keys */
	double		   map_load;
	double		   rate;	/* bytes a second, read and written */
	const atomic_bool *stop;	/* set: give up */
};

/* One pass, and the checkpoint of where it ended. False: it failed, or was
 * called off. A failure marks the partition, which is not tried again until
 * the next start, with one line in the log. What passes (no room on the disk,
 * no memory, no descriptors, a file system that may not be written to) is tried
 * again after a minute, and then less often, and said once until it is over. */
bool compaction_run(struct partition *, const struct compaction_limits *);

#endif

/*
 * consumer_offsets.h: where partitions start and end, and where in them a time
 * lies (ListOffsets). Asks each leader once for all of its partitions; blocks,
 * running the cluster's loop.
 */
#ifndef KLOG_CLIENT_CONSUMER_OFFSETS_H
#define KLOG_CLIENT_CONSUMER_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cluster;

/* Instead of a time in ms since 1970. */
enum {
	OFFSETS_LATEST = -1,	/* log end; last stable offset if committed */
	OFFSETS_EARLIEST = -2,	/* log start */
	OFFSETS_MAX_TIME = -3	/* record with the greatest time (Kafka 3.0) */
};

struct offset_query {
	const char	*topic;		/* borrowed */
	int32_t		 partition;
	int64_t		 time;		/* ms, or one of the above */
	/* filled in */
	int64_t		 offset;	/* -1: no record at or after that time*/
	int64_t		 found_time;	/* that record's, -1 for the others */
	int32_t		 leader_epoch;	/* -1: not known */
	int		 error;		/* Kafka's code, 0 = answered */
};

/* Answers n queries. Errors worth a retry are retried until deadline_ms from
 * now have passed; one that is left stands in its query. Fails (KE_TIMEOUT,
 * KE_UNREACHABLE, ..) only when nothing at all could be asked. */
int consumer_offsets(struct cluster *cl, struct offset_query *q, size_t n,
    bool uncommitted, int64_t deadline_ms, struct kerr *e);

#endif

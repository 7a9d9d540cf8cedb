/*
 * where.h: partitions of a cluster, and what positions come to in them: where
 * each log starts and ends, and which offsets a SPEC (spec.h) means there.
 */
#ifndef KLOG_CLI_WHERE_H
#define KLOG_CLI_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/spec.h"
#include "client/cluster.h"

/* One partition; offsets are -1 where the question has no answer. */
struct where {
	const char	*topic;		/* borrowed */
	int32_t		 partition;
	int64_t		 start, end;	/* of the log */
	int64_t		 stored;	/* what a group has committed */
	int64_t		 base;		/* as a start "+N" counts from here;
					 * -1: from the log start */
	int64_t		 from, to;	/* what the SPEC comes to */
	int64_t		 ts;		/* of the record at from */
	struct kerr	 err;		/* of this partition alone */
};

/* How the leaders are asked. */
struct where_how {
	struct cluster	*cluster;
	bool		 committed;	/* the end is the last stable offset */
	int64_t		 wait_ms;
};

void where_init(struct where *w, const char *topic, int32_t partition);

/* Fills start and end of every row without an err; a row that fails gets
 * one. */
void where_bounds(const struct where_how *h, struct where *v, size_t n);
/* Fills from, to and ts, from bounds that are known and from what the leaders
 * say of times. "stored" is the row's, else the end; a time that is later than
 * every record is the end. */
void where_resolve(const struct where_how *h, struct where *v, size_t n,
    const struct spec *sp);

/* Whether sp speaks of a partition: "0=5,1=9" does of those two alone. */
bool where_named(const struct spec *sp, int32_t partition);

#endif

/*
 * pace.h: how fast a compaction may go. Not faster than it was told to
 * (log.cleaner.io.max.bytes.per.second), and it gives way to flush rounds,
 * which producers wait for; with flush.acks=os to appends. Both want the disk,
 * and the processors: what lies in the page cache counts, too. While those go
 * on without a break, the pass gets a few per cent of either; more where it is
 * so long that this would hold it up for more than ten minutes, so that a log
 * that is written to all the time is compacted too. Plain arithmetic over a
 * clock that the caller reads.
 */
#ifndef KLOG_BROKER_PACE_H
#define KLOG_BROKER_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_QUIET_NS = 3000000, /* without a round: nobody is held up */
	PACE_LEAST_RATE = 32000000, /* bytes a second all the same */
	PACE_LONGEST_S = 600	/* giving way takes no longer */
};

struct pace {
	double	rate;		/* bytes a second, read and written */
	double	least_rate;	/* beside flush rounds */
	int64_t	began_ns;
	int64_t	bytes;		/* so far */
	int64_t	way_ns;		/* gives way until then */
};

/* size: bytes that the pass is about to read and write. */
void pace_begin(struct pace *, double rate, int64_t size, int64_t now_ns);
/* So many of them were. */
void pace_add(struct pace *, int64_t bytes, int64_t now_ns);
/* Nanoseconds to sleep before this is asked again, 0: go on. busy: a flush
 * round runs, or ended less than PACE_QUIET_NS ago. */
int64_t pace_wait(const struct pace *, bool busy, int64_t now_ns);

#endif

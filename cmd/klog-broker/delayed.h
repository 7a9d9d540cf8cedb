/*
 * delayed.h: requests that wait for partitions: acks=all for the high
 * watermark, Fetch for bytes to show.
 *
 * The request owns one struct delayed and a struct waiter for each partition
 * it waits for. A waiter hangs in its partition's waitlist, under that
 * partition's lock (partition_wait_*, partition_unwait in partition.h). What
 * the request waits for is one number: partitions left to be acknowledged, or
 * bytes left to come. Whoever takes it to zero or below wakes the request,
 * once; the request, on its own thread, looks again at the partitions, and
 * must take all its waiters out, under the partitions' locks, before their
 * memory goes. A deadline is the request's own timer.
 */
#ifndef KLOG_BROKER_DELAYED_H
#define KLOG_BROKER_DELAYED_H

#include <bsd/sys/queue.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "request.h"

struct logdir;
struct partition;

struct delayed {
	struct logdir	*ld;		/* whose wake() is called */
	struct waker	 waker;		/* the request, on its thread */
	_Atomic int64_t	 need;		/* partitions or bytes still missing */
	atomic_bool	 fired;		/* woken; not again */
	/* called instead of waking a request, unless NULL; under the
	 * partition's lock, any thread */
	void		(*call)(struct delayed *);
};

struct waiter {
	TAILQ_ENTRY(waiter)	 link;
	struct delayed		*delayed;
	struct partition	*partition;	/* whose lock guards it */
	int64_t			 offset;	/* acks: end to be covered */
	bool			 ack;		/* in which of the two lists */
	bool			 committed;	/* data: up to the last stable
						 * offset only */
	bool			 listed;	/* hangs there now */
	bool			 met;		/* acks: it is covered, and has not
						 * only been let go */
};

TAILQ_HEAD(waiters, waiter);

/* The requests waiting for one partition; used under its lock. */
struct waitlist {
	struct waiters	acks;		/* by offset, ascending */
	struct waiters	data;
};

void delayed_init(struct delayed *, struct logdir *, struct waker,
    int64_t need);
/* Takes n off what is missing; wakes at zero. Any thread. */
void delayed_credit(struct delayed *, int64_t n);
/* The same by the request itself, once all is in place: true, and no wake-up,
 * where nothing is missing any more. */
bool delayed_settled(struct delayed *, int64_t n);
/* Wakes whatever is missing. Any thread. */
void delayed_fire(struct delayed *);

void waitlist_init(struct waitlist *);
/* Waits until the high watermark is at or past offset. */
void waitlist_add_ack(struct waitlist *, struct waiter *, struct delayed *,
    int64_t offset);
/* Counts it at once where the high watermark has got there already. */
void waitlist_settle(struct waitlist *, struct waiter *, int64_t hw);
/* Waits for bytes above the high watermark of now, or, where committed, above
 * the last stable offset. */
void waitlist_add_data(struct waitlist *, struct waiter *, struct delayed *,
    bool committed);
/* Nothing happens where it was removed already. */
void waitlist_remove(struct waitlist *, struct waiter *);
/* The high watermark is hw now, and shows that many bytes more. */
void waitlist_advance(struct waitlist *, int64_t hw, int64_t bytes);
/* The last stable offset shows that many bytes more. */
void waitlist_advance_committed(struct waitlist *, int64_t bytes);
/* Something else changed (leader, offline, deleted): acks are decided, one way
 * or the other, and fetches look again. */
void waitlist_fire(struct waitlist *);

#endif

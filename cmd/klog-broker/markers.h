/*
 * markers.h: a transaction's marker on its way into several partitions: one
 * job appends it to all of them; it is done when every one is durable, or has
 * failed. Control thread.
 */
#ifndef KLOG_BROKER_MARKERS_H
#define KLOG_BROKER_MARKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "delayed.h"
#include "net/loop.h"
#include "partition.h"
#include "record/marker.h"
#include "wire/types.h"

struct broker;
struct markers;

struct marker_part {
	struct partition *partition;	/* a reference; NULL: see error */
	int16_t		 error;		/* out, unless there is no partition */

	/* markers.c */
	struct partition_append append;
	struct waiter	 waiter;
	bool		 waits;
	uint8_t		 mem[MARKER_SIZE];
};

struct markers {
	struct broker	*broker;
	struct marker	 marker;
	void		(*done)(struct markers *);
	void		*arg;
	int32_t		 n;

	/* markers.c */
	struct delayed	 delayed;
	struct loop_msg	 came;
	struct marker_part part[];
};

/* Room for n partitions, to be filled in before markers_write(), which sees to
 * it that done() is called, later. The owner then frees it, or, where the
 * broker stops before, after the pool has ended. */
struct markers *markers_new(struct broker *, int32_t n);
/* The partition of that name, if this broker has it; else the error. */
void markers_find(struct markers *, struct marker_part *, struct kstr topic,
    int32_t index);
void markers_write(struct markers *);
/* What a marker of `__consumer_offsets` ends is known to the group coordinator,
 * too: for done() to call, of each partition. */
void markers_tell_groups(const struct markers *, const struct marker_part *);
void markers_free(struct markers *);

#endif

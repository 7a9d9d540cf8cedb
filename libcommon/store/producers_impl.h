/*
 * producers_impl.h: the inside of what is known of producers, for
 * producers*.c.
 */
#ifndef KLOG_STORE_PRODUCERS_IMPL_H
#define KLOG_STORE_PRODUCERS_IMPL_H

#include <uthash.h>

#include "store/producers.h"

enum { REMEMBERED = 5 };	/* batches a producer may have in flight */

struct past_batch {
	int64_t	last_offset;
	int32_t	last_seq;
	int32_t	delta;		/* last less first, of offsets and sequences */
	int64_t	timestamp;
};

struct producer {
	int64_t		  id;
	int16_t		  epoch;
	int8_t		  n;		/* batches known, oldest first */
	int32_t		  coordinator_epoch;
	int64_t		  open_at;	/* the transaction's first offset, -1 */
	int64_t		  timestamp;	/* of the last batch or marker */
	int64_t		  seen_ms;	/* our clock at the last batch */
	struct past_batch batch[REMEMBERED];
	UT_hash_handle	  hh;
	RB_ENTRY(producer) open;	/* where open_at >= 0 */
};

/* A transaction whose marker may still be above the high watermark. */
struct ended_txn {
	int64_t		  first;
	int64_t		  last;		/* the marker's offset */
	struct ended_txn *prev, *next;
};

/* producers.c */
struct producer *producers_find(const struct producers *ps, int64_t id);
struct producer *producers_add(struct producers *ps, int64_t id);
/* Its last batch; the oldest is forgotten where there is no room. */
void producer_remember(struct producer *p, const struct past_batch *b);
/* Where its transaction began, -1: it has none. */
void producers_set_open(struct producers *ps, struct producer *p, int64_t at);

#endif

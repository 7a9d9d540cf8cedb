/*
 * journal.h: an internal topic as a coordinator's memory. What it decides it
 * puts here as records; what it decided before comes back when a partition is
 * loaded. Control thread only, but for journal_answer()'s end.
 *
 * Records put in one round of the loop leave together: a batch a partition,
 * durable when the high watermark covers it. More batches follow meanwhile, and
 * durability comes in their order. They are appended by the I/O thread of a
 * request that waits for one of them, which can then answer at once; by a job
 * where there is none.
 *
 * A partition is away (led elsewhere, or no topic yet), being loaded, or
 * ready. Where a write fails, the partition is lost, and what was decided
 * since the last durable record with it: it is loaded again from its log.
 */
#ifndef KLOG_BROKER_JOURNAL_H
#define KLOG_BROKER_JOURNAL_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"
#include "record/iter.h"

struct broker;
struct image;
struct journal;
struct request;

struct journal_topic {
	const char	 *name;
	int32_t		  partitions;	/* where it has to be made */
	int32_t		  replicas;	/* the same, at most */
	const char *const *configs;	/* name, value, .., NULL */
};

struct journal_ops {
	/* A record of the log, in order; of a control batch as well. */
	void	(*record)(void *arg, int32_t partition,
		    const struct batch_header *, const struct record *);
	/* All of them came. */
	void	(*loaded)(void *arg, int32_t partition);
	/* Forget what is known of it. */
	void	(*lost)(void *arg, int32_t partition);
};

/* Somebody who waits; it stays put until done(). */
struct journal_wait {
	TAILQ_ENTRY(journal_wait) link;
	void		(*done)(struct journal_wait *, int16_t error);

	/* the journal's */
	int64_t		 seq;
	struct request	*r;		/* journal_answer()'s */
	struct loop_msg	 home;		/* to its thread */
};

struct journal *journal_new(struct broker *, const struct journal_topic *,
    const struct journal_ops *, void *arg);
/* After the pool has ended. */
void journal_free(struct journal *);

/* The metadata changed, or the broker starts: loads what this broker leads
 * now. */
void journal_follow(struct journal *, const struct image *);
/* Makes the topic if there is none; done() with 0 or 15. */
void journal_need(struct journal *, struct journal_wait *);
/* done() when the partition is ready, at once where it is: 0, 15 (its disk
 * failed), 16 (not led here). */
void journal_ready(struct journal *, int32_t partition,
    struct journal_wait *);
/* The leader epoch in which it was loaded. */
int32_t journal_epoch(const struct journal *, int32_t partition);
/* Whether a partition is being loaded. */
bool journal_loading(const struct journal *);

/* What is put into a partition that is ready. A record of a transaction goes
 * into a batch of its producer's. */
struct journal_record {
	const void	*key;
	const void	*value;		/* NULL: a tombstone */
	size_t		 key_len, value_len;
	int64_t		 timestamp;	/* ms since 1970 */
	int64_t		 producer_id;	/* -1: none */
	int16_t		 producer_epoch;
};

void journal_put(struct journal *, int32_t partition,
    const struct journal_record *);
/* done() when all that was put into the partition up to now is durable, at
 * once where it is: 0, or 15 or 16 where it was lost. */
void journal_wait(struct journal *, int32_t partition, struct journal_wait *);
/* The same for an answer to r, which is all that rests on it: done() runs on
 * r's I/O thread or on this one. */
void journal_answer(struct journal *, int32_t partition, struct request *r,
    struct journal_wait *);

#endif

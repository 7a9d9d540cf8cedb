/*
 * pool.h: a few threads for what blocks: flush rounds, cold reads, recovery,
 * appends to the metadata log; others, of less weight, for compaction. Threads
 * start when there is work and none is idle, up to a maximum, and leave when
 * they idle: an idle broker has none.
 */
#ifndef KLOG_BROKER_POOL_H
#define KLOG_BROKER_POOL_H

#include "net/loop.h"

struct pool;

/* Embedded in what the job is about; untouched by others until done() (or,
 * where there is none, until work() was entered: it may free the job). */
struct job {
	void		 (*work)(struct job *);	/* on a pool thread */
	void		 (*done)(struct job *);	/* then on home's, or NULL */
	struct loop	  *home;		/* NULL without done */
	struct loop_msg	   msg;			/* the rest is the pool's */
	STAILQ_ENTRY(job)  link;
};

/* nice: how much they stand back for other threads, 0 to 19. */
struct pool *pool_new(unsigned int max_threads, int nice);
/* Ends what is queued, joins the threads. */
void pool_free(struct pool *);
/* From any thread. Jobs start in the order of their coming. */
void pool_run(struct pool *, struct job *);
/* The plain form: fn(arg), nothing comes back. */
void pool_call(struct pool *, void (*fn)(void *), void *arg);

#endif

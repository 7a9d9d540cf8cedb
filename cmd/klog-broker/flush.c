/*
 * flush.c: group commit. A partition that has something to make durable gets
 * a round: one log_flush() on a pool thread. What is appended while a round
 * runs waits for the next, so the slower the disk, the more each fdatasync
 * carries; rounds of different partitions run side by side.
 *
 * A partition that wants another round goes to the end of the pool's queue
 * rather than straight on: with more partitions than threads, each gets its
 * turn.
 */
#include "base/log.h"
#include "pace.h"
#include "partition_impl.h"

static void	flush_round(void *);

static void
flush_start(struct partition *p)
{
	p->flushing = true;
	p->flush_again = false;
	p->users++;
	logdir_job(p->ld, flush_round, partition_ref(p));
}

void
flush_want(struct partition *p)
{
	if (p->offline || p->deleted)
		return;
	if (p->flushing)
		p->flush_again = true;
	else
		flush_start(p);
}

void
flush_overdue(struct partition *p)
{
	int64_t now = sys_mono_ns(p->ld->sys) / 1000000;

	if (log_flushed(p->log) < log_end(p->log) &&
	    now - p->flush_ms >= p->config->flush_ms)
		flush_want(p);
}

bool
flush_is_busy(struct logdir *ld, int64_t now_ns)
{
	return atomic_load(&ld->rounds) > 0 ||
	    now_ns - atomic_load(&ld->round_ns) < PACE_QUIET_NS;
}

/* A failed fdatasync is not tried again: the kernel may have dropped the
 * pages and would call the next one a success. */
static void
flush_done(struct partition *p, int rc, int64_t bytes, const struct kerr *e)
{
	p->flushing = false;
	p->flush_ms = sys_mono_ns(p->ld->sys) / 1000000;
	if (rc < 0) {
		partition_fail(p, e);
		return;
	}
	p->flushed_bytes = bytes;
	partition_advance(p);
	if (p->flush_again && !p->deleted)
		flush_start(p);
}

static void
flush_round(void *arg)
{
	struct partition *p = arg;
	struct kerr e = KERR_INIT;
	int64_t bytes;
	int rc;

	pthread_mutex_lock(&p->lock);
	bytes = p->end_bytes;
	p->flush_again = false;
	pthread_mutex_unlock(&p->lock);

	atomic_fetch_add(&p->ld->rounds, 1);
	rc = log_flush(p->log, &e);
	atomic_store(&p->ld->round_ns, sys_mono_ns(p->ld->sys));
	atomic_fetch_sub(&p->ld->rounds, 1);

	pthread_mutex_lock(&p->lock);
	flush_done(p, rc, bytes, &e);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
	logdir_job_done(p->ld);
	partition_unref(p);
}

/*
 * compaction.c: see compaction.h. Nothing here holds the partition's lock but
 * to look at it: the log's own rules let a pass run next to everything else,
 * and `users` keeps it open. A deletion calls a pass off; a truncation, or
 * retention, makes it find its segments gone.
 */
#include "compaction.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "pace.h"
#include "partition_impl.h"
#include "store/clean.h"

enum {
	AGAIN_MS = 60000,	/* until a try after one that found no room, */
	AGAIN_MOST_MS = 600000	/* and after many */
};

/* Lock held. */
static bool
is_candidate(const struct partition *p, int64_t now_ms)
{
	return (p->config->cleanup & CLEANUP_COMPACT) != 0 && p->log != NULL &&
	    !p->deleted && !p->offline && !p->cleaning && !p->uncleanable &&
	    now_ms >= p->clean_after_ms;
}

/* How dirty it is, 0 to 1; -1: not worth a pass, or not to be had. */
static double
dirtiness(struct partition *p, struct log_dirt *d)
{
	struct log_clean_limits c = { .now_ms = sys_now_ms(p->ld->sys) };
	struct kerr e = KERR_INIT;
	double least, ratio;
	int rc;

	pthread_mutex_lock(&p->lock);
	if (!is_candidate(p, c.now_ms)) {
		pthread_mutex_unlock(&p->lock);
		return -1;
	}
	c.dirty = log_cleaned(p->log);
	c.stable = partition_stable(p);
	c.min_lag_ms = p->config->min_compaction_lag_ms;
	c.max_lag_ms = p->config->max_compaction_lag_ms;
	least = p->config->min_cleanable_dirty_ratio;
	p->users++;
	pthread_mutex_unlock(&p->lock);

	rc = log_clean_look(p->log, &c, d, &e);

	pthread_mutex_lock(&p->lock);
	if (rc == KE_SYS)
		partition_fail(p, &e);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
	if (rc != 0 || d->dirty_bytes == 0)
		return -1;
	ratio = (double)d->dirty_bytes /
	    (double)(d->clean_bytes + d->dirty_bytes);
	return d->overdue || ratio > least ? ratio : -1;
}

static bool
claim(struct partition *p)
{
	bool mine;

	pthread_mutex_lock(&p->lock);
	mine = is_candidate(p, sys_now_ms(p->ld->sys));
	if (mine)
		p->cleaning = true;
	pthread_mutex_unlock(&p->lock);
	return mine;
}

struct partition *
compaction_choose(struct logdir *ld)
{
	struct partition **v, *worst = NULL;
	struct log_dirt d;
	double most = -1, x;
	int n;

	v = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++)
		if ((x = dirtiness(v[i], &d)) > most) {
			most = x;
			worst = v[i];
		}
	if (worst != NULL && !claim(worst))
		worst = NULL;
	for (int i = 0; i < n; i++)
		if (v[i] != worst)
			partition_unref(v[i]);
	free(v);
	return worst;
}

struct pass {
	struct partition	*p;
	const struct compaction_limits *limits;
	int64_t			 began_ns;
	struct pace		 pace;
};

static bool
is_called_off(const struct pass *x)
{
	bool gone;

	if (atomic_load(x->limits->stop))
		return true;
	pthread_mutex_lock(&x->p->lock);
	gone = x->p->deleted || x->p->offline;
	pthread_mutex_unlock(&x->p->lock);
	return gone;
}

static int
keep_pace(void *arg, int64_t bytes)
{
	struct pass *x = arg;
	struct logdir *ld = x->p->ld;
	int64_t now = sys_mono_ns(ld->sys), ns;

	pace_add(&x->pace, bytes, now);
	while (!is_called_off(x)) {
		if ((ns = pace_wait(&x->pace, flush_is_busy(ld, now),
		    now)) == 0)
			return 0;
		nanosleep(&(struct timespec){ .tv_nsec = (long)ns }, NULL);
		now += ns;	/* at least: a clock may stand still */
	}
	return 1;
}

/* A pass stays below the recovery point that is written down (clean.h); where
 * that lags behind, it is brought up first. */
static int
look(struct partition *p, struct log_dirt *d, struct kerr *e)
{
	struct log_clean_limits c = { .now_ms = sys_now_ms(p->ld->sys),
	    .max_lag_ms = INT64_MAX };
	int64_t saved;
	int rc;

	for (int i = 0; i < 2; i++) {
		pthread_mutex_lock(&p->lock);
		c.dirty = log_cleaned(p->log);
		c.stable = partition_stable(p);
		c.min_lag_ms = p->config->min_compaction_lag_ms;
		saved = p->recovery_saved;
		pthread_mutex_unlock(&p->lock);
		if (i > 0 && saved < c.stable)
			c.stable = saved;
		if ((rc = log_clean_look(p->log, &c, d, e)) != 0 ||
		    d->upto <= saved)
			return rc;
		if ((rc = log_flush(p->log, e)) != 0 ||
		    (rc = logdir_checkpoint(p->ld, e)) != 0)
			return rc;
	}
	return 0;
}

static int
clean(struct partition *p, const struct compaction_limits *limits,
    struct log_cleaned *done, struct kerr *e)
{
	struct pass x = { .p = p, .limits = limits,
	    .began_ns = sys_mono_ns(p->ld->sys) };
	struct log_clean c = { .now_ms = sys_now_ms(p->ld->sys),
	    .map_bytes = limits->map_bytes, .map_load = limits->map_load,
	    .pace = keep_pace, .arg = &x };
	struct producer_end *ends;
	struct log_dirt d;
	int levels[CODEC_MAX], rc;

	if ((rc = look(p, &d, e)) != 0)
		return rc;
	/* read, and written at most; what is dirty is read twice */
	pace_begin(&x.pace, limits->rate, 2 * d.clean_bytes +
	    3 * d.dirty_bytes, sys_mono_ns(p->ld->sys));
	c.dirty = d.dirty;
	c.upto = d.upto;
	pthread_mutex_lock(&p->lock);
	c.delete_retention_ms = p->config->delete_retention_ms;
	for (int i = 0; i < CODEC_MAX; i++)
		levels[i] = codec_level((enum codec)i, p->config->level[i]);
	ends = log_producer_ends(p->log, &c.n_ends);
	pthread_mutex_unlock(&p->lock);
	c.levels = levels;
	c.ends = ends;
	rc = log_clean(p->log, &c, done, e);
	free(ends);
	atomic_store(&p->ld->replaced, true);
	if (rc == 0)
		log_line(LOG_INFO, LOG_STORE, "%s: compacted up to %lld: %lld "
		    "of %lld records left, %.1f MB read, %.1f written in %.1f "
		    "s", p->name, (long long)done->dirty,
		    (long long)done->kept, (long long)done->records,
		    (double)done->read / 1e6, (double)done->written / 1e6,
		    (double)(sys_mono_ns(p->ld->sys) - x.began_ns) / 1e9);
	return rc;
}

/* Nothing is wrong with the log. */
static bool
will_pass(int rc, const struct kerr *e)
{
	static const int errors[] = { ENOSPC, EDQUOT, ENOMEM, EMFILE, ENFILE,
	    EROFS };

	for (size_t i = 0; rc == KE_SYS &&
	    i < sizeof(errors) / sizeof(errors[0]); i++)
		if (e->sys == errors[i])
			return true;
	return false;
}

static void
try_again(struct partition *p, const struct kerr *e)
{
	int64_t wait = AGAIN_MS;

	for (int i = 0; i < p->clean_tries && wait < AGAIN_MOST_MS; i++)
		wait *= 2;
	if (wait > AGAIN_MOST_MS)
		wait = AGAIN_MOST_MS;
	p->clean_after_ms = sys_now_ms(p->ld->sys) + wait;
	if (p->clean_tries++ == 0)
		log_line(LOG_WARN, LOG_BROKER, "compaction: %s; tried again "
		    "in a minute", e->msg);
}

/* What a pass that failed means for the next ones. Lock held. */
static void
settle(struct partition *p, int rc, const struct kerr *e)
{
	p->cleaning = false;
	if (rc == 0)
		p->clean_tries = 0;
	if (rc == 0 || rc == KE_CANCELLED)
		return;
	if (log_offline(p->log)) {
		partition_fail(p, e);
		return;
	}
	if (will_pass(rc, e)) {
		try_again(p, e);
		return;
	}
	p->uncleanable = true;
	log_line(LOG_ERROR, LOG_BROKER, "partition '%s' is not compacted any "
	    "more: %s", p->name, e->msg);
}

bool
compaction_run(struct partition *p, const struct compaction_limits *limits)
{
	struct log_cleaned done;
	struct kerr e = KERR_INIT;
	int rc = KE_CANCELLED;

	pthread_mutex_lock(&p->lock);
	if (p->log == NULL || p->deleted) {
		p->cleaning = false;
		pthread_mutex_unlock(&p->lock);
		partition_unref(p);
		return false;
	}
	p->users++;
	pthread_mutex_unlock(&p->lock);

	if ((rc = clean(p, limits, &done, &e)) == 0 &&
	    logdir_save_cleaned(p->ld, &e) < 0)
		/* the next pass begins further back */
		log_line(LOG_WARN, LOG_BROKER, "compaction: %s", e.msg);

	pthread_mutex_lock(&p->lock);
	settle(p, rc, &e);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
	partition_unref(p);
	return rc == 0;
}

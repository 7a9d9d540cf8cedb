/* chores.c: see chores.h. */
#include "chores.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "logdir.h"
#include "net/loop.h"
#include "pool.h"

/* How often a full disk is looked at, and how long it may take until that, or
 * the end of a compaction, is noticed. */
enum { LOOK_MS = 1000 };

struct chores {
	struct broker	 *broker;
	struct loop	 *loop;
	bool		  stopped;
	_Atomic int	  no_checkpoint; /* why the last one was not written */
	_Atomic int	  no_retention;	/* likewise, until there is one */

	struct loop_timer checkpoint;

	struct loop_timer tidy;
	struct job	  job;		/* of tidy; its work: */
	bool		  round;	/* a whole round, not just what is due */
	int64_t		  wait;		/* until files are due, -1: none */
	int64_t		  files_at;	/* when, by the loop's clock */
	int64_t		  round_at;	/* when the next round begins */
};

/* What goes wrong round after round is said once, and when it is over. */
static void
tell(_Atomic int *last, int rc, const struct kerr *e, const char *what)
{
	int now = rc >= 0 ? 0 : e->sys != 0 ? e->sys : rc;

	if (atomic_exchange(last, now) == now)
		return;
	if (now != 0)
		log_line(LOG_WARN, LOG_BROKER, "%s: %s", what, e->msg);
	else
		log_line(LOG_WARN, LOG_BROKER, "%s: written again", what);
}

/* Runs in the pool, and logdir_close() waits for it. */
static void
write_checkpoint(void *arg)
{
	struct chores *c = arg;
	struct logdir *ld = c->broker->logdir;
	struct kerr e = KERR_INIT;
	int rc = logdir_checkpoint(ld, &e);

	tell(&c->no_checkpoint, rc, &e, "checkpoint");
	if (rc >= 0)	/* it has written what retention could not */
		atomic_store(&c->no_retention, 0);
	logdir_rest(ld);
	logdir_job_done(ld);
}

static void
checkpoint_due(struct loop_timer *t)
{
	struct chores *c = (struct chores *)((char *)t -
	    offsetof(struct chores, checkpoint));

	logdir_job(c->broker->logdir, write_checkpoint, c);
	loop_timer_set(t, c->broker->config->checkpoint_interval_ms);
}

static void
tidy_up(struct job *j)
{
	struct chores *c = (struct chores *)((char *)j -
	    offsetof(struct chores, job));
	struct logdir *ld = c->broker->logdir;
	struct kerr e = KERR_INIT;
	int rc;

	atomic_store(&ld->replaced, false);	/* what is from here on */
	if (atomic_exchange(&ld->full, false) && logdir_revive(ld))
		atomic_store(&ld->full, true);
	/* success tells nothing: there may have been nothing to write */
	if ((rc = logdir_retain(ld, c->round, &c->wait, &e)) < 0)
		tell(&c->no_retention, rc, &e, "retention");
	logdir_job_done(ld);
}

/* Sets the timer for what comes next. */
static void
tidy_later(struct chores *c)
{
	int64_t at = c->round_at < c->files_at ? c->round_at : c->files_at;
	int64_t left = at - loop_clock(c->loop);

	if (left > LOOK_MS)
		left = LOOK_MS;
	loop_timer_set(&c->tidy, left > 0 ? left : 0);
}

static void
tidied(struct job *j)
{
	struct chores *c = (struct chores *)((char *)j -
	    offsetof(struct chores, job));
	int64_t now = loop_clock(c->loop);

	if (c->stopped)
		return;
	if (c->round)
		c->round_at = now +
		    c->broker->config->retention_check_interval_ms;
	c->files_at = c->wait >= 0 ? now + c->wait : INT64_MAX;
	tidy_later(c);
}

static void
tidy_due(struct loop_timer *t)
{
	struct chores *c = (struct chores *)((char *)t -
	    offsetof(struct chores, tidy));
	int64_t now = loop_clock(c->loop);

	c->round = now >= c->round_at;
	if (!c->round && now < c->files_at &&
	    !atomic_load(&c->broker->logdir->full) &&
	    !atomic_load(&c->broker->logdir->replaced)) {
		tidy_later(c);
		return;
	}
	logdir_job_begin(c->broker->logdir);
	pool_run(c->broker->pool, &c->job);
}

struct chores *
chores_new(struct broker *b, struct loop *l)
{
	struct chores *c = xcalloc(1, sizeof(*c));
	int64_t round = b->config->retention_check_interval_ms;

	c->broker = b;
	c->loop = l;
	loop_timer_init(&c->checkpoint, l, checkpoint_due);
	loop_timer_set(&c->checkpoint, b->config->checkpoint_interval_ms);
	c->job.work = tidy_up;
	c->job.done = tidied;
	c->job.home = l;
	c->round_at = loop_clock(l) + round;
	c->files_at = INT64_MAX;
	loop_timer_init(&c->tidy, l, tidy_due);
	tidy_later(c);
	return c;
}

void
chores_stop(struct chores *c)
{
	c->stopped = true;
	loop_timer_cancel(&c->checkpoint);
	loop_timer_cancel(&c->tidy);
}

void
chores_free(struct chores *c)
{
	free(c);
}

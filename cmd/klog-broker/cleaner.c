/* cleaner.c: see cleaner.h. */
#include "cleaner.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "broker.h"
#include "compaction.h"
#include "control.h"
#include "logdir.h"
#include "net/loop.h"
#include "pool.h"

enum {
	MAX_THREADS = 16,
	LOOK_MS = 1000,	/* until a change of the backoff is noticed */
	NICE = 10	/* where processors are short, a tenth of one */
};

/* One of the passes that may run at a time. */
struct slot {
	struct cleaner	*cleaner;
	struct job	 job;
	bool		 busy;
	bool		 again;		/* it cleaned something */
	struct compaction_limits limits;
};

struct cleaner {
	struct broker	 *broker;
	struct pool	 *pool;		/* nothing else waits for its threads */
	struct loop	*loop;
	struct loop_timer timer;
	int64_t		  looked_ms;	/* when, by the loop's clock */
	atomic_bool	  stop;
	struct slot	  slots[MAX_THREADS];
};

static void
run(struct job *j)
{
	struct slot *s = (struct slot *)((char *)j -
	    offsetof(struct slot, job));
	struct logdir *ld = s->cleaner->broker->logdir;
	struct partition *p = compaction_choose(ld);

	s->again = p != NULL && compaction_run(p, &s->limits);
	logdir_job_done(ld);
}

/* How many may run; what memory and speed there is, they share. */
static int
share(struct cleaner *c, struct compaction_limits *l)
{
	const struct broker_config *cf = control_config(c->broker);
	int n = cf->cleaner_threads < MAX_THREADS ? cf->cleaner_threads :
	    MAX_THREADS;

	*l = (struct compaction_limits){ .stop = &c->stop,
	    .map_bytes = cf->cleaner_dedupe_bytes / (n > 0 ? n : 1),
	    .map_load = cf->cleaner_load,
	    .rate = cf->cleaner_io_rate / (n > 0 ? n : 1) };
	return n;
}

static void
start(struct slot *s, const struct compaction_limits *l)
{
	struct broker *b = s->cleaner->broker;

	s->busy = true;
	s->limits = *l;
	logdir_job_begin(b->logdir);
	pool_run(s->cleaner->pool, &s->job);
}

static void
ended(struct job *j)
{
	struct slot *s = (struct slot *)((char *)j -
	    offsetof(struct slot, job));
	struct cleaner *c = s->cleaner;
	struct compaction_limits l;
	int n;

	s->busy = false;
	if (atomic_load(&c->stop))
		return;
	n = share(c, &l);
	if (s->again && s - c->slots < n)
		start(s, &l);
}

/* 0 is fit for Kafka's threads, not for a timer. */
static void
look_later(struct cleaner *c, int64_t ms)
{
	loop_timer_set(&c->timer, ms > LOOK_MS ? LOOK_MS : ms > 0 ? ms : 1);
}

static void
look_round(struct loop_timer *t)
{
	struct cleaner *c = (struct cleaner *)((char *)t -
	    offsetof(struct cleaner, timer));
	int64_t backoff = control_config(c->broker)->cleaner_backoff_ms;
	int64_t now = loop_clock(c->loop);
	struct compaction_limits l;
	int n = share(c, &l);

	if (now - c->looked_ms >= backoff) {
		for (int i = 0; i < n; i++)
			if (!c->slots[i].busy)
				start(&c->slots[i], &l);
		c->looked_ms = now;
	}
	look_later(c, backoff - (now - c->looked_ms));
}

struct cleaner *
cleaner_new(struct broker *b, struct loop *l)
{
	struct cleaner *c = xcalloc(1, sizeof(*c));

	c->broker = b;
	c->loop = l;
	c->looked_ms = loop_clock(l);
	c->pool = pool_new(MAX_THREADS, NICE);
	atomic_init(&c->stop, false);
	for (int i = 0; i < MAX_THREADS; i++) {
		c->slots[i].cleaner = c;
		c->slots[i].job.work = run;
		c->slots[i].job.done = ended;
		c->slots[i].job.home = l;
	}
	loop_timer_init(&c->timer, l, look_round);
	if (b->config->cleaner_enable)
		look_later(c, b->config->cleaner_backoff_ms);
	return c;
}

void
cleaner_stop(struct cleaner *c)
{
	atomic_store(&c->stop, true);
	loop_timer_cancel(&c->timer);
}

void
cleaner_free(struct cleaner *c)
{
	pool_free(c->pool);
	free(c);
}

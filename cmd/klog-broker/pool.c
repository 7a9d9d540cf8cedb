/*
 * pool.c: threads that come when there is work and go when there is none.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "pool.h"

#define IDLE_SECONDS	10
#define STACK_BYTES	(256 * 1024)

STAILQ_HEAD(job_list, job);

struct pool {
	pthread_mutex_t	 lock;
	pthread_cond_t	 work;		/* a job came, or closing */
	pthread_cond_t	 gone;		/* a thread left */
	struct job_list	 jobs;
	unsigned int	 queued;
	unsigned int	 threads;
	unsigned int	 idle;
	unsigned int	 max;
	int		 nice;
	bool		 closing;
	bool		 some_left;
	pthread_t	 left;		/* the last one that did, not joined */
};

static void
finished(struct loop_msg *m)
{
	struct job *j = (struct job *)((char *)m - offsetof(struct job, msg));

	j->done(j);
}

static void
run_one(struct job *j)
{
	struct loop *home = j->done != NULL ? j->home : NULL;

	j->work(j);
	/* without done() the job may be gone by now */
	if (home != NULL) {
		j->msg.run = finished;
		loop_post(home, &j->msg);
	}
}

/* True when there is a job; false when it is time to leave. */
static bool
wait_for_job(struct pool *p)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_SECONDS;
	p->idle++;
	while (STAILQ_EMPTY(&p->jobs) && !p->closing && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&p->work, &p->lock, &until);
	p->idle--;
	return !STAILQ_EMPTY(&p->jobs);
}

static void *
pool_thread(void *arg)
{
	struct pool *p = arg;
	struct job *j;
	pthread_t before;
	bool joins;

	/* Linux has it by thread */
	if (p->nice > 0)
		(void)setpriority(PRIO_PROCESS, 0, p->nice);
	pthread_mutex_lock(&p->lock);
	while (wait_for_job(p)) {
		j = STAILQ_FIRST(&p->jobs);
		STAILQ_REMOVE_HEAD(&p->jobs, link);
		p->queued--;
		pthread_mutex_unlock(&p->lock);
		run_one(j);
		pthread_mutex_lock(&p->lock);
	}
	p->threads--;
	/* each ends the one that left before it, pool_free() the last: no
	 * thread is there when the pool is not */
	joins = p->some_left;
	before = p->left;
	p->some_left = true;
	p->left = pthread_self();
	pthread_cond_broadcast(&p->gone);
	pthread_mutex_unlock(&p->lock);
	if (joins)
		pthread_join(before, NULL);
	return NULL;
}

/* Signals are the main thread's business. */
static int
start_thread(struct pool *p)
{
	pthread_attr_t attr;
	pthread_t t;
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&t, &attr, pool_thread, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

struct pool *
pool_new(unsigned int max_threads, int nice)
{
	struct pool *p = xcalloc(1, sizeof(*p));
	pthread_condattr_t attr;

	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&p->gone, NULL);
	STAILQ_INIT(&p->jobs);
	p->max = max_threads;
	p->nice = nice;
	return p;
}

void
pool_free(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->work);
	while (p->threads > 0)
		pthread_cond_wait(&p->gone, &p->lock);
	pthread_mutex_unlock(&p->lock);
	if (p->some_left)
		pthread_join(p->left, NULL);
	assert(STAILQ_EMPTY(&p->jobs));
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->gone);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
pool_run(struct pool *p, struct job *j)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	STAILQ_INSERT_TAIL(&p->jobs, j, link);
	p->queued++;
	if (p->queued > p->idle && p->threads < p->max) {
		p->threads++;
		if ((rc = start_thread(p)) != 0)
			p->threads--;
	}
	/* one thread is enough to go on with; none is the end */
	if (rc != 0 && p->threads == 0) {
		log_line(LOG_ERROR, LOG_BROKER,
		    "cannot start a thread: error %d", rc);
		abort();
	}
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

struct plain {
	struct job	  job;
	void		(*fn)(void *);
	void		 *arg;
};

static void
run_plain(struct job *j)
{
	struct plain *c = (struct plain *)j;
	void (*fn)(void *) = c->fn;
	void *arg = c->arg;

	free(c);
	fn(arg);
}

void
pool_call(struct pool *p, void (*fn)(void *), void *arg)
{
	struct plain *c = xcalloc(1, sizeof(*c));

	c->job.work = run_plain;
	c->fn = fn;
	c->arg = arg;
	pool_run(p, &c->job);
}

/* logdir.c: the data directory, opened and closed; see logdir.h. */
#include "logdir.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "checkpoints.h"
#include "partition_impl.h"
#include "wire/uuid.h"
#include "store/datadir.h"

#define TRIM_AFTER	100	/* logs that have given back their memory */

void
logdir_init(struct logdir *ld)
{
	pthread_mutex_init(&ld->lock, NULL);
	pthread_mutex_init(&ld->writing, NULL);
	pthread_cond_init(&ld->idle, NULL);
	TAILQ_INIT(&ld->all);
	ld->by_name = NULL;
	ld->last_config = NULL;
	ld->n = ld->busy = 0;
	ld->outdated = NULL;
	ld->unsure = ld->writing_over = false;
	ld->untold = true;
	atomic_init(&ld->starts_moved, false);
	atomic_init(&ld->cleaned_moved, false);
	atomic_init(&ld->full, false);
	atomic_init(&ld->replaced, false);
	atomic_init(&ld->rounds, 0);
	atomic_init(&ld->round_ns, 0);
}

void
logdir_job_begin(struct logdir *ld)
{
	pthread_mutex_lock(&ld->lock);
	ld->busy++;
	pthread_mutex_unlock(&ld->lock);
}

void
logdir_job(struct logdir *ld, void (*fn)(void *), void *arg)
{
	logdir_job_begin(ld);
	ld->run(ld->ctx, fn, arg);
}

void
logdir_job_done(struct logdir *ld)
{
	pthread_mutex_lock(&ld->lock);
	assert(ld->busy > 0);
	if (--ld->busy == 0)
		pthread_cond_broadcast(&ld->idle);
	pthread_mutex_unlock(&ld->lock);
}

static void
wait_idle(struct logdir *ld)
{
	pthread_mutex_lock(&ld->lock);
	while (ld->busy > 0)
		pthread_cond_wait(&ld->idle, &ld->lock);
	pthread_mutex_unlock(&ld->lock);
}

/* A partition's lock must not be taken under the logdir's. */
struct partition **
logdir_partitions(struct logdir *ld, int *n)
{
	struct partition **v, *p;

	*n = 0;
	pthread_mutex_lock(&ld->lock);
	v = xreallocarray(NULL, (size_t)ld->n + 1, sizeof(struct partition *));
	TAILQ_FOREACH(p, &ld->all, logdir_link)
		if (partition_try_ref(p))
			v[(*n)++] = p;
	pthread_mutex_unlock(&ld->lock);
	return v;
}

/* Start. */

static int
see_directory(void *arg, const char *name, const char *topic,
    int32_t partition)
{
	struct logdir *ld = arg;
	struct partition *p;

	HASH_FIND_STR(ld->by_name, name, p);
	if (p != NULL)
		p->present = true;
	else if (strcmp(topic, "__cluster_metadata") != 0)
		log_line(LOG_WARN, LOG_BROKER, "%s/%s belongs to no topic "
		    "here; left alone", ld->path, name);
	return 0;
}

struct opening {
	struct partition	*p;
	struct log_known	 known;
	int64_t			 high_watermark;
};

/* Failing takes that one partition offline; partition_fail() says why. */
static void
open_job(void *arg)
{
	struct opening *o = arg;
	struct partition *p = o->p;
	struct kerr e = KERR_INIT;

	pthread_mutex_lock(&p->lock);
	p->start = o->known.start;
	p->recovery_point = p->recovery_saved = o->known.recovery_point;
	p->cleaned = o->known.cleaned;
	p->high_watermark = o->high_watermark;
	if (partition_open(p, &o->known, NULL, &e) == 0) {
		if (p->high_watermark > log_end(p->log))
			p->high_watermark = log_end(p->log);
		if (p->high_watermark < log_start(p->log))
			p->high_watermark = log_start(p->log);
		if (p->recovery_point > log_end(p->log))
			p->recovery_point = p->recovery_saved =
			    log_end(p->log);
		if (p->leading)
			partition_begin(p);
	}
	pthread_mutex_unlock(&p->lock);
	logdir_job_done(p->ld);
	partition_unref(p);
	free(o);
}

static void
start_opening(struct partition *p, struct checkpoint c[CHECKPOINTS],
    bool clean)
{
	struct opening *o = xcalloc(1, sizeof(*o));

	o->p = p;
	o->known.clean = clean;
	o->known.topic_id = p->topic_id;
	o->known.recovery_point = checkpoint_get(&c[CP_RECOVERY], p->topic,
	    p->index, 0);
	o->known.start = checkpoint_get(&c[CP_START], p->topic, p->index, 0);
	o->known.cleaned = checkpoint_get(&c[CP_CLEANER], p->topic, p->index,
	    0);
	o->high_watermark = checkpoint_get(&c[CP_HW], p->topic, p->index, 0);
	logdir_job(p->ld, open_job, o);
}

/* Whether the checkpoints name a partition that has no files. */
static bool
name_others(struct partition **all, int n, struct checkpoint c[CHECKPOINTS])
{
	bool others = false;

	for (int i = 0; i < CHECKPOINTS; i++) {
		unsigned int left = checkpoint_count(&c[i]);

		for (int j = 0; j < n; j++)
			if (all[j]->present && checkpoint_get(&c[i],
			    all[j]->topic, all[j]->index, -1) >= 0)
				left--;
		others |= left > 0;
	}
	return others;
}

int
logdir_recover(struct logdir *ld, bool clean, struct kerr *e)
{
	struct checkpoint c[CHECKPOINTS] = { 0 };
	struct partition **all;
	int n, rc;

	rc = datadir_scan(ld->datadir, see_directory, ld, e);
	if (rc < 0)
		return rc;
	checkpoints_load(ld, c);
	all = logdir_partitions(ld, &n);
	ld->unsure = name_others(all, n, c);
	for (int i = 0; i < n; i++) {
		if (all[i]->present)
			start_opening(all[i], c, clean);
		else
			partition_unref(all[i]);
	}
	free(all);
	wait_idle(ld);
	if (ld->unsure && checkpoints_mislead(ld, ""))
		wait_idle(ld);
	checkpoints_release(c);
	return 0;
}

/* Rest. */

/* True where a log gave memory back: nothing was appended since the last look,
 * and that was not said of it before. */
static bool
rest(struct partition *p)
{
	struct kerr e = KERR_INIT;
	bool idle = false;

	pthread_mutex_lock(&p->lock);
	if (p->log != NULL && !p->offline && !p->deleted &&
	    p->rested != log_end(p->log)) {
		idle = p->seen == log_end(p->log);
		p->seen = log_end(p->log);
		if (idle && log_rest(p->log, &e) < 0)
			partition_fail(p, &e);
		if (idle)
			p->rested = p->seen;
	}
	pthread_mutex_unlock(&p->lock);
	return idle;
}

void
logdir_rest(struct logdir *ld)
{
	struct partition **all;
	int n, rested = 0;

	all = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++) {
		rested += rest(all[i]);
		partition_unref(all[i]);
	}
	free(all);
	if (rested > TRIM_AFTER)
		malloc_trim(0);
}

/* Stop. */

static int
settle(struct logdir *ld, struct partition **all, int n, struct kerr *e)
{
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		if (all[i]->log != NULL && !all[i]->offline)
			rc = log_settle(all[i]->log, e);
	if (rc < 0 || datadir_sync(ld->datadir) != 0)
		return rc;
	for (int i = 0; i < n; i++)
		if (all[i]->log != NULL && !all[i]->offline)
			log_settled(all[i]->log);
	return 0;
}

/* Where many logs were written to, the disk is waited for once. What fails
 * here fails again, and is reported, when the log in question is closed. */
static void
settle_many(struct logdir *ld)
{
	struct partition **all;
	struct kerr e = KERR_INIT;
	int n, touched = 0;

	all = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++)
		touched += all[i]->log != NULL && log_touched(all[i]->log);
	if (touched > MANY_LOGS && settle(ld, all, n, &e) < 0)
		log_line(LOG_WARN, LOG_BROKER, "%s", e.msg);
	for (int i = 0; i < n; i++)
		partition_unref(all[i]);
	free(all);
}

static int
close_log(struct partition *p, struct kerr *e)
{
	struct log *l;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	l = p->log;
	p->log = NULL;
	if (l != NULL)
		rc = log_close(l, e);
	if (p->offline && rc == 0)
		rc = kerr_set(e, KE_OFFLINE, "%s: offline", p->name);
	p->offline = true;
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int
logdir_close(struct logdir *ld, struct kerr *e)
{
	struct partition **all;
	int n, rc;

	wait_idle(ld);
	settle_many(ld);
	rc = logdir_checkpoint(ld, e);
	wait_idle(ld);	/* it may have started a flush */
	all = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++) {
		int one = close_log(all[i], rc == 0 ? e : NULL);

		if (rc == 0)
			rc = one;
		partition_unref(all[i]);
	}
	free(all);
	return rc;
}

void
logdir_release(struct logdir *ld)
{
	assert(TAILQ_EMPTY(&ld->all));
	checkpoints_forget(ld);
	pthread_cond_destroy(&ld->idle);
	pthread_mutex_destroy(&ld->writing);
	pthread_mutex_destroy(&ld->lock);
}

/*
 * partition.c: what a partition is told by the control thread, and how it
 * comes and goes. Appending and reading: partition_io.c.
 */
#include "partition.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "checkpoints.h"
#include "partition_impl.h"
#include "shared_config.h"
#include "wire/kerror.h"

/* Appended bytes after which the kernel is told to write them out. */
#define WRITEBACK_BYTES	(256 << 10)
/* More bytes than any request waits for. */
#define LOOK_AGAIN	(INT64_C(1) << 40)

/* A namesake that was deleted may still have its files: the new one waits
 * for them to be out of the way before it opens its log. Who removes them has
 * a reference. */
static void
enter(struct partition *p)
{
	struct logdir *ld = p->ld;
	struct partition *old;

	pthread_mutex_lock(&ld->lock);
	HASH_FIND_STR(ld->by_name, p->name, old);
	if (old != NULL)
		HASH_DEL(ld->by_name, old);
	while (old != NULL && !partition_try_ref(old))
		old = old->before;
	p->before = old;
	HASH_ADD_KEYPTR(hh, ld->by_name, p->name, strlen(p->name), p);
	TAILQ_INSERT_TAIL(&ld->all, p, logdir_link);
	ld->n++;
	pthread_mutex_unlock(&ld->lock);
}

static void
leave(struct partition *p)
{
	struct logdir *ld = p->ld;
	struct partition *named;

	pthread_mutex_lock(&ld->lock);
	HASH_FIND_STR(ld->by_name, p->name, named);
	if (named == p)
		HASH_DEL(ld->by_name, p);
	TAILQ_REMOVE(&ld->all, p, logdir_link);
	ld->n--;
	pthread_mutex_unlock(&ld->lock);
}

/* The logdir's list holds no reference: the last one takes it out. */
struct partition *
partition_new(struct logdir *ld, const char *topic,
    const struct kuuid *topic_id, int32_t index,
    const struct topic_config *config)
{
	struct partition *p = xcalloc(1, sizeof(*p));

	p->ld = ld;
	p->name = xasprintf("%s-%d%c%s", topic, index, 0, topic);
	p->topic = p->name + strlen(p->name) + 1;
	p->topic_id = *topic_id;
	p->index = index;
	p->config = shared_config(ld, config);
	p->leader = p->leader_epoch = p->partition_epoch = -1;
	atomic_init(&p->refs, 1);
	pthread_mutex_init(&p->lock, NULL);
	waitlist_init(&p->waiting);
	enter(p);
	(void)checkpoints_mislead(ld, p->name);	/* have them written */
	return p;
}

struct partition *
partition_ref(struct partition *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

bool
partition_try_ref(struct partition *p)
{
	int n = atomic_load(&p->refs);

	while (n > 0)
		if (atomic_compare_exchange_weak(&p->refs, &n, n + 1))
			return true;
	return false;
}

void
partition_unref(struct partition *p)
{
	if (p == NULL || atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	shared_config_unref(p->ld, p->config);
	leave(p);
	if (p->log != NULL)
		log_abandon(p->log);
	partition_unref(p->before);
	verify_release(&p->verifying);
	pthread_mutex_destroy(&p->lock);
	free(p->isr);
	free(p->name);
	free(p);
}

void
partition_apply(struct partition *p, int32_t self,
    const struct partition_state *s)
{
	pthread_mutex_lock(&p->lock);
	p->leader = s->leader;
	p->leader_epoch = s->leader_epoch;
	p->partition_epoch = s->partition_epoch;
	p->isr = xreallocarray(p->isr, (size_t)s->n_isr + 1, sizeof(*p->isr));
	for (int32_t i = 0; i < s->n_isr; i++)
		p->isr[i] = s->isr[i];
	p->n_isr = s->n_isr;
	p->n_replicas = s->n_replicas;
	p->leading = s->leader == self;
	if (p->leading)
		partition_begin(p);
	else
		waitlist_fire(&p->waiting);
	pthread_mutex_unlock(&p->lock);
}

/* What recovery found below the end may never have been flushed; until it is,
 * it is not shown. */
void
partition_begin(struct partition *p)
{
	if (p->log == NULL || p->offline)
		return;
	partition_advance(p);
	if (log_flushed(p->log) < log_end(p->log) && !p->ld->acks_os)
		flush_want(p);
}

void
partition_configure(struct partition *p, const struct topic_config *config)
{
	const struct topic_config *before;
	struct log_config lc;

	pthread_mutex_lock(&p->lock);
	before = p->config;
	p->config = shared_config(p->ld, config);
	shared_config_unref(p->ld, before);
	partition_log_config(p, &lc);
	if (p->log != NULL)
		log_set_config(p->log, &lc);
	pthread_mutex_unlock(&p->lock);
}

/* No blocks are reserved ahead: turning them from reserved into written costs
 * the journal more at every fdatasync than finding them when the data is
 * written out (ext4, rounds of 2 to 5 MB: about twice the time; of 1 MB, no
 * clear difference). Writing out starts early, so that the disk works while
 * the next flush round collects; where nobody waits for the disk, the kernel
 * decides when. */
void
partition_log_config(const struct partition *p, struct log_config *lc)
{
	*lc = (struct log_config)LOG_CONFIG_INIT;
	lc->segment_bytes = p->config->segment_bytes;
	lc->segment_ms = p->config->segment_ms;
	lc->segment_jitter_ms = p->config->segment_jitter_ms;
	lc->segment_index_bytes = p->config->segment_index_bytes;
	lc->index_interval_bytes = p->config->index_interval_bytes;
	lc->producer_expire_ms = p->config->producer_expire_ms;
	lc->reserve_bytes = 0;
	lc->writeback_bytes = p->ld->acks_os ? 0 : WRITEBACK_BYTES;
}

/* The removal, on a pool thread. */
static void
remove_files(void *arg)
{
	struct partition *p = arg;
	struct kerr e = KERR_INIT;
	struct log *l;

	pthread_mutex_lock(&p->lock);
	l = p->log;
	p->log = NULL;
	pthread_mutex_unlock(&p->lock);
	if (l != NULL && log_delete(l, &e) < 0)
		log_line(LOG_ERROR, LOG_BROKER, "%s", e.msg);
	atomic_store(&p->gone, true);
	logdir_job_done(p->ld);
	partition_unref(p);
}

void
partition_leave(struct partition *p)
{
	assert(p->users > 0);
	if (--p->users == 0 && p->deleted)
		logdir_job(p->ld, remove_files, partition_ref(p));
}

void
partition_delete(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	if (!p->deleted) {
		p->deleted = true;
		if (p->log != NULL || p->offline)
			checkpoints_outdated(p->ld, p->name);
		p->users++;
		waitlist_fire(&p->waiting);
		partition_leave(p);
	}
	pthread_mutex_unlock(&p->lock);
}

int
partition_open(struct partition *p, const struct log_known *known,
    struct log_recovery *found, struct kerr *e)
{
	struct log_config lc;
	char *dir = xasprintf("%s/%s", p->ld->path, p->name);
	int rc;

	partition_log_config(p, &lc);
	rc = log_open(&p->log, p->ld->sys, dir, &lc, known, found, e);
	if (rc < 0) {
		p->log = NULL;
		partition_fail(p, e);
	}
	free(dir);
	return rc;
}

/* Nobody changes a deleted partition's `before`, so no lock is needed. */
static bool
files_gone(struct partition *p)
{
	for (; p != NULL; p = p->before)
		if (!atomic_load(&p->gone))
			return false;
	return true;
}

/* 5 lets the client come again: what is left of a namesake is gone in a
 * moment. */
int16_t
partition_need_log(struct partition *p)
{
	struct log_known known = { .clean = true, .topic_id = p->topic_id };
	struct kerr e = KERR_INIT;

	if (p->log != NULL)
		return ERR_NONE;
	if (!files_gone(p->before) || checkpoints_mislead(p->ld, p->name))
		return ERR_LEADER_NOT_AVAILABLE;
	partition_unref(p->before);
	p->before = NULL;
	return partition_open(p, &known, NULL, &e) < 0 ?
	    ERR_KAFKA_STORAGE_ERROR : ERR_NONE;
}

/* Why opening a log failed. */
static bool
is_full(const struct kerr *e)
{
	return e->code == KE_SYS && (e->sys == ENOSPC || e->sys == EDQUOT);
}

void
partition_fail(struct partition *p, const struct kerr *e)
{
	if (!p->offline)
		log_line(LOG_ERROR, LOG_BROKER, "partition '%s' goes offline: "
		    "%s", p->name, e->msg);
	p->offline = true;
	if (p->log != NULL ? log_full(p->log) : is_full(e)) {
		p->full = true;
		atomic_store(&p->ld->full, true);
	}
	waitlist_fire(&p->waiting);
}

int16_t
partition_check(struct partition *p, int32_t leader_epoch)
{
	if (p->deleted)
		return ERR_UNKNOWN_TOPIC_OR_PARTITION;
	if (p->offline)
		return ERR_KAFKA_STORAGE_ERROR;
	if (leader_epoch != -1 && leader_epoch < p->leader_epoch)
		return ERR_FENCED_LEADER_EPOCH;
	if (leader_epoch > p->leader_epoch)
		return ERR_UNKNOWN_LEADER_EPOCH;
	return p->leading ? ERR_NONE : ERR_NOT_LEADER_OR_FOLLOWER;
}

int64_t
partition_stable(struct partition *p)
{
	int64_t first = p->log != NULL ? log_first_unstable(p->log,
	    p->high_watermark) : -1;

	if (first < 0 || first >= p->high_watermark)
		return p->high_watermark;
	return first > log_start(p->log) ? first : log_start(p->log);
}

/* Readers of what is committed learn how many bytes more they may see only
 * where that is all there is to see; else they look. */
static void
advance_stable(struct partition *p)
{
	int64_t stable = partition_stable(p), more = LOOK_AGAIN;

	if (stable > p->stable) {
		if (stable == p->high_watermark) {
			more = p->shown_bytes - p->stable_bytes;
			p->stable_bytes = p->shown_bytes;
		}
		waitlist_advance_committed(&p->waiting, more > 0 ? more : 1);
	}
	p->stable = stable;
}

/* The end that counts here: the flushed one, unless flush.acks=os. With
 * followers it is the least over the in-sync set; alone, our own. */
void
partition_advance(struct partition *p)
{
	bool os = p->ld->acks_os;
	int64_t end = os ? log_end(p->log) : log_flushed(p->log);
	int64_t bytes = os ? p->end_bytes : p->flushed_bytes;
	int64_t more = bytes - p->shown_bytes;

	if (end <= p->high_watermark)
		return;
	p->high_watermark = end;
	p->shown_bytes = bytes;
	waitlist_advance(&p->waiting, end, more > 0 ? more : 1);
	advance_stable(p);
}

const char *
partition_topic(const struct partition *p)
{
	return p->topic;
}

int32_t
partition_index(const struct partition *p)
{
	return p->index;
}

int64_t
partition_size(struct partition *p)
{
	int64_t n;

	pthread_mutex_lock(&p->lock);
	n = p->log != NULL ? log_size(p->log) : 0;
	pthread_mutex_unlock(&p->lock);
	return n;
}

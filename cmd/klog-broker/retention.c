/*
 * retention.c: what a partition no longer has to keep. A round looks at every
 * partition: it decides, without the partition's lock, what retention.ms and
 * retention.bytes no longer cover; moves the log start offset, under it;
 * writes the start offsets of all down, once; and only then lets files go. So
 * a crash at any point leaves at worst files that the next round takes.
 *
 * What compacts a log sees to it that it is not at work on a segment that
 * goes: it finds out when it puts its own in place.
 */
#include <stdlib.h>

#include "base/log.h"
#include "partition_impl.h"
#include "wire/kerror.h"

int16_t
partition_delete_records(struct partition *p, int64_t offset, int64_t *low,
    bool *moved)
{
	struct kerr e = KERR_INIT;
	int16_t error;

	pthread_mutex_lock(&p->lock);
	if ((error = partition_check(p, -1)) != 0)
		goto out;
	if (offset == DELETE_TO_HIGH_WATERMARK)
		offset = p->high_watermark;
	if ((p->config->cleanup & CLEANUP_DELETE) == 0)
		error = ERR_POLICY_VIOLATION;
	else if (offset < 0 || offset > p->high_watermark)
		error = ERR_OFFSET_OUT_OF_RANGE;
	else if (p->log == NULL)
		*low = 0;
	else if (offset > log_start(p->log) &&
	    log_set_start(p->log, offset, &e) < 0)
		error = ERR_KAFKA_STORAGE_ERROR;
	else {
		*low = log_start(p->log);
		*moved = *low == offset;
		if (*moved)
			atomic_store(&p->ld->starts_moved, true);
	}
out:
	pthread_mutex_unlock(&p->lock);
	return error;
}

/* What the topic asks for. A log that is only compacted keeps everything above
 * its start. */
static struct log_retention
wanted(const struct partition *p)
{
	struct log_retention r = { -1, -1, p->high_watermark };

	if ((p->config->cleanup & CLEANUP_DELETE) != 0) {
		r.ms = p->config->retention_ms;
		r.bytes = p->config->retention_bytes;
	}
	return r;
}

/* Goes to work on the log outside the lock, which is held. False: there is
 * none, or it is no good. */
static bool
enter(struct partition *p)
{
	if (p->log == NULL || p->deleted || p->offline)
		return false;
	p->users++;
	return true;
}

/* The start may move while the log is at work elsewhere. A disk error takes
 * the partition offline; a segment that went meanwhile is for the next round. */
static void
decide(struct partition *p)
{
	struct log_retention r;
	struct kerr e = KERR_INIT;
	int64_t keep, start;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	r = wanted(p);
	if ((r.ms < 0 && r.bytes < 0) || !enter(p)) {
		pthread_mutex_unlock(&p->lock);
		return;
	}
	pthread_mutex_unlock(&p->lock);

	keep = log_keep_from(p->log, &r, &e);

	pthread_mutex_lock(&p->lock);
	start = log_start(p->log);
	if (keep > start && !p->deleted)
		rc = log_retain_from(p->log, keep, &e);
	if (log_start(p->log) > start)
		atomic_store(&p->ld->starts_moved, true);
	if (rc < 0 || (keep < 0 && keep != KE_RANGE))
		partition_fail(p, &e);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
}

/* Lets go of files: all that the log start offset has left behind, or (all
 * not set) what was renamed and is due now. *wait: see log_remove_old(). */
static void
let_go(struct partition *p, bool all, int64_t *wait)
{
	struct kerr e = KERR_INIT;
	int64_t delay;
	int rc;

	*wait = -1;
	pthread_mutex_lock(&p->lock);
	if (!enter(p)) {
		pthread_mutex_unlock(&p->lock);
		return;
	}
	delay = p->config->file_delete_delay_ms;
	if (all)
		log_drop_old(p->log);
	pthread_mutex_unlock(&p->lock);

	rc = log_remove_old(p->log, delay, wait, &e);

	pthread_mutex_lock(&p->lock);
	if (rc < 0)
		partition_fail(p, &e);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
}

int
logdir_retain(struct logdir *ld, bool all, int64_t *wait, struct kerr *e)
{
	struct partition **v;
	int64_t one;
	int n, rc = 0;

	*wait = -1;
	v = logdir_partitions(ld, &n);
	for (int i = 0; i < n && all; i++)
		decide(v[i]);
	if (atomic_load(&ld->starts_moved))
		rc = logdir_save_starts(ld, e);
	for (int i = 0; i < n; i++) {
		if (rc == 0) {
			let_go(v[i], all, &one);
			if (one >= 0 && (*wait < 0 || one < *wait))
				*wait = one;
		}
		partition_unref(v[i]);
	}
	free(v);
	return rc;
}

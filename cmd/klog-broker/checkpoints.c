/*
 * checkpoints.c: the checkpoint files of the data directory: read at the start,
 * written every few seconds and when something that they say must not be lost
 * has moved. See checkpoints.h and logdir.h.
 */
#include "checkpoints.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "partition_impl.h"
#include "store/clean.h"

static const char *const file_names[CHECKPOINTS] = {
	[CP_RECOVERY] = CHECKPOINT_RECOVERY,
	[CP_HW] = CHECKPOINT_HW,
	[CP_START] = CHECKPOINT_START,
	[CP_CLEANER] = CHECKPOINT_CLEANER,
};

void
checkpoints_release(struct checkpoint c[CHECKPOINTS])
{
	for (int i = 0; i < CHECKPOINTS; i++)
		checkpoint_release(&c[i]);
}

/* One that cannot be read costs a longer scan and no more. */
void
checkpoints_load(struct logdir *ld, struct checkpoint c[CHECKPOINTS])
{
	for (int i = 0; i < CHECKPOINTS; i++) {
		struct kerr e = KERR_INIT;
		char *path = xasprintf("%s/%s", ld->path, file_names[i]);

		if (checkpoint_load(&c[i], ld->sys, path, &e) < 0)
			log_line(LOG_WARN, LOG_BROKER, "%s", e.msg);
		free(path);
	}
}

/* What had no files leaves no trace; what is offline keeps what was written
 * last, so that the next start does not take damage for a lost tail, nor bring
 * back what was deleted. Lock held. */
static bool
is_noted(struct partition *p)
{
	if (p->log != NULL && !p->offline) {
		p->start = log_start(p->log);
		p->cleaned = log_cleaned(p->log);
	}
	return !p->deleted && (p->log != NULL || p->offline);
}

static void
note_start(struct partition *p, struct checkpoint *c)
{
	pthread_mutex_lock(&p->lock);
	if (is_noted(p) && p->start > 0)
		checkpoint_set(c, p->topic, p->index, p->start);
	pthread_mutex_unlock(&p->lock);
}

static void
note_cleaned(struct partition *p, struct checkpoint *c)
{
	pthread_mutex_lock(&p->lock);
	if (is_noted(p) && p->cleaned > 0)
		checkpoint_set(c, p->topic, p->index, p->cleaned);
	pthread_mutex_unlock(&p->lock);
}

static void
note(struct partition *p, struct checkpoint c[CHECKPOINTS])
{
	struct kerr e = KERR_INIT;
	int64_t hw, recovered;

	pthread_mutex_lock(&p->lock);
	verify_expire(&p->verifying, sys_mono_ns(p->ld->sys) / 1000000 -
	    VERIFY_KEPT_MS);
	if (!is_noted(p)) {
		pthread_mutex_unlock(&p->lock);
		return;
	}
	hw = p->high_watermark;
	if (!p->offline) {
		flush_overdue(p);
		p->users++;
		pthread_mutex_unlock(&p->lock);

		recovered = log_checkpoint(p->log, &e);

		pthread_mutex_lock(&p->lock);
		if (recovered < 0)
			partition_fail(p, &e);
		else
			p->recovery_point = recovered;
		partition_leave(p);
	}
	checkpoint_set(&c[CP_RECOVERY], p->topic, p->index, p->recovery_point);
	pthread_mutex_unlock(&p->lock);
	checkpoint_set(&c[CP_HW], p->topic, p->index, hw);
	note_start(p, &c[CP_START]);
}

static int
save_checkpoint(struct logdir *ld, struct checkpoint *c, const char *name,
    struct kerr *e)
{
	char *path = xasprintf("%s/%s", ld->path, name);
	int rc = checkpoint_save(c, ld->sys, path, e);

	free(path);
	return rc;
}

/* One of the files alone; *moved: something is newer than it. */
static int
save_one(struct logdir *ld, int which, atomic_bool *moved,
    void (*note_one)(struct partition *, struct checkpoint *), struct kerr *e)
{
	struct checkpoint c = { 0 };
	struct partition **all;
	int n, rc;

	pthread_mutex_lock(&ld->writing);
	/* what moves from here on is in the next one */
	atomic_store(moved, false);
	all = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++) {
		note_one(all[i], &c);
		partition_unref(all[i]);
	}
	free(all);
	if ((rc = save_checkpoint(ld, &c, file_names[which], e)) < 0)
		atomic_store(moved, true);
	pthread_mutex_unlock(&ld->writing);
	checkpoint_release(&c);
	return rc;
}

int
logdir_save_starts(struct logdir *ld, struct kerr *e)
{
	return save_one(ld, CP_START, &ld->starts_moved, note_start, e);
}

int
logdir_save_cleaned(struct logdir *ld, struct kerr *e)
{
	return save_one(ld, CP_CLEANER, &ld->cleaned_moved, note_cleaned, e);
}

static void
note_saved(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	p->recovery_saved = p->recovery_point;
	pthread_mutex_unlock(&p->lock);
}

int
logdir_checkpoint(struct logdir *ld, struct kerr *e)
{
	struct checkpoint c[CHECKPOINTS] = { 0 };
	struct partition **all;
	int n, rc = 0;

	pthread_mutex_lock(&ld->writing);
	atomic_store(&ld->starts_moved, false);
	all = logdir_partitions(ld, &n);
	for (int i = 0; i < n; i++)
		note(all[i], c);
	for (int i = 0; i < CP_CLEANER && rc == 0; i++)
		rc = save_checkpoint(ld, &c[i], file_names[i], e);
	if (rc < 0)
		atomic_store(&ld->starts_moved, true);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			note_saved(all[i]);
		partition_unref(all[i]);
	}
	free(all);
	pthread_mutex_unlock(&ld->writing);
	checkpoints_release(c);
	if (rc == 0 && atomic_load(&ld->cleaned_moved))
		rc = logdir_save_cleaned(ld, e);
	return rc;
}

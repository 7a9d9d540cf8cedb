/*
 * checkpoints.c: the checkpoint files of the data directory: read at the start,
 * written every few seconds and when something that they say must not be lost
 * has moved. See checkpoints.h and logdir.h.
 *
 * They know partitions by name alone. What they say of a topic that was deleted
 * must not be taken for its namesake's, whose records would seem to lie below
 * the log start offset: until it is written over, the namesake has to wait.
 */
#include "checkpoints.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "partition_impl.h"
#include "store/clean.h"
#include "store/datadir.h"

/* A name of which the files say what is no longer so. */
struct outdated {
	UT_hash_handle	hh;
	bool		written;	/* what is being written leaves it out */
	char		name[];
};

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

void
checkpoints_outdated(struct logdir *ld, const char *name)
{
	struct outdated *o;

	pthread_mutex_lock(&ld->lock);
	HASH_FIND_STR(ld->outdated, name, o);
	if (o == NULL) {
		o = xcalloc(1, sizeof(*o) + strlen(name) + 1);
		strcpy(o->name, name);
		HASH_ADD_STR(ld->outdated, name, o);
	}
	o->written = false;
	pthread_mutex_unlock(&ld->lock);
}

void
checkpoints_forget(struct logdir *ld)
{
	struct outdated *o, *tmp;

	HASH_ITER(hh, ld->outdated, o, tmp) {
		HASH_DEL(ld->outdated, o);
		free(o);
	}
}

/* What is outdated from here on is for the next time. True: something is. */
static bool
begin_writing(struct logdir *ld)
{
	struct outdated *o, *tmp;
	bool any;

	pthread_mutex_lock(&ld->lock);
	any = ld->unsure || ld->outdated != NULL;
	HASH_ITER(hh, ld->outdated, o, tmp)
		o->written = true;
	pthread_mutex_unlock(&ld->lock);
	return any;
}

static void
end_writing(struct logdir *ld, bool ok)
{
	struct outdated *o, *tmp;

	pthread_mutex_lock(&ld->lock);
	if (ok)
		ld->unsure = false;
	HASH_ITER(hh, ld->outdated, o, tmp) {
		if (!ok || !o->written)
			continue;
		HASH_DEL(ld->outdated, o);
		free(o);
	}
	pthread_mutex_unlock(&ld->lock);
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

/* How far the log is on disk from here on. Lock held; not meanwhile. */
static void
move_recovery_point(struct partition *p)
{
	struct kerr e = KERR_INIT;
	int64_t recovered;

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

static void
note(struct partition *p, struct checkpoint c[CHECKPOINTS], bool move)
{
	int64_t hw;

	pthread_mutex_lock(&p->lock);
	verify_expire(&p->verifying, sys_mono_ns(p->ld->sys) / 1000000 -
	    VERIFY_KEPT_MS);
	if (!is_noted(p)) {
		pthread_mutex_unlock(&p->lock);
		return;
	}
	hw = p->high_watermark;
	if (!p->offline && move)
		move_recovery_point(p);
	checkpoint_set(&c[CP_RECOVERY], p->topic, p->index, p->recovery_point);
	pthread_mutex_unlock(&p->lock);
	checkpoint_set(&c[CP_HW], p->topic, p->index, hw);
	note_start(p, &c[CP_START]);
	note_cleaned(p, &c[CP_CLEANER]);
}

/* Its log has names to be made durable, and stays open until forget_names(). */
static bool
note_names(struct partition *p, unsigned int *names)
{
	bool open, some;

	pthread_mutex_lock(&p->lock);
	open = is_noted(p) && !p->offline;
	p->users += open;
	pthread_mutex_unlock(&p->lock);
	some = open && log_note_names(p->log, names);
	if (open && !some) {
		pthread_mutex_lock(&p->lock);
		partition_leave(p);
		pthread_mutex_unlock(&p->lock);
	}
	return some;
}

static void
forget_names(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
}

/* Ten thousand partitions that are new have as many directories, and files of
 * epochs. What fails here fails again, and is reported, for the log in
 * question. */
static void
sync_many(struct logdir *ld, struct partition **all, int n)
{
	struct noted {
		struct partition	*p;
		unsigned int		 names;
	} *v = xcalloc((size_t)n + 1, sizeof(*v));
	bool synced;
	int k = 0;

	for (int i = 0; i < n; i++)
		if (note_names(all[i], &v[k].names))
			v[k++].p = all[i];
	synced = k > MANY_LOGS && datadir_sync(ld->datadir) == 0;
	for (int i = 0; i < k; i++) {
		if (synced)
			log_names_synced(v[i].p->log, v[i].names);
		forget_names(v[i].p);
	}
	free(v);
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

/* All of them; the cleaner's only where it would say something else. */
static int
write_all(struct logdir *ld, bool move, struct kerr *e)
{
	struct checkpoint c[CHECKPOINTS] = { 0 };
	struct partition **all;
	bool cleaned;
	int n, rc = 0;

	pthread_mutex_lock(&ld->writing);
	cleaned = begin_writing(ld);
	cleaned |= atomic_exchange(&ld->cleaned_moved, false);
	atomic_store(&ld->starts_moved, false);
	all = logdir_partitions(ld, &n);
	sync_many(ld, all, n);
	for (int i = 0; i < n; i++)
		note(all[i], c, move);
	for (int i = 0; i < CHECKPOINTS && rc == 0; i++)
		if (i != CP_CLEANER || cleaned)
			rc = save_checkpoint(ld, &c[i], file_names[i], e);
	if (rc < 0) {
		atomic_store(&ld->starts_moved, true);
		if (cleaned)
			atomic_store(&ld->cleaned_moved, true);
	}
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			note_saved(all[i]);
		partition_unref(all[i]);
	}
	free(all);
	end_writing(ld, rc == 0);
	pthread_mutex_unlock(&ld->writing);
	checkpoints_release(c);
	return rc;
}

int
logdir_checkpoint(struct logdir *ld, struct kerr *e)
{
	return write_all(ld, true, e);
}

/* What they say too much goes. */
static void
write_over(void *arg)
{
	struct logdir *ld = arg;
	struct kerr e = KERR_INIT;
	bool told;

	(void)write_all(ld, false, &e);
	pthread_mutex_lock(&ld->lock);
	told = e.code != 0 && ld->untold;
	ld->untold = e.code == 0;
	ld->writing_over = false;
	pthread_mutex_unlock(&ld->lock);
	if (told)
		log_line(LOG_ERROR, LOG_BROKER, "checkpoint: %s; topics that "
		    "are named like deleted ones wait for it", e.msg);
	logdir_job_done(ld);
}

bool
checkpoints_mislead(struct logdir *ld, const char *name)
{
	struct outdated *o;
	bool yes, begin;

	pthread_mutex_lock(&ld->lock);
	HASH_FIND_STR(ld->outdated, name, o);
	yes = o != NULL || ld->unsure;
	begin = yes && !ld->writing_over;
	if (begin)
		ld->writing_over = true;
	pthread_mutex_unlock(&ld->lock);
	if (begin)
		logdir_job(ld, write_over, ld);
	return yes;
}

/*
 * log.c: opening and closing a partition's log, and what its other files
 * share. See log.h for the contract, log_impl.h for the locks.
 */
#include "store/log.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/datadir.h"
#include "store/log_impl.h"
#include "wire/uuid.h"

int
log_fail(struct log *l, int rc, struct kerr *e)
{
	if (e != NULL)
		kerr_wrap(e, "%s", l->name);
	if (rc == KE_SYS && e != NULL && !atomic_load(&l->offline))
		l->full = e->sys == ENOSPC || e->sys == EDQUOT;
	/* whose log it is tells the user */
	if (!atomic_exchange(&l->offline, true))
		log_line(LOG_INFO, LOG_STORE, "offline: %s",
		    e != NULL ? e->msg : l->name);
	return rc;
}

int
log_fail_sync(struct log *l, int rc, struct kerr *e)
{
	l->doubtful = true;
	return log_fail(l, rc, e);
}

int
log_fail_read(struct log *l, int rc, struct kerr *e)
{
	if (rc == KE_SYS)
		return log_fail(l, rc, e);
	if (e != NULL)
		kerr_wrap(e, "%s", l->name);
	return rc;
}

int
log_usable(const struct log *l, struct kerr *e)
{
	if (!atomic_load(&l->offline))
		return 0;
	return kerr_set(e, KE_OFFLINE, "%s: %s", l->name,
	    kerr_text(KE_OFFLINE));
}

void
log_push_segment(struct log *l, struct segment *g)
{
	pthread_mutex_lock(&l->lock);
	if (l->n_segs == l->cap_segs) {
		l->cap_segs = l->cap_segs != 0 ? 2 * l->cap_segs : 2;
		l->segs = xreallocarray(l->segs, (size_t)l->cap_segs,
		    sizeof(*l->segs));
	}
	l->segs[l->n_segs++] = g;
	l->active = g;
	l->n_recent = 0;
	pthread_mutex_unlock(&l->lock);
}

struct segment *
log_pop_segment(struct log *l)
{
	struct segment *g;

	pthread_mutex_lock(&l->lock);
	g = l->segs[--l->n_segs];
	l->active = l->n_segs > 0 ? l->segs[l->n_segs - 1] : NULL;
	l->n_recent = 0;
	pthread_mutex_unlock(&l->lock);
	return g;
}

int
log_segment_of(const struct log *l, int64_t offset)
{
	int lo = 0, hi = l->n_segs - 1, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (l->segs[mid]->base <= offset)
			lo = mid;
		else
			hi = mid - 1;
	}
	return l->n_segs > 0 ? lo : -1;
}

struct segment *
log_active(const struct log *l)
{
	return l->active;
}

struct segment *
log_segment_above(struct log *l, int64_t base, int64_t *size, int64_t *end,
    bool *active)
{
	struct segment *g = NULL;
	int i;

	pthread_mutex_lock(&l->lock);
	i = log_segment_of(l, base);
	if (i >= 0 && l->segs[i]->base <= base)
		i++;
	if (i >= 0 && i < l->n_segs) {
		g = l->segs[i];
		segment_ref(g);
		*size = g->size;
		*end = log_segment_end(l, i);
		*active = i == l->n_segs - 1;
	}
	pthread_mutex_unlock(&l->lock);
	return g;
}

int64_t
log_segment_end(const struct log *l, int i)
{
	return i + 1 < l->n_segs ? l->segs[i + 1]->base : l->end;
}

static struct log *
new_log(const struct sys *s, const char *dir, const struct log_config *c,
    const struct log_known *k)
{
	struct log *l = xcalloc(1, sizeof(*l));
	pthread_rwlockattr_t attr;
	const char *slash;

	l->sys = s;
	l->dir = xstrdup(dir);
	slash = strrchr(l->dir, '/');
	l->name = slash != NULL ? slash + 1 : l->dir;
	l->config = *c;
	l->topic_id = k->topic_id;
	l->cleaned = k->cleaned;
	l->snapshot_at = -1;
	STAILQ_INIT(&l->old);
	l->txns_from = INT64_MAX;	/* none, as far as is known */
	l->expired_ms = sys_now_ms(s);
	pthread_mutex_init(&l->swapping, NULL);
	pthread_mutex_init(&l->flushing, NULL);
	pthread_mutex_init(&l->lock, NULL);
	pthread_rwlockattr_init(&attr);
	/* readers come without a pause: a truncation must get its turn */
	pthread_rwlockattr_setkind_np(&attr,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&l->shape, &attr);
	pthread_rwlockattr_destroy(&attr);
	return l;
}

static void
free_log(struct log *l)
{
	for (int i = 0; i < l->n_segs; i++)
		segment_close(l->segs[i]);
	log_release_old(l, false);
	free(l->segs);
	free(l->recent);
	epochs_release(&l->epochs);
	producers_release(&l->producers);
	pthread_rwlock_destroy(&l->shape);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->flushing);
	pthread_mutex_destroy(&l->swapping);
	free(l->dir);
	free(l);
}

int
log_open(struct log **out, const struct sys *s, const char *dir,
    const struct log_config *c, const struct log_known *k,
    struct log_recovery *r, struct kerr *e)
{
	struct log_recovery own;
	struct log *l = new_log(s, dir, c, k);
	int rc;

	if (r == NULL)
		r = &own;
	memset(r, 0, sizeof(*r));
	if ((rc = log_load(l, k, r, e)) != 0) {
		kerr_wrap(e, "%s", l->name);
		free_log(l);
		return rc;
	}
	*out = l;
	return 0;
}

/* What a start after a clean stop trusts without a look. */
static int
finish(struct log *l, struct kerr *e)
{
	int rc;

	if ((rc = log_finish_active(l, e)) != 0)
		return rc;
	if (l->epochs_unsaved && (rc = log_save_epochs(l, e)) != 0)
		return rc;
	return log_snapshot(l, e);
}

int
log_settle(struct log *l, struct kerr *e)
{
	int rc;

	if ((rc = log_usable(l, e)) == 0 && l->touched &&
	    (rc = finish(l, e)) != 0)
		log_fail(l, rc, e);
	return rc;
}

void
log_settled(struct log *l)
{
	if (atomic_load(&l->offline))
		return;
	pthread_mutex_lock(&l->flushing);
	log_note_synced(l);
	pthread_mutex_unlock(&l->flushing);
	l->touched = false;
}

bool
log_touched(const struct log *l)
{
	return l->touched;
}

int
log_close(struct log *l, struct kerr *e)
{
	int rc;

	if ((rc = log_usable(l, e)) == 0 && l->touched &&
	    (rc = log_flush(l, e)) == 0 && (rc = log_settle(l, e)) == 0 &&
	    (rc = log_sync_all(l, e)) != 0)
		log_fail(l, rc, e);
	log_release_old(l, rc == 0);
	free_log(l);
	return rc;
}

void
log_abandon(struct log *l)
{
	free_log(l);
}

/* Kafka's name for a log on its way out, in which a topic's name is cut where
 * the whole would be too long for a file system. */
static char *
gone_path(const struct log *l)
{
	const char *slash = strrchr(l->dir, '/'), *name, *dash;
	char text[KUUID_TEXT], *suffix, *path;
	size_t n, most;
	struct kuuid u;

	name = slash != NULL ? slash + 1 : l->dir;
	if ((dash = strrchr(name, '-')) == NULL)
		dash = name + strlen(name);
	l->sys->random(l->sys, u.b, sizeof(u.b));
	kuuid_format(&u, text);
	suffix = xasprintf("%s.%s-delete", dash, text);
	n = (size_t)(dash - name);
	most = NAME_MAX - strlen(suffix);
	path = xasprintf("%.*s%s", (int)(name - l->dir) +
	    (int)(n < most ? n : most), l->dir, suffix);
	free(suffix);
	return path;
}

int
log_delete(struct log *l, struct kerr *e)
{
	char *gone = gone_path(l);
	int rc = 0;

	if (l->sys->rename(l->sys, l->dir, gone) == 0)
		rc = datadir_remove(l->sys, gone, e);
	else if (errno != ENOENT)
		rc = kerr_sys(e, "%s: renaming to delete", l->name);
	free(gone);
	free_log(l);
	return rc;
}

void
log_set_config(struct log *l, const struct log_config *c)
{
	l->config = *c;
}

int64_t
log_start(const struct log *l)
{
	return atomic_load(&l->start);
}

int64_t
log_end(const struct log *l)
{
	return atomic_load(&l->end);
}

int64_t
log_flushed(const struct log *l)
{
	return atomic_load(&l->flushed);
}

bool
log_offline(const struct log *l)
{
	return atomic_load(&l->offline);
}

bool
log_full(const struct log *l)
{
	return atomic_load(&l->offline) && l->full && !l->doubtful;
}

void
log_abandon_full(struct log *l)
{
	struct segment *g = log_active(l);
	int fd;

	if (g != NULL) {
		segment_ref(g);
		/* where it fails, the scan finds out by itself */
		if ((fd = segment_fd(g, false, NULL)) >= 0)
			(void)l->sys->ftruncate(l->sys, fd, g->size);
		segment_unref(g);
	}
	free_log(l);
}

int64_t
log_size(const struct log *l)
{
	return atomic_load(&l->bytes);
}

const char *
log_dir(const struct log *l)
{
	return l->dir;
}

/*
 * log_flush.c: what makes a log durable; see log.h. The flusher notes under
 * the lock what is there, syncs it without, and says so when that is done.
 */
#include "store/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/file.h"
#include "store/log_impl.h"

/* What one flush has to do. */
struct round {
	int64_t		 end;		/* durable up to here afterwards */
	unsigned int	 names;
	struct segment	**segs;		/* referenced */
	int64_t		 *sizes;	/* their bytes at that time */
	int		 n;
};

static void
round_begin(struct log *l, struct round *r)
{
	int first;

	pthread_mutex_lock(&l->lock);
	r->end = l->end;
	r->names = l->names;
	/* the active one, which may be empty, and all before it that wait */
	for (first = l->n_segs; first > 0 && (first == l->n_segs ||
	    l->segs[first - 1]->synced < l->segs[first - 1]->size); first--)
		;
	r->n = l->n_segs - first;
	r->segs = xreallocarray(NULL, (size_t)r->n + 1, sizeof(*r->segs));
	r->sizes = xreallocarray(NULL, (size_t)r->n + 1, sizeof(*r->sizes));
	for (int i = 0; i < r->n; i++) {
		r->segs[i] = l->segs[first + i];
		r->sizes[i] = r->segs[i]->size;
		segment_ref(r->segs[i]);
	}
	pthread_mutex_unlock(&l->lock);
}

static void
round_end(struct log *l, struct round *r, bool ok)
{
	pthread_mutex_lock(&l->lock);
	for (int i = 0; i < r->n; i++) {
		if (ok)
			r->segs[i]->synced = r->sizes[i];
		segment_unref(r->segs[i]);
	}
	if (ok && l->flushed < r->end)
		l->flushed = r->end;
	pthread_mutex_unlock(&l->lock);
	free(r->segs);
	free(r->sizes);
}

/* The directory's own name, and the topic's id in it, once. */
static int
sync_made(struct log *l, struct kerr *e)
{
	char *path = log_path(l, "partition.metadata");
	char *parent = xstrdup(l->dir), *slash;
	int rc;

	slash = strrchr(parent, '/');
	if (slash == parent)
		slash[1] = '\0';
	else if (slash != NULL)
		*slash = '\0';
	rc = file_sync(l->sys, path, e);
	if (rc == 0 && l->sys->sync_dir(l->sys,
	    slash != NULL ? parent : ".") != 0)
		rc = kerr_sys(e, "%s", parent);
	l->made_synced = rc == 0;
	free(parent);
	free(path);
	return rc;
}

int
log_sync_names(struct log *l, unsigned int names, struct kerr *e)
{
	if (names != l->names_synced) {
		if (l->sys->sync_dir(l->sys, l->dir) != 0)
			return kerr_sys(e, "syncing the directory");
		l->names_synced = names;
	}
	if (!l->made_synced && names > 0)
		return sync_made(l, e);
	return 0;
}

/* A file that somebody has removed can be written and synced, and is gone when
 * it is closed. */
static int
check_named(struct log *l, const struct segment *g, int fd, struct kerr *e)
{
	struct stat st;

	if (l->sys->fstat(l->sys, fd, &st) != 0)
		return kerr_sys(e, "%020lld.log", (long long)g->base);
	if (st.st_nlink > 0 || g->retired)
		return 0;
	errno = ENOENT;
	return kerr_sys(e, "%020lld.log was removed while it is in use",
	    (long long)g->base);
}

static int
sync_logs(struct log *l, const struct round *r, struct kerr *e)
{
	struct segment *g;
	int fd, rc;

	for (int i = 0; i < r->n; i++) {
		g = r->segs[i];
		if (g->synced >= r->sizes[i])
			continue;
		if ((fd = segment_fd(g, false, e)) < 0)
			return fd;
		if (l->sys->fdatasync(l->sys, fd) != 0)
			return kerr_sys(e, "%020lld.log: fdatasync",
			    (long long)g->base);
		if ((rc = check_named(l, g, fd, e)) != 0)
			return rc;
	}
	return 0;
}

static int
flush(struct log *l, struct kerr *e)
{
	struct round r;
	int rc;

	if ((rc = log_usable(l, e)) != 0)
		return rc;
	round_begin(l, &r);
	if ((rc = sync_logs(l, &r, e)) == 0)
		rc = log_sync_names(l, r.names, e);
	round_end(l, &r, rc == 0);
	return rc != 0 ? log_fail_sync(l, rc, e) : 0;
}

int
log_flush(struct log *l, struct kerr *e)
{
	int rc;

	pthread_mutex_lock(&l->flushing);
	rc = flush(l, e);
	pthread_mutex_unlock(&l->flushing);
	return rc;
}

static int
sync_file(struct log *l, const struct segment *g, const char *suffix,
    struct kerr *e)
{
	char *path = segment_path(l->dir, g->base, suffix);
	int rc = file_sync(l->sys, path, e);

	free(path);
	return rc;
}

/* The producers' snapshots that segments begin with, and the indexes of all,
 * or of those that are finished. */
static int
sync_beside(struct log *l, bool with_active, struct kerr *e)
{
	int64_t size, end, base = -1;
	struct segment *g;
	bool active;
	int rc = 0;

	while (rc == 0 && (g = log_segment_above(l, base, &size, &end,
	    &active)) != NULL) {
		base = g->base;
		if (!g->snapshot_synced) {
			rc = sync_file(l, g, ".snapshot", e);
			g->snapshot_synced = rc == 0;
		}
		if (rc == 0 && !g->indexes_synced &&
		    !(active && !with_active)) {
			rc = sync_file(l, g, ".index", e);
			if (rc == 0)
				rc = sync_file(l, g, ".timeindex", e);
			if (rc == 0 && g->has_txns)
				rc = sync_file(l, g, ".txnindex", e);
			g->indexes_synced = rc == 0;
		}
		segment_unref(g);
	}
	return rc;
}

static int
sync_epochs(struct log *l, struct kerr *e)
{
	char *path;
	int rc;

	pthread_mutex_lock(&l->lock);
	rc = l->epochs_unsynced;
	l->epochs_unsynced = false;
	pthread_mutex_unlock(&l->lock);
	if (rc == 0)
		return 0;
	path = log_path(l, "leader-epoch-checkpoint");
	rc = file_sync(l->sys, path, e);
	free(path);
	return rc;
}

int64_t
log_checkpoint(struct log *l, struct kerr *e)
{
	int64_t point = l->flushed;
	unsigned int names;
	int rc;

	pthread_mutex_lock(&l->flushing);
	rc = log_usable(l, e);
	if (rc == 0 && point != l->checked) {
		pthread_mutex_lock(&l->lock);
		names = l->names;
		pthread_mutex_unlock(&l->lock);
		if ((rc = sync_beside(l, false, e)) == 0 &&
		    (rc = sync_epochs(l, e)) == 0 &&
		    (rc = log_sync_names(l, names, e)) == 0)
			l->checked = point;
		else
			rc = log_fail_sync(l, rc, e);
	}
	pthread_mutex_unlock(&l->flushing);
	return rc != 0 ? rc : point;
}

bool
log_note_names(struct log *l, unsigned int *names)
{
	bool some;

	pthread_mutex_lock(&l->flushing);
	pthread_mutex_lock(&l->lock);
	*names = l->names;
	some = !l->offline && l->flushed != l->checked && (l->epochs_unsynced ||
	    l->names != l->names_synced);
	pthread_mutex_unlock(&l->lock);
	pthread_mutex_unlock(&l->flushing);
	return some;
}

/* An epochs' file that is newer has changed the names again. */
void
log_names_synced(struct log *l, unsigned int names)
{
	pthread_mutex_lock(&l->flushing);
	pthread_mutex_lock(&l->lock);
	if (l->names == names)
		l->epochs_unsynced = false;
	if ((int)(names - l->names_synced) > 0)
		l->names_synced = names;
	pthread_mutex_unlock(&l->lock);
	if (names > 0)
		l->made_synced = true;
	pthread_mutex_unlock(&l->flushing);
}

int
log_sync_all(struct log *l, struct kerr *e)
{
	char *path;
	int rc;

	if ((rc = sync_beside(l, true, e)) != 0 || (rc = sync_epochs(l, e)) != 0)
		return rc;
	path = segment_path(l->dir, l->snapshot_at, ".snapshot");
	rc = file_sync(l->sys, path, e);
	free(path);
	return rc == 0 ? log_sync_names(l, l->names, e) : rc;
}

void
log_note_synced(struct log *l)
{
	pthread_mutex_lock(&l->lock);
	for (int i = 0; i < l->n_segs; i++) {
		l->segs[i]->synced = l->segs[i]->size;
		l->segs[i]->indexes_synced = true;
	}
	l->epochs_unsynced = false;
	l->flushed = l->end;
	l->names_synced = l->names;
	pthread_mutex_unlock(&l->lock);
	l->made_synced = l->made;
	l->checked = l->flushed;
}

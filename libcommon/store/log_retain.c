/*
 * log_retain.c: old segments go; see log.h. What goes is decided as in
 * Kafka's UnifiedLog.deleteOldSegments(): what lies below the start, then by
 * size, then by time. start moves first, so that nobody begins to read what is
 * about to go; who reads already keeps the segment by its reference and its
 * open files. What compaction has replaced goes the same way.
 */
#include "store/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/file.h"
#include "store/log_impl.h"

/* 1: it is older, by its largest timestamp, or by its last write. A look at
 * the index is enough for a segment that stays. */
static int
is_older(struct log *l, struct segment *g, bool active, int64_t ms,
    struct kerr *e)
{
	int64_t now = sys_now_ms(l->sys), ts, offset;
	int rc;

	if ((rc = segment_max(g, &l->lock, &ts, &offset, e)) != 0)
		return rc;
	if (ts >= 0 && now - ts <= ms)
		return 0;
	if (!active && (rc = segment_sure_max(g, &l->lock, &ts, e)) != 0)
		return rc;
	if (ts < 0 && (ts = segment_modified(g, e)) < 0)
		return (int)ts;
	return now - ts > ms;
}

/* 1: it goes; *over is how many bytes more than asked for are left. */
static int
is_due(struct log *l, struct segment *g, int64_t size, bool active,
    const struct log_retention *r, int64_t *over, struct kerr *e)
{
	if (*over >= size) {
		*over -= size;
		return 1;
	}
	/* no segment goes by size behind one that stays */
	*over = -1;
	return r->ms < 0 ? 0 : is_older(l, g, active, r->ms, e);
}

int64_t
log_keep_from(struct log *l, const struct log_retention *r, struct kerr *e)
{
	int64_t over = r->bytes >= 0 ? log_size(l) - r->bytes : -1;
	int64_t start = log_start(l), keep = start, size, end, base = -1;
	struct segment *g;
	bool active;
	int rc = 1;

	while (rc == 1 && (g = log_segment_above(l, base, &size, &end,
	    &active)) != NULL) {
		base = g->base;
		if (end <= start && !active)
			over -= over >= 0 ? size : 0;
		else if (end > r->upto || (active && size == 0))
			rc = 0;
		else if ((rc = is_due(l, g, size, active, r, &over,
		    e)) == 1)
			keep = end;
		segment_unref(g);
	}
	return rc < 0 ? log_fail_read(l, rc, e) : keep;
}

int
log_retain_from(struct log *l, int64_t keep, struct kerr *e)
{
	struct segment *g = log_active(l);
	int rc;

	if ((rc = log_usable(l, e)) != 0)
		return rc;
	if (g != NULL && keep > g->base && keep < l->end)
		keep = g->base;
	if (g != NULL && keep > g->base && (rc = log_roll(l, e)) != 0)
		return rc;
	return log_set_start(l, keep, e);
}

bool
log_drop_old(struct log *l)
{
	struct segment *g;
	bool any;
	int n = 0;

	pthread_mutex_lock(&l->lock);
	for (; n + 1 < l->n_segs && l->segs[n + 1]->base <= l->start; n++) {
		g = l->segs[n];
		STAILQ_INSERT_TAIL(&l->old, g, old);
		l->bytes -= g->size;
	}
	if (n > 0) {
		l->n_segs -= n;
		memmove(l->segs, l->segs + n,
		    (size_t)l->n_segs * sizeof(*l->segs));
	}
	any = !STAILQ_EMPTY(&l->old);
	pthread_mutex_unlock(&l->lock);
	return any;
}

/* The oldest dropped segment that is to be told when its files go, NULL: none.
 * Others only add to the list, so it stays where it is. */
static struct segment *
next_undue(struct log *l)
{
	struct segment *g;

	pthread_mutex_lock(&l->lock);
	STAILQ_FOREACH(g, &l->old, old)
		if (g->due_ms == 0)
			break;
	pthread_mutex_unlock(&l->lock);
	return g;
}

/* Makes durable what the log is to begin with: the name of its first segment,
 * and the snapshot of the producers, of whose batches none may be left. */
static int
sync_beginning(struct log *l, struct kerr *e)
{
	unsigned int names;
	int64_t base;
	char *path;
	int rc;

	pthread_mutex_lock(&l->lock);
	base = l->segs[0]->base;
	names = l->names;
	pthread_mutex_unlock(&l->lock);
	path = segment_path(l->dir, base, ".snapshot");
	if ((rc = file_sync(l->sys, path, e)) == 0)
		rc = log_sync_names(l, names, e);
	free(path);
	return rc;
}

/* One that compaction has replaced lost its names then. */
static int
retire(struct log *l, struct segment *g, struct kerr *e)
{
	int rc;

	if (g->retired)
		return 0;
	if ((rc = segment_retire(g, 0, false, e)) == 0)
		log_line(LOG_INFO, LOG_STORE, "%s: segment %lld deleted, the "
		    "log starts at %lld", l->name, (long long)g->base,
		    (long long)log_start(l));
	return rc;
}

/* In the order of offsets: where a crash ends it, what is left is the end of
 * the log in one piece. */
static int
retire_all(struct log *l, int64_t due_ms, struct kerr *e)
{
	struct segment *g = next_undue(l);
	int rc;

	if (g == NULL)
		return 0;
	if ((rc = sync_beginning(l, e)) != 0)
		return rc;
	do {
		if ((rc = retire(l, g, e)) != 0)
			return rc;
		g->due_ms = due_ms;
	} while ((g = next_undue(l)) != NULL);
	pthread_mutex_lock(&l->lock);
	l->names++;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

static int
remove_due(struct log *l, int64_t now, int64_t *wait, struct kerr *e)
{
	struct segment *g;
	int rc = 0;

	*wait = -1;
	while (rc == 0) {
		pthread_mutex_lock(&l->lock);
		g = STAILQ_FIRST(&l->old);
		if (g != NULL && (g->due_ms == 0 || g->due_ms > now)) {
			*wait = g->due_ms == 0 ? 0 : g->due_ms - now;
			g = NULL;
		}
		if (g != NULL)
			STAILQ_REMOVE_HEAD(&l->old, old);
		pthread_mutex_unlock(&l->lock);
		if (g == NULL)
			break;
		rc = segment_remove_retired(g, e);
		segment_close(g);
	}
	return rc;
}

int
log_remove_old(struct log *l, int64_t delay_ms, int64_t *wait, struct kerr *e)
{
	int64_t now = sys_mono_ns(l->sys) / 1000000 + 1;
	int rc;

	*wait = -1;
	/* a compacted segment may not have its names yet */
	pthread_mutex_lock(&l->swapping);
	pthread_mutex_lock(&l->flushing);
	if ((rc = log_usable(l, e)) == 0) {
		if ((rc = retire_all(l, now + delay_ms, e)) == 0)
			rc = remove_due(l, now, wait, e);
		if (rc != 0)
			log_fail(l, rc, e);
	}
	pthread_mutex_unlock(&l->flushing);
	pthread_mutex_unlock(&l->swapping);
	return rc;
}

void
log_release_old(struct log *l, bool remove)
{
	struct segment *g;

	while ((g = STAILQ_FIRST(&l->old)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->old, old);
		/* what stays goes at the next start */
		if (remove && g->retired)
			(void)segment_remove_retired(g, NULL);
		segment_close(g);
	}
}

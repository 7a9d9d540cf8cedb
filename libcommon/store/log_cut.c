/*
 * log_cut.c: truncation. What goes, goes from the end, so that a crash in
 * between leaves a shorter log and no hole; and the cut is durable before the
 * caller may append over it.
 */
#include "store/log.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "store/log_impl.h"

static void
set_ends(struct log *l, int64_t end)
{
	pthread_mutex_lock(&l->lock);
	l->end = end;
	if (l->flushed > end)
		l->flushed = end;
	if (l->checked > end)
		l->checked = end;
	if (l->cleaned > end)
		l->cleaned = end;
	if (epochs_cut_end(&l->epochs, end))
		l->epochs_unsaved = true;
	l->n_recent = 0;
	l->names++;
	l->cuts++;
	pthread_mutex_unlock(&l->lock);
}

/* Takes the last segment off the list and removes its files. */
static int
drop_last(struct log *l, struct kerr *e)
{
	struct segment *g = log_pop_segment(l);
	int rc;

	l->bytes -= g->size;
	rc = segment_remove(g, e);
	segment_close(g);
	return rc;
}

/* Cuts the active segment before the batch that ends at or after offset;
 * *end is the offset where the log ends then: behind the last batch that is
 * left, so that no segment ends before the next begins, or its start. */
static int
cut_active(struct log *l, struct segment *g, int64_t offset, int64_t *end,
    struct kerr *e)
{
	struct batch_header h;
	int64_t pos;
	int rc;

	pos = segment_position(g, &l->lock, offset, g->size, &h, e);
	if (pos < 0)
		return (int)pos;
	*end = offset;
	if (pos == g->size)
		return 0;
	l->bytes -= g->size - pos;
	if ((rc = segment_cut(g, &l->lock, pos, offset, end, e)) != 0)
		return rc;
	if (*end < l->start)
		*end = l->start;
	if (*end > offset)
		*end = offset;
	if (*end > h.base_offset)
		*end = h.base_offset;
	if (l->sys->fdatasync(l->sys, g->fd) != 0)
		return kerr_sys(e, "%020lld.log: fdatasync",
		    (long long)g->base);
	return 0;
}

/* Snapshots that may still be there: one a segment, and the newest. */
static int
reload_producers(struct log *l, struct kerr *e)
{
	int64_t *at = xreallocarray(NULL, (size_t)l->n_segs + 1, sizeof(*at));
	int n = 0, rc;

	l->txns_from = INT64_MAX;	/* the indexes are right */
	for (int i = 0; i < l->n_segs; i++)
		at[n++] = l->segs[i]->base;
	if (l->snapshot_at > (n > 0 ? at[n - 1] : -1))
		at[n++] = l->snapshot_at;
	rc = log_load_producers(l, at, n, INT64_MAX, e);
	free(at);
	return rc;
}

static int
settle(struct log *l, int64_t end, struct kerr *e)
{
	int rc;

	set_ends(l, end);
	l->touched = true;
	if (l->start > end)
		l->start = end;
	if ((rc = reload_producers(l, e)) != 0)
		return rc;
	if (l->epochs_unsaved && (rc = log_save_epochs(l, e)) != 0)
		return rc;
	return log_sync_names(l, l->names, e);
}

static int
truncate_all(struct log *l, int64_t offset, struct kerr *e)
{
	int rc;

	while (l->n_segs > 0)
		if ((rc = drop_last(l, e)) != 0)
			return rc;
	l->start = offset;
	/* the file's name is what keeps the offset */
	if ((rc = log_start_segment(l, offset, e)) != 0)
		return rc;
	return settle(l, offset, e);
}

static int
truncate_to(struct log *l, int64_t offset, struct kerr *e)
{
	int64_t end = offset;
	struct segment *g;
	int rc;

	if (l->n_segs == 0 || l->segs[0]->base > offset)
		return truncate_all(l, offset, e);
	/* one that begins there stays, for the producers' snapshot that it
	 * begins with: compaction may have left less in those before it */
	while (log_active(l)->base > offset && l->n_segs > 1)
		if ((rc = drop_last(l, e)) != 0)
			return rc;
	segment_ref(g = log_active(l));
	rc = cut_active(l, g, offset, &end, e);
	segment_unref(g);
	if (rc != 0)
		return rc;
	return settle(l, end, e);
}

static int
shrink(struct log *l, int (*how)(struct log *, int64_t, struct kerr *),
    int64_t offset, struct kerr *e)
{
	int rc;

	pthread_mutex_lock(&l->swapping);
	pthread_mutex_lock(&l->flushing);
	pthread_rwlock_wrlock(&l->shape);
	rc = how(l, offset, e);
	pthread_rwlock_unlock(&l->shape);
	pthread_mutex_unlock(&l->flushing);
	pthread_mutex_unlock(&l->swapping);
	return rc != 0 ? log_fail_sync(l, rc, e) : 0;
}

int
log_truncate_to(struct log *l, int64_t offset, struct kerr *e)
{
	int rc;

	if ((rc = log_usable(l, e)) != 0)
		return rc;
	if (offset >= l->end)
		return 0;
	return shrink(l, truncate_to, offset, e);
}

int
log_truncate_all(struct log *l, int64_t offset, struct kerr *e)
{
	int rc;

	if ((rc = log_usable(l, e)) != 0)
		return rc;
	return shrink(l, truncate_all, offset, e);
}

int
log_set_start(struct log *l, int64_t offset, struct kerr *e)
{
	if (offset > l->end)
		return kerr_set(e, KE_RANGE, "%s: offset %lld is past the end "
		    "%lld", l->name, (long long)offset, (long long)l->end);
	if (offset <= l->start)
		return 0;
	pthread_mutex_lock(&l->lock);
	l->start = offset;
	if (epochs_cut_start(&l->epochs, offset))
		l->epochs_unsaved = true;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

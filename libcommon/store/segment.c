/* segment.c: see segment.h. */
#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/file.h"

static void
drop(struct khold *hold)
{
	segment_unref((struct segment *)hold);
}

struct segment *
segment_new(const struct sys *s, const char *dir, int64_t base, bool fresh)
{
	struct segment *g = xcalloc(1, sizeof(*g));

	_Static_assert(offsetof(struct segment, hold) == 0, "cast in drop()");
	g->hold.drop = drop;
	segment_files_init(g);
	g->sys = s;
	g->dir = dir;
	g->suffix = "";
	g->base = base;
	g->fd = -1;
	g->fresh = fresh;
	g->searchable = fresh;
	g->max_ts = g->max_ts_offset = g->first_ts = g->timed = -1;
	index_init(&g->offsets, INDEX_OFFSET);
	index_init(&g->times, INDEX_TIME);
	txnindex_init(&g->txns);
	return g;
}

char *
segment_path(const char *dir, int64_t base, const char *suffix)
{
	return xasprintf("%s/%020lld%s", dir, (long long)base, suffix);
}

char *
segment_file(const struct segment *g, const char *kind)
{
	return xasprintf("%s/%020lld%s%s", g->dir, (long long)g->base, kind,
	    g->suffix);
}

/* The time index grows only with the time: entries ascend in both columns. */
static void
note_time(struct segment *g, pthread_mutex_t *lock)
{
	if (g->max_ts <= g->timed || index_is_full(&g->times))
		return;
	index_add(&g->times, lock, g->max_ts,
	    (int32_t)(g->max_ts_offset - g->base));
	g->timed = g->max_ts;
}

void
segment_note(struct segment *g, pthread_mutex_t *lock,
    const struct batch_header *h, int32_t interval)
{
	int64_t last = batch_last_offset(h);

	g->indexes_synced = false;
	pthread_mutex_lock(lock);
	g->has_max = true;
	if (g->first_ts < 0)
		g->first_ts = h->max_timestamp;
	/* a batch that was emptied has no record of that time */
	if (h->max_timestamp > g->max_ts && h->count > 0) {
		g->max_ts = h->max_timestamp;
		g->max_ts_offset = last;
	}
	pthread_mutex_unlock(lock);
	if (g->unindexed > interval) {
		index_add(&g->offsets, lock, last - g->base,
		    (int32_t)g->tail);
		note_time(g, lock);
		g->unindexed = 0;
	}
	if (__builtin_add_overflow(g->unindexed, (int32_t)batch_size(h),
	    &g->unindexed))
		g->unindexed = INT32_MAX;
	g->tail += (int64_t)batch_size(h);
}

static int
spill(struct segment *g, struct index *x, pthread_mutex_t *lock,
    const char *suffix, struct kerr *e)
{
	int rc;

	if ((rc = segment_index_files(g, e)) != 0)
		return rc;
	if (index_spill(x, g->sys, lock) != 0)
		return kerr_sys(e, "%020lld%s", (long long)g->base, suffix);
	return 0;
}

int
segment_spill(struct segment *g, pthread_mutex_t *lock, bool all,
    struct kerr *e)
{
	int rc = 0;

	if (all || index_is_full(&g->offsets))
		rc = spill(g, &g->offsets, lock, ".index", e);
	if (rc == 0 && (all || index_is_full(&g->times)))
		rc = spill(g, &g->times, lock, ".timeindex", e);
	return rc;
}

int
segment_rest_indexes(struct segment *g, pthread_mutex_t *lock,
    struct kerr *e)
{
	int rc;

	if (g->offsets.n_tail + g->times.n_tail > 0 &&
	    (rc = segment_spill(g, lock, true, e)) != 0)
		return rc;
	index_rest(&g->offsets, lock);
	index_rest(&g->times, lock);
	return 0;
}

/* Blocks that were reserved and not used. */
static int
give_back(struct segment *g, struct kerr *e)
{
	int fd;

	if (g->reserved <= g->size)
		return 0;
	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if (g->sys->ftruncate(g->sys, fd, g->size) != 0)
		return kerr_sys(e, "%020lld.log", (long long)g->base);
	g->reserved = 0;
	return 0;
}

int
segment_finish(struct segment *g, pthread_mutex_t *lock, struct kerr *e)
{
	int rc;

	if ((rc = segment_spill(g, lock, true, e)) != 0)
		return rc;
	note_time(g, lock);
	if ((rc = segment_spill(g, lock, true, e)) != 0 ||
	    (rc = segment_rest_indexes(g, lock, e)) != 0)
		return rc;
	return give_back(g, e);
}

void
segment_reset(struct segment *g)
{
	segment_drop_indexes(g);
	g->fresh = true;
	g->searchable = true;
	g->tail = 0;
	g->has_max = true;
	g->max_ts = g->max_ts_offset = g->first_ts = g->timed = -1;
	g->unindexed = 0;
}

int
segment_cut(struct segment *g, pthread_mutex_t *lock, int64_t pos,
    int64_t offset, int64_t *next, struct kerr *e)
{
	int fd, rc;

	if ((rc = segment_indexes(g, e)) != 0)
		return rc;
	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if ((rc = segment_txns(g, e)) != 0)
		return rc;
	if (g->txns.fd >= 0 && txnindex_cut(&g->txns, g->sys, offset) != 0)
		return kerr_sys(e, "cutting %020lld.txnindex",
		    (long long)g->base);
	if (index_cut(&g->offsets, g->sys, INDEX_KEY, offset - g->base) != 0 ||
	    index_cut(&g->times, g->sys, INDEX_VALUE, offset - g->base) != 0 ||
	    g->sys->ftruncate(g->sys, fd, pos) != 0)
		return kerr_sys(e, "cutting %020lld", (long long)g->base);
	pthread_mutex_lock(lock);
	g->size = g->tail = pos;
	if (g->written > pos)
		g->written = pos;
	pthread_mutex_unlock(lock);
	if (g->synced > pos)
		g->synced = pos;
	g->reserved = 0;
	g->indexes_synced = false;
	return segment_load_tail(g, next, e);
}

int64_t
segment_stat(struct segment *g, struct kerr *e)
{
	char *path = segment_file(g, ".log");
	int64_t size = -1;
	int fd;

	if ((fd = g->sys->open(g->sys, path, O_RDONLY, 0)) >= 0) {
		size = file_size(g->sys, fd);
		g->sys->close(g->sys, fd);
	}
	if (size < 0)
		size = kerr_sys(e, "%s", path);
	free(path);
	return size;
}

/* The .log last: without it the others are strays, not a segment. */
static const char *const suffixes[] = {
	".index", ".timeindex", ".txnindex", ".snapshot", ".log" };

enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]) };

int
segment_remove(struct segment *g, struct kerr *e)
{
	char *path;
	int rc = 0;

	for (int i = 0; i < SUFFIXES && rc == 0; i++) {
		path = segment_file(g, suffixes[i]);
		rc = file_remove(g->sys, path, e);
		free(path);
	}
	return rc;
}

int
segment_retire(struct segment *g, int mine, bool replaced, struct kerr *e)
{
	char *path, *gone;
	int rc = 0;

	segment_hold(g, mine);
	segment_files_bar(g);
	for (int i = 0; i < SUFFIXES && rc == 0; i++) {
		if (replaced && strcmp(suffixes[i], ".snapshot") == 0)
			continue;
		path = segment_file(g, suffixes[i]);
		gone = xasprintf("%s" DELETED_SUFFIX, path);
		if (g->sys->rename(g->sys, path, gone) != 0 &&
		    errno != ENOENT)
			rc = kerr_sys(e, "%s", path);
		free(gone);
		free(path);
	}
	return rc;
}

int
segment_remove_retired(struct segment *g, struct kerr *e)
{
	char *path;
	int rc = 0;

	for (int i = 0; i < SUFFIXES && rc == 0; i++) {
		path = xasprintf("%s/%020lld%s" DELETED_SUFFIX, g->dir,
		    (long long)g->base, suffixes[i]);
		rc = file_remove(g->sys, path, e);
		free(path);
	}
	return rc;
}

int64_t
segment_modified(struct segment *g, struct kerr *e)
{
	struct stat st;
	int fd = segment_fd(g, false, e);

	if (fd < 0)
		return fd;
	if (g->sys->fstat(g->sys, fd, &st) != 0)
		return kerr_sys(e, "%020lld.log", (long long)g->base);
	return (int64_t)st.st_mtim.tv_sec * 1000 +
	    st.st_mtim.tv_nsec / 1000000;
}

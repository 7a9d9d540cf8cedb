/* log_state.c: the small files beside the segments: leader epochs and the
 * producers' snapshots. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/file.h"
#include "store/log_impl.h"

/* More than any sound file of the kind. */
enum { EPOCHS_MAX = 16 << 20, SNAPSHOT_MAX = 1 << 30 };

#define EPOCHS_FILE	"leader-epoch-checkpoint"

char *
log_path(const struct log *l, const char *file)
{
	return xasprintf("%s/%s", l->dir, file);
}

int
log_save_epochs(struct log *l, struct kerr *e)
{
	struct buf b;
	char *path;
	int rc;

	if ((rc = log_make_dir(l, e)) != 0)
		return rc;
	buf_init(&b, 0);
	pthread_mutex_lock(&l->lock);
	epochs_format(&l->epochs, &b);
	pthread_mutex_unlock(&l->lock);
	path = log_path(l, EPOCHS_FILE);
	rc = file_save(l->sys, path, b.p, b.len, false, e);
	free(path);
	buf_release(&b);
	if (rc != 0)
		return rc;
	l->epochs_unsaved = false;
	l->touched = true;
	pthread_mutex_lock(&l->lock);
	l->names++;
	l->epochs_unsynced = true;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

int
log_load_epochs(struct log *l, bool clean, struct kerr *e)
{
	char *path = log_path(l, EPOCHS_FILE);
	struct kerr why = KERR_INIT;
	struct buf b;
	int rc = 0;

	buf_init(&b, 0);
	if (!clean)
		rc = file_forget(l->sys, path, &why);
	if (rc == 0)
		rc = file_load(l->sys, path, EPOCHS_MAX, &b, &why);
	if (rc == 0)
		rc = epochs_parse(&l->epochs, b.p, b.len, &why);
	if (rc == KE_SYS && e != NULL)
		*e = why;
	if (rc == KE_CORRUPT || rc == KE_RANGE)
		log_line(LOG_WARN, LOG_STORE, "%s: %s; rebuilt from the log",
		    path, why.msg);
	buf_release(&b);
	free(path);
	return rc == 0 || rc == KE_SYS ? rc : 1;
}

static int
assign_epoch(void *arg, const struct batch_header *h, struct segment *g,
    int64_t at, struct kerr *e)
{
	struct log *l = arg;

	epochs_assign(&l->epochs, h->leader_epoch, h->base_offset);
	return 0;
}

int
log_rebuild_epochs(struct log *l, struct kerr *e)
{
	epochs_release(&l->epochs);
	l->epochs_unsaved = true;
	return log_walk(l, 0, assign_epoch, l, e);
}

static int
save_snapshot(struct log *l, int64_t at, struct kerr *e)
{
	struct buf b;
	char *path;
	int rc;

	buf_init(&b, 0);
	producers_save(&l->producers, &b);
	path = segment_path(l->dir, at, ".snapshot");
	rc = file_save(l->sys, path, b.p, b.len, false, e);
	free(path);
	buf_release(&b);
	if (rc != 0)
		return rc;
	l->snapshot_at = at;
	pthread_mutex_lock(&l->lock);
	l->names++;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

int
log_snapshot(struct log *l, struct kerr *e)
{
	return l->snapshot_at == l->end ? 0 : save_snapshot(l, l->end, e);
}

static int
forget_snapshot(struct log *l, int64_t at, struct kerr *e)
{
	char *path = segment_path(l->dir, at, ".snapshot");
	int rc = file_forget(l->sys, path, e);

	free(path);
	return rc;
}

/* 0 loaded, KE_CORRUPT not sound (said), KE_SYS. */
static int
load_snapshot(struct log *l, int64_t at, struct kerr *e)
{
	char *path = segment_path(l->dir, at, ".snapshot");
	struct kerr why = KERR_INIT;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	rc = file_load(l->sys, path, SNAPSHOT_MAX, &b, &why);
	if (rc == 0)
		rc = producers_load(&l->producers, b.p, b.len,
		    sys_now_ms(l->sys), &why);
	if (rc == KE_SYS && e != NULL)
		*e = why;
	if (rc != 0 && rc != KE_SYS) {
		if (rc != KE_NOTFOUND)
			log_line(LOG_WARN, LOG_STORE, "%s: %s; not used",
			    path, why.msg);
		rc = KE_CORRUPT;
	}
	buf_release(&b);
	free(path);
	return rc;
}

/* Where a walk comes to base, the snapshot there, if it is a sound one, knows
 * what compaction has taken from the batches on the way; else it is made, as
 * retention leans on it. */
static int
meet_snapshot(struct log *l, int64_t base, struct kerr *e)
{
	int rc;

	if (l->snapshot_at == base)
		return 0;
	if ((rc = load_snapshot(l, base, e)) == KE_CORRUPT)
		return save_snapshot(l, base, e);
	if (rc == 0)
		l->snapshot_at = base;
	return rc;
}

static int
note_producer(void *arg, const struct batch_header *h, struct segment *g,
    int64_t at, struct kerr *e)
{
	struct log *l = arg;
	uint8_t marker[256];
	ssize_t got = 0;
	int fd, rc;

	if (at == 0 && g != l->segs[0] &&
	    (rc = meet_snapshot(l, g->base, e)) != 0)
		return rc;
	if (batch_is_control(h) && batch_size(h) <= sizeof(marker)) {
		if ((fd = segment_fd(g, false, e)) < 0)
			return fd;
		got = file_read(l->sys, fd, marker, batch_size(h), at);
		if (got < 0)
			return kerr_sys(e, "%020lld.log", (long long)g->base);
	}
	return log_note_batch(l, g, h, marker, (size_t)got,
	    sys_now_ms(l->sys), e);
}

static bool
is_segment(const struct log *l, int64_t base)
{
	int i = log_segment_of(l, base);

	return i >= 0 && l->segs[i]->base == base;
}

static int
remove_snapshot(struct log *l, int64_t at, struct kerr *e)
{
	char *path = segment_path(l->dir, at, ".snapshot");
	int rc = file_remove(l->sys, path, e);

	free(path);
	return rc;
}

static bool
holds(const int64_t *at, int n, int64_t what)
{
	for (int i = n - 1; i >= 0 && at[i] >= what; i--)
		if (at[i] == what)
			return true;
	return false;
}

/* The first segment above `sure` without the sound snapshot that it has to
 * begin with: those from there on do not count. The log's first one needs none.
 * INT64_MAX: all have theirs. */
static int64_t
first_without(struct log *l, const int64_t *at, int n, int64_t sure,
    struct kerr *e)
{
	int64_t base;
	int i, rc;

	if ((i = log_segment_of(l, sure)) < 0)
		return INT64_MAX;
	for (i = i > 0 ? i : 1; i < l->n_segs; i++) {
		base = l->segs[i]->base;
		if (base <= sure || base > l->end)
			continue;
		if (!holds(at, n, base))
			return base;
		rc = load_snapshot(l, base, e);
		producers_release(&l->producers);
		if (rc != 0)
			return rc == KE_SYS ? rc : base;
	}
	return INT64_MAX;
}

/* Loads the newest sound snapshot below limit, and removes those that no
 * segment needs or that are not sound. */
static int
load_newest(struct log *l, const int64_t *at, int n, int64_t limit,
    struct kerr *e)
{
	int64_t first = l->n_segs > 0 ? l->segs[0]->base : 0;
	int rc;

	for (int i = n - 1; i >= 0; i--) {
		/* what came between one before the log and the log is lost */
		if (at[i] >= first && at[i] <= l->end && at[i] < limit &&
		    l->snapshot_at < 0) {
			if ((rc = load_snapshot(l, at[i], e)) == KE_SYS)
				return rc;
			if (rc == 0) {
				l->snapshot_at = at[i];
				continue;
			}
		} else if (at[i] <= l->end && is_segment(l, at[i]))
			continue;
		if ((rc = remove_snapshot(l, at[i], e)) != 0)
			return rc;
	}
	return 0;
}

int
log_load_producers(struct log *l, const int64_t *at, int n, int64_t sure,
    struct kerr *e)
{
	bool past = n > 0 && at[n - 1] > l->end;
	bool rebuild = l->txns_from != INT64_MAX;
	int64_t limit;
	int rc;

	for (int i = n - 1; i >= 0 && at[i] > sure; i--)
		if ((rc = forget_snapshot(l, at[i], e)) != 0)
			return rc;
	producers_release(&l->producers);
	l->snapshot_at = -1;
	if ((limit = first_without(l, at, n, sure, e)) < 0)
		return (int)limit;
	if (rebuild && limit > l->txns_from)
		limit = l->txns_from + 1;
	if ((rc = load_newest(l, at, n, limit, e)) != 0)
		return rc;
	/* one past the end must not come back when the log has grown there
	 * anew, with other batches */
	if (past && (rc = log_sync_names(l, ++l->names, e)) != 0)
		return rc;
	if (rebuild && (rc = log_drop_txns(l, e)) != 0)
		return rc;
	l->touched |= rebuild;
	rc = l->snapshot_at == l->end ? 0 : log_walk(l,
	    l->snapshot_at < 0 ? 0 : l->snapshot_at, note_producer, l, e);
	l->txns_from = 0;
	/* the walk sees nothing of an empty segment */
	if (rc == 0 && l->n_segs > 1 && log_active(l)->base == l->end)
		rc = meet_snapshot(l, l->end, e);
	return rc;
}

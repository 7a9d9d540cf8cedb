/* segment_txn.c: a segment's index of aborted transactions; see segment.h. */
#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>

#include "store/file.h"

static int
failed(const struct segment *g, struct kerr *e)
{
	return kerr_sys(e, "%020lld.txnindex", (long long)g->base);
}

static int
open_txns(struct segment *g, bool make, struct kerr *e)
{
	char *path;
	int rc = 0;

	if (g->txns.fd >= 0)
		return 0;
	path = segment_file(g, ".txnindex");
	segment_files_room();
	if ((make ? txnindex_make(&g->txns, g->sys, path) :
	    txnindex_open(&g->txns, g->sys, path)) != 0)
		rc = failed(g, e);
	if (g->txns.fd >= 0)
		segment_files_count(g, 1);
	free(path);
	return rc;
}

static void
close_txns(struct segment *g)
{
	if (g->txns.fd >= 0)
		segment_files_count(g, -1);
	txnindex_release(&g->txns, g->sys);
}

int
segment_txns(struct segment *g, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int rc;

	if (!atomic_load(&g->has_txns))
		return 0;
	pthread_mutex_lock(segment_files_lock(g));
	rc = open_txns(g, false, &why);
	pthread_mutex_unlock(segment_files_lock(g));
	/* retention took it away under a reader */
	if (rc != 0 && why.sys == ENOENT)
		return kerr_set(e, KE_RANGE, "%s", why.msg);
	if (rc != 0 && e != NULL)
		*e = why;
	return rc;
}

int
segment_note_abort(struct segment *g, pthread_mutex_t *lock,
    const struct aborted_txn *a, struct kerr *e)
{
	int rc;

	if (atomic_load(&g->has_txns)) {
		rc = segment_txns(g, e);
	} else {
		/* whatever lies there under that name does not count */
		pthread_mutex_lock(segment_files_lock(g));
		rc = open_txns(g, true, e);
		pthread_mutex_unlock(segment_files_lock(g));
		atomic_store(&g->has_txns, rc == 0);
	}
	if (rc != 0)
		return rc;
	return txnindex_append(&g->txns, g->sys, lock, a) != 0 ?
	    failed(g, e) : 0;
}

int
segment_check_txns(struct segment *g, struct kerr *e)
{
	int rc;

	atomic_store(&g->has_txns, true);
	if ((rc = segment_txns(g, e)) != 0)
		return rc;
	if (txnindex_check(&g->txns, g->sys, g->base) == 0) {
		/* opened again by the first who needs it */
		close_txns(g);
		return 0;
	}
	return errno == EILSEQ ? kerr_set(e, KE_CORRUPT, "%020lld.txnindex: "
	    "not a sound index of aborted transactions", (long long)g->base) :
	    failed(g, e);
}

int
segment_drop_txns(struct segment *g, struct kerr *e)
{
	char *path = segment_file(g, ".txnindex");
	int rc = 0;

	close_txns(g);
	if (atomic_exchange(&g->has_txns, false))
		rc = file_remove(g->sys, path, e);
	g->indexes_synced = false;
	free(path);
	return rc;
}

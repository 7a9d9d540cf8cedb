/*
 * log_txn.c: a log's transactions: which are open, which were aborted, and
 * the indexes that tell so; see log.h.
 */
#include "store/log.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/file.h"
#include "store/log_impl.h"

int
log_note_batch(struct log *l, struct segment *g,
    const struct batch_header *h, const void *batch, size_t n, int64_t now_ms,
    struct kerr *e)
{
	struct aborted_txn a;
	bool first;
	int rc;

	if (!producers_note(&l->producers, h, batch, n, now_ms, &a) ||
	    g->base < l->txns_from)
		return 0;
	first = !g->has_txns;
	if ((rc = segment_note_abort(g, &l->lock, &a, e)) != 0 || !first)
		return rc;
	pthread_mutex_lock(&l->lock);
	l->names++;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

int64_t
log_first_open(const struct log *l)
{
	return producers_first_open(&l->producers);
}

int64_t
log_first_unstable(struct log *l, int64_t hw)
{
	return producers_first_unstable(&l->producers, hw);
}

bool
log_txn_open(const struct log *l, int64_t producer_id)
{
	return producers_open_at(&l->producers, producer_id) >= 0;
}

bool
log_is_duplicate(const struct log *l, const struct iovec *batch)
{
	struct batch_header h;
	int64_t base, last, time;

	return batch_parse(batch->iov_base, batch->iov_len, &h, NULL) == 0 &&
	    producers_check(&l->producers, &h, batch->iov_base,
	    batch->iov_len, NULL, &base, &last, &time) == PRODUCER_DUPLICATE;
}

struct producer_info *
log_producers(const struct log *l, unsigned int *n)
{
	struct producer_info *v;

	*n = producers_count(&l->producers);
	v = xreallocarray(NULL, (size_t)*n + 1, sizeof(*v));
	*n = producers_list(&l->producers, v, *n);
	return v;
}

/* Segment i, referenced, that ends behind `from`; NULL where there is none. */
static struct segment *
next_segment(struct log *l, int64_t from, int64_t upto, int64_t *end)
{
	struct segment *g = NULL;
	int i;

	pthread_mutex_lock(&l->lock);
	i = log_segment_of(l, from);
	if (i >= 0 && l->segs[i]->base < upto) {
		g = l->segs[i];
		*end = log_segment_end(l, i);
		segment_ref(g);
	}
	pthread_mutex_unlock(&l->lock);
	return g;
}

static void
add(void *arg, const struct aborted_txn *a)
{
	struct aborted_txns *t = arg;

	if (t->n == t->cap) {
		t->cap = t->cap != 0 ? 2 * t->cap : 8;
		t->v = xreallocarray(t->v, (size_t)t->cap, sizeof(*t->v));
	}
	t->v[t->n++] = *a;
}

/* A transaction that overlaps the range may have its marker long after it:
 * the search goes on to where the indexes say that none can follow. */
static int
find_aborted(struct log *l, int64_t from, int64_t upto,
    struct aborted_txns *t, struct kerr *e)
{
	int64_t log_end = l->end, at = from, end = from;
	struct segment *g;
	int rc = 0;

	while (rc == 0 && at < log_end &&
	    (g = next_segment(l, at, log_end, &end)) != NULL) {
		if ((rc = segment_txns(g, e)) == 0 && g->txns.fd >= 0 &&
		    (rc = txnindex_search(&g->txns, l->sys, &l->lock, from,
		    upto, add, t)) < 0)
			rc = kerr_sys(e, "%020lld.txnindex",
			    (long long)g->base);
		segment_unref(g);
		if (end <= at)
			break;
		at = end;
	}
	return rc < 0 ? rc : 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct aborted_txn *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

int
log_aborted(struct log *l, int64_t from, int64_t upto,
    struct aborted_txns *t, struct kerr *e)
{
	int rc;

	*t = (struct aborted_txns){ NULL, 0, 0 };
	if ((rc = log_usable(l, e)) != 0)
		return rc;
	pthread_rwlock_rdlock(&l->shape);
	rc = find_aborted(l, from, upto, t, e);
	pthread_rwlock_unlock(&l->shape);
	if (rc != 0) {
		free(t->v);
		*t = (struct aborted_txns){ NULL, 0, 0 };
		return log_fail_read(l, rc, e);
	}
	if (t->n > 1)
		qsort(t->v, (size_t)t->n, sizeof(*t->v), by_first);
	return 0;
}

void
log_rebuild_txns(struct log *l, int i)
{
	if (i < l->n_segs && l->segs[i]->base < l->txns_from)
		l->txns_from = l->segs[i]->base;
}

static int
check_txns(struct log *l, int i, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int rc = segment_check_txns(l->segs[i], &why);

	if (rc == KE_CORRUPT) {
		log_line(LOG_WARN, LOG_STORE, "%s: %s; rebuilt from the log",
		    l->name, why.msg);
		log_rebuild_txns(l, i);
		return 0;
	}
	if (rc != 0 && e != NULL)
		*e = why;
	return rc;
}

/* What a crash left of a segment whose .log is gone. */
static int
remove_stray(struct log *l, int64_t base, struct kerr *e)
{
	char *path = segment_path(l->dir, base, ".txnindex");
	int rc = file_remove(l->sys, path, e);

	free(path);
	return rc;
}

int
log_check_txns(struct log *l, const int64_t *bases, int n, struct kerr *e)
{
	int rc = 0, i;

	for (int k = 0; rc == 0 && k < n; k++) {
		i = log_segment_of(l, bases[k]);
		if (i >= 0 && l->segs[i]->base == bases[k])
			rc = check_txns(l, i, e);
		else
			rc = remove_stray(l, bases[k], e);
	}
	return rc;
}

int
log_drop_txns(struct log *l, struct kerr *e)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < l->n_segs; i++)
		if (l->segs[i]->base >= l->txns_from)
			rc = segment_drop_txns(l->segs[i], e);
	return rc;
}

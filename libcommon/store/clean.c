/*
 * clean.c: what there is to clean in a log, and the pass that does it; see
 * clean.h. The pass works on the segments as they were when it began; nobody
 * but it changes those below the active one, truncation and retention aside,
 * which it notices before it swaps anything in.
 */
#include "store/clean.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "store/clean_impl.h"
#include "store/file.h"

void
clean_parts_take(struct clean_parts *p, struct log *l, unsigned int *cuts)
{
	pthread_mutex_lock(&l->lock);
	*cuts = l->cuts;
	p->n = l->n_segs;
	p->v = xreallocarray(NULL, (size_t)p->n + 1, sizeof(*p->v));
	for (int i = 0; i < p->n; i++) {
		p->v[i] = (struct clean_part){ l->segs[i], l->segs[i]->size,
		    log_segment_end(l, i) };
		segment_ref(p->v[i].g);
	}
	pthread_mutex_unlock(&l->lock);
}

void
clean_parts_drop(struct clean_parts *p)
{
	for (int i = 0; i < p->n; i++)
		segment_unref(p->v[i].g);
	free(p->v);
}

int
clean_parts_find(const struct clean_parts *p, int64_t offset)
{
	int lo = 0, hi = p->n - 1, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (p->v[mid].g->base <= offset)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

int64_t
log_cleaned(const struct log *l)
{
	return atomic_load(&l->cleaned);
}

struct producer_end *
log_producer_ends(const struct log *l, int *n)
{
	return producers_ends(&l->producers, n);
}

/* The first segment of the dirty part that holds something too young. */
static int
find_young(struct log *l, const struct clean_parts *p, int64_t dirty,
    const struct log_clean_limits *c, int64_t *upto, struct kerr *e)
{
	int64_t ts, offset;
	int rc;

	if (c->min_lag_ms <= 0)
		return 0;
	for (int i = clean_parts_find(p, dirty); i < p->n - 1; i++) {
		if ((rc = segment_max(p->v[i].g, &l->lock, &ts, &offset,
		    e)) != 0)
			return rc;
		if (ts > c->now_ms - c->min_lag_ms) {
			if (p->v[i].g->base < *upto)
				*upto = p->v[i].g->base;
			return 0;
		}
	}
	return 0;
}

static int
find_overdue(struct log *l, const struct clean_parts *p, int64_t dirty,
    const struct log_clean_limits *c, bool *overdue, struct kerr *e)
{
	int64_t ts;
	int rc;

	/* the default, "for ever", is never over */
	if (c->max_lag_ms >= c->now_ms)
		return 0;
	for (int i = clean_parts_find(p, dirty); i < p->n - 1; i++) {
		if ((rc = segment_first(p->v[i].g, &l->lock, &ts, e)) != 0)
			return rc;
		if (ts > 0 && ts < c->now_ms - c->max_lag_ms)
			*overdue = true;
	}
	return 0;
}

static void
count_bytes(const struct clean_parts *p, struct log_dirt *d)
{
	int dirty = clean_parts_find(p, d->dirty);

	for (int i = 0; i < p->n; i++) {
		if (p->v[i].g->base < d->dirty)
			d->clean_bytes += p->v[i].size;
		if (i >= dirty && p->v[i].g->base < d->upto)
			d->dirty_bytes += p->v[i].size;
	}
}

static int
look(struct log *l, const struct clean_parts *p,
    const struct log_clean_limits *c, struct log_dirt *d, struct kerr *e)
{
	int rc;

	d->upto = p->v[p->n - 1].g->base;
	if (c->stable < d->upto)
		d->upto = c->stable;
	if ((rc = find_young(l, p, d->dirty, c, &d->upto, e)) != 0 ||
	    (rc = find_overdue(l, p, d->dirty, c, &d->overdue, e)) != 0)
		return rc;
	/* segments are cleaned as a whole */
	d->upto = p->v[clean_parts_find(p, d->upto)].g->base;
	count_bytes(p, d);
	return 0;
}

int
log_clean_look(struct log *l, const struct log_clean_limits *c,
    struct log_dirt *d, struct kerr *e)
{
	int64_t start = log_start(l), end = log_end(l);
	struct clean_parts p;
	unsigned int cuts;
	int rc;

	*d = (struct log_dirt){ .dirty = c->dirty };
	if (c->dirty < start || c->dirty > end)
		d->dirty = start;
	if ((rc = log_usable(l, e)) != 0)
		return rc;
	clean_parts_take(&p, l, &cuts);
	if (p.n > 1) {
		pthread_rwlock_rdlock(&l->shape);
		rc = look(l, &p, c, d, e);
		pthread_rwlock_unlock(&l->shape);
	}
	clean_parts_drop(&p);
	return rc != 0 ? kerr_wrap(e, "%s", l->name) : 0;
}

int
clean_know_txns(struct cleaning *c, struct clean_txns *t,
    const struct batch_header *h, struct kerr *e)
{
	if (t->known || !batch_is_transactional(h) || batch_is_control(h))
		return 0;
	t->known = true;
	return log_aborted(c->l, h->base_offset, c->want->upto, &t->aborted,
	    e);
}

/* 1: the map is full. */
static int
learn_part(struct cleaning *c, struct clean_txns *t, int i, struct kerr *e)
{
	const struct clean_part *p = &c->parts.v[i];
	struct batch_header h;
	struct aborted_txn unused;
	const uint8_t *batch;
	int64_t at = 0;
	int rc, fd;

	if ((fd = segment_fd(p->g, false, e)) < 0)
		return fd;
	if (c->want->dirty > p->g->base && (at = segment_position(p->g,
	    &c->l->lock, c->want->dirty, p->size, NULL, e)) < 0)
		return (int)at;
	clean_reader_start(&c->reader, fd, at, p->size);
	while ((rc = clean_reader_next(&c->reader, &h, &batch, e)) > 0) {
		if ((rc = clean_know_txns(c, t, &h, e)) != 0)
			return rc;
		if (batch_is_control(&h))
			clean_txns_marker(t, &h, batch, &unused);
		else if (!clean_txns_data(t, &h) && (rc =
		    clean_filter_learn(&c->filter, &h, batch, c->want->dirty,
		    e)) != 0)
			return rc;
		if (batch_last_offset(&h) >= c->want->dirty)
			c->filter.latest = batch_last_offset(&h);
	}
	return rc;
}

/* Fills the map from the dirty part. */
static int
learn(struct cleaning *c, struct kerr *e)
{
	struct clean_txns txns = { false };
	const struct clean_part *p;
	int rc = 0;

	c->filter.latest = c->want->dirty - 1;
	for (int i = clean_parts_find(&c->parts, c->want->dirty);
	    rc == 0 && i < c->parts.n; i++) {
		p = &c->parts.v[i];
		if (p->g->base >= c->want->upto)
			break;
		rc = learn_part(c, &txns, i, e);
		segment_rest(p->g, 1);	/* there may be thousands */
		if (rc < 0)
			kerr_wrap(e, "%020lld.log", (long long)p->g->base);
		else if (rc == 0)
			c->filter.latest = p->end - 1;
	}
	clean_txns_release(&txns);
	return rc < 0 ? rc : 0;
}

/* A producer's batch that is not its last may go, though what came after it is
 * not on disk: the snapshot that the rest of the log begins with is then all
 * that there is of it. */
static int
sync_producers(struct cleaning *c, struct kerr *e)
{
	struct log *l = c->l;
	char *path = segment_path(l->dir, c->want->upto, ".snapshot");
	int rc = file_sync(l->sys, path, e);

	free(path);
	return rc != 0 ? log_fail_sync(l, rc, e) : 0;
}

/* Rewrites the segments up to the last offset in the map. */
static int
rewrite(struct cleaning *c, struct kerr *e)
{
	int n = clean_parts_find(&c->parts, c->filter.latest) + 1, k, rc = 0;

	for (int i = 0; rc == 0 && i < n; i += k) {
		k = clean_group_size(c, i, n);
		if ((rc = clean_group(c, i, k, e)) == 0)
			c->done = i + k;
	}
	return rc;
}

/* Whether truncation or retention came between: what is found to be wrong
 * with the segments then is nothing. */
static bool
is_changed(struct cleaning *c)
{
	bool changed;

	pthread_mutex_lock(&c->l->lock);
	changed = c->l->cuts != c->cuts;
	pthread_mutex_unlock(&c->l->lock);
	for (int i = c->done; i < c->parts.n; i++)
		changed |= atomic_load(&c->parts.v[i].g->retired);
	return changed;
}

/* Unless it was truncated meanwhile. */
static void
set_cleaned(struct cleaning *c)
{
	pthread_mutex_lock(&c->l->lock);
	if (c->l->cuts == c->cuts)
		c->l->cleaned = c->r->dirty;
	pthread_mutex_unlock(&c->l->lock);
}

static int
run(struct cleaning *c, struct kerr *e)
{
	const struct log_clean *w = c->want;
	int rc;

	if (w->dirty >= w->upto)
		return 0;
	if (c->parts.n < 2 || w->upto > c->parts.v[c->parts.n - 1].g->base)
		return kerr_set(e, KE_CANCELLED, "segments changed");
	if (clean_map_init(&c->map, c->l->sys, (size_t)w->map_bytes,
	    w->map_load, (uint64_t)(w->upto - w->dirty)) != 0)
		return kerr_sys(e, "memory for the map of keys");
	if ((rc = learn(c, e)) == 0 && c->filter.latest >= w->dirty &&
	    (rc = sync_producers(c, e)) == 0)
		rc = rewrite(c, e);
	if (rc == 0) {
		c->r->dirty = c->filter.latest + 1;
		set_cleaned(c);
	}
	return rc;
}

int
log_clean(struct log *l, const struct log_clean *want,
    struct log_cleaned *r, struct kerr *e)
{
	struct cleaning c = { .l = l, .want = want, .r = r };
	int rc;

	*r = (struct log_cleaned){ .dirty = want->dirty };
	if ((rc = log_usable(l, e)) != 0)
		return rc;
	c.reader = (struct clean_reader){ .sys = l->sys, .pace = want->pace,
	    .arg = want->arg };
	c.filter = (struct clean_filter){ .map = &c.map, .txns = &c.txns,
	    .want = want, .codecs = codecs_new() };
	clean_parts_take(&c.parts, l, &c.cuts);
	rc = run(&c, e);
	if (rc != 0 && rc != KE_CANCELLED && is_changed(&c))
		rc = kerr_set(e, KE_CANCELLED, "segments changed");
	r->read += c.reader.read;
	r->records = c.filter.records;
	r->kept = c.filter.kept;
	clean_parts_drop(&c.parts);
	clean_txns_release(&c.txns);
	clean_filter_release(&c.filter);
	clean_reader_release(&c.reader);
	clean_map_release(&c.map);
	return rc != 0 && !log_offline(l) ? kerr_wrap(e, "%s", l->name) : rc;
}

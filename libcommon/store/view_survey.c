/*
 * view_survey.c: the walk over the headers of all batches with which a view
 * begins: where the log ends, which transactions are open there, and which were
 * aborted (view_impl.h).
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "record/iter.h"
#include "store/file.h"
#include "store/view_impl.h"

static int
find_open(const struct view *v, int64_t producer)
{
	for (size_t i = 0; i < v->n_open; i++)
		if (v->open[i].producer_id == producer)
			return (int)i;
	return -1;
}

/* Whether the marker at the cursor aborts. */
static bool
is_abort(struct view *v, const struct batch_header *h)
{
	uint8_t p[512];
	struct record_iter it;
	struct record r;
	size_t n = batch_size(h);

	if (n > sizeof(p) || batch_codec(h) != CODEC_NONE ||
	    file_read(v->sys, v->fd, p, n, v->scan.at) != (ssize_t)n ||
	    record_iter_init(&it, p, h, NULL, NULL, 0, NULL) < 0 ||
	    record_iter_next(&it, &r) <= 0)
		return false;
	return record_control_type(&r) == CONTROL_ABORT;
}

/* Keeps track of transactions. */
static void
follow(struct view *v, const struct batch_header *h)
{
	int i;

	if (!batch_is_transactional(h))
		return;
	i = find_open(v, h->producer_id);
	if (!batch_is_control(h) && i < 0) {
		v->open = xreallocarray(v->open, v->n_open + 1,
		    sizeof(v->open[0]));
		v->open[v->n_open++] = (struct open_txn){ h->producer_id,
		    h->base_offset };
	}
	if (!batch_is_control(h) || i < 0)
		return;
	if (is_abort(v, h)) {
		v->aborted = xreallocarray(v->aborted, v->n_aborted + 1,
		    sizeof(v->aborted[0]));
		v->aborted[v->n_aborted++] = (struct view_aborted){
		    h->producer_id, v->open[i].first, h->base_offset };
	}
	v->open[i] = v->open[--v->n_open];
}

static int
by_first(const void *a, const void *b)
{
	const struct view_aborted *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The walk over all headers. */
int
view_survey(struct view *v, struct kerr *e)
{
	struct batch_header h;
	int rc = 0;

	v->end = v->base[0];
	for (int i = 0; i < v->n && rc >= 0; i++) {
		if ((rc = view_open_segment(v, i, VIEW_HEADERS_WINDOW, e)) <= 0)
			continue;
		while ((rc = view_next(v, &h, true, e)) > 0)
			follow(v, &h);
		if (v->next > v->end)
			v->end = v->next;
	}
	view_close_segment(v);
	if (rc < 0)
		return rc;
	v->stable = v->end;
	for (size_t i = 0; i < v->n_open; i++)
		if (v->open[i].first < v->stable)
			v->stable = v->open[i].first;
	if (v->n_aborted > 0)
		qsort(v->aborted, v->n_aborted, sizeof(v->aborted[0]),
		    by_first);
	return 0;
}

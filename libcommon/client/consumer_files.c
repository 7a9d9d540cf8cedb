/* consumer_files.c: partitions read from their directories (store/view.h). A
 * chunk of batches takes the place of an answer to Fetch; all that follows is
 * the same. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/consumer_impl.h"
#include "store/view.h"

/* The transactions that were aborted and reach into [from, to). */
static void
put_aborted(struct fetch_response_partition *p, const struct view *v,
    int64_t from, int64_t to)
{
	struct fetch_response_aborted_transaction *t;
	const struct view_aborted *a;
	size_t n;

	a = view_aborted(v, &n);
	t = xcalloc(n + 1, sizeof(*t));
	p->aborted_transactions.v = t;
	for (size_t i = 0; i < n; i++) {
		if (a[i].last < from || a[i].first >= to)
			continue;
		t->producer_id = a[i].producer_id;
		t->first_offset = a[i].first;
		t++;
	}
	p->aborted_transactions.n = (int32_t)(t -
	    p->aborted_transactions.v);
}

/* Makes a span of what was read; takes the bytes over. */
static void
add_span(struct consumer *c, struct slot *s, struct buf *b, int64_t from)
{
	struct answer *a = answer_new();
	struct fetch_response_partition *p = &a->part;
	struct span *sp;
	size_t n;

	a->own = buf_detach(b, &n);
	p->records.p = a->own;
	p->records.len = (int64_t)n;
	p->records.fd = -1;
	p->high_watermark = view_end(s->view);
	p->last_stable_offset = view_stable(s->view);
	p->log_start_offset = view_start(s->view);
	if (!c->cf.uncommitted)
		put_aborted(p, s->view, from, s->fetch_at);
	sp = span_new(s, a, p, -1);
	answer_drop(a);
	s->queued++;
	TAILQ_INSERT_TAIL(&c->ready, sp, link);
}

/* False where there was nothing but holes: the position moves past them. */
static bool
read_slot(struct consumer *c, struct slot *s)
{
	struct kerr e = KERR_INIT;
	struct buf b = { 0 };
	int64_t from = s->fetch_at, end = view_end(s->view);

	buf_init(&b, 0);
	if (view_read(s->view, from, s->to < end ? s->to : end,
	    (size_t)c->cf.partition_max_bytes, &b, &s->fetch_at, &e) != 0) {
		buf_release(&b);
		consumer_fail(c, s, &e);
		return false;
	}
	if (b.len == 0) {
		buf_release(&b);
		s->taken_at = s->fetch_at;
		return false;
	}
	add_span(c, s, &b, from);
	return true;
}

void
consumer_read_files(struct consumer *c)
{
	if (!TAILQ_EMPTY(&c->ready) || c->err.code != 0)
		return;
	for (int i = 0; i < c->n_slots; i++) {
		struct slot *s = c->slot[i];

		while (s->spans == 0 && c->err.code == 0 &&
		    !consumer_slot_done(c, i) &&
		    s->fetch_at < view_end(s->view))
			if (read_slot(c, s))
				return;
	}
}

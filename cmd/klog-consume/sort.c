/*
 * sort.c: --sort: the partitions, each in its own order, merged by time. A
 * record is printed when every partition that is not at its end has its next
 * one here; what is read ahead is bounded by the consumer, for each.
 */
#include <stdlib.h>
#include <sys/queue.h>

#include "base/xalloc.h"
#include "consume.h"

/* A batch that waits for its turn. */
struct pending {
	STAILQ_ENTRY(pending)		 link;
	const struct consumer_batch	*b;
};

struct lane {
	STAILQ_HEAD(, pending)		 pending;
	const struct consumer_batch	*b;	/* being walked, or NULL */
	struct record_iter		 it;
	struct buf			 scratch;
	struct record			 r;	/* next to print */
	bool				 has;	/* r is set */
};

struct merge {
	struct consume	*co;
	struct lane	*lane;
	int		*heap;		/* lanes that have a record */
	int		 n;		/* of them */
};

/* Whether lane a's record comes before b's. */
static bool
before(const struct merge *m, int a, int b)
{
	int64_t ta = m->lane[a].r.timestamp, tb = m->lane[b].r.timestamp;

	return ta != tb ? ta < tb : a < b;
}

static void
sift_down(struct merge *m, int i)
{
	for (int child; (child = 2 * i + 1) < m->n; i = child) {
		int tmp;

		if (child + 1 < m->n &&
		    before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m, m->heap[child], m->heap[i]))
			return;
		tmp = m->heap[i];
		m->heap[i] = m->heap[child];
		m->heap[child] = tmp;
	}
}

static void
heap_add(struct merge *m, int lane)
{
	int i = m->n++;

	for (; i > 0 && before(m, lane, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = lane;
}

/* The lane's next batch: 1, or 0 where none is here. */
static int
open_batch(struct merge *m, struct lane *l, struct kerr *e)
{
	struct pending *p = STAILQ_FIRST(&l->pending);
	int rc;

	if (p == NULL)
		return 0;
	STAILQ_REMOVE_HEAD(&l->pending, link);
	l->b = p->b;
	free(p);
	rc = record_iter_init(&l->it, l->b->p, &l->b->header, m->co->codecs,
	    &l->scratch, BATCH_MAX_RAW, e);
	return rc < 0 ? rc : 1;
}

/* Sets the lane's next record: 1, or 0 where none is here. */
static int
advance(struct merge *m, struct lane *l, struct kerr *e)
{
	int rc;

	l->has = false;
	for (;;) {
		if (l->b == NULL && (rc = open_batch(m, l, e)) <= 0)
			return rc;
		while ((rc = record_iter_next(&l->it, &l->r)) > 0)
			if (record_wanted(m->co, l->b, &l->r)) {
				l->has = true;
				return 1;
			}
		if (rc < 0)
			return record_iter_bad(&l->it, e);
		consumer_release(m->co->c, l->b);
		l->b = NULL;
	}
}

/* Queues what the consumer has. */
static void
collect(struct merge *m)
{
	const struct consumer_batch *b;

	while ((b = consumer_take(m->co->c)) != NULL) {
		struct pending *p = xmalloc(sizeof(*p));

		p->b = b;
		STAILQ_INSERT_TAIL(&m->lane[b->slot].pending, p, link);
	}
}

/* Gives a record to each lane that can have one: 1 where none of the others
 * can get one any more, 0 where some still may. */
static int
fill(struct merge *m, struct kerr *e)
{
	bool complete = true;

	for (size_t i = 0; i < m->co->plan.n; i++) {
		int rc;

		if (m->lane[i].has)
			continue;
		if ((rc = advance(m, &m->lane[i], e)) < 0)
			return rc;
		if (rc > 0)
			heap_add(m, (int)i);
		else if (!consumer_slot_done(m->co->c, (int)i))
			complete = false;
	}
	return complete;
}

/* Prints until a lane runs dry. */
static int
print_merged(struct merge *m, struct kerr *e)
{
	while (m->n > 0 && m->co->left > 0 && stop_signal == 0) {
		struct lane *l = &m->lane[m->heap[0]];
		int rc = printer_record(m->co->printer, m->co, l->b, &l->r, e);

		if (rc < 0 && !printer_failed(m->co->printer))
			kerr_wrap(e, "%s[%d]", l->b->topic,
			    (int)l->b->partition);
		if (rc == 0)
			rc = advance(m, l, e);
		if (rc < 0)
			return rc;
		if (rc == 0)
			m->heap[0] = m->heap[--m->n];
		sift_down(m, 0);
		if (rc == 0)
			return 0;
	}
	return 0;
}

static int
merge_all(struct merge *m, struct kerr *e)
{
	struct consume *co = m->co;
	int64_t came = loop_clock(co->loop), left = -1;
	int rc;

	for (;;) {
		collect(m);
		if ((rc = fill(m, e)) < 0)
			return rc;
		if (co->left <= 0 || stop_signal != 0 ||
		    (rc > 0 && m->n == 0))
			return 0;
		if (rc > 0) {
			if ((rc = print_merged(m, e)) < 0)
				return rc;
			came = loop_now(co->loop);
			continue;
		}
		if (co->o->idle > 0 &&
		    (left = came + co->o->idle - loop_clock(co->loop)) <= 0)
			return KE_TIMEOUT;
		if ((rc = stop_wait(co, left, NULL, e)) < 0)
			return rc;
	}
}

int
sort_run(struct consume *co, struct kerr *e)
{
	struct merge m = { .co = co };
	int rc;

	m.lane = xcalloc(co->plan.n + 1, sizeof(*m.lane));
	m.heap = xcalloc(co->plan.n + 1, sizeof(*m.heap));
	for (size_t i = 0; i < co->plan.n; i++)
		STAILQ_INIT(&m.lane[i].pending);
	rc = merge_all(&m, e);
	for (size_t i = 0; i < co->plan.n; i++) {
		struct pending *p;

		while ((p = STAILQ_FIRST(&m.lane[i].pending)) != NULL) {
			STAILQ_REMOVE_HEAD(&m.lane[i].pending, link);
			free(p);
		}
		buf_release(&m.lane[i].scratch);
	}
	free(m.lane);
	free(m.heap);
	return rc;
}

/* pqueue.c: see pqueue.h. */
#include "client/pqueue.h"

#include <stddef.h>

/* Sequence numbers run from 0 to 2^31-1 and over to 0 again. */
static int32_t
seq_add(int32_t seq, int32_t n)
{
	return (int32_t)(((uint32_t)seq + (uint32_t)n) & INT32_MAX);
}

void
pqueue_init(struct pqueue *q, int in_flight, bool idempotent, int16_t epoch)
{
	*q = (struct pqueue){ .in_flight = in_flight,
	    .idempotent = idempotent, .epoch = epoch };
	TAILQ_INIT(&q->items);
}

void
pqueue_moved(struct pqueue *q)
{
	TAILQ_INIT(&q->items);
}

void
pqueue_restart(struct pqueue *q, int16_t epoch)
{
	struct pitem *it;

	q->epoch = epoch;
	q->next_seq = 0;
	q->proven = q->stalled = q->renumber = q->new_epoch = false;
	q->failures = 0;
	q->retry_at = 0;
	TAILQ_FOREACH(it, &q->items, link)
		it->seq = -1;
}

void
pqueue_add(struct pqueue *q, struct pitem *it)
{
	it->seq = -1;
	it->in_flight = it->uncertain = false;
	it->attempts = 0;
	TAILQ_INSERT_TAIL(&q->items, it, link);
	q->n++;
}

struct pitem *
pqueue_idle(const struct pqueue *q)
{
	struct pitem *it;

	TAILQ_FOREACH(it, &q->items, link)
		if (!it->in_flight)
			return it;
	return NULL;
}

/* All are back: the listed items that had numbers get their new ones. */
static void
settle(struct pqueue *q)
{
	struct pitem *it;

	q->stalled = false;
	if (q->new_epoch) {
		q->epoch++;
		q->proven = false;
		q->next_seq = 0;
		TAILQ_FOREACH(it, &q->items, link)
			it->seq = -1;
	} else if (q->renumber) {
		q->next_seq = q->renumber_at;
		TAILQ_FOREACH(it, &q->items, link)
			it->seq = -1;
	}
	q->new_epoch = q->renumber = false;
}

/* Whether one more may be under way. */
static bool
may_leave(const struct pqueue *q)
{
	int limit = q->proven || !q->idempotent ? q->in_flight : 1;

	return q->n_in_flight < limit && !(q->stalled && q->n_in_flight > 0);
}

bool
pqueue_open(const struct pqueue *q, int64_t now)
{
	return q->n == q->n_in_flight && may_leave(q) && q->retry_at <= now;
}

bool
pqueue_ready(const struct pqueue *q, int64_t now, int64_t *at)
{
	*at = INT64_MAX;
	if (q->n == q->n_in_flight || !may_leave(q))
		return false;
	*at = q->retry_at;
	return q->retry_at <= now;
}

struct pitem *
pqueue_take(struct pqueue *q, int64_t now)
{
	struct pitem *it;
	int64_t at;

	if (!pqueue_ready(q, now, &at))
		return NULL;
	if (q->stalled)
		settle(q);
	it = pqueue_idle(q);
	if (q->idempotent && it->seq < 0) {
		it->seq = q->next_seq;
		it->epoch = q->epoch;
		q->next_seq = seq_add(q->next_seq, it->count);
	}
	it->in_flight = true;
	it->attempts++;
	q->n_in_flight++;
	return it;
}

static void
back(struct pqueue *q, struct pitem *it)
{
	if (it->in_flight) {
		it->in_flight = false;
		q->n_in_flight--;
	}
}

static void
take_off(struct pqueue *q, struct pitem *it)
{
	back(q, it);
	TAILQ_REMOVE(&q->items, it, link);
	q->n--;
}

void
pqueue_done(struct pqueue *q, struct pitem *it)
{
	take_off(q, it);
	q->failures = 0;
	q->retry_at = 0;
	if (it->epoch == q->epoch)
		q->proven = true;
}

void
pqueue_retry(struct pqueue *q, struct pitem *it, bool answered,
    int64_t retry_at)
{
	back(q, it);
	if (!answered)
		it->uncertain = true;
	q->stalled = true;
	if (retry_at > q->retry_at)
		q->retry_at = retry_at;
}

bool
pqueue_waits(const struct pqueue *q, const struct pitem *it)
{
	return q->stalled || TAILQ_FIRST(&q->items) != it;
}

bool
pqueue_out_of_order(struct pqueue *q, struct pitem *it)
{
	back(q, it);
	if (!pqueue_waits(q, it)) {
		if (q->epoch == INT16_MAX)
			return false;
		q->new_epoch = true;
	}
	q->stalled = true;
	return true;
}

void
pqueue_drop(struct pqueue *q, struct pitem *it)
{
	take_off(q, it);
	if (!q->idempotent || it->seq < 0)
		return;
	q->stalled = true;
	if (it->uncertain)
		q->new_epoch = true;
	else if (!q->renumber) {
		q->renumber = true;
		q->renumber_at = it->seq;
	}
}

void
pqueue_split(struct pqueue *q, struct pitem *it, struct pitem *a,
    struct pitem *b)
{
	back(q, it);
	a->in_flight = b->in_flight = false;
	a->uncertain = b->uncertain = it->uncertain;
	a->attempts = b->attempts = it->attempts;
	a->epoch = b->epoch = it->epoch;
	a->seq = it->seq;
	b->seq = it->seq < 0 ? -1 : seq_add(it->seq, a->count);
	TAILQ_INSERT_BEFORE(it, a, link);
	TAILQ_INSERT_BEFORE(it, b, link);
	TAILQ_REMOVE(&q->items, it, link);
	q->n++;
	q->stalled = true;
}

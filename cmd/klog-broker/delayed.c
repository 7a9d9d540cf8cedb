/* delayed.c: requests that wait; see delayed.h. */
#include "delayed.h"

#include "logdir.h"

void
delayed_init(struct delayed *d, struct logdir *ld, struct waker waker,
    int64_t need)
{
	d->ld = ld;
	d->waker = waker;
	atomic_init(&d->need, need);
	atomic_init(&d->fired, false);
	d->call = NULL;
}

void
delayed_fire(struct delayed *d)
{
	if (atomic_exchange(&d->fired, true))
		return;
	if (d->call != NULL)
		d->call(d);
	else
		d->ld->wake(d->waker.io, d->waker.id,
		    d->waker.generation);
}

void
delayed_credit(struct delayed *d, int64_t n)
{
	if (atomic_fetch_sub(&d->need, n) - n <= 0)
		delayed_fire(d);
}

bool
delayed_settled(struct delayed *d, int64_t n)
{
	return atomic_fetch_sub(&d->need, n) - n <= 0;
}

void
waitlist_init(struct waitlist *l)
{
	TAILQ_INIT(&l->acks);
	TAILQ_INIT(&l->data);
}

/* Appends come in order, so the place is nearly always the end. */
void
waitlist_add_ack(struct waitlist *l, struct waiter *w, struct delayed *d,
    int64_t offset)
{
	struct waiter *at;

	w->delayed = d;
	w->offset = offset;
	w->ack = true;
	w->listed = true;
	w->met = false;
	TAILQ_FOREACH_REVERSE(at, &l->acks, waiters, link)
		if (at->offset <= offset)
			break;
	if (at != NULL)
		TAILQ_INSERT_AFTER(&l->acks, at, w, link);
	else
		TAILQ_INSERT_HEAD(&l->acks, w, link);
}

void
waitlist_add_data(struct waitlist *l, struct waiter *w, struct delayed *d,
    bool committed)
{
	w->delayed = d;
	w->ack = false;
	w->committed = committed;
	w->listed = true;
	TAILQ_INSERT_TAIL(&l->data, w, link);
}

void
waitlist_remove(struct waitlist *l, struct waiter *w)
{
	if (!w->listed)
		return;
	TAILQ_REMOVE(w->ack ? &l->acks : &l->data, w, link);
	w->listed = false;
}

void
waitlist_settle(struct waitlist *l, struct waiter *w, int64_t hw)
{
	if (!w->listed || w->offset > hw)
		return;
	waitlist_remove(l, w);
	w->met = true;
	delayed_credit(w->delayed, 1);
}

void
waitlist_advance(struct waitlist *l, int64_t hw, int64_t bytes)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(&l->acks)) != NULL && w->offset <= hw) {
		waitlist_remove(l, w);
		w->met = true;
		delayed_credit(w->delayed, 1);
	}
	TAILQ_FOREACH(w, &l->data, link)
		if (!w->committed)
			delayed_credit(w->delayed, bytes);
}

void
waitlist_advance_committed(struct waitlist *l, int64_t bytes)
{
	struct waiter *w;

	TAILQ_FOREACH(w, &l->data, link)
		if (w->committed)
			delayed_credit(w->delayed, bytes);
}

void
waitlist_fire(struct waitlist *l)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(&l->acks)) != NULL) {
		waitlist_remove(l, w);
		delayed_credit(w->delayed, 1);
	}
	TAILQ_FOREACH(w, &l->data, link)
		delayed_fire(w->delayed);
}

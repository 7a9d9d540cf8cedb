/* producer_send.c: which batches leave, and when (producer_impl.h). */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/producer_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/msg_produce.h"

enum {
	FLIGHT_PARTS = 1024,		/* partitions in a request */
	ANSWER_MIN_MS = 100
};

#define PRODUCER_OF(ptr, member) \
	((struct producer *)(void *)((char *)(ptr) - \
	    offsetof(struct producer, member)))

static int
flights_to(const struct producer *p, int32_t broker)
{
	const struct flight *f;
	int n = 0;

	TAILQ_FOREACH(f, &p->flights, link)
		n += f->broker == broker;
	return n;
}

/* An answer is waited for as long as a request may take, but no longer than the
 * first of its batches to be given up may. */
static int64_t
patience(const struct producer *p, const struct flight *f, int64_t now)
{
	int64_t ms = p->cf.request_ms, left;

	for (int i = 0; i < f->n; i++) {
		left = f->v[i].batch->deadline - now;
		if (left < ANSWER_MIN_MS)
			left = ANSWER_MIN_MS;
		if (left < ms)
			ms = left;
	}
	return ms;
}

static void
take_off(struct producer *p, struct flight *f, int64_t now)
{
	struct produce_request req;
	struct produce_request_topic topic = { 0 };
	struct produce_request_partition *v;
	struct call_options opt = { .timeout_ms = patience(p, f, now) };

	v = xcalloc((size_t)f->n, sizeof(*v));
	for (int i = 0; i < f->n; i++) {
		v[i].index = f->v[i].part->index;
		v[i].records = (struct krecords){ f->v[i].batch->mem,
		    (int64_t)f->v[i].batch->size, 0, -1, NULL };
	}
	kmsg_defaults(&produce_request_msg, &req);
	topic.name = kstr(f->v[0].part->topic->name);
	topic.partition_data.v = v;
	topic.partition_data.n = f->n;
	if (p->txn != NULL)
		req.transactional_id = kstr(p->txn->id);
	req.acks = (int16_t)p->cf.acks;
	req.timeout_ms = (int32_t)p->cf.request_ms;
	req.topic_data.v = &topic;
	req.topic_data.n = 1;
	if (p->cf.acks == 0)
		opt.flags = CALL_NO_REPLY;
	TAILQ_INSERT_TAIL(&p->flights, f, link);
	cluster_send(p->cl, f->broker, API_PRODUCE, &req, &opt,
	    producer_landed, f);
	free(v);
}

/* Puts the partition's next batch aboard. False where it cannot be encoded:
 * it is given up. */
static bool
board(struct flight *f, struct ppart *pp, int64_t now)
{
	struct producer *p = pp->topic->p;
	struct batch *b = (struct batch *)pqueue_take(&pp->q, now);
	struct kerr e = KERR_INIT;

	if (batch_encode(p, b, &e) != 0) {
		part_give_up(pp, b, -1, &e);
		return false;
	}
	f->v[f->n].part = pp;
	f->v[f->n++].batch = b;
	return true;
}

static int32_t
leader_of(const struct ppart *pp)
{
	return cluster_leader(pp->topic->p->cl, pp->topic->name, pp->index);
}

/* Whether the partition has a batch that may leave now: one in its queue, or
 * else its open one, when that has been pushed or has lingered. */
static bool
wants_to_leave(const struct ppart *pp, int64_t now)
{
	const struct batch *b = pp->open;
	int64_t at;

	if (pp->topic->p->txn != NULL && pp->enrolment != ENROLLED)
		return false;
	if (pp->q.n > pp->q.n_in_flight)
		return pqueue_ready(&pp->q, now, &at);
	if (b == NULL || b->b.count == 0 || !pqueue_open(&pp->q, now))
		return false;
	return pp->pushed || b->born + pp->topic->p->cf.linger_ms <= now;
}

/* One request, with the next batches of first and of whoever else of the
 * topic has the same leader. */
static void
fly(struct producer *p, struct ppart *first, int32_t leader, int64_t now)
{
	struct flight *f = xcalloc(1, sizeof(*f) +
	    FLIGHT_PARTS * sizeof(f->v[0]));
	struct ppart *pp, *next;
	size_t bytes = 0;

	f->p = p;
	f->broker = leader;
	for (pp = first; pp != NULL; pp = next) {
		next = TAILQ_NEXT(pp, link);
		if (pp->topic != first->topic || f->n == FLIGHT_PARTS ||
		    !wants_to_leave(pp, now) || leader_of(pp) != leader)
			continue;
		if (pp->q.n == pp->q.n_in_flight)
			part_close(pp);
		if (!board(f, pp, now))
			continue;
		bytes += f->v[f->n - 1].batch->size;
		if (bytes >= p->cf.batch_bytes)
			break;
	}
	if (f->n == 0) {
		free(f);
		return;
	}
	f = xrealloc(f, sizeof(*f) + (size_t)f->n * sizeof(f->v[0]));
	take_off(p, f, now);
}

static void
no_leader(struct ppart *pp)
{
	struct producer *p = pp->topic->p;

	kerr_set(&p->trouble, KE_UNREACHABLE, "%s[%d] has no leader",
	    pp->topic->name, (int)pp->index);
	cluster_refresh(p->cl);
}

/* What is still being filled counts as waiting, too. */
static void
close_open(struct ppart *pp)
{
	if (pp->open != NULL && pp->open->b.count > 0)
		part_close(pp);
}

/* Gives up what has waited for too long. */
static void
expire(struct ppart *pp, int64_t now)
{
	struct producer *p = pp->topic->p;
	struct pitem *it;
	struct kerr e;

	if (pp->open != NULL && pp->open->deadline <= now)
		close_open(pp);
	while ((it = pqueue_idle(&pp->q)) != NULL &&
	    ((struct batch *)it)->deadline <= now) {
		kerr_clear(&e);
		kerr_set(&e, KE_TIMEOUT, "not acknowledged in %g s%s%s",
		    (double)p->cf.delivery_ms / 1000,
		    p->trouble.code != 0 ? ": " : "",
		    p->trouble.code != 0 ? p->trouble.msg : "");
		part_give_up(pp, (struct batch *)it, -1, &e);
	}
}

static void
fail_all(struct producer *p, const struct kerr *e)
{
	struct ppart *pp, *next;
	struct pitem *it;

	for (pp = TAILQ_FIRST(&p->busy); pp != NULL; pp = next) {
		next = TAILQ_NEXT(pp, link);
		close_open(pp);
		while ((it = pqueue_idle(&pp->q)) != NULL)
			part_give_up(pp, (struct batch *)it, -1, e);
	}
}

/* When this partition needs another look; INT64_MAX: when an answer comes.
 * What could have left by now waits for an answer (a producer id, a leader, a
 * place in flight), which kicks the pump: only its deadline is left to see. */
static int64_t
next_look(const struct ppart *pp, int64_t now)
{
	const struct producer *p = pp->topic->p;
	const struct pitem *it = pqueue_idle(&pp->q);
	int64_t at = INT64_MAX, t;

	if (pp->open != NULL && pp->open->b.count > 0) {
		at = pp->open->deadline;
		t = pp->open->born + p->cf.linger_ms;
		if (t > now && pqueue_open(&pp->q, now))
			at = t;
	}
	if (it != NULL && ((const struct batch *)it)->deadline < at)
		at = ((const struct batch *)it)->deadline;
	if (!pqueue_ready(&pp->q, now, &t) && t < at)
		at = t;
	return at;
}

static void
arm(struct producer *p, int64_t now)
{
	const struct ppart *pp;
	int64_t at = INT64_MAX, t;

	if (p->txn != NULL)
		ptxn_pump(p, now, &at);
	TAILQ_FOREACH(pp, &p->busy, link) {
		t = next_look(pp, now);
		if (t < at)
			at = t;
	}
	/* nobody needs an id while there is nothing to send */
	if (!TAILQ_EMPTY(&p->busy) && p->id_state == ID_NONE &&
	    p->id_failures > 0 && p->id_retry_at < at)
		at = p->id_retry_at;
	if (at == INT64_MAX)
		loop_timer_cancel(&p->timer);
	else
		loop_timer_set(&p->timer, at > now ? at - now : 0);
}

static bool
have_id(struct producer *p)
{
	const struct kerr *why = NULL;

	if (p->txn != NULL) {
		bool may = ptxn_may_send(p, &why);

		if (why != NULL)
			fail_all(p, why);
		return may;
	}
	if (!p->cf.idempotent || p->id_state == ID_KNOWN)
		return true;
	if (p->id_state == ID_FAILED)
		fail_all(p, &p->id_err);
	else if (!TAILQ_EMPTY(&p->busy))
		producer_ask_id(p);
	return false;
}

void
producer_pump(struct producer *p)
{
	int64_t now = loop_clock(p->loop);
	struct ppart *pp, *next;
	int32_t leader;
	bool id = have_id(p);

	loop_defer_cancel(p->loop, &p->work);
	for (pp = TAILQ_FIRST(&p->busy); pp != NULL; pp = next) {
		next = TAILQ_NEXT(pp, link);
		expire(pp, now);
	}
	for (pp = TAILQ_FIRST(&p->busy); id && pp != NULL; pp = next) {
		next = TAILQ_NEXT(pp, link);
		if (p->txn != NULL)
			ptxn_enrol(pp);
		while (wants_to_leave(pp, now)) {
			leader = leader_of(pp);
			if (leader < 0)
				no_leader(pp);
			if (leader < 0 ||
			    flights_to(p, leader) >= p->cf.in_flight)
				break;
			fly(p, pp, leader, now);
		}
	}
	arm(p, now);
}

static void
pump_work(struct loop_work *w)
{
	producer_pump(PRODUCER_OF(w, work));
}

static void
timed(struct loop_timer *t)
{
	producer_pump(PRODUCER_OF(t, timer));
}

void
producer_kick(struct producer *p)
{
	loop_defer(p->loop, &p->work);
}

/* New metadata: what waited for a leader may go on at once. */
static void
cluster_changed(struct cluster_watch *w)
{
	struct producer *p = PRODUCER_OF(w, watch);
	struct ppart *pp;

	TAILQ_FOREACH(pp, &p->busy, link)
		pp->q.retry_at = 0;
	if (!TAILQ_EMPTY(&p->busy))
		producer_kick(p);
}

void
producer_abandon(struct producer *p)
{
	struct kerr e = KERR_INIT;
	struct flight *f;
	struct ppart *pp, *next;

	kerr_set(&e, KE_CANCELLED, "given up");
	TAILQ_FOREACH(pp, &p->busy, link)
		close_open(pp);
	/* what is under way may still be read by the connection */
	while ((f = TAILQ_FIRST(&p->flights)) != NULL) {
		TAILQ_REMOVE(&p->flights, f, link);
		f->p = NULL;
		for (int i = 0; i < f->n; i++) {
			pp = f->v[i].part;
			pqueue_drop(&pp->q, &f->v[i].batch->item);
			report(p, pp, f->v[i].batch, -1, -1, &e);
			p->used -= f->v[i].batch->cap;
		}
	}
	for (pp = TAILQ_FIRST(&p->busy); pp != NULL; pp = next) {
		next = TAILQ_NEXT(pp, link);
		part_maybe_idle(pp);
	}
	fail_all(p, &e);
}

void
producer_send_init(struct producer *p)
{
	TAILQ_INIT(&p->flights);
	loop_timer_init(&p->timer, p->loop, timed);
	p->work.run = pump_work;
	p->watch.changed = cluster_changed;
	p->id = -1;
	cluster_watch_add(p->cl, &p->watch);
}

void
producer_send_release(struct producer *p)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(&p->flights)) != NULL) {
		TAILQ_REMOVE(&p->flights, f, link);
		f->p = NULL;
		for (int i = 0; i < f->n; i++)
			pqueue_drop(&f->v[i].part->q, &f->v[i].batch->item);
	}
	if (p->id_call != NULL)
		cluster_cancel(p->cl, p->id_call);
	loop_timer_cancel(&p->timer);
	loop_defer_cancel(p->loop, &p->work);
	cluster_watch_del(p->cl, &p->watch);
}

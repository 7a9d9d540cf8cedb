/* producer_send.c: requests and answers of a producer (producer_impl.h). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/producer_impl.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_init_producer_id.h"
#include "wire/msg_produce.h"

enum { FLIGHT_PARTS = 1024, BACKOFF_MS = 100, BACKOFF_MAX_MS = 1000 };

#define PRODUCER_OF(ptr, member) \
	((struct producer *)(void *)((char *)(ptr) - \
	    offsetof(struct producer, member)))

static int64_t
backoff(const struct producer *p, int attempt)
{
	const struct cluster_config *cf = cluster_conf(p->cl);

	return retry_backoff(attempt, cf->backoff_ms, cf->backoff_max_ms,
	    (uint32_t)(p->stats.retries * 2654435761u) >> 7);
}

/* The partition has nothing left: off the list. */
static void
maybe_idle(struct ppart *pp)
{
	if (!pp->busy || pp->open != NULL || pp->q.n > 0)
		return;
	pp->busy = false;
	TAILQ_REMOVE(&pp->topic->p->busy, pp, link);
}

static void
give_up(struct ppart *pp, struct batch *b, int32_t bad, const struct kerr *e)
{
	struct producer *p = pp->topic->p;

	pqueue_drop(&pp->q, &b->item);
	report(p, pp, b, -1, bad, e);
	batch_free(p, b);
	maybe_idle(pp);
}

static void
acknowledged(struct ppart *pp, struct batch *b, int64_t offset)
{
	struct producer *p = pp->topic->p;

	pqueue_done(&pp->q, &b->item);
	kerr_clear(&p->trouble);
	report(p, pp, b, offset, -1, NULL);
	batch_free(p, b);
	maybe_idle(pp);
}

static void
split(struct ppart *pp, struct batch *b, const struct kerr *why)
{
	struct producer *p = pp->topic->p;
	struct kerr e = KERR_INIT;
	struct batch *first, *second;

	if (b->item.count < 2) {
		give_up(pp, b, 0, why);
		return;
	}
	if (batch_halve(p, b, &first, &second, &e) != 0) {
		give_up(pp, b, -1, &e);
		return;
	}
	log_line(LOG_INFO, LOG_CLIENT, "%s[%d]: a batch of %zu bytes is too "
	    "large: split", pp->topic->name, (int)pp->index, b->size);
	if (b->size / 2 < pp->topic->batch_bytes && b->size > 16384)
		pp->topic->batch_bytes = b->size / 2;
	pqueue_split(&pp->q, &b->item, &first->item, &second->item);
	batch_free(p, b);
}

/* A batch came back with an error. answered: the broker said so. */
static void
failed(struct ppart *pp, struct batch *b, int32_t bad, const struct kerr *e,
    bool answered)
{
	struct producer *p = pp->topic->p;
	enum retry_action action = retry_policy(e, b->item.attempts,
	    p->cf.idempotent);
	int64_t now = loop_now(p->loop);

	if (!answered)
		b->item.uncertain = true;
	switch (action) {
	case RETRY_DONE:
		acknowledged(pp, b, -1);
		return;
	case RETRY_SPLIT:
		split(pp, b, e);
		return;
	case RETRY_NEW_ID:
		if (!pqueue_out_of_order(&pp->q, &b->item))
			give_up(pp, b, bad, e);
		break;
	case RETRY_AGAIN:
	case RETRY_REFRESH:
	case RETRY_COORDINATOR:
		p->trouble = *e;
		if (e->code == KE_BROKER &&
		    (e->kafka == ERR_REQUEST_TIMED_OUT ||
		    e->kafka == ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND))
			answered = false;
		pqueue_retry(&pp->q, &b->item, answered,
		    now + backoff(p, ++pp->q.failures));
		if (action == RETRY_REFRESH)
			cluster_refresh(p->cl);
		break;
	case RETRY_FAIL:
		give_up(pp, b, bad, e);
		return;
	}
	p->stats.retries++;
}

static void
partition_answered(struct ppart *pp, struct batch *b,
    const struct produce_response_partition *r)
{
	struct kerr e = KERR_INIT;
	int32_t bad = -1;
	struct kstr text = r->error_message;

	if (r->error_code == 0) {
		acknowledged(pp, b, r->base_offset);
		return;
	}
	if (r->record_errors.n > 0) {
		bad = r->record_errors.v[0].batch_index;
		if (bad < 0 || bad >= b->item.count)
			bad = -1;
		else if (r->record_errors.v[0].batch_index_error_message.len > 0)
			text = r->record_errors.v[0].batch_index_error_message;
	}
	if (text.len > 0)
		kerr_kafka(&e, r->error_code, "%s: %.*s",
		    kerror_name(r->error_code), (int)text.len, text.p);
	else
		kerr_kafka(&e, r->error_code, "%s: %s",
		    kerror_name(r->error_code), kerror_text(r->error_code));
	failed(pp, b, bad, &e, true);
}

/* The answer for one partition of the request, or NULL. */
static const struct produce_response_partition *
answer_for(const struct produce_response *rsp, const struct ppart *pp)
{
	for (int i = 0; i < rsp->responses.n; i++) {
		if (!kstr_eq(rsp->responses.v[i].name, kstr(pp->topic->name)))
			continue;
		for (int j = 0; j < rsp->responses.v[i].partition_responses.n;
		    j++)
			if (rsp->responses.v[i].partition_responses.v[j].index
			    == pp->index)
				return &rsp->responses.v[i]
				    .partition_responses.v[j];
	}
	return NULL;
}

static void
landed(void *arg, struct reply *r)
{
	struct flight *f = arg;
	struct producer *p = f->p;
	const struct produce_response_partition *a;
	struct kerr missing = KERR_INIT;

	if (p == NULL) {
		for (int i = 0; i < f->n; i++)
			batch_free(NULL, f->v[i].batch);
		goto out;
	}
	TAILQ_REMOVE(&p->flights, f, link);
	kerr_set(&missing, KE_PROTO, "the broker did not answer for the "
	    "partition");
	for (int i = 0; i < f->n; i++) {
		if (r->err.code != 0)
			failed(f->v[i].part, f->v[i].batch, -1, &r->err,
			    false);
		else if (p->cf.acks == 0)
			acknowledged(f->v[i].part, f->v[i].batch, -1);
		else if ((a = answer_for(r->msg, f->v[i].part)) != NULL)
			partition_answered(f->v[i].part, f->v[i].batch, a);
		else
			failed(f->v[i].part, f->v[i].batch, -1, &missing,
			    false);
	}
	producer_kick(p);
	if (p->cf.acks == 0)	/* no answer ends the wait of who flushes */
		loop_stop(p->loop);
out:
	reply_free(r);
	free(f);
}

static int
flights_to(const struct producer *p, int32_t broker)
{
	const struct flight *f;
	int n = 0;

	TAILQ_FOREACH(f, &p->flights, link)
		n += f->broker == broker;
	return n;
}

static void
take_off(struct producer *p, struct flight *f)
{
	struct produce_request req;
	struct produce_request_topic topic = { 0 };
	struct produce_request_partition *v;
	struct call_options opt = { .timeout_ms = p->cf.request_ms };

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
	req.acks = (int16_t)p->cf.acks;
	req.timeout_ms = (int32_t)p->cf.request_ms;
	req.topic_data.v = &topic;
	req.topic_data.n = 1;
	if (p->cf.acks == 0)
		opt.flags = CALL_NO_REPLY;
	TAILQ_INSERT_TAIL(&p->flights, f, link);
	cluster_send(p->cl, f->broker, API_PRODUCE, &req, &opt, landed, f);
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
		give_up(pp, b, -1, &e);
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
	take_off(p, f);
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
		give_up(pp, (struct batch *)it, -1, &e);
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
			give_up(pp, (struct batch *)it, -1, e);
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

static void
id_came(void *arg, struct reply *r)
{
	struct producer *p = arg;
	const struct init_producer_id_response *rsp = r->msg;
	struct kerr e = r->err;

	p->id_call = NULL;
	p->id_state = ID_NONE;
	if (e.code == 0 && rsp->error_code != 0)
		kerr_kafka(&e, rsp->error_code, "InitProducerId: %s",
		    kerror_name(rsp->error_code));
	if (e.code == 0) {
		p->id = rsp->producer_id;
		p->epoch = rsp->producer_epoch;
		p->id_state = ID_KNOWN;
		for (struct ptopic *t = p->topics; t != NULL; t = t->next)
			for (int32_t i = 0; i < t->n; i++)
				t->part[i].q.epoch = p->epoch;
	} else if (retry_policy(&e, ++p->id_failures, true) == RETRY_FAIL) {
		p->id_state = ID_FAILED;
		p->id_err = e;
	} else {
		p->trouble = e;
		p->id_retry_at = loop_now(p->loop) + backoff(p,
		    p->id_failures);
	}
	reply_free(r);
	producer_kick(p);
}

void
producer_ask_id(struct producer *p)
{
	struct init_producer_id_request req;

	if (p->id_state != ID_NONE || p->id_retry_at > loop_now(p->loop))
		return;
	kmsg_defaults(&init_producer_id_request_msg, &req);
	req.transactional_id = KSTR_NULL;	/* its default is "", not null */
	req.transaction_timeout_ms = 60000;
	p->id_state = ID_ASKING;
	p->id_call = cluster_send(p->cl, BROKER_ANY, API_INIT_PRODUCER_ID,
	    &req, NULL, id_came, p);
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
		maybe_idle(pp);
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

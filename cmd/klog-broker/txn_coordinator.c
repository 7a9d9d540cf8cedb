/*
 * txn_coordinator.c: the transaction coordinator's place in the broker: what
 * the state machine asks for, done, and told back to it. Markers, which it
 * asks for as well, are txn_marking.c.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "journal.h"
#include "places.h"
#include "request.h"
#include "txn_coordinator_impl.h"

/* A record of t's on its way. */
struct written {
	struct journal_wait wait;
	struct txn_coordinator *tc;
	struct txn	 *txn;
	LIST_ENTRY(written) link;
};

static void
record_written(struct journal_wait *jw, int16_t error)
{
	struct written *w = (struct written *)((char *)jw -
	    offsetof(struct written, wait));
	struct broker *b = w->tc->broker;
	struct txn *t = w->txn;

	LIST_REMOVE(w, link);
	free(w);
	txns_written(txn_coordinator_enter(b), t, error);
	txn_coordinator_leave(b);
}

static void
put(void *arg, int32_t partition, const void *key, size_t key_len,
    const void *value, size_t value_len, struct txn *t)
{
	struct txn_coordinator *tc = arg;
	struct journal_record jr = {
		.key = key,
		.key_len = key_len,
		.value = value,
		.value_len = value_len,
		.timestamp = sys_now_ms(tc->broker->sys),
		.producer_id = -1,
		.producer_epoch = -1,
	};
	struct written *w;

	/* a partition that is lost forgets its ids, so that is ready */
	journal_put(tc->journal, partition, &jr);
	if (t == NULL)
		return;
	w = xcalloc(1, sizeof(*w));
	w->wait.done = record_written;
	w->tc = tc;
	w->txn = t;
	LIST_INSERT_HEAD(&tc->written, w, link);
	journal_wait(tc->journal, partition, &w->wait);
}

static void
got_id(void *arg, int64_t id)
{
	struct txn_call *c = arg;
	struct broker *b = c->request->broker;

	txns_new_id(txn_coordinator_enter(b), c, id);
	txn_coordinator_leave(b);
}

static void
need_id(void *arg, struct txn_call *c)
{
	struct txn_coordinator *tc = arg;

	control_producer_id(tc->broker, got_id, c);
}

static void
take_record(void *arg, int32_t partition, const struct batch_header *h,
    const struct record *r)
{
	struct txn_coordinator *tc = arg;
	struct kerr e = KERR_INIT;

	if (batch_is_control(h))
		return;
	if (r->key_len < 0)
		kerr_set(&e, KE_PROTO, "no key");
	else
		txns_replay(tc->txns, partition, r->key, (size_t)r->key_len,
		    r->value, r->value_len > 0 ? (size_t)r->value_len : 0, &e);
	if (e.code != 0)
		log_line(LOG_WARN, LOG_BROKER, TXN_TOPIC "-%d, offset %lld: "
		    "%s: the record is left out", partition,
		    (long long)r->offset, e.msg);
}

static void
loaded(void *arg, int32_t partition)
{
	struct txn_coordinator *tc = arg;

	txns_loaded(txn_coordinator_enter(tc->broker), partition,
	    journal_epoch(tc->journal, partition));
	txn_coordinator_leave(tc->broker);
}

static void
lost(void *arg, int32_t partition)
{
	struct txn_coordinator *tc = arg;

	txns_unload(tc->txns, partition);
}

static const struct journal_ops journal_ops = { take_record, loaded, lost };

static void
tick(struct loop_timer *t)
{
	struct txn_coordinator *tc = (struct txn_coordinator *)((char *)t -
	    offsetof(struct txn_coordinator, timer));

	tc->due = INT64_MAX;
	txns_tick(txn_coordinator_enter(tc->broker));
	txn_coordinator_leave(tc->broker);
}

/* As Apache Kafka makes it. */
static void
topic_configs(struct txn_coordinator *tc)
{
	const struct broker_config *bc = tc->broker->config;
	const char *configs[] = {
		"unclean.leader.election.enable", "false",
		"compression.type", "uncompressed",
		"cleanup.policy", "compact",
		"min.insync.replicas", tc->min_isr,
		"segment.bytes", tc->segment_bytes,
	};

	_Static_assert(sizeof(configs) < sizeof(tc->configs), "NULL at the end");
	snprintf(tc->min_isr, sizeof(tc->min_isr), "%d",
	    bc->transaction_log_min_isr);
	snprintf(tc->segment_bytes, sizeof(tc->segment_bytes), "%d",
	    bc->transaction_log_segment_bytes);
	memcpy(tc->configs, configs, sizeof(configs));
}

struct txn_coordinator *
txn_coordinator_new(struct broker *b)
{
	struct txn_coordinator *tc = xcalloc(1, sizeof(*tc));
	const struct broker_config *bc = b->config;
	const struct txns_ops ops = { put, txn_marking_start, need_id, tc };
	const struct txns_config c = {
		.max_timeout_ms = bc->transaction_max_timeout_ms,
		.expire_ms = bc->transactional_id_expiration_ms,
		.abort_interval_ms = bc->transaction_abort_interval_ms,
		.expire_interval_ms = bc->transaction_remove_interval_ms,
	};
	struct journal_topic t = {
		.name = TXN_TOPIC,
		.partitions = bc->transaction_log_partitions,
		.replicas = bc->transaction_log_replicas,
	};

	tc->broker = b;
	topic_configs(tc);
	t.configs = tc->configs;
	LIST_INIT(&tc->markings);
	LIST_INIT(&tc->written);
	tc->journal = journal_new(b, &t, &journal_ops, tc);
	tc->txns = txns_new(&c, t.partitions, &ops);
	tc->due = INT64_MAX;
	loop_timer_init(&tc->timer, control_loop(b), tick);
	return tc;
}

void
txn_coordinator_free(struct txn_coordinator *tc)
{
	struct written *w;

	loop_timer_cancel(&tc->timer);
	txns_free(tc->txns);
	txn_marking_end(tc);
	while ((w = LIST_FIRST(&tc->written)) != NULL) {
		LIST_REMOVE(w, link);
		free(w);
	}
	journal_free(tc->journal);
	free(tc);
}

void
txn_coordinator_changed(struct broker *b, const struct image *im,
    const struct places *pl)
{
	struct txn_coordinator *tc = b->txn_coordinator;
	const struct image_topic *t = image_topic(im, kstr(TXN_TOPIC));

	if (!places_touch(pl, kstr(TXN_TOPIC)))
		return;
	if (t != NULL)
		txns_set_partitions(tc->txns, t->n);
	journal_follow(tc->journal, im);
}

struct call {
	struct journal_wait wait;
	struct request	*r;
	struct kstr	 id;
	void		(*then)(struct request *, int16_t);
};

static void
call_came(struct journal_wait *w, int16_t error)
{
	struct call *call = (struct call *)((char *)w -
	    offsetof(struct call, wait));

	call->then(call->r, error);
}

static struct call *
new_call(struct request *r, struct kstr id,
    void (*then)(struct request *, int16_t))
{
	struct call *call = arena_alloc(&r->arena, sizeof(*call));

	call->wait.done = call_came;
	call->r = r;
	call->id = id;
	call->then = then;
	return call;
}

static void
ask(struct call *call)
{
	struct txn_coordinator *tc = call->r->broker->txn_coordinator;

	journal_ready(tc->journal, txns_partition(tc->txns, call->id),
	    &call->wait);
}

static void
arrived(struct request *r)
{
	ask(r->state);
}

void
txn_coordinator_call(struct request *r, struct kstr id,
    void (*then)(struct request *, int16_t))
{
	r->state = new_call(r, id, then);
	control_call(r, arrived);
}

void
txn_coordinator_ask(struct request *r, struct kstr id,
    void (*then)(struct request *, int16_t))
{
	ask(new_call(r, id, then));
}

struct txns *
txn_coordinator_enter(struct broker *b)
{
	struct txn_coordinator *tc = b->txn_coordinator;

	txns_time(tc->txns, sys_mono_ns(b->sys) / 1000000,
	    sys_now_ms(b->sys));
	return tc->txns;
}

void
txn_coordinator_leave(struct broker *b)
{
	struct txn_coordinator *tc = b->txn_coordinator;
	int64_t next = txns_next(tc->txns), in;

	if (next >= tc->due)
		return;
	in = next - sys_mono_ns(b->sys) / 1000000;
	tc->due = next;
	loop_timer_set(&tc->timer, in > 0 ? in : 0);
}

bool
txn_coordinator_loading(const struct broker *b)
{
	return journal_loading(b->txn_coordinator->journal);
}

struct need {
	struct journal_wait wait;
	struct request	*r;
	void		(*done)(struct request *, int16_t);
};

static void
needed(struct journal_wait *w, int16_t error)
{
	struct need *n = (struct need *)((char *)w -
	    offsetof(struct need, wait));

	n->done(n->r, error);
}

void
txn_coordinator_need(struct request *r,
    void (*done)(struct request *, int16_t))
{
	struct need *n = arena_alloc(&r->arena, sizeof(*n));

	n->r = r;
	n->done = done;
	n->wait.done = needed;
	journal_need(r->broker->txn_coordinator->journal, &n->wait);
}

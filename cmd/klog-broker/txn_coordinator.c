/*
 * txn_coordinator.c: the transaction coordinator's place in the broker: what
 * the state machine asks for, done, and told back to it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "coordinator_impl.h"
#include "journal.h"
#include "markers.h"
#include "places.h"
#include "request.h"
#include "txn_coordinator.h"
#include "wire/kerror.h"

#define OFFSETS	"__consumer_offsets"

struct txn_coordinator {
	struct broker	  *broker;
	struct journal	  *journal;
	struct txns	  *txns;
	struct loop_timer  timer;
	int64_t		   due;		/* when it fires; INT64_MAX: never */
	LIST_HEAD(, marking) markings;	/* under way */
	LIST_HEAD(, written) written;	/* records under way */
	char		   segment_bytes[16], min_isr[16];
	const char	  *configs[12];
};

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

/* A marker on its way. */
struct marking {
	struct journal_wait wait;
	struct txn_coordinator *tc;
	const struct txn_marker *k;
	struct txn_marks *who;
	int32_t		  next;		/* partition to look at */
	bool		  inside, came;
	struct markers	 *markers;	/* once they are being written */
	LIST_ENTRY(marking) link;
};

static void
free_marking(struct marking *mk)
{
	LIST_REMOVE(mk, link);
	if (mk->markers != NULL)
		markers_free(mk->markers);
	free(mk);
}

static void
find_partition(struct broker *b, const struct txn_mark *mark,
    struct marker_part *mp)
{
	const struct image_topic *t = image_topic(control_durable(b),
	    mark->topic);
	const struct image_partition *ip;

	ip = t != NULL ? image_partition(t, mark->partition) : NULL;
	if (ip == NULL)
		mp->error = ERR_UNKNOWN_TOPIC_OR_PARTITION;
	else if (ip->local == NULL)
		mp->error = ERR_NOT_LEADER_OR_FOLLOWER;
	else
		mp->partition = partition_ref(ip->local);
}

/* What a marker of the offsets topic ends is known to its coordinator, too. */
static void
marked(struct markers *m)
{
	struct marking *mk = m->arg;
	struct broker *b = m->broker;
	struct txn_marks *who = mk->who;

	for (int32_t i = 0; i < m->n; i++) {
		struct txn_mark *mark = &mk->k->v[i];

		mark->error = m->part[i].error;
		if (mark->error == 0 && strcmp(partition_topic(
		    m->part[i].partition), OFFSETS) == 0)
			coordinator_txn_end(b, partition_index(
			    m->part[i].partition), m->marker.producer_id,
			    m->marker.commit);
	}
	free_marking(mk);
	txns_marked(txn_coordinator_enter(b), who);
	txn_coordinator_leave(b);
}

static void
start_markers(struct marking *mk)
{
	struct broker *b = mk->tc->broker;
	struct markers *m = markers_new(b, mk->k->n);

	m->marker = (struct marker){
		.producer_id = mk->k->producer_id,
		.producer_epoch = mk->k->producer_epoch,
		.commit = mk->k->commit,
		.coordinator_epoch = mk->k->coordinator_epoch,
	};
	for (int32_t i = 0; i < m->n; i++)
		find_partition(b, &mk->k->v[i], &m->part[i]);
	m->done = marked;
	m->arg = mk;
	mk->markers = m;
	markers_write(m);
}

/* Offsets that the group coordinator was given for the transaction come before
 * its marker. */
static void
mark_on(struct marking *mk)
{
	while (mk->next < mk->k->n) {
		const struct txn_mark *m = &mk->k->v[mk->next++];

		if (!kstr_eq(m->topic, kstr(OFFSETS)))
			continue;
		mk->inside = true;
		mk->came = false;
		coordinator_wait(mk->tc->broker, m->partition, &mk->wait);
		mk->inside = false;
		if (!mk->came)
			return;
	}
	start_markers(mk);
}

static void
offsets_came(struct journal_wait *jw, int16_t error)
{
	struct marking *mk = (struct marking *)((char *)jw -
	    offsetof(struct marking, wait));

	mk->came = true;
	if (!mk->inside)
		mark_on(mk);
}

static void
mark(void *arg, const struct txn_marker *k, struct txn_marks *who)
{
	struct marking *mk = xcalloc(1, sizeof(*mk));

	mk->tc = arg;
	mk->k = k;
	mk->who = who;
	mk->wait.done = offsets_came;
	LIST_INSERT_HEAD(&mk->tc->markings, mk, link);
	mark_on(mk);
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
	const struct txns_ops ops = { put, mark, need_id, tc };
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
	struct marking *mk;
	struct written *w;

	loop_timer_cancel(&tc->timer);
	txns_free(tc->txns);
	while ((mk = LIST_FIRST(&tc->markings)) != NULL) {
		txns_marked(NULL, mk->who);
		free_marking(mk);
	}
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

/* txn_calls.c: what requests make of a transactional id. */
#include <assert.h>

#include "txn_impl.h"
#include "wire/kerror.h"

/* The id is on its way to `next`; what comes now waits for that. parts NULL:
 * none in the record. */
static void
change(struct txns *ts, struct txn *t, struct txn_call *c,
    const struct txn_parts *parts)
{
	t->busy = true;
	t->caller = c;
	t->next.update_ms = ts->wall;
	txn_put(ts, t, &t->next, parts, true);
}

static bool
is_preparing(const struct txn *t)
{
	return t->now.status == TXN_PREPARE_COMMIT ||
	    t->now.status == TXN_PREPARE_ABORT;
}

/* The client would come again; so it may as well stay, but not for ever. */
static void
hold(struct txns *ts, struct txn *t, struct txn_call *c)
{
	if (c->until == 0)
		c->until = ts->mono + TXN_HOLD_MS;
	if (c->until <= ts->mono) {
		txn_done(c, ERR_CONCURRENT_TRANSACTIONS);
		return;
	}
	TAILQ_INSERT_TAIL(&t->held, c, link);
	txn_look_at(ts, c->until);
}

/* InitProducerId. */

static bool
is_exhausted(int16_t epoch)
{
	return epoch >= TXN_LAST_EPOCH;
}

/* Is who asks the producer that it says it is, or was just now (KIP-360)? */
static bool
is_known(const struct txn_state *s, const struct txn_call *c)
{
	if (c->producer_id < 0 || s->epoch < 0 ||
	    c->producer_id == s->producer_id)
		return true;
	return c->producer_id == s->last_producer_id &&
	    is_exhausted(c->producer_epoch);
}

static bool
need_id(struct txns *ts, struct txn_call *c)
{
	if (c->new_id >= 0)
		return false;
	ts->ops.need_id(ts->ops.arg, c);
	return true;
}

/* A new producer id, epoch 0. */
static void
rotate(struct txns *ts, struct txn *t, struct txn_call *c)
{
	if (need_id(ts, c))
		return;
	t->next = (struct txn_state){
		.status = TXN_EMPTY,
		.producer_id = c->new_id,
		.epoch = 0,
		.timeout_ms = c->timeout_ms,
		.start_ms = -1,
		.last_producer_id = t->now.producer_id,
		.last_epoch = c->producer_id >= 0 ? t->now.epoch : -1,
	};
	change(ts, t, c, NULL);
}

/* The next epoch; a client that repeats itself gets the one it got. */
static void
bump(struct txns *ts, struct txn *t, struct txn_call *c)
{
	int16_t epoch = (int16_t)(t->now.epoch + 1), last = -1;

	if (c->producer_id >= 0) {
		if (t->now.epoch < 0 || c->producer_epoch == t->now.epoch) {
			last = t->now.epoch;
		} else if (c->producer_epoch == t->now.last_epoch) {
			epoch = t->now.epoch;
			last = t->now.last_epoch;
		} else {
			txn_done(c, ERR_PRODUCER_FENCED);
			return;
		}
	}
	t->next = (struct txn_state){
		.status = TXN_EMPTY,
		.producer_id = t->now.producer_id,
		.epoch = epoch,
		.timeout_ms = c->timeout_ms,
		.start_ms = -1,
		.last_producer_id = t->now.producer_id,
		.last_epoch = last,
	};
	change(ts, t, c, NULL);
}

/* The epoch of an open transaction moves on, which shuts its producer out, and
 * the transaction is aborted. Nobody ever gets that epoch. */
static void
fence(struct txns *ts, struct txn *t, struct txn_call *c)
{
	t->next = t->now;
	t->next.status = TXN_PREPARE_ABORT;
	t->next.epoch = (int16_t)(t->now.epoch + 1);
	t->next.last_epoch = -1;
	change(ts, t, c, &t->parts);
}

void
txn_abort_late(struct txns *ts, struct txn *t)
{
	fence(ts, t, NULL);
}

static void
init(struct txns *ts, struct txn_call *c, int32_t home)
{
	struct txn *t = txn_find(ts, c->id);

	if (t == NULL) {
		if (need_id(ts, c))
			return;
		t = txn_need(ts, c->id, home);
		t->now.status = TXN_EMPTY;
		t->now.producer_id = c->new_id;
		t->now.timeout_ms = c->timeout_ms;
		t->now.update_ms = ts->wall;
	}
	if (t->busy)
		hold(ts, t, c);
	else if (!is_known(&t->now, c))
		txn_done(c, ERR_PRODUCER_FENCED);
	else if (is_preparing(t))
		hold(ts, t, c);
	else if (t->now.status == TXN_ONGOING)
		fence(ts, t, c);
	else if (is_exhausted(t->now.epoch) && (c->producer_id < 0 ||
	    c->producer_epoch == t->now.epoch))
		rotate(ts, t, c);
	else
		bump(ts, t, c);
}

/* AddPartitionsToTxn, AddOffsetsToTxn. */

static bool
has_all(const struct txn *t, const struct txn_call *c)
{
	for (int32_t i = 0; i < c->n_topics; i++)
		for (int32_t j = 0; j < c->topics[i].partitions.n; j++)
			if (!txn_parts_has(&t->parts, c->topics[i].name,
			    c->topics[i].partitions.v[j]))
				return false;
	return true;
}

static void
add_all(struct txns *ts, struct txn *t, struct txn_call *c)
{
	t->next = t->now;
	if (t->now.status != TXN_ONGOING) {
		t->next.status = TXN_ONGOING;
		t->next.start_ms = ts->wall;
	}
	txn_parts_release(&t->next_parts);
	txn_parts_copy(&t->next_parts, &t->parts);
	for (int32_t i = 0; i < c->n_topics; i++)
		for (int32_t j = 0; j < c->topics[i].partitions.n; j++)
			txn_parts_add(&t->next_parts, c->topics[i].name,
			    c->topics[i].partitions.v[j]);
	change(ts, t, c, &t->next_parts);
}

static void
add(struct txns *ts, struct txn_call *c)
{
	struct txn *t = txn_find(ts, c->id);

	if (t == NULL || t->now.producer_id != c->producer_id)
		txn_done(c, ERR_INVALID_PRODUCER_ID_MAPPING);
	else if (t->now.epoch != c->producer_epoch)
		txn_done(c, ERR_PRODUCER_FENCED);
	else if (t->busy || is_preparing(t))
		hold(ts, t, c);
	else if (t->now.status == TXN_ONGOING && has_all(t, c))
		txn_done(c, ERR_NONE);
	else
		add_all(ts, t, c);
}

/* EndTxn. */

static void
end(struct txns *ts, struct txn_call *c)
{
	struct txn *t = txn_find(ts, c->id);
	enum txn_status prepare = c->commit ? TXN_PREPARE_COMMIT :
	    TXN_PREPARE_ABORT;
	enum txn_status complete = c->commit ? TXN_COMPLETE_COMMIT :
	    TXN_COMPLETE_ABORT;

	if (t == NULL || t->now.producer_id != c->producer_id) {
		txn_done(c, ERR_INVALID_PRODUCER_ID_MAPPING);
	} else if (t->now.epoch != c->producer_epoch) {
		txn_done(c, ERR_PRODUCER_FENCED);
	} else if (t->busy || t->now.status == prepare) {
		hold(ts, t, c);
	} else if (t->now.status == TXN_ONGOING) {
		t->next = t->now;
		t->next.status = prepare;
		change(ts, t, c, &t->parts);
	} else {
		txn_done(c, t->now.status == complete ? ERR_NONE :
		    ERR_INVALID_TXN_STATE);
	}
}

void
txns_call(struct txns *ts, struct txn_call *c)
{
	int32_t home;

	if (c->id.len <= 0) {
		txn_done(c, ERR_INVALID_REQUEST);
		return;
	}
	if (c->op == TXN_INIT && (c->timeout_ms <= 0 ||
	    c->timeout_ms > ts->config.max_timeout_ms)) {
		txn_done(c, ERR_INVALID_TRANSACTION_TIMEOUT);
		return;
	}
	home = txns_partition(ts, c->id);
	if (!ts->homes[home].ready)
		txn_done(c, ERR_NOT_COORDINATOR);
	else if (c->op == TXN_INIT)
		init(ts, c, home);
	else if (c->op == TXN_ADD)
		add(ts, c);
	else
		end(ts, c);
}

void
txns_new_id(struct txns *ts, struct txn_call *c, int64_t id)
{
	c->new_id = id;
	if (id < 0)
		txn_done(c, ERR_KAFKA_STORAGE_ERROR);
	else
		txns_call(ts, c);
}

/* What is durable now is so; its caller is told. */
static void
take_effect(struct txn *t)
{
	bool fenced = t->next.epoch != t->now.epoch;
	int64_t start_ms = t->now.start_ms;
	struct txn_call *c = t->caller;

	t->now = t->next;
	if (t->now.status == TXN_EMPTY)
		t->now.start_ms = start_ms;	/* told until the next one */
	if (t->now.status == TXN_ONGOING) {
		txn_parts_release(&t->parts);
		t->parts = t->next_parts;
		t->next_parts = (struct txn_parts){ NULL, 0, 0 };
	}
	t->caller = NULL;
	if (c == NULL)
		return;
	if (c->op == TXN_INIT && is_preparing(t) && fenced) {
		/* it comes again, and gets the epoch after that one */
		txn_done(c, ERR_CONCURRENT_TRANSACTIONS);
		return;
	}
	if (c->op == TXN_INIT) {
		c->producer_id = t->now.producer_id;
		c->producer_epoch = t->now.epoch;
	}
	txn_done(c, ERR_NONE);
}

void
txns_written(struct txns *ts, struct txn *t, int16_t error)
{
	struct txn_call *c = t->caller;

	assert(t->busy);
	t->busy = false;
	if (error != 0) {
		t->caller = NULL;
		if (c != NULL)
			txn_done(c, error);
		return;
	}
	if (t->next.status == TXN_DEAD) {
		txn_drop(ts, t);
		return;
	}
	take_effect(t);
	if (is_preparing(t))
		txn_go_on(ts, t);
	else
		txn_release(ts, t);
}

int16_t
txns_verify(const struct txns *ts, struct kstr id, int64_t producer_id,
    int16_t epoch, struct kstr topic, int32_t partition)
{
	const struct txn *t;

	if (id.len <= 0)
		return ERR_INVALID_REQUEST;
	if (!ts->homes[txns_partition(ts, id)].ready)
		return ERR_NOT_COORDINATOR;
	t = txn_find(ts, id);
	if (t == NULL || t->now.producer_id != producer_id)
		return ERR_INVALID_PRODUCER_ID_MAPPING;
	if (t->now.epoch != epoch)
		return ERR_PRODUCER_FENCED;
	if (is_preparing(t))
		return ERR_CONCURRENT_TRANSACTIONS;
	return txn_parts_has(&t->parts, topic, partition) ? ERR_NONE :
	    ERR_TRANSACTION_ABORTABLE;
}

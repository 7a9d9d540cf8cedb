/*
 * txn_records.c: the state of a transactional id as a record of
 * `__transaction_state`, in the version that Apache Kafka writes while
 * transaction.version is not finalized, and back.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "txn_impl.h"
#include "wire/codec.h"
#include "wire/msg_txn_records.h"
#include "wire/versioned.h"

enum { KEY_VERSION = 0, VALUE_VERSION = 0 };

static void
put_message(struct buf *b, const struct kmessage *msg, int16_t version,
    const void *in)
{
	int rc;

	buf_clear(b);
	rc = versioned_put(b, msg, version, in);
	assert(rc >= 0);
}

static void
put_key(struct txns *ts, const struct txn *t)
{
	struct transaction_log_key k = { t->id };

	put_message(&ts->key, &transaction_log_key_msg, KEY_VERSION, &k);
}

/* The partitions by topic, in the order in which the topics came. Memory is
 * one block, to be freed. */
static void *
by_topic(const struct txn_parts *s, struct transaction_log_value *v)
{
	struct transaction_log_value_transaction_partition *out;
	size_t n = (size_t)s->n;
	int32_t *ids, j;

	out = xcalloc(n + 1, sizeof(*out) + sizeof(*ids));
	ids = (int32_t *)(void *)(out + n + 1);
	v->transaction_partitions.v = out;
	v->transaction_partitions.n = 0;
	for (int32_t i = 0; i < s->n; i++) {
		for (j = 0; j < i; j++)
			if (kstr_eq(s->v[j].topic, s->v[i].topic))
				break;
		if (j < i)
			continue;	/* its topic was there before */
		out = &v->transaction_partitions.v[
		    v->transaction_partitions.n++];
		out->topic = s->v[i].topic;
		out->partition_ids.v = ids;
		for (; j < s->n; j++)
			if (kstr_eq(s->v[j].topic, s->v[i].topic))
				*ids++ = s->v[j].partition;
		out->partition_ids.n = (int32_t)(ids - out->partition_ids.v);
	}
	return v->transaction_partitions.v;
}

void
txn_put(struct txns *ts, struct txn *t, const struct txn_state *s,
    const struct txn_parts *parts, bool tell)
{
	struct transaction_log_value v;
	void *mem = NULL;

	kmsg_defaults(&transaction_log_value_msg, &v);
	v.producer_id = s->producer_id;
	v.producer_epoch = s->epoch;
	v.transaction_timeout_ms = s->timeout_ms;
	v.transaction_status = (int8_t)s->status;
	v.transaction_last_update_timestamp_ms = s->update_ms;
	v.transaction_start_timestamp_ms = s->start_ms;
	if (parts != NULL)
		mem = by_topic(parts, &v);
	else
		v.transaction_partitions.n = -1;
	put_key(ts, t);
	put_message(&ts->value, &transaction_log_value_msg, VALUE_VERSION, &v);
	free(mem);
	ts->ops.put(ts->ops.arg, t->home, ts->key.p, ts->key.len, ts->value.p,
	    ts->value.len, tell ? t : NULL);
}

void
txn_put_tombstone(struct txns *ts, struct txn *t)
{
	put_key(ts, t);
	ts->ops.put(ts->ops.arg, t->home, ts->key.p, ts->key.len, NULL, 0, t);
}

static bool
is_status(int8_t status)
{
	return (status >= TXN_EMPTY && status <= TXN_COMPLETE_ABORT);
}

static int
take_value(struct txns *ts, struct kstr id, int32_t home,
    const struct transaction_log_value *v, struct kerr *e)
{
	struct txn *t;

	if (!is_status(v->transaction_status))
		return kerr_set(e, KE_PROTO, "transactional id %.*s in state "
		    "%d", (int)id.len, id.p, v->transaction_status);
	t = txn_need(ts, id, home);
	t->now = (struct txn_state){
		.status = (enum txn_status)v->transaction_status,
		.producer_id = v->producer_id,
		.epoch = v->producer_epoch,
		.timeout_ms = v->transaction_timeout_ms,
		.start_ms = v->transaction_start_timestamp_ms,
		.update_ms = v->transaction_last_update_timestamp_ms,
		.last_producer_id = -1,
		.last_epoch = -1,
	};
	txn_parts_release(&t->parts);
	for (int32_t i = 0; i < v->transaction_partitions.n; i++) {
		const struct transaction_log_value_transaction_partition *p =
		    &v->transaction_partitions.v[i];

		for (int32_t j = 0; j < p->partition_ids.n; j++)
			txn_parts_add(&t->parts, p->topic,
			    p->partition_ids.v[j]);
	}
	return 0;
}

int
txns_replay(struct txns *ts, int32_t home, const void *key, size_t key_len,
    const void *value, size_t value_len, struct kerr *e)
{
	struct transaction_log_value v;
	struct transaction_log_key k;
	struct arena a;
	struct txn *t;
	int rc;

	arena_init(&a, 0);
	rc = versioned_get(&transaction_log_key_msg, key, key_len, &a, &k, e);
	if (rc == 0 && value == NULL) {
		if ((t = txn_find(ts, k.transactional_id)) != NULL)
			txn_drop(ts, t);
	} else if (rc == 0) {
		rc = versioned_get(&transaction_log_value_msg, value, value_len,
		    &a, &v, e);
		if (rc == 0)
			rc = take_value(ts, k.transactional_id, home, &v, e);
	}
	arena_release(&a);
	return rc;
}

/* txn_marks.c: the end of a transaction: its markers, and what comes after. */
#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "txn_impl.h"
#include "wire/kerror.h"

/* Everything is marked. */
static void
complete(struct txns *ts, struct txn *t)
{
	static const struct txn_parts none;

	t->now.status = t->now.status == TXN_PREPARE_COMMIT ?
	    TXN_COMPLETE_COMMIT : TXN_COMPLETE_ABORT;
	t->now.update_ms = ts->wall;
	txn_put(ts, t, &t->now, &none, false);
	txn_release(ts, t);
}

static void
mark(struct txns *ts, struct txn *t)
{
	struct txn_marks *m = xcalloc(1, sizeof(*m) +
	    (size_t)t->parts.n * sizeof(struct txn_mark));
	struct txn_marker *k = &m->marker;

	m->of = t;
	t->marks = m;
	k->producer_id = t->now.producer_id;
	k->producer_epoch = t->now.epoch;
	k->coordinator_epoch = ts->homes[t->home].epoch;
	k->commit = t->now.status == TXN_PREPARE_COMMIT;
	txn_parts_copy(&m->parts, &t->parts);
	k->v = (struct txn_mark *)(void *)(m + 1);
	k->n = m->parts.n;
	for (int32_t i = 0; i < k->n; i++)
		k->v[i] = (struct txn_mark){ m->parts.v[i].topic,
		    m->parts.v[i].partition, 0 };
	ts->ops.mark(ts->ops.arg, k, m);
}

void
txn_go_on(struct txns *ts, struct txn *t)
{
	assert(t->now.status == TXN_PREPARE_COMMIT ||
	    t->now.status == TXN_PREPARE_ABORT);
	if (t->parts.n > 0)
		mark(ts, t);
	else
		complete(ts, t);
}

/* Whether the partition needs no further try. One that is gone never will
 * have a marker; one where somebody newer has been already has no transaction
 * of this producer any more. */
static bool
is_settled(const struct txn *t, const struct txn_mark *m)
{
	switch (m->error) {
	case ERR_NONE:
	case ERR_UNKNOWN_TOPIC_OR_PARTITION:
		return true;
	case ERR_INVALID_PRODUCER_EPOCH:
	case ERR_TRANSACTION_COORDINATOR_FENCED:
		log_line(LOG_WARN, LOG_BROKER, "transactional id %.*s: no "
		    "marker for %.*s-%d: %s", (int)t->id.len, t->id.p,
		    (int)m->topic.len, m->topic.p, m->partition,
		    kerror_name(m->error));
		return true;
	default:
		return false;
	}
}

void
txns_marked(struct txns *ts, struct txn_marks *m)
{
	const struct txn_marker *k = &m->marker;
	struct txn *t = m->of;

	for (int32_t i = 0; t != NULL && i < k->n; i++)
		if (is_settled(t, &k->v[i]))
			txn_parts_remove(&t->parts, k->v[i].topic,
			    k->v[i].partition);
	txn_parts_release(&m->parts);
	free(m);
	if (t == NULL)
		return;
	t->marks = NULL;
	if (t->parts.n == 0) {
		complete(ts, t);
	} else {
		t->retry_at = ts->mono + TXN_RETRY_MS;
		txn_look_at(ts, t->retry_at);
	}
}

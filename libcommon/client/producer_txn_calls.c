/* producer_txn_calls.c: transactions as they are asked for: each call waits
 * until the state machine (txn.h) stands still (producer.h). */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/producer_impl.h"
#include "wire/api.h"

/* For an abort: the coordinator sees to it later, without being told. */
enum { ABORT_MS = 5000 };

static int
by_topic(const void *a, const void *b)
{
	return strcmp(((const struct producer_offset *)a)->topic,
	    ((const struct producer_offset *)b)->topic);
}

/* Runs the loop until the machine stands still. */
static int
settle(struct producer *p, struct kerr *e)
{
	struct txn *t = &p->txn->t;

	producer_pump(p);
	while (t->phase == TXN_STARTING || t->phase == TXN_COMMITTING ||
	    t->phase == TXN_ABORTING)
		loop_once(p->loop, -1);
	if (t->phase != TXN_DEAD)
		return 0;
	if (e != NULL)
		*e = t->err;
	return t->err.code;
}

/* There are brokers that give ids to producers, and no more than that. */
static bool
lacks_transactions(const struct producer *p)
{
	int32_t broker = p->txn->coordinator;

	return cluster_version(p->cl, broker, API_INIT_PRODUCER_ID) >= 0 &&
	    (cluster_version(p->cl, broker, API_ADD_PARTITIONS_TO_TXN) < 0 ||
	    cluster_version(p->cl, broker, API_END_TXN) < 0);
}

int
producer_start(struct producer *p, struct kerr *e)
{
	int rc;

	if (cluster_connect(p->cl, e) != 0)
		return e->code;
	p->txn->t.give_up_ms = p->cf.request_ms;
	p->txn->t.contact_ms = cluster_conf(p->cl)->contact_ms;
	rc = settle(p, e);
	p->txn->t.contact_ms = 0;
	p->txn->t.give_up_ms = p->cf.delivery_ms;
	if (rc == 0 && lacks_transactions(p))
		rc = kerr_set(e, KE_UNSUPPORTED, "the cluster has no "
		    "transactions");
	return rc;
}

void
producer_begin(struct producer *p)
{
	ptxn_move_all(p, ENROL_WAITING, ENROL_NONE);
	ptxn_move_all(p, ENROLLED, ENROL_NONE);
	txn_begin(&p->txn->t);
}

/* Waits until all that was to be told to coordinators has been. */
static int
wait_told(struct producer *p, struct kerr *e)
{
	struct txn *t = &p->txn->t;

	producer_pump(p);
	while (t->phase == TXN_OPEN && !txn_settled(t))
		loop_once(p->loop, -1);
	if (t->phase == TXN_OPEN)
		return 0;
	*e = t->err;
	return t->err.code;
}

int
producer_add_offsets(struct producer *p, const char *group,
    const struct producer_offset *v, int n, struct kerr *e)
{
	struct ptxn *x = p->txn;

	if (n == 0)
		return 0;
	if (wait_told(p, e) != 0)
		return e->code;
	x->group = xstrdup(group);
	x->offsets = xcalloc((size_t)n, sizeof(*v));
	x->n_offsets = n;
	x->t.group_found = false;
	for (int i = 0; i < n; i++) {
		x->offsets[i] = v[i];
		x->offsets[i].topic = xstrdup(v[i].topic);
		if (v[i].metadata != NULL)
			x->offsets[i].metadata = xstrdup(v[i].metadata);
	}
	qsort(x->offsets, (size_t)n, sizeof(*x->offsets), by_topic);
	txn_add_offsets(&x->t);
	return wait_told(p, e);
}

int
producer_commit(struct producer *p, struct kerr *e)
{
	if (producer_flush(p, NULL, e) != 0 || wait_told(p, e) != 0)
		return e->code;
	p->txn->unshown |= p->txn->t.begun;
	txn_commit(&p->txn->t);
	return settle(p, e);
}

/* What has not left is dropped; what is under way must have come back before
 * the coordinator is told, or it might be written behind the end. */
static bool
call_back(struct producer *p, int64_t until)
{
	struct kerr e = KERR_INIT;
	bool dropped = p->stats.added != p->stats.acked + p->stats.failed;

	kerr_set(&e, KE_CANCELLED, "aborted");
	if (dropped)
		txn_break(&p->txn->t, &e);
	producer_pump(p);
	while ((!TAILQ_EMPTY(&p->flights) || p->txn->call != NULL) &&
	    loop_clock(p->loop) < until)
		loop_once(p->loop, ABORT_MS);
	producer_abandon(p);
	return dropped;
}

int
producer_abort(struct producer *p, struct kerr *e)
{
	struct ptxn *x = p->txn;
	bool dropped = call_back(p, loop_clock(p->loop) + ABORT_MS);
	int rc;

	if (x->call != NULL)
		return kerr_set(e, KE_TIMEOUT, "the coordinator does not "
		    "answer");
	ptxn_forget_offsets(x);
	x->t.give_up_ms = ABORT_MS;
	txn_abort(&x->t, dropped);
	rc = settle(p, e);
	x->t.give_up_ms = p->cf.delivery_ms;
	return rc;
}

const struct kerr *
producer_txn_error(const struct producer *p)
{
	return &p->txn->t.err;
}

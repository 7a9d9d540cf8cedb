/* producer_answer.c: what answers and failures mean for batches
 * (producer_impl.h). */
#include <stdlib.h>

#include "base/log.h"
#include "client/producer_impl.h"
#include "client/retry.h"
#include "wire/kerror.h"
#include "wire/msg_produce.h"

/* The partition has nothing left: off the list. */
void
part_maybe_idle(struct ppart *pp)
{
	if (!pp->busy || pp->open != NULL || pp->q.n > 0)
		return;
	pp->busy = false;
	TAILQ_REMOVE(&pp->topic->p->busy, pp, link);
}

void
part_give_up(struct ppart *pp, struct batch *b, int32_t bad, const struct kerr *e)
{
	struct producer *p = pp->topic->p;

	if (p->txn != NULL)
		txn_break(&p->txn->t, e);
	pqueue_drop(&pp->q, &b->item);
	report(p, pp, b, -1, bad, e);
	batch_free(p, b);
	part_maybe_idle(pp);
}

static void
acknowledged(struct ppart *pp, struct batch *b, int64_t offset)
{
	struct producer *p = pp->topic->p;

	pqueue_done(&pp->q, &b->item);
	kerr_clear(&p->trouble);
	report(p, pp, b, offset, -1, NULL);
	batch_free(p, b);
	part_maybe_idle(pp);
}

static void
split(struct ppart *pp, struct batch *b, const struct kerr *why)
{
	struct producer *p = pp->topic->p;
	struct kerr e = KERR_INIT;
	struct batch *first, *second;

	if (b->item.count < 2) {
		part_give_up(pp, b, 0, why);
		return;
	}
	if (batch_halve(p, b, &first, &second, &e) != 0) {
		part_give_up(pp, b, -1, &e);
		return;
	}
	log_line(LOG_INFO, LOG_CLIENT, "%s[%d]: a batch of %zu bytes is too "
	    "large: split", pp->topic->name, (int)pp->index, b->size);
	if (b->size / 2 < pp->topic->batch_bytes && b->size > 16384)
		pp->topic->batch_bytes = b->size / 2;
	pqueue_split(&pp->q, &b->item, &first->item, &second->item);
	batch_free(p, b);
}

/* A gap in the numbers that closes when what comes before is written, such as
 * behind a batch that was too large; else it takes a new epoch, which is
 * another transaction. */
static bool
may_be_numbered(const struct ppart *pp, const struct batch *b,
    const struct kerr *e)
{
	return pp->topic->p->txn == NULL ||
	    (e->kafka == ERR_OUT_OF_ORDER_SEQUENCE_NUMBER &&
	    pqueue_waits(&pp->q, &b->item));
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
		if (!may_be_numbered(pp, b, e) ||
		    !pqueue_out_of_order(&pp->q, &b->item)) {
			part_give_up(pp, b, bad, e);
			return;
		}
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
		    now + producer_backoff(p, ++pp->q.failures));
		if (action == RETRY_REFRESH)
			cluster_refresh(p->cl);
		break;
	case RETRY_FAIL:
		part_give_up(pp, b, bad, e);
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
	kerror_set(&e, r->error_code, text);
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

void
producer_landed(void *arg, struct reply *r)
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

/*
 * producer_shown.c: the end of a commit. A coordinator answers EndTxn as soon
 * as the decision is durable; the markers that let a consumer read what was
 * committed are written after that. Who wants to read it next waits for them.
 */
#include "client/producer_impl.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_transactions.h"

enum { AGAIN_MIN_MS = 1, AGAIN_MAX_MS = 100 };

static bool
is_complete(const struct describe_transactions_response *rsp, struct kerr *e)
{
	const struct describe_transactions_response_transaction_state *s =
	    rsp->transaction_states.v;

	if (rsp->transaction_states.n != 1)
		return kerr_set(e, KE_PROTO, "%d transactions where one was "
		    "asked for", (int)rsp->transaction_states.n) == 0;
	if (s->error_code != 0) {
		kerr_kafka(e, s->error_code, "%s", kerror_name(s->error_code));
		return false;
	}
	return !kstr_eq(s->transaction_state, kstr("PrepareCommit"));
}

int
producer_shown(struct producer *p, struct kerr *e)
{
	struct describe_transactions_request req;
	struct kstr id = kstr(p->txn->id);
	struct reply *r;
	int64_t until = loop_clock(p->loop) + p->cf.request_ms;
	bool complete;

	if (!p->txn->unshown || cluster_version(p->cl, p->txn->coordinator,
	    API_DESCRIBE_TRANSACTIONS) < 0)
		return 0;
	kmsg_defaults(&describe_transactions_request_msg, &req);
	req.transactional_ids.v = &id;
	req.transactional_ids.n = 1;
	for (int attempt = 1;; attempt++) {
		if (cluster_call(p->cl, p->txn->coordinator,
		    API_DESCRIBE_TRANSACTIONS, &req, NULL, &r, e) != 0)
			return e->code;
		complete = is_complete(r->msg, e);
		reply_free(r);
		if (complete)
			p->txn->unshown = false;
		if (complete || e->code != 0)
			return e->code;
		if (loop_clock(p->loop) >= until)
			return kerr_set(e, KE_TIMEOUT,
			    "the transaction's markers are not written yet");
		loop_run_for(p->loop, retry_backoff(attempt, AGAIN_MIN_MS,
		    AGAIN_MAX_MS, 0));
	}
}

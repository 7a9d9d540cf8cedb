/* txn_show.c: DescribeTransactions and ListTransactions (KIP-664). */
#include <string.h>

#include "txn_impl.h"
#include "wire/codec.h"
#include "wire/kerror.h"

static const char *const names[] = {
	[TXN_EMPTY] = "Empty",
	[TXN_ONGOING] = "Ongoing",
	[TXN_PREPARE_COMMIT] = "PrepareCommit",
	[TXN_PREPARE_ABORT] = "PrepareAbort",
	[TXN_COMPLETE_COMMIT] = "CompleteCommit",
	[TXN_COMPLETE_ABORT] = "CompleteAbort",
	[TXN_DEAD] = "Dead",
	[TXN_EPOCH_FENCE] = "PrepareEpochFence",
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static struct kstr
copy(struct arena *a, struct kstr s)
{
	return (struct kstr){ arena_strndup(a, s.p, (size_t)s.len), s.len };
}

static struct describe_transactions_response_topic *
topic_of(struct describe_transactions_response_transaction_state *out,
    struct kstr name)
{
	for (int32_t i = 0; i < out->topics.n; i++)
		if (kstr_eq(out->topics.v[i].topic, name))
			return &out->topics.v[i];
	return NULL;
}

static void
show_parts(const struct txn_parts *s, struct arena *a,
    struct describe_transactions_response_transaction_state *out)
{
	struct describe_transactions_response_topic *t;
	size_t n = (size_t)s->n;

	out->topics.v = arena_alloc(a, n * sizeof(*out->topics.v));
	for (int32_t i = 0; i < s->n; i++) {
		t = topic_of(out, s->v[i].topic);
		if (t == NULL) {
			t = &out->topics.v[out->topics.n++];
			t->topic = copy(a, s->v[i].topic);
			t->partitions.n = 0;
			t->partitions.v = arena_alloc(a,
			    n * sizeof(*t->partitions.v));
		}
		t->partitions.v[t->partitions.n++] = s->v[i].partition;
	}
}

void
txns_describe(const struct txns *ts, struct kstr id, struct arena *a,
    struct describe_transactions_response_transaction_state *out)
{
	const struct txn *t;

	KDEFAULTS(describe_transactions_response_transaction_state, out);
	out->transactional_id = id;
	out->transaction_state = kstr("");
	if (id.len <= 0)
		out->error_code = ERR_INVALID_REQUEST;
	else if (!ts->homes[txns_partition(ts, id)].ready)
		out->error_code = ERR_NOT_COORDINATOR;
	else if ((t = txn_find(ts, id)) == NULL)
		out->error_code = ERR_TRANSACTIONAL_ID_NOT_FOUND;
	else {
		out->transaction_state = kstr(names[t->now.status]);
		out->transaction_timeout_ms = t->now.timeout_ms;
		out->transaction_start_time_ms = t->now.start_ms;
		out->producer_id = t->now.producer_id;
		out->producer_epoch = t->now.epoch;
		show_parts(&t->parts, a, out);
	}
}

static int
status_of(struct kstr name)
{
	for (int i = 0; i < NAMES; i++)
		if (kstr_eq(name, kstr(names[i])))
			return i;
	return -1;
}

static bool
has_state(const struct list_transactions_request *req, enum txn_status s)
{
	for (int32_t i = 0; i < req->state_filters.n; i++)
		if (status_of(req->state_filters.v[i]) == (int)s)
			return true;
	return req->state_filters.n <= 0;
}

static bool
has_producer(const struct list_transactions_request *req, int64_t id)
{
	for (int32_t i = 0; i < req->producer_id_filters.n; i++)
		if (req->producer_id_filters.v[i] == id)
			return true;
	return req->producer_id_filters.n <= 0;
}

static bool
is_listed(const struct txns *ts, const struct txn *t,
    const struct list_transactions_request *req)
{
	return ts->homes[t->home].ready &&
	    has_producer(req, t->now.producer_id) &&
	    has_state(req, t->now.status) &&
	    (req->duration_filter < 0 ||
	    ts->wall - t->now.start_ms > req->duration_filter);
}

void
txns_list(const struct txns *ts, const struct list_transactions_request *req,
    struct arena *a, struct list_transactions_response *rsp)
{
	struct list_transactions_response_transaction_state *out;
	const struct txn *t;

	rsp->unknown_state_filters.v = arena_alloc(a, (size_t)
	    (req->state_filters.n > 0 ? req->state_filters.n : 0) *
	    sizeof(*rsp->unknown_state_filters.v));
	for (int32_t i = 0; i < req->state_filters.n; i++)
		if (status_of(req->state_filters.v[i]) < 0)
			rsp->unknown_state_filters.v[
			    rsp->unknown_state_filters.n++] =
			    req->state_filters.v[i];
	rsp->transaction_states.v = arena_alloc(a, HASH_COUNT(ts->all) *
	    sizeof(*out));
	for (t = ts->all; t != NULL; t = t->hh.next) {
		if (!is_listed(ts, t, req))
			continue;
		out = &rsp->transaction_states.v[rsp->transaction_states.n++];
		out->transactional_id = copy(a, t->id);
		out->producer_id = t->now.producer_id;
		out->transaction_state = kstr(names[t->now.status]);
	}
}

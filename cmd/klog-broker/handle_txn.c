/*
 * handle_txn.c: AddPartitionsToTxn, AddOffsetsToTxn, EndTxn: what a client
 * tells the transaction coordinator between the beginning and the end.
 */
#include "api.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "coordinator_impl.h"
#include "request.h"
#include "txn_coordinator.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_add_offsets_to_txn.h"
#include "wire/msg_end_txn.h"

/* Older clients do not know PRODUCER_FENCED. */
static int16_t
fenced(const struct request *r, int16_t error)
{
	return error == ERR_PRODUCER_FENCED && r->version < 2 ?
	    ERR_INVALID_PRODUCER_EPOCH : error;
}

/* r may be answered, and gone, when this returns. */
static void
call(struct request *r, struct txn_call *c)
{
	struct broker *b = r->broker;

	c->new_id = -1;
	c->until = 0;
	c->request = r;
	txns_call(txn_coordinator_enter(b), c);
	txn_coordinator_leave(b);
}

/* AddPartitionsToTxn under way: one transaction after the other. Before
 * version 4 there is one, and its fields are the request's. */
struct adding {
	struct request	*r;
	const struct add_partitions_to_txn_request_transaction *v;
	struct add_partitions_to_txn_response_results_by_transaction *out;
	int32_t		 n, i;
	struct txn_call	 call;
};

static void	add_next(struct adding *);

/* The result in the transaction's shape, every partition with that error. */
static void
add_shape(struct adding *a, int16_t error)
{
	const struct add_partitions_to_txn_request_transaction *t = &a->v[a->i];
	struct add_partitions_to_txn_response_results_by_transaction *out =
	    &a->out[a->i];
	struct add_partitions_to_txn_response_topic_result *tr;
	struct arena *arena = &a->r->arena;

	out->transactional_id = t->transactional_id;
	out->topic_results.n = t->topics.n;
	out->topic_results.v = arena_alloc(arena,
	    (size_t)t->topics.n * sizeof(*tr));
	for (int32_t i = 0; i < t->topics.n; i++) {
		int32_t n = t->topics.v[i].partitions.n;

		tr = &out->topic_results.v[i];
		tr->name = t->topics.v[i].name;
		tr->results_by_partition.n = n;
		tr->results_by_partition.v = arena_alloc(arena, (size_t)n *
		    sizeof(*tr->results_by_partition.v));
		for (int32_t j = 0; j < n; j++) {
			tr->results_by_partition.v[j].partition_index =
			    t->topics.v[i].partitions.v[j];
			tr->results_by_partition.v[j].partition_error_code =
			    error;
		}
	}
}

/* What a client may not, or cannot, add; t NULL: no such topic. */
static int16_t
why_not(const struct adding *a, struct kstr name, const struct image_topic *t,
    int32_t partition)
{
	if (a->r->version < 4 && (kstr_eq(name, kstr(TXN_TOPIC)) ||
	    kstr_eq(name, kstr("__consumer_offsets"))))
		return ERR_TOPIC_AUTHORIZATION_FAILED;
	return t == NULL || image_partition(t, partition) == NULL ?
	    ERR_UNKNOWN_TOPIC_OR_PARTITION : ERR_NONE;
}

/* One partition that cannot be added keeps all others out. */
static bool
add_refuses(struct adding *a)
{
	const struct image *im = control_durable(a->r->broker);
	struct add_partitions_to_txn_response_results_by_transaction *out =
	    &a->out[a->i];
	struct add_partitions_to_txn_response_topic_result *tr;
	const struct image_topic *t;
	bool any = false;
	int16_t error;

	add_shape(a, ERR_OPERATION_NOT_ATTEMPTED);
	for (int32_t i = 0; i < out->topic_results.n; i++) {
		tr = &out->topic_results.v[i];
		t = image_topic(im, tr->name);
		for (int32_t j = 0; j < tr->results_by_partition.n; j++) {
			error = why_not(a, tr->name, t,
			    tr->results_by_partition.v[j].partition_index);
			if (error == 0)
				continue;
			tr->results_by_partition.v[j].partition_error_code =
			    error;
			any = true;
		}
	}
	return any;
}

static void
add_called(struct txn_call *c)
{
	struct adding *a = (struct adding *)((char *)c -
	    offsetof(struct adding, call));

	add_shape(a, fenced(a->r, c->error));
	a->i++;
	add_next(a);
}

/* A broker asks (KIP-890). */
static void
add_verify(struct adding *a)
{
	const struct add_partitions_to_txn_request_transaction *t = &a->v[a->i];
	struct add_partitions_to_txn_response_topic_result *tr;
	struct txns *ts = txn_coordinator_enter(a->r->broker);

	add_shape(a, ERR_NONE);
	for (int32_t i = 0; i < t->topics.n; i++) {
		tr = &a->out[a->i].topic_results.v[i];
		for (int32_t j = 0; j < tr->results_by_partition.n; j++)
			tr->results_by_partition.v[j].partition_error_code =
			    txns_verify(ts, t->transactional_id,
			    t->producer_id, t->producer_epoch, tr->name,
			    tr->results_by_partition.v[j].partition_index);
	}
	txn_coordinator_leave(a->r->broker);
	a->i++;
	add_next(a);
}

static void
add_ready(struct request *r, int16_t error)
{
	struct adding *a = r->answer;
	const struct add_partitions_to_txn_request_transaction *t = &a->v[a->i];

	if (error != 0 || add_refuses(a)) {
		if (error != 0)
			add_shape(a, error);
		a->i++;
		add_next(a);
	} else if (t->verify_only) {
		add_verify(a);
	} else {
		a->call.op = TXN_ADD;
		a->call.id = t->transactional_id;
		a->call.producer_id = t->producer_id;
		a->call.producer_epoch = t->producer_epoch;
		a->call.topics = t->topics.v;
		a->call.n_topics = t->topics.n;
		a->call.done = add_called;
		call(r, &a->call);
	}
}

static void
add_answer(struct adding *a)
{
	struct add_partitions_to_txn_response rsp;

	kmsg_defaults(&add_partitions_to_txn_response_msg, &rsp);
	if (a->r->version < 4) {
		rsp.results_by_topic_v3_and_below.v =
		    a->out[0].topic_results.v;
		rsp.results_by_topic_v3_and_below.n =
		    a->out[0].topic_results.n;
	} else {
		rsp.results_by_transaction.v = a->out;
		rsp.results_by_transaction.n = a->n;
	}
	request_reply(a->r, &rsp);
}

static void
add_next(struct adding *a)
{
	if (a->i == a->n)
		add_answer(a);
	else
		txn_coordinator_ask(a->r, a->v[a->i].transactional_id,
		    add_ready);
}

static void
add_start(struct request *r)
{
	add_next(r->answer);
}

void
handle_add_partitions_to_txn(struct request *r)
{
	const struct add_partitions_to_txn_request *req = r->msg;
	struct add_partitions_to_txn_request_transaction *one;
	struct adding *a = arena_alloc(&r->arena, sizeof(*a));

	a->r = r;
	a->v = req->transactions.v;
	a->n = req->transactions.n;
	if (r->version < 4) {
		one = arena_alloc(&r->arena, sizeof(*one));
		one->transactional_id = req->v3_and_below_transactional_id;
		one->producer_id = req->v3_and_below_producer_id;
		one->producer_epoch = req->v3_and_below_producer_epoch;
		one->topics.v = req->v3_and_below_topics.v;
		one->topics.n = req->v3_and_below_topics.n;
		a->v = one;
		a->n = 1;
	}
	a->out = arena_alloc(&r->arena, (size_t)a->n * sizeof(*a->out));
	r->answer = a;
	control_call(r, add_start);
}

/* AddOffsetsToTxn: the partition that the group's offsets go to. */

static void
offsets_answer(struct request *r, int16_t error)
{
	struct add_offsets_to_txn_response rsp;

	kmsg_defaults(&add_offsets_to_txn_response_msg, &rsp);
	rsp.error_code = fenced(r, error);
	request_reply(r, &rsp);
}

static void
offsets_called(struct txn_call *c)
{
	offsets_answer(c->request, c->error);
}

static void
offsets_ready(struct request *r, int16_t error)
{
	const struct add_offsets_to_txn_request *req = r->msg;
	struct add_partitions_to_txn_request_add_partitions_to_txn_topic *t;
	struct txn_call *c;
	int32_t *partition;

	if (error != 0) {
		offsets_answer(r, error);
		return;
	}
	c = arena_alloc(&r->arena, sizeof(*c));
	t = arena_alloc(&r->arena, sizeof(*t));
	partition = arena_alloc(&r->arena, sizeof(*partition));
	*partition = coordinator_partition(r->broker, req->group_id);
	t->name = kstr("__consumer_offsets");
	t->partitions.v = partition;
	t->partitions.n = 1;
	c->op = TXN_ADD;
	c->id = req->transactional_id;
	c->producer_id = req->producer_id;
	c->producer_epoch = req->producer_epoch;
	c->topics = t;
	c->n_topics = 1;
	c->done = offsets_called;
	call(r, c);
}

void
handle_add_offsets_to_txn(struct request *r)
{
	const struct add_offsets_to_txn_request *req = r->msg;

	txn_coordinator_call(r, req->transactional_id, offsets_ready);
}

/* EndTxn. */

static void
end_answer(struct request *r, int16_t error)
{
	struct end_txn_response rsp;

	kmsg_defaults(&end_txn_response_msg, &rsp);
	rsp.error_code = fenced(r, error);
	request_reply(r, &rsp);
}

static void
end_called(struct txn_call *c)
{
	end_answer(c->request, c->error);
}

static void
end_ready(struct request *r, int16_t error)
{
	const struct end_txn_request *req = r->msg;
	struct txn_call *c;

	if (error != 0) {
		end_answer(r, error);
		return;
	}
	c = arena_alloc(&r->arena, sizeof(*c));
	c->op = TXN_END;
	c->id = req->transactional_id;
	c->producer_id = req->producer_id;
	c->producer_epoch = req->producer_epoch;
	c->commit = req->committed;
	c->done = end_called;
	call(r, c);
}

void
handle_end_txn(struct request *r)
{
	const struct end_txn_request *req = r->msg;

	txn_coordinator_call(r, req->transactional_id, end_ready);
}

/*
 * handle_txn_show.c: what transactions there are (KIP-664):
 * DescribeTransactions and ListTransactions ask the coordinator,
 * DescribeProducers a partition.
 */
#include <stdlib.h>

#include "api.h"
#include "broker.h"
#include "control.h"
#include "controller.h"
#include "image.h"
#include "partition.h"
#include "request.h"
#include "store/producers.h"
#include "txn_coordinator.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_producers.h"

static void
describe(struct request *r)
{
	const struct describe_transactions_request *req = r->msg;
	struct describe_transactions_response rsp;
	struct txns *ts = txn_coordinator_enter(r->broker);
	bool loading = txn_coordinator_loading(r->broker);
	int32_t n = req->transactional_ids.n;

	kmsg_defaults(&describe_transactions_response_msg, &rsp);
	rsp.transaction_states.n = n;
	rsp.transaction_states.v = arena_alloc(&r->arena, (size_t)n *
	    sizeof(*rsp.transaction_states.v));
	for (int32_t i = 0; i < n; i++) {
		txns_describe(ts, req->transactional_ids.v[i], &r->arena,
		    &rsp.transaction_states.v[i]);
		if (loading && rsp.transaction_states.v[i].error_code ==
		    ERR_NOT_COORDINATOR)
			rsp.transaction_states.v[i].error_code =
			    ERR_COORDINATOR_LOAD_IN_PROGRESS;
	}
	txn_coordinator_leave(r->broker);
	request_reply(r, &rsp);
}

void
handle_describe_transactions(struct request *r)
{
	control_call(r, describe);
}

static void
list(struct request *r)
{
	struct list_transactions_response rsp;

	kmsg_defaults(&list_transactions_response_msg, &rsp);
	if (txn_coordinator_loading(r->broker))
		rsp.error_code = ERR_COORDINATOR_LOAD_IN_PROGRESS;
	else
		txns_list(txn_coordinator_enter(r->broker), r->msg, &r->arena,
		    &rsp);
	txn_coordinator_leave(r->broker);
	request_reply(r, &rsp);
}

void
handle_list_transactions(struct request *r)
{
	control_call(r, list);
}

static void
show_producers(struct request *r, struct partition *p,
    struct describe_producers_response_partition *out)
{
	struct describe_producers_response_active_producer *a;
	struct producer_info *v;
	unsigned int n;

	out->error_code = partition_producers(p, &v, &n);
	a = arena_alloc(&r->arena, n * sizeof(*a));
	out->active_producers.v = a;
	out->active_producers.n = (int32_t)n;
	for (unsigned int i = 0; i < n; i++, a++) {
		a->producer_id = v[i].id;
		a->producer_epoch = v[i].epoch;
		a->last_sequence = v[i].last_seq;
		a->last_timestamp = v[i].timestamp;
		a->coordinator_epoch = v[i].coordinator_epoch;
		a->current_txn_start_offset = v[i].open_at;
	}
	free(v);
}

static void
show_partition(struct request *r, const struct image_topic *t,
    struct describe_producers_response_partition *out)
{
	const struct image_partition *ip =
	    image_partition(t, out->partition_index);

	if (ip == NULL)
		out->error_code = ERR_UNKNOWN_TOPIC_OR_PARTITION;
	else if (ip->local == NULL)
		out->error_code = ERR_NOT_LEADER_OR_FOLLOWER;
	else
		show_producers(r, ip->local, out);
}

static void
show_topic(struct request *r, const struct describe_producers_request_topic *in,
    struct describe_producers_response_topic *out)
{
	const struct image_topic *t = image_topic(request_image(r), in->name);
	struct describe_producers_response_partition *p;
	const char *why = NULL;
	int16_t error;

	error = controller_check_name(in->name, &r->arena, &why);
	if (error == 0 && t == NULL) {
		error = ERR_UNKNOWN_TOPIC_OR_PARTITION;
		why = kerror_text(error);
	}
	out->name = in->name;
	out->partitions.n = in->partition_indexes.n;
	out->partitions.v = arena_alloc(&r->arena,
	    (size_t)in->partition_indexes.n * sizeof(*p));
	for (int32_t i = 0; i < in->partition_indexes.n; i++) {
		p = &out->partitions.v[i];
		KDEFAULTS(describe_producers_response_partition, p);
		p->partition_index = in->partition_indexes.v[i];
		if (error == 0) {
			show_partition(r, t, p);
			continue;
		}
		p->error_code = error;
		p->error_message = kstr(why);
	}
}

void
handle_describe_producers(struct request *r)
{
	const struct describe_producers_request *req = r->msg;
	struct describe_producers_response rsp;

	kmsg_defaults(&describe_producers_response_msg, &rsp);
	rsp.topics.n = req->topics.n;
	rsp.topics.v = arena_alloc(&r->arena, (size_t)req->topics.n *
	    sizeof(*rsp.topics.v));
	for (int32_t i = 0; i < req->topics.n; i++)
		show_topic(r, &req->topics.v[i], &rsp.topics.v[i]);
	request_reply(r, &rsp);
}

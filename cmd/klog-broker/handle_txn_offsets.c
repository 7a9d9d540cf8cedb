/*
 * handle_txn_offsets.c: TxnOffsetCommit: offsets that a group commits by way
 * of a transaction. The transaction coordinator is asked first whether the
 * partition that they go to is part of it.
 */
#include "api.h"
#include "coordinator.h"
#include "coordinator_impl.h"
#include "offsets_answer.h"
#include "request.h"
#include "txn_coordinator.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_txn_offset_commit.h"

static void
refuse(struct request *r, int16_t error)
{
	struct txn_offset_commit_response *rsp = r->answer;

	offsets_answer_refuse(rsp->topics.v, rsp->topics.n, error);
}

static void
committed(struct request *r, int16_t *errors)
{
	if (errors[0] != 0)
		refuse(r, errors[0]);
	request_reply(r, r->answer);
}

/* What the coordinator's verdict is to this client: retriable ones make it
 * look for the group's coordinator again. */
static int16_t
verdict(struct request *r)
{
	const struct txn_offset_commit_request *req = r->msg;
	int16_t error = txns_verify(txn_coordinator_enter(r->broker),
	    req->transactional_id, req->producer_id, req->producer_epoch,
	    kstr("__consumer_offsets"),
	    coordinator_partition(r->broker, req->group_id));

	txn_coordinator_leave(r->broker);
	switch (error) {
	case ERR_PRODUCER_FENCED:
		return ERR_INVALID_PRODUCER_EPOCH;
	case ERR_TRANSACTION_ABORTABLE:
		return r->version > 3 ? error : ERR_INVALID_TXN_STATE;
	case ERR_CONCURRENT_TRANSACTIONS:
	case ERR_COORDINATOR_NOT_AVAILABLE:
	case ERR_NOT_COORDINATOR:
		return ERR_COORDINATOR_NOT_AVAILABLE;
	default:
		return error;
	}
}

static void
commit(struct request *r, int16_t *errors)
{
	const struct txn_offset_commit_request *req = r->msg;

	if (errors[0] == 0)
		errors[0] = verdict(r);
	if (errors[0] != 0) {
		committed(r, errors);
		return;
	}
	groups_txn_commit(coordinator_enter(r->broker), req, r->answer);
	coordinator_leave(r->broker);
	coordinator_answer(r, &req->group_id, committed);
}

void
handle_txn_offset_commit(struct request *r)
{
	const struct txn_offset_commit_request *req = r->msg;
	struct txn_offset_commit_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	bool some;

	kmsg_defaults(&txn_offset_commit_response_msg, rsp);
	rsp->topics.n = req->topics.n;
	rsp->topics.v = offsets_answer(r, req->topics.v, req->topics.n,
	    sizeof(req->topics.v->partitions.v[0]), &some);
	r->answer = rsp;
	if (some && req->group_id.len > 0) {
		coordinator_call(r, &req->group_id, 1, commit);
		return;
	}
	refuse(r, ERR_INVALID_GROUP_ID);
	request_reply(r, rsp);
}

/*
 * handle_ids.c: InitProducerId. Producer ids come from blocks that the
 * control thread takes from the metadata log; with a transactional id they
 * are the transaction coordinator's to give.
 */
#include "api.h"
#include "broker.h"
#include "control.h"
#include "request.h"
#include "txn_coordinator.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_init_producer_id.h"

static void
answer(struct request *r, int16_t error, int64_t id, int16_t epoch)
{
	struct init_producer_id_response rsp;

	kmsg_defaults(&init_producer_id_response_msg, &rsp);
	/* older clients do not know that one */
	rsp.error_code = error == ERR_PRODUCER_FENCED && r->version < 4 ?
	    ERR_INVALID_PRODUCER_EPOCH : error;
	rsp.producer_id = error == 0 ? id : -1;
	rsp.producer_epoch = error == 0 ? epoch : -1;
	request_reply(r, &rsp);
}

static void
give_id(void *arg, int64_t id)
{
	answer(arg, id < 0 ? ERR_KAFKA_STORAGE_ERROR : ERR_NONE, id, 0);
}

static void
take_id(struct request *r)
{
	control_producer_id(r->broker, give_id, r);
}

static void
called(struct txn_call *c)
{
	answer(c->request, c->error, c->producer_id, c->producer_epoch);
}

static void
init(struct request *r, int16_t error)
{
	const struct init_producer_id_request *req = r->msg;
	struct txn_call *c = arena_alloc(&r->arena, sizeof(*c));
	struct broker *b = r->broker;

	if (error != 0) {
		answer(r, error, -1, -1);
		return;
	}
	c->op = TXN_INIT;
	c->id = req->transactional_id;
	c->producer_id = req->producer_id;
	c->producer_epoch = req->producer_epoch;
	c->timeout_ms = req->transaction_timeout_ms;
	c->new_id = -1;
	c->done = called;
	c->request = r;
	/* r may be answered, and gone, after that */
	txns_call(txn_coordinator_enter(b), c);
	txn_coordinator_leave(b);
}

void
handle_init_producer_id(struct request *r)
{
	const struct init_producer_id_request *req = r->msg;
	bool half = (req->producer_id == -1) != (req->producer_epoch == -1);

	if (half || req->transactional_id.len == 0)
		answer(r, ERR_INVALID_REQUEST, -1, -1);
	else if (req->transactional_id.len < 0)
		control_call(r, take_id);
	else if (req->transaction_timeout_ms <= 0 || req->
	    transaction_timeout_ms > r->broker->config->
	    transaction_max_timeout_ms)
		answer(r, ERR_INVALID_TRANSACTION_TIMEOUT, -1, -1);
	else
		txn_coordinator_call(r, req->transactional_id, init);
}

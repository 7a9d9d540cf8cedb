/*
 * handle_ids.c: InitProducerId. Producer ids come from blocks that the
 * control thread takes from the metadata log. There is no coordinator of
 * transactions here, and the answer says so.
 */
#include "api.h"
#include "broker.h"
#include "control.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_init_producer_id.h"

static void
give_id(void *arg, int64_t id)
{
	struct request *r = arg;
	struct init_producer_id_response rsp;

	kmsg_defaults(&init_producer_id_response_msg, &rsp);
	rsp.producer_id = id;
	rsp.producer_epoch = id < 0 ? -1 : 0;
	if (id < 0)
		rsp.error_code = ERR_KAFKA_STORAGE_ERROR;
	request_reply(r, &rsp);
}

static void
take_id(struct request *r)
{
	control_producer_id(r->broker, give_id, r);
}

void
handle_init_producer_id(struct request *r)
{
	const struct init_producer_id_request *req = r->msg;
	struct init_producer_id_response rsp;
	bool half = (req->producer_id == -1) != (req->producer_epoch == -1);

	if (req->transactional_id.len < 0 && !half) {
		control_call(r, take_id);
		return;
	}
	kmsg_defaults(&init_producer_id_response_msg, &rsp);
	rsp.producer_epoch = -1;
	rsp.error_code = half || req->transactional_id.len == 0 ?
	    ERR_INVALID_REQUEST : ERR_COORDINATOR_NOT_AVAILABLE;
	request_reply(r, &rsp);
}

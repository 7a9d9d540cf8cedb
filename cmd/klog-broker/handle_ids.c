/*
 * handle_ids.c: InitProducerId and FindCoordinator. Producer ids come from
 * blocks that the control thread takes from the metadata log. There is no
 * coordinator of groups or transactions here, and the answer says so.
 */
#include "api.h"
#include "broker.h"
#include "control.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_find_coordinator.h"
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

enum { KEY_GROUP, KEY_TRANSACTION, KEY_SHARE };

static int16_t
why_not(const struct request *r, const char **why)
{
	const struct find_coordinator_request *req = r->msg;
	int8_t last = r->version >= 6 ? KEY_SHARE : KEY_TRANSACTION;

	if (req->key_type >= KEY_GROUP && req->key_type <= last) {
		*why = "The coordinator is not available.";
		return ERR_COORDINATOR_NOT_AVAILABLE;
	}
	*why = "There is no such kind of coordinator.";
	return ERR_INVALID_REQUEST;
}

static void
put_each(struct request *r, struct find_coordinator_response *rsp)
{
	const struct find_coordinator_request *req = r->msg;
	struct find_coordinator_response_coordinator *c;
	const char *why;

	rsp->coordinators.n = req->coordinator_keys.n;
	rsp->coordinators.v = arena_alloc(&r->arena,
	    (size_t)req->coordinator_keys.n * sizeof(*c));
	for (int32_t i = 0; i < rsp->coordinators.n; i++) {
		c = &rsp->coordinators.v[i];
		c->key = req->coordinator_keys.v[i];
		c->node_id = -1;
		c->host = kstr("");
		c->port = -1;
		c->error_code = why_not(r, &why);
		c->error_message = kstr(why);
	}
}

void
handle_find_coordinator(struct request *r)
{
	struct find_coordinator_response rsp;
	const char *why;

	kmsg_defaults(&find_coordinator_response_msg, &rsp);
	if (r->version >= 4) {
		put_each(r, &rsp);
	} else {
		rsp.error_code = why_not(r, &why);
		rsp.error_message = kstr(why);
		rsp.node_id = -1;
		rsp.host = kstr("");
		rsp.port = -1;
	}
	request_reply(r, &rsp);
}

/*
 * handle_consumer_groups.c: the consumer protocol (KIP-848):
 * ConsumerGroupHeartbeat and ConsumerGroupDescribe.
 */
#include "api.h"
#include "broker.h"
#include "coordinator.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"

#define GROUP_OPERATIONS	0x148	/* bits of read, delete, describe */

static void
beaten(struct request *r, int16_t *errors)
{
	struct consumer_group_heartbeat_response *rsp = r->answer;

	if (errors[0] != 0) {
		kmsg_defaults(&consumer_group_heartbeat_response_msg, rsp);
		rsp->error_code = errors[0];
	}
	request_reply(r, rsp);
}

static void
beat(struct request *r, int16_t *errors)
{
	const struct consumer_group_heartbeat_request *req = r->msg;
	struct group_client c = { r->version, r->client_id, request_host(r) };

	if (errors[0] != 0) {
		beaten(r, errors);
		return;
	}
	if (c.id.len < 0)
		c.id = kstr("");
	groups_consumer_heartbeat(coordinator_enter(r->broker), &c, req,
	    &r->arena, r->answer);
	coordinator_leave(r->broker);
	coordinator_settle(r, &req->group_id, 1, beaten);
}

void
handle_consumer_group_heartbeat(struct request *r)
{
	const struct consumer_group_heartbeat_request *req = r->msg;
	struct consumer_group_heartbeat_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));

	kmsg_defaults(&consumer_group_heartbeat_response_msg, rsp);
	if (!coordinator_consumer_protocol(r->broker)) {
		rsp->error_code = ERR_UNSUPPORTED_VERSION;
		request_reply(r, rsp);
		return;
	}
	r->answer = rsp;
	coordinator_call(r, &req->group_id, 1, beat);
}

static void
describe_refused(struct consumer_group_describe_response_group *g,
    struct kstr id, int16_t error)
{
	KDEFAULTS(consumer_group_describe_response_group, g);
	g->group_id = id;
	g->group_state = g->assignor_name = kstr("");
	g->error_code = error;
}

static void
described(struct request *r, int16_t *errors)
{
	const struct consumer_group_describe_request *req = r->msg;
	struct consumer_group_describe_response *rsp = r->answer;

	for (int32_t i = 0; i < rsp->groups.n; i++)
		if (errors[i] != 0 && rsp->groups.v[i].error_code == 0)
			describe_refused(&rsp->groups.v[i],
			    req->group_ids.v[i], errors[i]);
	request_reply(r, rsp);
}

static void
describe(struct request *r, int16_t *errors)
{
	const struct consumer_group_describe_request *req = r->msg;
	struct consumer_group_describe_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	struct groups *gs = coordinator_enter(r->broker);
	struct consumer_group_describe_response_group *g;

	kmsg_defaults(&consumer_group_describe_response_msg, rsp);
	rsp->groups.n = req->group_ids.n;
	rsp->groups.v = arena_alloc(&r->arena, (size_t)req->group_ids.n *
	    sizeof(*rsp->groups.v));
	for (int32_t i = 0; i < req->group_ids.n; i++) {
		g = &rsp->groups.v[i];
		if (errors[i] != 0) {
			describe_refused(g, req->group_ids.v[i], errors[i]);
			continue;
		}
		groups_consumer_describe(gs, req->group_ids.v[i], &r->arena,
		    g);
		if (req->include_authorized_operations && g->error_code == 0)
			g->authorized_operations = GROUP_OPERATIONS;
	}
	coordinator_leave(r->broker);
	r->answer = rsp;
	coordinator_settle(r, req->group_ids.v, req->group_ids.n, described);
}

void
handle_consumer_group_describe(struct request *r)
{
	const struct consumer_group_describe_request *req = r->msg;

	coordinator_call(r, req->group_ids.v, req->group_ids.n, describe);
}

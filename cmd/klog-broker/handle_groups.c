/*
 * handle_groups.c: JoinGroup, SyncGroup, Heartbeat, LeaveGroup; ListGroups,
 * DescribeGroups, DeleteGroups.
 */
#include "api.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "held.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"

#define GROUP_OPERATIONS	0x148	/* bits of read, delete, describe */

static void
join_refused(struct request *r, int16_t error)
{
	const struct join_group_request *req = r->msg;
	struct join_group_response rsp;

	kmsg_defaults(&join_group_response_msg, &rsp);
	rsp.error_code = error;
	rsp.generation_id = -1;
	rsp.protocol_name = r->version < 7 ? kstr("") : KSTR_NULL;
	rsp.leader = kstr("");
	rsp.member_id = req->member_id;
	request_reply(r, &rsp);
}

static void
join(struct request *r, int16_t *errors)
{
	const struct join_group_request *req = r->msg;
	struct group_client c = { r->version, r->client_id, request_host(r) };
	struct broker *b = r->broker;
	struct held *h;

	if (errors[0] != 0) {
		join_refused(r, errors[0]);
		return;
	}
	if (c.id.len < 0)
		c.id = kstr("");
	h = held_new(r, req->group_id);
	groups_join(coordinator_enter(b), &c, req, h);
	coordinator_leave(b);
	held_park(h);	/* r may be gone by now */
}

void
handle_join_group(struct request *r)
{
	const struct join_group_request *req = r->msg;

	if (req->group_id.len <= 0)
		join_refused(r, ERR_INVALID_GROUP_ID);
	else
		coordinator_call(r, &req->group_id, 1, join);
}

static void
sync_refused(struct request *r, int16_t error)
{
	struct sync_group_response rsp;

	kmsg_defaults(&sync_group_response_msg, &rsp);
	rsp.error_code = error;
	rsp.assignment = (struct kbytes){ NULL, 0 };
	request_reply(r, &rsp);
}

static void
sync_up(struct request *r, int16_t *errors)
{
	const struct sync_group_request *req = r->msg;
	struct broker *b = r->broker;
	struct held *h;

	if (errors[0] != 0) {
		sync_refused(r, errors[0]);
		return;
	}
	h = held_new(r, req->group_id);
	groups_sync(coordinator_enter(b), req, h);
	coordinator_leave(b);
	held_park(h);
}

void
handle_sync_group(struct request *r)
{
	const struct sync_group_request *req = r->msg;

	/* KIP-559 */
	if (r->version >= 5 && (req->protocol_type.len < 0 ||
	    req->protocol_name.len < 0))
		sync_refused(r, ERR_INCONSISTENT_GROUP_PROTOCOL);
	else if (req->group_id.len <= 0)
		sync_refused(r, ERR_INVALID_GROUP_ID);
	else
		coordinator_call(r, &req->group_id, 1, sync_up);
}

static void
beat_answer(struct request *r, int16_t error)
{
	struct heartbeat_response rsp;

	kmsg_defaults(&heartbeat_response_msg, &rsp);
	rsp.error_code = error;
	request_reply(r, &rsp);
}

static void
beat(struct request *r, int16_t *errors)
{
	int16_t error = errors[0];

	if (error == 0)
		error = groups_heartbeat(coordinator_enter(r->broker), r->msg);
	coordinator_leave(r->broker);
	beat_answer(r, error);
}

void
handle_heartbeat(struct request *r)
{
	const struct heartbeat_request *req = r->msg;

	if (req->group_id.len <= 0)
		beat_answer(r, ERR_INVALID_GROUP_ID);
	else
		coordinator_call(r, &req->group_id, 1, beat);
}

/* Before version 3 a single member leaves, and its error is the whole's. */
static void
left(struct request *r, int16_t *errors)
{
	struct leave_group_response *rsp = r->answer;

	if (errors[0] != 0) {
		rsp->error_code = errors[0];
		rsp->members.n = 0;
	} else if (r->version < 3) {
		rsp->error_code = rsp->members.v[0].error_code;
	}
	request_reply(r, rsp);
}

static void
leave(struct request *r, int16_t *errors)
{
	const struct leave_group_request *req = r->msg;
	struct leave_group_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	struct leave_group_request_member one, *v = req->members.v;
	int32_t n = req->members.n;

	kmsg_defaults(&leave_group_response_msg, rsp);
	r->answer = rsp;
	if (errors[0] != 0) {
		left(r, errors);
		return;
	}
	if (r->version < 3) {
		one.member_id = req->member_id;
		one.group_instance_id = one.reason = KSTR_NULL;
		v = &one;
		n = 1;
	}
	rsp->members.v = arena_alloc(&r->arena, (size_t)n *
	    sizeof(*rsp->members.v));
	rsp->members.n = n;
	rsp->error_code = groups_leave(coordinator_enter(r->broker),
	    req->group_id, v, n, rsp->members.v);
	coordinator_leave(r->broker);
	coordinator_settle(r, &req->group_id, 1, left);
}

void
handle_leave_group(struct request *r)
{
	const struct leave_group_request *req = r->msg;
	struct leave_group_response rsp;

	if (req->group_id.len <= 0) {
		kmsg_defaults(&leave_group_response_msg, &rsp);
		rsp.error_code = ERR_INVALID_GROUP_ID;
		request_reply(r, &rsp);
		return;
	}
	coordinator_call(r, &req->group_id, 1, leave);
}

static void
list(struct request *r, int16_t *errors)
{
	struct list_groups_response rsp;

	(void)errors;
	kmsg_defaults(&list_groups_response_msg, &rsp);
	if (coordinator_loading(r->broker))
		rsp.error_code = ERR_COORDINATOR_LOAD_IN_PROGRESS;
	groups_list(coordinator_enter(r->broker), r->msg, &r->arena, &rsp);
	coordinator_leave(r->broker);
	request_reply(r, &rsp);
}

void
handle_list_groups(struct request *r)
{
	coordinator_call(r, NULL, 0, list);
}

static void
describe(struct request *r, int16_t *errors)
{
	const struct describe_groups_request *req = r->msg;
	struct groups *gs = coordinator_enter(r->broker);
	struct describe_groups_response_group *out;
	struct describe_groups_response rsp;

	kmsg_defaults(&describe_groups_response_msg, &rsp);
	rsp.groups.n = req->groups.n;
	rsp.groups.v = arena_alloc(&r->arena, (size_t)req->groups.n *
	    sizeof(*rsp.groups.v));
	for (int32_t i = 0; i < req->groups.n; i++) {
		out = &rsp.groups.v[i];
		if (errors[i] != 0) {
			KDEFAULTS(describe_groups_response_group, out);
			out->group_id = req->groups.v[i];
			out->group_state = out->protocol_type =
			    out->protocol_data = kstr("");
			out->error_code = errors[i];
			continue;
		}
		groups_describe(gs, req->groups.v[i], &r->arena, out);
		if (req->include_authorized_operations)
			out->authorized_operations = GROUP_OPERATIONS;
	}
	coordinator_leave(r->broker);
	request_reply(r, &rsp);
}

void
handle_describe_groups(struct request *r)
{
	const struct describe_groups_request *req = r->msg;

	coordinator_call(r, req->groups.v, req->groups.n, describe);
}

static void
deleted(struct request *r, int16_t *errors)
{
	struct delete_groups_response *rsp = r->answer;

	for (int32_t i = 0; i < rsp->results.n; i++)
		if (rsp->results.v[i].error_code == 0)
			rsp->results.v[i].error_code = errors[i];
	request_reply(r, rsp);
}

static void
delete_groups(struct request *r, int16_t *errors)
{
	const struct delete_groups_request *req = r->msg;
	struct delete_groups_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	struct groups *gs = coordinator_enter(r->broker);

	kmsg_defaults(&delete_groups_response_msg, rsp);
	rsp->results.n = req->groups_names.n;
	rsp->results.v = arena_alloc(&r->arena,
	    (size_t)req->groups_names.n * sizeof(*rsp->results.v));
	for (int32_t i = 0; i < req->groups_names.n; i++) {
		rsp->results.v[i].group_id = req->groups_names.v[i];
		rsp->results.v[i].error_code = errors[i] != 0 ? errors[i] :
		    groups_delete(gs, req->groups_names.v[i]);
	}
	coordinator_leave(r->broker);
	r->answer = rsp;
	coordinator_settle(r, req->groups_names.v, req->groups_names.n,
	    deleted);
}

void
handle_delete_groups(struct request *r)
{
	const struct delete_groups_request *req = r->msg;

	coordinator_call(r, req->groups_names.v, req->groups_names.n,
	    delete_groups);
}

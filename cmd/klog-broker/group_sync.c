/*
 * group_sync.c: the second half of a rebalance, SyncGroup: the leader's
 * assignment is kept and given out. Then Heartbeat and LeaveGroup.
 *
 * Who has not sent SyncGroup within the rebalance timeout is taken out.
 */
#include <stdlib.h>

#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"

static void
sync_answer(struct groups *gs, void *who, const struct group_member *m)
{
	struct sync_group_response rsp;

	kmsg_defaults(&sync_group_response_msg, &rsp);
	rsp.protocol_type = m->group->protocol_type;
	rsp.protocol_name = m->group->protocol;
	rsp.assignment = m->assignment;
	gs->ops->synced(gs->arg, who, &rsp);
}

void
sync_refuse(struct groups *gs, void *who, int16_t error)
{
	struct sync_group_response rsp;

	kmsg_defaults(&sync_group_response_msg, &rsp);
	rsp.error_code = error;
	rsp.protocol_type = rsp.protocol_name = KSTR_NULL;
	rsp.assignment = (struct kbytes){ NULL, 0 };
	gs->ops->synced(gs->arg, who, &rsp);
}

void
group_propagate(struct group *g, int16_t error)
{
	struct group_member *m, *next;
	void *who;

	HASH_ITER(hh, g->members, m, next) {
		if ((who = m->syncing) == NULL)
			continue;
		m->syncing = NULL;
		if (error != 0)
			sync_refuse(g->of, who, error);
		else
			sync_answer(g->of, who, m);
		member_beat(m);
	}
}

static bool
all_synced(const struct group *g)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next)
		if (m->sync_due)
			return false;
	return true;
}

void
group_end_sync(struct group *g)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next)
		m->sync_due = false;
	group_disarm(g->of, &g->sync);
}

void
group_await_sync(struct group *g)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next)
		m->sync_due = true;
	group_arm(g->of, &g->sync, group_rebalance_ms(g));
}

void
group_sync_over(struct group *g)
{
	struct group_member *m, *next;

	if (g->state != GROUP_COMPLETING && g->state != GROUP_STABLE)
		return;
	HASH_ITER(hh, g->members, m, next)
		if (m->sync_due)
			member_remove(m);
	group_prepare(g);
}

static void
assign(struct group *g, const struct sync_group_request *req)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next)
		member_set_assignment(m, (struct kbytes){ NULL, 0 });
	for (int32_t i = 0; i < req->assignments.n; i++) {
		m = member_find(g, req->assignments.v[i].member_id);
		if (m != NULL)
			member_set_assignment(m,
			    req->assignments.v[i].assignment);
	}
	group_store(g);
	group_propagate(g, ERR_NONE);
	group_become(g, GROUP_STABLE);
}

static int16_t
check(const struct group *g, const struct sync_group_request *req)
{
	int16_t error;

	error = member_check(g, req->member_id, req->group_instance_id);
	if (error != 0)
		return error;
	if (req->generation_id != g->generation)
		return ERR_ILLEGAL_GENERATION;
	if ((req->protocol_type.len >= 0 &&
	    !kstr_eq(req->protocol_type, g->protocol_type)) ||
	    (req->protocol_name.len >= 0 &&
	    !kstr_eq(req->protocol_name, g->protocol)))
		return ERR_INCONSISTENT_GROUP_PROTOCOL;
	return ERR_NONE;
}

static void
synced(struct group_member *m)
{
	m->sync_due = false;
	if (all_synced(m->group))
		group_disarm(m->group->of, &m->group->sync);
}

static void
sync_now(struct group_member *m, const struct sync_group_request *req,
    void *who)
{
	struct group *g = m->group;
	void *before = m->syncing;

	m->syncing = who;
	if (before != NULL)
		sync_refuse(g->of, before, ERR_REBALANCE_IN_PROGRESS);
	synced(m);
	if (member_leads(m))
		assign(g, req);
}

void
groups_sync(struct groups *gs, const struct sync_group_request *req,
    void *who)
{
	struct group *g = group_find(gs, req->group_id);
	struct group_member *m;
	int16_t error;

	if (g != NULL && g->consumer != NULL) {
		consumer_sync(gs, g, req, who);
		return;
	}
	error = g == NULL ? ERR_UNKNOWN_MEMBER_ID : check(g, req);
	if (error != 0) {
		sync_refuse(gs, who, error);
		return;
	}
	m = member_find(g, req->member_id);
	switch (g->state) {
	case GROUP_PREPARING:
		sync_refuse(gs, who, ERR_REBALANCE_IN_PROGRESS);
		break;
	case GROUP_COMPLETING:
		sync_now(m, req, who);
		break;
	case GROUP_STABLE:
		synced(m);
		sync_answer(gs, who, m);
		member_beat(m);
		break;
	default:
		sync_refuse(gs, who, ERR_UNKNOWN_MEMBER_ID);
	}
}

int16_t
groups_heartbeat(struct groups *gs, const struct heartbeat_request *req)
{
	struct group *g = group_find(gs, req->group_id);
	int16_t error;

	if (g == NULL)
		return ERR_UNKNOWN_MEMBER_ID;
	if (g->consumer != NULL)
		return consumer_classic_beat(g, req);
	error = member_check(g, req->member_id, req->group_instance_id);
	if (error != 0)
		return error;
	if (req->generation_id != g->generation)
		return ERR_ILLEGAL_GENERATION;
	if (g->state == GROUP_EMPTY)
		return ERR_UNKNOWN_MEMBER_ID;
	member_beat(member_find(g, req->member_id));
	return g->state == GROUP_PREPARING ? ERR_REBALANCE_IN_PROGRESS :
	    ERR_NONE;
}

static int16_t
leave(struct group *g, struct kstr id, struct kstr instance)
{
	struct group_member *m;
	struct group_pending *p;
	int16_t error;

	if (id.len <= 0) {
		m = instance.len >= 0 ? member_of_instance(g, instance) : NULL;
		if (m == NULL)
			return ERR_UNKNOWN_MEMBER_ID;
		group_drop_member(m);
		return ERR_NONE;
	}
	if ((p = pending_find(g, id)) != NULL) {
		group_drop_pending(p);
		return ERR_NONE;
	}
	if ((error = member_check(g, id, instance)) == 0)
		group_drop_member(member_find(g, id));
	return error;
}

int16_t
groups_leave(struct groups *gs, struct kstr group,
    const struct leave_group_request_member *v, int32_t n,
    struct leave_group_response_member *out)
{
	struct group *g = group_find(gs, group);

	if (g != NULL && g->consumer != NULL) {
		consumer_leave(g, v, n, out);
		return ERR_NONE;
	}
	for (int32_t i = 0; i < n; i++) {
		out[i].member_id = v[i].member_id;
		out[i].group_instance_id = v[i].group_instance_id;
		out[i].error_code = g == NULL ? ERR_UNKNOWN_MEMBER_ID :
		    leave(g, v[i].member_id, v[i].group_instance_id);
	}
	return ERR_NONE;
}

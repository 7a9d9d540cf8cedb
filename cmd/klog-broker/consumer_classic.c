/*
 * consumer_classic.c: members of the classic protocol in a consumer group:
 * JoinGroup, SyncGroup, Heartbeat and LeaveGroup. That a group has both is the
 * way from one protocol to the other (consumer_migrate.c).
 *
 * A classic member of such a group never leads: it joins, and gets its part
 * of the target with SyncGroup. Told of a rebalance by a heartbeat, it joins
 * again in time or is out.
 */
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/versioned.h"

/* One of the protocols that is offered is one of every classic member's. */
static bool
is_supported(const struct group *g, const struct join_group_request *req)
{
	struct cmember *m, *next;
	bool all;

	if (!kstr_eq(req->protocol_type, kstr("consumer")))
		return false;
	for (int32_t i = 0; i < req->protocols.n; i++) {
		all = true;
		HASH_ITER(hh, g->consumer->members, m, next)
			all &= !cmember_is_classic(m) ||
			    protocols_find(&m->protocols,
			    req->protocols.v[i].name) != NULL;
		if (all)
			return true;
	}
	return false;
}

/* One JoinGroup. */
struct join {
	struct groups			*gs;
	struct group			*g;
	const struct group_client	*client;
	const struct join_group_request	*req;
	void				*who;
	struct cmember			*m;
	struct consumer_protocol_subscription subscription;
	bool				 bump;
};

static int16_t
find_member(struct join *j, struct kstr id, bool is_new)
{
	struct kstr instance = j->req->group_instance_id;
	struct cmember *m;

	if (instance.len < 0) {
		m = cmember_find(j->g, id);
		j->bump = m == NULL;
		j->m = m != NULL ? m : cmember_add(j->g, id);
		return ERR_NONE;
	}
	m = cmember_of_instance(j->g, instance);
	if (m == NULL && !is_new)
		return ERR_UNKNOWN_MEMBER_ID;
	if (m != NULL && !is_new && !kstr_eq(m->id, id))
		return ERR_FENCED_INSTANCE_ID;
	if (m != NULL && is_new) {
		/* its place is taken over, epoch by epoch */
		consumer_store_no_member(m);
		cmember_rename(m, id);
		m->epoch = m->previous_epoch = 0;
		consumer_store_target(m);
	}
	j->bump = m == NULL;
	j->m = m != NULL ? m : cmember_add(j->g, id);
	return ERR_NONE;
}

static void
update_member(struct join *j)
{
	struct cmember *m = j->m;
	const struct consumer_protocol_subscription *s = &j->subscription;

	if (j->req->group_instance_id.len >= 0)
		kstr_set(&m->instance, j->req->group_instance_id);
	if (s->rack_id.len >= 0)
		kstr_set(&m->rack, s->rack_id);
	kstr_set(&m->client_id, j->client->id);
	kstr_set(&m->host, kstr(j->client->host));
	m->rebalance_ms = j->req->rebalance_timeout_ms >= 0 ?
	    j->req->rebalance_timeout_ms : j->req->session_timeout_ms;
	j->bump |= cmember_set_names(m, s->topics.v, s->topics.n);
	cmember_set_protocols(m, j->req->session_timeout_ms,
	    j->req->protocols.v, j->req->protocols.n);
	consumer_store_member(m);
}

static void
joined(struct join *j)
{
	struct cmember *m = j->m;
	struct join_group_response rsp;

	group_disarm(j->gs, &m->rejoin);
	cmember_beat(m);
	group_arm(j->gs, &m->sync, m->rebalance_ms);
	kmsg_defaults(&join_group_response_msg, &rsp);
	rsp.member_id = m->id;
	rsp.generation_id = m->epoch;
	rsp.protocol_type = kstr("consumer");
	rsp.protocol_name = m->protocols.v[0].name;
	rsp.leader = kstr("");
	rsp.members.n = 0;
	j->gs->ops->joined(j->gs->arg, j->who, &rsp);
}

static void
join(struct join *j, struct kstr id, bool is_new)
{
	struct tpset owned = { 0 };
	int16_t error = find_member(j, id, is_new);

	if (error != 0) {
		join_refuse(j->gs, j->who, id, error);
		return;
	}
	update_member(j);
	consumer_read_owned(j->gs, &j->subscription, &owned);
	consumer_refresh(j->g, j->bump);
	consumer_reconcile(j->m, &owned);
	consumer_update_state(j->g);
	tpset_release(&owned);
	joined(j);
}

void
consumer_join(struct groups *gs, struct group *g,
    const struct group_client *c, const struct join_group_request *req,
    void *who)
{
	struct join j = { .gs = gs, .g = g, .client = c, .req = req,
	    .who = who };
	bool is_new = req->member_id.len <= 0;
	struct arena a;
	struct kstr id = req->member_id;
	uint8_t r[16];

	arena_init(&a, 0);
	if (is_new) {
		gs->ops->random(gs->arg, r, sizeof(r));
		id = group_uuid_text(&a, r);
	}
	if (consumer_size(g) >= gs->config.consumer_max_size &&
	    cmember_find(g, id) == NULL)
		join_refuse(gs, who, kstr(""), ERR_GROUP_MAX_SIZE_REACHED);
	else if (!is_supported(g, req) || versioned_get_lenient(
	    &consumer_protocol_subscription_msg, req->protocols.v[0].metadata,
	    &a, &j.subscription, NULL) < 0)
		join_refuse(gs, who, req->member_id,
		    ERR_INCONSISTENT_GROUP_PROTOCOL);
	else if (is_new && req->group_instance_id.len < 0 && c->version >= 4)
		join_refuse(gs, who, id, ERR_MEMBER_ID_REQUIRED);
	else
		join(&j, id, is_new);
	arena_release(&a);
}

/* 0 and the member, which is one of the classic protocol, or 25, 82, 22. */
static int16_t
find_classic(const struct group *g, struct kstr id, struct kstr instance,
    int32_t generation, struct cmember **out)
{
	struct cmember *m;

	m = instance.len >= 0 ? cmember_of_instance(g, instance) :
	    cmember_find(g, id);
	if (m == NULL)
		return ERR_UNKNOWN_MEMBER_ID;
	if (!kstr_eq(m->id, id))
		return ERR_FENCED_INSTANCE_ID;
	if (!cmember_is_classic(m))
		return ERR_UNKNOWN_MEMBER_ID;
	*out = m;
	return cmember_check_epoch(m, generation);
}

static void
rejoin_soon(struct cmember *m)
{
	if (!m->rejoin.armed)
		group_arm(m->group->of, &m->rejoin, m->rebalance_ms);
}

void
consumer_sync(struct groups *gs, struct group *g,
    const struct sync_group_request *req, void *who)
{
	struct sync_group_response rsp;
	struct buf b = { 0 };
	struct cmember *m = NULL;
	int16_t error = find_classic(g, req->member_id, req->group_instance_id,
	    req->generation_id, &m);

	if (error == 0 && ((req->protocol_type.len >= 0 &&
	    !kstr_eq(req->protocol_type, kstr("consumer"))) ||
	    (req->protocol_name.len >= 0 &&
	    !kstr_eq(req->protocol_name, m->protocols.v[0].name))))
		error = ERR_INCONSISTENT_GROUP_PROTOCOL;
	if (error == 0 && g->consumer->epoch > m->epoch &&
	    m->state != MEMBER_UNREVOKED) {
		rejoin_soon(m);
		error = ERR_REBALANCE_IN_PROGRESS;
	}
	if (error != 0) {
		sync_refuse(gs, who, error);
		return;
	}
	group_disarm(gs, &m->sync);
	cmember_beat(m);
	consumer_put_assignment(gs, &m->assigned, &b);
	kmsg_defaults(&sync_group_response_msg, &rsp);
	rsp.protocol_type = req->protocol_type;
	rsp.protocol_name = req->protocol_name;
	rsp.assignment = (struct kbytes){ b.p, (int32_t)b.len };
	gs->ops->synced(gs->arg, who, &rsp);
	buf_release(&b);
}

int16_t
consumer_classic_beat(struct group *g, const struct heartbeat_request *req)
{
	struct cmember *m = NULL;
	int16_t error = find_classic(g, req->member_id, req->group_instance_id,
	    req->generation_id, &m);

	if (error != 0)
		return error;
	cmember_beat(m);
	if (m->epoch >= g->consumer->epoch && m->state != MEMBER_UNREVOKED &&
	    (m->state != MEMBER_UNRELEASED || consumer_waits_for_others(m)))
		return ERR_NONE;
	rejoin_soon(m);
	return ERR_REBALANCE_IN_PROGRESS;
}

static int16_t
leave_one(struct group *g, const struct leave_group_request_member *in)
{
	struct cmember *m = in->group_instance_id.len >= 0 ?
	    cmember_of_instance(g, in->group_instance_id) :
	    cmember_find(g, in->member_id);

	if (m == NULL)
		return ERR_UNKNOWN_MEMBER_ID;
	if (in->member_id.len > 0 && !kstr_eq(m->id, in->member_id))
		return ERR_FENCED_INSTANCE_ID;
	if (!cmember_is_classic(m))
		return ERR_UNKNOWN_MEMBER_ID;
	consumer_drop(m);
	return ERR_NONE;
}

void
consumer_leave(struct group *g, const struct leave_group_request_member *v,
    int32_t n, struct leave_group_response_member *out)
{
	for (int32_t i = 0; i < n; i++) {
		out[i].member_id = v[i].member_id;
		out[i].group_instance_id = v[i].group_instance_id;
		/* the last of the other protocol may have gone with the one
		 * before */
		out[i].error_code = g->consumer != NULL ?
		    leave_one(g, &v[i]) : ERR_UNKNOWN_MEMBER_ID;
	}
}

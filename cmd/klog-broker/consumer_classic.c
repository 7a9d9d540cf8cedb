/*
 * consumer_classic.c: members of the classic protocol in a consumer group,
 * and groups that change from one protocol to the other while they work: a
 * rolling upgrade, or one that is taken back (KIP-848, online migration).
 *
 * A classic member of such a group never leads: it joins, and gets its part
 * of the target with SyncGroup. Told of a rebalance by a heartbeat, it joins
 * again in time or is out.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_protocol.h"

/* A structure of the consumer protocol behind its version; the highest known
 * where that is newer. */
static int
read_protocol(struct kbytes b, const struct kmessage *msg, struct arena *a,
    void *out)
{
	struct kerr e = KERR_INIT;
	struct rd r;
	int16_t version;

	rd_init(&r, b.p, b.len > 0 ? (size_t)b.len : 0);
	version = rd_i16(&r);
	if (version > msg->max)
		version = msg->max;
	if (r.err != 0 || version < 0)
		return KE_PROTO;
	return kmsg_decode(msg, version, &r, a, out, &e);
}

static void
owned_parts(struct groups *gs, const struct consumer_protocol_subscription *s,
    struct tpset *out)
{
	struct kuuid id;
	int32_t n;

	for (int32_t i = 0; i < s->owned_partitions.n; i++) {
		if (!gs->ops->topic(gs->arg, s->owned_partitions.v[i].topic,
		    &id, &n))
			continue;
		for (int32_t j = 0; j < s->owned_partitions.v[i].
		    partitions.n; j++)
			tpset_add(out, &id, s->owned_partitions.v[i].
			    partitions.v[j]);
	}
}

/* The set as an assignment of the protocol's version 0, which all read. */
static void
write_assignment(struct groups *gs, const struct tpset *s, struct buf *out)
{
	struct consumer_protocol_assignment as;
	struct consumer_protocol_assignment_assigned_partition *t;
	int32_t *numbers = xcalloc((size_t)s->n + 1, sizeof(*numbers)), end;
	int rc;

	kmsg_defaults(&consumer_protocol_assignment_msg, &as);
	t = xcalloc((size_t)s->n + 1, sizeof(*t));
	as.assigned_partitions.v = t;
	as.assigned_partitions.n = 0;
	for (int32_t i = 0; i < s->n; i = end) {
		end = tpset_topic_end(s, i);
		t = &as.assigned_partitions.v[as.assigned_partitions.n];
		if (!gs->ops->topic_name(gs->arg, &s->v[i].topic, &t->topic))
			continue;
		t->partitions.v = numbers + i;
		t->partitions.n = end - i;
		for (int32_t j = i; j < end; j++)
			numbers[j] = s->v[j].partition;
		as.assigned_partitions.n++;
	}
	buf_put_i16(out, 0);
	rc = kmsg_encode_buf(&consumer_protocol_assignment_msg, 0, &as, out,
	    NULL);
	if (rc < 0)
		buf_clear(out);
	free(as.assigned_partitions.v);
	free(numbers);
}

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
	owned_parts(j->gs, &j->subscription, &owned);
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
	else if (!is_supported(g, req) || read_protocol(
	    req->protocols.v[0].metadata, &consumer_protocol_subscription_msg,
	    &a, &j.subscription) < 0)
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
	return generation != m->epoch ? ERR_ILLEGAL_GENERATION : ERR_NONE;
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
	write_assignment(gs, &m->assigned, &b);
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

static void
take_classic(struct group *g, const struct group_member *old,
    const struct consumer_protocol_subscription *s,
    const struct consumer_protocol_assignment *as)
{
	struct cmember *m = cmember_add(g, old->id);
	struct groups *gs = g->of;
	struct kuuid id;
	int32_t n;

	kstr_set(&m->instance, old->instance);
	kstr_set(&m->rack, s->rack_id);
	kstr_set(&m->client_id, old->client_id);
	kstr_set(&m->host, old->host);
	m->rebalance_ms = old->rebalance_ms;
	cmember_set_names(m, s->topics.v, s->topics.n);
	cmember_set_protocols(m, old->session_ms, old->protocols.v,
	    old->protocols.n);
	m->epoch = m->previous_epoch = g->consumer->epoch;
	for (int32_t i = 0; i < as->assigned_partitions.n; i++) {
		if (!gs->ops->topic(gs->arg, as->assigned_partitions.v[i].
		    topic, &id, &n))
			continue;
		for (int32_t j = 0; j < as->assigned_partitions.v[i].
		    partitions.n; j++)
			tpset_add(&m->assigned, &id,
			    as->assigned_partitions.v[i].partitions.v[j]);
	}
	tpset_copy(&m->target, &m->assigned);
	m->has_target = true;
	cmember_beat(m);
}

/* A member's own words, or false. */
static bool
read_member(const struct group *g, const struct group_member *m,
    struct arena *a, struct consumer_protocol_subscription *s,
    struct consumer_protocol_assignment *as)
{
	const struct kbytes *metadata = protocols_find(&m->protocols, g->protocol);

	memset(as, 0, sizeof(*as));
	return metadata != NULL && read_protocol(*metadata,
	    &consumer_protocol_subscription_msg, a, s) >= 0 &&
	    (m->assignment.len == 0 || read_protocol(m->assignment,
	    &consumer_protocol_assignment_msg, a, as) >= 0);
}

static void
store_all(struct group *g)
{
	struct cmember *m, *next;

	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_member(m);
	consumer_store_epoch(g);
	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_target(m);
	consumer_store_target_epoch(g);
	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_current(m);
}

bool
consumer_upgrade(struct group *g)
{
	struct consumer_protocol_subscription s;
	struct consumer_protocol_assignment as;
	struct group_member *m, *next;
	struct group_pending *p, *after;
	struct arena a;
	bool good = g->of->config.may_upgrade &&
	    kstr_eq(g->protocol_type, kstr("consumer")) &&
	    group_size(g) <= g->of->config.consumer_max_size;

	arena_init(&a, 0);
	HASH_ITER(hh, g->members, m, next)
		good = good && read_member(g, m, &a, &s, &as);
	if (!good) {
		arena_release(&a);
		return false;
	}
	group_turn_away(g, ERR_REBALANCE_IN_PROGRESS);
	group_store_tombstone(g);
	group_disarm(g->of, &g->rebalance);
	group_end_sync(g);
	g->consumer = cgroup_new();
	g->consumer->epoch = g->consumer->assignment_epoch = g->generation;
	HASH_ITER(hh, g->members, m, next) {
		read_member(g, m, &a, &s, &as);
		take_classic(g, m, &s, &as);
		member_remove(m);
	}
	HASH_ITER(hh, g->pending, p, after)
		pending_remove(p);
	kstr_set(&g->protocol, KSTR_NULL);
	kstr_set(&g->leader, KSTR_NULL);
	g->state_ms = -1;
	store_all(g);
	arena_release(&a);
	return true;
}

bool
consumer_may_downgrade(const struct group *g, const struct cmember *but)
{
	struct cmember *m, *next;

	if (!g->of->config.may_downgrade || consumer_size(g) <= 1 ||
	    cmember_is_classic(but) ||
	    consumer_size(g) - 1 > g->of->config.max_size)
		return false;
	HASH_ITER(hh, g->consumer->members, m, next)
		if (m != but && !cmember_is_classic(m))
			return false;
	return true;
}

void
consumer_downgrade(struct group *g, struct cmember *leaving)
{
	struct cgroup *c = g->consumer;
	struct cmember *old, *next;
	struct group_member *m, *after;
	struct buf b = { 0 };

	consumer_store_tombstones(g);
	g->consumer = NULL;
	g->generation = c->epoch;
	HASH_ITER(hh, c->members, old, next) {
		if (old == leaving)
			continue;
		m = member_add(g, old->id, old->instance, old->client_id,
		    old->host);
		protocols_set(&m->protocols, old->protocols.v,
		    old->protocols.n);
		m->rebalance_ms = old->rebalance_ms;
		m->session_ms = old->session_ms;
		buf_clear(&b);
		write_assignment(g->of, &old->target, &b);
		member_set_assignment(m, (struct kbytes){ b.p,
		    (int32_t)b.len });
	}
	buf_release(&b);
	cgroup_free(c);
	kstr_set(&g->protocol, group_select_protocol(g));
	group_become(g, GROUP_STABLE);
	group_store(g);
	HASH_ITER(hh, g->members, m, after)
		member_beat(m);
	group_prepare(g);
}

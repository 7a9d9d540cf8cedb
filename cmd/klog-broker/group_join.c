/*
 * group_join.c: JoinGroup: who joins a classic group, and in whose place. The
 * answer comes with the generation that the rebalance ends in
 * (group_rebalance.c), or at once.
 */
#include <stdlib.h>
#include <string.h>

#include "answer_text.h"
#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"

#define FIRST_JOIN_MS	(5 * 60 * 1000)	/* a new member waits so long */

/* One JoinGroup. */
struct join {
	struct groups			*gs;
	struct group			*g;
	const struct group_client	*client;
	const struct join_group_request	*req;
	int32_t				 rebalance_ms;
	void				*who;
};

void
join_refuse(struct groups *gs, void *who, struct kstr member_id, int16_t error)
{
	struct join_group_response rsp;

	kmsg_defaults(&join_group_response_msg, &rsp);
	rsp.error_code = error;
	rsp.generation_id = -1;
	rsp.protocol_type = rsp.protocol_name = KSTR_NULL;
	rsp.leader = kstr("");
	rsp.member_id = member_id;
	rsp.members.n = 0;
	gs->ops->joined(gs->arg, who, &rsp);
}

void
join_answer(struct group_member *m, const struct join_group_response *rsp)
{
	struct groups *gs = m->group->of;
	void *who = m->joining;

	m->joining = NULL;
	gs->ops->joined(gs->arg, who, rsp);
}

void
join_describe(const struct group_member *m, bool all,
    struct join_group_response *rsp)
{
	const struct group *g = m->group;
	struct group_member *other, *next;
	struct join_group_response_member *out;
	const struct kbytes *metadata;

	kmsg_defaults(&join_group_response_msg, rsp);
	rsp->generation_id = g->generation;
	rsp->protocol_type = g->protocol_type;
	rsp->protocol_name = g->protocol;
	rsp->leader = g->leader.len >= 0 ? g->leader : kstr("");
	rsp->member_id = m->id;
	rsp->members.v = NULL;
	rsp->members.n = 0;
	if (!all)
		return;
	rsp->members.v = xcalloc((size_t)group_size(g), sizeof(*out));
	HASH_ITER(hh, g->members, other, next) {
		out = &rsp->members.v[rsp->members.n++];
		out->member_id = other->id;
		out->group_instance_id = other->instance;
		metadata = protocols_find(&other->protocols, g->protocol);
		out->metadata = metadata != NULL ? *metadata :
		    (struct kbytes){ NULL, 0 };
	}
}

/* The generation as it is, to a member that knows it already. */
static void
tell_again(struct join *j, struct group_member *m)
{
	struct join_group_response rsp;

	join_describe(m, member_leads(m) && m->group->state ==
	    GROUP_COMPLETING, &rsp);
	j->gs->ops->joined(j->gs->arg, j->who, &rsp);
	free(rsp.members.v);
}

static bool
is_consistent(const struct join *j)
{
	const struct group *g = j->g;

	if (g->state == GROUP_EMPTY)
		return j->req->protocol_type.len > 0 &&
		    j->req->protocols.n > 0;
	if (!kstr_eq(g->protocol_type, j->req->protocol_type))
		return false;
	for (int32_t i = 0; i < j->req->protocols.n; i++)
		if (group_supports(g, j->req->protocols.v[i].name))
			return true;
	return false;
}

/* The member waits for the new generation; who waited in its name before,
 * on a connection that is surely gone, waits no more. */
static void
wait_join(struct group_member *m, void *who)
{
	void *before = m->joining;

	m->joining = who;
	if (before != NULL)
		join_refuse(m->group->of, before, m->id,
		    ERR_REBALANCE_IN_PROGRESS);
}

static void
update_member(struct join *j, struct group_member *m)
{
	protocols_set(&m->protocols, j->req->protocols.v,
	    j->req->protocols.n);
	m->rebalance_ms = j->rebalance_ms;
	m->session_ms = j->req->session_timeout_ms;
	wait_join(m, j->who);
}

static void
add_member(struct join *j, struct kstr id)
{
	struct group *g = j->g;
	struct group_member *m;
	struct group_pending *p = pending_find(g, id);

	if (p != NULL)
		pending_remove(p);
	if (g->state == GROUP_PREPARING && g->generation == 0)
		g->grew = true;
	if (g->members == NULL)
		kstr_set(&g->protocol_type, j->req->protocol_type);
	m = member_add(g, id, j->req->group_instance_id, j->client->id,
	    kstr(j->client->host));
	m->is_new = true;
	update_member(j, m);
	group_arm(j->gs, &m->session, FIRST_JOIN_MS);
	group_maybe_prepare(g);
}

struct kstr
group_uuid_text(struct arena *a, uint8_t b[16])
{
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	return kstr(arena_printf(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
	    b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
	    b[15]));
}

/* <client or instance id>-<uuid>; the first is cut where the whole would be no
 * string of the protocol any more. */
static struct kstr
new_id(const struct join *j)
{
	struct kstr first = j->req->group_instance_id, uuid;
	struct arena a;
	uint8_t b[16];
	size_t n, most;
	char *s;

	if (first.len < 0)
		first = j->client->id;
	arena_init(&a, 0);
	j->gs->ops->random(j->gs->arg, b, sizeof(b));
	uuid = group_uuid_text(&a, b);
	most = (size_t)(INT16_MAX - 1 - uuid.len);
	n = first.len > 0 ? (size_t)first.len : 0;
	if (n > most)
		n = answer_text_cut(first.p, most);
	s = xmalloc(n + 1 + (size_t)uuid.len + 1);
	if (n > 0)
		memcpy(s, first.p, n);
	s[n] = '-';
	memcpy(s + n + 1, uuid.p, (size_t)uuid.len + 1);
	arena_release(&a);
	return (struct kstr){ s, (int32_t)n + 1 + uuid.len };
}

/* KIP-345, KIP-814: a static member that came back under a new id takes its
 * place; a stable group need not notice. */
static void
keep_place(struct join *j, struct group_member *m, struct kstr leader)
{
	struct join_group_response rsp;
	bool skips = j->client->version >= 9;

	group_store(j->g);
	join_describe(m, skips && member_leads(m), &rsp);
	if (skips)
		rsp.skip_assignment = member_leads(m);
	else
		rsp.leader = leader.len >= 0 ? leader : kstr("");
	join_answer(m, &rsp);
	free(rsp.members.v);
}

static void
replace_member(struct join *j, struct group_member *m, struct kstr id)
{
	struct group *g = j->g;
	struct kstr leader = kstr_dup(g->leader);

	if (m->joining != NULL)
		join_refuse(j->gs, m->joining, m->id, ERR_FENCED_INSTANCE_ID);
	if (m->syncing != NULL)
		sync_refuse(j->gs, m->syncing, ERR_FENCED_INSTANCE_ID);
	m->joining = m->syncing = NULL;
	member_rename(m, id);
	member_beat(m);
	update_member(j, m);
	if (g->state == GROUP_STABLE) {
		if (kstr_eq(g->protocol, group_select_protocol(g)))
			keep_place(j, m, leader);
		else
			group_maybe_prepare(g);
	} else if (g->state == GROUP_COMPLETING) {
		group_prepare(g);
	}
	kstr_free(&leader);
}

static void
join_new(struct join *j)
{
	struct kstr instance = j->req->group_instance_id;
	struct group_member *m;
	struct kstr id;

	if (!is_consistent(j)) {
		join_refuse(j->gs, j->who, kstr(""),
		    ERR_INCONSISTENT_GROUP_PROTOCOL);
		return;
	}
	id = new_id(j);
	m = instance.len >= 0 ? member_of_instance(j->g, instance) : NULL;
	if (m != NULL) {
		replace_member(j, m, id);
	} else if (instance.len < 0 && j->client->version >= 4) {
		pending_add(j->g, id, j->req->session_timeout_ms);
		join_refuse(j->gs, j->who, id, ERR_MEMBER_ID_REQUIRED);
	} else {
		add_member(j, id);
	}
	kstr_free(&id);
}

static void
rejoin(struct join *j, struct group_member *m)
{
	bool same = protocols_eq(&m->protocols, j->req->protocols.v,
	    j->req->protocols.n);

	switch (j->g->state) {
	case GROUP_PREPARING:
		update_member(j, m);
		break;
	case GROUP_COMPLETING:
	case GROUP_STABLE:
		if (same && !(member_leads(m) && j->g->state == GROUP_STABLE)) {
			tell_again(j, m);
			break;
		}
		update_member(j, m);
		group_maybe_prepare(j->g);
		break;
	default:
		join_refuse(j->gs, j->who, j->req->member_id,
		    ERR_UNKNOWN_MEMBER_ID);
	}
}

static void
join_known(struct join *j)
{
	struct kstr id = j->req->member_id;
	int16_t error;

	if (!is_consistent(j)) {
		join_refuse(j->gs, j->who, id, ERR_INCONSISTENT_GROUP_PROTOCOL);
	} else if (pending_find(j->g, id) != NULL) {
		if (j->req->group_instance_id.len >= 0)
			join_refuse(j->gs, j->who, id,
			    ERR_UNKNOWN_SERVER_ERROR);
		else
			add_member(j, id);
	} else if ((error = member_check(j->g, id,
	    j->req->group_instance_id)) != 0) {
		join_refuse(j->gs, j->who, id, error);
	} else {
		rejoin(j, member_find(j->g, id));
	}
}

static bool
has_room(const struct join *j)
{
	const struct group_member *m = member_find(j->g, j->req->member_id);
	int32_t max = j->gs->config.max_size;

	switch (j->g->state) {
	case GROUP_PREPARING:
		return (m != NULL && m->joining != NULL) ||
		    group_joining(j->g) < max;
	case GROUP_COMPLETING:
	case GROUP_STABLE:
		return m != NULL || group_size(j->g) < max;
	default:
		return true;
	}
}

static void
refuse_full(struct join *j)
{
	struct group_member *m = member_find(j->g, j->req->member_id);
	struct group_pending *p = pending_find(j->g, j->req->member_id);

	if (m != NULL)
		member_remove(m);
	if (p != NULL)
		pending_remove(p);
	join_refuse(j->gs, j->who, kstr(""), ERR_GROUP_MAX_SIZE_REACHED);
}

void
groups_join(struct groups *gs, const struct group_client *c,
    const struct join_group_request *req, void *who)
{
	struct join j = { gs, NULL, c, req, req->rebalance_timeout_ms, who };
	bool is_new = req->member_id.len <= 0;

	if (c->version == 0)
		j.rebalance_ms = req->session_timeout_ms;
	if (req->session_timeout_ms < gs->config.min_session_ms ||
	    req->session_timeout_ms > gs->config.max_session_ms) {
		join_refuse(gs, who, req->member_id,
		    ERR_INVALID_SESSION_TIMEOUT);
		return;
	}
	j.g = is_new ? group_need(gs, req->group_id) :
	    group_find(gs, req->group_id);
	if (j.g == NULL) {
		join_refuse(gs, who, req->member_id, ERR_UNKNOWN_MEMBER_ID);
		return;
	}
	if (j.g->consumer != NULL && j.g->state != GROUP_EMPTY) {
		consumer_join(gs, j.g, c, req, who);
		return;
	}
	if (j.g->consumer != NULL) {
		/* nobody is left of the other protocol */
		consumer_store_tombstones(j.g);
		consumer_group_end(j.g);
	}
	if (!has_room(&j))
		refuse_full(&j);
	else if (is_new)
		join_new(&j);
	else
		join_known(&j);
	group_check_joined(j.g);
}

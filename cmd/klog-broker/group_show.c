/*
 * group_show.c: what is told of groups (ListGroups, DescribeGroups), and
 * their deletion.
 */
#include <strings.h>

#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"

static bool
same_word(struct kstr a, const char *b)
{
	return a.len == (int32_t)strlen(b) &&
	    strncasecmp(a.p, b, (size_t)a.len) == 0;
}

static const char *
type_of(const struct group *g)
{
	return g->consumer != NULL ? "consumer" : "classic";
}

static bool
is_listed(const struct group *g, const struct list_groups_request *req)
{
	bool state = req->states_filter.n <= 0, type = req->types_filter.n <= 0;

	for (int32_t i = 0; i < req->states_filter.n && !state; i++)
		state = same_word(req->states_filter.v[i],
		    group_state_name(g->state));
	for (int32_t i = 0; i < req->types_filter.n && !type; i++)
		type = same_word(req->types_filter.v[i], type_of(g));
	return state && type;
}

void
groups_list(struct groups *gs, const struct list_groups_request *req,
    struct arena *a, struct list_groups_response *rsp)
{
	struct list_groups_response_group *out;
	struct group *g, *next;

	rsp->groups.n = 0;
	rsp->groups.v = arena_alloc(a, (HASH_COUNT(gs->all) + 1) *
	    sizeof(*out));
	HASH_ITER(hh, gs->all, g, next) {
		if (g->loading || !is_listed(g, req))
			continue;
		out = &rsp->groups.v[rsp->groups.n++];
		KDEFAULTS(list_groups_response_group, out);
		out->group_id = g->id;
		out->protocol_type = g->protocol_type.len >= 0 ?
		    g->protocol_type : kstr("");
		out->group_state = kstr(group_state_name(g->state));
		out->group_type = kstr(type_of(g));
	}
}

static void
describe_member(const struct group_member *m,
    struct describe_groups_response_member *out)
{
	const struct group *g = m->group;
	const struct kbytes *metadata = NULL;

	if (g->state == GROUP_STABLE)
		metadata = protocols_find(&m->protocols, g->protocol);
	KDEFAULTS(describe_groups_response_member, out);
	out->member_id = m->id;
	out->group_instance_id = m->instance;
	out->client_id = m->client_id;
	out->client_host = m->host;
	out->member_metadata = metadata != NULL ? *metadata :
	    (struct kbytes){ NULL, 0 };
	out->member_assignment = g->state == GROUP_STABLE ? m->assignment :
	    (struct kbytes){ NULL, 0 };
}

void
groups_describe(struct groups *gs, struct kstr id, struct arena *a,
    struct describe_groups_response_group *out)
{
	struct group *g = group_find(gs, id);
	struct group_member *m, *next;

	KDEFAULTS(describe_groups_response_group, out);
	out->group_id = id;
	out->protocol_type = out->protocol_data = kstr("");
	out->members.n = 0;
	if (g == NULL || g->consumer != NULL) {
		out->group_state = kstr(group_state_name(GROUP_DEAD));
		return;
	}
	out->group_state = kstr(group_state_name(g->state));
	if (g->protocol_type.len >= 0)
		out->protocol_type = g->protocol_type;
	if (g->state == GROUP_STABLE && g->protocol.len >= 0)
		out->protocol_data = g->protocol;
	out->members.v = arena_alloc(a, (size_t)group_size(g) *
	    sizeof(*out->members.v));
	HASH_ITER(hh, g->members, m, next)
		describe_member(m, &out->members.v[out->members.n++]);
}

static bool
any(void *arg, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	(void)arg;
	(void)topic;
	(void)partition;
	(void)v;
	return true;
}

int16_t
groups_delete(struct groups *gs, struct kstr id)
{
	struct group *g = group_find(gs, id);

	if (g == NULL)
		return ERR_GROUP_ID_NOT_FOUND;
	if (g->state != GROUP_EMPTY)
		return ERR_NON_EMPTY_GROUP;
	group_drop_offsets(g, any, NULL);
	if (g->generation > 0 || g->consumer != NULL)
		group_store_tombstone(g);
	group_free(g);
	return ERR_NONE;
}

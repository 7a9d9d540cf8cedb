/*
 * handle_group_offsets.c: OffsetCommit, OffsetFetch, OffsetDelete.
 */
#include "api.h"
#include "coordinator.h"
#include "offsets_answer.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"

static void
committed(struct request *r, int16_t *errors)
{
	struct offset_commit_response *rsp = r->answer;

	if (errors[0] != 0)
		offsets_answer_refuse(rsp->topics.v, rsp->topics.n, errors[0]);
	request_reply(r, rsp);
}

static void
commit(struct request *r, int16_t *errors)
{
	const struct offset_commit_request *req = r->msg;
	struct offset_commit_response *rsp = r->answer;

	if (errors[0] != 0) {
		committed(r, errors);
		return;
	}
	groups_commit(coordinator_enter(r->broker), r->version, req, rsp);
	coordinator_leave(r->broker);
	coordinator_answer(r, &req->group_id, committed);
}

void
handle_offset_commit(struct request *r)
{
	const struct offset_commit_request *req = r->msg;
	struct offset_commit_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	bool some;

	kmsg_defaults(&offset_commit_response_msg, rsp);
	rsp->topics.n = req->topics.n;
	rsp->topics.v = offsets_answer(r, req->topics.v, req->topics.n,
	    sizeof(req->topics.v->partitions.v[0]), &some);
	if (!some) {
		request_reply(r, rsp);
		return;
	}
	r->answer = rsp;
	coordinator_call(r, &req->group_id, 1, commit);
}

static const struct offset_fetch_request_group *
fetch_groups(struct request *r, int32_t *n)
{
	const struct offset_fetch_request *req = r->msg;
	struct offset_fetch_request_group *g;

	if (r->version >= 8) {
		*n = req->groups.n;
		return req->groups.v;
	}
	/* the topics' two structs have the same members in the same places */
	_Static_assert(sizeof(struct offset_fetch_request_topic) ==
	    sizeof(struct offset_fetch_request_group_topic), "shape");
	g = arena_alloc(&r->arena, sizeof(*g));
	kfields_defaults(offset_fetch_request_group_fields, g);
	g->group_id = req->group_id;
	g->topics.v = (void *)req->topics.v;
	g->topics.n = req->topics.n;
	*n = 1;
	return g;
}

/* Before version 8 there is one group, and its topics are the answer's. */
static void
flatten(struct offset_fetch_response *rsp)
{
	const struct offset_fetch_response_group *g = &rsp->groups.v[0];

	/* the structs of both have the same members in the same places */
	_Static_assert(sizeof(*rsp->topics.v) == sizeof(*g->topics.v) &&
	    sizeof(*rsp->topics.v->partitions.v) ==
	    sizeof(*g->topics.v->partitions.v), "shape");
	rsp->error_code = g->error_code;
	rsp->topics.v = (void *)g->topics.v;
	rsp->topics.n = g->topics.n;
	rsp->groups.n = 0;
}

/* In the first versions an error is told with each partition (KIP-88). */
static void
fetch_refuse(struct request *r, const struct offset_fetch_request_group *req,
    struct offset_fetch_response_group *g, int16_t error)
{
	const struct offset_fetch_request_group_topic *t;
	struct offset_fetch_response_group_topic *out;

	g->group_id = req->group_id;
	g->error_code = error;
	g->topics.n = 0;
	if (r->version >= 2)
		return;
	g->topics.n = req->topics.n;
	g->topics.v = arena_alloc(&r->arena, (size_t)req->topics.n *
	    sizeof(*out));
	for (int32_t i = 0; i < req->topics.n; i++) {
		t = &req->topics.v[i];
		out = &g->topics.v[i];
		out->name = t->name;
		out->partitions.n = t->partition_indexes.n;
		out->partitions.v = arena_alloc(&r->arena,
		    (size_t)out->partitions.n * sizeof(*out->partitions.v));
		for (int32_t j = 0; j < out->partitions.n; j++) {
			out->partitions.v[j].partition_index =
			    t->partition_indexes.v[j];
			out->partitions.v[j].committed_offset = -1;
			out->partitions.v[j].committed_leader_epoch = -1;
			out->partitions.v[j].metadata = kstr("");
			out->partitions.v[j].error_code = error;
		}
	}
}

/* What was committed and is not durable yet must not be told before it is. */
static void
fetched(struct request *r, int16_t *errors)
{
	struct offset_fetch_response *rsp = r->answer;
	const struct offset_fetch_request_group *groups;
	int32_t n;

	groups = fetch_groups(r, &n);
	for (int32_t i = 0; i < n; i++)
		if (errors[i] != 0 && rsp->groups.v[i].error_code == 0)
			fetch_refuse(r, &groups[i], &rsp->groups.v[i],
			    errors[i]);
	if (r->version < 8)
		flatten(rsp);
	request_reply(r, rsp);
}

static struct kstr *
names(struct request *r, const struct offset_fetch_request_group *v,
    int32_t n)
{
	struct kstr *out = arena_alloc(&r->arena, (size_t)n * sizeof(*out));

	for (int32_t i = 0; i < n; i++)
		out[i] = v[i].group_id;
	return out;
}

/* The texts borrow from the coordinator's memory: they are copied. */
static void
keep_texts(struct request *r, struct offset_fetch_response_group *g)
{
	struct offset_fetch_response_group_topic *t;
	struct kstr *s;

	for (int32_t i = 0; i < g->topics.n; i++) {
		t = &g->topics.v[i];
		t->name.p = arena_strndup(&r->arena, t->name.p,
		    (size_t)t->name.len);
		for (int32_t j = 0; j < t->partitions.n; j++) {
			s = &t->partitions.v[j].metadata;
			if (s->len > 0)
				s->p = arena_strndup(&r->arena, s->p,
				    (size_t)s->len);
		}
	}
}

static void
fetch(struct request *r, int16_t *errors)
{
	const struct offset_fetch_request *req = r->msg;
	const struct offset_fetch_request_group *groups;
	struct offset_fetch_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	struct groups *gs = coordinator_enter(r->broker);
	int32_t n;

	groups = fetch_groups(r, &n);
	kmsg_defaults(&offset_fetch_response_msg, rsp);
	rsp->groups.n = n;
	rsp->groups.v = arena_alloc(&r->arena, (size_t)n *
	    sizeof(*rsp->groups.v));
	for (int32_t i = 0; i < n; i++) {
		if (errors[i] != 0) {
			fetch_refuse(r, &groups[i], &rsp->groups.v[i],
			    errors[i]);
			continue;
		}
		groups_fetch(gs, &groups[i], req->require_stable, &r->arena,
		    &rsp->groups.v[i]);
		keep_texts(r, &rsp->groups.v[i]);
	}
	coordinator_leave(r->broker);
	r->answer = rsp;
	coordinator_settle(r, names(r, groups, n), n, fetched);
}

void
handle_offset_fetch(struct request *r)
{
	const struct offset_fetch_request_group *groups;
	int32_t n;

	groups = fetch_groups(r, &n);
	coordinator_call(r, names(r, groups, n), n, fetch);
}

static void
offsets_deleted(struct request *r, int16_t *errors)
{
	struct offset_delete_response *rsp = r->answer;

	if (errors[0] != 0 && rsp->error_code == 0)
		rsp->error_code = errors[0];
	if (rsp->error_code != 0)
		rsp->topics.n = 0;
	request_reply(r, rsp);
}

static void
delete_offsets(struct request *r, int16_t *errors)
{
	const struct offset_delete_request *req = r->msg;
	struct offset_delete_response *rsp = r->answer;

	if (errors[0] != 0) {
		offsets_deleted(r, errors);
		return;
	}
	groups_delete_offsets(coordinator_enter(r->broker), req, rsp);
	coordinator_leave(r->broker);
	coordinator_settle(r, &req->group_id, 1, offsets_deleted);
}

void
handle_offset_delete(struct request *r)
{
	const struct offset_delete_request *req = r->msg;
	struct offset_delete_response *rsp = arena_alloc(&r->arena,
	    sizeof(*rsp));
	bool some;

	kmsg_defaults(&offset_delete_response_msg, rsp);
	rsp->topics.n = req->topics.n;
	rsp->topics.v = offsets_answer(r, req->topics.v, req->topics.n,
	    sizeof(req->topics.v->partitions.v[0]), &some);
	if (!some) {
		request_reply(r, rsp);
		return;
	}
	r->answer = rsp;
	if (req->group_id.len <= 0)
		offsets_deleted(r, (int16_t[]){ ERR_INVALID_GROUP_ID });
	else
		coordinator_call(r, &req->group_id, 1, delete_offsets);
}

/*
 * group_fetch.c: OffsetFetch: what a group has committed, of the partitions
 * that are named or of all.
 */
#include "consumer_group.h"
#include "wire/kerror.h"

static void
show_offset(const struct group *g, struct kstr topic, bool require_stable,
    struct offset_fetch_response_group_topic_partition *out)
{
	struct offset_value v;

	out->committed_offset = -1;
	out->committed_leader_epoch = -1;
	out->metadata = kstr("");
	out->error_code = ERR_NONE;
	if (g == NULL)
		return;
	if (require_stable && offsets_txn_pending(&g->offsets, topic,
	    out->partition_index)) {
		out->error_code = ERR_UNSTABLE_OFFSET_COMMIT;
	} else if (offsets_get(&g->offsets, topic, out->partition_index, &v)) {
		out->committed_offset = v.offset;
		out->committed_leader_epoch = v.leader_epoch;
		out->metadata = v.metadata;
	}
}

static void
fetch_named(const struct group *g,
    const struct offset_fetch_request_group *req, bool require_stable,
    struct arena *a, struct offset_fetch_response_group *rsp)
{
	const struct offset_fetch_request_group_topic *t;
	struct offset_fetch_response_group_topic *out;

	rsp->topics.n = req->topics.n;
	rsp->topics.v = arena_alloc(a, (size_t)req->topics.n *
	    sizeof(*rsp->topics.v));
	for (int32_t i = 0; i < req->topics.n; i++) {
		t = &req->topics.v[i];
		out = &rsp->topics.v[i];
		out->name = t->name;
		out->partitions.n = t->partition_indexes.n;
		out->partitions.v = arena_alloc(a,
		    (size_t)t->partition_indexes.n *
		    sizeof(*out->partitions.v));
		for (int32_t j = 0; j < t->partition_indexes.n; j++) {
			out->partitions.v[j].partition_index =
			    t->partition_indexes.v[j];
			show_offset(g, t->name, require_stable,
			    &out->partitions.v[j]);
		}
	}
}

/* All offsets of a group, into arrays that grow. */
struct all {
	const struct group			*g;
	bool					 require_stable;
	struct arena				*arena;
	struct offset_fetch_response_group	*rsp;
};

static bool
fetch_each(void *arg, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	struct all *all = arg;
	struct offset_fetch_response_group_topic *t;
	int32_t n = all->rsp->topics.n;

	(void)v;
	if (n == 0 || !kstr_eq(all->rsp->topics.v[n - 1].name, topic)) {
		t = &all->rsp->topics.v[all->rsp->topics.n++];
		t->name = topic;
		t->partitions.n = 0;
		t->partitions.v = arena_alloc(all->arena,
		    (size_t)offsets_topic_size(&all->g->offsets, topic) *
		    sizeof(*t->partitions.v));
	} else {
		t = &all->rsp->topics.v[n - 1];
	}
	t->partitions.v[t->partitions.n].partition_index = partition;
	show_offset(all->g, topic, all->require_stable,
	    &t->partitions.v[t->partitions.n++]);
	return false;
}

/* A member of the consumer protocol says who it is (KIP-848). */
static int16_t
check_reader(const struct group *g,
    const struct offset_fetch_request_group *req)
{
	const struct cmember *m;

	if (g == NULL || g->consumer == NULL ||
	    (req->member_id.len < 0 && req->member_epoch < 0))
		return ERR_NONE;
	m = cmember_find(g, req->member_id.len >= 0 ? req->member_id :
	    kstr(""));
	return m != NULL ? cmember_check_epoch(m, req->member_epoch) :
	    ERR_UNKNOWN_MEMBER_ID;
}

void
groups_fetch(struct groups *gs, const struct offset_fetch_request_group *req,
    bool require_stable, struct arena *a,
    struct offset_fetch_response_group *rsp)
{
	struct group *g = group_find(gs, req->group_id);
	struct all all = { g, require_stable, a, rsp };

	rsp->group_id = req->group_id;
	rsp->error_code = check_reader(g, req);
	rsp->topics.n = 0;
	if (rsp->error_code != 0)
		return;
	if (req->topics.n >= 0) {
		fetch_named(g, req, require_stable, a, rsp);
	} else if (g != NULL) {
		rsp->topics.v = arena_alloc(a,
		    (size_t)offsets_topic_count(&g->offsets) *
		    sizeof(*rsp->topics.v));
		offsets_each(&g->offsets, fetch_each, &all);
	}
}

/* groups_offsets.c: committed offsets of groups, and deletion; groups.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/groups_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_delete_groups.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_delete.h"
#include "wire/msg_offset_fetch.h"

#define BATCHED	8	/* first version of OffsetFetch for many groups */

static int
by_place(const void *a, const void *b)
{
	const struct group_offset *x = a, *y = b;
	int d = strcmp(x->topic, y->topic);

	return d != 0 ? d : (x->partition > y->partition) -
	    (x->partition < y->partition);
}

void
group_sort(struct group_offset *v, int n)
{
	if (n > 0)
		qsort(v, (size_t)n, sizeof(v[0]), by_place);
}

static void
put_offset(struct groups *g, struct group *q, const char *topic,
    const struct offset_fetch_response_group_topic_partition *p)
{
	struct group_offset *o = &q->offset[q->n_offsets];

	if (p->committed_offset < 0 && p->error_code == 0)
		return;
	q->n_offsets++;
	*o = (struct group_offset){ topic, p->partition_index,
	    p->committed_offset, p->committed_leader_epoch,
	    groups_str(g, p->metadata), NULL };
	if (p->error_code == 0)
		return;
	o->err = groups_array(g, 1, sizeof(*o->err));
	kerror_set(o->err, p->error_code, KSTR_NULL);
}

static void
take_group(struct groups *g, struct group *q,
    const struct offset_fetch_response_group *p)
{
	size_t n = 0;

	if (!groups_took(q, p->error_code))
		return;
	for (int i = 0; i < p->topics.n; i++)
		n += (size_t)p->topics.v[i].partitions.n;
	q->offset = groups_array(g, n, sizeof(q->offset[0]));
	q->n_offsets = 0;
	for (int i = 0; i < p->topics.n; i++) {
		const char *topic = groups_str(g, p->topics.v[i].name);

		for (int k = 0; k < p->topics.v[i].partitions.n; k++)
			put_offset(g, q, topic,
			    &p->topics.v[i].partitions.v[k]);
	}
	group_sort(q->offset, q->n_offsets);
}

/* The answer of an older version, for one group. */
static void
take_single(struct groups *g, struct group *q,
    const struct offset_fetch_response *rsp)
{
	size_t n = 0;

	if (!groups_took(q, rsp->error_code))
		return;
	for (int i = 0; i < rsp->topics.n; i++)
		n += (size_t)rsp->topics.v[i].partitions.n;
	q->offset = groups_array(g, n, sizeof(q->offset[0]));
	q->n_offsets = 0;
	for (int i = 0; i < rsp->topics.n; i++) {
		const char *topic = groups_str(g, rsp->topics.v[i].name);

		for (int k = 0; k < rsp->topics.v[i].partitions.n; k++) {
			const struct offset_fetch_response_partition *o =
			    &rsp->topics.v[i].partitions.v[k];

			put_offset(g, q, topic, &(struct
			    offset_fetch_response_group_topic_partition){
			    o->partition_index, o->committed_offset,
			    o->committed_leader_epoch, o->metadata,
			    o->error_code });
		}
	}
	group_sort(q->offset, q->n_offsets);
}

static void
fetch_many(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left)
{
	const struct offset_fetch_response *rsp;
	struct offset_fetch_request_group *groups;
	struct offset_fetch_request req;
	struct reply *r;
	struct group *q;

	groups = xcalloc((size_t)n, sizeof(groups[0]));
	for (int i = 0; i < n; i++) {
		groups[i].group_id = kstr(v[i]->name);
		groups[i].member_id = KSTR_NULL;
		groups[i].member_epoch = -1;
		groups[i].topics.n = -1;	/* all */
	}
	kmsg_defaults(&offset_fetch_request_msg, &req);
	req.groups.v = groups;
	req.groups.n = n;
	if (groups_call(g, broker, API_OFFSET_FETCH, &req, left, v, n,
	    &r) == 0) {
		rsp = r->msg;
		for (int i = 0; i < rsp->groups.n; i++)
			if ((q = groups_find(v, n,
			    rsp->groups.v[i].group_id)) != NULL)
				take_group(g, q, &rsp->groups.v[i]);
		reply_free(r);
	}
	free(groups);
}

static void
fetch_one(struct groups *g, int32_t broker, struct group *q, int64_t left)
{
	struct offset_fetch_request req;
	struct reply *r;

	kmsg_defaults(&offset_fetch_request_msg, &req);
	req.group_id = kstr(q->name);
	req.topics.n = -1;
	if (groups_call(g, broker, API_OFFSET_FETCH, &req, left, &q, 1,
	    &r) != 0)
		return;
	take_single(g, q, r->msg);
	reply_free(r);
}

static void
ask_fetch(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left, void *arg)
{
	if (cluster_version(g->cluster, BROKER_ANY, API_OFFSET_FETCH) >=
	    BATCHED) {
		fetch_many(g, broker, v, n, left);
		return;
	}
	for (int i = 0; i < n; i++)
		fetch_one(g, broker, v[i], left);
}

void
groups_fetch(struct groups *g)
{
	groups_run(g, NULL, ask_fetch, NULL);
}

/* Offsets of one group that are to be changed. */
struct change {
	struct groups		*g;
	struct group_offset	*v;
	int			 n;
};

/* What one partition came to. The first failure that the coordinator is to
 * blame for is the group's: then all are tried again. */
static void
took_partition(struct change *c, struct group *q, struct kstr topic,
    int32_t partition, int16_t error)
{
	if (error == ERR_NOT_COORDINATOR ||
	    error == ERR_COORDINATOR_NOT_AVAILABLE ||
	    error == ERR_COORDINATOR_LOAD_IN_PROGRESS) {
		groups_took(q, error);
		return;
	}
	/* a commit without a member, to a group that has some */
	if (error == ERR_UNKNOWN_MEMBER_ID || error == ERR_ILLEGAL_GENERATION)
		error = ERR_NON_EMPTY_GROUP;
	for (int i = 0; i < c->n && error != 0; i++) {
		struct group_offset *o = &c->v[i];

		if (o->partition != partition ||
		    !kstr_eq(kstr(o->topic), topic))
			continue;
		o->err = groups_array(c->g, 1, sizeof(*o->err));
		kerror_set(o->err, error, KSTR_NULL);
	}
}

static void
took_topics(struct change *c, struct group *q,
    const struct offset_commit_response_topic *t, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = 0; k < t[i].partitions.n; k++)
			took_partition(c, q, t[i].name,
			    t[i].partitions.v[k].partition_index,
			    t[i].partitions.v[k].error_code);
}

/* The changes by topic: n of them, those of topic i from first[i] on. They are
 * sorted. */
static int
split_topics(struct change *c, int *first)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		if (i == 0 || strcmp(c->v[i].topic, c->v[i - 1].topic) != 0)
			first[n++] = i;
	first[n] = c->n;
	return n;
}

static void
ask_commit(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left, void *arg)
{
	struct change *c = arg;
	struct offset_commit_request_partition *p;
	struct offset_commit_request_topic *t;
	struct offset_commit_request req;
	const struct offset_commit_response *rsp;
	int *first = xcalloc((size_t)c->n + 1, sizeof(first[0])), nt;
	struct group *q = v[0];
	struct reply *r;

	nt = split_topics(c, first);
	p = xcalloc((size_t)c->n + 1, sizeof(p[0]));
	t = xcalloc((size_t)nt + 1, sizeof(t[0]));
	for (int i = 0; i < c->n; i++) {
		p[i].partition_index = c->v[i].partition;
		p[i].committed_offset = c->v[i].offset;
		p[i].committed_leader_epoch = c->v[i].leader_epoch;
		p[i].committed_metadata = kstr(c->v[i].metadata != NULL ?
		    c->v[i].metadata : "");
	}
	for (int i = 0; i < nt; i++) {
		t[i].name = kstr(c->v[first[i]].topic);
		t[i].partitions.v = &p[first[i]];
		t[i].partitions.n = first[i + 1] - first[i];
	}
	kmsg_defaults(&offset_commit_request_msg, &req);
	req.group_id = kstr(q->name);
	req.member_id = kstr("");
	req.topics.v = t;
	req.topics.n = nt;
	if (groups_call(g, broker, API_OFFSET_COMMIT, &req, left, &q, 1,
	    &r) == 0) {
		groups_took(q, 0);
		rsp = r->msg;
		took_topics(c, q, rsp->topics.v, rsp->topics.n);
		reply_free(r);
	}
	free(t);
	free(p);
	free(first);
}

void
groups_commit(struct groups *g, struct group *q, struct group_offset *v,
    int n)
{
	struct change c = { g, v, n };

	group_sort(v, n);
	if (n > 0)
		groups_run(g, q, ask_commit, &c);
}

static void
ask_forget(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left, void *arg)
{
	struct change *c = arg;
	struct offset_delete_request_partition *p;
	struct offset_delete_request_topic *t;
	struct offset_delete_request req;
	const struct offset_delete_response *rsp;
	int *first = xcalloc((size_t)c->n + 1, sizeof(first[0])), nt;
	struct group *q = v[0];
	struct reply *r;

	nt = split_topics(c, first);
	p = xcalloc((size_t)c->n + 1, sizeof(p[0]));
	t = xcalloc((size_t)nt + 1, sizeof(t[0]));
	for (int i = 0; i < c->n; i++)
		p[i].partition_index = c->v[i].partition;
	for (int i = 0; i < nt; i++) {
		t[i].name = kstr(c->v[first[i]].topic);
		t[i].partitions.v = &p[first[i]];
		t[i].partitions.n = first[i + 1] - first[i];
	}
	kmsg_defaults(&offset_delete_request_msg, &req);
	req.group_id = kstr(q->name);
	req.topics.v = t;
	req.topics.n = nt;
	if (groups_call(g, broker, API_OFFSET_DELETE, &req, left, &q, 1,
	    &r) == 0) {
		rsp = r->msg;
		groups_took(q, rsp->error_code);
		/* the structs of the two answers are the same */
		_Static_assert(sizeof(*rsp->topics.v) ==
		    sizeof(struct offset_commit_response_topic) &&
		    sizeof(*rsp->topics.v->partitions.v) ==
		    sizeof(struct offset_commit_response_partition), "alike");
		took_topics(c, q, (const void *)rsp->topics.v, rsp->topics.n);
		reply_free(r);
	}
	free(t);
	free(p);
	free(first);
}

void
groups_forget(struct groups *g, struct group *q, struct group_offset *v,
    int n)
{
	struct change c = { g, v, n };

	group_sort(v, n);
	if (n > 0)
		groups_run(g, q, ask_forget, &c);
}

static void
ask_delete(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left, void *arg)
{
	const struct delete_groups_response *rsp;
	struct delete_groups_request req;
	struct kstr *names = xcalloc((size_t)n + 1, sizeof(names[0]));
	struct reply *r;
	struct group *q;

	for (int i = 0; i < n; i++)
		names[i] = kstr(v[i]->name);
	kmsg_defaults(&delete_groups_request_msg, &req);
	req.groups_names.v = names;
	req.groups_names.n = n;
	if (groups_call(g, broker, API_DELETE_GROUPS, &req, left, v, n,
	    &r) == 0) {
		rsp = r->msg;
		for (int i = 0; i < rsp->results.n; i++)
			if ((q = groups_find(v, n,
			    rsp->results.v[i].group_id)) != NULL)
				groups_took(q, rsp->results.v[i].error_code);
		reply_free(r);
	}
	free(names);
}

void
groups_delete(struct groups *g)
{
	groups_run(g, NULL, ask_delete, NULL);
}

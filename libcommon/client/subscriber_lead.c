/*
 * subscriber_lead.c: the leader's part: it assigns the partitions of all the
 * topics that members subscribe to, and has the group join again when one of
 * them has got more partitions (subscriber_impl.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/assign_impl.h"
#include "client/subscriber_impl.h"

/* Topics that no answer tells of are waited for so often. */
#define METADATA_ROUNDS	2

void
lead_clear(struct subscriber *s)
{
	reply_free(s->lead.reply);
	s->lead.reply = NULL;
	s->lead.rounds = 0;
	for (size_t i = 0; i < s->n_plan; i++) {
		buf_release(&s->plan[i]);
		free(s->plan_id[i]);
	}
	free(s->plan);
	free(s->plan_id);
	s->plan = NULL;
	s->plan_id = NULL;
	s->n_plan = 0;
}

static int
compare_topics(const void *a, const void *b)
{
	const struct assign_topic *x = a, *y = b;

	return kstr_cmp(x->name, y->name);
}

/* The topics of all members, sorted, with the partitions they have now (0: not
 * known). They borrow from the subscriptions. */
static size_t
gather(struct subscriber *s, const struct assign_member *m, size_t n,
    struct assign_topic **out)
{
	struct assign_topic *v = NULL;
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		count += (size_t)m[i].sub.topics.n;
	v = xcalloc(count + 1, sizeof(*v));
	count = 0;
	for (size_t i = 0; i < n; i++)
		for (int32_t k = 0; k < m[i].sub.topics.n; k++)
			v[count++].name = m[i].sub.topics.v[k];
	qsort(v, count, sizeof(*v), compare_topics);
	for (size_t i = 0; i < count; i++) {
		const struct cluster_topic *t;
		char *name;

		if (v[i].name.len <= 0 || (kept > 0 &&
		    kstr_eq(v[i].name, v[kept - 1].name)))
			continue;
		name = xstrndup(v[i].name.p, (size_t)v[i].name.len);
		cluster_want(s->data, name);
		t = cluster_topic(s->data, name);
		v[kept].name = v[i].name;
		v[kept++].partitions = t == NULL ? -1 : t->n;
		free(name);
	}
	*out = v;
	return kept;
}

static void
remember(struct subscriber *s, const struct assign_topic *v, size_t n)
{
	for (size_t i = 0; i < s->n_seen; i++)
		free(s->seen[i].topic);
	s->seen = xreallocarray(s->seen, n + 1, sizeof(*s->seen));
	s->n_seen = n;
	for (size_t i = 0; i < n; i++) {
		s->seen[i].topic = xstrndup(v[i].name.p,
		    (size_t)v[i].name.len);
		s->seen[i].partitions = v[i].partitions;
	}
}

/* Computes the assignment and has it sent. */
static void
plan(struct subscriber *s, const struct assign_member *m, size_t n,
    struct assign_topic *topics, size_t n_topics, struct arena *a)
{
	struct assign_list *lists = xcalloc(n + 1, sizeof(*lists));
	size_t known = 0;

	remember(s, topics, n_topics);
	for (size_t i = 0; i < n_topics; i++)
		if (topics[i].partitions > 0)
			topics[known++] = topics[i];
	assign_run(s->chosen, topics, known, m, n, lists, a);
	s->plan = xcalloc(n + 1, sizeof(*s->plan));
	s->plan_id = xcalloc(n + 1, sizeof(*s->plan_id));
	for (size_t i = 0; i < n; i++) {
		buf_init(&s->plan[i], 0);
		assign_put_assignment(&s->plan[i], topics, &lists[i]);
		s->plan_id[i] = xstrndup(m[i].id.p, (size_t)m[i].id.len);
	}
	s->n_plan = n;
	free(lists);
	log_line(LOG_INFO, LOG_GROUP, "group '%s': leads %zu members by %s",
	    s->group, n, assign_name(s->chosen));
}

/* Members whose subscription cannot be read get nothing. */
static size_t
read_members(struct subscriber *s, const struct join_group_response *rsp,
    struct assign_member *m, struct arena *a)
{
	struct kerr e = KERR_INIT;
	size_t n = 0;

	for (int32_t i = 0; i < rsp->members.n; i++) {
		const struct join_group_response_member *from =
		    &rsp->members.v[i];

		if (from->member_id.len < 0)
			continue;
		if (assign_read_subscription(from->metadata, a, &m[n].sub,
		    &e) != 0) {
			log_line(LOG_WARN, LOG_GROUP, "group '%s': the "
			    "subscription of %.*s: %s", s->group,
			    (int)from->member_id.len, from->member_id.p,
			    e.msg);
			memset(&m[n].sub, 0, sizeof(m[n].sub));
		}
		m[n].id = from->member_id;
		m[n++].instance = from->group_instance_id;
	}
	return n;
}

/* Assigns where every topic is known, or was waited for long enough. */
static void
try_plan(struct subscriber *s)
{
	struct reply *r = s->lead.reply;
	const struct join_group_response *rsp = r->msg;
	struct assign_member *m;
	struct assign_topic *topics;
	struct arena a;
	size_t n, n_topics;
	bool unknown = false;

	arena_init(&a, 0);
	m = xcalloc((size_t)rsp->members.n + 1, sizeof(*m));
	n = read_members(s, rsp, m, &a);
	n_topics = gather(s, m, n, &topics);
	for (size_t i = 0; i < n_topics; i++)
		unknown = unknown || topics[i].partitions < 0;
	if (unknown && s->lead.rounds < METADATA_ROUNDS) {
		cluster_refresh(s->data);
	} else {
		/* a static member that comes back keeps the assignment that
		 * is (KIP-814) */
		if (!rsp->skip_assignment)
			plan(s, m, n, topics, n_topics, &a);
		else
			remember(s, topics, n_topics);
		s->lead.reply = NULL;
		member_joined(&s->m, loop_now(s->loop), NULL,
		    rsp->member_id.p, rsp->member_id.len, rsp->generation_id);
		reply_free(r);
		subscriber_step(s);
	}
	free(topics);
	free(m);
	arena_release(&a);
}

void
lead_begin(struct subscriber *s, struct reply *r)
{
	s->lead.reply = r;
	s->lead.rounds = 0;
	try_plan(s);
}

void
lead_metadata(struct subscriber *s)
{
	const struct cluster_topic *t;

	if (s->lead.reply != NULL) {
		s->lead.rounds++;
		try_plan(s);
		return;
	}
	if (!s->leader || s->m.phase != MEMBER_STABLE || s->m.rejoin)
		return;
	for (size_t i = 0; i < s->n_seen; i++) {
		t = cluster_topic(s->data, s->seen[i].topic);
		if (t == NULL || t->error != 0 ||
		    t->n == s->seen[i].partitions ||
		    (t->n <= 0 && s->seen[i].partitions <= 0))
			continue;
		log_line(LOG_INFO, LOG_GROUP, "group '%s': %s has %d "
		    "partitions now", s->group, s->seen[i].topic, (int)t->n);
		member_rejoin(&s->m);
		subscriber_step(s);
		return;
	}
}

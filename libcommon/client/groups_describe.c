/*
 * groups_describe.c: members of groups. The new protocol's request
 * (ConsumerGroupDescribe, KIP-848) is tried first where a broker has it; it
 * knows nothing of classic groups, which are then asked for as such.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/assign.h"
#include "client/groups_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_group_describe.h"
#include "wire/msg_describe_groups.h"

static int
by_part(const void *a, const void *b)
{
	const struct group_part *x = a, *y = b;
	int d = strcmp(x->topic, y->topic);

	return d != 0 ? d : (x->partition > y->partition) -
	    (x->partition < y->partition);
}

static void
sort_parts(struct group_part *v, int n)
{
	if (n > 0)
		qsort(v, (size_t)n, sizeof(v[0]), by_part);
}

/* The names, spaces between. */
static const char *
join(struct groups *g, const struct kstr *v, int32_t n)
{
	struct buf b = { 0 };
	const char *text;

	for (int32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, v[i].p, v[i].len > 0 ? (size_t)v[i].len : 0);
	}
	text = arena_strndup(&g->arena, (const char *)b.p, b.len);
	buf_release(&b);
	return text;
}

/* What a classic member was given; opaque unless its group's protocol type is
 * "consumer". */
static void
take_assignment(struct groups *g, struct group_member *m, struct kbytes b)
{
	struct consumer_protocol_assignment a;
	struct kerr e = KERR_INIT;
	struct arena arena;
	size_t n = 0;

	arena_init(&arena, (size_t)(b.len > 0 ? b.len : 0) * 16 + 4096);
	if (assign_read_assignment(b, &arena, &a, &e) == 0) {
		for (int i = 0; i < a.assigned_partitions.n; i++)
			n += (size_t)a.assigned_partitions.v[i].partitions.n;
		m->part = groups_array(g, n, sizeof(m->part[0]));
		for (int i = 0; i < a.assigned_partitions.n; i++) {
			const char *topic = groups_str(g,
			    a.assigned_partitions.v[i].topic);

			for (int k = 0; k <
			    a.assigned_partitions.v[i].partitions.n; k++)
				m->part[m->n++] = (struct group_part){ topic,
				    a.assigned_partitions.v[i].partitions.v[k] };
		}
		sort_parts(m->part, m->n);
	}
	arena_release(&arena);
}

/* And what it said of itself. */
static void
take_subscription(struct groups *g, struct group_member *m, struct kbytes b)
{
	struct consumer_protocol_subscription sub;
	struct kerr e = KERR_INIT;
	struct arena arena;

	arena_init(&arena, (size_t)(b.len > 0 ? b.len : 0) * 16 + 4096);
	if (assign_read_subscription(b, &arena, &sub, &e) == 0) {
		m->subscribed = join(g, sub.topics.v, sub.topics.n);
		m->rack = groups_str(g, sub.rack_id);
	}
	arena_release(&arena);
}

static void
take_classic(struct groups *g, struct group *q,
    const struct describe_groups_response_group *p)
{
	q->state = groups_str(g, p->group_state);
	q->protocol_type = groups_str(g, p->protocol_type);
	q->assignor = groups_str(g, p->protocol_data);
	if (q->type == NULL)
		q->type = "classic";
	q->member = groups_array(g, (size_t)p->members.n,
	    sizeof(q->member[0]));
	q->n_members = 0;
	for (int i = 0; i < p->members.n; i++) {
		const struct describe_groups_response_member *s =
		    &p->members.v[i];
		struct group_member *m = &q->member[q->n_members++];

		m->id = groups_str(g, s->member_id);
		m->instance = groups_str(g, s->group_instance_id);
		m->client = groups_str(g, s->client_id);
		m->host = groups_str(g, s->client_host);
		m->epoch = -1;
		m->protocol = "classic";
		if (q->protocol_type == NULL ||
		    strcmp(q->protocol_type, "consumer") != 0)
			continue;
		take_assignment(g, m, s->member_assignment);
		take_subscription(g, m, s->member_metadata);
	}
}

/* Since version 6 a group that does not exist is an error and not Dead. */
static void
take_answer(struct groups *g, struct group *q,
    const struct describe_groups_response_group *p)
{
	if (p->error_code == ERR_GROUP_ID_NOT_FOUND) {
		groups_took(q, 0);
		q->state = "Dead";
	} else if (groups_took(q, p->error_code)) {
		take_classic(g, q, p);
	}
}

static void
ask_classic(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left)
{
	const struct describe_groups_response *rsp;
	struct describe_groups_request req;
	struct kstr *names = xcalloc((size_t)n + 1, sizeof(names[0]));
	struct reply *r;
	struct group *q;

	for (int i = 0; i < n; i++)
		names[i] = kstr(v[i]->name);
	kmsg_defaults(&describe_groups_request_msg, &req);
	req.groups.v = names;
	req.groups.n = n;
	if (n > 0 && groups_call(g, broker, API_DESCRIBE_GROUPS, &req, left,
	    v, n, &r) == 0) {
		rsp = r->msg;
		for (int i = 0; i < rsp->groups.n; i++)
			if ((q = groups_find(v, n,
			    rsp->groups.v[i].group_id)) != NULL)
				take_answer(g, q, &rsp->groups.v[i]);
		reply_free(r);
	}
	free(names);
}

/* A member's assignment, sorted. */
static struct group_part *
take_parts(struct groups *g,
    const struct consumer_group_describe_response_assignment *as, int *n)
{
	const struct consumer_group_describe_response_topic_partitions *t =
	    as->topic_partitions.v;
	struct group_part *v;
	size_t k = 0;

	for (int j = 0; j < as->topic_partitions.n; j++)
		k += (size_t)t[j].partitions.n;
	v = groups_array(g, k, sizeof(v[0]));
	*n = 0;
	for (int j = 0; j < as->topic_partitions.n; j++) {
		const char *topic = groups_str(g, t[j].topic_name);

		for (int x = 0; x < t[j].partitions.n; x++)
			v[(*n)++] = (struct group_part){ topic,
			    t[j].partitions.v[x] };
	}
	sort_parts(v, *n);
	return v;
}

static void
take_consumer(struct groups *g, struct group *q,
    const struct consumer_group_describe_response_group *p)
{
	q->state = groups_str(g, p->group_state);
	q->type = "consumer";
	q->protocol_type = "consumer";
	q->assignor = groups_str(g, p->assignor_name);
	q->epoch = p->group_epoch;
	q->target_epoch = p->assignment_epoch;
	q->member = groups_array(g, (size_t)p->members.n,
	    sizeof(q->member[0]));
	q->n_members = 0;
	for (int i = 0; i < p->members.n; i++) {
		const struct consumer_group_describe_response_member *s =
		    &p->members.v[i];
		struct group_member *m = &q->member[q->n_members++];

		m->id = groups_str(g, s->member_id);
		m->instance = groups_str(g, s->instance_id);
		m->client = groups_str(g, s->client_id);
		m->host = groups_str(g, s->client_host);
		m->rack = groups_str(g, s->rack_id);
		m->subscribed = join(g, s->subscribed_topic_names.v,
		    s->subscribed_topic_names.n);
		m->regex = s->subscribed_topic_regex.len > 0 ?
		    groups_str(g, s->subscribed_topic_regex) : NULL;
		m->protocol = s->member_type == 0 ? "classic" :
		    s->member_type == 1 ? "consumer" : NULL;
		m->epoch = s->member_epoch;
		m->part = take_parts(g, &s->assignment, &m->n);
		m->target = take_parts(g, &s->target_assignment,
		    &m->n_target);
	}
}

/* Groups of the new protocol; those that are none stay pending. */
static void
ask_consumer(struct groups *g, int32_t broker, struct group **v, int n,
    int64_t left)
{
	const struct consumer_group_describe_response *rsp;
	struct consumer_group_describe_request req;
	struct kstr *names = xcalloc((size_t)n + 1, sizeof(names[0]));
	struct reply *r;
	struct group *q;

	for (int i = 0; i < n; i++)
		names[i] = kstr(v[i]->name);
	kmsg_defaults(&consumer_group_describe_request_msg, &req);
	req.group_ids.v = names;
	req.group_ids.n = n;
	if (groups_call(g, broker, API_CONSUMER_GROUP_DESCRIBE, &req, left, v,
	    n, &r) == 0) {
		rsp = r->msg;
		for (int i = 0; i < rsp->groups.n; i++) {
			q = groups_find(v, n, rsp->groups.v[i].group_id);
			/* or the new protocol is not switched on */
			if (q == NULL || rsp->groups.v[i].error_code ==
			    ERR_GROUP_ID_NOT_FOUND ||
			    rsp->groups.v[i].error_code ==
			    ERR_UNSUPPORTED_VERSION)
				continue;
			if (groups_took(q, rsp->groups.v[i].error_code))
				take_consumer(g, q, &rsp->groups.v[i]);
		}
		reply_free(r);
	}
	free(names);
}

static void
ask(struct groups *g, int32_t broker, struct group **v, int n, int64_t left,
    void *arg)
{
	struct group **rest = xcalloc((size_t)n + 1, sizeof(rest[0]));
	int k = 0;

	/* a version is known of a broker that is connected */
	if (cluster_version(g->cluster, BROKER_ANY,
	    API_CONSUMER_GROUP_DESCRIBE) >= 0)
		ask_consumer(g, broker, v, n, left);
	for (int i = 0; i < n; i++)
		if (v[i]->pending) {
			kerr_clear(&v[i]->err);
			rest[k++] = v[i];
		}
	ask_classic(g, broker, rest, k, left);
	free(rest);
}

void
groups_describe(struct groups *g)
{
	groups_run(g, NULL, ask, NULL);
}

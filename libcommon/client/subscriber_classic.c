/*
 * subscriber_classic.c: the requests of the classic protocol
 * (subscriber_impl.h).
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/subscriber_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/msg_heartbeat.h"
#include "wire/msg_leave_group.h"
#include "wire/msg_sync_group.h"

#define PROTOCOL_TYPE	"consumer"
#define JOIN_SPARE_MS	5000	/* more than the coordinator may wait */

static void
joined(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct join_group_response *rsp = r->msg;
	struct kerr e = KERR_INIT;
	const struct kerr *why = subscriber_outcome(r,
	    rsp != NULL ? rsp->error_code : 0, &e);
	int kind;

	s->call = NULL;
	s->held_up = false;
	if (why == NULL) {
		kind = assign_find(rsp->protocol_name.p,
		    rsp->protocol_name.len > 0 ?
		    (size_t)rsp->protocol_name.len : 0);
		if (kind < 0) {
			kerr_set(&e, KE_UNSUPPORTED, "the group has chosen an "
			    "assignor that is not known here");
			why = &e;
		} else
			s->chosen = (enum assign_kind)kind;
	}
	subscriber_say(s, "joined", why);
	s->leader = why == NULL && kstr_eq(rsp->leader, rsp->member_id);
	if (why != NULL || !s->leader) {
		member_joined(&s->m, loop_now(s->loop), why,
		    rsp != NULL ? rsp->member_id.p : NULL,
		    rsp != NULL ? rsp->member_id.len : 0,
		    rsp != NULL ? rsp->generation_id : -1);
		reply_free(r);
		subscriber_step_now(s);
	} else
		lead_begin(s, r);
}

/* What this member has (or had), as a subscription says it. */
static void
fill_owned(const struct subscriber *s,
    struct consumer_protocol_subscription *sub, int32_t *numbers)
{
	struct consumer_protocol_subscription_owned_partition *v, *o = NULL;

	v = xcalloc(s->owned.n + 1, sizeof(*v));
	for (size_t i = 0; i < s->owned.n; i++) {
		numbers[i] = s->owned.v[i].partition;
		if (o == NULL || !kstr_eq(o->topic,
		    kstr(s->owned.v[i].topic))) {
			o = &v[sub->owned_partitions.n++];
			o->topic = kstr(s->owned.v[i].topic);
			o->partitions.v = &numbers[i];
		}
		o->partitions.n++;
	}
	sub->owned_partitions.v = v;
}

void
classic_join(struct subscriber *s)
{
	struct join_group_request req;
	struct join_group_request_protocol protocol[ASSIGN_KINDS];
	struct consumer_protocol_subscription sub;
	struct kstr *topics = xcalloc(s->n_topics + 1, sizeof(*topics));
	int32_t *numbers = xcalloc(s->owned.n + 1, sizeof(*numbers));
	struct buf b[ASSIGN_KINDS];
	struct call_options opt = {
		.timeout_ms = s->cf.rebalance_ms + JOIN_SPARE_MS };

	kmsg_defaults(&consumer_protocol_subscription_msg, &sub);
	for (size_t i = 0; i < s->n_topics; i++)
		topics[i] = kstr(s->topics[i]);
	sub.topics.v = topics;
	sub.topics.n = (int32_t)s->n_topics;
	sub.generation_id = s->owned_gen;
	sub.rack_id = kstr(s->rack);
	fill_owned(s, &sub, numbers);
	kmsg_defaults(&join_group_request_msg, &req);
	req.group_id = kstr(s->group);
	req.session_timeout_ms = s->cf.session_ms;
	req.rebalance_timeout_ms = s->cf.rebalance_ms;
	req.member_id = kstr(s->m.id);
	req.group_instance_id = kstr(s->instance);
	req.protocol_type = kstr(PROTOCOL_TYPE);
	req.protocols.v = protocol;
	req.protocols.n = s->cf.n_assignors;
	for (int i = 0; i < s->cf.n_assignors; i++) {
		buf_init(&b[i], 0);
		assign_put_subscription(&b[i], s->cf.assignor[i], &sub,
		    s->m.has);
		protocol[i].name = kstr(assign_name(s->cf.assignor[i]));
		protocol[i].metadata = (struct kbytes){ b[i].p,
			(int32_t)b[i].len };
	}
	lead_clear(s);
	s->held_up = true;
	s->call = cluster_send(s->cl, s->coordinator, API_JOIN_GROUP, &req,
	    &opt, joined, s);
	for (int i = 0; i < s->cf.n_assignors; i++)
		buf_release(&b[i]);
	free(sub.owned_partitions.v);
	free(numbers);
	free(topics);
}

/* The partitions of an assignment. */
static int
read_assignment(const struct subscriber *s, struct kbytes bytes,
    struct parts *out, struct kerr *e)
{
	struct consumer_protocol_assignment as;
	struct arena a;
	int rc;

	arena_init(&a, 64 << 20);
	rc = assign_read_assignment(bytes, &a, &as, e);
	for (int32_t i = 0; rc == 0 && i < as.assigned_partitions.n; i++) {
		const struct consumer_protocol_assignment_assigned_partition *t
		    = &as.assigned_partitions.v[i];

		for (int32_t k = 0; k < t->partitions.n; k++)
			if (t->topic.len > 0 && t->partitions.v[k] >= 0)
				parts_add(out, t->topic.p,
				    (size_t)t->topic.len, NULL,
				    t->partitions.v[k]);
	}
	arena_release(&a);
	return rc;
}

static void
synced(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct sync_group_response *rsp = r->msg;
	struct kerr e = KERR_INIT;
	const struct kerr *why = subscriber_outcome(r,
	    rsp != NULL ? rsp->error_code : 0, &e);
	struct parts now = { NULL, 0 };

	s->call = NULL;
	s->held_up = false;
	if (why == NULL && read_assignment(s, rsp->assignment, &now, &e) != 0) {
		parts_release(&now);
		kerr_wrap(&e, "the leader's assignment");
		e.code = KE_DATA;
		why = &e;
	}
	subscriber_say(s, "assigned", why);
	member_synced(&s->m, loop_now(s->loop), why);
	if (why == NULL)
		news_assigned(s, &now);
	reply_free(r);
	subscriber_step_now(s);
}

void
classic_sync(struct subscriber *s)
{
	struct sync_group_request req;
	struct sync_group_request_assignment *v;

	v = xcalloc(s->n_plan + 1, sizeof(*v));
	kmsg_defaults(&sync_group_request_msg, &req);
	req.group_id = kstr(s->group);
	req.generation_id = s->m.generation;
	req.member_id = kstr(s->m.id);
	req.group_instance_id = kstr(s->instance);
	req.protocol_type = kstr(PROTOCOL_TYPE);
	req.protocol_name = kstr(assign_name(s->chosen));
	req.assignments.v = v;
	req.assignments.n = (int32_t)s->n_plan;
	for (size_t i = 0; i < s->n_plan; i++) {
		v[i].member_id = kstr(s->plan_id[i]);
		v[i].assignment = (struct kbytes){ s->plan[i].p,
			(int32_t)s->plan[i].len };
	}
	s->held_up = true;
	s->call = cluster_send(s->cl, s->coordinator, API_SYNC_GROUP, &req,
	    &(struct call_options){ .timeout_ms = s->cf.rebalance_ms +
	    JOIN_SPARE_MS }, synced, s);
	free(v);
}

static void
beaten(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct heartbeat_response *rsp = r->msg;
	struct kerr e = KERR_INIT;
	const struct kerr *why = subscriber_outcome(r,
	    rsp != NULL ? rsp->error_code : 0, &e);

	s->beat = NULL;
	subscriber_say(s, "heartbeat", why);
	member_beaten(&s->m, loop_now(s->loop), why);
	reply_free(r);
	subscriber_step_now(s);
}

void
classic_heartbeat(struct subscriber *s)
{
	struct heartbeat_request req;
	int64_t ms = cluster_conf(s->cl)->request_ms;

	kmsg_defaults(&heartbeat_request_msg, &req);
	req.group_id = kstr(s->group);
	req.generation_id = s->m.generation;
	req.member_id = kstr(s->m.id);
	req.group_instance_id = kstr(s->instance);
	s->beat = cluster_send(s->cl, s->coordinator, API_HEARTBEAT, &req,
	    &(struct call_options){ .timeout_ms = ms < s->cf.session_ms ? ms :
	    s->cf.session_ms }, beaten, s);
}

void
classic_leave(struct subscriber *s)
{
	struct leave_group_request req;
	struct leave_group_request_member one;

	kmsg_defaults(&leave_group_request_msg, &req);
	KDEFAULTS(leave_group_request_member, &one);
	req.group_id = kstr(s->group);
	req.member_id = one.member_id = kstr(s->m.id);
	one.group_instance_id = kstr(s->instance);
	one.reason = kstr("the consumer ends");
	req.members.v = &one;
	req.members.n = 1;
	s->call = cluster_send(subscriber_line(s), s->coordinator,
	    API_LEAVE_GROUP, &req, NULL, subscriber_left, s);
}

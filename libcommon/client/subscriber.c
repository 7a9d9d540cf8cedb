/* subscriber.c: see subscriber.h and subscriber_impl.h. */
#include "client/subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/subscriber_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_heartbeat.h"
#include "wire/msg_leave_group.h"
#include "wire/msg_sync_group.h"

#define PROTOCOL_TYPE	"consumer"
#define FIND_VERSION	3	/* newer ones ask for many keys at once */
#define JOIN_SPARE_MS	5000	/* more than the coordinator may wait */
/* That many failures in a row are worth a warning: a few seconds. */
#define LOUD_FAILURES	6

static void step(struct subscriber *s);

void
subscriber_config_defaults(struct subscriber_config *cf)
{
	*cf = (struct subscriber_config){ .session_ms = 45000,
		.rebalance_ms = 300000, .heartbeat_ms = 3000,
		.assignor = { ASSIGN_RANGE, ASSIGN_COOPERATIVE },
		.n_assignors = 2 };
}

static void
run_step(struct loop_work *w)
{
	step((struct subscriber *)(void *)((char *)w -
	    offsetof(struct subscriber, work)));
}

void
subscriber_step(struct subscriber *s)
{
	s->work.run = run_step;
	loop_defer(s->loop, &s->work);
}

static void
timed(struct loop_timer *t)
{
	step((struct subscriber *)(void *)((char *)t -
	    offsetof(struct subscriber, timer)));
}

static void
metadata_changed(struct cluster_watch *w)
{
	lead_metadata((struct subscriber *)(void *)((char *)w -
	    offsetof(struct subscriber, watch)));
}

bool
subscriber_settled(const struct subscriber *s)
{
	return s->m.phase == MEMBER_STABLE && !s->m.rejoin &&
	    TAILQ_EMPTY(&s->events);
}

/* What a request came to, Kafka's error in the answer included; NULL: well. */
static const struct kerr *
outcome(const struct reply *r, int16_t error, struct kerr *e)
{
	if (r->err.code != 0) {
		*e = r->err;
		return e;
	}
	if (error == 0)
		return NULL;
	kerr_kafka(e, error, "%s", kerror_name(error));
	return e;
}

/* Before the machine is told. */
static void
say(const struct subscriber *s, const char *what, const struct kerr *e)
{
	bool usual = e == NULL || (e->code == KE_BROKER &&
	    (e->kafka == ERR_MEMBER_ID_REQUIRED ||
	    e->kafka == ERR_REBALANCE_IN_PROGRESS));

	log_line(usual ? LOG_DEBUG : s->m.failures == LOUD_FAILURES - 1 ?
	    LOG_WARN : LOG_INFO, LOG_GROUP,
	    "group '%s': %s%s%s", s->group, what, e != NULL ? ": " : "",
	    e != NULL ? e->msg : "");
}

static void
found(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct find_coordinator_response *rsp = r->msg;
	struct kerr e = KERR_INIT;
	const struct kerr *why = outcome(r, rsp != NULL ? rsp->error_code : 0,
	    &e);

	s->call = NULL;
	if (why == NULL && cluster_broker(s->cl, rsp->node_id) == NULL) {
		cluster_refresh(s->cl);
		kerr_set(&e, KE_UNREACHABLE, "broker %d is not known yet",
		    (int)rsp->node_id);
		why = &e;
	}
	if (why == NULL)
		s->coordinator = rsp->node_id;
	say(s, "coordinator", why);
	member_found(&s->m, loop_now(s->loop), why);
	reply_free(r);
	step(s);
}

static void
find(struct subscriber *s)
{
	struct find_coordinator_request req;
	struct call_options opt = { .max_version = FIND_VERSION };

	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(s->group);
	s->call = cluster_send(s->cl, BROKER_ANY, API_FIND_COORDINATOR, &req,
	    &opt, found, s);
}

static void
joined(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct join_group_response *rsp = r->msg;
	struct kerr e = KERR_INIT;
	const struct kerr *why = outcome(r, rsp != NULL ? rsp->error_code : 0,
	    &e);
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
	say(s, "joined", why);
	s->leader = why == NULL && kstr_eq(rsp->leader, rsp->member_id);
	if (why != NULL || !s->leader) {
		member_joined(&s->m, loop_now(s->loop), why,
		    rsp != NULL ? rsp->member_id.p : NULL,
		    rsp != NULL ? rsp->member_id.len : 0,
		    rsp != NULL ? rsp->generation_id : -1);
		reply_free(r);
		step(s);
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

static void
join(struct subscriber *s)
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
				    (size_t)t->topic.len, t->partitions.v[k]);
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
	const struct kerr *why = outcome(r, rsp != NULL ? rsp->error_code : 0,
	    &e);
	struct parts now = { NULL, 0 };

	s->call = NULL;
	s->held_up = false;
	if (why == NULL && read_assignment(s, rsp->assignment, &now, &e) != 0) {
		parts_release(&now);
		kerr_wrap(&e, "the leader's assignment");
		e.code = KE_DATA;
		why = &e;
	}
	say(s, "assigned", why);
	member_synced(&s->m, loop_now(s->loop), why);
	if (why == NULL)
		news_assigned(s, &now);
	reply_free(r);
	step(s);
}

static void
sync_group(struct subscriber *s)
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
	const struct kerr *why = outcome(r, rsp != NULL ? rsp->error_code : 0,
	    &e);

	s->beat = NULL;
	say(s, "heartbeat", why);
	member_beaten(&s->m, loop_now(s->loop), why);
	reply_free(r);
	step(s);
}

static void
heartbeat(struct subscriber *s)
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

static void
left(void *arg, struct reply *r)
{
	struct subscriber *s = arg;

	s->call = NULL;
	member_left(&s->m);
	reply_free(r);
	s->cf.wake(s->cf.arg);
}

struct cluster *
subscriber_line(const struct subscriber *s)
{
	return s->held_up ? s->data : s->cl;
}

static void
leave(struct subscriber *s)
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
	    API_LEAVE_GROUP, &req, NULL, left, s);
}

/* Whatever the machine wants to be done now. */
static void
step(struct subscriber *s)
{
	int64_t now = loop_now(s->loop), at;
	enum member_do what;

	if (s->n_topics == 0 && s->m.phase == MEMBER_OUT)
		return;
	while ((what = member_next(&s->m, now, &at)) != MEMBER_WAIT) {
		switch (what) {
		case MEMBER_FIND:
			find(s);
			break;
		case MEMBER_GIVE_UP:
			news_give_up(s);
			break;
		case MEMBER_JOIN:
			join(s);
			break;
		case MEMBER_SYNC:
			sync_group(s);
			break;
		case MEMBER_HEARTBEAT:
			heartbeat(s);
			break;
		case MEMBER_LEAVE:
			leave(s);
			break;
		default:
			news_failed(s);
			return;
		}
	}
	if (at != INT64_MAX)
		loop_timer_set(&s->timer, at > now ? at - now : 0);
	else
		loop_timer_cancel(&s->timer);
}

static bool
all_cooperative(const struct subscriber_config *cf)
{
	for (int i = 0; i < cf->n_assignors; i++)
		if (!assign_cooperative(cf->assignor[i]))
			return false;
	return true;
}

struct subscriber *
subscriber_open(struct cluster *data, const struct cluster_config *conf,
    const struct subscriber_config *cf, struct kerr *e)
{
	struct subscriber *s = xcalloc(1, sizeof(*s));
	struct member_config mc = { all_cooperative(cf), cf->instance != NULL,
		cf->heartbeat_ms, conf->backoff_ms, conf->backoff_max_ms };

	s->data = data;
	s->loop = cluster_loop(data);
	s->cf = *cf;
	s->cf.group = s->group = xstrdup(cf->group);
	s->instance = cf->instance != NULL ? xstrdup(cf->instance) : NULL;
	s->cf.instance = s->instance;
	s->rack = conf->rack != NULL ? xstrdup(conf->rack) : NULL;
	s->owned_gen = -1;
	TAILQ_INIT(&s->events);
	member_init(&s->m, &mc);
	loop_timer_init(&s->timer, s->loop, timed);
	s->watch.changed = metadata_changed;
	cluster_watch_add(data, &s->watch);
	s->cl = cluster_open(s->loop, conf, e);
	if (s->cl == NULL || cluster_connect(s->cl, e) != 0) {
		subscriber_free(s);
		return NULL;
	}
	return s;
}

static void
cancel_calls(struct subscriber *s)
{
	if (s->call != NULL)
		cluster_cancel(s->cl, s->call);
	if (s->beat != NULL)
		cluster_cancel(s->cl, s->beat);
	s->call = s->beat = NULL;
}

static void
topics_release(struct subscriber *s)
{
	for (size_t i = 0; i < s->n_topics; i++)
		free(s->topics[i]);
	free(s->topics);
	s->topics = NULL;
	s->n_topics = 0;
}

void
subscriber_free(struct subscriber *s)
{
	struct news *ev;

	if (s == NULL)
		return;
	cancel_calls(s);
	offsets_cancel(s);
	lead_clear(s);
	cluster_watch_del(s->data, &s->watch);
	loop_timer_cancel(&s->timer);
	loop_defer_cancel(s->loop, &s->work);
	cluster_close(s->cl);
	while ((ev = TAILQ_FIRST(&s->events)) != NULL) {
		TAILQ_REMOVE(&s->events, ev, link);
		news_free(ev);
	}
	parts_release(&s->owned);
	topics_release(s);
	for (size_t i = 0; i < s->n_seen; i++)
		free(s->seen[i].topic);
	free(s->seen);
	free(s->group);
	free(s->instance);
	free(s->rack);
	free(s);
}

void
subscriber_topics(struct subscriber *s, const char *const *names, size_t n)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->n_topics; k++)
			same += strcmp(names[i], s->topics[k]) == 0;
	if (same == n && n == s->n_topics)
		return;
	topics_release(s);
	s->topics = xcalloc(n + 1, sizeof(*s->topics));
	for (size_t i = 0; i < n; i++)
		s->topics[s->n_topics++] = xstrdup(names[i]);
	member_rejoin(&s->m);
	subscriber_step(s);
}

void
subscriber_leave(struct subscriber *s, int64_t wait_ms)
{
	int64_t until = loop_clock(s->loop) + wait_ms, now;

	cancel_calls(s);
	lead_clear(s);
	member_leave(&s->m);
	step(s);
	while (s->m.phase != MEMBER_GONE &&
	    (now = loop_clock(s->loop)) < until)
		loop_once(s->loop, until - now);
}

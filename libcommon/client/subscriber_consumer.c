/*
 * subscriber_consumer.c: the requests of the consumer protocol (KIP-848,
 * subscriber_impl.h). The coordinator names topics by their ids; what has no
 * name yet is taken over as soon as metadata tells it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/xalloc.h"
#include "client/subscriber_impl.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_group_describe.h"
#include "wire/msg_consumer_group_heartbeat.h"

enum { EPOCH_JOIN = 0, EPOCH_LEAVE = -1, EPOCH_LEAVE_STATIC = -2 };

/* As Kafka writes ids: base 64 that is safe in names. */
void
consumer_protocol_name(struct subscriber *s)
{
	const struct sys *sys = sys_real();
	uint8_t id[16];
	struct buf b;

	sys->random(sys, id, sizeof(id));
	buf_init(&b, 0);
	base64_encode(&b, id, sizeof(id));
	for (size_t i = 0; i < b.len && b.p[i] != '='; i++)
		s->m.id[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' :
		    (char)b.p[i];
	buf_release(&b);
}

/* What a refusal means that a user can do something about. */
static void
explain(struct kerr *e, bool joining)
{
	if (e->code == KE_UNSUPPORTED || (e->code == KE_BROKER &&
	    e->kafka == ERR_UNSUPPORTED_VERSION))
		kerr_set(e, KE_UNSUPPORTED, "the broker does not speak "
		    "group.protocol=consumer (KIP-848): Kafka does since 4.0, "
		    "Kafka 3.9 with group.coordinator.rebalance.protocols="
		    "classic,consumer; group.protocol=classic works "
		    "everywhere");
	else if (e->code == KE_BROKER && e->kafka == ERR_GROUP_ID_NOT_FOUND &&
	    joining)
		kerr_kafka(e, ERR_INCONSISTENT_GROUP_PROTOCOL, "the group has "
		    "members of group.protocol=classic, and the broker's "
		    "group.consumer.migration.policy does not let it change");
}

/* Partitions by topic id; a name is looked for later. */
static void
take_target(struct subscriber *s,
    const struct consumer_group_heartbeat_response_assignment *as)
{
	parts_release(&s->target);
	for (int32_t i = 0; i < as->topic_partitions.n; i++) {
		const struct consumer_group_heartbeat_response_topic_partitions
		    *t = &as->topic_partitions.v[i];

		for (int32_t k = 0; k < t->partitions.n; k++)
			if (t->partitions.v[k] >= 0)
				parts_add(&s->target, NULL, 0, &t->topic_id,
				    t->partitions.v[k]);
	}
	s->named = s->target.n;		/* until it is taken over */
}

static void
answered(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct consumer_group_heartbeat_response *rsp = r->msg;
	bool joining = s->m.phase == MEMBER_JOINING;
	struct kerr e = KERR_INIT;
	const struct kerr *why = subscriber_outcome(r,
	    rsp != NULL ? rsp->error_code : 0, &e);

	s->call = NULL;
	if (why != NULL) {
		if (rsp != NULL && rsp->error_message.len > 0)
			kerror_set(&e, rsp->error_code,
			    rsp->error_message);
		explain(&e, joining);
	} else if (rsp->assignment != NULL)
		take_target(s, rsp->assignment);
	subscriber_say(s, "heartbeat", why);
	member_answered(&s->m, loop_now(s->loop), why,
	    rsp != NULL ? rsp->member_epoch : -1,
	    rsp != NULL ? rsp->heartbeat_interval_ms : 0,
	    why == NULL && rsp->assignment != NULL);
	reply_free(r);
	subscriber_step_now(s);
}

/* What is had, by topic; those of one follow each other. */
static size_t
fill_told(const struct subscriber *s,
    struct consumer_group_heartbeat_request_topic_partition *v,
    int32_t *numbers)
{
	size_t n = 0;

	for (size_t i = 0; i < s->told.n; i++) {
		const struct subscriber_part *p = &s->told.v[i];

		numbers[i] = p->partition;
		if (n == 0 || !kuuid_eq(&v[n - 1].topic_id, &p->id)) {
			v[n].topic_id = p->id;
			v[n++].partitions.v = &numbers[i];
		}
		v[n - 1].partitions.n++;
	}
	return n;
}

void
consumer_protocol_heartbeat(struct subscriber *s)
{
	struct consumer_group_heartbeat_request req;
	struct consumer_group_heartbeat_request_topic_partition *had;
	struct kstr *topics = xcalloc(s->n_topics + 1, sizeof(*topics));
	int32_t *numbers = xcalloc(s->told.n + 1, sizeof(*numbers));
	int64_t ms = cluster_conf(s->cl)->request_ms;

	had = xcalloc(s->told.n + 1, sizeof(*had));
	kmsg_defaults(&consumer_group_heartbeat_request_msg, &req);
	req.group_id = kstr(s->group);
	req.member_id = kstr(s->m.id);
	req.member_epoch = s->m.phase == MEMBER_JOINING ? EPOCH_JOIN :
	    s->m.generation;
	req.instance_id = kstr(s->instance);
	if (s->m.say & SAY_TOPICS) {
		for (size_t i = 0; i < s->n_topics; i++)
			topics[i] = kstr(s->topics[i]);
		req.subscribed_topic_names.v = topics;
		req.subscribed_topic_names.n = (int32_t)s->n_topics;
	}
	if (s->m.say & SAY_OWNED) {
		req.topic_partitions.v = had;
		req.topic_partitions.n = req.member_epoch == EPOCH_JOIN ? 0 :
		    (int32_t)fill_told(s, had, numbers);
	}
	if (s->m.say == SAY_ALL) {
		req.rebalance_timeout_ms = s->cf.rebalance_ms;
		req.server_assignor = kstr(s->remote);
		if (s->rack != NULL && s->rack[0] != '\0')
			req.rack_id = kstr(s->rack);
	}
	s->call = cluster_send(s->cl, s->coordinator,
	    API_CONSUMER_GROUP_HEARTBEAT, &req, &(struct call_options){
	    .timeout_ms = ms < s->cf.session_ms ? ms : s->cf.session_ms },
	    answered, s);
	free(had);
	free(numbers);
	free(topics);
}

/* Whether the group as described has partitions for this member, or has yet to
 * decide. */
static bool
means_some(const struct subscriber *s,
    const struct consumer_group_describe_response_group *g)
{
	const struct consumer_group_describe_response_member *m;

	for (int32_t i = 0; i < g->members.n; i++) {
		m = &g->members.v[i];
		if (kstr_eq(m->member_id, kstr(s->m.id)))
			return g->assignment_epoch < g->group_epoch ||
			    m->assignment.topic_partitions.n > 0 ||
			    m->target_assignment.topic_partitions.n > 0;
	}
	return true;
}

static void
looked(void *arg, struct reply *r)
{
	struct subscriber *s = arg;
	const struct consumer_group_describe_response *rsp = r->msg;
	bool has = rsp != NULL && rsp->groups.n == 1;
	struct kerr e = KERR_INIT;
	const struct kerr *why = subscriber_outcome(r, has ?
	    rsp->groups.v[0].error_code : ERR_UNKNOWN_SERVER_ERROR, &e);

	s->call = NULL;
	log_line(LOG_DEBUG, LOG_GROUP, "group '%s': description%s%s", s->group,
	    why != NULL ? ": " : "", why != NULL ? e.msg : "");
	member_looked(&s->m, why, why == NULL &&
	    means_some(s, &rsp->groups.v[0]));
	reply_free(r);
	subscriber_step_now(s);
	s->cf.wake(s->cf.arg);
}

void
consumer_protocol_look(struct subscriber *s)
{
	struct consumer_group_describe_request req;
	struct kstr group = kstr(s->group);

	kmsg_defaults(&consumer_group_describe_request_msg, &req);
	req.group_ids.v = &group;
	req.group_ids.n = 1;
	s->call = cluster_send(s->cl, s->coordinator,
	    API_CONSUMER_GROUP_DESCRIBE, &req, &(struct call_options){
	    .timeout_ms = s->m.interval_ms }, looked, s);
}

void
consumer_protocol_leave(struct subscriber *s)
{
	struct consumer_group_heartbeat_request req;

	kmsg_defaults(&consumer_group_heartbeat_request_msg, &req);
	req.group_id = kstr(s->group);
	req.member_id = kstr(s->m.id);
	req.member_epoch = s->instance != NULL ? EPOCH_LEAVE_STATIC :
	    EPOCH_LEAVE;
	req.instance_id = kstr(s->instance);
	s->call = cluster_send(s->cl, s->coordinator,
	    API_CONSUMER_GROUP_HEARTBEAT, &req, NULL, subscriber_left, s);
}

/* How many of the target have a name; those that had none get it. */
static size_t
name_target(struct subscriber *s)
{
	size_t named = 0;

	for (size_t i = 0; i < s->target.n; i++) {
		struct subscriber_part *p = &s->target.v[i];
		const struct cluster_topic *t;

		if (p->topic == NULL) {
			t = cluster_topic_by_id(s->data, &p->id);
			p->topic = t != NULL ? xstrdup(t->name) : NULL;
		}
		named += p->topic != NULL;
	}
	return named;
}

void
consumer_protocol_reconcile(struct subscriber *s)
{
	struct parts now = { NULL, 0 };

	s->named = name_target(s);
	if (s->named < s->target.n)
		cluster_refresh(s->data);
	for (size_t i = 0; i < s->target.n; i++) {
		const struct subscriber_part *p = &s->target.v[i];

		if (p->topic != NULL)
			parts_add(&now, p->topic, strlen(p->topic), &p->id,
			    p->partition);
	}
	news_assigned(s, &now);
}

void
consumer_protocol_metadata(struct subscriber *s)
{
	if (s->named == s->target.n)
		return;
	if (name_target(s) > s->named) {
		member_retarget(&s->m);
		subscriber_step(s);
	} else
		cluster_refresh(s->data);
}

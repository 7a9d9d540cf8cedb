/*
 * consumer_heartbeat.c: ConsumerGroupHeartbeat: joining, staying in, leaving
 * a consumer group (KIP-848). Checks, errors and their texts are Apache
 * Kafka's.
 */
#include "answer_text.h"
#include "consumer_beat.h"
#include "wire/kerror.h"

#define INVALID_REGULAR_EXPRESSION	128	/* Kafka 4.0 */

int16_t
beat_fail(struct beat *b, int16_t error, const char *why)
{
	b->rsp->error_code = error;
	b->rsp->error_message = kstr(why);
	return error;
}

static int16_t
invalid(struct beat *b, const char *why)
{
	return beat_fail(b, ERR_INVALID_REQUEST, why);
}

static int16_t
check_joining(struct beat *b)
{
	const struct consumer_group_heartbeat_request *req = b->req;

	if (b->client->version >= 1 && req->member_id.len == 0)
		return invalid(b, "MemberId can't be empty.");
	if (req->rebalance_timeout_ms == -1)
		return invalid(b, "RebalanceTimeoutMs must be provided in "
		    "first request.");
	if (req->topic_partitions.n != 0)
		return invalid(b, "TopicPartitions must be empty when "
		    "(re-)joining.");
	if (b->client->version == 0 && req->subscribed_topic_names.n <= 0)
		return invalid(b, "SubscribedTopicNames must be set in first "
		    "request.");
	if (req->subscribed_topic_names.n < 0 &&
	    req->subscribed_topic_regex.len < 0)
		return invalid(b, "Either SubscribedTopicNames or "
		    "SubscribedTopicRegex must be non-null when "
		    "(re-)joining.");
	return ERR_NONE;
}

static int16_t
check_epoch(struct beat *b)
{
	const struct consumer_group_heartbeat_request *req = b->req;

	if (req->member_epoch == 0)
		return check_joining(b);
	if (req->member_epoch < EPOCH_LEAVE_STATIC)
		return invalid(b, "MemberEpoch is invalid.");
	if (req->member_id.len == 0)
		return invalid(b, "MemberId can't be empty.");
	if (req->member_epoch == EPOCH_LEAVE_STATIC &&
	    req->instance_id.len < 0)
		return invalid(b, "InstanceId can't be null.");
	return ERR_NONE;
}

static int16_t
check(struct beat *b)
{
	const struct consumer_group_heartbeat_request *req = b->req;
	int16_t error;

	if (req->group_id.len <= 0)
		return invalid(b, "GroupId can't be empty.");
	if (req->instance_id.len == 0)
		return invalid(b, "InstanceId can't be empty.");
	if (req->rack_id.len == 0)
		return invalid(b, "RackId can't be empty.");
	if ((error = check_epoch(b)) != 0)
		return error;
	if (req->server_assignor.len >= 0 &&
	    !kstr_eq(req->server_assignor, kstr("uniform")) &&
	    !kstr_eq(req->server_assignor, kstr("range")))
		return beat_fail(b, ERR_UNSUPPORTED_ASSIGNOR,
		    answer_text(b->arena, "ServerAssignor %.*s is not "
		    "supported. Supported assignors: uniform, range.",
		    req->server_assignor.len, req->server_assignor.p));
	return ERR_NONE;
}

static bool
change(struct kstr *s, struct kstr to)
{
	if (to.len < 0 || kstr_eq(*s, to))
		return false;
	kstr_set(s, to);
	return true;
}

/* What the member says of itself. */
static int16_t
update_member(struct beat *b)
{
	const struct consumer_group_heartbeat_request *req = b->req;
	struct cmember *m = b->m;
	bool changed = b->is_new, bad = false, subscription = false;

	if (req->subscribed_topic_regex.len >= 0)
		subscription = cmember_set_regex(m,
		    req->subscribed_topic_regex, &bad);
	if (bad)
		return beat_fail(b, INVALID_REGULAR_EXPRESSION,
		    answer_text(b->arena, "SubscribedTopicRegex `%.*s` is "
		    "not a valid regular expression.",
		    req->subscribed_topic_regex.len,
		    req->subscribed_topic_regex.p));
	if (req->subscribed_topic_names.n >= 0)
		subscription |= cmember_set_names(m,
		    req->subscribed_topic_names.v,
		    req->subscribed_topic_names.n);
	changed |= change(&m->instance, req->instance_id);
	changed |= change(&m->rack, req->rack_id);
	changed |= change(&m->assignor, req->server_assignor);
	changed |= change(&m->client_id, b->client->id);
	changed |= change(&m->host, kstr(b->client->host));
	if (req->rebalance_timeout_ms != -1 &&
	    req->rebalance_timeout_ms != m->rebalance_ms) {
		m->rebalance_ms = req->rebalance_timeout_ms;
		changed = true;
	}
	if (cmember_is_classic(m)) {
		cmember_set_protocols(m, 0, NULL, 0);
		group_disarm(b->gs, &m->rejoin);
		group_disarm(b->gs, &m->sync);
		changed = true;
	}
	if (changed || subscription)
		consumer_store_member(m);
	b->bump = subscription;
	return ERR_NONE;
}

static struct consumer_group_heartbeat_response_assignment *
show_assignment(struct beat *b)
{
	struct consumer_group_heartbeat_response_assignment *as =
	    arena_alloc(b->arena, sizeof(*as));
	struct consumer_group_heartbeat_response_topic_partitions *t;
	const struct tpset *s = &b->m->assigned;
	int32_t *numbers = arena_alloc(b->arena, (size_t)s->n *
	    sizeof(*numbers)), end;

	as->topic_partitions.v = arena_alloc(b->arena, (size_t)s->n *
	    sizeof(*t));
	for (int32_t i = 0; i < s->n; i = end) {
		end = tpset_topic(s, i, numbers);
		t = &as->topic_partitions.v[as->topic_partitions.n++];
		t->topic_id = s->v[i].topic;
		t->partitions.v = numbers + i;
		t->partitions.n = end - i;
	}
	return as;
}

/* The member is known and up to date; on with the group, then with it. */
static void
advance(struct beat *b)
{
	const struct consumer_group_heartbeat_request *req = b->req;
	struct tpset owned = { 0 }, before = { 0 };
	struct cmember *m = b->m;
	bool full = req->member_epoch == 0 ||
	    (req->rebalance_timeout_ms != -1 &&
	    req->subscribed_topic_names.n >= 0 &&
	    req->topic_partitions.n >= 0);

	tpset_copy(&before, &m->assigned);
	beat_owned(b, &owned);
	consumer_refresh(b->g, b->bump);
	consumer_reconcile(m, req->topic_partitions.n >= 0 ? &owned : NULL);
	cmember_beat(m);
	consumer_update_state(b->g);
	b->rsp->member_id = kstr(arena_strndup(b->arena, m->id.p,
	    (size_t)m->id.len));
	b->rsp->member_epoch = m->epoch;
	b->rsp->heartbeat_interval_ms = b->gs->config.consumer_heartbeat_ms;
	if (full || !tpset_eq(&before, &m->assigned))
		b->rsp->assignment = show_assignment(b);
	tpset_release(&owned);
	tpset_release(&before);
}

static void
leave(struct beat *b)
{
	const struct consumer_group_heartbeat_request *req = b->req;
	struct cmember *m;

	if (beat_find_group(b) != 0 || beat_find_leaving(b) != 0)
		return;
	m = b->m;
	b->rsp->member_id = req->member_id;
	b->rsp->member_epoch = req->member_epoch;
	if (req->member_epoch == EPOCH_LEAVE_STATIC) {
		m->epoch = EPOCH_LEAVE_STATIC;
		tpset_clear(&m->revoking);
		consumer_store_current(m);
		/* away, it has its session's time, whatever it owed */
		group_disarm(b->gs, &m->revocation);
	} else {
		consumer_drop(m);
	}
}

void
groups_consumer_heartbeat(struct groups *gs, const struct group_client *c,
    const struct consumer_group_heartbeat_request *req, struct arena *a,
    struct consumer_group_heartbeat_response *rsp)
{
	struct beat b = { .gs = gs, .client = c, .req = req, .arena = a,
	    .rsp = rsp };

	if (check(&b) != 0)
		return;
	if (req->member_epoch < 0) {
		leave(&b);
		return;
	}
	if (beat_find_group(&b) != 0 || beat_find_member(&b) != 0)
		return;
	if (update_member(&b) != 0) {
		if (b.is_new)
			cmember_remove(b.m);
		return;
	}
	advance(&b);
}

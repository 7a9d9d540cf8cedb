/*
 * consumer_heartbeat.c: ConsumerGroupHeartbeat: joining, staying in, leaving
 * a consumer group (KIP-848). Checks, errors and their texts are Apache
 * Kafka's.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"

#define INVALID_REGULAR_EXPRESSION	128	/* Kafka 4.0 */

/* One heartbeat. */
struct beat {
	struct groups					*gs;
	struct group					*g;
	struct cmember					*m;
	const struct group_client			*client;
	const struct consumer_group_heartbeat_request	*req;
	struct arena					*arena;
	struct consumer_group_heartbeat_response	*rsp;
	bool						 is_new;
	bool						 bump;
};

static int16_t
fail(struct beat *b, int16_t error, const char *why)
{
	b->rsp->error_code = error;
	b->rsp->error_message = kstr(why);
	return error;
}

static int16_t
invalid(struct beat *b, const char *why)
{
	return fail(b, ERR_INVALID_REQUEST, why);
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
		return fail(b, ERR_UNSUPPORTED_ASSIGNOR, arena_printf(b->arena,
		    "ServerAssignor %.*s is not supported. Supported "
		    "assignors: uniform, range.", req->server_assignor.len,
		    req->server_assignor.p));
	return ERR_NONE;
}

static int16_t
no_group(struct beat *b)
{
	return fail(b, ERR_GROUP_ID_NOT_FOUND, arena_printf(b->arena,
	    b->g == NULL ? "Consumer group %.*s not found." :
	    "Group %.*s is not a consumer group", b->req->group_id.len,
	    b->req->group_id.p));
}

/* The group, made or turned into one of this protocol where somebody joins. */
static int16_t
find_group(struct beat *b)
{
	struct kstr id = b->req->group_id;

	b->g = group_find(b->gs, id);
	if (b->g != NULL && b->g->consumer != NULL)
		return ERR_NONE;
	if (b->req->member_epoch != 0)
		return no_group(b);
	if (b->g == NULL || b->g->state == GROUP_EMPTY) {
		if (b->g != NULL && b->g->generation > 0)
			group_store_tombstone(b->g);
		b->g = consumer_group_begin(b->gs, id);
		return ERR_NONE;
	}
	return consumer_upgrade(b->g) ? ERR_NONE : no_group(b);
}

static int16_t
no_member(struct beat *b, struct kstr id)
{
	return fail(b, ERR_UNKNOWN_MEMBER_ID, arena_printf(b->arena,
	    "Member %.*s is not a member of group %.*s.", id.len, id.p,
	    b->req->group_id.len, b->req->group_id.p));
}

static void
owned_parts(const struct consumer_group_heartbeat_request *req,
    struct tpset *s)
{
	for (int32_t i = 0; i < req->topic_partitions.n; i++)
		for (int32_t j = 0; j < req->topic_partitions.v[i].
		    partitions.n; j++)
			tpset_add(s, &req->topic_partitions.v[i].topic_id,
			    req->topic_partitions.v[i].partitions.v[j]);
}

/* An older epoch is good for one answer that was lost on its way. */
static int16_t
check_member_epoch(struct beat *b, const struct cmember *m)
{
	int32_t epoch = b->req->member_epoch;
	struct tpset owned = { 0 };
	bool within;

	if (epoch == m->epoch)
		return ERR_NONE;
	if (epoch < m->epoch && epoch == m->previous_epoch &&
	    b->req->topic_partitions.n >= 0) {
		owned_parts(b->req, &owned);
		within = tpset_within(&owned, &m->assigned);
		tpset_release(&owned);
		if (within)
			return ERR_NONE;
	}
	return fail(b, ERR_FENCED_MEMBER_EPOCH, arena_printf(b->arena,
	    "The consumer group member has a %s member epoch (%d) than the "
	    "one known by the group coordinator (%d). The member must abandon "
	    "all its partitions and rejoin.", epoch > m->epoch ? "greater" :
	    "smaller", epoch, m->epoch));
}

static int16_t
find_dynamic(struct beat *b, struct kstr id)
{
	b->m = cmember_find(b->g, id);
	if (b->m != NULL)
		return check_member_epoch(b, b->m);
	if (b->req->member_epoch != 0)
		return no_member(b, id);
	b->m = cmember_add(b->g, id);
	b->is_new = true;
	return ERR_NONE;
}

static int16_t
fenced(struct beat *b, const struct cmember *m)
{
	return fail(b, ERR_FENCED_INSTANCE_ID, arena_printf(b->arena,
	    "Static member %.*s with instance id %.*s was fenced by member "
	    "%.*s.", b->req->member_id.len, b->req->member_id.p,
	    b->req->instance_id.len, b->req->instance_id.p, m->id.len,
	    m->id.p));
}

/* Somebody takes over from a static member that left for a moment. */
static void
replace(struct beat *b, struct cmember *old, struct kstr id)
{
	struct cmember *m;

	consumer_store_no_member(old);
	if (kstr_eq(old->id, id)) {
		m = old;
	} else {
		m = cmember_add(b->g, id);
		kstr_set(&m->instance, old->instance);
		kstr_set(&m->rack, old->rack);
		kstr_set(&m->client_id, old->client_id);
		kstr_set(&m->host, old->host);
		kstr_set(&m->assignor, old->assignor);
		cmember_set_names(m, old->names, old->n_names);
		cmember_set_regex(m, old->regex, &(bool){ false });
		m->rebalance_ms = old->rebalance_ms;
		m->state = old->state;
		tpset_copy(&m->assigned, &old->assigned);
		tpset_copy(&m->revoking, &old->revoking);
		tpset_copy(&m->target, &old->target);
		m->has_target = true;
		cmember_remove(old);
	}
	m->epoch = m->previous_epoch = 0;
	consumer_store_member(m);
	consumer_store_target(m);
	consumer_store_current(m);
	b->m = m;
}

static int16_t
find_static(struct beat *b, struct kstr id)
{
	struct cmember *m = cmember_of_instance(b->g, b->req->instance_id);

	if (b->req->member_epoch != 0) {
		if (m == NULL)
			return fail(b, ERR_UNKNOWN_MEMBER_ID,
			    arena_printf(b->arena, "Instance id %.*s is "
			    "unknown.", b->req->instance_id.len,
			    b->req->instance_id.p));
		if (!kstr_eq(m->id, id))
			return fenced(b, m);
		b->m = m;
		return check_member_epoch(b, m);
	}
	if (m == NULL) {
		b->is_new = cmember_find(b->g, id) == NULL;
		b->m = b->is_new ? cmember_add(b->g, id) :
		    cmember_find(b->g, id);
		return ERR_NONE;
	}
	if (!cmember_is_classic(m) && m->epoch != EPOCH_LEAVE_STATIC)
		return fail(b, ERR_UNRELEASED_INSTANCE_ID,
		    arena_printf(b->arena, "Static member %.*s with instance "
		    "id %.*s cannot join the group because the instance id is "
		    "owned by %.*s member.", id.len, id.p,
		    b->req->instance_id.len, b->req->instance_id.p, m->id.len,
		    m->id.p));
	replace(b, m, id);
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
		return fail(b, INVALID_REGULAR_EXPRESSION,
		    arena_printf(b->arena, "SubscribedTopicRegex `%.*s` is "
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
		end = tpset_topic_end(s, i);
		t = &as->topic_partitions.v[as->topic_partitions.n++];
		t->topic_id = s->v[i].topic;
		t->partitions.v = numbers + i;
		t->partitions.n = end - i;
		for (int32_t j = i; j < end; j++)
			numbers[j] = s->v[j].partition;
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
	owned_parts(req, &owned);
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
	struct kstr id = req->member_id;
	struct cmember *m;

	if (find_group(b) != 0)
		return;
	if (req->instance_id.len < 0) {
		if ((m = cmember_find(b->g, id)) == NULL) {
			no_member(b, id);
			return;
		}
	} else {
		m = cmember_of_instance(b->g, req->instance_id);
		if (m == NULL) {
			fail(b, ERR_UNKNOWN_MEMBER_ID, "Instance id is "
			    "unknown.");
			return;
		}
		if (!kstr_eq(m->id, id)) {
			fenced(b, m);
			return;
		}
	}
	b->rsp->member_id = id;
	b->rsp->member_epoch = req->member_epoch;
	if (req->member_epoch == EPOCH_LEAVE_STATIC) {
		m->epoch = EPOCH_LEAVE_STATIC;
		tpset_clear(&m->revoking);
		consumer_store_current(m);
	} else {
		consumer_drop(m);
	}
}

static int16_t
find_member(struct beat *b)
{
	struct kstr id = b->req->member_id;
	uint8_t r[16];

	if (consumer_size(b->g) >= b->gs->config.consumer_max_size &&
	    (id.len == 0 || cmember_find(b->g, id) == NULL))
		return fail(b, ERR_GROUP_MAX_SIZE_REACHED,
		    arena_printf(b->arena, "The consumer group has reached "
		    "its maximum capacity of %d members.",
		    b->gs->config.consumer_max_size));
	if (id.len == 0) {
		b->gs->ops->random(b->gs->arg, r, sizeof(r));
		id = group_uuid_text(b->arena, r);
	}
	return b->req->instance_id.len < 0 ? find_dynamic(b, id) :
	    find_static(b, id);
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
	if (find_group(&b) != 0 || find_member(&b) != 0)
		return;
	if (update_member(&b) != 0) {
		if (b.is_new)
			cmember_remove(b.m);
		return;
	}
	advance(&b);
}

/*
 * consumer_identify.c: who a ConsumerGroupHeartbeat is from: its group and its
 * member, by id or by instance, known, new or in another's place, or fenced
 * (KIP-848). Errors and their texts are Apache Kafka's.
 */
#include "answer_text.h"
#include "consumer_beat.h"
#include "wire/kerror.h"

static int16_t
no_group(struct beat *b)
{
	return beat_fail(b, ERR_GROUP_ID_NOT_FOUND, answer_text(b->arena,
	    b->g == NULL ? "Consumer group %.*s not found." :
	    "Group %.*s is not a consumer group", b->req->group_id.len,
	    b->req->group_id.p));
}

int16_t
beat_find_group(struct beat *b)
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
	return beat_fail(b, ERR_UNKNOWN_MEMBER_ID, answer_text(b->arena,
	    "Member %.*s is not a member of group %.*s.", id.len, id.p,
	    b->req->group_id.len, b->req->group_id.p));
}

void
beat_owned(const struct beat *b, struct tpset *s)
{
	const struct consumer_group_heartbeat_request *req = b->req;

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
		beat_owned(b, &owned);
		within = tpset_within(&owned, &m->assigned);
		tpset_release(&owned);
		if (within)
			return ERR_NONE;
	}
	return beat_fail(b, ERR_FENCED_MEMBER_EPOCH, answer_text(b->arena,
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
	return beat_fail(b, ERR_FENCED_INSTANCE_ID, answer_text(b->arena,
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
			return beat_fail(b, ERR_UNKNOWN_MEMBER_ID,
			    answer_text(b->arena, "Instance id %.*s is "
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
		return beat_fail(b, ERR_UNRELEASED_INSTANCE_ID,
		    answer_text(b->arena, "Static member %.*s with instance "
		    "id %.*s cannot join the group because the instance id is "
		    "owned by %.*s member.", id.len, id.p,
		    b->req->instance_id.len, b->req->instance_id.p, m->id.len,
		    m->id.p));
	replace(b, m, id);
	return ERR_NONE;
}

int16_t
beat_find_member(struct beat *b)
{
	struct kstr id = b->req->member_id;
	uint8_t r[16];

	if (consumer_size(b->g) >= b->gs->config.consumer_max_size &&
	    (id.len == 0 || cmember_find(b->g, id) == NULL))
		return beat_fail(b, ERR_GROUP_MAX_SIZE_REACHED,
		    answer_text(b->arena, "The consumer group has reached "
		    "its maximum capacity of %d members.",
		    b->gs->config.consumer_max_size));
	if (id.len == 0) {
		b->gs->ops->random(b->gs->arg, r, sizeof(r));
		id = group_uuid_text(b->arena, r);
	}
	return b->req->instance_id.len < 0 ? find_dynamic(b, id) :
	    find_static(b, id);
}

int16_t
beat_find_leaving(struct beat *b)
{
	struct kstr id = b->req->member_id, instance = b->req->instance_id;

	if (instance.len < 0) {
		b->m = cmember_find(b->g, id);
		return b->m != NULL ? ERR_NONE : no_member(b, id);
	}
	b->m = cmember_of_instance(b->g, instance);
	if (b->m == NULL)
		return beat_fail(b, ERR_UNKNOWN_MEMBER_ID, "Instance id is "
		    "unknown.");
	return kstr_eq(b->m->id, id) ? ERR_NONE : fenced(b, b->m);
}

/*
 * consumer_replay.c: a consumer group out of records of `__consumer_offsets`
 * (consumer_records.c), as they are read when a partition is loaded.
 */
#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/msg_group_records.h"
#include "wire/versioned.h"

enum {				/* the key's first number: what it is */
	KEY_EPOCH = 3, KEY_TOPICS, KEY_MEMBER, KEY_TARGET_EPOCH, KEY_TARGET,
	KEY_CURRENT
};

/* One record being replayed. */
struct replay {
	struct groups			*gs;
	const struct group_record	*r;
	struct arena			*arena;
	struct kerr			*e;
};

static int
get(struct replay *rp, const struct kmessage *key_msg, void *key,
    const struct kmessage *msg, void *value)
{
	const struct group_record *r = rp->r;

	if (versioned_get(key_msg, r->key, r->key_len, rp->arena, key,
	    rp->e) < 0 || (r->value != NULL && versioned_get(msg, r->value,
	    r->value_len, rp->arena, value, rp->e) < 0))
		return rp->e->code;
	return 0;
}

/* NULL: a tombstone of a group that is not there. */
static struct group *
group_of(struct replay *rp, struct kstr id)
{
	struct group *g = group_find(rp->gs, id);

	if (rp->r->value == NULL)
		return g != NULL && g->consumer != NULL ? g : NULL;
	if (g == NULL)
		group_need(rp->gs, id)->loading = true;
	return consumer_group_begin(rp->gs, id);
}

static struct cmember *
member_of(struct replay *rp, struct kstr group, struct kstr id)
{
	struct group *g = group_of(rp, group);
	struct cmember *m;

	if (g == NULL)
		return NULL;
	m = cmember_find(g, id);
	return m == NULL && rp->r->value != NULL ? cmember_add(g, id) : m;
}

static int
replay_epoch(struct replay *rp)
{
	struct consumer_group_metadata_key k;
	struct consumer_group_metadata_value v;
	struct group *g;

	if (get(rp, &consumer_group_metadata_key_msg, &k,
	    &consumer_group_metadata_value_msg, &v) < 0)
		return rp->e->code;
	if ((g = group_of(rp, k.group_id)) == NULL)
		return 0;
	if (rp->r->value != NULL)
		g->consumer->epoch = v.epoch;
	else
		consumer_group_end(g);
	return 0;
}

static int
replay_topics(struct replay *rp)
{
	struct consumer_group_partition_metadata_key k;
	struct consumer_group_partition_metadata_value v;
	struct group *g;
	struct csubscribed *s;

	if (get(rp, &consumer_group_partition_metadata_key_msg, &k,
	    &consumer_group_partition_metadata_value_msg, &v) < 0)
		return rp->e->code;
	g = group_of(rp, k.group_id);
	if (g == NULL || rp->r->value == NULL)
		return 0;
	s = xcalloc((size_t)v.topics.n + 1, sizeof(*s));
	for (int32_t i = 0; i < v.topics.n; i++) {
		s[i].name = kstr_dup(v.topics.v[i].topic_name);
		s[i].id = v.topics.v[i].topic_id;
		s[i].n = v.topics.v[i].num_partitions;
	}
	cgroup_set_topics(g->consumer, s, v.topics.n);
	return 0;
}

static void
take_member(struct cmember *m,
    const struct consumer_group_member_metadata_value *v)
{
	const struct consumer_group_member_metadata_value_classic_member_metadata
	    *c = v->classic_member_metadata;
	bool bad;

	kstr_set(&m->instance, v->instance_id);
	kstr_set(&m->rack, v->rack_id);
	kstr_set(&m->client_id, v->client_id);
	kstr_set(&m->host, v->client_host);
	kstr_set(&m->assignor, v->server_assignor);
	cmember_set_names(m, v->subscribed_topic_names.v,
	    v->subscribed_topic_names.n > 0 ? v->subscribed_topic_names.n : 0);
	cmember_set_regex(m, v->subscribed_topic_regex, &bad);
	m->rebalance_ms = v->rebalance_timeout_ms;
	if (c != NULL)
		/* the two structs of a protocol are alike */
		cmember_set_protocols(m, c->session_timeout_ms,
		    (const void *)c->supported_protocols.v,
		    c->supported_protocols.n);
}

static int
replay_member(struct replay *rp)
{
	struct consumer_group_member_metadata_key k;
	struct consumer_group_member_metadata_value v;
	struct cmember *m;

	_Static_assert(sizeof(struct join_group_request_protocol) == sizeof(
	    struct consumer_group_member_metadata_value_supported_protocol),
	    "alike");
	if (get(rp, &consumer_group_member_metadata_key_msg, &k,
	    &consumer_group_member_metadata_value_msg, &v) < 0)
		return rp->e->code;
	m = member_of(rp, k.group_id, k.member_id);
	if (m != NULL && rp->r->value != NULL)
		take_member(m, &v);
	else if (m != NULL)
		cmember_remove(m);
	return 0;
}

static int
replay_target_epoch(struct replay *rp)
{
	struct consumer_group_target_assignment_metadata_key k;
	struct consumer_group_target_assignment_metadata_value v;
	struct group *g;

	if (get(rp, &consumer_group_target_assignment_metadata_key_msg, &k,
	    &consumer_group_target_assignment_metadata_value_msg, &v) < 0)
		return rp->e->code;
	if ((g = group_of(rp, k.group_id)) != NULL)
		g->consumer->assignment_epoch = rp->r->value != NULL ?
		    v.assignment_epoch : 0;
	return 0;
}

static void
take_parts(struct tpset *s, const struct consumer_group_target_partitions *v,
    int32_t n)
{
	tpset_clear(s);
	for (int32_t i = 0; i < n; i++)
		for (int32_t j = 0; j < v[i].partitions.n; j++)
			tpset_add(s, &v[i].topic_id, v[i].partitions.v[j]);
}

static int
replay_target(struct replay *rp)
{
	struct consumer_group_target_assignment_member_key k;
	struct consumer_group_target_assignment_member_value v = { 0 };
	struct cmember *m;

	if (get(rp, &consumer_group_target_assignment_member_key_msg, &k,
	    &consumer_group_target_assignment_member_value_msg, &v) < 0)
		return rp->e->code;
	if ((m = member_of(rp, k.group_id, k.member_id)) == NULL)
		return 0;
	m->has_target = rp->r->value != NULL;
	take_parts(&m->target, v.topic_partitions.v, m->has_target ?
	    v.topic_partitions.n : 0);
	return 0;
}

static int
replay_current(struct replay *rp)
{
	struct consumer_group_current_member_assignment_key k;
	struct consumer_group_current_member_assignment_value v = { 0 };
	struct cmember *m;

	if (get(rp, &consumer_group_current_member_assignment_key_msg, &k,
	    &consumer_group_current_member_assignment_value_msg, &v) < 0)
		return rp->e->code;
	if ((m = member_of(rp, k.group_id, k.member_id)) == NULL)
		return 0;
	if (rp->r->value == NULL) {
		v.assigned_partitions.n = 0;
		v.partitions_pending_revocation.n = 0;
		v.member_epoch = v.previous_member_epoch = EPOCH_LEAVE;
		v.state = MEMBER_STABLE;
	}
	m->epoch = v.member_epoch;
	m->previous_epoch = v.previous_member_epoch;
	m->state = (enum cmember_state)v.state;
	take_parts(&m->assigned, (const void *)v.assigned_partitions.v,
	    v.assigned_partitions.n);
	take_parts(&m->revoking,
	    (const void *)v.partitions_pending_revocation.v,
	    v.partitions_pending_revocation.n);
	return 0;
}

int
consumer_replay(struct groups *gs, const struct group_record *r,
    struct arena *a, struct kerr *e)
{
	struct replay rp = { gs, r, a, e };

	switch ((int16_t)be16(r->key)) {
	case KEY_EPOCH:
		return replay_epoch(&rp);
	case KEY_TOPICS:
		return replay_topics(&rp);
	case KEY_MEMBER:
		return replay_member(&rp);
	case KEY_TARGET_EPOCH:
		return replay_target_epoch(&rp);
	case KEY_TARGET:
		return replay_target(&rp);
	case KEY_CURRENT:
		return replay_current(&rp);
	default:
		return kerr_set(e, KE_UNSUPPORTED, "record of kind %d",
		    (int16_t)be16(r->key));
	}
}

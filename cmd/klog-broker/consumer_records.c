/*
 * consumer_records.c: a consumer group as records of `__consumer_offsets`
 * (KIP-848: keys 3 to 8), and back.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/msg_group_records.h"
#include "wire/versioned.h"

enum {				/* the key's first number: what it is */
	KEY_EPOCH = 3, KEY_TOPICS, KEY_MEMBER, KEY_TARGET_EPOCH, KEY_TARGET,
	KEY_CURRENT
};

static void
store(struct group *g, const struct kmessage *key_msg, const void *key,
    const struct kmessage *msg, const void *value)
{
	group_put_message(&g->of->key, key_msg, key_msg->min, key);
	if (value != NULL)
		group_put_message(&g->of->value, msg, 0, value);
	group_put(g, value != NULL, -1, -1);
}

static void
put_epoch(struct group *g, bool has_value)
{
	struct consumer_group_metadata_key k = { g->id };
	struct consumer_group_metadata_value v = { g->consumer->epoch };

	store(g, &consumer_group_metadata_key_msg, &k,
	    &consumer_group_metadata_value_msg, has_value ? &v : NULL);
}

void
consumer_store_epoch(struct group *g)
{
	put_epoch(g, true);
}

static void
put_topics(struct group *g, bool has_value)
{
	struct consumer_group_partition_metadata_key k = { g->id };
	struct consumer_group_partition_metadata_value v;
	struct consumer_group_partition_metadata_value_topic *t;

	t = xcalloc((size_t)g->consumer->n_topics + 1, sizeof(*t));
	v.topics.v = t;
	v.topics.n = g->consumer->n_topics;
	for (int32_t i = 0; i < v.topics.n; i++) {
		t[i].topic_id = g->consumer->topics[i].id;
		t[i].topic_name = g->consumer->topics[i].name;
		t[i].num_partitions = g->consumer->topics[i].n;
	}
	store(g, &consumer_group_partition_metadata_key_msg, &k,
	    &consumer_group_partition_metadata_value_msg,
	    has_value ? &v : NULL);
	free(t);
}

void
consumer_store_topics(struct group *g)
{
	put_topics(g, true);
}

static void
put_target_epoch(struct group *g, bool has_value)
{
	struct consumer_group_target_assignment_metadata_key k = { g->id };
	struct consumer_group_target_assignment_metadata_value v = {
		g->consumer->assignment_epoch
	};

	store(g, &consumer_group_target_assignment_metadata_key_msg, &k,
	    &consumer_group_target_assignment_metadata_value_msg,
	    has_value ? &v : NULL);
}

void
consumer_store_target_epoch(struct group *g)
{
	put_target_epoch(g, true);
}

static void
put_classic(const struct cmember *m,
    struct consumer_group_member_metadata_value *v,
    struct consumer_group_member_metadata_value_classic_member_metadata *c)
{
	struct consumer_group_member_metadata_value_supported_protocol *p;

	p = xcalloc((size_t)m->protocols.n, sizeof(*p));
	c->session_timeout_ms = m->session_ms;
	c->supported_protocols.v = p;
	c->supported_protocols.n = m->protocols.n;
	for (int32_t i = 0; i < m->protocols.n; i++) {
		p[i].name = m->protocols.v[i].name;
		p[i].metadata = m->protocols.v[i].metadata;
	}
	v->classic_member_metadata = c;
}

void
consumer_store_member(struct cmember *m)
{
	struct consumer_group_member_metadata_key k = { m->group->id, m->id };
	struct consumer_group_member_metadata_value v;
	struct consumer_group_member_metadata_value_classic_member_metadata c =
	    { 0 };

	kmsg_defaults(&consumer_group_member_metadata_value_msg, &v);
	v.instance_id = m->instance;
	v.rack_id = m->rack;
	v.client_id = m->client_id;
	v.client_host = m->host;
	v.subscribed_topic_names.v = m->names;
	v.subscribed_topic_names.n = m->n_names;
	/* Apache Kafka has no null there */
	v.subscribed_topic_regex = m->regex.len >= 0 ? m->regex : kstr("");
	v.rebalance_timeout_ms = m->rebalance_ms;
	v.server_assignor = m->assignor;
	if (cmember_is_classic(m))
		put_classic(m, &v, &c);
	store(m->group, &consumer_group_member_metadata_key_msg, &k,
	    &consumer_group_member_metadata_value_msg, &v);
	free(c.supported_protocols.v);
}

/* A set, topic by topic, in arrays that last until free_parts(). The structs
 * of the target and the current assignment are alike. */
static int32_t
put_parts(const struct tpset *s, struct consumer_group_target_partitions **out,
    int32_t **numbers)
{
	struct consumer_group_target_partitions *v;
	int32_t n = 0, end;

	v = xcalloc((size_t)s->n + 1, sizeof(*v));
	*numbers = xcalloc((size_t)s->n + 1, sizeof(**numbers));
	for (int32_t i = 0; i < s->n; i = end) {
		end = tpset_topic_end(s, i);
		v[n].topic_id = s->v[i].topic;
		v[n].partitions.v = *numbers + i;
		v[n++].partitions.n = end - i;
		for (int32_t j = i; j < end; j++)
			(*numbers)[j] = s->v[j].partition;
	}
	*out = v;
	return n;
}

void
consumer_store_target(struct cmember *m)
{
	struct consumer_group_target_assignment_member_key k = {
		m->group->id, m->id
	};
	struct consumer_group_target_assignment_member_value v;
	int32_t *numbers;

	v.topic_partitions.n = put_parts(&m->target, &v.topic_partitions.v,
	    &numbers);
	store(m->group, &consumer_group_target_assignment_member_key_msg, &k,
	    &consumer_group_target_assignment_member_value_msg, &v);
	free(v.topic_partitions.v);
	free(numbers);
}

void
consumer_store_current(struct cmember *m)
{
	struct consumer_group_current_member_assignment_key k = {
		m->group->id, m->id
	};
	struct consumer_group_current_member_assignment_value v;
	struct consumer_group_target_partitions *assigned, *revoking;
	int32_t *numbers, *others;

	_Static_assert(sizeof(struct consumer_group_target_partitions) ==
	    sizeof(struct consumer_group_current_partitions), "alike");
	v.member_epoch = m->epoch;
	v.previous_member_epoch = m->previous_epoch;
	v.state = (int8_t)m->state;
	v.assigned_partitions.n = put_parts(&m->assigned, &assigned, &numbers);
	v.assigned_partitions.v = (void *)assigned;
	v.partitions_pending_revocation.n = put_parts(&m->revoking, &revoking,
	    &others);
	v.partitions_pending_revocation.v = (void *)revoking;
	store(m->group, &consumer_group_current_member_assignment_key_msg, &k,
	    &consumer_group_current_member_assignment_value_msg, &v);
	free(assigned);
	free(revoking);
	free(numbers);
	free(others);
}

void
consumer_store_no_member(struct cmember *m)
{
	struct consumer_group_current_member_assignment_key current = {
		m->group->id, m->id
	};
	struct consumer_group_target_assignment_member_key target = {
		m->group->id, m->id
	};
	struct consumer_group_member_metadata_key member = {
		m->group->id, m->id
	};

	store(m->group, &consumer_group_current_member_assignment_key_msg,
	    &current, NULL, NULL);
	store(m->group, &consumer_group_target_assignment_member_key_msg,
	    &target, NULL, NULL);
	store(m->group, &consumer_group_member_metadata_key_msg, &member,
	    NULL, NULL);
}

void
consumer_store_tombstones(struct group *g)
{
	struct cmember *m, *next;

	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_no_member(m);
	put_target_epoch(g, false);
	put_topics(g, false);
	put_epoch(g, false);
}

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
	if (g == NULL) {
		g = consumer_group_begin(rp->gs, id);
		g->loading = true;
	}
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
	if (rp->r->value != NULL) {
		g->consumer->epoch = v.epoch;
	} else {
		cgroup_free(g->consumer);
		g->consumer = NULL;
		kstr_set(&g->protocol_type, KSTR_NULL);
	}
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

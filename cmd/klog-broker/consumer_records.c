/*
 * consumer_records.c: a consumer group as records of `__consumer_offsets`
 * (KIP-848: keys 3 to 8).
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/msg_group_records.h"

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

/* A set, topic by topic, in two arrays to be freed. The structs of the target
 * and the current assignment are alike. */
static int32_t
put_parts(const struct tpset *s, struct consumer_group_target_partitions **out,
    int32_t **numbers)
{
	struct consumer_group_target_partitions *v;
	int32_t n = 0, end;

	v = xcalloc((size_t)s->n + 1, sizeof(*v));
	*numbers = xcalloc((size_t)s->n + 1, sizeof(**numbers));
	for (int32_t i = 0; i < s->n; i = end) {
		end = tpset_topic(s, i, *numbers);
		v[n].topic_id = s->v[i].topic;
		v[n].partitions.v = *numbers + i;
		v[n++].partitions.n = end - i;
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

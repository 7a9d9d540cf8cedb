/*
 * group_records.c: the coordinator's decisions as records of
 * `__consumer_offsets`, in the versions that Apache Kafka 3.9 writes, and
 * back.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/msg_group_records.h"
#include "wire/versioned.h"

enum { OFFSET_VERSION = 3, OFFSET_EXPIRING = 1, GROUP_VERSION = 3 };

enum {				/* the key's first number: what it is */
	KEY_OFFSET_OLD, KEY_OFFSET, KEY_GROUP
};

void
group_put_message(struct buf *b, const struct kmessage *msg, int16_t version,
    const void *in)
{
	int rc;

	buf_clear(b);
	rc = versioned_put(b, msg, version, in);
	assert(rc >= 0);
}

void
group_put(struct group *g, bool has_value, int64_t producer_id, int16_t epoch)
{
	struct groups *gs = g->of;
	struct group_record r = {
		.partition = g->partition,
		.key = gs->key.p,
		.key_len = gs->key.len,
		.value = has_value ? gs->value.p : NULL,
		.value_len = has_value ? gs->value.len : 0,
		.producer_id = producer_id,
		.producer_epoch = epoch,
	};

	gs->ops->put(gs->arg, &r);
}

static void
put_group_key(struct group *g)
{
	struct group_metadata_key k = { g->id };

	group_put_message(&g->of->key, &group_metadata_key_msg, KEY_GROUP, &k);
}

void
group_store(struct group *g)
{
	struct group_metadata_value v;
	struct group_metadata_value_member_metadata *out;
	struct group_member *m, *next;
	const struct kbytes *metadata;

	kmsg_defaults(&group_metadata_value_msg, &v);
	v.protocol_type = g->protocol_type.len >= 0 ? g->protocol_type :
	    kstr("");
	v.generation = g->generation;
	v.protocol = g->protocol;
	v.leader = g->leader;
	v.current_state_timestamp = g->state_ms;
	v.members.v = xcalloc((size_t)group_size(g) + 1, sizeof(*out));
	v.members.n = 0;
	HASH_ITER(hh, g->members, m, next) {
		out = &v.members.v[v.members.n++];
		metadata = protocols_find(&m->protocols, g->protocol);
		out->member_id = m->id;
		out->group_instance_id = m->instance;
		out->client_id = m->client_id;
		out->client_host = m->host;
		out->rebalance_timeout = m->rebalance_ms;
		out->session_timeout = m->session_ms;
		out->subscription = metadata != NULL ? *metadata :
		    (struct kbytes){ NULL, 0 };
		out->assignment = m->assignment;
	}
	put_group_key(g);
	group_put_message(&g->of->value, &group_metadata_value_msg, GROUP_VERSION,
	    &v);
	free(v.members.v);
	group_put(g, true, -1, -1);
}

void
group_store_tombstone(struct group *g)
{
	if (g->consumer != NULL) {
		consumer_store_tombstones(g);
		return;
	}
	put_group_key(g);
	group_put(g, false, -1, -1);
}

static void
put_offset_key(struct group *g, struct kstr topic, int32_t partition)
{
	struct offset_commit_key k = { g->id, topic, partition };

	group_put_message(&g->of->key, &offset_commit_key_msg, KEY_OFFSET, &k);
}

void
group_store_offset(struct group *g, struct kstr topic, int32_t partition,
    const struct offset_value *o, int64_t producer_id, int16_t producer_epoch)
{
	struct offset_commit_value v;

	kmsg_defaults(&offset_commit_value_msg, &v);
	v.offset = o->offset;
	v.leader_epoch = o->leader_epoch;
	v.metadata = o->metadata;
	v.commit_timestamp = o->commit_ms;
	v.expire_timestamp = o->expire_ms;
	put_offset_key(g, topic, partition);
	group_put_message(&g->of->value, &offset_commit_value_msg,
	    o->expire_ms >= 0 ? OFFSET_EXPIRING : OFFSET_VERSION, &v);
	group_put(g, true, producer_id, producer_epoch);
}

void
group_store_no_offset(struct group *g, struct kstr topic, int32_t partition)
{
	put_offset_key(g, topic, partition);
	group_put(g, false, -1, -1);
}

static struct group *
need(struct groups *gs, struct kstr id)
{
	struct group *g = group_find(gs, id);

	if (g == NULL) {
		g = group_need(gs, id);
		g->loading = true;
	}
	return g;
}

static int
replay_offset(struct groups *gs, const struct group_record *r,
    struct arena *a, struct kerr *e)
{
	struct offset_commit_key k;
	struct offset_commit_value v;
	struct offset_value o;
	struct group *g;

	if (versioned_get(&offset_commit_key_msg, r->key, r->key_len, a, &k,
	    e) < 0)
		return e->code;
	if (r->value == NULL) {
		if ((g = group_find(gs, k.group)) != NULL)
			offsets_drop(&g->offsets, k.topic, k.partition);
		return 0;
	}
	if (k.partition < 0)
		return kerr_set(e, KE_DATA, "partition %d", k.partition);
	if (versioned_get(&offset_commit_value_msg, r->value, r->value_len, a,
	    &v, e) < 0)
		return e->code;
	o.offset = v.offset;
	o.leader_epoch = v.leader_epoch;
	o.commit_ms = v.commit_timestamp;
	o.expire_ms = v.expire_timestamp;
	o.metadata = v.metadata;
	g = need(gs, k.group);
	if (r->producer_id >= 0)
		offsets_txn_put(&g->offsets, r->producer_id, k.topic,
		    k.partition, &o);
	else
		offsets_put(&g->offsets, k.topic, k.partition, &o);
	return 0;
}

static void
take_member(struct group *g,
    const struct group_metadata_value_member_metadata *in)
{
	struct join_group_request_protocol p;
	struct group_member *m;

	if (member_find(g, in->member_id) != NULL)
		return;
	m = member_add(g, in->member_id, in->group_instance_id,
	    in->client_id, in->client_host);
	p.name = g->protocol.len >= 0 ? g->protocol : kstr("");
	p.metadata = in->subscription;
	protocols_set(&m->protocols, &p, 1);
	member_set_assignment(m, in->assignment);
	m->session_ms = in->session_timeout;
	m->rebalance_ms = in->rebalance_timeout < 0 ? in->session_timeout :
	    in->rebalance_timeout;
}

static int
replay_group(struct groups *gs, const struct group_record *r,
    struct arena *a, struct kerr *e)
{
	struct group_metadata_key k;
	struct group_metadata_value v;
	struct group_member *m, *next;
	struct group *g;

	if (versioned_get(&group_metadata_key_msg, r->key, r->key_len, a, &k,
	    e) < 0 || (r->value != NULL && versioned_get(
	    &group_metadata_value_msg, r->value, r->value_len, a, &v, e) < 0))
		return e->code;
	g = r->value != NULL ? need(gs, k.group) : group_find(gs, k.group);
	if (g == NULL)
		return 0;
	HASH_ITER(hh, g->members, m, next)
		member_remove(m);
	if (r->value == NULL) {
		kstr_set(&g->protocol_type, KSTR_NULL);
		kstr_set(&g->protocol, KSTR_NULL);
		g->generation = 0;
		g->state = GROUP_EMPTY;
		g->state_ms = -1;
		return 0;
	}
	kstr_set(&g->protocol_type, v.protocol_type);
	kstr_set(&g->protocol, v.protocol);
	g->generation = v.generation;
	for (int32_t i = 0; i < v.members.n; i++)
		take_member(g, &v.members.v[i]);
	kstr_set(&g->leader, v.leader);
	g->state = g->members != NULL ? GROUP_STABLE : GROUP_EMPTY;
	g->state_ms = v.current_state_timestamp;
	return 0;
}

int
groups_replay(struct groups *gs, const struct group_record *r,
    struct kerr *e)
{
	struct arena a;
	int rc;

	if (r->key == NULL || r->key_len < 2)
		return kerr_set(e, KE_DATA, "record without a key");
	arena_init(&a, 0);
	switch ((int16_t)be16(r->key)) {
	case KEY_OFFSET_OLD:
	case KEY_OFFSET:
		rc = replay_offset(gs, r, &a, e);
		break;
	case KEY_GROUP:
		rc = replay_group(gs, r, &a, e);
		break;
	default:
		rc = consumer_replay(gs, r, &a, e);
	}
	arena_release(&a);
	return rc;
}

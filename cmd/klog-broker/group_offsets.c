/*
 * group_offsets.c: the ends of committed offsets: deleted by hand (KIP-496) or
 * with their topic, or expired (KIP-211); and which topics a group reads, as
 * what it reads is kept.
 */
#include "consumer_group.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/versioned.h"

/* *sure becomes false where the subscription cannot be read. */
static bool
reads_topic(struct kbytes metadata, struct kstr topic, bool *sure)
{
	struct consumer_protocol_subscription s;
	struct arena a;
	bool found = false;

	arena_init(&a, 0);
	if (versioned_get_lenient(&consumer_protocol_subscription_msg,
	    metadata, &a, &s, NULL) < 0)
		*sure = false;
	else
		for (int32_t i = 0; i < s.topics.n && !found; i++)
			found = kstr_eq(s.topics.v[i], topic);
	arena_release(&a);
	return found;
}

/* Whether a member consumes it, as far as that is known. */
static bool
subscribes(const struct group *g, struct kstr topic)
{
	struct group_member *m, *next;
	const struct kbytes *metadata;
	bool sure = kstr_eq(g->protocol_type, kstr("consumer")), found = false;
	struct cmember *cm, *after;

	if (g->consumer != NULL) {
		HASH_ITER(hh, g->consumer->members, cm, after)
			found |= cmember_reads(cm, topic);
		return found;
	}
	HASH_ITER(hh, g->members, m, next) {
		metadata = protocols_find(&m->protocols, g->protocol);
		if (metadata == NULL)
			return true;
		found |= reads_topic(*metadata, topic, &sure);
	}
	return found || !sure;
}

/* A group that has neither a member nor an offset any more goes. */
static void
retire(struct group *g)
{
	if (g->state != GROUP_EMPTY || g->offsets.set.n > 0 ||
	    offsets_txn_any(&g->offsets))
		return;
	if (g->generation > 0 || g->consumer != NULL)
		group_store_tombstone(g);
	group_free(g);
}

static int16_t
delete_one(struct group *g, struct kstr topic, int32_t partition)
{
	if (g->state != GROUP_EMPTY && subscribes(g, topic))
		return ERR_GROUP_SUBSCRIBED_TO_TOPIC;
	if (offsets_drop(&g->offsets, topic, partition))
		group_store_no_offset(g, topic, partition);
	return ERR_NONE;
}

void
groups_delete_offsets(struct groups *gs,
    const struct offset_delete_request *req,
    struct offset_delete_response *rsp)
{
	struct group *g = group_find(gs, req->group_id);
	struct offset_delete_response_partition *out;

	if (g == NULL)
		rsp->error_code = ERR_GROUP_ID_NOT_FOUND;
	else if (g->state != GROUP_EMPTY &&
	    !kstr_eq(g->protocol_type, kstr("consumer")))
		rsp->error_code = ERR_NON_EMPTY_GROUP;
	if (rsp->error_code != 0)
		return;
	for (int32_t i = 0; i < rsp->topics.n; i++)
		for (int32_t j = 0; j < rsp->topics.v[i].partitions.n; j++) {
			out = &rsp->topics.v[i].partitions.v[j];
			if (out->error_code == 0)
				out->error_code = delete_one(g,
				    rsp->topics.v[i].name,
				    out->partition_index);
		}
	if (g->consumer == NULL)	/* those go when offsets expire */
		retire(g);
}

/* One group, from which offsets go. */
struct drop {
	struct group	*g;
	bool		(*which)(void *, struct kstr, int32_t,
			    const struct offset_value *);
	void		*arg;
};

static bool
drop_each(void *arg, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	struct drop *d = arg;
	bool goes = d->which(d->arg, topic, partition, v);

	if (goes)
		group_store_no_offset(d->g, topic, partition);
	return goes;
}

void
group_drop_offsets(struct group *g, bool (*which)(void *, struct kstr,
    int32_t, const struct offset_value *), void *arg)
{
	struct drop d = { g, which, arg };

	offsets_each(&g->offsets, drop_each, &d);
}

static bool
is_of_topic(void *arg, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	(void)partition;
	(void)v;
	return kstr_eq(*(const struct kstr *)arg, topic);
}

void
groups_topic_deleted(struct groups *gs, struct kstr topic)
{
	struct group *g, *next;

	HASH_ITER(hh, gs->all, g, next)
		if (!g->loading && offsets_has_topic(&g->offsets, topic)) {
			group_drop_offsets(g, is_of_topic, &topic);
			if (g->consumer == NULL)
				retire(g);
		}
}

/* From which time on an offset's age counts depends on the group. */
static bool
is_expired(void *arg, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	const struct group *g = arg;
	const struct groups *gs = g->of;
	int64_t since = v->commit_ms;

	if (offsets_txn_pending(&g->offsets, topic, partition))
		return false;
	if (g->protocol_type.len >= 0 && g->state == GROUP_EMPTY) {
		if (g->state_ms >= 0)
			since = g->state_ms;
	} else if (g->protocol_type.len >= 0 &&
	    ((g->state != GROUP_STABLE && g->consumer == NULL) ||
	    subscribes(g, topic))) {
		return false;
	}
	return v->expire_ms >= 0 ? gs->wall >= v->expire_ms :
	    since <= gs->wall - gs->config.retention_ms;
}

void
group_expire(struct groups *gs, struct group_timer *t)
{
	struct group *g, *next;

	group_arm(gs, t, gs->config.check_interval_ms);
	HASH_ITER(hh, gs->all, g, next) {
		if (g->loading)
			continue;
		group_drop_offsets(g, is_expired, g);
		retire(g);
	}
}

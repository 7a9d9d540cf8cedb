/*
 * group_offsets.c: committing offsets, asking for them, and their ends:
 * deleted with their topic or by hand, or expired (KIP-211, KIP-496).
 */
#include "consumer_group.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_protocol.h"

/* Who commits, and may it? */
struct committer {
	int32_t		generation;
	struct kstr	member;
	struct kstr	instance;
	bool		txn;
	int16_t		version;	/* of OffsetCommit */
};

/* In a group of the consumer protocol the generation is the member's epoch. */
static int16_t
check_consumer(const struct group *g, const struct committer *c)
{
	const struct cmember *m;

	if (c->generation < 0 && g->state == GROUP_EMPTY)
		return ERR_NONE;
	if (c->txn && c->generation < 0 && c->member.len <= 0)
		return ERR_NONE;
	m = cmember_find(g, c->member);
	if (m == NULL)
		return ERR_UNKNOWN_MEMBER_ID;
	if (!c->txn && !cmember_is_classic(m) && c->version < 9)
		return ERR_UNSUPPORTED_VERSION;
	if (c->generation == m->epoch)
		return ERR_NONE;
	return cmember_is_classic(m) ? ERR_ILLEGAL_GENERATION :
	    ERR_STALE_MEMBER_EPOCH;
}

static int16_t
check_committer(const struct group *g, const struct committer *c)
{
	int16_t error;

	if (c->generation < 0 && g->state == GROUP_EMPTY)
		return ERR_NONE;
	if (c->generation >= 0 || c->member.len > 0 || c->instance.len >= 0) {
		error = member_check(g, c->member, c->instance);
		if (error != 0)
			return error;
		return c->generation != g->generation ?
		    ERR_ILLEGAL_GENERATION : ERR_NONE;
	}
	return !c->txn && g->state != GROUP_EMPTY ? ERR_UNKNOWN_MEMBER_ID :
	    ERR_NONE;
}

static int16_t
admit(struct groups *gs, struct kstr id, const struct committer *c,
    struct group **out)
{
	struct group *g = group_find(gs, id);
	struct group_member *m;
	int16_t error;

	if (g == NULL && c->generation >= 0 && !c->txn)
		return ERR_ILLEGAL_GENERATION;
	if (g == NULL)
		g = group_need(gs, id);
	*out = g;
	if (g->consumer != NULL)
		return check_consumer(g, c);
	if ((error = check_committer(g, c)) != 0 || c->txn)
		return error;
	if (g->state == GROUP_COMPLETING)
		return ERR_REBALANCE_IN_PROGRESS;
	if (g->state != GROUP_EMPTY &&
	    (m = member_find(g, c->member)) != NULL)
		member_beat(m);
	return ERR_NONE;
}

static bool
is_too_long(const struct groups *gs, struct kstr metadata)
{
	return metadata.len > gs->config.metadata_max;
}

static struct offset_value
value_of(const struct groups *gs, int64_t offset, int32_t epoch,
    struct kstr metadata)
{
	return (struct offset_value){
		.offset = offset,
		.leader_epoch = epoch,
		.metadata = metadata.len >= 0 ? metadata : kstr(""),
		.commit_ms = gs->wall,
		.expire_ms = -1,
	};
}

static int16_t
commit_one(struct group *g, const struct offset_commit_request *req,
    struct kstr topic, const struct offset_commit_request_partition *p)
{
	struct offset_value v = value_of(g->of, p->committed_offset,
	    p->committed_leader_epoch, p->committed_metadata);

	if (is_too_long(g->of, v.metadata))
		return ERR_OFFSET_METADATA_TOO_LARGE;
	if (p->commit_timestamp != -1)
		v.commit_ms = p->commit_timestamp;
	if (req->retention_time_ms != -1)
		v.expire_ms = g->of->wall + req->retention_time_ms;
	group_store_offset(g, topic, p->partition_index, &v, -1, -1);
	offsets_put(&g->offsets, topic, p->partition_index, &v);
	return ERR_NONE;
}

void
groups_commit(struct groups *gs, int16_t version,
    const struct offset_commit_request *req,
    struct offset_commit_response *rsp)
{
	const struct committer c = { req->generation_id_or_member_epoch,
	    req->member_id, req->group_instance_id, false, version };
	struct offset_commit_response_partition *out;
	struct group *g = NULL;
	int16_t error = admit(gs, req->group_id, &c, &g);

	for (int32_t i = 0; i < req->topics.n; i++)
		for (int32_t j = 0; j < req->topics.v[i].partitions.n; j++) {
			out = &rsp->topics.v[i].partitions.v[j];
			if (out->error_code != 0)
				continue;
			out->error_code = error != 0 ? error :
			    commit_one(g, req, req->topics.v[i].name,
			    &req->topics.v[i].partitions.v[j]);
		}
}

static int16_t
commit_txn(struct group *g, const struct txn_offset_commit_request *req,
    struct kstr topic, const struct txn_offset_commit_request_partition *p)
{
	struct offset_value v = value_of(g->of, p->committed_offset,
	    p->committed_leader_epoch, p->committed_metadata);

	if (is_too_long(g->of, v.metadata))
		return ERR_OFFSET_METADATA_TOO_LARGE;
	group_store_offset(g, topic, p->partition_index, &v,
	    req->producer_id, req->producer_epoch);
	offsets_txn_put(&g->offsets, req->producer_id, topic,
	    p->partition_index, &v);
	return ERR_NONE;
}

void
groups_txn_commit(struct groups *gs,
    const struct txn_offset_commit_request *req,
    struct txn_offset_commit_response *rsp)
{
	const struct committer c = { req->generation_id, req->member_id,
	    req->group_instance_id, true, 0 };
	struct txn_offset_commit_response_partition *out;
	struct group *g = NULL;
	int16_t error = admit(gs, req->group_id, &c, &g);

	for (int32_t i = 0; i < req->topics.n; i++)
		for (int32_t j = 0; j < req->topics.v[i].partitions.n; j++) {
			out = &rsp->topics.v[i].partitions.v[j];
			if (out->error_code != 0)
				continue;
			out->error_code = error != 0 ? error :
			    commit_txn(g, req, req->topics.v[i].name,
			    &req->topics.v[i].partitions.v[j]);
		}
}

void
groups_txn_end(struct groups *gs, int32_t partition, int64_t producer_id,
    bool commit)
{
	struct group *g, *next;

	HASH_ITER(hh, gs->all, g, next)
		if (g->partition == partition)
			offsets_txn_end(&g->offsets, producer_id, commit);
}

static void
show_offset(const struct group *g, struct kstr topic, bool require_stable,
    struct offset_fetch_response_group_topic_partition *out)
{
	struct offset_value v;

	out->committed_offset = -1;
	out->committed_leader_epoch = -1;
	out->metadata = kstr("");
	out->error_code = ERR_NONE;
	if (g == NULL)
		return;
	if (require_stable && offsets_txn_pending(&g->offsets, topic,
	    out->partition_index)) {
		out->error_code = ERR_UNSTABLE_OFFSET_COMMIT;
	} else if (offsets_get(&g->offsets, topic, out->partition_index, &v)) {
		out->committed_offset = v.offset;
		out->committed_leader_epoch = v.leader_epoch;
		out->metadata = v.metadata;
	}
}

static void
fetch_named(const struct group *g,
    const struct offset_fetch_request_group *req, bool require_stable,
    struct arena *a, struct offset_fetch_response_group *rsp)
{
	const struct offset_fetch_request_group_topic *t;
	struct offset_fetch_response_group_topic *out;

	rsp->topics.n = req->topics.n;
	rsp->topics.v = arena_alloc(a, (size_t)req->topics.n *
	    sizeof(*rsp->topics.v));
	for (int32_t i = 0; i < req->topics.n; i++) {
		t = &req->topics.v[i];
		out = &rsp->topics.v[i];
		out->name = t->name;
		out->partitions.n = t->partition_indexes.n;
		out->partitions.v = arena_alloc(a,
		    (size_t)t->partition_indexes.n *
		    sizeof(*out->partitions.v));
		for (int32_t j = 0; j < t->partition_indexes.n; j++) {
			out->partitions.v[j].partition_index =
			    t->partition_indexes.v[j];
			show_offset(g, t->name, require_stable,
			    &out->partitions.v[j]);
		}
	}
}

/* All offsets of a group, into arrays that grow. */
struct all {
	const struct group			*g;
	bool					 require_stable;
	struct arena				*arena;
	struct offset_fetch_response_group	*rsp;
};

static bool
fetch_each(void *arg, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	struct all *all = arg;
	struct offset_fetch_response_group_topic *t;
	int32_t n = all->rsp->topics.n;

	(void)v;
	if (n == 0 || !kstr_eq(all->rsp->topics.v[n - 1].name, topic)) {
		t = &all->rsp->topics.v[all->rsp->topics.n++];
		t->name = topic;
		t->partitions.n = 0;
		t->partitions.v = arena_alloc(all->arena,
		    (size_t)offsets_topic_size(&all->g->offsets, topic) *
		    sizeof(*t->partitions.v));
	} else {
		t = &all->rsp->topics.v[n - 1];
	}
	t->partitions.v[t->partitions.n].partition_index = partition;
	show_offset(all->g, topic, all->require_stable,
	    &t->partitions.v[t->partitions.n++]);
	return false;
}

/* A member of the consumer protocol says who it is (KIP-848). */
static int16_t
check_reader(const struct group *g,
    const struct offset_fetch_request_group *req)
{
	const struct cmember *m;

	if (g == NULL || g->consumer == NULL ||
	    (req->member_id.len < 0 && req->member_epoch < 0))
		return ERR_NONE;
	m = cmember_find(g, req->member_id.len >= 0 ? req->member_id :
	    kstr(""));
	if (m == NULL)
		return ERR_UNKNOWN_MEMBER_ID;
	if (m->epoch == req->member_epoch)
		return ERR_NONE;
	return cmember_is_classic(m) ? ERR_ILLEGAL_GENERATION :
	    ERR_STALE_MEMBER_EPOCH;
}

void
groups_fetch(struct groups *gs, const struct offset_fetch_request_group *req,
    bool require_stable, struct arena *a,
    struct offset_fetch_response_group *rsp)
{
	struct group *g = group_find(gs, req->group_id);
	struct all all = { g, require_stable, a, rsp };

	rsp->group_id = req->group_id;
	rsp->error_code = check_reader(g, req);
	rsp->topics.n = 0;
	if (rsp->error_code != 0)
		return;
	if (req->topics.n >= 0) {
		fetch_named(g, req, require_stable, a, rsp);
	} else if (g != NULL) {
		rsp->topics.v = arena_alloc(a,
		    (size_t)offsets_topic_count(&g->offsets) *
		    sizeof(*rsp->topics.v));
		offsets_each(&g->offsets, fetch_each, &all);
	}
}

static bool
reads_topic(const struct kbytes *metadata, struct kstr topic, bool *sure)
{
	struct consumer_protocol_subscription s;
	struct kerr e = KERR_INIT;
	struct arena a;
	struct rd r;
	int16_t version;
	bool found = false;

	rd_init(&r, metadata->p, (size_t)metadata->len);
	version = rd_i16(&r);
	if (version > consumer_protocol_subscription_msg.max)
		version = consumer_protocol_subscription_msg.max;
	arena_init(&a, 0);
	if (r.err != 0 || version < 0 ||
	    kmsg_decode(&consumer_protocol_subscription_msg, version, &r, &a,
	    &s, &e) < 0)
		*sure = false;
	else
		for (int32_t i = 0; i < s.topics.n && !found; i++)
			found = kstr_eq(s.topics.v[i], topic);
	arena_release(&a);
	return found;
}

bool
group_subscribes(const struct group *g, struct kstr topic)
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
		metadata = member_metadata(m, g->protocol);
		if (metadata == NULL)
			return true;
		found |= reads_topic(metadata, topic, &sure);
	}
	return found || !sure;
}

static int16_t
delete_one(struct group *g, struct kstr topic, int32_t partition)
{
	if (g->state != GROUP_EMPTY && group_subscribes(g, topic))
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
		if (!g->loading && offsets_has_topic(&g->offsets, topic))
			group_drop_offsets(g, is_of_topic, &topic);
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
	    ((g->state != GROUP_STABLE && g->consumer == NULL) || group_subscribes(g, topic))) {
		return false;
	}
	return v->expire_ms >= 0 ? gs->wall >= v->expire_ms :
	    gs->wall - since >= gs->config.retention_ms;
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
		if (g->state != GROUP_EMPTY || g->offsets.set.n > 0 ||
		    offsets_txn_any(&g->offsets))
			continue;
		if (g->generation > 0 || g->consumer != NULL)
			group_store_tombstone(g);
		group_free(g);
	}
}

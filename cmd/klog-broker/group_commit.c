/*
 * group_commit.c: OffsetCommit and TxnOffsetCommit: who may commit, and what
 * becomes of it; and the end of transactions that committed.
 */
#include "base/utf8.h"
#include "consumer_group.h"
#include "wire/kerror.h"

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
	return cmember_check_epoch(m, c->generation);
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

/* Apache Kafka counts as Java does, not in bytes. */
static bool
is_too_long(const struct groups *gs, struct kstr metadata)
{
	return metadata.len > gs->config.metadata_max &&
	    utf8_utf16_len(metadata.p, (size_t)metadata.len) >
	    (size_t)gs->config.metadata_max;
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

/* producer_id -1: of no transaction. */
static int16_t
commit_one(struct group *g, struct kstr topic, int32_t partition,
    const struct offset_value *v, int64_t producer_id, int16_t producer_epoch)
{
	if (is_too_long(g->of, v->metadata))
		return ERR_OFFSET_METADATA_TOO_LARGE;
	group_store_offset(g, topic, partition, v, producer_id, producer_epoch);
	if (producer_id >= 0)
		offsets_txn_put(&g->offsets, producer_id, topic, partition, v);
	else
		offsets_put(&g->offsets, topic, partition, v);
	return ERR_NONE;
}

/* "For ever" is as far as the clock goes. */
static int64_t
expiry(int64_t now, int64_t retention)
{
	int64_t at;

	if (__builtin_add_overflow(now, retention, &at))
		return INT64_MAX;
	return at > 0 ? at : 0;
}

static int16_t
commit_plain(struct group *g, const struct offset_commit_request *req,
    struct kstr topic, const struct offset_commit_request_partition *p)
{
	struct offset_value v = value_of(g->of, p->committed_offset,
	    p->committed_leader_epoch, p->committed_metadata);

	if (p->commit_timestamp != -1)
		v.commit_ms = p->commit_timestamp;
	if (req->retention_time_ms != -1)
		v.expire_ms = expiry(g->of->wall, req->retention_time_ms);
	return commit_one(g, topic, p->partition_index, &v, -1, -1);
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
			    commit_plain(g, req, req->topics.v[i].name,
			    &req->topics.v[i].partitions.v[j]);
		}
}

static int16_t
commit_txn(struct group *g, const struct txn_offset_commit_request *req,
    struct kstr topic, const struct txn_offset_commit_request_partition *p)
{
	struct offset_value v = value_of(g->of, p->committed_offset,
	    p->committed_leader_epoch, p->committed_metadata);

	return commit_one(g, topic, p->partition_index, &v, req->producer_id,
	    req->producer_epoch);
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

/* fetch_answer.c: the response to a Fetch; see fetch.h. */
#include "fetch.h"

#include "base/arena.h"
#include "request.h"
#include "store/txnindex.h"
#include "wire/kerror.h"

/* In an incremental answer only what tells the client something (KIP-227). */
static bool
is_news(const struct fetch *f, const struct fetch_item *it)
{
	if (!f->incremental || it->sp == NULL)
		return true;
	return it->error != 0 || it->got.records.len > 0 ||
	    it->diverging_epoch >= 0 ||
	    it->got.high_watermark != it->sp->high_watermark ||
	    it->got.log_start != it->sp->log_start;
}

/* After an error everything is news again. */
static void
remember(struct fetch *f, struct fetch_item *it)
{
	if (it->sp == NULL)
		return;
	it->sp->high_watermark = it->error == 0 ? it->got.high_watermark : -1;
	it->sp->log_start = it->error == 0 ? it->got.log_start : -1;
	if (it->got.records.len > 0)
		session_rotate(f->session, it->sp);
}

/* The list is there for read_committed only, and empty where there is no such
 * topic. False: no room for it. */
static bool
put_aborted(struct fetch *f, const struct fetch_item *it,
    struct fetch_response_partition *out)
{
	struct fetch_response_aborted_transaction *v;
	size_t n = (size_t)it->got.n_aborted;
	bool some = it->error == 0 ? f->req->isolation_level == 1 &&
	    it->diverging_epoch < 0 :
	    it->error == ERR_UNKNOWN_TOPIC_OR_PARTITION ||
	    it->error == ERR_UNKNOWN_TOPIC_ID;

	out->aborted_transactions.n = some ? 0 : -1;
	if (n == 0)
		return true;
	if ((v = arena_alloc(&f->r->arena, n * sizeof(*v))) == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		v[i].producer_id = it->got.aborted[i].producer_id;
		v[i].first_offset = it->got.aborted[i].first;
	}
	out->aborted_transactions.v = v;
	out->aborted_transactions.n = (int32_t)n;
	return true;
}

static bool
answer_item(struct fetch *f, struct fetch_item *it,
    struct fetch_response_partition *out)
{
	out->partition_index = it->target.partition;
	out->error_code = it->error;
	out->high_watermark = it->got.high_watermark;
	out->last_stable_offset = it->got.last_stable;
	out->log_start_offset = it->got.log_start;
	out->diverging_epoch.epoch = it->diverging_epoch;
	out->diverging_epoch.end_offset = it->diverging_epoch >= 0 ?
	    it->diverging_end : -1;
	out->snapshot_id.end_offset = out->snapshot_id.epoch = -1;
	out->current_leader.leader_id = -1;
	out->current_leader.leader_epoch = -1;
	if (it->error == ERR_NOT_LEADER_OR_FOLLOWER ||
	    it->error == ERR_FENCED_LEADER_EPOCH) {
		out->current_leader.leader_id = it->leader;
		out->current_leader.leader_epoch = it->leader_epoch;
	}
	if (!put_aborted(f, it, out))
		return false;
	out->preferred_read_replica = -1;
	out->records = it->got.records;
	it->got.records.hold = NULL;
	it->got.records.len = 0;
	return true;
}

static bool
same_topic(const struct fetch_target *a, const struct fetch_target *b)
{
	return kstr_eq(a->topic, b->topic) && kuuid_eq(&a->id, &b->id);
}

/* The session, whose memory the name may be, is given back before the answer
 * is encoded. */
static bool
keep_name(struct fetch *f, struct kstr *name)
{
	if (f->session == NULL || name->len <= 0)
		return true;
	name->p = arena_strndup(&f->r->arena, name->p, (size_t)name->len);
	return name->p != NULL;
}

/* Neighbours of one topic share an entry; there may be several of one. */
bool
fetch_answer(struct fetch *f, struct fetch_response *rsp)
{
	struct arena *arena = &f->r->arena;
	size_t n = (size_t)f->n;
	struct fetch_response_topic *topics, *topic = NULL;
	struct fetch_response_partition *parts;
	const struct fetch_target *last = NULL;

	topics = arena_alloc(arena, n * sizeof(*topics));
	parts = arena_alloc(arena, n * sizeof(*parts));
	if (topics == NULL || parts == NULL)
		return false;
	if (f->session != NULL && f->session->n > 0)
		rsp->session_id = f->session->id;
	rsp->responses.v = topics;
	for (int32_t i = 0; i < f->n; i++) {
		struct fetch_item *it = &f->items[i];

		if (!is_news(f, it))
			continue;
		if (last == NULL || !same_topic(last, &it->target)) {
			topic = &topics[rsp->responses.n++];
			topic->topic = it->target.topic;
			topic->topic_id = it->target.id;
			topic->partitions.v = parts;
			last = &it->target;
			if (!keep_name(f, &topic->topic))
				return false;
		}
		remember(f, it);
		topic->partitions.n++;
		if (!answer_item(f, it, parts++))
			return false;
	}
	return true;
}

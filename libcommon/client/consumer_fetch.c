/*
 * consumer_fetch.c: one Fetch at a time to each broker, for every partition
 * that it leads (or follows, where the leader has sent us to a replica that is
 * nearer: client.rack, KIP-392) and that has room; sent again as soon as the answer has come,
 * before anybody has looked at it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/consumer_impl.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"

/* Waits so long where a partition that could not be asked for may have room
 * again, ms. */
#define SHORT_WAIT	10
/* That many failures in a row are worth a warning: a few seconds. */
#define LOUD_ATTEMPT	6

void
consumer_fail(struct consumer *c, struct slot *s, const struct kerr *e)
{
	if (c->err.code != 0)
		return;
	c->err = *e;
	c->err_slot = s != NULL ? s->index : -1;
	if (s != NULL)
		kerr_wrap(&c->err, "%s[%d]", s->topic, s->partition);
	c->woken = true;
}

/* A try has failed: later again, or never. */
static void
slot_retry(struct slot *s, const struct kerr *e, int64_t now)
{
	const struct cluster_config *cf = cluster_conf(s->c->cl);

	if (s->failing_since == 0)
		s->failing_since = now > 0 ? now : 1;
	s->attempt++;
	s->retry_at = now + retry_backoff(s->attempt, cf->backoff_ms,
	    cf->backoff_max_ms, (uint32_t)s->partition * 2654435761u);
	log_line(s->attempt == LOUD_ATTEMPT ? LOG_WARN : LOG_INFO, LOG_CLIENT,
	    "%s[%d]: %s, trying again", s->topic,
	    s->partition, e->msg);
	if (s->c->cf.give_up_ms >= 0 &&
	    now - s->failing_since >= s->c->cf.give_up_ms)
		consumer_fail(s->c, s, e);
}

static void
slot_well(struct slot *s)
{
	s->attempt = 0;
	s->failing_since = 0;
	s->retry_at = 0;
}

/* What a failure means for a slot. */
static void
slot_error(struct slot *s, const struct kerr *e, int64_t now)
{
	switch (retry_policy(e, s->attempt + 1, true)) {
	case RETRY_REFRESH:
		cluster_refresh(s->c->cl);
		slot_retry(s, e, now);
		break;
	case RETRY_AGAIN:
		slot_retry(s, e, now);
		break;
	default:
		consumer_fail(s->c, s, e);
		break;
	}
}

/* The topic's id, checked: a topic that was made anew is another one. */
static bool
slot_topic(struct slot *s, const struct cluster_topic *t)
{
	struct kerr e = KERR_INIT;

	if (kuuid_none(&s->topic_id))
		s->topic_id = t->id;
	if (kuuid_none(&t->id) || kuuid_eq(&s->topic_id, &t->id))
		return true;
	kerr_set(&e, KE_NOTFOUND,
	    "the topic was deleted and created anew while it was read");
	consumer_fail(s->c, s, &e);
	return false;
}

/* Looks up who leads the slot; -1, and it is tried later, where nobody is
 * known to. */
static void
slot_find_leader(struct slot *s, int64_t now)
{
	const struct cluster_topic *t = cluster_topic(s->c->cl, s->topic);
	struct kerr e = KERR_INIT;
	int error = ERR_UNKNOWN_TOPIC_OR_PARTITION;

	s->leader = -1;
	if (t == NULL)
		kerr_set(&e, KE_UNREACHABLE, "no metadata yet");
	else if (t->error == 0 && s->partition < t->n) {
		if (!slot_topic(s, t))
			return;
		s->leader = t->part[s->partition].leader;
		if (s->preferred >= 0 && now < s->preferred_until &&
		    cluster_broker(s->c->cl, s->preferred) != NULL)
			s->leader = s->preferred;
		if (s->leader >= 0)
			return;
		error = ERR_LEADER_NOT_AVAILABLE;
	} else if (t->error != 0)
		error = t->error;
	if (t != NULL)
		kerr_kafka(&e, error, "%s", kerror_name((int16_t)error));
	slot_error(s, &e, now);
}

/* Whether more of the slot is wanted, soon or now. */
static bool
slot_hungry(const struct slot *s)
{
	return !s->busy && s->fetch_at < s->to;
}

static bool
slot_ready(const struct slot *s, int64_t now)
{
	return slot_hungry(s) && s->spans < SLOT_SPANS_MAX &&
	    s->retry_at <= now;
}

static bool
broker_busy(const struct consumer *c, int32_t broker)
{
	const struct fetch *f;

	LIST_FOREACH(f, &c->fetches, link)
		if (f->broker == broker)
			return true;
	return false;
}

/*
 * Takes an answer's part for a slot: its span is queued and the next Fetch
 * starts behind it. An empty part of a wholly empty answer means that there is
 * nothing up to the end that the broker names: compaction left a hole there.
 */
static void
slot_records(struct slot *s, struct answer *a,
    const struct fetch_response_partition *part, int32_t broker, bool empty,
    int64_t now)
{
	const struct krecords *r = &part->records;
	bool committed = !s->c->cf.uncommitted && part->last_stable_offset >= 0;
	int64_t end = committed ? part->last_stable_offset :
	    part->high_watermark;
	struct kerr e = KERR_INIT;
	struct span *sp;
	size_t need;

	slot_well(s);
	if (r->len <= 0) {
		if (empty && s->to != INT64_MAX && end > s->fetch_at)
			s->fetch_at = end;
		return;
	}
	s->fetch_at = span_scan(r->p, r->p + r->len, s->fetch_at, &need);
	if (need > INT32_MAX / 2) {
		kerr_set(&e, KE_PROTO, "a batch of %zu bytes", need);
		slot_error(s, &e, now);
		return;
	}
	if (need > (size_t)s->max_bytes) {
		s->max_bytes = (int32_t)need;
		return;
	}
	sp = span_new(s, a, part, broker);
	TAILQ_INSERT_TAIL(&s->c->ready, sp, link);
	s->queued++;
}

bool
consumer_follow(struct slot *s, const struct fetch_response_partition *part,
    int32_t broker, int64_t now, int64_t for_ms)
{
	bool other = part->error_code == 0 &&
	    part->preferred_read_replica >= 0 &&
	    part->preferred_read_replica != broker;

	if (other) {
		s->preferred = part->preferred_read_replica;
		s->preferred_until = now + for_ms;
	} else if (part->error_code != 0 && broker == s->preferred) {
		s->preferred = -1;
		other = true;
	}
	return other;
}

static void
slot_answer(struct slot *s, struct answer *a,
    const struct fetch_response_partition *part, int32_t broker, bool empty,
    int64_t now)
{
	struct kerr e = KERR_INIT;

	if (consumer_follow(s, part, broker, now,
	    cluster_conf(s->c->cl)->metadata_ms)) {
		/* a follower may be behind, or none any more */
		if (part->error_code != 0) {
			cluster_refresh(s->c->cl);
			kerr_kafka(&e, part->error_code, "broker %d: %s",
			    (int)broker, kerror_name(part->error_code));
			slot_retry(s, &e, now);
		} else
			slot_well(s);
		return;
	}
	if (part->error_code == 0) {
		slot_records(s, a, part, broker, empty, now);
		return;
	}
	kerr_kafka(&e, part->error_code, "%s at offset %lld",
	    kerror_name(part->error_code), (long long)s->fetch_at);
	slot_error(s, &e, now);
}

/* The slot of a topic's partition in a Fetch; they come in the order of the
 * request, so *cursor finds it at once. */
static struct slot *
fetch_find(const struct fetch *f, const struct fetch_response_topic *t,
    int32_t partition, int *cursor)
{
	for (int i = 0; i < f->n; i++) {
		int at = (*cursor + i) % f->n;
		struct slot *s = f->v[at].slot;

		if (s->partition != partition || (t->topic.len > 0 ?
		    !kstr_eq(t->topic, kstr(s->topic)) :
		    !kuuid_eq(&t->topic_id, &s->topic_id)))
			continue;
		*cursor = at + 1;
		return s->generation == f->v[at].generation ? s : NULL;
	}
	return NULL;
}

static bool
is_empty(const struct fetch_response *rsp)
{
	for (int32_t i = 0; i < rsp->responses.n; i++) {
		const struct fetch_response_topic *t = &rsp->responses.v[i];

		for (int32_t k = 0; k < t->partitions.n; k++)
			if (t->partitions.v[k].records.len > 0)
				return false;
	}
	return rsp->throttle_time_ms == 0;
}

static void
fetch_answer(struct fetch *f, struct reply *reply, int64_t now)
{
	const struct fetch_response *rsp = reply->msg;
	struct answer *a = answer_new();
	bool empty = is_empty(rsp);
	struct slot *s;
	int cursor = 0;

	a->reply = reply;
	for (int32_t i = 0; i < rsp->responses.n; i++) {
		const struct fetch_response_topic *t = &rsp->responses.v[i];

		for (int32_t k = 0; k < t->partitions.n; k++) {
			const struct fetch_response_partition *part =
			    &t->partitions.v[k];

			s = fetch_find(f, t, part->partition_index, &cursor);
			if (s == NULL)
				continue;
			slot_answer(s, a, part, f->broker, empty, now);
			if (part->records.len > 0)
				f->c->rotor = s->index + 1;
		}
	}
	answer_drop(a);
}

static void
fetch_done(void *arg, struct reply *reply)
{
	struct fetch *f = arg;
	struct consumer *c = f->c;
	int64_t now = loop_clock(cluster_loop(c->cl));
	const struct fetch_response *rsp = reply->msg;
	struct kerr e = reply->err;

	LIST_REMOVE(f, link);
	for (int i = 0; i < f->n; i++)
		if (f->v[i].slot->generation == f->v[i].generation)
			f->v[i].slot->busy = false;
	if (e.code == 0 && rsp->error_code != 0)
		kerr_kafka(&e, rsp->error_code, "%s",
		    kerror_name(rsp->error_code));
	if (e.code == 0)
		fetch_answer(f, reply, now);
	else {
		cluster_refresh(c->cl);
		for (int i = 0; i < f->n; i++)
			if (f->v[i].slot->generation == f->v[i].generation) {
				f->v[i].slot->preferred = -1;
				slot_error(f->v[i].slot, &e, now);
			}
		reply_free(reply);
	}
	free(f);
	consumer_pump(c);
}

/* Encodes and sends. Slots of one topic that follow each other share its
 * entry. */
static void
fetch_send(struct fetch *f, bool short_wait)
{
	struct consumer *c = f->c;
	size_t n = (size_t)f->n;
	struct fetch_request_topic *topics = xcalloc(n, sizeof(*topics)), *t;
	struct fetch_request_partition *parts = xcalloc(n, sizeof(*parts));
	struct fetch_request req;
	struct call_options opt = { .flags = CALL_WAITS };

	kmsg_defaults(&fetch_request_msg, &req);
	req.max_wait_ms = short_wait && c->cf.max_wait_ms > SHORT_WAIT ?
	    SHORT_WAIT : c->cf.max_wait_ms;
	req.min_bytes = c->cf.min_bytes;
	req.max_bytes = c->cf.max_bytes;
	req.isolation_level = !c->cf.uncommitted;
	req.session_epoch = -1;
	if (cluster_conf(c->cl)->rack != NULL)
		req.rack_id = kstr(cluster_conf(c->cl)->rack);
	req.topics.v = topics;
	for (int i = 0; i < f->n; i++) {
		struct slot *s = f->v[i].slot;
		struct fetch_request_partition *p = &parts[i];

		if (i == 0 || strcmp(s->topic, f->v[i - 1].slot->topic) != 0) {
			t = &topics[req.topics.n++];
			t->topic = kstr(s->topic);
			t->topic_id = s->topic_id;
			t->partitions.v = p;
		}
		topics[req.topics.n - 1].partitions.n++;
		p->partition = s->partition;
		p->fetch_offset = s->fetch_at;
		p->current_leader_epoch = -1;
		p->last_fetched_epoch = -1;
		p->log_start_offset = -1;
		p->partition_max_bytes = s->max_bytes;
		if (kuuid_none(&s->topic_id))
			opt.max_version = 12;	/* by name: KIP-516 */
		s->busy = true;
	}
	opt.timeout_ms = c->cf.max_wait_ms + cluster_conf(c->cl)->request_ms;
	f->call = cluster_send(c->cl, f->broker, API_FETCH, &req, &opt,
	    fetch_done, f);
	free(topics);
	free(parts);
}

/* A Fetch to the broker for all of its slots that are ready. */
static void
fetch_start(struct consumer *c, int32_t broker, int64_t now)
{
	struct fetch *f = xcalloc(1, sizeof(*f) +
	    (size_t)c->n_slots * sizeof(f->v[0]));
	bool left_out = false;

	f->c = c;
	f->broker = broker;
	for (int i = 0; i < c->n_slots; i++) {
		struct slot *s = c->slot[(c->rotor + i) % c->n_slots];

		if (s->leader != broker || !slot_hungry(s))
			continue;
		if (slot_ready(s, now)) {
			f->v[f->n].slot = s;
			f->v[f->n++].generation = s->generation;
		} else
			left_out = true;
	}
	LIST_INSERT_HEAD(&c->fetches, f, link);
	fetch_send(f, left_out);
}

void
consumer_pump(struct consumer *c)
{
	int64_t now = loop_clock(cluster_loop(c->cl)), next = INT64_MAX;

	c->room = 0;
	if (c->err.code != 0)
		return;
	for (int i = 0; i < c->n_slots; i++)
		if (slot_ready(c->slot[i], now))
			slot_find_leader(c->slot[i], now);
	for (int i = 0; i < c->n_slots && c->err.code == 0; i++) {
		struct slot *s = c->slot[(c->rotor + i) % c->n_slots];

		if (slot_ready(s, now) && s->leader >= 0 &&
		    !broker_busy(c, s->leader))
			fetch_start(c, s->leader, now);
		if (slot_hungry(s) && s->retry_at > now && s->retry_at < next)
			next = s->retry_at;
	}
	if (next != INT64_MAX)
		loop_timer_set(&c->timer, next - now);
}

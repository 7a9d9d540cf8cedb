/*
 * handle_fetch.c: Fetch (key 1). Each partition gives a range of a segment
 * file, which goes out by sendfile; nothing here looks at a record. Where
 * there is less than min_bytes, the request waits for its partitions.
 *
 * A waiting request keeps no ranges: when it wakes it reads again from the
 * beginning, so that what it answers is as of then.
 */
#include <stddef.h>
#include <stdlib.h>

#include "api.h"
#include "base/arena.h"
#include "broker.h"
#include "config.h"
#include "fetch.h"
#include "image.h"
#include "logdir.h"
#include "request.h"
#include "wire/kerror.h"

enum { EPOCH_NEW = 0, EPOCH_NONE = -1 };	/* of a session, in a request */

static int64_t
now_ms(const struct fetch *f)
{
	return sys_mono_ns(f->r->broker->sys) / 1000000;
}

/* The partitions asked for. */

static struct fetch_target
target_of(const struct fetch_request_topic *t,
    const struct fetch_request_partition *p)
{
	return (struct fetch_target){
		.id = t->topic_id,
		.topic = t->topic,
		.partition = p->partition,
		.max_bytes = p->partition_max_bytes,
		.offset = p->fetch_offset,
		.current_leader_epoch = p->current_leader_epoch < 0 ? -1 :
		    p->current_leader_epoch,
		.last_fetched_epoch = p->last_fetched_epoch,
	};
}

static int32_t
count_asked(const struct fetch_request *req)
{
	int32_t n = 0;

	for (int32_t i = 0; i < req->topics.n; i++)
		n += req->topics.v[i].partitions.n;
	return n;
}

static bool
alloc_items(struct fetch *f, int32_t n)
{
	f->items = arena_alloc(&f->r->arena, (size_t)n * sizeof(*f->items));
	return f->items != NULL;
}

/* A full fetch: what the request names; into a new session as well where the
 * client wants one and there is room. */
static bool
take_full(struct fetch *f)
{
	const struct fetch_request *req = f->req;
	int32_t n = count_asked(req);
	uint32_t random;

	if (!alloc_items(f, n))
		return false;
	if (req->session_id != 0)
		session_close(f->sessions, req->session_id);
	if (f->r->version >= 7 && req->session_epoch == EPOCH_NEW) {
		f->r->broker->sys->random(f->r->broker->sys, &random,
		    sizeof(random));
		f->session = session_create(f->sessions, n,
		    f->r->version >= 13, random, now_ms(f));
	}
	for (int32_t i = 0; i < req->topics.n; i++) {
		const struct fetch_request_topic *t = &req->topics.v[i];

		for (int32_t j = 0; j < t->partitions.n; j++) {
			struct fetch_item *it = &f->items[f->n++];

			it->target = target_of(t, &t->partitions.v[j]);
			if (f->session != NULL)
				it->sp = session_add(f->sessions, f->session,
				    &it->target);
		}
	}
	return true;
}

static void
update_session(struct fetch *f)
{
	const struct fetch_request *req = f->req;

	for (int32_t i = 0; i < req->topics.n; i++) {
		const struct fetch_request_topic *t = &req->topics.v[i];

		for (int32_t j = 0; j < t->partitions.n; j++) {
			struct fetch_target target =
			    target_of(t, &t->partitions.v[j]);

			session_add(f->sessions, f->session, &target);
		}
	}
	for (int32_t i = 0; i < req->forgotten_topics_data.n; i++) {
		const struct fetch_request_forgotten_topic *t =
		    &req->forgotten_topics_data.v[i];
		struct fetch_target target = {
			.id = t->topic_id, .topic = t->topic
		};

		for (int32_t j = 0; j < t->partitions.n; j++) {
			target.partition = t->partitions.v[j];
			session_forget(f->sessions, f->session, &target);
		}
	}
}

/* An incremental fetch: all of the session, as the request changes it. */
static bool
take_session(struct fetch *f)
{
	struct session_partition *sp;

	update_session(f);
	f->incremental = true;
	if (!alloc_items(f, f->session->n))
		return false;
	TAILQ_FOREACH(sp, &f->session->partitions, link) {
		struct fetch_item *it = &f->items[f->n++];

		it->target = sp->target;
		it->sp = sp;
	}
	return true;
}

/* Reading. */

static void
drop_records(struct fetch_item *it)
{
	struct khold *hold = it->got.records.hold;

	it->got.records.hold = NULL;
	it->got.records.len = 0;
	if (hold != NULL)
		hold->drop(hold);
	free(it->got.aborted);
	it->got.aborted = NULL;
	it->got.n_aborted = 0;
}

/* Topics come in runs, so the last one found is tried first. */
static const struct image_topic *
find_topic(struct fetch *f, const struct image *image,
    const struct fetch_target *t, const struct image_topic *last)
{
	bool by_id = f->r->version >= 13;

	if (last != NULL && (by_id ? kuuid_eq(&last->id, &t->id) :
	    kstr_eq(last->name, t->topic)))
		return last;
	return by_id ? image_topic_by_id(image, &t->id) :
	    image_topic(image, t->topic);
}

static int16_t
find_partition(struct fetch *f, struct fetch_item *it,
    const struct image_topic *topic)
{
	const struct image_partition *ip;

	it->leader = it->leader_epoch = -1;
	partition_unref(it->partition);
	it->partition = NULL;
	if (topic == NULL)
		return f->r->version >= 13 ? ERR_UNKNOWN_TOPIC_ID :
		    ERR_UNKNOWN_TOPIC_OR_PARTITION;
	ip = image_partition(topic, it->target.partition);
	if (ip == NULL)
		return ERR_UNKNOWN_TOPIC_OR_PARTITION;
	it->leader = ip->leader;
	it->leader_epoch = ip->leader_epoch;
	if (ip->local == NULL)
		return ERR_NOT_LEADER_OR_FOLLOWER;
	it->partition = partition_ref(ip->local);
	return ERR_NONE;
}

/* Is what the client has read last not in the log any more (KIP-595)? Then it
 * is told where the two part, and gets no records. */
static bool
has_diverged(struct fetch_item *it)
{
	const struct fetch_target *t = &it->target;
	struct partition_offsets o;
	int32_t epoch;
	int64_t end;

	if (t->last_fetched_epoch < 0)
		return false;
	it->error = partition_epoch_end(it->partition,
	    t->current_leader_epoch, t->last_fetched_epoch, &epoch, &end);
	if (it->error == 0 && epoch < 0)
		it->error = ERR_OFFSET_OUT_OF_RANGE;
	if (it->error == 0 && epoch == t->last_fetched_epoch &&
	    end >= t->offset)
		return false;
	if (it->error == 0)
		it->error = partition_offsets(it->partition,
		    t->current_leader_epoch, &o);
	if (it->error == 0) {
		it->got.high_watermark = o.high_watermark;
		it->got.last_stable = o.last_stable;
		it->got.log_start = o.start;
		it->diverging_epoch = epoch;
		it->diverging_end = end;
	}
	return true;
}

static void
read_item(struct fetch *f, struct fetch_item *it, int64_t left)
{
	it->got = (struct partition_fetch){
		.offset = it->target.offset,
		.current_leader_epoch = it->target.current_leader_epoch,
		.max_bytes = left < it->target.max_bytes ? left :
		    it->target.max_bytes,
		.min_one = f->bytes == 0,
		.committed = f->req->isolation_level == 1,
		.records = { .fd = -1 },
	};
	if (fetch_is_full(f))
		it->got.max_bytes = 0;
	if (has_diverged(it))
		return;
	it->error = partition_fetch(it->partition, &it->got);
	fetch_copy(f, &it->got.records);
}

static void
read_all(struct fetch *f)
{
	const struct image *image = request_image(f->r);
	const struct image_topic *topic = NULL;
	int64_t most = f->r->broker->config->fetch_max_bytes;

	if (f->req->max_bytes < most)
		most = f->req->max_bytes;
	f->bytes = f->copied = f->held = 0;
	f->failed = false;
	for (int32_t i = 0; i < f->n; i++) {
		struct fetch_item *it = &f->items[i];

		drop_records(it);
		it->diverging_epoch = -1;
		topic = find_topic(f, image, &it->target, topic);
		it->error = find_partition(f, it, topic);
		if (it->error == 0)
			read_item(f, it, most - f->bytes);
		if (it->error != 0) {
			it->got.records = (struct krecords){ .fd = -1 };
			it->got.high_watermark = -1;
			it->got.last_stable = it->got.log_start = -1;
		}
		f->failed |= it->error != 0 || it->diverging_epoch >= 0;
		f->bytes += it->got.records.len;
	}
}

/* Waiting. */

static void
unwait(struct fetch *f)
{
	for (int32_t i = 0; i < f->n; i++)
		if (f->items[i].waiting) {
			partition_unwait(&f->items[i].waiter);
			f->items[i].waiting = false;
		}
}

/* False: something moved since it was read. */
static bool
wait_all(struct fetch *f)
{
	delayed_init(&f->delayed, f->r->broker->logdir, request_waker(f->r),
	    f->req->min_bytes - f->bytes);
	for (int32_t i = 0; i < f->n; i++) {
		struct fetch_item *it = &f->items[i];

		it->waiting = true;
		if (!partition_wait(it->partition, &it->got, &f->delayed,
		    &it->waiter)) {
			unwait(f);
			return false;
		}
	}
	for (int32_t i = 0; i < f->n; i++)
		drop_records(&f->items[i]);
	return true;
}

static void
let_go(struct fetch *f)
{
	unwait(f);
	for (int32_t i = 0; i < f->n; i++) {
		drop_records(&f->items[i]);
		partition_unref(f->items[i].partition);
	}
	if (f->session != NULL)
		session_give(f->sessions, f->session, now_ms(f));
}

static void
reply(struct fetch *f)
{
	struct fetch_response rsp = { 0 };
	struct request *r = f->r;
	bool fits = fetch_answer(f, &rsp);

	let_go(f);
	if (fits)
		request_reply(r, &rsp);
	else
		request_close(r, "more partitions than memory for them");
}

static void
warmed(struct request *r)
{
	struct fetch *f = r->state;

	if (request_gone(r)) {
		let_go(f);
		request_done(r);
	} else {
		reply(f);
	}
}

static void
warm_job(struct job *j)
{
	struct fetch *f = (struct fetch *)((char *)j -
	    offsetof(struct fetch, warming));

	fetch_warm(f);
	request_resume(f->r, warmed);
}

static void
answer(struct fetch *f)
{
	if (!fetch_is_cold(f)) {
		reply(f);
		return;
	}
	request_unwait(f->r);
	f->warming.work = warm_job;
	pool_run(f->r->broker->pool, &f->warming);
}

/* True: what there is suffices, or waiting would not help. */
static bool
enough(const struct fetch *f)
{
	return f->failed || f->n == 0 || f->bytes >= f->req->min_bytes ||
	    f->req->max_wait_ms <= 0;
}

/* Reads until there is enough or everything waits. True: answer now. */
static bool
look(struct fetch *f)
{
	do {
		read_all(f);
		if (enough(f))
			return true;
	} while (!wait_all(f));
	return false;
}

static void
woken(struct request *r, enum wake_why why)
{
	struct fetch *f = r->state;

	unwait(f);
	if (why == WAKE_GONE) {
		let_go(f);
		request_done(r);
		return;
	}
	if (why == WAKE_LATE)
		read_all(f);
	else if (!look(f))
		return;
	answer(f);
}

/* Finds out what kind of fetch it is. 0, or an error for the whole of it. */
static int16_t
take(struct fetch *f, bool *fits)
{
	const struct fetch_request *req = f->req;
	int16_t error;

	if (f->r->version < 7 || req->session_epoch == EPOCH_NEW ||
	    req->session_epoch == EPOCH_NONE) {
		*fits = take_full(f);
		return ERR_NONE;
	}
	error = session_take(f->sessions, req->session_id, req->session_epoch,
	    count_asked(req), f->r->version >= 13, now_ms(f), &f->session);
	if (error == ERR_NONE)
		*fits = take_session(f);
	return error;
}

void
handle_fetch(struct request *r)
{
	struct fetch *f = arena_alloc(&r->arena, sizeof(*f));
	struct fetch_response rsp = { 0 };
	bool fits = f != NULL;

	if (fits) {
		f->r = r;
		f->req = r->msg;
		f->sessions = r->broker->sessions;
		r->state = f;
		rsp.error_code = take(f, &fits);
	}
	if (!fits) {
		if (f != NULL)
			let_go(f);
		request_close(r, "more partitions than memory for them");
	} else if (rsp.error_code != 0) {
		request_reply(r, &rsp);
	} else if (look(f)) {
		answer(f);
	} else {
		request_wait(r, f->req->max_wait_ms, woken);
	}
}

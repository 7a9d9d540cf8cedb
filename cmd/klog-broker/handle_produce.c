/*
 * handle_produce.c: Produce (key 0): checks each batch where it lies in the
 * frame, appends it, and with acks=all waits until every partition's high
 * watermark covers what was appended.
 */
#include "api.h"
#include "base/buf.h"
#include "broker.h"
#include "config.h"
#include "control.h"
#include "delayed.h"
#include "image.h"
#include "logdir.h"
#include "partition.h"
#include "produce_check.h"
#include "produce_txn.h"
#include "recompress.h"
#include "request.h"
#include "wire/kerror.h"
#include "wire/msg_produce.h"

enum { ACKS_NONE = 0, ACKS_LEADER = 1, ACKS_ALL = -1 };

/* A batch that was appended and is not acknowledged yet. */
struct unacked {
	struct waiter		 waiter;
	struct partition	*partition;	/* a reference */
	struct produce_response_partition *answer;
};

/* A Produce under way; r->state. */
struct produce {
	struct request		*r;
	const struct produce_request *req;
	struct produce_response	 rsp;
	struct delayed		 delayed;
	struct produce_txn	 txn;
	int16_t			 error;		/* what all of it gets */
	struct unacked		*unacked;
	int32_t			 n_unacked;
	bool			 failed;	/* some partition's error */
};

static void
refuse(struct produce_response_partition *a, int16_t error,
    const char *message)
{
	a->error_code = error;
	a->error_message = kstr(message);
	a->base_offset = -1;
	a->log_append_time_ms = -1;
}

/* One bad record is named by its place in the batch (KIP-467). */
static void
refuse_record(struct produce *pr, struct produce_response_partition *a,
    const struct batch_verdict *v)
{
	struct produce_response_record_error *re;

	refuse(a, (int16_t)v->error, v->message);
	if (v->record < 0)
		return;
	re = arena_alloc(&pr->r->arena, sizeof(*re));
	if (re == NULL)
		return;
	re->batch_index = v->record;
	re->batch_index_error_message = kstr(v->message);
	a->record_errors.v = re;
	a->record_errors.n = 1;
}

/* Where a client should rather go (KIP-951). */
static void
name_leader(struct produce_response_partition *a,
    const struct image_partition *ip)
{
	if (a->error_code != ERR_NOT_LEADER_OR_FOLLOWER)
		return;
	a->current_leader.leader_id = ip->leader;
	a->current_leader.leader_epoch = ip->leader_epoch;
}

/* The append itself, of a batch that is in order; it lies in the frame, or in
 * memory of its own. */
static void
append_batch(struct produce *pr, struct partition *p, struct iovec batch,
    int64_t append_time, const struct produce_verdict *v,
    struct produce_response_partition *a)
{
	struct unacked *u = &pr->unacked[pr->n_unacked];
	struct partition_append pa = {
		.batch = batch,
		.append_time = append_time,
		.wait = pr->req->acks == ACKS_ALL,
		.verify = pr->txn.verify,
		.verified = v != NULL ? v->number : 0,
	};
	int16_t error = partition_append(p, &pa, &pr->delayed, &u->waiter);

	if (error != 0) {
		refuse(a, error, NULL);
		return;
	}
	a->base_offset = pa.base;
	a->log_append_time_ms = pa.append_time;
	a->log_start_offset = pa.log_start;
	if (pa.wait) {
		u->partition = partition_ref(p);
		u->answer = a;
		pr->n_unacked++;
	}
}

static void
append_recompressed(struct produce *pr, struct partition *p,
    const struct topic_config *c, const struct krecords *rec,
    struct batch_header *h, int64_t append_time,
    const struct produce_verdict *verdict,
    struct produce_response_partition *a)
{
	struct buf out = { 0 };
	struct kerr e = KERR_INIT;

	if (recompress(rec->p, h, (enum codec)c->compression,
	    codec_level((enum codec)c->compression, c->level[c->compression]),
	    thread_codecs(), &out, &e) < 0)
		refuse(a, ERR_UNSUPPORTED_COMPRESSION_TYPE, NULL);
	else if (out.len > (size_t)c->max_message_bytes)
		refuse(a, ERR_MESSAGE_TOO_LARGE, NULL);
	else
		append_batch(pr, p, (struct iovec){ out.p, out.len },
		    append_time, verdict, a);
	buf_release(&out);
}

static void
append(struct produce *pr, struct partition *p, const struct topic_config *c,
    const struct krecords *rec, const struct produce_verdict *verdict,
    struct produce_response_partition *a)
{
	int64_t now = sys_now_ms(pr->r->broker->sys);
	int64_t append_time =
	    c->timestamp_type == TIMESTAMP_LOG_APPEND ? now : -1;
	struct iovec batch = { (void *)(uintptr_t)rec->p, (size_t)rec->len };
	struct batch_header h;
	struct batch_verdict v;

	if (verdict != NULL && verdict->error != 0)
		refuse(a, verdict->error, verdict->message);
	else if (produce_check(rec, c, pr->r->version, now, thread_codecs(), &h,
	    &v) != 0)
		refuse_record(pr, a, &v);
	else if (c->compression >= 0 && c->compression != (int)batch_codec(&h))
		append_recompressed(pr, p, c, rec, &h, append_time, verdict,
		    a);
	else
		append_batch(pr, p, batch, append_time, verdict, a);
}

static void
produce_partition(struct produce *pr, const struct image_topic *topic,
    const struct produce_request_partition *in, int32_t n, int16_t error,
    struct produce_response_partition *a)
{
	const struct image_partition *ip;

	a->index = in->index;
	a->base_offset = a->log_append_time_ms = a->log_start_offset = -1;
	a->error_message = KSTR_NULL;
	a->current_leader.leader_id = a->current_leader.leader_epoch = -1;
	ip = topic != NULL ? image_partition(topic, in->index) : NULL;
	if (error != 0)
		refuse(a, error, NULL);
	else if (ip == NULL)
		refuse(a, ERR_UNKNOWN_TOPIC_OR_PARTITION, NULL);
	else if (pr->req->acks < ACKS_ALL || pr->req->acks > ACKS_LEADER)
		refuse(a, ERR_INVALID_REQUIRED_ACKS, NULL);
	else if (topic->internal)
		refuse(a, ERR_INVALID_TOPIC_EXCEPTION, NULL);
	else if (ip->local == NULL)
		refuse(a, ERR_NOT_LEADER_OR_FOLLOWER, NULL);
	else
		append(pr, ip->local, topic->config, &in->records,
		    pr->txn.v != NULL ? &pr->txn.v[n] : NULL, a);
	if (a->error_code != 0) {
		pr->failed = true;
		name_leader(a, ip);
	}
}

/* Room for all answers, before anything is appended. */
static bool
make_room(struct produce *pr)
{
	struct arena *arena = &pr->r->arena;
	int32_t topics = pr->req->topic_data.n, n = 0;

	pr->rsp.responses.v = arena_alloc(arena, (size_t)topics *
	    sizeof(*pr->rsp.responses.v));
	if (pr->rsp.responses.v == NULL)
		return false;
	pr->rsp.responses.n = topics;
	for (int32_t i = 0; i < topics; i++) {
		int32_t parts = pr->req->topic_data.v[i].partition_data.n;
		struct produce_response_topic *out = &pr->rsp.responses.v[i];

		out->partition_responses.n = parts;
		out->partition_responses.v = arena_alloc(arena, (size_t)parts *
		    sizeof(*out->partition_responses.v));
		if (out->partition_responses.v == NULL)
			return false;
		n += parts;
	}
	pr->unacked = arena_alloc(arena, (size_t)n * sizeof(*pr->unacked));
	delayed_init(&pr->delayed, pr->r->broker->logdir,
	    request_waker(pr->r), (int64_t)n + 1);
	return pr->unacked != NULL;
}

/* Takes all waiters out; answers what they found. */
static void
settle(struct produce *pr)
{
	for (int32_t i = 0; i < pr->n_unacked; i++) {
		struct unacked *u = &pr->unacked[i];
		int16_t error = partition_acked(u->partition, &u->waiter);

		if (error != 0)
			refuse(u->answer, error, NULL);
		partition_unref(u->partition);
	}
	pr->n_unacked = 0;
}

static void
woken(struct request *r, enum wake_why why)
{
	struct produce *pr = r->state;

	settle(pr);
	if (why == WAKE_GONE)
		request_done(r);
	else
		request_reply(r, &pr->rsp);
}

static void
finish(struct produce *pr, int32_t n)
{
	struct request *r = pr->r;

	if (pr->req->acks == ACKS_NONE) {
		/* Closing is how a client that wants no answer is told. */
		if (pr->failed)
			request_close(r, "a batch sent with acks=0 failed");
		else
			request_done(r);
	} else if (delayed_settled(&pr->delayed, n + 1 - pr->n_unacked)) {
		settle(pr);
		request_reply(r, &pr->rsp);
	} else {
		request_wait(r, pr->req->timeout_ms, woken);
	}
}

/* error: what all of it is refused with, 0: nothing. */
static void
append_all(struct produce *pr, int16_t error)
{
	const struct image *image = request_image(pr->r);
	int32_t n = 0;

	for (int32_t i = 0; i < pr->req->topic_data.n; i++) {
		const struct produce_request_topic *in =
		    &pr->req->topic_data.v[i];
		struct produce_response_topic *out = &pr->rsp.responses.v[i];
		const struct image_topic *topic = image_topic(image, in->name);

		out->name = in->name;
		for (int32_t j = 0; j < in->partition_data.n; j++, n++)
			produce_partition(pr, topic, &in->partition_data.v[j],
			    n, error, &out->partition_responses.v[j]);
	}
	finish(pr, n);
}

/* Back on its own thread. */
static void
asked(struct request *r)
{
	struct produce *pr = r->state;

	request_away(r, false);
	if (request_gone(r))
		request_done(r);
	else
		append_all(pr, pr->error);
}

static void
ask(struct request *r)
{
	struct produce *pr = r->state;

	if (pr->txn.v != NULL)
		produce_txn_ask(r, &pr->txn);
	request_resume(r, asked);
}

void
handle_produce(struct request *r)
{
	struct produce *pr = arena_alloc(&r->arena, sizeof(*pr));
	bool fits = false;

	if (pr != NULL) {
		pr->r = r;
		pr->req = r->msg;
		r->state = pr;
	}
	if (pr != NULL && make_room(pr))
		pr->error = produce_txn_look(r, &pr->txn, &fits);
	if (!fits) {
		request_close(r, "more partitions than memory for them");
	} else if (pr->txn.v != NULL || request_follows(r)) {
		request_away(r, true);
		control_call(r, ask);
	} else {
		append_all(pr, pr->error);
	}
}

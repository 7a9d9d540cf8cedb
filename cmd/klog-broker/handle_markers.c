/*
 * handle_markers.c: WriteTxnMarkers: a coordinator elsewhere, or an
 * administrator who ends a transaction that hangs (KIP-664), has markers
 * appended.
 */
#include "api.h"
#include "control.h"
#include "markers.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/msg_write_txn_markers.h"

/* A request under way; the response has its shape. */
struct writing {
	struct request	*r;
	struct write_txn_markers_response rsp;
	int32_t		 left;		/* markers not answered yet */
};

/* One marker of it. */
struct one {
	struct writing	*w;
	struct write_txn_markers_response_marker *out;
};

static void
settle(struct writing *w)
{
	if (--w->left == 0)
		request_reply(w->r, &w->rsp);
}

static void
written(struct markers *m)
{
	struct one *one = m->arg;
	struct write_txn_markers_response_topic *t;
	const struct marker_part *mp = m->part;

	for (int32_t i = 0; i < one->out->topics.n; i++) {
		t = &one->out->topics.v[i];
		for (int32_t j = 0; j < t->partitions.n; j++, mp++) {
			t->partitions.v[j].error_code = mp->error;
			markers_tell_groups(m, mp);
		}
	}
	markers_free(m);
	settle(one->w);
}

static int32_t
shape(struct request *r, const struct write_txn_markers_request_marker *in,
    struct write_txn_markers_response_marker *out)
{
	struct write_txn_markers_response_topic *t;
	int32_t n = 0;

	out->producer_id = in->producer_id;
	out->topics.n = in->topics.n;
	out->topics.v = arena_alloc(&r->arena, (size_t)in->topics.n *
	    sizeof(*t));
	for (int32_t i = 0; i < in->topics.n; i++) {
		int32_t parts = in->topics.v[i].partition_indexes.n;

		t = &out->topics.v[i];
		t->name = in->topics.v[i].name;
		t->partitions.n = parts;
		t->partitions.v = arena_alloc(&r->arena, (size_t)parts *
		    sizeof(*t->partitions.v));
		for (int32_t j = 0; j < parts; j++)
			t->partitions.v[j].partition_index =
			    in->topics.v[i].partition_indexes.v[j];
		n += parts;
	}
	return n;
}

static void
write_one(struct writing *w,
    const struct write_txn_markers_request_marker *in,
    struct write_txn_markers_response_marker *out)
{
	struct markers *m = markers_new(w->r->broker, shape(w->r, in, out));
	struct one *one = arena_alloc(&w->r->arena, sizeof(*one));
	struct marker_part *mp = m->part;

	for (int32_t i = 0; i < out->topics.n; i++)
		for (int32_t j = 0; j < out->topics.v[i].partitions.n; j++)
			markers_find(m, mp++, out->topics.v[i].name, out->
			    topics.v[i].partitions.v[j].partition_index);
	one->w = w;
	one->out = out;
	m->marker = (struct marker){
		.producer_id = in->producer_id,
		.producer_epoch = in->producer_epoch,
		.commit = in->transaction_result,
		.coordinator_epoch = in->coordinator_epoch,
	};
	m->done = written;
	m->arg = one;
	markers_write(m);
}

static void
start(struct request *r)
{
	const struct write_txn_markers_request *req = r->msg;
	struct writing *w = arena_alloc(&r->arena, sizeof(*w));
	int32_t n = req->markers.n;

	w->r = r;
	kmsg_defaults(&write_txn_markers_response_msg, &w->rsp);
	w->rsp.markers.n = n;
	w->rsp.markers.v = arena_alloc(&r->arena, (size_t)n *
	    sizeof(*w->rsp.markers.v));
	w->left = n + 1;
	for (int32_t i = 0; i < n; i++)
		write_one(w, &req->markers.v[i], &w->rsp.markers.v[i]);
	settle(w);
}

void
handle_write_txn_markers(struct request *r)
{
	control_call(r, start);
}

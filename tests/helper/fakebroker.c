/*
 * fakebroker.c: a broker that misbehaves, for the tests of the tools.
 *
 *	fakebroker FAULT [N]	prints 127.0.0.1:PORT, then serves for ever
 *
 * It has one topic for every name, of two partitions, and keeps nothing. What
 * it does wrong:
 *
 *	none		nothing; acknowledges
 *	silent		takes connections and says nothing
 *	close		closes them at once
 *	rubbish		answers as a web server would
 *	huge		announces a frame of 2^31-1 bytes
 *	negative	announces one of -1
 *	correlation	answers with the wrong number
 *	truncated	answers Produce with half an answer, then closes
 *	old		knows ApiVersions v0 only, and tells so as Kafka does
 *	slow N		each answer to Produce N ms late
 *	dies N		after N Produce requests it ends, the last unanswered
 *	error N		answers Produce with that error code
 *	advertises	says that it is broker 7 at no-such-host.invalid:9
 *	ill		partition 0 has lost a replica, 1 its leader
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "net/conn.h"
#include "net/listen.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/kerror.h"
#include "wire/msg_api_versions.h"
#include "wire/msg_init_producer_id.h"
#include "wire/msg_metadata.h"
#include "wire/msg_produce.h"

static struct loop *loop;
static struct listener *door;
static const char *fault;
static int number, produced;

/* An answer that leaves later, on a connection that is still there. */
struct later {
	struct loop_timer	 timer;
	struct conn		*c;
	struct chunks		 out;
};

static bool
is(const char *what)
{
	return strcmp(fault, what) == 0;
}

static void
send_raw(struct conn *c, const void *p, size_t n)
{
	struct chunks out;

	chunks_init(&out);
	chunks_put(&out, p, n);
	conn_send(c, &out);
	chunks_release(&out);
}

static void
answer(struct conn *c, const struct frame_header *h, int16_t version,
    const void *rsp)
{
	struct kerr e = KERR_INIT;
	struct chunks out;
	int32_t correlation = h->correlation_id;

	if (is("correlation") && h->api_key != API_VERSIONS)
		correlation += 3;
	chunks_init(&out);
	if (frame_put_response(&out, kapi_get(h->api_key), version,
	    correlation, rsp, &e) != 0) {
		fprintf(stderr, "fakebroker: %s\n", e.msg);
		exit(1);
	}
	conn_send(c, &out);
	chunks_release(&out);
}

static void
api_versions(struct conn *c, const struct frame_header *h)
{
	struct api_versions_response rsp;
	struct api_versions_response_api v[64];
	const struct kapi *all;
	size_t n;
	bool refuse = is("old") && h->api_version > 0;

	kmsg_defaults(&api_versions_response_msg, &rsp);
	all = kapi_all(&n);
	for (size_t i = 0; i < n && i < 64; i++) {
		v[i].api_key = all[i].key;
		v[i].min_version = all[i].advertised_min;
		v[i].max_version = all[i].max;
	}
	rsp.error_code = refuse ? ERR_UNSUPPORTED_VERSION : 0;
	rsp.api_keys.v = v;
	rsp.api_keys.n = (int32_t)(n < 64 ? n : 64);
	answer(c, h, refuse ? 0 : h->api_version, &rsp);
}

static void
metadata(struct conn *c, const struct frame_header *h,
    const struct metadata_request *req)
{
	struct metadata_response rsp;
	struct metadata_response_broker b = { 1, kstr("127.0.0.1"),
	    listener_addr(door)->port, KSTR_NULL };
	struct metadata_response_partition p[2];
	struct metadata_response_topic *t;
	int32_t replicas[2] = { 1, 2 };
	int32_t n = req->topics.n > 0 ? req->topics.n : 0;

	if (is("advertises")) {
		b.node_id = 7;
		b.host = kstr("no-such-host.invalid");
		b.port = 9;
	}
	memset(p, 0, sizeof(p));
	t = xcalloc((size_t)n + 1, sizeof(*t));
	for (int i = 0; i < 2; i++) {
		p[i].partition_index = i;
		p[i].leader_id = b.node_id;
	}
	if (is("ill")) {
		p[0].replica_nodes.v = p[1].replica_nodes.v = replicas;
		p[0].isr_nodes.v = p[1].isr_nodes.v = replicas;
		p[0].replica_nodes.n = p[1].replica_nodes.n = 2;
		p[0].isr_nodes.n = 1;
		p[1].isr_nodes.n = 2;
		p[1].leader_id = -1;
	}
	for (int32_t i = 0; i < n; i++) {
		t[i].name = req->topics.v[i].name;
		t[i].topic_id.b[0] = 1;
		t[i].partitions.v = p;
		t[i].partitions.n = 2;
	}
	kmsg_defaults(&metadata_response_msg, &rsp);
	rsp.brokers.v = &b;
	rsp.brokers.n = 1;
	rsp.cluster_id = kstr("fake");
	rsp.controller_id = b.node_id;
	rsp.topics.v = t;
	rsp.topics.n = n;
	answer(c, h, h->api_version, &rsp);
	free(t);
}

static void
go_later(struct loop_timer *t)
{
	struct later *l = (struct later *)t;

	conn_send(l->c, &l->out);
	chunks_release(&l->out);
	free(l);
}

/* The connection has to outlive the delay: the tests see to that. */
static void
answer_later(struct conn *c, const struct frame_header *h, const void *rsp)
{
	struct later *l = xcalloc(1, sizeof(*l));
	struct kerr e = KERR_INIT;

	l->c = c;
	chunks_init(&l->out);
	frame_put_response(&l->out, kapi_get(h->api_key), h->api_version,
	    h->correlation_id, rsp, &e);
	loop_timer_init(&l->timer, loop, go_later);
	loop_timer_set(&l->timer, number);
}

static void
half_an_answer(struct conn *c, const struct frame_header *h)
{
	uint8_t half[12];

	put_be32(half, 100);
	put_be32(half + 4, (uint32_t)h->correlation_id);
	put_be32(half + 8, 0);
	send_raw(c, half, sizeof(half));
	conn_finish(c);
}

static void
produce(struct conn *c, const struct frame_header *h,
    const struct produce_request *req)
{
	struct produce_response rsp;
	struct produce_response_topic t = { 0 };
	struct produce_response_partition p[2];

	produced++;
	if (is("dies") && produced >= number)
		exit(0);
	if (is("truncated")) {
		half_an_answer(c, h);
		return;
	}
	if (req->topic_data.n != 1 || req->topic_data.v[0].partition_data.n > 2)
		exit(1);
	t.name = req->topic_data.v[0].name;
	t.partition_responses.n = req->topic_data.v[0].partition_data.n;
	t.partition_responses.v = p;
	memset(p, 0, sizeof(p));
	for (int i = 0; i < t.partition_responses.n; i++) {
		p[i].index = req->topic_data.v[0].partition_data.v[i].index;
		p[i].error_code = (int16_t)(is("error") ? number : 0);
		p[i].current_leader.leader_id = -1;
		p[i].current_leader.leader_epoch = -1;
	}
	kmsg_defaults(&produce_response_msg, &rsp);
	rsp.responses.v = &t;
	rsp.responses.n = 1;
	if (is("slow"))
		answer_later(c, h, &rsp);
	else
		answer(c, h, h->api_version, &rsp);
}

static void
init_producer_id(struct conn *c, const struct frame_header *h)
{
	struct init_producer_id_response rsp;

	kmsg_defaults(&init_producer_id_response_msg, &rsp);
	rsp.producer_id = 4711;
	rsp.producer_epoch = 0;
	answer(c, h, h->api_version, &rsp);
}

/* Faults that do not even look at the request. */
static bool
misbehaves(struct conn *c)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n"
	    "Content-Length: 0\r\nConnection: close\r\n\r\n";
	static const uint8_t huge[] = { 0x7f, 0xff, 0xff, 0xff };
	static const uint8_t negative[] = { 0xff, 0xff, 0xff, 0xff };

	if (is("silent"))
		return true;
	if (is("rubbish"))
		send_raw(c, http, sizeof(http) - 1);
	else if (is("huge"))
		send_raw(c, huge, sizeof(huge));
	else if (is("negative"))
		send_raw(c, negative, sizeof(negative));
	else
		return false;
	return true;
}

static void
on_frame(struct conn *c, const struct frame *f)
{
	struct frame_header h;
	const struct kapi *api;
	struct kerr e = KERR_INIT;
	struct arena a;
	struct rd r;
	void *req;

	if (misbehaves(c))
		return;
	rd_init(&r, f->p, f->len);
	if (frame_read_request(&r, &h, &e) != 0) {
		fprintf(stderr, "fakebroker: %s\n", e.msg);
		conn_close(c);
		return;
	}
	if (h.api_key == API_VERSIONS) {
		api_versions(c, &h);
		return;
	}
	arena_init(&a, 0);
	api = kapi_get(h.api_key);
	req = arena_alloc(&a, api->req->size);
	if (kmsg_decode(api->req, h.api_version, &r, &a, req, &e) != 0)
		fprintf(stderr, "fakebroker: %s: %s\n", api->name, e.msg);
	else if (h.api_key == API_METADATA)
		metadata(c, &h, req);
	else if (h.api_key == API_PRODUCE)
		produce(c, &h, req);
	else if (h.api_key == API_INIT_PRODUCER_ID)
		init_producer_id(c, &h);
	arena_release(&a);
}

static void
on_closed(struct conn *c, const struct kerr *e)
{
}

static const struct conn_ops ops = { .frame = on_frame, .closed = on_closed };

static void
accepted(void *arg, int fd)
{
	struct conn_config cf = { &ops, NULL, 1 << 30, NULL, 0 };

	if (is("close"))
		close(fd);
	else
		conn_adopt(loop, fd, &cf);
}

int
main(int argc, char **argv)
{
	struct addr at = { "127.0.0.1", 0 };
	struct kerr e = KERR_INIT;
	char text[ADDR_TEXT_MAX];

	if (argc < 2)
		return 2;
	fault = argv[1];
	number = argc > 2 ? atoi(argv[2]) : 0;
	loop = loop_new(&e);
	door = listener_open(loop, &at, 0, accepted, NULL, &e);
	if (door == NULL) {
		fprintf(stderr, "fakebroker: %s\n", e.msg);
		return 1;
	}
	printf("%s\n", addr_text(listener_addr(door), text));
	fflush(stdout);
	loop_run(loop);
	return 0;
}

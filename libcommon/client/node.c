/* node.c: one broker as a client sees it (impl.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/impl.h"
#include "client/retry.h"
#include "wire/chunks.h"
#include "wire/copy.h"
#include "wire/frame.h"

enum { REDIAL_MS = 50, REDIAL_MAX_MS = 1000 };

const char *
node_name(const struct node *n, char *buf, size_t size)
{
	char text[ADDR_TEXT_MAX];

	addr_text(&n->pub.addr, text);
	if (n->pub.id >= 0)
		snprintf(buf, size, "broker %d (%s)", (int)n->pub.id, text);
	else
		snprintf(buf, size, "%s", text);
	return buf;
}

void
node_unlink(struct call *call)
{
	struct node *n = call->node;

	if (n == NULL) {
		TAILQ_REMOVE(&call->cl->ended, call, link);
		return;
	}
	if (call->sent_ms != 0) {
		TAILQ_REMOVE(&n->sent, call, link);
		n->n_sent--;
	} else
		TAILQ_REMOVE(&n->waiting, call, link);
}

static void
end_list(struct node *n, struct call_list *list, const struct kerr *e)
{
	struct call *call;

	while ((call = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, call, link);
		call_end(call, e);
	}
}

/* The connection is of no use any more: all that was under way ends. */
void
node_down(struct node *n, const struct kerr *e)
{
	uint32_t random = cluster_random(n->cl);

	if (e->code != KE_CANCELLED)
		log_line(LOG_INFO, LOG_CLIENT, "%s", e->msg);
	if (n->state != NODE_UP || n->n_sent > 0)
		n->failures++;
	n->retry_at = loop_now(n->cl->loop) + (n->failures == 0 ? 0 :
	    retry_backoff(n->failures, REDIAL_MS, REDIAL_MAX_MS, random));
	n->state = NODE_DOWN;
	n->err = *e;
	conn_close(n->conn);
	n->conn = NULL;
	n->n_sent = 0;
	loop_timer_cancel(&n->timer);
	end_list(n, &n->sent, e);
	end_list(n, &n->waiting, e);
}

/* Says which broker, and how its address was learnt. */
void
node_blame(struct node *n, struct kerr *e)
{
	char name[ADDR_TEXT_MAX + 32];
	struct kerr was = *e;

	if (n->learnt && was.code == KE_UNREACHABLE) {
		addr_text(&n->pub.addr, name);
		kerr_set(e, KE_UNREACHABLE, "bootstrap ok; broker %d "
		    "advertises %s: %s (see --resolve)", (int)n->pub.id,
		    name, was.msg);
	} else
		kerr_wrap(e, "%s", node_name(n, name, sizeof(name)));
}

int16_t
node_version(const struct node *n, const struct kapi *api,
    int16_t max_version)
{
	int16_t max = n->api[api->key].max;

	if (n->state != NODE_UP)
		return -1;
	if (max > max_version)
		max = max_version;
	return kapi_pick(api, n->api[api->key].min, max);
}

/* The node's timer rings at the nearest deadline of its calls. */
static void
set_timer(struct node *n)
{
	int64_t at = INT64_MAX, now = loop_now(n->cl->loop);
	const struct call *call;

	TAILQ_FOREACH(call, &n->sent, link)
		if (call->deadline < at)
			at = call->deadline;
	TAILQ_FOREACH(call, &n->waiting, link)
		if (call->deadline < at)
			at = call->deadline;
	if (n->state == NODE_DOWN && !TAILQ_EMPTY(&n->waiting) &&
	    n->retry_at < at)
		at = n->retry_at;
	if (at == INT64_MAX)
		loop_timer_cancel(&n->timer);
	else
		loop_timer_set(&n->timer, at > now ? at - now : 0);
}

/* Encodes and queues one call; the node has a connection. */
void
node_transmit(struct node *n, struct call *call)
{
	struct cluster *c = n->cl;
	struct kerr e = KERR_INIT;
	struct chunks out;

	chunks_init(&out);
	call->correlation = n->correlation++;
	if (frame_put_request(&out, call->api, call->version,
	    call->correlation, kstr(c->client_id), call->req, &e) != 0) {
		chunks_release(&out);
		kerr_wrap(&e, "%s request", call->api->name);
		call_end(call, &e);
		return;
	}
	log_line(LOG_TRACE, LOG_WIRE, "> %d %s v%d, %zu bytes",
	    (int)n->pub.id, call->api->name, call->version, (size_t)out.len);
	call->req = NULL;
	call->sent_ms = loop_now(c->loop);
	conn_send(n->conn, &out);
	TAILQ_INSERT_TAIL(&n->sent, call, link);
	n->n_sent++;
	if (TAILQ_FIRST(&n->sent) == call || !loop_timer_armed(&n->timer))
		set_timer(n);
}

static void
transmit_versioned(struct node *n, struct call *call)
{
	struct kerr e = KERR_INIT;
	char name[ADDR_TEXT_MAX + 32];

	call->version = node_version(n, call->api, call->max_version);
	if (call->version >= 0) {
		node_transmit(n, call);
		return;
	}
	kerr_set(&e, KE_UNSUPPORTED, "%s has no version of %s in common with "
	    "klog", node_name(n, name, sizeof(name)), call->api->name);
	call_end(call, &e);
}

void
node_up(struct node *n)
{
	struct call *call;

	n->state = NODE_UP;
	n->failures = 0;
	kerr_clear(&n->err);
	while ((call = TAILQ_FIRST(&n->waiting)) != NULL) {
		TAILQ_REMOVE(&n->waiting, call, link);
		transmit_versioned(n, call);
	}
	set_timer(n);
}

static void
rubbish(struct node *n, const struct kerr *why)
{
	struct kerr e = *why;

	kerr_wrap(&e, "does not answer as a Kafka broker would");
	node_blame(n, &e);
	node_down(n, &e);
}

/* The call that the next answer belongs to. */
static struct call *
next_answered(const struct node *n)
{
	struct call *call;

	TAILQ_FOREACH(call, &n->sent, link)
		if ((call->flags & CALL_NO_REPLY) == 0)
			break;
	return call;
}

/* All is in the kernel's hands: what has no answer is done. */
static void
conn_drained(struct conn *conn)
{
	struct node *n = conn_arg(conn);
	struct call *call, *next;

	for (call = TAILQ_FIRST(&n->sent); call != NULL; call = next) {
		next = TAILQ_NEXT(call, link);
		if ((call->flags & CALL_NO_REPLY) == 0)
			continue;
		node_unlink(call);
		call_end(call, &(struct kerr)KERR_INIT);
	}
}

static void
frame_came(struct conn *conn, const struct frame *f)
{
	struct node *n = conn_arg(conn);
	struct call *call = next_answered(n);
	struct kerr e = KERR_INIT;
	struct reply *a;
	int32_t correlation;
	struct rd r;

	rd_init(&r, f->p, f->len);
	if (call == NULL) {
		kerr_set(&e, KE_PROTO, "an answer that nobody asked for");
		rubbish(n, &e);
		return;
	}
	if (frame_read_response(&r, call->api, call->version, &correlation,
	    &e) == 0 && correlation != call->correlation)
		kerr_set(&e, KE_PROTO, "answer %d where %d was due",
		    (int)correlation, (int)call->correlation);
	if (e.code != 0) {
		rubbish(n, &e);
		return;
	}
	log_line(LOG_TRACE, LOG_WIRE, "< %d %s v%d, %zu bytes", (int)n->pub.id,
	    call->api->name, call->version, f->len);
	TAILQ_REMOVE(&n->sent, call, link);
	n->n_sent--;
	if (n->state == NODE_ASKING) {
		node_take_versions(n, call, &r);
		return;
	}
	set_timer(n);
	a = call_decode(call, f, &r);
	if (a->err.code != 0) {
		node_blame(n, &a->err);
		node_down(n, &a->err);
	}
	call_answer(call, a);
}

static void
conn_opened(struct conn *conn)
{
	node_ask_versions(conn_arg(conn));
}

static void
conn_ended(struct conn *conn, const struct kerr *why)
{
	struct node *n = conn_arg(conn);
	struct kerr e = *why;

	n->conn = NULL;		/* it frees itself */
	if (e.code == KE_PROTO) {
		rubbish(n, &e);
		return;
	}
	node_blame(n, &e);
	node_down(n, &e);
}

static const struct conn_ops ops = {
	.opened = conn_opened, .frame = frame_came,
	.drained = conn_drained, .closed = conn_ended
};

/* Where --resolve sends the address. */
static const struct addr *
redirect(const struct cluster *c, const struct addr *a)
{
	for (int i = 0; i < c->n_rules; i++)
		if (strcmp(c->rules[i].from.host, a->host) == 0 &&
		    c->rules[i].from.port == a->port)
			return &c->rules[i].to;
	return a;
}

static void
dial(struct node *n)
{
	const struct cluster_config *cf = &n->cl->cf;
	struct conn_config cc = { &ops, n, cf->frame_max, NULL,
	    cf->connect_ms };
	struct kerr e = KERR_INIT;

	n->state = NODE_DIALLING;
	n->correlation = 0;
	n->conn = conn_dial(n->cl->loop, redirect(n->cl, &n->pub.addr), &cc,
	    &e);
	if (n->conn == NULL) {
		node_blame(n, &e);
		node_down(n, &e);
	}
}

/* The first call that is late, or NULL. */
static struct call *
late(struct call_list *list, int64_t now)
{
	struct call *call;

	TAILQ_FOREACH(call, list, link)
		if (call->deadline <= now)
			return call;
	return NULL;
}

/* A broker answers in order: where one answer does not come, none will. */
static void
timed(struct loop_timer *t)
{
	struct node *n = (struct node *)(void *)((char *)t -
	    offsetof(struct node, timer));
	int64_t now = loop_now(n->cl->loop);
	struct kerr e = KERR_INIT;
	struct call *call;

	while ((call = late(&n->waiting, now)) != NULL) {
		if (n->err.code != 0)
			e = n->err;
		else
			kerr_set(&e, KE_TIMEOUT, "no connection in %lld ms",
			    (long long)call->timeout_ms);
		TAILQ_REMOVE(&n->waiting, call, link);
		call_end(call, &e);
	}
	call = late(&n->sent, now);
	if (call != NULL) {
		kerr_set(&e, KE_TIMEOUT, "no answer to %s in %lld ms",
		    call->api->name,
		    (long long)(now - call->sent_ms));
		node_blame(n, &e);
		node_down(n, &e);
		return;
	}
	if (n->state == NODE_DOWN && !TAILQ_EMPTY(&n->waiting) &&
	    n->retry_at <= now)
		dial(n);
	set_timer(n);
}

struct node *
node_new(struct cluster *c, const struct addr *a, int32_t id)
{
	struct node *n = xcalloc(1, sizeof(*n));

	n->cl = c;
	n->pub.id = id;
	n->pub.addr = *a;
	TAILQ_INIT(&n->waiting);
	TAILQ_INIT(&n->sent);
	for (int i = 0; i < API_KEYS; i++)
		n->api[i].min = n->api[i].max = -1;
	loop_timer_init(&n->timer, c->loop, timed);
	TAILQ_INSERT_TAIL(&c->nodes, n, link);
	return n;
}

void
node_free(struct node *n)
{
	struct kerr e = KERR_INIT;

	kerr_set(&e, KE_CANCELLED, "the cluster was closed");
	node_down(n, &e);
	TAILQ_REMOVE(&n->cl->nodes, n, link);
	free(n->rack);
	free(n);
}

void
node_readdress(struct node *n, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	struct kerr e = KERR_INIT;

	if (strcmp(n->pub.addr.host, a->host) == 0 &&
	    n->pub.addr.port == a->port)
		return;
	n->pub.addr = *a;
	n->failures = 0;
	if (n->state == NODE_DOWN)
		return;
	kerr_set(&e, KE_EOF, "broker %d has moved to %s", (int)n->pub.id,
	    addr_text(a, text));
	node_down(n, &e);
}

void
node_send(struct node *n, struct call *call)
{
	int64_t now = loop_now(n->cl->loop);

	call->node = n;
	call->sent_ms = 0;
	if (n->state == NODE_UP) {
		transmit_versioned(n, call);
		return;
	}
	call->req = kmsg_copy(call->api->req, call->req, &call->arena);
	TAILQ_INSERT_TAIL(&n->waiting, call, link);
	if (n->state == NODE_DOWN && n->retry_at <= now)
		dial(n);
	set_timer(n);
}

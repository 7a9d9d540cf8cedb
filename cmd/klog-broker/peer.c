/*
 * peer.c: framing's upper half: frame -> header -> request -> handler, and
 * the order of responses.
 *
 * Produce and Fetch start as they come, and so does an OffsetCommit behind
 * others. Any other request is parked until all before it are sent, and while
 * it runs nothing behind it starts: the connection is paused, so at most one
 * request is parked. The connection also pauses when it has too much under
 * way, or too much output unread.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "io.h"
#include "listeners.h"
#include "peer.h"
#include "request.h"
#include "wire/api.h"

#define MAX_REQUESTS	64		/* under way for one connection */
#define MAX_BYTES	(64u << 20)	/* of their frames */
#define MAX_OUTPUT	(16u << 20)	/* unread by the client */
/* Who sent a request of so many bytes waits with the next one for its answer:
 * it leaves before those behind it are worked on. */
#define HURRY_BYTES	(64u << 10)

static void frame_came(struct conn *, const struct frame *);
static void drained(struct conn *);
static void closed(struct conn *, const struct kerr *);

static const struct conn_ops ops = {
	.frame = frame_came,
	.drained = drained,
	.closed = closed,
};

const char *
peer_name(const struct peer *p, char out[ADDR_TEXT_MAX])
{
	if (p->remote.host[0] == '\0')
		return strcpy(out, "a local client");
	return addr_text(&p->remote, out);
}

void
peer_new(struct io *io, int fd)
{
	struct broker *b = io->broker;
	struct conn_config cf = {
		.ops = &ops,
		.frame_max = (size_t)b->config->socket_request_max_bytes,
		.budget = &b->budget,
	};
	struct peer *p = xcalloc(1, sizeof(*p));

	p->io = io;
	TAILQ_INIT(&p->requests);
	cf.arg = p;
	p->conn = conn_adopt(io->loop, fd, &cf);
	conn_peer(p->conn, &p->remote);
	LIST_INSERT_HEAD(&io->peers, p, link);
}

static void
peer_free(struct peer *p)
{
	struct io *io = p->io;

	LIST_REMOVE(p, link);
	listeners_left(io->broker->listeners, &p->remote);
	free(p);
	io_peer_gone(io);
}

/* The connection is no more: every request that waits lets go. */
static void
lost(struct peer *p)
{
	struct request *r, *next;
	bool busy = p->busy;

	p->conn = NULL;
	p->busy = true;
	TAILQ_FOREACH_SAFE(r, &p->requests, link, next) {
		if (r == p->parked) {
			p->parked = NULL;
			request_done(r);
		} else if (r->woken != NULL) {
			request_woken(r, WAKE_GONE);
		}
	}
	p->busy = busy;
	peer_advance(p);
}

static void
closed(struct conn *c, const struct kerr *e)
{
	struct peer *p = conn_arg(c);
	char name[ADDR_TEXT_MAX];

	io_refresh(p->io);
	if (e->code != KE_EOF)
		log_line(e->code == KE_SYS ? LOG_INFO : LOG_WARN, LOG_BROKER,
		    "%s: %s", peer_name(p, name), e->msg);
	lost(p);
}

void
peer_close(struct peer *p)
{
	if (p->conn == NULL)
		return;
	conn_close(p->conn);
	lost(p);
}

void
peer_finish(struct peer *p)
{
	struct request *r, *next;

	if (p->conn == NULL)
		return;
	p->finishing = true;
	conn_pause(p->conn);
	p->busy = true;
	TAILQ_FOREACH_SAFE(r, &p->requests, link, next) {
		if (r->woken != NULL && r->key == API_FETCH)
			request_woken(r, WAKE_LATE);
		else if (r->woken != NULL && (r->key == API_JOIN_GROUP ||
		    r->key == API_SYNC_GROUP))
			/* no other member will come */
			request_woken(r, WAKE_GONE);
	}
	p->busy = false;
	peer_advance(p);
}

/* Whether a further frame may be taken now. One more than can be started, so
 * that a client that asks and waits costs no call to stop and go. */
static bool
may_read(const struct peer *p)
{
	return !p->finishing && p->parked == NULL &&
	    p->n < MAX_REQUESTS && p->bytes < MAX_BYTES &&
	    conn_queued(p->conn) < MAX_OUTPUT;
}

static void
set_pause(struct peer *p)
{
	bool pause = !may_read(p);

	if (pause == p->paused)
		return;
	p->paused = pause;
	if (pause)
		conn_pause(p->conn);
	else
		conn_resume(p->conn);
}

static void
drained(struct conn *c)
{
	struct peer *p = conn_arg(c);

	io_refresh(p->io);
	peer_advance(p);
}

/* Takes the request at the head out; what it has to say is sent. */
static void
retire(struct peer *p, struct request *r)
{
	bool end = r->close;

	TAILQ_REMOVE(&p->requests, r, link);
	p->n--;
	p->bytes -= r->frame.len;
	if (p->conn != NULL && !chunks_empty(&r->out)) {
		conn_send(p->conn, &r->out);
		if (r->frame.len >= HURRY_BYTES)
			conn_flush(p->conn);
	}
	request_free(r);
	if (end)
		peer_close(p);
}

static void
settle(struct peer *p)
{
	if (p->conn == NULL) {
		if (TAILQ_EMPTY(&p->requests))
			peer_free(p);
	} else if (!p->finishing) {
		set_pause(p);
	} else if (TAILQ_EMPTY(&p->requests) && conn_queued(p->conn) == 0) {
		peer_close(p);
	}
}

void
peer_advance(struct peer *p)
{
	struct request *r;

	if (p->busy)
		return;
	p->busy = true;
	for (;;) {
		while ((r = TAILQ_FIRST(&p->requests)) != NULL && r->ended)
			retire(p, r);
		if (r == NULL || r != p->parked)
			break;
		p->parked = NULL;
		r->api->handle(r);
	}
	p->busy = false;
	settle(p);
}

/* Whether nothing before it keeps it from being started. */
static bool
may_start(const struct request *r)
{
	const struct request *before = TAILQ_PREV(r, request_list, link);

	return before == NULL || (r->api->pipe != PIPE_NONE &&
	    r->api->pipe == before->api->pipe);
}

static void
frame_came(struct conn *c, const struct frame *f)
{
	struct peer *p = conn_arg(c);
	struct request *r;
	struct kerr e = KERR_INIT;
	char name[ADDR_TEXT_MAX];

	io_refresh(p->io);
	if ((r = request_read(p, f, &e)) == NULL) {
		log_line(LOG_WARN, LOG_BROKER, "%s: %s: connection closed",
		    peer_name(p, name), e.msg);
		peer_close(p);
		return;
	}
	TAILQ_INSERT_TAIL(&p->requests, r, link);
	p->n++;
	p->bytes += f->len;
	if (may_start(r)) {
		p->busy = true;
		r->api->handle(r);
		p->busy = false;
	} else {
		p->parked = r;
	}
	peer_advance(p);
}

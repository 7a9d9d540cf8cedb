/*
 * request.c: reading a request, ending it, and waiting in between.
 *
 * A request belongs to the list of its connection until it has ended and all
 * before it are sent. Its slot, timer and list links are touched on its own
 * I/O thread only; whoever ends it elsewhere encodes the response there and
 * posts it home.
 */
#include <stdlib.h>

#include "api.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "io.h"
#include "listeners.h"
#include "peer.h"
#include "request.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/frame.h"

#define DECODED_MAX	(64u << 20)	/* a request's arrays and structs */

static const struct api *
served(const struct frame_header *h, const struct kapi **kapi, struct kerr *e)
{
	const struct api *api = api_get(h->api_key);

	*kapi = kapi_get(h->api_key);
	if (api == NULL || *kapi == NULL) {
		kerr_set(e, KE_UNSUPPORTED, "request with unknown key %d (%s)",
		    h->api_key, kapi_name(h->api_key));
		return NULL;
	}
	if (h->api_key != API_VERSIONS && !kapi_has(*kapi, h->api_version)) {
		kerr_set(e, KE_UNSUPPORTED, "%s request of version %d",
		    (*kapi)->name, h->api_version);
		return NULL;
	}
	return api;
}

/* An ApiVersions request of a version from the future has no msg: its handler
 * says in version 0 what there is. */
static int
read_body(struct request *r, struct rd *rd, struct kerr *e)
{
	int rc;

	if (!kapi_has(r->kapi, r->version)) {
		r->version = 0;
		return 0;
	}
	arena_init(&r->arena, DECODED_MAX);
	if ((r->msg = arena_alloc(&r->arena, r->kapi->req->size)) == NULL)
		return kerr_set(e, KE_RANGE, "%s request", r->kapi->name);
	rc = kmsg_decode(r->kapi->req, r->version, rd, &r->arena, r->msg, e);
	if (rc < 0)
		kerr_wrap(e, "%s request", r->kapi->name);
	r->arena.max = 0;
	return rc < 0 ? rc : 0;
}

struct request *
request_read(struct peer *p, const struct frame *f, struct kerr *e)
{
	struct frame_header h;
	const struct kapi *kapi;
	const struct api *api;
	struct request *r;
	struct rd rd;

	rd_init(&rd, f->p, f->len);
	if (frame_read_request(&rd, &h, e) < 0 ||
	    (api = served(&h, &kapi, e)) == NULL)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->broker = p->io->broker;
	r->io = p->io;
	r->peer = p;
	r->api = api;
	r->kapi = kapi;
	r->key = h.api_key;
	r->version = h.api_version;
	r->correlation = h.correlation_id;
	r->client_id = h.client_id;
	r->start_ns = sys_mono_ns(r->broker->sys);
	r->frame = *f;
	frame_hold(f);
	if (read_body(r, &rd, e) < 0) {
		request_free(r);
		return NULL;
	}
	return r;
}

void
request_free(struct request *r)
{
	chunks_release(&r->out);
	arena_release(&r->arena);
	frame_recycle(r->io->loop, &r->frame);
	free(r);
}

static void
end_at_home(struct request *r)
{
	if (r->waker.io != NULL)
		io_slot_give(r->io, (uint32_t)r->waker.id);
	if (r->timed)
		loop_timer_cancel(&r->deadline);
	r->woken = NULL;
	r->ended = true;
	peer_advance(r->peer);
}

static void
end(struct request *r)
{
	if (io_here(r->io))
		end_at_home(r);
	else
		request_resume(r, end_at_home);
}

void
request_reply(struct request *r, const void *rsp)
{
	struct kerr e = KERR_INIT;

	if (frame_put_response(&r->out, r->kapi, r->version, r->correlation,
	    rsp, &e) < 0) {
		request_close(r, "%s response: %s", r->kapi->name, e.msg);
		return;
	}
	end(r);
}

void
request_send(struct request *r, struct chunks *encoded)
{
	r->out = *encoded;
	*encoded = (struct chunks){ 0 };
	end(r);
}

void
request_done(struct request *r)
{
	end(r);
}

void
request_close(struct request *r, const char *fmt, ...)
{
	char name[ADDR_TEXT_MAX];
	struct kerr e = KERR_INIT;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	log_line(LOG_WARN, LOG_BROKER, "%s: %s: connection closed",
	    peer_name(r->peer, name), e.msg);
	chunks_clear(&r->out);
	r->close = true;
	end(r);
}

static void
came_home(struct loop_msg *m)
{
	struct request *r = (struct request *)((char *)m -
	    offsetof(struct request, home));

	io_refresh(r->io);
	r->resume(r);
}

void
request_resume(struct request *r, void (*fn)(struct request *))
{
	r->resume = fn;
	r->home.run = came_home;
	loop_post(r->io->loop, &r->home);
}

void
request_away(struct request *r, bool away)
{
	r->away = away;
}

bool
request_follows(const struct request *r)
{
	const struct request *q;

	TAILQ_FOREACH(q, &r->peer->requests, link) {
		if (q == r)
			break;
		if (q->away)
			return true;
	}
	return false;
}

bool
request_gone(const struct request *r)
{
	return r->peer->conn == NULL;
}

void
request_advertised(const struct request *r, struct addr *a)
{
	struct addr local = { .host = "" };

	if (r->peer->conn != NULL)
		conn_local(r->peer->conn, &local);
	listeners_advertise(r->broker->listeners, &local, a);
}

const char *
request_host(struct request *r)
{
	const char *host = r->peer->remote.host;

	if (host[0] == '/' || host[0] == '\0')
		host = "127.0.0.1";	/* a Unix socket */
	return arena_printf(&r->arena, "/%s", host);
}

const struct image *
request_image(struct request *r)
{
	return r->io->image;
}

struct waker
request_waker(struct request *r)
{
	if (r->waker.io == NULL) {
		r->waker.id = io_slot_take(r->io, r, &r->waker.generation);
		r->waker.io = r->io;
	}
	return r->waker;
}

static void
too_late(struct loop_timer *t)
{
	struct request *r = (struct request *)((char *)t -
	    offsetof(struct request, deadline));

	io_refresh(r->io);
	request_woken(r, WAKE_LATE);
}

void
request_wait(struct request *r, int64_t timeout_ms,
    void (*woken)(struct request *, enum wake_why))
{
	r->woken = woken;
	if (request_gone(r)) {
		io_wake(r->io, request_waker(r).id, r->waker.generation);
		return;
	}
	loop_timer_init(&r->deadline, r->io->loop, too_late);
	loop_timer_set(&r->deadline, timeout_ms);
	r->timed = true;
}

void
request_unwait(struct request *r)
{
	if (r->timed)
		loop_timer_cancel(&r->deadline);
	r->woken = NULL;
}

void
request_woken(struct request *r, enum wake_why why)
{
	if (r->woken != NULL)
		r->woken(r, request_gone(r) ? WAKE_GONE : why);
}

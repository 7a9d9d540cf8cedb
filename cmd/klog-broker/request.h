/*
 * request.h: one request from its frame to its response.
 *
 * A handler runs on the I/O thread that owns the connection: void
 * handle_x(struct request *r), with r->msg decoded. Exactly one of these ends
 * the request, now or later, on whichever thread holds it then; r is gone
 * afterwards:
 *
 *	request_reply(r, &rsp)	encode, send in the order of the requests
 *	request_done(r)		no response (Produce with acks=0)
 *	request_close(r, ..)	close the connection, one log line
 *
 * Until then the handler may
 *
 *	request_wait()		stay on its thread until woken or too late
 *	control_call()		hand it to the control thread (control.h)
 *	pool_run()		leave it alone while a job works for it
 *
 * Order: Produce and Fetch are started as they come, bounded in number and
 * bytes for a connection; any other request waits for the earlier ones and
 * holds back the later. Responses always leave in the order of the requests.
 */
#ifndef KLOG_BROKER_REQUEST_H
#define KLOG_BROKER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "net/conn.h"
#include "net/loop.h"
#include "wire/chunks.h"
#include "wire/types.h"

struct api;
struct broker;
struct image;
struct io;
struct peer;
struct request;

/* Names a waiting request to other threads, by value. A stale one is
 * harmless: the generation no longer matches. */
struct waker {
	struct io	*io;
	uint64_t	 id;
	uint32_t	 generation;
};

enum wake_why {
	WAKE_READY,	/* io_wake(): look whether it is time */
	WAKE_LATE,	/* the deadline passed: answer with what there is */
	WAKE_GONE	/* connection lost or broker stopping: let go of what
			 * is held, then request_done() */
};

struct request {
	struct broker	*broker;
	struct io	*io;		/* the thread it belongs to */
	const struct api *api;
	const struct kapi *kapi;
	void		*msg;		/* decoded, in arena; borrows from the
					 * frame, which lives as long as r */
	struct arena	 arena;		/* for the response's arrays too */
	int16_t		 key;
	int16_t		 version;
	int32_t		 correlation;
	struct kstr	 client_id;
	int64_t		 start_ns;	/* mono_ns when the frame was whole */
	void		*state;		/* the handler's, while it waits */
	void		*answer;	/* the handler's: a response being made */

	/* request.c and peer.c only */
	struct peer	*peer;		/* its connection */
	struct frame	 frame;		/* held */
	struct loop_msg	 home;		/* on its way back to its thread */
	void		(*resume)(struct request *);
	void		(*woken)(struct request *, enum wake_why);
	struct waker	 waker;		/* io NULL: none given out */
	struct loop_timer deadline;
	bool		 timed;		/* deadline was initialised */
	bool		 ended;
	bool		 away;		/* request_away() */
	bool		 close;		/* close the connection at its turn */
	struct chunks	 out;		/* encoded response, until its turn */
	TAILQ_ENTRY(request) link;	/* the connection's, in order */
};

/* Encodes rsp, a <api>_response struct, and ends r. Borrowed memory in rsp
 * must lie in r->arena, in r's frame, be static, or carry a khold; the holds
 * of record sets are taken over. From any thread that holds r. */
void request_reply(struct request *r, const void *rsp);
/* The same with a response that is encoded already; taken over. */
void request_send(struct request *r, struct chunks *encoded);
void request_done(struct request *r);
void request_close(struct request *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Waiting. First request_waker(), whose result is left with what is waited
 * for (under that thing's lock, after a look whether it is there already);
 * then, in the same handler call, request_wait(). woken() runs on this
 * thread, once for each wake-up (several may become one) and once at the
 * deadline, until the request is ended: it may look, find it too early and
 * just return. No wake-up is lost in between.
 */
struct waker request_waker(struct request *r);
void request_wait(struct request *r, int64_t timeout_ms,
    void (*woken)(struct request *, enum wake_why));
/* Waits no more: neither deadline nor wake-up is delivered from now on. Before
 * a waiting request is handed to the pool. */
void request_unwait(struct request *r);
/* A piped request that goes to the control thread and comes back
 * (request_resume()) before it has its effect says so around that. It is true
 * of r, too, where an earlier request of the connection is on that way: then r
 * goes it as well, so that effects keep their order. Own I/O thread only. */
void request_away(struct request *r, bool away);
bool request_follows(const struct request *r);
/* From any thread, also under a lock. */
void io_wake(struct io *, uint64_t id, uint32_t generation);

/* Runs fn(r) on r's own I/O thread: the way back from a pool job. r may find
 * its connection gone there; ending it is then still its holder's duty. */
void request_resume(struct request *r, void (*fn)(struct request *));
/* True where the connection is gone (own I/O thread only). */
bool request_gone(const struct request *r);

/* For peer.c and io.c. NULL with e set where the frame is no request that is
 * served here. */
struct request *request_read(struct peer *, const struct frame *,
    struct kerr *);
void request_free(struct request *);
void request_woken(struct request *, enum wake_why);

/* The address under which the client of r knows this broker (its own I/O
 * thread only). */
void request_advertised(const struct request *r, struct addr *);

/* The client's address as Java prints it: "/127.0.0.1". Any thread that holds
 * r. */
const char *request_host(struct request *r);

/* The current metadata image, borrowed: valid until the handler, woken() or
 * resume function returns (image_ref() keeps one). Own I/O thread only. */
const struct image *request_image(struct request *r);

#endif

/*
 * held.c: who waits for other members. The request's thread and the control
 * thread share a struct held: whoever comes second, the answer or the
 * request's parking, finds what the first one left.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "broker.h"
#include "coordinator.h"
#include "coordinator_impl.h"
#include "held.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/kerror.h"

struct held {
	LIST_ENTRY(held) link;		/* while the coordinator has it */
	struct journal_wait wait;
	struct broker	*broker;
	struct request	*r;		/* in the control thread's hands */
	const struct kapi *kapi;
	int16_t		 version;
	int32_t		 correlation;
	int32_t		 partition;
	struct chunks	 out;		/* the answer */
	bool		 sent;		/* before it was parked */
	_Atomic int	 refs;		/* the coordinator's, the request's */

	pthread_mutex_t	 lock;		/* of what follows */
	bool		 ready;		/* out may leave */
	struct waker	 waker;
};

struct held *
held_new(struct request *r, struct kstr group)
{
	struct held *h = xcalloc(1, sizeof(*h));

	h->broker = r->broker;
	h->r = r;
	h->kapi = r->kapi;
	h->version = r->version;
	h->correlation = r->correlation;
	h->partition = coordinator_partition(r->broker, group);
	atomic_init(&h->refs, 2);
	pthread_mutex_init(&h->lock, NULL);
	LIST_INSERT_HEAD(coordinator_held(h->broker), h, link);
	return h;
}

int16_t
held_version(const struct held *h)
{
	return h->version;
}

static void
unref(struct held *h)
{
	if (atomic_fetch_sub(&h->refs, 1) > 1)
		return;
	chunks_release(&h->out);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static void
encode(struct held *h, const void *rsp)
{
	int rc;

	chunks_clear(&h->out);
	rc = frame_put_response(&h->out, h->kapi, h->version, h->correlation,
	    rsp, &(struct kerr)KERR_INIT);
	if (rc < 0)
		chunks_clear(&h->out);
}

static void
encode_error(struct held *h, int16_t error)
{
	struct join_group_response join;
	struct sync_group_response sync;

	if (h->kapi->key == API_JOIN_GROUP) {
		kmsg_defaults(&join_group_response_msg, &join);
		join.error_code = error;
		join.protocol_name = h->version < 7 ? kstr("") : KSTR_NULL;
		join.leader = join.member_id = kstr("");
		encode(h, &join);
	} else {
		kmsg_defaults(&sync_group_response_msg, &sync);
		sync.error_code = error;
		sync.assignment = (struct kbytes){ NULL, 0 };
		encode(h, &sync);
	}
}

static void
deliver(struct request *r, struct held *h)
{
	if (chunks_empty(&h->out))
		request_close(r, "%s response cannot be encoded",
		    h->kapi->name);
	else
		request_send(r, &h->out);
}

static void
settled(struct journal_wait *w, int16_t error)
{
	struct held *h = (struct held *)((char *)w -
	    offsetof(struct held, wait));
	struct waker waker;

	LIST_REMOVE(h, link);
	if (error != 0)
		encode_error(h, error);
	if (h->r != NULL) {
		h->sent = true;
		deliver(h->r, h);
	} else {
		pthread_mutex_lock(&h->lock);
		h->ready = true;
		waker = h->waker;
		pthread_mutex_unlock(&h->lock);
		if (waker.io != NULL)
			io_wake(waker.io, waker.id, waker.generation);
	}
	unref(h);
}

void
held_answer(struct held *h, const void *rsp)
{
	encode(h, rsp);
	h->wait.done = settled;
	coordinator_wait(h->broker, h->partition, &h->wait);
}

static void
woken(struct request *r, enum wake_why why)
{
	struct held *h = r->state;
	bool ready;

	pthread_mutex_lock(&h->lock);
	ready = h->ready;
	pthread_mutex_unlock(&h->lock);
	if (why == WAKE_GONE)
		request_done(r);
	else if (ready)
		deliver(r, h);
	else
		return;
	unref(h);
}

/* On the request's own thread. */
static void
park(struct request *r)
{
	struct held *h = r->state;
	bool ready;

	pthread_mutex_lock(&h->lock);
	ready = h->ready;
	if (!ready)
		h->waker = request_waker(r);
	pthread_mutex_unlock(&h->lock);
	if (ready) {
		deliver(r, h);
		unref(h);
	} else {
		request_wait(r, INT32_MAX, woken);
	}
}

void
held_park(struct held *h)
{
	struct request *r = h->r;

	h->r = NULL;
	if (h->sent) {
		unref(h);
	} else {
		r->state = h;
		request_resume(r, park);
	}
}

void
held_end(struct held_list *list)
{
	struct held *h;

	while ((h = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(h, link);
		unref(h);
	}
}

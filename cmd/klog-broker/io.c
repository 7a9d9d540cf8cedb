/*
 * io.c: the life of an I/O thread, and waking its requests from elsewhere.
 *
 * A wake-up names a slot and a generation, by value, and is queued under a
 * lock of its own, which is held for a few instructions only: partitions wake
 * waiters with their own lock held. One message rings for many.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "image_slot.h"
#include "io.h"
#include "peer.h"
#include "request.h"

#define STACK_BYTES	(512 * 1024)
#define PATIENCE_MS	2000	/* for requests under way at the stop */
#define REAP_MS		5000	/* looks for idle connections */
#define HOARD_BYTES	(64 * 1024)
#define HOARD_MS	10000

static _Thread_local const struct io *self;

bool
io_here(const struct io *io)
{
	return self == io;
}

void
io_refresh(struct io *io)
{
	image_slot_refresh(io->broker->image, &io->image, &io->image_version);
}

uint32_t
io_slot_take(struct io *io, struct request *r, uint32_t *generation)
{
	uint32_t id = io->free_slot, n = io->n_slots;

	if (id == n) {
		io->n_slots = n == 0 ? 64 : 2 * n;
		io->slots = xreallocarray(io->slots, io->n_slots,
		    sizeof(*io->slots));
		for (uint32_t i = n; i < io->n_slots; i++)
			io->slots[i] = (struct io_slot){ NULL, 0, i + 1 };
	}
	io->free_slot = io->slots[id].next_free;
	io->slots[id].r = r;
	*generation = io->slots[id].generation;
	return id;
}

void
io_slot_give(struct io *io, uint32_t id)
{
	io->slots[id].r = NULL;
	io->slots[id].generation++;
	io->slots[id].next_free = io->free_slot;
	io->free_slot = id;
}

static void
deliver(struct io *io, const struct io_wakeup *w)
{
	struct io_slot *s = &io->slots[w->id];

	if (s->r != NULL && s->generation == w->generation)
		request_woken(s->r, WAKE_READY);
}

static void
bell(struct loop_msg *m)
{
	struct io *io = (struct io *)((char *)m - offsetof(struct io, bell));
	struct io_wakeup *v;
	size_t n;

	io_refresh(io);
	pthread_mutex_lock(&io->lock);
	io->rung = false;
	v = io->wakeups;
	n = io->n_wakeups;
	io->wakeups = NULL;
	io->n_wakeups = io->cap_wakeups = 0;
	pthread_mutex_unlock(&io->lock);
	for (size_t i = 0; i < n; i++)
		deliver(io, &v[i]);
	free(v);
}

void
io_wake(struct io *io, uint64_t id, uint32_t generation)
{
	bool ring;

	pthread_mutex_lock(&io->lock);
	if (io->n_wakeups == io->cap_wakeups) {
		io->cap_wakeups = io->cap_wakeups == 0 ? 16 :
		    2 * io->cap_wakeups;
		io->wakeups = xreallocarray(io->wakeups, io->cap_wakeups,
		    sizeof(*io->wakeups));
	}
	io->wakeups[io->n_wakeups++] = (struct io_wakeup){ id, generation };
	ring = !io->rung;
	io->rung = true;
	pthread_mutex_unlock(&io->lock);
	if (ring)
		loop_post(io->loop, &io->bell);
}

struct newcomer {
	struct loop_msg	 msg;
	struct io	*io;
	int		 fd;
};

static void
adopt(struct loop_msg *m)
{
	struct newcomer *n = (struct newcomer *)m;

	if (n->io->stopping)
		close(n->fd);
	else
		peer_new(n->io, n->fd);
	free(n);
}

void
io_adopt(struct io *io, int fd)
{
	struct newcomer *n = xcalloc(1, sizeof(*n));

	n->msg.run = adopt;
	n->io = io;
	n->fd = fd;
	loop_post(io->loop, &n->msg);
}

/* Idle connections end within a quarter of the limit after it. */
static int64_t
reap_interval(const struct io *io)
{
	int64_t ms = io->broker->config->connections_max_idle_ms / 4;

	return ms < 100 ? 100 : ms > REAP_MS ? REAP_MS : ms;
}

/*
 * Whether p holds memory that others wait for and does nothing with it: a
 * large request begun and not gone on with, while memory for requests is
 * short.
 */
static bool
is_hoarding(const struct io *io, const struct peer *p)
{
	const struct conn_budget *b = &io->broker->budget;

	return atomic_load(&b->used) > b->max / 2 &&
	    conn_partial(p->conn) > HOARD_BYTES &&
	    conn_last_active(p->conn) < loop_now(io->loop) - HOARD_MS;
}

static void
reap(struct loop_timer *t)
{
	struct io *io = (struct io *)((char *)t - offsetof(struct io, reap));
	int64_t oldest = loop_now(io->loop) -
	    io->broker->config->connections_max_idle_ms;
	struct peer *p, *next;
	char name[ADDR_TEXT_MAX];

	for (p = LIST_FIRST(&io->peers); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		if (p->conn == NULL)
			continue;
		if (is_hoarding(io, p))
			log_line(LOG_WARN, LOG_BROKER, "%s: stopped in the "
			    "middle of a large request: connection closed",
			    peer_name(p, name));
		else if (!TAILQ_EMPTY(&p->requests) ||
		    conn_last_active(p->conn) >= oldest)
			continue;
		peer_close(p);
	}
	loop_timer_set(t, reap_interval(io));
}

static void
out_of_patience(struct loop_timer *t)
{
	struct io *io = (struct io *)((char *)t -
	    offsetof(struct io, patience));
	struct peer *p, *next;

	for (p = LIST_FIRST(&io->peers); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		peer_close(p);
	}
}

void
io_peer_gone(struct io *io)
{
	if (io->stopping && LIST_EMPTY(&io->peers))
		loop_stop(io->loop);
}

static void
stop(struct loop_msg *m)
{
	struct io *io = (struct io *)((char *)m - offsetof(struct io, stop));
	struct peer *p, *next;

	io->stopping = true;
	loop_timer_cancel(&io->reap);
	loop_timer_set(&io->patience, PATIENCE_MS);
	for (p = LIST_FIRST(&io->peers); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		peer_finish(p);
	}
	io_peer_gone(io);
}

static void *
io_thread(void *arg)
{
	struct io *io = arg;

	self = io;
	loop_run(io->loop);
	if (io->ended != NULL)
		control_post(io->broker, &io->end);
	return NULL;
}

static void
has_ended(struct loop_msg *m)
{
	struct io *io = (struct io *)((char *)m - offsetof(struct io, end));

	io->ended(io->broker);
}

static int
start_thread(struct io *io)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&io->thread, &attr, io_thread, io);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

static void
io_free(struct io *io)
{
	image_unref(io->image);
	loop_free(io->loop);
	pthread_mutex_destroy(&io->lock);
	free(io->slots);
	free(io->wakeups);
	free(io);
}

struct io *
io_start(struct broker *b, struct kerr *e)
{
	struct io *io = xcalloc(1, sizeof(*io));
	int rc;

	io->broker = b;
	if ((io->loop = loop_new(e)) == NULL) {
		free(io);
		return NULL;
	}
	pthread_mutex_init(&io->lock, NULL);
	LIST_INIT(&io->peers);
	io->bell.run = bell;
	io->stop.run = stop;
	io->end.run = has_ended;
	loop_timer_init(&io->reap, io->loop, reap);
	loop_timer_init(&io->patience, io->loop, out_of_patience);
	loop_timer_set(&io->reap, reap_interval(io));
	io_refresh(io);
	if ((rc = start_thread(io)) != 0) {
		kerr_set(e, KE_SYS, "cannot start a thread: %s", strerror(rc));
		io_free(io);
		return NULL;
	}
	return io;
}

void
io_stop(struct io *io, void (*ended)(struct broker *))
{
	io->ended = ended;
	loop_post(io->loop, &io->stop);
}

void
io_join(struct io *io)
{
	pthread_join(io->thread, NULL);
	io_free(io);
}

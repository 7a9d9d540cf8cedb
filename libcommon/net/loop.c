/* loop.c: see loop.h. */
#include "net/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

struct loop {
	struct event_base		*base;
	struct event			 limit;		/* of loop_once() */
	struct event			 rung;		/* eventfd */
	int				 bell;
	bool				 stop;
	int64_t				 now;
	TAILQ_HEAD(, loop_work)		 work;
	void				*extra;
	void				(*extra_free)(void *);
	pthread_mutex_t			 lock;		/* of what follows */
	STAILQ_HEAD(msg_list, loop_msg)	 posted;
	bool				 ringing;
};

static int64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static struct timeval
timeval_of(int64_t ms)
{
	struct timeval tv;

	if (ms < 0)
		ms = 0;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	return tv;
}

static void
run_posted(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct msg_list list = STAILQ_HEAD_INITIALIZER(list);
	struct loop_msg *m;
	uint64_t count;

	if (read(l->bell, &count, sizeof(count)) < 0) {
		/* rung again before we got here: nothing to empty */
	}
	loop_clock(l);
	pthread_mutex_lock(&l->lock);
	STAILQ_CONCAT(&list, &l->posted);
	l->ringing = false;
	pthread_mutex_unlock(&l->lock);
	while ((m = STAILQ_FIRST(&list)) != NULL) {
		STAILQ_REMOVE_HEAD(&list, link);
		m->run(m);
	}
}

static void
limit_passed(evutil_socket_t fd, short what, void *arg)
{
}

/* libevent would print. */
static void
take_log(int severity, const char *text)
{
	log_line(LOG_DEBUG, LOG_NET, "%s", text);
}

static struct event_base *
new_base(void)
{
	struct event_config *ec;
	struct event_base *base;

	event_set_log_callback(take_log);
	ec = event_config_new();
	if (ec == NULL)
		return NULL;
	event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(ec, EVENT_BASE_FLAG_IGNORE_ENV);
	base = event_base_new_with_config(ec);
	event_config_free(ec);
	return base;
}

struct loop *
loop_new(struct kerr *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->bell < 0) {
		kerr_sys(e, "event loop: eventfd");
		free(l);
		return NULL;
	}
	l->base = new_base();
	if (l->base == NULL) {
		kerr_sys(e, "event loop");
		close(l->bell);
		free(l);
		return NULL;
	}
	TAILQ_INIT(&l->work);
	STAILQ_INIT(&l->posted);
	pthread_mutex_init(&l->lock, NULL);
	l->now = clock_ms();
	event_assign(&l->rung, l->base, l->bell, EV_READ | EV_PERSIST,
	    run_posted, l);
	event_add(&l->rung, NULL);
	event_assign(&l->limit, l->base, -1, 0, limit_passed, NULL);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->extra != NULL)
		l->extra_free(l->extra);
	event_del(&l->rung);
	event_del(&l->limit);
	event_base_free(l->base);
	close(l->bell);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Runs what was deferred, what that defers included. */
static void
run_work(struct loop *l)
{
	struct loop_work *w;

	while ((w = TAILQ_FIRST(&l->work)) != NULL) {
		TAILQ_REMOVE(&l->work, w, link);
		w->queued = false;
		w->run(w);
	}
}

static void
turn(struct loop *l, int flags)
{
	l->now = clock_ms();
	run_work(l);
	if (l->stop)
		return;
	event_base_loop(l->base,
	    EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY | flags);
	l->now = clock_ms();
	run_work(l);
}

void
loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop)
		turn(l, 0);
}

void
loop_once(struct loop *l, int64_t wait_ms)
{
	struct timeval tv = timeval_of(wait_ms);

	l->stop = false;
	if (wait_ms > 0)
		event_add(&l->limit, &tv);
	turn(l, wait_ms == 0 ? EVLOOP_NONBLOCK : 0);
	if (wait_ms > 0)
		event_del(&l->limit);
}

void
loop_run_for(struct loop *l, int64_t ms)
{
	int64_t until = loop_clock(l) + ms, left;

	while ((left = until - loop_clock(l)) > 0)
		loop_once(l, left);
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

int64_t
loop_now(const struct loop *l)
{
	return l->now;
}

int64_t
loop_clock(struct loop *l)
{
	l->now = clock_ms();
	return l->now;
}

void **
loop_extra(struct loop *l, void (*release)(void *))
{
	l->extra_free = release;
	return &l->extra;
}

static void
io_event(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;

	loop_clock(io->loop);
	io->ready(io, what & EV_READ ? LOOP_READ : LOOP_WRITE);
}

void
loop_io_init(struct loop_io *io, struct loop *l, int fd,
    void (*ready)(struct loop_io *, int what))
{
	io->loop = l;
	io->fd = fd;
	io->armed = 0;
	io->ready = ready;
	event_assign(&io->rd, l->base, fd, EV_READ | EV_PERSIST, io_event, io);
	event_assign(&io->wr, l->base, fd, EV_WRITE | EV_PERSIST, io_event,
	    io);
}

static int
io_set(struct loop_io *io, struct event *ev, int bit, int want)
{
	if ((want & bit) == (io->armed & bit))
		return 0;
	if (want & bit) {
		if (event_add(ev, NULL) != 0)
			return KE_SYS;
	} else
		event_del(ev);
	io->armed ^= bit;
	return 0;
}

int
loop_io_want(struct loop_io *io, int what)
{
	int error = io_set(io, &io->rd, LOOP_READ, what);

	if (error == 0)
		error = io_set(io, &io->wr, LOOP_WRITE, what);
	return error;
}

static void
timer_event(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	loop_clock(t->loop);
	t->fire(t);
}

void
loop_timer_init(struct loop_timer *t, struct loop *l,
    void (*fire)(struct loop_timer *))
{
	t->loop = l;
	t->fire = fire;
	event_assign(&t->ev, l->base, -1, 0, timer_event, t);
}

void
loop_timer_set(struct loop_timer *t, int64_t ms)
{
	struct timeval tv = timeval_of(ms);

	event_add(&t->ev, &tv);
}

void
loop_timer_cancel(struct loop_timer *t)
{
	event_del(&t->ev);
}

bool
loop_timer_armed(const struct loop_timer *t)
{
	return event_pending(&t->ev, EV_TIMEOUT, NULL) != 0;
}

static void
signal_event(evutil_socket_t fd, short what, void *arg)
{
	struct loop_signal *s = arg;

	s->caught(s);
}

void
loop_signal_init(struct loop_signal *s, struct loop *l, int signo,
    void (*caught)(struct loop_signal *))
{
	s->signo = signo;
	s->caught = caught;
	event_assign(&s->ev, l->base, signo, EV_SIGNAL | EV_PERSIST,
	    signal_event, s);
}

void
loop_signal_start(struct loop_signal *s)
{
	event_add(&s->ev, NULL);
}

void
loop_signal_stop(struct loop_signal *s)
{
	event_del(&s->ev);
}

void
loop_defer(struct loop *l, struct loop_work *w)
{
	if (w->queued)
		return;
	w->queued = true;
	TAILQ_INSERT_TAIL(&l->work, w, link);
}

void
loop_defer_cancel(struct loop *l, struct loop_work *w)
{
	if (!w->queued)
		return;
	w->queued = false;
	TAILQ_REMOVE(&l->work, w, link);
}

/* Under the lock: true where the bell is to be rung behind it, as who wakes
 * takes the lock at once. */
static bool
must_ring(struct loop *l)
{
	bool must = !l->ringing;

	l->ringing = true;
	return must;
}

static void
ring(struct loop *l)
{
	const uint64_t one = 1;

	if (write(l->bell, &one, sizeof(one)) < 0) {
		/* the counter is full: it rings already */
	}
}

void
loop_post(struct loop *l, struct loop_msg *m)
{
	bool must;

	pthread_mutex_lock(&l->lock);
	STAILQ_INSERT_TAIL(&l->posted, m, link);
	must = must_ring(l);
	pthread_mutex_unlock(&l->lock);
	if (must)
		ring(l);
}

void
loop_leave(struct loop *l, struct loop_msg *m)
{
	pthread_mutex_lock(&l->lock);
	STAILQ_INSERT_TAIL(&l->posted, m, link);
	pthread_mutex_unlock(&l->lock);
}

void
loop_wake(struct loop *l)
{
	bool must;

	pthread_mutex_lock(&l->lock);
	must = must_ring(l);
	pthread_mutex_unlock(&l->lock);
	if (must)
		ring(l);
}

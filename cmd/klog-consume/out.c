/*
 * out.c: in a group, what is printed leaves through a thread of its own, so
 * that a reader that takes nothing for an hour holds up neither heartbeats
 * nor rebalances. Chunks of text wait in a queue; beside each lie marks: where
 * in it a record ends, and which offset its partition stands at behind it. How
 * many bytes write(2) has accepted then tells which records have left, and
 * what has not left yet can be taken back, record by record, when its
 * partition becomes another member's.
 *
 * The thread touches the queue under the lock and writes without it; the rest
 * is the main thread's.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "consume.h"

#define WRITE_MAX	(256u << 10)	/* of one write(2): then it is told */
#define CHUNKS_MAX	2		/* that wait: print no more */
#define SPARE_MAX	6		/* chunks kept for the next ones */
#define CHUNK_SIZE	(1u << 20)
#define KICK_MS		2

struct mark {
	uint32_t	end;		/* in the chunk */
	int32_t		slot;
	int64_t		next;		/* offset behind it */
};

struct chunk {
	STAILQ_ENTRY(chunk)	 link;
	struct buf		 b;
	size_t			 done;		/* bytes accepted */
	int64_t			 base;		/* accepted before it; -1: not
						 * begun */
	struct mark		*mark;
	size_t			 n_marks, passed, cap;
};

STAILQ_HEAD(chunks_list, chunk);

struct out {
	struct consume		*co;
	pthread_t		 thread;
	pthread_mutex_t		 lock;
	pthread_cond_t		 changed;
	struct chunks_list	 queue;		/* to be written */
	struct chunks_list	 written;	/* marks not passed yet */
	int			 waiting;	/* chunks in queue */
	int64_t			 accepted;	/* bytes */
	int			 error;		/* errno; 0: none */
	bool			 busy;		/* in write(2), or about to be*/
	bool			 hold, quit;
	bool			 posted;
	struct loop_msg		 msg;
	bool			 is_pipe;
	struct loop_io		 reader;	/* a pipe's: ready when gone */
	/* the chunk being printed */
	struct mark		*mark;
	size_t			 n_marks, cap;
	struct chunks_list	 spare;		/* with their memory */
	int			 n_spare;
};

static void
moved(struct loop_msg *m)
{
	struct out *o = (struct out *)(void *)((char *)m -
	    offsetof(struct out, msg));

	pthread_mutex_lock(&o->lock);
	o->posted = false;
	pthread_mutex_unlock(&o->lock);
	consumer_wake(o->co->c);
}

/* Under the lock. */
static void
tell(struct out *o)
{
	if (!o->posted) {
		o->posted = true;
		loop_post(o->co->loop, &o->msg);
	}
	pthread_cond_broadcast(&o->changed);
}

/* The first chunk is written. Under the lock. */
static void
finish(struct out *o, struct chunk *ch)
{
	STAILQ_REMOVE_HEAD(&o->queue, link);
	STAILQ_INSERT_TAIL(&o->written, ch, link);
	o->waiting--;
}

/* Takes over what one write(2) came to. Under the lock. */
static void
take_written(struct out *o, struct chunk *ch, ssize_t n, int error)
{
	if (n < 0) {
		if (error != EINTR && error != EAGAIN)
			o->error = error;
		if (error != EINTR)
			tell(o);
		return;
	}
	o->accepted += n;
	ch->done += (size_t)n;
	if (ch->done == ch->b.len)
		finish(o, ch);
	tell(o);
}

static void *
writer(void *arg)
{
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct out *o = arg;

	pthread_mutex_lock(&o->lock);
	while (!o->quit) {
		struct chunk *ch = STAILQ_FIRST(&o->queue);
		const uint8_t *p;
		size_t n;
		ssize_t rc;
		int error;

		if (ch == NULL || o->hold || o->error != 0) {
			o->busy = false;
			pthread_cond_broadcast(&o->changed);
			pthread_cond_wait(&o->changed, &o->lock);
			continue;
		}
		o->busy = true;
		if (ch->base < 0)
			ch->base = o->accepted;
		p = ch->b.p + ch->done;
		n = ch->b.len - ch->done;
		if (n == 0) {		/* marks alone, or taken back */
			finish(o, ch);
			tell(o);
			continue;
		}
		pthread_mutex_unlock(&o->lock);
		rc = write(STDOUT_FILENO, p, n < WRITE_MAX ? n : WRITE_MAX);
		error = errno;
		if (rc < 0 && error == EAGAIN)
			poll(&fd, 1, -1);
		pthread_mutex_lock(&o->lock);
		take_written(o, ch, rc, error);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

static void
kicked(int sig)
{
}

/* Nobody reads the pipe any more: no need to wait for the next write. */
static void
reader_gone(struct loop_io *io, int what)
{
	struct out *o = (struct out *)(void *)((char *)io -
	    offsetof(struct out, reader));
	struct pollfd fd = { .fd = STDOUT_FILENO };

	if (poll(&fd, 1, 0) <= 0 || (fd.revents & POLLERR) == 0)
		return;
	loop_io_want(io, 0);
	pthread_mutex_lock(&o->lock);
	if (o->error == 0)
		o->error = EPIPE;
	tell(o);
	pthread_mutex_unlock(&o->lock);
}

struct out *
out_new(struct consume *co)
{
	struct sigaction sa = { .sa_handler = kicked };
	struct out *o = xcalloc(1, sizeof(*o));
	sigset_t all, old;
	struct stat st;

	o->co = co;
	STAILQ_INIT(&o->queue);
	STAILQ_INIT(&o->written);
	STAILQ_INIT(&o->spare);
	o->msg.run = moved;
	o->is_pipe = fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
	loop_io_init(&o->reader, co->loop, STDOUT_FILENO, reader_gone);
	if (o->is_pipe)
		loop_io_want(&o->reader, LOOP_READ);
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->changed, NULL);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGRTMIN, &sa, NULL);	/* no SA_RESTART: ends a write(2) */
	/* signals are the main thread's, but for that one */
	sigfillset(&all);
	sigdelset(&all, SIGRTMIN);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&o->thread, NULL, writer, o) != 0)
		die(EXIT_BAD_USAGE, "cannot start a thread");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return o;
}

/* Waits until the thread is in no write(2). Under the lock. */
static void
wait_still(struct out *o)
{
	struct timespec ts;

	while (o->busy) {
		pthread_kill(o->thread, SIGRTMIN);
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += KICK_MS * 1000000L;
		if (ts.tv_nsec >= 1000000000L) {
			ts.tv_nsec -= 1000000000L;
			ts.tv_sec++;
		}
		pthread_cond_timedwait(&o->changed, &o->lock, &ts);
	}
}

void
out_hold(struct out *o)
{
	pthread_mutex_lock(&o->lock);
	o->hold = true;
	wait_still(o);
	pthread_mutex_unlock(&o->lock);
}

void
out_go(struct out *o)
{
	pthread_mutex_lock(&o->lock);
	o->hold = false;
	pthread_cond_broadcast(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

static void
chunk_free(struct chunk *ch)
{
	buf_release(&ch->b);
	free(ch->mark);
	free(ch);
}

static void
free_list(struct chunks_list *list)
{
	struct chunk *ch;

	while ((ch = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		chunk_free(ch);
	}
}

void
out_free(struct out *o)
{
	if (o == NULL)
		return;
	loop_io_want(&o->reader, 0);
	pthread_mutex_lock(&o->lock);
	o->hold = o->quit = true;
	wait_still(o);
	pthread_cond_broadcast(&o->changed);
	pthread_mutex_unlock(&o->lock);
	pthread_join(o->thread, NULL);
	free_list(&o->queue);
	free_list(&o->written);
	free_list(&o->spare);
	free(o->mark);
	pthread_cond_destroy(&o->changed);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

void
out_mark(struct out *o, size_t end, int slot, int64_t next)
{
	if (o->n_marks == o->cap) {
		o->cap = o->cap > 0 ? 2 * o->cap : 4096;
		o->mark = xreallocarray(o->mark, o->cap, sizeof(*o->mark));
	}
	o->mark[o->n_marks++] = (struct mark){ (uint32_t)end, slot, next };
	o->co->plan.part[slot].marks++;
}

/* An empty chunk, with the memory of an older one where there is one. */
static struct chunk *
spare_chunk(struct out *o)
{
	struct chunk *ch = STAILQ_FIRST(&o->spare);

	if (ch == NULL)
		ch = xcalloc(1, sizeof(*ch));
	else {
		STAILQ_REMOVE_HEAD(&o->spare, link);
		o->n_spare--;
	}
	buf_clear(&ch->b);
	ch->base = -1;
	ch->done = ch->n_marks = ch->passed = 0;
	return ch;
}

/* What was printed and its marks change places with a spare chunk's. */
void
out_push(struct out *o, struct buf *b)
{
	struct chunk *ch;
	struct mark *mark;
	struct buf next;
	size_t cap;

	if (b->len == 0 && o->n_marks == 0)
		return;
	ch = spare_chunk(o);
	next = ch->b;
	ch->b = *b;
	*b = next;
	mark = ch->mark;
	cap = ch->cap;
	ch->mark = o->mark;
	ch->n_marks = o->n_marks;
	ch->cap = o->cap;
	o->mark = mark;
	o->n_marks = 0;
	o->cap = cap;
	buf_reserve(b, CHUNK_SIZE + 4096);
	pthread_mutex_lock(&o->lock);
	STAILQ_INSERT_TAIL(&o->queue, ch, link);
	o->waiting++;
	pthread_cond_broadcast(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

bool
out_room(struct out *o)
{
	bool room;

	pthread_mutex_lock(&o->lock);
	room = o->waiting < CHUNKS_MAX;
	pthread_mutex_unlock(&o->lock);
	return room;
}

bool
out_idle(struct out *o)
{
	bool idle;

	pthread_mutex_lock(&o->lock);
	idle = STAILQ_EMPTY(&o->queue);
	pthread_mutex_unlock(&o->lock);
	return idle;
}

int64_t
out_accepted(struct out *o)
{
	int64_t n;

	pthread_mutex_lock(&o->lock);
	n = o->accepted;
	pthread_mutex_unlock(&o->lock);
	return n;
}

int
out_error(struct out *o)
{
	int error;

	pthread_mutex_lock(&o->lock);
	error = o->error;
	pthread_mutex_unlock(&o->lock);
	return error;
}

/* Passes the marks of a chunk up to a place; true where none is left. */
static bool
pass(struct out *o, struct chunk *ch, int64_t limit)
{
	if (ch->base < 0)
		return false;
	while (ch->passed < ch->n_marks &&
	    ch->base + ch->mark[ch->passed].end <= limit) {
		const struct mark *m = &ch->mark[ch->passed++];

		group_passed(o->co, m->slot, m->next);
	}
	return ch->passed == ch->n_marks;
}

static void
recycle(struct out *o, struct chunk *ch)
{
	if (o->n_spare < SPARE_MAX && ch->b.cap <= 2 * CHUNK_SIZE) {
		STAILQ_INSERT_HEAD(&o->spare, ch, link);
		o->n_spare++;
	} else
		chunk_free(ch);
}

void
out_settle(struct out *o, bool unread)
{
	struct chunk *ch;
	int64_t limit;
	int left = 0;

	pthread_mutex_lock(&o->lock);
	if (unread && o->is_pipe && ioctl(STDOUT_FILENO, FIONREAD, &left) != 0)
		left = 0;
	limit = o->accepted - left;
	while ((ch = STAILQ_FIRST(&o->written)) != NULL &&
	    pass(o, ch, limit)) {
		STAILQ_REMOVE_HEAD(&o->written, link);
		recycle(o, ch);
	}
	if (ch == NULL && (ch = STAILQ_FIRST(&o->queue)) != NULL)
		pass(o, ch, limit);
	pthread_mutex_unlock(&o->lock);
}

/* Takes what is not begun of the gone slots out of a chunk. */
static void
filter(struct out *o, struct chunk *ch, const bool *gone)
{
	uint32_t from = 0, to = 0;
	size_t kept = ch->passed;

	if (ch->passed > 0)
		from = to = ch->mark[ch->passed - 1].end;
	for (size_t i = ch->passed; i < ch->n_marks; i++) {
		struct mark m = ch->mark[i];
		uint32_t len = m.end - from;

		/* one that has begun to leave is seen through */
		if (gone[m.slot] && (from >= ch->done || len == 0)) {
			group_dropped(o->co, m.slot);
			from = m.end;
			continue;
		}
		if (gone[m.slot])
			group_passed(o->co, m.slot, m.next);
		memmove(ch->b.p + to, ch->b.p + from, len);
		from = m.end;
		to += len;
		m.end = to;
		if (!gone[m.slot])
			ch->mark[kept++] = m;
	}
	ch->n_marks = kept;
	ch->b.len = to;
}

void
out_take_back(struct out *o, const bool *gone)
{
	struct chunk *ch;

	pthread_mutex_lock(&o->lock);
	STAILQ_FOREACH(ch, &o->queue, link)
		filter(o, ch, gone);
	pthread_mutex_unlock(&o->lock);
}

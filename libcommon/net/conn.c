/* conn.c: see conn.h. */
#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "net/conn_impl.h"

enum { READS_A_ROUND = 16, BUDGET_RETRY_MS = 10 };

#define CONN_OF(p, member) \
	((struct conn *)(void *)((char *)(p) - offsetof(struct conn, member)))

void
conn_want(struct conn *c)
{
	int what = 0;

	if (c->state == OPEN && !c->paused && !loop_timer_armed(&c->timer))
		what |= LOOP_READ;
	if (c->state == CONNECTING || c->queued > 0)
		what |= LOOP_WRITE;
	loop_io_want(&c->io, what);
}

/* Closes the descriptor and leaves a shell that only waits to be freed. */
static void
bury(struct conn *c)
{
	c->state = DEAD;
	if (c->io.fd >= 0) {
		loop_io_want(&c->io, 0);
		c->tr->close(c->io.fd);
		c->io.fd = -1;
	}
	loop_timer_cancel(&c->timer);
	loop_defer_cancel(c->loop, &c->work);
	loop_defer_cancel(c->loop, &c->rescan);
	conn_drop_output(c);
	frame_release(&c->in);
	addr_set_release(&c->set);
}

void
conn_maybe_free(struct conn *c)
{
	if (c->state != DEAD || c->depth > 0)
		return;
	free(c->out);
	free(c);
}

/* The connection ends by itself; e is its own or c->err. */
void
conn_end(struct conn *c, const struct kerr *e)
{
	struct kerr copy = *e;

	c->depth++;
	bury(c);
	c->cf.ops->closed(c, &copy);
	c->depth--;
	conn_maybe_free(c);
}

static void
end_sys(struct conn *c, int error)
{
	struct kerr e = KERR_INIT;

	errno = error;
	kerr_sys(&e, "connection");
	conn_end(c, &e);
}

static void
end_eof(struct conn *c)
{
	struct kerr e = KERR_INIT;

	kerr_set(&e, KE_EOF, "the connection was closed by the other side");
	conn_end(c, &e);
}

/* Hands over the complete frames that have been read. False: c is gone. */
static bool
deliver(struct conn *c)
{
	struct kerr e = KERR_INIT;
	struct frame f;
	int rc = 0;

	while (c->state == OPEN && !c->paused &&
	    (rc = frame_next(&c->in, &f, &e)) > 0) {
		c->depth++;
		c->cf.ops->frame(c, &f);
		frame_done(&c->in, &f);
		c->depth--;
	}
	if (c->state == DEAD) {
		conn_maybe_free(c);
		return false;
	}
	if (rc < 0) {
		conn_end(c, &e);
		return false;
	}
	return true;
}

/* Reads once. 1: there may be more; 0: not now; -1: c is gone. */
static int
read_once(struct conn *c)
{
	uint8_t *p;
	size_t room = frame_room(&c->in, &p);
	ssize_t n;

	if (p == NULL) {
		loop_timer_set(&c->timer, BUDGET_RETRY_MS);
		conn_want(c);
		return 0;
	}
	n = c->tr->read(c->io.fd, p, room);
	if (n > 0) {
		c->in.end += (size_t)n;
		c->active = loop_now(c->loop);
		if (!deliver(c))
			return -1;
		return (size_t)n == room;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		end_sys(c, errno);
	else
		end_eof(c);
	return -1;
}

static void
readable(struct conn *c)
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < READS_A_ROUND; i++) {
		if (c->state != OPEN || c->paused)
			break;
		rc = read_once(c);
	}
	if (rc >= 0)
		frame_idle(&c->in);
}

static void
flush_work(struct loop_work *w)
{
	struct conn *c = CONN_OF(w, work);

	if (c->state == CONNECTING)
		conn_dial_next(c);
	else if (c->err.code != 0)
		conn_end(c, &c->err);
	else
		conn_flush_now(c);
}

static void
rescan_work(struct loop_work *w)
{
	struct conn *c = CONN_OF(w, rescan);

	if (c->state == OPEN && !c->paused && deliver(c))
		frame_idle(&c->in);
}

void
conn_ready(struct loop_io *io, int what)
{
	struct conn *c = CONN_OF(io, io);
	socklen_t len = sizeof(int);
	int error = 0;

	if (c->state == CONNECTING) {
		getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0)
			conn_dial_failed(c, error);
		else
			conn_opened(c);
	} else if (what == LOOP_WRITE)
		conn_flush_now(c);
	else
		readable(c);
}

static void
timed(struct loop_timer *t)
{
	struct conn *c = CONN_OF(t, timer);

	if (c->state == CONNECTING)
		conn_dial_failed(c, ETIMEDOUT);
	else
		conn_want(c);
}

struct conn *
conn_new(struct loop *l, const struct conn_config *cf)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->cf = *cf;
	c->tr = &transport_plain;
	c->in.loop = l;
	c->in.budget = cf->budget;
	c->in.frame_max = cf->frame_max;
	c->work.run = flush_work;
	c->rescan.run = rescan_work;
	c->active = loop_now(l);
	loop_timer_init(&c->timer, l, timed);
	loop_io_init(&c->io, l, -1, conn_ready);
	return c;
}

struct conn *
conn_adopt(struct loop *l, int fd, const struct conn_config *cf)
{
	struct conn *c = conn_new(l, cf);

	loop_io_init(&c->io, l, fd, conn_ready);
	evutil_make_socket_nonblocking(fd);
	c->state = OPEN;
	conn_tune(fd, conn_is_unix(c));
	conn_want(c);
	return c;
}

void
conn_close(struct conn *c)
{
	if (c == NULL || c->state == DEAD)
		return;
	bury(c);
	conn_maybe_free(c);
}

void
conn_finish(struct conn *c)
{
	if (c->state != OPEN || c->queued == 0) {
		conn_close(c);
		return;
	}
	c->state = FINISHING;
	conn_want(c);
	loop_defer(c->loop, &c->work);
}

void *
conn_arg(const struct conn *c)
{
	return c->cf.arg;
}

void
conn_local(const struct conn *c, struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	memset(a, 0, sizeof(*a));
	if (getsockname(c->io.fd, (struct sockaddr *)&ss, &len) == 0)
		addr_from_sockaddr(a, (struct sockaddr *)&ss, len);
}

void
conn_peer(const struct conn *c, struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	memset(a, 0, sizeof(*a));
	if (getpeername(c->io.fd, (struct sockaddr *)&ss, &len) == 0)
		addr_from_sockaddr(a, (struct sockaddr *)&ss, len);
}

bool
conn_is_unix(const struct conn *c)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	getsockopt(c->io.fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return domain == AF_UNIX;
}

int
conn_peer_uid(const struct conn *c, uid_t *uid, pid_t *pid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (!conn_is_unix(c) || getsockopt(c->io.fd, SOL_SOCKET, SO_PEERCRED,
	    &cred, &len) != 0)
		return KE_UNSUPPORTED;
	*uid = cred.uid;
	*pid = cred.pid;
	return 0;
}

int64_t
conn_last_active(const struct conn *c)
{
	return c->active;
}

size_t
conn_partial(const struct conn *c)
{
	return c->in.end - c->in.start;
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
	conn_want(c);
}

void
conn_resume(struct conn *c)
{
	if (!c->paused)
		return;
	c->paused = false;
	conn_want(c);
	loop_defer(c->loop, &c->rescan);
}

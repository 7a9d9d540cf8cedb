/* conn.c: see conn.h. */
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "net/frame.h"
#include "net/transport.h"
#include "wire/chunks.h"

enum {
	IOV_MAX_HERE = 64,
	READS_A_ROUND = 16,
	SEND_A_ROUND = 8 * 1024 * 1024,
	BUDGET_RETRY_MS = 10,
	UNIX_BUFFER = 1024 * 1024
};

enum conn_state { CONNECTING, OPEN, FINISHING, DEAD };

struct conn {
	struct loop_io		 io;
	struct loop		*loop;
	struct conn_config	 cf;
	const struct transport	*tr;
	enum conn_state		 state;
	bool			 paused;
	int			 depth;		/* our frames on the stack */
	int64_t			 active;
	struct addr		 addr;		/* as dialled */
	struct addr_set		 set;		/* its addresses, while dialling */
	int			 tried;
	struct kerr		 err;		/* why it ends */
	struct loop_timer	 timer;		/* dialling; budget */
	struct loop_work	 work;		/* flush, or say the end */
	struct loop_work	 rescan;	/* frames read before a pause */
	struct frame_input	 in;
	struct chunks		*out;		/* [first, n) are queued */
	size_t			 first, n, cap;
	uint64_t		 queued;	/* bytes in out */
};

#define CONN_OF(p, member) \
	((struct conn *)(void *)((char *)(p) - offsetof(struct conn, member)))

static void dial_next(struct conn *);

static void
want(struct conn *c)
{
	int what = 0;

	if (c->state == OPEN && !c->paused && !loop_timer_armed(&c->timer))
		what |= LOOP_READ;
	if (c->state == CONNECTING || c->queued > 0)
		what |= LOOP_WRITE;
	loop_io_want(&c->io, what);
}

static void
drop_output(struct conn *c)
{
	for (size_t i = c->first; i < c->n; i++)
		chunks_release(&c->out[i]);
	c->first = c->n = 0;
	c->queued = 0;
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
	drop_output(c);
	frame_release(&c->in);
	addr_set_release(&c->set);
}

static void
maybe_free(struct conn *c)
{
	if (c->state != DEAD || c->depth > 0)
		return;
	free(c->out);
	free(c);
}

/* The connection ends by itself; e is its own or c->err. */
static void
end(struct conn *c, const struct kerr *e)
{
	struct kerr copy = *e;

	c->depth++;
	bury(c);
	c->cf.ops->closed(c, &copy);
	c->depth--;
	maybe_free(c);
}

static void
end_sys(struct conn *c, int error)
{
	struct kerr e = KERR_INIT;

	errno = error;
	kerr_sys(&e, "connection");
	end(c, &e);
}

static void
end_eof(struct conn *c)
{
	struct kerr e = KERR_INIT;

	kerr_set(&e, KE_EOF, "the connection was closed by the other side");
	end(c, &e);
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
		maybe_free(c);
		return false;
	}
	if (rc < 0) {
		end(c, &e);
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
		want(c);
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

/* Fills iov from the lists at the front, up to a file range; *more is set
 * when a file range follows. */
static int
gather(struct conn *c, struct iovec *iov, bool *more)
{
	int n = 0;

	*more = false;
	for (size_t i = c->first; i < c->n && n < IOV_MAX_HERE; i++) {
		int k = chunks_iov(&c->out[i], iov + n, IOV_MAX_HERE - n);
		uint64_t bytes = 0;

		for (int j = n; j < n + k; j++)
			bytes += iov[j].iov_len;
		n += k;
		if (bytes < c->out[i].len) {
			*more = n < IOV_MAX_HERE;
			break;
		}
	}
	return n;
}

static void
consume(struct conn *c, uint64_t n)
{
	struct chunks *front;
	uint64_t take;

	c->queued -= n;
	while (n > 0) {
		front = &c->out[c->first];
		take = n < front->len ? n : front->len;
		chunks_consume(front, take);
		n -= take;
		if (chunks_empty(front)) {
			chunks_release(front);
			c->first++;
		}
	}
	if (c->first == c->n)
		c->first = c->n = 0;
}

static ssize_t
send_once(struct conn *c)
{
	const struct chunk *file = chunks_file(&c->out[c->first]);
	struct iovec iov[IOV_MAX_HERE];
	ssize_t sent;
	bool more;
	int n;

	if (file != NULL) {
		sent = c->tr->sendfile(c->io.fd, file->fd, file->off,
		    file->len);
		if (sent == 0) {	/* the file is shorter than promised */
			errno = EIO;
			return -1;
		}
		return sent;
	}
	n = gather(c, iov, &more);
	return c->tr->writev(c->io.fd, iov, n, more);
}

/* Keeps why sending failed; the connection ends before the loop waits. */
static void
send_failed(struct conn *c)
{
	kerr_sys(&c->err, "connection");
	drop_output(c);
	want(c);
	loop_defer(c->loop, &c->work);
}

static void
flush(struct conn *c)
{
	ssize_t n;
	uint64_t sent = 0;

	while (c->queued > 0 && sent < SEND_A_ROUND) {
		n = send_once(c);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			/* not from here: the caller still holds c */
			send_failed(c);
			return;
		}
		consume(c, (uint64_t)n);
		sent += (uint64_t)n;
	}
	if (sent > 0)
		c->active = loop_now(c->loop);
	if (c->queued == 0 && c->state == FINISHING) {
		conn_close(c);
		return;
	}
	want(c);
	if (c->queued == 0 && sent > 0 && c->cf.ops->drained != NULL) {
		c->depth++;
		c->cf.ops->drained(c);
		c->depth--;
		maybe_free(c);
	}
}

static void
flush_work(struct loop_work *w)
{
	struct conn *c = CONN_OF(w, work);

	if (c->state == CONNECTING)
		dial_next(c);
	else if (c->err.code != 0)
		end(c, &c->err);
	else
		flush(c);
}

static void
rescan_work(struct loop_work *w)
{
	struct conn *c = CONN_OF(w, rescan);

	if (c->state == OPEN && !c->paused && deliver(c))
		frame_idle(&c->in);
}

static void
tune(int fd, bool is_unix)
{
	const int one = 1, size = UNIX_BUFFER;

	/* TCP grows its buffers by itself; a Unix socket's stay as they are */
	if (is_unix)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void
opened(struct conn *c)
{
	loop_timer_cancel(&c->timer);
	kerr_clear(&c->err);
	addr_set_release(&c->set);
	c->state = OPEN;
	c->active = loop_now(c->loop);
	want(c);
	c->depth++;
	if (c->cf.ops->opened != NULL)
		c->cf.ops->opened(c);
	c->depth--;
	maybe_free(c);
}

static void
dial_failed(struct conn *c, int error)
{
	kerr_set(&c->err, KE_UNREACHABLE, "%s", strerror(error));
	if (c->io.fd >= 0) {
		loop_io_want(&c->io, 0);
		c->tr->close(c->io.fd);
		c->io.fd = -1;
	}
	loop_timer_cancel(&c->timer);
	dial_next(c);
}

static void ready(struct loop_io *, int);

/* Tries the next address of the set; the last failure ends the connection. */
static void
dial_next(struct conn *c)
{
	const struct sockaddr *sa;
	int fd;

	if (c->tried == c->set.n) {
		end(c, &c->err);
		return;
	}
	sa = (const struct sockaddr *)&c->set.v[c->tried];
	c->tried++;
	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0) {
		dial_failed(c, errno);
		return;
	}
	tune(fd, sa->sa_family == AF_UNIX);
	loop_io_init(&c->io, c->loop, fd, ready);
	if (connect(fd, sa, c->set.len[c->tried - 1]) == 0) {
		opened(c);
		return;
	}
	if (errno != EINPROGRESS) {
		dial_failed(c, errno);
		return;
	}
	want(c);
	if (c->cf.connect_ms > 0)
		loop_timer_set(&c->timer, c->cf.connect_ms);
}

static void
ready(struct loop_io *io, int what)
{
	struct conn *c = CONN_OF(io, io);
	socklen_t len = sizeof(int);
	int error = 0;

	if (c->state == CONNECTING) {
		getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0)
			dial_failed(c, error);
		else
			opened(c);
	} else if (what == LOOP_WRITE)
		flush(c);
	else
		readable(c);
}

static void
timed(struct loop_timer *t)
{
	struct conn *c = CONN_OF(t, timer);

	if (c->state == CONNECTING)
		dial_failed(c, ETIMEDOUT);
	else
		want(c);
}

static struct conn *
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
	loop_io_init(&c->io, l, -1, ready);
	return c;
}

struct conn *
conn_dial(struct loop *l, const struct addr *a, const struct conn_config *cf,
    struct kerr *e)
{
	struct addr_set set;
	struct conn *c;

	if (addr_resolve(&set, a, false, e) != 0)
		return NULL;
	c = conn_new(l, cf);
	c->addr = *a;
	c->set = set;
	c->state = CONNECTING;
	loop_defer(l, &c->work);
	return c;
}

struct conn *
conn_adopt(struct loop *l, int fd, const struct conn_config *cf)
{
	struct conn *c = conn_new(l, cf);

	loop_io_init(&c->io, l, fd, ready);
	evutil_make_socket_nonblocking(fd);
	c->state = OPEN;
	tune(fd, conn_is_unix(c));
	want(c);
	return c;
}

void
conn_close(struct conn *c)
{
	if (c == NULL || c->state == DEAD)
		return;
	bury(c);
	maybe_free(c);
}

void
conn_finish(struct conn *c)
{
	if (c->state != OPEN || c->queued == 0) {
		conn_close(c);
		return;
	}
	c->state = FINISHING;
	want(c);
	loop_defer(c->loop, &c->work);
}

void *
conn_arg(const struct conn *c)
{
	return c->cf.arg;
}

struct loop *
conn_loop(const struct conn *c)
{
	return c->loop;
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
conn_send(struct conn *c, struct chunks *out)
{
	if (c->state == DEAD || c->state == FINISHING || chunks_empty(out)) {
		chunks_clear(out);
		return;
	}
	if (c->n == c->cap && c->first > 0) {
		memmove(c->out, c->out + c->first,
		    (c->n - c->first) * sizeof(*c->out));
		c->n -= c->first;
		c->first = 0;
	} else if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 4 : c->cap * 2;
		c->out = xreallocarray(c->out, c->cap, sizeof(*c->out));
	}
	c->out[c->n++] = *out;
	c->queued += out->len;
	chunks_init(out);
	if (c->state == OPEN)
		loop_defer(c->loop, &c->work);
}

void
conn_flush(struct conn *c)
{
	if (c->state == OPEN || c->state == FINISHING) {
		loop_defer_cancel(c->loop, &c->work);
		flush(c);
	}
}

size_t
conn_queued(const struct conn *c)
{
	return c->queued;
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
	want(c);
}

void
conn_resume(struct conn *c)
{
	if (!c->paused)
		return;
	c->paused = false;
	want(c);
	loop_defer(c->loop, &c->rescan);
}

void
conn_poll(struct conn *c)
{
	if (c->state == OPEN && !c->paused && c->depth == 0)
		readable(c);
}

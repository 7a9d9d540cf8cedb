/* conn_dial.c: outgoing connections (conn_impl.h). */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "net/conn_impl.h"

enum { UNIX_BUFFER = 1024 * 1024 };

void
conn_tune(int fd, bool is_unix)
{
	const int one = 1, size = UNIX_BUFFER;

	/* TCP grows its buffers by itself; a Unix socket's stay as they are */
	if (is_unix)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

void
conn_opened(struct conn *c)
{
	loop_timer_cancel(&c->timer);
	kerr_clear(&c->err);
	addr_set_release(&c->set);
	c->state = OPEN;
	c->active = loop_now(c->loop);
	conn_want(c);
	c->depth++;
	if (c->cf.ops->opened != NULL)
		c->cf.ops->opened(c);
	c->depth--;
	conn_maybe_free(c);
}

void
conn_dial_failed(struct conn *c, int error)
{
	kerr_set(&c->err, KE_UNREACHABLE, "%s", strerror(error));
	if (c->io.fd >= 0) {
		loop_io_want(&c->io, 0);
		c->tr->close(c->io.fd);
		c->io.fd = -1;
	}
	loop_timer_cancel(&c->timer);
	conn_dial_next(c);
}

/* Tries the next address of the set; the last failure ends the connection. */
void
conn_dial_next(struct conn *c)
{
	const struct sockaddr *sa;
	int fd;

	if (c->tried == c->set.n) {
		conn_end(c, &c->err);
		return;
	}
	sa = (const struct sockaddr *)&c->set.v[c->tried];
	c->tried++;
	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0) {
		conn_dial_failed(c, errno);
		return;
	}
	conn_tune(fd, sa->sa_family == AF_UNIX);
	loop_io_init(&c->io, c->loop, fd, conn_ready);
	if (connect(fd, sa, c->set.len[c->tried - 1]) == 0) {
		conn_opened(c);
		return;
	}
	if (errno != EINPROGRESS) {
		conn_dial_failed(c, errno);
		return;
	}
	conn_want(c);
	if (c->cf.connect_ms > 0)
		loop_timer_set(&c->timer, c->cf.connect_ms);
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

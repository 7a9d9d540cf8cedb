/* conn_out.c: what a connection sends (conn_impl.h). */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "net/conn_impl.h"

enum { IOV_MAX_HERE = 64, SEND_A_ROUND = 8 * 1024 * 1024 };

void
conn_drop_output(struct conn *c)
{
	for (size_t i = c->first; i < c->n; i++)
		chunks_release(&c->out[i]);
	c->first = c->n = 0;
	c->queued = 0;
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
	conn_drop_output(c);
	conn_want(c);
	loop_defer(c->loop, &c->work);
}

void
conn_flush_now(struct conn *c)
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
	conn_want(c);
	if (c->queued == 0 && sent > 0 && c->cf.ops->drained != NULL) {
		c->depth++;
		c->cf.ops->drained(c);
		c->depth--;
		conn_maybe_free(c);
	}
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
		conn_flush_now(c);
	}
}

size_t
conn_queued(const struct conn *c)
{
	return c->queued;
}

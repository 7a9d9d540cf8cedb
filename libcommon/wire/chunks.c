/* chunks.c: see chunks.h. */
#include "wire/chunks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"

static void
drop(struct khold *h)
{
	if (h != NULL)
		h->drop(h);
}

void
chunks_init(struct chunks *c)
{
	memset(c, 0, sizeof(*c));
}

void
chunks_clear(struct chunks *c)
{
	for (size_t i = c->first; i < c->n; i++)
		drop(c->v[i].hold);
	c->n = c->first = 0;
	c->len = 0;
	buf_clear(&c->own);
}

void
chunks_release(struct chunks *c)
{
	chunks_clear(c);
	free(c->v);
	buf_release(&c->own);
	chunks_init(c);
}

static struct chunk *
add(struct chunks *c, enum chunk_kind kind, size_t len)
{
	struct chunk *k;

	if (c->n == c->cap) {
		c->cap = c->cap != 0 ? c->cap * 2 : 8;
		c->v = xreallocarray(c->v, c->cap, sizeof(*c->v));
	}
	k = &c->v[c->n++];
	memset(k, 0, sizeof(*k));
	k->kind = kind;
	k->len = len;
	k->fd = -1;
	c->len += len;
	return k;
}

void
chunks_own(struct chunks *c, size_t from)
{
	size_t len = c->own.len - from;
	struct chunk *last = c->n > c->first ? &c->v[c->n - 1] : NULL;

	if (len == 0)
		return;
	if (last != NULL && last->kind == CHUNK_OWN &&
	    (size_t)last->off + last->len == from) {
		last->len += len;
		c->len += len;
	} else {
		add(c, CHUNK_OWN, len)->off = (off_t)from;
	}
}

void
chunks_put(struct chunks *c, const void *p, size_t n)
{
	size_t from = c->own.len;

	buf_put(&c->own, p, n);
	chunks_own(c, from);
}

void
chunks_slice(struct chunks *c, const void *p, size_t n, struct khold *h)
{
	struct chunk *k;

	if (n == 0 && h == NULL)
		return;
	k = add(c, CHUNK_SLICE, n);
	k->p = p;
	k->hold = h;
}

void
chunks_file_range(struct chunks *c, int fd, off_t off, size_t n,
    struct khold *h)
{
	struct chunk *k;

	if (n == 0) {
		/* sendfile() of nothing would look like the end of the file. */
		chunks_slice(c, NULL, 0, h);
		return;
	}
	k = add(c, CHUNK_FILE, n);
	k->fd = fd;
	k->off = off;
	k->hold = h;
}

/* An empty chunk at the end (a hold alone) goes too: it can only have come
 * after the first len bytes. */
void
chunks_truncate(struct chunks *c, uint64_t len)
{
	while (c->n > c->first) {
		struct chunk *k = &c->v[c->n - 1];
		uint64_t over = c->len - len;
		size_t take = over < k->len ? (size_t)over : k->len;

		if (over == 0 && k->len > 0)
			break;
		k->len -= take;
		c->len -= take;
		if (k->kind == CHUNK_OWN)
			c->own.len -= take;
		if (k->len > 0)
			break;
		c->n--;
	}
}

static const uint8_t *
bytes(const struct chunks *c, const struct chunk *k)
{
	return k->kind == CHUNK_OWN ? c->own.p + k->off : k->p;
}

int
chunks_iov(const struct chunks *c, struct iovec *iov, int max)
{
	int n = 0;

	for (size_t i = c->first; i < c->n && n < max; i++) {
		const struct chunk *k = &c->v[i];

		if (k->kind == CHUNK_FILE)
			break;
		if (k->len == 0)
			continue;
		/* writev() does not write to it. */
		iov[n].iov_base = (void *)(uintptr_t)bytes(c, k);
		iov[n++].iov_len = k->len;
	}
	return n;
}

const struct chunk *
chunks_file(const struct chunks *c)
{
	size_t i = c->first;

	while (i < c->n && c->v[i].len == 0)
		i++;
	return i < c->n && c->v[i].kind == CHUNK_FILE ? &c->v[i] : NULL;
}

void
chunks_consume(struct chunks *c, uint64_t n)
{
	c->len -= n;
	while (c->first < c->n && (n > 0 || c->v[c->first].len == 0)) {
		struct chunk *k = &c->v[c->first];
		size_t take = n < k->len ? (size_t)n : k->len;

		k->len -= take;
		k->off += (off_t)take;
		if (k->kind == CHUNK_SLICE)
			k->p += take;
		n -= take;
		if (k->len == 0) {
			c->first++;
			drop(k->hold);
		}
	}
	if (c->len == 0)
		chunks_clear(c);
}

static int
read_range(const struct chunk *k, struct buf *b)
{
	uint8_t *to = buf_reserve(b, k->len);
	size_t done = 0;
	ssize_t n;

	if (to == NULL)
		return b->err;
	while (done < k->len) {
		n = pread(k->fd, to + done, k->len - done,
		    k->off + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? KE_SYS : KE_EOF;
		done += (size_t)n;
	}
	b->len += done;
	return 0;
}

int
chunks_flatten(const struct chunks *c, struct buf *b)
{
	int ret;

	for (size_t i = c->first; i < c->n; i++) {
		const struct chunk *k = &c->v[i];

		if (k->kind != CHUNK_FILE)
			buf_put(b, bytes(c, k), k->len);
		else if ((ret = read_range(k, b)) != 0)
			return ret;
	}
	return b->err;
}

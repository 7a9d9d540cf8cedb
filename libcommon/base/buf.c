/* buf.c: see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/varint.h"
#include "base/xalloc.h"

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_release(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->len = b->cap = 0;
	b->err = 0;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->err = 0;
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	size_t cap;

	if (b->err != 0)
		return NULL;
	if (n <= b->cap - b->len && b->p != NULL)
		return b->p + b->len;
	if (b->max != 0 && (n > b->max || b->len > b->max - n)) {
		b->err = KE_RANGE;
		return NULL;
	}
	cap = b->cap != 0 ? b->cap : 64;
	while (cap - b->len < n)
		cap *= 2;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
	return b->p + b->len;
}

uint8_t *
buf_detach(struct buf *b, size_t *len)
{
	uint8_t *p = b->p;

	*len = b->len;
	b->p = NULL;
	b->len = b->cap = 0;
	return p;
}

void
buf_consume(struct buf *b, size_t n)
{
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t *to;

	if (n == 0 || (to = buf_reserve(b, n)) == NULL)
		return;
	memcpy(to, p, n);
	b->len += n;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_putc(struct buf *b, int c)
{
	buf_put_i8(b, (int8_t)c);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (to = buf_reserve(b, (size_t)n + 1)) == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_put_i8(struct buf *b, int8_t v)
{
	buf_put(b, &v, 1);
}

void
buf_put_i16(struct buf *b, int16_t v)
{
	uint8_t raw[2];

	put_be16(raw, (uint16_t)v);
	buf_put(b, raw, sizeof(raw));
}

void
buf_put_i32(struct buf *b, int32_t v)
{
	uint8_t raw[4];

	put_be32(raw, (uint32_t)v);
	buf_put(b, raw, sizeof(raw));
}

void
buf_put_i64(struct buf *b, int64_t v)
{
	uint8_t raw[8];

	put_be64(raw, (uint64_t)v);
	buf_put(b, raw, sizeof(raw));
}

void
buf_put_uvarint(struct buf *b, uint64_t v)
{
	uint8_t raw[10];

	buf_put(b, raw, uvarint_put(raw, v));
}

void
buf_put_varint(struct buf *b, int64_t v)
{
	buf_put_uvarint(b, zigzag64(v));
}

void
buf_patch_i32(struct buf *b, size_t at, int32_t v)
{
	if (b->err == 0)
		put_be32(b->p + at, (uint32_t)v);
}

void
rd_init(struct rd *r, const void *p, size_t n)
{
	r->p = p;
	r->end = r->p != NULL ? r->p + n : NULL;
	r->err = 0;
}

size_t
rd_left(const struct rd *r)
{
	return r->err != 0 ? 0 : (size_t)(r->end - r->p);
}

const uint8_t *
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (n > rd_left(r)) {
		r->err = KE_PROTO;
		return NULL;
	}
	if (r->err != 0)
		return NULL;
	r->p += n;
	return p;
}

int8_t
rd_i8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);

	return p != NULL ? (int8_t)*p : 0;
}

int16_t
rd_i16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p != NULL ? (int16_t)be16(p) : 0;
}

int32_t
rd_i32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p != NULL ? (int32_t)be32(p) : 0;
}

int64_t
rd_i64(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 8);

	return p != NULL ? (int64_t)be64(p) : 0;
}

uint64_t
rd_uvarint(struct rd *r)
{
	uint64_t v;
	size_t n;

	if (r->err != 0)
		return 0;
	n = uvarint64_get(r->p, r->end, &v);
	if (n == 0) {
		r->err = KE_PROTO;
		return 0;
	}
	r->p += n;
	return v;
}

int64_t
rd_varint(struct rd *r)
{
	return unzigzag64(rd_uvarint(r));
}

/*
 * buf.h: bytes to write into (struct buf) and bytes to read from (struct rd).
 *
 * Both carry a sticky error: put or get twenty fields, check once. Integers
 * are big-endian, as on Kafka's wire. After the first failure every further
 * call does nothing, and getters return 0.
 */
#ifndef KLOG_BASE_BUF_H
#define KLOG_BASE_BUF_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>

/* A growable buffer with a hard maximum. Zero-initialised means empty, max 0
 * = no maximum of its own. */
struct buf {
	uint8_t	*p;
	size_t	 len;
	size_t	 cap;
	size_t	 max;	/* growing past it sets err to KE_RANGE; 0 = none */
	int	 err;	/* 0 or the first enum kerr_code */
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
/* Empties it and forgets the error; keeps the memory. */
void buf_clear(struct buf *b);
/* Makes room for n more bytes; returns where they go, or NULL on error. The
 * caller then adds what it wrote to b->len. */
uint8_t *buf_reserve(struct buf *b, size_t n);
/* Hands the bytes to the caller, who frees them; b is empty afterwards. */
uint8_t *buf_detach(struct buf *b, size_t *len);
/* Drops n bytes from the front (n <= len). */
void buf_consume(struct buf *b, size_t n);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, int c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_put_i8(struct buf *b, int8_t v);
void buf_put_i16(struct buf *b, int16_t v);
void buf_put_i32(struct buf *b, int32_t v);
void buf_put_i64(struct buf *b, int64_t v);
void buf_put_uvarint(struct buf *b, uint64_t v);
void buf_put_varint(struct buf *b, int64_t v);	/* zigzag */
/* Overwrites four bytes at an offset that lies inside the buffer. */
void buf_patch_i32(struct buf *b, size_t at, int32_t v);

/* A borrowed range being read. */
struct rd {
	const uint8_t	*p;
	const uint8_t	*end;
	int		 err;	/* 0 or KE_PROTO: ran out, or malformed */
};

void rd_init(struct rd *r, const void *p, size_t n);
size_t rd_left(const struct rd *r);
int8_t rd_i8(struct rd *r);
int16_t rd_i16(struct rd *r);
int32_t rd_i32(struct rd *r);
int64_t rd_i64(struct rd *r);
uint64_t rd_uvarint(struct rd *r);
int64_t rd_varint(struct rd *r);
/* Steps over n bytes and returns where they start; NULL on error. */
const uint8_t *rd_bytes(struct rd *r, size_t n);

/* Big-endian numbers at any address. */
static inline uint16_t
be16(const void *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, 2);
	return htobe16(v);
}

static inline uint32_t
be32(const void *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, 4);
	return htobe32(v);
}

static inline uint64_t
be64(const void *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, 8);
	return htobe64(v);
}

static inline void
put_be16(void *p, uint16_t v)
{
	v = htobe16(v);
	__builtin_memcpy(p, &v, 2);
}

static inline void
put_be32(void *p, uint32_t v)
{
	v = htobe32(v);
	__builtin_memcpy(p, &v, 4);
}

static inline void
put_be64(void *p, uint64_t v)
{
	v = htobe64(v);
	__builtin_memcpy(p, &v, 8);
}

#endif

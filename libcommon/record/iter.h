/*
 * iter.h: the records of one batch, in order.
 *
 *	struct record_iter it;
 *	struct record r;
 *
 *	if (record_iter_init(&it, p, &h, codecs, &scratch, max, e) < 0)
 *		return -1;
 *	while ((rc = record_iter_next(&it, &r)) > 0)
 *		use(&r);
 *	if (rc < 0)
 *		return record_iter_bad(&it, e);
 *
 * An uncompressed batch is read where it lies; a compressed one is unpacked
 * into scratch first, which is reused from batch to batch. Records borrow
 * from one or the other. Every length is checked against the end of the
 * record, and every offset against the batch's last; nothing is allocated per
 * record, headers are read when asked for.
 */
#ifndef KLOG_RECORD_ITER_H
#define KLOG_RECORD_ITER_H

#include "base/varint.h"
#include "record/batch.h"

struct record {
	int64_t		 offset;
	int64_t		 timestamp;	/* ms since 1970, -1 unknown */
	const uint8_t	*key;
	const uint8_t	*value;
	int32_t		 key_len;	/* -1: null (key is NULL) */
	int32_t		 value_len;	/* -1: null (value is NULL) */
	int32_t		 n_headers;
	const uint8_t	*headers;	/* encoded; see header_iter */
	const uint8_t	*end;		/* end of the record */
};

struct record_iter {
	const uint8_t	*p;
	const uint8_t	*end;
	int64_t		 base_offset;
	int64_t		 base_time;
	int64_t		 append_time;	/* every record's time, if used */
	int32_t		 last_delta;	/* of offsets, as the header has it */
	int32_t		 left;		/* records still to come */
	bool		 use_append_time;
};

/* max bounds what a compressed batch unpacks to (KE_RANGE). Other errors are
 * those of codec_decompress(); each names the batch by its offset. c and
 * scratch may be NULL where the caller knows that the batch is not compressed.
 * The CRC is not checked here. */
int record_iter_init(struct record_iter *it, const void *batch,
    const struct batch_header *h, struct codecs *c, struct buf *scratch,
    size_t max, struct kerr *e);

/* A field of len bytes at *p, null where len is negative. */
static inline bool
record_field(const uint8_t **p, const uint8_t *end, const uint8_t **field,
    int32_t *len)
{
	size_t n = varint32_get(*p, end, len);

	if (__builtin_expect(n == 0, 0))
		return false;
	*p += n;
	if (*len < 0) {
		*len = -1;
		*field = NULL;
		return true;
	}
	if (__builtin_expect(*len > end - *p, 0))
		return false;
	*field = *p;
	*p += *len;
	return true;
}

/* 1 and *r filled, 0 after the last record, KE_PROTO when malformed. */
static inline int
record_iter_next(struct record_iter *it, struct record *r)
{
	const uint8_t *p = it->p, *end;
	int64_t time_delta;
	int32_t len, delta;
	size_t n;

	if (it->left == 0)
		return 0;
	if ((n = varint32_get(p, it->end, &len)) == 0)
		return KE_PROTO;
	p += n;
	if (len < 1 || len > it->end - p)
		return KE_PROTO;
	end = p + len;
	p++;				/* attributes: none are defined */
	if ((n = varint64_get(p, end, &time_delta)) == 0)
		return KE_PROTO;
	p += n;
	if ((n = varint32_get(p, end, &delta)) == 0)
		return KE_PROTO;
	p += n;
	if (!record_field(&p, end, &r->key, &r->key_len) ||
	    !record_field(&p, end, &r->value, &r->value_len) ||
	    (n = varint32_get(p, end, &r->n_headers)) == 0)
		return KE_PROTO;
	p += n;
	if (r->n_headers < 0 || r->n_headers > end - p ||
	    (uint32_t)delta > (uint32_t)it->last_delta)
		return KE_PROTO;
	r->headers = p;
	r->end = end;
	r->offset = it->base_offset + delta;
	r->timestamp = it->use_append_time ? it->append_time :
	    (int64_t)((uint64_t)it->base_time + (uint64_t)time_delta);
	it->p = end;
	it->left--;
	return 1;
}

/* Says which batch was malformed: KE_DATA. */
int record_iter_bad(const struct record_iter *it, struct kerr *e);

struct record_header {
	const uint8_t	*name;		/* never null; not NUL-terminated */
	const uint8_t	*value;
	int32_t		 name_len;
	int32_t		 value_len;	/* -1: null */
};

struct header_iter {
	const uint8_t	*p;
	const uint8_t	*end;
	int32_t		 left;
};

static inline void
header_iter_init(struct header_iter *it, const struct record *r)
{
	it->p = r->headers;
	it->end = r->end;
	it->left = r->n_headers;
}

/* 1, 0 after the last, KE_PROTO when malformed. */
int header_iter_next(struct header_iter *it, struct record_header *h);

enum control_type {
	CONTROL_ABORT, CONTROL_COMMIT,
	CONTROL_LEADER_CHANGE, CONTROL_SNAPSHOT_HEADER, CONTROL_SNAPSHOT_FOOTER,
	CONTROL_KRAFT_VERSION, CONTROL_KRAFT_VOTERS
};

/* What a record of a control batch says: enum control_type, or -1 where its
 * key is none. */
int record_control_type(const struct record *r);

#endif

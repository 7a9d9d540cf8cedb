/* builder.c: see builder.h. */
#include "record/builder.h"

#include <assert.h>
#include <string.h>

#define MOST_CAP	(1u << 30)

void
builder_init(struct builder *b, void *mem, size_t cap)
{
	assert(cap >= BATCH_HEADER && cap <= MOST_CAP);
	b->mem = mem;
	b->cap = cap;
	b->len = BATCH_HEADER;
	b->count = b->holes = 0;
	b->base_time = b->max_time = 0;
}

/* The first record sets the time that the others are counted from. */
static int64_t
time_delta(const struct builder *b, int64_t timestamp)
{
	if (b->count == 0)
		return 0;
	return (int64_t)((uint64_t)timestamp - (uint64_t)b->base_time);
}

static void
note_time(struct builder *b, int64_t timestamp)
{
	if (b->count == 0)
		b->base_time = b->max_time = timestamp;
	else if (timestamp > b->max_time)
		b->max_time = timestamp;
}

static size_t
field_size(int32_t len)
{
	return varint_size(len) + (len > 0 ? (size_t)len : 0);
}

static uint8_t *
put_field(uint8_t *p, const void *field, int32_t len)
{
	p += varint_put(p, len);
	if (len <= 0)
		return p;
	memcpy(p, field, (size_t)len);
	return p + len;
}

static size_t
fields_size(const struct record_input *in)
{
	size_t n = field_size(in->key_len) + field_size(in->value_len) +
	    varint_size(in->n_headers);

	for (int32_t i = 0; i < in->n_headers; i++)
		n += field_size(in->headers[i].name_len) +
		    field_size(in->headers[i].value_len);
	return n;
}

size_t
record_size_bound(const struct record_input *in)
{
	return 5 + 1 + 10 + 5 + fields_size(in);
}

int
builder_add(struct builder *b, const struct record_input *in)
{
	int64_t delta = time_delta(b, in->timestamp);
	int32_t at = b->count + b->holes;
	size_t body = 1 + varint_size(delta) + varint_size(at) +
	    fields_size(in);
	uint8_t *p = b->mem + b->len;

	if (body > b->cap || varint_size((int64_t)body) + body >
	    b->cap - b->len)
		return 1;
	p += varint_put(p, (int64_t)body);
	*p++ = 0;
	p += varint_put(p, delta);
	p += varint_put(p, at);
	p = put_field(p, in->key, in->key_len);
	p = put_field(p, in->value, in->value_len);
	p += varint_put(p, in->n_headers);
	for (int32_t i = 0; i < in->n_headers; i++) {
		p = put_field(p, in->headers[i].name, in->headers[i].name_len);
		p = put_field(p, in->headers[i].value,
		    in->headers[i].value_len);
	}
	note_time(b, in->timestamp);
	b->len = (size_t)(p - b->mem);
	b->count++;
	return 0;
}

void
builder_skip(struct builder *b, int32_t n)
{
	b->holes += n;
}

size_t
builder_add_lines(struct builder *b, const void *block, size_t n, int delim,
    int64_t timestamp, int32_t max, enum lines_end *why)
{
	const uint8_t *p = block, *end = p + n, *eol;
	uint8_t *to = b->mem + b->len, *limit = b->mem + b->cap;
	uint8_t dtime[10];
	size_t dtime_len, len, body;
	int32_t count = b->count + b->holes;

	if (max > INT32_MAX - count)
		max = INT32_MAX - count;
	dtime_len = varint_put(dtime, time_delta(b, timestamp));
	*why = LINES_ALL;
	while (p < end) {
		if (max-- == 0) {
			*why = LINES_COUNT;
			break;
		}
		eol = memchr(p, delim, (size_t)(end - p));
		if (eol == NULL)
			break;
		len = (size_t)(eol - p);
		if (len > MOST_CAP) {
			*why = LINES_FULL;
			break;
		}
		/* attributes, time, offset, null key, value, no headers */
		body = 1 + dtime_len + uvarint_size((uint64_t)count << 1) + 1 +
		    uvarint_size(len << 1) + len + 1;
		if (uvarint_size(body << 1) + body > (size_t)(limit - to)) {
			*why = LINES_FULL;
			break;
		}
		to += uvarint_put(to, body << 1);
		*to++ = 0;
		for (size_t i = 0; i < dtime_len; i++)
			*to++ = dtime[i];
		to += uvarint_put(to, (uint64_t)count << 1);
		*to++ = 1;
		to += uvarint_put(to, len << 1);
		memcpy(to, p, len);
		to += len;
		*to++ = 0;
		count++;
		p = eol + 1;
	}
	count -= b->holes;
	if (count > b->count)
		note_time(b, timestamp);
	b->len = (size_t)(to - b->mem);
	b->count = count;
	return (size_t)(p - (const uint8_t *)block);
}

/* Replaces the records by their compressed form where that is smaller. */
static int
compress(struct builder *b, const struct builder_opts *opts,
    struct codecs *c, struct buf *scratch, struct kerr *e)
{
	size_t n = b->len - BATCH_HEADER;
	int rc;

	buf_clear(scratch);
	if ((rc = codec_compress(c, opts->codec, opts->level,
	    b->mem + BATCH_HEADER, n, scratch, e)) < 0)
		return rc;
	if (scratch->len >= n)
		return CODEC_NONE;
	memcpy(b->mem + BATCH_HEADER, scratch->p, scratch->len);
	b->len = BATCH_HEADER + scratch->len;
	return (int)opts->codec;
}

ssize_t
builder_finish(struct builder *b, const struct builder_opts *opts,
    struct codecs *c, struct buf *scratch, struct kerr *e)
{
	int codec = CODEC_NONE;
	struct batch_header h;

	assert(b->count > 0);
	if (opts->codec != CODEC_NONE &&
	    (codec = compress(b, opts, c, scratch, e)) < 0)
		return codec;
	h = (struct batch_header){
		.base_offset = opts->base_offset,
		.length = (int32_t)(b->len - BATCH_PREFIX),
		.leader_epoch = opts->leader_epoch,
		.attributes = (int16_t)(opts->flags | codec),
		.last_offset_delta = b->count + b->holes - 1,
		.base_timestamp = b->base_time,
		.max_timestamp = b->max_time,
		.producer_id = opts->producer_id,
		.producer_epoch = opts->producer_epoch,
		.base_sequence = opts->base_sequence,
		.count = b->count
	};
	batch_header_put(b->mem, &h);
	put_be32(b->mem + BATCH_AT_CRC, batch_crc(b->mem, &h));
	return (ssize_t)b->len;
}

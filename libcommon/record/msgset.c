/*
 * msgset.c: see msgset.h. Nothing that an entry says is believed before it was
 * compared with the bytes that are there.
 */
#include "record/msgset.h"

#include <string.h>
#include <zlib.h>

#include "record/builder.h"

/* Where fields of a message lie. */
enum {
	AT_CRC = 12,
	AT_ATTRIBUTES = 17,
	AT_TIMESTAMP = 18,		/* format 1 */
	TIMESTAMP = 8,			/* bytes of it */
	FIELDS = 8,			/* least bytes of key and value */
	/* what a record takes in a batch may be that much more than its entry,
	 * where formats with and without timestamps follow each other */
	WIDER = 8,
	MOST_BYTES = 1 << 29		/* of records in a batch */
};

struct fields {
	const uint8_t	*key, *value;
	int32_t		 key_len, value_len;
};

/* What an inner set has. */
struct inner {
	size_t	count;		/* records */
	int64_t	first, last;	/* offsets as they are there */
	int64_t	shift;		/* from those to what they mean */
};

static size_t
head(const struct msgset_entry *m)
{
	return AT_TIMESTAMP + (m->magic > 0 ? TIMESTAMP : 0);
}

int
msgset_parse(const void *entry, size_t n, struct msgset_entry *m,
    struct kerr *e)
{
	const uint8_t *p = entry;

	if (n > MSGSET_AT_MAGIC && !msgset_begins(p, n))
		return kerr_set(e, KE_UNSUPPORTED, "message format %d",
		    (int8_t)p[MSGSET_AT_MAGIC]);
	if (n < MSGSET_LEAST)
		return kerr_set(e, KE_AGAIN, "message cut short at %zu bytes",
		    n);
	m->offset = (int64_t)be64(p);
	m->size = (int32_t)be32(p + BATCH_AT_LENGTH);
	m->crc = be32(p + AT_CRC);
	m->magic = (int8_t)p[MSGSET_AT_MAGIC];
	m->attributes = (int8_t)p[AT_ATTRIBUTES];
	m->timestamp = m->magic > 0 ? (int64_t)be64(p + AT_TIMESTAMP) : -1;
	if (m->size < 0 || msgset_size(m) < head(m) + FIELDS)
		return kerr_set(e, KE_PROTO, "message of %d bytes", m->size);
	if (m->offset < 0 || m->offset == INT64_MAX)
		return kerr_set(e, KE_DATA, "message at offset %lld",
		    (long long)m->offset);
	return 0;
}

uint32_t
msgset_crc(uint32_t crc, const void *p, size_t n)
{
	return (uint32_t)crc32_z(crc, p, n);
}

static bool
take_field(const uint8_t **p, const uint8_t *end, const uint8_t **field,
    int32_t *len)
{
	if (end - *p < 4)
		return false;
	*len = (int32_t)be32(*p);
	*p += 4;
	*field = NULL;
	if (*len < -1 || *len > end - *p)
		return false;
	if (*len >= 0) {
		*field = *p;
		*p += *len;
	}
	return true;
}

static int
malformed(const struct msgset_entry *m, const char *what, struct kerr *e)
{
	return kerr_set(e, KE_DATA, "message at offset %lld: %s",
	    (long long)m->offset, what);
}

/* The whole entry at p: undamaged, its key and its value. */
static int
read_entry(const uint8_t *p, const uint8_t *end, bool no_crc,
    struct msgset_entry *m, struct fields *f, struct kerr *e)
{
	size_t n = (size_t)(end - p);
	int rc = msgset_parse(p, n, m, e);

	if (rc != 0)
		return rc;
	if (msgset_size(m) > n)
		return kerr_set(e, KE_AGAIN, "message at offset %lld: %zu "
		    "bytes cut short at %zu", (long long)m->offset,
		    msgset_size(m), n);
	end = p + msgset_size(m);
	if (!no_crc && msgset_crc(0, p + MSGSET_AT_MAGIC,
	    msgset_size(m) - MSGSET_AT_MAGIC) != m->crc)
		return kerr_set(e, KE_CRC, "message at offset %lld: CRC "
		    "mismatch", (long long)m->offset);
	p += head(m);
	if (!take_field(&p, end, &f->key, &f->key_len) ||
	    !take_field(&p, end, &f->value, &f->value_len) || p != end)
		return malformed(m, "malformed", e);
	return 0;
}

static bool
has_append_time(const struct msgset_entry *m)
{
	return m->magic > 0 && (m->attributes & MSGSET_APPEND_TIME) != 0;
}

static int
start(struct builder *b, size_t bytes, struct buf *out, struct kerr *e)
{
	uint8_t *to;

	if (bytes > MOST_BYTES)
		return kerr_set(e, KE_RANGE, "message of %zu bytes", bytes);
	if ((to = buf_reserve(out, BATCH_HEADER + bytes)) == NULL)
		return kerr_set(e, out->err, "no room for a batch");
	builder_init(b, to, BATCH_HEADER + bytes);
	return 0;
}

static int
add(struct builder *b, int64_t timestamp, const struct fields *f)
{
	struct record_input in = { timestamp, f->key, f->value, f->key_len,
	    f->value_len, NULL, 0 };

	return builder_add(b, &in);
}

static int
finish(struct builder *b, const struct builder_opts *o, struct codecs *c,
    struct buf *scratch, struct buf *out, struct kerr *e)
{
	ssize_t n = builder_finish(b, o, c, scratch, e);

	if (n < 0)
		return (int)n;
	out->len += (size_t)n;
	return 0;
}

/* Whether an entry can be in one batch with the first of a run, whose last has
 * the offset before next. */
static bool
goes_along(const struct msgset_entry *first, int64_t next,
    const struct msgset_entry *m)
{
	return msgset_codec(m) == CODEC_NONE && m->magic == first->magic &&
	    m->offset >= next && m->offset - first->offset < INT32_MAX &&
	    has_append_time(m) == has_append_time(first) &&
	    (!has_append_time(m) || m->timestamp == first->timestamp);
}

/* Entries that are records. What is wrong behind the first one is the next
 * call's to tell. */
static int
run_batch(const uint8_t *p, const uint8_t *end, bool no_crc,
    const struct msgset_entry *first, const struct fields *fields,
    struct buf *out, struct msgset_source *from, struct kerr *e)
{
	struct msgset_entry m = *first;
	struct fields f = *fields;
	size_t most = (size_t)(end - p);
	struct builder_opts o = BUILDER_OPTS;
	int64_t next = m.offset;
	struct builder b;
	int rc;

	if (most > MSGSET_RUN)
		most = MSGSET_RUN;
	if (most < msgset_size(first))
		most = msgset_size(first);
	if ((rc = start(&b, most, out, e)) != 0)
		return rc;
	do {
		builder_skip(&b, (int32_t)(m.offset - next));
		if (add(&b, m.timestamp, &f) != 0)
			return malformed(&m, "too large", e);
		next = m.offset + 1;
		from->took += msgset_size(&m);
	} while (read_entry(p + from->took, end, no_crc, &m, &f, NULL) == 0 &&
	    from->took + msgset_size(&m) <= most &&
	    goes_along(first, next, &m));
	o.base_offset = first->offset;
	o.flags = has_append_time(first) ? BATCH_APPEND_TIME : 0;
	return finish(&b, &o, NULL, NULL, out, e);
}

/* Unpacks an entry's inner set. */
static int
unpack(const struct msgset_entry *outer, const struct fields *f,
    struct codecs *c, struct buf *scratch, size_t max, struct kerr *e)
{
	enum codec codec = msgset_codec(outer);
	struct buf frame = { 0 };
	const uint8_t *in = f->value;
	int rc;

	if (in == NULL)
		return malformed(outer, "no compressed data", e);
	if (codec > CODEC_LZ4)
		return malformed(outer, "unknown compression", e);
	if (codec == CODEC_LZ4 && outer->magic == 0) {
		buf_put(&frame, in, (size_t)f->value_len);
		if (frame.len > 0)
			codec_mend_lz4(frame.p, frame.len);
		in = frame.p;
	}
	buf_clear(scratch);
	rc = codec_decompress(c, codec, in, (size_t)f->value_len, max, scratch,
	    e);
	buf_release(&frame);
	if (rc != 0)
		kerr_wrap(e, "message at offset %lld",
		    (long long)outer->offset);
	return rc;
}

/* Walks an inner set, which is to be whole and in order. */
static int
survey(const struct msgset_entry *outer, const struct buf *set, bool no_crc,
    struct inner *in, struct kerr *e)
{
	const uint8_t *p = set->p, *end = p + set->len;
	struct msgset_entry m;
	struct fields f;
	int rc;

	for (; p < end; p += msgset_size(&m), in->count++) {
		if ((rc = read_entry(p, end, no_crc, &m, &f, e)) != 0) {
			rc = rc == KE_CRC ? KE_CRC : KE_DATA;
			if (e != NULL)
				e->code = rc;
			kerr_wrap(e, "message at offset %lld: inside",
			    (long long)outer->offset);
			return rc;
		}
		if (msgset_codec(&m) != CODEC_NONE)
			return malformed(outer, "compressed twice", e);
		if (in->count == 0)
			in->first = m.offset;
		else if (m.offset <= in->last)
			return malformed(outer, "offsets in disorder", e);
		in->last = m.offset;
	}
	if (in->count == 0)
		return malformed(outer, "nothing in it", e);
	if (in->last > outer->offset)
		return malformed(outer, "offsets out of range", e);
	if (outer->magic > 0)
		in->shift = outer->offset - in->last;
	if (outer->offset - (in->first + in->shift) >= INT32_MAX)
		return malformed(outer, "offsets out of range", e);
	return 0;
}

/* set becomes the codec's memory where the batch is to be compressed. */
static int
inner_batch(const struct msgset_entry *outer, struct buf *set,
    unsigned int flags, struct codecs *c, struct buf *out, struct kerr *e)
{
	const uint8_t *p = set->p, *end = p + set->len;
	bool append_time = has_append_time(outer);
	struct builder_opts o = BUILDER_OPTS;
	struct inner in = { 0 };
	struct msgset_entry m;
	struct fields f;
	struct builder b;
	int64_t next;
	int rc;

	if ((rc = survey(outer, set, (flags & MSGSET_NO_CRC) != 0, &in,
	    e)) != 0 ||
	    (rc = start(&b, set->len + in.count * WIDER, out, e)) != 0)
		return rc;
	for (next = in.first; p < end; p += msgset_size(&m)) {
		if ((rc = read_entry(p, end, true, &m, &f, e)) != 0)
			return rc;
		builder_skip(&b, (int32_t)(m.offset - next));
		if (add(&b, append_time ? outer->timestamp : m.timestamp,
		    &f) != 0)
			return malformed(outer, "too large", e);
		next = m.offset + 1;
	}
	builder_skip(&b, (int32_t)(outer->offset - in.last - in.shift));
	o.base_offset = in.first + in.shift;
	o.flags = append_time ? BATCH_APPEND_TIME : 0;
	if ((flags & MSGSET_PACK) != 0)
		o.codec = msgset_codec(outer);
	return finish(&b, &o, c, set, out, e);
}

int
msgset_batch(const void *set, size_t n, unsigned int flags,
    struct codecs *c, struct buf *scratch, size_t max, struct buf *out,
    struct msgset_source *from, struct kerr *e)
{
	bool no_crc = (flags & MSGSET_NO_CRC) != 0;
	const uint8_t *p = set;
	struct msgset_entry m;
	struct fields f;
	int rc = read_entry(p, p + n, no_crc, &m, &f, e);

	if (rc != 0)
		return rc;
	from->took = 0;
	from->codec = msgset_codec(&m);
	if (from->codec == CODEC_NONE)
		return run_batch(p, p + n, no_crc, &m, &f, out, from, e);
	if ((rc = unpack(&m, &f, c, scratch, max, e)) != 0 ||
	    (rc = inner_batch(&m, scratch, flags, c, out, e)) != 0)
		return rc;
	from->took = msgset_size(&m);
	return 0;
}

/*
 * validate.c: batch_validate() of batch.h. Two walks over the records share
 * the checks on what a record says: walk_plain() over memory, which every
 * line that klog-broker takes in passes through and so is one tight loop, and
 * walk_packed() over what a codec gives bit by bit: records that lie whole in
 * what it has given are read like plain ones, those across an edge byte by
 * byte. Where a header's word is enough, neither is taken.
 *
 * Stricter than Apache Kafka 3.9 in two cases that no client produces: wrong
 * offset deltas are refused (Kafka stores those of uncompressed batches as
 * they are and writes compressed batches anew), and so are compressed records
 * whose length differs from their fields'.
 */
#include "record/batch.h"

#include <string.h>

#include "base/varint.h"
#include "base/xalloc.h"
#include "record/codec.h"

enum {				/* Kafka's error codes */
	CORRUPT_MESSAGE = 2,
	INVALID_TIMESTAMP = 32,
	UNSUPPORTED_COMPRESSION_TYPE = 76,
	INVALID_RECORD = 87
};

/* Unpacked bytes at a time: a block of the usual lz4 frame, which then needs no
 * copy on its way. */
#define WINDOW	(64u * 1024)

struct walk {
	struct batch_verdict	*v;
	int64_t			 base_time;
	int64_t			 earliest;	/* times that are allowed */
	int64_t			 latest;
	int64_t			 max_time;	/* seen so far */
	int64_t			 batch_time;	/* every record's, if fixed */
	int32_t			 count;
	bool			 fixed_time;
	bool			 any_time;	/* the topic sets it */
	bool			 need_key;
};

static int
fail(struct batch_verdict *v, int error, int32_t record, const char *message)
{
	v->error = error;
	v->record = record;
	v->message = message;
	return error;
}

/* A wrong key or time does not end the walk, since a broken record behind it
 * matters more; a time outweighs a key. */
static void
note(struct walk *w, int error, int32_t record, const char *message)
{
	if (w->v->error == 0 ||
	    (error == INVALID_TIMESTAMP && w->v->error != error))
		fail(w->v, error, record, message);
}

static void
check_time(struct walk *w, int32_t record, int64_t time)
{
	if (!w->any_time && time != -1)
		note(w, INVALID_TIMESTAMP, record,
		    "timestamp is out of the range that the topic allows");
	else if (w->fixed_time)
		note(w, INVALID_TIMESTAMP, record,
		    "producer should not set the timestamp type to "
		    "LogAppendTime");
}

static inline void
check_record(struct walk *w, int32_t record, int64_t time_delta,
    int32_t key_len)
{
	int64_t time = (int64_t)((uint64_t)w->base_time +
	    (uint64_t)time_delta);

	if (w->fixed_time)
		time = w->batch_time;
	if (time > w->max_time)
		w->max_time = time;
	if (__builtin_expect(time < w->earliest || time > w->latest, 0))
		check_time(w, record, time);
	if (__builtin_expect(w->need_key && key_len < 0, 0))
		note(w, INVALID_RECORD, record,
		    "compacted topic cannot accept a message without key");
}

/* Name and value of each header; the name is never null. */
static const uint8_t *
skip_headers(const uint8_t *p, const uint8_t *end, int32_t n)
{
	int32_t len;
	size_t used;

	if (n < 0 || n > end - p)
		return NULL;
	for (int32_t i = 0; i < 2 * n; i++) {
		if ((used = varint32_get(p, end, &len)) == 0)
			return NULL;
		p += used;
		if (len > end - p || (len < 0 && i % 2 == 0))
			return NULL;
		p += len > 0 ? len : 0;
	}
	return p;
}

static const char bad_length[] = "record length does not fit";
static const char bad_field[] = "malformed record";
static const char bad_delta[] = "offset deltas are not consecutive";
static const char bad_rest[] = "bytes left over behind the last record";

/* A record that was read. */
struct fields {
	const uint8_t	*end;		/* behind it */
	int64_t		 time_delta;
	int32_t		 key_len;
};

/* Reads record i, which is to lie whole in [p, limit). NULL, or what is wrong
 * with it. r->end is known early: the processor takes up the next record while
 * it checks this one. */
static inline __attribute__((always_inline)) const char *
read_record(const uint8_t *p, const uint8_t *limit, int32_t i,
    struct fields *r)
{
	const uint8_t *end;
	int32_t len, delta, value_len, n_headers;
	size_t n;

	if ((n = varint32_get(p, limit, &len)) == 0)
		return bad_length;
	p += n;
	if (len < 1 || len > limit - p)
		return bad_length;
	r->end = end = p++ + len;
	if ((n = varint64_get(p, end, &r->time_delta)) == 0)
		return bad_field;
	p += n;
	if ((n = varint32_get(p, end, &delta)) == 0)
		return bad_field;
	p += n;
	if ((n = varint32_get(p, end, &r->key_len)) == 0)
		return bad_field;
	p += n;
	if (r->key_len > end - p)
		return bad_field;
	p += r->key_len > 0 ? r->key_len : 0;
	if ((n = varint32_get(p, end, &value_len)) == 0)
		return bad_field;
	p += n;
	if (value_len > end - p)
		return bad_field;
	p += value_len > 0 ? value_len : 0;
	if ((n = varint32_get(p, end, &n_headers)) == 0)
		return bad_field;
	p += n;
	if (n_headers != 0 && (p = skip_headers(p, end, n_headers)) == NULL)
		return bad_field;
	if (p != end)
		return bad_field;
	return delta == i ? NULL : bad_delta;
}

static int
walk_plain(struct walk *w, const uint8_t *p, const uint8_t *limit)
{
	struct fields r = { .end = p };
	const char *bad;

	for (int32_t i = 0; i < w->count; i++) {
		if ((bad = read_record(r.end, limit, i, &r)) != NULL)
			return fail(w->v, INVALID_RECORD, i, bad);
		check_record(w, i, r.time_delta, r.key_len);
	}
	if (r.end != limit)
		return fail(w->v, INVALID_RECORD, -1, bad_rest);
	return w->v->error;
}

/* What a codec unpacks, seen through one window. Sticky, as struct rd is. */
struct window {
	struct codecs	*c;
	const uint8_t	*p;
	const uint8_t	*end;
	uint64_t	 before;	/* bytes unpacked ahead of the window */
	uint64_t	 max;		/* and allowed in all */
	uint8_t		*mem;		/* WINDOW bytes */
	const char	*bad;		/* why there is no more */
};

static bool
window_fill(struct window *w)
{
	ssize_t n;

	if (w->bad != NULL)
		return false;
	w->before += (uint64_t)(w->end - w->mem);
	w->p = w->end = w->mem;
	n = codec_read(w->c, w->mem, WINDOW, NULL);
	if (n <= 0) {
		w->bad = n < 0 ? "damaged compressed records" : bad_length;
		return false;
	}
	w->end = w->mem + n;
	if (w->before + (uint64_t)n > w->max) {
		w->end = w->mem;
		w->bad = "compressed records unpack to too much";
		return false;
	}
	return true;
}

static uint64_t
window_at(const struct window *w)
{
	return w->before + (uint64_t)(w->p - w->mem);
}

static uint64_t
window_uvarint(struct window *w, unsigned int bits)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned int shift = 0; shift < bits; shift += 7) {
		if (w->p == w->end && !window_fill(w))
			return 0;
		b = *w->p++;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			if (bits - shift >= 7 || b >> (bits - shift) == 0)
				return v;
			break;
		}
	}
	if (w->bad == NULL)
		w->bad = bad_field;
	w->end = w->p;
	return 0;
}

static int32_t
window_int(struct window *w)
{
	return (int32_t)unzigzag64(window_uvarint(w, 32));
}

static void
window_skip(struct window *w, int64_t n)
{
	while (n > w->end - w->p) {
		n -= w->end - w->p;
		w->p = w->end;
		if (!window_fill(w))
			return;
	}
	w->p += n > 0 ? n : 0;
}

/* The same, whatever it says and wherever it lies. */
static const char *
read_across(struct window *in, int32_t i, struct fields *r)
{
	int32_t len = window_int(in);
	uint64_t end = window_at(in) + (uint64_t)len;
	int32_t delta, n_headers, name_len;

	if (len < 1)
		return in->bad != NULL ? in->bad : bad_length;
	window_skip(in, 1);
	r->time_delta = unzigzag64(window_uvarint(in, 64));
	delta = window_int(in);
	r->key_len = window_int(in);
	window_skip(in, r->key_len);
	window_skip(in, window_int(in));
	n_headers = window_int(in);
	if (n_headers < 0)
		in->bad = bad_field;
	for (int32_t k = 0; k < n_headers && in->bad == NULL; k++) {
		if ((name_len = window_int(in)) < 0)
			in->bad = bad_field;
		window_skip(in, name_len);
		window_skip(in, window_int(in));
	}
	if (in->bad != NULL)
		return in->bad;
	if (window_at(in) != end)
		return bad_field;
	return delta == i ? NULL : bad_delta;
}

static int
walk_packed(struct walk *w, struct window *in)
{
	struct fields r;
	const char *bad;

	for (int32_t i = 0; i < w->count; i++) {
		if (read_record(in->p, in->end, i, &r) == NULL)
			in->p = r.end;
		else if ((bad = read_across(in, i, &r)) != NULL)
			return fail(w->v, INVALID_RECORD, i, bad);
		check_record(w, i, r.time_delta, r.key_len);
	}
	if (in->p != in->end || window_fill(in))
		return fail(w->v, INVALID_RECORD, -1, bad_rest);
	if (in->bad != bad_length)	/* the codec's end was not clean */
		return fail(w->v, INVALID_RECORD, -1, in->bad);
	return w->v->error;
}

static int
walk_codec(struct walk *w, const struct batch_header *h,
    const struct batch_rules *rules, struct codecs *c, const uint8_t *p)
{
	struct window in = { .c = c, .max = rules->max_raw };

	if (codec_begin(c, batch_codec(h), p + BATCH_HEADER,
	    batch_size(h) - BATCH_HEADER, NULL) < 0)
		return fail(w->v, UNSUPPORTED_COMPRESSION_TYPE, -1,
		    "this compression type is not supported here");
	in.mem = codecs_window(c, WINDOW);
	in.p = in.end = in.mem;
	return walk_packed(w, &in);
}

/* What the header alone shows; order as in Kafka, since the first counts. */
static int
check_header(const uint8_t *p, const struct batch_header *h,
    const struct batch_rules *rules, struct batch_verdict *v)
{
	int codec = h->attributes & BATCH_CODEC_MASK;

	if (rules->no_zstd && codec == CODEC_ZSTD)
		return fail(v, UNSUPPORTED_COMPRESSION_TYPE, -1,
		    "zstd needs a newer produce request");
	if (h->base_offset != 0)
		return fail(v, INVALID_RECORD, -1,
		    "base offset of a produced batch should be 0");
	if (!batch_crc_ok(p, h))
		return fail(v, CORRUPT_MESSAGE, -1, "CRC mismatch");
	if (codec >= CODEC_MAX)
		return fail(v, UNSUPPORTED_COMPRESSION_TYPE, -1,
		    "unknown compression type");
	if (h->count <= 0)
		return fail(v, INVALID_RECORD, -1, "batch without records");
	if (h->last_offset_delta != h->count - 1)
		return fail(v, INVALID_RECORD, -1,
		    "last offset delta does not fit the number of records");
	if (batch_is_control(h))
		return fail(v, INVALID_RECORD, -1,
		    "clients are not allowed to write control records");
	if (h->producer_id >= 0 && h->base_sequence < 0)
		return fail(v, INVALID_RECORD, -1,
		    "negative sequence number");
	return 0;
}

/* What the header does not answer for, or answers as it should not, is left to
 * the walk: so it alone refuses, in the same words. */
static bool
header_answers(const struct walk *w, const struct batch_header *h,
    const struct batch_rules *rules)
{
	if (!rules->relaxed || batch_codec(h) == CODEC_NONE || w->need_key ||
	    w->fixed_time)
		return false;
	return w->any_time || (rules->before_max == INT64_MAX &&
	    h->base_timestamp >= 0 && h->max_timestamp >= h->base_timestamp &&
	    h->max_timestamp <= w->latest);
}

static int64_t
add_limit(int64_t now, int64_t limit, int sign)
{
	int64_t t;

	if (sign < 0)
		return __builtin_sub_overflow(now, limit, &t) ? INT64_MIN : t;
	return __builtin_add_overflow(now, limit, &t) ? INT64_MAX : t;
}

int
batch_validate(const void *batch, const struct batch_header *h,
    const struct batch_rules *rules, struct codecs *c,
    struct batch_verdict *v)
{
	const uint8_t *p = batch;
	bool fixed = (h->attributes & BATCH_APPEND_TIME) != 0;
	struct walk w = {
		.v = v,
		.base_time = h->base_timestamp,
		.earliest = INT64_MIN,
		.latest = INT64_MAX,
		.max_time = -1,
		.batch_time = h->max_timestamp,
		.count = h->count,
		.fixed_time = fixed,
		.any_time = rules->append_time,
		.need_key = rules->need_key
	};

	*v = (struct batch_verdict){ 0, -1, NULL, -1 };
	if (check_header(p, h, rules, v) != 0)
		return v->error;
	if (!rules->append_time) {
		w.earliest = add_limit(rules->now, rules->before_max, -1);
		w.latest = add_limit(rules->now, rules->after_max, 1);
	}
	if (fixed && (rules->append_time || h->max_timestamp == -1))
		w.latest = INT64_MIN;	/* every time is wrong: see check_time */
	if (header_answers(&w, h, rules))
		w.max_time = h->max_timestamp;
	else if (batch_codec(h) == CODEC_NONE)
		walk_plain(&w, p + BATCH_HEADER, p + batch_size(h));
	else
		walk_codec(&w, h, rules, c, p);
	v->max_timestamp = rules->append_time ? rules->now : w.max_time;
	return v->error;
}

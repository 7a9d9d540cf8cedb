/*
 * clean_filter.c: what stays of a batch, as Apache Kafka's Cleaner and
 * MemoryRecords.filterTo decide it. Records are taken over byte by byte, since
 * neither offsets nor base time change; only a batch that gets a delete
 * horizon is encoded anew, for the horizon takes the base time's place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/clean_impl.h"
#include "store/producers.h"

struct clean_record {
	const uint8_t	*start;		/* from its length on */
	const uint8_t	*end;
	int64_t		 offset;
	int64_t		 timestamp;
	struct digest128 key;
	bool		 has_key;
	bool		 has_value;
	bool		 stays;
};

void
clean_filter_release(struct clean_filter *f)
{
	codecs_free(f->codecs);
	buf_release(&f->raw);
	buf_release(&f->plain);
	buf_release(&f->out);
	free(f->rec);
}

/* Memory follows the records that are there, not what the header says. */
static struct clean_record *
another(struct clean_filter *f)
{
	if (f->n_rec == f->cap_rec) {
		f->cap_rec = f->cap_rec != 0 ? 2 * f->cap_rec : 64;
		f->rec = xreallocarray(f->rec, (size_t)f->cap_rec,
		    sizeof(*f->rec));
	}
	return &f->rec[f->n_rec++];
}

/* Lists the batch's records, keys hashed, the map's slots on their way into
 * the cache. */
static int
list_records(struct clean_filter *f, const struct batch_header *h,
    const uint8_t *batch, struct kerr *e)
{
	struct record_iter it;
	struct clean_record *x;
	const uint8_t *start;
	struct record r;
	int rc;

	f->n_rec = 0;
	if (!batch_crc_ok(batch, h))
		return kerr_set(e, KE_CRC, "batch of offset %lld: CRC "
		    "mismatch", (long long)h->base_offset);
	if ((rc = record_iter_init(&it, batch, h, f->codecs, &f->raw,
	    BATCH_MAX_RAW, e)) < 0)
		return rc;
	while (start = it.p, (rc = record_iter_next(&it, &r)) > 0) {
		x = another(f);
		*x = (struct clean_record){ .start = start, .end = r.end,
		    .offset = r.offset, .timestamp = r.timestamp,
		    .has_key = r.key_len >= 0, .has_value = r.value_len >= 0 };
		if (!x->has_key)
			continue;
		x->key = clean_map_digest(f->map, r.key, (size_t)r.key_len);
		clean_map_prefetch(f->map, x->key);
	}
	if (rc < 0)
		return kerr_set(e, KE_CORRUPT, "batch of offset %lld: "
		    "malformed record", (long long)h->base_offset);
	return 0;
}

int
clean_filter_learn(struct clean_filter *f, const struct batch_header *h,
    const uint8_t *batch, int64_t from, struct kerr *e)
{
	const struct clean_record *x;
	int rc;

	if ((rc = list_records(f, h, batch, e)) != 0)
		return rc;
	for (int i = 0; i < f->n_rec; i++) {
		x = &f->rec[i];
		if (!x->has_key || x->offset < from)
			continue;
		if (!clean_map_put(f->map, x->key, x->offset))
			return 1;
		f->latest = x->offset;
	}
	return 0;
}

static bool
horizon_passed(const struct clean_filter *f, const struct batch_header *h)
{
	return (h->attributes & BATCH_DELETE_HORIZON) != 0 &&
	    h->base_timestamp <= f->want->now_ms;
}

static bool
record_stays(const struct clean_filter *f, const struct batch_header *h,
    const struct clean_record *x)
{
	if (x->offset > f->latest)
		return true;
	if (!x->has_key)
		return false;
	return x->offset >= clean_map_get(f->map, x->key) &&
	    (x->has_value || !horizon_passed(f, h));
}

/* What decides about a batch as a whole. */
struct verdict {
	bool	discard;	/* its records go */
	bool	keep_empty;	/* the batch stays without any */
	bool	nameless;	/* and without its producer */
	bool	horizon;	/* a marker that may go in time */
};

static bool
last_of_producer(const struct clean_filter *f, const struct batch_header *h)
{
	const struct producer_end *x;

	if (h->producer_id < 0)
		return false;
	x = producer_end_find(f->want->ends, f->want->n_ends, h->producer_id);
	if (x == NULL)
		return false;
	return x->last_offset >= 0 ? batch_last_offset(h) == x->last_offset :
	    batch_is_control(h) && h->producer_epoch == x->epoch;
}

static struct verdict
judge(struct clean_filter *f, const struct batch_header *h,
    const uint8_t *batch, struct aborted_txn *kept)
{
	struct verdict v = { false };
	bool may_go;

	kept->producer_id = -1;
	if (batch_is_control(h)) {
		may_go = clean_txns_marker(f->txns, h, batch, kept);
		v.discard = may_go && horizon_passed(f, h);
		v.horizon = may_go;
	} else {
		v.discard = clean_txns_data(f->txns, h);
	}
	v.keep_empty = last_of_producer(f, h);
	v.nameless = f->last && !v.keep_empty;
	v.keep_empty |= f->last;
	return v;
}

/* Nothing is left but what the header says; of one that is there for its
 * offsets alone, those. */
static void
make_empty(struct clean_filter *f, struct batch_header *h, bool nameless)
{
	buf_clear(&f->out);
	h->length = BATCH_HEADER - BATCH_PREFIX;
	h->attributes &= BATCH_APPEND_TIME | (nameless ? 0 :
	    BATCH_TRANSACTIONAL | BATCH_CONTROL);
	if (nameless) {
		h->producer_id = -1;
		h->producer_epoch = -1;
		h->base_sequence = -1;
	}
	h->base_timestamp = -1;
	h->count = 0;
}

/* The record with its time counted from base: only its head changes. */
static void
put_retimed(struct buf *b, const struct clean_record *x, int64_t base)
{
	int64_t delta = (int64_t)((uint64_t)x->timestamp - (uint64_t)base);
	const uint8_t *p = x->start;
	int64_t old;
	int32_t len;
	size_t left;

	p += varint32_get(p, x->end, &len);
	p++;				/* attributes: none are defined */
	p += varint64_get(p, x->end, &old);
	left = (size_t)(x->end - p);
	buf_put_varint(b, (int64_t)(1 + varint_size(delta) + left));
	buf_putc(b, 0);
	buf_put_varint(b, delta);
	buf_put(b, p, left);
}

/* The records that stay, plain; runs of them at once. */
static void
put_records(const struct clean_filter *f, const struct batch_header *h,
    bool retime, struct buf *b)
{
	const struct clean_record *x;
	int i = 0, from;

	while (i < f->n_rec) {
		x = &f->rec[i];
		if (!x->stays) {
			i++;
		} else if (retime) {
			put_retimed(b, x, h->base_timestamp);
			i++;
		} else {
			from = i;
			while (i < f->n_rec && f->rec[i].stays)
				i++;
			buf_put(b, x->start,
			    (size_t)(f->rec[i - 1].end - f->rec[from].start));
		}
	}
}

static int
rebuild(struct clean_filter *f, struct batch_header *h, bool retime,
    struct kerr *e)
{
	struct buf *b = &f->out;
	int rc = 0;

	buf_clear(b);
	if (buf_reserve(b, BATCH_HEADER) == NULL)
		return kerr_set(e, b->err, "%s", kerr_text(b->err));
	b->len = BATCH_HEADER;
	if (batch_codec(h) == CODEC_NONE) {
		put_records(f, h, retime, b);
	} else {
		buf_clear(&f->plain);
		put_records(f, h, retime, &f->plain);
		rc = codec_compress(f->codecs, batch_codec(h),
		    f->want->levels != NULL ? f->want->levels[batch_codec(h)] :
		    CODEC_LEVEL_DEFAULT, f->plain.p, f->plain.len, b, e);
	}
	if (rc == 0 && b->len > INT32_MAX)
		rc = kerr_set(e, KE_RANGE, "a batch of %zu bytes", b->len);
	h->length = (int32_t)(b->len - BATCH_PREFIX);
	return rc;
}

static void
seal(struct clean_filter *f, struct batch_header *h)
{
	if (f->out.len == 0) {
		buf_reserve(&f->out, BATCH_HEADER);
		f->out.len = BATCH_HEADER;
	}
	batch_header_put(f->out.p, h);
	h->crc = batch_crc(f->out.p, h);
	put_be32(f->out.p + BATCH_AT_CRC, h->crc);
}

/* Marks who stays: how many, their greatest time, whether a tombstone is
 * among them. */
static int32_t
mark(struct clean_filter *f, const struct batch_header *h,
    const struct verdict *v, int64_t *max_ts, bool *tombstone)
{
	struct clean_record *x;
	int32_t n = 0;

	*max_ts = -1;
	*tombstone = false;
	for (int i = 0; i < f->n_rec; i++) {
		x = &f->rec[i];
		x->stays = !v->discard && (batch_is_control(h) ||
		    record_stays(f, h, x));
		if (!x->stays)
			continue;
		n++;
		if (!x->has_value)
			*tombstone = true;
		if (x->timestamp > *max_ts)
			*max_ts = x->timestamp;
	}
	return n;
}

int
clean_filter_batch(struct clean_filter *f, struct batch_header *h,
    const uint8_t *batch, struct aborted_txn *kept, struct kerr *e)
{
	struct verdict v = judge(f, h, batch, kept);
	bool tombstone, all, retime;
	int64_t max_ts;
	int32_t n;
	int rc;

	f->records += h->count;
	if (v.discard && !v.keep_empty)
		return CLEAN_DROP;
	if ((rc = list_records(f, h, batch, e)) != 0)
		return rc;
	n = mark(f, h, &v, &max_ts, &tombstone);
	f->kept += n;
	if (n == 0 && !v.keep_empty)
		return CLEAN_DROP;
	if (n == 0 && h->count == 0 && !(v.nameless && h->producer_id >= 0))
		return CLEAN_KEEP;
	if (n == 0) {
		make_empty(f, h, v.nameless);
		seal(f, h);
		return CLEAN_CHANGED;
	}
	all = n == f->n_rec;
	retime = (tombstone || v.horizon) &&
	    (h->attributes & BATCH_DELETE_HORIZON) == 0;
	if (all && !retime)
		return CLEAN_KEEP;
	if (retime) {
		h->attributes |= BATCH_DELETE_HORIZON;
		h->base_timestamp = f->want->now_ms +
		    f->want->delete_retention_ms;
	}
	if ((rc = rebuild(f, h, retime, e)) != 0)
		return rc;
	h->count = n;
	if ((h->attributes & BATCH_APPEND_TIME) == 0)
		h->max_timestamp = max_ts;
	seal(f, h);
	return CLEAN_CHANGED;
}

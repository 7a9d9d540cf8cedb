/* producers.c: see producers.h. */
#include "store/producers.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/crc32c.h"
#include "base/xalloc.h"
#include "record/iter.h"

enum { REMEMBERED = 5 };	/* batches a producer may have in flight */

struct past_batch {
	int64_t	last_offset;
	int32_t	last_seq;
	int32_t	delta;		/* last less first, of offsets and sequences */
	int64_t	timestamp;
};

struct producer {
	int64_t		  id;
	int16_t		  epoch;
	int8_t		  n;		/* batches known, oldest first */
	int32_t		  coordinator_epoch;
	int64_t		  open_at;	/* the transaction's first offset, -1 */
	int64_t		  timestamp;	/* of the last batch or marker */
	int64_t		  seen_ms;	/* our clock at the last batch */
	struct past_batch batch[REMEMBERED];
	UT_hash_handle	  hh;
};

/* Sequences run from 0 to 2^31-1 and start again. */
static int32_t
seq_add(int32_t seq, int32_t n)
{
	return (int32_t)(((uint32_t)seq + (uint32_t)n) & INT32_MAX);
}

static int32_t
first_seq(const struct past_batch *b)
{
	return (int32_t)(((uint32_t)b->last_seq - (uint32_t)b->delta) &
	    INT32_MAX);
}

static struct producer *
find(const struct producers *ps, int64_t id)
{
	struct producer *p;

	HASH_FIND(hh, ps->byid, &id, sizeof(id), p);
	return p;
}

static const struct past_batch *
duplicate(const struct producer *p, const struct batch_header *h)
{
	if (p->epoch != h->producer_epoch)
		return NULL;
	for (int i = 0; i < p->n; i++)
		if (first_seq(&p->batch[i]) == h->base_sequence &&
		    p->batch[i].last_seq == batch_last_sequence(h))
			return &p->batch[i];
	return NULL;
}

static enum producer_verdict
in_sequence(int16_t epoch, int32_t last_seq, const struct batch_header *h)
{
	int32_t want = 0;

	if (h->producer_epoch < epoch)
		return PRODUCER_OLD_EPOCH;
	if (h->producer_epoch == epoch && last_seq >= 0)
		want = seq_add(last_seq, 1);
	return h->base_sequence == want ? PRODUCER_OK : PRODUCER_OUT_OF_ORDER;
}

enum producer_verdict
producers_check(const struct producers *ps, const struct batch_header *h,
    const struct batch_header *before, int64_t *base, int64_t *last,
    int64_t *time)
{
	const struct past_batch *dup;
	const struct producer *p;

	if (h->producer_id < 0 || batch_is_control(h))
		return PRODUCER_OK;
	if (before != NULL)
		return in_sequence(before->producer_epoch,
		    batch_last_sequence(before), h);
	if ((p = find(ps, h->producer_id)) == NULL)
		return PRODUCER_OK;
	if ((dup = duplicate(p, h)) != NULL) {
		*base = dup->last_offset - dup->delta;
		*last = dup->last_offset;
		*time = dup->timestamp;
		return PRODUCER_DUPLICATE;
	}
	return in_sequence(p->epoch,
	    p->n > 0 ? p->batch[p->n - 1].last_seq : -1, h);
}

static struct producer *
add(struct producers *ps, int64_t id)
{
	struct producer *p = xcalloc(1, sizeof(*p));

	p->id = id;
	p->epoch = -1;
	p->open_at = -1;
	p->coordinator_epoch = -1;
	HASH_ADD(hh, ps->byid, id, sizeof(p->id), p);
	return p;
}

static void
remember(struct producer *p, const struct past_batch *b)
{
	if (p->n == REMEMBERED) {
		memmove(p->batch, p->batch + 1,
		    (REMEMBERED - 1) * sizeof(p->batch[0]));
		p->n--;
	}
	p->batch[p->n++] = *b;
}

/* A marker's value: version, then the epoch of the coordinator. -1 where the
 * control batch is something else. */
static int32_t
marker_epoch(const struct batch_header *h, const void *batch, size_t n)
{
	struct record_iter it;
	struct record r;

	if (n < batch_size(h) || batch_codec(h) != CODEC_NONE ||
	    record_iter_init(&it, batch, h, NULL, NULL, n, NULL) < 0 ||
	    record_iter_next(&it, &r) != 1 || r.value_len < 6)
		return -1;
	return (int32_t)be32(r.value + 2);
}

void
producers_note(struct producers *ps, const struct batch_header *h,
    const void *batch, size_t n, int64_t now_ms)
{
	struct producer *p;

	if (h->producer_id < 0)
		return;
	if ((p = find(ps, h->producer_id)) == NULL)
		p = add(ps, h->producer_id);
	if (p->epoch != h->producer_epoch) {
		p->epoch = h->producer_epoch;
		p->n = 0;
	}
	p->timestamp = h->max_timestamp;
	p->seen_ms = now_ms;
	if (batch_is_control(h)) {
		p->open_at = -1;
		p->coordinator_epoch = marker_epoch(h, batch, n);
		return;
	}
	if (h->base_sequence >= 0)
		remember(p, &(struct past_batch){
		    .last_offset = batch_last_offset(h),
		    .last_seq = batch_last_sequence(h),
		    .delta = h->last_offset_delta,
		    .timestamp = h->max_timestamp });
	if (batch_is_transactional(h) && p->open_at < 0)
		p->open_at = h->base_offset;
}

void
producers_expire(struct producers *ps, int64_t now_ms, int64_t expire_ms)
{
	struct producer *p, *next;

	HASH_ITER(hh, ps->byid, p, next) {
		if (p->open_at >= 0 || now_ms - p->seen_ms < expire_ms)
			continue;
		HASH_DEL(ps->byid, p);
		free(p);
	}
}

unsigned int
producers_count(const struct producers *ps)
{
	return HASH_COUNT(ps->byid);
}

void
producers_release(struct producers *ps)
{
	struct producer *p, *next;

	HASH_ITER(hh, ps->byid, p, next) {
		HASH_DEL(ps->byid, p);
		free(p);
	}
}

/* The file: version, CRC-32C of what follows it, count, entries. */
enum { SNAPSHOT_VERSION = 1, SNAPSHOT_HEAD = 10, SNAPSHOT_ENTRY = 46 };

void
producers_save(const struct producers *ps, struct buf *b)
{
	static const struct past_batch none = { -1, -1, 0, -1 };
	const struct past_batch *last;
	const struct producer *p;
	size_t start = b->len;

	buf_put_i16(b, SNAPSHOT_VERSION);
	buf_put_i32(b, 0);
	buf_put_i32(b, (int32_t)producers_count(ps));
	for (p = ps->byid; p != NULL; p = p->hh.next) {
		last = p->n > 0 ? &p->batch[p->n - 1] : &none;
		buf_put_i64(b, p->id);
		buf_put_i16(b, p->epoch);
		buf_put_i32(b, last->last_seq);
		buf_put_i64(b, last->last_offset);
		buf_put_i32(b, last->delta);
		buf_put_i64(b, p->timestamp);
		buf_put_i32(b, p->coordinator_epoch);
		buf_put_i64(b, p->open_at);
	}
	buf_patch_i32(b, start + 2, (int32_t)crc32c(0, b->p + start + 6,
	    b->len - start - 6));
}

static void
load_entry(struct producers *ps, struct rd *r, int64_t now_ms)
{
	struct past_batch b;
	struct producer *p;
	int64_t id = rd_i64(r);

	if ((p = find(ps, id)) == NULL)
		p = add(ps, id);
	p->epoch = rd_i16(r);
	b.last_seq = rd_i32(r);
	b.last_offset = rd_i64(r);
	b.delta = rd_i32(r);
	b.timestamp = p->timestamp = rd_i64(r);
	p->coordinator_epoch = rd_i32(r);
	p->open_at = rd_i64(r);
	p->seen_ms = now_ms;
	p->n = 0;
	if (b.last_seq >= 0 && b.delta >= 0)
		remember(p, &b);
}

int
producers_load(struct producers *ps, const void *p, size_t n, int64_t now_ms,
    struct kerr *e)
{
	struct rd r;
	uint32_t crc;
	int32_t count;

	rd_init(&r, p, n);
	if (rd_i16(&r) != SNAPSHOT_VERSION)
		return kerr_set(e, KE_CORRUPT, "snapshot: unknown version");
	crc = (uint32_t)rd_i32(&r);
	count = rd_i32(&r);
	if (r.err != 0 || count < 0 ||
	    rd_left(&r) != (size_t)count * SNAPSHOT_ENTRY)
		return kerr_set(e, KE_CORRUPT, "snapshot: cut short");
	if (crc32c(0, (const uint8_t *)p + 6, n - 6) != crc)
		return kerr_set(e, KE_CORRUPT, "snapshot: CRC mismatch");
	while (count-- > 0)
		load_entry(ps, &r, now_ms);
	return 0;
}

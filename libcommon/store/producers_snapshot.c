/*
 * producers_snapshot.c: what is known of producers as the bytes of a .snapshot
 * file, and back: version, CRC-32C of what follows it, count, entries.
 */
#include "base/crc32c.h"
#include "store/producers_impl.h"

enum {
	SNAPSHOT_VERSION = 1,
	SNAPSHOT_CRC = 2,		/* where the CRC stands, */
	SNAPSHOT_COVERED = 6,		/* and what it covers begins */
	SNAPSHOT_ENTRY = 46
};

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
	buf_patch_i32(b, start + SNAPSHOT_CRC, (int32_t)crc32c(0,
	    b->p + start + SNAPSHOT_COVERED,
	    b->len - start - SNAPSHOT_COVERED));
}

static void
load_entry(struct producers *ps, struct rd *r, int64_t now_ms)
{
	struct past_batch b;
	struct producer *p;
	int64_t id = rd_i64(r);
	int16_t epoch = rd_i16(r);
	bool known;

	if ((p = producers_find(ps, id)) == NULL)
		p = producers_add(ps, id);
	known = p->n > 0 && p->epoch == epoch;
	p->epoch = epoch;
	b.last_seq = rd_i32(r);
	b.last_offset = rd_i64(r);
	b.delta = rd_i32(r);
	b.timestamp = p->timestamp = rd_i64(r);
	p->coordinator_epoch = rd_i32(r);
	producers_set_open(ps, p, rd_i64(r));
	p->seen_ms = now_ms;
	/* more than the last is known of one that was seen up to there */
	if (known && p->batch[p->n - 1].last_offset == b.last_offset)
		return;
	p->n = 0;
	if (b.last_seq >= 0 && b.delta >= 0)
		producer_remember(p, &b);
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
	if (crc32c(0, (const uint8_t *)p + SNAPSHOT_COVERED,
	    n - SNAPSHOT_COVERED) != crc)
		return kerr_set(e, KE_CORRUPT, "snapshot: CRC mismatch");
	while (count-- > 0)
		load_entry(ps, &r, now_ms);
	return 0;
}

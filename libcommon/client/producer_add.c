/*
 * producer_add.c: records, lines and whole batches on their way into the open
 * batch of their partition, which closes when it is full (producer_impl.h).
 */
#include <string.h>

#include "base/sys.h"
#include "client/producer_impl.h"

enum { RECORD_EXTRA = 64 };

static void
make_busy(struct ppart *pp)
{
	if (pp->busy)
		return;
	pp->busy = true;
	TAILQ_INSERT_TAIL(&pp->topic->p->busy, pp, link);
}

/* Whether there is room for so much; where there is not, it is waited for. */
static bool
has_room(struct producer *p, size_t cap)
{
	p->full = p->used > 0 && p->used + cap > p->cf.buffer_bytes;
	if (p->full)
		p->wanted = cap;
	return !p->full;
}

/* The batch that takes the next record; NULL when memory is used up. One that
 * is still empty has waited for a line's end, which is nobody's delay. */
static struct batch *
part_open(struct ppart *pp, size_t cap)
{
	struct producer *p = pp->topic->p;

	if (pp->open != NULL) {
		if (pp->open->b.count == 0)
			batch_start_clock(p, pp->open);
		return pp->open;
	}
	if (!has_room(p, cap))
		return NULL;
	pp->open = batch_new(p, cap);
	pp->open->codec = pp->codec;
	make_busy(pp);
	return pp->open;
}

void
part_close(struct ppart *pp)
{
	struct batch *b = pp->open;
	struct ptopic *t = pp->topic;

	pp->open = NULL;
	pp->pushed = false;
	b->item.count = b->b.count;
	pqueue_add(&pp->q, &b->item);
	if (partitioner_is_sticky(&t->partitioner, -1))
		partitioner_next(&t->partitioner, t->n);
	producer_kick(t->p);
}

/* A record that is larger than a usual batch gets one of its own, in place of
 * the empty one that did not take it. */
static int
add_giant(struct ppart *pp, const struct record_input *r, uint64_t tag,
    struct kerr *e)
{
	struct batch *b;

	batch_free(pp->topic->p, pp->open);
	pp->open = NULL;
	b = part_open(pp, BATCH_HEADER + record_size_bound(r) + RECORD_EXTRA);
	if (b == NULL)
		return kerr_set(e, KE_AGAIN, "no room");
	builder_add(&b->b, r);
	batch_tag(b, tag, 1);
	pp->topic->p->stats.added++;
	part_close(pp);
	return 0;
}

void
producer_codec(struct producer *p, struct ptopic *t, int32_t part,
    enum codec codec)
{
	struct ppart *pp = &t->part[part];

	if (pp->codec == codec)
		return;
	pp->codec = codec;
	if (pp->open != NULL && pp->open->b.count > 0)
		part_close(pp);
	if (pp->open != NULL)
		pp->open->codec = codec;
}

static int
no_partition(const struct ptopic *t, int32_t part, struct kerr *e)
{
	return kerr_set(e, KE_NOTFOUND, "no partition %d: the topic has %d",
	    (int)part, (int)t->n);
}

/* A batch of its own, full, behind what the partition has open. */
int
producer_add_batch(struct producer *p, struct ptopic *t, int32_t part,
    void *batch, size_t n, struct khold *hold, uint64_t tag,
    const uint32_t *tags, struct kerr *e)
{
	size_t cap = hold == NULL && n <= p->cf.batch_bytes &&
	    n > p->cf.batch_bytes / 2 ? p->cf.batch_bytes : n;
	struct ppart *pp;
	struct batch_header h;
	struct batch *b;

	if (part < 0 || part >= t->n)
		return no_partition(t, part, e);
	pp = &t->part[part];
	if (batch_parse(batch, n, &h, e) != 0)
		return e->code;
	if (pp->open != NULL && pp->open->b.count > 0)
		part_close(pp);
	if (pp->open != NULL)
		batch_free(p, pp->open);
	pp->open = NULL;
	if (!has_room(p, cap))
		return kerr_set(e, KE_AGAIN, "no room");
	if (hold != NULL)
		b = batch_lent(p, batch, n, hold);
	else {
		b = batch_new(p, cap);
		memcpy(b->mem, batch, n);
	}
	batch_adopt(p, b, &h);
	batch_tag(b, tag, h.count);
	if (tags != NULL)
		batch_tags(b, tags);
	p->stats.added += (uint64_t)h.count;
	pp->open = b;
	make_busy(pp);
	part_close(pp);
	return 0;
}

static struct ppart *
pick(struct ptopic *t, int32_t part, const void *key, int32_t len,
    struct kerr *e)
{
	if (part < 0)
		part = partitioner_pick(&t->partitioner, key, len, t->n);
	if (part >= t->n) {
		no_partition(t, part, e);
		return NULL;
	}
	return &t->part[part];
}

/* Records without a key fill one batch after the other; those with one are
 * spread, and their batches share the memory. */
static size_t
batch_cap(const struct ptopic *t, int32_t part, int32_t key_len)
{
	if (part < 0 && partitioner_is_sticky(&t->partitioner, key_len))
		return t->batch_bytes;
	return t->share_bytes < t->batch_bytes ? t->share_bytes :
	    t->batch_bytes;
}

static int
too_large(const struct producer *p, size_t n, struct kerr *e)
{
	return kerr_set(e, KE_RANGE, "a record of %zu bytes is over "
	    "message.max.bytes (%zu)", n, p->cf.message_max);
}

static int64_t
wall_clock(void)
{
	return sys_now_ms(sys_real());
}

int
producer_add(struct producer *p, struct ptopic *t, int32_t part,
    const struct record_input *r, uint64_t tag, struct kerr *e)
{
	struct record_input in = *r;
	struct batch *b;
	struct ppart *pp = pick(t, part, r->key, r->key_len, e);

	if (pp == NULL)
		return e->code;
	if (record_size_bound(r) > p->cf.message_max)
		return too_large(p, record_size_bound(r), e);
	if (in.timestamp < 0)
		in.timestamp = wall_clock();
	b = part_open(pp, batch_cap(t, part, r->key_len));
	if (b != NULL && builder_add(&b->b, &in) == 0) {
		batch_tag(b, tag, 1);
		if (b->b.count == 1)
			producer_kick(p);	/* it lingers from now on */
		p->stats.added++;
		return 0;
	}
	if (b != NULL && b->b.count == 0)
		return add_giant(pp, &in, tag, e);
	if (b != NULL) {
		part_close(pp);
		return producer_add(p, t, part, &in, tag, e);
	}
	return kerr_set(e, KE_AGAIN, "no room");
}

/* The first line of [buf, buf + n) fits in no batch. Its length with the
 * delimiter, 0 when it is not complete or there is no room. */
static ssize_t
add_giant_line(struct ppart *pp, const char *buf, size_t n, int delim,
    int64_t ts, uint64_t tag, struct kerr *e)
{
	struct producer *p = pp->topic->p;
	const char *end = memchr(buf, delim, n);
	size_t len = end != NULL ? (size_t)(end - buf) : n;
	struct record_input in = { ts, NULL, buf, -1, (int32_t)len, NULL, 0 };

	if (len > p->cf.message_max)
		return too_large(p, len, e);
	if (end == NULL || add_giant(pp, &in, tag, NULL) != 0)
		return 0;
	return (ssize_t)len + 1;
}

/* For partitioners that draw anew for each record. */
static ssize_t
add_one_line(struct ptopic *t, const char *buf, size_t n, int delim,
    int64_t ts, uint64_t tag, struct kerr *e)
{
	struct producer *p = t->p;
	const char *end = memchr(buf, delim, n);
	size_t len = end != NULL ? (size_t)(end - buf) : n;
	struct record_input in = { ts, NULL, buf, -1, (int32_t)len, NULL, 0 };
	int rc;

	if (len > p->cf.message_max)
		return too_large(p, len, e);
	if (end == NULL)
		return 0;
	rc = producer_add(p, t, -1, &in, tag, e);
	if (rc == KE_AGAIN)
		return 0;
	return rc != 0 ? rc : (ssize_t)len + 1;
}

/* As many lines as the partition's open batch takes. */
static ssize_t
fill_batch(struct ppart *pp, const char *buf, size_t n, int delim, int64_t ts,
    uint64_t tag, struct kerr *e)
{
	struct batch *b = part_open(pp, pp->topic->batch_bytes);
	enum lines_end why;
	int32_t had;
	size_t taken;

	if (b == NULL)
		return 0;
	had = b->b.count;
	taken = builder_add_lines(&b->b, buf, n, delim, ts, INT32_MAX, &why);
	if (b->b.count > had) {
		if (had == 0)
			producer_kick(pp->topic->p);
		batch_tag(b, tag, b->b.count - had);
		pp->topic->p->stats.added += (uint64_t)(b->b.count - had);
	}
	if (why == LINES_FULL && b->b.count > 0)
		part_close(pp);
	else if (why == LINES_FULL)
		return add_giant_line(pp, buf, n, delim, ts, tag, e);
	else if (taken == 0 && n > pp->topic->p->cf.message_max)
		return too_large(pp->topic->p, n, e);
	return (ssize_t)taken;
}

ssize_t
producer_add_lines(struct producer *p, struct ptopic *t, int32_t part,
    const void *buf, size_t n, int delim, int64_t ts, uint64_t tag,
    size_t *count, struct kerr *e)
{
	bool draw = part < 0 && !partitioner_is_sticky(&t->partitioner, -1);
	const char *at = buf, *end = at + n;
	const uint64_t before = p->stats.added;
	struct kerr err = KERR_INIT;
	struct ppart *pp;
	ssize_t k;

	if (ts < 0)
		ts = wall_clock();
	*count = 0;
	while (at < end && err.code == 0) {
		pp = pick(t, part, NULL, -1, e);
		if (pp == NULL)
			return e->code;
		if (draw)
			k = add_one_line(t, at, (size_t)(end - at), delim, ts,
			    tag + *count, &err);
		else
			k = fill_batch(pp, at, (size_t)(end - at), delim, ts,
			    tag + *count, &err);
		if (k <= 0 && !(k == 0 && pp->open == NULL && !p->full))
			break;
		at += k;
		*count = (size_t)(p->stats.added - before);
	}
	if (err.code != 0 && at == (const char *)buf) {
		*e = err;
		return err.code;
	}
	return at - (const char *)buf;
}

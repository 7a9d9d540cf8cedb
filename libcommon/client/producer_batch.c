/* producer_batch.c: the batches of a producer (producer_impl.h). */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/producer_impl.h"
#include "record/iter.h"

struct batch *
batch_lent(struct producer *p, void *mem, size_t n, struct khold *hold)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->mem = mem;
	b->cap = n;
	b->hold = hold;
	b->codec = p->cf.codec;
	p->used += n;
	builder_init(&b->b, mem, n);
	batch_start_clock(p, b);
	return b;
}

struct batch *
batch_new(struct producer *p, size_t cap)
{
	uint8_t *mem;

	if (cap == p->cf.batch_bytes && p->n_spare > 0)
		mem = p->spare[--p->n_spare];
	else
		mem = xmalloc(cap);
	return batch_lent(p, mem, cap, NULL);
}

void
batch_start_clock(const struct producer *p, struct batch *b)
{
	b->born = loop_now(p->loop);
	b->deadline = b->born + p->cf.delivery_ms;
}

void
batch_free(struct producer *p, struct batch *b)
{
	if (p != NULL)
		p->used -= b->cap;
	if (b->hold != NULL)
		b->hold->drop(b->hold);
	else if (p != NULL && b->cap == p->cf.batch_bytes &&
	    p->n_spare < SPARE_BATCHES)
		p->spare[p->n_spare++] = b->mem;
	else
		free(b->mem);
	free(b->tags);
	free(b);
}

void
batch_tag(struct batch *b, uint64_t tag, int32_t n)
{
	int32_t had = b->b.count - n;

	if (had == 0)
		b->first_tag = tag;
	else if (b->tags == NULL && tag != b->last_tag + 1) {
		b->tags = xreallocarray(NULL, (size_t)had * 2, sizeof(*b->tags));
		for (int32_t i = 0; i < had; i++)
			b->tags[i] = (uint32_t)i;
	}
	if (b->tags != NULL) {
		/* capacity: the next power of two, at least twice had once */
		for (int32_t i = 0; i < n; i++) {
			int32_t at = had + i;

			if ((at & (at - 1)) == 0)
				b->tags = xreallocarray(b->tags,
				    (size_t)at * 2 + 2, sizeof(*b->tags));
			b->tags[at] = (uint32_t)(tag + (uint64_t)i -
			    b->first_tag);
		}
	}
	b->last_tag = tag + (uint64_t)n - 1;
}

void
batch_tags(struct batch *b, const uint32_t *tags)
{
	size_t n = (size_t)b->b.count;

	free(b->tags);
	b->tags = xreallocarray(NULL, n, sizeof(*b->tags));
	memcpy(b->tags, tags, n * sizeof(*b->tags));
	b->last_tag = b->first_tag + tags[n - 1];
}

void
batch_adopt(struct producer *p, struct batch *b, const struct batch_header *h)
{
	b->header = *h;
	b->header.base_offset = 0;
	b->header.leader_epoch = -1;
	b->header.attributes &= BATCH_CODEC_MASK;
	if (p->txn != NULL)
		b->header.attributes |= BATCH_TRANSACTIONAL;
	b->header.producer_id = -1;
	b->header.producer_epoch = -1;
	b->header.base_sequence = -1;
	batch_set_header(b->mem, &b->header);
	b->size = batch_size(h);
	b->codec = batch_codec(h);
	b->b.count = h->count;
}

uint64_t
batch_tag_of(const struct batch *b, int32_t index)
{
	if (index < 0)
		return b->first_tag;
	return b->first_tag + (b->tags != NULL ? b->tags[index] :
	    (uint32_t)index);
}

int
batch_encode(struct producer *p, struct batch *b, struct kerr *e)
{
	struct builder_opts o = BUILDER_OPTS;
	ssize_t n;

	if (p->codecs == NULL && b->codec != CODEC_NONE)
		p->codecs = codecs_new();
	if (b->size != 0) {
		if (b->item.seq >= 0 && (b->header.base_sequence !=
		    b->item.seq || b->header.producer_epoch != b->item.epoch))
			batch_set_producer(b->mem, &b->header, p->id,
			    b->item.epoch, b->item.seq);
		return 0;
	}
	o.codec = b->codec;
	o.flags = p->txn != NULL ? BATCH_TRANSACTIONAL : 0;
	o.level = p->cf.level;
	if (b->item.seq >= 0) {
		o.producer_id = p->id;
		o.producer_epoch = b->item.epoch;
		o.base_sequence = b->item.seq;
	}
	n = builder_finish(&b->b, &o, p->codecs, &p->scratch, e);
	if (n < 0)
		return (int)n;
	b->size = (size_t)n;
	return batch_header_parse(b->mem, b->size, &b->header, e);
}

/* Copies records [from, to) of b into a batch of their own. */
static struct batch *
part_of(struct producer *p, struct batch *b, int32_t from, int32_t to,
    struct kerr *e)
{
	size_t cap = b->b.len > b->cap ? b->b.len : b->cap;
	struct batch *half = batch_new(p, cap);
	struct record_header *headers = NULL;
	struct record_iter it;
	struct record_input in;
	struct header_iter hi;
	struct record r;
	int rc;

	half->born = b->born;
	half->deadline = b->deadline;
	half->codec = b->codec;
	rc = record_iter_init(&it, b->mem, &b->header, p->codecs, &p->scratch,
	    1 << 30, e);
	for (int32_t i = 0; rc == 0 && i < to &&
	    record_iter_next(&it, &r) > 0; i++) {
		if (i < from)
			continue;
		headers = xreallocarray(headers, (size_t)r.n_headers + 1,
		    sizeof(*headers));
		header_iter_init(&hi, &r);
		for (int32_t k = 0; k < r.n_headers; k++)
			header_iter_next(&hi, &headers[k]);
		in = (struct record_input){ r.timestamp, r.key, r.value,
		    r.key_len, r.value_len, headers, r.n_headers };
		if (builder_add(&half->b, &in) != 0)
			rc = kerr_set(e, KE_RANGE, "half a batch is larger "
			    "than the whole");
		else
			batch_tag(half, batch_tag_of(b, i), 1);
	}
	free(headers);
	if (rc == 0)
		return half;
	batch_free(p, half);
	return NULL;
}

int
batch_halve(struct producer *p, struct batch *b, struct batch **first,
    struct batch **second, struct kerr *e)
{
	int32_t mid = b->item.count / 2;

	buf_clear(&p->scratch);
	*first = part_of(p, b, 0, mid, e);
	if (*first == NULL)
		return e->code;
	buf_clear(&p->scratch);
	*second = part_of(p, b, mid, b->item.count, e);
	if (*second == NULL) {
		batch_free(p, *first);
		return e->code;
	}
	(*first)->item.count = mid;
	(*second)->item.count = b->item.count - mid;
	return 0;
}

void
report(struct producer *p, struct ppart *pp, struct batch *b, int64_t offset,
    int32_t bad, const struct kerr *err)
{
	struct producer_report r = {
		.topic = pp->topic->name, .partition = pp->index,
		.count = b->item.count, .size = b->size, .offset = offset,
		.first = b->first_tag, .last = b->last_tag, .err = err,
		.bad = bad, .bad_tag = batch_tag_of(b, bad), .tags = b->tags
	};

	if (err == NULL) {
		p->stats.acked += (uint64_t)b->item.count;
		p->stats.bytes += b->size;
	} else
		p->stats.failed += (uint64_t)b->item.count;
	if (p->cf.report != NULL)
		p->cf.report(p->cf.arg, &r);
}

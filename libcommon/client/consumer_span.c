/*
 * consumer_span.c: the batches of one partition in one answer: which are
 * whole, wanted, undamaged, and not of an aborted transaction.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/consumer_impl.h"
#include "record/iter.h"
#include "record/msgset.h"

static int
by_first(const void *a, const void *b)
{
	const struct fetch_response_aborted_transaction *x = a, *y = b;

	return x->first_offset < y->first_offset ? -1 :
	    x->first_offset > y->first_offset;
}

/* The aborted transactions in the order in which they begin: brokers name them
 * in the order in which they ended. */
static void
take_aborted(struct span *sp)
{
	int32_t n = sp->part->aborted_transactions.n;

	if (n <= 0)
		return;
	sp->begin = xreallocarray(NULL, (size_t)n, sizeof(*sp->begin));
	memcpy(sp->begin, sp->part->aborted_transactions.v,
	    (size_t)n * sizeof(*sp->begin));
	qsort(sp->begin, (size_t)n, sizeof(*sp->begin), by_first);
	sp->n_begin = n;
}

struct span *
span_new(struct slot *s, struct answer *a,
    const struct fetch_response_partition *part, int32_t broker)
{
	struct span *sp = xcalloc(1, sizeof(*sp));

	sp->slot = s;
	sp->answer = a;
	sp->part = part;
	sp->p = part->records.p;
	sp->end = part->records.p + part->records.len;
	sp->high = part->high_watermark;
	sp->stable = part->last_stable_offset;
	sp->log_start = part->log_start_offset;
	sp->broker = broker;
	sp->refs = 1;
	take_aborted(sp);
	a->refs++;
	s->spans++;
	return sp;
}

void
span_drop(struct span *sp)
{
	if (--sp->refs > 0)
		return;
	answer_drop(sp->answer);
	sp->slot->spans--;
	sp->slot->c->room++;
	free(sp->begin);
	free(sp->aborted);
	free(sp);
}

static void
let_go(struct khold *h)
{
	answer_drop((struct answer *)h);
}

struct answer *
answer_new(void)
{
	struct answer *a = xcalloc(1, sizeof(*a));

	a->hold.drop = let_go;
	a->refs = 1;
	return a;
}

void
answer_drop(struct answer *a)
{
	if (--a->refs > 0)
		return;
	reply_free(a->reply);
	free(a->own);
	free(a->part.aborted_transactions.v);
	free(a);
}

/* Size and last offset of the batch at p, or of the message in an old format;
 * false where none begins. */
static bool
look_ahead(const uint8_t *p, size_t n, size_t *size, int64_t *last)
{
	struct msgset_entry m;
	struct batch_header h;

	if (msgset_begins(p, n)) {
		if (msgset_parse(p, n, &m, NULL) != 0)
			return false;
		*size = msgset_size(&m);
		*last = m.offset;
		return true;
	}
	if (batch_header_parse(p, n, &h, NULL) != 0)
		return false;
	*size = batch_size(&h);
	*last = batch_last_offset(&h);
	return true;
}

int64_t
span_scan(const uint8_t *p, const uint8_t *end, int64_t from, size_t *need)
{
	const uint8_t *start = p;
	int64_t last;
	size_t size;

	*need = 0;
	while (look_ahead(p, (size_t)(end - p), &size, &last)) {
		if (size > (size_t)(end - p)) {
			if (p == start)
				*need = size;
			break;
		}
		if (last >= from)
			from = last + 1;
		p += size;
	}
	return from;
}

/* Transactions that were aborted and begin at or before offset are those to
 * be left out from now on. */
static void
begin_aborted(struct span *sp, int64_t offset)
{
	for (; sp->next_begin < sp->n_begin &&
	    sp->begin[sp->next_begin].first_offset <= offset;
	    sp->next_begin++) {
		sp->aborted = xreallocarray(sp->aborted,
		    (size_t)sp->n_aborted + 1, sizeof(*sp->aborted));
		sp->aborted[sp->n_aborted++] =
		    sp->begin[sp->next_begin].producer_id;
	}
}

static bool
is_aborted(const struct span *sp, int64_t producer)
{
	for (int32_t i = 0; i < sp->n_aborted; i++)
		if (sp->aborted[i] == producer)
			return true;
	return false;
}

/* An abort marker ends what is left out of its producer. */
static void
take_marker(struct span *sp, const struct batch_header *h)
{
	struct record_iter it;
	struct record r;

	if (record_iter_init(&it, sp->p, h, NULL, NULL, 0, NULL) < 0 ||
	    record_iter_next(&it, &r) <= 0 || r.key_len < 4 ||
	    be16(r.key + 2) != 0)
		return;
	for (int32_t i = 0; i < sp->n_aborted; i++)
		if (sp->aborted[i] == h->producer_id) {
			sp->aborted[i] = sp->aborted[--sp->n_aborted];
			return;
		}
}

/* Whether the batch is the caller's business; keeps track of markers. */
static bool
wanted(struct span *sp, const struct batch_header *h)
{
	begin_aborted(sp, batch_last_offset(h));
	if (batch_is_control(h)) {
		if (batch_codec(h) == CODEC_NONE)
			take_marker(sp, h);
		return false;
	}
	if (batch_is_transactional(h) && is_aborted(sp, h->producer_id))
		return false;
	return h->count > 0 && batch_last_offset(h) >= sp->slot->from &&
	    h->base_offset < sp->slot->to;
}

/* What is wrong with a batch is wrong with the data. */
static int
damaged(int64_t passed, struct kerr *e)
{
	if (e->code == KE_CRC)
		return KE_CRC;
	e->code = KE_DATA;
	return kerr_wrap(e, "after offset %lld", (long long)passed - 1);
}

/* Messages of an old format, made into a batch. */
static int
take_old(struct span *sp, struct consumer_batch *b, struct buf *own,
    size_t *took, struct kerr *e)
{
	struct consumer *c = sp->slot->c;
	struct msgset_source from;
	int rc;

	if (c->codecs == NULL)
		c->codecs = codecs_new();
	buf_clear(own);
	rc = msgset_batch(sp->p, (size_t)(sp->end - sp->p),
	    c->cf.no_crc ? MSGSET_NO_CRC : 0, c->codecs, &c->scratch,
	    BATCH_MAX_RAW, own, &from, e);
	if (c->scratch.cap > CONSUMER_KEEP)
		buf_release(&c->scratch);
	if (rc != 0)
		return rc;
	b->p = own->p;
	b->unpacked = from.codec;
	*took = from.took;
	return batch_parse(own->p, own->len, &b->header, e);
}

/* The batch at the cursor, and how many bytes further the next one is. */
static int
take_batch(struct span *sp, struct consumer_batch *b, struct buf *own,
    size_t *took, struct kerr *e)
{
	size_t n = (size_t)(sp->end - sp->p);
	int rc;

	if (msgset_begins(sp->p, n))
		return take_old(sp, b, own, took, e);
	b->p = (uint8_t *)(uintptr_t)sp->p;	/* of our frame */
	b->unpacked = CODEC_NONE;
	if ((rc = batch_parse(sp->p, n, &b->header, e)) == 0)
		*took = batch_size(&b->header);
	return rc;
}

int
span_next(struct span *sp, struct consumer_batch *b, struct buf *own,
    int64_t *passed, struct kerr *e)
{
	struct slot *s = sp->slot;
	struct batch_header *h = &b->header;
	size_t took = 0;
	int rc;

	while (sp->p < sp->end && *passed < s->to) {
		rc = take_batch(sp, b, own, &took, e);
		if (rc == KE_AGAIN)	/* cut short: the next Fetch has it */
			break;
		if (rc < 0)
			return damaged(*passed, e);
		/* no CRC covers the offset */
		if (sp->high > 0 && h->base_offset >= sp->high)
			return kerr_set(e, KE_DATA, "after offset %lld: a "
			    "batch at %lld, where the end is %lld",
			    (long long)*passed - 1, (long long)h->base_offset,
			    (long long)sp->high);
		if (b->p == sp->p && !s->c->cf.no_crc &&
		    !batch_crc_ok(sp->p, h))
			return kerr_set(e, KE_CRC, "batch at offset %lld: "
			    "CRC mismatch", (long long)h->base_offset);
		if (batch_last_offset(h) >= *passed)
			*passed = batch_last_offset(h) + 1;
		s->epoch = h->leader_epoch;
		rc = wanted(sp, h);
		sp->p += took;
		if (rc) {
			b->from = s->from;
			b->to = s->to;
			b->high = sp->high;
			b->stable = sp->stable;
			b->log_start = sp->log_start;
			b->broker = sp->broker;
			return 1;
		}
	}
	return 0;
}

/* producers.c: see producers.h. */
#include "store/producers.h"

#include <stdlib.h>

#include <utlist.h>

#include "base/xalloc.h"
#include "record/iter.h"
#include "store/producers_impl.h"

/* most partitions see a producer or two; uthash.h has numbers of its own, which
 * are looked at where a table is made */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS	4U
#define HASH_INITIAL_NUM_BUCKETS_LOG2	2U

/* No two transactions begin at one offset, but a damaged snapshot says what
 * it likes. */
static int
by_open_at(const struct producer *a, const struct producer *b)
{
	if (a->open_at != b->open_at)
		return a->open_at < b->open_at ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

RB_GENERATE_INTERNAL(open_txns, producer, open, by_open_at,
    static __attribute__((unused)))

void
producers_set_open(struct producers *ps, struct producer *p, int64_t at)
{
	if (p->open_at >= 0)
		RB_REMOVE(open_txns, &ps->open, p);
	p->open_at = at >= 0 ? at : -1;
	if (p->open_at >= 0)
		RB_INSERT(open_txns, &ps->open, p);
}

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

struct producer *
producers_find(const struct producers *ps, int64_t id)
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

/* What a marker says. */
struct marker {
	bool	abort;
	int32_t	coordinator_epoch;	/* -1: it is something else */
};

/* A marker's key: version, type; its value: version, then the epoch of the
 * coordinator. */
static struct marker
read_marker(const struct batch_header *h, const void *batch, size_t n)
{
	struct marker m = { false, -1 };
	struct record_iter it;
	struct record r;

	if (n < batch_size(h) || batch_codec(h) != CODEC_NONE ||
	    record_iter_init(&it, batch, h, NULL, NULL, n, NULL) < 0 ||
	    record_iter_next(&it, &r) != 1 || r.key_len < 4 ||
	    r.value_len < 6)
		return m;
	m.abort = record_control_type(&r) == CONTROL_ABORT;
	m.coordinator_epoch = (int32_t)be32(r.value + 2);
	return m;
}

static enum producer_verdict
check_marker(const struct producer *p, const struct batch_header *h,
    const void *batch, size_t n)
{
	if (h->producer_epoch < p->epoch)
		return PRODUCER_OLD_EPOCH;
	return read_marker(h, batch, n).coordinator_epoch <
	    p->coordinator_epoch ? PRODUCER_OLD_COORDINATOR : PRODUCER_OK;
}

enum producer_verdict
producers_check(const struct producers *ps, const struct batch_header *h,
    const void *batch, size_t n, const struct batch_header *before,
    int64_t *base, int64_t *last, int64_t *time)
{
	const struct past_batch *dup;
	const struct producer *p;
	enum producer_verdict v;

	if (h->producer_id < 0)
		return PRODUCER_OK;
	p = producers_find(ps, h->producer_id);
	if (batch_is_control(h))
		return p != NULL ? check_marker(p, h, batch, n) : PRODUCER_OK;
	if (before != NULL)
		return in_sequence(before->producer_epoch,
		    batch_last_sequence(before), h);
	if (p == NULL)
		return PRODUCER_OK;
	if (h->base_sequence < 0)
		return h->producer_epoch < p->epoch ? PRODUCER_OLD_EPOCH :
		    PRODUCER_OK;
	if ((dup = duplicate(p, h)) != NULL) {
		*base = dup->last_offset - dup->delta;
		*last = dup->last_offset;
		*time = dup->timestamp;
		return PRODUCER_DUPLICATE;
	}
	v = in_sequence(p->epoch,
	    p->n > 0 ? p->batch[p->n - 1].last_seq : -1, h);
	if (v == PRODUCER_OK && p->open_at >= 0 && !batch_is_transactional(h))
		v = PRODUCER_NOT_IN_TXN;
	return v;
}

struct producer *
producers_add(struct producers *ps, int64_t id)
{
	struct producer *p = xcalloc(1, sizeof(*p));

	p->id = id;
	p->epoch = -1;
	p->open_at = -1;
	p->coordinator_epoch = -1;
	HASH_ADD(hh, ps->byid, id, sizeof(p->id), p);
	return p;
}

void
producer_remember(struct producer *p, const struct past_batch *b)
{
	if (p->n == REMEMBERED) {
		memmove(p->batch, p->batch + 1,
		    (REMEMBERED - 1) * sizeof(p->batch[0]));
		p->n--;
	}
	p->batch[p->n++] = *b;
}

/* The marker of p's transaction; true where it was an abort, told in *a. */
static bool
end_txn(struct producers *ps, struct producer *p,
    const struct batch_header *h, bool abort, struct aborted_txn *a)
{
	struct ended_txn *t;

	if (p->open_at < 0)
		return false;
	t = xcalloc(1, sizeof(*t));
	t->first = p->open_at;
	t->last = h->base_offset;
	DL_APPEND(ps->ended, t);
	producers_set_open(ps, p, -1);
	*a = (struct aborted_txn){ p->id, t->first, t->last, t->last + 1 };
	if (!RB_EMPTY(&ps->open))
		a->stable = producers_first_open(ps);
	return abort;
}

static bool
note_marker(struct producers *ps, struct producer *p,
    const struct batch_header *h, const void *batch, size_t n,
    struct aborted_txn *a)
{
	struct marker m = read_marker(h, batch, n);

	p->coordinator_epoch = m.coordinator_epoch;
	return end_txn(ps, p, h, m.abort, a);
}

bool
producers_note(struct producers *ps, const struct batch_header *h,
    const void *batch, size_t n, int64_t now_ms, struct aborted_txn *a)
{
	struct producer *p;

	/* a control batch without records is what the cleaner left of one */
	if (h->producer_id < 0 || (batch_is_control(h) && h->count == 0))
		return false;
	if ((p = producers_find(ps, h->producer_id)) == NULL)
		p = producers_add(ps, h->producer_id);
	if (p->epoch != h->producer_epoch) {
		p->epoch = h->producer_epoch;
		p->n = 0;
	}
	p->timestamp = h->max_timestamp;
	p->seen_ms = now_ms;
	if (batch_is_control(h))
		return note_marker(ps, p, h, batch, n, a);
	if (h->base_sequence >= 0)
		producer_remember(p, &(struct past_batch){
		    .last_offset = batch_last_offset(h),
		    .last_seq = batch_last_sequence(h),
		    .delta = h->last_offset_delta,
		    .timestamp = h->max_timestamp });
	if (batch_is_transactional(h) && p->open_at < 0)
		producers_set_open(ps, p, h->base_offset);
	return false;
}

int64_t
producers_first_open(const struct producers *ps)
{
	/* RB_MIN() asks for no const, and changes nothing */
	struct open_txns *open = (struct open_txns *)(uintptr_t)&ps->open;
	const struct producer *p = RB_MIN(open_txns, open);

	return p != NULL ? p->open_at : -1;
}

int64_t
producers_first_unstable(struct producers *ps, int64_t hw)
{
	int64_t first = producers_first_open(ps);
	struct ended_txn *t;

	while ((t = ps->ended) != NULL && t->last < hw) {
		DL_DELETE(ps->ended, t);
		free(t);
	}
	DL_FOREACH(ps->ended, t)
		if (first < 0 || t->first < first)
			first = t->first;
	return first;
}

int64_t
producers_open_at(const struct producers *ps, int64_t id)
{
	const struct producer *p = producers_find(ps, id);

	return p != NULL ? p->open_at : -1;
}

unsigned int
producers_list(const struct producers *ps, struct producer_info *v,
    unsigned int cap)
{
	const struct producer *p;
	unsigned int n = 0;

	for (p = ps->byid; p != NULL; p = p->hh.next, n++)
		if (n < cap)
			v[n] = (struct producer_info){ p->id, p->epoch,
			    p->n > 0 ? p->batch[p->n - 1].last_seq : -1,
			    p->timestamp, p->coordinator_epoch, p->open_at };
	return n;
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
	struct ended_txn *t;

	HASH_ITER(hh, ps->byid, p, next) {
		HASH_DEL(ps->byid, p);
		free(p);
	}
	RB_INIT(&ps->open);
	while ((t = ps->ended) != NULL) {
		DL_DELETE(ps->ended, t);
		free(t);
	}
}

static int
by_id(const void *a, const void *b)
{
	const struct producer_end *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

struct producer_end *
producers_ends(const struct producers *ps, int *n)
{
	struct producer_end *v, *to;
	const struct producer *p;

	*n = (int)producers_count(ps);
	to = v = xreallocarray(NULL, (size_t)*n + 1, sizeof(*v));
	for (p = ps->byid; p != NULL; p = p->hh.next)
		*to++ = (struct producer_end){ p->id, p->n > 0 ?
		    p->batch[p->n - 1].last_offset : -1, p->epoch };
	qsort(v, (size_t)*n, sizeof(*v), by_id);
	return v;
}

const struct producer_end *
producer_end_find(const struct producer_end *v, int n, int64_t id)
{
	const struct producer_end want = { .id = id };

	return n > 0 ? bsearch(&want, v, (size_t)n, sizeof(*v), by_id) : NULL;
}

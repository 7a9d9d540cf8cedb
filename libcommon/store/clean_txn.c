/*
 * clean_txn.c: what the cleaner knows of transactions, as Apache Kafka's
 * CleanedTransactionMetadata. Whether one was aborted is told by its marker,
 * which comes last, so the log's indexes are asked ahead of time.
 */
#include <stdlib.h>
#include <uthash.h>

#include "base/xalloc.h"
#include "store/clean_impl.h"

struct clean_txn {
	int64_t		   producer;
	bool		   is_aborted;
	bool		   seen;	/* a batch of it was */
	struct aborted_txn aborted;
	UT_hash_handle	   hh;
};

static struct clean_txn *
find(struct clean_txn *head, int64_t producer)
{
	struct clean_txn *x;

	HASH_FIND(hh, head, &producer, sizeof(producer), x);
	return x;
}

static struct clean_txn *
begin(struct clean_txn **head, int64_t producer)
{
	struct clean_txn *x = xcalloc(1, sizeof(*x));

	x->producer = producer;
	HASH_ADD(hh, *head, producer, sizeof(x->producer), x);
	return x;
}

static void
end(struct clean_txn **head, struct clean_txn *x)
{
	HASH_DEL(*head, x);
	free(x);
}

void
clean_txns_release(struct clean_txns *t)
{
	struct clean_txn *x, *next;

	HASH_ITER(hh, t->open, x, next)
		end(&t->open, x);
	free(t->aborted.v);
	*t = (struct clean_txns){ false };
}

/* enum control_type of a control batch's first record; -1: none there, or not
 * to be read. */
static int
control_batch_type(const struct batch_header *h, const uint8_t *batch)
{
	struct record_iter it;
	struct record r;

	if (batch_codec(h) != CODEC_NONE ||
	    record_iter_init(&it, batch, h, NULL, NULL, 0, NULL) < 0 ||
	    record_iter_next(&it, &r) != 1)
		return -1;
	return record_control_type(&r);
}

/* Aborted transactions that have begun by offset are open from now on. */
static void
advance(struct clean_txns *t, int64_t offset)
{
	const struct aborted_txn *a;
	struct clean_txn *x;

	for (; t->next < t->aborted.n; t->next++) {
		a = &t->aborted.v[t->next];
		if (a->first > offset)
			break;
		if (find(t->open, a->producer_id) != NULL)
			continue;
		x = begin(&t->open, a->producer_id);
		x->is_aborted = true;
		x->aborted = *a;
	}
}

bool
clean_txns_data(struct clean_txns *t, const struct batch_header *h)
{
	struct clean_txn *x;

	if (!batch_is_transactional(h))
		return false;
	advance(t, batch_last_offset(h));
	x = find(t->open, h->producer_id);
	/* whose marker is gone already */
	if (x != NULL && x->is_aborted && h->base_offset > x->aborted.last) {
		end(&t->open, x);
		x = NULL;
	}
	if (x == NULL)
		x = begin(&t->open, h->producer_id);
	x->seen = true;
	return x->is_aborted;
}

bool
clean_txns_marker(struct clean_txns *t, const struct batch_header *h,
    const uint8_t *batch, struct aborted_txn *kept)
{
	struct clean_txn *x;
	bool seen = false;

	kept->producer_id = -1;
	if (h->count == 0)
		return true;	/* it was cleaned before */
	switch (control_batch_type(h, batch)) {
	case CONTROL_ABORT:
	case CONTROL_COMMIT:
		advance(t, batch_last_offset(h));
		if ((x = find(t->open, h->producer_id)) == NULL)
			return true;
		seen = x->seen;
		if (seen && x->is_aborted)
			*kept = x->aborted;
		end(&t->open, x);
		return !seen;
	default:
		return false;
	}
}

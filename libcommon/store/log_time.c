/* log_time.c: records by timestamp; see log.h. */
#include "store/log.h"

#include "record/iter.h"
#include "record/msgset.h"
#include "store/file.h"
#include "store/log_impl.h"
#include "store/scan.h"

/* A search under way; the codecs and buffers live as long as it does. */
struct search {
	struct log	*l;
	int64_t		 ts;		/* timestamp wanted, at least */
	int64_t		 start;		/* offsets that count */
	int64_t		 upto;
	struct codecs	*codecs;
	struct buf	 batch;
	struct buf	 raw;
	struct buf	 made;		/* of a message in an old format */
	struct log_when	*w;
};

/* 1: it is the one, and *q->w says so if it lies before upto. */
static int
found(struct search *q, int64_t offset, int64_t timestamp, int32_t epoch)
{
	if (offset < q->upto)
		*q->w = (struct log_when){ offset, timestamp, epoch };
	return 1;
}

/* A batch that came to be as it is, unreadable: its first offset stands for
 * it, so that whoever reads from there finds it, and the log stays usable. */
static int
found_rubbish(struct search *q, const uint8_t *p, const struct batch_header *h,
    int rc, struct kerr *e)
{
	if (!batch_crc_ok(p, h))
		return rc;
	if (e != NULL)
		kerr_clear(e);
	return found(q, h->base_offset > q->start ? h->base_offset : q->start,
	    h->max_timestamp, h->leader_epoch);
}

/* Makes a batch of the message at *p, and *h its header. 1: it is rubbish, and
 * found. */
static int
remake(struct search *q, const uint8_t **p, struct batch_header *h,
    struct kerr *e)
{
	struct msgset_source from;
	int rc;

	buf_clear(&q->made);
	rc = msgset_batch(*p, batch_size(h), 0, q->codecs, &q->raw,
	    BATCH_MAX_RAW, &q->made, &from, e);
	if (rc == KE_CRC)
		return rc;
	if (rc != 0) {
		if (e != NULL)
			kerr_clear(e);
		return found(q, h->base_offset, h->max_timestamp, -1);
	}
	*p = q->made.p;
	return batch_parse(q->made.p, q->made.len, h, e);
}

/* Looks for the first record of the batch at c->at. 1: found. */
static int
look_into(struct search *q, const struct scan *c, struct batch_header *h,
    struct kerr *e)
{
	struct record_iter it;
	struct record r;
	const uint8_t *p;
	ssize_t got;
	int rc;

	buf_clear(&q->batch);
	buf_clear(&q->raw);
	p = buf_reserve(&q->batch, batch_size(h));
	got = file_read(q->l->sys, c->fd, q->batch.p, batch_size(h), c->at);
	if (got < (ssize_t)batch_size(h))
		return got < 0 ? kerr_sys(e, "reading") : 0;
	if (q->codecs == NULL)
		q->codecs = codecs_new();
	if (h->magic < BATCH_MAGIC && (rc = remake(q, &p, h, e)) != 0)
		return rc;
	if ((rc = record_iter_init(&it, p, h, q->codecs, &q->raw,
	    BATCH_MAX_RAW, e)) < 0)
		return found_rubbish(q, p, h, rc, e);
	while ((rc = record_iter_next(&it, &r)) > 0)
		if (r.timestamp >= q->ts && r.offset >= q->start)
			return found(q, r.offset, r.timestamp,
			    h->leader_epoch);
	return rc < 0 ? found_rubbish(q, p, h, record_iter_bad(&it, e), e) :
	    0;
}

/*
 * Where to begin: the time index says that every batch up to an entry's offset
 * has no later timestamp than the entry's. The first later one lies between
 * two entries, in the stretch of the offset index that ends with the second.
 */
static int64_t
begin_at(struct search *q, struct segment *g, struct kerr *e)
{
	struct index_hit t, o;
	int64_t rel = -1;
	int rc;

	if ((rc = segment_indexes(g, e)) != 0)
		return rc;
	if (index_search(&g->times, g->sys, &q->l->lock, INDEX_KEY, q->ts,
	    &t) != 0)
		return kerr_sys(e, "%020lld.timeindex", (long long)g->base);
	if (t.has)
		rel = t.at.value;
	if (t.has_next && t.next.value - 1 > rel && !(t.has &&
	    t.at.key == q->ts))
		rel = t.next.value - 1;
	if (rel < 0)
		return 0;
	if (index_search(&g->offsets, g->sys, &q->l->lock, INDEX_KEY, rel,
	    &o) != 0)
		return kerr_sys(e, "%020lld.index", (long long)g->base);
	return o.has ? o.at.value : 0;
}

/* 1: found, or known to lie past upto. */
static int
search_segment(struct search *q, struct segment *g, int64_t size,
    struct kerr *e)
{
	uint8_t window[4096];
	struct batch_header h;
	struct scan c;
	int64_t at;
	int rc, fd;

	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if ((at = begin_at(q, g, e)) < 0)
		return (int)at;
	scan_init(&c, g->sys, fd, at, size, window, sizeof(window));
	while ((rc = scan_next(&c, &h, e)) > 0) {
		if (h.base_offset >= q->upto)
			return 1;
		if (h.max_timestamp < q->ts ||
		    batch_last_offset(&h) < q->start)
			continue;
		if ((rc = look_into(q, &c, &h, e)) != 0)
			return rc;
	}
	return rc;
}

static int
search(struct search *q, struct kerr *e)
{
	struct segment *g;
	int64_t size, end, max, at, base = -1;
	bool active;
	int rc = 0;

	while (rc == 0 && (g = log_segment_above(q->l, base, &size, &end,
	    &active)) != NULL) {
		base = g->base;
		rc = segment_max(g, &q->l->lock, &max, &at, e);
		if (rc == 0 && max >= q->ts && end > q->start)
			rc = search_segment(q, g, size, e);
		if (rc == KE_RANGE && g->retired)
			rc = 0;
		segment_unref(g);
	}
	return rc < 0 ? rc : 0;
}

int
log_find_time(struct log *l, int64_t ts, int64_t upto, struct log_when *w,
    struct kerr *e)
{
	struct search q = { .l = l, .ts = ts, .start = log_start(l),
	    .upto = upto, .w = w };
	int rc;

	*w = (struct log_when){ -1, -1, -1 };
	if ((rc = log_usable(l, e)) != 0)
		return rc;
	pthread_rwlock_rdlock(&l->shape);
	rc = search(&q, e);
	pthread_rwlock_unlock(&l->shape);
	if (q.codecs != NULL)
		codecs_free(q.codecs);
	buf_release(&q.batch);
	buf_release(&q.raw);
	buf_release(&q.made);
	return rc != 0 ? log_fail_read(l, rc, e) : 0;
}

int
log_find_max_time(struct log *l, struct log_when *w, struct kerr *e)
{
	struct segment *g;
	int64_t size, end, ts, at, most = -1, base = -1;
	bool active;
	int rc;

	*w = (struct log_when){ -1, -1, -1 };
	if ((rc = log_usable(l, e)) != 0)
		return rc;
	pthread_rwlock_rdlock(&l->shape);
	while (rc == 0 && (g = log_segment_above(l, base, &size, &end,
	    &active)) != NULL) {
		base = g->base;
		rc = segment_max(g, &l->lock, &ts, &at, e);
		if (rc == 0 && ts > most)
			most = ts;
		if (rc == KE_RANGE && g->retired)
			rc = 0;
		segment_unref(g);
	}
	pthread_rwlock_unlock(&l->shape);
	if (rc != 0)
		return log_fail_read(l, rc, e);
	return most < 0 ? 0 : log_find_time(l, most, log_end(l), w, e);
}

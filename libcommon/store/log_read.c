/*
 * log_read.c: from offsets to pieces of segment files; see log.h. A reader
 * takes what it needs from memory under the lock, lets go of it, and asks the
 * index and the file for the rest.
 */
#include "store/log.h"

#include "store/file.h"
#include "store/log_impl.h"
#include "store/scan.h"

/* What a reader knows of the segment it reads; a reference is held. */
struct view {
	struct segment	*g;
	int64_t		 size;		/* the file counts up to here */
	int64_t		 end;		/* first offset after it */
	int64_t		 from;		/* position of the offset, -1: ask */
	int64_t		 limit;		/* position of the bound, -1: ask */
	int64_t		 cut;		/* position at most `max` after from,
					   -1: ask */
	bool		 last;		/* it is the active segment */
};

/* The ring's first batch with last offset >= offset, or with position > pos:
 * its number, counted from the oldest. n = all lie before. */
static unsigned int
recent_find(const struct log *l, unsigned int n, int64_t offset, int64_t pos)
{
	unsigned int lo = 0, hi = n, mid, first = l->n_recent - n;
	const struct recent *r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = &l->recent[(first + mid) % RECENT];
		if (offset >= 0 ? r->last < offset : r->at <= pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Where offset lies, as far as memory tells. What comes before the ring's
 * oldest batch is not known, unless that is the segment's first. */
static int64_t
recent_position(const struct log *l, const struct view *w, int64_t offset)
{
	unsigned int n = l->n_recent < RECENT ? l->n_recent : RECENT, i;

	if (offset >= w->end)
		return w->size;
	if (!w->last || n == 0)
		return -1;
	i = recent_find(l, n, offset, 0);
	if (i == 0 && l->recent[(l->n_recent - n) % RECENT].at > 0)
		return -1;
	return i == n ? w->size : l->recent[(l->n_recent - n + i) % RECENT].at;
}

/* The last batch start at or below pos. */
static int64_t
recent_floor(const struct log *l, const struct view *w, int64_t pos)
{
	unsigned int n = l->n_recent < RECENT ? l->n_recent : RECENT, i;

	if (!w->last || n == 0)
		return -1;
	i = recent_find(l, n, -1, pos);
	return i == 0 ? -1 :
	    l->recent[(l->n_recent - n + i - 1) % RECENT].at;
}

/* Picks the segment for offset and what memory knows. 0 where there is none,
 * KE_RANGE where it was deleted just now. */
static int
look(struct log *l, int64_t offset, int64_t upto, int64_t max, struct view *w,
    struct kerr *e)
{
	int i;

	pthread_mutex_lock(&l->lock);
	i = offset < l->start ? -2 : log_segment_of(l, offset);
	if (i >= 0) {
		w->g = l->segs[i];
		segment_ref(w->g);
		w->size = w->g->size;
		w->end = log_segment_end(l, i);
		w->last = i == l->n_segs - 1;
		w->from = recent_position(l, w, offset);
		w->limit = recent_position(l, w, upto);
		w->cut = -1;
		if (w->from >= 0 && max < w->size - w->from)
			w->cut = recent_floor(l, w, w->from + max);
	}
	pthread_mutex_unlock(&l->lock);
	if (i == -2)
		return kerr_set(e, KE_RANGE, "offset %lld was deleted",
		    (long long)offset);
	return i >= 0;
}

/* What cut_at() says, looked for from the batch at `at` on. */
static int64_t
walk_to(struct log *l, struct view *w, int fd, int64_t at, int64_t bound,
    bool min_one, struct kerr *e)
{
	uint8_t window[4096];
	struct batch_header h;
	struct scan c;
	int rc;

	scan_init(&c, l->sys, fd, at, w->limit, window, sizeof(window));
	while ((rc = scan_next(&c, &h, e)) > 0) {
		if (c.next > bound && !(min_one && c.at == w->from))
			break;
		at = c.next;
		if (at > bound)
			break;
	}
	return rc < 0 ? rc : at;
}

/*
 * The end of the last whole batch that ends at or before from + max, at least
 * the first one's with min_one; from where there is none. An index that leads
 * to where no batch begins is not trusted.
 */
static int64_t
cut_at(struct log *l, struct view *w, int fd, int64_t max, bool min_one,
    struct kerr *e)
{
	struct index_hit hit;
	int64_t at = w->from, bound, end;
	int rc;

	/* max may be as good as infinite, but not here: limit - from is more */
	bound = w->from + max;
	if ((rc = segment_indexes(w->g, e)) != 0)
		return rc;
	if (index_search(&w->g->offsets, l->sys, &l->lock, INDEX_VALUE, bound,
	    &hit) != 0)
		return kerr_sys(e, "%020lld.index", (long long)w->g->base);
	if (hit.has && hit.at.value > at)
		at = hit.at.value;
	end = walk_to(l, w, fd, at, bound, min_one, e);
	if (end == KE_CORRUPT && at > w->from)
		end = walk_to(l, w, fd, w->from, bound, min_one, e);
	return end;
}

/* Fills in what memory did not know, and the length. */
static int64_t
measure(struct log *l, struct view *w, int64_t offset, int64_t max,
    int64_t upto, bool min_one, struct kerr *e)
{
	int64_t end;
	int fd;

	if (w->from < 0 && (w->from = segment_position(w->g, &l->lock, offset,
	    w->size, NULL, e)) < 0)
		return w->from;
	if (w->limit < 0 && (w->limit = segment_position(w->g, &l->lock, upto,
	    w->size, NULL, e)) < 0)
		return w->limit;
	if (w->limit <= w->from)
		return 0;
	if (max >= w->limit - w->from)
		return w->limit - w->from;
	if (w->cut > w->from)
		return (w->cut < w->limit ? w->cut : w->limit) - w->from;
	if ((fd = segment_fd(w->g, false, e)) < 0)
		return fd;
	end = cut_at(l, w, fd, max, min_one, e);
	return end < 0 ? end : end - w->from;
}

static int
read_shaped(struct log *l, int64_t offset, int64_t max, int64_t upto,
    bool min_one, struct krecords *out, struct kerr *e)
{
	struct view w;
	int64_t len;
	int fd, rc;

	while ((rc = look(l, offset, upto, max, &w, e)) > 0) {
		len = measure(l, &w, offset, max, upto, min_one, e);
		if (len > 0) {
			if ((fd = segment_fd(w.g, false, e)) < 0)
				len = fd;
			*out = (struct krecords){ .len = len, .off = w.from,
			    .fd = fd, .hold = &w.g->hold };
		}
		if (len <= 0)
			segment_unref(w.g);
		if (len < 0)
			return (int)len;
		/* a segment may end in a hole, or be empty altogether */
		if (len > 0 || w.last || w.end >= upto ||
		    w.from < w.size)
			return 0;
		offset = w.end;
	}
	return rc;
}

int
log_read(struct log *l, int64_t offset, int64_t max, int64_t upto,
    bool min_one, struct krecords *out, struct kerr *e)
{
	int64_t start = log_start(l), end = log_end(l);
	int rc;

	*out = (struct krecords){ .fd = -1 };
	if ((rc = log_usable(l, e)) != 0)
		return rc;
	if (offset < start || offset > end)
		return kerr_set(e, KE_RANGE, "%s: offset %lld is outside %lld "
		    "to %lld", l->name, (long long)offset, (long long)start,
		    (long long)end);
	if (upto > end)
		upto = end;
	if (offset >= upto)
		return 0;
	pthread_rwlock_rdlock(&l->shape);
	rc = read_shaped(l, offset, max > 0 ? max : 0, upto, min_one, out, e);
	pthread_rwlock_unlock(&l->shape);
	if (rc != 0)
		*out = (struct krecords){ .fd = -1 };
	return rc != 0 ? log_fail_read(l, rc, e) : 0;
}

/* Where g ends; upto where it is gone from the log. */
static int64_t
end_of(struct log *l, const struct segment *g, int64_t upto)
{
	int64_t end = upto;
	int i;

	pthread_mutex_lock(&l->lock);
	i = log_segment_of(l, g->base);
	if (i >= 0 && l->segs[i] == g)
		end = log_segment_end(l, i);
	pthread_mutex_unlock(&l->lock);
	return end < upto ? end : upto;
}

int64_t
log_read_end(struct log *l, const struct krecords *r, int64_t upto,
    struct kerr *e)
{
	struct segment *g = (struct segment *)r->hold;
	struct index_hit hit;
	int rc;

	if ((rc = segment_indexes(g, e)) != 0)
		return rc;
	/* the first batch with an entry of its own behind the slice */
	if (index_search(&g->offsets, l->sys, &l->lock, INDEX_VALUE,
	    r->off + r->len - 1, &hit) != 0)
		return kerr_sys(e, "%020lld.index", (long long)g->base);
	if (hit.has_next && g->base + hit.next.key < upto)
		return g->base + hit.next.key;
	return end_of(l, g, upto);
}

int64_t
log_read_buf(struct log *l, int64_t offset, int64_t max, int64_t upto,
    bool min_one, struct buf *b, struct kerr *e)
{
	struct krecords r;
	ssize_t got;
	uint8_t *to;
	int rc;

	if ((rc = log_read(l, offset, max, upto, min_one, &r, e)) != 0)
		return rc;
	if (r.len == 0)
		return 0;
	if ((to = buf_reserve(b, (size_t)r.len)) == NULL) {
		r.hold->drop(r.hold);
		return kerr_set(e, b->err, "%s: a batch of %lld bytes",
		    l->name, (long long)r.len);
	}
	got = file_read(l->sys, r.fd, to, (size_t)r.len, r.off);
	r.hold->drop(r.hold);
	if (got < 0)
		return log_fail(l, kerr_sys(e, "reading"), e);
	/* fewer bytes: the log was truncated meanwhile */
	if (got < r.len)
		return 0;
	b->len += (size_t)got;
	return got;
}

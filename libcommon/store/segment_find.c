/* segment_find.c: what is where in a segment; see segment.h. */
#include "store/segment.h"

#include "base/log.h"
#include "store/scan.h"

/* A window for walks of a few kilobytes. */
enum { SHORT_WALK = 4096 };

int
segment_max(struct segment *g, pthread_mutex_t *lock, int64_t *ts,
    int64_t *offset, struct kerr *e)
{
	struct index_entry last;
	bool known;
	int rc;

	pthread_mutex_lock(lock);
	known = g->has_max;
	*ts = g->max_ts;
	*offset = g->max_ts_offset;
	pthread_mutex_unlock(lock);
	if (known)
		return 0;
	if ((rc = segment_indexes(g, e)) != 0)
		return rc;
	if ((rc = index_last(&g->times, g->sys, &last)) < 0)
		return kerr_sys(e, "%020lld.timeindex", (long long)g->base);
	if (rc == 0)
		return 0;
	*ts = last.key;
	*offset = g->base + last.value;
	pthread_mutex_lock(lock);
	g->has_max = true;
	g->max_ts = *ts;
	g->max_ts_offset = *offset;
	pthread_mutex_unlock(lock);
	return 0;
}

static int
first_time(struct segment *g, int fd, struct kerr *e)
{
	uint8_t w[BATCH_HEADER];
	struct batch_header h;
	struct scan c;
	int rc;

	scan_init(&c, g->sys, fd, 0, g->size, w, sizeof(w));
	if ((rc = scan_next(&c, &h, e)) > 0)
		g->first_ts = h.max_timestamp;
	return rc < 0 ? rc : 0;
}

int
segment_first(struct segment *g, pthread_mutex_t *lock, int64_t *ts,
    struct kerr *e)
{
	uint8_t w[BATCH_HEADER];
	struct batch_header h;
	struct scan c;
	int64_t size;
	int rc, fd;

	pthread_mutex_lock(lock);
	*ts = g->first_ts;
	size = g->size;
	pthread_mutex_unlock(lock);
	if (*ts >= 0)
		return 0;
	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	scan_init(&c, g->sys, fd, 0, size, w, sizeof(w));
	if ((rc = scan_next(&c, &h, e)) <= 0)
		return rc;
	pthread_mutex_lock(lock);
	g->first_ts = *ts = h.max_timestamp;
	pthread_mutex_unlock(lock);
	return 0;
}

/* Whether an index entry can point to this batch. Apache Kafka notes one
 * entry for several batches that came together: the first one's position, the
 * last one's offset. */
static bool
fits_entry(const struct segment *g, const struct batch_header *h, int64_t key)
{
	return h->base_offset >= g->base && h->base_offset <= g->base + key;
}

int
segment_load_tail(struct segment *g, int64_t *next, struct kerr *e)
{
	uint8_t w[SHORT_WALK];
	struct index_entry x = { 0, 0 };
	struct batch_header h;
	struct scan c;
	int64_t from = 0;
	int rc, fd;

	*next = g->base;
	g->has_max = true;
	g->max_ts = g->max_ts_offset = g->first_ts = g->timed = -1;
	g->unindexed = 0;
	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if ((rc = segment_indexes(g, e)) != 0)
		return rc;
	if ((rc = index_last(&g->times, g->sys, &x)) > 0) {
		g->max_ts = g->timed = x.key;
		g->max_ts_offset = g->base + x.value;
	}
	if (rc >= 0 && (rc = index_last(&g->offsets, g->sys, &x)) > 0)
		from = x.value;
	if (rc < 0)
		return kerr_sys(e, "indexes of %020lld", (long long)g->base);
	if (g->size > 0 && (rc = first_time(g, fd, e)) < 0)
		return kerr_wrap(e, "%020lld.log", (long long)g->base);
	scan_init(&c, g->sys, fd, from, g->size, w, sizeof(w));
	while ((rc = scan_next(&c, &h, e)) > 0) {
		*next = batch_last_offset(&h) + 1;
		if (c.at == from && from > 0 &&
		    !fits_entry(g, &h, x.key))
			return kerr_set(e, KE_CORRUPT, "%020lld.index: does "
			    "not fit the log", (long long)g->base);
		if (h.max_timestamp > g->max_ts && h.count > 0) {
			g->max_ts = h.max_timestamp;
			g->max_ts_offset = *next - 1;
		}
		g->unindexed = (int32_t)(c.next - from);
	}
	return rc < 0 ? kerr_wrap(e, "%020lld.log", (long long)g->base) : 0;
}

/* Where the search for offset begins: the index is trusted only as far as a
 * sound header of the right range is found there. */
static int64_t
start_of_walk(struct segment *g, int fd, pthread_mutex_t *lock,
    int64_t offset, int64_t size, struct kerr *e)
{
	uint8_t w[BATCH_HEADER];
	struct index_hit hit;
	struct batch_header h;
	struct scan c;
	int rc;

	if ((rc = segment_indexes(g, e)) != 0)
		return rc;
	if (index_search(&g->offsets, g->sys, lock, INDEX_KEY,
	    offset - g->base, &hit) != 0)
		return kerr_sys(e, "%020lld.index", (long long)g->base);
	if (!hit.has || hit.at.value >= size)
		return 0;
	scan_init(&c, g->sys, fd, hit.at.value, size, w, sizeof(w));
	if ((rc = scan_next(&c, &h, e)) == 1 && fits_entry(g, &h, hit.at.key))
		return hit.at.value;
	return rc == KE_SYS ? rc : 0;
}

int64_t
segment_position(struct segment *g, pthread_mutex_t *lock, int64_t offset,
    int64_t size, struct batch_header *h, struct kerr *e)
{
	uint8_t w[SHORT_WALK];
	struct batch_header own;
	struct scan c;
	int64_t from;
	int rc, fd;

	if (h == NULL)
		h = &own;
	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if ((from = start_of_walk(g, fd, lock, offset, size, e)) < 0)
		return from;
	scan_init(&c, g->sys, fd, from, size, w, sizeof(w));
	while ((rc = scan_next(&c, h, e)) > 0)
		if (batch_last_offset(h) >= offset)
			return c.at;
	return rc < 0 ? kerr_wrap(e, "%020lld.log", (long long)g->base) : size;
}

/* The largest timestamp by the batches' headers. */
static int
walk_max(struct segment *g, int fd, int64_t *ts, int64_t *offset,
    struct kerr *e)
{
	uint8_t w[SHORT_WALK];
	struct batch_header h;
	struct scan c;
	int rc;

	*ts = *offset = -1;
	scan_init(&c, g->sys, fd, 0, g->size, w, sizeof(w));
	while ((rc = scan_next(&c, &h, e)) > 0)
		if (h.max_timestamp > *ts) {
			*ts = h.max_timestamp;
			*offset = batch_last_offset(&h);
		}
	return rc < 0 ? kerr_wrap(e, "%020lld.log", (long long)g->base) : 0;
}

int
segment_sure_max(struct segment *g, pthread_mutex_t *lock, int64_t *ts,
    struct kerr *e)
{
	struct batch_header h;
	int64_t offset, pos;
	int rc, fd;

	if ((rc = segment_max(g, lock, ts, &offset, e)) != 0)
		return rc;
	if (*ts >= 0) {
		pos = segment_position(g, lock, offset, g->size, &h, e);
		if (pos < 0)
			return (int)pos;
		if (pos < g->size && h.base_offset <= offset &&
		    h.max_timestamp == *ts)
			return 0;
		log_line(LOG_WARN, LOG_STORE, "%s/%020lld.timeindex: does not "
		    "fit the log, which is read instead", g->dir,
		    (long long)g->base);
	}
	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if ((rc = walk_max(g, fd, ts, &offset, e)) != 0)
		return rc;
	pthread_mutex_lock(lock);
	g->has_max = true;
	g->max_ts = *ts;
	g->max_ts_offset = offset;
	pthread_mutex_unlock(lock);
	return 0;
}

/* log_append.c: the writer's side of a log; see log.h. */
#include "store/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/file.h"
#include "store/log_impl.h"

/* Ten minutes between looks for expired producers, as Kafka. */
enum { EXPIRE_EVERY_MS = 600000, PAGE = 4096 };

/* Kafka's error codes that an append answers with (wire/kerror.h). */
enum { RECORD_LIST_TOO_LARGE = 18 };

/* An append on its way. */
struct group {
	const struct iovec	*v;
	int			 n;
	size_t			 bytes;
	int32_t			 batches;
	int64_t			 base;		/* first offset */
	int64_t			 next;		/* after the last */
	int64_t			 max_ts;
};

/* Steps through the batches of a group: all lie whole in memory. */
struct cursor {
	const struct iovec	*v;
	const struct iovec	*end;
	size_t			 at;
};

static uint8_t *
next_batch(struct cursor *c, struct batch_header *h, int *rc, struct kerr *e)
{
	uint8_t *p;

	while (c->v < c->end && c->at == c->v->iov_len)
		c->v++, c->at = 0;
	if (c->v == c->end)
		return NULL;
	p = (uint8_t *)c->v->iov_base + c->at;
	if ((*rc = batch_parse(p, c->v->iov_len - c->at, h, e)) != 0)
		return NULL;
	c->at += batch_size(h);
	return p;
}

static struct cursor
batches(const struct group *g)
{
	return (struct cursor){ g->v, g->v + g->n, 0 };
}

/* Kafka's LogSegment.shouldRoll. */
static bool
must_roll(const struct log *l, const struct segment *g,
    const struct group *add)
{
	const struct log_config *c = &l->config;
	int64_t waited, more = add->batches - 1;

	if (g->size == 0)
		return add->next - 1 - g->base > INT32_MAX;
	if (g->size + (int64_t)add->bytes > c->segment_bytes ||
	    add->next - 1 - g->base > INT32_MAX)
		return true;
	waited = g->first_ts >= 0 ? add->max_ts - g->first_ts :
	    sys_now_ms(l->sys) - g->made_ms;
	if (waited > c->segment_ms - g->jitter_ms)
		return true;
	/* the time index keeps a place for the entry that ends it */
	return g->offsets.n + g->offsets.n_tail + more >=
	    c->segment_index_bytes / INDEX_OFFSET ||
	    g->times.n + g->times.n_tail + more >=
	    c->segment_index_bytes / INDEX_TIME - 1;
}

/*
 * Makes sure that there is a segment with room for the group. A segment begins
 * where the log ends, even when a follower's group begins later, so that
 * recovery can tell a lost tail; unless its offsets could not be told from
 * there.
 */
static int
room_for(struct log *l, const struct group *add, struct kerr *e)
{
	struct segment *g = log_active(l);

	if (g != NULL && !must_roll(l, g, add))
		return 0;
	return log_roll_at(l, add->next - 1 - l->end > LOG_MAX_HOLE ?
	    add->base : l->end, e);
}

/* Blocks ahead of the end keep a busy file in few pieces. Only files that
 * have grown to a step's size are busy. */
static void
reserve(struct log *l, struct segment *g, int fd, int64_t bytes)
{
	int64_t step = l->config.reserve_bytes;

	if (step <= 0 || g->size < step || g->size + bytes <= g->reserved)
		return;
	if (g->reserved < g->size)
		g->reserved = g->size;
	/* a hint: where it fails, the write says what matters */
	(void)l->sys->reserve(l->sys, fd, g->reserved, bytes + step);
	g->reserved += bytes + step;
}

bool
log_wants_writeback(const struct log *l)
{
	const struct segment *g = log_active(l);

	return g != NULL && l->config.writeback_bytes > 0 &&
	    g->size - g->written >= l->config.writeback_bytes;
}

void
log_writeback(struct log *l)
{
	int64_t from = 0, upto = 0;
	struct segment *g;

	pthread_mutex_lock(&l->lock);
	if ((g = log_active(l)) != NULL) {
		segment_ref(g);
		from = g->written;
		upto = g->size & ~(int64_t)(PAGE - 1);
		if (from < upto)
			g->written = upto;
	}
	pthread_mutex_unlock(&l->lock);
	if (from < upto)
		l->sys->writeback(l->sys, g->fd, from, upto - from);
	segment_unref(g);
}

static int
write_group(struct log *l, struct segment *g, const struct group *add,
    struct kerr *e)
{
	struct iovec few[8], *v = few;
	int fd, rc = 0;

	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	reserve(l, g, fd, (int64_t)add->bytes);
	/* the write uses up its vector, the caller's stays as it is */
	if (add->n > 8)
		v = xreallocarray(NULL, (size_t)add->n, sizeof(*v));
	memcpy(v, add->v, (size_t)add->n * sizeof(*v));
	if (file_writev(l->sys, fd, v, add->n, g->size) != 0)
		rc = kerr_sys(e, "%020lld.log", (long long)g->base);
	if (v != few)
		free(v);
	return rc;
}

static void
note_recent(struct log *l, const struct batch_header *h, int64_t at)
{
	pthread_mutex_lock(&l->lock);
	/* most logs see a few batches only */
	if (l->n_recent == l->cap_recent && l->cap_recent < RECENT) {
		l->cap_recent = l->cap_recent != 0 ? 2 * l->cap_recent : 4;
		l->recent = xreallocarray(l->recent, l->cap_recent,
		    sizeof(*l->recent));
	}
	l->recent[l->n_recent % RECENT] = (struct recent){
	    batch_last_offset(h), at };
	if (++l->n_recent == 2 * RECENT)
		l->n_recent = RECENT;
	if (epochs_assign(&l->epochs, h->leader_epoch, h->base_offset))
		l->epochs_unsaved = true;
	pthread_mutex_unlock(&l->lock);
}

/* What was written becomes known: indexes, producers, epochs, the end. */
static int
note_group(struct log *l, struct segment *g, const struct group *add,
    struct kerr *e)
{
	int64_t now = sys_now_ms(l->sys);
	struct cursor c = batches(add);
	struct batch_header h;
	uint8_t *p;
	int rc = 0;

	while ((p = next_batch(&c, &h, &rc, e)) != NULL) {
		note_recent(l, &h, g->tail);
		segment_note(g, &l->lock, &h, l->config.index_interval_bytes);
		if ((rc = log_note_batch(l, g, &h, p, batch_size(&h), now,
		    e)) != 0 ||
		    (rc = segment_spill(g, &l->lock, false, e)) != 0)
			return rc;
	}
	if (l->epochs_unsaved && (rc = log_save_epochs(l, e)) != 0)
		return rc;
	if (now - l->expired_ms > EXPIRE_EVERY_MS) {
		producers_expire(&l->producers, now,
		    l->config.producer_expire_ms);
		l->expired_ms = now;
	}
	atomic_fetch_add(&l->bytes, (int64_t)add->bytes);
	pthread_mutex_lock(&l->lock);
	g->size = g->tail;
	l->end = add->next;
	pthread_mutex_unlock(&l->lock);
	return rc;
}

static int
put_group(struct log *l, const struct group *add, struct kerr *e)
{
	struct segment *g;
	int rc;

	if ((rc = room_for(l, add, e)) != 0)
		return log_fail(l, rc, e);
	g = log_active(l);
	segment_ref(g);
	l->touched = true;
	if ((rc = write_group(l, g, add, e)) == 0)
		rc = note_group(l, g, add, e);
	segment_unref(g);
	return rc != 0 ? log_fail(l, rc, e) : 0;
}

/* The batch of the same producer that is last before p in the group. */
static const struct batch_header *
same_producer_before(const struct group *add, const uint8_t *p,
    int64_t producer, struct batch_header *h)
{
	struct cursor c = batches(add);
	struct batch_header x;
	bool found = false;
	uint8_t *q;
	int rc;

	while ((q = next_batch(&c, &x, &rc, NULL)) != NULL && q != p)
		if (x.producer_id == producer) {
			*h = x;
			found = true;
		}
	return found ? h : NULL;
}

/* 0: append it; 1: a duplicate, *a says of what; else refused. */
static int
judge(struct log *l, const struct group *add, struct log_appended *a,
    struct kerr *e)
{
	struct cursor c = batches(add);
	struct batch_header h, other, *before;
	enum producer_verdict verdict;
	uint8_t *p;
	int rc = 0;

	while ((p = next_batch(&c, &h, &rc, e)) != NULL) {
		if (h.producer_id < 0)
			continue;
		before = NULL;
		if (add->batches > 1 && same_producer_before(add, p,
		    h.producer_id, &other) != NULL)
			before = &other;
		verdict = producers_check(&l->producers, &h, p,
		    batch_size(&h), before, &a->base, &a->last,
		    &a->append_time);
		if (verdict == PRODUCER_DUPLICATE)
			return 1;
		if (verdict != PRODUCER_OK)
			return kerr_kafka(e, verdict, "%s: producer %lld epoch "
			    "%d sequence %d", l->name,
			    (long long)h.producer_id, h.producer_epoch,
			    h.base_sequence);
	}
	return rc;
}

/* Counts the group as it stands, offsets not yet given. */
static int
measure(struct log *l, struct group *add, struct kerr *e)
{
	struct cursor c = batches(add);
	struct batch_header h;
	int rc = 0;

	add->base = add->next = l->end;
	add->max_ts = -1;
	while (next_batch(&c, &h, &rc, e) != NULL) {
		add->bytes += batch_size(&h);
		add->batches++;
		add->next += (int64_t)h.last_offset_delta + 1;
		if (h.max_timestamp > add->max_ts)
			add->max_ts = h.max_timestamp;
	}
	if (rc == 0 && add->batches == 0)
		rc = kerr_set(e, KE_DATA, "nothing to append");
	if (rc == 0 && add->bytes > INT32_MAX)
		rc = kerr_set(e, KE_RANGE, "%zu bytes in one append",
		    add->bytes);
	return rc != 0 ? kerr_wrap(e, "%s", l->name) : 0;
}

static void
stamp(const struct group *add, int32_t epoch, int64_t append_time)
{
	struct cursor c = batches(add);
	int64_t offset = add->base;
	struct batch_header h;
	uint8_t *p;
	int rc;

	while ((p = next_batch(&c, &h, &rc, NULL)) != NULL) {
		batch_assign(p, offset, epoch);
		if (append_time >= 0)
			batch_set_time(p, &h, true, append_time);
		offset += (int64_t)h.last_offset_delta + 1;
	}
}

int
log_append(struct log *l, const struct iovec *v, int n, int32_t epoch,
    int64_t append_time, struct log_appended *a, struct kerr *e)
{
	struct group add = { .v = v, .n = n };
	int rc;

	*a = (struct log_appended){ .append_time = append_time };
	if ((rc = log_usable(l, e)) != 0 || (rc = measure(l, &add, e)) != 0)
		return rc;
	if (add.bytes > (size_t)l->config.segment_bytes)
		return kerr_kafka(e, RECORD_LIST_TOO_LARGE, "%s: %zu bytes "
		    "are more than a segment holds", l->name, add.bytes);
	if ((rc = judge(l, &add, a, e)) < 0)
		return rc;
	if (rc == 1) {
		a->duplicate = true;
		return 0;
	}
	if (append_time >= 0)
		add.max_ts = append_time;
	stamp(&add, epoch, append_time);
	a->base = add.base;
	a->last = add.next - 1;
	a->max_ts = add.max_ts;
	return put_group(l, &add, e);
}

/* A leader's batches keep their offsets, which may have holes between. */
static int
take_offsets(struct log *l, struct group *add, struct kerr *e)
{
	struct cursor c = batches(add);
	struct batch_header h;
	int64_t next = l->end;
	int rc = 0;

	add->base = -1;
	while (next_batch(&c, &h, &rc, e) != NULL) {
		if (h.base_offset < next || h.base_offset > LOG_MAX_OFFSET)
			return kerr_set(e, KE_DATA, "%s: offset %lld comes "
			    "after %lld", l->name, (long long)h.base_offset,
			    (long long)next - 1);
		if (add->base < 0)
			add->base = h.base_offset;
		next = batch_last_offset(&h) + 1;
	}
	add->next = next;
	if (rc == 0 && next - add->base > LOG_MAX_HOLE)
		rc = kerr_set(e, KE_DATA, "%s: offsets %lld to %lld in one "
		    "append", l->name, (long long)add->base,
		    (long long)next - 1);
	return rc;
}

int
log_append_as_follower(struct log *l, const struct iovec *v, int n,
    struct log_appended *a, struct kerr *e)
{
	struct group add = { .v = v, .n = n };
	int rc;

	*a = (struct log_appended){ .append_time = -1 };
	if ((rc = log_usable(l, e)) != 0 || (rc = measure(l, &add, e)) != 0 ||
	    (rc = take_offsets(l, &add, e)) != 0)
		return rc;
	a->base = add.base;
	a->last = add.next - 1;
	a->max_ts = add.max_ts;
	return put_group(l, &add, e);
}

/*
 * clean_group.c: one new segment from a few old ones. Small segments are put
 * together up to segment.bytes, so that a log that shrinks does not end up in
 * thousands of files.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "store/clean_impl.h"
#include "store/file.h"

enum {
	WRITE = 1 << 20,	/* bytes a write */
	UNDER_WAY = 4 * WRITE	/* most that the disk is given at a time */
};

/* The new segment on its way. */
struct output {
	struct cleaning	*c;
	struct segment	*g;
	pthread_mutex_t	 lock;		/* of a segment that nobody else sees */
	struct buf	 pending;	/* not yet written */
	int64_t		 written;
	int64_t		 settled;	/* of that the disk is through with */
	bool		 changed;
};

/* Bytes of one of a segment's index files; 0 where there is none. */
static int64_t
index_bytes(const struct segment *g, const char *kind)
{
	char *path = segment_file(g, kind);
	int fd = g->sys->open(g->sys, path, O_RDONLY, 0);
	int64_t size = 0;

	if (fd >= 0) {
		size = file_size(g->sys, fd);
		g->sys->close(g->sys, fd);
	}
	free(path);
	return size > 0 ? size : 0;
}

int
clean_group_size(const struct cleaning *c, int i, int n)
{
	const struct log_config *config = &c->l->config;
	const struct clean_part *first = &c->parts.v[i], *p = first;
	int64_t bytes = 0, offsets = 0, times = 0;
	int k;

	for (k = 0; i + k < n; k++, p++) {
		bytes += p->size;
		if (k > 0 && bytes > config->segment_bytes)
			break;
		offsets += index_bytes(p->g, ".index");
		times += index_bytes(p->g, ".timeindex");
		if (k > 0 && (offsets > config->segment_index_bytes ||
		    times > config->segment_index_bytes ||
		    p->end - 1 - first->g->base > INT32_MAX))
			break;
	}
	return k;
}

/* Starts the disk on what was written last: at once, so that the sync at the
 * end is a short one; and never much, so that who waits for the disk besides,
 * a flush round, finds no long queue there. */
static int
send_off(struct output *o, int64_t n)
{
	const struct sys *s = o->g->sys;
	int64_t upto = o->written - UNDER_WAY;
	int rc = 0;

	s->writeback(s, o->g->fd, o->written - n, n);
	if (upto > o->settled) {
		rc = s->await_writeback(s, o->g->fd, o->settled,
		    upto - o->settled);
		o->settled = upto;
	}
	return rc;
}

static int
write_out(struct output *o, struct kerr *e)
{
	struct clean_reader *r = &o->c->reader;
	const struct sys *s = o->g->sys;
	int64_t n = (int64_t)o->pending.len;
	int rc;

	if ((rc = file_write(s, o->g->fd, o->pending.p, o->pending.len,
	    o->written)) == 0) {
		o->written += n;
		rc = send_off(o, n);
	}
	if (rc != 0)
		return kerr_sys(e, "%020lld.log.cleaned",
		    (long long)o->g->base);
	o->c->r->written += n;
	buf_clear(&o->pending);
	if (r->pace != NULL && r->pace(r->arg, n) != 0)
		return kerr_set(e, KE_CANCELLED, "%s",
		    kerr_text(KE_CANCELLED));
	return 0;
}

static int
put_batch(struct output *o, const struct batch_header *h, const uint8_t *p,
    struct kerr *e)
{
	struct log *l = o->c->l;
	int rc;

	if (o->g->tail + (int64_t)batch_size(h) > INT32_MAX ||
	    batch_last_offset(h) - o->g->base > INT32_MAX)
		return kerr_set(e, KE_RANGE, "%020lld.log.cleaned: grows past "
		    "what its index can tell", (long long)o->g->base);
	segment_note(o->g, &o->lock, h, l->config.index_interval_bytes);
	if ((rc = segment_spill(o->g, &o->lock, false, e)) != 0)
		return rc;
	buf_put(&o->pending, p, batch_size(h));
	o->g->size = o->g->tail;
	return o->pending.len >= WRITE ? write_out(o, e) : 0;
}

/* last: the new segment ends with this part. */
static int
filter_part(struct output *o, int i, bool last, struct kerr *e)
{
	struct cleaning *c = o->c;
	const struct clean_part *p = &c->parts.v[i];
	struct batch_header h;
	const uint8_t *batch;
	struct aborted_txn txn;
	int rc, fd;

	if ((fd = segment_fd(p->g, false, e)) < 0)
		return fd;
	clean_reader_start(&c->reader, fd, 0, p->size);
	while ((rc = clean_reader_next(&c->reader, &h, &batch, e)) > 0) {
		c->filter.last = last && c->reader.next >= p->size;
		if ((rc = clean_know_txns(c, &c->txns, &h, e)) != 0 ||
		    (rc = clean_filter_batch(&c->filter, &h, batch, &txn,
		    e)) < 0)
			break;
		o->changed |= rc != CLEAN_KEEP;
		if (rc != CLEAN_DROP && (rc = put_batch(o, &h,
		    rc == CLEAN_KEEP ? batch : c->filter.out.p, e)) != 0)
			break;
		if (txn.producer_id >= 0 && (rc = segment_note_abort(o->g,
		    &o->lock, &txn, e)) != 0)
			break;
	}
	segment_rest(p->g, 1);
	return rc < 0 ? kerr_wrap(e, "%020lld.log", (long long)p->g->base) : 0;
}

/* All of the new segment is on disk, its names aside. */
static int
finish(struct output *o, struct kerr *e)
{
	struct segment *g = o->g;
	const struct sys *s = g->sys;
	int rc;

	if ((rc = write_out(o, e)) != 0 ||
	    (rc = segment_finish(g, &o->lock, e)) != 0)
		return rc;
	if (s->fdatasync(s, g->fd) != 0 || s->fsync(s, g->offsets.fd) != 0 ||
	    s->fsync(s, g->times.fd) != 0 ||
	    (g->has_txns && s->fsync(s, g->txns.fd) != 0))
		return kerr_sys(e, "%020lld.log.cleaned: fsync",
		    (long long)g->base);
	g->written = g->synced = g->size;
	g->indexes_synced = true;
	return 0;
}

static int
rewrite(struct output *o, int i, int n, struct kerr *e)
{
	int rc;

	if ((rc = segment_fd(o->g, true, e)) < 0)
		return rc;
	for (int k = 0; k < n; k++)
		if ((rc = filter_part(o, i + k, k == n - 1, e)) != 0)
			return rc;
	return n > 1 || o->changed ? finish(o, e) : 0;
}

static int
swap_in(struct output *o, int i, int n, struct kerr *e)
{
	struct segment **old = xreallocarray(NULL, (size_t)n, sizeof(*old));
	int64_t *sizes = xreallocarray(NULL, (size_t)n, sizeof(*sizes));
	int rc;

	for (int k = 0; k < n; k++) {
		old[k] = o->c->parts.v[i + k].g;
		sizes[k] = o->c->parts.v[i + k].size;
	}
	rc = log_swap(o->c->l, o->g, old, sizes, n, e);
	free(old);
	free(sizes);
	return rc;
}

int
clean_group(struct cleaning *c, int i, int n, struct kerr *e)
{
	struct output o = { .c = c };
	int rc;

	pthread_mutex_init(&o.lock, NULL);
	o.g = segment_new(c->l->sys, c->l->dir, c->parts.v[i].g->base, true);
	o.g->suffix = ".cleaned";
	o.g->made_ms = sys_now_ms(c->l->sys);
	if ((rc = rewrite(&o, i, n, e)) == 0 && (n > 1 || o.changed)) {
		rc = swap_in(&o, i, n, e);
	} else {
		log_swap_undo(o.g);
		segment_close(o.g);
	}
	buf_release(&o.pending);
	pthread_mutex_destroy(&o.lock);
	return rc;
}

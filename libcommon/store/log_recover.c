/*
 * log_recover.c: where a log ends. After a clean stop the files are taken at
 * their word; after any other, every segment that reaches past the recovery
 * point is read batch by batch, and the log ends before the first byte that
 * is not right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/file.h"
#include "store/log_impl.h"
#include "store/scan.h"

enum { WINDOW = 256 << 10 };

/* Copies [from, size) of the segment's file to <base>.log.<offset>.cut. */
static int
save_cut(struct log *l, struct segment *g, int64_t from, int64_t offset,
    void *window, struct kerr *e)
{
	char *path;
	int64_t at;
	ssize_t got = 0;
	int fd, rc = 0;

	path = xasprintf("%s/%020lld.log.%lld.cut", l->dir, (long long)g->base,
	    (long long)offset);
	fd = l->sys->open(l->sys, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	for (at = from; fd >= 0 && at < g->size; at += got) {
		got = file_read(l->sys, g->fd, window, WINDOW, at);
		if (got <= 0 || file_write(l->sys, fd, window, (size_t)got,
		    at - from) != 0)
			break;
	}
	if (fd < 0 || at < g->size)
		rc = kerr_sys(e, "%s", path);
	if (fd >= 0)
		l->sys->close(l->sys, fd);
	free(path);
	return rc;
}

/* Ends the segment's file at from, where the log's offset is `offset`. */
static int
cut_file(struct log *l, struct segment *g, int64_t from, int64_t offset,
    void *window, const struct kerr *why, struct log_recovery *r,
    struct kerr *e)
{
	struct kerr lost = KERR_INIT;
	int64_t n = g->size - from;

	if (save_cut(l, g, from, offset, window, &lost) == 0)
		log_line(LOG_WARN, LOG_STORE, "%s: %020lld.log: %s: cut %lld "
		    "bytes off, the log ends at offset %lld; saved in "
		    "%020lld.log.%lld.cut", l->name, (long long)g->base,
		    why->msg, (long long)n, (long long)offset,
		    (long long)g->base, (long long)offset);
	else
		log_line(LOG_WARN, LOG_STORE, "%s: %020lld.log: %s: cut %lld "
		    "bytes off, the log ends at offset %lld; not saved: %s",
		    l->name, (long long)g->base, why->msg, (long long)n,
		    (long long)offset, lost.msg);
	if (l->sys->ftruncate(l->sys, g->fd, from) != 0)
		return kerr_sys(e, "%020lld.log", (long long)g->base);
	l->bytes -= n;
	r->cut += n;
	r->cut_at = offset;
	return 0;
}

/* What recovery carries from segment to segment. */
struct pass {
	struct log		*l;
	int64_t			 next;		/* offset that must not be
						   passed backwards */
	int64_t			 point;		/* recovery point */
	int64_t			 cleaned;	/* holes below are fine */
	void			*window;
	struct log_recovery	*r;
	bool			 bad;		/* the log ends at next */
	struct kerr		 why;
};

/* A batch's place in the log, which its CRC does not cover. */
static int
check_place(const struct pass *p, const struct segment *g,
    const struct scan *c, const struct batch_header *h, struct kerr *e)
{
	if (h->base_offset < p->next || h->base_offset > LOG_MAX_OFFSET ||
	    batch_last_offset(h) - g->base > INT32_MAX)
		return kerr_set(e, KE_CORRUPT, "batch at %lld: offset %lld "
		    "where %lld is due", (long long)c->at,
		    (long long)h->base_offset, (long long)p->next);
	return 0;
}

/* Reads the segment and builds its indexes. Damage: p->bad, p->why and the
 * position in g->tail. Negative: the disk failed. */
static int
scan_segment(struct pass *p, struct segment *g, struct kerr *e)
{
	struct log *l = p->l;
	struct batch_header h;
	struct scan c;
	int rc, fd;

	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	/* an fdatasync that failed before this start has left pages that are
	 * in memory alone, and the next one would say that all is well */
	l->sys->forget(l->sys, fd);
	segment_reset(g);
	if (p->next < g->base)
		p->next = g->base;
	scan_init(&c, l->sys, fd, 0, g->size, p->window, WINDOW);
	while ((rc = scan_next(&c, &h, &p->why)) > 0) {
		if ((rc = check_place(p, g, &c, &h, &p->why)) != 0)
			break;
		if (batch_last_offset(&h) >= p->point &&
		    (rc = scan_check(&c, &h, &p->why)) != 0)
			break;
		epochs_assign(&l->epochs, h.leader_epoch, h.base_offset);
		segment_note(g, &l->lock, &h, l->config.index_interval_bytes);
		if ((rc = segment_spill(g, &l->lock, false, e)) != 0)
			return rc;
		p->next = batch_last_offset(&h) + 1;
	}
	p->r->scanned += c.at;
	p->bad = rc < 0;
	if (rc == KE_SYS && e != NULL)
		*e = p->why;
	return rc == KE_SYS ? rc : 0;
}

static int
recover_segment(struct pass *p, struct segment *g, struct kerr *e)
{
	struct log *l = p->l;
	int rc;

	if ((rc = scan_segment(p, g, e)) != 0)
		return rc;
	if (p->bad && p->next < p->point)
		return kerr_set(e, KE_CORRUPT, "%020lld.log: %s; offsets up "
		    "to %lld were on disk once", (long long)g->base,
		    p->why.msg, (long long)p->point - 1);
	if (p->bad && (rc = cut_file(l, g, g->tail, p->next, p->window,
	    &p->why, p->r, e)) != 0)
		return rc;
	g->written = g->size = g->synced = g->tail;
	g->indexes_synced = false;
	/* what is below the recovery point is on disk already */
	if ((p->bad || p->next > p->point) &&
	    l->sys->fdatasync(l->sys, g->fd) != 0) {
		rc = kerr_sys(e, "%020lld.log: fdatasync", (long long)g->base);
		/* no lack of room that another try could find gone */
		if (e != NULL)
			e->sys = EIO;
		return rc;
	}
	if (g != log_active(l) && !p->bad)
		return segment_finish(g, &l->lock, e);
	return 0;
}

/* Nothing may follow the damage: later segments are set aside as a whole. */
static int
drop_after(struct pass *p, int i, struct kerr *e)
{
	struct log *l = p->l;
	struct segment *g;
	int rc = 0;

	while (rc == 0 && l->n_segs > i + 1) {
		g = l->segs[l->n_segs - 1];
		if ((rc = segment_fd(g, false, e)) < 0)
			return rc;
		rc = cut_file(l, g, 0, p->next, p->window, &p->why, p->r, e);
		if (rc == 0)
			rc = segment_remove(g, e);
		segment_close(log_pop_segment(l));
	}
	return rc;
}

/* A segment begins where the one before ended (see room_for() for the one
 * exception). Where it does not, the end of that one was lost, or taken away by
 * a compaction of Apache Kafka (clean.h). */
static void
check_joint(struct pass *p, const struct segment *g)
{
	if (g->base == p->next || p->next < p->point ||
	    g->base <= p->cleaned || g->base - p->next > LOG_MAX_HOLE)
		return;
	p->bad = true;
	kerr_set(&p->why, KE_CORRUPT, "%020lld.log begins where offset %lld "
	    "is due", (long long)g->base, (long long)p->next);
}

int
log_recover(struct log *l, int first, int64_t point, int64_t cleaned,
    struct log_recovery *r, struct kerr *e)
{
	struct pass p = { .l = l, .point = point, .cleaned = cleaned, .r = r };
	int rc = 0;

	p.window = xmalloc(WINDOW);
	log_rebuild_txns(l, first);
	/* the scan notes them again, where their batches are */
	if (epochs_cut_end(&l->epochs, l->segs[first]->base))
		l->epochs_unsaved = true;
	for (int i = first; rc == 0 && i < l->n_segs; i++) {
		rc = recover_segment(&p, l->segs[i], e);
		if (rc == 0 && !p.bad && i + 1 < l->n_segs)
			check_joint(&p, l->segs[i + 1]);
		if (rc == 0 && p.bad)
			rc = drop_after(&p, i, e);
	}
	free(p.window);
	l->end = p.next;
	l->touched = true;
	l->names++;
	if (rc == 0 && (l->end > point || r->cut > 0))
		rc = log_sync_names(l, l->names, e);
	return rc;
}

int
log_trust(struct log *l, int64_t cleaned, struct log_recovery *r,
    struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int64_t next;
	int rc;

	rc = segment_load_tail(log_active(l), &next, &why);
	if (rc == KE_CORRUPT) {
		log_line(LOG_WARN, LOG_STORE, "%s: %s; scanning", l->name,
		    why.msg);
		return log_recover(l, l->n_segs - 1, log_active(l)->base,
		    cleaned, r, e);
	}
	if (rc != 0 && e != NULL)
		*e = why;
	l->end = next;
	return rc;
}

static int
walk_segment(struct log *l, struct segment *g, int64_t from, void *window,
    log_visit *visit, void *arg, struct kerr *e)
{
	struct batch_header h;
	struct scan c;
	int64_t at = 0;
	int rc, fd;

	if ((fd = segment_fd(g, false, e)) < 0)
		return fd;
	if (from > g->base && (at = segment_position(g, &l->lock, from,
	    g->size, NULL, e)) < 0)
		return (int)at;
	scan_init(&c, l->sys, fd, at, g->size, window, WINDOW);
	while ((rc = scan_next(&c, &h, e)) > 0)
		if ((rc = visit(arg, &h, g, c.at, e)) != 0)
			break;
	if (rc < 0)
		kerr_wrap(e, "%020lld.log", (long long)g->base);
	return rc;
}

int
log_walk(struct log *l, int64_t from, log_visit *visit, void *arg,
    struct kerr *e)
{
	struct segment *g;
	void *window;
	int rc = 0;

	window = xmalloc(WINDOW);
	for (int i = log_segment_of(l, from); rc == 0 && i >= 0 &&
	    i < l->n_segs; i++) {
		segment_ref(g = l->segs[i]);
		rc = walk_segment(l, g, from, window, visit, arg, e);
		segment_unref(g);
	}
	free(window);
	return rc;
}

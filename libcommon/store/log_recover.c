/*
 * log_recover.c: what a log finds when it is opened. After a clean stop the
 * files are taken at their word; after any other, every segment that reaches
 * past the recovery point is read batch by batch, and the log ends before the
 * first byte that is not right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/checkpoint.h"
#include "store/file.h"
#include "store/log_impl.h"
#include "store/scan.h"
#include "wire/uuid.h"

enum { DIGITS = 20, WINDOW = 256 << 10 };

/* Offsets that are names of files. */
struct offsets {
	int64_t	*v;
	int	 n;
	int	 cap;
};

struct listing {
	struct log	*l;
	struct offsets	 logs;
	struct offsets	 snapshots;
	bool		 unfinished;	/* a .swap of the cleaner's */
};

static void
push(struct offsets *o, int64_t v)
{
	if (o->n == o->cap) {
		o->cap = o->cap != 0 ? 2 * o->cap : 8;
		o->v = xreallocarray(o->v, (size_t)o->cap, sizeof(*o->v));
	}
	o->v[o->n++] = v;
}

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* What was on its way out when the last run ended. */
static int
remove_stray(struct log *l, const char *name)
{
	char *path = log_path(l, name);
	int rc = file_remove(l->sys, path, NULL);

	free(path);
	return rc;
}

static int
each_name(void *arg, const char *name)
{
	struct listing *s = arg;
	int64_t base;
	char *end;

	if (ends_with(name, ".deleted") || ends_with(name, ".cleaned") ||
	    ends_with(name, ".tmp"))
		return remove_stray(s->l, name);
	if (ends_with(name, ".swap"))
		s->unfinished = true;
	if (strspn(name, "0123456789") != DIGITS)
		return 0;
	errno = 0;
	base = strtoll(name, &end, 10);
	if (errno != 0)
		return 0;
	if (strcmp(end, ".log") == 0)
		push(&s->logs, base);
	else if (strcmp(end, ".snapshot") == 0)
		push(&s->snapshots, base);
	return 0;
}

static int
list(struct log *l, struct listing *s, struct kerr *e)
{
	memset(s, 0, sizeof(*s));
	s->l = l;
	l->made = true;
	if (l->sys->list(l->sys, l->dir, each_name, s) != 0) {
		if (errno != ENOENT)
			return kerr_sys(e, "reading the directory");
		l->made = false;
	}
	if (s->unfinished)
		return kerr_set(e, KE_UNSUPPORTED, "a compaction by another "
		    "program was interrupted (.swap files); let that program "
		    "finish it");
	if (s->logs.n > 0)
		qsort(s->logs.v, (size_t)s->logs.n, sizeof(int64_t), ascending);
	if (s->snapshots.n > 0)
		qsort(s->snapshots.v, (size_t)s->snapshots.n, sizeof(int64_t),
		    ascending);
	return 0;
}

static int
open_segments(struct log *l, const struct offsets *bases, struct kerr *e)
{
	struct segment *g;
	int64_t size;

	for (int i = 0; i < bases->n; i++) {
		g = segment_new(l->sys, l->dir, bases->v[i], false);
		log_push_segment(l, g);
		if ((size = segment_stat(g, e)) < 0)
			return (int)size;
		g->size = g->tail = g->synced = g->written = size;
		g->indexes_synced = true;
		l->bytes += size;
	}
	return 0;
}

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
	g->size = g->written = g->synced = g->tail;
	g->indexes_synced = false;
	/* what is below the recovery point is on disk already */
	if ((p->bad || p->next > p->point) &&
	    l->sys->fdatasync(l->sys, g->fd) != 0)
		return kerr_sys(e, "%020lld.log: fdatasync",
		    (long long)g->base);
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
		segment_unref(g);
		l->n_segs--;
	}
	return rc;
}

/* A segment begins where the one before ended (see room_for() for the one
 * exception). Where it does not, the end of that one was lost. */
static void
check_joint(struct pass *p, const struct segment *g)
{
	if (g->base == p->next || p->next < p->point ||
	    g->base - p->next > LOG_MAX_HOLE)
		return;
	p->bad = true;
	kerr_set(&p->why, KE_CORRUPT, "%020lld.log begins where offset %lld "
	    "is due", (long long)g->base, (long long)p->next);
}

/* Scans from the segment that holds the recovery point to the end. */
static int
recover(struct log *l, int first, int64_t point, struct log_recovery *r,
    struct kerr *e)
{
	struct pass p = { .l = l, .point = point, .r = r };
	int rc = 0;

	p.window = xmalloc(WINDOW);
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

/* The end of a log that was closed cleanly. */
static int
trust(struct log *l, struct log_recovery *r, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int64_t next;
	int rc;

	rc = segment_load_tail(log_active(l), &next, &why);
	if (rc == KE_CORRUPT) {
		log_line(LOG_WARN, LOG_STORE, "%s: %s; scanning", l->name,
		    why.msg);
		return recover(l, l->n_segs - 1, log_active(l)->base, r, e);
	}
	if (rc != 0 && e != NULL)
		*e = why;
	l->end = next;
	return rc;
}

static int
find_end(struct log *l, const struct log_known *k, struct log_recovery *r,
    struct kerr *e)
{
	int i = log_segment_of(l, k->recovery_point);

	if (i < 0) {
		l->end = k->start;
		return 0;
	}
	/* nothing tells whether an empty file is all that there was */
	return k->clean ? trust(l, r, e) :
	    recover(l, i, k->recovery_point, r, e);
}

static int
load(struct log *l, const struct listing *s, const struct log_known *k,
    struct log_recovery *r, struct kerr *e)
{
	int rc, rebuild;

	if ((rc = open_segments(l, &s->logs, e)) != 0)
		return rc;
	if ((rebuild = l->n_segs > 0 ? log_load_epochs(l, e) : 0) < 0)
		return rebuild;
	if ((rc = find_end(l, k, r, e)) != 0)
		return rc;
	if (rebuild && (rc = log_rebuild_epochs(l, e)) != 0)
		return rc;
	l->start = k->start;
	if (l->n_segs > 0 && l->start < l->segs[0]->base)
		l->start = l->segs[0]->base;
	if (l->start > l->end)
		l->start = l->end;
	l->flushed = l->checked = l->end;
	l->made_synced = k->clean && l->made && l->names == 0;
	if (!k->clean)
		l->checked = k->recovery_point;
	return log_load_producers(l, s->snapshots.v, s->snapshots.n, e);
}

/* The directory of another topic of the same name, deleted and not yet gone,
 * must not come back as this one. */
static int
set_aside(struct log *l, const struct kuuid *other, struct kerr *e)
{
	char text[KUUID_TEXT], *stray;
	int rc = 0;

	stray = xasprintf("%s.%s-stray", l->dir, kuuid_format(other, text));
	if (l->sys->rename(l->sys, l->dir, stray) != 0)
		rc = kerr_sys(e, "%s", stray);
	else
		log_line(LOG_WARN, LOG_STORE, "%s: belongs to another topic "
		    "of that name; set aside as %s", l->name, stray);
	free(stray);
	return rc;
}

/* Whose directory it is. What a crash left without a name gets one. */
static int
check_topic(struct log *l, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	struct kuuid found;
	int rc;

	if (kuuid_none(&l->topic_id))
		return 0;
	rc = partition_metadata_load(l->sys, l->dir, &found, &why);
	if (rc == 0 && !kuuid_eq(&found, &l->topic_id))
		return set_aside(l, &found, e);
	if (rc == KE_SYS && e != NULL)
		*e = why;
	if (rc == 0 || rc == KE_SYS)
		return rc;
	rc = partition_metadata_save(l->sys, l->dir, &l->topic_id, &why);
	if (rc == KE_SYS && why.sys == ENOENT)
		return 0;	/* there is no directory at all */
	if (rc != 0 && e != NULL)
		*e = why;
	l->names++;
	return rc;
}

int
log_load(struct log *l, const struct log_known *k, struct log_recovery *r,
    struct kerr *e)
{
	struct listing s;
	int rc;

	if ((rc = check_topic(l, e)) != 0)
		return rc;
	if ((rc = list(l, &s, e)) == 0)
		rc = load(l, &s, k, r, e);
	free(s.logs.v);
	free(s.snapshots.v);
	return rc;
}

int
log_walk(struct log *l, int64_t from, log_visit *visit, void *arg,
    struct kerr *e)
{
	struct batch_header h;
	struct segment *g;
	struct scan c;
	void *window;
	int64_t at;
	int rc = 0, fd;

	window = xmalloc(WINDOW);
	for (int i = log_segment_of(l, from); rc == 0 && i >= 0 &&
	    i < l->n_segs; i++) {
		g = l->segs[i];
		if ((rc = fd = segment_fd(g, false, e)) < 0)
			break;
		at = from <= g->base ? 0 : segment_position(g, &l->lock, from,
		    g->size, NULL, e);
		if (at < 0) {
			rc = (int)at;
			break;
		}
		scan_init(&c, l->sys, fd, at, g->size, window, WINDOW);
		while ((rc = scan_next(&c, &h, e)) > 0)
			if ((rc = visit(arg, &h, g, c.at, e)) != 0)
				break;
		if (rc < 0)
			kerr_wrap(e, "%020lld.log", (long long)g->base);
	}
	free(window);
	return rc;
}

/* view.c: see view.h. A cursor (segment, position, next offset) makes reading
 * on cheap; reading elsewhere walks the headers of one segment. */
#include "store/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "record/iter.h"
#include "store/file.h"
#include "store/scan.h"
#include "store/segment.h"

enum {
	DIGITS = 20,		/* of an offset in a file's name */
	WINDOW = 1 << 20,
	HEADERS_WINDOW = 64 << 10
};

/* A transaction that has no marker yet. */
struct open_txn {
	int64_t	producer_id;
	int64_t	first;
};

struct view {
	const struct sys	*sys;
	char			*dir;
	view_damage		*damage;
	void			*arg;
	bool			 live;		/* a broker holds the lock */
	int64_t			*base;		/* of the segments, in order */
	int			 n;
	int64_t			 start, end, stable;
	struct view_aborted	*aborted;
	size_t			 n_aborted;
	struct open_txn		*open;
	size_t			 n_open;
	/* places that were told of: segment's base and position */
	struct place { int64_t base, at; } *told;
	size_t			 n_told;
	/* the cursor */
	int			 at;		/* segment; -1: none is open */
	int			 fd;
	int64_t			 size;		/* of its file */
	int64_t			 next;		/* offset behind what was read */
	struct scan		 scan;
	uint8_t			*window;
};

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
take_name(void *arg, const char *name)
{
	struct view *v = arg;

	if (strspn(name, "0123456789") != DIGITS ||
	    strcmp(name + DIGITS, ".log") != 0)
		return 0;
	v->base = xreallocarray(v->base, (size_t)v->n + 1,
	    sizeof(v->base[0]));
	v->base[v->n++] = strtoll(name, NULL, 10);
	return 0;
}

/* Whether somebody has the data directory open: the lock lies beside. */
static bool
is_live(const struct sys *s, const char *dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = xasprintf("%s/../.lock", dir);
	int fd = s->open(s, path, O_RDONLY, 0);
	bool live;

	free(path);
	if (fd < 0)
		return false;
	live = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	s->close(s, fd);
	return live;
}

static void
close_segment(struct view *v)
{
	if (v->at >= 0)
		v->sys->close(v->sys, v->fd);
	v->at = -1;
}

/* What the broker has replaced or deleted since the directory was listed is
 * there for a while under another name. */
static int
open_file(struct view *v, int at, const char *path)
{
	int fd = v->sys->open(v->sys, path, O_RDONLY, 0);
	char *gone;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	gone = segment_path(v->dir, v->base[at], ".log" DELETED_SUFFIX);
	fd = v->sys->open(v->sys, gone, O_RDONLY, 0);
	free(gone);
	return fd;
}

/* Moves the cursor to the start of a segment: 1, or 0 where its file is gone
 * meanwhile. */
static int
open_segment(struct view *v, int at, size_t cap, struct kerr *e)
{
	char *path = segment_path(v->dir, v->base[at], ".log");
	int fd = open_file(v, at, path);
	off_t size;

	close_segment(v);
	if (fd < 0 && errno == ENOENT) {
		free(path);
		return 0;
	}
	if (fd < 0 || (size = file_size(v->sys, fd)) < 0) {
		kerr_sys(e, "%s", path);
		free(path);
		if (fd >= 0)
			v->sys->close(v->sys, fd);
		return e->code;
	}
	free(path);
	v->at = at;
	v->fd = fd;
	v->size = size;
	v->next = v->base[at];
	scan_init(&v->scan, v->sys, fd, 0, size, v->window, cap);
	return 1;
}

/* Tells of the damage at the cursor, once. */
static void
tell(struct view *v, const struct kerr *why, const char *then, int64_t n)
{
	struct place here = { v->base[v->at], v->scan.at };
	struct kerr e = *why;
	char *path;

	for (size_t i = 0; i < v->n_told; i++)
		if (v->told[i].base == here.base && v->told[i].at == here.at)
			return;
	v->told = xreallocarray(v->told, v->n_told + 1, sizeof(v->told[0]));
	v->told[v->n_told++] = here;
	path = segment_path(v->dir, here.base, ".log");
	kerr_set(&e, KE_CORRUPT, "%s: %s; %s%lld", path, why->msg, then,
	    (long long)n);
	free(path);
	v->damage(v->arg, &e);
}

/* True where a sound batch begins at pos, whose header p shows. */
static bool
begins_batch(struct view *v, const uint8_t *p, int64_t pos)
{
	struct batch_header h;
	uint8_t window[4096];
	struct scan c;

	if (batch_header_parse(p, BATCH_HEADER, &h, NULL) != 0 ||
	    h.base_offset < v->next || h.base_offset - v->base[v->at] >
	    INT32_MAX || (int64_t)batch_size(&h) > v->size - pos)
		return false;
	scan_init(&c, v->sys, v->fd, pos, v->size, window, sizeof(window));
	return scan_next(&c, &h, NULL) > 0 && scan_check(&c, &h, NULL) == 0;
}

/* The position of the next sound batch behind pos; the file's size where there
 * is none. *zero: all that was passed over is 0. */
static int64_t
search(struct view *v, int64_t pos, bool *zero)
{
	uint8_t *p = xmalloc(WINDOW);
	int64_t found = v->size;
	ssize_t n = 0;

	*zero = true;
	for (; found == v->size && pos < v->size; pos += n - BATCH_HEADER + 1) {
		n = file_read(v->sys, v->fd, p, WINDOW, pos);
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			*zero = *zero && p[i] == 0;
		if (n < BATCH_HEADER)
			break;
		for (ssize_t i = 0; i + BATCH_HEADER <= n; i++)
			if (p[i + BATCH_AT_MAGIC] == BATCH_MAGIC &&
			    begins_batch(v, p + i, pos + i)) {
				found = pos + i;
				break;
			}
	}
	free(p);
	return found;
}

/* A place where no sound batch begins. Steps over it: 1 where the segment goes
 * on, 0 where this was its end. */
static int
step_over(struct view *v, const struct kerr *why, bool silent)
{
	int64_t from = v->scan.at, to;
	bool zero, last = v->at == v->n - 1;

	to = search(v, from, &zero);
	/* what is being written, and what was only reserved, is the end */
	if (!silent && !(to == v->size && last && (v->live || zero)))
		tell(v, why, "bytes passed over: ", to - from);
	v->scan.next = to;
	return to < v->size;
}

/* The next batch of the segment: 1, 0 at its end. Damage is stepped over. */
static int
next_batch(struct view *v, struct batch_header *h, bool silent,
    struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int rc;

	while ((rc = scan_next(&v->scan, h, &why)) < 0) {
		if (rc == KE_SYS) {
			if (e != NULL)
				*e = why;
			return rc;
		}
		if (step_over(v, &why, silent) == 0)
			return 0;
	}
	if (rc > 0 && batch_last_offset(h) >= v->next)
		v->next = batch_last_offset(h) + 1;
	return rc;
}

static int
find_open(const struct view *v, int64_t producer)
{
	for (size_t i = 0; i < v->n_open; i++)
		if (v->open[i].producer_id == producer)
			return (int)i;
	return -1;
}

/* Whether the marker at the cursor aborts. */
static bool
is_abort(struct view *v, const struct batch_header *h)
{
	uint8_t p[512];
	struct record_iter it;
	struct record r;
	size_t n = batch_size(h);

	if (n > sizeof(p) || batch_codec(h) != CODEC_NONE ||
	    file_read(v->sys, v->fd, p, n, v->scan.at) != (ssize_t)n ||
	    record_iter_init(&it, p, h, NULL, NULL, 0, NULL) < 0 ||
	    record_iter_next(&it, &r) <= 0)
		return false;
	return record_control_type(&r) == CONTROL_ABORT;
}

/* Keeps track of transactions. */
static void
follow(struct view *v, const struct batch_header *h)
{
	int i;

	if (!batch_is_transactional(h))
		return;
	i = find_open(v, h->producer_id);
	if (!batch_is_control(h) && i < 0) {
		v->open = xreallocarray(v->open, v->n_open + 1,
		    sizeof(v->open[0]));
		v->open[v->n_open++] = (struct open_txn){ h->producer_id,
		    h->base_offset };
	}
	if (!batch_is_control(h) || i < 0)
		return;
	if (is_abort(v, h)) {
		v->aborted = xreallocarray(v->aborted, v->n_aborted + 1,
		    sizeof(v->aborted[0]));
		v->aborted[v->n_aborted++] = (struct view_aborted){
		    h->producer_id, v->open[i].first, h->base_offset };
	}
	v->open[i] = v->open[--v->n_open];
}

static int
by_first(const void *a, const void *b)
{
	const struct view_aborted *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The walk over all headers. */
static int
survey(struct view *v, struct kerr *e)
{
	struct batch_header h;
	int rc = 0;

	v->end = v->base[0];
	for (int i = 0; i < v->n && rc >= 0; i++) {
		if ((rc = open_segment(v, i, HEADERS_WINDOW, e)) <= 0)
			continue;
		while ((rc = next_batch(v, &h, true, e)) > 0)
			follow(v, &h);
		if (v->next > v->end)
			v->end = v->next;
	}
	close_segment(v);
	if (rc < 0)
		return rc;
	v->stable = v->end;
	for (size_t i = 0; i < v->n_open; i++)
		if (v->open[i].first < v->stable)
			v->stable = v->open[i].first;
	if (v->n_aborted > 0)
		qsort(v->aborted, v->n_aborted, sizeof(v->aborted[0]),
		    by_first);
	return 0;
}

int
view_open(struct view **out, const struct sys *s, const char *dir,
    int64_t start, view_damage *damage, void *arg, struct kerr *e)
{
	struct view *v = xcalloc(1, sizeof(*v));
	int rc = 0;

	v->sys = s;
	v->dir = xstrdup(dir);
	v->damage = damage;
	v->arg = arg;
	v->at = -1;
	v->live = is_live(s, dir);
	v->window = xmalloc(WINDOW);
	if (s->list(s, dir, take_name, v) != 0)
		rc = kerr_sys(e, "%s", dir);
	else if (v->n == 0)
		rc = kerr_set(e, KE_NOTFOUND, "%s: no segment of a log", dir);
	else
		qsort(v->base, (size_t)v->n, sizeof(v->base[0]), ascending);
	if (rc == 0)
		rc = survey(v, e);
	if (rc != 0) {
		view_close(v);
		return rc;
	}
	v->start = start > v->base[0] ? start : v->base[0];
	if (v->start > v->end)
		v->start = v->end;
	*out = v;
	return 0;
}

void
view_close(struct view *v)
{
	if (v == NULL)
		return;
	close_segment(v);
	free(v->window);
	free(v->told);
	free(v->open);
	free(v->aborted);
	free(v->base);
	free(v->dir);
	free(v);
}

int64_t
view_start(const struct view *v)
{
	return v->start;
}

int64_t
view_end(const struct view *v)
{
	return v->end;
}

int64_t
view_stable(const struct view *v)
{
	return v->stable;
}

const struct view_aborted *
view_aborted(const struct view *v, size_t *n)
{
	*n = v->n_aborted;
	return v->aborted;
}

/* Puts the cursor where the batch that contains offset can be reached. */
static int
seek(struct view *v, int64_t offset, struct kerr *e)
{
	int i = v->n - 1;

	while (i > 0 && v->base[i] > offset)
		i--;
	if (v->at == i && v->next <= offset && v->scan.cap == WINDOW)
		return 1;
	return open_segment(v, i, WINDOW, e);
}

/* The next batch at or behind the cursor, whatever segment it is in: 1, or 0
 * at the end of the log. */
static int
advance(struct view *v, int at, struct batch_header *h, struct kerr *e)
{
	int rc = 1;

	if (v->at < 0 || v->at != at)
		rc = open_segment(v, at, WINDOW, e);
	while (rc >= 0) {
		if (rc > 0 && (rc = next_batch(v, h, false, e)) != 0)
			return rc;
		if (++at >= v->n)
			return 0;
		rc = open_segment(v, at, WINDOW, e);
	}
	return rc;
}

/* Copies the batch at the cursor where its CRC is right. */
static int
copy_batch(struct view *v, const struct batch_header *h, struct buf *b,
    struct kerr *e)
{
	struct kerr why = KERR_INIT;
	size_t size = batch_size(h);
	int rc = scan_check(&v->scan, h, &why);
	uint8_t *to;

	if (rc == KE_CRC) {
		tell(v, &why, "left out: offsets up to ",
		    batch_last_offset(h));
		return 0;
	}
	if (rc == 0 && (to = buf_reserve(b, size)) == NULL)
		rc = kerr_set(&why, KE_RANGE, "batch at %lld: too large",
		    (long long)v->scan.at);
	if (rc == 0 && file_read(v->sys, v->fd, to, size, v->scan.at) !=
	    (ssize_t)size)
		rc = kerr_sys(&why, "reading at %lld", (long long)v->scan.at);
	if (rc == 0)
		b->len += size;
	else if (e != NULL)
		*e = why;
	return rc;
}

int
view_read(struct view *v, int64_t offset, int64_t upto, size_t max,
    struct buf *b, int64_t *next, struct kerr *e)
{
	struct batch_header h;
	size_t before = b->len;
	int rc = seek(v, offset, e), at;

	*next = upto;
	if (rc < 0 || offset >= upto)
		return rc < 0 ? rc : 0;
	for (at = v->n - 1; at > 0 && v->base[at] > offset;)
		at--;
	for (;;) {
		rc = advance(v, v->at >= 0 ? v->at : at, &h, e);
		if (rc <= 0)
			return rc;
		if (h.base_offset >= upto)
			break;
		if (batch_last_offset(&h) < offset)
			continue;
		if ((rc = copy_batch(v, &h, b, e)) < 0)
			return rc;
		/* a segment that was compacted reaches into the next ones */
		offset = batch_last_offset(&h) + 1;
		/* at the end of the log go on: damage may follow */
		if (b->len - before >= max && v->next < v->end) {
			*next = v->next < upto ? v->next : upto;
			break;
		}
	}
	return 0;
}

int
view_find_time(struct view *v, int64_t ts, int64_t upto, int64_t *offset,
    struct kerr *e)
{
	struct batch_header h;
	int rc, at = 0;

	*offset = -1;
	close_segment(v);
	while ((rc = advance(v, at, &h, e)) > 0 && h.base_offset < upto) {
		at = v->at;
		if (h.max_timestamp < ts || batch_last_offset(&h) < v->start)
			continue;
		*offset = h.base_offset > v->start ? h.base_offset : v->start;
		break;
	}
	close_segment(v);
	return rc < 0 ? rc : 0;
}

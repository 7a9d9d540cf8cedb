/*
 * view.c: see view.h. A cursor (segment, position, next offset) makes reading
 * on cheap; reading elsewhere walks the headers of one segment.
 */
#include "store/view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/file.h"
#include "store/view_impl.h"

enum { DIGITS = 20 };		/* of an offset in a file's name */

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
	v->window = xmalloc(VIEW_WINDOW);
	if (s->list(s, dir, take_name, v) != 0)
		rc = kerr_sys(e, "%s", dir);
	else if (v->n == 0)
		rc = kerr_set(e, KE_NOTFOUND, "%s: no segment of a log", dir);
	else
		qsort(v->base, (size_t)v->n, sizeof(v->base[0]), ascending);
	if (rc == 0)
		rc = view_survey(v, e);
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
	view_close_segment(v);
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

/* Puts the cursor where the batch that contains offset can be reached: in
 * segment *at, whose file may be gone (0). */
static int
seek(struct view *v, int64_t offset, int *at, struct kerr *e)
{
	int i = v->n - 1;

	while (i > 0 && v->base[i] > offset)
		i--;
	*at = i;
	if (v->at == i && v->next <= offset && v->scan.cap == VIEW_WINDOW)
		return 1;
	return view_open_segment(v, i, VIEW_WINDOW, e);
}

/* The next batch at or behind the cursor, whatever segment it is in: 1, or 0
 * at the end of the log. */
static int
advance(struct view *v, int at, struct batch_header *h, struct kerr *e)
{
	int rc = 1;

	if (v->at < 0 || v->at != at)
		rc = view_open_segment(v, at, VIEW_WINDOW, e);
	while (rc >= 0) {
		if (rc > 0 && (rc = view_next(v, h, false, e)) != 0)
			return rc;
		if (++at >= v->n)
			return 0;
		rc = view_open_segment(v, at, VIEW_WINDOW, e);
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
		view_tell(v, &why, "left out: offsets up to ",
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
	int at, rc = seek(v, offset, &at, e);

	*next = upto;
	if (rc < 0 || offset >= upto)
		return rc < 0 ? rc : 0;
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
	view_close_segment(v);
	while ((rc = advance(v, at, &h, e)) > 0 && h.base_offset < upto) {
		at = v->at;
		if (h.max_timestamp < ts || batch_last_offset(&h) < v->start)
			continue;
		*offset = h.base_offset > v->start ? h.base_offset : v->start;
		break;
	}
	view_close_segment(v);
	return rc < 0 ? rc : 0;
}

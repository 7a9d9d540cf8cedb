/*
 * view_cursor.c: the cursor of a view: segment by segment, batch by batch, and
 * over what is damaged to the next sound batch (view_impl.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "record/msgset.h"
#include "store/file.h"
#include "store/segment.h"
#include "store/view_impl.h"

void
view_close_segment(struct view *v)
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

int
view_open_segment(struct view *v, int at, size_t cap, struct kerr *e)
{
	char *path = segment_path(v->dir, v->base[at], ".log");
	int fd = open_file(v, at, path);
	off_t size;

	view_close_segment(v);
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

void
view_tell(struct view *v, const struct kerr *why, const char *then, int64_t n)
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

/* Only the last offset of a compressed message in an old format is known here:
 * it may begin where the one before it ended. */
static void
widen(const struct view *v, struct batch_header *h)
{
	if (h->magic >= BATCH_MAGIC || batch_codec(h) == CODEC_NONE ||
	    h->base_offset < v->next || h->base_offset - v->next > INT32_MAX)
		return;
	h->last_offset_delta = (int32_t)(h->base_offset - v->next);
	h->base_offset = v->next;
}

/* True for offsets that cannot be at this place: no CRC covers the first. The
 * segments of a live log may be other ones by now. */
static bool
is_misplaced(const struct view *v, const struct batch_header *h)
{
	return h->base_offset < v->next ||
	    h->base_offset - v->base[v->at] > INT32_MAX ||
	    (!v->live && v->at + 1 < v->n &&
	    batch_last_offset(h) >= v->base[v->at + 1]);
}

/* True where a sound batch begins at pos, where n bytes are at p. */
static bool
begins_batch(struct view *v, const uint8_t *p, size_t n, int64_t pos)
{
	struct batch_header h;
	uint8_t window[4096];
	struct scan c;

	if (scan_header(p, n, &h, NULL) != 0 ||
	    is_misplaced(v, &h) || (int64_t)batch_size(&h) > v->size - pos)
		return false;
	scan_init(&c, v->sys, v->fd, pos, v->size, window, sizeof(window));
	return scan_next(&c, &h, NULL) > 0 && scan_check(&c, &h, NULL) == 0;
}

/* The position of the next sound batch behind pos; the file's size where there
 * is none. *zero: all that was passed over is 0. */
static int64_t
search(struct view *v, int64_t pos, bool *zero)
{
	uint8_t *p = xmalloc(VIEW_WINDOW);
	int64_t found = v->size;
	ssize_t n = 0;

	*zero = true;
	for (; found == v->size && pos < v->size; pos += n - BATCH_HEADER + 1) {
		n = file_read(v->sys, v->fd, p, VIEW_WINDOW, pos);
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			*zero = *zero && p[i] == 0;
		for (ssize_t i = 0; i + MSGSET_LEAST <= n; i++)
			if (p[i + BATCH_AT_MAGIC] <= BATCH_MAGIC &&
			    begins_batch(v, p + i, (size_t)(n - i), pos + i)) {
				found = pos + i;
				break;
			}
		if (n < BATCH_HEADER)
			break;
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
		view_tell(v, why, "bytes passed over: ", to - from);
	v->scan.next = to;
	return to < v->size;
}

int
view_next(struct view *v, struct batch_header *h, bool silent,
    struct kerr *e)
{
	struct kerr why = KERR_INIT;
	int rc;

	while ((rc = scan_next(&v->scan, h, &why)) != 0) {
		if (rc > 0)
			widen(v, h);
		if (rc > 0 && !is_misplaced(v, h))
			break;
		if (rc > 0)
			kerr_set(&why, KE_CORRUPT, "batch at %lld: offset %lld "
			    "is out of place", (long long)v->scan.at,
			    (long long)h->base_offset);
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

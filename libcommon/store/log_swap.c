/*
 * log_swap.c: a rewritten segment takes the place of those that it was made
 * from, by Apache Kafka's renames. Its files end in .cleaned while they are
 * written; when all is durable they become .swap, the .log last: from then on
 * a crash completes the swap. The old files become .deleted and go, and the
 * new ones lose their suffix, the .log first. At the next opening
 *
 *	.cleaned	goes, and with it .swap files at or above it: the
 *			renames to .swap were under way
 *	.log.swap	the files of the segments that it covers go, then it and
 *			its indexes take their names
 *	.deleted	goes
 *
 * so that whichever of the renames survive, the log is the old or the new one.
 *
 * In memory the new segment comes in before the old files are renamed: it has
 * its descriptors open and needs no names, and readers that have found
 * something in an old one hold its descriptors. Its files go when those that
 * retention took would (log_remove_old()), for readers that have names only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/file.h"
#include "store/log_impl.h"
#include "store/scan.h"

#define CLEANED	".cleaned"
#define SWAP	".swap"

enum { KINDS = 4, DIGITS = 20, WINDOW = 256 << 10 };

/* The .log last: see above. */
static const char *const kinds[KINDS] = {
	".index", ".timeindex", ".txnindex", ".log"
};

/* One of a segment's files gets another suffix. Not all of them have to be
 * there, but the .log. */
static int
rename_one(const struct segment *g, const char *kind, const char *suffix,
    struct kerr *e)
{
	struct segment as = { .dir = g->dir, .base = g->base,
	    .suffix = suffix };
	char *from = segment_file(g, kind), *to = segment_file(&as, kind);
	int rc = 0;

	if (g->sys->rename(g->sys, from, to) != 0 &&
	    (errno != ENOENT || strcmp(kind, ".log") == 0))
		rc = kerr_sys(e, "%s", to);
	free(from);
	free(to);
	return rc;
}

static int
rename_files(struct segment *g, const char *suffix, bool log_first,
    struct kerr *e)
{
	int rc = 0;

	for (int i = 0; i < KINDS && rc == 0; i++)
		rc = rename_one(g, kinds[log_first ? KINDS - 1 - i : i],
		    suffix, e);
	if (rc == 0)
		g->suffix = suffix;
	return rc;
}

void
log_swap_undo(struct segment *g)
{
	/* what is left of them is removed at the next opening */
	g->suffix = SWAP;
	(void)segment_remove(g, NULL);
	g->suffix = CLEANED;
	(void)segment_remove(g, NULL);
}

/* Where the old segments are in the list, all of them as they were, and none
 * the active one; -1. lock held. */
static int
find_old(struct log *l, struct segment *const *old, const int64_t *sizes,
    int n)
{
	int at = log_segment_of(l, old[0]->base);

	if (at < 0 || at + n >= l->n_segs)
		return -1;
	for (int i = 0; i < n; i++)
		if (l->segs[at + i] != old[i] || old[i]->size != sizes[i])
			return -1;
	return at;
}

static void
put_in(struct log *l, struct segment *g, int at, int n)
{
	l->bytes += g->size;
	for (int i = 0; i < n; i++)
		l->bytes -= l->segs[at + i]->size;
	l->segs[at] = g;
	memmove(&l->segs[at + 1], &l->segs[at + n],
	    (size_t)(l->n_segs - at - n) * sizeof(struct segment *));
	l->n_segs -= n - 1;
}

/* No reader is between finding a segment and having its descriptor while
 * shape is held. */
static int
publish(struct log *l, struct segment *g, struct segment *const *old,
    const int64_t *sizes, int n, struct kerr *e)
{
	int at;

	pthread_rwlock_wrlock(&l->shape);
	pthread_mutex_lock(&l->lock);
	if ((at = find_old(l, old, sizes, n)) >= 0)
		put_in(l, g, at, n);
	pthread_mutex_unlock(&l->lock);
	pthread_rwlock_unlock(&l->shape);
	return at >= 0 ? 0 : kerr_set(e, KE_CANCELLED, "segments changed");
}

static int
sync_names(struct log *l, struct kerr *e)
{
	return l->sys->sync_dir(l->sys, l->dir) == 0 ? 0 :
	    kerr_sys(e, "syncing the directory");
}

/* The new segment takes its place in memory; a failure changes nothing. */
static int
begin_swap(struct log *l, struct segment *g, struct segment *const *old,
    const int64_t *sizes, int n, struct kerr *e)
{
	int rc;

	if ((rc = rename_files(g, SWAP, false, e)) != 0 ||
	    (rc = sync_names(l, e)) != 0)
		return rc;
	return publish(l, g, old, sizes, n, e);
}

/* And the files take theirs. */
static int
finish_swap(struct log *l, struct segment *g, struct segment *const *old,
    int n, struct kerr *e)
{
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = segment_retire(old[i], 1, i == 0, e);
	if (rc == 0)
		rc = rename_files(g, "", true, e);
	return rc == 0 ? sync_names(l, e) : rc;
}

/* log_remove_old() does the rest, in its time. */
static void
let_go(struct log *l, struct segment *const *old, int n)
{
	pthread_mutex_lock(&l->lock);
	for (int i = 0; i < n; i++)
		STAILQ_INSERT_TAIL(&l->old, old[i], old);
	pthread_mutex_unlock(&l->lock);
}

int
log_swap(struct log *l, struct segment *g, struct segment *const *old,
    const int64_t *sizes, int n, struct kerr *e)
{
	int rc;

	pthread_mutex_lock(&l->swapping);
	if ((rc = begin_swap(l, g, old, sizes, n, e)) != 0) {
		log_swap_undo(g);
		pthread_mutex_unlock(&l->swapping);
		segment_close(g);
		return rc;
	}
	if ((rc = finish_swap(l, g, old, n, e)) == 0) {
		segment_unpin(g);
		let_go(l, old, n);
	}
	pthread_mutex_unlock(&l->swapping);
	if (rc == 0)
		return 0;
	for (int i = 0; i < n; i++)
		segment_close(old[i]);
	return log_fail(l, rc, e);
}

/* Opening. */

struct found {
	int64_t	base;
	int	kind;
	char	suffix[10];	/* "", SWAP or CLEANED */
};

struct finds {
	struct found	*v;
	int		 n, cap;
};

static int
each_name(void *arg, const char *name)
{
	struct finds *s = arg;
	struct found f;
	size_t n;

	if (strspn(name, "0123456789") != DIGITS || name[DIGITS] != '.')
		return 0;
	errno = 0;
	f.base = strtoll(name, NULL, 10);
	if (errno != 0)
		return 0;
	name += DIGITS;
	for (f.kind = 0; f.kind < KINDS; f.kind++) {
		n = strlen(kinds[f.kind]);
		if (strncmp(name, kinds[f.kind], n) == 0 &&
		    (name[n] == '\0' || strcmp(name + n, SWAP) == 0 ||
		    strcmp(name + n, CLEANED) == 0))
			break;
	}
	if (f.kind == KINDS)
		return 0;
	strcpy(f.suffix, name + n);
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 32;
		s->v = xreallocarray(s->v, (size_t)s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = f;
	return 0;
}

static int
find_names(struct log *l, struct finds *s, struct kerr *e)
{
	s->n = 0;
	return l->sys->list(l->sys, l->dir, each_name, s) == 0 ? 0 :
	    kerr_sys(e, "reading the directory");
}

/* Removes those of that suffix with from <= base < upto. */
static int
remove_range(struct log *l, const struct finds *s, const char *suffix,
    int64_t from, int64_t upto, struct kerr *e)
{
	struct segment g = { .dir = l->dir, .suffix = suffix };
	const struct found *f;
	char *path;
	int rc = 0;

	for (int i = 0; i < s->n && rc == 0; i++) {
		f = &s->v[i];
		if (strcmp(f->suffix, suffix) != 0 || f->base < from ||
		    f->base >= upto)
			continue;
		g.base = f->base;
		path = segment_file(&g, kinds[f->kind]);
		rc = file_remove(l->sys, path, e);
		free(path);
	}
	return rc;
}

/* The renames to .swap were under way: the old segments are all there. */
static int
remove_unfinished(struct log *l, const struct finds *s, struct kerr *e)
{
	int64_t least = INT64_MAX;
	int rc;

	for (int i = 0; i < s->n; i++)
		if (strcmp(s->v[i].suffix, CLEANED) == 0 &&
		    s->v[i].base < least)
			least = s->v[i].base;
	if (least == INT64_MAX)
		return 0;
	rc = remove_range(l, s, SWAP, least, INT64_MAX, e);
	return rc != 0 ? rc : remove_range(l, s, CLEANED, 0, INT64_MAX, e);
}

/* Makes the indexes of a .swap segment anew, some of which may be gone. *end
 * is the offset after its last batch. */
static int
index_swap(struct log *l, struct segment *g, int64_t *end, struct kerr *e)
{
	void *window = xmalloc(WINDOW);
	struct batch_header h;
	struct scan c;
	off_t size;
	int rc, fd;

	*end = g->base;
	if ((rc = fd = segment_fd(g, false, e)) < 0)
		goto out;
	if ((size = file_size(l->sys, fd)) < 0) {
		rc = kerr_sys(e, "%020lld.log" SWAP, (long long)g->base);
		goto out;
	}
	g->size = size;
	segment_reset(g);
	scan_init(&c, l->sys, fd, 0, size, window, WINDOW);
	while ((rc = scan_next(&c, &h, e)) > 0) {
		segment_note(g, &l->lock, &h, l->config.index_interval_bytes);
		if ((rc = segment_spill(g, &l->lock, false, e)) != 0)
			goto out;
		*end = batch_last_offset(&h) + 1;
	}
	if (rc == 0)
		rc = segment_finish(g, &l->lock, e);
out:
	free(window);
	return rc;
}

static int
complete(struct log *l, const struct finds *s, int64_t base, struct kerr *e)
{
	struct segment *g = segment_new(l->sys, l->dir, base, true);
	int64_t end;
	int rc;

	g->suffix = SWAP;
	if ((rc = index_swap(l, g, &end, e)) == 0 &&
	    (rc = remove_range(l, s, "", base, end > base ? end : base + 1,
	    e)) == 0)
		rc = rename_files(g, "", true, e);
	segment_close(g);
	if (rc == 0)
		log_line(LOG_INFO, LOG_STORE, "%s: %020lld.log: completed a "
		    "compaction that was interrupted", l->name,
		    (long long)base);
	return rc;
}

/* The .log has its name already; what is left follows it. */
static int
complete_rest(struct log *l, const struct found *f, struct kerr *e)
{
	struct segment g = { .sys = l->sys, .dir = l->dir, .base = f->base,
	    .suffix = SWAP };

	return rename_one(&g, kinds[f->kind], "", e);
}

int
log_swap_recover(struct log *l, struct kerr *e)
{
	struct finds s = { NULL };
	int rc;

	if ((rc = find_names(l, &s, e)) != 0 ||
	    (rc = remove_unfinished(l, &s, e)) != 0 ||
	    (rc = find_names(l, &s, e)) != 0)
		goto out;
	for (int i = 0; i < s.n && rc == 0; i++)
		if (strcmp(s.v[i].suffix, SWAP) == 0 &&
		    s.v[i].kind == KINDS - 1)
			rc = complete(l, &s, s.v[i].base, e);
	if (rc == 0)
		rc = find_names(l, &s, e);
	for (int i = 0; i < s.n && rc == 0; i++)
		if (strcmp(s.v[i].suffix, SWAP) == 0)
			rc = complete_rest(l, &s.v[i], e);
	if (rc == 0)
		rc = sync_names(l, e);
out:
	free(s.v);
	return rc;
}

/*
 * segment_files.c: the descriptors of segments: opened when they are needed,
 * and closed again where there are more than the process may have.
 *
 * Segments with open files stand in a ring. Whoever opens a file over the
 * limit looks round it for one that was not used since the last look (the
 * "clock" of page caches). One that nobody uses is taken by setting CLOSING;
 * who comes for a reference meanwhile waits for the few system calls.
 */
#include "store/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/file.h"
#include "store/log.h"

enum {
	USERS = (1 << 27) - 1,	/* references */
	OWNED = 1 << 27,	/* the log has it */
	PINNED = 1 << 28,
	CLOSING = 1 << 29,
};

/* Segments that are looked at for one descriptor: where all are in use, the
 * limit gives way. */
#define LOOKS		64
/* Locks under which files are opened; any one of them serves. */
#define LOCKS		16

TAILQ_HEAD(ring, segment);

static struct {
	pthread_mutex_t	lock;
	struct ring	all;
	int		open;		/* descriptors */
	int		limit;
} files = {
	PTHREAD_MUTEX_INITIALIZER, TAILQ_HEAD_INITIALIZER(files.all), 0, 512
};

static pthread_mutex_t opening[LOCKS] = {
	[0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER
};

pthread_mutex_t *
segment_files_lock(const struct segment *g)
{
	return &opening[(uintptr_t)g / sizeof(*g) % LOCKS];
}

void
segment_files_init(struct segment *g)
{
	g->refs = OWNED | PINNED;
}

static void
wait_open(struct segment *g)
{
	while ((atomic_load(&g->refs) & CLOSING) != 0)
		sched_yield();
}

void
segment_ref(struct segment *g)
{
	if ((atomic_fetch_add(&g->refs, 1) & CLOSING) != 0)
		wait_open(g);
}

void
segment_unpin(struct segment *g)
{
	atomic_fetch_and(&g->refs, ~PINNED);
}

/* Whether the caller may rely on descriptors. */
static bool
is_held(const struct segment *g)
{
	int refs = atomic_load(&g->refs);

	return (refs & PINNED) != 0 || (refs & USERS) > 0;
}

/* Closes what is open; the count of descriptors that were. */
static int
close_files(struct segment *g)
{
	int n = 0, fd = atomic_load(&g->fd);

	if (fd >= 0) {
		g->sys->close(g->sys, fd);
		atomic_store(&g->fd, -1);
		n++;
	}
	if (g->offsets.fd >= 0 || g->times.fd >= 0) {
		/* entries in memory alone need no file yet */
		atomic_store(&g->searchable, false);
		n += index_close(&g->offsets, g->sys);
		n += index_close(&g->times, g->sys);
	}
	if (g->txns.fd >= 0) {
		txnindex_release(&g->txns, g->sys);
		n++;
	}
	return n;
}

/* Takes it out of the ring: with its files closed, it has no place there. */
static void
ring_leave(struct segment *g, int closed)
{
	pthread_mutex_lock(&files.lock);
	if (g->in_ring)
		TAILQ_REMOVE(&files.all, g, ring);
	g->in_ring = false;
	files.open -= closed;
	pthread_mutex_unlock(&files.lock);
}

static void
destroy(struct segment *g)
{
	wait_open(g);
	ring_leave(g, close_files(g));
	index_release(&g->offsets, g->sys);
	index_release(&g->times, g->sys);
	free(g);
}

void
segment_unref(struct segment *g)
{
	int refs;

	if (g == NULL)
		return;
	refs = atomic_fetch_sub(&g->refs, 1);
	assert((refs & USERS) > 0);
	if (refs == 1)
		destroy(g);
}

void
segment_close(struct segment *g)
{
	int refs = atomic_fetch_and(&g->refs, ~(OWNED | PINNED));

	assert((refs & OWNED) != 0);
	if ((refs & USERS) == 0)
		destroy(g);
}

/* True where nobody uses it now, beside the caller, and its files may be
 * closed. */
static bool
take(struct segment *g, int mine)
{
	int unused = OWNED + mine;

	return atomic_compare_exchange_strong(&g->refs, &unused,
	    (OWNED + mine) | CLOSING);
}

void
segment_rest(struct segment *g, int mine)
{
	if (!take(g, mine))
		return;
	ring_leave(g, close_files(g));
	atomic_fetch_and(&g->refs, ~CLOSING);
}

void
segment_hold(struct segment *g, int mine)
{
	/* they may all let go in between: it takes one of its own */
	segment_ref(g);
	if ((atomic_load(&g->refs) & USERS) > mine + 1) {
		(void)segment_fd(g, false, NULL);
		(void)segment_indexes(g, NULL);
		(void)segment_txns(g, NULL);
	}
	segment_unref(g);
}

/* One that can be spared, taken. NULL: none was found. */
static struct segment *
choose(void)
{
	struct segment *g = NULL;

	pthread_mutex_lock(&files.lock);
	for (int i = 0; i < LOOKS; i++) {
		if ((g = TAILQ_FIRST(&files.all)) == NULL)
			break;
		TAILQ_REMOVE(&files.all, g, ring);
		if (!atomic_exchange(&g->used, false) && take(g, 0)) {
			g->in_ring = false;
			break;
		}
		TAILQ_INSERT_TAIL(&files.all, g, ring);
		g = NULL;
	}
	pthread_mutex_unlock(&files.lock);
	return g;
}

static bool
close_one(void)
{
	struct segment *g = choose();
	int n;

	if (g == NULL)
		return false;
	n = close_files(g);
	segment_files_count(g, -n);
	atomic_fetch_and(&g->refs, ~CLOSING);
	return true;
}

void
segment_files_room(void)
{
	bool over;

	do {
		pthread_mutex_lock(&files.lock);
		over = files.open >= files.limit;
		pthread_mutex_unlock(&files.lock);
	} while (over && close_one());
}

void
segment_files_count(struct segment *g, int more)
{
	pthread_mutex_lock(&files.lock);
	files.open += more;
	if (more > 0 && !g->in_ring) {
		TAILQ_INSERT_TAIL(&files.all, g, ring);
		g->in_ring = true;
	}
	pthread_mutex_unlock(&files.lock);
}

void
log_files_limit(int n)
{
	pthread_mutex_lock(&files.lock);
	files.limit = n;
	pthread_mutex_unlock(&files.lock);
}

int
log_files_open(void)
{
	int n;

	pthread_mutex_lock(&files.lock);
	n = files.open;
	pthread_mutex_unlock(&files.lock);
	return n;
}

void
segment_files_bar(struct segment *g)
{
	pthread_mutex_lock(segment_files_lock(g));
	g->retired = true;
	pthread_mutex_unlock(segment_files_lock(g));
}

int
segment_files_barred(const struct segment *g, struct kerr *e)
{
	return g->retired ? kerr_set(e, KE_RANGE, "segment %lld was deleted",
	    (long long)g->base) : 0;
}

/* Others than this file may have used the process's descriptors up. */
static bool
is_short(void)
{
	return (errno == EMFILE || errno == ENFILE) && close_one();
}

static int
open_log(struct segment *g, bool make, struct kerr *e)
{
	char *path = segment_file(g, ".log");
	int fd, rc = 0;

	do {
		segment_files_room();
		fd = make ? g->sys->open(g->sys, path,
		    O_RDWR | O_CREAT | O_TRUNC, 0644) :
		    file_open(g->sys, path, 0);
	} while (fd < 0 && is_short());
	if (fd < 0) {
		rc = kerr_sys(e, "%s", path);
	} else {
		segment_files_count(g, 1);
		atomic_store(&g->fd, fd);
	}
	free(path);
	return rc;
}

int
segment_fd(struct segment *g, bool make, struct kerr *e)
{
	int rc = 0;

	assert(is_held(g));
	if (!atomic_load_explicit(&g->used, memory_order_relaxed))
		atomic_store(&g->used, true);
	if (atomic_load(&g->fd) >= 0)
		return atomic_load(&g->fd);
	pthread_mutex_lock(segment_files_lock(g));
	if (atomic_load(&g->fd) < 0 && (rc = segment_files_barred(g, e)) == 0)
		rc = open_log(g, make, e);
	pthread_mutex_unlock(segment_files_lock(g));
	return rc != 0 ? rc : atomic_load(&g->fd);
}

static int
try_open(struct segment *g, struct index *x, const char *path)
{
	if (g->fresh)
		return index_make(x, g->sys, path);
	return index_open(x, g->sys, path, g->size);
}

static int
open_index(struct segment *g, struct index *x, const char *kind,
    struct kerr *e)
{
	char *path;
	int rc;

	if (x->fd >= 0)
		return 0;
	path = segment_file(g, kind);
	do {
		segment_files_room();
		rc = try_open(g, x, path);
	} while (rc != 0 && x->fd < 0 && is_short());
	if (x->fd >= 0)
		segment_files_count(g, 1);
	if (rc != 0 && errno == EILSEQ) {
		log_line(LOG_WARN, LOG_STORE, "%s: not a sound index, doing "
		    "without", path);
		rc = g->sys->ftruncate(g->sys, x->fd, 0);
	}
	if (rc != 0)
		rc = kerr_sys(e, "%s", path);
	free(path);
	return rc;
}

static int
open_indexes(struct segment *g, struct kerr *e)
{
	int rc;

	pthread_mutex_lock(segment_files_lock(g));
	if ((rc = segment_files_barred(g, e)) == 0)
		rc = open_index(g, &g->offsets, ".index", e);
	if (rc == 0)
		rc = open_index(g, &g->times, ".timeindex", e);
	if (rc == 0) {
		g->fresh = false;
		atomic_store(&g->searchable, true);
	}
	pthread_mutex_unlock(segment_files_lock(g));
	return rc;
}

int
segment_indexes(struct segment *g, struct kerr *e)
{
	assert(is_held(g));
	return atomic_load(&g->searchable) ? 0 : open_indexes(g, e);
}

int
segment_index_files(struct segment *g, struct kerr *e)
{
	assert(is_held(g));
	return !g->fresh && atomic_load(&g->searchable) ? 0 :
	    open_indexes(g, e);
}

void
segment_drop_indexes(struct segment *g)
{
	int n = index_close(&g->offsets, g->sys);

	n += index_close(&g->times, g->sys);
	index_release(&g->offsets, g->sys);
	index_release(&g->times, g->sys);
	segment_files_count(g, -n);
}

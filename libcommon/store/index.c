/* index.c: see index.h. */
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "store/file.h"

/* Bisection stops at so many entries, which are read at once. */
enum { BLOCK = 256 };

void
index_init(struct index *x, enum index_kind kind)
{
	memset(x, 0, sizeof(*x));
	x->kind = kind;
	x->fd = -1;
}

int
index_close(struct index *x, const struct sys *s)
{
	if (x->fd < 0)
		return 0;
	s->close(s, x->fd);
	x->fd = -1;
	return 1;
}

void
index_release(struct index *x, const struct sys *s)
{
	index_close(x, s);
	free(x->tail);
	index_init(x, x->kind);
}

static struct index_entry
entry_get(const struct index *x, const uint8_t *p)
{
	struct index_entry e;

	if (x->kind == INDEX_TIME) {
		e.key = (int64_t)be64(p);
		e.value = (int32_t)be32(p + 8);
	} else {
		e.key = (int32_t)be32(p);
		e.value = (int32_t)be32(p + 4);
	}
	return e;
}

static int
read_entry(const struct index *x, const struct sys *s, int32_t i,
    struct index_entry *e)
{
	uint8_t b[INDEX_TIME];
	ssize_t got;

	got = file_read(s, x->fd, b, x->kind, (off_t)i * x->kind);
	if (got != (ssize_t)x->kind) {
		errno = got < 0 ? errno : EIO;
		return -1;
	}
	*e = entry_get(x, b);
	return 0;
}

/* A file that Apache Kafka left behind without a clean stop is zero-filled to
 * its full size, so the last entry tells whether the length can be right. */
static bool
last_is_sane(const struct index *x, const struct index_entry *e,
    int64_t log_size)
{
	if (x->kind == INDEX_TIME)
		return e->value >= 0 && (e->key != 0 || e->value != 0);
	return e->key > 0 && e->value > 0 && e->value < log_size;
}

int
index_make(struct index *x, const struct sys *s, const char *path)
{
	x->fd = s->open(s, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	x->counted = x->fd >= 0;
	return x->fd < 0 ? -1 : 0;
}

int
index_open(struct index *x, const struct sys *s, const char *path,
    int64_t log_size)
{
	struct index_entry e;
	off_t size;
	int fd;

	fd = file_open(s, path, O_CREAT);
	if (fd < 0)
		return -1;
	x->fd = fd;
	if (x->counted)
		return 0;
	if ((size = file_size(s, fd)) < 0)
		return -1;
	x->n = (int32_t)(size / x->kind);
	if (size % x->kind != 0 || size > INT32_MAX)
		goto bad;
	if (x->n > 0 && read_entry(x, s, x->n - 1, &e) != 0)
		return -1;
	if (x->n > 0 && !last_is_sane(x, &e, log_size))
		goto bad;
	x->counted = true;
	return 0;
bad:
	x->counted = true;
	x->n = 0;
	errno = EILSEQ;
	return -1;
}

bool
index_is_full(const struct index *x)
{
	return x->n_tail == INDEX_TAIL;
}

void
index_add(struct index *x, pthread_mutex_t *lock, int64_t key, int32_t value)
{
	uint8_t *p;

	pthread_mutex_lock(lock);
	if (x->tail == NULL)
		x->tail = xmalloc((size_t)INDEX_TAIL * x->kind);
	p = x->tail + (size_t)x->n_tail * x->kind;
	if (x->kind == INDEX_TIME) {
		put_be64(p, (uint64_t)key);
		put_be32(p + 8, (uint32_t)value);
	} else {
		put_be32(p, (uint32_t)key);
		put_be32(p + 4, (uint32_t)value);
	}
	x->n_tail++;
	pthread_mutex_unlock(lock);
}

int
index_spill(struct index *x, const struct sys *s, pthread_mutex_t *lock)
{
	if (x->n_tail == 0)
		return 0;
	if (file_write(s, x->fd, x->tail, (size_t)x->n_tail * x->kind,
	    (off_t)x->n * x->kind) != 0)
		return -1;
	pthread_mutex_lock(lock);
	x->n += x->n_tail;
	x->n_tail = 0;
	pthread_mutex_unlock(lock);
	return 0;
}

void
index_rest(struct index *x, pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	free(x->tail);
	x->tail = NULL;
	pthread_mutex_unlock(lock);
}

int
index_last(struct index *x, const struct sys *s, struct index_entry *e)
{
	if (x->n_tail > 0) {
		*e = entry_get(x, x->tail + (size_t)(x->n_tail - 1) * x->kind);
		return 1;
	}
	if (x->n == 0)
		return 0;
	return read_entry(x, s, x->n - 1, e) == 0 ? 1 : -1;
}

static int64_t
column(const struct index_entry *e, enum index_column col)
{
	return col == INDEX_KEY ? e->key : e->value;
}

/* How many of the n entries at p have a column <= what. */
static int32_t
count_upto(const struct index *x, const uint8_t *p, int32_t n,
    enum index_column col, int64_t what)
{
	struct index_entry e;
	int32_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		e = entry_get(x, p + (size_t)mid * x->kind);
		if (column(&e, col) <= what)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The same of the first n entries of the file. -1 and errno. */
static int32_t
count_in_file(struct index *x, const struct sys *s, int32_t n,
    enum index_column col, int64_t what)
{
	uint8_t block[(size_t)BLOCK * INDEX_TIME];
	struct index_entry e;
	int32_t lo = 0, hi = n, mid;
	ssize_t got;

	while (hi - lo > BLOCK) {
		mid = lo + (hi - lo) / 2;
		if (read_entry(x, s, mid, &e) != 0)
			return -1;
		if (column(&e, col) <= what)
			lo = mid + 1;
		else
			hi = mid;
	}
	got = file_read(s, x->fd, block, (size_t)(hi - lo) * x->kind,
	    (off_t)lo * x->kind);
	if (got != (ssize_t)(hi - lo) * (ssize_t)x->kind) {
		errno = got < 0 ? errno : EIO;
		return -1;
	}
	return lo + count_upto(x, block, hi - lo, col, what);
}

/* Looks in the tail. False where the answer lies in the file; then *n is how
 * much of it counts, and next is set to the tail's first entry. */
static bool
search_tail(struct index *x, pthread_mutex_t *lock, enum index_column col,
    int64_t what, struct index_hit *h, int32_t *n)
{
	int32_t i = 0;

	pthread_mutex_lock(lock);
	*n = x->n;
	if (x->n_tail > 0)
		i = count_upto(x, x->tail, x->n_tail, col, what);
	if (i > 0) {
		h->has = true;
		h->at = entry_get(x, x->tail + (size_t)(i - 1) * x->kind);
	}
	if (i < x->n_tail) {
		h->has_next = true;
		h->next = entry_get(x, x->tail + (size_t)i * x->kind);
	}
	pthread_mutex_unlock(lock);
	return h->has || *n == 0;
}

int
index_search(struct index *x, const struct sys *s, pthread_mutex_t *lock,
    enum index_column col, int64_t what, struct index_hit *h)
{
	int32_t n, i;

	memset(h, 0, sizeof(*h));
	if (search_tail(x, lock, col, what, h, &n))
		return 0;
	if ((i = count_in_file(x, s, n, col, what)) < 0)
		return -1;
	if (i < n) {
		h->has_next = true;
		if (read_entry(x, s, i, &h->next) != 0)
			return -1;
	}
	h->has = i > 0;
	return i > 0 ? read_entry(x, s, i - 1, &h->at) : 0;
}

int
index_cut(struct index *x, const struct sys *s, enum index_column col,
    int64_t what)
{
	int32_t i;

	if (x->n_tail > 0)
		x->n_tail = count_upto(x, x->tail, x->n_tail, col, what - 1);
	if (x->n_tail > 0 || x->fd < 0)
		return 0;
	if ((i = count_in_file(x, s, x->n, col, what - 1)) < 0)
		return -1;
	x->n = i;
	return s->ftruncate(s, x->fd, (off_t)i * x->kind);
}

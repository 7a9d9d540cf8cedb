/* txnindex.c: see txnindex.h. */
#include "store/txnindex.h"

#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "store/file.h"

/* Entries read at once; a bisection stops at so many. */
enum { BLOCK = 64, VERSION = 0 };

void
txnindex_init(struct txnindex *x)
{
	x->fd = -1;
	x->n = 0;
}

void
txnindex_release(struct txnindex *x, const struct sys *s)
{
	if (x->fd >= 0)
		s->close(s, x->fd);
	txnindex_init(x);
}

int
txnindex_open(struct txnindex *x, const struct sys *s, const char *path)
{
	off_t size;

	if ((x->fd = file_open(s, path, 0)) < 0 ||
	    (size = file_size(s, x->fd)) < 0)
		return -1;
	if (size / TXNINDEX_ENTRY > INT32_MAX) {
		errno = EFBIG;
		return -1;
	}
	x->n = (int32_t)(size / TXNINDEX_ENTRY);
	return 0;
}

int
txnindex_make(struct txnindex *x, const struct sys *s, const char *path)
{
	x->n = 0;
	x->fd = s->open(s, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	return x->fd < 0 ? -1 : 0;
}

static void
get(const uint8_t *p, struct aborted_txn *a)
{
	a->producer_id = (int64_t)be64(p + 2);
	a->first = (int64_t)be64(p + 10);
	a->last = (int64_t)be64(p + 18);
	a->stable = (int64_t)be64(p + 26);
}

/* Reads up to BLOCK entries from the ith on, of n; how many, -1 and errno. */
static int32_t
read_block(const struct txnindex *x, const struct sys *s, int32_t i,
    int32_t n, uint8_t *block)
{
	int32_t want = n - i < BLOCK ? n - i : BLOCK;
	ssize_t got;

	got = file_read(s, x->fd, block, (size_t)want * TXNINDEX_ENTRY,
	    (off_t)i * TXNINDEX_ENTRY);
	if (got == (ssize_t)want * TXNINDEX_ENTRY)
		return want;
	errno = got < 0 ? errno : EIO;
	return -1;
}

int
txnindex_check(const struct txnindex *x, const struct sys *s, int64_t base)
{
	uint8_t block[BLOCK * TXNINDEX_ENTRY], *p;
	struct aborted_txn a;
	int64_t least = base, stable = 0;
	int32_t got;

	for (int32_t i = 0; i < x->n; i += got) {
		if ((got = read_block(x, s, i, x->n, block)) < 0)
			return -1;
		for (p = block; p < block + got * TXNINDEX_ENTRY;
		    p += TXNINDEX_ENTRY) {
			get(p, &a);
			if (be16(p) != VERSION || a.first < 0 ||
			    a.last < least || a.first > a.last ||
			    a.stable < stable || a.last == INT64_MAX) {
				errno = EILSEQ;
				return -1;
			}
			least = a.last + 1;
			stable = a.stable;
		}
	}
	return 0;
}

int
txnindex_append(struct txnindex *x, const struct sys *s,
    pthread_mutex_t *lock, const struct aborted_txn *a)
{
	uint8_t p[TXNINDEX_ENTRY];

	put_be16(p, VERSION);
	put_be64(p + 2, (uint64_t)a->producer_id);
	put_be64(p + 10, (uint64_t)a->first);
	put_be64(p + 18, (uint64_t)a->last);
	put_be64(p + 26, (uint64_t)a->stable);
	if (file_write(s, x->fd, p, sizeof(p),
	    (off_t)x->n * TXNINDEX_ENTRY) != 0)
		return -1;
	pthread_mutex_lock(lock);
	x->n++;
	pthread_mutex_unlock(lock);
	return 0;
}

/* How many of the first n entries have a marker below offset, give or take
 * what a block holds: never more. -1 and errno. */
static int32_t
skip(const struct txnindex *x, const struct sys *s, int32_t n,
    int64_t offset)
{
	uint8_t p[BLOCK * TXNINDEX_ENTRY];
	struct aborted_txn a;
	int32_t lo = 0, hi = n, mid;

	while (hi - lo > BLOCK) {
		mid = lo + (hi - lo) / 2;
		if (read_block(x, s, mid, mid + 1, p) < 0)
			return -1;
		get(p, &a);
		if (a.last < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
txnindex_cut(struct txnindex *x, const struct sys *s, int64_t offset)
{
	uint8_t block[BLOCK * TXNINDEX_ENTRY];
	struct aborted_txn a;
	int32_t i, got, j;

	if ((i = skip(x, s, x->n, offset)) < 0)
		return -1;
	for (; i < x->n; i += got) {
		if ((got = read_block(x, s, i, x->n, block)) < 0)
			return -1;
		for (j = 0; j < got; j++) {
			get(block + j * TXNINDEX_ENTRY, &a);
			if (a.last < offset)
				continue;
			x->n = i + j;
			return s->ftruncate(s, x->fd,
			    (off_t)x->n * TXNINDEX_ENTRY);
		}
	}
	return 0;
}

int
txnindex_search(struct txnindex *x, const struct sys *s,
    pthread_mutex_t *lock, int64_t from, int64_t upto,
    void (*each)(void *arg, const struct aborted_txn *a), void *arg)
{
	uint8_t block[BLOCK * TXNINDEX_ENTRY];
	struct aborted_txn a;
	int32_t i, n, got, j;

	pthread_mutex_lock(lock);
	n = x->n;
	pthread_mutex_unlock(lock);
	if ((i = skip(x, s, n, from)) < 0)
		return -1;
	for (; i < n; i += got) {
		if ((got = read_block(x, s, i, n, block)) < 0)
			return -1;
		for (j = 0; j < got; j++) {
			get(block + j * TXNINDEX_ENTRY, &a);
			if (a.last >= from && a.first < upto)
				each(arg, &a);
			if (a.stable >= upto)
				return 1;
		}
	}
	return 0;
}

/* epochs.c: see epochs.h. */
#include "store/epochs.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/text.h"

void
epochs_release(struct epochs *x)
{
	free(x->v);
	memset(x, 0, sizeof(*x));
}

static void
push(struct epochs *x, int32_t epoch, int64_t start)
{
	if (x->n == x->cap) {
		x->cap = x->cap != 0 ? 2 * x->cap : 4;
		x->v = xreallocarray(x->v, (size_t)x->cap, sizeof(*x->v));
	}
	x->v[x->n++] = (struct epoch_start){ epoch, start };
}

bool
epochs_assign(struct epochs *x, int32_t epoch, int64_t start)
{
	if (epoch < 0 || epochs_latest(x) == epoch)
		return false;
	while (x->n > 0 && (x->v[x->n - 1].epoch >= epoch ||
	    x->v[x->n - 1].start >= start))
		x->n--;
	push(x, epoch, start);
	return true;
}

int32_t
epochs_latest(const struct epochs *x)
{
	return x->n > 0 ? x->v[x->n - 1].epoch : -1;
}

int32_t
epochs_at(const struct epochs *x, int64_t offset)
{
	for (int i = x->n - 1; i >= 0; i--)
		if (x->v[i].start <= offset)
			return x->v[i].epoch;
	return -1;
}

void
epochs_end(const struct epochs *x, int32_t asked, int64_t log_end,
    int32_t *found, int64_t *end)
{
	int i;

	*found = -1;
	*end = -1;
	if (asked < 0 || asked > epochs_latest(x))
		return;
	if (asked == epochs_latest(x)) {
		*found = asked;
		*end = log_end;
		return;
	}
	for (i = 0; x->v[i].epoch <= asked; i++)
		;
	*found = i > 0 ? x->v[i - 1].epoch : asked;
	*end = x->v[i].start;
}

bool
epochs_cut_end(struct epochs *x, int64_t end)
{
	int n = x->n;

	while (x->n > 0 && x->v[x->n - 1].start >= end)
		x->n--;
	return x->n != n;
}

bool
epochs_cut_start(struct epochs *x, int64_t start)
{
	int gone = 0;

	while (gone + 1 < x->n && x->v[gone + 1].start <= start)
		gone++;
	if (x->n == 0 || x->v[gone].start >= start)
		return false;
	x->n -= gone;
	memmove(x->v, x->v + gone, (size_t)x->n * sizeof(*x->v));
	x->v[0].start = start;
	return true;
}

void
epochs_format(const struct epochs *x, struct buf *b)
{
	buf_printf(b, "0\n%d\n", x->n);
	for (int i = 0; i < x->n; i++)
		buf_printf(b, "%d %lld\n", x->v[i].epoch,
		    (long long)x->v[i].start);
}

int
epochs_parse(struct epochs *x, const void *p, size_t n, struct kerr *e)
{
	struct text t = { p, (const char *)p + n };
	int64_t version, count, epoch, start;
	size_t left;

	epochs_release(x);
	if (text_i64(&t, 0, 0, &version) != 0 ||
	    text_i64(&t, 0, INT32_MAX, &count) != 0)
		goto bad;
	for (; count > 0; count--) {
		if (text_i64(&t, 0, INT32_MAX, &epoch) != 0 ||
		    text_i64(&t, 0, INT64_MAX, &start) != 0 ||
		    (x->n > 0 && (x->v[x->n - 1].epoch >= epoch ||
		    x->v[x->n - 1].start > start)))
			goto bad;
		push(x, (int32_t)epoch, start);
	}
	if (text_word(&t, &left) == NULL)
		return 0;
bad:
	epochs_release(x);
	return kerr_set(e, KE_CORRUPT, "not a table of leader epochs");
}

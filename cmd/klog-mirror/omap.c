/* omap.c: see omap.h. */
#include "omap.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
omap_release(struct omap *m)
{
	free(m->v);
	*m = (struct omap){ NULL, 0, 0 };
}

void
omap_clear(struct omap *m)
{
	m->n = m->n_sealed = 0;
}

bool
omap_add(struct omap *m, int64_t src, int64_t tgt, int64_t count)
{
	struct run *last = m->n > 0 ? &m->v[m->n - 1] : NULL;

	if (src < 0 || tgt < 0 || count <= 0 || src > INT64_MAX - count ||
	    tgt > INT64_MAX - count || (last != NULL &&
	    (src < last->src + last->count || tgt < last->tgt + last->count)))
		return false;
	if (m->n > m->n_sealed && src == last->src + last->count &&
	    tgt == last->tgt + last->count) {
		last->count += count;
		return true;
	}
	if ((m->n & (m->n - 1)) == 0)
		m->v = xreallocarray(m->v, m->n * 2 + 1, sizeof(*m->v));
	m->v[m->n++] = (struct run){ src, tgt, count };
	return true;
}

void
omap_drop_sealed(struct omap *m)
{
	size_t left = m->n - m->n_sealed, cap = 1;
	struct run *v = NULL;

	if (m->n_sealed == 0)
		return;
	while (cap < left + 1)
		cap *= 2;
	v = xreallocarray(NULL, cap + 1, sizeof(*v));
	if (left > 0)
		memcpy(v, m->v + m->n_sealed, left * sizeof(*v));
	free(m->v);
	m->v = v;
	m->n = left;
	m->n_sealed = 0;
}

int64_t
omap_find(const struct omap *m, int64_t src)
{
	size_t lo = 0, hi = m->n, mid;
	const struct run *r;

	while (lo < hi) {	/* the first run that ends behind src */
		mid = lo + (hi - lo) / 2;
		r = &m->v[mid];
		if (r->src + r->count > src)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (lo == m->n)
		return -1;
	r = &m->v[lo];
	return src <= r->src ? r->tgt : r->tgt + (src - r->src);
}

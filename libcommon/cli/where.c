/* where.c: see where.h. Words become offsets at once, times cost one more
 * round of questions. */
#include "cli/where.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "client/admin.h"

void
where_init(struct where *w, const char *topic, int32_t partition)
{
	*w = (struct where){ .topic = topic, .partition = partition,
	    .start = -1, .end = -1, .stored = -1, .base = -1, .from = -1,
	    .to = -1, .ts = -1 };
}

bool
where_named(const struct spec *sp, int32_t partition)
{
	if (sp->nparts == 0 || sp->all.from.kind != SPEC_NONE ||
	    sp->all.to.kind != SPEC_NONE)
		return true;
	for (size_t i = 0; i < sp->nparts; i++)
		if (sp->part[i].partition == partition)
			return true;
	return false;
}

/* Asks for the same position of every row, or for each row's own time. */
static void
ask(const struct where_how *h, struct where *v, size_t n, int64_t at,
    const int64_t *times,
    void (*take)(struct where *, const struct admin_offset *))
{
	struct admin_offset *o = xcalloc(n + 1, sizeof(o[0]));
	size_t *index = xcalloc(n + 1, sizeof(index[0])), k = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].err.code != 0 || (times != NULL && times[i] < 0))
			continue;
		index[k] = i;
		o[k++] = (struct admin_offset){ .topic = v[i].topic,
		    .partition = v[i].partition,
		    .at = times != NULL ? times[i] : at };
	}
	if (k > 0)	/* each row has its own err */
		admin_list_offsets(h->cluster, o, k, h->committed,
		    h->wait_ms, NULL);
	for (size_t i = 0; i < k; i++) {
		if (o[i].err.code != 0)
			v[index[i]].err = o[i].err;
		else
			take(&v[index[i]], &o[i]);
	}
	free(index);
	free(o);
}

static void
take_start(struct where *w, const struct admin_offset *o)
{
	w->start = o->offset;
}

static void
take_end(struct where *w, const struct admin_offset *o)
{
	w->end = o->offset;
}

/* No record that late: the end. */
static void
take_from(struct where *w, const struct admin_offset *o)
{
	w->from = o->offset >= 0 ? o->offset : w->end;
	w->ts = o->ts;
}

static void
take_to(struct where *w, const struct admin_offset *o)
{
	w->to = o->offset >= 0 ? o->offset : w->end;
}

void
where_bounds(const struct where_how *h, struct where *v, size_t n)
{
	ask(h, v, n, OFFSET_EARLIEST, NULL, take_start);
	ask(h, v, n, OFFSET_LATEST, NULL, take_end);
}

/* A point as an offset, without asking; -1 for a time. base is where "+N"
 * counts from. */
static int64_t
resolve(const struct spec_point *pt, const struct where *w, int64_t base)
{
	switch (pt->kind) {
	case SPEC_BEGINNING:
		return w->start;
	case SPEC_OFFSET:
		return pt->n;
	case SPEC_TAIL:
		return w->end - pt->n > w->start ? w->end - pt->n : w->start;
	case SPEC_HEAD:
		return pt->n < w->end - base ? base + pt->n : w->end;
	case SPEC_TIME:
		return -1;
	case SPEC_STORED:
		return w->stored >= 0 ? w->stored : w->end;
	case SPEC_NONE:
	case SPEC_END:
		break;
	}
	return w->end;
}

static void
resolve_all(const struct where_how *h, struct where *v, size_t n,
    const struct spec *sp, bool end)
{
	int64_t *times = xcalloc(n + 1, sizeof(times[0]));

	for (size_t i = 0; i < n; i++) {
		const struct spec_range *r = spec_for(sp, v[i].partition);
		const struct spec_point *pt = end ? &r->to : &r->from;

		times[i] = pt->kind == SPEC_TIME ? pt->n : -1;
		if (end)
			v[i].to = resolve(pt, &v[i], v[i].from);
		else if (pt->kind == SPEC_NONE)
			v[i].from = v[i].start;
		else
			v[i].from = resolve(pt, &v[i], v[i].base >= 0 ?
			    v[i].base : v[i].start);
	}
	ask(h, v, n, 0, times, end ? take_to : take_from);
	free(times);
}

void
where_resolve(const struct where_how *h, struct where *v, size_t n,
    const struct spec *sp)
{
	resolve_all(h, v, n, sp, false);
	resolve_all(h, v, n, sp, true);
}

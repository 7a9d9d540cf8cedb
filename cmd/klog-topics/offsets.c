/*
 * offsets.c: where partitions start and end, and what a SPEC comes to in each.
 */
#include "topics.h"

/* No more of a range than there is. */
static void
clamp(const struct where *row, int64_t *from, int64_t *to)
{
	if (*from < row->start)
		*from = row->start;
	if (*from > row->end)
		*from = row->end;
	if (*to > row->end)
		*to = row->end;
	if (*to < *from)
		*to = *from;
}

/* Three kinds of answer: the log's bounds, a range, a point. */
static void
print(struct rows *r)
{
	static const char *const bounds[] = { "topic", "partition", "start",
	    "end", "records", NULL };
	static const char *const range[] = { "topic", "partition", "from",
	    "to", "records", NULL };
	static const char *const point[] = { "topic", "partition", "offset",
	    "timestamp", NULL };
	bool given = r->t->spec.n > 0, ranged = !given || spec_bounded(&r->sp);
	struct output o;
	struct where *row;
	int64_t from, to;
	int i;

	output_open(&o, r->t->form, stdout, !given ? bounds : ranged ? range :
	    point);
	for (i = 0; i < r->n; i++) {
		row = &r->v[i];
		if (rows_failed(r, row))
			continue;
		from = given ? row->from : row->start;
		to = given ? row->to : row->end;
		if (ranged)
			clamp(row, &from, &to);
		output_row(&o, (struct cell[]){ CELL_STR(row->topic),
		    CELL_N(row->partition), CELL_N(from),
		    ranged ? CELL_N(to) :
		    row->ts >= 0 ? CELL_N(row->ts) : CELL_NONE,
		    CELL_N(to > from ? to - from : 0) });
	}
	output_close(&o);
}

enum exit_class
topics_offsets(struct topics *t)
{
	const struct where_how how = { t->cluster, t->committed, t->wait_ms };
	struct rows r;

	if (rows_load(&r, t) == 0) {
		where_bounds(&how, r.v, (size_t)r.n);
		if (t->spec.n > 0)
			where_resolve(&how, r.v, (size_t)r.n, &r.sp);
		print(&r);
	}
	return rows_release(&r);
}

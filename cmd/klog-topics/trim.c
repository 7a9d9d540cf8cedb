/*
 * trim.c: removes the oldest records of partitions, up to a position. What
 * goes is computed first, so that a dry run shows it.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "topics.h"
#include "wire/kerror.h"

/* A row of the outcome; low is where the log starts now. */
static void
tell(const struct rows *r, struct output *out, const struct where *w,
    int64_t low, const struct kerr *e)
{
	const struct topics *t = r->t;
	const char *status = e->code != 0 ? "failed" : t->dry_run ?
	    "checked" : low > w->start ? "trimmed" : "unchanged";

	if (t->form != OUTPUT_JSON && !t->dry_run) {
		if (t->common.verbose > 0 && e->code == 0)
			warn_line("%s[%d]: %s, starts at %lld", w->topic,
			    (int)w->partition, status, (long long)low);
		return;
	}
	if (e->code != 0 && t->form != OUTPUT_JSON)
		return;
	output_row(out, (struct cell[]){ CELL_STR(w->topic),
	    CELL_N(w->partition), CELL_STR(status),
	    w->start >= 0 ? CELL_N(w->start) : CELL_NONE,
	    low >= 0 ? CELL_N(low) : CELL_NONE,
	    low > w->start ? CELL_N(low - w->start) : CELL_N(0),
	    e->code != 0 ? CELL_STR(e->msg) : CELL_NONE });
}

/* A position outside of the log is refused as the broker would. */
static void
check_range(struct where *w)
{
	if (w->err.code == 0 && w->from > w->end)
		kerr_kafka(&w->err, ERR_OFFSET_OUT_OF_RANGE, "%s: %lld is "
		    "behind the end, %lld",
		    kerror_name(ERR_OFFSET_OUT_OF_RANGE), (long long)w->from,
		    (long long)w->end);
}

static void
trim(struct rows *r, struct output *out)
{
	struct admin_trim *v = xcalloc((size_t)r->n + 1, sizeof(v[0]));
	struct where **at = xcalloc((size_t)r->n + 1, sizeof(at[0]));
	size_t n = 0;

	for (int i = 0; i < r->n; i++) {
		struct where *w = &r->v[i];

		check_range(w);
		if (rows_failed(r, w)) {
			tell(r, out, w, -1, &w->err);
		} else if (r->t->dry_run || w->from <= w->start) {
			tell(r, out, w, w->from > w->start ? w->from :
			    w->start, &w->err);
		} else {
			at[n] = w;
			v[n++] = (struct admin_trim){ .topic = w->topic,
			    .partition = w->partition, .before = w->from };
		}
	}
	if (n > 0)
		admin_trim(r->t->cluster, v, n, r->t->wait_ms);
	for (size_t i = 0; i < n; i++) {
		at[i]->err = v[i].err;
		rows_failed(r, at[i]);
		tell(r, out, at[i], v[i].low, &v[i].err);
	}
	free(at);
	free(v);
}

enum exit_class
topics_trim(struct topics *t)
{
	static const char *const columns[] = { "topic", "partition", "status",
	    "start", "new_start", "records", "error", NULL };
	const struct where_how how = { t->cluster, t->committed, t->wait_ms };
	struct output out;
	struct rows r;

	if (rows_load(&r, t) == 0) {
		where_bounds(&how, r.v, (size_t)r.n);
		where_resolve(&how, r.v, (size_t)r.n, &r.sp);
		output_open(&out, t->form, stdout, columns);
		trim(&r, &out);
		output_close(&out);
	}
	return rows_release(&r);
}

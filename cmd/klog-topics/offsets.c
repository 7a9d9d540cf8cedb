/*
 * offsets.c: where partitions start and end, and what a SPEC comes to in each.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "cli/spec.h"
#include "client/admin.h"
#include "topics.h"
#include "wire/kerror.h"

/* A partition asked about; offsets are -1 where the question has no answer. */
struct row {
	const char	*topic;
	int32_t		 partition;
	int64_t		 start, end;	/* of the log */
	int64_t		 from, to;	/* what the SPEC comes to */
	int64_t		 ts;		/* of the record at from, or -1 */
	bool		 failed;	/* told already */
};

struct rows {
	struct topics	*t;
	struct row	*v;
	int		 n;
	int32_t		*which;		/* -p, in the order named */
	int		 nwhich;
	enum exit_class	 status;
};

static void
add_which(void *arg, int32_t partition)
{
	struct rows *r = arg;

	r->which = xreallocarray(r->which, (size_t)r->nwhich + 1,
	    sizeof(r->which[0]));
	r->which[r->nwhich++] = partition;
}

static bool
wanted(const struct rows *r, const struct spec *sp, int32_t partition)
{
	size_t k;
	int i;

	for (i = 0; i < r->nwhich; i++)
		if (r->which[i] == partition)
			return true;
	if (r->nwhich > 0)
		return false;
	/* "0=5,1=9" speaks of those two alone */
	if (sp->nparts == 0 || sp->all.from.kind != SPEC_NONE ||
	    sp->all.to.kind != SPEC_NONE)
		return true;
	for (k = 0; k < sp->nparts; k++)
		if (sp->part[k].partition == partition)
			return true;
	return false;
}

/* Partitions named that the topic does not have. */
static void
check_which(struct rows *r, const struct metadata_response_topic *topic)
{
	int i;

	for (i = 0; i < r->nwhich; i++) {
		if (r->which[i] < topic->partitions.n)
			continue;
		warn_line("%.*s[%d]: no such partition, there are %d",
		    (int)topic->name.len, topic->name.p, (int)r->which[i],
		    (int)topic->partitions.n);
		r->status = exit_worse(r->status, EXIT_MISSING);
	}
}

static void
add_topic(struct rows *r, const struct spec *sp,
    const struct metadata_response_topic *topic, const char *name)
{
	int i;

	check_which(r, topic);
	r->v = xreallocarray(r->v, (size_t)(r->n + topic->partitions.n) + 1,
	    sizeof(r->v[0]));
	for (i = 0; i < topic->partitions.n; i++) {
		int32_t p = topic->partitions.v[i].partition_index;

		if (wanted(r, sp, p))
			r->v[r->n++] = (struct row){ .topic = name,
			    .partition = p, .start = -1, .end = -1,
			    .from = -1, .to = -1, .ts = -1 };
	}
}

/* Asks for the same position of every row, or for each row's own time. */
static int
ask(struct rows *r, int64_t at, const int64_t *times,
    void (*take)(struct row *, const struct admin_offset *))
{
	struct admin_offset *v = xcalloc((size_t)r->n + 1, sizeof(v[0]));
	struct kerr e = KERR_INIT;
	int i, n = 0, *index;

	index = xcalloc((size_t)r->n + 1, sizeof(index[0]));
	for (i = 0; i < r->n; i++) {
		if (r->v[i].failed || (times != NULL && times[i] < 0))
			continue;
		index[n] = i;
		v[n++] = (struct admin_offset){ .topic = r->v[i].topic,
		    .partition = r->v[i].partition,
		    .at = times != NULL ? times[i] : at };
	}
	if (n > 0)
		(void)admin_list_offsets(r->t->cluster, v, (size_t)n,
		    r->t->committed, r->t->wait_ms, &e);
	for (i = 0; i < n; i++) {
		if (v[i].err.code == 0) {
			take(&r->v[index[i]], &v[i]);
			continue;
		}
		r->v[index[i]].failed = true;
		r->status = exit_worse(r->status, exit_report(&v[i].err,
		    "%s[%d]", v[i].topic, (int)v[i].partition));
	}
	free(index);
	free(v);
	return n;
}

static void
take_start(struct row *row, const struct admin_offset *o)
{
	row->start = o->offset;
}

static void
take_end(struct row *row, const struct admin_offset *o)
{
	row->end = o->offset;
}

/* No record that late: the end. */
static void
take_from(struct row *row, const struct admin_offset *o)
{
	row->from = o->offset >= 0 ? o->offset : row->end;
	row->ts = o->ts;
}

static void
take_to(struct row *row, const struct admin_offset *o)
{
	row->to = o->offset >= 0 ? o->offset : row->end;
}

/* A point as an offset, without asking; -1 for a time. base is where "+N"
 * counts from. */
static int64_t
resolve(const struct spec_point *pt, const struct row *row, int64_t base)
{
	switch (pt->kind) {
	case SPEC_BEGINNING:
		return row->start;
	case SPEC_OFFSET:
		return pt->n;
	case SPEC_TAIL:
		return row->end - pt->n > row->start ? row->end - pt->n :
		    row->start;
	case SPEC_HEAD:
		return base + pt->n < row->end ? base + pt->n : row->end;
	case SPEC_TIME:
		return -1;
	case SPEC_NONE:
	case SPEC_END:
	case SPEC_STORED:
		break;
	}
	return row->end;
}

/* Fills from, or to, of all rows; times cost one more round. */
static void
resolve_all(struct rows *r, const struct spec *sp, bool end)
{
	int64_t *times = xcalloc((size_t)r->n + 1, sizeof(times[0]));
	const struct spec_range *range;
	const struct spec_point *pt;
	struct row *row;
	int i;

	for (i = 0; i < r->n; i++) {
		row = &r->v[i];
		range = spec_for(sp, row->partition);
		pt = end ? &range->to : &range->from;
		times[i] = pt->kind == SPEC_TIME ? pt->n : -1;
		if (end)
			row->to = resolve(pt, row, row->from);
		else if (pt->kind == SPEC_NONE)
			row->from = row->start;
		else
			row->from = resolve(pt, row, row->start);
	}
	ask(r, 0, times, end ? take_to : take_from);
	free(times);
}

/* Three kinds of answer: the log's bounds, a range, a point. */
static void
print(struct rows *r, const struct spec *sp)
{
	static const char *const bounds[] = { "topic", "partition", "start",
	    "end", "records", NULL };
	static const char *const range[] = { "topic", "partition", "from",
	    "to", "records", NULL };
	static const char *const point[] = { "topic", "partition", "offset",
	    "timestamp", NULL };
	bool given = r->t->spec.n > 0, ranged = !given || spec_bounded(sp);
	struct output o;
	struct row *row;
	int64_t from, to;
	int i;

	output_open(&o, r->t->form, stdout, !given ? bounds : ranged ? range :
	    point);
	for (i = 0; i < r->n; i++) {
		row = &r->v[i];
		if (row->failed)
			continue;
		from = given ? row->from : row->start;
		to = given ? row->to : row->end;
		output_row(&o, (struct cell[]){ CELL_STR(row->topic),
		    CELL_N(row->partition), CELL_N(from),
		    ranged ? CELL_N(to) :
		    row->ts >= 0 ? CELL_N(row->ts) : CELL_NONE,
		    CELL_N(to > from ? to - from : 0) });
	}
	output_close(&o);
}

static int
parse_specs(const struct topics *t, struct spec *sp, struct kerr *e)
{
	int64_t now = sys_now_ms(sys_real());
	size_t k;
	int i, error = 0;

	for (i = 0; i < t->spec.n && error == 0; i++)
		error = spec_parse(sp, t->spec.v[i], now, t->utc, e);
	if (error != 0)
		return kerr_wrap(e, "option '--offset'");
	for (k = 0; k <= sp->nparts; k++) {
		const struct spec_range *range = k == 0 ? &sp->all :
		    &sp->part[k - 1].range;

		if (range->from.kind == SPEC_STORED ||
		    range->to.kind == SPEC_STORED)
			return kerr_set(e, KE_USAGE, "option '--offset': "
			    "'stored' belongs to a group: see klog-groups");
	}
	return 0;
}

static void
find_offsets(struct rows *r, const struct spec *sp)
{
	ask(r, OFFSET_EARLIEST, NULL, take_start);
	ask(r, OFFSET_LATEST, NULL, take_end);
	if (r->t->spec.n > 0) {
		resolve_all(r, sp, false);
		resolve_all(r, sp, true);
	}
	print(r, sp);
}

enum exit_class
topics_offsets(struct topics *t)
{
	struct rows r = { .t = t };
	struct kerr e = KERR_INIT;
	struct spec sp = { .nparts = 0 };
	struct listing l;
	char **names;
	int i;

	if (parse_specs(t, &sp, &e) != 0 || (t->which != NULL &&
	    spec_partitions(t->which, add_which, &r, &e) != 0) ||
	    topics_load(t, &l, &r.status, &e) != 0) {
		spec_release(&sp);
		free(r.which);
		return exit_report(&e, NULL);
	}
	names = xcalloc((size_t)l.n + 1, sizeof(names[0]));
	for (i = 0; i < l.n; i++) {
		names[i] = xstrndup(l.v[i]->name.p,
		    (size_t)l.v[i]->name.len);
		add_topic(&r, &sp, l.v[i], names[i]);
	}
	find_offsets(&r, &sp);
	while (i > 0)
		free(names[--i]);
	free(names);
	free(r.v);
	free(r.which);
	spec_release(&sp);
	topics_release(&l);
	return r.status;
}

/*
 * ranges.c: from where to where each partition is read. What was asked in
 * words (a time, "the last 5") becomes offsets here, once, at the start: a
 * bounded read ends at offsets, whatever is written meanwhile.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "consume.h"
#include "wire/kerror.h"

/* Where a point of a range lies, as one question to the leaders. */
enum side { FROM, TO };

static const struct spec_point *
point_of(const struct part *p, enum side side)
{
	return side == FROM ? &p->range.from : &p->range.to;
}

static int
list_offsets(struct consume *co, struct admin_offset *v, size_t n,
    bool committed, struct kerr *e)
{
	if (co->files != NULL)
		return offline_offsets(co, v, n, committed, e);
	return admin_list_offsets(co->cl, v, n, committed,
	    co->o->common.first_contact, e);
}

/* Asks for one offset of every partition that wants it: at is a time, or
 * INT64_MAX for the time that the point names. */
static int
ask(struct consume *co, enum side side, int64_t at, struct kerr *e)
{
	struct admin_offset *v = xcalloc(co->plan.n + 1, sizeof(*v));
	size_t n = 0, k = 0;
	int rc = 0;

	for (size_t i = 0; i < co->plan.n; i++) {
		const struct part *p = &co->plan.part[i];
		const struct spec_point *pt = point_of(p, side);

		if (at == INT64_MAX && pt->kind != SPEC_TIME)
			continue;
		v[n].topic = p->topic;
		v[n].partition = p->partition;
		v[n++].at = at == INT64_MAX ? pt->n : at;
	}
	if (n > 0)
		rc = list_offsets(co, v, n, !co->o->uncommitted, e);
	for (size_t i = 0; i < co->plan.n && rc == 0 && n > 0; i++) {
		struct part *p = &co->plan.part[i];

		if (at == OFFSET_EARLIEST)
			p->start = v[i].offset;
		else if (at == OFFSET_LATEST)
			p->end = v[i].offset;
		else if (point_of(p, side)->kind == SPEC_TIME) {
			int64_t *to = side == FROM ? &p->from : &p->to;

			/* nothing that late: the end */
			*to = v[k].offset >= 0 ? v[k].offset : p->end;
			k++;
		}
	}
	free(v);
	return rc;
}

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The offset of a point that is not a time; anchor is where +N counts from. */
static int64_t
locate(const struct part *p, const struct spec_point *pt, int64_t anchor)
{
	switch (pt->kind) {
	case SPEC_END:
		return p->end;
	case SPEC_OFFSET:
		return pt->n;
	case SPEC_TAIL:
		return max64(p->end - min64(pt->n, p->end), p->start);
	case SPEC_HEAD:
		return pt->n < INT64_MAX - anchor ? anchor + pt->n : INT64_MAX;
	default:
		return p->start;
	}
}

/* A start behind the end is outside the log, unless a transaction that is
 * still open lies between: p->end is the last stable offset. Then there is
 * nothing to read yet. */
int
plan_check_start(struct consume *co, struct part *p, struct kerr *e)
{
	struct admin_offset high = { .topic = p->topic,
		.partition = p->partition, .at = OFFSET_LATEST };
	int rc;

	if (p->from > p->end && co->bounded && !co->o->uncommitted) {
		rc = list_offsets(co, &high, 1, false, e);
		if (rc != 0)
			return rc;
		if (p->from <= high.offset)
			p->end = p->from;
	}
	if (p->from >= p->start && (p->from <= p->end || !co->bounded))
		return 0;
	return kerr_kafka(e, ERR_OFFSET_OUT_OF_RANGE,
	    "%s[%d]: offset %lld is outside %lld..%lld", p->topic,
	    (int)p->partition, (long long)p->from, (long long)p->start,
	    (long long)p->end);
}

static int
resolve(struct consume *co, struct part *p, struct kerr *e)
{
	const struct spec_range *r = &p->range;
	int rc;

	if (r->from.kind != SPEC_TIME)
		p->from = locate(p, &r->from, p->start);
	else
		p->since = r->from.n;
	if (r->from.kind == SPEC_HEAD)
		p->from = min64(p->from, p->end);
	/* in a group it matters only where nothing was committed */
	if (co->o->group == NULL && (rc = plan_check_start(co, p, e)) != 0)
		return rc;
	if (r->to.kind == SPEC_NONE)
		p->to = co->o->exit ? p->end : -1;
	else if (r->to.kind != SPEC_TIME)
		p->to = locate(p, &r->to, p->from);
	if (p->to >= 0 && (co->o->exit || r->to.kind != SPEC_NONE))
		p->to = min64(p->to, p->end);
	return 0;
}

int
plan_point(struct consume *co, struct part *p, const struct spec_point *pt,
    int64_t *at, struct kerr *e)
{
	struct admin_offset v[3] = {
		{ .topic = p->topic, .partition = p->partition,
		    .at = OFFSET_EARLIEST },
		{ .topic = p->topic, .partition = p->partition,
		    .at = OFFSET_LATEST },
		{ .topic = p->topic, .partition = p->partition, .at = pt->n },
	};
	int rc = 0;

	for (int i = 0; i < (pt->kind == SPEC_TIME ? 3 : 2) && rc == 0; i++)
		rc = admin_list_offsets(co->cl, &v[i], 1, !co->o->uncommitted,
		    co->o->common.first_contact, e);
	if (rc != 0)
		return rc;
	p->start = v[0].offset;
	p->end = v[1].offset;
	if (pt->kind == SPEC_TIME)
		*at = v[2].offset >= 0 ? v[2].offset : p->end;
	else
		*at = locate(p, pt, p->start);
	return 0;
}

static void
tell(const struct part *p)
{
	char to[24] = "";

	if (p->to >= 0)
		snprintf(to, sizeof(to), "%lld", (long long)p->to);
	warn_line("%s[%d]: %lld..%s (log %lld..%lld)", p->topic,
	    (int)p->partition, (long long)p->from, to, (long long)p->start,
	    (long long)p->end);
}

/* Each partition that -o names is one of those that are read. */
static int
check_named(const struct plan *pl, const struct spec *spec, struct kerr *e)
{
	size_t k;

	for (size_t i = 0; i < spec->nparts; i++) {
		for (k = 0; k < pl->n; k++)
			if (pl->part[k].partition == spec->part[i].partition)
				break;
		if (k == pl->n)
			return kerr_set(e, KE_NOTFOUND, "-o: there is no "
			    "partition %d to read",
			    (int)spec->part[i].partition);
	}
	return 0;
}

int
plan_ranges(struct consume *co, const struct spec *spec)
{
	struct kerr e = KERR_INIT;
	int rc;

	if (check_named(&co->plan, spec, &e) != 0)
		return exit_report(&e, NULL);
	co->bounded = true;
	for (size_t i = 0; i < co->plan.n; i++) {
		struct part *p = &co->plan.part[i];

		p->range = *spec_for(spec, p->partition);
		if (!co->o->exit && p->range.to.kind == SPEC_NONE)
			co->bounded = false;
	}
	if ((rc = ask(co, FROM, OFFSET_EARLIEST, &e)) == 0 &&
	    (rc = ask(co, FROM, OFFSET_LATEST, &e)) == 0 &&
	    (rc = ask(co, FROM, INT64_MAX, &e)) == 0)
		rc = ask(co, TO, INT64_MAX, &e);
	for (size_t i = 0; i < co->plan.n && rc == 0; i++)
		rc = resolve(co, &co->plan.part[i], &e);
	if (rc == 0 && co->o->last >= 0)
		rc = last_find(co, &e);
	if (rc != 0)
		return exit_report(&e, NULL);
	for (size_t i = 0; i < co->plan.n && co->o->common.verbose > 0 &&
	    co->o->group == NULL; i++)
		tell(&co->plan.part[i]);
	return EXIT_DONE;
}

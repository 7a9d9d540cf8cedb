/*
 * spec.c: see spec.h. Words become points here; the calendar is in
 * spec_time.c.
 */
#include "cli/spec.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"
#include "cli/spec_time.h"

#define PARTITIONS_MAX	100000

/* A word of the text being parsed. */
struct word {
	const char	*s;
	size_t		 n;
};

static struct word
trim(const char *s, size_t n)
{
	while (n > 0 && isspace((unsigned char)*s)) {
		s++;
		n--;
	}
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	return (struct word){ s, n };
}

static bool
is(struct word w, const char *text)
{
	return w.n == strlen(text) && memcmp(w.s, text, w.n) == 0;
}

/* Digits only, at least one; -1 where not, or too large. */
static int64_t
digits(const char *s, size_t n)
{
	int64_t v = 0;

	if (n == 0 || n > 19)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s[i] - '0', &v))
			return -1;
	}
	return v;
}

static int
point_number(struct spec_point *pt, enum spec_kind kind, struct word w,
    struct kerr *e)
{
	pt->kind = kind;
	pt->n = digits(w.s, w.n);
	if (pt->n < 0)
		return kerr_set(e, KE_USAGE, "'%.*s' is not a number in range",
		    (int)w.n, w.s);
	return 0;
}

/* The seconds or milliseconds of "@..": told apart by their length. */
static int
point_epoch(struct spec_point *pt, struct word w, struct kerr *e)
{
	int64_t v = digits(w.s + 1, w.n - 1);

	if (v < 0 || w.n - 1 > 14)
		return kerr_set(e, KE_USAGE, "'%.*s': @ takes seconds "
		    "(10 digits) or milliseconds (13 digits)", (int)w.n, w.s);
	pt->kind = SPEC_TIME;
	pt->n = w.n - 1 > 11 ? v : v * 1000;
	return 0;
}

static bool
all_digits(struct word w)
{
	for (size_t i = 0; i < w.n; i++)
		if (w.s[i] < '0' || w.s[i] > '9')
			return false;
	return w.n > 0;
}

static int
point_time(struct spec_point *pt, struct word w, const struct spec_clock *c,
    struct kerr *e)
{
	pt->kind = SPEC_TIME;
	if (spec_clock_parse(w.s, w.n, c, &pt->n))
		return 0;
	return kerr_set(e, KE_USAGE, "'%.*s' is neither an offset nor a time",
	    (int)w.n, w.s);
}

static int
point_parse(struct spec_point *pt, struct word w, const struct spec_clock *c,
    struct kerr *e)
{
	struct word rest = { w.s + 1, w.n - 1 };

	*pt = (struct spec_point){ SPEC_NONE, 0 };
	if (w.n == 0)
		return 0;
	if (is(w, "beginning") || is(w, "start"))
		pt->kind = SPEC_BEGINNING;
	else if (is(w, "end"))
		pt->kind = SPEC_END;
	else if (is(w, "stored"))
		pt->kind = SPEC_STORED;
	else if (*w.s == '@')
		return point_epoch(pt, w, e);
	else if (all_digits(w))
		return point_number(pt, SPEC_OFFSET, w, e);
	else if (*w.s == '-' && all_digits(rest))
		return point_number(pt, SPEC_TAIL, rest, e);
	else if (*w.s == '+' && all_digits(rest))
		return point_number(pt, SPEC_HEAD, rest, e);
	else
		return point_time(pt, w, c, e);
	return 0;
}

static int
range_check(const struct spec_range *r, struct word w, struct kerr *e)
{
	if (r->to.kind == SPEC_STORED)
		return kerr_set(e, KE_USAGE,
		    "'%.*s': 'stored' can only be a start", (int)w.n, w.s);
	if (r->from.kind == r->to.kind && r->from.n > r->to.n &&
	    (r->to.kind == SPEC_OFFSET || r->to.kind == SPEC_TIME))
		return kerr_set(e, KE_USAGE, "'%.*s' ends before it starts",
		    (int)w.n, w.s);
	return 0;
}

static int
range_parse(struct spec_range *r, struct word w, int64_t now_ms, bool utc,
    struct kerr *e)
{
	struct spec_clock c = { .now_ms = now_ms, .utc = utc };
	const char *dots = memmem(w.s, w.n, "..", 2);
	struct word from = w, to = { NULL, 0 };
	int rc;

	if (w.n > 2 && (*w.s == 's' || *w.s == 'e') && w.s[1] == '@') {
		struct spec_point *pt = *w.s == 's' ? &r->from : &r->to;

		pt->kind = SPEC_TIME;
		pt->n = digits(w.s + 2, w.n - 2);
		return pt->n >= 0 ? range_check(r, w, e) : kerr_set(e, KE_USAGE,
		    "'%.*s': expected milliseconds", (int)w.n, w.s);
	}
	if (w.n == 0)
		return kerr_set(e, KE_USAGE, "empty offset");
	if (dots != NULL) {
		from = trim(w.s, (size_t)(dots - w.s));
		to = trim(dots + 2, (size_t)(w.s + w.n - dots - 2));
	}
	if ((rc = point_parse(&r->from, from, &c, e)) != 0)
		return rc;
	c.after = r->from.kind == SPEC_TIME && spec_clock_names_time(from.s,
	    from.n);
	c.start_ms = r->from.n;
	if ((rc = point_parse(&r->to, to, &c, e)) != 0)
		return rc;
	return range_check(r, w, e);
}

static struct spec_range *
part_range(struct spec *sp, int32_t partition)
{
	for (size_t i = 0; i < sp->nparts; i++)
		if (sp->part[i].partition == partition)
			return &sp->part[i].range;
	sp->part = xreallocarray(sp->part, sp->nparts + 1, sizeof(*sp->part));
	sp->part[sp->nparts] = (struct spec_part){ .partition = partition };
	return &sp->part[sp->nparts++].range;
}

/* One element of the list: RANGE or PARTITION=RANGE. */
static int
element_parse(struct spec *sp, struct word w, int64_t now_ms, bool utc,
    struct kerr *e)
{
	const char *eq = memchr(w.s, '=', w.n);
	struct spec_range *r = &sp->all;
	int64_t partition;

	if (eq != NULL) {
		struct word num = trim(w.s, (size_t)(eq - w.s));

		partition = digits(num.s, num.n);
		if (partition < 0 || partition > INT32_MAX ||
		    sp->nparts >= PARTITIONS_MAX)
			return kerr_set(e, KE_USAGE, "'%.*s' is no partition",
			    (int)num.n, num.s);
		r = part_range(sp, (int32_t)partition);
		w = trim(eq + 1, (size_t)(w.s + w.n - eq - 1));
	}
	return range_parse(r, w, now_ms, utc, e);
}

int
spec_parse(struct spec *sp, const char *text, int64_t now_ms, bool utc,
    struct kerr *e)
{
	struct spec work = *sp;
	const char *comma;
	int rc = 0;

	work.part = sp->nparts == 0 ? NULL :
	    memcpy(xreallocarray(NULL, sp->nparts, sizeof(*sp->part)),
	    sp->part, sp->nparts * sizeof(*sp->part));
	do {
		comma = strchrnul(text, ',');
		rc = element_parse(&work, trim(text, (size_t)(comma - text)),
		    now_ms, utc, e);
		text = comma + 1;
	} while (rc == 0 && *comma != '\0');
	if (rc != 0) {
		free(work.part);
		return rc;
	}
	free(sp->part);
	*sp = work;
	return 0;
}

void
spec_release(struct spec *sp)
{
	free(sp->part);
	memset(sp, 0, sizeof(*sp));
}

const struct spec_range *
spec_for(const struct spec *sp, int32_t partition)
{
	for (size_t i = 0; i < sp->nparts; i++)
		if (sp->part[i].partition == partition)
			return &sp->part[i].range;
	return &sp->all;
}

bool
spec_bounded(const struct spec *sp)
{
	for (size_t i = 0; i < sp->nparts; i++)
		if (sp->part[i].range.to.kind != SPEC_NONE)
			return true;
	return sp->all.to.kind != SPEC_NONE;
}

void
spec_print(const struct spec_point *pt, struct buf *out)
{
	switch (pt->kind) {
	case SPEC_NONE:
		break;
	case SPEC_BEGINNING:
		buf_puts(out, "beginning");
		break;
	case SPEC_END:
		buf_puts(out, "end");
		break;
	case SPEC_STORED:
		buf_puts(out, "stored");
		break;
	case SPEC_OFFSET:
		buf_printf(out, "%" PRId64, pt->n);
		break;
	case SPEC_TAIL:
		buf_printf(out, "-%" PRId64, pt->n);
		break;
	case SPEC_HEAD:
		buf_printf(out, "+%" PRId64, pt->n);
		break;
	case SPEC_TIME:
		spec_clock_print(pt->n, true, out);
		break;
	}
}

int
spec_time(const char *s, size_t n, int64_t now_ms, bool utc, int64_t *ms,
    struct kerr *e)
{
	struct spec_clock c = { .now_ms = now_ms, .utc = utc };
	struct word w = trim(s, n);
	struct spec_point pt;
	int rc;

	rc = w.n > 0 && *w.s == '@' ? point_epoch(&pt, w, e) :
	    point_time(&pt, w, &c, e);
	if (rc == 0)
		*ms = pt.n;
	return rc;
}

static int
bad_partitions(const char *text, struct kerr *e)
{
	return kerr_set(e, KE_USAGE,
	    "'%s' is no list of partitions such as 0,3-5", text);
}

int
spec_partitions(const char *text, void (*add)(void *, int32_t), void *arg,
    struct kerr *e)
{
	const char *s = text, *comma, *dash;
	int64_t lo, hi, total = 0;

	do {
		struct word w, a, b;

		comma = strchrnul(s, ',');
		w = a = b = trim(s, (size_t)(comma - s));
		if ((dash = memchr(w.s, '-', w.n)) != NULL) {
			a = trim(w.s, (size_t)(dash - w.s));
			b = trim(dash + 1, (size_t)(w.s + w.n - dash - 1));
		}
		lo = digits(a.s, a.n);
		hi = digits(b.s, b.n);
		if (lo < 0 || hi < lo || hi > INT32_MAX)
			return bad_partitions(text, e);
		total += hi - lo + 1;
		if (total > PARTITIONS_MAX)
			return kerr_set(e, KE_USAGE,
			    "'%s' names too many partitions", text);
		for (; lo <= hi; lo++)
			add(arg, (int32_t)lo);
		s = comma + 1;
	} while (*comma != '\0');
	return 0;
}

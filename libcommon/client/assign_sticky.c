/*
 * assign_sticky.c: sticky where all members subscribe to the same topics.
 * Each keeps what it had, up to its share; what is left is dealt out to those
 * that are short of theirs. Shares differ by one where the partitions cannot
 * be divided evenly: as many members as there are partitions over may have the
 * larger share (assign_impl.h).
 */
#include <stdlib.h>

#include "client/assign_impl.h"

struct deal {
	struct assign	*as;
	int32_t		 min, max;	/* a member's share */
	int32_t		 may_max;	/* members that may have max */
	int32_t		 have_max;	/* that have it */
	struct nums	 short_of_min;	/* members, */
	struct nums	 at_min;	/* in the order they are served */
	bool		*taken;		/* partition */
	int32_t		*given_up;	/* partition: by that member, or -1 */
};

/* By number of partition, then by topic. */
static bool
before(const struct assign *as, int32_t a, int32_t b)
{
	int32_t pa = a - as->base[as->topic_of[a]];
	int32_t pb = b - as->base[as->topic_of[b]];

	return pa != pb ? pa < pb : a < b;
}

static void
sort_owned(const struct assign *as, struct nums *l)
{
	for (int32_t i = 1; i < l->n; i++) {
		int32_t p = l->v[i], k = i;

		for (; k > 0 && before(as, p, l->v[k - 1]); k--)
			l->v[k] = l->v[k - 1];
		l->v[k] = p;
	}
}

static void
sort_members(const struct assign *as, struct nums *l)
{
	for (int32_t i = 1; i < l->n; i++) {
		int32_t m = l->v[i], k = i;

		for (; k > 0 && kstr_cmp(as->member[m].id,
		    as->member[l->v[k - 1]].id) < 0; k--)
			l->v[k] = l->v[k - 1];
		l->v[k] = m;
	}
}

/* The member keeps the first keep of its partitions. */
static void
keep_some(struct deal *d, int32_t m, const struct nums *had, int32_t keep)
{
	for (int32_t i = 0; i < had->n; i++) {
		if (i >= keep) {
			d->given_up[had->v[i]] = m;
			continue;
		}
		nums_add(d->as, &d->as->got[m], had->v[i]);
		d->taken[had->v[i]] = true;
	}
}

static void
keep_owned(struct deal *d, int32_t m)
{
	struct assign *as = d->as;
	struct nums had = { NULL, 0, 0 };

	for (int32_t i = 0; i < as->owned[m].n; i++)
		if (!as->doubled[as->owned[m].v[i]])
			nums_add(as, &had, as->owned[m].v[i]);
	sort_owned(as, &had);
	if (had.n < d->min) {
		keep_some(d, m, &had, had.n);
		nums_add(as, &d->short_of_min, m);
	} else if (had.n >= d->max && d->have_max < d->may_max) {
		if (++d->have_max == d->may_max)
			d->at_min.n = 0;
		keep_some(d, m, &had, d->max);
	} else {
		keep_some(d, m, &had, d->min);
		if (d->have_max < d->may_max)
			nums_add(as, &d->at_min, m);
	}
}

static void
give(struct deal *d, int32_t m, int32_t p)
{
	struct assign *as = d->as;

	nums_add(as, &as->got[m], p);
	if ((d->given_up[p] >= 0 && d->given_up[p] != m) || as->doubled[p])
		as->moving[p] = m;
}

/* In turn to those short of the smaller share, until they have it; then one
 * more each to as many as may have one. */
static void
deal_out(struct deal *d)
{
	struct assign *as = d->as;
	int32_t at = 0, served = 0;

	for (int32_t p = 0; p < as->total; p++) {
		int32_t m;

		if (d->taken[p])
			continue;
		if (d->short_of_min.n > 0) {
			at = at < d->short_of_min.n ? at : 0;
			m = d->short_of_min.v[at++];
		} else if (served < d->at_min.n)
			m = d->at_min.v[served++];
		else
			return;		/* cannot be: the shares add up */
		give(d, m, p);
		if (as->got[m].n == d->min) {
			nums_del(&d->short_of_min, m);
			at--;
			nums_add(as, &d->at_min, m);
		}
	}
}

void
assign_constrained(struct assign *as)
{
	size_t total = (size_t)as->total + 1;
	struct deal d = { .as = as };

	d.min = as->total / as->n;
	d.may_max = as->total % as->n;
	d.max = d.min + (d.may_max > 0);
	d.taken = arena_alloc(as->a, total);
	d.given_up = arena_alloc(as->a, total * sizeof(*d.given_up));
	as->moving = arena_alloc(as->a, total * sizeof(*as->moving));
	for (int32_t p = 0; p < as->total; p++)
		d.given_up[p] = as->moving[p] = -1;
	for (int32_t i = 0; i < as->n; i++)
		keep_owned(&d, as->order[i]);
	sort_members(as, &d.short_of_min);
	sort_members(as, &d.at_min);
	deal_out(&d);
}

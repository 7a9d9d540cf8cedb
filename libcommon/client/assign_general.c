/*
 * assign_general.c: sticky where members subscribe to different topics. What
 * members had stays; what is free goes to whoever has least and may have it;
 * then partitions are moved from members that have more to those that have
 * less, one at a time, until nothing can be gained; where all that moving has
 * gained nothing it is undone (assign_impl.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/assign_impl.h"
#include "wire/java_hash.h"

struct general {
	struct assign	*as;
	int32_t		*owner;		/* partition: member, or -1 */
	int32_t		*previous;	/* partition: of an older generation */
	int32_t		*previous_gen;
	int32_t		*potential;	/* topic: members that subscribe */
	int32_t		*most;		/* member: partitions it could have */
	bool		*fixed;		/* member: nothing of it can move */
	int32_t		*src, *dst;	/* partition: moved from and to; -1 */
	struct nums	 all;		/* partitions, rarest topics first */
	struct nums	 free;		/* those that nobody had */
	bool		 must_revoke;
};

/* Member a comes before b: it has less. */
static bool
less(const struct assign *as, int32_t a, int32_t b)
{
	if (as->got[a].n != as->got[b].n)
		return as->got[a].n < as->got[b].n;
	return kstr_cmp(as->member[a].id, as->member[b].id) < 0;
}

/* The member that has least of those that may have the partition, or -1. */
static int32_t
neediest(const struct general *g, int32_t p)
{
	int32_t best = -1;

	for (int32_t m = 0; m < g->as->n; m++)
		if (!g->fixed[m] &&
		    subscribes(g->as, m, g->as->topic_of[p]) &&
		    (best < 0 || less(g->as, m, best)))
			best = m;
	return best;
}

/* Topics with fewer members that want them come first. */
static void
list_partitions(struct general *g)
{
	struct assign *as = g->as;
	struct nums topics = { NULL, 0, 0 };

	for (int32_t t = 0; t < as->n_topics; t++) {
		int32_t i = t;

		for (int32_t m = 0; m < as->n; m++)
			g->potential[t] += subscribes(as, m, t);
		nums_add(as, &topics, t);
		for (; i > 0 && g->potential[t] <
		    g->potential[topics.v[i - 1]]; i--)
			topics.v[i] = topics.v[i - 1];
		topics.v[i] = t;
	}
	for (int32_t i = 0; i < as->n_topics; i++)
		for (int32_t k = 0; k < as->topic[topics.v[i]].partitions; k++)
			nums_add(as, &g->all, as->base[topics.v[i]] + k);
}

/* What members of an older generation had: where to, when it moves. */
static void
note_previous(struct general *g)
{
	struct assign *as = g->as;

	for (int32_t i = 0; i < as->n; i++) {
		int32_t m = as->order[i], gen = as->generation[m];

		if (gen >= as->max_generation)
			continue;
		for (int32_t k = 0; k < as->said[m].n; k++) {
			int32_t p = as->said[m].v[k];

			if (g->previous[p] >= 0 && gen <= g->previous_gen[p])
				continue;
			g->previous[p] = m;
			g->previous_gen[p] = gen;
		}
	}
}

static void
keep_owned(struct general *g)
{
	struct assign *as = g->as;
	bool *taken = arena_alloc(as->a, (size_t)as->total + 1);

	for (int32_t m = 0; m < as->n; m++)
		for (int32_t k = 0; k < as->owned[m].n; k++) {
			int32_t p = as->owned[m].v[k];

			g->owner[p] = m;
			if (!subscribes(as, m, as->topic_of[p])) {
				g->must_revoke = true;
				continue;
			}
			nums_add(as, &as->got[m], p);
			taken[p] = true;
		}
	for (int32_t i = 0; i < g->all.n; i++)
		if (!taken[g->all.v[i]])
			nums_add(as, &g->free, g->all.v[i]);
}

static bool
could_get(const struct general *g, int32_t m)
{
	const struct assign *as = g->as;
	int32_t least = INT32_MAX, most = 0;

	for (int32_t i = 0; i < as->n; i++) {
		if (g->fixed[i])
			continue;
		least = as->got[i].n < least ? as->got[i].n : least;
		most = as->got[i].n > most ? as->got[i].n : most;
	}
	if (m < 0)
		return least < most - 1;
	if (g->fixed[m] || as->got[m].n == g->most[m])
		return false;
	for (int32_t p = 0; p < as->total; p++)
		if (subscribes(as, m, as->topic_of[p]) && g->owner[p] != m &&
		    as->got[m].n + 1 < as->got[g->owner[p]].n)
			return true;
	return false;
}

static bool
balanced(const struct general *g)
{
	if (!could_get(g, -1))
		return true;
	for (int32_t m = 0; m < g->as->n; m++)
		if (could_get(g, m))
			return false;
	return true;
}

/* Java's TopicPartition.hashCode(). */
static uint32_t
part_hash(const struct assign *as, int32_t p)
{
	int32_t t = as->topic_of[p];

	return 31 * (31 + (uint32_t)(p - as->base[t])) +
	    java_hash(as->topic[t].name);
}

/* Where a partition of the topic went the other way before, that one goes
 * back instead: fewer have moved in the end. */
static int32_t
actual(const struct general *g, int32_t p, int32_t from, int32_t to)
{
	struct assign *as = g->as;
	int32_t t = as->topic_of[p], first;
	struct nums back = { NULL, 0, 0 };
	uint32_t *hash;
	int32_t *order;

	if (g->src[p] >= 0)
		from = g->src[p];
	for (int32_t i = 0; i < as->topic[t].partitions; i++) {
		int32_t q = as->base[t] + i;

		if (g->src[q] == to && g->dst[q] == from)
			nums_add(as, &back, q);
	}
	if (back.n == 0)
		return p;
	hash = xcalloc((size_t)back.n, sizeof(*hash));
	order = xcalloc((size_t)back.n, sizeof(*order));
	for (int32_t i = 0; i < back.n; i++)
		hash[i] = part_hash(as, back.v[i]);
	java_order(hash, back.n, order);
	first = back.v[order[0]];
	free(hash);
	free(order);
	return first;
}

static void
move(struct general *g, int32_t p, int32_t to)
{
	struct assign *as = g->as;
	int32_t from;

	p = actual(g, p, g->owner[p], to);
	from = g->owner[p];
	if (g->src[p] >= 0) {
		g->dst[p] = g->src[p] != to ? to : -1;
		g->src[p] = g->src[p] != to ? g->src[p] : -1;
	} else {
		g->src[p] = from;
		g->dst[p] = to;
	}
	nums_del(&as->got[from], p);
	nums_add(as, &as->got[to], p);
	g->owner[p] = to;
}

/* Whether the owner of p has so much more than m that giving helps. */
static bool
helps(const struct general *g, int32_t p, int32_t m)
{
	return !g->fixed[m] && subscribes(g->as, m, g->as->topic_of[p]) &&
	    g->as->got[g->owner[p]].n > g->as->got[m].n + 1;
}

static bool
improve(struct general *g, int32_t p)
{
	if (g->previous[p] >= 0 && helps(g, p, g->previous[p])) {
		move(g, p, g->previous[p]);
		return true;
	}
	for (int32_t m = 0; m < g->as->n; m++)
		if (helps(g, p, m)) {
			move(g, p, neediest(g, p));
			return true;
		}
	return false;
}

/* Goes over the partitions again and again until none can be moved. */
static bool
reassign(struct general *g, const struct nums *parts)
{
	bool any = false, modified;

	do {
		modified = false;
		for (int32_t i = 0; i < parts->n && !balanced(g); i++)
			if (g->potential[g->as->topic_of[parts->v[i]]] > 1 &&
			    improve(g, parts->v[i]))
				modified = any = true;
	} while (modified);
	return any;
}

/* A member with all it can have, of topics that nobody else wants. */
static bool
is_fixed(const struct general *g, int32_t m)
{
	const struct nums *got = &g->as->got[m];

	if (got->n < g->most[m])
		return false;
	for (int32_t i = 0; i < got->n; i++)
		if (g->potential[g->as->topic_of[got->v[i]]] >= 2)
			return false;
	return true;
}

static int64_t
score(const struct general *g, const struct nums *got)
{
	int64_t sum = 0;

	for (int32_t a = 0; a < g->as->n; a++)
		for (int32_t b = 0; b < a; b++)
			if (!g->fixed[a] && !g->fixed[b])
				sum += labs((long)got[a].n - got[b].n);
	return sum;
}

static struct nums *
copy_got(struct assign *as)
{
	struct nums *to = arena_alloc(as->a, ((size_t)as->n + 1) * sizeof(*to));

	for (int32_t m = 0; m < as->n; m++)
		for (int32_t i = 0; i < as->got[m].n; i++)
			nums_add(as, &to[m], as->got[m].v[i]);
	return to;
}

static void
balance(struct general *g)
{
	struct assign *as = g->as;
	bool initial = true, moved;
	struct nums *was;

	for (int32_t m = 0; m < as->n; m++)
		initial = initial && as->got[m].n == 0;
	for (int32_t i = 0; i < g->free.n; i++) {
		int32_t p = g->free.v[i], m = neediest(g, p);

		if (m < 0)
			continue;
		nums_add(as, &as->got[m], p);
		g->owner[p] = m;
	}
	for (int32_t m = 0; m < as->n; m++)
		g->fixed[m] = is_fixed(g, m);
	was = copy_got(as);
	if (!g->must_revoke)
		reassign(g, &g->free);
	moved = reassign(g, &g->all);
	if (!initial && moved && score(g, as->got) >= score(g, was))
		as->got = was;
}

static int32_t *
numbers(struct assign *as, int32_t n, int32_t init)
{
	int32_t *v = arena_alloc(as->a, ((size_t)n + 1) * sizeof(*v));

	for (int32_t i = 0; i < n; i++)
		v[i] = init;
	return v;
}

void
assign_general(struct assign *as)
{
	struct general g = { .as = as };

	g.owner = numbers(as, as->total, -1);
	g.previous = numbers(as, as->total, -1);
	g.previous_gen = numbers(as, as->total, -1);
	g.src = numbers(as, as->total, -1);
	g.dst = numbers(as, as->total, -1);
	g.potential = numbers(as, as->n_topics, 0);
	g.most = numbers(as, as->n, 0);
	g.fixed = arena_alloc(as->a, (size_t)as->n + 1);
	for (int32_t m = 0; m < as->n; m++)
		for (int32_t t = 0; t < as->n_topics; t++)
			if (subscribes(as, m, t))
				g.most[m] += as->topic[t].partitions;
	list_partitions(&g);
	note_previous(&g);
	keep_owned(&g);
	balance(&g);
}

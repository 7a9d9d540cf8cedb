/*
 * last.c: -n: where the newest N records of a topic begin. Offsets do not
 * tell, since markers and compaction leave holes: so the tails of the
 * partitions are read, backwards in growing steps, for the times of their
 * last N records; of these the newest are taken, partition by partition from
 * the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "consume.h"

struct mark {
	int64_t	offset;
	int64_t	time;
};

/* The newest records of a partition that were found so far. */
struct tail {
	struct part	*part;
	struct mark	*mark;		/* in the order of their offsets */
	size_t		 n, cap;
	int64_t		 low;		/* looked at from here on */
	int64_t		 step;		/* how much further back next */
	size_t		 taken;		/* marks chosen, from the end */
};

static void
add_mark(struct tail *t, const struct record *r)
{
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? 2 * t->cap : 64;
		t->mark = xreallocarray(t->mark, t->cap, sizeof(*t->mark));
	}
	t->mark[t->n++] = (struct mark){ r->offset, r->timestamp };
}

static int
add_batch(struct consume *co, struct tail *t, const struct consumer_batch *b,
    struct kerr *e)
{
	struct record_iter it;
	struct record r;
	int rc = record_iter_init(&it, b->p, &b->header, co->codecs,
	    &co->scratch, BATCH_MAX_RAW, e);

	if (rc < 0)
		return rc;
	while ((rc = record_iter_next(&it, &r)) > 0)
		if (r.offset >= b->from && r.offset < b->to)
			add_mark(t, &r);
	return rc < 0 ? record_iter_bad(&it, e) : 0;
}

/* Reads [low, high) of every tail that is asked for again; what was known of
 * it is put behind what is found. */
static int
read_tails(struct consume *co, struct tail *v, const bool *more, size_t n,
    struct kerr *e)
{
	struct consumer_config cf = CONSUMER_CONFIG;
	const struct consumer_batch *b;
	struct consumer *c;
	int rc = 0;

	cf.uncommitted = co->o->uncommitted;
	cf.give_up_ms = 60000;
	c = consume_open(co, &cf);
	for (size_t i = 0; i < n; i++) {
		v[i].n = more[i] ? 0 : v[i].n;
		consumer_assign(c, v[i].part->topic, v[i].part->partition,
		    more[i] ? v[i].low : v[i].part->end, v[i].part->end);
	}
	while (rc >= 0 && !consumer_done(c)) {
		while (rc >= 0 && (b = consumer_take(c)) != NULL) {
			rc = add_batch(co, &v[b->slot], b, e);
			consumer_release(c, b);
		}
		if (rc >= 0)
			rc = consumer_wait(c, -1, NULL, e);
	}
	consumer_free(c);
	return rc < 0 ? rc : 0;
}

/* Takes the newest of all tails' last records, again and again. */
static void
choose(struct tail *v, size_t n, int64_t want)
{
	for (; want > 0; want--) {
		struct tail *best = NULL;

		for (size_t i = 0; i < n; i++) {
			struct tail *t = &v[i];

			if (t->taken < t->n && (best == NULL ||
			    t->mark[t->n - 1 - t->taken].time >
			    best->mark[best->n - 1 - best->taken].time))
				best = t;
		}
		if (best == NULL)
			return;
		best->taken++;
	}
}

static int
find(struct consume *co, struct tail *v, size_t n, struct kerr *e)
{
	int64_t want = co->o->last;
	bool *more = xcalloc(n + 1, sizeof(*more));
	bool any = want > 0;
	int rc = 0;

	while (rc == 0 && any) {
		any = false;
		for (size_t i = 0; i < n; i++) {
			struct tail *t = &v[i];

			more[i] = (int64_t)t->n < want &&
			    t->low > t->part->start;
			if (!more[i])
				continue;
			t->low = t->low - t->part->start > t->step ?
			    t->low - t->step : t->part->start;
			t->step *= 4;
			any = true;
		}
		if (any)
			rc = read_tails(co, v, more, n, e);
	}
	free(more);
	if (rc != 0)
		return rc;
	choose(v, n, want);
	for (size_t i = 0; i < n; i++)
		v[i].part->from = v[i].taken > 0 ?
		    v[i].mark[v[i].n - v[i].taken].offset : v[i].part->end;
	return 0;
}

/* The partitions of one topic follow each other in the plan. */
static int
find_topic(struct consume *co, struct part *p, size_t n, struct kerr *e)
{
	struct tail *v = xcalloc(n, sizeof(*v));
	int rc;

	for (size_t i = 0; i < n; i++) {
		v[i].part = &p[i];
		if (p[i].to >= 0)
			p[i].end = p[i].to;
		v[i].low = p[i].end;
		v[i].step = co->o->last + 2;
	}
	rc = find(co, v, n, e);
	for (size_t i = 0; i < n; i++)
		free(v[i].mark);
	free(v);
	return rc;
}

int
last_find(struct consume *co, struct kerr *e)
{
	struct part *p = co->plan.part;
	size_t n;
	int rc = 0;

	for (size_t i = 0; i < co->plan.n && rc == 0; i += n) {
		for (n = 1; i + n < co->plan.n &&
		    strcmp(p[i].topic, p[i + n].topic) == 0; n++)
			;
		rc = find_topic(co, &p[i], n, e);
	}
	return rc;
}

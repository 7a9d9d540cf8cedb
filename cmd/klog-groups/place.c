/* place.c: partitions of groups; see job.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "job.h"

/* -p as a list. */
struct which {
	int32_t	*v;
	int	 n;
};

static void
add_which(void *arg, int32_t partition)
{
	struct which *w = arg;

	w->v = xreallocarray(w->v, (size_t)w->n + 1, sizeof(w->v[0]));
	w->v[w->n++] = partition;
}

static bool
is_wanted(const struct opts *o, const struct which *w, const char *topic,
    int32_t partition)
{
	int i;

	for (i = 0; i < o->topics.n; i++)
		if (strcmp(o->topics.v[i], topic) == 0)
			break;
	if (o->topics.n > 0 && i == o->topics.n)
		return false;
	for (i = 0; i < w->n; i++)
		if (w->v[i] == partition)
			return true;
	return w->n == 0;
}

struct place *
places_add(struct places *p, struct group *q, const char *topic,
    int32_t partition)
{
	struct place *l;

	p->v = xreallocarray(p->v, (size_t)p->n + 1, sizeof(p->v[0]));
	l = &p->v[p->n++];
	memset(l, 0, sizeof(*l));
	l->group = q;
	l->epoch = -1;
	where_init(&l->w, topic, partition);
	return l;
}

static void
add_offsets(struct places *p, const struct which *w, struct group *q)
{
	for (int i = 0; i < q->n_offsets; i++) {
		const struct group_offset *o = &q->offset[i];
		struct place *l;

		if (!is_wanted(p->job->o, w, o->topic, o->partition))
			continue;
		l = places_add(p, q, o->topic, o->partition);
		l->offset = o;
		l->w.stored = o->offset;
		if (o->err != NULL)
			l->w.err = *o->err;
	}
}

/* Of one group from place first on. */
static struct place *
find(struct places *p, const struct group *q, int first, const char *topic,
    int32_t partition)
{
	for (int i = first; i < p->n; i++)
		if (p->v[i].group == q && p->v[i].w.partition == partition &&
		    strcmp(p->v[i].w.topic, topic) == 0)
			return &p->v[i];
	return NULL;
}

/* What members are assigned; a guess at where the offset lies makes the usual
 * case quick: both are in the same order. */
static void
add_members(struct places *p, const struct which *w, struct group *q,
    int first)
{
	for (int i = 0; i < q->n_members; i++) {
		const struct group_member *m = &q->member[i];

		for (int k = 0; k < m->n; k++) {
			struct place *l;

			if (!is_wanted(p->job->o, w, m->part[k].topic,
			    m->part[k].partition))
				continue;
			l = find(p, q, first, m->part[k].topic,
			    m->part[k].partition);
			if (l == NULL)
				l = places_add(p, q, m->part[k].topic,
				    m->part[k].partition);
			l->member = m;
		}
	}
}

/* The partitions of a topic that was named, as far as the group knows nothing
 * of them. */
static int
add_topic(struct places *p, const struct which *w, struct group *q, int first,
    const char *name, struct kerr *e)
{
	const struct cluster_topic *t;

	if (cluster_topic(p->job->cluster, name) == NULL &&
	    cluster_load_topic(p->job->cluster, name, p->job->wait_ms,
	    e) != 0)
		return kerr_wrap(e, "%s", name);
	t = cluster_topic(p->job->cluster, name);
	if (t->error != 0)
		return kerr_kafka(e, t->error, "%s: no such topic", name);
	for (int i = 0; i < w->n; i++)
		if (w->v[i] >= t->n)
			return kerr_set(e, KE_NOTFOUND, "%s[%d]: no such "
			    "partition, there are %d", name, (int)w->v[i],
			    (int)t->n);
	for (int32_t i = 0; i < t->n; i++)
		if (is_wanted(p->job->o, w, name, i) &&
		    find(p, q, first, name, i) == NULL)
			places_add(p, q, name, i);
	return 0;
}

/* What the spec names of one topic and the group has nothing of. */
static int
add_named(struct places *p, struct group *q, int first, const char *name,
    const struct spec *sp, bool *found, struct kerr *e)
{
	struct which w = { NULL, 0 };
	const struct cluster_topic *t;
	int rc = 0;

	if (p->job->o->which != NULL)
		rc = spec_partitions(p->job->o->which, add_which, &w, e);
	if (rc == 0 && cluster_topic(p->job->cluster, name) == NULL)
		rc = cluster_load_topic(p->job->cluster, name,
		    p->job->wait_ms, e);
	t = rc == 0 ? cluster_topic(p->job->cluster, name) : NULL;
	for (size_t k = 0; rc == 0 && k < sp->nparts; k++) {
		int32_t partition = sp->part[k].partition;

		if (t->error != 0 || partition >= t->n)
			continue;
		found[k] = true;
		if (is_wanted(p->job->o, &w, name, partition) &&
		    find(p, q, first, name, partition) == NULL)
			places_add(p, q, name, partition);
	}
	free(w.v);
	return rc == 0 ? 0 : kerr_wrap(e, "%s", name);
}

static int
by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int d;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	d = strcmp(x->w.topic, y->w.topic);
	return d != 0 ? d : (x->w.partition > y->w.partition) -
	    (x->w.partition < y->w.partition);
}

void
places_sort(struct places *p)
{
	if (p->n > 0)
		qsort(p->v, (size_t)p->n, sizeof(p->v[0]), by_place);
}

int
places_name(struct places *p, const struct spec *sp, struct kerr *e)
{
	bool *found = xcalloc(sp->nparts + 1, sizeof(found[0]));
	int n = p->n, first = 0, rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		if (p->v[i].group != p->v[first].group)
			first = i;
		if (i == first || strcmp(p->v[i].w.topic,
		    p->v[i - 1].w.topic) != 0)
			rc = add_named(p, p->v[i].group, first,
			    p->v[i].w.topic, sp, found, e);
	}
	for (size_t k = 0; k < sp->nparts && rc == 0 && n > 0; k++)
		if (!found[k])
			rc = kerr_set(e, KE_NOTFOUND, "partition %d: there is "
			    "none in any of these topics",
			    (int)sp->part[k].partition);
	places_sort(p);
	free(found);
	return rc;
}

int
places_load(struct places *p, struct job *j, struct groups *g,
    bool with_topics, enum exit_class *status)
{
	const struct opts *o = j->o;
	struct which w = { NULL, 0 };
	struct kerr e = KERR_INIT;
	int rc = 0;

	memset(p, 0, sizeof(*p));
	p->job = j;
	if (o->which != NULL)
		rc = spec_partitions(o->which, add_which, &w, &e);
	for (int i = 0; i < g->n && rc == 0; i++) {
		int first = p->n;

		if (g->v[i].err.code != 0)
			continue;
		add_offsets(p, &w, &g->v[i]);
		add_members(p, &w, &g->v[i], first);
		for (int k = 0; k < o->topics.n && with_topics && rc == 0; k++)
			rc = add_topic(p, &w, &g->v[i], first, o->topics.v[k],
			    &e);
	}
	places_sort(p);
	free(w.v);
	if (rc != 0)
		*status = exit_worse(*status, exit_report(&e, NULL));
	return rc;
}

void
places_release(struct places *p)
{
	free(p->v);
	p->v = NULL;
	p->n = 0;
}

/* The same partition of several groups is asked for once: rows in, rows out. */
struct rows {
	struct where	*v;
	size_t		*of;		/* row of each place */
	size_t		 n;
};

static const struct place *sort_places;

static int
by_log(const void *a, const void *b)
{
	const struct where *x = &sort_places[*(const size_t *)a].w;
	const struct where *y = &sort_places[*(const size_t *)b].w;
	int d = strcmp(x->topic, y->topic);

	return d != 0 ? d : (x->partition > y->partition) -
	    (x->partition < y->partition);
}

static void
unite(struct rows *r, const struct places *p)
{
	size_t *order = xcalloc((size_t)p->n + 1, sizeof(order[0]));

	r->v = xcalloc((size_t)p->n + 1, sizeof(r->v[0]));
	r->of = xcalloc((size_t)p->n + 1, sizeof(r->of[0]));
	r->n = 0;
	for (size_t i = 0; i < (size_t)p->n; i++)
		order[i] = i;
	sort_places = p->v;
	if (p->n > 0)
		qsort(order, (size_t)p->n, sizeof(order[0]), by_log);
	for (size_t i = 0; i < (size_t)p->n; i++) {
		const struct where *w = &p->v[order[i]].w;

		if (i == 0 || by_log(&order[i - 1], &order[i]) != 0)
			where_init(&r->v[r->n++], w->topic, w->partition);
		r->of[order[i]] = r->n - 1;
	}
	free(order);
}

void
places_bounds(struct places *p)
{
	const struct where_how how = { p->job->cluster, p->job->o->committed,
	    p->job->wait_ms };
	struct rows r;

	unite(&r, p);
	where_bounds(&how, r.v, r.n);
	for (int i = 0; i < p->n; i++) {
		const struct where *w = &r.v[r.of[i]];

		p->v[i].w.start = w->start;
		p->v[i].w.end = w->end;
		if (p->v[i].w.err.code == 0)
			p->v[i].w.err = w->err;
	}
	free(r.of);
	free(r.v);
}

void
places_resolve(struct places *p, const struct spec *sp)
{
	const struct where_how how = { p->job->cluster, p->job->o->committed,
	    p->job->wait_ms };
	struct where *v = xcalloc((size_t)p->n + 1, sizeof(v[0]));

	for (int i = 0; i < p->n; i++)
		v[i] = p->v[i].w;
	where_resolve(&how, v, (size_t)p->n, sp);
	for (int i = 0; i < p->n; i++)
		p->v[i].w = v[i];
	free(v);
}

bool
place_failed(const struct place *l, enum exit_class *status)
{
	if (l->w.err.code == 0)
		return false;
	*status = exit_worse(*status, exit_report(&l->w.err, "%s: %s[%d]",
	    l->group->name, l->w.topic, (int)l->w.partition));
	return true;
}

int64_t
place_lag(const struct place *l)
{
	int64_t at = l->w.stored;

	if (at < 0 || l->w.end < 0 || l->w.err.code != 0)
		return -1;
	if (at < l->w.start)
		at = l->w.start;
	return l->w.end > at ? l->w.end - at : 0;
}

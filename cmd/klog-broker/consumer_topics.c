/*
 * consumer_topics.c: the topics that a consumer group's members subscribe to,
 * by name or by regular expression, as far as they exist.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"

void
cgroup_set_topics(struct cgroup *c, struct csubscribed *v, int32_t n)
{
	for (int32_t i = 0; i < c->n_topics; i++)
		kstr_free(&c->topics[i].name);
	free(c->topics);
	c->topics = v;
	c->n_topics = n;
}

/* Those that are being gathered. */
struct gather {
	struct groups		*gs;
	const struct group	*g;
	struct csubscribed	*v;
	int32_t			 n, cap;
};

static void
gather_one(struct gather *ga, struct kstr name)
{
	struct csubscribed s = { .name = name };

	if (!ga->gs->ops->topic(ga->gs->arg, name, &s.id, &s.n))
		return;
	if (ga->n == ga->cap) {
		ga->cap = 2 * ga->cap + 8;
		ga->v = xreallocarray(ga->v, (size_t)ga->cap, sizeof(s));
	}
	s.name = kstr_dup(name);
	ga->v[ga->n++] = s;
}

static void
gather_match(void *arg, struct kstr name)
{
	struct gather *ga = arg;
	struct cmember *m, *next;

	HASH_ITER(hh, ga->g->consumer->members, m, next)
		if (cmember_matches(m, name)) {
			gather_one(ga, name);
			return;
		}
}

static int
compare_subscribed(const void *a, const void *b)
{
	const struct csubscribed *x = a, *y = b;

	return kstr_cmp(x->name, y->name);
}

static void
gather_topics(const struct group *g, struct gather *ga)
{
	struct cmember *m, *next;
	bool regex = false;
	int32_t kept = 0;

	*ga = (struct gather){ .gs = g->of, .g = g };
	HASH_ITER(hh, g->consumer->members, m, next) {
		regex |= m->matcher != NULL;
		for (int32_t i = 0; i < m->n_names; i++)
			gather_one(ga, m->names[i]);
	}
	if (regex)
		ga->gs->ops->topics(ga->gs->arg, gather_match, ga);
	if (ga->n > 1)
		qsort(ga->v, (size_t)ga->n, sizeof(*ga->v),
		    compare_subscribed);
	for (int32_t i = 0; i < ga->n; i++) {
		if (kept > 0 && kstr_eq(ga->v[kept - 1].name, ga->v[i].name))
			kstr_free(&ga->v[i].name);
		else
			ga->v[kept++] = ga->v[i];
	}
	ga->n = kept;
}

bool
consumer_update_topics(struct group *g)
{
	struct cgroup *c = g->consumer;
	struct gather ga;
	bool same;

	gather_topics(g, &ga);
	c->seen = g->of->topics_seen;
	same = ga.n == c->n_topics;
	for (int32_t i = 0; i < ga.n && same; i++)
		same = kstr_eq(ga.v[i].name, c->topics[i].name) &&
		    kuuid_eq(&ga.v[i].id, &c->topics[i].id) &&
		    ga.v[i].n == c->topics[i].n;
	cgroup_set_topics(c, ga.v, ga.n);
	return !same;
}

/*
 * consumer_target.c: a consumer group's epoch, and the target that an assignor
 * computes for each: which member shall have which partitions.
 */
#include <stdlib.h>

#include "assignor.h"
#include "base/xalloc.h"
#include "consumer_group.h"

struct kstr
consumer_assignor(const struct group *g)
{
	struct cmember *m, *next;
	int32_t range = 0, uniform = 0;

	HASH_ITER(hh, g->consumer->members, m, next) {
		range += kstr_eq(m->assignor, kstr("range"));
		uniform += kstr_eq(m->assignor, kstr("uniform"));
	}
	if (range == uniform)
		return kstr(g->of->config.range_first ? "range" : "uniform");
	return kstr(range > uniform ? "range" : "uniform");
}

static void
take_target(struct cmember *m, const struct tpset *gets)
{
	if (m->has_target && tpset_eq(&m->target, gets))
		return;
	tpset_copy(&m->target, gets);
	m->has_target = true;
	consumer_store_target(m);
}

static void
compute_target(struct group *g)
{
	struct cgroup *c = g->consumer;
	int32_t n = consumer_size(g), i = 0;
	struct assign_topic *t = xcalloc((size_t)c->n_topics + 1, sizeof(*t));
	struct assign_member *v = xcalloc((size_t)n + 1, sizeof(*v));
	struct cmember *m, *next;

	for (int32_t j = 0; j < c->n_topics; j++)
		t[j] = (struct assign_topic){ c->topics[j].id,
		    c->topics[j].n };
	HASH_ITER(hh, c->members, m, next) {
		v[i].id = m->id;
		v[i].instance = m->instance;
		v[i].has = &m->target;
		v[i].topics = xcalloc((size_t)c->n_topics + 1,
		    sizeof(*v[i].topics));
		for (int32_t j = 0; j < c->n_topics; j++)
			if (cmember_reads(m, c->topics[j].name))
				v[i].topics[v[i].n_topics++] = j;
		i++;
	}
	if (kstr_eq(consumer_assignor(g), kstr("range")))
		assign_range(t, c->n_topics, v, n);
	else
		assign_uniform(t, c->n_topics, v, n);
	i = 0;
	HASH_ITER(hh, c->members, m, next) {
		take_target(m, &v[i].gets);
		tpset_release(&v[i].gets);
		free(v[i++].topics);
	}
	free(v);
	free(t);
	c->assignment_epoch = c->epoch;
	consumer_store_target_epoch(g);
}

void
consumer_refresh(struct group *g, bool bump)
{
	struct cgroup *c = g->consumer;

	if (bump || c->seen != g->of->topics_seen) {
		if (consumer_update_topics(g)) {
			bump = true;
			consumer_store_topics(g);
		}
		if (bump) {
			c->epoch++;
			consumer_store_epoch(g);
		}
	}
	if (c->epoch > c->assignment_epoch)
		compute_target(g);
}

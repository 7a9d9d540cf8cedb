/*
 * consumer_group.c: groups of the consumer protocol as such: beginning, ending
 * and loading one, its state, and members that go.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"

struct cgroup *
cgroup_new(void)
{
	return xcalloc(1, sizeof(struct cgroup));
}

void
cgroup_free(struct cgroup *c)
{
	struct cmember *m, *next;

	if (c == NULL)
		return;
	HASH_ITER(hh, c->members, m, next) {
		HASH_DEL(c->members, m);
		cmember_free(m);
	}
	cgroup_set_topics(c, NULL, 0);
	free(c);
}

struct group *
consumer_group_begin(struct groups *gs, struct kstr id)
{
	struct group *g = group_need(gs, id);

	if (g->consumer == NULL) {
		g->consumer = cgroup_new();
		kstr_set(&g->protocol_type, kstr("consumer"));
		kstr_set(&g->protocol, KSTR_NULL);
		kstr_set(&g->leader, KSTR_NULL);
		g->state = GROUP_EMPTY;
		g->state_ms = -1;
	}
	return g;
}

void
consumer_group_end(struct group *g)
{
	cgroup_free(g->consumer);
	g->consumer = NULL;
	kstr_set(&g->protocol_type, KSTR_NULL);
	g->generation = 0;
}

int32_t
consumer_size(const struct group *g)
{
	return (int32_t)HASH_COUNT(g->consumer->members);
}

/* Its members have a session's time to show up. */
void
consumer_loaded(struct group *g)
{
	struct cmember *m, *next;

	g->consumer->seen = g->of->topics_seen - 1;
	HASH_ITER(hh, g->consumer->members, m, next) {
		cmember_beat(m);
		consumer_await_revocation(m);
	}
	consumer_update_state(g);
}

void
consumer_update_state(struct group *g)
{
	const struct cgroup *c = g->consumer;
	struct cmember *m, *next;
	enum group_state s = GROUP_STABLE;

	if (c->members == NULL)
		s = GROUP_EMPTY;
	else if (c->epoch > c->assignment_epoch)
		s = GROUP_ASSIGNING;
	else
		HASH_ITER(hh, c->members, m, next)
			if (m->state != MEMBER_STABLE ||
			    m->epoch != c->assignment_epoch)
				s = GROUP_RECONCILING;
	g->state = s;
}

void
consumer_drop(struct cmember *m)
{
	struct group *g = m->group;

	if (consumer_may_downgrade(g, m)) {
		consumer_downgrade(g, m);
		return;
	}
	consumer_store_no_member(m);
	cmember_remove(m);
	if (consumer_update_topics(g))
		consumer_store_topics(g);
	g->consumer->epoch++;
	consumer_store_epoch(g);
	consumer_update_state(g);
}

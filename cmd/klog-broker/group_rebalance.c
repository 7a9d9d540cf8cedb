/*
 * group_rebalance.c: the first half of a rebalance of a classic group: waiting
 * until every member has joined, or for so long, then a new generation.
 *
 * A group that was empty waits group.initial.rebalance.delay.ms, and as long
 * again whenever somebody came meanwhile, up to the members' rebalance
 * timeout (KIP-134).
 */
#include <stdlib.h>

#include "group_impl.h"
#include "wire/kerror.h"

int32_t
group_rebalance_ms(const struct group *g)
{
	struct group_member *m, *next;
	int32_t most = 0;

	HASH_ITER(hh, g->members, m, next)
		if (m->rebalance_ms > most)
			most = m->rebalance_ms;
	return most;
}

int32_t
group_joining(const struct group *g)
{
	struct group_member *m, *next;
	int32_t n = 0;

	HASH_ITER(hh, g->members, m, next)
		n += m->joining != NULL;
	return n;
}

void
group_check_joined(struct group *g)
{
	if (g->state == GROUP_PREPARING && !g->initial && g->pending == NULL &&
	    group_joining(g) == group_size(g))
		group_join_over(g);
}

void
group_prepare(struct group *g)
{
	struct groups *gs = g->of;
	int64_t longest = group_rebalance_ms(g);
	int64_t delay = gs->config.initial_delay_ms;
	struct group_member *m, *next;

	if (g->state == GROUP_COMPLETING) {
		HASH_ITER(hh, g->members, m, next)
			member_set_assignment(m, (struct kbytes){ NULL, 0 });
		group_propagate(g, ERR_REBALANCE_IN_PROGRESS);
	}
	group_end_sync(g);
	g->initial = g->state == GROUP_EMPTY;
	g->grew = false;
	group_become(g, GROUP_PREPARING);
	if (g->initial) {
		g->delay_left = longest > delay ? longest - delay : 0;
		group_arm(gs, &g->rebalance, delay);
	} else {
		group_arm(gs, &g->rebalance, longest);
		group_check_joined(g);
	}
}

void
group_maybe_prepare(struct group *g)
{
	if (g->state == GROUP_STABLE || g->state == GROUP_COMPLETING ||
	    g->state == GROUP_EMPTY)
		group_prepare(g);
}

/* The leader that did not join again is replaced by a member that did. False:
 * nobody has. */
static bool
have_leader(struct group *g)
{
	struct group_member *m = member_find(g, g->leader.len >= 0 ?
	    g->leader : kstr("")), *next;

	if (m != NULL && m->joining != NULL)
		return true;
	HASH_ITER(hh, g->members, m, next)
		if (m->joining != NULL) {
			kstr_set(&g->leader, m->id);
			return true;
		}
	return false;
}

static void
begin_generation(struct group *g)
{
	struct group_member *m, *next;
	struct join_group_response rsp;

	HASH_ITER(hh, g->members, m, next) {
		if (m->joining != NULL) {
			join_describe(m, member_leads(m), &rsp);
			join_answer(m, &rsp);
			free(rsp.members.v);
		}
		m->is_new = false;
		member_beat(m);
	}
	group_await_sync(g);
}

static void
next_generation(struct group *g)
{
	g->generation++;
	if (g->members == NULL) {
		kstr_set(&g->protocol, KSTR_NULL);
		group_become(g, GROUP_EMPTY);
		group_store(g);
		return;
	}
	kstr_set(&g->protocol, group_select_protocol(g));
	group_become(g, GROUP_COMPLETING);
	begin_generation(g);
}

void
group_join_over(struct group *g)
{
	struct groups *gs = g->of;
	struct group_member *m, *next;
	int64_t delay = gs->config.initial_delay_ms;

	group_disarm(gs, &g->rebalance);
	if (g->initial && g->grew && g->delay_left > 0) {
		g->grew = false;
		if (delay > g->delay_left)
			delay = g->delay_left;
		g->delay_left -= delay;
		group_arm(gs, &g->rebalance, delay);
		return;
	}
	g->initial = false;
	HASH_ITER(hh, g->members, m, next)
		if (m->joining == NULL && m->instance.len < 0)
			member_remove(m);
	if (g->members != NULL && !have_leader(g))
		group_arm(gs, &g->rebalance, group_rebalance_ms(g));
	else
		next_generation(g);
}

void
group_drop_member(struct group_member *m)
{
	struct group *g = m->group;

	if (m->joining != NULL)
		join_refuse(g->of, m->joining, kstr(""),
		    ERR_UNKNOWN_MEMBER_ID);
	if (m->syncing != NULL)
		sync_refuse(g->of, m->syncing, ERR_UNKNOWN_MEMBER_ID);
	member_remove(m);
	if (g->state == GROUP_PREPARING)
		group_check_joined(g);
	else
		group_maybe_prepare(g);
}

void
group_drop_pending(struct group_pending *p)
{
	struct group *g = p->group;

	pending_remove(p);
	group_check_joined(g);
}

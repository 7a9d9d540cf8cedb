/*
 * consumer_reconcile.c: how a member of a consumer group gets to its target.
 *
 * A member that has to give partitions back stays in its epoch until it has;
 * then it moves to the target's, with what is free of it. What others still
 * hold it gets with one of its later heartbeats.
 */
#include "consumer_group.h"

/* Whether somebody has it, or has not given it back yet. */
static bool
is_held(const struct group *g, const struct tp *tp)
{
	struct cmember *m, *next;

	HASH_ITER(hh, g->consumer->members, m, next)
		if (tpset_has(&m->assigned, &tp->topic, tp->partition) ||
		    tpset_has(&m->revoking, &tp->topic, tp->partition))
			return true;
	return false;
}

bool
consumer_waits_for_others(const struct cmember *m)
{
	const struct tp *tp;

	for (int32_t i = 0; i < m->target.n; i++) {
		tp = &m->target.v[i];
		if (!tpset_has(&m->assigned, &tp->topic, tp->partition) &&
		    is_held(m->group, tp))
			return true;
	}
	return false;
}

static void
set_epoch(struct cmember *m, int32_t epoch)
{
	m->previous_epoch = m->epoch;
	m->epoch = epoch;
}

static void
next_assignment(struct cmember *m, int32_t epoch, const struct tpset *owned)
{
	struct group *g = m->group;
	struct tpset stays = { 0 }, goes = { 0 }, comes = { 0 };
	bool held = false;
	const struct tp *tp;

	tpset_both(&m->assigned, &m->target, &stays);
	tpset_less(&m->assigned, &stays, &goes);
	for (int32_t i = 0; i < m->target.n; i++) {
		tp = &m->target.v[i];
		if (tpset_has(&stays, &tp->topic, tp->partition))
			continue;
		if (is_held(g, tp))
			held = true;
		else
			tpset_add(&comes, &tp->topic, tp->partition);
	}
	if (goes.n > 0 && (owned == NULL || tpset_meets(owned, &goes))) {
		m->state = MEMBER_UNREVOKED;
		set_epoch(m, epoch);
		tpset_copy(&m->revoking, &goes);
	} else {
		for (int32_t i = 0; i < comes.n; i++)
			tpset_add(&stays, &comes.v[i].topic,
			    comes.v[i].partition);
		m->state = held ? MEMBER_UNRELEASED : MEMBER_STABLE;
		set_epoch(m, g->consumer->assignment_epoch);
		tpset_clear(&m->revoking);
	}
	tpset_copy(&m->assigned, &stays);
	tpset_release(&stays);
	tpset_release(&goes);
	tpset_release(&comes);
}

static void
move_on(struct cmember *m, const struct tpset *owned)
{
	int32_t epoch = m->epoch;

	switch (m->state) {
	case MEMBER_STABLE:
		if (epoch == m->group->consumer->assignment_epoch)
			return;
		break;
	case MEMBER_UNREVOKED:
		if (owned == NULL || tpset_meets(owned, &m->revoking))
			return;
		/* what was given back can be had from now on */
		epoch++;
		break;
	case MEMBER_UNRELEASED:
		break;
	default:
		epoch = m->group->consumer->assignment_epoch;
	}
	next_assignment(m, epoch, owned);
}

/* It has the rebalance timeout to give partitions back; a classic member is
 * told to join again instead (consumer_classic.c). */
void
consumer_await_revocation(struct cmember *m)
{
	struct groups *gs = m->group->of;

	if (m->state == MEMBER_UNREVOKED && !cmember_is_classic(m))
		group_arm(gs, &m->revocation, m->rebalance_ms);
	else
		group_disarm(gs, &m->revocation);
}

void
consumer_reconcile(struct cmember *m, const struct tpset *owned)
{
	struct tpset assigned = { 0 }, revoking = { 0 };
	int32_t epoch = m->epoch;
	enum cmember_state state = m->state;

	tpset_copy(&assigned, &m->assigned);
	tpset_copy(&revoking, &m->revoking);
	move_on(m, owned);
	if (epoch != m->epoch || state != m->state ||
	    !tpset_eq(&assigned, &m->assigned) ||
	    !tpset_eq(&revoking, &m->revoking)) {
		consumer_store_current(m);
		consumer_await_revocation(m);
	}
	tpset_release(&assigned);
	tpset_release(&revoking);
}

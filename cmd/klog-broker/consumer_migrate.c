/*
 * consumer_migrate.c: groups that change from one protocol to the other while
 * they work: a rolling upgrade, or one that is taken back (KIP-848, online
 * migration).
 */
#include "consumer_group.h"
#include "wire/kerror.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/versioned.h"

static void
take_classic(struct group *g, const struct group_member *old,
    const struct consumer_protocol_subscription *s,
    const struct consumer_protocol_assignment *as)
{
	struct cmember *m = cmember_add(g, old->id);

	kstr_set(&m->instance, old->instance);
	kstr_set(&m->rack, s->rack_id);
	kstr_set(&m->client_id, old->client_id);
	kstr_set(&m->host, old->host);
	m->rebalance_ms = old->rebalance_ms;
	cmember_set_names(m, s->topics.v, s->topics.n);
	cmember_set_protocols(m, old->session_ms, old->protocols.v,
	    old->protocols.n);
	m->epoch = m->previous_epoch = g->consumer->epoch;
	consumer_read_assigned(g->of, as, &m->assigned);
	tpset_copy(&m->target, &m->assigned);
	m->has_target = true;
	cmember_beat(m);
}

/* A member's own words, or false. */
static bool
read_member(const struct group *g, const struct group_member *m,
    struct arena *a, struct consumer_protocol_subscription *s,
    struct consumer_protocol_assignment *as)
{
	const struct kbytes *metadata = protocols_find(&m->protocols, g->protocol);

	memset(as, 0, sizeof(*as));
	return metadata != NULL && versioned_get_lenient(
	    &consumer_protocol_subscription_msg, *metadata, a, s, NULL) >= 0 &&
	    (m->assignment.len == 0 || versioned_get_lenient(
	    &consumer_protocol_assignment_msg, m->assignment, a, as,
	    NULL) >= 0);
}

static void
store_all(struct group *g)
{
	struct cmember *m, *next;

	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_member(m);
	consumer_store_epoch(g);
	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_target(m);
	consumer_store_target_epoch(g);
	HASH_ITER(hh, g->consumer->members, m, next)
		consumer_store_current(m);
}

bool
consumer_upgrade(struct group *g)
{
	struct consumer_protocol_subscription s;
	struct consumer_protocol_assignment as;
	struct group_member *m, *next;
	struct group_pending *p, *after;
	struct arena a;
	bool good = g->of->config.may_upgrade &&
	    kstr_eq(g->protocol_type, kstr("consumer")) &&
	    group_size(g) <= g->of->config.consumer_max_size;

	arena_init(&a, 0);
	HASH_ITER(hh, g->members, m, next)
		good = good && read_member(g, m, &a, &s, &as);
	if (!good) {
		arena_release(&a);
		return false;
	}
	group_turn_away(g, ERR_REBALANCE_IN_PROGRESS);
	group_store_tombstone(g);
	group_disarm(g->of, &g->rebalance);
	group_end_sync(g);
	g->consumer = cgroup_new();
	g->consumer->epoch = g->consumer->assignment_epoch = g->generation;
	HASH_ITER(hh, g->members, m, next) {
		read_member(g, m, &a, &s, &as);
		take_classic(g, m, &s, &as);
		member_remove(m);
	}
	HASH_ITER(hh, g->pending, p, after)
		pending_remove(p);
	kstr_set(&g->protocol, KSTR_NULL);
	kstr_set(&g->leader, KSTR_NULL);
	g->state_ms = -1;
	store_all(g);
	arena_release(&a);
	return true;
}

bool
consumer_may_downgrade(const struct group *g, const struct cmember *but)
{
	struct cmember *m, *next;

	if (!g->of->config.may_downgrade || consumer_size(g) <= 1 ||
	    cmember_is_classic(but) ||
	    consumer_size(g) - 1 > g->of->config.max_size)
		return false;
	HASH_ITER(hh, g->consumer->members, m, next)
		if (m != but && !cmember_is_classic(m))
			return false;
	return true;
}

void
consumer_downgrade(struct group *g, struct cmember *leaving)
{
	struct cgroup *c = g->consumer;
	struct cmember *old, *next;
	struct group_member *m, *after;
	struct buf b = { 0 };

	consumer_store_tombstones(g);
	g->consumer = NULL;
	g->generation = c->epoch;
	HASH_ITER(hh, c->members, old, next) {
		if (old == leaving)
			continue;
		m = member_add(g, old->id, old->instance, old->client_id,
		    old->host);
		protocols_set(&m->protocols, old->protocols.v,
		    old->protocols.n);
		m->rebalance_ms = old->rebalance_ms;
		m->session_ms = old->session_ms;
		buf_clear(&b);
		consumer_put_assignment(g->of, &old->target, &b);
		member_set_assignment(m, (struct kbytes){ b.p,
		    (int32_t)b.len });
	}
	buf_release(&b);
	cgroup_free(c);
	kstr_set(&g->protocol, group_select_protocol(g));
	group_become(g, GROUP_STABLE);
	group_store(g);
	HASH_ITER(hh, g->members, m, after)
		member_beat(m);
	group_prepare(g);
}

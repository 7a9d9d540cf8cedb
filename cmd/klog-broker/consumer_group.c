/*
 * consumer_group.c: members of a consumer group, the group's epoch and
 * target, and how a member gets there.
 *
 * A member that has to give partitions back stays in its epoch until it has;
 * then it moves to the target's, with what is free of it. What others still
 * hold it gets with one of its later heartbeats.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "assignor.h"
#include "base/xalloc.h"
#include "consumer_group.h"
#include "wire/kerror.h"

struct cgroup *
cgroup_new(void)
{
	return xcalloc(1, sizeof(struct cgroup));
}

static void
free_names(struct cmember *m)
{
	for (int32_t i = 0; i < m->n_names; i++)
		kstr_free(&m->names[i]);
	free(m->names);
	m->names = NULL;
	m->n_names = 0;
}

static void
member_free(struct cmember *m)
{
	struct groups *gs = m->group->of;

	group_disarm(gs, &m->session);
	group_disarm(gs, &m->revocation);
	group_disarm(gs, &m->rejoin);
	group_disarm(gs, &m->sync);
	kstr_free(&m->id);
	kstr_free(&m->instance);
	kstr_free(&m->rack);
	kstr_free(&m->client_id);
	kstr_free(&m->host);
	kstr_free(&m->assignor);
	kstr_free(&m->regex);
	pcre2_code_free(m->code);
	free_names(m);
	protocols_release(&m->protocols);
	tpset_release(&m->assigned);
	tpset_release(&m->revoking);
	tpset_release(&m->target);
	free(m);
}

static void
free_topics(struct cgroup *c)
{
	for (int32_t i = 0; i < c->n_topics; i++)
		kstr_free(&c->topics[i].name);
	free(c->topics);
	c->topics = NULL;
	c->n_topics = 0;
}

void
cgroup_free(struct cgroup *c)
{
	struct cmember *m, *next;

	if (c == NULL)
		return;
	HASH_ITER(hh, c->members, m, next) {
		HASH_DEL(c->members, m);
		member_free(m);
	}
	free_topics(c);
	free(c);
}

/* The group, of this protocol; it is no other. */
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

int32_t
consumer_size(const struct group *g)
{
	return (int32_t)HASH_COUNT(g->consumer->members);
}

struct cmember *
cmember_find(const struct group *g, struct kstr id)
{
	struct cmember *m;

	HASH_FIND(hh, g->consumer->members, id.p, (unsigned int)id.len, m);
	return m;
}

struct cmember *
cmember_of_instance(const struct group *g, struct kstr instance)
{
	struct cmember *m, *next;

	HASH_ITER(hh, g->consumer->members, m, next)
		if (m->instance.len >= 0 && kstr_eq(m->instance, instance))
			return m;
	return NULL;
}

static void
session_over(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	consumer_drop((struct cmember *)((char *)t -
	    offsetof(struct cmember, session)));
}

static void
revocation_over(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	consumer_drop((struct cmember *)((char *)t -
	    offsetof(struct cmember, revocation)));
}

static void
rejoin_over(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	consumer_drop((struct cmember *)((char *)t -
	    offsetof(struct cmember, rejoin)));
}

static void
sync_over(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	consumer_drop((struct cmember *)((char *)t -
	    offsetof(struct cmember, sync)));
}

struct cmember *
cmember_add(struct group *g, struct kstr id)
{
	struct cmember *m = xcalloc(1, sizeof(*m));

	m->group = g;
	m->id = kstr_dup(id);
	m->instance = m->rack = m->assignor = m->regex = KSTR_NULL;
	m->client_id = kstr_dup(kstr(""));
	m->host = kstr_dup(kstr(""));
	m->rebalance_ms = -1;
	m->session.fire = session_over;
	m->revocation.fire = revocation_over;
	m->rejoin.fire = rejoin_over;
	m->sync.fire = sync_over;
	HASH_ADD_KEYPTR(hh, g->consumer->members, m->id.p,
	    (unsigned int)m->id.len, m);
	return m;
}

void
cmember_remove(struct cmember *m)
{
	HASH_DEL(m->group->consumer->members, m);
	member_free(m);
}

static int
compare_names(const void *a, const void *b)
{
	const struct kstr *x = a, *y = b;
	int32_t n = x->len < y->len ? x->len : y->len;
	int c = n > 0 ? memcmp(x->p, y->p, (size_t)n) : 0;

	return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
}

bool
cmember_set_names(struct cmember *m, const struct kstr *v, int32_t n)
{
	struct kstr *sorted = xcalloc((size_t)n + 1, sizeof(*sorted));
	int32_t kept = 0;
	bool same;

	if (n > 0)
		memcpy(sorted, v, (size_t)n * sizeof(*sorted));
	qsort(sorted, (size_t)n, sizeof(*sorted), compare_names);
	for (int32_t i = 0; i < n; i++)
		if (kept == 0 || !kstr_eq(sorted[kept - 1], sorted[i]))
			sorted[kept++] = sorted[i];
	same = kept == m->n_names;
	for (int32_t i = 0; i < kept && same; i++)
		same = kstr_eq(sorted[i], m->names[i]);
	if (same) {
		free(sorted);
		return false;
	}
	for (int32_t i = 0; i < kept; i++)
		sorted[i] = kstr_dup(sorted[i]);
	free_names(m);
	m->names = sorted;
	m->n_names = kept;
	return true;
}

bool
cmember_set_regex(struct cmember *m, struct kstr re, bool *bad)
{
	pcre2_code *code = NULL;
	PCRE2_SIZE at;
	int error;

	*bad = false;
	if (re.len == 0)
		re = KSTR_NULL;		/* not any more */
	if (kstr_eq(re, m->regex))
		return false;
	if (re.len > 0) {
		code = pcre2_compile((PCRE2_SPTR)re.p, (PCRE2_SIZE)re.len,
		    PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF, &error,
		    &at, NULL);
		if (code == NULL) {
			*bad = true;
			return false;
		}
	}
	pcre2_code_free(m->code);
	m->code = code;
	kstr_set(&m->regex, re);
	return true;
}

void
cmember_set_protocols(struct cmember *m, int32_t session_ms,
    const struct join_group_request_protocol *v, int32_t n)
{
	m->session_ms = session_ms;
	protocols_set(&m->protocols, v, n);
}

bool
cmember_is_classic(const struct cmember *m)
{
	return m->protocols.n > 0;
}

static bool
matches(const struct cmember *m, struct kstr topic)
{
	pcre2_match_data *md;
	int rc;

	if (m->code == NULL)
		return false;
	md = pcre2_match_data_create(1, NULL);
	rc = pcre2_match(m->code, (PCRE2_SPTR)topic.p, (PCRE2_SIZE)topic.len,
	    0, 0, md, NULL);
	pcre2_match_data_free(md);
	return rc >= 0;
}

bool
cmember_reads(const struct cmember *m, struct kstr topic)
{
	return (m->n_names > 0 && bsearch(&topic, m->names,
	    (size_t)m->n_names, sizeof(*m->names), compare_names) != NULL) ||
	    matches(m, topic);
}

void
cmember_beat(struct cmember *m)
{
	struct groups *gs = m->group->of;

	group_arm(gs, &m->session, cmember_is_classic(m) ? m->session_ms :
	    gs->config.consumer_session_ms);
}

/* The topics that are subscribed to, and are there. */
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
		if (matches(m, name)) {
			gather_one(ga, name);
			return;
		}
}

static int
compare_subscribed(const void *a, const void *b)
{
	const struct csubscribed *x = a, *y = b;

	return compare_names(&x->name, &y->name);
}

static void
gather_topics(const struct group *g, struct gather *ga)
{
	struct cmember *m, *next;
	bool regex = false;
	int32_t kept = 0;

	*ga = (struct gather){ .gs = g->of, .g = g };
	HASH_ITER(hh, g->consumer->members, m, next) {
		regex |= m->code != NULL;
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

/* True where they are others than before. */
static bool
update_topics(struct group *g)
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
	free_topics(c);
	c->topics = ga.v;
	c->n_topics = ga.n;
	return !same;
}

/* The one that most members ask for. */
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
		if (update_topics(g)) {
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

void
consumer_reconcile(struct cmember *m, const struct tpset *owned)
{
	struct groups *gs = m->group->of;
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
		if (m->state == MEMBER_UNREVOKED && !cmember_is_classic(m))
			group_arm(gs, &m->revocation, m->rebalance_ms);
		else
			group_disarm(gs, &m->revocation);
	}
	tpset_release(&assigned);
	tpset_release(&revoking);
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
	if (update_topics(g))
		consumer_store_topics(g);
	g->consumer->epoch++;
	consumer_store_epoch(g);
	consumer_update_state(g);
}

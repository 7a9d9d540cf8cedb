/*
 * consumer_member.c: members of a consumer group: by id and by instance, what
 * they subscribe to, and the timers that throw them out.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "consumer_group.h"
#include "topic_regex.h"
#include "wire/kerror.h"

static void
free_names(struct cmember *m)
{
	for (int32_t i = 0; i < m->n_names; i++)
		kstr_free(&m->names[i]);
	free(m->names);
	m->names = NULL;
	m->n_names = 0;
}

void
cmember_free(struct cmember *m)
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
	topic_regex_free(m->matcher);
	free_names(m);
	protocols_release(&m->protocols);
	tpset_release(&m->assigned);
	tpset_release(&m->revoking);
	tpset_release(&m->target);
	free(m);
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
	cmember_free(m);
}

void
cmember_rename(struct cmember *m, struct kstr id)
{
	struct cgroup *c = m->group->consumer;

	HASH_DEL(c->members, m);
	kstr_set(&m->id, id);
	HASH_ADD_KEYPTR(hh, c->members, m->id.p, (unsigned int)m->id.len, m);
}

static int
compare_names(const void *a, const void *b)
{
	const struct kstr *x = a, *y = b;

	return kstr_cmp(*x, *y);
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
	struct topic_regex *matcher = NULL;

	*bad = false;
	if (re.len == 0)
		re = KSTR_NULL;		/* not any more */
	if (kstr_eq(re, m->regex))
		return false;
	if (re.len > 0 && (matcher = topic_regex_new(re)) == NULL) {
		*bad = true;
		return false;
	}
	topic_regex_free(m->matcher);
	m->matcher = matcher;
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

bool
cmember_matches(const struct cmember *m, struct kstr topic)
{
	return m->matcher != NULL && topic_regex_matches(m->matcher, topic);
}

bool
cmember_reads(const struct cmember *m, struct kstr topic)
{
	return (m->n_names > 0 && bsearch(&topic, m->names,
	    (size_t)m->n_names, sizeof(*m->names), compare_names) != NULL) ||
	    cmember_matches(m, topic);
}

void
cmember_beat(struct cmember *m)
{
	struct groups *gs = m->group->of;

	group_arm(gs, &m->session, cmember_is_classic(m) ? m->session_ms :
	    gs->config.consumer_session_ms);
}

int16_t
cmember_check_epoch(const struct cmember *m, int32_t epoch)
{
	if (epoch == m->epoch)
		return ERR_NONE;
	return cmember_is_classic(m) ? ERR_ILLEGAL_GENERATION :
	    ERR_STALE_MEMBER_EPOCH;
}

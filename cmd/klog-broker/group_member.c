/*
 * group_member.c: members of a classic group, and ids that were given out and
 * have not joined yet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "group_impl.h"
#include "wire/kerror.h"

struct group_member *
member_find(const struct group *g, struct kstr id)
{
	struct group_member *m;

	HASH_FIND(hh, g->members, id.p, (unsigned int)id.len, m);
	return m;
}

struct group_member *
member_of_instance(const struct group *g, struct kstr instance)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next)
		if (m->instance.len >= 0 && kstr_eq(m->instance, instance))
			return m;
	return NULL;
}

/* A member that waits in a rebalance need not send heartbeats, but a new one
 * may have gone without ever learning its id. */
static void
session_over(struct groups *gs, struct group_timer *t)
{
	struct group_member *m = (struct group_member *)((char *)t -
	    offsetof(struct group_member, session));

	(void)gs;
	if (m->is_new || (m->joining == NULL && m->syncing == NULL))
		group_drop_member(m);
}

struct group_member *
member_add(struct group *g, struct kstr id, struct kstr instance,
    struct kstr client_id, struct kstr host)
{
	struct group_member *m = xcalloc(1, sizeof(*m));

	m->group = g;
	m->id = kstr_dup(id);
	m->instance = kstr_dup(instance);
	m->client_id = kstr_dup(client_id);
	m->host = kstr_dup(host);
	m->session.fire = session_over;
	HASH_ADD_KEYPTR(hh, g->members, m->id.p, (unsigned int)m->id.len, m);
	if (g->leader.len < 0)
		kstr_set(&g->leader, m->id);
	return m;
}

void
member_set_assignment(struct group_member *m, struct kbytes b)
{
	struct kbytes copy = kbytes_dup(b);

	free((void *)(uintptr_t)m->assignment.p);
	m->assignment = copy;
}

void
member_remove(struct group_member *m)
{
	struct group *g = m->group;

	HASH_DEL(g->members, m);
	group_disarm(g->of, &m->session);
	if (member_leads(m))
		kstr_set(&g->leader, g->members != NULL ? g->members->id :
		    KSTR_NULL);
	protocols_release(&m->protocols);
	free((void *)(uintptr_t)m->assignment.p);
	kstr_free(&m->id);
	kstr_free(&m->instance);
	kstr_free(&m->client_id);
	kstr_free(&m->host);
	free(m);
}

bool
member_leads(const struct group_member *m)
{
	return kstr_eq(m->group->leader, m->id);
}

void
member_rename(struct group_member *m, struct kstr id)
{
	struct group *g = m->group;
	bool leads = member_leads(m);

	HASH_DEL(g->members, m);
	kstr_set(&m->id, id);
	HASH_ADD_KEYPTR(hh, g->members, m->id.p, (unsigned int)m->id.len, m);
	if (leads)
		kstr_set(&g->leader, m->id);
}

void
member_beat(struct group_member *m)
{
	group_arm(m->group->of, &m->session, m->session_ms);
}

int16_t
member_check(const struct group *g, struct kstr id, struct kstr instance)
{
	const struct group_member *m;

	if (instance.len >= 0) {
		m = member_of_instance(g, instance);
		if (m == NULL)
			return ERR_UNKNOWN_MEMBER_ID;
		if (!kstr_eq(m->id, id))
			return ERR_FENCED_INSTANCE_ID;
	}
	return member_find(g, id) != NULL ? ERR_NONE : ERR_UNKNOWN_MEMBER_ID;
}

struct group_pending *
pending_find(const struct group *g, struct kstr id)
{
	struct group_pending *p;

	HASH_FIND(hh, g->pending, id.p, (unsigned int)id.len, p);
	return p;
}

static void
pending_over(struct groups *gs, struct group_timer *t)
{
	(void)gs;
	group_drop_pending((struct group_pending *)((char *)t -
	    offsetof(struct group_pending, expiry)));
}

void
pending_add(struct group *g, struct kstr id, int32_t session_ms)
{
	struct group_pending *p = xcalloc(1, sizeof(*p));

	p->group = g;
	p->id = kstr_dup(id);
	p->expiry.fire = pending_over;
	HASH_ADD_KEYPTR(hh, g->pending, p->id.p, (unsigned int)p->id.len, p);
	group_arm(g->of, &p->expiry, session_ms);
}

void
pending_remove(struct group_pending *p)
{
	HASH_DEL(p->group->pending, p);
	group_disarm(p->group->of, &p->expiry);
	kstr_free(&p->id);
	free(p);
}

/*
 * group_protocols.c: what members of the classic protocol offer (for consumers
 * the assignors, each with the member's subscription), and which of it a group
 * settles on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "group_impl.h"

void
protocols_release(struct group_protocols *p)
{
	for (int32_t i = 0; i < p->n; i++) {
		kstr_free(&p->v[i].name);
		free((void *)(uintptr_t)p->v[i].metadata.p);
	}
	free(p->v);
	p->v = NULL;
	p->n = 0;
}

void
protocols_set(struct group_protocols *p,
    const struct join_group_request_protocol *v, int32_t n)
{
	protocols_release(p);
	p->v = xcalloc((size_t)n + 1, sizeof(*p->v));
	for (int32_t i = 0; i < n; i++) {
		p->v[i].name = kstr_dup(v[i].name);
		p->v[i].metadata = kbytes_dup(v[i].metadata);
	}
	p->n = n;
}

static bool
same_bytes(struct kbytes a, struct kbytes b)
{
	return a.len == b.len &&
	    (a.len <= 0 || memcmp(a.p, b.p, (size_t)a.len) == 0);
}

bool
protocols_eq(const struct group_protocols *p,
    const struct join_group_request_protocol *v, int32_t n)
{
	if (n != p->n)
		return false;
	for (int32_t i = 0; i < n; i++)
		if (!kstr_eq(v[i].name, p->v[i].name) ||
		    !same_bytes(v[i].metadata, p->v[i].metadata))
			return false;
	return true;
}

const struct kbytes *
protocols_find(const struct group_protocols *p, struct kstr name)
{
	for (int32_t i = 0; i < p->n; i++)
		if (kstr_eq(p->v[i].name, name))
			return &p->v[i].metadata;
	return NULL;
}

bool
group_supports(const struct group *g, struct kstr protocol)
{
	struct group_member *m, *next;

	HASH_ITER(hh, g->members, m, next)
		if (protocols_find(&m->protocols, protocol) == NULL)
			return false;
	return true;
}

/* The first of its protocols that all support; null: none. */
static struct kstr
vote(const struct group_member *m)
{
	for (int32_t i = 0; i < m->protocols.n; i++)
		if (group_supports(m->group, m->protocols.v[i].name))
			return m->protocols.v[i].name;
	return KSTR_NULL;
}

/* That with most votes; of several, the one that was named first. */
struct kstr
group_select_protocol(const struct group *g)
{
	struct group_member *m, *next, *other, *after;
	struct kstr best = KSTR_NULL, name;
	int32_t most = 0, n;

	HASH_ITER(hh, g->members, m, next) {
		name = vote(m);
		if (name.len < 0 || kstr_eq(name, best))
			continue;
		n = 0;
		HASH_ITER(hh, g->members, other, after)
			n += kstr_eq(name, vote(other));
		if (n > most) {
			most = n;
			best = name;
		}
	}
	return best;
}

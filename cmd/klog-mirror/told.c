/*
 * told.c: how far it is, for tools that look at groups (mirror.h): the group
 * klog-mirror.LINK commits, in the transactions that copy, where the copy of
 * each partition ends in the target, and with it, as text, where it goes on in
 * the source. Nothing is ever read from there: a group's offsets expire.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "mirror.h"
#include "wire/kerror.h"

static bool
is_told(const struct part *pt)
{
	return pt->src_put >= 0 && pt->tgt_next >= 0;
}

static struct producer_offset
offset_of(const struct part *pt)
{
	return (struct producer_offset){ .topic = pt->pair->target,
	    .partition = pt->index, .offset = pt->tgt_next,
	    .metadata = xasprintf("source offset %lld",
	    (long long)pt->src_put) };
}

static int
collect(const struct mirror *m, struct producer_offset **v)
{
	int n = 0;

	*v = NULL;
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++) {
			if (!is_told(&m->pair[i].part[k]))
				continue;
			*v = xreallocarray(*v, (size_t)n + 1, sizeof(**v));
			(*v)[n++] = offset_of(&m->pair[i].part[k]);
		}
	return n;
}

int
told_put(struct mirror *m, struct kerr *e)
{
	struct producer_offset *v;
	int n, rc;

	if (m->group == NULL)
		return 0;
	n = collect(m, &v);
	rc = producer_add_offsets(m->producer, m->group, v, n, e);
	for (int i = 0; i < n; i++)
		free((void *)(uintptr_t)v[i].metadata);
	free(v);
	m->told_denied = rc == KE_BROKER &&
	    e->kafka == ERR_GROUP_AUTHORIZATION_FAILED;
	return rc;
}

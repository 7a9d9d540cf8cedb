/* txn_parts.c: the set of partitions that a transaction has written to. It is
 * small as a rule, so it is a list. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "txn_impl.h"

static int32_t
find(const struct txn_parts *s, struct kstr topic, int32_t partition)
{
	for (int32_t i = 0; i < s->n; i++)
		if (s->v[i].partition == partition &&
		    kstr_eq(s->v[i].topic, topic))
			return i;
	return -1;
}

bool
txn_parts_has(const struct txn_parts *s, struct kstr topic, int32_t partition)
{
	return find(s, topic, partition) >= 0;
}

static void
append(struct txn_parts *s, struct kstr topic, int32_t partition)
{
	char *name;

	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 4;
		s->v = xreallocarray(s->v, (size_t)s->cap, sizeof(*s->v));
	}
	name = xmalloc((size_t)topic.len + 1);
	memcpy(name, topic.p, (size_t)topic.len);
	name[topic.len] = '\0';
	s->v[s->n++] = (struct txn_part){ { name, topic.len }, partition };
}

void
txn_parts_add(struct txn_parts *s, struct kstr topic, int32_t partition)
{
	if (find(s, topic, partition) < 0)
		append(s, topic, partition);
}

static void
free_part(struct txn_part *p)
{
	free((char *)(uintptr_t)p->topic.p);
}

void
txn_parts_remove(struct txn_parts *s, struct kstr topic, int32_t partition)
{
	int32_t i = find(s, topic, partition);

	if (i < 0)
		return;
	free_part(&s->v[i]);
	memmove(s->v + i, s->v + i + 1,
	    (size_t)(s->n - i - 1) * sizeof(*s->v));
	s->n--;
}

void
txn_parts_copy(struct txn_parts *to, const struct txn_parts *from)
{
	*to = (struct txn_parts){ NULL, 0, 0 };
	for (int32_t i = 0; i < from->n; i++)
		append(to, from->v[i].topic, from->v[i].partition);
}

void
txn_parts_release(struct txn_parts *s)
{
	for (int32_t i = 0; i < s->n; i++)
		free_part(&s->v[i]);
	free(s->v);
	*s = (struct txn_parts){ NULL, 0, 0 };
}

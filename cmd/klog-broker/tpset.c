/* tpset.c: see tpset.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tpset.h"

static int
order(const struct tp *a, const struct kuuid *topic, int32_t partition)
{
	int c = memcmp(a->topic.b, topic->b, sizeof(topic->b));

	return c != 0 ? c : (a->partition > partition) -
	    (a->partition < partition);
}

void
tpset_release(struct tpset *s)
{
	free(s->v);
	*s = (struct tpset){ 0 };
}

void
tpset_clear(struct tpset *s)
{
	s->n = 0;
}

/* Where it is, or would be; the end is tried first. */
static int32_t
place(const struct tpset *s, const struct kuuid *topic, int32_t partition)
{
	int32_t lo = 0, hi = s->n, mid;

	if (s->n > 0 && order(&s->v[s->n - 1], topic, partition) < 0)
		return s->n;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (order(&s->v[mid], topic, partition) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
tpset_has(const struct tpset *s, const struct kuuid *topic, int32_t partition)
{
	int32_t i = place(s, topic, partition);

	return i < s->n && order(&s->v[i], topic, partition) == 0;
}

void
tpset_add(struct tpset *s, const struct kuuid *topic, int32_t partition)
{
	int32_t i = place(s, topic, partition);

	if (i < s->n && order(&s->v[i], topic, partition) == 0)
		return;
	if (s->n == s->cap) {
		s->cap += s->cap / 2 + 4;
		s->v = xreallocarray(s->v, (size_t)s->cap, sizeof(*s->v));
	}
	memmove(s->v + i + 1, s->v + i, (size_t)(s->n - i) * sizeof(*s->v));
	s->v[i].topic = *topic;
	s->v[i].partition = partition;
	s->n++;
}

void
tpset_copy(struct tpset *to, const struct tpset *from)
{
	if (to == from)
		return;
	if (to->cap < from->n) {
		to->cap = from->n;
		to->v = xreallocarray(to->v, (size_t)to->cap, sizeof(*to->v));
	}
	if (from->n > 0)
		memcpy(to->v, from->v, (size_t)from->n * sizeof(*to->v));
	to->n = from->n;
}

bool
tpset_eq(const struct tpset *a, const struct tpset *b)
{
	return a->n == b->n && tpset_within(a, b);
}

bool
tpset_within(const struct tpset *a, const struct tpset *b)
{
	for (int32_t i = 0; i < a->n; i++)
		if (!tpset_has(b, &a->v[i].topic, a->v[i].partition))
			return false;
	return true;
}

bool
tpset_meets(const struct tpset *a, const struct tpset *b)
{
	for (int32_t i = 0; i < a->n; i++)
		if (tpset_has(b, &a->v[i].topic, a->v[i].partition))
			return true;
	return false;
}

static void
pick(const struct tpset *a, const struct tpset *b, bool in_b,
    struct tpset *out)
{
	out->n = 0;
	for (int32_t i = 0; i < a->n; i++)
		if (tpset_has(b, &a->v[i].topic, a->v[i].partition) == in_b)
			tpset_add(out, &a->v[i].topic, a->v[i].partition);
}

void
tpset_both(const struct tpset *a, const struct tpset *b, struct tpset *out)
{
	pick(a, b, true, out);
}

void
tpset_less(const struct tpset *a, const struct tpset *b, struct tpset *out)
{
	pick(a, b, false, out);
}

int32_t
tpset_topic(const struct tpset *s, int32_t i, int32_t *out)
{
	int32_t end = i;

	for (; end < s->n && kuuid_eq(&s->v[end].topic, &s->v[i].topic); end++)
		out[end] = s->v[end].partition;
	return end;
}

/*
 * assignor.c: uniform and range. Where all members subscribe to the same
 * topics, uniform gives each its share and takes away only what is above it;
 * where they do not, what is free goes to who has least, and then partitions
 * move from who has more to who may have them and has less, until no move
 * helps.
 */
#include <stdlib.h>
#include <string.h>

#include "assignor.h"
#include "base/xalloc.h"

static bool
same_topics(const struct assign_member *m, int32_t n)
{
	for (int32_t i = 1; i < n; i++)
		if (m[i].n_topics != m[0].n_topics ||
		    (m[0].n_topics > 0 && memcmp(m[i].topics, m[0].topics,
		    (size_t)m[0].n_topics * sizeof(int32_t)) != 0))
			return false;
	return true;
}

/* The index of a topic among those of a member's, or -1. */
static int32_t
topic_of(const struct assign_topic *t, const struct assign_member *m,
    const struct tp *tp)
{
	for (int32_t i = 0; i < m->n_topics; i++)
		if (kuuid_eq(&t[m->topics[i]].id, &tp->topic))
			return tp->partition < t[m->topics[i]].n ?
			    m->topics[i] : -1;
	return -1;
}

/* What members have of what they subscribe to, up to quota[i] each; an equal
 * claim of two is the first one's. */
static void
keep(const struct assign_topic *t, struct assign_member *m, int32_t n,
    const int32_t *quota, struct tpset *taken)
{
	const struct tp *tp;

	for (int32_t i = 0; i < n; i++)
		for (int32_t j = 0; j < m[i].has->n; j++) {
			tp = &m[i].has->v[j];
			if (m[i].gets.n >= quota[i] ||
			    topic_of(t, &m[i], tp) < 0 ||
			    tpset_has(taken, &tp->topic, tp->partition))
				continue;
			tpset_add(&m[i].gets, &tp->topic, tp->partition);
			tpset_add(taken, &tp->topic, tp->partition);
		}
}

static void
uniform_same(const struct assign_topic *t, struct assign_member *m, int32_t n,
    int32_t *quota)
{
	struct tpset taken = { 0 };
	int64_t total = 0;
	int32_t at = 0;

	for (int32_t i = 0; i < m[0].n_topics; i++)
		total += t[m[0].topics[i]].n;
	for (int32_t i = 0; i < n; i++)
		quota[i] = (int32_t)(total / n) + (i < total % n);
	keep(t, m, n, quota, &taken);
	for (int32_t i = 0; i < m[0].n_topics; i++)
		for (int32_t p = 0; p < t[m[0].topics[i]].n; p++) {
			if (tpset_has(&taken, &t[m[0].topics[i]].id, p))
				continue;
			while (m[at].gets.n >= quota[at])
				at++;
			tpset_add(&m[at].gets, &t[m[0].topics[i]].id, p);
		}
	tpset_release(&taken);
}

static bool
subscribes(const struct assign_member *m, int32_t topic)
{
	for (int32_t i = 0; i < m->n_topics; i++)
		if (m->topics[i] == topic)
			return true;
	return false;
}

/* Who subscribes to the topic and has least; -1: nobody does. */
static int32_t
poorest(const struct assign_member *m, int32_t n, int32_t topic)
{
	int32_t best = -1;

	for (int32_t i = 0; i < n; i++)
		if (subscribes(&m[i], topic) &&
		    (best < 0 || m[i].gets.n < m[best].gets.n))
			best = i;
	return best;
}

static void
take_out(struct tpset *s, int32_t i)
{
	s->n--;
	memmove(s->v + i, s->v + i + 1, (size_t)(s->n - i) * sizeof(*s->v));
}

/* Moves one partition from m[from] to somebody who has two less. */
static bool
move_one(const struct assign_topic *t, struct assign_member *m, int32_t n,
    int32_t from)
{
	struct tpset *s = &m[from].gets;
	struct tp tp;
	int32_t to;

	for (int32_t i = s->n - 1; i >= 0; i--) {
		tp = s->v[i];
		to = poorest(m, n, topic_of(t, &m[from], &tp));
		if (to < 0 || m[to].gets.n + 1 >= s->n)
			continue;
		take_out(s, i);
		tpset_add(&m[to].gets, &tp.topic, tp.partition);
		return true;
	}
	return false;
}

static void
uniform_mixed(const struct assign_topic *t, int32_t n_topics,
    struct assign_member *m, int32_t n, int32_t *quota)
{
	struct tpset taken = { 0 };
	int32_t who;
	bool moved = true;

	for (int32_t i = 0; i < n; i++)
		quota[i] = INT32_MAX;
	keep(t, m, n, quota, &taken);
	for (int32_t i = 0; i < n_topics; i++)
		for (int32_t p = 0; p < t[i].n; p++)
			if (!tpset_has(&taken, &t[i].id, p) &&
			    (who = poorest(m, n, i)) >= 0)
				tpset_add(&m[who].gets, &t[i].id, p);
	while (moved) {
		moved = false;
		for (int32_t i = 0; i < n; i++)
			moved |= move_one(t, m, n, i);
	}
	tpset_release(&taken);
}

void
assign_uniform(const struct assign_topic *t, int32_t n_topics,
    struct assign_member *m, int32_t n)
{
	int32_t *quota;

	if (n == 0)
		return;
	quota = xcalloc((size_t)n, sizeof(*quota));
	if (same_topics(m, n))
		uniform_same(t, m, n, quota);
	else
		uniform_mixed(t, n_topics, m, n, quota);
	free(quota);
}

/* Static members first, by their instance. */
static int
compare_members(const void *a, const void *b)
{
	const struct assign_member *x = *(struct assign_member *const *)a;
	const struct assign_member *y = *(struct assign_member *const *)b;

	if (x->instance.len >= 0 && y->instance.len >= 0)
		return kstr_cmp(x->instance, y->instance);
	if (x->instance.len >= 0 || y->instance.len >= 0)
		return x->instance.len >= 0 ? -1 : 1;
	return kstr_cmp(x->id, y->id);
}

void
assign_range(const struct assign_topic *t, int32_t n_topics,
    struct assign_member *m, int32_t n)
{
	struct assign_member **by_id;
	int32_t members, next, share, k;

	by_id = xcalloc((size_t)n + 1, sizeof(struct assign_member *));
	for (int32_t i = 0; i < n; i++)
		by_id[i] = &m[i];
	qsort(by_id, (size_t)n, sizeof(struct assign_member *),
	    compare_members);
	for (int32_t i = 0; i < n_topics; i++) {
		members = 0;
		for (int32_t j = 0; j < n; j++)
			members += subscribes(&m[j], i);
		next = 0;
		k = 0;
		for (int32_t j = 0; j < n; j++) {
			if (!subscribes(by_id[j], i))
				continue;
			share = t[i].n / members + (k++ < t[i].n % members);
			while (share-- > 0)
				tpset_add(&by_id[j]->gets, &t[i].id, next++);
		}
	}
	free(by_id);
}

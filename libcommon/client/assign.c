/*
 * assign.c: the assignors by name, what all of them start from, and the two
 * that look at one rebalance alone: range and roundrobin (assign_impl.h).
 */
#include "client/assign.h"

#include <stdlib.h>
#include <string.h>

#include "client/assign_impl.h"
#include "wire/java_hash.h"

#define HASHMAP_MIN		16	/* buckets of a new HashMap */

static const struct {
	const char	*name;
	const char	*class;
	bool		 cooperative;
} kinds[] = {
	[ASSIGN_RANGE] = { "range", "RangeAssignor", false },
	[ASSIGN_ROUNDROBIN] = { "roundrobin", "RoundRobinAssignor", false },
	[ASSIGN_STICKY] = { "sticky", "StickyAssignor", false },
	[ASSIGN_COOPERATIVE] = { "cooperative-sticky",
	    "CooperativeStickyAssignor", true },
};

#define JAVA_PACKAGE	"org.apache.kafka.clients.consumer."

const char *
assign_name(enum assign_kind kind)
{
	return kinds[kind].name;
}

int
assign_find(const char *name, size_t len)
{
	size_t prefix = strlen(JAVA_PACKAGE);

	if (len > prefix && memcmp(name, JAVA_PACKAGE, prefix) == 0) {
		name += prefix;
		len -= prefix;
	}
	for (int i = 0; i < ASSIGN_KINDS; i++)
		if ((strlen(kinds[i].name) == len &&
		    memcmp(kinds[i].name, name, len) == 0) ||
		    (strlen(kinds[i].class) == len &&
		    memcmp(kinds[i].class, name, len) == 0))
			return i;
	return -1;
}

bool
assign_cooperative(enum assign_kind kind)
{
	return kinds[kind].cooperative;
}

void
nums_add(struct assign *as, struct nums *l, int32_t v)
{
	if (l->n == l->cap) {
		int32_t cap = l->cap > 0 ? 2 * l->cap : 8;
		int32_t *to = arena_alloc(as->a, (size_t)cap * sizeof(*to));

		if (l->n > 0)
			memcpy(to, l->v, (size_t)l->n * sizeof(*to));
		l->v = to;
		l->cap = cap;
	}
	l->v[l->n++] = v;
}

void
nums_del(struct nums *l, int32_t v)
{
	for (int32_t i = 0; i < l->n; i++)
		if (l->v[i] == v) {
			memmove(&l->v[i], &l->v[i + 1],
			    (size_t)(l->n - i - 1) * sizeof(*l->v));
			l->n--;
			return;
		}
}

static bool
nums_has(const struct nums *l, int32_t v)
{
	for (int32_t i = 0; i < l->n; i++)
		if (l->v[i] == v)
			return true;
	return false;
}

void
java_order(const uint32_t *hash, int32_t n, int32_t *order)
{
	uint32_t size = HASHMAP_MIN;
	int32_t at = 0;

	while ((uint64_t)n * 4 > (uint64_t)size * 3)
		size *= 2;
	for (uint32_t bucket = 0; bucket < size && at < n; bucket++)
		for (int32_t i = 0; i < n; i++)
			if (((hash[i] ^ hash[i] >> 16) & (size - 1)) == bucket)
				order[at++] = i;
}

static int32_t
find_topic(const struct assign *as, struct kstr name)
{
	int32_t lo = 0, hi = as->n_topics;

	while (lo < hi) {
		int32_t mid = lo + (hi - lo) / 2;
		int rc = kstr_cmp(as->topic[mid].name, name);

		if (rc == 0)
			return mid;
		if (rc < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

int32_t
assign_number(const struct assign *as, struct kstr topic, int32_t partition)
{
	int32_t t = find_topic(as, topic);

	if (t < 0 || partition < 0 || partition >= as->topic[t].partitions)
		return -1;
	return as->base[t] + partition;
}

static void
prepare(struct assign *as)
{
	uint32_t *hash = arena_alloc(as->a, ((size_t)as->n + 1) * sizeof(*hash));
	size_t n_topics = (size_t)as->n_topics;

	as->base = arena_alloc(as->a, (n_topics + 1) * sizeof(*as->base));
	for (int32_t t = 0; t < as->n_topics; t++) {
		as->base[t] = as->total;
		as->total += as->topic[t].partitions;
	}
	as->topic_of = arena_alloc(as->a,
	    ((size_t)as->total + 1) * sizeof(*as->topic_of));
	for (int32_t t = 0; t < as->n_topics; t++)
		for (int32_t i = 0; i < as->topic[t].partitions; i++)
			as->topic_of[as->base[t] + i] = t;
	as->subscribed = arena_alloc(as->a, n_topics * (size_t)as->n + 1);
	as->order = arena_alloc(as->a,
	    ((size_t)as->n + 1) * sizeof(*as->order));
	as->got = arena_alloc(as->a, ((size_t)as->n + 1) * sizeof(*as->got));
	for (int32_t m = 0; m < as->n; m++) {
		const struct consumer_protocol_subscription *sub =
		    &as->member[m].sub;

		hash[m] = java_hash(as->member[m].id);
		for (int32_t i = 0; i < sub->topics.n; i++) {
			int32_t t = find_topic(as, sub->topics.v[i]);

			if (t >= 0)
				as->subscribed[(size_t)m * n_topics +
				    (size_t)t] = true;
		}
	}
	java_order(hash, as->n, as->order);
}

/* Static members before others, each in the order of their names. */
static int
member_cmp(const struct assign_member *a, const struct assign_member *b)
{
	if (a->instance.len >= 0 && b->instance.len >= 0)
		return kstr_cmp(a->instance, b->instance);
	if (a->instance.len >= 0 || b->instance.len >= 0)
		return a->instance.len >= 0 ? -1 : 1;
	return kstr_cmp(a->id, b->id);
}

static int32_t *
sorted_members(struct assign *as)
{
	int32_t *v = arena_alloc(as->a, ((size_t)as->n + 1) * sizeof(*v));

	for (int32_t m = 0; m < as->n; m++) {
		int32_t i = m;

		for (; i > 0 && member_cmp(&as->member[m],
		    &as->member[v[i - 1]]) < 0; i--)
			v[i] = v[i - 1];
		v[i] = m;
	}
	return v;
}

static void
assign_range(struct assign *as)
{
	const int32_t *sorted = sorted_members(as);

	for (int32_t t = 0; t < as->n_topics; t++) {
		int32_t members = 0, next = as->base[t], each, more;

		for (int32_t m = 0; m < as->n; m++)
			members += subscribes(as, m, t);
		if (members == 0)
			continue;
		each = as->topic[t].partitions / members;
		more = as->topic[t].partitions % members;
		for (int32_t i = 0; i < as->n; i++) {
			int32_t m = sorted[i];

			if (!subscribes(as, m, t))
				continue;
			for (int32_t k = each + (more-- > 0); k > 0; k--)
				nums_add(as, &as->got[m], next++);
		}
	}
}

static void
assign_roundrobin(struct assign *as)
{
	const int32_t *sorted = sorted_members(as);
	int32_t at = 0;

	for (int32_t p = 0; p < as->total; p++) {
		int32_t tries = as->n;

		while (tries > 0 &&
		    !subscribes(as, sorted[at], as->topic_of[p])) {
			at = (at + 1) % as->n;
			tries--;
		}
		if (tries == 0)
			continue;	/* nobody subscribes */
		nums_add(as, &as->got[sorted[at]], p);
		at = (at + 1) % as->n;
	}
}

/* Where it is not known what changes hands: what one member gets that it did
 * not have while another had it and gets it no more. */
static void
find_moving(struct assign *as)
{
	bool *given_up = arena_alloc(as->a, (size_t)as->total + 1);

	as->moving = arena_alloc(as->a,
	    ((size_t)as->total + 1) * sizeof(*as->moving));
	for (int32_t m = 0; m < as->n; m++)
		for (int32_t i = 0; i < as->said[m].n; i++)
			if (!nums_has(&as->got[m], as->said[m].v[i]))
				given_up[as->said[m].v[i]] = true;
	for (int32_t p = 0; p < as->total; p++)
		as->moving[p] = -1;
	for (int32_t m = 0; m < as->n; m++)
		for (int32_t i = 0; i < as->got[m].n; i++) {
			int32_t p = as->got[m].v[i];

			if (given_up[p] && !nums_has(&as->said[m], p))
				as->moving[p] = m;
		}
}

static void
assign_sticky(struct assign *as, enum assign_kind kind)
{
	assign_owned(as, kind);
	if (as->same)
		assign_constrained(as);
	else
		assign_general(as);
	if (kind != ASSIGN_COOPERATIVE)
		return;
	if (as->moving == NULL)
		find_moving(as);
	for (int32_t p = 0; p < as->total; p++)
		if (as->moving[p] >= 0)
			nums_del(&as->got[as->moving[p]], p);
}

void
assign_run(enum assign_kind kind, const struct assign_topic *topics,
    size_t n_topics, const struct assign_member *members, size_t n,
    struct assign_list *out, struct arena *a)
{
	struct assign as = { .topic = topics, .n_topics = (int32_t)n_topics,
		.member = members, .n = (int32_t)n, .a = a };

	prepare(&as);
	if (n > 0 && kind == ASSIGN_RANGE)
		assign_range(&as);
	else if (n > 0 && kind == ASSIGN_ROUNDROBIN)
		assign_roundrobin(&as);
	else if (n > 0)
		assign_sticky(&as, kind);
	for (size_t m = 0; m < n; m++) {
		out[m].n = (size_t)as.got[m].n;
		out[m].v = arena_alloc(a, (out[m].n + 1) * sizeof(*out[m].v));
		for (size_t i = 0; i < out[m].n; i++) {
			int32_t p = as.got[m].v[i], t = as.topic_of[p];

			out[m].v[i] = (struct assign_part){ t,
			    p - as.base[t] };
		}
	}
}

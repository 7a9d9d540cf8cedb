/*
 * offsets.c: the offsets of one group. A topic's lie in one array, sorted by
 * partition, so that a hundred thousand of them fit in a few megabytes.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xalloc.h"
#include "offsets.h"

/* What few offsets have beside the numbers. */
struct extra {
	int64_t	expire_ms;
	int32_t	len;
	char	text[];
};

struct entry {
	int64_t		 offset;
	int64_t		 commit_ms;
	struct extra	*extra;		/* NULL: none */
	uint32_t	 partition : 31;
	uint32_t	 stale : 1;	/* pending, and committed over since */
	int32_t		 leader_epoch;
};

struct offset_topic {
	UT_hash_handle	 hh;
	struct entry	*v;		/* by partition */
	int32_t		 n, cap;
	int32_t		 name_len;
	char		 name[];
};

struct offset_txn {
	UT_hash_handle		 hh;
	int64_t			 producer_id;
	struct offset_set	 set;
};

static struct offset_topic *
find_topic(const struct offset_set *s, struct kstr name)
{
	struct offset_topic *t;

	HASH_FIND(hh, s->topics, name.p, (unsigned int)name.len, t);
	return t;
}

/* Where the partition is, or would be. */
static int32_t
place(const struct offset_topic *t, int32_t partition)
{
	int32_t lo = 0, hi = t->n, mid;

	if (t->n > 0 && (int32_t)t->v[t->n - 1].partition < partition)
		return t->n;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((int32_t)t->v[mid].partition < partition)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct entry *
find(const struct offset_set *s, struct kstr topic, int32_t partition)
{
	struct offset_topic *t = find_topic(s, topic);
	int32_t i;

	if (t == NULL || partition < 0)
		return NULL;
	i = place(t, partition);
	return i < t->n && (int32_t)t->v[i].partition == partition ?
	    &t->v[i] : NULL;
}

static struct offset_topic *
need_topic(struct offset_set *s, struct kstr name)
{
	struct offset_topic *t = find_topic(s, name);

	if (t != NULL)
		return t;
	t = xcalloc(1, sizeof(*t) + (size_t)name.len + 1);
	t->name_len = name.len;
	memcpy(t->name, name.p, (size_t)name.len);
	HASH_ADD_KEYPTR(hh, s->topics, t->name, (unsigned int)t->name_len, t);
	return t;
}

static struct entry *
need(struct offset_set *s, struct kstr topic, int32_t partition)
{
	struct offset_topic *t = need_topic(s, topic);
	int32_t i = place(t, partition);

	if (i < t->n && (int32_t)t->v[i].partition == partition)
		return &t->v[i];
	if (t->n == t->cap) {
		t->cap += t->cap / 4 + 1;
		t->v = xreallocarray(t->v, (size_t)t->cap, sizeof(*t->v));
	}
	memmove(t->v + i + 1, t->v + i, (size_t)(t->n - i) * sizeof(*t->v));
	t->n++;
	s->n++;
	t->v[i] = (struct entry){ .partition = (uint32_t)partition };
	return &t->v[i];
}

static void
remove_entry(struct offset_set *s, struct offset_topic *t, int32_t i)
{
	free(t->v[i].extra);
	t->n--;
	s->n--;
	memmove(t->v + i, t->v + i + 1, (size_t)(t->n - i) * sizeof(*t->v));
	if (t->n > 0)
		return;
	HASH_DEL(s->topics, t);
	free(t->v);
	free(t);
}

static bool
drop(struct offset_set *s, struct kstr topic, int32_t partition)
{
	struct entry *en = find(s, topic, partition);
	struct offset_topic *t;

	if (en == NULL)
		return false;
	t = find_topic(s, topic);
	remove_entry(s, t, (int32_t)(en - t->v));
	return true;
}

static void
set_release(struct offset_set *s)
{
	struct offset_topic *t, *next;

	HASH_ITER(hh, s->topics, t, next) {
		for (int32_t i = 0; i < t->n; i++)
			free(t->v[i].extra);
		HASH_DEL(s->topics, t);
		free(t->v);
		free(t);
	}
	s->n = 0;
}

static void
fill(struct entry *en, const struct offset_value *v)
{
	free(en->extra);
	en->extra = NULL;
	en->stale = 0;
	en->offset = v->offset;
	en->commit_ms = v->commit_ms;
	en->leader_epoch = v->leader_epoch;
	if (v->metadata.len <= 0 && v->expire_ms == -1)
		return;
	en->extra = xmalloc(sizeof(*en->extra) + (size_t)v->metadata.len);
	en->extra->expire_ms = v->expire_ms;
	en->extra->len = v->metadata.len;
	if (v->metadata.len > 0)
		memcpy(en->extra->text, v->metadata.p,
		    (size_t)v->metadata.len);
}

static void
show(const struct entry *en, struct offset_value *v)
{
	v->offset = en->offset;
	v->commit_ms = en->commit_ms;
	v->leader_epoch = en->leader_epoch;
	v->expire_ms = en->extra != NULL ? en->extra->expire_ms : -1;
	v->metadata = en->extra != NULL ?
	    (struct kstr){ en->extra->text, en->extra->len } : kstr("");
}

void
offsets_release(struct offsets *o)
{
	struct offset_txn *x, *next;

	set_release(&o->set);
	HASH_ITER(hh, o->txns, x, next) {
		HASH_DEL(o->txns, x);
		set_release(&x->set);
		free(x);
	}
}

void
offsets_put(struct offsets *o, struct kstr topic, int32_t partition,
    const struct offset_value *v)
{
	struct offset_txn *x, *next;
	struct entry *en;

	fill(need(&o->set, topic, partition), v);
	HASH_ITER(hh, o->txns, x, next)
		if ((en = find(&x->set, topic, partition)) != NULL)
			en->stale = 1;
}

bool
offsets_get(const struct offsets *o, struct kstr topic, int32_t partition,
    struct offset_value *v)
{
	const struct entry *en = find(&o->set, topic, partition);

	if (en != NULL)
		show(en, v);
	return en != NULL;
}

bool
offsets_drop(struct offsets *o, struct kstr topic, int32_t partition)
{
	struct offset_txn *x, *next;

	HASH_ITER(hh, o->txns, x, next)
		drop(&x->set, topic, partition);
	return drop(&o->set, topic, partition);
}

bool
offsets_has_topic(const struct offsets *o, struct kstr topic)
{
	return find_topic(&o->set, topic) != NULL;
}

void
offsets_each(struct offsets *o, bool (*each)(void *, struct kstr, int32_t,
    const struct offset_value *), void *arg)
{
	struct offset_topic *t, *next;
	struct offset_value v;
	int32_t kept;

	HASH_ITER(hh, o->set.topics, t, next) {
		kept = 0;
		for (int32_t i = 0; i < t->n; i++) {
			show(&t->v[i], &v);
			if (each(arg, (struct kstr){ t->name, t->name_len },
			    (int32_t)t->v[i].partition, &v))
				free(t->v[i].extra);
			else
				t->v[kept++] = t->v[i];
		}
		o->set.n -= t->n - kept;
		t->n = kept;
		if (kept > 0)
			continue;
		HASH_DEL(o->set.topics, t);
		free(t->v);
		free(t);
	}
}

int32_t
offsets_topic_count(const struct offsets *o)
{
	return (int32_t)HASH_COUNT(o->set.topics);
}

int32_t
offsets_topic_size(const struct offsets *o, struct kstr topic)
{
	const struct offset_topic *t = find_topic(&o->set, topic);

	return t != NULL ? t->n : 0;
}

static struct offset_txn *
find_txn(const struct offsets *o, int64_t producer_id)
{
	struct offset_txn *x;

	HASH_FIND(hh, o->txns, &producer_id, sizeof(producer_id), x);
	return x;
}

void
offsets_txn_put(struct offsets *o, int64_t producer_id, struct kstr topic,
    int32_t partition, const struct offset_value *v)
{
	struct offset_txn *x = find_txn(o, producer_id);

	if (x == NULL) {
		x = xcalloc(1, sizeof(*x));
		x->producer_id = producer_id;
		HASH_ADD(hh, o->txns, producer_id, sizeof(x->producer_id), x);
	}
	fill(need(&x->set, topic, partition), v);
}

static void
take_over(struct offsets *o, const struct offset_txn *x)
{
	struct offset_topic *t, *next;
	struct offset_value v;

	HASH_ITER(hh, x->set.topics, t, next)
		for (int32_t i = 0; i < t->n; i++) {
			if (t->v[i].stale)
				continue;
			show(&t->v[i], &v);
			fill(need(&o->set, (struct kstr){ t->name,
			    t->name_len }, (int32_t)t->v[i].partition), &v);
		}
}

void
offsets_txn_end(struct offsets *o, int64_t producer_id, bool commit)
{
	struct offset_txn *x = find_txn(o, producer_id);

	if (x == NULL)
		return;
	if (commit)
		take_over(o, x);
	HASH_DEL(o->txns, x);
	set_release(&x->set);
	free(x);
}

bool
offsets_txn_pending(const struct offsets *o, struct kstr topic,
    int32_t partition)
{
	struct offset_txn *x, *next;

	HASH_ITER(hh, o->txns, x, next)
		if (find(&x->set, topic, partition) != NULL)
			return true;
	return false;
}

bool
offsets_txn_any(const struct offsets *o)
{
	return o->txns != NULL;
}

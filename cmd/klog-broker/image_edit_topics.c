/* image_edit_topics.c: records of topics and partitions. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image_edit_impl.h"
#include "partition.h"

#define PARTITIONS_MAX	1000000		/* of a topic, as a sanity limit */

static void
push(struct image_topic ***v, int32_t *n, int32_t *cap, struct topic *t)
{
	if (*n == *cap) {
		*cap = *cap == 0 ? 4 : 2 * *cap;
		*v = xreallocarray(*v, (size_t)*cap, sizeof(**v));
	}
	(*v)[(*n)++] = image_topic_ref(&t->pub);
}

static struct shard *
shard_own(struct image_edit *ed, struct shard **at)
{
	struct shard *old = *at, *s;

	if (old != NULL && old->serial == ed->im->serial)
		return old;
	s = xcalloc(1, sizeof(*s));
	s->refs = 1;
	s->serial = ed->im->serial;
	if (old != NULL) {
		s->n = old->n;
		s->v = xreallocarray(NULL, (size_t)s->n + 1, sizeof(*s->v));
		for (int32_t i = 0; i < s->n; i++) {
			s->v[i] = old->v[i];
			s->v[i]->refs++;
		}
		shard_unref(old);
	}
	return *at = s;
}

static void
shard_insert(struct shard *s, int32_t i, struct topic *t)
{
	s->v = xreallocarray(s->v, (size_t)s->n + 1, sizeof(*s->v));
	memmove(&s->v[i + 1], &s->v[i], (size_t)(s->n - i) * sizeof(*s->v));
	s->v[i] = t;
	s->n++;
	t->refs++;
}

static void
shard_remove(struct shard *s, int32_t i)
{
	topic_unref(s->v[i]);
	s->n--;
	memmove(&s->v[i], &s->v[i + 1], (size_t)(s->n - i) * sizeof(*s->v));
}

static struct topic *
topic_new(struct image_edit *ed, struct kstr name, const struct kuuid *id)
{
	struct topic *t = xcalloc(1, sizeof(*t) + (size_t)name.len + 1);

	t->refs = 0;
	t->serial = ed->im->serial;
	memcpy(t->name, name.p, (size_t)name.len);
	t->pub.name = (struct kstr){ t->name, name.len };
	t->pub.id = *id;
	t->pub.internal = strcmp(t->name, "__consumer_offsets") == 0 ||
	    strcmp(t->name, "__transaction_state") == 0;
	return t;
}

/* What a partition record says of replicas; dirs may be NULL: not known. */
static void
partition_set(struct image_partition *p, const struct kuuid *dirs,
    const int32_t *replicas, int32_t n_replicas, const int32_t *isr,
    int32_t n_isr)
{
	size_t n = (size_t)n_replicas, ids = n + (size_t)n_isr;
	struct image_set *s = xcalloc(1, sizeof(*s) + ids * sizeof(int32_t) +
	    n * sizeof(struct kuuid));
	struct kuuid *d = (struct kuuid *)(s->ids + ids);

	s->refs = 1;
	if (n_replicas > 0)
		memcpy(s->ids, replicas, n * sizeof(int32_t));
	if (n_isr > 0)
		memcpy(s->ids + n, isr, (size_t)n_isr * sizeof(int32_t));
	if (dirs != NULL && n > 0)
		memcpy(d, dirs, n * sizeof(*d));
	if (p->set != NULL && --p->set->refs == 0)
		free(p->set);
	p->set = s;
	p->replicas = s->ids;
	p->n_replicas = n_replicas;
	p->isr = s->ids + n;
	p->n_isr = n_isr;
	p->directories = d;
}

static void
topic_resize(struct topic *t, int32_t n)
{
	t->partitions = xreallocarray(t->partitions, (size_t)n,
	    sizeof(*t->partitions));
	for (int32_t i = t->pub.n; i < n; i++) {
		memset(&t->partitions[i], 0, sizeof(t->partitions[i]));
		t->partitions[i].leader = -1;
		partition_set(&t->partitions[i], NULL, NULL, 0, NULL, 0);
	}
	t->pub.n = n;
	t->pub.partitions = t->partitions;
}

static struct topic *
topic_copy(struct image_edit *ed, const struct topic *old)
{
	struct topic *t = topic_new(ed, old->pub.name, &old->pub.id);
	struct image_partition *p;

	t->pub.n = old->pub.n;
	t->partitions = xreallocarray(NULL, (size_t)old->pub.n,
	    sizeof(*t->partitions));
	t->pub.partitions = t->partitions;
	for (int32_t i = 0; i < old->pub.n; i++) {
		p = &t->partitions[i];
		*p = old->partitions[i];
		p->set->refs++;
		if (p->local != NULL)
			partition_ref(p->local);
	}
	overrides_copy(&t->overrides, &old->overrides);
	return t;
}

/* Puts t in, in place of one of the same name and id where there is one. */
static void
topic_put(struct image_edit *ed, struct topic *t)
{
	struct shard *s;
	bool found;
	int32_t i;

	t->refs++;
	s = shard_own(ed, &ed->im->by_name[image_name_shard(t->pub.name)]);
	i = shard_find_name(s, t->pub.name, &found);
	if (found)
		shard_remove(s, i);
	else
		ed->im->n_topics++;
	shard_insert(s, i, t);
	s = shard_own(ed, &ed->im->by_id[image_id_shard(&t->pub.id)]);
	i = shard_find_id(s, &t->pub.id, &found);
	if (found)
		shard_remove(s, i);
	shard_insert(s, i, t);
	push(&ed->touched, &ed->n_touched, &ed->cap_touched, t);
	topic_unref(t);
}

struct topic *
edit_topic_own(struct image_edit *ed, const struct kuuid *id, struct kerr *e)
{
	struct topic *old = (struct topic *)(uintptr_t)image_topic_by_id(
	    ed->im, id), *t;

	if (old == NULL) {
		kerr_set(e, KE_CORRUPT, "record of a topic that is not there");
		return NULL;
	}
	if (old->serial == ed->im->serial)
		return old;
	t = topic_copy(ed, old);
	topic_put(ed, t);
	return t;
}

int
edit_topic(struct image_edit *ed, const struct topic_record *r,
    struct kerr *e)
{
	if (image_topic(ed->im, r->name) != NULL ||
	    image_topic_by_id(ed->im, &r->topic_id) != NULL)
		return kerr_set(e, KE_CORRUPT, "topic '%.*s' made twice",
		    r->name.len, r->name.p);
	topic_put(ed, topic_new(ed, r->name, &r->topic_id));
	return 0;
}

int
edit_remove_topic(struct image_edit *ed, const struct remove_topic_record *r,
    struct kerr *e)
{
	struct topic *t = edit_topic_own(ed, &r->topic_id, e);
	struct shard *s;
	bool found;
	int32_t i;

	if (t == NULL)
		return e->code;
	push(&ed->removed, &ed->n_removed, &ed->cap_removed, t);
	for (i = 0; ed->touched[i] != &t->pub; i++)
		;
	ed->touched[i] = ed->touched[--ed->n_touched];
	topic_unref(t);
	s = shard_own(ed, &ed->im->by_name[image_name_shard(t->pub.name)]);
	shard_remove(s, shard_find_name(s, t->pub.name, &found));
	s = shard_own(ed, &ed->im->by_id[image_id_shard(&t->pub.id)]);
	shard_remove(s, shard_find_id(s, &t->pub.id, &found));
	ed->im->n_topics--;
	return 0;
}

int
edit_partition(struct image_edit *ed, const struct partition_record *r,
    struct kerr *e)
{
	struct topic *t = edit_topic_own(ed, &r->topic_id, e);
	struct image_partition *p;

	if (t == NULL)
		return e->code;
	if (r->partition_id < 0 || r->partition_id >= PARTITIONS_MAX)
		return kerr_set(e, KE_CORRUPT, "partition %d", r->partition_id);
	if (r->partition_id >= t->pub.n)
		topic_resize(t, r->partition_id + 1);
	p = &t->partitions[r->partition_id];
	p->leader = r->leader;
	p->leader_epoch = r->leader_epoch;
	p->partition_epoch = r->partition_epoch;
	partition_set(p, r->directories.n == r->replicas.n ?
	    r->directories.v : NULL, r->replicas.v, r->replicas.n, r->isr.v,
	    r->isr.n);
	return 0;
}

/* Lists that are null stay as they were. */
static void
change_sets(struct image_partition *p, const struct partition_change_record *r)
{
	bool moved = r->replicas.n >= 0;
	int32_t n = moved ? r->replicas.n : p->n_replicas;
	const struct kuuid *dirs = r->directories.n == n ? r->directories.v :
	    moved ? NULL : p->directories;

	partition_set(p, dirs, moved ? r->replicas.v : p->replicas, n,
	    r->isr.n >= 0 ? r->isr.v : p->isr,
	    r->isr.n >= 0 ? r->isr.n : p->n_isr);
}

int
edit_partition_change(struct image_edit *ed,
    const struct partition_change_record *r, struct kerr *e)
{
	struct topic *t = edit_topic_own(ed, &r->topic_id, e);
	struct image_partition *p;

	if (t == NULL)
		return e->code;
	if (r->partition_id < 0 || r->partition_id >= t->pub.n)
		return kerr_set(e, KE_CORRUPT, "change of partition %d",
		    r->partition_id);
	p = &t->partitions[r->partition_id];
	if (r->leader != -2) {
		p->leader = r->leader;
		p->leader_epoch++;
	}
	p->partition_epoch++;
	if (r->isr.n >= 0 || r->replicas.n >= 0 || r->directories.n >= 0)
		change_sets(p, r);
	return 0;
}

/* places.c: the partitions of this broker follow the image. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "broker.h"
#include "partition.h"
#include "places.h"

static bool
is_here(const struct broker *b, const struct image_partition *p)
{
	for (int32_t i = 0; i < p->n_replicas; i++)
		if (p->replicas[i] == b->node_id)
			return true;
	return false;
}

static void
fill(struct broker *b, struct image_topic *t)
{
	for (int32_t i = 0; i < t->n; i++)
		if (t->partitions[i].local == NULL &&
		    is_here(b, &t->partitions[i]))
			image_edit_place(t, i, partition_new(b->logdir,
			    t->name.p, &t->id, i, t->config));
}

static void
tell(struct broker *b, const struct image_topic *t)
{
	const struct image_partition *p;
	struct partition_state s;

	for (int32_t i = 0; i < t->n; i++) {
		p = &t->partitions[i];
		if (p->local == NULL)
			continue;
		s.leader = p->leader;
		s.leader_epoch = p->leader_epoch;
		s.partition_epoch = p->partition_epoch;
		s.isr = p->isr;
		s.n_isr = p->n_isr;
		s.n_replicas = p->n_replicas;
		partition_configure(p->local, t->config);
		partition_apply(p->local, b->node_id, &s);
	}
}

static struct image_topic **
keep(struct image_topic *const *v, int32_t n)
{
	struct image_topic **out = xcalloc((size_t)n + 1, sizeof(*out));

	for (int32_t i = 0; i < n; i++)
		out[i] = image_topic_ref(v[i]);
	return out;
}

void
places_take(struct broker *b, struct image_edit *ed, struct places *pl)
{
	struct image_topic *const *v;

	v = image_edit_touched(ed, &pl->n_changed);
	for (int32_t i = 0; i < pl->n_changed; i++)
		fill(b, v[i]);
	pl->changed = keep(v, pl->n_changed);
	v = image_edit_removed(ed, &pl->n_removed);
	pl->removed = keep(v, pl->n_removed);
}

void
places_tell(struct broker *b, const struct places *pl)
{
	const struct image_topic *t;

	for (int32_t i = 0; i < pl->n_changed; i++)
		tell(b, pl->changed[i]);
	for (int32_t i = 0; i < pl->n_removed; i++) {
		t = pl->removed[i];
		for (int32_t j = 0; j < t->n; j++)
			if (t->partitions[j].local != NULL)
				partition_delete(t->partitions[j].local);
	}
}

static bool
is_among(struct image_topic *const *v, int32_t n, struct kstr topic)
{
	for (int32_t i = 0; i < n; i++)
		if (kstr_eq(v[i]->name, topic))
			return true;
	return false;
}

bool
places_touch(const struct places *pl, struct kstr topic)
{
	return pl == NULL || is_among(pl->changed, pl->n_changed, topic) ||
	    is_among(pl->removed, pl->n_removed, topic);
}

void
places_release(struct places *pl)
{
	for (int32_t i = 0; i < pl->n_changed; i++)
		image_topic_unref(pl->changed[i]);
	for (int32_t i = 0; i < pl->n_removed; i++)
		image_topic_unref(pl->removed[i]);
	free(pl->changed);
	free(pl->removed);
	*pl = (struct places){ 0 };
}

void
places_fill(struct broker *b, struct image *im)
{
	const struct image_topic *t;
	struct image_iter it = { 0 };

	while ((t = image_next(im, &it)) != NULL)
		fill(b, (struct image_topic *)(uintptr_t)t);
}

void
places_tell_all(struct broker *b, const struct image *im)
{
	const struct image_topic *t;
	struct image_iter it = { 0 };

	while ((t = image_next(im, &it)) != NULL)
		tell(b, t);
}

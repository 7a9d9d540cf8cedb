/* image.c: looking things up in an image, and letting go of it. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image.h"
#include "image_edit.h"
#include "image_impl.h"
#include "partition.h"

/* '.' and '_' are one, so that names which differ in these alone are
 * neighbours: image_namesake(). */
static char
alike(char c)
{
	return c == '.' ? '_' : c;
}

unsigned int
image_name_shard(struct kstr name)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (int32_t i = 0; i < name.len; i++)
		h = (h ^ (uint8_t)alike(name.p[i])) * 16777619u;
	return (h ^ h >> 16) % IMAGE_SHARDS;
}

unsigned int
image_id_shard(const struct kuuid *id)
{
	return id->b[15] % IMAGE_SHARDS;
}

int32_t
shard_find_name(const struct shard *s, struct kstr name, bool *found)
{
	int32_t lo = 0, hi = s != NULL ? s->n : 0, mid;
	int c;

	*found = false;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = kstr_cmp(s->v[mid]->pub.name, name);
		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int32_t
shard_find_id(const struct shard *s, const struct kuuid *id, bool *found)
{
	int32_t lo = 0, hi = s != NULL ? s->n : 0, mid;
	int c;

	*found = false;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = memcmp(s->v[mid]->pub.id.b, id->b, sizeof(id->b));
		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
last_ref(atomic_int *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

void
topic_unref(struct topic *t)
{
	if (!last_ref(&t->refs))
		return;
	for (int32_t i = 0; i < t->pub.n; i++) {
		if (last_ref(&t->partitions[i].set->refs))
			free(t->partitions[i].set);
		if (t->partitions[i].local != NULL)
			partition_unref(t->partitions[i].local);
	}
	overrides_release(&t->overrides);
	settings_unref(t->settings);
	free(t->partitions);
	free(t);
}

void
shard_unref(struct shard *s)
{
	if (s == NULL || !last_ref(&s->refs))
		return;
	for (int32_t i = 0; i < s->n; i++)
		topic_unref(s->v[i]);
	free(s->v);
	free(s);
}

void
image_broker_free(struct image_broker *b)
{
	for (int32_t i = 0; i < b->n_endpoints; i++) {
		free(b->endpoints[i].name);
		free(b->endpoints[i].host);
	}
	free(b->endpoints);
	free(b->log_dirs);
	free(b->rack);
	free(b);
}

void
cluster_unref(struct cluster *c)
{
	if (!last_ref(&c->refs))
		return;
	for (int32_t i = 0; i < c->n_brokers; i++)
		image_broker_free(c->brokers[i]);
	for (int32_t i = 0; i < c->n_features; i++)
		free(c->features[i].name);
	for (int32_t i = 0; i < c->n_entities; i++)
		overrides_release(&c->entities[i].overrides);
	free(c->brokers);
	free(c->features);
	free(c->entities);
	free(c);
}

struct image *
image_ref(const struct image *im)
{
	struct image *w = (struct image *)(uintptr_t)im;

	atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
	return w;
}

void
image_unref(const struct image *im)
{
	struct image *w = (struct image *)(uintptr_t)im;

	if (w == NULL || !last_ref(&w->refs))
		return;
	for (int i = 0; i < IMAGE_SHARDS; i++) {
		shard_unref(w->by_name[i]);
		shard_unref(w->by_id[i]);
	}
	cluster_unref(w->cluster);
	settings_unref(w->settings);
	free(w);
}

struct image_topic *
image_topic_ref(const struct image_topic *pub)
{
	struct topic *t = (struct topic *)(uintptr_t)pub;

	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return &t->pub;
}

void
image_topic_unref(struct image_topic *pub)
{
	topic_unref((struct topic *)pub);
}

const struct image_topic *
image_topic(const struct image *im, struct kstr name)
{
	const struct shard *s = im->by_name[image_name_shard(name)];
	bool found;
	int32_t i = shard_find_name(s, name, &found);

	return found ? &s->v[i]->pub : NULL;
}

static bool
are_alike(struct kstr a, struct kstr b)
{
	if (a.len != b.len)
		return false;
	for (int32_t i = 0; i < a.len; i++)
		if (alike(a.p[i]) != alike(b.p[i]))
			return false;
	return true;
}

const struct image_topic *
image_namesake(const struct image *im, struct kstr name)
{
	const struct shard *s = im->by_name[image_name_shard(name)];

	for (int32_t i = 0; s != NULL && i < s->n; i++)
		if (are_alike(s->v[i]->pub.name, name))
			return &s->v[i]->pub;
	return NULL;
}

const struct image_topic *
image_topic_by_id(const struct image *im, const struct kuuid *id)
{
	const struct shard *s = im->by_id[image_id_shard(id)];
	bool found;
	int32_t i = shard_find_id(s, id, &found);

	return found ? &s->v[i]->pub : NULL;
}

const struct image_partition *
image_partition(const struct image_topic *t, int32_t index)
{
	return index >= 0 && index < t->n ? &t->partitions[index] : NULL;
}

bool
image_has_partition(const struct image *im, struct kstr topic, int32_t index)
{
	const struct image_topic *t = image_topic(im, topic);

	return t != NULL && image_partition(t, index) != NULL;
}

const struct image_broker *const *
image_brokers(const struct image *im, int32_t *n)
{
	*n = im->cluster->n_brokers;
	return (const struct image_broker *const *)im->cluster->brokers;
}

const struct image_feature *
image_features(const struct image *im, int32_t *n)
{
	*n = im->cluster->n_features;
	return im->cluster->features;
}

int64_t
image_next_producer_id(const struct image *im)
{
	return im->cluster->next_producer_id;
}

int32_t
image_topic_count(const struct image *im)
{
	return im->n_topics;
}

const struct image_topic *
image_next(const struct image *im, struct image_iter *it)
{
	const struct shard *s;

	for (; it->shard < IMAGE_SHARDS; it->shard++, it->at = 0) {
		s = im->by_name[it->shard];
		if (s != NULL && it->at < s->n)
			return &s->v[it->at++]->pub;
	}
	return NULL;
}

/*
 * image_edit.c: records of the metadata log -> the next image.
 *
 * Everything here writes only to objects of its own serial: the *_own()
 * functions make a copy of what older images share.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "image_edit.h"
#include "image_impl.h"
#include "partition.h"
#include "wire/codec.h"
#include "wire/meta.h"
#include "wire/msg_describe_configs.h"

#define PARTITIONS_MAX	1000000		/* of a topic, as a sanity limit */

struct image_edit {
	struct image		 *im;
	struct arena		  arena;	/* the record at hand */
	struct image_topic	**touched;
	int32_t			  n_touched, cap_touched;
	struct image_topic	**removed;
	int32_t			  n_removed, cap_removed;
	bool			  settings;	/* a broker's were changed */
};

static atomic_uint_fast64_t serials;

struct image *
image_new(const struct broker_config *config, int32_t self)
{
	struct image *im = xcalloc(1, sizeof(*im));

	im->refs = 1;
	im->serial = ++serials;
	im->base = config;
	im->self = self;
	im->settings = settings_new(im, config);
	im->cluster = xcalloc(1, sizeof(*im->cluster));
	im->cluster->refs = 1;
	im->cluster->serial = im->serial;
	return im;
}

struct image_edit *
image_edit_begin(const struct image *base)
{
	struct image_edit *ed = xcalloc(1, sizeof(*ed));
	struct image *im = xmalloc(sizeof(*im));

	*im = *base;
	im->refs = 1;
	im->serial = ++serials;
	for (int i = 0; i < IMAGE_SHARDS; i++) {
		if (im->by_name[i] != NULL)
			im->by_name[i]->refs++;
		if (im->by_id[i] != NULL)
			im->by_id[i]->refs++;
	}
	im->cluster->refs++;
	settings_ref(im->settings);
	ed->im = im;
	arena_init(&ed->arena, 0);
	return ed;
}

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

/* The topic, to be written to; NULL with e set where there is none. */
static struct topic *
topic_own(struct image_edit *ed, const struct kuuid *id, struct kerr *e)
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

static int
apply_topic(struct image_edit *ed, const struct topic_record *r,
    struct kerr *e)
{
	if (image_topic(ed->im, r->name) != NULL ||
	    image_topic_by_id(ed->im, &r->topic_id) != NULL)
		return kerr_set(e, KE_CORRUPT, "topic '%.*s' made twice",
		    r->name.len, r->name.p);
	topic_put(ed, topic_new(ed, r->name, &r->topic_id));
	return 0;
}

static int
apply_remove_topic(struct image_edit *ed, const struct remove_topic_record *r,
    struct kerr *e)
{
	struct topic *t = topic_own(ed, &r->topic_id, e);
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

static int
apply_partition(struct image_edit *ed, const struct partition_record *r,
    struct kerr *e)
{
	struct topic *t = topic_own(ed, &r->topic_id, e);
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

static int
apply_partition_change(struct image_edit *ed,
    const struct partition_change_record *r, struct kerr *e)
{
	struct topic *t = topic_own(ed, &r->topic_id, e);
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

struct image_broker *
image_broker_copy(const struct image_broker *old)
{
	struct image_broker *b = xmalloc(sizeof(*b));

	*b = *old;
	b->rack = old->rack != NULL ? xstrdup(old->rack) : NULL;
	b->endpoints = xcalloc((size_t)old->n_endpoints + 1,
	    sizeof(*b->endpoints));
	for (int32_t i = 0; i < old->n_endpoints; i++) {
		b->endpoints[i] = old->endpoints[i];
		b->endpoints[i].name = xstrdup(old->endpoints[i].name);
		b->endpoints[i].host = xstrdup(old->endpoints[i].host);
	}
	b->log_dirs = xcalloc((size_t)old->n_log_dirs + 1,
	    sizeof(*b->log_dirs));
	for (int32_t i = 0; i < old->n_log_dirs; i++)
		b->log_dirs[i] = old->log_dirs[i];
	return b;
}

static struct cluster *
cluster_own(struct image_edit *ed)
{
	struct cluster *old = ed->im->cluster, *c;

	if (old->serial == ed->im->serial)
		return old;
	c = xmalloc(sizeof(*c));
	*c = *old;
	c->refs = 1;
	c->serial = ed->im->serial;
	c->brokers = xcalloc((size_t)c->n_brokers + 1, sizeof(*c->brokers));
	for (int32_t i = 0; i < c->n_brokers; i++)
		c->brokers[i] = image_broker_copy(old->brokers[i]);
	c->features = xcalloc((size_t)c->n_features + 1,
	    sizeof(*c->features));
	for (int32_t i = 0; i < c->n_features; i++) {
		c->features[i] = old->features[i];
		c->features[i].name = xstrdup(old->features[i].name);
	}
	c->entities = xcalloc((size_t)c->n_entities + 1,
	    sizeof(*c->entities));
	for (int32_t i = 0; i < c->n_entities; i++) {
		c->entities[i].id = old->entities[i].id;
		overrides_copy(&c->entities[i].overrides,
		    &old->entities[i].overrides);
	}
	cluster_unref(old);
	return ed->im->cluster = c;
}

static int32_t
broker_at(const struct cluster *c, int32_t id)
{
	int32_t i = 0;

	while (i < c->n_brokers && c->brokers[i]->id < id)
		i++;
	return i;
}

static struct image_broker *
broker_own(struct image_edit *ed, int32_t id, struct kerr *e)
{
	struct cluster *c = cluster_own(ed);
	int32_t i = broker_at(c, id);

	if (i < c->n_brokers && c->brokers[i]->id == id)
		return c->brokers[i];
	kerr_set(e, KE_CORRUPT, "record of broker %d, which is not there", id);
	return NULL;
}

static void
cluster_remove(struct cluster *c, int32_t i)
{
	image_broker_free(c->brokers[i]);
	c->n_brokers--;
	memmove(&c->brokers[i], &c->brokers[i + 1],
	    (size_t)(c->n_brokers - i) * sizeof(*c->brokers));
}

static int
apply_register_broker(struct image_edit *ed,
    const struct register_broker_record *r)
{
	struct cluster *c = cluster_own(ed);
	struct image_broker *b = xcalloc(1, sizeof(*b));
	int32_t i = broker_at(c, r->broker_id);

	b->id = r->broker_id;
	b->epoch = r->broker_epoch;
	b->incarnation = r->incarnation_id;
	b->fenced = r->fenced;
	if (r->rack.len >= 0)
		b->rack = xstrndup(r->rack.p, (size_t)r->rack.len);
	b->n_endpoints = r->end_points.n;
	b->endpoints = xcalloc((size_t)b->n_endpoints + 1,
	    sizeof(*b->endpoints));
	for (int32_t j = 0; j < b->n_endpoints; j++) {
		const struct register_broker_record_endpoint *from =
		    &r->end_points.v[j];

		b->endpoints[j].name = xstrndup(from->name.p,
		    (size_t)from->name.len);
		b->endpoints[j].host = xstrndup(from->host.p,
		    (size_t)from->host.len);
		b->endpoints[j].port = from->port;
		b->endpoints[j].protocol = from->security_protocol;
	}
	b->n_log_dirs = r->log_dirs.n;
	b->log_dirs = xcalloc((size_t)b->n_log_dirs + 1, sizeof(*b->log_dirs));
	for (int32_t j = 0; j < b->n_log_dirs; j++)
		b->log_dirs[j] = r->log_dirs.v[j];
	if (i < c->n_brokers && c->brokers[i]->id == b->id)
		cluster_remove(c, i);
	c->brokers = xreallocarray(c->brokers, (size_t)c->n_brokers + 1,
	    sizeof(*c->brokers));
	memmove(&c->brokers[i + 1], &c->brokers[i],
	    (size_t)(c->n_brokers - i) * sizeof(*c->brokers));
	c->brokers[i] = b;
	c->n_brokers++;
	return 0;
}

static int
apply_unregister_broker(struct image_edit *ed,
    const struct unregister_broker_record *r, struct kerr *e)
{
	if (broker_own(ed, r->broker_id, e) == NULL)
		return e->code;
	cluster_remove(ed->im->cluster, broker_at(ed->im->cluster,
	    r->broker_id));
	return 0;
}

static int
set_fenced(struct image_edit *ed, int32_t id, bool fenced, struct kerr *e)
{
	struct image_broker *b = broker_own(ed, id, e);

	if (b == NULL)
		return e->code;
	b->fenced = fenced;
	return 0;
}

static int
apply_registration_change(struct image_edit *ed,
    const struct broker_registration_change_record *r, struct kerr *e)
{
	if (r->fenced != 0)
		return set_fenced(ed, r->broker_id, r->fenced > 0, e);
	return broker_own(ed, r->broker_id, e) != NULL ? 0 : e->code;
}

/* -1 of "" (all brokers), or the number; below that where it is none. */
static int32_t
broker_number(struct kstr s)
{
	int64_t id = 0;

	if (s.len == 0)
		return IMAGE_ALL_BROKERS;
	for (int32_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return INT32_MIN;
		id = 10 * id + s.p[i] - '0';
		if (id > INT32_MAX)
			return INT32_MIN;
	}
	return (int32_t)id;
}

static int
apply_config(struct image_edit *ed, const struct config_record *r,
    struct kerr *e)
{
	const struct image_topic *pub;
	struct topic *t;
	int32_t id;

	if (r->resource_type == CONFIG_OF_BROKER) {
		if ((id = broker_number(r->resource_name)) == INT32_MIN)
			return kerr_set(e, KE_CORRUPT, "property of a broker "
			    "that has no number");
		overrides_set(cluster_overrides(cluster_own(ed), id), r->name,
		    r->value);
		ed->settings = true;
	}
	if (r->resource_type != CONFIG_OF_TOPIC)
		return 0;
	if ((pub = image_topic(ed->im, r->resource_name)) == NULL)
		return kerr_set(e, KE_CORRUPT, "property of topic '%.*s', "
		    "which is not there", r->resource_name.len,
		    r->resource_name.p);
	if ((t = topic_own(ed, &pub->id, e)) == NULL)
		return e->code;
	overrides_set(&t->overrides, r->name, r->value);
	return 0;
}

static int
apply_feature(struct image_edit *ed, const struct feature_level_record *r)
{
	struct cluster *c = cluster_own(ed);
	int32_t i = 0;

	while (i < c->n_features &&
	    !kstr_eq(kstr(c->features[i].name), r->name))
		i++;
	if (i == c->n_features) {
		c->features = xreallocarray(c->features,
		    (size_t)c->n_features + 1, sizeof(*c->features));
		c->features[i].name = xstrndup(r->name.p, (size_t)r->name.len);
		c->n_features++;
	}
	c->features[i].level = r->feature_level;
	return 0;
}

static int
apply(struct image_edit *ed, int16_t type, const void *m, struct kerr *e)
{
	const struct fence_broker_record *fence = m;
	const struct unfence_broker_record *unfence = m;
	const struct producer_ids_record *ids = m;

	switch (type) {
	case META_TOPIC:
		return apply_topic(ed, m, e);
	case META_REMOVE_TOPIC:
		return apply_remove_topic(ed, m, e);
	case META_PARTITION:
		return apply_partition(ed, m, e);
	case META_PARTITION_CHANGE:
		return apply_partition_change(ed, m, e);
	case META_CONFIG:
		return apply_config(ed, m, e);
	case META_REGISTER_BROKER:
		return apply_register_broker(ed, m);
	case META_UNREGISTER_BROKER:
		return apply_unregister_broker(ed, m, e);
	case META_BROKER_REGISTRATION_CHANGE:
		return apply_registration_change(ed, m, e);
	case META_FENCE_BROKER:
		return set_fenced(ed, fence->id, true, e);
	case META_UNFENCE_BROKER:
		return set_fenced(ed, unfence->id, false, e);
	case META_FEATURE_LEVEL:
		return apply_feature(ed, m);
	case META_PRODUCER_IDS:
		cluster_own(ed)->next_producer_id = ids->next_producer_id;
		return 0;
	default:	/* nothing that an image shows; meta_get() knew it */
		return 0;
	}
}

int
image_edit_apply(struct image_edit *ed, const void *value, size_t n,
    struct kerr *e)
{
	const struct kmessage *msg;
	int16_t type, version;
	struct rd rd;
	void *m;
	int rc;

	rd_init(&rd, value, n);
	if ((rc = meta_read_frame(&rd, &type, &version, e)) < 0)
		return rc;
	if ((msg = meta_get(type)) == NULL)
		return kerr_set(e, KE_UNSUPPORTED,
		    "metadata record of unknown type %d", type);
	arena_clear(&ed->arena);
	m = arena_alloc(&ed->arena, msg->size);
	if ((rc = kmsg_decode(msg, version, &rd, &ed->arena, m, e)) < 0 ||
	    (rc = apply(ed, type, m, e)) < 0)
		return kerr_wrap(e, "%s", msg->name);
	return 0;
}

/* The broker's properties in force; where they change what topics start from,
 * every topic is touched. */
static void
settle(struct image_edit *ed)
{
	struct settings *old = ed->im->settings, *s;
	const struct image_topic *t;
	struct image_iter it = { 0 };

	if (!ed->settings)
		return;
	ed->settings = false;
	s = settings_new(ed->im, ed->im->base);
	if (memcmp(&old->config->topic, &s->config->topic,
	    sizeof(s->config->topic)) != 0)
		while ((t = image_next(ed->im, &it)) != NULL)
			topic_own(ed, &t->id, NULL);
	ed->im->settings = s;
	settings_unref(old);
}

struct image_topic *const *
image_edit_touched(struct image_edit *ed, int32_t *n)
{
	settle(ed);
	for (int32_t i = 0; i < ed->n_touched; i++)
		topic_settle((struct topic *)ed->touched[i], ed->im->settings);
	*n = ed->n_touched;
	return ed->touched;
}

struct image_topic *const *
image_edit_removed(struct image_edit *ed, int32_t *n)
{
	*n = ed->n_removed;
	return ed->removed;
}

void
image_edit_place(struct image_topic *pub, int32_t index,
    struct partition *local)
{
	((struct topic *)pub)->partitions[index].local = local;
}

struct image *
image_edit_finish(struct image_edit *ed)
{
	struct image *im = ed->im;
	int32_t n;

	image_edit_touched(ed, &n);
	for (int32_t i = 0; i < ed->n_touched; i++)
		image_topic_unref(ed->touched[i]);
	for (int32_t i = 0; i < ed->n_removed; i++)
		image_topic_unref(ed->removed[i]);
	free(ed->touched);
	free(ed->removed);
	arena_release(&ed->arena);
	free(ed);
	return im;
}

void
image_edit_drop(struct image_edit *ed)
{
	image_unref(image_edit_finish(ed));
}

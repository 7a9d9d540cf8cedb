/* image_edit.c: records of the metadata log -> the next image. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image_edit_impl.h"
#include "wire/codec.h"
#include "wire/meta.h"

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
	struct image *im = xcalloc(1, sizeof(*im));
	const size_t rest = offsetof(struct image, serial);

	/* whose references others take meanwhile */
	memcpy((char *)im + rest, (const char *)base + rest,
	    sizeof(*im) - rest);
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

static int
apply(struct image_edit *ed, int16_t type, const void *m, struct kerr *e)
{
	const struct fence_broker_record *fence = m;
	const struct unfence_broker_record *unfence = m;
	const struct producer_ids_record *ids = m;

	switch (type) {
	case META_TOPIC:
		return edit_topic(ed, m, e);
	case META_REMOVE_TOPIC:
		return edit_remove_topic(ed, m, e);
	case META_PARTITION:
		return edit_partition(ed, m, e);
	case META_PARTITION_CHANGE:
		return edit_partition_change(ed, m, e);
	case META_CONFIG:
		return edit_config(ed, m, e);
	case META_REGISTER_BROKER:
		return edit_register_broker(ed, m);
	case META_UNREGISTER_BROKER:
		return edit_unregister_broker(ed, m, e);
	case META_BROKER_REGISTRATION_CHANGE:
		return edit_registration_change(ed, m, e);
	case META_FENCE_BROKER:
		return edit_set_fenced(ed, fence->id, true, e);
	case META_UNFENCE_BROKER:
		return edit_set_fenced(ed, unfence->id, false, e);
	case META_FEATURE_LEVEL:
		return edit_feature(ed, m);
	case META_PRODUCER_IDS:
		edit_cluster_own(ed)->next_producer_id = ids->next_producer_id;
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
			edit_topic_own(ed, &t->id, NULL);
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

/*
 * image_config.c: properties in an image: overrides of topics, of all brokers
 * and of single ones, and what is in force with them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config_table.h"
#include "image_impl.h"

void
overrides_set(struct overrides *os, struct kstr name, struct kstr value)
{
	struct image_override *o;
	int32_t i = 0;

	while (i < os->n && !kstr_eq(kstr(os->v[i].name), name))
		i++;
	if (i < os->n) {
		o = &os->v[i];
		free(o->name);
		free(o->value);
		*o = os->v[--os->n];
	}
	if (value.len < 0)
		return;
	os->v = xreallocarray(os->v, (size_t)os->n + 1, sizeof(*os->v));
	o = &os->v[os->n++];
	o->name = xstrndup(name.p, (size_t)name.len);
	o->value = xstrndup(value.p, (size_t)value.len);
}

void
overrides_copy(struct overrides *to, const struct overrides *from)
{
	to->n = from->n;
	to->v = from->n > 0 ? xcalloc((size_t)from->n, sizeof(*to->v)) : NULL;
	for (int32_t i = 0; i < from->n; i++) {
		to->v[i].name = xstrdup(from->v[i].name);
		to->v[i].value = xstrdup(from->v[i].value);
	}
}

void
overrides_release(struct overrides *os)
{
	for (int32_t i = 0; i < os->n; i++) {
		free(os->v[i].name);
		free(os->v[i].value);
	}
	free(os->v);
}

static const struct overrides *
broker_overrides(const struct image *im, int32_t id)
{
	static const struct overrides none;
	const struct cluster *c = im->cluster;

	for (int32_t i = 0; i < c->n_entities; i++)
		if (c->entities[i].id == id)
			return &c->entities[i].overrides;
	return &none;
}

struct overrides *
cluster_overrides(struct cluster *c, int32_t id)
{
	int32_t i = 0;

	while (i < c->n_entities && c->entities[i].id != id)
		i++;
	if (i == c->n_entities) {
		c->entities = xreallocarray(c->entities, (size_t)i + 1,
		    sizeof(*c->entities));
		c->entities[i] = (struct entity){ .id = id };
		c->n_entities++;
	}
	return &c->entities[i].overrides;
}

const struct image_override *
image_broker_overrides(const struct image *im, int32_t id, int32_t *n)
{
	const struct overrides *os = broker_overrides(im, id);

	*n = os->n;
	return os->v;
}

const struct image_override *
image_overrides(const struct image_topic *pub, int32_t *n)
{
	const struct topic *t = (const struct topic *)pub;

	*n = t->overrides.n;
	return t->overrides.v;
}

const struct broker_config *
image_config(const struct image *im)
{
	return im->settings->config;
}

/* What is fixed at the start, or written by another program, has no say. */
static void
take(struct broker_config *c, const struct overrides *os)
{
	const struct property *p;
	struct kerr ignored = KERR_INIT;

	for (int32_t i = 0; i < os->n; i++) {
		p = broker_property(os->v[i].name);
		if (p != NULL && p->use == APPLIED)
			broker_config_set(c, os->v[i].name, os->v[i].value,
			    &ignored);
	}
}

struct settings *
settings_new(const struct image *im, const struct broker_config *base)
{
	struct settings *s = xcalloc(1, sizeof(*s));
	struct broker_config *c = broker_config_copy(base);

	if (im->cluster != NULL) {
		take(c, broker_overrides(im, IMAGE_ALL_BROKERS));
		take(c, broker_overrides(im, im->self));
	}
	s->refs = 1;
	s->config = c;
	return s;
}

struct settings *
settings_ref(struct settings *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
settings_unref(struct settings *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1,
	    memory_order_acq_rel) != 1)
		return;
	broker_config_free(s->config);
	free(s);
}

/* Properties in force of a topic. */
void
topic_settle(struct topic *t, struct settings *s)
{
	struct kerr e;

	settings_unref(t->settings);
	t->settings = settings_ref(s);
	t->pub.config = &s->config->topic;
	if (t->overrides.n == 0)
		return;
	t->config = s->config->topic;
	for (int32_t i = 0; i < t->overrides.n; i++) {
		/* one that a newer program wrote has no say here */
		kerr_clear(&e);
		topic_config_set(&t->config, kstr(t->overrides.v[i].name),
		    kstr(t->overrides.v[i].value), &e);
	}
	t->pub.config = &t->config;
}

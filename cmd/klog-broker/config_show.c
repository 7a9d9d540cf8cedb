/* config_show.c: see config_show.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_show.h"

#define SYNONYMS_MAX	13	/* three names at four levels, and a topic's */

/* Kafka's numbers of value types (KIP-569). */
static int8_t
type_number(const struct property *p)
{
	static const int8_t numbers[] = {
		[P_BOOL] = 1, [P_STRING] = 2, [P_VERSION] = 2, [P_WORD] = 2,
		[P_CHOICE] = 2, [P_CODEC] = 2, [P_INT] = 3, [P_LEVEL] = 3,
		[P_SHORT] = 4, [P_LONG] = 5, [P_DOUBLE] = 6, [P_LIST] = 7,
		[P_POLICY] = 7, [P_REPLICAS] = 7, [P_CLASS] = 8,
		[P_PASSWORD] = 9
	};

	return p->of == PLUGIN ? 0 : numbers[p->kind];
}

/* What Kafka does not know the type of might be a secret. */
static bool
is_secret(const struct property *p)
{
	return p->kind == P_PASSWORD || p->of == PLUGIN;
}

static const char *
override_of(const struct image_override *o, int32_t n, const char *name)
{
	for (int32_t i = 0; i < n; i++)
		if (strcmp(o[i].name, name) == 0)
			return o[i].value;
	return NULL;
}

/* The values that a broker's property has at one level. */
static const char *
at_level(const struct show *s, const char *name, int8_t source)
{
	const struct property *p = broker_property(name);
	const struct image_override *o;
	int32_t n;

	switch (source) {
	case CONFIG_SOURCE_BROKER:
		o = image_broker_overrides(s->im, s->self, &n);
		return override_of(o, n, name);
	case CONFIG_SOURCE_ALL_BROKERS:
		o = image_broker_overrides(s->im, IMAGE_ALL_BROKERS, &n);
		return override_of(o, n, name);
	case CONFIG_SOURCE_STATIC:
		return broker_config_own(s->base, p);
	default:
		return p->of == PLUGIN ? NULL : p->dflt;
	}
}

/* A property with all the values it has, the one that counts first. */
struct values {
	struct describe_configs_response_synonym v[SYNONYMS_MAX];
	int32_t	n;
};

static void
add(struct values *vs, const struct property *p, const char *name,
    const char *value, int8_t source)
{
	vs->v[vs->n++] = (struct describe_configs_response_synonym){
		kstr(name), kstr(is_secret(p) ? NULL : value), source };
}

/* All values from the one of the property itself on: where it has none, its
 * synonyms do not show either. */
static void
gather(const struct show *s, const struct property *p, struct values *vs)
{
	const char *const alone[] = { p->broker, NULL };
	const char *const *names = property_synonyms(p->broker), *value;
	bool begun = false;

	if (names == NULL)
		names = alone;
	for (int8_t source = CONFIG_SOURCE_BROKER;
	    source <= CONFIG_SOURCE_DEFAULT; source++)
		for (int i = 0; names[i] != NULL; i++) {
			value = at_level(s, names[i], source);
			if (value == NULL)
				continue;
			begun |= strcmp(names[i], p->broker) == 0;
			if (begun)
				add(vs, p, names[i], value, source);
		}
}

static struct kstr
documentation(const struct show *s, const struct property *p)
{
	size_t n;
	char *out;

	if (!s->docs || p->of == PLUGIN)
		return KSTR_NULL;
	if (p->why == NULL)
		return kstr(p->doc);
	n = strlen(p->doc) + strlen(p->why) + 40;
	out = arena_alloc(s->arena, n);
	snprintf(out, n, "%s %s: %s.", p->doc, p->use == INERT ?
	    "Without effect here" : "Cannot be set here", p->why);
	return kstr(out);
}

static void
finish(const struct show *s, const struct property *p, const char *name,
    const char *value, const struct values *vs,
    struct describe_configs_response_config *out)
{
	size_t size = (size_t)vs->n * sizeof(vs->v[0]);

	*out = (struct describe_configs_response_config){
		.name = kstr(name),
		.value = kstr(is_secret(p) ? NULL : value),
		.config_source = vs->n > 0 ? vs->v[0].source :
		    CONFIG_SOURCE_DEFAULT,
		.is_sensitive = is_secret(p),
		.config_type = type_number(p),
		.documentation = documentation(s, p),
	};
	out->is_default = out->config_source == CONFIG_SOURCE_DEFAULT;
	if (!s->synonyms || vs->n == 0)
		return;
	out->synonyms.n = vs->n;
	out->synonyms.v = arena_alloc(s->arena, size);
	memcpy(out->synonyms.v, vs->v, size);
}

void
show_topic(const struct show *s, const struct property *p, const char *value,
    struct describe_configs_response_config *out)
{
	struct values vs = { .n = 0 };

	if (value != NULL)
		add(&vs, p, p->topic, value, CONFIG_SOURCE_TOPIC);
	else
		value = broker_config_topic_text(image_config(s->im), p,
		    arena_alloc(s->arena, 32));
	if (p->broker != NULL)
		gather(s, p, &vs);
	finish(s, p, p->topic, value, &vs, out);
}

static bool
is_broker_id(const struct property *p)
{
	return strcmp(p->broker, "node.id") == 0 ||
	    strcmp(p->broker, "broker.id") == 0;
}

bool
show_broker(const struct show *s, const struct property *p,
    struct describe_configs_response_config *out)
{
	struct values vs = { .n = 0 };
	const char *value;
	char *id;

	gather(s, p, &vs);
	value = vs.n > 0 ? vs.v[0].value.p : NULL;
	if ((p->of == INTERNAL || p->of == PLUGIN) &&
	    (vs.n == 0 || vs.v[0].source == CONFIG_SOURCE_DEFAULT))
		return false;
	if (is_broker_id(p)) {
		value = id = arena_alloc(s->arena, 16);
		snprintf(id, 16, "%d", s->self);
		if (vs.v[0].source == CONFIG_SOURCE_DEFAULT) {
			vs.v[1] = vs.v[0];
			vs.v[0].source = CONFIG_SOURCE_STATIC;
			vs.v[0].value = kstr(id);
			vs.n++;
		}
	}
	finish(s, p, p->broker, value, &vs, out);
	out->read_only = p->update == READ_ONLY || p->of == PLUGIN;
	return true;
}

bool
show_all_brokers(const struct show *s, const struct property *p,
    struct describe_configs_response_config *out)
{
	struct values vs = { .n = 0 };
	const char *value = at_level(s, p->broker, CONFIG_SOURCE_ALL_BROKERS);

	if (value == NULL)
		return false;
	add(&vs, p, p->broker, value, CONFIG_SOURCE_ALL_BROKERS);
	finish(s, p, p->broker, value, &vs, out);
	out->read_only = p->update == READ_ONLY || p->of == PLUGIN;
	return true;
}

static const char *
asked_value(const struct create_topics_request_topic *t, const char *name,
    struct arena *a)
{
	for (int32_t i = t->configs.n - 1; i >= 0; i--)
		if (kstr_eq(t->configs.v[i].name, kstr(name)))
			return arena_strndup(a, t->configs.v[i].value.p,
			    (size_t)t->configs.v[i].value.len);
	return NULL;
}

void
show_created(const struct show *s,
    const struct create_topics_request_topic *t,
    struct create_topics_response_topic *out)
{
	struct describe_configs_response_config c;
	const struct property *p;

	out->configs.v = arena_alloc(s->arena,
	    n_properties * sizeof(*out->configs.v));
	for (unsigned int i = 0; i < n_properties; i++) {
		p = &properties[i];
		if (p->topic == NULL)
			continue;
		show_topic(s, p, asked_value(t, p->topic, s->arena), &c);
		out->configs.v[out->configs.n++] =
		    (struct create_topics_response_config){
			c.name, c.value, c.read_only, c.config_source,
			c.is_sensitive };
	}
}

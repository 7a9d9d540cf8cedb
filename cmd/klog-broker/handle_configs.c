/*
 * handle_configs.c: DescribeConfigs of topics and of this broker, row by row
 * of the table of properties.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "broker.h"
#include "config_table.h"
#include "image.h"
#include "request.h"
#include "topic_configs.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_configs.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_BROKER = 4, RESOURCE_LOGGER = 8 };
enum { SOURCE_TOPIC = 1, SOURCE_STATIC_BROKER = 4, SOURCE_DEFAULT = 5 };

/* Kafka's numbers of value types. */
static int8_t
config_type(enum property_kind k)
{
	switch (k) {
	case P_BOOL:
		return 1;
	case P_INT:
		return 3;
	case P_SHORT:
		return 4;
	case P_LONG:
		return 5;
	case P_DOUBLE:
		return 6;
	case P_LIST:
	case P_POLICY:
		return 7;
	case P_PASSWORD:
		return 9;
	case P_STRING:
	case P_CHOICE:
	case P_CODEC:
		return 2;
	}
	return 0;
}

/* A property with the values it has at each level, the strongest first. */
static void
put_synonym(struct describe_configs_response_config *c, const char *name,
    const char *value, int8_t source)
{
	struct describe_configs_response_synonym *s =
	    &c->synonyms.v[c->synonyms.n++];

	s->name = kstr(name);
	s->value = kstr(value);
	s->source = source;
}

static void
describe(const struct broker_config *cf, const struct property *p,
    const char *name, const char *topic_value, bool synonyms,
    struct arena *a, struct describe_configs_response_config *out)
{
	bool given = p->broker != NULL && broker_config_given(cf, p->broker);
	bool secret = p->kind == P_PASSWORD;
	const char *text = broker_config_text(cf, p);

	*out = (struct describe_configs_response_config){
		.name = kstr(name),
		.value = kstr(secret ? NULL :
		    topic_value != NULL ? topic_value : text),
		.read_only = topic_value == NULL && name == p->broker &&
		    p->topic == NULL,
		.config_source = topic_value != NULL ? SOURCE_TOPIC :
		    given ? SOURCE_STATIC_BROKER : SOURCE_DEFAULT,
		.is_sensitive = secret,
		.config_type = config_type(p->kind),
		.documentation = KSTR_NULL,
	};
	out->is_default = out->config_source == SOURCE_DEFAULT;
	if (!synonyms || secret)
		return;
	out->synonyms.v = arena_alloc(a, 3 * sizeof(*out->synonyms.v));
	if (topic_value != NULL)
		put_synonym(out, name, topic_value, SOURCE_TOPIC);
	if (given)
		put_synonym(out, p->broker, text, SOURCE_STATIC_BROKER);
	if (p->broker != NULL && p->dflt != NULL)
		put_synonym(out, p->broker, p->dflt, SOURCE_DEFAULT);
}

static bool
is_wanted(const struct describe_configs_request_resource *q, const char *name)
{
	for (int32_t i = 0; i < q->configuration_keys.n; i++)
		if (kstr_eq(q->configuration_keys.v[i], kstr(name)))
			return true;
	return q->configuration_keys.n <= 0;
}

static const char *
override_of(const struct image_topic *t, const char *name)
{
	const struct image_override *o;
	int32_t n;

	o = image_overrides(t, &n);
	for (int32_t i = 0; i < n; i++)
		if (strcmp(o[i].name, name) == 0)
			return o[i].value;
	return NULL;
}

/* All rows that have a name of the kind asked for; t NULL: the broker's. */
static void
describe_rows(struct request *r,
    const struct describe_configs_request_resource *q,
    const struct image_topic *t, struct describe_configs_response_result *out)
{
	const struct describe_configs_request *req = r->msg;
	const struct property *p;
	const char *name;

	out->configs.v = arena_alloc(&r->arena,
	    n_properties * sizeof(*out->configs.v));
	for (unsigned int i = 0; i < n_properties; i++) {
		p = &properties[i];
		name = t != NULL ? p->topic : p->broker;
		if (name == NULL || !is_wanted(q, name))
			continue;
		describe(r->broker->config, p, name,
		    t != NULL ? override_of(t, name) : NULL,
		    req->include_synonyms, &r->arena,
		    &out->configs.v[out->configs.n++]);
	}
}

static void
describe_topic(struct request *r,
    const struct describe_configs_request_resource *q,
    struct describe_configs_response_result *out)
{
	const struct image_topic *t = image_topic(request_image(r),
	    q->resource_name);

	if (t != NULL) {
		describe_rows(r, q, t, out);
		return;
	}
	out->error_code = ERR_UNKNOWN_TOPIC_OR_PARTITION;
	out->error_message = kstr(
	    "This server does not host this topic-partition.");
}

static void
describe_broker(struct request *r,
    const struct describe_configs_request_resource *q,
    struct describe_configs_response_result *out)
{
	char id[16], *why;

	snprintf(id, sizeof(id), "%d", r->broker->node_id);
	if (kstr_eq(q->resource_name, kstr(id))) {
		describe_rows(r, q, NULL, out);
		return;
	}
	if (q->resource_name.len == 0)	/* defaults of all brokers: none set */
		return;
	why = arena_alloc(&r->arena, 128);
	snprintf(why, 128, "Unexpected broker id, expected %s or empty string, "
	    "but received %.*s", id, q->resource_name.len > 40 ? 40 :
	    q->resource_name.len, q->resource_name.p);
	out->error_code = ERR_INVALID_REQUEST;
	out->error_message = kstr(why);
}

/* Each resource once, and so many that an answer stays within reason. */
#define RESOURCES_MAX	2000

void
handle_describe_configs(struct request *r)
{
	const struct describe_configs_request *req = r->msg;
	struct describe_configs_response_result *out;
	struct describe_configs_response rsp;

	if (req->resources.n > RESOURCES_MAX) {
		request_close(r, "DescribeConfigs of %d resources",
		    req->resources.n);
		return;
	}
	kmsg_defaults(&describe_configs_response_msg, &rsp);
	rsp.results.n = req->resources.n;
	rsp.results.v = arena_alloc(&r->arena,
	    (size_t)req->resources.n * sizeof(*rsp.results.v));
	for (int32_t i = 0; i < rsp.results.n; i++) {
		const struct describe_configs_request_resource *q =
		    &req->resources.v[i];

		out = &rsp.results.v[i];
		out->error_message = KSTR_NULL;
		out->resource_type = q->resource_type;
		out->resource_name = q->resource_name;
		if (q->resource_type == RESOURCE_TOPIC)
			describe_topic(r, q, out);
		else if (q->resource_type == RESOURCE_BROKER)
			describe_broker(r, q, out);
		else if (q->resource_type != RESOURCE_LOGGER)
			out->error_code = ERR_INVALID_REQUEST;
	}
	request_reply(r, &rsp);
}

static const char *
asked_value(const struct create_topics_request_topic *t, const char *name,
    struct arena *a)
{
	for (int32_t i = 0; i < t->configs.n; i++)
		if (kstr_eq(t->configs.v[i].name, kstr(name)))
			return arena_strndup(a, t->configs.v[i].value.p,
			    (size_t)t->configs.v[i].value.len);
	return NULL;
}

void
topic_configs_created(const struct broker_config *cf,
    const struct create_topics_request_topic *t, struct arena *a,
    struct create_topics_response_topic *out)
{
	struct describe_configs_response_config c;

	out->configs.v = arena_alloc(a,
	    n_properties * sizeof(*out->configs.v));
	for (unsigned int i = 0; i < n_properties; i++) {
		const struct property *p = &properties[i];

		if (p->topic == NULL)
			continue;
		describe(cf, p, p->topic, asked_value(t, p->topic, a), false,
		    a, &c);
		out->configs.v[out->configs.n++] =
		    (struct create_topics_response_config){
			c.name, c.value, c.read_only, c.config_source,
			c.is_sensitive };
	}
}

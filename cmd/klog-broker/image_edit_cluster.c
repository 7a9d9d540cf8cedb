/* image_edit_cluster.c: records of brokers, features and properties. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image_edit_impl.h"
#include "wire/msg_describe_configs.h"

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

struct cluster *
edit_cluster_own(struct image_edit *ed)
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
	struct cluster *c = edit_cluster_own(ed);
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

int
edit_register_broker(struct image_edit *ed,
    const struct register_broker_record *r)
{
	struct cluster *c = edit_cluster_own(ed);
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

int
edit_unregister_broker(struct image_edit *ed,
    const struct unregister_broker_record *r, struct kerr *e)
{
	if (broker_own(ed, r->broker_id, e) == NULL)
		return e->code;
	cluster_remove(ed->im->cluster, broker_at(ed->im->cluster,
	    r->broker_id));
	return 0;
}

int
edit_set_fenced(struct image_edit *ed, int32_t id, bool fenced, struct kerr *e)
{
	struct image_broker *b = broker_own(ed, id, e);

	if (b == NULL)
		return e->code;
	b->fenced = fenced;
	return 0;
}

int
edit_registration_change(struct image_edit *ed,
    const struct broker_registration_change_record *r, struct kerr *e)
{
	if (r->fenced != 0)
		return edit_set_fenced(ed, r->broker_id, r->fenced > 0, e);
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

int
edit_config(struct image_edit *ed, const struct config_record *r,
    struct kerr *e)
{
	const struct image_topic *pub;
	struct topic *t;
	int32_t id;

	if (r->resource_type == CONFIG_OF_BROKER) {
		if ((id = broker_number(r->resource_name)) == INT32_MIN)
			return kerr_set(e, KE_CORRUPT, "property of a broker "
			    "that has no number");
		overrides_set(cluster_overrides(edit_cluster_own(ed), id),
		    r->name, r->value);
		ed->settings = true;
	}
	if (r->resource_type != CONFIG_OF_TOPIC)
		return 0;
	if ((pub = image_topic(ed->im, r->resource_name)) == NULL)
		return kerr_set(e, KE_CORRUPT, "property of topic '%.*s', "
		    "which is not there", r->resource_name.len,
		    r->resource_name.p);
	if ((t = edit_topic_own(ed, &pub->id, e)) == NULL)
		return e->code;
	overrides_set(&t->overrides, r->name, r->value);
	return 0;
}

int
edit_feature(struct image_edit *ed, const struct feature_level_record *r)
{
	struct cluster *c = edit_cluster_own(ed);
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

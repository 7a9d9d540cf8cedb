/* image_records.c: an image -> records, for snapshots. */
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "image_impl.h"
#include "image_records.h"
#include "wire/codec.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_meta.h"

static void
put_features(const struct image *im, struct records *rs)
{
	const struct image_feature *f;
	struct feature_level_record r;
	int32_t n;

	f = image_features(im, &n);
	for (int32_t i = 0; i < n; i++) {
		kmsg_defaults(&feature_level_record_msg, &r);
		r.name = kstr(f[i].name);
		r.feature_level = f[i].level;
		records_put(rs, &feature_level_record_msg, 0, &r);
	}
}

static void
put_broker(const struct image_broker *b, struct records *rs)
{
	struct register_broker_record_endpoint *ep =
	    xcalloc((size_t)b->n_endpoints + 1, sizeof(*ep));
	struct register_broker_record r;

	kmsg_defaults(&register_broker_record_msg, &r);
	r.broker_id = b->id;
	r.incarnation_id = b->incarnation;
	r.broker_epoch = b->epoch;
	r.fenced = b->fenced;
	r.rack = kstr(b->rack);
	for (int32_t i = 0; i < b->n_endpoints; i++) {
		ep[i].name = kstr(b->endpoints[i].name);
		ep[i].host = kstr(b->endpoints[i].host);
		ep[i].port = (uint16_t)b->endpoints[i].port;
		ep[i].security_protocol = b->endpoints[i].protocol;
	}
	r.end_points.v = ep;
	r.end_points.n = b->n_endpoints;
	r.log_dirs.v = (struct kuuid *)(uintptr_t)b->log_dirs;
	r.log_dirs.n = b->n_log_dirs;
	records_put(rs, &register_broker_record_msg, 3, &r);
	free(ep);
}

static void
put_partition(const struct image_topic *t, int32_t index, struct records *rs)
{
	const struct image_partition *p = &t->partitions[index];
	struct partition_record r;

	kmsg_defaults(&partition_record_msg, &r);
	r.partition_id = index;
	r.topic_id = t->id;
	r.replicas.v = (int32_t *)(uintptr_t)p->replicas;
	r.replicas.n = p->n_replicas;
	r.isr.v = (int32_t *)(uintptr_t)p->isr;
	r.isr.n = p->n_isr;
	r.leader = p->leader;
	r.leader_epoch = p->leader_epoch;
	r.partition_epoch = p->partition_epoch;
	r.directories.v = (struct kuuid *)(uintptr_t)p->directories;
	r.directories.n = p->n_replicas;
	records_put(rs, &partition_record_msg, 1, &r);
}

static void
put_overrides(int8_t type, struct kstr name, const struct image_override *o,
    int32_t n, struct records *rs)
{
	struct config_record c;

	for (int32_t i = 0; i < n; i++) {
		kmsg_defaults(&config_record_msg, &c);
		c.resource_type = type;
		c.resource_name = name;
		c.name = kstr(o[i].name);
		c.value = kstr(o[i].value);
		records_put(rs, &config_record_msg, 0, &c);
	}
}

static void
put_broker_configs(const struct image *im, struct records *rs)
{
	const struct cluster *c = im->cluster;
	char id[16];

	for (int32_t i = 0; i < c->n_entities; i++) {
		snprintf(id, sizeof(id), "%d", c->entities[i].id);
		put_overrides(CONFIG_OF_BROKER,
		    kstr(c->entities[i].id == IMAGE_ALL_BROKERS ? "" : id),
		    c->entities[i].overrides.v, c->entities[i].overrides.n, rs);
	}
}

static void
put_topic(const struct image_topic *t, struct records *rs)
{
	const struct image_override *o;
	struct topic_record r;
	int32_t n;

	kmsg_defaults(&topic_record_msg, &r);
	r.name = t->name;
	r.topic_id = t->id;
	records_put(rs, &topic_record_msg, 0, &r);
	o = image_overrides(t, &n);
	put_overrides(CONFIG_OF_TOPIC, t->name, o, n, rs);
	for (int32_t i = 0; i < t->n; i++)
		put_partition(t, i, rs);
}

void
image_records(const struct image *im, struct records *rs)
{
	const struct image_broker *const *b;
	const struct image_topic *t;
	struct producer_ids_record ids;
	struct image_iter it = { 0 };
	int32_t n;

	put_features(im, rs);
	b = image_brokers(im, &n);
	for (int32_t i = 0; i < n; i++)
		put_broker(b[i], rs);
	put_broker_configs(im, rs);
	while ((t = image_next(im, &it)) != NULL)
		put_topic(t, rs);
	kmsg_defaults(&producer_ids_record_msg, &ids);
	ids.next_producer_id = image_next_producer_id(im);
	if (ids.next_producer_id > 0)
		records_put(rs, &producer_ids_record_msg, 0, &ids);
}

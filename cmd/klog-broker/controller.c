/* controller.c: a new cluster, producer ids, and what a start brings. */
#include <stdio.h>
#include <string.h>

#include "controller_impl.h"
#include "wire/codec.h"
#include "wire/msg_meta.h"

#define METADATA_VERSION	21	/* 3.9-IV0 */

const char controller_too_many[] =
    "Excessively large number of partitions per request.";

int64_t
controller_producer_ids(const struct controller *c, const struct image *im,
    struct records *rs)
{
	struct producer_ids_record r;
	int64_t first = image_next_producer_id(im);

	kmsg_defaults(&producer_ids_record_msg, &r);
	r.broker_id = c->node_id;
	r.next_producer_id = first + PRODUCER_ID_BLOCK;
	records_put(rs, &producer_ids_record_msg, 0, &r);
	return first;
}

void
controller_bootstrap(const struct controller *c, struct records *rs)
{
	struct register_broker_record_feature mv = {
		kstr("metadata.version"), 1, METADATA_VERSION
	};
	struct kuuid dir = c->directory_id;
	struct feature_level_record f;
	struct register_broker_record b;

	kmsg_defaults(&feature_level_record_msg, &f);
	f.name = kstr("metadata.version");
	f.feature_level = METADATA_VERSION;
	records_put(rs, &feature_level_record_msg, 0, &f);
	kmsg_defaults(&register_broker_record_msg, &b);
	b.broker_id = c->node_id;
	c->sys->random(c->sys, b.incarnation_id.b, sizeof(b.incarnation_id.b));
	b.rack = kstr(c->config->rack);
	b.features.v = &mv;
	b.features.n = 1;
	b.log_dirs.v = &dir;
	b.log_dirs.n = 1;
	b.fenced = false;
	b.broker_epoch = 2;	/* its own offset in the log */
	records_put(rs, &register_broker_record_msg, 3, &b);
}

static bool
is_in_sync(const struct image_partition *p, int32_t id)
{
	for (int32_t i = 0; i < p->n_isr; i++)
		if (p->isr[i] == id)
			return true;
	return false;
}

static void
elect(const struct controller *c, const struct image_topic *t, int32_t index,
    bool unclean, struct records *rs)
{
	const struct image_partition *p = &t->partitions[index];
	struct partition_change_record r;

	if (!(p->leader == c->node_id && unclean) &&
	    !(p->leader < 0 && is_in_sync(p, c->node_id)))
		return;
	kmsg_defaults(&partition_change_record_msg, &r);
	r.partition_id = index;
	r.topic_id = t->id;
	r.leader = c->node_id;
	records_put(rs, &partition_change_record_msg, 1, &r);
}

void
controller_elect(const struct controller *c, const struct image *im,
    bool unclean, struct records *rs)
{
	const struct image_topic *t;
	struct image_iter it = { 0 };

	while ((t = image_next(im, &it)) != NULL)
		for (int32_t i = 0; i < t->n; i++)
			elect(c, t, i, unclean, rs);
}

/*
 * controller_create.c: topics created.
 *
 * The order of the checks is Apache Kafka's, so that a request that is wrong
 * in two ways gets the same answer.
 */
#include <string.h>

#include "controller_impl.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_meta.h"

/* One topic being created. */
struct creation {
	const struct controller		*c;
	const struct image		*im;
	struct arena			*arena;
	const struct create_topics_request_topic *t;
	bool				 twice;	/* its name comes again */
	int32_t				 partitions;
	int32_t				 replicas;
	int32_t				*total;	/* partitions so far */
	const char			*why;
};

static bool
has_dots(struct kstr s)
{
	return memchr(s.p, '.', (size_t)s.len) != NULL ||
	    memchr(s.p, '_', (size_t)s.len) != NULL;
}

/* a.b and a_b would share one name among metrics, so Kafka refuses. */
static int16_t
check_collision(struct creation *cr)
{
	struct kstr name = cr->t->name;
	const struct image_topic *other;

	if (!has_dots(name) || (other = image_namesake(cr->im, name)) == NULL)
		return ERR_NONE;
	cr->why = answer_text(cr->arena,
	    "Topic '%.*s' collides with existing topic: %.*s",
	    name.len, name.p, other->name.len, other->name.p);
	return ERR_INVALID_TOPIC_EXCEPTION;
}

static int16_t
check_duplicate(struct creation *cr)
{
	if (cr->twice) {
		cr->why = "Duplicate topic name.";
		return ERR_INVALID_REQUEST;
	}
	if (kstr_eq(cr->t->name, kstr("__cluster_metadata"))) {
		cr->why = "Creation of internal topic __cluster_metadata is "
		    "prohibited.";
		return ERR_INVALID_REQUEST;
	}
	return ERR_NONE;
}

static int16_t
check_new(struct creation *cr)
{
	struct kstr name = cr->t->name;
	int16_t err;

	/* before anything that takes longer the more topics there are */
	if (*cr->total >= PARTITIONS_A_REQUEST ||
	    cr->t->assignments.n > PARTITIONS_A_REQUEST) {
		cr->why = controller_too_many;
		return ERR_POLICY_VIOLATION;
	}
	if ((err = check_duplicate(cr)) != 0 ||
	    (err = controller_check_name(name, cr->arena, &cr->why)) != 0)
		return err;
	if (image_topic(cr->im, name) != NULL) {
		cr->why = answer_text(cr->arena,
		    "Topic '%.*s' already exists.", name.len, name.p);
		return ERR_TOPIC_ALREADY_EXISTS;
	}
	return check_collision(cr);
}

/* Fills *in_force. */
static int16_t
check_configs(struct creation *cr, struct topic_config *in_force)
{
	struct kerr e = KERR_INIT;

	*in_force = image_config(cr->im)->topic;
	for (int32_t i = 0; i < cr->t->configs.n; i++) {
		if (topic_config_set(in_force, cr->t->configs.v[i].name,
		    cr->t->configs.v[i].value, &e) >= 0)
			continue;
		cr->why = answer_text(cr->arena, "%s", e.msg);
		return ERR_INVALID_CONFIG;
	}
	if (topic_config_check(in_force, &e) < 0) {
		cr->why = answer_text(cr->arena, "%s", e.msg);
		return ERR_INVALID_CONFIG;
	}
	return ERR_NONE;
}


static int16_t
check_assignments(struct creation *cr)
{
	const struct create_topics_request_topic *t = cr->t;
	const struct create_topics_request_assignment *as;
	int32_t j, replicas = 0;
	int16_t err;

	if (t->replication_factor != -1) {
		cr->why = "A manual partition assignment was specified, but "
		    "replication factor was not set to -1.";
		return ERR_INVALID_REQUEST;
	}
	if (t->num_partitions != -1) {
		cr->why = "A manual partition assignment was specified, but "
		    "numPartitions was not set to -1.";
		return ERR_INVALID_REQUEST;
	}
	for (int32_t i = 0; i < t->assignments.n; i++) {
		as = &t->assignments.v[i];
		for (j = 0; j < i; j++)
			if (t->assignments.v[j].partition_index ==
			    as->partition_index) {
				cr->why = answer_text(cr->arena, "Found "
				    "multiple manual partition assignments for "
				    "partition %d", as->partition_index);
				return ERR_INVALID_REPLICA_ASSIGNMENT;
			}
		err = controller_check_brokers(cr->im, as->broker_ids.v,
		    as->broker_ids.n, replicas, cr->arena, &cr->why);
		if (err != 0)
			return err;
		replicas = as->broker_ids.n;
	}
	for (int32_t i = 0; i < t->assignments.n; i++) {
		if (t->assignments.v[i].partition_index >= 0 &&
		    t->assignments.v[i].partition_index < t->assignments.n)
			continue;
		cr->why = "partitions should be a consecutive 0-based integer "
		    "sequence";
		return ERR_INVALID_REPLICA_ASSIGNMENT;
	}
	cr->partitions = t->assignments.n;
	cr->replicas = replicas;
	return ERR_NONE;
}

static int16_t
check_size(struct creation *cr)
{
	const struct create_topics_request_topic *t = cr->t;

	if (t->replication_factor < -1 || t->replication_factor == 0) {
		cr->why = "Replication factor must be larger than 0, or -1 to "
		    "use the default value.";
		return ERR_INVALID_REPLICATION_FACTOR;
	}
	if (t->num_partitions < -1 || t->num_partitions == 0) {
		cr->why = "Number of partitions was set to an invalid "
		    "non-positive value.";
		return ERR_INVALID_PARTITIONS;
	}
	cr->partitions = t->num_partitions != -1 ? t->num_partitions :
	    cr->c->config->num_partitions;
	cr->replicas = t->replication_factor != -1 ? t->replication_factor :
	    cr->c->config->default_replication_factor;
	return controller_check_replicas(cr->im, cr->partitions, cr->replicas,
	    cr->arena, &cr->why);
}

static int16_t
check_total(struct creation *cr)
{
	if (*cr->total > PARTITIONS_A_REQUEST - cr->partitions) {
		cr->why = controller_too_many;
		return ERR_POLICY_VIOLATION;
	}
	*cr->total += cr->partitions;
	return ERR_NONE;
}

static void
new_topic_id(const struct controller *c, const struct image *im,
    struct kuuid *id)
{
	do
		c->sys->random(c->sys, id->b, sizeof(id->b));
	while (kuuid_none(id) || image_topic_by_id(im, id) != NULL);
}

static void
put_topic(struct creation *cr, const struct kuuid *id, struct records *rs)
{
	const struct create_topics_request_topic *t = cr->t;
	const struct create_topics_request_assignment *as;
	struct topic_record tr;
	struct config_record cf;

	kmsg_defaults(&topic_record_msg, &tr);
	tr.name = t->name;
	tr.topic_id = *id;
	records_put(rs, &topic_record_msg, 0, &tr);
	for (int32_t i = 0; i < t->configs.n; i++) {
		kmsg_defaults(&config_record_msg, &cf);
		cf.resource_type = 2;
		cf.resource_name = t->name;
		cf.name = t->configs.v[i].name;
		cf.value = t->configs.v[i].value;
		records_put(rs, &config_record_msg, 0, &cf);
	}
	for (int32_t i = 0; i < t->assignments.n; i++) {
		as = &t->assignments.v[i];
		controller_put_partition(cr->c, id, as->partition_index,
		    as->broker_ids.v, as->broker_ids.n, cr->arena, rs);
	}
	for (int32_t i = 0; i < cr->partitions && t->assignments.n == 0; i++)
		controller_put_partition(cr->c, id, i, controller_spread(cr->im,
		    i, cr->replicas, cr->arena), cr->replicas, cr->arena, rs);
}

static int16_t
create_one(struct creation *cr, struct topic_config *in_force)
{
	int16_t err;

	if ((err = check_new(cr)) != 0 ||
	    (err = check_configs(cr, in_force)) != 0)
		return err;
	err = cr->t->assignments.n > 0 ? check_assignments(cr) :
	    check_size(cr);
	return err != 0 ? err : check_total(cr);
}

void
controller_create_topics(const struct controller *c, const struct image *im,
    const struct create_topics_request *req, struct arena *a,
    struct create_topics_response *rsp, struct records *rs)
{
	struct create_topics_response_topic *out;
	struct topic_config in_force;
	const uint8_t *twice = NULL;
	int32_t total = 0;
	struct kuuid id;

	kmsg_defaults(&create_topics_response_msg, rsp);
	rsp->topics.v = arena_alloc(a, (size_t)req->topics.n * sizeof(*out));
	if (req->topics.n > 0)
		twice = controller_find_twice(&req->topics.v->name,
		    sizeof(*req->topics.v), req->topics.n, a);
	for (int32_t i = 0; i < req->topics.n; i++) {
		struct creation cr = {
			.c = c, .im = im, .arena = a, .t = &req->topics.v[i],
			.twice = twice[i] != 0, .total = &total,
		};

		if (twice[i] & NAME_BEFORE)
			continue;
		out = &rsp->topics.v[rsp->topics.n++];
		*out = (struct create_topics_response_topic){
			.name = cr.t->name,
			.num_partitions = -1,
			.replication_factor = -1,
		};
		out->error_code = create_one(&cr, &in_force);
		out->error_message = kstr(cr.why);
		if (out->error_code != 0)
			continue;
		new_topic_id(c, im, &id);
		out->topic_id = id;
		out->num_partitions = cr.partitions;
		out->replication_factor = (int16_t)cr.replicas;
		if (!req->validate_only)
			put_topic(&cr, &id, rs);
	}
}

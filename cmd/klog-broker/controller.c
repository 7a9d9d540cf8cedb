/*
 * controller.c: topics, partitions and producer ids, decided.
 *
 * The order of the checks is Apache Kafka's, so that a request that is wrong
 * in two ways gets the same answer.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_meta.h"

#define NAME_LONGEST		249
#define PARTITIONS_A_REQUEST	10000
#define METADATA_VERSION	21	/* 3.9-IV0 */

static const char too_many[] =
    "Excessively large number of partitions per request.";

static const char *
text(struct arena *a, const char *fmt, ...)
{
	char s[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	return arena_strndup(a, s, n < (int)sizeof(s) ? (size_t)n :
	    sizeof(s) - 1);
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

int16_t
controller_check_name(struct kstr name, struct arena *a, const char **why)
{
	int32_t i = 0;

	if (name.len <= 0)
		*why = "Topic name is invalid: the empty string is not allowed";
	else if (kstr_eq(name, kstr(".")))
		*why = "Topic name is invalid: '.' is not allowed";
	else if (kstr_eq(name, kstr("..")))
		*why = "Topic name is invalid: '..' is not allowed";
	else if (name.len > NAME_LONGEST)
		*why = text(a, "Topic name is invalid: the length of '%.*s' is "
		    "longer than the max allowed length %d", name.len, name.p,
		    NAME_LONGEST);
	else {
		while (i < name.len && name_char(name.p[i]))
			i++;
		if (i == name.len)
			return ERR_NONE;
		*why = text(a, "Topic name is invalid: '%.*s' contains one or "
		    "more characters other than ASCII alphanumerics, '.', '_' "
		    "and '-'", name.len, name.p);
	}
	return ERR_INVALID_TOPIC_EXCEPTION;
}

/* a.b and a_b would share one name among metrics, so Kafka refuses. */
static bool
collides(struct kstr a, struct kstr b)
{
	if (a.len != b.len)
		return false;
	for (int32_t i = 0; i < a.len; i++)
		if (a.p[i] != b.p[i] && !(strchr("._", a.p[i]) != NULL &&
		    strchr("._", b.p[i]) != NULL))
			return false;
	return true;
}

static bool
has_dots(struct kstr s)
{
	return memchr(s.p, '.', (size_t)s.len) != NULL ||
	    memchr(s.p, '_', (size_t)s.len) != NULL;
}

/* Equal names stay in their order. */
static int
compare_names(const void *a, const void *b)
{
	const struct kstr *x = *(const struct kstr *const *)a;
	const struct kstr *y = *(const struct kstr *const *)b;
	int32_t n = x->len < y->len ? x->len : y->len;
	int c = n > 0 ? memcmp(x->p, y->p, (size_t)n) : 0;

	if (c == 0)
		c = x->len - y->len;
	return c != 0 ? c : (x > y) - (x < y);
}

/* A name among several: comes again, came before, or both. */
enum { AGAIN = 1, BEFORE = 2 };

/* Which of n names, stride bytes apart, come more than once. */
static uint8_t *
find_twice(const struct kstr *first, size_t stride, int32_t n,
    struct arena *a)
{
	size_t count = n > 0 ? (size_t)n : 0;
	const struct kstr **v = arena_alloc(a, count * sizeof(struct kstr *));
	uint8_t *twice = arena_alloc(a, count);

	for (size_t i = 0; i < count; i++)
		v[i] = (const struct kstr *)((const char *)first + i * stride);
	qsort(v, count, sizeof(struct kstr *), compare_names);
	for (size_t i = 1; i < count; i++) {
		if (!kstr_eq(*v[i], *v[i - 1]))
			continue;
		twice[(size_t)((const char *)v[i - 1] -
		    (const char *)first) / stride] |= AGAIN;
		twice[(size_t)((const char *)v[i] -
		    (const char *)first) / stride] |= BEFORE;
	}
	return twice;
}

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

static int16_t
check_collision(struct creation *cr)
{
	struct kstr name = cr->t->name;
	const struct image_topic *other;
	struct image_iter it = { 0 };

	if (!has_dots(name))
		return ERR_NONE;
	while ((other = image_next(cr->im, &it)) != NULL) {
		if (!collides(name, other->name))
			continue;
		cr->why = text(cr->arena,
		    "Topic '%.*s' collides with existing topic: %.*s",
		    name.len, name.p, other->name.len, other->name.p);
		return ERR_INVALID_TOPIC_EXCEPTION;
	}
	return ERR_NONE;
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
		cr->why = too_many;
		return ERR_POLICY_VIOLATION;
	}
	if ((err = check_duplicate(cr)) != 0 ||
	    (err = controller_check_name(name, cr->arena, &cr->why)) != 0)
		return err;
	if (image_topic(cr->im, name) != NULL) {
		cr->why = text(cr->arena, "Topic '%.*s' already exists.",
		    name.len, name.p);
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
		cr->why = text(cr->arena, "%s", e.msg);
		return ERR_INVALID_CONFIG;
	}
	if (topic_config_check(in_force, &e) < 0) {
		cr->why = text(cr->arena, "%s", e.msg);
		return ERR_INVALID_CONFIG;
	}
	return ERR_NONE;
}

/* One list of brokers given by hand. */
static int16_t
check_brokers(const struct image *im, const int32_t *ids, int32_t n,
    int32_t expected, struct arena *a, const char **why)
{
	const struct image_broker *const *b;
	int32_t known, j;

	b = image_brokers(im, &known);
	if (n == 0) {
		*why = "The manual partition assignment includes an empty "
		    "replica list.";
		return ERR_INVALID_REPLICA_ASSIGNMENT;
	}
	for (int32_t i = 0; i < n; i++) {
		for (j = 0; j < known && b[j]->id != ids[i]; j++)
			;
		if (j == known) {
			*why = text(a, "The manual partition assignment "
			    "includes broker %d, but no such broker is "
			    "registered.", ids[i]);
			return ERR_INVALID_REPLICA_ASSIGNMENT;
		}
		for (j = 0; j < i; j++) {
			if (ids[j] != ids[i])
				continue;
			*why = text(a, "The manual partition assignment "
			    "includes the broker %d more than once.", ids[i]);
			return ERR_INVALID_REPLICA_ASSIGNMENT;
		}
	}
	if (expected > 0 && n != expected) {
		*why = text(a, "The manual partition assignment includes a "
		    "partition with %d replica(s), but this is not consistent "
		    "with previous partitions, which have %d replica(s).", n,
		    expected);
		return ERR_INVALID_REPLICA_ASSIGNMENT;
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
				cr->why = text(cr->arena, "Found multiple "
				    "manual partition assignments for "
				    "partition %d", as->partition_index);
				return ERR_INVALID_REPLICA_ASSIGNMENT;
			}
		err = check_brokers(cr->im, as->broker_ids.v,
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
check_replicas(const struct image *im, int32_t partitions, int32_t replicas,
    struct arena *a, const char **why)
{
	int32_t brokers;

	image_brokers(im, &brokers);
	if (replicas <= brokers)
		return ERR_NONE;
	*why = text(a, "Unable to replicate the partition %d time(s): The "
	    "target replication factor of %d cannot be reached because only %d "
	    "broker(s) are registered.", replicas, replicas, brokers);
	return ERR_INVALID_REPLICATION_FACTOR;
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
	return check_replicas(cr->im, cr->partitions, cr->replicas, cr->arena,
	    &cr->why);
}

static int16_t
check_total(struct creation *cr)
{
	if (*cr->total > PARTITIONS_A_REQUEST - cr->partitions) {
		cr->why = too_many;
		return ERR_POLICY_VIOLATION;
	}
	*cr->total += cr->partitions;
	return ERR_NONE;
}

static void
put_partition(const struct controller *c, const struct kuuid *id,
    int32_t index, const int32_t *replicas, int32_t n, struct arena *a,
    struct records *rs)
{
	struct kuuid *dirs = arena_alloc(a, (size_t)n * sizeof(*dirs));
	struct partition_record p;

	for (int32_t i = 0; i < n; i++)
		if (replicas[i] == c->node_id)
			dirs[i] = c->directory_id;
	kmsg_defaults(&partition_record_msg, &p);
	p.partition_id = index;
	p.topic_id = *id;
	p.replicas.v = p.isr.v = (int32_t *)(uintptr_t)replicas;
	p.replicas.n = p.isr.n = n;
	p.leader = replicas[0];
	p.leader_epoch = 0;
	p.partition_epoch = 0;
	p.directories.v = dirs;
	p.directories.n = n;
	records_put(rs, &partition_record_msg, 1, &p);
}

/* Brokers in turn, starting one further for each partition. */
static const int32_t *
spread(const struct image *im, int32_t index, int32_t n, struct arena *a)
{
	const struct image_broker *const *b;
	int32_t *v = arena_alloc(a, (size_t)n * sizeof(*v)), known;

	b = image_brokers(im, &known);
	for (int32_t i = 0; i < n; i++)
		v[i] = b[(index + i) % known]->id;
	return v;
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
		put_partition(cr->c, id, as->partition_index,
		    as->broker_ids.v, as->broker_ids.n, cr->arena, rs);
	}
	for (int32_t i = 0; i < cr->partitions && t->assignments.n == 0; i++)
		put_partition(cr->c, id, i, spread(cr->im, i, cr->replicas,
		    cr->arena), cr->replicas, cr->arena, rs);
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
		twice = find_twice(&req->topics.v->name,
		    sizeof(*req->topics.v), req->topics.n, a);
	for (int32_t i = 0; i < req->topics.n; i++) {
		struct creation cr = {
			.c = c, .im = im, .arena = a, .t = &req->topics.v[i],
			.twice = twice[i] != 0, .total = &total,
		};

		if (twice[i] & BEFORE)
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

static const struct image_topic *
find_deleted(const struct controller *c, const struct image *im,
    const struct delete_topics_request_topic *t, int16_t version,
    struct delete_topics_response_topic *out)
{
	const struct image_topic *it;

	out->name = t->name;
	out->topic_id = t->topic_id;
	if ((t->name.len >= 0) == !kuuid_none(&t->topic_id)) {
		out->error_code = ERR_INVALID_REQUEST;
		out->error_message = kstr(t->name.len >= 0 ?
		    "You may not specify both topic name and topic id." :
		    "Neither topic name nor id were specified.");
		return NULL;
	}
	if (!c->config->delete_topics) {
		out->error_code = version < 3 ? ERR_INVALID_REQUEST :
		    ERR_TOPIC_DELETION_DISABLED;
		return NULL;
	}
	it = t->name.len >= 0 ? image_topic(im, t->name) :
	    image_topic_by_id(im, &t->topic_id);
	if (it == NULL) {
		out->error_code = t->name.len >= 0 ?
		    ERR_UNKNOWN_TOPIC_OR_PARTITION : ERR_UNKNOWN_TOPIC_ID;
		out->error_message = kstr(t->name.len >= 0 ?
		    "This server does not host this topic-partition." :
		    "This server does not host this topic ID.");
	}
	return it;
}

void
controller_delete_topics(const struct controller *c, const struct image *im,
    const struct delete_topics_request *req, int16_t version, struct arena *a,
    struct delete_topics_response *rsp, struct records *rs)
{
	int32_t n = version >= 6 ? req->topics.n : req->topic_names.n;
	struct delete_topics_response_topic *out;
	struct delete_topics_request_topic t;
	const struct image_topic *it;
	struct remove_topic_record rt;
	const uint8_t *twice;
	struct kstr *ids = arena_alloc(a, (size_t)n * sizeof(*ids));

	kmsg_defaults(&delete_topics_response_msg, rsp);
	rsp->responses.v = arena_alloc(a, (size_t)n * sizeof(*out));
	for (int32_t i = 0; i < n; i++) {
		out = &rsp->responses.v[i];
		*out = (struct delete_topics_response_topic){
			.error_message = KSTR_NULL
		};
		t = version >= 6 ? req->topics.v[i] :
		    (struct delete_topics_request_topic){
			.name = req->topic_names.v[i] };
		if ((it = find_deleted(c, im, &t, version, out)) == NULL)
			continue;
		ids[i].p = (const char *)it->id.b;
		ids[i].len = sizeof(it->id);
	}
	twice = find_twice(ids, sizeof(*ids), n, a);
	for (int32_t i = 0; i < n; i++) {
		if (ids[i].len > 0 && (twice[i] & BEFORE) != 0)
			continue;
		out = &rsp->responses.v[rsp->responses.n++];
		*out = rsp->responses.v[i];
		if (ids[i].len == 0)
			continue;
		if (twice[i] != 0) {
			out->error_code = ERR_INVALID_REQUEST;
			out->error_message = kstr("Duplicate topic name.");
			continue;
		}
		memcpy(rt.topic_id.b, ids[i].p, sizeof(rt.topic_id.b));
		it = image_topic_by_id(im, &rt.topic_id);
		out->name = (struct kstr){ arena_strndup(a, it->name.p,
		    (size_t)it->name.len), it->name.len };
		out->topic_id = it->id;
		records_put(rs, &remove_topic_record_msg, 0, &rt);
	}
}

/* Partitions beyond those that t has. */
static int16_t
grow_one(const struct controller *c, const struct image *im,
    const struct create_partitions_request_topic *t, bool validate_only,
    struct arena *a, struct records *rs, const char **why)
{
	const struct image_topic *it = image_topic(im, t->name);
	int32_t more, replicas;
	int16_t err;

	if (it == NULL) {
		*why = "This server does not host this topic-partition.";
		return ERR_UNKNOWN_TOPIC_OR_PARTITION;
	}
	if (t->count == it->n) {
		*why = text(a, "Topic already has %d partition(s).", it->n);
		return ERR_INVALID_PARTITIONS;
	}
	if (t->count < it->n) {
		*why = text(a, "The topic %.*s currently has %d partition(s); "
		    "%d would not be an increase.", t->name.len, t->name.p,
		    it->n, t->count);
		return ERR_INVALID_PARTITIONS;
	}
	more = t->count - it->n;
	if (more > PARTITIONS_A_REQUEST) {
		*why = too_many;
		return ERR_POLICY_VIOLATION;
	}
	if (t->assignments.n >= 0 && t->assignments.n != more) {
		*why = text(a, "Attempted to add %d additional partition(s), "
		    "but only %d assignment(s) were specified.", more,
		    t->assignments.n);
		return ERR_INVALID_REPLICA_ASSIGNMENT;
	}
	replicas = it->partitions[0].n_replicas;
	for (int32_t i = 0; i < more && t->assignments.n >= 0; i++)
		if ((err = check_brokers(im, t->assignments.v[i].broker_ids.v,
		    t->assignments.v[i].broker_ids.n, replicas, a, why)) != 0)
			return err;
	if ((err = check_replicas(im, more, replicas, a, why)) != 0 ||
	    validate_only)
		return err;
	for (int32_t i = 0; i < more; i++)
		put_partition(c, &it->id, it->n + i, t->assignments.n >= 0 ?
		    t->assignments.v[i].broker_ids.v :
		    spread(im, it->n + i, replicas, a), replicas, a, rs);
	return ERR_NONE;
}

void
controller_create_partitions(const struct controller *c,
    const struct image *im, const struct create_partitions_request *req,
    struct arena *a, struct create_partitions_response *rsp,
    struct records *rs)
{
	struct create_partitions_response_result *out;
	const char *why;
	const uint8_t *twice = NULL;

	kmsg_defaults(&create_partitions_response_msg, rsp);
	rsp->results.v = arena_alloc(a, (size_t)req->topics.n * sizeof(*out));
	if (req->topics.n > 0)
		twice = find_twice(&req->topics.v->name,
		    sizeof(*req->topics.v), req->topics.n, a);
	for (int32_t i = 0; i < req->topics.n; i++) {
		if (twice[i] & BEFORE)
			continue;
		out = &rsp->results.v[rsp->results.n++];
		out->name = req->topics.v[i].name;
		why = "Duplicate topic name.";
		out->error_code = ERR_INVALID_REQUEST;
		if (twice[i] == 0) {
			why = NULL;
			out->error_code = grow_one(c, im, &req->topics.v[i],
			    req->validate_only, a, rs, &why);
		}
		out->error_message = kstr(why);
	}
}

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

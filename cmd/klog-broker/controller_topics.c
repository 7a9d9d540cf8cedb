/* controller_topics.c: topics deleted, and given more partitions. */
#include <string.h>

#include "controller_impl.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_meta.h"

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
	twice = controller_find_twice(ids, sizeof(*ids), n, a);
	for (int32_t i = 0; i < n; i++) {
		if (ids[i].len > 0 && (twice[i] & NAME_BEFORE) != 0)
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
		*why = answer_text(a, "Topic already has %d "
		    "partition(s).", it->n);
		return ERR_INVALID_PARTITIONS;
	}
	if (t->count < it->n) {
		*why = answer_text(a, "The topic %.*s currently has %d "
		    "partition(s); %d would not be an increase.", t->name.len,
		    t->name.p, it->n, t->count);
		return ERR_INVALID_PARTITIONS;
	}
	more = t->count - it->n;
	if (more > PARTITIONS_A_REQUEST) {
		*why = controller_too_many;
		return ERR_POLICY_VIOLATION;
	}
	if (t->assignments.n >= 0 && t->assignments.n != more) {
		*why = answer_text(a, "Attempted to add %d additional "
		    "partition(s), but only %d assignment(s) were specified.",
		    more, t->assignments.n);
		return ERR_INVALID_REPLICA_ASSIGNMENT;
	}
	replicas = it->partitions[0].n_replicas;
	for (int32_t i = 0; i < more && t->assignments.n >= 0; i++)
		if ((err = controller_check_brokers(im,
		    t->assignments.v[i].broker_ids.v,
		    t->assignments.v[i].broker_ids.n, replicas, a, why)) != 0)
			return err;
	if ((err = controller_check_replicas(im, more, replicas, a,
	    why)) != 0 || validate_only)
		return err;
	for (int32_t i = 0; i < more; i++)
		controller_put_partition(c, &it->id, it->n + i,
		    t->assignments.n >= 0 ?
		    t->assignments.v[i].broker_ids.v :
		    controller_spread(im, it->n + i, replicas, a), replicas, a,
		    rs);
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
		twice = controller_find_twice(&req->topics.v->name,
		    sizeof(*req->topics.v), req->topics.n, a);
	for (int32_t i = 0; i < req->topics.n; i++) {
		if (twice[i] & NAME_BEFORE)
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

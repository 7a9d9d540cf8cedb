/*
 * handle_metadata.c: Metadata: which topics there are and who leads them,
 * from the current image; missing topics are made on the way where both sides
 * allow it. Topics come out in the order of their names, each once.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "broker.h"
#include "control.h"
#include "controller.h"
#include "image.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_metadata.h"

#define CLUSTER_OPERATIONS	8096	/* bits of all that can be done */
#define TOPIC_OPERATIONS	3576

/* What a request comes to, kept in its arena while topics are being made. */
struct metadata {
	struct request			*r;
	struct metadata_response	 rsp;
	struct metadata_response_broker	 self;
	const struct image		*image;
	struct create_topics_request	 create;
	struct create_topics_response	 created;
};

static void
put_partitions(struct metadata *md, const struct image_topic *t,
    struct metadata_response_topic *out)
{
	struct metadata_response_partition *p;

	out->partitions.v = arena_alloc(&md->r->arena,
	    (size_t)t->n * sizeof(*p));
	out->partitions.n = t->n;
	for (int32_t i = 0; i < t->n; i++) {
		const struct image_partition *from = &t->partitions[i];

		p = &out->partitions.v[i];
		p->error_code = from->leader < 0 ? ERR_LEADER_NOT_AVAILABLE :
		    ERR_NONE;
		p->partition_index = i;
		p->leader_id = from->leader;
		p->leader_epoch = from->leader_epoch;
		p->replica_nodes.v = (int32_t *)(uintptr_t)from->replicas;
		p->replica_nodes.n = from->n_replicas;
		p->isr_nodes.v = (int32_t *)(uintptr_t)from->isr;
		p->isr_nodes.n = from->n_isr;
	}
}

static struct metadata_response_topic *
add(struct metadata *md)
{
	const struct metadata_request *req = md->r->msg;
	struct metadata_response_topic *out =
	    &md->rsp.topics.v[md->rsp.topics.n++];

	out->topic_authorized_operations =
	    req->include_topic_authorized_operations ? TOPIC_OPERATIONS :
	    INT32_MIN;
	return out;
}

static void
put_topic(struct metadata *md, const struct image_topic *t)
{
	struct metadata_response_topic *out = add(md);

	out->name = t->name;
	out->topic_id = t->id;
	out->is_internal = t->internal;
	put_partitions(md, t, out);
}

static void
put_error(struct metadata *md, int16_t error,
    const struct metadata_request_topic *t)
{
	struct metadata_response_topic *out = add(md);

	out->error_code = error;
	/* before version 12 a name cannot be null */
	out->name = t->name.len < 0 && md->r->version < 12 ? kstr("") :
	    t->name;
	out->topic_id = t->topic_id;
}

static int
compare(const void *a, const void *b)
{
	const struct metadata_request_topic *x = a, *y = b;
	int c = kstr_cmp(x->name, y->name);

	return c != 0 ? c : memcmp(x->topic_id.b, y->topic_id.b,
	    sizeof(x->topic_id.b));
}

/* An id outweighs a name. Sorts what is asked for and drops what is asked for
 * twice, so that a short request cannot ask for a long answer. */
static void
tidy(struct metadata_request *req)
{
	int32_t n = 0;

	for (int32_t i = 0; i < req->topics.n; i++)
		if (!kuuid_none(&req->topics.v[i].topic_id))
			req->topics.v[i].name = KSTR_NULL;
	if (req->topics.n <= 1)
		return;
	qsort(req->topics.v, (size_t)req->topics.n, sizeof(*req->topics.v),
	    compare);
	for (int32_t i = 0; i < req->topics.n; i++)
		if (n == 0 || compare(&req->topics.v[i],
		    &req->topics.v[n - 1]) != 0)
			req->topics.v[n++] = req->topics.v[i];
	req->topics.n = n;
}

static void
put_all(struct metadata *md)
{
	const struct image_topic *t;
	struct image_iter it = { 0 };

	md->rsp.topics.v = arena_alloc(&md->r->arena,
	    (size_t)image_topic_count(md->image) * sizeof(*md->rsp.topics.v));
	while ((t = image_next(md->image, &it)) != NULL)
		put_topic(md, t);
}

static const struct image_topic *
lookup(const struct image *im, const struct metadata_request_topic *t)
{
	return t->name.len >= 0 ? image_topic(im, t->name) :
	    image_topic_by_id(im, &t->topic_id);
}

/* Why creating a topic failed: what Metadata says of it. */
static int16_t
creation_error(const struct metadata *md, struct kstr name)
{
	int16_t err;

	for (int32_t i = 0; i < md->created.topics.n; i++) {
		if (!kstr_eq(md->created.topics.v[i].name, name))
			continue;
		err = md->created.topics.v[i].error_code;
		return err == ERR_NONE || err == ERR_TOPIC_ALREADY_EXISTS ?
		    ERR_LEADER_NOT_AVAILABLE : err;
	}
	return ERR_UNKNOWN_TOPIC_OR_PARTITION;
}

static void
put_asked(struct metadata *md)
{
	const struct metadata_request *req = md->r->msg;
	const struct metadata_request_topic *t;
	const struct image_topic *it;
	const char *why;
	int16_t err;

	md->rsp.topics.v = arena_alloc(&md->r->arena,
	    (size_t)req->topics.n * sizeof(*md->rsp.topics.v));
	for (int32_t i = 0; i < req->topics.n; i++) {
		t = &req->topics.v[i];
		if ((it = lookup(md->image, t)) != NULL)
			put_topic(md, it);
		else if (t->name.len < 0)
			put_error(md, ERR_UNKNOWN_TOPIC_ID, t);
		else if ((err = controller_check_name(t->name, &md->r->arena,
		    &why)) != 0)
			put_error(md, err, t);
		else
			put_error(md, creation_error(md, t->name), t);
	}
}

static void
answer(struct metadata *md)
{
	struct metadata_request *req = md->r->msg;

	if (req->topics.n < 0)
		put_all(md);
	else
		put_asked(md);
	request_reply(md->r, &md->rsp);
}

/* Back on the control thread: the new topics are durable, or are not. */
static void
created(void *arg, bool ok)
{
	struct metadata *md = arg;

	if (!ok)
		for (int32_t i = 0; i < md->created.topics.n; i++)
			md->created.topics.v[i].error_code =
			    ERR_KAFKA_STORAGE_ERROR;
	md->image = control_durable(md->r->broker);
	answer(md);
}

static void
create_missing(struct request *r)
{
	struct metadata *md = r->state;
	struct broker *b = r->broker;
	struct records rs = { 0 };

	controller_create_topics(control_rules(b), control_pending(b),
	    &md->create, &r->arena, &md->created, &rs);
	control_change(b, &rs, created, md);
}

/* Collects the topics to be made; false where there are none. */
static bool
collect_missing(struct metadata *md)
{
	const struct metadata_request *req = md->r->msg;
	struct create_topics_request_topic *t;
	const char *why;

	if (!md->r->broker->config->auto_create_topics ||
	    !req->allow_auto_topic_creation || req->topics.n <= 0)
		return false;
	md->create.topics.v = arena_alloc(&md->r->arena,
	    (size_t)req->topics.n * sizeof(*t));
	for (int32_t i = 0; i < req->topics.n; i++) {
		struct kstr name = req->topics.v[i].name;

		if (name.len < 0 || image_topic(md->image, name) != NULL ||
		    controller_check_name(name, &md->r->arena, &why) != 0)
			continue;
		t = &md->create.topics.v[md->create.topics.n++];
		t->name = name;
		t->num_partitions = -1;
		t->replication_factor = -1;
	}
	return md->create.topics.n > 0;
}

void
handle_metadata(struct request *r)
{
	struct metadata_request *req = r->msg;
	struct metadata *md = arena_alloc(&r->arena, sizeof(*md));
	struct addr *a = arena_alloc(&r->arena, sizeof(*a));

	md->r = r;
	md->image = request_image(r);
	kmsg_defaults(&metadata_response_msg, &md->rsp);
	request_advertised(r, a);
	md->self.node_id = r->broker->node_id;
	md->self.host = kstr(a->host);
	md->self.port = a->port;
	md->self.rack = kstr(r->broker->config->rack);
	md->rsp.brokers.v = &md->self;
	md->rsp.brokers.n = 1;
	md->rsp.cluster_id = kstr(r->broker->cluster_id);
	md->rsp.controller_id = r->broker->node_id;
	if (req->include_cluster_authorized_operations)
		md->rsp.cluster_authorized_operations = CLUSTER_OPERATIONS;
	if (r->version == 0 && req->topics.n == 0)
		req->topics.n = -1;
	tidy(req);
	if (collect_missing(md)) {
		r->state = md;
		control_call(r, create_missing);
	} else {
		answer(md);
	}
}

/*
 * handle_topics.c: CreateTopics, DeleteTopics, CreatePartitions: decided on
 * the control thread, answered when what was decided is durable.
 */
#include "api.h"
#include "broker.h"
#include "config_show.h"
#include "config_table.h"
#include "control.h"
#include "request.h"
#include "wire/kerror.h"

struct creating {
	struct request			*r;
	struct create_topics_response	 rsp;
};

/* A line in the log for what they were given that has no effect. */
static void
remark(const struct create_topics_request_topic *t)
{
	const struct property *p;

	for (int32_t i = 0; i < t->configs.n; i++)
		if ((p = topic_property(t->configs.v[i].name)) != NULL)
			property_remark(p, "topic", t->name, p->topic);
}

/* What the topics' properties are, for version 5 on (KIP-525), and what of
 * them has no effect. */
static void
put_configs(struct creating *cr)
{
	const struct create_topics_request *req = cr->r->msg;
	struct broker *b = cr->r->broker;
	const struct show s = { b->config, control_pending(b), b->node_id,
	    false, false, &cr->r->arena };
	const struct create_topics_request_topic *t = req->topics.v;
	struct create_topics_response_topic *out;

	for (int32_t i = 0; i < cr->rsp.topics.n; i++, t++) {
		out = &cr->rsp.topics.v[i];
		while (!kstr_eq(t->name, out->name))
			t++;	/* named before, answered once */
		if (out->error_code != 0)
			continue;
		if (!req->validate_only)
			remark(t);
		if (cr->r->version >= 5)
			show_created(&s, t, out);
	}
}

static void
topics_created(void *arg, bool ok)
{
	struct creating *cr = arg;

	for (int32_t i = 0; i < cr->rsp.topics.n && !ok; i++)
		if (cr->rsp.topics.v[i].error_code == 0)
			cr->rsp.topics.v[i].error_code =
			    ERR_KAFKA_STORAGE_ERROR;
	put_configs(cr);
	request_reply(cr->r, &cr->rsp);
}

static void
create_topics(struct request *r)
{
	struct creating *cr = arena_alloc(&r->arena, sizeof(*cr));
	struct records rs = { 0 };

	cr->r = r;
	controller_create_topics(control_rules(r->broker),
	    control_pending(r->broker), r->msg, &r->arena, &cr->rsp, &rs);
	control_change(r->broker, &rs, topics_created, cr);
}

void
handle_create_topics(struct request *r)
{
	control_call(r, create_topics);
}

struct deleting {
	struct request			*r;
	struct delete_topics_response	 rsp;
};

static void
topics_deleted(void *arg, bool ok)
{
	struct deleting *d = arg;

	for (int32_t i = 0; i < d->rsp.responses.n && !ok; i++)
		if (d->rsp.responses.v[i].error_code == 0)
			d->rsp.responses.v[i].error_code =
			    ERR_KAFKA_STORAGE_ERROR;
	request_reply(d->r, &d->rsp);
}

static void
delete_topics(struct request *r)
{
	struct deleting *d = arena_alloc(&r->arena, sizeof(*d));
	struct records rs = { 0 };

	d->r = r;
	controller_delete_topics(control_rules(r->broker),
	    control_pending(r->broker), r->msg, r->version, &r->arena,
	    &d->rsp, &rs);
	control_change(r->broker, &rs, topics_deleted, d);
}

void
handle_delete_topics(struct request *r)
{
	control_call(r, delete_topics);
}

struct growing {
	struct request				*r;
	struct create_partitions_response	 rsp;
};

static void
partitions_created(void *arg, bool ok)
{
	struct growing *g = arg;

	for (int32_t i = 0; i < g->rsp.results.n && !ok; i++)
		if (g->rsp.results.v[i].error_code == 0)
			g->rsp.results.v[i].error_code =
			    ERR_KAFKA_STORAGE_ERROR;
	request_reply(g->r, &g->rsp);
}

static void
create_partitions(struct request *r)
{
	struct growing *g = arena_alloc(&r->arena, sizeof(*g));
	struct records rs = { 0 };

	g->r = r;
	controller_create_partitions(control_rules(r->broker),
	    control_pending(r->broker), r->msg, &r->arena, &g->rsp, &rs);
	control_change(r->broker, &rs, partitions_created, g);
}

void
handle_create_partitions(struct request *r)
{
	control_call(r, create_partitions);
}

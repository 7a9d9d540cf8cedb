/*
 * handle_alter_configs.c: IncrementalAlterConfigs and AlterConfigs, decided on
 * the control thread, answered when what was decided is durable.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "broker.h"
#include "config_table.h"
#include "control.h"
#include "controller_configs.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_alter_configs.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_incremental_alter_configs.h"

/* Above these a request costs more than any tool would ask for. */
#define RESOURCES_MAX	10000
#define CHANGES_MAX	400	/* of one resource */

struct configs_change {
	struct request		*r;
	struct alteration	*v;
	int32_t			 n;
	bool			 validate_only;
	void			(*reply)(struct configs_change *);
};

/* A line in the log for what was set and has no effect. */
static void
remark(const struct alteration *a)
{
	const struct property *p;
	char name[128];

	for (int32_t i = 0; i < a->n; i++) {
		if (a->v[i].op == CONFIG_OP_DELETE ||
		    a->v[i].name.len >= (int32_t)sizeof(name))
			continue;
		memcpy(name, a->v[i].name.p, (size_t)a->v[i].name.len);
		name[a->v[i].name.len] = '\0';
		p = a->type == CONFIG_OF_TOPIC ? topic_property(kstr(name)) :
		    broker_property(name);
		if (p != NULL)
			property_remark(p, a->type == CONFIG_OF_TOPIC ?
			    "topic" : "broker", a->name, name);
	}
}

static void
changed(void *arg, bool ok)
{
	struct configs_change *c = arg;

	for (int32_t i = 0; i < c->n; i++) {
		if (c->v[i].error != 0)
			continue;
		if (!ok)
			c->v[i].error = ERR_KAFKA_STORAGE_ERROR;
		else if (!c->validate_only)
			remark(&c->v[i]);
	}
	c->reply(c);
}

static void
decide(struct request *r)
{
	struct configs_change *c = r->state;
	struct records rs = { 0 };

	controller_alter_configs(control_rules(r->broker),
	    control_pending(r->broker), c->v, c->n, &r->arena, &rs);
	if (c->validate_only)
		records_release(&rs);
	control_change(r->broker, &rs, changed, c);
}

static struct configs_change *
begin(struct request *r, int32_t n, bool validate_only,
    void (*reply)(struct configs_change *))
{
	struct configs_change *c = arena_alloc(&r->arena, sizeof(*c));

	c->r = r;
	c->n = n;
	c->v = arena_alloc(&r->arena, (size_t)n * sizeof(*c->v));
	c->validate_only = validate_only;
	c->reply = reply;
	r->state = c;
	return c;
}

/* The changes of one resource, to be filled in; NULL with its error set where
 * there are too many. */
static struct config_change *
resource(struct configs_change *c, int32_t i, int8_t type, struct kstr name,
    int32_t n)
{
	struct alteration *a = &c->v[i];
	struct config_change *v;

	a->type = type;
	a->name = name;
	if (n > CHANGES_MAX) {
		a->error = ERR_INVALID_REQUEST;
		a->why = "Too many properties for one resource";
		return NULL;
	}
	v = arena_alloc(&c->r->arena, (size_t)n * sizeof(*v));
	a->v = v;
	a->n = n;
	return v;
}

static void
reply_incremental(struct configs_change *c)
{
	struct incremental_alter_configs_response rsp;

	kmsg_defaults(&incremental_alter_configs_response_msg, &rsp);
	rsp.responses.n = c->n;
	rsp.responses.v = arena_alloc(&c->r->arena,
	    (size_t)c->n * sizeof(*rsp.responses.v));
	for (int32_t i = 0; i < c->n; i++)
		rsp.responses.v[i] =
		    (struct incremental_alter_configs_response_resource){
			c->v[i].error, kstr(c->v[i].why), c->v[i].type,
			c->v[i].name };
	request_reply(c->r, &rsp);
}

void
handle_incremental_alter_configs(struct request *r)
{
	const struct incremental_alter_configs_request *req = r->msg;
	const struct incremental_alter_configs_request_resource *q;
	struct configs_change *c;
	struct config_change *v;

	if (req->resources.n > RESOURCES_MAX) {
		request_close(r, "changes of %d resources", req->resources.n);
		return;
	}
	c = begin(r, req->resources.n, req->validate_only, reply_incremental);
	for (int32_t i = 0; i < c->n; i++) {
		q = &req->resources.v[i];
		v = resource(c, i, q->resource_type, q->resource_name,
		    q->configs.n);
		for (int32_t j = 0; v != NULL && j < q->configs.n; j++)
			v[j] = (struct config_change){
			    q->configs.v[j].config_operation,
			    q->configs.v[j].name, q->configs.v[j].value };
	}
	control_call(r, decide);
}

static void
reply_alter(struct configs_change *c)
{
	struct alter_configs_response rsp;

	kmsg_defaults(&alter_configs_response_msg, &rsp);
	rsp.responses.n = c->n;
	rsp.responses.v = arena_alloc(&c->r->arena,
	    (size_t)c->n * sizeof(*rsp.responses.v));
	for (int32_t i = 0; i < c->n; i++)
		rsp.responses.v[i] = (struct alter_configs_response_resource){
			c->v[i].error, kstr(c->v[i].why), c->v[i].type,
			c->v[i].name };
	request_reply(c->r, &rsp);
}

void
handle_alter_configs(struct request *r)
{
	const struct alter_configs_request *req = r->msg;
	const struct alter_configs_request_resource *q;
	struct configs_change *c;
	struct config_change *v;

	if (req->resources.n > RESOURCES_MAX) {
		request_close(r, "changes of %d resources", req->resources.n);
		return;
	}
	c = begin(r, req->resources.n, req->validate_only, reply_alter);
	for (int32_t i = 0; i < c->n; i++) {
		q = &req->resources.v[i];
		v = resource(c, i, q->resource_type, q->resource_name,
		    q->configs.n);
		for (int32_t j = 0; v != NULL && j < q->configs.n; j++)
			v[j] = (struct config_change){ CONFIG_OP_SET,
			    q->configs.v[j].name, q->configs.v[j].value };
		c->v[i].replace = true;
	}
	control_call(r, decide);
}

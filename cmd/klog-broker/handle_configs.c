/*
 * handle_configs.c: DescribeConfigs of topics and of this broker, row by row
 * of the table of properties.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer_text.h"
#include "api.h"
#include "broker.h"
#include "config_show.h"
#include "controller.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_list_client_metrics.h"

/* One resource of a request. */
struct described {
	struct request					*r;
	struct show					 show;
	const struct describe_configs_request_resource	*q;
	struct describe_configs_response_result		*out;
};

static void
refuse(struct described *d, int16_t error, const char *why)
{
	d->out->error_code = error;
	d->out->error_message = kstr(why);
}

static bool
is_wanted(const struct describe_configs_request_resource *q, const char *name)
{
	for (int32_t i = 0; i < q->configuration_keys.n; i++)
		if (kstr_eq(q->configuration_keys.v[i], kstr(name)))
			return true;
	return q->configuration_keys.n <= 0;
}

/* Room for all rows. */
static void
begin(struct described *d)
{
	d->out->configs.v = arena_alloc(&d->r->arena,
	    n_properties * sizeof(*d->out->configs.v));
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

static void
describe_topic(struct described *d)
{
	const struct image_topic *t = image_topic(d->show.im,
	    d->q->resource_name);
	const struct property *p;
	const char *why = NULL;
	int16_t error;

	error = controller_check_name(d->q->resource_name, &d->r->arena, &why);
	if (error == 0 && t == NULL) {
		error = ERR_UNKNOWN_TOPIC_OR_PARTITION;
		why = "";
	}
	if (error != 0) {
		refuse(d, error, why);
		return;
	}
	begin(d);
	for (unsigned int i = 0; i < n_properties; i++) {
		p = &properties[i];
		if (p->topic != NULL && is_wanted(d->q, p->topic))
			show_topic(&d->show, p, override_of(t, p->topic),
			    &d->out->configs.v[d->out->configs.n++]);
	}
}

static void
describe_rows(struct described *d, bool (*show)(const struct show *,
    const struct property *, struct describe_configs_response_config *))
{
	const struct property *p;

	begin(d);
	for (unsigned int i = 0; i < n_properties; i++) {
		p = &properties[i];
		if (p->broker != NULL && is_wanted(d->q, p->broker) &&
		    show(&d->show, p, &d->out->configs.v[d->out->configs.n]))
			d->out->configs.n++;
	}
}

static bool
is_number(struct kstr s)
{
	for (int32_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0;
}

/* Whether the resource is this broker's. */
static bool
is_self(struct described *d, const char *or_else)
{
	struct kstr name = d->q->resource_name;
	const char *why;
	char id[16];

	snprintf(id, sizeof(id), "%d", d->show.self);
	if (kstr_eq(name, kstr(id)))
		return true;
	if (!is_number(name))
		why = answer_text(&d->r->arena, "Broker id must be an integer, "
		    "but it is: %.*s", name.len, name.p);
	else
		why = answer_text(&d->r->arena, "Unexpected broker id, "
		    "expected %s%s, but received %.*s", id, or_else, name.len,
		    name.p);
	refuse(d, ERR_INVALID_REQUEST, why);
	return false;
}

static void
describe_broker(struct described *d)
{
	if (d->q->resource_name.len == 0)
		describe_rows(d, show_all_brokers);
	else if (is_self(d, " or empty string"))
		describe_rows(d, show_broker);
}

static void
describe_one(struct described *d)
{
	switch (d->q->resource_type) {
	case CONFIG_OF_TOPIC:
		describe_topic(d);
		break;
	case CONFIG_OF_BROKER:
		describe_broker(d);
		break;
	case CONFIG_OF_LOGGER:		/* no levels that a client could set */
		if (d->q->resource_name.len == 0)
			refuse(d, ERR_INVALID_REQUEST,
			    "Broker id must not be empty");
		else
			is_self(d, "");
		break;
	case CONFIG_OF_CLIENT_METRICS:	/* no subscriptions */
		if (d->q->resource_name.len == 0)
			refuse(d, ERR_INVALID_REQUEST, "Client metrics "
			    "subscription name must not be empty");
		break;
	default:
		refuse(d, ERR_INVALID_REQUEST,
		    d->q->resource_type == CONFIG_OF_GROUP ?
		    "Unsupported resource type: GROUP" :
		    "Unsupported resource type: UNKNOWN");
	}
}

/* Each resource once, and so many that an answer stays within reason. */
#define RESOURCES_MAX	2000

void
handle_describe_configs(struct request *r)
{
	const struct describe_configs_request *req = r->msg;
	struct describe_configs_response rsp;
	struct described d = {
		.r = r,
		.show = { r->broker->config, request_image(r),
		    r->broker->node_id, req->include_synonyms,
		    req->include_documentation, &r->arena },
	};

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
		d.q = &req->resources.v[i];
		d.out = &rsp.results.v[i];
		d.out->error_message = KSTR_NULL;
		d.out->resource_type = d.q->resource_type;
		d.out->resource_name = d.q->resource_name;
		describe_one(&d);
	}
	request_reply(r, &rsp);
}

/* Subscriptions of client metrics: there are none. */
void
handle_list_client_metrics(struct request *r)
{
	struct list_client_metrics_response rsp;

	kmsg_defaults(&list_client_metrics_response_msg, &rsp);
	request_reply(r, &rsp);
}

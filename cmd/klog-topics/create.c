/*
 * create.c: new topics, from options or after the model of one that is there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "topics.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_describe_configs.h"

/* What the new topics shall have. */
struct plan {
	int64_t		 partitions, replicas;	/* -1: the broker's default */
	struct create_topics_request_config *configs;
	int		 n;
	struct reply	*model;		/* configs borrow from it, or NULL */
};

static int
has_config(const struct plan *p, struct kstr name)
{
	for (int i = 0; i < p->n; i++)
		if (kstr_eq(p->configs[i].name, name))
			return i;
	return -1;
}

static void
put_config(struct plan *p, struct kstr name, struct kstr value)
{
	int i = has_config(p, name);

	if (i < 0) {
		p->configs = xreallocarray(p->configs, (size_t)p->n + 1,
		    sizeof(p->configs[0]));
		i = p->n++;
	}
	p->configs[i].name = name;
	p->configs[i].value = value;
}

/* --set NAME=VALUE: what is said last counts, and more than the model's. */
static int
add_options(struct plan *p, const struct opt_list *list, struct kerr *e)
{
	for (int i = 0; i < list->n; i++) {
		const char *eq = strchr(list->v[i], '=');

		if (eq == NULL || eq == list->v[i])
			return kerr_set(e, KE_USAGE, "--set '%s': not of the "
			    "form NAME=VALUE", list->v[i]);
		put_config(p, (struct kstr){ list->v[i],
		    (int32_t)(eq - list->v[i]) }, kstr(eq + 1));
	}
	return 0;
}

/* Partitions and replicas of the model. */
static int
take_shape(struct plan *p, struct topics *t, struct kerr *e)
{
	const struct metadata_response *m;
	const struct metadata_response_topic *topic;
	struct reply *r;
	int error = 0;

	if (admin_metadata(t->cluster, &t->like, 1, &r, e) != 0)
		return e->code;
	m = r->msg;
	topic = &m->topics.v[0];
	if (m->topics.n != 1)
		error = kerr_set(e, KE_PROTO, "metadata without the topic");
	else if (topic->error_code != 0 || topic->partitions.n == 0)
		error = kerr_kafka(e, topic->error_code, "%s",
		    kerror_name(topic->error_code));
	else if (p->partitions < 0)
		p->partitions = topic->partitions.n;
	if (error == 0 && p->replicas < 0)
		p->replicas = topic->partitions.v[0].replica_nodes.n;
	reply_free(r);
	return error;
}

/* The properties that were set for the model. */
static int
take_configs(struct plan *p, struct topics *t, struct kerr *e)
{
	const struct kstr name = kstr(t->like);
	const struct describe_configs_response *rsp;
	const struct describe_configs_response_config *c;

	if (topics_describe_configs(t, &name, 1, NULL, -1, &p->model, e) != 0)
		return e->code;
	rsp = p->model->msg;
	if (rsp->results.n != 1)
		return kerr_set(e, KE_PROTO, "no answer for the topic");
	if (rsp->results.v[0].error_code != 0)
		return kerr_kafka(e, rsp->results.v[0].error_code, "%s",
		    kerror_name(rsp->results.v[0].error_code));
	for (int i = 0; i < rsp->results.v[0].configs.n; i++) {
		c = &rsp->results.v[0].configs.v[i];
		if (c->config_source == CONFIG_SOURCE_TOPIC)
			put_config(p, c->name, c->value);
	}
	return 0;
}

static int
make_plan(struct plan *p, struct topics *t, struct kerr *e)
{
	if (t->like != NULL && (take_shape(p, t, e) != 0 ||
	    take_configs(p, t, e) != 0))
		return kerr_wrap(e, "--like '%s'", t->like);
	return add_options(p, &t->configs, e);
}

static int
send_create(struct topics *t, const struct plan *p, struct reply **r,
    struct kerr *e)
{
	struct create_topics_request_topic *v;
	struct create_topics_request req;
	int error, i;

	v = xcalloc((size_t)t->nnames, sizeof(v[0]));
	for (i = 0; i < t->nnames; i++) {
		v[i].name = kstr(t->names[i]);
		v[i].num_partitions = (int32_t)p->partitions;
		v[i].replication_factor = (int16_t)p->replicas;
		v[i].configs.v = p->configs;
		v[i].configs.n = p->n;
	}
	kmsg_defaults(&create_topics_request_msg, &req);
	req.topics.v = v;
	req.topics.n = t->nnames;
	req.timeout_ms = (int32_t)t->wait_ms;
	req.validate_only = t->dry_run;
	error = admin_request(t->cluster, BROKER_CONTROLLER, API_CREATE_TOPICS,
	    &req, t->wait_ms, r, e);
	free(v);
	return error;
}

enum exit_class
topics_create(struct topics *t)
{
	const struct create_topics_response *rsp;
	const struct create_topics_response_topic *q;
	const char **made = xcalloc((size_t)t->nnames, sizeof(made[0]));
	struct plan p = { t->partitions, t->replicas, NULL, 0, NULL };
	struct kerr e = KERR_INIT;
	struct outcome o;
	struct reply *r;
	int i, k, n = 0;

	if (make_plan(&p, t, &e) == 0)
		send_create(t, &p, &r, &e);
	free(p.configs);
	reply_free(p.model);
	if (e.code != 0) {
		free(made);
		return exit_report(&e, NULL);
	}
	outcome_open(&o, t, "created");
	rsp = r->msg;
	for (i = 0; i < rsp->topics.n; i++) {
		q = &rsp->topics.v[i];
		outcome_add(&o, q->name, q->error_code, t->if_not_exists &&
		    q->error_code == ERR_TOPIC_ALREADY_EXISTS,
		    q->error_message);
		for (k = 0; k < t->nnames && q->error_code == 0; k++)
			if (kstr_eq(kstr(t->names[k]), q->name) &&
			    n < t->nnames)
				made[n++] = t->names[k];
	}
	topics_settle(t, made, n, true);
	free(made);
	reply_free(r);
	return outcome_close(&o);
}

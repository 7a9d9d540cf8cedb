/*
 * change.c: create, delete, alter. One request for all topics; each topic has
 * its own outcome, and the worst one is the program's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "net/loop.h"
#include "topics.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_create_partitions.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_delete_topics.h"

/* What the metadata of the named topics still lacks: topics that are there
 * with all leaders (want), or topics that are gone. */
static int
unsettled(const struct metadata_response *m, bool want)
{
	const struct metadata_response_topic *topic;
	int i, k, n = 0;

	for (i = 0; i < m->topics.n; i++) {
		topic = &m->topics.v[i];
		if (!want) {
			n += topic->error_code !=
			    ERR_UNKNOWN_TOPIC_OR_PARTITION;
			continue;
		}
		n += topic->error_code != 0;
		for (k = 0; k < topic->partitions.n; k++)
			n += topic->partitions.v[k].leader_id < 0;
	}
	return n;
}

/*
 * A controller answers before the brokers have heard of the change. Waits, up
 * to a second, until one of them has, so that the next command sees it.
 */
static void
settle(struct topics *t, const char *const *names, int n, bool want)
{
	int64_t until = loop_clock(t->loop) + 1000;
	struct kerr e = KERR_INIT;
	struct reply *r;
	int left;

	while (n > 0 && !t->dry_run) {
		if (admin_metadata(t->cluster, names, n, &r, &e) != 0)
			return;
		left = unsettled(r->msg, want);
		reply_free(r);
		if (left == 0 || loop_clock(t->loop) >= until)
			return;
		usleep(5000);
	}
}

/* --set NAME=VALUE, split; NULL with e set when one is malformed. */
static struct create_topics_request_config *
split_configs(const struct opt_list *list, struct kerr *e)
{
	struct create_topics_request_config *v;
	const char *eq;
	int i;

	v = xcalloc((size_t)list->n + 1, sizeof(v[0]));
	for (i = 0; i < list->n; i++) {
		eq = strchr(list->v[i], '=');
		if (eq == NULL || eq == list->v[i]) {
			kerr_set(e, KE_USAGE, "--set '%s': not of the form "
			    "NAME=VALUE", list->v[i]);
			free(v);
			return NULL;
		}
		v[i].name = (struct kstr){ list->v[i],
		    (int32_t)(eq - list->v[i]) };
		v[i].value = kstr(eq + 1);
	}
	return v;
}

static int
send_create(struct topics *t, struct reply **r, struct kerr *e)
{
	struct create_topics_request_config *configs;
	struct create_topics_request_topic *v;
	struct create_topics_request req;
	int error, i;

	configs = split_configs(&t->configs, e);
	if (configs == NULL)
		return e->code;
	v = xcalloc((size_t)t->nnames, sizeof(v[0]));
	for (i = 0; i < t->nnames; i++) {
		v[i].name = kstr(t->names[i]);
		v[i].num_partitions = (int32_t)t->partitions;
		v[i].replication_factor = (int16_t)t->replicas;
		v[i].configs.v = configs;
		v[i].configs.n = t->configs.n;
	}
	kmsg_defaults(&create_topics_request_msg, &req);
	req.topics.v = v;
	req.topics.n = t->nnames;
	req.timeout_ms = (int32_t)t->wait_ms;
	req.validate_only = t->dry_run;
	error = admin_request(t->cluster, BROKER_CONTROLLER, API_CREATE_TOPICS,
	    &req, t->wait_ms, r, e);
	free(v);
	free(configs);
	return error;
}

enum exit_class
topics_create(struct topics *t)
{
	const struct create_topics_response *rsp;
	const struct create_topics_response_topic *p;
	const char **made = xcalloc((size_t)t->nnames, sizeof(made[0]));
	struct kerr e = KERR_INIT;
	struct outcome o;
	struct reply *r;
	int i, k, n = 0;

	if (send_create(t, &r, &e) != 0) {
		free(made);
		return exit_report(&e, NULL);
	}
	outcome_open(&o, t, "created");
	rsp = r->msg;
	for (i = 0; i < rsp->topics.n; i++) {
		p = &rsp->topics.v[i];
		outcome_add(&o, p->name, p->error_code, t->if_not_exists &&
		    p->error_code == ERR_TOPIC_ALREADY_EXISTS,
		    p->error_message);
		for (k = 0; k < t->nnames && p->error_code == 0; k++)
			if (kstr_eq(kstr(t->names[k]), p->name) &&
			    n < t->nnames)
				made[n++] = t->names[k];
	}
	settle(t, made, n, true);
	free(made);
	reply_free(r);
	return outcome_close(&o);
}

static int
send_delete(struct topics *t, struct reply **r, struct kerr *e)
{
	struct delete_topics_request_topic *v;
	struct delete_topics_request req;
	struct kstr *names;
	int error, i;

	v = xcalloc((size_t)t->nnames, sizeof(v[0]));
	names = xcalloc((size_t)t->nnames, sizeof(names[0]));
	for (i = 0; i < t->nnames; i++)
		v[i].name = names[i] = kstr(t->names[i]);
	kmsg_defaults(&delete_topics_request_msg, &req);
	req.topics.v = v;
	req.topic_names.v = names;
	req.topics.n = req.topic_names.n = t->nnames;
	req.timeout_ms = (int32_t)t->wait_ms;
	error = admin_request(t->cluster, BROKER_CONTROLLER, API_DELETE_TOPICS,
	    &req, t->wait_ms, r, e);
	free(v);
	free(names);
	return error;
}

/* DeleteTopics has no dry run: metadata tells which are there. */
static enum exit_class
check_delete(struct topics *t, struct outcome *o)
{
	const struct metadata_response *m;
	struct kerr e = KERR_INIT;
	struct reply *r;
	int i;

	if (admin_metadata(t->cluster, t->names, t->nnames, &r, &e) != 0)
		return exit_report(&e, NULL);
	m = r->msg;
	for (i = 0; i < m->topics.n; i++)
		outcome_add(o, m->topics.v[i].name, m->topics.v[i].error_code,
		    t->if_exists && m->topics.v[i].error_code ==
		    ERR_UNKNOWN_TOPIC_OR_PARTITION, KSTR_NULL);
	reply_free(r);
	return outcome_close(o);
}

enum exit_class
topics_delete(struct topics *t)
{
	const struct delete_topics_response *rsp;
	struct kerr e = KERR_INIT;
	struct outcome o;
	struct reply *r;
	int i;

	if (t->regex && !t->dry_run && !topics_agree(t, "delete them?"))
		return EXIT_BAD_USAGE;
	outcome_open(&o, t, "deleted");
	if (t->dry_run)
		return check_delete(t, &o);
	if (send_delete(t, &r, &e) != 0)
		return exit_report(&e, NULL);
	rsp = r->msg;
	for (i = 0; i < rsp->responses.n; i++)
		outcome_add(&o, rsp->responses.v[i].name,
		    rsp->responses.v[i].error_code, t->if_exists &&
		    rsp->responses.v[i].error_code ==
		    ERR_UNKNOWN_TOPIC_OR_PARTITION,
		    rsp->responses.v[i].error_message);
	if (o.status == EXIT_DONE)
		settle(t, t->names, t->nnames, false);
	reply_free(r);
	return outcome_close(&o);
}

static int
send_alter(struct topics *t, struct reply **r, struct kerr *e)
{
	struct create_partitions_request_topic *v;
	struct create_partitions_request req;
	int error, i;

	v = xcalloc((size_t)t->nnames, sizeof(v[0]));
	for (i = 0; i < t->nnames; i++) {
		v[i].name = kstr(t->names[i]);
		v[i].count = (int32_t)t->partitions;
		v[i].assignments.n = -1;
	}
	kmsg_defaults(&create_partitions_request_msg, &req);
	req.topics.v = v;
	req.topics.n = t->nnames;
	req.timeout_ms = (int32_t)t->wait_ms;
	req.validate_only = t->dry_run;
	error = admin_request(t->cluster, BROKER_CONTROLLER,
	    API_CREATE_PARTITIONS, &req, t->wait_ms, r, e);
	free(v);
	return error;
}

enum exit_class
topics_alter(struct topics *t)
{
	const struct create_partitions_response *rsp;
	struct kerr e = KERR_INIT;
	struct outcome o;
	struct reply *r;
	int i;

	if (send_alter(t, &r, &e) != 0)
		return exit_report(&e, NULL);
	outcome_open(&o, t, "altered");
	rsp = r->msg;
	for (i = 0; i < rsp->results.n; i++)
		outcome_add(&o, rsp->results.v[i].name,
		    rsp->results.v[i].error_code, t->if_exists &&
		    rsp->results.v[i].error_code ==
		    ERR_UNKNOWN_TOPIC_OR_PARTITION,
		    rsp->results.v[i].error_message);
	if (o.status == EXIT_DONE)
		settle(t, t->names, t->nnames, true);
	reply_free(r);
	return outcome_close(&o);
}

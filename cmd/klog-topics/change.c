/*
 * change.c: delete and alter. One request for all topics; each topic has its
 * own outcome, and the worst one is the program's.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "net/loop.h"
#include "topics.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_create_partitions.h"
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

/* A controller answers before the brokers have heard of the change. */
void
topics_settle(struct topics *t, const char *const *names, int n, bool want)
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
		topics_settle(t, t->names, t->nnames, false);
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
		topics_settle(t, t->names, t->nnames, true);
	reply_free(r);
	return outcome_close(&o);
}

/* admin.c: see admin.h. */
#include "client/admin.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "client/retry.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_list_offsets.h"
#include "wire/msg_metadata.h"

bool
admin_back_off(struct cluster *c, int attempt, int64_t until)
{
	const struct cluster_config *cf = cluster_conf(c);
	int64_t left = until - loop_clock(cluster_loop(c));
	int64_t ms = retry_backoff(attempt, cf->backoff_ms,
	    cf->backoff_max_ms, (uint32_t)left * 2654435761u >> 8);

	if (left <= 0)
		return false;
	loop_run_for(cluster_loop(c), ms < left ? ms : left);
	return true;
}

int
admin_request(struct cluster *c, int32_t broker, int16_t api, const void *req,
    int64_t wait_ms, struct reply **r, struct kerr *e)
{
	struct loop *l = cluster_loop(c);
	struct call_options opt = { 0 };
	enum retry_action action;
	int64_t until;

	if (cluster_connect(c, e) != 0)
		return e->code;
	if (wait_ms <= 0)
		wait_ms = cluster_conf(c)->request_ms;
	until = loop_clock(l) + wait_ms;
	for (int attempt = 1;; attempt++) {
		opt.timeout_ms = until - loop_clock(l);
		if (opt.timeout_ms < 1)
			opt.timeout_ms = 1;
		if (cluster_call(c, broker, api, req, &opt, r, e) == 0)
			return 0;
		action = retry_policy(e, attempt, true);
		if (action != RETRY_AGAIN && action != RETRY_REFRESH)
			return e->code;
		cluster_refresh(c);
		if (!admin_back_off(c, attempt, until))
			return e->code;
	}
}

int
admin_metadata(struct cluster *c, const char *const *names, int n,
    struct reply **r, struct kerr *e)
{
	struct metadata_request req;
	struct metadata_request_topic *v;
	int rc;

	v = xcalloc(n > 0 ? (size_t)n : 1, sizeof(*v));
	for (int i = 0; i < n; i++)
		v[i].name = kstr(names[i]);
	kmsg_defaults(&metadata_request_msg, &req);
	req.allow_auto_topic_creation = false;
	req.topics.v = v;
	req.topics.n = n;
	rc = admin_request(c, BROKER_ANY, API_METADATA, &req, 0, r, e);
	free(v);
	return rc;
}

/* One round of ListOffsets: the partitions led by one broker. */
struct ask {
	struct admin_offset		*v;
	size_t				 n;
	bool				*open;	/* still to be answered */
	struct admin_offset		**sorted; /* by topic and partition */
	int				 under_way;
};

struct ask_one {
	struct ask	*ask;
	int32_t		 broker;
};

static int
compare(const struct admin_offset *o, struct kstr topic, int32_t partition)
{
	size_t n = topic.len > 0 ? (size_t)topic.len : 0;
	int d = strncmp(o->topic, topic.p, n);

	if (d == 0 && o->topic[n] != '\0')
		d = 1;
	return d != 0 ? d : (o->partition > partition) -
	    (o->partition < partition);
}

static int
by_place(const void *a, const void *b)
{
	const struct admin_offset *const *x = a, *const *y = b;

	return compare(*x, kstr((*y)->topic), (*y)->partition);
}

static void
sort(struct ask *ask)
{
	for (size_t i = 0; i < ask->n; i++)
		ask->sorted[i] = &ask->v[i];
	if (ask->n > 1)
		qsort(ask->sorted, ask->n, sizeof(ask->sorted[0]), by_place);
}

/* The first that is still open. */
static struct admin_offset *
find(struct ask *ask, struct kstr topic, int32_t partition, size_t *at)
{
	size_t lo = 0, hi = ask->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare(ask->sorted[mid], topic, partition) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < ask->n &&
	    compare(ask->sorted[lo], topic, partition) == 0; lo++) {
		*at = (size_t)(ask->sorted[lo] - ask->v);
		if (ask->open[*at])
			return ask->sorted[lo];
	}
	return NULL;
}

static void
take_partition(struct ask *ask, struct kstr topic,
    const struct list_offsets_response_partition *p)
{
	struct admin_offset *o;
	size_t at;

	o = find(ask, topic, p->partition_index, &at);
	if (o == NULL)
		return;
	if (p->error_code != 0) {
		kerr_kafka(&o->err, p->error_code, "%s",
		    kerror_name(p->error_code));
		return;
	}
	o->offset = p->offset;
	o->ts = p->timestamp;
	o->leader_epoch = p->leader_epoch;
	kerr_clear(&o->err);
	ask->open[at] = false;
}

static void
offsets_came(void *arg, struct reply *r)
{
	struct ask_one *one = arg;
	struct ask *ask = one->ask;
	const struct list_offsets_response *rsp = r->msg;

	ask->under_way--;
	for (size_t i = 0; r->err.code != 0 && i < ask->n; i++)
		if (ask->open[i] && ask->v[i].leader_epoch == -2 - one->broker)
			ask->v[i].err = r->err;
	for (int i = 0; r->err.code == 0 && i < rsp->topics.n; i++)
		for (int j = 0; j < rsp->topics.v[i].partitions.n; j++)
			take_partition(ask, rsp->topics.v[i].name,
			    &rsp->topics.v[i].partitions.v[j]);
	reply_free(r);
	free(one);
}

/* Sends what one broker leads; a topic may come more than once in a request,
 * so each partition is put as a topic of its own. */
static void
ask_broker(struct cluster *c, struct ask *ask, int32_t broker, int committed,
    int64_t left)
{
	struct list_offsets_request req;
	struct list_offsets_request_topic *t;
	struct list_offsets_request_partition *p;
	struct call_options opt = { .timeout_ms = left };
	struct ask_one *one = xcalloc(1, sizeof(*one));
	int32_t n = 0, nt = 0;

	t = xcalloc(ask->n, sizeof(*t));
	p = xcalloc(ask->n, sizeof(*p));
	for (size_t i = 0; i < ask->n; i++) {
		const struct admin_offset *o = &ask->v[i];

		if (!ask->open[i] || o->leader_epoch != -2 - broker)
			continue;
		p[n] = (struct list_offsets_request_partition){
			o->partition, -1, o->at, 1 };
		if (nt > 0 && kstr_eq(t[nt - 1].name, kstr(o->topic)))
			t[nt - 1].partitions.n++;
		else {
			t[nt].name = kstr(o->topic);
			t[nt].partitions.v = &p[n];
			t[nt++].partitions.n = 1;
		}
		n++;
	}
	kmsg_defaults(&list_offsets_request_msg, &req);
	req.replica_id = -1;
	req.isolation_level = committed ? 1 : 0;
	req.topics.v = t;
	req.topics.n = nt;
	one->ask = ask;
	one->broker = broker;
	ask->under_way++;
	cluster_send(c, broker, API_LIST_OFFSETS, &req, &opt, offsets_came,
	    one);
	free(t);
	free(p);
}

/* While a partition is open its leader_epoch holds -2 - leader. */
static void
ask_all(struct cluster *c, struct ask *ask, int committed, int64_t left)
{
	const struct cluster_broker *b;
	int n = cluster_brokers(c, &b);

	for (size_t i = 0; i < ask->n; i++) {
		struct admin_offset *o = &ask->v[i];
		const struct cluster_topic *t;

		if (!ask->open[i])
			continue;
		o->leader_epoch = -2 - cluster_leader(c, o->topic,
		    o->partition);
		if (o->leader_epoch != -1)
			continue;
		t = cluster_topic(c, o->topic);
		if (t != NULL && t->error == 0 && o->partition >= t->n)
			kerr_set(&o->err, KE_NOTFOUND, "no such partition");
		else if (t != NULL && t->error != 0)
			kerr_kafka(&o->err, t->error, "%s",
			    kerror_name(t->error));
		else
			kerr_kafka(&o->err, ERR_LEADER_NOT_AVAILABLE,
			    "LEADER_NOT_AVAILABLE");
	}
	for (int i = 0; i < n; i++) {
		for (size_t j = 0; j < ask->n; j++)
			if (ask->open[j] &&
			    ask->v[j].leader_epoch == -2 - b[i].id) {
				ask_broker(c, ask, b[i].id, committed, left);
				break;
			}
	}
	while (ask->under_way > 0)
		loop_once(cluster_loop(c), -1);
}

/* A partition that is not known may have come since the last metadata. */
static int
load_topics(struct cluster *c, const struct admin_offset *v, size_t n,
    int64_t left, struct kerr *e)
{
	struct kerr ignored = KERR_INIT;
	const struct cluster_topic *t;

	if (cluster_connect(c, e) != 0)
		return e->code;
	for (size_t i = 0; i < n; i++)
		cluster_want(c, v[i].topic);
	for (size_t i = 0; i < n; i++) {
		t = cluster_topic(c, v[i].topic);
		if (t == NULL || (t->error == 0 && v[i].partition >= t->n))
			cluster_load_topic(c, v[i].topic, left, &ignored);
	}
	return 0;
}

/* Whether a partition that is still open can be asked again. */
static bool
worth_another(const struct ask *ask, int attempt)
{
	enum retry_action action;

	for (size_t i = 0; i < ask->n; i++) {
		if (!ask->open[i])
			continue;
		action = retry_policy(&ask->v[i].err, attempt, true);
		if ((action == RETRY_AGAIN || action == RETRY_REFRESH) &&
		    ask->v[i].err.kafka != ERR_UNKNOWN_TOPIC_OR_PARTITION)
			return true;
	}
	return false;
}

int
admin_list_offsets(struct cluster *c, struct admin_offset *v, size_t n,
    int committed, int64_t wait_ms, struct kerr *e)
{
	struct ask ask = {
		.v = v, .n = n,
		.open = xcalloc(n + 1, sizeof(ask.open[0])),
		.sorted = xcalloc(n + 1, sizeof(ask.sorted[0])),
	};
	struct kerr none = KERR_INIT;	/* where nobody can be asked */
	int64_t until, left;
	int rc;

	if (wait_ms <= 0)
		wait_ms = cluster_conf(c)->request_ms;
	until = loop_clock(cluster_loop(c)) + wait_ms;
	sort(&ask);
	rc = load_topics(c, v, n, wait_ms, &none);
	if (rc != 0 && e != NULL)
		*e = none;
	for (size_t i = 0; i < n; i++) {
		v[i].offset = v[i].ts = -1;
		v[i].err = none;
		ask.open[i] = true;
	}
	for (int attempt = 1; rc == 0; attempt++) {
		left = until - loop_clock(cluster_loop(c));
		ask_all(c, &ask, committed, left > 0 ? left : 1);
		if (!worth_another(&ask, attempt))
			break;
		cluster_refresh(c);
		if (!admin_back_off(c, attempt, until))
			break;
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!ask.open[i])
			continue;
		v[i].leader_epoch = -1;
		if (e != NULL)
			*e = v[i].err;
		kerr_wrap(e, "%s[%d]", v[i].topic, (int)v[i].partition);
		rc = v[i].err.code;
	}
	free(ask.sorted);
	free(ask.open);
	return rc;
}

int
admin_create_topic(struct cluster *c, const char *name, int32_t partitions,
    int16_t replicas, int64_t wait_ms, struct kerr *e)
{
	struct create_topics_request req;
	struct create_topics_request_topic t = { 0 };
	const struct create_topics_response *rsp;
	struct reply *r;
	int rc = 0;

	kmsg_defaults(&create_topics_request_msg, &req);
	t.name = kstr(name);
	t.num_partitions = partitions;
	t.replication_factor = replicas;
	req.topics.v = &t;
	req.topics.n = 1;
	req.timeout_ms = (int32_t)(wait_ms > 0 ? wait_ms : 30000);
	if (admin_request(c, BROKER_CONTROLLER, API_CREATE_TOPICS, &req,
	    wait_ms, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->topics.n != 1)
		rc = kerr_set(e, KE_PROTO, "no answer for the topic");
	else if (rsp->topics.v[0].error_code == ERR_TOPIC_ALREADY_EXISTS)
		rc = kerr_set(e, KE_EXISTS, "the topic exists already");
	else if (rsp->topics.v[0].error_code != 0)
		rc = kerror_set(e, rsp->topics.v[0].error_code,
		    rsp->topics.v[0].error_message);
	reply_free(r);
	return rc;
}

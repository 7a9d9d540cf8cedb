/* prepare.c: topics of the target: made, grown, configured (mirror.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "mirror.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_create_partitions.h"
#include "wire/msg_create_topics.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_incremental_alter_configs.h"
#include "wire/msg_metadata.h"

/* What belongs to the cluster, not to the topic (MirrorMaker 2 leaves out the
 * same). */
static const char *const own[] = {
	"follower.replication.throttled.replicas",
	"leader.replication.throttled.replicas",
	"message.timestamp.difference.max.ms",
	"message.timestamp.after.max.ms", "message.timestamp.before.max.ms",
	"message.timestamp.type", "unclean.leader.election.enable",
	"min.insync.replicas", "remote.storage.enable",
	"local.retention.bytes", "local.retention.ms", "batch.validation",
	NULL
};

/* The properties of one topic that are set for it alone, and some others. */
struct properties {
	struct reply	*reply;
	const struct describe_configs_response_result *r;
};

static bool
in_list(const char *const *list, struct kstr name)
{
	for (; *list != NULL; list++)
		if (kstr_eq(kstr(*list), name))
			return true;
	return false;
}

static int
describe(struct side *s, const char *topic, struct properties *p,
    struct kerr *e)
{
	struct describe_configs_request req;
	struct describe_configs_request_resource res = {
		CONFIG_OF_TOPIC, kstr(topic), { NULL, -1 } };
	const struct describe_configs_response *rsp;

	kmsg_defaults(&describe_configs_request_msg, &req);
	req.resources.v = &res;
	req.resources.n = 1;
	p->reply = NULL;
	if (admin_request(s->c, BROKER_ANY, API_DESCRIBE_CONFIGS, &req, 0,
	    &p->reply, e) != 0)
		return kerr_wrap(e, "%s", topic);
	rsp = p->reply->msg;
	if (rsp->results.n != 1)
		return kerr_set(e, KE_PROTO, "%s: no properties", topic);
	p->r = &rsp->results.v[0];
	if (p->r->error_code != 0)
		return kerr_kafka(e, p->r->error_code, "%s: %s", topic,
		    kerror_name(p->r->error_code));
	return 0;
}

static const struct describe_configs_response_config *
property(const struct properties *p, struct kstr name)
{
	for (int i = 0; i < p->r->configs.n; i++)
		if (kstr_eq(p->r->configs.v[i].name, name))
			return &p->r->configs.v[i];
	return NULL;
}

static int64_t
number(const struct properties *p, const char *name)
{
	const struct describe_configs_response_config *c =
	    property(p, kstr(name));
	char text[32];

	if (c == NULL || c->value.len <= 0 ||
	    (size_t)c->value.len >= sizeof(text))
		return -1;
	memcpy(text, c->value.p, (size_t)c->value.len);
	text[c->value.len] = '\0';
	return strtoll(text, NULL, 10);
}

static bool
is_override(const struct describe_configs_response_config *c)
{
	return c->config_source == CONFIG_SOURCE_TOPIC && c->value.len >= 0 &&
	    !c->is_sensitive && !in_list(own, c->name);
}

static int
create(struct side *s, const char *name, int32_t partitions,
    struct create_topics_request_config *v, int n, struct kerr *e)
{
	struct create_topics_request req;
	struct create_topics_request_topic t = { .name = kstr(name),
	    .num_partitions = partitions, .replication_factor = -1,
	    .configs = { v, n } };
	const struct create_topics_response *rsp;
	struct reply *r;
	int rc = 0;

	kmsg_defaults(&create_topics_request_msg, &req);
	req.topics.v = &t;
	req.topics.n = 1;
	req.timeout_ms = (int32_t)cluster_conf(s->c)->request_ms;
	if (admin_request(s->c, BROKER_CONTROLLER, API_CREATE_TOPICS, &req, 0,
	    &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->topics.n != 1)
		rc = kerr_set(e, KE_PROTO, "no answer for the topic");
	else if (rsp->topics.v[0].error_code != 0 &&
	    rsp->topics.v[0].error_code != ERR_TOPIC_ALREADY_EXISTS)
		rc = kerror_set(e, rsp->topics.v[0].error_code,
		    rsp->topics.v[0].error_message);
	reply_free(r);
	return rc;
}

/* How many partitions a topic has, all of them led; 0: not yet. */
static int
look(struct side *s, const char *name, int32_t *n, struct kerr *e)
{
	const struct metadata_response *rsp;
	struct reply *r;
	int rc = 0;

	*n = 0;
	if (admin_metadata(s->c, &name, 1, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->topics.n == 1 && rsp->topics.v[0].error_code == 0)
		*n = rsp->topics.v[0].partitions.n;
	else if (rsp->topics.n == 1 && rsp->topics.v[0].error_code ==
	    ERR_TOPIC_AUTHORIZATION_FAILED)
		rc = kerr_kafka(e, ERR_TOPIC_AUTHORIZATION_FAILED, "%s",
		    kerror_name(ERR_TOPIC_AUTHORIZATION_FAILED));
	for (int i = 0; rsp->topics.n == 1 &&
	    i < rsp->topics.v[0].partitions.n; i++)
		if (rsp->topics.v[0].partitions.v[i].leader_id < 0)
			*n = 0;
	reply_free(r);
	return rc;
}

/* A topic that was made or has grown is there when brokers have heard of it. */
static int
wait_topic(struct side *s, const char *name, int32_t partitions,
    struct kerr *e)
{
	const struct cluster_config *cf = cluster_conf(s->c);
	int64_t until = loop_clock(cluster_loop(s->c)) + cf->request_ms;
	int32_t n;

	for (int i = 1;; i++) {
		if (look(s, name, &n, e) != 0)
			return e->code;
		if (n >= partitions)
			return 0;
		if (loop_clock(cluster_loop(s->c)) > until)
			return kerr_set(e, KE_TIMEOUT, "made, but no broker "
			    "leads it");
		loop_run_for(cluster_loop(s->c), i < 10 ? 10 * i : 100);
	}
}

int
prepare_create(struct side *s, const char *name, int32_t partitions,
    const char *const *configs, struct kerr *e)
{
	struct create_topics_request_config v[8];
	int n = 0;

	for (; configs[2 * n] != NULL; n++)
		v[n] = (struct create_topics_request_config){
		    kstr(configs[2 * n]), kstr(configs[2 * n + 1]) };
	if (create(s, name, partitions, v, n, e) != 0)
		return e->code;
	return wait_topic(s, name, partitions, e);
}

/* What the source's broker has checked when it came, and the CRC covers since,
 * need not be unpacked once more. Only klog-broker can be told so. */
static int
create_relaxed(struct side *s, const char *name, int32_t partitions,
    struct create_topics_request_config *v, int n, struct kerr *e)
{
	int rc;

	v[n] = (struct create_topics_request_config){
	    kstr("batch.validation"), kstr("relaxed") };
	rc = create(s, name, partitions, v, n + 1, e);
	if (rc != KE_BROKER || e->kafka != ERR_INVALID_CONFIG)
		return rc;
	kerr_clear(e);
	return create(s, name, partitions, v, n, e);
}

/* With the overrides that the topic has in the source. */
static int
create_like(struct mirror *m, struct pair *p, struct kerr *e)
{
	struct create_topics_request_config *v = NULL;
	struct properties src;
	int rc, n = 0;

	rc = describe(&m->src, p->source, &src, e);
	if (rc == 0) {
		v = xcalloc((size_t)src.r->configs.n + 1, sizeof(*v));
		for (int i = 0; i < src.r->configs.n; i++)
			if (is_override(&src.r->configs.v[i]))
				v[n++] = (struct create_topics_request_config){
				    src.r->configs.v[i].name,
				    src.r->configs.v[i].value };
		rc = create_relaxed(&m->tgt, p->target, p->n, v, n, e);
	}
	free(v);
	reply_free(src.reply);
	return rc;
}

static int
add_partitions(struct mirror *m, struct pair *p, struct kerr *e)
{
	struct create_partitions_request req;
	struct create_partitions_request_topic t = { .name = kstr(p->target),
	    .count = p->n, .assignments = { NULL, -1 } };
	const struct create_partitions_response *rsp;
	struct reply *r;
	int rc = 0;

	kmsg_defaults(&create_partitions_request_msg, &req);
	req.topics.v = &t;
	req.topics.n = 1;
	req.timeout_ms = (int32_t)cluster_conf(m->tgt.c)->request_ms;
	if (admin_request(m->tgt.c, BROKER_CONTROLLER, API_CREATE_PARTITIONS,
	    &req, 0, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->results.n == 1 && rsp->results.v[0].error_code != 0)
		rc = kerror_set(e, rsp->results.v[0].error_code,
		    rsp->results.v[0].error_message);
	reply_free(r);
	return rc;
}

/* A change of one property of a topic of the target. */
struct change {
	struct incremental_alter_configs_request_config	*v;
	int						 n;
};

static void
change(const struct mirror *m, const struct pair *p, struct change *c,
    struct kstr name, struct kstr value)
{
	if (m->o->dry_run || m->o->common.verbose > 0)
		warn_line("%s: %s%.*s%s%.*s", p->target, value.len < 0 ?
		    "unset " : "set ", (int)name.len, name.p,
		    value.len < 0 ? "" : "=", value.len < 0 ? 0 :
		    (int)value.len, value.len < 0 ? "" : value.p);
	c->v[c->n++] = (struct incremental_alter_configs_request_config){
	    name, value.len < 0 ? CONFIG_OP_DELETE : CONFIG_OP_SET, value };
}

static int
apply(struct mirror *m, const struct pair *p, const struct change *c,
    struct kerr *e)
{
	struct incremental_alter_configs_request req;
	struct incremental_alter_configs_request_resource res = {
		CONFIG_OF_TOPIC, kstr(p->target), { c->v, c->n } };
	const struct incremental_alter_configs_response *rsp;
	struct reply *r;
	int rc = 0;

	if (c->n == 0 || m->o->dry_run)
		return 0;
	kmsg_defaults(&incremental_alter_configs_request_msg, &req);
	req.resources.v = &res;
	req.resources.n = 1;
	if (admin_request(m->tgt.c, BROKER_CONTROLLER,
	    API_INCREMENTAL_ALTER_CONFIGS, &req, 0, &r, e) != 0)
		return e->code;
	rsp = r->msg;
	if (rsp->responses.n == 1 && rsp->responses.v[0].error_code != 0)
		rc = kerror_set(e, rsp->responses.v[0].error_code,
		    rsp->responses.v[0].error_message);
	reply_free(r);
	return rc;
}

/* All that the source sets for the topic, and nothing that it does not. */
static void
follow_all(const struct mirror *m, const struct pair *p,
    const struct properties *src, const struct properties *tgt,
    struct change *c)
{
	const struct describe_configs_response_config *a, *b;

	for (int i = 0; i < src->r->configs.n; i++) {
		a = &src->r->configs.v[i];
		b = property(tgt, a->name);
		if (is_override(a) && b != NULL && !kstr_eq(a->value, b->value))
			change(m, p, c, a->name, a->value);
	}
	for (int i = 0; i < tgt->r->configs.n; i++) {
		b = &tgt->r->configs.v[i];
		a = property(src, b->name);
		if (is_override(b) && a != NULL && !is_override(a))
			change(m, p, c, b->name, KSTR_NULL);
	}
}

/* What would spoil the copy: a batch that the target finds too large, times
 * that it replaces by its own, records that it drops sooner. */
static void
check_fitness(struct mirror *m, struct pair *p, const struct properties *src,
    const struct properties *tgt, struct change *c)
{
	const struct describe_configs_response_config *a, *b;
	int64_t have = number(tgt, "max.message.bytes");
	int64_t keep = number(src, "retention.ms");
	int64_t kept = number(tgt, "retention.ms");

	a = property(src, kstr("max.message.bytes"));
	if (a != NULL && number(src, "max.message.bytes") > have)
		change(m, p, c, a->name, a->value);
	b = property(tgt, kstr("message.timestamp.type"));
	if (b != NULL && kstr_eq(b->value, kstr("LogAppendTime")))
		change(m, p, c, b->name, kstr("CreateTime"));
	if (kept >= 0 && (keep < 0 || kept < keep) && !m->o->sync_config &&
	    (p->made || m->o->common.verbose > 0) && !m->o->common.quiet)
		warn_line("%s: retention.ms is %lld, shorter than the "
		    "source's: what is older will not stay", p->target,
		    (long long)kept);
}

static int
configure(struct mirror *m, struct pair *p, struct kerr *e)
{
	struct properties src, tgt = { NULL, NULL };
	struct change c = { NULL, 0 };
	int rc;

	rc = describe(&m->src, p->source, &src, e);
	if (rc == 0)
		rc = describe(&m->tgt, p->target, &tgt, e);
	if (rc == 0) {
		c.v = xcalloc((size_t)(src.r->configs.n + tgt.r->configs.n) +
		    2, sizeof(*c.v));
		if (m->o->sync_config)
			follow_all(m, p, &src, &tgt, &c);
		check_fitness(m, p, &src, &tgt, &c);
		rc = apply(m, p, &c, e);
	}
	free(c.v);
	reply_free(src.reply);
	reply_free(tgt.reply);
	p->configured = rc == 0;
	return rc;
}

static bool
has_work(const struct pair *p)
{
	for (int32_t i = 0; i < p->n; i++)
		if (p->part[i].plan.verdict == PLAN_COPY)
			return true;
	return false;
}

/* Something is wrong with it, and nothing else is to be done. */
static bool
is_left_alone(const struct pair *p)
{
	bool trouble = false;

	for (int32_t i = 0; i < p->n; i++) {
		if (p->part[i].plan.verdict == PLAN_COPY ||
		    p->part[i].plan.verdict == PLAN_NOTE)
			return false;
		trouble |= plan_is_trouble(&p->part[i].plan);
	}
	return trouble;
}

static void
tell(const struct mirror *m, const struct pair *p)
{
	if (!m->o->dry_run && m->o->common.verbose == 0)
		return;
	if (p->tgt_n == 0)
		warn_line("%s: create with %d partitions", p->target,
		    (int)p->n);
	else
		warn_line("%s: from %d to %d partitions", p->target,
		    (int)p->tgt_n, (int)p->n);
}

static int
prepare(struct mirror *m, struct pair *p, struct kerr *e)
{
	int rc = 0;

	if (is_left_alone(p))
		return 0;
	p->made = p->tgt_n == 0;
	if (p->tgt_n < p->n) {
		tell(m, p);
		if (m->o->dry_run)
			return 0;
		rc = p->made ? create_like(m, p, e) : add_partitions(m, p, e);
		if (rc == 0)
			rc = wait_topic(&m->tgt, p->target, p->n, e);
		if (rc == 0)
			p->tgt_n = p->n;
	}
	if (rc == 0 && ((!p->configured && has_work(p)) ||
	    (m->o->sync_config && m->chores)))
		rc = configure(m, p, e);
	return rc == 0 ? 0 : kerr_wrap(e, "%s", p->target);
}

static bool
is_to_be_made(const struct pair *p)
{
	return p->tgt_n == 0 && !is_left_alone(p);
}

static int
put_made(struct mirror *m, struct kerr *e)
{
	for (int i = 0; i < m->n_pairs; i++)
		if (is_to_be_made(&m->pair[i]) &&
		    store_put_made(m, &m->pair[i], e) != 0)
			return e->code;
	return 0;
}

/* A mirror the other way that sees the topic once it is made has to know whose
 * it is. */
static int
announce(struct mirror *m, struct kerr *e)
{
	for (int i = 0; i < m->n_pairs; i++)
		if (is_to_be_made(&m->pair[i]))
			return copy_note(m, put_made, e);
	return 0;
}

int
prepare_targets(struct mirror *m, struct kerr *e)
{
	if (!m->o->dry_run && announce(m, e) != 0)
		return kerr_wrap(e, "target");
	for (int i = 0; i < m->n_pairs; i++)
		if (prepare(m, &m->pair[i], e) != 0)
			return e->code;
	return 0;
}

/* Sets max.message.bytes of a target to what it refused, unless it has been
 * that all the time, and waits until it says so. */
static int
enlarge(struct mirror *m, struct pair *p, struct kerr *e)
{
	const int64_t until = loop_clock(m->loop) +
	    cluster_conf(m->tgt.c)->request_ms;
	struct incremental_alter_configs_request_config v;
	struct properties tgt;
	struct change c = { &v, 0 };
	char text[24];
	int64_t have;

	for (bool asked = false;; asked = true) {
		if (describe(&m->tgt, p->target, &tgt, e) != 0)
			return e->code;
		have = number(&tgt, "max.message.bytes");
		reply_free(tgt.reply);
		if (have >= (int64_t)p->refused)
			return asked ? 0 : kerr_set(e, KE_RANGE, "it should "
			    "take %zu bytes", p->refused);
		if (loop_clock(m->loop) > until)
			return kerr_set(e, KE_TIMEOUT, "%s: max.message.bytes "
			    "stays as it is", p->target);
		if (asked) {
			loop_run_for(m->loop, 10);
			continue;
		}
		snprintf(text, sizeof(text), "%zu", p->refused);
		change(m, p, &c, kstr("max.message.bytes"), kstr(text));
		if (apply(m, p, &c, e) != 0)
			return e->code;
	}
}

bool
prepare_larger(struct mirror *m)
{
	struct kerr e = KERR_INIT;

	for (int i = 0; i < m->n_pairs; i++)
		if (m->pair[i].refused > 0)
			return enlarge(m, &m->pair[i], &e) == 0;
	return false;
}

/* metadata.c: brokers, topics and leaders of a cluster (impl.h). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/impl.h"
#include "client/retry.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_metadata.h"

static struct topic *
topic_find(const struct cluster *c, const char *name, size_t len)
{
	struct topic *t;

	HASH_FIND(hh, c->topics, name, len, t);
	return t;
}

static struct topic *
topic_get(struct cluster *c, const char *name, size_t len)
{
	struct topic *t = topic_find(c, name, len);

	if (t != NULL)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->name = xstrndup(name, len);
	t->pub.name = t->name;
	HASH_ADD_KEYPTR(hh, c->topics, t->name, len, t);
	return t;
}

static void
topic_free(struct cluster *c, struct topic *t)
{
	HASH_DEL(c->topics, t);
	free(t->name);
	free(t->part);
	free(t);
}

static char *
dup_kstr(struct kstr s)
{
	return s.len < 0 ? NULL : xstrndup(s.p, (size_t)s.len);
}

/* The node of a broker that metadata names: the one of that id, else the one
 * that was dialled at this very address as a bootstrap server. */
static struct node *
node_for(struct cluster *c, int32_t id, const struct addr *a)
{
	struct node *n = cluster_node(c, id);

	if (n != NULL)
		return n;
	TAILQ_FOREACH(n, &c->nodes, link)
		if (n->pub.id < 0 && strcmp(n->pub.addr.host, a->host) == 0 &&
		    n->pub.addr.port == a->port) {
			n->pub.id = id;
			return n;
		}
	n = node_new(c, a, id);
	n->learnt = true;
	return n;
}

static void
take_broker(struct cluster *c, const struct metadata_response_broker *b)
{
	struct addr a = { "", b->port };
	struct node *n;

	if (b->node_id < 0 || b->host.len <= 0 ||
	    b->host.len > ADDR_HOST_MAX)
		return;
	memcpy(a.host, b->host.p, (size_t)b->host.len);
	if (addr_is_unix(&a))
		a.port = 0;
	n = node_for(c, b->node_id, &a);
	n->stale = false;
	node_readdress(n, &a);
	free(n->rack);
	n->rack = dup_kstr(b->rack);
	n->pub.rack = n->rack;
}

static void
take_brokers(struct cluster *c, const struct metadata_response *rsp)
{
	struct node *n, *next;

	TAILQ_FOREACH(n, &c->nodes, link)
		n->stale = n->pub.id >= 0;
	for (int i = 0; i < rsp->brokers.n; i++)
		take_broker(c, &rsp->brokers.v[i]);
	c->n_list = 0;
	for (n = TAILQ_FIRST(&c->nodes); n != NULL; n = next) {
		next = TAILQ_NEXT(n, link);
		if (n->stale && n->learnt)
			node_free(n);
		else if (n->stale) {	/* it stays as a bootstrap server */
			n->stale = false;
			n->pub.id = -1;
		} else if (n->pub.id >= 0)
			c->n_list++;
	}
	c->list = xreallocarray(c->list, (size_t)c->n_list + 1,
	    sizeof(*c->list));
	c->n_list = 0;
	TAILQ_FOREACH(n, &c->nodes, link)
		if (n->pub.id >= 0)
			c->list[c->n_list++] = n->pub;
}

static void
take_partitions(struct topic *t, const struct metadata_response_topic *m)
{
	bool same = kuuid_eq(&t->pub.id, &m->topic_id);
	int32_t n = m->partitions.n;

	if (n <= 0)
		return;		/* an error: what was known stays */
	if (n != t->pub.n)
		t->part = xreallocarray(t->part, (size_t)n, sizeof(*t->part));
	for (int32_t i = same ? t->pub.n : 0; i < n; i++)
		t->part[i] = (struct cluster_partition){ -1, -1,
		    ERR_LEADER_NOT_AVAILABLE };
	t->pub.n = n;
	t->pub.part = t->part;
	for (int32_t i = 0; i < n; i++) {
		const struct metadata_response_partition *p =
		    &m->partitions.v[i];
		struct cluster_partition *to;

		if (p->partition_index < 0 || p->partition_index >= n)
			continue;
		to = &t->part[p->partition_index];
		/* a broker that lags behind may name an older leader */
		if (p->leader_epoch >= 0 && p->leader_epoch < to->leader_epoch)
			continue;
		to->leader = p->leader_id;
		to->leader_epoch = p->leader_epoch;
		to->error = p->error_code;
	}
}

static void
take_topic(struct cluster *c, const struct metadata_response_topic *m)
{
	struct topic *t;

	if (m->name.len <= 0)
		return;
	t = topic_get(c, m->name.p, (size_t)m->name.len);
	t->pub.error = m->error_code;
	t->pub.internal = m->is_internal;
	take_partitions(t, m);
	if (m->error_code == 0)
		t->pub.id = m->topic_id;
	t->heard = c->heard;
}

static void
take(struct cluster *c, const struct metadata_response *rsp)
{
	struct topic *t, *next;
	struct cluster_watch *w, *after;

	c->heard = c->asked;
	c->failures = 0;
	c->fresh_at = loop_now(c->loop);
	kerr_clear(&c->err);
	take_brokers(c, rsp);
	c->controller = rsp->controller_id;
	if (rsp->cluster_id.len > 0 && (c->id == NULL ||
	    !kstr_eq(rsp->cluster_id, kstr(c->id)))) {
		free(c->id);
		c->id = dup_kstr(rsp->cluster_id);
	}
	for (int i = 0; i < rsp->topics.n; i++)
		take_topic(c, &rsp->topics.v[i]);
	if (c->all)
		HASH_ITER(hh, c->topics, t, next)
			if (t->heard != c->heard && !t->wanted)
				topic_free(c, t);
	for (w = TAILQ_FIRST(&c->watches); w != NULL; w = after) {
		after = TAILQ_NEXT(w, link);
		w->changed(w);
	}
}

static void
answered(void *arg, struct reply *r)
{
	struct cluster *c = arg;
	int64_t wait;

	c->asking = NULL;
	if (r->err.code == 0) {
		take(c, r->msg);
		wait = c->cf.metadata_ms;
	} else {
		c->failures++;
		c->err = r->err;
		log_line(LOG_INFO, LOG_CLIENT, "metadata: %s", r->err.msg);
		wait = retry_backoff(c->failures, c->cf.backoff_ms,
		    c->cf.backoff_max_ms, cluster_random(c));
	}
	reply_free(r);
	if (c->again && c->failures == 0)
		metadata_ask(c);
	else
		loop_timer_set(&c->timer, wait);
}

static void
fill_request(struct cluster *c, struct metadata_request *req,
    struct metadata_request_topic *v)
{
	struct topic *t, *next;
	int32_t n = 0;

	kmsg_defaults(&metadata_request_msg, req);
	req->allow_auto_topic_creation = c->cf.auto_create;
	req->topics.v = v;
	req->topics.n = -1;
	if (c->all)
		return;
	HASH_ITER(hh, c->topics, t, next)
		if (t->wanted) {
			memset(&v[n], 0, sizeof(v[n]));
			v[n++].name = kstr(t->name);
		}
	req->topics.n = n;
}

void
metadata_ask(struct cluster *c)
{
	struct metadata_request req;
	struct metadata_request_topic *v;
	struct kerr e = KERR_INIT;
	struct node *n;

	if (c->asking != NULL) {
		c->again = true;
		return;
	}
	c->again = false;
	loop_timer_cancel(&c->timer);
	n = cluster_any(c);
	if ((n == NULL || (n->state == NODE_DOWN && c->cf.locate != NULL)) &&
	    cluster_bootstrap(c, c->cf.contact_ms, &e) != 0) {
		c->failures++;
		c->err = e;
		loop_timer_set(&c->timer, c->cf.backoff_ms);
		return;
	}
	c->asked++;
	v = xreallocarray(NULL, HASH_COUNT(c->topics) + 1, sizeof(*v));
	fill_request(c, &req, v);
	c->asking = cluster_send(c, BROKER_ANY, API_METADATA, &req, NULL,
	    answered, c);
	free(v);
}

static void
timed(struct loop_timer *t)
{
	metadata_ask((struct cluster *)(void *)((char *)t -
	    offsetof(struct cluster, timer)));
}

void
metadata_init(struct cluster *c)
{
	TAILQ_INIT(&c->watches);
	c->controller = -1;
	loop_timer_init(&c->timer, c->loop, timed);
}

void
metadata_release(struct cluster *c)
{
	struct topic *t, *next;

	loop_timer_cancel(&c->timer);
	HASH_ITER(hh, c->topics, t, next)
		topic_free(c, t);
	free(c->list);
	free(c->id);
}

void
cluster_refresh(struct cluster *c)
{
	int64_t age = loop_now(c->loop) - c->fresh_at;

	if (c->asking != NULL || c->failures > 0)
		return;		/* it comes, or the timer will ask */
	if (age >= c->cf.backoff_ms)
		metadata_ask(c);
	else
		loop_timer_set(&c->timer, c->cf.backoff_ms - age);
}

void
cluster_want(struct cluster *c, const char *topic)
{
	topic_get(c, topic, strlen(topic))->wanted = true;
}

void
cluster_want_all(struct cluster *c)
{
	c->all = true;
}

const struct cluster_topic *
cluster_topic(struct cluster *c, const char *name)
{
	struct topic *t = topic_find(c, name, strlen(name));

	return t != NULL && t->heard > 0 ? &t->pub : NULL;
}

const struct cluster_topic *
cluster_topic_by_id(struct cluster *c, const struct kuuid *id)
{
	struct topic *t, *next;

	HASH_ITER(hh, c->topics, t, next)
		if (kuuid_eq(&t->pub.id, id))
			return &t->pub;
	return NULL;
}

void
cluster_each_topic(struct cluster *c,
    void (*each)(void *arg, const struct cluster_topic *), void *arg)
{
	struct topic *t, *next;

	HASH_ITER(hh, c->topics, t, next)
		if (t->heard > 0)
			each(arg, &t->pub);
}

int32_t
cluster_leader(struct cluster *c, const char *topic, int32_t part)
{
	const struct cluster_topic *t = cluster_topic(c, topic);

	if (t == NULL || part < 0 || part >= t->n)
		return -1;
	return t->part[part].leader;
}

const struct cluster_broker *
cluster_broker(struct cluster *c, int32_t id)
{
	struct node *n = cluster_node(c, id);

	return n != NULL ? &n->pub : NULL;
}

int
cluster_brokers(struct cluster *c, const struct cluster_broker **v)
{
	*v = c->list;
	return c->n_list;
}

void
cluster_watch_add(struct cluster *c, struct cluster_watch *w)
{
	TAILQ_INSERT_TAIL(&c->watches, w, link);
}

void
cluster_watch_del(struct cluster *c, struct cluster_watch *w)
{
	TAILQ_REMOVE(&c->watches, w, link);
}

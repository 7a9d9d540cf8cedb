/* cluster.c: see cluster.h; the parts are named in impl.h. */
#include "client/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sys.h"
#include "base/xalloc.h"
#include "client/impl.h"
#include "client/retry.h"
#include "wire/kerror.h"

enum { DEFAULT_PORT = 9092, CONNECT_MIN_MS = 500 };

void
cluster_config_defaults(struct cluster_config *cf)
{
	*cf = (struct cluster_config){
		.contact_ms = 5000, .connect_ms = 10000, .request_ms = 30000,
		.backoff_ms = 100, .backoff_max_ms = 1000,
		.metadata_ms = 300000, .frame_max = 100 * 1024 * 1024,
	};
}

static char *
dup_or_null(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

/* HOST:PORT:ADDR[:PORT]. */
static int
parse_rule(struct resolve_rule *r, const char *s, size_t n, struct kerr *e)
{
	const char *end = s + n, *close = s, *at;

	if (n > 0 && s[0] == '[' && (close = memchr(s, ']', n)) == NULL)
		goto bad;
	at = memchr(close, ':', (size_t)(end - close));
	if (at != NULL)
		at = memchr(at + 1, ':', (size_t)(end - at) - 1);
	if (at == NULL ||
	    addr_parse(&r->from, s, (size_t)(at - s), 0, NULL) != 0 ||
	    r->from.port == 0 || addr_parse(&r->to, at + 1,
	    (size_t)(end - at) - 1, r->from.port, NULL) != 0)
		goto bad;
	return 0;
bad:
	return kerr_set(e, KE_USAGE, "'%.*s' is not HOST:PORT:ADDR", (int)n,
	    s);
}

static int
parse_rules(struct cluster *c, struct kerr *e)
{
	const char *s = c->resolve;
	size_t n;

	for (; s != NULL && *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		c->rules = xreallocarray(c->rules, (size_t)c->n_rules + 1,
		    sizeof(*c->rules));
		if (parse_rule(&c->rules[c->n_rules], s, n, e) != 0)
			return e->code;
		c->n_rules++;
	}
	return 0;
}

/* Takes a list of addresses as bootstrap nodes; the first nodes that are
 * there already get the new addresses. */
static int
take_list(struct cluster *c, const char *brokers, struct kerr *e)
{
	struct addr *v;
	struct node *n = TAILQ_FIRST(&c->nodes);
	int count = addr_parse_list(&v, brokers, DEFAULT_PORT, e);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		while (n != NULL && n->learnt)
			n = TAILQ_NEXT(n, link);
		if (n != NULL) {
			node_readdress(n, &v[i]);
			n = TAILQ_NEXT(n, link);
		} else
			node_new(c, &v[i], -1);
	}
	if (c->cf.connect_ms > c->cf.contact_ms / count)
		c->cf.connect_ms = c->cf.contact_ms / count;
	if (c->cf.connect_ms < CONNECT_MIN_MS)
		c->cf.connect_ms = CONNECT_MIN_MS;
	free(v);
	return 0;
}

int
cluster_bootstrap(struct cluster *c, int64_t left_ms, struct kerr *e)
{
	char *list = NULL;
	int rc;

	if (c->cf.locate == NULL)
		return 0;
	rc = c->cf.locate(c->cf.locate_arg, left_ms, &list, e);
	loop_clock(c->loop);	/* that may have taken a while */
	if (rc == 0)
		rc = take_list(c, list, e);
	free(list);
	return rc;
}

struct cluster *
cluster_open(struct loop *l, const struct cluster_config *cf, struct kerr *e)
{
	struct cluster *c = xcalloc(1, sizeof(*c));
	const struct sys *sys = sys_real();

	c->loop = l;
	c->cf = *cf;
	c->cf.brokers = c->brokers = dup_or_null(cf->brokers);
	c->client_id = xstrdup(cf->client_id != NULL ? cf->client_id : "klog");
	c->cf.client_id = c->client_id;
	c->cf.rack = c->rack = dup_or_null(cf->rack);
	c->cf.resolve = c->resolve = dup_or_null(cf->resolve);
	TAILQ_INIT(&c->nodes);
	TAILQ_INIT(&c->ended);
	sys->random(sys, &c->random, sizeof(c->random));
	metadata_init(c);
	if (parse_rules(c, e) != 0 || (cf->brokers != NULL &&
	    take_list(c, cf->brokers, e) != 0)) {
		cluster_close(c);
		return NULL;
	}
	return c;
}

/* Runs done() of what has ended; those may send again, which ends too. */
static void
drain_ended(struct cluster *c)
{
	if (c->ending.queued) {
		loop_defer_cancel(c->loop, &c->ending);
		c->ending.run(&c->ending);
	}
}

void
cluster_close(struct cluster *c)
{
	struct node *n;

	if (c == NULL)
		return;
	if (c->asking != NULL)
		cluster_cancel(c, c->asking);
	while ((n = TAILQ_FIRST(&c->nodes)) != NULL) {
		node_free(n);
		drain_ended(c);
	}
	drain_ended(c);
	metadata_release(c);
	free(c->rules);
	free(c->brokers);
	free(c->client_id);
	free(c->rack);
	free(c->resolve);
	free(c);
}

uint32_t
cluster_random(struct cluster *c)
{
	c->random = c->random * 1664525 + 1013904223;
	return c->random >> 8;
}

struct loop *
cluster_loop(const struct cluster *c)
{
	return c->loop;
}

const struct cluster_config *
cluster_conf(const struct cluster *c)
{
	return &c->cf;
}

const char *
cluster_id(const struct cluster *c)
{
	return c->id;
}

struct node *
cluster_node(const struct cluster *c, int32_t id)
{
	struct node *n;

	TAILQ_FOREACH(n, &c->nodes, link)
		if (n->pub.id == id)
			return n;
	return NULL;
}

static bool
better(const struct node *a, const struct node *b)
{
	if (a->state != b->state)
		return a->state > b->state;
	if (a->state == NODE_DOWN)
		return a->retry_at < b->retry_at;
	return a->n_sent < b->n_sent;
}

struct node *
cluster_any(struct cluster *c)
{
	struct node *n, *best = NULL;

	TAILQ_FOREACH(n, &c->nodes, link)
		if (best == NULL || better(n, best))
			best = n;
	return best;
}

static struct node *
choose(struct cluster *c, int32_t broker, struct kerr *e)
{
	struct node *n = NULL;

	if (broker == BROKER_CONTROLLER && c->controller >= 0)
		n = cluster_node(c, c->controller);
	else if (broker >= 0)
		n = cluster_node(c, broker);
	if (n != NULL)
		return n;
	if (broker >= 0) {
		kerr_set(e, KE_UNREACHABLE, "broker %d is not in the cluster "
		    "any more", (int)broker);
		return NULL;
	}
	n = cluster_any(c);
	if (n == NULL && cluster_bootstrap(c, c->cf.contact_ms, e) == 0)
		n = cluster_any(c);
	return n;
}

struct call *
cluster_send(struct cluster *c, int32_t broker, int16_t api, const void *req,
    const struct call_options *opt, cluster_done *done, void *arg)
{
	struct call *call = xcalloc(1, sizeof(*call));
	struct kerr e = KERR_INIT;
	struct node *n;

	arena_init(&call->arena, 0);
	call->cl = c;
	call->api = kapi_get(api);
	call->req = req;
	call->done = done;
	call->arg = arg;
	call->max_version = INT16_MAX;
	call->timeout_ms = c->cf.request_ms;
	if (opt != NULL) {
		if (opt->max_version != 0)
			call->max_version = opt->max_version;
		if (opt->max_version < 0)
			call->max_version = 0;
		if (opt->timeout_ms > 0)
			call->timeout_ms = opt->timeout_ms;
		call->flags = opt->flags;
	}
	call->deadline = loop_now(c->loop) + call->timeout_ms;
	n = choose(c, broker, &e);
	if (n != NULL)
		node_send(n, call);
	else
		call_end(call, &e);
	return call;
}

void
cluster_cancel(struct cluster *c, struct call *call)
{
	if (call == c->asking)
		c->asking = NULL;
	call->done = NULL;
}

struct wait {
	struct reply	*reply;
	bool		 done;
};

static void
wait_done(void *arg, struct reply *r)
{
	struct wait *w = arg;

	w->reply = r;
	w->done = true;
}

int
cluster_call(struct cluster *c, int32_t broker, int16_t api, const void *req,
    const struct call_options *opt, struct reply **r, struct kerr *e)
{
	struct wait w = { NULL, false };
	int code;

	loop_clock(c->loop);
	cluster_send(c, broker, api, req, opt, wait_done, &w);
	while (!w.done)
		loop_once(c->loop, -1);
	*r = w.reply;
	code = w.reply->err.code;
	if (code != 0) {
		if (e != NULL)
			*e = w.reply->err;
		reply_free(w.reply);
		*r = NULL;
	}
	return code;
}

int
cluster_version(struct cluster *c, int32_t broker, int16_t api)
{
	const struct kapi *k = kapi_get(api);
	struct node *n = broker >= 0 ? cluster_node(c, broker) :
	    cluster_any(c);

	return n != NULL && k != NULL ? node_version(n, k, INT16_MAX) : -1;
}

/* Why the first contact failed: what each address came to. */
static int
nobody_answers(struct cluster *c, struct kerr *e)
{
	char name[ADDR_TEXT_MAX + 32];
	int code = KE_UNREACHABLE;
	const struct node *n;
	struct buf text;

	buf_init(&text, 0);
	TAILQ_FOREACH(n, &c->nodes, link) {
		if (n->learnt && n->err.code == 0)
			continue;
		if (n->err.code == KE_PROTO || n->err.code == KE_BROKER)
			code = n->err.code;
		buf_puts(&text, text.len > 0 ? "; " : "");
		if (n->err.code != 0)
			buf_puts(&text, n->err.msg);
		else
			buf_printf(&text, "%s: no answer",
			    node_name(n, name, sizeof(name)));
	}
	if (text.len > 0)
		kerr_set(e, code, "%.*s", (int)text.len, (char *)text.p);
	else if (c->err.code != 0)
		*e = c->err;
	else
		kerr_set(e, code, "no broker answers");
	buf_release(&text);
	return e->code;
}

/* Runs the loop until metadata newer than `than` has come. */
static int
wait_metadata(struct cluster *c, uint64_t than, int64_t until, struct kerr *e)
{
	int64_t left;

	while (c->heard <= than) {
		if (c->err.code == KE_CONFIG || c->err.code == KE_LOCKED ||
		    c->err.code == KE_USAGE || c->err.code == KE_AUTH)
			goto fatal;
		left = until - loop_clock(c->loop);
		if (left <= 0)
			return nobody_answers(c, e);
		loop_once(c->loop, left);
	}
	return 0;
fatal:
	*e = c->err;
	return e->code;
}

int
cluster_connect(struct cluster *c, struct kerr *e)
{
	if (c->heard > 0)
		return 0;
	metadata_ask(c);
	return wait_metadata(c, 0, loop_clock(c->loop) + c->cf.contact_ms, e);
}

/* A topic that is being created is unknown, then leaderless, for a moment. */
static bool
may_appear(const struct cluster *c, int16_t error)
{
	return error == ERR_LEADER_NOT_AVAILABLE ||
	    (error == ERR_UNKNOWN_TOPIC_OR_PARTITION && c->cf.auto_create);
}

int
cluster_load_topic(struct cluster *c, const char *topic, int64_t wait_ms,
    struct kerr *e)
{
	int64_t until = loop_clock(c->loop) + wait_ms;
	const struct cluster_topic *t;
	int attempt = 0;

	cluster_want(c, topic);
	for (;;) {
		uint64_t than = c->asked;

		metadata_ask(c);
		if (wait_metadata(c, than, until, e) != 0)
			return e->code;
		t = cluster_topic(c, topic);
		if (t != NULL && t->error == 0)
			return 0;
		if (t == NULL || !may_appear(c, t->error) ||
		    loop_now(c->loop) >= until)
			break;
		loop_run_for(c->loop, retry_backoff(++attempt, 20, 200, 0));
	}
	if (t == NULL)
		return kerr_set(e, KE_PROTO, "metadata without the topic");
	return kerr_kafka(e, t->error, "%s", kerror_name(t->error));
}

/*
 * config_change.c: config set and unset. Topics go in one request, and each
 * has its own outcome.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "client/admin.h"
#include "config.h"
#include "net/loop.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_incremental_alter_configs.h"

#define SETTLE_MS	1000

/* NAME, NAME=VALUE, and for lists NAME+=VALUE and NAME-=VALUE. */
static void
take_change(const char *s, bool set,
    struct incremental_alter_configs_request_config *c)
{
	size_t n = strcspn(s, "=");

	c->config_operation = set ? CONFIG_OP_SET : CONFIG_OP_DELETE;
	c->value = set ? kstr(s + n + 1) : KSTR_NULL;
	if (set && n > 1 && (s[n - 1] == '+' || s[n - 1] == '-'))
		c->config_operation = s[--n] == '+' ? CONFIG_OP_APPEND :
		    CONFIG_OP_SUBTRACT;
	c->name = (struct kstr){ s, (int32_t)n };
}

/* The topics from first on, or one broker that is asked itself. */
static int
alter(struct topics *t, int first, int n, struct reply **r, struct kerr *e)
{
	struct incremental_alter_configs_request_resource *v;
	struct incremental_alter_configs_request_config *c;
	struct incremental_alter_configs_request req;
	int32_t node = BROKER_CONTROLLER;
	int error, i;

	if (t->broker != NULL &&
	    config_node(t, t->names[first], &node, e) != 0)
		return e->code;
	v = xcalloc((size_t)n + 1, sizeof(v[0]));
	c = xcalloc((size_t)t->nprops + 1, sizeof(c[0]));
	for (i = 0; i < t->nprops; i++)
		take_change(t->props[i], t->action == PROPS_SET, &c[i]);
	for (i = 0; i < n; i++) {
		v[i].resource_type = t->broker != NULL ? CONFIG_OF_BROKER :
		    CONFIG_OF_TOPIC;
		v[i].resource_name = kstr(t->names[first + i]);
		v[i].configs.v = c;
		v[i].configs.n = t->nprops;
	}
	kmsg_defaults(&incremental_alter_configs_request_msg, &req);
	req.resources.v = v;
	req.resources.n = n;
	req.validate_only = t->dry_run;
	error = admin_request(t->cluster, node,
	    API_INCREMENTAL_ALTER_CONFIGS, &req, t->wait_ms, r, e);
	free(v);
	free(c);
	return error;
}

/* Whether list has the first n bytes of word between its commas. */
static bool
has_word(struct kstr list, const char *word, int32_t n)
{
	int32_t len;

	for (int32_t i = 0; i < list.len; i += len + 1) {
		for (len = 0; i + len < list.len && list.p[i + len] != ',';)
			len++;
		if (len == n && memcmp(list.p + i, word, (size_t)n) == 0)
			return true;
	}
	return false;
}

/* Whether a property is by now as the change wants it; own: the source of what
 * was set for this resource. */
static bool
is_as_wanted(const struct describe_configs_response_config *c,
    const struct incremental_alter_configs_request_config *want, int8_t own)
{
	const char *word = want->value.p;
	bool has;

	switch (want->config_operation) {
	case CONFIG_OP_SET:
		return kstr_eq(c->value, want->value);
	case CONFIG_OP_DELETE:
		return c->config_source != own;
	default:	/* the first word speaks for the others */
		has = has_word(c->value, word, (int32_t)strcspn(word, ","));
		return has == (want->config_operation == CONFIG_OP_APPEND);
	}
}

/* Whether a topic's properties are by now as the change wants them. */
static bool
is_settled(const struct topics *t,
    const struct describe_configs_response_result *q)
{
	struct incremental_alter_configs_request_config want;
	int8_t own = t->broker == NULL ? CONFIG_SOURCE_TOPIC :
	    q->resource_name.len > 0 ? CONFIG_SOURCE_BROKER :
	    CONFIG_SOURCE_ALL_BROKERS;
	int i, k;

	for (i = 0; i < t->nprops; i++) {
		take_change(t->props[i], t->action == PROPS_SET, &want);
		for (k = 0; k < q->configs.n; k++)
			if (kstr_eq(q->configs.v[k].name, want.name) &&
			    !is_as_wanted(&q->configs.v[k], &want, own))
				return false;
	}
	return true;
}

/*
 * A controller answers before the brokers have heard of the change. Waits, up
 * to a second, until one of them has, so that the next command sees it.
 */
static void
settle(struct topics *t, int first, int n)
{
	int64_t until = loop_clock(t->loop) + SETTLE_MS;
	const struct describe_configs_response *rsp;
	struct kerr e = KERR_INIT;
	struct reply *r;
	bool done = false;
	int i;

	while (!done && loop_clock(t->loop) < until &&
	    config_describe(t, first, n, &r, &e) == 0) {
		rsp = r->msg;
		done = true;
		for (i = 0; i < rsp->results.n; i++)
			done &= is_settled(t, &rsp->results.v[i]);
		reply_free(r);
		if (!done)
			usleep(5000);
	}
}

static enum exit_class
change_some(struct topics *t, struct outcome *o, int first, int n)
{
	const struct incremental_alter_configs_response_resource *q;
	const struct incremental_alter_configs_response *rsp;
	struct kerr e = KERR_INIT;
	struct reply *r;
	int i, failed = 0;

	if (alter(t, first, n, &r, &e) != 0)
		return exit_report(&e, NULL);
	rsp = r->msg;
	for (i = 0; i < rsp->responses.n; i++) {
		q = &rsp->responses.v[i];
		failed += q->error_code != 0;
		outcome_add(o, config_shown(t, q->resource_name),
		    q->error_code, t->if_exists &&
		    q->error_code == ERR_UNKNOWN_TOPIC_OR_PARTITION,
		    q->error_message);
	}
	reply_free(r);
	/* those that failed would be waited for in vain */
	if (failed == 0 && !t->dry_run)
		settle(t, first, n);
	return EXIT_DONE;
}

enum exit_class
topics_config_change(struct topics *t)
{
	int step = t->broker != NULL ? 1 : t->nnames;
	enum exit_class status = EXIT_DONE;
	struct outcome o;

	outcome_open(&o, t, "altered");
	for (int i = 0; i < t->nnames; i += step)
		status = exit_worse(status, change_some(t, &o, i, step));
	return exit_worse(status, outcome_close(&o));
}

/*
 * config.c: properties of topics: get, set, unset. One request for all
 * topics; each has its own outcome.
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
#include "wire/msg_describe_configs.h"
#include "wire/msg_incremental_alter_configs.h"

#define SETTLE_MS	1000

/* Topics separated by commas, which no name has in it; -t adds others. */
static void
take_topics(struct topics *t, const char *operand)
{
	char *s, *word;
	int n = 1, i;

	t->list = xstrdup(operand != NULL ? operand : "");
	for (s = t->list; (s = strchr(s, ',')) != NULL; s++)
		n++;
	t->names = xcalloc((size_t)(n + t->more.n) + 1, sizeof(t->names[0]));
	if (operand != NULL && t->regex)
		t->names[t->nnames++] = t->list;
	else if (operand != NULL)
		for (s = t->list; (word = strsep(&s, ",")) != NULL;)
			t->names[t->nnames++] = word;
	for (i = 0; i < t->more.n; i++)
		t->names[t->nnames++] = t->more.v[i];
}

static int
check_props(const struct topics *t, struct kerr *e)
{
	const char *eq;
	int i;

	if (t->action != PROPS_GET && t->nprops == 0)
		return kerr_set(e, KE_USAGE, t->action == PROPS_SET ?
		    "'config set' needs NAME=VALUE" :
		    "'config unset' needs the name of a property");
	for (i = 0; i < t->nprops; i++) {
		eq = strchr(t->props[i], '=');
		if (t->action == PROPS_SET &&
		    (eq == NULL || eq == t->props[i]))
			return kerr_set(e, KE_USAGE,
			    "'%s' is not NAME=VALUE", t->props[i]);
		if (t->action != PROPS_SET && eq != NULL)
			return kerr_set(e, KE_USAGE,
			    "'%s': only 'config set' takes a value",
			    t->props[i]);
	}
	return 0;
}

int
topics_config_operands(struct topics *t, char **operands, int n,
    struct kerr *e)
{
	static const char *const actions[] = { "get", "set", "unset" };
	int i = 0;

	for (; n > 0 && i < 3 && strcmp(operands[0], actions[i]) != 0; i++)
		;
	if (n == 0 || i == 3)
		return kerr_set(e, KE_USAGE,
		    "config what? get, set or unset");
	t->action = i;
	operands++;
	n--;
	if (t->more.n == 0 && n > 0) {
		take_topics(t, operands[0]);
		operands++;
		n--;
	} else {
		take_topics(t, NULL);
	}
	t->props = operands;
	t->nprops = n;
	return check_props(t, e);
}

static int
describe(struct topics *t, struct reply **r, struct kerr *e)
{
	struct describe_configs_request_resource *v;
	struct describe_configs_request req;
	struct kstr *keys;
	int error, i;

	v = xcalloc((size_t)t->nnames + 1, sizeof(v[0]));
	keys = xcalloc((size_t)t->nprops + 1, sizeof(keys[0]));
	for (i = 0; i < t->nprops && t->action == PROPS_GET; i++)
		keys[i] = kstr(t->props[i]);
	for (i = 0; i < t->nnames; i++) {
		v[i].resource_type = CONFIG_OF_TOPIC;
		v[i].resource_name = kstr(t->names[i]);
		v[i].configuration_keys.v = keys;
		v[i].configuration_keys.n = t->action == PROPS_GET &&
		    t->nprops > 0 ? t->nprops : -1;
	}
	kmsg_defaults(&describe_configs_request_msg, &req);
	req.resources.v = v;
	req.resources.n = t->nnames;
	error = admin_request(t->cluster, BROKER_ANY, API_DESCRIBE_CONFIGS,
	    &req, t->wait_ms, r, e);
	free(v);
	free(keys);
	return error;
}

static const char *
source_name(int8_t source)
{
	switch (source) {
	case CONFIG_SOURCE_TOPIC:
		return "topic";
	case CONFIG_SOURCE_BROKER:
		return "broker";
	case CONFIG_SOURCE_ALL_BROKERS:
		return "all-brokers";
	case CONFIG_SOURCE_STATIC:
		return "file";
	default:
		return "default";
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct describe_configs_response_config *x = a, *y = b;
	int32_t m = x->name.len, n = y->name.len;
	int d = memcmp(x->name.p, y->name.p, (size_t)(m < n ? m : n));

	return d != 0 ? d : m - n;
}

/* The properties of one topic: its own, those that were named, or all. */
static void
print_topic(const struct topics *t, struct output *out,
    struct describe_configs_response_result *q)
{
	const struct describe_configs_response_config *c;
	int i;

	if (q->configs.n > 0)
		qsort(q->configs.v, (size_t)q->configs.n,
		    sizeof(q->configs.v[0]), by_name);
	for (i = 0; i < q->configs.n; i++) {
		c = &q->configs.v[i];
		if (c->config_source != CONFIG_SOURCE_TOPIC && !t->all &&
		    t->nprops == 0)
			continue;
		output_row(out, (struct cell[]){
		    cell_text(q->resource_name.p, q->resource_name.len),
		    cell_text(c->name.p, c->name.len),
		    cell_text(c->value.len >= 0 ? c->value.p : NULL,
			c->value.len),
		    CELL_STR(source_name(c->config_source)) });
	}
}

/* A name that was asked for and is no property. */
static enum exit_class
check_known(const struct topics *t,
    const struct describe_configs_response_result *q)
{
	enum exit_class status = EXIT_DONE;
	int i, k;

	for (i = 0; i < t->nprops; i++) {
		for (k = 0; k < q->configs.n; k++)
			if (kstr_eq(q->configs.v[k].name, kstr(t->props[i])))
				break;
		if (k < q->configs.n)
			continue;
		warn_line("%.*s: no property '%s'", q->resource_name.len,
		    q->resource_name.p, t->props[i]);
		status = EXIT_MISSING;
	}
	return status;
}

static enum exit_class
get(struct topics *t)
{
	static const char *const columns[] = { "topic", "name", "value",
	    "source", NULL };
	struct describe_configs_response_result *q;
	const struct describe_configs_response *rsp;
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	struct output out;
	struct reply *r;
	int i;

	if (describe(t, &r, &e) != 0)
		return exit_report(&e, NULL);
	rsp = r->msg;
	output_open(&out, t->form, stdout, columns);
	for (i = 0; i < rsp->results.n; i++) {
		q = &rsp->results.v[i];
		if (q->error_code == 0) {
			print_topic(t, &out, q);
			status = exit_worse(status, check_known(t, q));
		} else if (!t->if_exists ||
		    q->error_code != ERR_UNKNOWN_TOPIC_OR_PARTITION) {
			status = exit_worse(status, topics_failed(
			    q->resource_name, q->error_code,
			    q->error_message));
		}
	}
	output_close(&out);
	reply_free(r);
	return status;
}

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

static int
alter(struct topics *t, struct reply **r, struct kerr *e)
{
	struct incremental_alter_configs_request_resource *v;
	struct incremental_alter_configs_request_config *c;
	struct incremental_alter_configs_request req;
	int error, i;

	v = xcalloc((size_t)t->nnames + 1, sizeof(v[0]));
	c = xcalloc((size_t)t->nprops + 1, sizeof(c[0]));
	for (i = 0; i < t->nprops; i++)
		take_change(t->props[i], t->action == PROPS_SET, &c[i]);
	for (i = 0; i < t->nnames; i++) {
		v[i].resource_type = CONFIG_OF_TOPIC;
		v[i].resource_name = kstr(t->names[i]);
		v[i].configs.v = c;
		v[i].configs.n = t->nprops;
	}
	kmsg_defaults(&incremental_alter_configs_request_msg, &req);
	req.resources.v = v;
	req.resources.n = t->nnames;
	req.validate_only = t->dry_run;
	error = admin_request(t->cluster, BROKER_CONTROLLER,
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

/* Whether a property is by now as the change wants it. */
static bool
is_as_wanted(const struct describe_configs_response_config *c,
    const struct incremental_alter_configs_request_config *want)
{
	const char *word = want->value.p;
	bool has;

	switch (want->config_operation) {
	case CONFIG_OP_SET:
		return kstr_eq(c->value, want->value);
	case CONFIG_OP_DELETE:
		return c->config_source != CONFIG_SOURCE_TOPIC;
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
	int i, k;

	for (i = 0; i < t->nprops; i++) {
		take_change(t->props[i], t->action == PROPS_SET, &want);
		for (k = 0; k < q->configs.n; k++)
			if (kstr_eq(q->configs.v[k].name, want.name) &&
			    !is_as_wanted(&q->configs.v[k], &want))
				return false;
	}
	return true;
}

/*
 * A controller answers before the brokers have heard of the change. Waits, up
 * to a second, until one of them has, so that the next command sees it.
 */
static void
settle(struct topics *t)
{
	int64_t until = loop_clock(t->loop) + SETTLE_MS;
	const struct describe_configs_response *rsp;
	struct kerr e = KERR_INIT;
	struct reply *r;
	bool done = false;
	int i;

	while (!done && loop_clock(t->loop) < until &&
	    describe(t, &r, &e) == 0) {
		rsp = r->msg;
		done = true;
		for (i = 0; i < rsp->results.n; i++)
			done &= is_settled(t, &rsp->results.v[i]);
		reply_free(r);
		if (!done)
			usleep(5000);
	}
}

/* Leaves those names that were changed. */
static void
keep_changed(struct topics *t,
    const struct incremental_alter_configs_response *rsp)
{
	int i, k, n = 0;

	for (i = 0; i < t->nnames; i++) {
		for (k = 0; k < rsp->responses.n; k++)
			if (rsp->responses.v[k].error_code == 0 && kstr_eq(
			    rsp->responses.v[k].resource_name,
			    kstr(t->names[i])))
				break;
		if (k < rsp->responses.n)
			t->names[n++] = t->names[i];
	}
	t->nnames = n;
}

static enum exit_class
change(struct topics *t)
{
	const struct incremental_alter_configs_response_resource *q;
	const struct incremental_alter_configs_response *rsp;
	struct kerr e = KERR_INIT;
	struct outcome o;
	struct reply *r;
	int i;

	if (alter(t, &r, &e) != 0)
		return exit_report(&e, NULL);
	outcome_open(&o, t, "altered");
	rsp = r->msg;
	for (i = 0; i < rsp->responses.n; i++) {
		q = &rsp->responses.v[i];
		outcome_add(&o, q->resource_name, q->error_code,
		    t->if_exists &&
		    q->error_code == ERR_UNKNOWN_TOPIC_OR_PARTITION,
		    q->error_message);
	}
	keep_changed(t, rsp);
	reply_free(r);
	if (t->nnames > 0 && !t->dry_run)
		settle(t);
	return outcome_close(&o);
}

enum exit_class
topics_config(struct topics *t)
{
	return t->action == PROPS_GET ? get(t) : change(t);
}

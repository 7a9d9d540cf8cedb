/*
 * config.c: properties of topics, in one request for all of them, and of
 * brokers, each of which is asked itself: operands, and get.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/parse.h"
#include "client/admin.h"
#include "config.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_configs.h"

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

/* Ids separated by commas, or "all": the default of all brokers, whose name in
 * the protocol is empty. */
static int
take_brokers(struct topics *t, struct kerr *e)
{
	int64_t id;

	if (t->more.n > 0 || t->regex)
		return kerr_set(e, KE_USAGE, "option '--broker' leaves no "
		    "room for topics");
	if (strcmp(t->broker, "all") == 0) {
		t->names = xcalloc(1, sizeof(t->names[0]));
		t->names[t->nnames++] = "";
		return 0;
	}
	take_topics(t, t->broker);
	for (int i = 0; i < t->nnames; i++)
		if (parse_int(t->names[i], 0, INT32_MAX, &id) != 0)
			return kerr_set(e, KE_USAGE, "option '--broker': '%s' "
			    "is neither the id of a broker nor 'all'",
			    t->names[i]);
	return 0;
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
	if (t->broker != NULL) {
		if (take_brokers(t, e) != 0)
			return e->code;
	} else if (t->more.n == 0 && n > 0) {
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

int
config_node(struct topics *t, const char *name, int32_t *node, struct kerr *e)
{
	int64_t id;

	if (parse_int(name, 0, INT32_MAX, &id) != 0)
		return 0;
	if (cluster_connect(t->cluster, e) != 0)
		return e->code;
	if (cluster_broker(t->cluster, (int32_t)id) == NULL)
		return kerr_set(e, KE_NOTFOUND, "there is no broker %s",
		    name);
	*node = (int32_t)id;
	return 0;
}

/* Names are topics, or one broker's that is asked itself. */
int
topics_describe_configs(struct topics *t, const struct kstr *names,
    int nnames, const char *const *props, int n, struct reply **r,
    struct kerr *e)
{
	struct describe_configs_request_resource *v;
	struct describe_configs_request req;
	struct kstr *keys;
	int32_t node = BROKER_ANY;
	int error, i;

	if (t->broker != NULL && config_node(t, names[0].p, &node, e) != 0)
		return e->code;
	v = xcalloc((size_t)nnames + 1, sizeof(v[0]));
	keys = xcalloc(n > 0 ? (size_t)n : 1, sizeof(keys[0]));
	for (i = 0; i < n; i++)
		keys[i] = kstr(props[i]);
	for (i = 0; i < nnames; i++) {
		v[i].resource_type = t->broker != NULL ? CONFIG_OF_BROKER :
		    CONFIG_OF_TOPIC;
		v[i].resource_name = names[i];
		v[i].configuration_keys.v = keys;
		v[i].configuration_keys.n = n;
	}
	kmsg_defaults(&describe_configs_request_msg, &req);
	req.resources.v = v;
	req.resources.n = nnames;
	error = admin_request(t->cluster, node, API_DESCRIBE_CONFIGS,
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

	return kstr_cmp(x->name, y->name);
}

/* What was set for it: of a broker, in its file or later. */
static bool
is_own(const struct topics *t,
    const struct describe_configs_response_config *c)
{
	if (t->broker == NULL)
		return c->config_source == CONFIG_SOURCE_TOPIC;
	return c->config_source == CONFIG_SOURCE_BROKER ||
	    c->config_source == CONFIG_SOURCE_ALL_BROKERS ||
	    c->config_source == CONFIG_SOURCE_STATIC;
}

/* Of the default of all brokers the name is empty. */
struct kstr
config_shown(const struct topics *t, struct kstr name)
{
	return t->broker != NULL && name.len <= 0 ? kstr("all") : name;
}

/* The properties of one topic: its own, those that were named, or all. */
static void
print_topic(const struct topics *t, struct output *out,
    struct describe_configs_response_result *q)
{
	const struct describe_configs_response_config *c;
	struct kstr name = config_shown(t, q->resource_name);
	int i;

	if (q->configs.n > 0)
		qsort(q->configs.v, (size_t)q->configs.n,
		    sizeof(q->configs.v[0]), by_name);
	for (i = 0; i < q->configs.n; i++) {
		c = &q->configs.v[i];
		if (!is_own(t, c) && !t->all && t->nprops == 0)
			continue;
		output_row(out, (struct cell[]){ cell_text(name.p, name.len),
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
	struct kstr name = config_shown(t, q->resource_name);
	enum exit_class status = EXIT_DONE;
	int i, k;

	for (i = 0; i < t->nprops; i++) {
		for (k = 0; k < q->configs.n; k++)
			if (kstr_eq(q->configs.v[k].name, kstr(t->props[i])))
				break;
		if (k < q->configs.n)
			continue;
		warn_line("%.*s: no property '%s'", name.len, name.p,
		    t->props[i]);
		status = EXIT_MISSING;
	}
	return status;
}

int
config_describe(struct topics *t, int first, int n, struct reply **r,
    struct kerr *e)
{
	struct kstr *names = xcalloc((size_t)n + 1, sizeof(names[0]));
	bool some = t->action == PROPS_GET && t->nprops > 0;
	int error;

	for (int i = 0; i < n; i++)
		names[i] = kstr(t->names[first + i]);
	error = topics_describe_configs(t, names, n,
	    (const char *const *)t->props, some ? t->nprops : -1, r, e);
	free(names);
	return error;
}

static enum exit_class
get_some(struct topics *t, struct output *out, int first, int n)
{
	struct describe_configs_response_result *q;
	const struct describe_configs_response *rsp;
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	struct reply *r;
	int i;

	if (config_describe(t, first, n, &r, &e) != 0)
		return exit_report(&e, NULL);
	rsp = r->msg;
	for (i = 0; i < rsp->results.n; i++) {
		q = &rsp->results.v[i];
		if (q->error_code == 0) {
			print_topic(t, out, q);
			status = exit_worse(status, check_known(t, q));
		} else if (!t->if_exists ||
		    q->error_code != ERR_UNKNOWN_TOPIC_OR_PARTITION) {
			status = exit_worse(status, topics_failed(
			    config_shown(t, q->resource_name), q->error_code,
			    q->error_message));
		}
	}
	reply_free(r);
	return status;
}

static enum exit_class
get(struct topics *t)
{
	static const char *const of_topics[] = { "topic", "name", "value",
	    "source", NULL };
	static const char *const of_brokers[] = { "broker", "name", "value",
	    "source", NULL };
	int step = t->broker != NULL ? 1 : t->nnames;
	enum exit_class status = EXIT_DONE;
	struct output out;

	output_open(&out, t->form, stdout, t->broker != NULL ? of_brokers :
	    of_topics);
	for (int i = 0; i < t->nnames; i += step)
		status = exit_worse(status, get_some(t, &out, i, step));
	output_close(&out);
	return status;
}

enum exit_class
topics_config(struct topics *t)
{
	return t->action == PROPS_GET ? get(t) : topics_config_change(t);
}

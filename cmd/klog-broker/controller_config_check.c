/*
 * controller_config_check.c: whether the overrides that a resource would have
 * are good: known, in range, changeable at that level and while the broker
 * runs. The order of the checks, codes and texts are Apache Kafka's.
 */
#include <stdio.h>
#include <string.h>

#include "controller_alter.h"
#include "controller_impl.h"
#include "wire/kerror.h"
#include "wire/msg_incremental_alter_configs.h"

/* "a, b, c", one more at a time; names starts as NULL. */
static const char *
also(struct arena *a, const char *names, struct kstr name)
{
	if (names != NULL && strlen(names) > ANSWER_TEXT_MAX)
		return names;
	return names == NULL ? arena_strndup(a, name.p, (size_t)name.len) :
	    arena_printf(a, "%s, %.*s", names, name.len, name.p);
}

bool
alter_check_form(struct altering *x)
{
	const struct alteration *a = x->a;
	const uint8_t *twice = controller_find_twice(a->n > 0 ?
	    &a->v[0].name : NULL, sizeof(a->v[0]), a->n, x->arena);
	const char *nulls = NULL;

	for (int32_t i = 0; i < a->n; i++)
		if (twice[i] != 0)
			return alter_refuse(x, ERR_INVALID_REQUEST,
			    "Error due to duplicate config keys");
	for (int32_t i = 0; i < a->n; i++)
		if (a->v[i].op != CONFIG_OP_DELETE && a->v[i].value.len < 0)
			nulls = also(x->arena, nulls, a->v[i].name);
	if (nulls == NULL)
		return true;
	return alter_refuse(x, ERR_INVALID_REQUEST,
	    "Null value not supported for : %s", nulls);
}

bool
alter_check_topic(struct altering *x)
{
	struct topic_config t = image_config(x->im)->topic;
	struct kerr e = KERR_INIT;

	for (int32_t i = 0; i < x->n; i++)
		if (topic_property(x->v[i].name) == NULL)
			return alter_refuse(x, ERR_INVALID_CONFIG,
			    "Unknown topic config name: %.*s", x->v[i].name.len,
			    x->v[i].name.p);
	for (int32_t i = 0; i < x->n; i++)
		if (topic_config_set(&t, x->v[i].name, x->v[i].value, &e) < 0)
			return alter_refuse(x, ERR_INVALID_CONFIG, "%s", e.msg);
	if (topic_config_check(&t, &e) < 0)
		return alter_refuse(x, ERR_INVALID_CONFIG, "%s", e.msg);
	return true;
}

/* "What(a, b)" of the overrides for which bad is true. */
static bool
check_set(struct altering *x, bool (*bad)(const struct property *),
    const char *what)
{
	const char *names = NULL;

	for (int32_t i = 0; i < x->n; i++)
		if (bad(alter_property(x, x->v[i].name)))
			names = also(x->arena, names, x->v[i].name);
	if (names == NULL)
		return true;
	return alter_refuse(x, ERR_INVALID_REQUEST, "%s(%s)", what, names);
}

static bool
is_unknown(const struct property *p)
{
	return p == NULL;
}

static bool
is_fixed(const struct property *p)
{
	return p != NULL && p->update == READ_ONLY;
}

static bool
is_of_one(const struct property *p)
{
	return p != NULL && p->update == PER_BROKER;
}

/* Keys and certificates belong to a listener. */
static bool
is_of_listener(const struct property *p)
{
	return p != NULL && (strncmp(p->broker, "ssl.keystore.", 13) == 0 ||
	    strncmp(p->broker, "ssl.truststore.", 15) == 0 ||
	    strcmp(p->broker, "ssl.key.password") == 0);
}

/* A value that klog-broker could not give effect to. */
static bool
check_honoured(struct altering *x, const struct property *p, const char *value)
{
	if (p->use == AT_START)
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "%s: klog-broker takes it when it starts, and keeps it",
		    p->broker);
	if (p->use == IMPOSSIBLE && !property_is_default(p, value))
		return alter_refuse(x, ERR_INVALID_REQUEST, "%s: %s", p->broker,
		    p->why);
	return true;
}

/* What no broker could work with, though its range has it. */
static bool
check_sense(struct altering *x, const struct property *p,
    const union property_value *v)
{
	if (strcmp(p->broker, "log.retention.ms") == 0 && v->i64 == 0)
		return alter_refuse(x, ERR_INVALID_REQUEST, "requirement "
		    "failed: log.retention.ms must be unlimited (-1) or, "
		    "greater than or equal to 1");
	if (strcmp(p->broker, "max.connections") == 0 && v->i32 == 0)
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "Invalid max.connections 0");
	if (strcmp(p->broker, "max.connections.per.ip") == 0 && v->i32 == 0)
		return alter_refuse(x, ERR_INVALID_REQUEST, "requirement "
		    "failed: max.connections.per.ip can be set to zero only "
		    "if max.connections.per.ip.overrides property is set.");
	if (strcmp(p->broker, "log.cleaner.threads") == 0 && v->i32 == 0)
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "log.cleaner.threads must be at least 1");
	return true;
}

/* The number in force once the change is made. */
static int64_t
would_be(struct altering *x, const char *name, int64_t now)
{
	const struct property *p = broker_property(name);
	union property_value v;
	const char *value;

	for (int32_t i = 0; i < x->n; i++) {
		if (!kstr_eq(x->v[i].name, kstr(name)))
			continue;
		value = arena_strndup(x->arena, x->v[i].value.p,
		    (size_t)x->v[i].value.len);
		if (property_parse(p, name, value, &v, NULL) == 0)
			return p->kind == P_LONG ? v.i64 : v.i32;
	}
	return now;
}

static bool
check_cleaner(struct altering *x)
{
	const struct broker_config *c = image_config(x->im);
	int64_t bytes = would_be(x, "log.cleaner.dedupe.buffer.size",
	    c->cleaner_dedupe_bytes);
	int64_t threads = would_be(x, "log.cleaner.threads",
	    c->cleaner_threads);

	if ((bytes == c->cleaner_dedupe_bytes &&
	    threads == c->cleaner_threads) || threads <= 0 ||
	    bytes / threads > 1 << 20)
		return true;
	return alter_refuse(x, ERR_INVALID_REQUEST, "requirement failed: "
	    "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner "
	    "thread.");
}

bool
alter_check_broker(struct altering *x)
{
	const struct property *p;
	union property_value v;
	struct kerr e = KERR_INIT;
	const char *value;

	if (!check_set(x, is_unknown, "Unknown broker config names: Set") ||
	    !check_set(x, is_fixed,
	    "Cannot update these configs dynamically: Set") ||
	    !check_set(x, is_of_listener, "These security configs can be "
	    "dynamically updated only per-listener using the listener prefix: "
	    "HashSet"))
		return false;
	for (int32_t i = 0; i < x->n; i++) {
		p = alter_property(x, x->v[i].name);
		value = arena_strndup(x->arena, x->v[i].value.p,
		    (size_t)x->v[i].value.len);
		if (property_parse(p, p->broker, value, &v, &e) < 0)
			return alter_refuse(x, ERR_INVALID_REQUEST, "%s",
			    e.msg);
		if (!check_sense(x, p, &v) || !check_honoured(x, p, value))
			return false;
	}
	if (!check_cleaner(x))
		return false;
	return x->a->name.len > 0 || check_set(x, is_of_one,
	    "Cannot update these configs at default cluster level, broker id "
	    "must be specified: Set");
}

bool
alter_check_broker_name(struct altering *x)
{
	struct kstr name = x->a->name;
	char id[16];

	snprintf(id, sizeof(id), "%d", x->c->node_id);
	if (name.len == 0 || kstr_eq(name, kstr(id)))
		return true;
	for (int32_t i = 0; i < name.len; i++)
		if (name.p[i] < '0' || name.p[i] > '9')
			return alter_refuse(x, ERR_INVALID_REQUEST,
			    "Node id must be an integer, but it is: %.*s",
			    name.len, name.p);
	return alter_refuse(x, ERR_INVALID_REQUEST,
	    "Unexpected broker id, expected %s, but received %.*s", id,
	    name.len, name.p);
}

/*
 * controller_configs.c: see controller_configs.h. A change is tried out on
 * the list of overrides that the resource would have; if that passes, what
 * differs becomes records.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_table.h"
#include "controller_configs.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_incremental_alter_configs.h"
#include "wire/msg_meta.h"

struct pair {
	struct kstr	name;
	struct kstr	value;
};

/* One resource being altered. */
struct altering {
	const struct controller	*c;
	const struct image	*im;
	struct arena		*arena;
	struct alteration	*a;
	const struct image_override *old;
	int32_t			 n_old;
	struct pair		*v;	/* what it would have */
	int32_t			 n;
};

static bool
failed(struct altering *x, int16_t error, const char *why)
{
	x->a->error = error;
	x->a->why = why;
	return false;
}

static struct pair *
find(struct altering *x, struct kstr name)
{
	for (int32_t i = 0; i < x->n; i++)
		if (kstr_eq(x->v[i].name, name))
			return &x->v[i];
	return NULL;
}

static const struct property *
row_of(const struct altering *x, struct kstr name)
{
	if (x->a->type == CONFIG_OF_TOPIC)
		return topic_property(name);
	return broker_property(arena_strndup(x->arena, name.p,
	    (size_t)name.len));
}

static bool
is_list(const struct property *p)
{
	return p->kind == P_LIST || p->kind == P_POLICY ||
	    p->kind == P_REPLICAS;
}

/* Whether word is among words, separated by commas; *at is where. */
static bool
has_word(struct kstr words, struct kstr word, int32_t *at)
{
	int32_t n;

	for (int32_t i = 0; i < words.len; i += n + 1) {
		for (n = 0; i + n < words.len && words.p[i + n] != ',';)
			n++;
		*at = i;
		if (n == word.len && memcmp(words.p + i, word.p, (size_t)n) == 0)
			return true;
	}
	return false;
}

static struct kstr
joined(struct arena *a, struct kstr words, struct kstr word)
{
	return kstr(arena_printf(a, "%.*s%s%.*s", words.len, words.p,
	    words.len > 0 ? "," : "", word.len, word.p));
}

static struct kstr
without(struct arena *a, struct kstr words, int32_t at, int32_t len)
{
	int32_t end = at + len;

	if (end < words.len)
		end++;			/* the comma behind it */
	else if (at > 0)
		at--;			/* or the one before */
	return kstr(arena_printf(a, "%.*s%.*s", at, words.p, words.len - end,
	    words.p + end));
}

/* Each word of `words` into *list, or out of it. */
static void
merge(struct arena *a, struct kstr *list, struct kstr words, int8_t op)
{
	struct kstr word;
	int32_t n, at;

	for (int32_t i = 0; i < words.len; i += n + 1) {
		for (n = 0; i + n < words.len && words.p[i + n] != ',';)
			n++;
		word = (struct kstr){ words.p + i, n };
		if (has_word(*list, word, &at) == (op == CONFIG_OP_APPEND))
			continue;
		*list = op == CONFIG_OP_APPEND ? joined(a, *list, word) :
		    without(a, *list, at, n);
	}
}

static bool
change_list(struct altering *x, const struct config_change *ch)
{
	const struct property *p = row_of(x, ch->name);
	bool more = ch->op == CONFIG_OP_APPEND;
	struct pair *at = find(x, ch->name);
	struct kstr list;

	if (x->a->type == CONFIG_OF_BROKER && p == NULL)
		return failed(x, ERR_INVALID_CONFIG, arena_printf(x->arena,
		    "Unknown config name: %.*s", ch->name.len, ch->name.p));
	if (p == NULL || !is_list(p))
		return failed(x, ERR_INVALID_CONFIG, arena_printf(x->arena,
		    x->a->type == CONFIG_OF_BROKER ?
		    "Config value %s is not allowed for config key: %.*s" :
		    "Can't %s to key %.*s because its type is not LIST.",
		    x->a->type == CONFIG_OF_BROKER ?
		    (more ? "append" : "subtract") :
		    (more ? "APPEND" : "SUBTRACT"), ch->name.len, ch->name.p));
	list = at != NULL ? at->value : kstr(p->dflt != NULL ? p->dflt : "");
	if (at == NULL) {
		at = &x->v[x->n++];
		at->name = ch->name;
	}
	merge(x->arena, &list, ch->value, ch->op);
	at->value = list;
	return true;
}

static bool
change_one(struct altering *x, const struct config_change *ch)
{
	struct pair *at = find(x, ch->name);

	switch (ch->op) {
	case CONFIG_OP_SET:
		if (at == NULL)
			at = &x->v[x->n++];
		*at = (struct pair){ ch->name, ch->value };
		return true;
	case CONFIG_OP_DELETE:
		if (at != NULL)
			*at = x->v[--x->n];
		return true;
	case CONFIG_OP_APPEND:
	case CONFIG_OP_SUBTRACT:
		return change_list(x, ch);
	default:
		return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
		    "Unknown operations type %d", ch->op));
	}
}

/* The overrides that there would be. */
static bool
try_out(struct altering *x)
{
	x->v = arena_alloc(x->arena, ((size_t)x->n_old + (size_t)x->a->n) *
	    sizeof(*x->v));
	for (int32_t i = 0; i < x->n_old && !x->a->replace; i++)
		x->v[x->n++] = (struct pair){ kstr(x->old[i].name),
		    kstr(x->old[i].value) };
	for (int32_t i = 0; i < x->a->n; i++)
		if (!change_one(x, &x->a->v[i]))
			return false;
	return true;
}

/* "a, b, c", one more at a time; names starts as NULL. */
static const char *
also(struct arena *a, const char *names, struct kstr name)
{
	return names == NULL ? arena_strndup(a, name.p, (size_t)name.len) :
	    arena_printf(a, "%s, %.*s", names, name.len, name.p);
}

/* What is wrong with a request before anything is looked up. */
static bool
check_form(struct altering *x)
{
	const struct alteration *a = x->a;
	const char *nulls = NULL;

	for (int32_t i = 0; i < a->n; i++)
		for (int32_t j = 0; j < i; j++)
			if (kstr_eq(a->v[i].name, a->v[j].name))
				return failed(x, ERR_INVALID_REQUEST,
				    "Error due to duplicate config keys");
	for (int32_t i = 0; i < a->n; i++)
		if (a->v[i].op != CONFIG_OP_DELETE && a->v[i].value.len < 0)
			nulls = also(x->arena, nulls, a->v[i].name);
	if (nulls == NULL)
		return true;
	return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
	    "Null value not supported for : %s", nulls));
}

static bool
check_topic_values(struct altering *x)
{
	struct topic_config t = image_config(x->im)->topic;
	struct kerr e = KERR_INIT;

	for (int32_t i = 0; i < x->n; i++)
		if (topic_property(x->v[i].name) == NULL)
			return failed(x, ERR_INVALID_CONFIG,
			    arena_printf(x->arena,
			    "Unknown topic config name: %.*s",
			    x->v[i].name.len, x->v[i].name.p));
	for (int32_t i = 0; i < x->n; i++)
		if (topic_config_set(&t, x->v[i].name, x->v[i].value, &e) < 0)
			return failed(x, ERR_INVALID_CONFIG,
			    arena_printf(x->arena, "%s", e.msg));
	if (topic_config_check(&t, &e) < 0)
		return failed(x, ERR_INVALID_CONFIG,
		    arena_printf(x->arena, "%s", e.msg));
	return true;
}

static bool
alter_topic(struct altering *x)
{
	struct kstr name = x->a->name;
	const struct image_topic *t = image_topic(x->im, name);

	if (t != NULL)
		x->old = image_overrides(t, &x->n_old);
	if (!try_out(x))
		return false;
	if (name.len == 0)
		return failed(x, ERR_INVALID_REQUEST,
		    "Default topic resources are not allowed.");
	x->a->error = controller_check_name(name, x->arena, &x->a->why);
	if (x->a->error != 0 || !check_topic_values(x))
		return false;
	if (t == NULL)
		return failed(x, ERR_UNKNOWN_TOPIC_OR_PARTITION,
		    arena_printf(x->arena, "The topic '%.*s' does not exist.",
		    name.len, name.p));
	return true;
}

/* "What(a, b)" of the overrides for which bad is true. */
static bool
check_set(struct altering *x, bool (*bad)(const struct property *),
    const char *what)
{
	const char *names = NULL;

	for (int32_t i = 0; i < x->n; i++)
		if (bad(row_of(x, x->v[i].name)))
			names = also(x->arena, names, x->v[i].name);
	if (names == NULL)
		return true;
	return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
	    "%s(%s)", what, names));
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
		return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
		    "%s: klog-broker takes it when it starts, and keeps it",
		    p->broker));
	if (p->use == IMPOSSIBLE && !property_is_default(p, value))
		return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
		    "%s: %s", p->broker, p->why));
	return true;
}

static bool
check_broker_values(struct altering *x)
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
		p = row_of(x, x->v[i].name);
		value = arena_strndup(x->arena, x->v[i].value.p,
		    (size_t)x->v[i].value.len);
		if (property_parse(p, p->broker, value, &v, &e) < 0)
			return failed(x, ERR_INVALID_REQUEST,
			    arena_printf(x->arena, "%s", e.msg));
		if (!check_honoured(x, p, value))
			return false;
	}
	return x->a->name.len > 0 || check_set(x, is_of_one,
	    "Cannot update these configs at default cluster level, broker id "
	    "must be specified: Set");
}

/* Only this broker's, or those of all brokers. */
static bool
check_broker_name(struct altering *x)
{
	struct kstr name = x->a->name;
	char id[16];

	snprintf(id, sizeof(id), "%d", x->c->node_id);
	if (name.len == 0 || kstr_eq(name, kstr(id)))
		return true;
	for (int32_t i = 0; i < name.len; i++)
		if (name.p[i] < '0' || name.p[i] > '9')
			return failed(x, ERR_INVALID_REQUEST,
			    arena_printf(x->arena, "Node id must be an "
			    "integer, but it is: %.*s", name.len, name.p));
	return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
	    "Unexpected broker id, expected %s, but received %.*s", id,
	    name.len, name.p));
}

static bool
alter_broker(struct altering *x)
{
	if (!check_broker_name(x))
		return false;
	x->old = image_broker_overrides(x->im, x->a->name.len == 0 ?
	    IMAGE_ALL_BROKERS : x->c->node_id, &x->n_old);
	return try_out(x) && check_broker_values(x);
}

static bool
alter_one(struct altering *x)
{
	if (!check_form(x))
		return false;
	switch (x->a->type) {
	case CONFIG_OF_TOPIC:
		return alter_topic(x);
	case CONFIG_OF_BROKER:
		return alter_broker(x);
	case CONFIG_OF_LOGGER:
		return failed(x, ERR_INVALID_REQUEST,
		    "klog-broker has no loggers with a level of their own");
	case CONFIG_OF_CLIENT_METRICS:
		return failed(x, ERR_INVALID_REQUEST,
		    "Client metrics are not served");
	case CONFIG_OF_GROUP:
		return failed(x, ERR_INVALID_REQUEST,
		    "Groups have no properties of their own");
	default:
		return failed(x, ERR_INVALID_REQUEST, arena_printf(x->arena,
		    "Unknown resource type %d", x->a->type));
	}
}

static void
put(const struct altering *x, struct kstr name, struct kstr value,
    struct records *rs)
{
	struct config_record r;

	kmsg_defaults(&config_record_msg, &r);
	r.resource_type = x->a->type;
	r.resource_name = x->a->name;
	r.name = name;
	r.value = value;
	records_put(rs, &config_record_msg, 0, &r);
}

/* What differs now. */
static void
put_changes(struct altering *x, struct records *rs)
{
	struct pair *now;

	for (int32_t i = 0; i < x->n_old; i++) {
		now = find(x, kstr(x->old[i].name));
		if (now == NULL)
			put(x, kstr(x->old[i].name), KSTR_NULL, rs);
		else if (kstr_eq(now->value, kstr(x->old[i].value)))
			now->name = KSTR_NULL;		/* as it was */
	}
	for (int32_t i = 0; i < x->n; i++)
		if (x->v[i].name.len >= 0)
			put(x, x->v[i].name, x->v[i].value, rs);
}

static int
compare(const void *a, const void *b)
{
	const struct alteration *x = *(struct alteration *const *)a;
	const struct alteration *y = *(struct alteration *const *)b;
	int c = x->type - y->type;

	return c != 0 ? c : kstr_cmp(x->name, y->name);
}

static void
refuse_twice(struct alteration *v, int32_t n, struct arena *a)
{
	struct alteration **s = arena_alloc(a, (size_t)n * sizeof(*s));

	for (int32_t i = 0; i < n; i++)
		s[i] = &v[i];
	qsort(s, (size_t)n, sizeof(*s), compare);
	for (int32_t i = 1; i < n; i++) {
		if (compare(&s[i], &s[i - 1]) != 0)
			continue;
		s[i]->error = s[i - 1]->error = ERR_INVALID_REQUEST;
		s[i]->why = s[i - 1]->why =
		    "Each resource must appear at most once.";
	}
}

void
controller_alter_configs(const struct controller *c, const struct image *im,
    struct alteration *v, int32_t n, struct arena *a, struct records *rs)
{
	refuse_twice(v, n, a);
	for (int32_t i = 0; i < n; i++) {
		struct altering x = { .c = c, .im = im, .arena = a, .a = &v[i] };

		if (v[i].error == 0 && alter_one(&x))
			put_changes(&x, rs);
	}
}

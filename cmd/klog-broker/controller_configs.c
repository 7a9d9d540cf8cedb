/*
 * controller_configs.c: see controller_configs.h. A change is tried out on
 * the list of overrides that the resource would have; if that passes
 * (controller_config_check.c), what differs becomes records.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "config_list.h"
#include "controller_alter.h"
#include "controller_impl.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_describe_configs.h"
#include "wire/msg_incremental_alter_configs.h"
#include "wire/msg_meta.h"

bool
alter_refuse(struct altering *x, int16_t error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	x->a->error = error;
	x->a->why = answer_vtext(x->arena, fmt, ap);
	va_end(ap);
	return false;
}

/* Among the first n. */
static struct pair *
find(struct altering *x, int32_t n, struct kstr name)
{
	for (int32_t i = 0; i < n; i++)
		if (kstr_eq(x->v[i].name, name))
			return &x->v[i];
	return NULL;
}

const struct property *
alter_property(const struct altering *x, struct kstr name)
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

static bool
change_list(struct altering *x, const struct config_change *ch)
{
	const struct property *p = alter_property(x, ch->name);
	bool more = ch->op == CONFIG_OP_APPEND;
	struct pair *at = find(x, x->n_kept, ch->name);
	struct kstr list;

	if (x->a->type == CONFIG_OF_BROKER && p == NULL)
		return alter_refuse(x, ERR_INVALID_CONFIG,
		    "Unknown config name: %.*s", ch->name.len, ch->name.p);
	if (p == NULL || !is_list(p))
		return alter_refuse(x, ERR_INVALID_CONFIG, x->a->type ==
		    CONFIG_OF_BROKER ?
		    "Config value %s is not allowed for config key: %.*s" :
		    "Can't %s to key %.*s because its type is not LIST.",
		    x->a->type == CONFIG_OF_BROKER ? (more ? "append" :
		    "subtract") : (more ? "APPEND" : "SUBTRACT"), ch->name.len,
		    ch->name.p);
	list = at != NULL ? at->value : kstr(p->dflt != NULL ? p->dflt : "");
	if (at == NULL) {
		at = &x->v[x->n++];
		at->name = ch->name;
	}
	at->value = more ? config_list_append(x->arena, list, ch->value) :
	    config_list_subtract(x->arena, list, ch->value);
	return true;
}

static bool
change_one(struct altering *x, const struct config_change *ch)
{
	struct pair *at = find(x, x->n_kept, ch->name);

	switch (ch->op) {
	case CONFIG_OP_SET:
		if (at == NULL)
			at = &x->v[x->n++];
		*at = (struct pair){ ch->name, ch->value };
		return true;
	case CONFIG_OP_DELETE:
		if (at != NULL)
			at->name = KSTR_NULL;
		return true;
	case CONFIG_OP_APPEND:
	case CONFIG_OP_SUBTRACT:
		return change_list(x, ch);
	default:
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "Unknown operations type %d", ch->op);
	}
}

/* The overrides that there would be. No name is changed twice, so that each is
 * looked for among the old ones alone. */
static bool
try_out(struct altering *x)
{
	int32_t n = 0;

	x->v = arena_alloc(x->arena, ((size_t)x->n_old + (size_t)x->a->n) *
	    sizeof(*x->v));
	for (int32_t i = 0; i < x->n_old && !x->a->replace; i++)
		x->v[x->n++] = (struct pair){ kstr(x->old[i].name),
		    kstr(x->old[i].value) };
	x->n_kept = x->n;
	for (int32_t i = 0; i < x->a->n; i++)
		if (!change_one(x, &x->a->v[i]))
			return false;
	for (int32_t i = 0; i < x->n; i++)
		if (x->v[i].name.len >= 0)
			x->v[n++] = x->v[i];
	x->n = n;
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
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "Default topic resources are not allowed.");
	x->a->error = controller_check_name(name, x->arena, &x->a->why);
	if (x->a->error != 0 || !alter_check_topic(x))
		return false;
	if (t == NULL)
		return alter_refuse(x, ERR_UNKNOWN_TOPIC_OR_PARTITION,
		    "The topic '%.*s' does not exist.", name.len, name.p);
	return true;
}

static bool
alter_broker(struct altering *x)
{
	if (!alter_check_broker_name(x))
		return false;
	x->old = image_broker_overrides(x->im, x->a->name.len == 0 ?
	    IMAGE_ALL_BROKERS : x->c->node_id, &x->n_old);
	return try_out(x) && alter_check_broker(x);
}

static bool
alter_one(struct altering *x)
{
	if (!alter_check_form(x))
		return false;
	switch (x->a->type) {
	case CONFIG_OF_TOPIC:
		return alter_topic(x);
	case CONFIG_OF_BROKER:
		return alter_broker(x);
	case CONFIG_OF_LOGGER:
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "klog-broker has no loggers with a level of their own");
	case CONFIG_OF_CLIENT_METRICS:
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "Client metrics are not served");
	case CONFIG_OF_GROUP:
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "Groups have no properties of their own");
	default:
		return alter_refuse(x, ERR_INVALID_REQUEST,
		    "Unknown resource type %d", x->a->type);
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
		now = find(x, x->n, kstr(x->old[i].name));
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

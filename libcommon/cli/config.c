/*
 * config.c: the values set, one slot a row of the table, and who set them.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/config.h"
#include "cli/config_impl.h"
#include "cli/parse.h"

struct config *
config_new(config_warn *warn, void *arg)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->warn = warn;
	c->arg = arg;
	c->v = xcalloc((size_t)props_n, sizeof(c->v[0]));
	return c;
}

void
config_free(struct config *c)
{
	int i;

	if (c == NULL)
		return;
	for (i = 0; i < props_n; i++) {
		free(c->v[i].value);
		free(c->v[i].where);
	}
	free(c->v);
	free(c);
}

/* NAME.file and NAME.command of a secret: its row, the form in *form. */
static const struct prop *
find_secret(const char *name, enum value_form *form)
{
	static const char *const ends[] = { ".file", ".command" };
	size_t n = strlen(name), k;
	const struct prop *p;
	char *base;
	int i;

	for (i = 0; i < 2; i++) {
		k = strlen(ends[i]);
		if (n <= k || strcmp(name + n - k, ends[i]) != 0)
			continue;
		base = xstrndup(name, n - k);
		p = prop_find(base);
		free(base);
		*form = i == 0 ? VALUE_FILE : VALUE_COMMAND;
		return p != NULL && (p->flags & PROP_SECRET) != 0 ? p : NULL;
	}
	return NULL;
}

static void
warn_unknown(const struct config *c, const char *where, const char *name)
{
	const char *near = nearest(name, &props[0].name, sizeof(props[0]));
	char text[512];

	if (c->warn == NULL)
		return;
	if (near != NULL)
		snprintf(text, sizeof(text), "unknown property '%s' (did you "
		    "mean '%s'?)", name, near);
	else
		snprintf(text, sizeof(text), "unknown property '%s'", name);
	c->warn(c->arg, where, text);
}

static void
put(struct config *c, const struct prop *p, enum value_form form,
    enum config_source source, const char *where, const char *value)
{
	struct value *v = &c->v[p - props];

	if (source < v->source)
		return;
	free(v->value);
	free(v->where);
	v->value = xstrdup(value);
	v->where = xstrdup(where);
	v->form = form;
	v->source = source;
}

/*
 * What Java's login module is given, as properties of their own:
 *	org..PlainLoginModule required username="u" password="p";
 */
static void
take_jaas(struct config *c, enum config_source source, const char *where,
    const char *s)
{
	static const char *const names[][2] = {
		{ "username=\"", "sasl.username" },
		{ "password=\"", "sasl.password" },
	};
	const char *p;
	char *value, *out;
	int i;

	for (i = 0; i < 2; i++) {
		p = strstr(s, names[i][0]);
		if (p == NULL)
			continue;
		p += strlen(names[i][0]);
		value = out = xstrdup(p);
		for (; *p != '\0' && *p != '"'; p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			*out++ = *p;
		}
		*out = '\0';
		put(c, prop_find(names[i][1]), VALUE_PLAIN, source, where,
		    value);
		free(value);
	}
}

int
config_set(struct config *c, enum config_source source, const char *where,
    const char *name, const char *value, struct kerr *e)
{
	enum value_form form = VALUE_PLAIN;
	const struct prop *p = prop_find(name);
	char why[128];

	if (p == NULL)
		p = find_secret(name, &form);
	if (p == NULL) {
		warn_unknown(c, where, name);
		return 0;
	}
	if (form == VALUE_PLAIN && !prop_check(p, value, why, sizeof(why)))
		return kerr_set(e, KE_CONFIG, "%s: property '%s': '%s' is not "
		    "%s", where, name, value, why);
	put(c, p, form, source, where, value);
	if (form == VALUE_PLAIN && strcmp(p->name, "sasl.jaas.config") == 0)
		take_jaas(c, source, where, value);
	return 0;
}

int
config_set_pair(struct config *c, const char *pair, struct kerr *e)
{
	const char *eq = strchr(pair, '=');
	char *name;
	int error;

	if (eq == NULL || eq == pair)
		return kerr_set(e, KE_USAGE, "-X '%s': not of the form "
		    "PROP=VAL", pair);
	name = xstrndup(pair, (size_t)(eq - pair));
	error = config_set(c, CONFIG_FLAG, "-X", name, eq + 1, e);
	free(name);
	return error;
}

/* KLOG_SASL_PASSWORD_FILE is sasl.password.file. */
static bool
is_env_name(const char *env, size_t n, const char *name, const char *end)
{
	size_t len = strlen(name), k = strlen(end), i;
	char c;

	if (n != len + k)
		return false;
	for (i = 0; i < n; i++) {
		c = i < len ? name[i] : end[i - len];
		c = c == '.' ? '_' : (char)toupper((unsigned char)c);
		if (env[i] != c)
			return false;
	}
	return true;
}

static int
take_env(struct config *c, const char *env, size_t n, const char *value,
    struct kerr *e)
{
	static const char *const ends[] = { "", ".file", ".command" };
	char where[128], name[128];
	const struct prop *p;
	int i;

	for (p = props; p->name != NULL; p++)
		for (i = 0; i < ((p->flags & PROP_SECRET) != 0 ? 3 : 1); i++) {
			if (!is_env_name(env, n, p->name, ends[i]))
				continue;
			snprintf(where, sizeof(where), "KLOG_%.*s", (int)n,
			    env);
			snprintf(name, sizeof(name), "%s%s", p->name, ends[i]);
			return config_set(c, CONFIG_ENV, where, name, value, e);
		}
	return 0;
}

int
config_set_environ(struct config *c, char *const *env, struct kerr *e)
{
	const char *eq;
	int error;

	for (; *env != NULL; env++) {
		if (strncmp(*env, "KLOG_", 5) != 0)
			continue;
		eq = strchr(*env, '=');
		if (eq == NULL)
			continue;
		error = take_env(c, *env + 5, (size_t)(eq - *env - 5), eq + 1,
		    e);
		if (error != 0)
			return error;
	}
	return 0;
}

const struct value *
config_value(const struct config *c, const char *name, const struct prop **row)
{
	const struct prop *p = prop_find(name);

	if (p == NULL)		/* our own bug: a name misspelt in the code */
		abort();
	if (row != NULL)
		*row = p;
	return &c->v[p - props];
}

static bool
set_or_default(const struct config *c, const char *name, const char **out)
{
	const struct prop *p;
	const struct value *v = config_value(c, name, &p);

	*out = v->source != CONFIG_UNSET ? v->value : p->def;
	return v->source != CONFIG_UNSET;
}

bool
config_str(const struct config *c, const char *name, const char **out)
{
	const char *s;
	bool set = set_or_default(c, name, &s);

	if (s != NULL)
		*out = s;
	return set;
}

bool
config_int(const struct config *c, const char *name, int64_t *out)
{
	const char *s;
	bool set = set_or_default(c, name, &s);

	if (s != NULL)
		*out = strtoll(s, NULL, 10);
	return set;
}

bool
config_bool(const struct config *c, const char *name, bool *out)
{
	const char *s;
	bool set = set_or_default(c, name, &s);
	int b;

	if (s != NULL && parse_bool(s, &b) == 0)
		*out = b;
	return set;
}

enum config_source
config_where(const struct config *c, const char *name)
{
	return config_value(c, name, NULL)->source;
}

const char *
config_security(const struct config *c)
{
	enum config_source best = CONFIG_UNSET;
	const char *name = NULL;
	int i;

	for (i = 0; i < props_n; i++) {
		if ((props[i].flags & PROP_SECURITY) == 0 ||
		    c->v[i].source <= best)
			continue;
		if (strcmp(props[i].name, "security.protocol") == 0 &&
		    strcasecmp(c->v[i].value, "plaintext") == 0)
			continue;
		best = c->v[i].source;
		name = props[i].name;
	}
	return name;
}

int
config_cluster(const struct config *c, const char *flag,
    struct config_cluster *out, struct kerr *e)
{
	const char *list = flag, *security = config_security(c);

	memset(out, 0, sizeof(*out));
	if (flag == NULL)
		config_str(c, "bootstrap.servers", &list);
	if (list != NULL && list[strspn(list, " \t,")] == '\0')
		return kerr_set(e, KE_CONFIG, "%s: the list of brokers is "
		    "empty ('-b private' names the private broker)",
		    flag != NULL ? "-b" :
		    config_value(c, "bootstrap.servers", NULL)->where);
	out->named = list != NULL;
	if (list != NULL && strncmp(list, "dir:", 4) == 0) {
		out->dir = list + 4;
		if (*out->dir == '\0')
			return kerr_set(e, KE_CONFIG, "'dir:' names no "
			    "directory");
	} else if (list != NULL && strcmp(list, "private") != 0)
		out->brokers = list;
	if (!out->named && security != NULL)
		return kerr_set(e, KE_CONFIG, "%s: property '%s' is set, but "
		    "no brokers are (-b, $KLOG_BROKERS or bootstrap.servers)",
		    config_value(c, security, NULL)->where, security);
	return 0;
}

static void
list_range(FILE *f, const struct prop *p)
{
	switch (p->type) {
	case PROP_INT:
	case PROP_MS:
		fprintf(f, "%lld..%lld", (long long)p->min, (long long)p->max);
		break;
	case PROP_BOOL:
		fputs("true false", f);
		break;
	case PROP_ENUM:
		fputs(p->choices, f);
		break;
	case PROP_STR:
		fputs("text", f);
		break;
	case PROP_ALIAS:
		fprintf(f, "as %s", p->of);
		break;
	case PROP_IGNORED:
		break;
	}
}

void
config_list(FILE *f)
{
	const struct prop *p;

	for (p = props; p->name != NULL; p++) {
		if (p->type == PROP_IGNORED)
			continue;
		fprintf(f, "%s\t", p->name);
		list_range(f, p);
		fprintf(f, "\t%s\t%s\n", p->def != NULL ? p->def : "",
		    p->help != NULL ? p->help : "");
	}
}

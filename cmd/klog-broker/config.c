/*
 * config.c: values by the table: text -> number or word, checked, kept where
 * the row says. Messages about a topic's property are worded as Apache
 * Kafka's, since they reach its clients.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "cli/parse.h"
#include "config.h"
#include "config_table.h"

#define NAME_MAX_LEN	128	/* longest property name looked for */


static const struct property *
find(const char *name)
{
	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].broker != NULL &&
		    strcmp(properties[i].broker, name) == 0)
			return &properties[i];
	return NULL;
}

const struct property *
topic_property(struct kstr name)
{
	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].topic != NULL &&
		    kstr_eq(kstr(properties[i].topic), name))
			return &properties[i];
	return NULL;
}

/* Index of s among "a|b|c", or -1. */
static int
choice(const char *choices, const char *s)
{
	size_t len = strlen(s), n;
	int i = 0;

	for (const char *p = choices;; p += n + 1, i++) {
		n = strcspn(p, "|");
		if (n == len && memcmp(p, s, n) == 0)
			return i;
		if (p[n] == '\0')
			return -1;
	}
}

static int
wrong(const char *name, const char *value, const char *why, struct kerr *e)
{
	return kerr_set(e, KE_CONFIG,
	    "Invalid value %s for configuration %s: %s", value, name, why);
}

static int
set_number(const struct property *p, const char *name, const char *value,
    void *to, struct kerr *e)
{
	static const char *const types[] = {
		[P_SHORT] = "SHORT", [P_INT] = "INT", [P_LONG] = "LONG"
	};
	int64_t top = p->kind == P_LONG ? INT64_MAX :
	    p->kind == P_INT ? INT32_MAX : INT16_MAX;
	char why[80], *end;
	int64_t v;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || v > top ||
	    v < -top - 1) {
		snprintf(why, sizeof(why), "Not a number of type %s",
		    types[p->kind]);
		return wrong(name, value, why, e);
	}
	if (v < p->min || v > p->max) {
		snprintf(why, sizeof(why), v < p->min ?
		    "Value must be at least %lld" :
		    "Value must be no more than %lld",
		    (long long)(v < p->min ? p->min : p->max));
		return wrong(name, value, why, e);
	}
	if (p->kind == P_LONG)
		*(int64_t *)to = v;
	else
		*(int32_t *)to = (int32_t)v;
	return 0;
}

static int
set_double(const struct property *p, const char *name, const char *value,
    double *to, struct kerr *e)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0')
		return wrong(name, value, "Not a number of type DOUBLE", e);
	if (v < (double)p->min || v > (double)p->max)
		return wrong(name, value, v < (double)p->min ?
		    "Value must be at least 0" : "Value must be no more than 1",
		    e);
	*to = v;
	return 0;
}

static int
set_bool(const char *name, const char *value, bool *to, struct kerr *e)
{
	if (strcasecmp(value, "true") == 0)
		*to = true;
	else if (strcasecmp(value, "false") == 0)
		*to = false;
	else
		return wrong(name, value,
		    "Expected value to be either true or false", e);
	return 0;
}

static int
set_policy(const char *name, const char *value, int32_t *to, struct kerr *e)
{
	char copy[64], *s = copy, *word;
	int32_t bits = 0;

	snprintf(copy, sizeof(copy), "%s", value);
	while ((word = strsep(&s, ",")) != NULL) {
		word += strspn(word, " ");
		word[strcspn(word, " ")] = '\0';
		if (strcmp(word, "compact") == 0)
			bits |= CLEANUP_COMPACT;
		else if (strcmp(word, "delete") == 0)
			bits |= CLEANUP_DELETE;
		else
			return wrong(name, value,
			    "String must be one of: compact, delete", e);
	}
	*to = bits;
	return 0;
}

static int
set_word(const struct property *p, const char *name, const char *value,
    int32_t *to, struct kerr *e)
{
	const char *choices = p->kind == P_CODEC ?
	    "uncompressed|gzip|snappy|lz4|zstd|producer" : p->choices;
	char why[160];
	size_t n;
	int i = choice(choices, value);

	if (i < 0) {
		n = (size_t)snprintf(why, sizeof(why),
		    "String must be one of: ");
		for (const char *c = choices; *c != '\0' &&
		    n + 2 < sizeof(why); c++) {
			why[n++] = *c == '|' ? ',' : *c;
			if (*c == '|')
				why[n++] = ' ';
		}
		why[n] = '\0';
		return wrong(name, value, why, e);
	}
	*to = p->kind == P_CODEC && i == 5 ? -1 : i;
	return 0;
}

/* Checks value and keeps it at `to`, which has the kind's type. */
static int
set(const struct property *p, const char *name, const char *value, void *to,
    struct kerr *e)
{
	switch (p->kind) {
	case P_BOOL:
		return set_bool(name, value, to, e);
	case P_SHORT:
	case P_INT:
	case P_LONG:
		return set_number(p, name, value, to, e);
	case P_DOUBLE:
		return set_double(p, name, value, to, e);
	case P_CHOICE:
	case P_CODEC:
		return set_word(p, name, value, to, e);
	case P_POLICY:
		return set_policy(name, value, to, e);
	case P_STRING:
	case P_PASSWORD:
	case P_LIST:
		*(const char **)to = value;
		return 0;
	}
	return 0;
}

/* The value's place in c, or in a scratch where the row has none. */
static void *
place(struct broker_config *c, const struct property *p, void *scratch)
{
	return p->off >= 0 ? (char *)c + p->off : scratch;
}

struct broker_config *
broker_config_new(void)
{
	struct broker_config *c = xcalloc(1, sizeof(*c));
	int64_t scratch;

	c->text = xcalloc(n_properties, sizeof(*c->text));
	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].dflt != NULL && properties[i].off >= 0)
			set(&properties[i], "", properties[i].dflt,
			    place(c, &properties[i], &scratch), NULL);
	return c;
}

void
broker_config_free(struct broker_config *c)
{
	if (c == NULL)
		return;
	for (unsigned int i = 0; i < n_properties; i++)
		free(c->text[i]);
	free(c->text);
	free(c);
}

static const char *
near_name(const char *name)
{
	const char *names[256];
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_properties && n < 255; i++)
		if (properties[i].broker != NULL)
			names[n++] = properties[i].broker;
	names[n] = NULL;
	return nearest(name, names, sizeof(names[0]));
}

static int
unknown(const char *name, struct kerr *e)
{
	const char *other = near_name(name);

	return kerr_set(e, KE_NOTFOUND, other != NULL ?
	    "unknown property '%s' (did you mean '%s'?)" :
	    "unknown property '%s'", name, other);
}

/* A value in an alias's unit in that of the property it stands for. */
static int
scaled(const struct property_alias *a, const char *value, char out[32],
    struct kerr *e)
{
	char *end;
	long long v = strtoll(value, &end, 10);

	if (end == value || *end != '\0' || v > INT64_MAX / a->scale)
		return wrong(a->name, value, "Not a number of type INT", e);
	snprintf(out, 32, "%lld", v < 0 ? v : v * (long long)a->scale);
	return 0;
}

int
broker_config_set(struct broker_config *c, const char *name,
    const char *value, struct kerr *e)
{
	const struct property *p = find(name);
	char other[32], *copy;
	int64_t scratch;
	int rc;

	for (const struct property_alias *a = property_aliases;
	    a->name != NULL; a++) {
		if (strcmp(a->name, name) != 0)
			continue;
		/* the finer unit wins, as in Apache Kafka */
		if (broker_config_given(c, a->of) && a->scale > 1)
			return 0;
		if ((rc = scaled(a, value, other, e)) < 0)
			return rc;
		return broker_config_set(c, a->of, other, e);
	}
	if (p == NULL)
		return unknown(name, e);
	copy = xstrdup(value);
	if ((rc = set(p, name, copy, place(c, p, &scratch), e)) < 0) {
		free(copy);
		return rc;
	}
	free(c->text[p - properties]);
	c->text[p - properties] = copy;
	return 0;
}

int
broker_config_assign(struct broker_config *c, const char *s, struct kerr *e)
{
	char name[NAME_MAX_LEN];
	size_t n = strcspn(s, "=");

	if (s[n] != '=' || n == 0 || n >= sizeof(name))
		return kerr_set(e, KE_CONFIG, "'%s' is not PROPERTY=VALUE", s);
	memcpy(name, s, n);
	name[n] = '\0';
	return broker_config_set(c, name, s + n + 1, e);
}

/* Cuts blanks off both ends, in place. */
static char *
trimmed(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		s[--n] = '\0';
	return s;
}

/* One line of a file; what is unknown is passed over. */
static int
read_line(struct broker_config *c, char *line, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	char *name = trimmed(line), *value;
	int rc;

	if (*name == '\0' || *name == '#' || *name == '!')
		return 0;
	value = name + strcspn(name, "=:");
	if (*value != '\0')
		*value++ = '\0';
	name = trimmed(name);
	if ((rc = broker_config_set(c, name, trimmed(value), &why)) >= 0)
		return 0;
	if (rc != KE_NOTFOUND)
		return kerr_set(e, rc, "%s", why.msg);
	log_line(LOG_WARN, LOG_BROKER, "%s: left out", why.msg);
	return 0;
}

int
broker_config_read(struct broker_config *c, const char *path, struct kerr *e)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	int rc = 0, n = 0;

	if (f == NULL)
		return kerr_sys(e, "%s", path);
	while (rc == 0 && getline(&line, &cap, f) >= 0) {
		n++;
		if ((rc = read_line(c, line, e)) < 0)
			kerr_wrap(e, "%s: line %d", path, n);
	}
	if (rc == 0 && ferror(f))
		rc = kerr_sys(e, "%s", path);
	free(line);
	fclose(f);
	return rc;
}

bool
broker_config_given(const struct broker_config *c, const char *name)
{
	const struct property *p = find(name);

	return p != NULL && c->text[p - properties] != NULL;
}

const char *
broker_config_text(const struct broker_config *c, const struct property *p)
{
	const char *s = c->text[p - properties];

	return s != NULL ? s : p->dflt;
}

const char *
broker_config_get(const struct broker_config *c, const char *name)
{
	const struct property *p = find(name);

	return p != NULL ? broker_config_text(c, p) : NULL;
}

int
topic_config_set(struct topic_config *t, struct kstr name, struct kstr value,
    struct kerr *e)
{
	const struct property *p = topic_property(name);
	char n[NAME_MAX_LEN], v[256];
	int64_t scratch;
	int off;

	snprintf(n, sizeof(n), "%.*s", name.len, name.p);
	if (p == NULL)
		return kerr_set(e, KE_CONFIG, "Unknown topic config name: %s",
		    n);
	if (value.len < 0)
		return kerr_set(e, KE_CONFIG,
		    "Null value not supported for topic configs: %s", n);
	if (value.len >= (int32_t)sizeof(v)) {
		if (p->kind == P_LIST || p->kind == P_STRING)
			return 0;
		return wrong(n, "(a long text)", "Not a valid value", e);
	}
	snprintf(v, sizeof(v), "%.*s", value.len, value.p);
	off = p->off - (int)offsetof(struct broker_config, topic);
	return set(p, n, v, p->off >= 0 ? (char *)t + off : (void *)&scratch,
	    e);
}

/*
 * config.c: the properties in force: defaults, then what is given, each kept
 * where its row of the table says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "cli/parse.h"
#include "config.h"
#include "config_table.h"

#define NAME_MAX_LEN	128	/* longest property name looked for */

#define MINUTE_MS	((int64_t)60 * 1000)
#define HOUR_MS		(60 * MINUTE_MS)

static bool
given(const struct broker_config *c, const char *name)
{
	return c->text[broker_property(name) - properties] != NULL;
}

/* The newer two of the three bounds of timestamps count (KIP-937). */
static void
settle_topic(struct topic_config *t)
{
	t->timestamp_before_max_ms = t->before_asked_ms != INT64_MAX ?
	    t->before_asked_ms : t->difference_asked_ms;
	t->timestamp_after_max_ms = t->after_asked_ms != INT64_MAX ?
	    t->after_asked_ms : t->difference_asked_ms;
}

/* Values that follow from several properties: the finer unit wins. */
static void
settle(struct broker_config *c)
{
	struct topic_config *t = &c->topic;

	if (!given(c, "log.retention.ms"))
		t->retention_ms = given(c, "log.retention.minutes") ?
		    c->retention_minutes * MINUTE_MS :
		    c->retention_hours * HOUR_MS;
	if (t->retention_ms < 0)
		t->retention_ms = -1;
	if (!given(c, "log.roll.ms"))
		t->segment_ms = c->roll_hours * HOUR_MS;
	if (!given(c, "log.roll.jitter.ms"))
		t->segment_jitter_ms = c->roll_jitter_hours * HOUR_MS;
	if (!given(c, "log.flush.interval.ms"))
		t->flush_ms = c->flush_scheduler_ms;
	if (!given(c, "node.id"))
		c->node_id = c->broker_id;
	settle_topic(t);
}

/* The value's place in c, or in a scratch where the row has none. */
static void *
place(struct broker_config *c, const struct property *p,
    union property_value *scratch)
{
	return p->off >= 0 ? (char *)c + p->off : (void *)scratch;
}

struct broker_config *
broker_config_new(void)
{
	struct broker_config *c = xcalloc(1, sizeof(*c));
	union property_value scratch;

	c->text = xcalloc(n_properties, sizeof(*c->text));
	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].dflt != NULL && properties[i].off >= 0)
			property_parse(&properties[i], "", properties[i].dflt,
			    place(c, &properties[i], &scratch), NULL);
	settle(c);
	return c;
}

/* Points the values that are texts at c's own. */
static void
own_texts(struct broker_config *c)
{
	union property_value scratch;

	for (unsigned int i = 0; i < n_properties; i++)
		if (c->text[i] != NULL)
			property_parse(&properties[i], "", c->text[i],
			    place(c, &properties[i], &scratch), NULL);
	settle(c);
}

struct broker_config *
broker_config_copy(const struct broker_config *from)
{
	struct broker_config *c = xmalloc(sizeof(*c));

	*c = *from;
	c->text = xcalloc(n_properties, sizeof(*c->text));
	for (unsigned int i = 0; i < n_properties; i++)
		if (from->text[i] != NULL)
			c->text[i] = xstrdup(from->text[i]);
	own_texts(c);
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

static int
unknown(const char *name, struct kerr *e)
{
	const char **names = xcalloc(n_properties + 1, sizeof(*names));
	const char *other;
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].broker != NULL)
			names[n++] = properties[i].broker;
	other = nearest(name, names, sizeof(names[0]));
	free(names);
	return kerr_set(e, KE_NOTFOUND, other != NULL ?
	    "unknown property '%s' (did you mean '%s'?)" :
	    "unknown property '%s'", name, other);
}

int
broker_config_set(struct broker_config *c, const char *name,
    const char *value, struct kerr *e)
{
	const struct property *p = broker_property(name);
	union property_value scratch;
	char *copy;
	int rc;

	if (p == NULL)
		return unknown(name, e);
	copy = xstrdup(value);
	rc = property_parse(p, name, copy, place(c, p, &scratch), e);
	if (rc == 0 && p->use == IMPOSSIBLE && !property_is_default(p, value))
		rc = kerr_set(e, KE_UNSUPPORTED, "%s=%s: %s", name, value,
		    p->why);
	if (rc < 0) {
		free(copy);
		return rc;
	}
	free(c->text[p - properties]);
	c->text[p - properties] = copy;
	settle(c);
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

void
broker_config_remark(const struct broker_config *c)
{
	const struct property *p;

	for (unsigned int i = 0; i < n_properties; i++) {
		p = &properties[i];
		if (p->use == INERT && c->text[i] != NULL &&
		    !property_is_default(p, c->text[i]))
			log_line(LOG_WARN, LOG_BROKER, "%s=%s has no effect: "
			    "%s", p->broker, p->kind == P_PASSWORD ? "..." :
			    c->text[i], p->why);
	}
}

void
property_remark(const struct property *p, const char *what, struct kstr of,
    const char *name)
{
	if (p->use == INERT)
		log_line(LOG_WARN, LOG_BROKER, "%s '%.*s': %s has no effect: "
		    "%s", what, of.len, of.p, name, p->why);
}

bool
broker_config_given(const struct broker_config *c, const char *name)
{
	const struct property *p = broker_property(name);

	return p != NULL && c->text[p - properties] != NULL;
}

const char *
broker_config_own(const struct broker_config *c, const struct property *p)
{
	return c->text[p - properties];
}

const char *
broker_config_get(const struct broker_config *c, const char *name)
{
	const struct property *p = broker_property(name);

	if (p == NULL)
		return NULL;
	return c->text[p - properties] != NULL ? c->text[p - properties] :
	    p->dflt;
}

const char *
broker_config_topic_text(const struct broker_config *c,
    const struct property *p, char room[32])
{
	if (c->text[p - properties] != NULL)
		return c->text[p - properties];
	if (p->broker == NULL || property_synonyms(p->broker) == NULL)
		return p->dflt;
	snprintf(room, 32, "%lld",
	    (long long)*(const int64_t *)((const char *)c + p->off));
	return room;
}

int
topic_config_set(struct topic_config *t, struct kstr name, struct kstr value,
    struct kerr *e)
{
	const struct property *p = topic_property(name);
	char n[NAME_MAX_LEN], *v;
	union property_value scratch;
	int off, rc;

	snprintf(n, sizeof(n), "%.*s", name.len, name.p);
	if (p == NULL)
		return kerr_set(e, KE_CONFIG, "Unknown topic config name: %s",
		    n);
	if (value.len < 0)
		return kerr_set(e, KE_CONFIG,
		    "Null value not supported for topic configs: %s", n);
	v = xstrndup(value.p, (size_t)value.len);
	off = p->off - (int)offsetof(struct broker_config, topic);
	rc = property_parse(p, n, v, p->off >= 0 ? (char *)t + off :
	    (void *)&scratch, e);
	if (rc == 0 && p->use == IMPOSSIBLE && !property_is_default(p, v))
		rc = kerr_set(e, KE_CONFIG, "%s", p->why);
	free(v);
	settle_topic(t);
	return rc;
}

int
topic_config_check(const struct topic_config *t, struct kerr *e)
{
	if (t->min_compaction_lag_ms <= t->max_compaction_lag_ms)
		return 0;
	return kerr_set(e, KE_CONFIG, "conflict topic config setting "
	    "min.compaction.lag.ms (%lld) > max.compaction.lag.ms (%lld)",
	    (long long)t->min_compaction_lag_ms,
	    (long long)t->max_compaction_lag_ms);
}

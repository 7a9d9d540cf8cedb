/*
 * plan.c: which partitions are read: those of topics by name, of topics that
 * match an expression, and what comes while they are followed. From where to
 * where: ranges.c.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "consume.h"
#include "wire/kerror.h"

#define WAIT_MS	200	/* between looks for a topic that is to come */

/* A topic operand that is a regular expression. */
struct pattern {
	const char		*text;
	pcre2_code		*re;
	pcre2_match_data	*match;
};

void
plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n_patterns; i++) {
		pcre2_code_free(p->pattern[i].re);
		pcre2_match_data_free(p->pattern[i].match);
	}
	free(p->pattern);
	for (size_t i = 0; i < p->n; i++)
		free(p->part[i].topic);
	free(p->part);
}

void
plan_add(struct plan *p, const char *topic, int32_t partition)
{
	p->part = xreallocarray(p->part, p->n + 1, sizeof(*p->part));
	p->part[p->n++] = (struct part){ .topic = xstrdup(topic),
		.partition = partition, .since = INT64_MIN };
}

/* One topic's part of -p. */
struct chosen {
	struct plan	*plan;
	const char	*topic;
	int32_t		 n;		/* partitions of the topic */
	int32_t		 missing;	/* the first that is not there, -1 */
};

static void
choose(void *arg, int32_t partition)
{
	struct chosen *c = arg;

	if (partition < c->n)
		plan_add(c->plan, c->topic, partition);
	else if (c->missing < 0)
		c->missing = partition;
}

static int
add_partitions(struct consume *co, const char *topic, int32_t n,
    struct kerr *e)
{
	struct chosen c = { &co->plan, topic, n, -1 };
	int rc;

	for (size_t i = 0; i < co->plan.n; i++)
		if (strcmp(co->plan.part[i].topic, topic) == 0)
			return 0;	/* named twice */
	if (co->o->partitions == NULL) {
		for (int32_t i = 0; i < n; i++)
			plan_add(&co->plan, topic, i);
		return 0;
	}
	if ((rc = spec_partitions(co->o->partitions, choose, &c, e)) != 0)
		return kerr_wrap(e, "-p");
	return c.missing < 0 ? 0 : kerr_set(e, KE_NOTFOUND,
	    "%s: there is no partition %d: it has %d", topic, (int)c.missing,
	    (int)n);
}

static bool
is_missing(const struct kerr *e)
{
	return e->code == KE_NOTFOUND || (e->code == KE_BROKER &&
	    (e->kafka == ERR_UNKNOWN_TOPIC_OR_PARTITION ||
	    e->kafka == ERR_LEADER_NOT_AVAILABLE));
}

static int
add_topic(struct consume *co, const char *name, struct kerr *e)
{
	const struct cluster_topic *t;
	int rc;

	while ((rc = cluster_load_topic(co->cl, name,
	    co->o->common.first_contact, e)) != 0) {
		if (!co->o->wait || !is_missing(e))
			return kerr_wrap(e, "%s", name);
		kerr_clear(e);
		loop_run_for(co->loop, WAIT_MS);
	}
	t = cluster_topic(co->cl, name);
	return add_partitions(co, name, t->n, e);
}

static int
compile(struct pattern *p, const char *text, struct kerr *e)
{
	PCRE2_UCHAR why[160];
	PCRE2_SIZE at;
	int code;

	p->text = text;
	p->re = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0,
	    &code, &at, NULL);
	p->match = pcre2_match_data_create(1, NULL);
	if (p->re != NULL)
		return 0;
	pcre2_get_error_message(code, why, sizeof(why));
	return kerr_set(e, KE_USAGE, "'%s': %s at character %zu", text,
	    (char *)why, (size_t)at);
}

int
plan_compile(struct plan *pl, const char *text, struct pattern **out,
    struct kerr *e)
{
	struct pattern *p;

	pl->pattern = xreallocarray(pl->pattern, pl->n_patterns + 1,
	    sizeof(*p));
	p = *out = &pl->pattern[pl->n_patterns++];
	memset(p, 0, sizeof(*p));
	return compile(p, text, e);
}

/* Kafka's own topics only where the expression asks for them. */
bool
plan_matches(const struct pattern *p, const char *topic, bool internal)
{
	if (internal && p->text[1] != '_')
		return false;
	return pcre2_match(p->re, (PCRE2_SPTR)topic, PCRE2_ZERO_TERMINATED,
	    0, 0, p->match, NULL) >= 0;
}

bool
plan_reads(const struct plan *pl, const char *topic)
{
	for (size_t i = 0; i < pl->n; i++)
		if (strcmp(pl->part[i].topic, topic) == 0)
			return true;
	for (size_t i = 0; i < pl->n_patterns; i++)
		if (plan_matches(&pl->pattern[i], topic, false))
			return true;
	return false;
}

/* Where topics that match are gathered. */
struct matches {
	struct consume		*co;
	const struct pattern	*pattern;
	int			 found;
	int			 rc;
	struct kerr		*e;
};

static void
match(void *arg, const struct cluster_topic *t)
{
	struct matches *m = arg;

	if (m->rc != 0 || t->error != 0 ||
	    !plan_matches(m->pattern, t->name, t->internal))
		return;
	m->found++;
	m->rc = add_partitions(m->co, t->name, t->n, m->e);
}

/* Adds every topic that matches; how many there are. */
static int
add_matches(struct consume *co, const struct pattern *p, struct kerr *e)
{
	struct matches m = { .co = co, .pattern = p, .e = e };

	cluster_each_topic(co->cl, match, &m);
	return m.rc != 0 ? m.rc : m.found;
}

static void
metadata_came(struct cluster_watch *w)
{
	struct consume *co = (struct consume *)((char *)w -
	    offsetof(struct consume, plan.watch));

	co->plan.stale = true;
	if (co->c != NULL)
		consumer_wake(co->c);
}

static int
add_regex(struct consume *co, const char *text, struct kerr *e)
{
	struct plan *pl = &co->plan;
	struct pattern *p;
	int rc;

	if ((rc = plan_compile(pl, text, &p, e)) != 0)
		return rc;
	cluster_want_all(co->cl);
	for (;;) {
		pl->stale = false;
		cluster_refresh(co->cl);
		while (!pl->stale)
			loop_once(co->loop, WAIT_MS);
		rc = add_matches(co, p, e);
		if (rc != 0 || !co->o->wait)
			break;
		loop_run_for(co->loop, WAIT_MS);
	}
	if (rc == 0)
		return kerr_set(e, KE_NOTFOUND, "no topic matches '%s'", text);
	return rc < 0 ? rc : 0;
}

static int
add_name(struct consume *co, const char *name, struct kerr *e)
{
	return *name == '^' ? add_regex(co, name, e) : add_topic(co, name, e);
}

static int
plan_files(struct consume *co, char *const *names, int n)
{
	const struct opt_list *more = &co->o->topics;
	const char **all = xcalloc((size_t)(n + more->n) + 1, sizeof(all[0]));
	struct kerr e = KERR_INIT;
	int rc;

	for (int i = 0; i < n; i++)
		all[i] = names[i];
	for (int i = 0; i < more->n; i++)
		all[n + i] = more->v[i];
	rc = offline_plan(co, all, n + more->n, &e);
	free(all);
	return rc == 0 ? EXIT_DONE : exit_report(&e, NULL);
}

int
plan_topics(struct consume *co, char *const *names, int n)
{
	const struct opt_list *more = &co->o->topics;
	struct kerr e = KERR_INIT;
	int rc = 0;

	if (co->files != NULL)
		return plan_files(co, names, n);
	co->plan.watch.changed = metadata_came;
	cluster_watch_add(co->cl, &co->plan.watch);
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_name(co, names[i], &e);
	for (int i = 0; i < more->n && rc == 0; i++)
		rc = add_name(co, more->v[i], &e);
	if (rc == 0 && co->plan.n == 0)
		rc = kerr_set(&e, KE_NOTFOUND, "no partition to read");
	return rc == 0 ? EXIT_DONE : exit_report(&e, NULL);
}

/* Partitions that a topic has got since: its last one known is part i. */
static void
grow_topic(struct consume *co, size_t i)
{
	const struct part *p = &co->plan.part[i];
	const struct cluster_topic *t = cluster_topic(co->cl, p->topic);
	int32_t next = p->partition + 1;

	if (p->to < 0 && t != NULL && t->error == 0)
		for (; next < t->n; next++)
			plan_add(&co->plan, t->name, next);
}

static bool
last_of_topic(const struct plan *pl, size_t i)
{
	for (size_t k = i + 1; k < pl->n; k++)
		if (strcmp(pl->part[k].topic, pl->part[i].topic) == 0)
			return false;
	return true;
}

int
plan_slot(struct consume *co, const char *topic, int32_t partition)
{
	struct plan *pl = &co->plan;

	for (size_t i = 0; i < pl->n; i++)
		if (pl->part[i].partition == partition &&
		    strcmp(pl->part[i].topic, topic) == 0)
			return (int)i;
	plan_add(pl, topic, partition);
	pl->part[pl->n - 1].to = -1;
	pl->part[pl->n - 1].fresh = true;
	return consumer_assign(co->c, topic, partition, 0, 0);
}

void
plan_grow(struct consume *co)
{
	struct plan *pl = &co->plan;
	size_t n = pl->n;

	if (!pl->stale)
		return;
	pl->stale = false;
	if (co->o->partitions != NULL || co->bounded)
		return;
	for (size_t i = 0; i < n; i++)
		if (last_of_topic(pl, i))
			grow_topic(co, i);
	for (size_t i = 0; i < pl->n_patterns; i++)
		add_matches(co, &pl->pattern[i], NULL);
	for (size_t i = n; i < pl->n; i++) {
		struct part *p = &pl->part[i];

		p->to = -1;
		p->fresh = true;
		consumer_assign(co->c, p->topic, p->partition, 0,
		    co->group != NULL ? 0 : -1);
		if (co->o->common.verbose > 0)
			warn_line("%s[%d]: new", p->topic, (int)p->partition);
	}
}

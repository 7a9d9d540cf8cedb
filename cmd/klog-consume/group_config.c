/*
 * group_config.c: -G: what properties and options say of a member (group.h).
 */
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "group.h"

#define COMMIT_MS	5000	/* auto.commit.interval.ms */

/* partition.assignment.strategy: names, or Java's classes, with commas. */
static int
parse_assignors(struct subscriber_config *cf, const char *list,
    struct kerr *e)
{
	int kind;

	cf->n_assignors = 0;
	while (*list != '\0') {
		size_t n = strcspn(list, ", ");

		kind = assign_find(list, n);
		if (n > 0 && kind < 0)
			return kerr_set(e, KE_CONFIG, "property "
			    "'partition.assignment.strategy': '%.*s' is none "
			    "of range, roundrobin, sticky, cooperative-sticky",
			    (int)n, list);
		if (n > 0 && cf->n_assignors < ASSIGN_KINDS)
			cf->assignor[cf->n_assignors++] =
			    (enum assign_kind)kind;
		list += n + (list[n] != '\0');
	}
	return cf->n_assignors > 0 ? 0 : kerr_set(e, KE_CONFIG, "property "
	    "'partition.assignment.strategy' is empty");
}

static void
set_ms(const struct config *c, const char *name, int32_t *to)
{
	int64_t ms;

	if (config_int(c, name, &ms))
		*to = (int32_t)(ms < INT32_MAX ? ms : INT32_MAX);
}

/* What the members of the classic protocol decide among themselves. */
static int
configure_classic(const struct config *c, struct subscriber_config *cf,
    struct kerr *e)
{
	const char *text;

	set_ms(c, "session.timeout.ms", &cf->session_ms);
	set_ms(c, "heartbeat.interval.ms", &cf->heartbeat_ms);
	if (config_where(c, "heartbeat.interval.ms") == CONFIG_UNSET &&
	    cf->heartbeat_ms > cf->session_ms / 3)
		cf->heartbeat_ms = cf->session_ms / 3 + 1;
	if (cf->heartbeat_ms >= cf->session_ms)
		return kerr_set(e, KE_CONFIG, "property "
		    "'heartbeat.interval.ms': has to be less than "
		    "session.timeout.ms");
	if (config_where(c, "group.remote.assignor") != CONFIG_UNSET)
		return kerr_set(e, KE_CONFIG, "property "
		    "'group.remote.assignor' needs group.protocol=consumer");
	if (config_str(c, "partition.assignment.strategy", &text))
		return parse_assignors(cf, text, e);
	return 0;
}

/* The broker decides: as Java, these are refused and not passed over. */
static int
configure_consumer(const struct config *c, struct subscriber_config *cf,
    struct kerr *e)
{
	static const char *const classic[] = { "session.timeout.ms",
		"heartbeat.interval.ms", "partition.assignment.strategy" };

	for (size_t i = 0; i < sizeof(classic) / sizeof(classic[0]); i++)
		if (config_where(c, classic[i]) != CONFIG_UNSET)
			return kerr_set(e, KE_CONFIG, "property '%s': the "
			    "broker decides with group.protocol=consumer",
			    classic[i]);
	cf->consumer = true;
	config_str(c, "group.remote.assignor", &cf->remote_assignor);
	return 0;
}

static void
wake(void *arg)
{
	struct consume *co = arg;

	if (co->c != NULL)
		consumer_wake(co->c);
}

int
group_configure(struct consume *co, struct kerr *e)
{
	const struct config *c = co->o->common.config;
	struct group *g = co->group = xcalloc(1, sizeof(*g));
	struct subscriber_config *cf = &g->cf;
	const char *text = "classic";
	bool yes = true;

	g->name = co->o->group;
	subscriber_config_defaults(cf);
	cf->group = g->name;
	cf->wake = wake;
	cf->arg = co;
	config_str(c, "group.instance.id", &cf->instance);
	set_ms(c, "max.poll.interval.ms", &cf->rebalance_ms);
	g->interval = COMMIT_MS;
	config_int(c, "auto.commit.interval.ms", &g->interval);
	config_bool(c, "enable.auto.commit", &yes);
	if (co->o->commit >= 0)
		g->how = (enum commit_how)co->o->commit;
	else
		g->how = yes ? COMMIT_AUTO : COMMIT_NONE;
	config_str(c, "group.protocol", &text);
	return strcasecmp(text, "consumer") == 0 ?
	    configure_consumer(c, cf, e) : configure_classic(c, cf, e);
}

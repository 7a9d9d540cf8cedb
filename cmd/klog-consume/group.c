/*
 * group.c: -G: this process as a member of a consumer group: which partitions
 * are read is the group's to say. What is committed: commit.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "group.h"
#include "wire/kerror.h"

#define COMMIT_MS	5000	/* auto.commit.interval.ms */
#define LEAVE_MS	2000
#define GRACE_MS	200	/* without progress, once a signal has come */

enum commit_how
group_how(const struct consume *co)
{
	return co->group->how;
}

struct subscriber *
group_subscriber(const struct consume *co)
{
	return co->group->s;
}

static void
wake(void *arg)
{
	struct consume *co = arg;

	if (co->c != NULL)
		consumer_wake(co->c);
}

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

/* The topics of the plan, each once. */
static void
subscribe(struct consume *co)
{
	const struct plan *pl = &co->plan;
	const char **v = xcalloc(pl->n + 1, sizeof(*v));
	size_t n = 0, k;

	for (size_t i = 0; i < pl->n; i++) {
		for (k = 0; k < n; k++)
			if (strcmp(v[k], pl->part[i].topic) == 0)
				break;
		if (k == n)
			v[n++] = pl->part[i].topic;
	}
	subscriber_topics(co->group->s, v, n);
	free(v);
}

int
group_begin(struct consume *co)
{
	struct group *g = co->group;
	struct kerr e = KERR_INIT;

	g->s = subscriber_open(co->cl, &co->conf, &g->cf, &e);
	if (g->s == NULL)
		return exit_report(&e, "group '%s'", g->name);
	signal(SIGPIPE, SIG_IGN);
	if (co->o->each != NULL || g->how == COMMIT_EACH) {
		co->each = each_new(co, &e);
		if (co->each == NULL)
			return exit_report(&e, "--on-fail");
	}
	if (co->o->each == NULL) {
		co->out = out_new(co);
		printer_to(co->printer, co->out);
	}
	g->commit_at = loop_clock(co->loop) + g->interval;
	g->assigned_at = loop_now(co->loop);
	subscribe(co);
	return EXIT_DONE;
}

void
group_free(struct group *g)
{
	if (g == NULL)
		return;
	subscriber_free(g->s);
	free(g->sent);
	free(g->sent_at);
	free(g);
}

void
group_passed(struct consume *co, int slot, int64_t next)
{
	struct part *p = &co->plan.part[slot];

	p->marks--;
	if (next > p->done)
		p->done = next;
}

void
group_dropped(struct consume *co, int slot)
{
	struct part *p = &co->plan.part[slot];

	p->marks--;
	p->cut = true;		/* it was read, and has not left */
}

/* "orders[0,2-3] lines[1]" */
static void
print_parts(const struct subscriber_event *ev, struct buf *b)
{
	const char *topic = NULL;

	for (size_t i = 0; i < ev->n; i++) {
		const struct subscriber_part *p = &ev->part[i];
		size_t k = i;

		if (topic == NULL || strcmp(topic, p->topic) != 0)
			buf_printf(b, "%s %s[%d", topic == NULL ? "" : "]",
			    p->topic, (int)p->partition);
		else
			buf_printf(b, ",%d", (int)p->partition);
		topic = p->topic;
		while (k + 1 < ev->n && strcmp(ev->part[k + 1].topic,
		    topic) == 0 && ev->part[k + 1].partition ==
		    ev->part[k].partition + 1)
			k++;
		if (k > i + 1) {
			buf_printf(b, "-%d", (int)ev->part[k].partition);
			i = k;
		}
	}
	buf_puts(b, topic != NULL ? "]" : " nothing");
	buf_putc(b, '\0');
}

static void
tell(const struct group *g, const struct subscriber_event *ev)
{
	static const char *const what[] = { "assigned", "revoked", "lost" };
	struct buf b;

	buf_init(&b, 0);
	print_parts(ev, &b);
	if (ev->kind == SUBSCRIBER_ASSIGNED)
		warn_line("group '%s': %s %d, by %s: assigned%s, "
		    "%zu in all", g->name, g->cf.consumer ? "epoch" :
		    "generation", (int)ev->generation, ev->assignor != NULL ?
		    ev->assignor : "the broker", (char *)b.p, ev->total);
	else
		warn_line("group '%s': %s%s", g->name, what[ev->kind],
		    (char *)b.p);
	buf_release(&b);
}

/* The slots of an event's partitions. */
static bool *
slots_of(struct consume *co, const struct subscriber_event *ev)
{
	bool *v;

	for (size_t i = 0; i < ev->n; i++)
		plan_slot(co, ev->part[i].topic, ev->part[i].partition);
	v = xcalloc(co->plan.n + 1, sizeof(*v));
	for (size_t i = 0; i < ev->n; i++)
		v[plan_slot(co, ev->part[i].topic, ev->part[i].partition)] =
		    true;
	return v;
}

/* The partitions are not ours any more, in a moment. */
static void
give_up(struct consume *co, const struct subscriber_event *ev)
{
	struct kerr e = KERR_INIT;
	bool *gone = slots_of(co, ev), redo = false;

	if (co->each != NULL)
		each_quiet(co, gone);
	if (co->out != NULL) {
		printer_flush(co->printer, NULL);
		out_hold(co->out);
		out_settle(co->out, false);
		out_take_back(co->out, gone);
	}
	for (size_t i = 0; i < co->plan.n; i++)
		redo = redo || (gone[i] && co->plan.part[i].done !=
		    co->plan.part[i].committed);
	if (ev->kind == SUBSCRIBER_REVOKED) {
		if (commit_now(co, gone, &e) != 0)
			warn_line("group '%s': %s", co->group->name, e.msg);
	} else if (redo && co->group->how != COMMIT_NONE)
		warn_line("group '%s': no member any more: what was printed "
		    "since the last commit may be printed again by another",
		    co->group->name);
	for (size_t i = 0; i < co->plan.n; i++) {
		struct part *p = &co->plan.part[i];

		if (!gone[i])
			continue;
		p->held = p->cut = false;
		consumer_seek(co->c, (int)i, p->done, p->done);
	}
	if (co->out != NULL)
		out_go(co->out);
	free(gone);
}

static int
take(struct consume *co, const struct subscriber_event *ev, struct kerr *e)
{
	int *slots = xcalloc(ev->n + 1, sizeof(*slots)), rc;

	for (size_t i = 0; i < ev->n; i++)
		slots[i] = plan_slot(co, ev->part[i].topic,
		    ev->part[i].partition);
	rc = place_slots(co, slots, ev->n, e);
	for (size_t i = 0; i < ev->n && rc == 0; i++)
		co->plan.part[slots[i]].held = true;
	free(slots);
	co->group->assigned = true;
	co->group->assigned_at = loop_clock(co->loop);
	return rc;
}

static int
handle(struct consume *co, const struct subscriber_event *ev, struct kerr *e)
{
	struct group *g = co->group;

	if (ev->kind == SUBSCRIBER_FAILED) {
		*e = ev->err;
		kerr_wrap(e, "group '%s'", g->name);
		g->failed = true;
		return e->code;
	}
	if (co->o->common.verbose > 0)
		tell(g, ev);
	if (ev->kind == SUBSCRIBER_ASSIGNED)
		return take(co, ev, e);
	give_up(co, ev);
	return 0;
}

int
group_turn(struct consume *co, struct kerr *e)
{
	struct group *g = co->group;
	const struct subscriber_event *ev;
	int rc;

	while ((ev = subscriber_event(g->s)) != NULL) {
		if ((rc = handle(co, ev, e)) != 0)
			return rc;
		subscriber_done(g->s);
	}
	if (co->plan.stale) {
		plan_grow(co);
		subscribe(co);
	}
	if (co->out != NULL)
		out_settle(co->out, true);
	commit_due(co);
	return 0;
}

bool
group_read(const struct consume *co)
{
	if (!co->group->assigned || !subscriber_settled(co->group->s))
		return false;
	for (size_t i = 0; i < co->plan.n; i++)
		if (co->plan.part[i].held &&
		    !consumer_slot_done(co->c, (int)i))
			return false;
	return true;
}

bool
group_broken_pipe(const struct consume *co)
{
	return co->out != NULL && out_error(co->out) == EPIPE;
}

static int64_t
soonest(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static bool
hungry(const struct consume *co)
{
	for (size_t i = 0; i < co->plan.n; i++)
		if (co->plan.part[i].held &&
		    !consumer_slot_done(co->c, (int)i))
			return true;
	return false;
}

int
group_wait(struct consume *co, int64_t wait_ms, bool more, struct kerr *e)
{
	struct group *g = co->group;
	int64_t due = g->commit_at - loop_clock(co->loop);
	int slot = -1, rc;

	if (g->how == COMMIT_AUTO || g->how == COMMIT_EACH)
		wait_ms = soonest(wait_ms, due < 1 ? 1 : due);
	if (co->each != NULL)
		wait_ms = soonest(wait_ms, each_wait(co));
	progress_tell(co);
	if (subscriber_event(g->s) != NULL || stop_signal != 0)
		return 0;
	if (!more || !hungry(co)) {
		loop_once(co->loop, wait_ms);
		return 0;
	}
	rc = consumer_wait(co->c, wait_ms, &slot, e);
	if (rc == KE_BROKER && e->kafka == ERR_OFFSET_OUT_OF_RANGE &&
	    slot >= 0) {
		kerr_clear(e);
		rc = place_reset(co, slot, e);
	}
	return rc < 0 ? rc : 0;
}

/* Prints what is there; 1 when it is over. */
static int
print_some(struct consume *co, int64_t *came, struct kerr *e)
{
	const struct consumer_batch *b;
	int rc = 0;

	while (co->left > 0 && stop_signal == 0 && out_room(co->out) &&
	    (b = consumer_take(co->c)) != NULL) {
		rc = printer_batch(co->printer, co, b, e);
		if (rc < 0)
			kerr_wrap(e, "%s[%d]", b->topic, (int)b->partition);
		if (rc >= 0 && co->left > 0)
			printer_passed(co->printer, b->slot,
			    batch_last_offset(&b->header) + 1);
		else
			co->plan.part[b->slot].cut = true;
		consumer_release(co->c, b);
		if (rc < 0)
			return rc;
		*came = loop_now(co->loop);
	}
	printer_flush(co->printer, NULL);
	return co->left <= 0;
}

int
group_run(struct consume *co, struct kerr *e)
{
	struct group *g = co->group;
	int64_t came = loop_clock(co->loop), left;
	int rc;

	for (;;) {
		if ((rc = group_turn(co, e)) != 0)
			return rc;
		if (co->out != NULL && out_error(co->out) != 0)
			return 0;
		rc = co->each != NULL ? each_turn(co, &came, e) :
		    print_some(co, &came, e);
		if (rc != 0 || stop_signal != 0)
			return rc < 0 ? rc : 0;
		if (co->bounded && group_read(co) &&
		    (co->each == NULL || each_idle(co)))
			return 0;
		left = -1;
		if (co->o->idle > 0 && g->assigned) {
			if (g->assigned_at > came)
				came = g->assigned_at;
			left = came + co->o->idle - loop_clock(co->loop);
			if (left <= 0)
				return KE_TIMEOUT;
		}
		rc = group_wait(co, left, co->out == NULL ||
		    out_room(co->out), e);
		if (rc < 0)
			return rc;
	}
}

/* Lets all that was printed leave. After a signal only what is taken at once:
 * nobody waits for a reader that has stopped. */
static void
drain(struct consume *co)
{
	int64_t accepted = -1, since = 0, now;
	struct kerr e = KERR_INIT;

	printer_flush(co->printer, NULL);
	while (!out_idle(co->out) && out_error(co->out) == 0) {
		now = loop_clock(co->loop);
		if (out_accepted(co->out) != accepted) {
			accepted = out_accepted(co->out);
			since = now;
		}
		if (stop_signal != 0 && now - since >= GRACE_MS)
			break;
		if (!co->group->failed && group_turn(co, &e) != 0)
			break;
		loop_once(co->loop, stop_signal != 0 ? 20 : 500);
	}
	out_hold(co->out);
	out_settle(co->out, out_error(co->out) == EPIPE);
}

int
group_end(struct consume *co, struct kerr *e)
{
	struct group *g = co->group;
	int rc = 0;

	if (co->each != NULL)
		each_quiet(co, NULL);
	if (co->out != NULL)
		drain(co);
	if (!g->failed)
		rc = commit_now(co, NULL, e);
	if (rc != 0)
		kerr_wrap(e, "group '%s'", g->name);
	if (!g->failed)
		subscriber_leave(g->s, LEAVE_MS);
	if (rc == 0 && co->out != NULL && out_error(co->out) != 0 &&
	    out_error(co->out) != EPIPE) {
		errno = out_error(co->out);
		rc = kerr_sys(e, "standard output");
	}
	return rc;
}

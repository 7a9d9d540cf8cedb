/*
 * group.c: -G: this process as a member of a consumer group: which partitions
 * are read is the group's to say (handover.c). What is committed: commit.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "group.h"
#include "wire/kerror.h"

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

	g->cf.looks = co->bounded;
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

int
group_turn(struct consume *co, struct kerr *e)
{
	struct group *g = co->group;
	const struct subscriber_event *ev;
	int rc;

	while ((ev = subscriber_event(g->s)) != NULL) {
		if ((rc = handover(co, ev, e)) != 0)
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

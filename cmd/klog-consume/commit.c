/*
 * commit.c: -G: what is committed, and when. It follows what has left for stdout
 * (out.c) or was done by --each (each.c). Regular commits leave out what still
 * lies in the pipe, so that nothing is lost when the reader dies with us; where
 * a partition goes to another member, and at the end, all that write(2) has
 * accepted counts, so that nothing is doubled.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "group.h"

/* What was passed over without anything to print behind it counts, too. */
static void
advance(struct consume *co, int slot)
{
	struct part *p = &co->plan.part[slot];
	int64_t at = consumer_position(co->c, slot);

	if (p->marks == 0 && !p->cut && at > p->done &&
	    (co->each == NULL || each_slot_idle(co, slot)))
		p->done = at;
}

/* What is to be committed of the slots (NULL: of all that are held). */
static size_t
gather(struct consume *co, const bool *only, struct subscriber_offset **out)
{
	struct subscriber_offset *v;
	struct group *g = co->group;
	size_t n = 0;

	v = xcalloc(co->plan.n + 1, sizeof(*v));
	g->sent = xreallocarray(g->sent, co->plan.n + 1, sizeof(*g->sent));
	g->sent_at = xreallocarray(g->sent_at, co->plan.n + 1,
	    sizeof(*g->sent_at));
	for (size_t i = 0; i < co->plan.n; i++) {
		struct part *p = &co->plan.part[i];

		if (!p->held || (only != NULL && !only[i]))
			continue;
		advance(co, (int)i);
		if (p->done == p->committed)
			continue;
		g->sent[n] = (int)i;
		g->sent_at[n] = p->done;
		v[n].topic = p->topic;
		v[n].partition = p->partition;
		v[n].offset = p->done;
		v[n++].epoch = -1;
	}
	g->n_sent = n;
	*out = v;
	return n;
}

static void
take_committed(struct consume *co)
{
	struct group *g = co->group;

	for (size_t i = 0; i < g->n_sent; i++)
		co->plan.part[g->sent[i]].committed = g->sent_at[i];
	g->n_sent = 0;
}

static void
committed(void *arg, const struct kerr *e)
{
	struct consume *co = arg;
	struct group *g = co->group;
	int64_t again = loop_now(co->loop) + co->conf.backoff_max_ms;

	if (e == NULL)
		take_committed(co);
	else if (e->code != KE_AGAIN && co->o->common.verbose > 0)
		warn_line("group '%s': commit: %s", g->name, e->msg);
	if (e != NULL && g->commit_at > again)
		g->commit_at = again;
	consumer_wake(co->c);
}

void
group_commit_soon(struct consume *co)
{
	co->group->commit_at = loop_now(co->loop);
}

void
commit_due(struct consume *co)
{
	struct group *g = co->group;
	struct subscriber_offset *v;
	size_t n;

	if ((g->how != COMMIT_AUTO && g->how != COMMIT_EACH) ||
	    subscriber_committing(g->s) ||
	    loop_clock(co->loop) < g->commit_at)
		return;
	g->commit_at = loop_now(co->loop) + g->interval;
	n = gather(co, NULL, &v);
	if (n > 0)
		subscriber_commit(g->s, v, n, committed, co);
	free(v);
}

int
commit_now(struct consume *co, const bool *only, struct kerr *e)
{
	struct group *g = co->group;
	struct subscriber_offset *v;
	int64_t ms = co->o->common.first_contact;
	size_t n;
	int rc;

	if (g->how == COMMIT_NONE)
		return 0;
	while (subscriber_committing(g->s) && ms > 0) {
		loop_run_for(co->loop, 5);
		ms -= 5;
	}
	n = gather(co, only, &v);
	rc = subscriber_commit_wait(g->s, v, n, co->o->common.first_contact,
	    e);
	if (rc == 0)
		take_committed(co);
	else
		kerr_wrap(e, "%s[%d]%s: offset %lld was not committed, so "
		    "records may be printed again", v[0].topic,
		    (int)v[0].partition, n > 1 ? " and others" : "",
		    (long long)v[0].offset);
	free(v);
	return rc;
}

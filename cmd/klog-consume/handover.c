/*
 * handover.c: -G: partitions come and go. What goes is seen through as far as
 * it has begun to leave, the rest of it is taken back, and what has left is
 * committed, so that the next member begins exactly there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "group.h"

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

int
handover(struct consume *co, const struct subscriber_event *ev, struct kerr *e)
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

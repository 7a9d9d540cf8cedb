/* look.c: list and describe. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "job.h"

#define TEXT(s)	((s) != NULL ? CELL_STR(s) : CELL_NONE)
#define EPOCH(n) ((n) != -1 ? CELL_N(n) : CELL_NONE)

/* Groups that were named are described: the coordinators know them, and one
 * that does not exist is seen. */
enum exit_class
job_list(struct job *j)
{
	static const char *const columns[] = { "group", "state", "type",
	    "protocol", "coordinator", NULL };
	enum exit_class status = EXIT_DONE;
	struct output out;
	struct groups g;

	if (names_load(j, &g, true, &status) != 0) {
		groups_release(&g);
		return status;
	}
	if (g.n > 0 && (j->nnames > 0 || g.v[0].state == NULL))
		groups_describe(&g);
	output_open(&out, j->form, stdout, columns);
	for (int i = 0; i < g.n; i++) {
		const struct group *q = &g.v[i];

		if (names_failed(q, &status))
			continue;
		if (j->nnames > 0 && q->state != NULL &&
		    strcmp(q->state, "Dead") == 0) {
			warn_line("%s: there is no such group", q->name);
			status = exit_worse(status, EXIT_MISSING);
			continue;
		}
		if (names_listed(j->o->states, q->state) &&
		    names_listed(j->o->types, q->type))
			output_row(&out, (struct cell[]){ CELL_STR(q->name),
			    TEXT(q->state), TEXT(q->type),
			    TEXT(q->protocol_type), CELL_N(q->coordinator) });
	}
	output_close(&out);
	groups_release(&g);
	return status;
}

/* "orders:0-3,7 payments:1": what a member has. */
static char *
assignment(const struct group_part *v, int n)
{
	struct buf b = { 0 };
	size_t len;

	for (int i = 0; i < n; i++) {
		const struct group_part *p = &v[i];
		int last = i;

		if (i == 0 || strcmp(p->topic, p[-1].topic) != 0)
			buf_printf(&b, "%s%s:", i > 0 ? " " : "", p->topic);
		else
			buf_putc(&b, ',');
		while (last + 1 < n &&
		    strcmp(v[last + 1].topic, p->topic) == 0 &&
		    v[last + 1].partition == v[last].partition + 1)
			last++;
		buf_printf(&b, "%d", (int)p->partition);
		if (last > i)
			buf_printf(&b, "%s%d", last > i + 1 ? "-" : ",",
			    (int)v[last].partition);
		i = last;
	}
	buf_putc(&b, '\0');
	return (char *)buf_detach(&b, &len);
}

/* "orders payments /^log-.*$/": what it has asked for; NULL: not known. */
static char *
subscription(const struct group_member *m)
{
	struct buf b = { 0 };
	size_t len;

	if (m->subscribed == NULL)
		return NULL;
	buf_puts(&b, m->subscribed);
	if (m->regex != NULL)
		buf_printf(&b, "%s/%s/", b.len > 0 ? " " : "", m->regex);
	buf_putc(&b, '\0');
	return (char *)buf_detach(&b, &len);
}

static void
print_members(struct job *j, const struct groups *g, struct output *out)
{
	for (int i = 0; i < g->n; i++) {
		const struct group *q = &g->v[i];

		for (int k = 0; k < q->n_members; k++) {
			const struct group_member *m = &q->member[k];
			char *what = assignment(m->part, m->n);
			char *target = assignment(m->target, m->n_target);
			char *topics = subscription(m);

			output_row(out, (struct cell[]){ CELL_STR(q->name),
			    TEXT(q->state), TEXT(q->assignor),
			    TEXT(m->id), TEXT(m->instance), TEXT(m->client),
			    TEXT(m->host), CELL_N(m->n), CELL_STR(what),
			    TEXT(m->protocol), TEXT(m->rack), TEXT(topics),
			    EPOCH(m->epoch), EPOCH(q->epoch),
			    EPOCH(q->target_epoch), q->epoch >= 0 ?
			    CELL_STR(target) : CELL_NONE });
			free(topics);
			free(target);
			free(what);
		}
	}
}

static void
print_place(const struct place *l, struct output *out)
{
	const struct group_member *m = l->member;
	int64_t lag = place_lag(l);

	output_row(out, (struct cell[]){ CELL_STR(l->group->name),
	    CELL_STR(l->w.topic), CELL_N(l->w.partition),
	    l->w.stored >= 0 ? CELL_N(l->w.stored) : CELL_NONE,
	    l->w.start >= 0 ? CELL_N(l->w.start) : CELL_NONE,
	    l->w.end >= 0 ? CELL_N(l->w.end) : CELL_NONE,
	    lag >= 0 ? CELL_N(lag) : CELL_NONE,
	    m != NULL ? TEXT(m->id) : CELL_NONE,
	    m != NULL ? TEXT(m->client) : CELL_NONE,
	    m != NULL ? TEXT(m->host) : CELL_NONE,
	    l->offset != NULL && l->offset->metadata != NULL &&
	    l->offset->metadata[0] != '\0' ?
	    CELL_STR(l->offset->metadata) : CELL_NONE });
}

/* Dead and without an offset: there is no such group. */
static void
check_there(struct groups *g, enum exit_class *status)
{
	for (int i = 0; i < g->n; i++) {
		struct group *q = &g->v[i];

		if (names_failed(q, status) || q->n_offsets > 0 ||
		    q->state == NULL || strcmp(q->state, "Dead") != 0)
			continue;
		warn_line("%s: there is no such group", q->name);
		*status = exit_worse(*status, EXIT_MISSING);
	}
}

enum exit_class
job_describe(struct job *j)
{
	static const char *const members[] = { "group", "state", "assignor",
	    "member", "instance", "client", "host", "partitions",
	    "assignment", "protocol", "rack", "subscribed", "epoch",
	    "group_epoch", "target_epoch", "target", NULL };
	static const char *const offsets[] = { "group", "topic", "partition",
	    "committed", "start", "end", "lag", "member", "client", "host",
	    "metadata", NULL };
	enum exit_class status = EXIT_DONE;
	struct places p = { .n = 0 };
	struct output out;
	struct groups g;

	if (names_load(j, &g, true, &status) == 0) {
		groups_describe(&g);
		groups_fetch(&g);
		check_there(&g, &status);
		output_open(&out, j->form, stdout, j->o->members ? members :
		    offsets);
		if (j->o->members)
			print_members(j, &g, &out);
		else if (places_load(&p, j, &g, false, &status) == 0)
			places_bounds(&p);
		for (int i = 0; i < p.n; i++) {
			place_failed(&p.v[i], &status);
			print_place(&p.v[i], &out);
		}
		output_close(&out);
	}
	places_release(&p);
	groups_release(&g);
	return status;
}

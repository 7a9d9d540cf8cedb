/*
 * remove.c: delete: groups, or with -t what they have committed for topics.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "job.h"
#include "wire/kerror.h"

/* What would fail, before anybody is asked. */
static void
check_groups(struct job *j, struct groups *g)
{
	for (int i = 0; i < g->n; i++) {
		struct group *q = &g->v[i];
		int16_t error = 0;

		if (q->err.code != 0 || q->state == NULL)
			continue;
		if (strcmp(q->state, "Dead") == 0)
			error = ERR_GROUP_ID_NOT_FOUND;
		else if (group_is_active(q))
			error = ERR_NON_EMPTY_GROUP;
		if (error == ERR_NON_EMPTY_GROUP)
			kerr_kafka(&q->err, error, "%s: members: %d",
			    kerror_name(error), q->n_members);
		else if (error != 0)
			kerr_kafka(&q->err, error, "%s: there is no such "
			    "group", kerror_name(error));
	}
}

static bool
is_allowed(const struct job *j, const struct group *q)
{
	return j->o->if_exists && q->err.code == KE_BROKER &&
	    q->err.kafka == ERR_GROUP_ID_NOT_FOUND;
}

static void
print_groups(struct job *j, const struct groups *g, const char *done)
{
	static const char *const columns[] = { "group", "state", "status",
	    "error", NULL };
	struct output out;

	output_open(&out, j->form, stdout, columns);
	for (int i = 0; i < g->n; i++) {
		const struct group *q = &g->v[i];

		output_row(&out, (struct cell[]){ CELL_STR(q->name),
		    q->state != NULL ? CELL_STR(q->state) : CELL_NONE,
		    CELL_STR(q->err.code == 0 ? done : is_allowed(j, q) ?
		    "unchanged" : "failed"),
		    q->err.code != 0 && !is_allowed(j, q) ?
		    CELL_STR(q->err.msg) : CELL_NONE });
	}
	output_close(&out);
}

static enum exit_class
delete_groups(struct job *j, struct groups *g)
{
	enum exit_class status = EXIT_DONE;
	int left = 0;

	change_prepare(j, g);
	check_groups(j, g);
	for (int i = 0; i < g->n; i++)
		left += g->v[i].err.code == 0;
	if (j->o->dry_run || left == 0) {
		print_groups(j, g, "checked");
	} else {
		if (!j->o->yes) {
			print_groups(j, g, "to be deleted");
			if (!names_agree(j, "delete them?"))
				return EXIT_BAD_USAGE;
		}
		groups_delete(g);
		if (j->o->yes || j->form == OUTPUT_JSON)
			print_groups(j, g, "deleted");
	}
	for (int i = 0; i < g->n; i++)
		if (!is_allowed(j, &g->v[i]))
			names_failed(&g->v[i], &status);
	return status;
}

static void
print_offsets(struct job *j, const struct places *p, const char *done)
{
	static const char *const columns[] = { "group", "topic", "partition",
	    "before", "status", NULL };
	struct output out;

	output_open(&out, j->form, stdout, columns);
	for (int i = 0; i < p->n; i++) {
		const struct place *l = &p->v[i];

		output_row(&out, (struct cell[]){ CELL_STR(l->group->name),
		    CELL_STR(l->w.topic), CELL_N(l->w.partition),
		    CELL_N(l->w.stored), CELL_STR(l->w.err.code != 0 ||
		    l->group->err.code != 0 ? "failed" : done) });
	}
	output_close(&out);
}

/* The offsets of one group, whose places are [first, first + n). */
static void
forget(struct groups *g, struct places *p, int first, int n)
{
	struct group_offset *v = xcalloc((size_t)n, sizeof(v[0]));

	for (int i = 0; i < n; i++)
		v[i] = (struct group_offset){ .topic = p->v[first + i].w.topic,
		    .partition = p->v[first + i].w.partition };
	groups_forget(g, p->v[first].group, v, n);
	for (int i = 0; i < n; i++)	/* sorted alike */
		if (v[i].err != NULL)
			p->v[first + i].w.err = *v[i].err;
	free(v);
}

static enum exit_class
delete_offsets(struct job *j, struct groups *g)
{
	enum exit_class status = EXIT_DONE;
	struct places p;
	int n = 0;

	groups_fetch(g);
	if (places_load(&p, j, g, false, &status) != 0)
		return status;
	if (p.n == 0 && !j->o->if_exists) {
		warn_line("no offset is committed that could be deleted");
		status = EXIT_MISSING;
	} else if (j->o->dry_run) {
		print_offsets(j, &p, "checked");
	} else if (p.n > 0) {
		if (!j->o->yes)
			print_offsets(j, &p, "to be deleted");
		if (names_agree(j, "delete them?")) {
			for (int i = 0; i < p.n; i += n) {
				for (n = 1; i + n < p.n && p.v[i + n].group ==
				    p.v[i].group; n++)
					;
				forget(g, &p, i, n);
			}
			if (j->o->yes || j->form == OUTPUT_JSON)
				print_offsets(j, &p, "deleted");
		} else {
			status = EXIT_BAD_USAGE;
		}
	}
	for (int i = 0; i < g->n; i++)
		names_failed(&g->v[i], &status);
	for (int i = 0; i < p.n; i++)
		if (p.v[i].group->err.code == 0)
			place_failed(&p.v[i], &status);
	places_release(&p);
	return status;
}

enum exit_class
job_delete(struct job *j)
{
	enum exit_class status = EXIT_DONE;
	struct groups g;

	if (names_load(j, &g, false, &status) == 0)
		status = exit_worse(status, j->o->topics.n > 0 ?
		    delete_offsets(j, &g) : delete_groups(j, &g));
	groups_release(&g);
	return status;
}

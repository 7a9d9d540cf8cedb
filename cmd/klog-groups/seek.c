/*
 * seek.c: moves what groups have committed. Everything is computed and shown
 * before anything is changed; groups with members are refused, since a member
 * would overwrite it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "cli/interact.h"
#include "job.h"
#include "net/loop.h"
#include "wire/kerror.h"

#define LOOK_MS	200	/* between looks at a group that is to be left */

void
change_prepare(struct job *j, struct groups *g)
{
	bool active;

	for (;;) {
		groups_describe(g);
		active = false;
		for (int i = 0; i < g->n; i++)
			active |= g->v[i].err.code == 0 &&
			    group_is_active(&g->v[i]);
		if (!active || !j->o->wait || j->o->dry_run ||
		    !interact_pause(j->loop, LOOK_MS))
			return;
	}
}

static void
refuse_active(struct groups *g)
{
	for (int i = 0; i < g->n; i++)
		if (g->v[i].err.code == 0 && group_is_active(&g->v[i]))
			kerr_kafka(&g->v[i].err, ERR_NON_EMPTY_GROUP,
			    "%s: members: %d",
			    kerror_name(ERR_NON_EMPTY_GROUP),
			    g->v[i].n_members);
}

static bool
is_change(const struct place *l)
{
	return l->w.err.code == 0 && l->group->err.code == 0 &&
	    l->w.from >= 0 && (l->w.from != l->w.stored || l->news);
}

/* Before and after; the status column is added when it is done. */
static void
print(struct job *j, const struct places *p, const char *done)
{
	static const char *const columns[] = { "group", "topic", "partition",
	    "before", "after", "timestamp", "status", NULL };
	struct output out;

	output_open(&out, j->form, stdout, columns);
	for (int i = 0; i < p->n; i++) {
		const struct place *l = &p->v[i];
		bool bad = l->w.err.code != 0 || l->group->err.code != 0;

		output_row(&out, (struct cell[]){ CELL_STR(l->group->name),
		    CELL_STR(l->w.topic), CELL_N(l->w.partition),
		    l->w.stored >= 0 ? CELL_N(l->w.stored) : CELL_NONE,
		    l->w.from >= 0 && !bad ? CELL_N(l->w.from) : CELL_NONE,
		    l->w.ts >= 0 && !bad ? CELL_N(l->w.ts) : CELL_NONE,
		    CELL_STR(bad ? "failed" : is_change(l) ? done :
		    "unchanged") });
	}
	output_close(&out);
}

/* The changes of one group; what fails in them goes to their places. */
static void
commit(struct groups *g, struct places *p, int first, int n)
{
	struct group_offset *v = xcalloc((size_t)n, sizeof(v[0]));
	int k = 0;

	for (int i = first; i < first + n; i++)
		if (is_change(&p->v[i]))
			v[k++] = (struct group_offset){ .topic =
			    p->v[i].w.topic, .partition = p->v[i].w.partition,
			    .offset = p->v[i].w.from,
			    .leader_epoch = p->v[i].epoch,
			    .metadata = p->v[i].metadata };
	groups_commit(g, p->v[first].group, v, k);
	/* both are sorted alike */
	for (int i = first, m = 0; i < first + n && m < k; i++)
		if (v[m].partition == p->v[i].w.partition &&
		    strcmp(v[m].topic, p->v[i].w.topic) == 0) {
			if (v[m].err != NULL)
				p->v[i].w.err = *v[m].err;
			m++;
		}
	free(v);
}

static int
count_changes(const struct places *p)
{
	int n = 0;

	for (int i = 0; i < p->n; i++)
		n += is_change(&p->v[i]);
	return n;
}

/* Failures, each once. */
static void
report(const struct groups *g, const struct places *p,
    enum exit_class *status)
{
	for (int i = 0; i < g->n; i++)
		names_failed(&g->v[i], status);
	for (int i = 0; i < p->n; i++)
		if (p->v[i].group->err.code == 0)
			place_failed(&p->v[i], status);
}

enum exit_class
change_offsets(struct job *j, struct groups *g, struct places *p,
    enum exit_class status)
{
	int n;

	if (!j->o->dry_run)
		refuse_active(g);
	if (j->o->dry_run || count_changes(p) == 0) {
		print(j, p, "checked");
		report(g, p, &status);
		return status;
	}
	if (!j->o->yes) {
		print(j, p, "to be moved");
		if (!names_agree(j, "move them?")) {
			report(g, p, &status);
			return exit_worse(status, EXIT_BAD_USAGE);
		}
	}
	for (int i = 0; i < p->n; i += n) {
		for (n = 1; i + n < p->n &&
		    p->v[i + n].group == p->v[i].group; n++)
			;
		commit(g, p, i, n);
	}
	if (j->o->yes || j->form == OUTPUT_JSON)
		print(j, p, "moved");
	report(g, p, &status);
	return status;
}

static int
parse_to(const struct opts *o, struct spec *sp, struct kerr *e)
{
	int64_t now = sys_now_ms(sys_real());
	int rc = 0;

	for (int i = 0; i < o->to.n && rc == 0; i++)
		rc = spec_parse(sp, o->to.v[i], now, o->utc, e);
	if (rc == 0 && spec_bounded(sp))
		rc = kerr_set(e, KE_USAGE, "a range, where one position is "
		    "asked for");
	return rc == 0 ? 0 : kerr_wrap(e, "option '--to'");
}

/* To where another group is. */
static void
take_like(struct places *p, const struct group *other)
{
	for (int i = 0; i < p->n; i++) {
		struct where *w = &p->v[i].w;

		w->from = -1;
		for (int k = 0; k < other->n_offsets; k++)
			if (other->offset[k].partition == w->partition &&
			    strcmp(other->offset[k].topic, w->topic) == 0)
				w->from = other->offset[k].offset;
	}
}

/* The offsets of the other group as if they were this one's, so that its
 * partitions are there to be moved. */
static void
add_like(struct groups *g, const struct group *other)
{
	for (int i = 0; i < g->n; i++) {
		struct group *q = &g->v[i];
		struct group_offset *v;
		int n = 0;

		if (q->err.code != 0)
			continue;
		v = xcalloc((size_t)(q->n_offsets + other->n_offsets) + 1,
		    sizeof(v[0]));
		for (int k = 0; k < q->n_offsets; k++)
			v[n++] = q->offset[k];
		for (int k = 0; k < other->n_offsets; k++) {
			const struct group_offset *o = &other->offset[k];
			int m;

			for (m = 0; m < q->n_offsets; m++)
				if (q->offset[m].partition == o->partition &&
				    strcmp(q->offset[m].topic, o->topic) == 0)
					break;
			if (m < q->n_offsets)
				continue;
			v[n] = *o;
			v[n++].offset = -1;
		}
		group_sort(v, n);
		q->offset = arena_alloc(&g->arena, ((size_t)n + 1) *
		    sizeof(v[0]));
		memcpy(q->offset, v, (size_t)n * sizeof(v[0]));
		q->n_offsets = n;
		free(v);
	}
}

/* As Kafka's own tool does, which says so, too. */
void
change_clamp(struct places *p)
{
	const struct place *first = NULL;
	int64_t was = 0;
	int n = 0;

	for (int i = 0; i < p->n; i++) {
		struct where *w = &p->v[i].w;
		int64_t from = w->from;

		if (w->err.code != 0 || w->from < 0)
			continue;
		if (w->from < w->start)
			w->from = w->start;
		if (w->from > w->end)
			w->from = w->end;
		if (w->from == from)
			continue;
		p->v[i].epoch = -1;	/* it was the other offset's */
		if (n++ == 0) {
			first = &p->v[i];
			was = from;
		}
	}
	if (n > 0 && !p->job->o->common.quiet)
		warn_line("%s[%d]: %lld is outside of %lld..%lld, so %lld is "
		    "taken%s", first->w.topic, (int)first->w.partition,
		    (long long)was, (long long)first->w.start,
		    (long long)first->w.end, (long long)first->w.from,
		    n > 1 ? "; and others" : "");
}

/* "+N" counts from what is committed. */
static void
resolve(struct places *p, const struct spec *sp)
{
	for (int i = 0; i < p->n; i++)
		p->v[i].w.base = p->v[i].w.stored;
	places_resolve(p, sp);
}

/* Only the partitions that "0=5" names. */
static void
narrow(struct places *p, const struct spec *sp)
{
	int n = 0;

	for (int i = 0; i < p->n; i++)
		if (where_named(sp, p->v[i].w.partition))
			p->v[n++] = p->v[i];
	p->n = n;
}

/* A group that has nothing that could be moved. */
static void
check_some(const struct groups *g, const struct places *p,
    enum exit_class *status)
{
	for (int i = 0; i < g->n; i++) {
		bool any = g->v[i].err.code != 0;

		for (int k = 0; k < p->n && !any; k++)
			any = p->v[k].group == &g->v[i];
		if (any)
			continue;
		warn_line("%s: there is nothing to move; -t names topics that "
		    "it has no offset of", g->v[i].name);
		*status = exit_worse(*status, EXIT_MISSING);
	}
}

static enum exit_class
seek(struct job *j, struct groups *g, const struct group *other,
    const struct spec *sp, enum exit_class status)
{
	struct kerr e = KERR_INIT;
	struct places p;

	change_prepare(j, g);
	groups_fetch(g);
	if (other != NULL)
		add_like(g, other);
	if (places_load(&p, j, g, other == NULL, &status) != 0) {
		places_release(&p);
		return status;
	}
	if (places_name(&p, sp, &e) != 0) {
		status = exit_worse(status, exit_report(&e, NULL));
	} else {
		narrow(&p, sp);
		check_some(g, &p, &status);
		places_bounds(&p);
		if (other != NULL)
			take_like(&p, other);
		else
			resolve(&p, sp);
		change_clamp(&p);
		status = change_offsets(j, g, &p, status);
	}
	places_release(&p);
	return status;
}

enum exit_class
job_seek(struct job *j)
{
	enum exit_class status = EXIT_DONE;
	struct spec sp = { .nparts = 0 };
	struct kerr e = KERR_INIT;
	struct groups g, like;

	groups_init(&like, j->cluster, j->wait_ms);
	if (parse_to(j->o, &sp, &e) != 0)
		status = exit_report(&e, NULL);
	if (status == EXIT_DONE && j->o->like != NULL) {
		groups_add(&like, j->o->like);
		groups_fetch(&like);
		if (!names_failed(&like.v[0], &status) &&
		    like.v[0].n_offsets == 0)
			names_lacks(j, like.v[0].name, &status);
	}
	if (status == EXIT_DONE) {
		if (names_load(j, &g, false, &status) == 0)
			status = seek(j, &g, like.n > 0 ? &like.v[0] : NULL,
			    &sp, status);
		groups_release(&g);
	}
	groups_release(&like);
	spec_release(&sp);
	return status;
}

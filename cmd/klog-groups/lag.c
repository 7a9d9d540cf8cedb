/*
 * lag.c: how far groups are behind, in offsets and in time. A group's lag is
 * that of its partitions together; never negative, and counted from the log's
 * start where what was committed has gone already.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "client/consumer.h"
#include "job.h"
#include "record/iter.h"

/* What is added up over a topic, and over a group. */
struct total {
	int	partitions;
	int64_t	lag;		/* of those where it is known */
	int64_t	time;		/* the largest, ms; -1: not known */
	bool	any;
};

/* Time that the first record not yet consumed has waited, for each place; -1:
 * not known, 0: there is none. */
struct ages {
	struct places	*p;
	int64_t		*v;
	int64_t		 now;
	struct codecs	*codecs;
	struct buf	 scratch;
};

static int64_t
first_time(struct ages *a, const struct consumer_batch *b)
{
	struct record_iter it;
	struct record r;

	if (record_iter_init(&it, b->p, &b->header, a->codecs, &a->scratch,
	    BATCH_MAX_RAW, NULL) != 0)
		return -1;
	while (record_iter_next(&it, &r) > 0)
		if (r.offset >= b->from)
			return r.timestamp;
	return -1;
}

/* Reads one batch of each partition that is behind. */
static int
find_ages(struct ages *a, struct kerr *e)
{
	struct places *p = a->p;
	struct consumer_config cf = CONSUMER_CONFIG;
	const struct consumer_batch *b;
	int *of = xcalloc((size_t)p->n + 1, sizeof(of[0])), n = 0, rc = 0;
	struct consumer *c;

	cf.partition_max_bytes = 1;	/* the first batch comes whole */
	cf.give_up_ms = p->job->wait_ms;
	c = consumer_new(p->job->cluster, &cf);
	for (int i = 0; i < p->n; i++) {
		const struct where *w = &p->v[i].w;
		int64_t lag = place_lag(&p->v[i]);

		a->v[i] = lag == 0 ? 0 : -1;
		if (lag <= 0)
			continue;
		of[n++] = i;
		consumer_assign(c, w->topic, w->partition,
		    w->stored > w->start ? w->stored : w->start, w->end);
	}
	while (rc >= 0 && !consumer_done(c)) {
		while ((b = consumer_take(c)) != NULL) {
			int64_t ts = first_time(a, b);
			int64_t *age = &a->v[of[b->slot]];

			if (*age < 0 && ts >= 0)
				*age = a->now > ts ? a->now - ts : 0;
			consumer_seek(c, b->slot, b->to, b->to);
			consumer_release(c, b);
		}
		if (!consumer_done(c))
			rc = consumer_wait(c, -1, NULL, e);
	}
	/* markers alone lie between: there is nothing to wait for */
	for (int i = 0; i < n && rc >= 0; i++)
		if (a->v[of[i]] < 0)
			a->v[of[i]] = 0;
	consumer_free(c);
	free(of);
	return rc < 0 ? rc : 0;
}

static void
add(struct total *t, int64_t lag, int64_t time)
{
	t->partitions++;
	if (lag < 0)
		return;
	t->lag = t->any ? t->lag + lag : lag;
	t->time = t->any && t->time > time ? t->time : time;
	t->any = true;
}

static struct cell
time_cell(int64_t ms)
{
	return ms >= 0 ? CELL_MILLI(ms) : CELL_NONE;
}

static void
print_total(const struct job *j, struct output *out, const char *group,
    const char *topic, const struct total *t)
{
	output_row(out, (struct cell[]){ CELL_STR(group),
	    topic != NULL ? CELL_STR(topic) : CELL_NONE, CELL_N(t->partitions),
	    t->any ? CELL_N(t->lag) : CELL_NONE,
	    time_cell(t->any && j->o->time ? t->time : -1) });
}

static void
print_place(const struct place *l, struct output *out, int64_t time)
{
	int64_t lag = place_lag(l);

	output_row(out, (struct cell[]){ CELL_STR(l->group->name),
	    CELL_STR(l->w.topic), CELL_N(l->w.partition),
	    l->w.stored >= 0 ? CELL_N(l->w.stored) : CELL_NONE,
	    l->w.end >= 0 ? CELL_N(l->w.end) : CELL_NONE,
	    lag >= 0 ? CELL_N(lag) : CELL_NONE, time_cell(time) });
}

/* One group: a row a topic and one for all of them, or a row a partition. */
static enum exit_class
print_group(struct job *j, struct output *out, const struct place *v, int n,
    const int64_t *ages)
{
	struct total all = { .time = -1 }, topic = { .time = -1 };
	const struct opts *o = j->o;

	for (int i = 0; i < n; i++) {
		int64_t lag = place_lag(&v[i]);
		int64_t time = ages != NULL ? ages[i] : -1;

		add(&all, lag, time);
		add(&topic, lag, time);
		if (o->each)
			print_place(&v[i], out, time);
		if (i + 1 < n && strcmp(v[i + 1].w.topic, v[i].w.topic) == 0)
			continue;
		if (!o->each)
			print_total(j, out, v[i].group->name, v[i].w.topic,
			    &topic);
		topic = (struct total){ .time = -1 };
	}
	if (!o->each)
		print_total(j, out, v[0].group->name, NULL, &all);
	return (o->max >= 0 && all.lag > o->max) || (o->max_time >= 0 &&
	    all.time > o->max_time) ? EXIT_NO : EXIT_DONE;
}

static enum exit_class
print(struct job *j, const struct places *p, const int64_t *ages)
{
	/* the last column is there with --time only */
	const char *seconds = j->o->time ? "seconds" : NULL;
	const char *const totals[] = { "group", "topic", "partitions", "lag",
	    seconds, NULL };
	const char *const each[] = { "group", "topic", "partition",
	    "committed", "end", "lag", seconds, NULL };
	enum exit_class status = EXIT_DONE;
	struct output out;
	int n;

	output_open(&out, j->form, stdout, j->o->each ? each : totals);
	for (int i = 0; i < p->n; i += n) {
		for (n = 1; i + n < p->n &&
		    p->v[i + n].group == p->v[i].group; n++)
			;
		status = exit_worse(status, print_group(j, &out, &p->v[i], n,
		    ages != NULL ? &ages[i] : NULL));
	}
	output_close(&out);
	return status;
}

/* Groups named that have nothing: they do not exist, or have never
 * committed. */
static void
check_there(struct job *j, const struct groups *g, const struct places *p,
    enum exit_class *status)
{
	int i = 0;

	for (int k = 0; k < g->n; k++) {
		const struct group *q = &g->v[k];

		if (names_failed(q, status))
			continue;
		for (i = 0; i < p->n && p->v[i].group != q; i++)
			;
		if (i < p->n || j->nnames == 0)
			continue;
		names_lacks(j, q->name, status);
	}
}

enum exit_class
job_lag(struct job *j)
{
	enum exit_class status = EXIT_DONE;
	struct places p = { .n = 0 };
	struct ages a = { .p = &p };
	struct kerr e = KERR_INIT;
	struct groups g;

	if (names_load(j, &g, true, &status) == 0) {
		groups_fetch(&g);
		if (places_load(&p, j, &g, false, &status) == 0)
			places_bounds(&p);
		check_there(j, &g, &p, &status);
		for (int i = 0; i < p.n; i++)
			place_failed(&p.v[i], &status);
		if (j->o->time && p.n > 0) {
			a.v = xcalloc((size_t)p.n, sizeof(a.v[0]));
			a.now = sys_now_ms(sys_real());
			a.codecs = codecs_new();
			if (find_ages(&a, &e) != 0)
				status = exit_worse(status, exit_report(&e,
				    NULL));
			codecs_free(a.codecs);
			buf_release(&a.scratch);
		}
		status = exit_worse(status, print(j, &p, a.v));
	}
	free(a.v);
	places_release(&p);
	groups_release(&g);
	return status;
}

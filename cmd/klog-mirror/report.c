/* report.c: what is told: troubles, progress, the last line (mirror.h). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "mirror.h"

enum { PROGRESS_MS = 500 };

static struct {
	struct loop_timer	 timer;
	struct mirror		*m;
	bool			 told;
} progress;

/* "1 record", "2 records" */
#define S(n)	((n) == 1 ? "" : "s")

static int64_t
lag_of(const struct part *pt)
{
	int64_t at = pt->known ? pt->src_next : pt->plan.from;

	return pt->end > at ? pt->end - at : 0;
}

enum exit_class
report_trouble(const struct mirror *m, const struct part *pt)
{
	const struct plan *p = &pt->plan;
	const char *name = pt->pair->source;
	int i = (int)pt->index;

	switch (p->verdict) {
	case PLAN_GAP:
		warn_line("%s[%d]: the source dropped offsets %" PRId64 " to %"
		    PRId64 " before they were copied (--on-gap=skip goes on "
		    "behind them)", name, i, p->lost_from, p->lost_to - 1);
		return EXIT_BAD_DATA;
	case PLAN_RECREATED:
		warn_line("%s[%d]: the topic was deleted and made anew in the "
		    "source (--on-recreate=restart copies it from its start)",
		    name, i);
		return EXIT_BAD_DATA;
	case PLAN_TRUNCATED:
		warn_line("%s[%d]: the source took back offsets %" PRId64
		    " to %" PRId64 ", which were copied "
		    "(--on-recreate=restart copies it from its start)", name,
		    i, p->lost_from, p->lost_to - 1);
		return EXIT_BAD_DATA;
	case PLAN_TARGET_LOST:
		warn_line("%s[%d]: what was copied to '%s' is gone from the "
		    "target (--on-recreate=restart copies it again)", name, i,
		    pt->pair->target);
		return EXIT_BAD_DATA;
	default:
		return EXIT_DONE;
	}
}

static const char *const verdicts[] = {
	[PLAN_NOTHING] = "up to date", [PLAN_NOTE] = "up to date",
	[PLAN_COPY] = "copy", [PLAN_GAP] = "gap",
	[PLAN_RECREATED] = "made anew", [PLAN_TRUNCATED] = "taken back",
	[PLAN_TARGET_LOST] = "target lost",
};

static const char *const columns[] = { "topic", "partition", "target",
    "verdict", "position", "end", "lag", NULL };

/* A row a partition: for status and --dry-run. */
static void
rows(const struct mirror *m)
{
	struct output out;

	output_open(&out, output_choose(m->o->common.json, stdout), stdout,
	    columns);
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++) {
			const struct part *pt = &m->pair[i].part[k];
			struct cell cells[] = {
				CELL_STR(m->pair[i].source), CELL_N(k),
				CELL_STR(m->pair[i].target),
				CELL_STR(verdicts[pt->plan.verdict]),
				pt->known ? CELL_N(pt->src_next) : CELL_NONE,
				CELL_N(pt->end), CELL_N(lag_of(pt)),
			};

			output_row(&out, cells);
		}
	output_close(&out);
}

void
report_plan(const struct mirror *m)
{
	rows(m);
}

void
report_status(const struct mirror *m)
{
	rows(m);
}

static void
sums(const struct mirror *m, int *partitions, int64_t *lag)
{
	*partitions = 0;
	*lag = 0;
	for (int i = 0; i < m->n_pairs; i++)
		for (int32_t k = 0; k < m->pair[i].n; k++) {
			*partitions += 1;
			*lag += lag_of(&m->pair[i].part[k]);
		}
}

static double
seconds(const struct mirror *m)
{
	return (double)(loop_clock(m->loop) - m->started) / 1000;
}

/* "orders: 6 partitions, 120000 records, 14.2 MB, lag 0, 3.1 s" */
static void
line(const struct mirror *m, char *buf, size_t size)
{
	char what[300];
	int partitions;
	int64_t lag;

	sums(m, &partitions, &lag);
	if (m->n_pairs == 1)
		snprintf(what, sizeof(what), "%s", m->pair[0].source);
	else
		snprintf(what, sizeof(what), "%d topics", m->n_pairs);
	snprintf(buf, size, "%s: %d partition%s, %" PRIu64 " record%s, %.1f "
	    "MB, lag %" PRId64 ", %.1f s", what, partitions, S(partitions),
	    m->records, S(m->records), (double)m->bytes / 1e6, lag,
	    seconds(m));
}

static void
end_json(const struct mirror *m)
{
	int partitions;
	int64_t lag;

	sums(m, &partitions, &lag);
	printf("{\"link\":\"%s\",\"topics\":%d,\"partitions\":%d,"
	    "\"records\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"lag\":%" PRId64
	    ",\"groups\":%d,\"seconds\":%.3f}\n", m->link, m->n_pairs,
	    partitions, m->records, m->bytes, lag, m->groups_synced,
	    seconds(m));
}

void
report_end(const struct mirror *m)
{
	const struct common *c = &m->o->common;
	char text[400];

	if (c->json) {
		end_json(m);
		return;
	}
	/* a terminal is told, cron is not */
	if (c->quiet || (c->verbose == 0 && c->progress <= 0 &&
	    !isatty(STDERR_FILENO)))
		return;
	line(m, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

static void
tick(struct loop_timer *t)
{
	char text[400];

	line(progress.m, text, sizeof(text));
	fprintf(stderr, "%s\033[K\r", text);
	fflush(stderr);
	progress.told = true;
	loop_timer_set(t, PROGRESS_MS);
}

void
progress_start(struct mirror *m)
{
	const struct common *c = &m->o->common;

	progress.m = m;
	loop_timer_init(&progress.timer, m->loop, tick);
	if (c->progress > 0 || (c->progress == 0 && !c->quiet &&
	    isatty(STDERR_FILENO)))
		loop_timer_set(&progress.timer, PROGRESS_MS);
}

void
progress_stop(struct mirror *m)
{
	loop_timer_cancel(&progress.timer);
	if (progress.told)
		fprintf(stderr, "\033[K");
}

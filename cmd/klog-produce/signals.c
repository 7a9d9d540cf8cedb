/* signals.c: signals, and how far it is (produce.h). */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "produce.h"

enum { PROGRESS_MS = 500, PATIENCE_MS = 3000, ENDS = 3 };

struct catcher {
	struct loop_signal	 s;
	struct job		*j;
};

static struct catcher catchers[ENDS + 1];

static struct {
	struct loop_timer	 timer;
	struct loop_timer	 patience;
	uint64_t		 acked;		/* when it was last looked at */
	struct job		*j;
	int64_t			 started;
	bool			 on;
	bool			 told;		/* a line waits for its end */
} progress;

/* One line; end is what stands behind it. */
static void
tell(const struct job *j, const char *end)
{
	double s = (double)(loop_clock(j->loop) - progress.started) / 1000;
	struct producer_stats st;

	producer_stats(j->producer, &st);
	fprintf(stderr, "%llu records acknowledged, %llu under way, %.1f MB, "
	    "%.1f s, %.1f MB/s%s", (unsigned long long)st.acked,
	    (unsigned long long)(st.added - st.acked - st.failed),
	    (double)st.bytes / 1e6, s, s > 0 ? (double)st.bytes / 1e6 / s : 0,
	    end);
	fflush(stderr);
}

static void
caught(struct loop_signal *s)
{
	struct job *j = ((struct catcher *)s)->j;

	j->stop = j->hurry = true;
	j->signo = s->signo;
	/* a second one ends at once */
	for (int i = 0; i < ENDS; i++)
		loop_signal_stop(&catchers[i].s);
}

static void
asked(struct loop_signal *s)
{
	tell(((struct catcher *)s)->j, "\n");
}

void
signals_init(struct job *j)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct sigaction old;

	for (int i = 0; i <= ENDS; i++) {
		catchers[i].j = j;
		loop_signal_init(&catchers[i].s, j->loop, signals[i],
		    i < ENDS ? caught : asked);
		/* what nohup and a background shell ignore stays ignored */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			loop_signal_start(&catchers[i].s);
	}
	signal(SIGPIPE, SIG_IGN);
}

static void
tick(struct loop_timer *t)
{
	tell(progress.j, "\033[K\r");
	progress.told = true;
	loop_timer_set(t, PROGRESS_MS);
}

/* Records wait, and none was acknowledged for a while: the user may want to
 * know why long before they are given up. */
static void
lose_patience(struct loop_timer *t)
{
	const struct kerr *why = producer_trouble(progress.j->producer);
	struct producer_stats st;

	producer_stats(progress.j->producer, &st);
	if (why->code != 0 && st.acked == progress.acked) {
		warn_line("%s: trying again: %s", progress.j->o->topic,
		    why->msg);
		return;		/* once will do */
	}
	progress.acked = st.acked;
	loop_timer_set(t, PATIENCE_MS);
}

void
progress_init(struct job *j)
{
	const struct common *c = &j->o->common;

	progress.j = j;
	progress.started = loop_clock(j->loop);
	progress.on = c->progress > 0 || (c->progress == 0 && !c->quiet &&
	    isatty(STDERR_FILENO) && !isatty(STDIN_FILENO));
	loop_timer_init(&progress.timer, j->loop, tick);
	if (progress.on)
		loop_timer_set(&progress.timer, PROGRESS_MS);
	loop_timer_init(&progress.patience, j->loop, lose_patience);
	if (!c->quiet)
		loop_timer_set(&progress.patience, PATIENCE_MS);
}

void
progress_end(struct job *j)
{
	loop_timer_cancel(&progress.timer);
	loop_timer_cancel(&progress.patience);
	/* a run too short to be wondered about ends in silence */
	if (progress.told || j->o->common.progress > 0)
		tell(j, "\033[K\n");
}

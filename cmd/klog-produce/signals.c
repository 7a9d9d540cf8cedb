/*
 * signals.c: signals, and how far it is (produce.h). The handler of those that
 * end the run does not restart system calls, so that a write to a pipe that
 * nobody empties is left, too.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "produce.h"

enum { PROGRESS_MS = 500, PATIENCE_MS = 3000, ENDS = 3 };

static const int ends[ENDS] = { SIGINT, SIGTERM, SIGHUP };
static bool mine[ENDS];			/* caught here */
static struct job *ending;		/* the job that they end */
static int wake_fd = -1;
static struct loop_io wake_io;
static struct loop_signal usr1;

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
caught(int sig)
{
	static const uint64_t one = 1;
	int saved = errno;
	ssize_t n;

	if (exit_insisted()) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	if (ending->signo == 0)
		ending->signo = sig;
	ending->stop = ending->hurry = true;
	n = write(wake_fd, &one, sizeof(one));
	(void)n;		/* full: then it is ready to be read */
	errno = saved;
}

/* The loop's round is over: whoever runs it looks at j->stop. */
static void
woke(struct loop_io *io, int what)
{
	uint64_t n;
	ssize_t k = read(wake_fd, &n, sizeof(n));

	(void)k;
}

static void
asked(struct loop_signal *s)
{
	tell(ending, "\n");
}

/* What nohup and a background shell ignore stays ignored. */
static bool
is_ignored(int sig)
{
	struct sigaction old;

	return sigaction(sig, NULL, &old) != 0 || old.sa_handler == SIG_IGN;
}

int
signals_init(struct job *j, struct kerr *e)
{
	struct sigaction sa = { .sa_handler = caught };	/* no SA_RESTART */

	if ((wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		return kerr_sys(e, "eventfd");
	ending = j;
	loop_io_init(&wake_io, j->loop, wake_fd, woke);
	loop_io_want(&wake_io, LOOP_READ);
	sigemptyset(&sa.sa_mask);
	for (int i = 0; i < ENDS; i++) {
		mine[i] = !is_ignored(ends[i]);
		if (mine[i])
			sigaction(ends[i], &sa, NULL);
	}
	loop_signal_init(&usr1, j->loop, SIGUSR1, asked);
	if (!is_ignored(SIGUSR1))
		loop_signal_start(&usr1);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void
signals_end(void)
{
	for (int i = 0; i < ENDS; i++)
		if (mine[i])
			signal(ends[i], SIG_DFL);
	loop_io_want(&wake_io, 0);
	close(wake_fd);
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

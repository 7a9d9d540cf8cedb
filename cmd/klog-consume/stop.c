/*
 * stop.c: signals. The first asks for a clean end: what was read is written,
 * then the process dies by it; a second one ends it at once. The handler does
 * not restart system calls, so that a write to a pipe that nobody empties is
 * left, too. SIGUSR1, and a terminal that shows nothing else, are told how far
 * the run is.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consume.h"

volatile sig_atomic_t stop_signal;

#define PROGRESS_MS	500

static volatile sig_atomic_t asked;	/* SIGUSR1 came */
static int wake_fd = -1;
static struct loop_io wake_io;
static struct consumer *woken;

static void
caught(int sig)
{
	static const uint64_t one = 1;
	int saved = errno;
	ssize_t n;

	if (sig == SIGUSR1)
		asked = 1;
	else if (sig == SIGCHLD)
		;		/* each.c asks whose */
	else if (exit_insisted()) {
		signal(sig, SIG_DFL);
		raise(sig);
	} else if (stop_signal == 0)
		stop_signal = sig;
	n = write(wake_fd, &one, sizeof(one));
	(void)n;		/* full: then it is ready to be read */
	errno = saved;
}

static void
woke(struct loop_io *io, int what)
{
	uint64_t n;

	if (read(wake_fd, &n, sizeof(n)) > 0)
		consumer_wake(woken);
}

int
stop_init(struct consume *co, struct kerr *e)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct sigaction sa = { .sa_handler = caught }, old;

	if ((wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		return kerr_sys(e, "eventfd");
	woken = co->c;
	loop_io_init(&wake_io, co->loop, wake_fd, woke);
	loop_io_want(&wake_io, LOOP_READ);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)	/* nohup */
			sigaction(signals[i], &sa, NULL);
	return 0;
}

void
stop_on_child(void)
{
	struct sigaction sa = { .sa_handler = caught,
		.sa_flags = SA_NOCLDSTOP };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGCHLD, &sa, NULL);
}

void
stop_end(void)
{
	if (wake_fd < 0)
		return;
	loop_io_want(&wake_io, 0);
}

void
progress_init(struct consume *co)
{
	struct stat st;
	int want = co->o->common.progress;

	co->started = co->told = loop_clock(co->loop);
	co->progress = want > 0 || (want == 0 && !co->o->common.quiet &&
	    isatty(STDERR_FILENO) && fstat(STDOUT_FILENO, &st) == 0 &&
	    S_ISREG(st.st_mode));
}

/* One line; end is what stands behind it. */
static void
tell(const struct consume *co, const char *end)
{
	double s = (double)(loop_clock(co->loop) - co->started) / 1000;
	double mb = (double)printer_bytes(co->printer) / 1e6;

	fprintf(stderr, "%lld records, %.1f MB, %.1f s, %.1f MB/s%s",
	    (long long)co->printed, mb, s, s > 0 ? mb / s : 0, end);
	fflush(stderr);
}

void
progress_tell(struct consume *co)
{
	if (asked) {
		asked = 0;
		tell(co, "\n");
	}
	if (co->progress && loop_now(co->loop) - co->told >= PROGRESS_MS) {
		co->told = loop_now(co->loop);
		tell(co, "\033[K\r");
	}
}

void
progress_end(struct consume *co)
{
	if (co->progress)
		tell(co, "\033[K\n");
}

int
stop_wait(struct consume *co, int64_t wait_ms, int *slot, struct kerr *e)
{
	int rc = consumer_wait(co->c, 0, slot, e);

	progress_tell(co);
	if (rc != 0)
		return rc;
	if ((rc = printer_flush(co->printer, e)) != 0)
		return rc;
	return stop_signal != 0 ? 0 : consumer_wait(co->c, wait_ms, slot, e);
}

void
stop_raise(void)
{
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
	_exit(128 + stop_signal);
}

/*
 * signals.c: signals that end a run (mirror.h). The first lets it commit what
 * it has read; the program dies by it then. A second one ends it at once.
 */
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mirror.h"

static struct mirror *ending;		/* the run that they end */
static int wake_fd = -1;
static struct loop_io wake_io;

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
	ending->stop = true;
	n = write(wake_fd, &one, sizeof(one));
	(void)n;		/* full: then it is ready to be read */
	errno = saved;
}

static void
woke(struct loop_io *io, int what)
{
	uint64_t n;

	if (read(wake_fd, &n, sizeof(n)) > 0 && ending->consumer != NULL)
		consumer_wake(ending->consumer);
}

int
signals_init(struct mirror *m, struct kerr *e)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = caught }, old;

	if ((wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		return kerr_sys(e, "eventfd");
	ending = m;
	loop_io_init(&wake_io, m->loop, wake_fd, woke);
	loop_io_want(&wake_io, LOOP_READ);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)	/* nohup */
			sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void
signals_end(void)
{
	if (wake_fd >= 0)
		loop_io_want(&wake_io, 0);
}

void
signals_idle(struct mirror *m, int64_t ms)
{
	const int64_t until = loop_clock(m->loop) + ms;
	int64_t left;

	while (!m->stop && (left = until - loop_clock(m->loop)) > 0)
		loop_once(m->loop, left);
}

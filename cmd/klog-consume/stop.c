/*
 * stop.c: signals. The first asks for a clean end: what was read is written,
 * then the process dies by it; a second one ends it at once. The handler does
 * not restart system calls, so that a write to a pipe that nobody empties is
 * left, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "consume.h"

volatile sig_atomic_t stop_signal;

static int wake_fd = -1;
static struct loop_io wake_io;
static struct consumer *woken;

static void
caught(int sig)
{
	static const uint64_t one = 1;
	int saved = errno;

	if (stop_signal != 0) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	stop_signal = sig;
	if (write(wake_fd, &one, sizeof(one)) < 0)
		stop_signal = sig;	/* full: it is ready to be read */
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
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
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

int
stop_wait(struct consume *co, int64_t wait_ms, int *slot, struct kerr *e)
{
	int rc = consumer_wait(co->c, 0, slot, e);

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

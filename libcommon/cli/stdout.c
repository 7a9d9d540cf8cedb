/* stdout.c: see stdout.h. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "cli/stdout.h"

static bool
is_ready(int timeout_ms)
{
	struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&fd, 1, timeout_ms) > 0;
}

/* Bytes to write next of n. */
static size_t
may_write(size_t n, const volatile sig_atomic_t *signo)
{
	if (*signo == 0)
		return n;
	if (!is_ready(0))
		return 0;
	return n < PIPE_BUF ? n : PIPE_BUF;
}

int
stdout_write(const void *p, size_t n, const volatile sig_atomic_t *signo,
    size_t *done)
{
	const char *at = p;
	size_t want;
	ssize_t k;

	*done = 0;
	while (*done < n && (want = may_write(n - *done, signo)) > 0) {
		k = write(STDOUT_FILENO, at + *done, want);
		if (k >= 0)
			*done += (size_t)k;
		else if (errno == EAGAIN)
			is_ready(-1);
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

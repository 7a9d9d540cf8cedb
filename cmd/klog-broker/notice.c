/* notice.c: log lines and readiness. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "notice.h"
#include "private.h"

/* One write a line, so that lines of threads do not mix. */
static void
to_stderr(enum log_level level, enum log_area area, const char *line)
{
	char s[1200], when[32];
	struct timespec ts;
	struct tm tm;
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(s, sizeof(s), "%s.%03ld klog-broker: %s%s\n", when,
	    ts.tv_nsec / 1000000, level == LOG_ERROR ? "error: " :
	    level == LOG_WARN ? "warning: " : "", line);
	if (n >= (int)sizeof(s)) {
		n = (int)sizeof(s) - 1;
		s[n - 1] = '\n';
	}
	/* where stderr is gone there is nobody to tell */
	if (write(STDERR_FILENO, s, (size_t)n) < 0)
		return;
}

void
notice_log(enum log_level level)
{
	log_set(to_stderr, level, 0);
}

static void
tell_manager(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n == 0 || n >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, n);
	if (sun.sun_path[0] == '@')
		sun.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return;
	/* a manager that is not there does not keep us from working */
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void
notice_byte(int fd, char c, const char *text)
{
	char s[600];
	int n = snprintf(s, sizeof(s), c == '-' ? "%c%s\n" : "%c%s", c, text);

	if (fd < 0)
		return;
	/* the starter may have gone away, which is its own affair */
	(void)!write(fd, s, (size_t)(n < (int)sizeof(s) ? n :
	    (int)sizeof(s) - 1));
	close(fd);
}

int
notice_ready(void *arg, const char *address, struct kerr *e)
{
	struct notice *nt = arg;

	nt->addr = private_announce(nt->data, nt->own ? address : NULL,
	    nt->own ? NULL : address, e);
	if (nt->addr < 0)
		return nt->addr;
	/* on stdout: a script reads the line, and with it the port */
	if (printf("ready on %s\n", address) < 0 || fflush(stdout) != 0)
		return kerr_sys(e, "stdout");
	notice_byte(nt->fd, '+', "");
	nt->fd = -1;
	tell_manager("READY=1");
	return 0;
}

void
notice_leaving(void *arg)
{
	struct notice *nt = arg;

	if (nt->addr < 0)
		return;
	private_leaving(nt->addr);
	close(nt->addr);
	nt->addr = -1;
}

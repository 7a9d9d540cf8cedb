/* private_start.c: finding the private broker that runs, or starting one
 * (private.h). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/private.h"

enum { READY_FD = 3, RETRY_MS = 5 };

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* Whether somebody takes connections at the socket. */
static bool
answers(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(un.sun_path))
		return false;
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (struct sockaddr *)&un, sizeof(un));
	/* EAGAIN: it listens, its backlog is full */
	if (rc != 0 && errno == EAGAIN)
		rc = 0;
	close(fd);
	return rc == 0;
}

static bool
same_machine(const struct private_addr *a)
{
	char host[256] = "", boot[64] = "";
	int fd;
	ssize_t n;

	gethostname(host, sizeof(host) - 1);
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, boot, sizeof(boot) - 1);
		boot[n > 0 ? n : 0] = '\0';
		boot[strcspn(boot, "\n")] = '\0';
		close(fd);
	}
	return strcmp(a->host, host) == 0 && strcmp(a->boot, boot) == 0;
}

/* Who holds DATA/.lock: 0 nobody, 1 somebody here, -1 cannot tell. */
static int
locked(const char *data)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = xasprintf("%s/.lock", data);
	int fd = open(path, O_RDWR | O_CLOEXEC), rc;

	free(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	rc = fcntl(fd, F_OFD_GETLK, &fl);
	close(fd);
	return rc != 0 ? -1 : fl.l_type != F_UNLCK;
}

static void
close_from(int first)
{
	if (close_range((unsigned int)first, ~0u, 0) != 0)
		for (int fd = first; fd < 65536; fd++)
			close(fd);
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the broker says before its own log is set up goes beside the data. */
static void
reopen_standard(const char *data)
{
	int null = open("/dev/null", O_RDWR), log;
	char *path = xasprintf("%s/broker.log", data);

	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(null, STDIN_FILENO);
	dup2(log >= 0 ? log : null, STDOUT_FILENO);
	dup2(log >= 0 ? log : null, STDERR_FILENO);
	free(path);
}

static void
say(int fd, const char *what)
{
	char text[300];
	int n = snprintf(text, sizeof(text), "-%s: %s\n", what,
	    strerror(errno));

	if (write(fd, text, (size_t)n) < 0) {
		/* nobody waits any more */
	}
}

/* In the grandchild: nothing of the caller's session is kept. */
static void
become_broker(const struct private_place *pl, int pipe_fd)
{
	char fd[12];
	char *argv[] = { pl->broker, (char *)(uintptr_t)"--private",
	    (char *)(uintptr_t)"--data", pl->data,
	    (char *)(uintptr_t)"--socket", pl->socket,
	    (char *)(uintptr_t)"--ready-fd", fd, NULL };

	if (pipe_fd < READY_FD)
		pipe_fd = fcntl(pipe_fd, F_DUPFD, READY_FD);
	reopen_standard(pl->data);
	if (pipe_fd != READY_FD)
		dup2(pipe_fd, READY_FD);
	else
		fcntl(READY_FD, F_SETFD, 0);
	close_from(READY_FD + 1);
	reset_signals();
	umask(077);
	if (chdir(pl->data) != 0 && chdir("/") != 0)
		say(READY_FD, "chdir");
	snprintf(fd, sizeof(fd), "%d", READY_FD);
	execv(pl->broker, argv);
	say(READY_FD, pl->broker);
	_exit(127);
}

/* Starts the broker as nobody's child. Returns the read end of its pipe. */
static int
spawn(const struct private_place *pl, struct kerr *e)
{
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return kerr_sys(e, "cannot start the private broker");
	pid = fork();
	if (pid < 0) {
		kerr_sys(e, "cannot start the private broker");
		close(fds[0]);
		close(fds[1]);
		return KE_SYS;
	}
	if (pid == 0) {
		setsid();
		if (fork() == 0)
			become_broker(pl, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return fds[0];
}

/* Waits for '+', or for '-' and a reason. KE_LOCKED: another has it; it may
 * be the winner of a race. */
static int
wait_ready(int fd, int64_t until, struct kerr *e)
{
	char text[512];
	size_t len = 0;
	ssize_t n;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;

	for (;;) {
		left = until - now_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return kerr_set(e, KE_TIMEOUT, "the private broker was "
			    "not ready in time");
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (text[0] == '+')
			return 0;
		len += (size_t)n;
		if (memchr(text, '\n', len) != NULL ||
		    len == sizeof(text) - 1)
			break;
	}
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return kerr_set(e, KE_LOCKED, "the private broker did not start: %s",
	    len > 1 ? text + 1 : "it ended without a word (see broker.log in "
	    "its directory)");
}

static int
start(const struct private_place *pl, int64_t until, struct kerr *e)
{
	int fd, rc;

	if (pl->broker == NULL)
		return kerr_set(e, KE_CONFIG, "klog-broker is neither beside "
		    "this program nor in PATH (name a cluster with -b)");
	log_line(LOG_INFO, LOG_CLIENT, "starting %s on %s", pl->broker,
	    pl->data);
	fd = spawn(pl, e);
	if (fd < 0)
		return fd;
	rc = wait_ready(fd, until, e);
	close(fd);
	return rc;
}

/* After an upgrade the old program goes on until it is alone for a minute. */
static void
tell_older(struct private_place *pl, const struct private_addr *a)
{
	if (pl->told || strverscmp(a->version, KLOG_VERSION) >= 0)
		return;
	pl->told = true;
	log_line(LOG_WARN, LOG_CLIENT, "the private broker that runs is "
	    "version %s, this is %s ('klog-broker --stop --data %s' ends it, "
	    "the next tool starts the new one)", a->version, KLOG_VERSION,
	    pl->data);
}

/* The address of a broker that answers. One whose directory nobody holds is
 * of before: what answers there now is another directory's. */
static int
running(struct private_place *pl, char **brokers, struct kerr *e)
{
	struct private_addr a;
	struct kerr none = KERR_INIT;
	int held = locked(pl->data);

	if (held == 0 || private_addr_read(&a, pl->data, &none) != 0)
		return KE_NOTFOUND;
	if (!same_machine(&a)) {
		if (held == 1)
			return kerr_set(e, KE_LOCKED, "'%s' is in use by a "
			    "broker on host '%s'", pl->data, a.host);
		return KE_NOTFOUND;
	}
	if (!answers(a.socket))
		return KE_NOTFOUND;
	tell_older(pl, &a);
	*brokers = xstrdup(a.socket);
	return 0;
}

int
private_locate(void *arg, int64_t left_ms, char **brokers, struct kerr *e)
{
	struct private_place *pl = arg;
	struct kerr why = KERR_INIT;
	int64_t until = now_ms() + left_ms;
	const struct timespec pause = { 0, RETRY_MS * 1000000 };
	int rc;

	for (;;) {
		rc = running(pl, brokers, e);
		if (rc != KE_NOTFOUND || pl->look)
			return rc;
		/* who holds the lock is starting or leaving: wait for it */
		if (locked(pl->data) != 1) {
			kerr_clear(&why);
			rc = start(pl, until, &why);
			if (rc != 0 && rc != KE_LOCKED)
				break;
			if (rc == KE_LOCKED && locked(pl->data) != 1)
				break;
			if (rc == 0 && now_ms() < until)
				continue;
		}
		if (now_ms() >= until) {
			if (why.code == 0)
				kerr_set(&why, KE_LOCKED, "'%s' is locked by a "
				    "process that does not answer", pl->data);
			break;
		}
		nanosleep(&pause, NULL);
	}
	*e = why;
	return why.code;
}

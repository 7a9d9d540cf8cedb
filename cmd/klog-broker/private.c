/* private.c: telling where a broker runs, and ending one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/exit.h"
#include "client/private.h"
#include "private.h"

#define STOP_SECONDS	30
#define LOG_MAX		(1 << 20)
#define BOOT_ID		"/proc/sys/kernel/random/boot_id"

int
private_defaults(struct broker_config *cf, struct kerr *e)
{
	static const char *const rows[][2] = {
		{ "log.retention.ms", "-1" },
		{ "group.initial.rebalance.delay.ms", "0" },
		{ "offsets.topic.replication.factor", "1" },
		{ "transaction.state.log.replication.factor", "1" },
		{ "transaction.state.log.min.isr", "1" },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == 0; i++)
		if (!broker_config_given(cf, rows[i][0]))
			rc = broker_config_set(cf, rows[i][0], rows[i][1], e);
	return rc;
}

void
private_trim_log(const char *data)
{
	char *path = xasprintf("%s/broker.log", data);
	struct stat st;

	/* a log that stays long is no reason not to start */
	if (stat(path, &st) == 0 && st.st_size > LOG_MAX)
		(void)!truncate(path, 0);
	free(path);
}

static void
first_line(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, size - 1) : 0;

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

int
private_announce(const char *data, const char *socket, const char *listen,
    struct kerr *e)
{
	char *path = xasprintf("%s/broker.addr", data);
	char *temp = xasprintf("%s.tmp", path);
	char host[256] = "", boot[64];
	FILE *f;
	int rc;

	gethostname(host, sizeof(host) - 1);
	first_line(BOOT_ID, boot, sizeof(boot));
	if ((f = fopen(temp, "we")) == NULL) {
		rc = kerr_sys(e, "%s", temp);
		goto out;
	}
	fprintf(f, "%s=%s\nhost=%s\nboot=%s\npid=%d\nversion=%s\n",
	    socket != NULL ? "socket" : "listen",
	    socket != NULL ? socket : listen, host, boot, (int)getpid(),
	    KLOG_VERSION);
	rc = fcntl(fileno(f), F_DUPFD_CLOEXEC, 0);
	if (fclose(f) != 0 || rc < 0 || rename(temp, path) < 0) {
		kerr_sys(e, "%s", path);
		if (rc >= 0)
			close(rc);
		rc = e->code;
	}
out:
	free(temp);
	free(path);
	return rc;
}

void
private_leaving(int fd)
{
	/* a line that readers do not know; in one byte, so never half */
	(void)!pwrite(fd, "-", 1, 0);
}

void
private_withdraw(const char *data)
{
	char *path = xasprintf("%s/broker.addr", data);

	/* where it cannot go it is stale, which readers can tell */
	unlink(path);
	free(path);
}

/* Whether a process holds the data directory's lock. */
static bool
is_locked(const char *data)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = xasprintf("%s/.lock", data);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool locked = false;

	if (fd >= 0) {
		locked = fcntl(fd, F_OFD_GETLK, &fl) == 0 &&
		    fl.l_type != F_UNLCK;
		close(fd);
	}
	free(path);
	return locked;
}

/* The broker that broker.addr tells of, if it is a process of this machine
 * as it now runs. */
static bool
find_running(const char *data, struct private_addr *a)
{
	char boot[64], comm[64], path[64];
	struct kerr e = KERR_INIT;

	/* KE_NOTFOUND also where it names no socket: pid may be there */
	private_addr_read(a, data, &e);
	first_line(BOOT_ID, boot, sizeof(boot));
	if (!is_locked(data) || a->pid <= 0 || strcmp(a->boot, boot) != 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)a->pid);
	first_line(path, comm, sizeof(comm));
	return strcmp(comm, "klog-broker") == 0;
}

/* Whether that broker still has the directory; the next may be there. */
static bool
has_gone(const char *data, pid_t pid)
{
	struct private_addr now;

	return !is_locked(data) || kill(pid, 0) < 0 ||
	    (find_running(data, &now) && now.pid != pid);
}

int
private_status(const char *data)
{
	struct private_addr a;

	if (!find_running(data, &a)) {
		printf(is_locked(data) ? "%s: in use by another program\n" :
		    "%s: no broker runs\n", data);
		return exit_flush(EXIT_NO);
	}
	printf("%s: process %d, version %s%s%s\n", data, (int)a.pid,
	    a.version, a.socket[0] != '\0' ? ", " : "", a.socket);
	if (strcmp(a.version, KLOG_VERSION) != 0)
		warn_line("this program is version %s: after 'klog-broker "
		    "--stop' the next start is of this one", KLOG_VERSION);
	return exit_flush(EXIT_DONE);
}

int
private_stop(const char *data)
{
	const struct timespec pause = { 0, 10000000 };
	struct private_addr a;
	struct kerr e = KERR_INIT;

	if (!find_running(data, &a)) {
		printf("%s: no broker runs\n", data);
		return exit_flush(EXIT_DONE);
	}
	if (kill(a.pid, SIGTERM) < 0) {
		kerr_sys(&e, "process %d", (int)a.pid);
		return (int)exit_report(&e, NULL);
	}
	for (int i = 0; i < STOP_SECONDS * 100; i++) {
		if (has_gone(data, a.pid))
			return exit_flush(EXIT_DONE);
		nanosleep(&pause, NULL);
	}
	kerr_set(&e, KE_TIMEOUT, "process %d still runs after %d seconds",
	    (int)a.pid, STOP_SECONDS);
	return (int)exit_report(&e, NULL);
}

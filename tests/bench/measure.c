/*
 * measure.c: what a command costs.
 *
 *	measure [-i IN] [-o OUT] [-p PID].. COMMAND [ARG]..
 *
 * Runs it with stdin from IN (/dev/null) and stdout to OUT (/dev/null) and
 * prints one line: wall seconds, CPU seconds of the command and its children,
 * CPU seconds that the processes PID spent meanwhile, greatest resident size
 * in KiB, exit status (128 + signal).
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIDS	8

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* CPU seconds of a process so far: fields 14 and 15 of its stat, which stand
 * behind a name in parentheses. */
static double
cpu_of(long pid)
{
	char path[64], line[1024], *p;
	unsigned long user, sys;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if ((f = fopen(path, "r")) == NULL)
		err(2, "%s", path);
	if (fgets(line, sizeof(line), f) == NULL ||
	    (p = strrchr(line, ')')) == NULL ||
	    sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
	    "%lu %lu", &user, &sys) != 2)
		errx(2, "%s: not understood", path);
	fclose(f);
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double
seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void
child(const char *in, const char *out, char **argv)
{
	int ifd = open(in, O_RDONLY);
	int ofd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (ifd < 0 || ofd < 0)
		err(2, "%s or %s", in, out);
	dup2(ifd, STDIN_FILENO);
	dup2(ofd, STDOUT_FILENO);
	close(ifd);
	close(ofd);
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

int
main(int argc, char **argv)
{
	const char *in = "/dev/null", *out = "/dev/null";
	double start, wall, others = 0;
	long pids[PIDS];
	int n = 0, ch, status;
	struct rusage ru;
	pid_t pid;

	while ((ch = getopt(argc, argv, "+i:o:p:")) != -1) {
		if (ch == 'i')
			in = optarg;
		else if (ch == 'o')
			out = optarg;
		else if (ch == 'p' && n < PIDS)
			pids[n++] = atol(optarg);
		else
			errx(2, "usage: measure [-i IN] [-o OUT] [-p PID].. "
			    "COMMAND..");
	}
	if (optind == argc)
		errx(2, "no command");
	for (int i = 0; i < n; i++)
		others -= cpu_of(pids[i]);
	start = now();
	if ((pid = fork()) < 0)
		err(2, "fork");
	if (pid == 0)
		child(in, out, argv + optind);
	if (wait4(pid, &status, 0, &ru) < 0)
		err(2, "wait");
	wall = now() - start;
	for (int i = 0; i < n; i++)
		others += cpu_of(pids[i]);
	printf("%.6f %.6f %.2f %ld %d\n", wall,
	    seconds(ru.ru_utime) + seconds(ru.ru_stime), others, ru.ru_maxrss,
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status));
	return 0;
}

/*
 * command.c: see command.h. The value lies in a file without a name: a command
 * that does not read it blocks nobody, and one that reads it twice can.
 */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"

extern char **environ;

#define VARIABLES	6

static int
value_file(const struct record *r)
{
	size_t n = r->value_len > 0 ? (size_t)r->value_len : 0, done = 0;
	int fd = memfd_create("value", MFD_CLOEXEC);

	while (fd >= 0 && done < n) {
		ssize_t rc = write(fd, r->value + done, n - done);

		if (rc < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += rc > 0 ? (size_t)rc : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* The environment without what an outer --each has set in it. */
static char **
make_environment(const struct command *c)
{
	static const char *const ours[] = { "KLOG_TOPIC=", "KLOG_PARTITION=",
		"KLOG_OFFSET=", "KLOG_KEY=", "KLOG_TS=", "KLOG_ATTEMPT=" };
	const struct record *r = c->record;
	size_t n = 0, k;
	char **env;

	while (environ[n] != NULL)
		n++;
	env = xcalloc(n + VARIABLES + 1, sizeof(*env));
	n = 0;
	for (char **e = environ; *e != NULL; e++) {
		for (k = 0; k < VARIABLES; k++)
			if (strncmp(*e, ours[k], strlen(ours[k])) == 0)
				break;
		if (k == VARIABLES)
			env[n++] = xstrdup(*e);
	}
	env[n++] = xasprintf("KLOG_TOPIC=%s", c->topic);
	env[n++] = xasprintf("KLOG_PARTITION=%d", (int)c->partition);
	env[n++] = xasprintf("KLOG_OFFSET=%lld", (long long)r->offset);
	env[n++] = xasprintf("KLOG_TS=%lld", (long long)r->timestamp);
	env[n++] = xasprintf("KLOG_ATTEMPT=%d", c->attempt);
	if (r->key_len >= 0)	/* up to a NUL, where there is one */
		env[n++] = xasprintf("KLOG_KEY=%.*s", (int)r->key_len,
		    r->key_len > 0 ? (const char *)r->key : "");
	return env;
}

pid_t
command_start(const struct command *c)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
		(char *)(uintptr_t)c->text, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, reset;
	int fd = value_file(c->record), error;
	char **env;
	pid_t pid;

	if (fd < 0)
		return -1;
	env = make_environment(c);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd, STDIN_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF);
	sigemptyset(&none);
	sigemptyset(&reset);
	sigaddset(&reset, SIGPIPE);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &reset);
	error = posix_spawn(&pid, "/bin/sh", &fa, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	for (char **e = env; *e != NULL; e++)
		free(*e);
	free(env);
	close(fd);
	errno = error;
	return error == 0 ? pid : -1;
}

int
command_headers(const struct record *r, struct record_header *to)
{
	struct header_iter it;
	int n = 0;

	header_iter_init(&it, r);
	while (n < r->n_headers && header_iter_next(&it, &to[n]) > 0)
		n++;
	return n;
}

void
command_add_header(struct record_header *h, const char *name,
    const char *value)
{
	memset(h, 0, sizeof(*h));
	h->name = (const uint8_t *)name;
	h->name_len = (int32_t)strlen(name);
	h->value = (const uint8_t *)value;
	h->value_len = (int32_t)strlen(value);
}

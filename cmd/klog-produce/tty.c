/* tty.c: lines typed at a terminal, with editing and history (produce.h).
 * libedit is loaded when it is needed: no other run pays for it. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "produce.h"

enum { HISTORY = 1000 };

/* The readline interface of libedit; its functions, as far as used here. */
struct editor {
	char	*(*readline)(const char *);
	int	(*add_history)(const char *);
	int	(*read_history)(const char *);
	int	(*write_history)(const char *);
	void	(*stifle_history)(int);
	int	(**event_hook)(void);
	void	*lib;
};

/* libedit's hook has no argument. */
static struct job *hooked;

static int
turn_loop(void)
{
	loop_once(hooked->loop, 20);
	return 0;
}

static int
load(struct editor *ed)
{
	ed->lib = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
	if (ed->lib == NULL)
		return -1;
	*(void **)&ed->readline = dlsym(ed->lib, "readline");
	*(void **)&ed->add_history = dlsym(ed->lib, "add_history");
	*(void **)&ed->read_history = dlsym(ed->lib, "read_history");
	*(void **)&ed->write_history = dlsym(ed->lib, "write_history");
	*(void **)&ed->stifle_history = dlsym(ed->lib, "stifle_history");
	*(void **)&ed->event_hook = dlsym(ed->lib, "rl_event_hook");
	if (ed->readline != NULL && ed->add_history != NULL &&
	    ed->read_history != NULL && ed->write_history != NULL &&
	    ed->stifle_history != NULL && ed->event_hook != NULL)
		return 0;
	dlclose(ed->lib);
	return -1;
}

/* Where what was typed is kept: $XDG_STATE_HOME/klog/history, 0600. */
static char *
history_file(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *dir, *path;

	if (state != NULL && state[0] == '/')
		dir = xasprintf("%s/klog", state);
	else if (home != NULL && home[0] == '/')
		dir = xasprintf("%s/.local/state/klog", home);
	else
		return NULL;
	for (char *s = strchr(dir + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdir(dir, 0700);
		*s = '/';
	}
	mkdir(dir, 0700);
	path = xasprintf("%s/history", dir);
	free(dir);
	return path;
}

static int
take(struct job *j, const char *line, struct kerr *e)
{
	size_t n = strlen(line);
	char *copy = xmalloc(n + j->delim_len + 64);
	ssize_t k;

	memcpy(copy, line, n);
	memcpy(copy + n, j->delim, j->delim_len);
	k = lines_take(j, copy, n + j->delim_len, true, e);
	free(copy);
	producer_push(j->producer);
	return k < 0 ? (int)k : 0;
}

static int
edit(struct job *j, const struct editor *ed, struct kerr *e)
{
	char *prompt = xasprintf("%s> ", j->o->topic), *line;
	int rc = 0;

	while (rc == 0 && !j->stop &&
	    (line = ed->readline(prompt)) != NULL) {
		if (line[0] != '\0')
			ed->add_history(line);
		rc = take(j, line, e);
		free(line);
		loop_once(j->loop, 0);
	}
	free(prompt);
	return rc;
}

int
tty_run(struct job *j, struct kerr *e)
{
	struct editor ed;
	char *history;
	int rc;

	if (load(&ed) != 0)
		return input_run(j, STDIN_FILENO, e);
	history = history_file();
	hooked = j;
	*ed.event_hook = turn_loop;
	ed.stifle_history(HISTORY);
	if (history != NULL)
		ed.read_history(history);
	rc = edit(j, &ed, e);
	if (history != NULL && ed.write_history(history) == 0)
		chmod(history, 0600);
	free(history);
	dlclose(ed.lib);
	return rc;
}

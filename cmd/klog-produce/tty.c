/* tty.c: lines typed at a terminal, with editing and history (produce.h). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/edit.h"
#include "produce.h"

/* The loop runs while no character is typed. */
static bool
wait_char(void *arg)
{
	return input_wait(arg, STDIN_FILENO);
}

static int
take(struct job *j, const char *line, size_t n, struct kerr *e)
{
	char *copy = xmalloc(n + j->delim_len + INPUT_SPARE);
	ssize_t k;

	memcpy(copy, line, n);
	memcpy(copy + n, j->delim, j->delim_len);
	k = lines_take(j, copy, n + j->delim_len, true, e);
	free(copy);
	producer_push(j->producer);
	return k < 0 ? (int)k : 0;
}

int
tty_run(struct job *j, struct kerr *e)
{
	struct edit ed = { .wait = wait_char, .arg = j };
	char *prompt = xasprintf("%s> ", j->o->topic);
	const char *line;
	size_t n;
	int rc = 0;

	ed.prompt = prompt;
	if (!edit_open(&ed, "klog-produce", "history")) {
		rc = input_run(j, STDIN_FILENO, e);
	} else {
		while (rc == 0 && !j->stop &&
		    (line = edit_line(&ed, &n)) != NULL)
			rc = take(j, line, n, e);
		edit_close(&ed);
	}
	free(prompt);
	return rc;
}
